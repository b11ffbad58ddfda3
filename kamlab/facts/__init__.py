"""From the ledger to what analyses see: months, orders and items by site and corporate group, cached per state.

In goes an engagement, out come `Facts`: small tables, read from Parquet. Knows no analysis.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from kamlab.engagement import Engagement
from kamlab.errors import DataRefused, MemoryShort, Problem, StorageFailed
from kamlab.facts.assignment import NO_PRODUCT, with_groups
from kamlab.facts.cache import InputFile, forget_old, is_intact, key_of, known_inputs, package_hash, seal
from kamlab.facts.calendar import Calendar, start_of
from kamlab.facts.entries import entries
from kamlab.facts.groups import describe
from kamlab.facts.master import orphans, renumbered
from kamlab.facts.pseudonyms import Veil, secret_of
from kamlab.facts.reconciliation import ControlTotal, Reconciliation, reconcile
from kamlab.ingest import (
    DOUBLE,
    FILE,
    LEDGER,
    LINE,
    LINE_KIND,
    TOTAL_ROW,
    Ingested,
    SourceRead,
    connect,
    forget_drawn,
    ingest,
    literally,
)
from kamlab.publish import as_storage_failure, publish, publishing_folder
from kamlab.results import Frozen, Value

__all__ = ["Facts", "InputFile", "State", "load", "package_hash", "prepare"]

NO_MARGIN = "KL-W111"
MENDED = "KL-W118"
BARE_LINES = "KL-W150"
ENTERED = "entered_"


class State(Frozen):
    """What is known of an engagement's data besides the facts themselves; kept beside them as `state.json`.

    `pseudonyms`: facts and notes say nowhere who the accounts are.
    """

    key: str
    inputs: tuple[InputFile, ...]
    reads: tuple[SourceRead, ...]
    as_of: date | None = None
    first: date | None = None
    has_margin: bool = False
    notes: tuple[Problem, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    pseudonyms: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What refuses the data; empty where facts are there."""
        return tuple(problem for read in self.reads for problem in read.problems)


@dataclass(frozen=True)
class Facts:
    """The facts of one state of an engagement.

    `months` (site_id, account_id, month, product_group, line_kind: revenue, contribution_margin, quantity, lines),
    `orders` (site_id, account_id, date: documents, lines, revenue, contribution_margin) and `items` (site_id,
    account_id, product_id, month: revenue, quantity, cost) are database tables over Parquet, money exact; `sites`
    and `accounts` are small frames. A line that sells no goods has a `line_kind` and neither product nor product
    group. What has a newer number counts under it: sites as `account_mapping` says, products as their last
    successor (`successor_id`), so that neither a renumbering nor a change of product looks like a loss and a gain.
    `entries` are the tables that people fill in, by name (criteria, decisions, goals, …), as frames.
    `identities` and `reviews` serve the proposals of corporate groups; of them, analyses see addresses only.
    `mended` says that they had been damaged in the cache and were made anew; nothing else hangs on it.

    Raises
    ------
    DataRefused
        On first use, where the data were refused.
    """

    folder: Path
    state: State
    engagement: Engagement
    mended: Problem | None = None

    @cached_property
    def _database(self) -> Backend:
        if self.state.problems:
            raise DataRefused(*self.state.problems)
        return ibis.duckdb.connect(autoinstall_known_extensions=False)

    def table(self, name: str) -> ibis.Table:
        """Offer one of the facts as a database table: of it, only what is asked for is read."""
        return self._database.read_parquet(literally(self.folder / f"{name}.parquet"), table_name=name)

    @cached_property
    def months(self) -> ibis.Table:
        """Sums by site, month and product group."""
        return self.table("months")

    @cached_property
    def orders(self) -> ibis.Table:
        """Sums by site and day."""
        return self.table("orders")

    @cached_property
    def items(self) -> ibis.Table:
        """Sums by site, product and month."""
        return self.table("items")

    @cached_property
    def sites(self) -> pd.DataFrame:
        """One row per site of ledger or master data: site_id, account_id, name, in_ledger, attributes."""
        return self.table("sites").order_by("site_id").to_pandas()

    @cached_property
    def accounts(self) -> pd.DataFrame:
        """One row per corporate group: account_id, name, sites, attributes."""
        return self.table("accounts").order_by("account_id").to_pandas()

    @cached_property
    def identities(self) -> pd.DataFrame:
        """One row per site of the master data: what tells companies apart, group before and after the reviews."""
        return self.table("identities").order_by("site_id").to_pandas()

    @cached_property
    def reviews(self) -> pd.DataFrame:
        """The reviewed list of groups as it stands in the inputs, row by row."""
        return self.table("reviews").to_pandas()

    @cached_property
    def entries(self) -> dict[str, pd.DataFrame]:
        """What people have entered beside ledger and master data: small frames by table name, see `facts.entries`."""
        files = sorted(self.folder.glob(f"{ENTERED}*.parquet"))
        return {file.stem.removeprefix(ENTERED): pd.read_parquet(file) for file in files}

    @property
    def tables(self) -> set[str]:
        """Name the input tables that stand."""
        return {read.table for read in self.state.reads if not read.problems}

    @property
    def columns(self) -> dict[str, set[str]]:
        """Name the canonical columns of the input tables that stand and have rows."""
        stand = [read for read in self.state.reads if read.rows.read and not read.problems]
        return {read.table: {column.canonical for column in read.columns} for read in stand}

    @property
    def refused(self) -> tuple[str, ...]:
        """Name the input tables that were refused."""
        return tuple(read.table for read in self.state.reads if read.problems)

    @property
    def ledger(self) -> SourceRead:
        """What became of the transactions."""
        return next(read for read in self.state.reads if read.table == "transactions")

    @cached_property
    def reconciliation(self) -> Reconciliation:
        """The transactions against the general ledger; empty where the data were refused or there are no totals."""
        state, settings = self.state, self.engagement.settings
        if state.problems or state.as_of is None:
            return Reconciliation()
        not_in_ledger = (*settings.sources["transactions"].not_in_ledger, TOTAL_ROW, DOUBLE)  # no bookings of their own
        sums = self.ledger.by_month
        return reconcile(state.control_totals, sums, state.as_of, settings.fiscal_year_start, not_in_ledger)

    @property
    def rejected(self) -> dict[str, pd.DataFrame]:
        """The rejected rows of each input table that has any: file, line, then all cells as they came, as text."""
        frames = {}
        for read in self.state.reads:
            file = self.folder / f"rejected_{read.table}.parquet"
            if file.is_file():
                frame = pd.read_parquet(file)
                names = [read.files[at].name for at in frame[FILE]]
                frames[read.table] = frame.assign(**{FILE: names})
        return frames

    @property
    def calendar(self) -> Calendar:
        """The days that the ledger covers."""
        state = self.state
        if state.first is None or state.as_of is None:
            raise DataRefused(*state.problems)
        return Calendar(state.first, state.as_of, self.engagement.settings.fiscal_year_start, self.ledger.grain)


