"""The sheets of a selection workshop, written for judges and committee; what people have filled in is never touched.

Knows where the sheets lie, and which of them are still as they were written.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kamlab.engagement import Engagement, bundled
from kamlab.engagement.additions import Entry, SourceAddition, snippet
from kamlab.errors import DataRefused, Problem, SettingsError
from kamlab.facts import Facts, prepare
from kamlab.facts.measures import is_key_account
from kamlab.facts.sales import sales
from kamlab.publish import publish
from kamlab.report.workshop_sheets import decision_sheet, scoring_sheet
from kamlab.results import Frozen, from_folder, to_json
from kamlab.run import holding
from kamlab.run.groups import finds
from kamlab.tables import column_label
from kamlab.text import Language, Words

FOLDER = "workshop"
_CODE = re.compile(r"[^\W_][\w-]{0,19}")
_PROPOSED_BY = "target_accounts"


@dataclass(frozen=True)
class Sheets:
    """What was written.

    Attributes
    ----------
    accounts : int
        How many accounts are to be rated.
    kept : tuple of str
        Files that somebody has worked on, or that came from elsewhere: they stay as they are.
    missing : str
        Lines for the settings, without which the sheets are not read; empty where they are there, and in the demo.
    """

    folder: Path
    accounts: int
    written: tuple[str, ...]
    kept: tuple[str, ...]
    missing: str


class _Written(Frozen):
    files: dict[str, str]  # hash of each sheet as it was written, by name


def prepare_workshop(engagement: Engagement, raters: Sequence[str], accounts: int, language: Language) -> Sheets:
    """Write a blind scoring sheet per judge, and the sheet for decisions.

    Parameters
    ----------
    raters : sequence of str
        Codes of the judges.
    accounts : int
        How many accounts are rated, the largest by revenue; today's key accounts beside them.

    Raises
    ------
    SettingsError
        A code cannot be one (KL-S323), the settings name no criterion that people rate (KL-S324), or every sheet is
        there and filled in (KL-S325).
    DataRefused
        The data were refused.
    """
    if wrong := [code for code in raters if not _CODE.fullmatch(code)] or _doubled(raters):
        raise SettingsError(Problem(code="KL-S323", values={"given": wrong}))
    criteria = {name: engagement.settings.criteria[name] for name in engagement.settings.rated}
    if not criteria:
        raise SettingsError(Problem(code="KL-S324", values={"file": engagement.file.name}))
    is_demo = engagement.folder == bundled("data/demo")
    folder = (engagement.reports if is_demo else engagement.folder) / FOLDER  # the package stays untouched
    words = Words(language, engagement.settings.currency)
    names = {words("workshop.rating_file", rater=rater) + ".xlsx": rater for rater in raters}
    decisions = words("workshop.decision_file") + ".xlsx"
    memory = engagement.workplace / "workshop.json"
    known = _Written.model_validate_json(memory.read_bytes()).files if memory.is_file() else {}
    kept = tuple(name for name in (*names, decisions) if _is_worked_on(folder / name, known.get(name)))
    if len(kept) > len(names):
        values = {"folder": FOLDER, "files": list(kept)}
        raise SettingsError(Problem(code="KL-S325", values=values))
    with holding(engagement):
        facts = prepare(engagement)
    if facts.state.problems:
        raise DataRefused(*facts.state.problems)
    rated = rated_accounts(facts, accounts)
    content = {name: scoring_sheet(rated, criteria, rater, words) for name, rater in names.items()}
    content[decisions] = decision_sheet(_proposed(engagement, facts, rated), words)
    written = tuple(name for name in content if name not in kept)
    for name in written:
        publish(folder / name, content[name])
    known |= {name: hashlib.sha256(content[name]).hexdigest() for name in written}
    publish(memory, to_json(_Written(files=known)))
    missing = "" if is_demo else _missing(engagement, words)
    return Sheets(folder, len(rated), written, kept, missing)


def rated_accounts(facts: Facts, most: int) -> pd.DataFrame:
    """Choose who is rated: the largest accounts of the period and today's key accounts, in the order of their names."""
    known = sales(facts).accounts.sort_values(["revenue", "account_id"], ascending=[False, True])
    largest = (known["revenue"] > 0) & (known["revenue"] > 0).cumsum().le(most)
    chosen = known[largest | is_key_account(known, facts.calendar.as_of)]
    order = chosen["name"].map(_as_listed)
    return (
        chosen.assign(order=order).sort_values(["order", "account_id"])[["account_id", "name"]].reset_index(drop=True)
    )


def _as_listed(name: str) -> str:
    """Reduce a name to what it is listed under: no capitals, no marks on its letters."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))


def _proposed(engagement: Engagement, facts: Facts, rated: pd.DataFrame) -> pd.DataFrame:
    """Return the accounts to be decided on with what was computed for them; without it, those that are rated.

    A result of other data, or one with pseudonyms, says nothing of the accounts here.
    """
    try:
        found = from_folder(engagement.reports / "results" / _PROPOSED_BY).tables["accounts"]
    except (FileNotFoundError, KeyError):
        return rated.assign(proposal=None)
    if found.empty or not found["account_id"].isin(facts.accounts["account_id"]).all():
        return rated.assign(proposal=None)
    return found[["account_id", "name", "proposal"]].reset_index(drop=True)


def _doubled(codes: Sequence[str]) -> list[str]:
    folded = [code.casefold() for code in codes]
    return [code for code in codes if folded.count(code.casefold()) > 1]


def _is_worked_on(file: Path, written: str | None) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() != written


def _missing(engagement: Engagement, words: Words) -> str:
    """Write the lines of the settings by which the sheets are read back, for the tables that read others so far."""
    ratings = f"{FOLDER}/{words('workshop.rating_file', rater='*')}.xlsx"
    decisions = f"{FOLDER}/{words('workshop.decision_file')}.xlsx"
    undecided = f"= {column_label('decisions', 'decision', words.language)} is missing"
    additions = (
        ("criteria", ratings, Entry("layout", "wide")),
        ("decisions", decisions, Entry("exclude", (Entry(words("workshop.undecided"), undecided),))),
    )
    lines = ["sources:"]
    for table, path, more in additions:
        source = engagement.settings.sources.get(table)
        target = engagement.folder / path.replace("*", "R1")
        if not source or not any(finds(engagement.folder / pattern, target) for pattern in source.path):
            lines += snippet(SourceAddition(table, (Entry("path", path), more))).splitlines()[1:]
    return "\n".join(lines) if len(lines) > 1 else ""
