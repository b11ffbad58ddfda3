"""Amounts in other currencies, converted line by line with the rate of their month; without a rate they are no amount.

In go the canonical columns of a source as they were read, out come the same with all money in the engagement's
currency, each amount rounded once to four decimals, and checks for what could not be converted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

import ibis

from kamlab.engagement.expression import Heading
from kamlab.errors import Problem
from kamlab.ingest.header import folded, own_names
from kamlab.ingest.numbers import ISO_CODES
from kamlab.ingest.raw import Raw, Stored, trimmed
from kamlab.ingest.reading import FACTOR, LIMIT, MONEY
from kamlab.ingest.tally import STATUS, USED
from kamlab.ingest.typing import TOO_LARGE, Check, Mapped, Reader
from kamlab.tables import Kind, Table

NO_RATES, NO_RATE, CONVERTED = "KL-W108", "KL-W148", "KL-W149"
_LOOK, _MOST = 1_000, 200  # rows and columns by which most are seen to hold no currencies
FOREIGN = "kamlab foreign"  # the first amount of a converted line, in its own currency
Rates = dict[str, Decimal]
"""Value of one unit in the engagement's currency, by `USD 2025-01`."""


def rates_of(table: ibis.Table | None) -> Rates | None:
    """Read the rates of the table `currency_rates`; None where there is no such table."""
    if table is None:
        return None
    rows = table.select("currency", "month", "rate").to_pyarrow().to_pylist()
    return {f"{row['currency']} {row['month']}": row["rate"] for row in rows}


@dataclass(frozen=True)
class _Foreign:
    """What all amounts of a source share: whether a line is foreign, whether its currency is unread, its rate."""

    is_foreign: ibis.Value
    unread: ibis.Value
    rate: ibis.Value


def in_own_currency(
    table: Table,
    mapping: dict[str, Mapped],
    reader: Reader,
    rates: Rates | None,
    values: dict[str, ibis.Value],
    checks: list[Check],
) -> tuple[dict[str, ibis.Value], list[Check]]:
    """Convert the amounts of lines in another currency; a source that names none stays as it is.

    An empty currency is the engagement's. A line without a rate, or whose currency cannot be read, keeps no amount at
    all, so that no sum adds currencies up.
    """
    currency = next((c.name for c in table.columns if c.kind is Kind.CURRENCY and c.name in values), "")
    money = [c.name for c in table.columns if c.kind is Kind.MONEY and c.name in values]
    if not currency or not money or not (reader.met(currency) - {reader.currency} or currency in reader.unread):
        return values, checks
    unread = ibis.or_(*(c.code.notnull() for c in checks if c.canonical == currency), ibis.literal(False))
    is_foreign = (values[currency] != reader.currency).fill_null(False)
    foreign = _Foreign(is_foreign, unread, _rate(values, currency, rates))
    values, checks = dict(values), list(checks)
    code = ibis.cases((is_foreign & foreign.rate.isnull(), ibis.literal(NO_RATES if rates is None else NO_RATE)))
    if "date" in values:
        code = ibis.cases((values["date"].notnull(), code))  # a line without a day says so and no more
    heading = _heading(mapping[currency]) or currency
    shown = reader.text(heading) if heading in reader.raw.stored else values[currency]
    checks.append(Check(heading, shown, code, currency))
    for name in money:
        factor = _factor(reader, mapping[name])
        amount, check = _converted(reader, name, values[name], factor, foreign)
        if name == money[0]:
            values[FOREIGN] = ibis.cases((is_foreign & amount.notnull(), factor.try_cast(MONEY)))
        values[name] = amount
        checks.append(check)
    return values, checks


def _converted(
    reader: Reader, name: str, own: ibis.Value, factor: ibis.Value, foreign: _Foreign
) -> tuple[ibis.Value, Check]:
    def convert() -> ibis.Value:
        rough = factor.cast("float64") * foreign.rate.cast("float64")
        exact = ibis.cases((rough.abs() < LIMIT, (factor * foreign.rate).round(4).try_cast(MONEY)))
        return ibis.cases((foreign.unread, ibis.null(MONEY)), (foreign.is_foreign, exact), else_=own)

    amount = reader.calculated(f"converted {name}", convert)
    too_large = foreign.is_foreign & factor.notnull() & foreign.rate.notnull() & amount.isnull()
    return amount, Check(name, ibis.null("string"), ibis.cases((too_large, ibis.literal(TOO_LARGE))), name)