def prepare(
    engagement: Engagement,
    strict: bool = False,
    beginning: Callable[[], None] = lambda: None,
    pseudonyms: bool = False,
) -> Facts:
    """Read the sources and build the facts, or take them from the cache if nothing has changed.

    Parameters
    ----------
    beginning : function
        Called before anything is read: what follows takes its time.
    pseudonyms : bool
        Make facts that do not tell who the accounts are.

    Returns
    -------
    Facts; where the data are refused, `state.problems` says why and the tables raise.
    """
    cache = engagement.workplace / "cache"
    try:
        inputs, is_known = known_inputs(engagement)
        secret = secret_of(engagement) if pseudonyms else None
        key = key_of(engagement, inputs, strict, secret)
        is_damaged = (cache / key).exists() and not is_intact(cache / key)
        if is_damaged or not is_known or not (cache / key).exists():
            beginning()
            with as_storage_failure(cache / key):
                shutil.rmtree(cache / key, ignore_errors=not is_damaged)
            with publishing_folder(cache / key) as folder:
                _build(engagement, key, inputs, strict, secret, folder)
            forget_old(cache, key)
    finally:
        forget_drawn(engagement)
    facts = load(engagement, cache / key)
    return replace(facts, mended=Problem(code=MENDED)) if is_damaged else facts


def load(engagement: Engagement, folder: Path) -> Facts:
    """Load the facts of a state that is in the cache."""
    return Facts(folder, State.model_validate_json((folder / "state.json").read_bytes()), engagement)


def _build(
    engagement: Engagement,
    key: str,
    inputs: tuple[InputFile, ...],
    strict: bool,
    secret: bytes | None,
    folder: Path,
) -> None:
    scratch = folder / "scratch"
    scratch.mkdir()
    con = None
    try:
        con = connect(scratch)
        ingested = ingest(con, engagement, scratch, strict)
        totals = _control_totals(ingested)
        known = {"as_of": ingested.as_of, "control_totals": totals, "pseudonyms": secret is not None}
        state = State(key=key, inputs=inputs, reads=ingested.reads, **known)
        for read in ingested.reads:
            if read.rejects and not secret:
                con.to_parquet(con.table(f"rejected_{read.table}"), folder / f"rejected_{read.table}.parquet")
        if not state.problems:
            state = _write_facts(con, ingested, state, secret, folder)
        elif secret:
            state = _veiled(state, Veil())
    except duckdb.OutOfMemoryException as error:
        raise MemoryShort(Problem(code="KL-R406", values={"what": str(error).splitlines()[0]})) from error
    except duckdb.IOException as error:
        values: dict[str, Value] = {"file": engagement.workplace.name, "what": str(error).splitlines()[0]}
        raise StorageFailed(Problem(code="KL-R401", values=values)) from error
    finally:
        if con is not None:
            con.disconnect()
        shutil.rmtree(scratch)
    publish(folder / "state.json", state.model_dump_json(indent=1).encode())  # money as text: not a digit is lost
    seal(folder)


