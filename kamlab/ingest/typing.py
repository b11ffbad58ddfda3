"""From text to type: the one path on which every value of a ledger is read, as database expressions.

Each canonical column becomes a value, and a check for every heading that feeds it: a code where the cell cannot be
read, so that the row is rejected with file, line, column and value. Factors keep twelve decimals and fourteen digits
before the point; what does not fit is a rejected row, never a failed query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial

import ibis
from ibis import udf

from kamlab.engagement.expression import (
    Calculation,
    Comparison,
    Constant,
    Heading,
    IsMissing,
    Junction,
    Node,
    Not,
    StartsWith,
    headings,
)
from kamlab.engagement.settings import DATE_FORMATS, Extract, Source
from kamlab.errors import Problem
from kamlab.ingest.conventions import DATES, NUMBERS, decide_date_format, decide_decimal
from kamlab.ingest.sources import FILE, LINE, Raw, Stored, as_text
from kamlab.tables import Column, Kind

TEXTS = (Kind.TEXT, Kind.ID)
FACTOR = "decimal(26, 12)"
MONEY = "decimal(18, 4)"
_LIMIT = 1e14  # both types hold fourteen digits before the point

MISSING, NO_NUMBER, NO_DATE, TOO_LARGE, NO_SHARE = "KL-W101", "KL-W104", "KL-W105", "KL-W106", "KL-W107"
OTHER_CURRENCY = "KL-W108"


@udf.scalar.builtin(name="trim")  # all blanks of Unicode; ibis' own strip knows ASCII only and takes four times as long
def _trim(text: str) -> str:
    raise NotImplementedError  # the database's own


@udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, pattern: str) -> datetime:
    raise NotImplementedError  # the database's own


@dataclass(frozen=True)
class Check:
    """What is wrong with one cell of a row: `code` is null where nothing is."""

    column: str
    value: ibis.Value
    code: ibis.Value


@dataclass
class Reader:
    """Reads the headings of one raw source as text, number or date; conventions are decided on first use.

    `problems` collects what refuses the source, `conventions` what was understood, by heading and whether as a date.
    """

    raw: Raw
    source: Source
    currency: str
    problems: list[Problem] = field(default_factory=list)
    conventions: dict[tuple[str, bool], str | None] = field(default_factory=dict)
    staged: ibis.Table | None = None
    _asked: dict[str, ibis.Value] = field(default_factory=dict)

    def stage(self) -> ibis.Table:
        """Put a table below what is built from now on that holds all that was asked for so far, worked out once.

        Without it the database would type a cell, or calculate a value, anew in every rule that looks at it.
        """
        below = self.raw.table.select(FILE, LINE, **self._asked) if self.staged is None else self.staged
        self.staged = below if self.staged is None else below.mutate(**self._asked)
        self._asked = {}
        return self.staged

    def text(self, heading: str) -> ibis.Value:
        """Read as text: blanks of any width at the ends gone, null where nothing is left."""
        return self._cell("text", heading, self._read_text)

    def number(self, heading: str) -> ibis.Value:
        """Read as a factor of a calculation, twelve decimals; null where it is no number or too large."""
        return self._cell("number", heading, partial(self._read_number, type_=FACTOR))

    def amount(self, heading: str) -> ibis.Value:
        """Read as a value of its own, four decimals; null where it is no number or too large."""
        return self._cell("amount", heading, partial(self._read_number, type_=MONEY))

    def date(self, heading: str) -> ibis.Value:
        """Read as a day between 1900 and 2100; null where it is none."""
        return self._cell("date", heading, self._read_date)

    def missing(self, heading: str) -> ibis.Value:
        """Say whether a cell is empty."""
        return self._cell("missing", heading, self._read_missing)

    def rule(self, name: str, judge: Callable[[ibis.Table], ibis.Value]) -> ibis.Value:
        """Judge a row by its raw cells, worked out once like a cell."""
        return self._cell("rule", name, lambda _: judge(self.raw.table))

    def _cell(self, kind: str, heading: str, read: Callable[[str], ibis.Value]) -> ibis.Value:
        name = f"{kind} {heading}"
        if self.staged is not None:
            return self.staged[name]
        if name not in self._asked:
            self._asked[name] = read(heading)
        return self._asked[name]

    def _calculated(self, name: str, node: Node) -> ibis.Value:
        """Calculate a value of its own column from cells that are staged."""
        if self.staged is None:
            return self.money(node)
        if name in self.staged.columns:
            return self.staged[name]
        self._asked[name] = self.money(node)
        return self._asked[name]

    def _read_missing(self, heading: str) -> ibis.Value:
        typed = self.raw.stored[heading] is not Stored.TEXT
        return self.raw.table[heading].isnull() if typed else self.text(heading).isnull()

    def _read_text(self, heading: str) -> ibis.Value:
        column, stored = self.raw.table[heading], self.raw.stored[heading]
        return _trim(column).nullif("") if stored is Stored.TEXT else as_text(column, stored)

    def _read_number(self, heading: str, type_: str) -> ibis.Value:
        column = self.raw.table[heading]
        match self.raw.stored[heading]:
            case Stored.WHOLE:
                return column.try_cast(type_)
            case Stored.NUMBER:
                return column.cast("string").try_cast(type_)
            case Stored.DATE:
                return ibis.null(type_)
        sign = self._convention(heading, Kind.NUMBER) or "."
        text = self.text(heading)
        plain = text.replace(".", "").replace(",", ".") if sign == "," else text.replace(",", "")
        return ibis.cases((text.re_search(NUMBERS[sign]), plain.try_cast(type_)))  # type: ignore[index]

    def _read_date(self, heading: str) -> ibis.Value:
        stored = self.raw.stored[heading]
        if stored is Stored.DATE:
            day = self.raw.table[heading].cast("date")
        else:
            chosen = self._convention(heading, Kind.DATE) or "yyyy-mm-dd"
            text = self.text(heading).re_extract(DATES[chosen], 1)
            day = _try_strptime(text, DATE_FORMATS[chosen]).cast("date")
        return ibis.cases((day.between(date(1900, 1, 1), date(2100, 12, 31)), day))

    def value(self, node: Node) -> ibis.Value:
        """Calculate a value: exact decimals, null where a factor is null or the result too large."""
        match node:
            case Heading(name):
                return self.number(name)
            case Constant(Decimal() as number):
                return ibis.literal(str(number)).cast(FACTOR)
            case Calculation():
                # ibis takes the product of two factors for a factor and would leave out a cast to it; it is wider.
                exact = self._exact(node)
                return exact.cast("decimal(38, 12)").try_cast(FACTOR)
        raise TypeError(f"no value: {node!r}")

    def money(self, node: Node) -> ibis.Value:
        """Calculate a value and round it once, to four decimals."""
        match node:
            case Calculation():
                # rounded first: the database narrows a wide decimal twice as fast when there is nothing left to round
                return self._exact(node).round(4).try_cast(MONEY)
            case Heading(name):
                return self.amount(name)
        return self.value(node).try_cast(MONEY)

    def _exact(self, node: Calculation) -> ibis.Value:
        """Calculate, with the size of the result looked at first: the exact operation cannot overflow."""
        exact = _calculate(node.operator, self.value(node.left), self.value(node.right))
        return ibis.cases((self._rough(node).abs() < _LIMIT, exact))

    def _rough(self, node: Node) -> ibis.Value:
        """Estimate a value in floating point, from its headings up: no longer than the expression itself."""
        match node:
            case Calculation(operator, left, right):
                return _calculate(operator, self._rough(left), self._rough(right))
        return self.value(node).cast("float64")

    def condition(self, node: Node) -> ibis.Value:
        """Judge a condition; null where it cannot be evaluated."""
        match node:
            case Comparison(relation, left, right):
                return _compare(relation, *self._operands(left, right))
            case IsMissing(heading):
                return self.missing(heading.name)
            case StartsWith(heading, prefix):
                return self.text(heading.name).startswith(prefix)
            case Not(condition):
                return ~self.condition(condition)
            case Junction("and", left, right):
                return self.condition(left) & self.condition(right)
            case Junction(_, left, right):
                return self.condition(left) | self.condition(right)
        raise TypeError(f"no condition: {node!r}")

    def canonical(self, column: Column, mapped: str | Extract | Node) -> tuple[ibis.Value, list[Check]]:
        """Read one canonical column from a heading, a pattern or an expression: its value and its checks."""
        if isinstance(mapped, Extract):
            text = self.text(mapped.source).re_extract(mapped.pattern, 1).nullif("")
            return text, self._needed(column, mapped.source, text.isnull())
        if isinstance(mapped, str):
            return self._plain(column, mapped)
        if column.kind in (*TEXTS, Kind.CURRENCY, Kind.DATE):
            return self._literal(column, mapped)
        value = self._calculated(f"value {column.name}", mapped)
        checks = [
            Check(heading, self.text(heading), self._unreadable(column, heading, self.number(heading)))
            for heading in dict.fromkeys(headings(mapped))
        ]
        known = ibis.and_(*(self.number(heading).notnull() for heading in headings(mapped)), ibis.literal(True))
        checks.append(Check(column.name, ibis.null("string"), ibis.cases((known & value.isnull(), TOO_LARGE))))
        return self._bounded(column, column.name, value, checks)

    def _plain(self, column: Column, heading: str) -> tuple[ibis.Value, list[Check]]:
        text = self.text(heading)
        if column.kind in TEXTS:
            return text, self._needed(column, heading, text.isnull())
        if column.kind is Kind.CURRENCY:
            return text, [Check(heading, text, ibis.cases((text.upper() != self.currency, OTHER_CURRENCY)))]
        if column.kind is Kind.DATE:
            day = self.date(heading)
            code = ibis.cases((self.missing(heading), _required(column)), (day.isnull(), NO_DATE))
            return day, [Check(heading, text, code)]
        if column.kind is Kind.PERIOD:
            return text.upper(), self._needed(column, heading, text.isnull())
        if column.kind is Kind.CHOICE:
            words = {w.lower(): c.value for c in column.allowed for w in (c.value, *c.label)}
            return text.lower().cases(*words.items()), self._needed(column, heading, text.isnull())
        amount = self.amount(heading)
        checks = [Check(heading, text, self._unreadable(column, heading, amount))]
        return self._bounded(column, heading, amount, checks)

    def _bounded(
        self, column: Column, label: str, value: ibis.Value, checks: list[Check]
    ) -> tuple[ibis.Value, list[Check]]:
        if column.kind is Kind.SHARE:
            checks.append(Check(label, value.cast("string"), ibis.cases((~value.between(0, 1), NO_SHARE))))
        return value, checks

    def _literal(self, column: Column, node: Node) -> tuple[ibis.Value, list[Check]]:
        """Read a text or a day from an expression: a heading or a constant, nothing calculated."""
        if isinstance(node, Heading):
            return self._plain(column, node.name)
        if isinstance(node, Constant) and isinstance(node.value, date if column.kind is Kind.DATE else str):
            return ibis.literal(node.value), []
        self.problems.append(Problem(code="KL-E214", values={"canonical": column.name, "kind": column.kind.value}))
        return ibis.null("string"), []

    def _needed(self, column: Column, heading: str, missing: ibis.Value) -> list[Check]:
        """Check that a required text is there."""
        code = ibis.cases((missing, ibis.literal(MISSING)))
        return [Check(heading, self.text(heading), code)] if column.required else []

    def _unreadable(self, column: Column, heading: str, number: ibis.Value) -> ibis.Value:
        """Give the code for a cell that should hold a number; a number too large has all its digits but no value."""
        text = self.text(heading)
        if self.raw.stored[heading] in (Stored.WHOLE, Stored.NUMBER):
            unread = ibis.literal(TOO_LARGE)
        else:
            sign = self.conventions.get((heading, False)) or "."
            unread = ibis.ifelse(text.re_search(NUMBERS[sign]) & text.re_search(r"\d"), TOO_LARGE, NO_NUMBER)  # type: ignore[index]
        return ibis.cases((self.missing(heading), _required(column)), (number.isnull(), unread))

    def _operands(self, left: Node, right: Node) -> Iterator[ibis.Value]:
        constants = [side.value for side in (left, right) if isinstance(side, Constant)]
        kind = type(constants[0]) if constants else Decimal
        for side in (left, right):
            if isinstance(side, Heading) and kind is not Decimal:
                yield self.date(side.name) if kind is date else self.text(side.name)
            elif isinstance(side, Constant) and kind is not Decimal:
                yield ibis.literal(side.value)
            else:
                yield self.value(side)

    def _convention(self, heading: str, kind: Kind) -> str | None:
        is_date = kind is Kind.DATE
        if (heading, is_date) not in self.conventions:
            fixed = self.source.date_format if is_date else self.source.decimal
            decide = decide_date_format if is_date else decide_decimal
            decided, problems = (fixed, []) if fixed else decide(self.raw, heading, self.text(heading))
            self.conventions[heading, is_date] = decided
            self.problems += problems
        return self.conventions[heading, is_date]


def _required(column: Column) -> ibis.Value:
    return ibis.literal(MISSING if column.required else None, "string")


def _compare(relation: str, left: ibis.Value, right: ibis.Value) -> ibis.Value:
    match relation:
        case "=":
            return left == right
        case "<>":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def _calculate(operator: str, left: ibis.Value, right: ibis.Value) -> ibis.Value:
    match operator:
        case "*":
            return left * right
        case "/":
            return left.cast("float64") / right.cast("float64").nullif(0)
        case "+":
            return left + right
    return left - right