def _rate(values: dict[str, ibis.Value], currency: str, rates: Rates | None) -> ibis.Value:
    if not rates or "date" not in values:
        return ibis.null(FACTOR)
    worth = ibis.array([str(rate) for rate in rates.values()]).cast(f"array<{FACTOR}>")
    month = values["date"].strftime("%Y-%m")
    return ibis.map(ibis.array(list(rates)), worth)[values[currency] + " " + month]


def _factor(reader: Reader, mapped: Mapped) -> ibis.Value:
    heading = _heading(mapped)
    return reader.number(heading) if heading else reader.value(mapped)  # type: ignore[arg-type]


def _heading(mapped: Mapped) -> str:
    match mapped:
        case str():
            return mapped
        case Heading(name):
            return name
    return ""


def overlooked(raw: Raw, table: Table, read: Collection[str], currency: str) -> list[Problem]:
    """Refuse money beside a column of other currencies that nothing reads: it would be summed across them.

    Parameters
    ----------
    read : collection of str
        Headings that the settings map, or judge in a rule.
    """
    column = next((column for column in table.columns if column.kind is Kind.CURRENCY), None)
    if column is None or not any(column.kind is Kind.MONEY for column in table.columns):
        return []
    known = {folded(name) for name in (*own_names(column), *column.aliases)}
    unread = [heading for heading, stored in raw.stored.items() if stored is Stored.TEXT and heading not in read]
    if not unread:
        return []
    first = raw.table.select(*unread[:_MOST]).limit(_LOOK).to_pyarrow()
    found = {name: {text.strip().upper() for text in first[name].to_pylist() if text} for name in first.column_names}
    found = {name: codes - {""} for name, codes in found.items() if codes - {""} <= ISO_CODES}
    if found and first.num_rows == _LOOK:
        found = _in_all_rows(raw.table, list(found))
    problems = []
    for heading, codes in found.items():
        others = sorted(codes - {currency})
        if others and codes <= ISO_CODES and (currency in codes or folded(heading) in known):
            values = {"file": raw.files[0].name, "column": heading, "codes": others[:5], "currency": currency}
            problems.append(Problem(code="KL-E265", values=values))
    return problems


def _in_all_rows(table: ibis.Table, headings: list[str]) -> dict[str, set[str]]:
    """Return the codes of columns that may hold currencies: most that are empty so far are told by one query."""
    texts = {heading: trimmed(table[heading]).upper().nullif("") for heading in headings}
    longest = {f"c{at}": text.length().max() for at, text in enumerate(texts.values())}
    lengths = table.aggregate(**longest).to_pyarrow().to_pylist()[0]
    kept = [heading for at, heading in enumerate(headings) if lengths[f"c{at}"] == 3]
    rows = {heading: table.select(code=texts[heading]).distinct().to_pyarrow()["code"] for heading in kept}
    return {heading: {code for code in codes.to_pylist() if code} for heading, codes in rows.items()}


def conversions(table: Table, typed: ibis.Table) -> tuple[Problem, ...]:
    """Note by currency how many used lines were converted, how much, and what a hundred were worth on average."""
    if FOREIGN not in typed.columns:
        return ()
    names = {kind: next(c.name for c in table.columns if c.kind is kind) for kind in (Kind.CURRENCY, Kind.MONEY)}
    used = typed.filter((typed[STATUS] == USED) & typed[FOREIGN].notnull())
    amount = used[names[Kind.MONEY]]
    sums = used.group_by(code=used[names[Kind.CURRENCY]]).agg(
        lines=used.count(),
        foreign=used[FOREIGN].sum(),
        amount=amount.sum(),
        weight=used[FOREIGN].abs().sum(),
        weighted=amount.abs().sum(),
    )
    return tuple(
        Problem(
            code=CONVERTED,
            values={
                "currency": row["code"],
                "count": row["lines"],
                "foreign": float(row["foreign"]),
                "amount": float(row["amount"]),
                "hundred": float(100 * row["weighted"] / row["weight"]) if row["weight"] else None,
            },
        )
        for row in sums.order_by("code").to_pyarrow().to_pylist()
    )