def _control_totals(ingested: Ingested) -> tuple[ControlTotal, ...]:
    table = ingested.tables.get("control_totals")
    if table is None:
        return ()
    rows = table.order_by(LINE).select("period", "measure", "value", "source").to_pyarrow().to_pylist()
    return tuple(ControlTotal(**row) for row in rows)


def _write_facts(con: Backend, ingested: Ingested, state: State, secret: bytes | None, folder: Path) -> State:
    ledger, sites, notes = with_groups(con, ingested)
    groups = dict(zip(sites.described["site_id"], sites.described["account_id"], strict=True))
    entered = entries(ingested, renumbered(ingested)[0], groups)
    veil = Veil.over((sites.described, sites.identities, sites.reviews, *entered.values()), secret) if secret else None
    notes += [note for read in ingested.reads for note in read.notes]
    money = {name: ledger[name].sum() for name in ("revenue", "contribution_margin")}
    by_month = {"month": ledger.date.truncate("M")}
    months = ledger.group_by(["site_id", "account_id", "product_group", LINE_KIND], **by_month).agg(
        **money, quantity=ledger.quantity.sum(), lines=ledger.count()
    )
    orders = ledger.group_by(["site_id", "account_id", "date"]).agg(
        documents=ledger.document_id.nunique(), lines=ledger.count(), **money
    )
    items = ledger.group_by(["site_id", "account_id", "product_id"], **by_month).agg(
        revenue=ledger.revenue.sum(), quantity=ledger.quantity.sum(), cost=ledger.cost.sum()
    )
    order = {
        "months": ["site_id", "month", "product_group", LINE_KIND],
        "orders": ["site_id", "date"],
        "items": ["site_id", "product_id", "month"],
    }
    for name, table in (("months", months), ("orders", orders), ("items", items)):
        shown = veil.table(table) if veil else table
        con.to_parquet(shown.order_by(order[name]), folder / f"{name}.parquet")
    missing = ledger.contribution_margin.isnull()
    is_bare = (ledger.line_kind == NO_PRODUCT).fill_null(False)
    counts = ledger.agg(
        first=ledger.date.min(),
        lines=ledger.count(),
        unknown=missing.sum(),
        revenue=ledger.revenue.sum(where=missing).fill_null(0),
        bare=is_bare.sum(),
        bare_revenue=ledger.revenue.sum(where=is_bare).fill_null(0),
    )
    known = counts.to_pyarrow().to_pylist()[0]
    first = start_of(known["first"], next(read.grain for read in ingested.reads if read.table == LEDGER))
    has_margin = known["unknown"] < known["lines"]
    if has_margin and known["unknown"]:
        values: dict[str, Value] = {"count": known["unknown"], "revenue": float(known["revenue"])}
        notes.append(Problem(code=NO_MARGIN, values=values))
    if 0 < known["bare"] < known["lines"]:
        values = {"count": known["bare"], "revenue": float(known["bare_revenue"])}
        notes.append(Problem(code=BARE_LINES, values=values))
    notes += orphans(sites.described) if "accounts" in ingested.tables else []
    notes += _open_month(ingested, first)
    frames = {
        "sites": sites.described.drop(columns="revenue"),
        "accounts": describe(sites.described),
        "identities": sites.identities,
        "reviews": sites.reviews.astype("str"),
    }
    for name, frame in frames.items():
        shown_frame = veil.frame(frame) if veil else frame
        shown_frame.to_parquet(folder / f"{name}.parquet", index=False)
    for name, frame in entered.items():
        shown_frame = veil.entries(name, frame) if veil else frame
        shown_frame.to_parquet(folder / f"{ENTERED}{name}.parquet", index=False)
    state = state.model_copy(update={"first": first, "has_margin": has_margin, "notes": tuple(notes)})
    return _veiled(state, veil) if veil else state


def _veiled(state: State, veil: Veil) -> State:
    """Take out of what was noted what may be a cell of the inputs."""
    reads, notes = tuple(map(veil.read, state.reads)), tuple(map(veil.problem, state.notes))
    return state.model_copy(update={"reads": reads, "notes": notes})


def _open_month(ingested: Ingested, first: date) -> list[Problem]:
    """Note where the last month counts as not over only because its last booking is before its end."""
    if ingested.as_of_is_set or ingested.as_of is None:
        return []
    calendar = Calendar(first, ingested.as_of)
    last = calendar.covered.months[-1]
    if last in calendar.complete_months:
        return []
    end = last.end_time.date()
    return [
        Problem(code="KL-W114", values={"month": ingested.as_of, "day": ingested.as_of, "end": end, "iso": f"{end}"})
    ]
