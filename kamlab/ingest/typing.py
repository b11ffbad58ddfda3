"""From text to type: the one path on which every value of a ledger is read, as database expressions.

Each canonical column becomes a value, and a check for every heading that feeds it: a code where the cell cannot be
read, so that the row is rejected with file, line, column and value. Factors keep twelve decimals and fourteen digits
before the point; what does not fit is a rejected row, never a failed query.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

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
from kamlab.ingest.sources import Raw, Stored, as_text
from kamlab.tables import Column, Kind

FACTOR = "decimal(26, 12)"
MONEY = "decimal(18, 4)"
_LIMIT = 1e14  # both types hold fourteen digits before the point
_BLANKS = " \t\n\r\v\f\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"

MISSING, NO_NUMBER, NO_DATE, TOO_LARGE, NO_SHARE = "KL-W101", "KL-W104", "KL-W105", "KL-W106", "KL-W107"


@udf.scalar.builtin(name="trim")
def _trim(text: str, blanks: str) -> str:
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

    `problems` collects what refuses the source, `conventions` what was understood, by heading.
    """

    raw: Raw
    source: Source
    problems: list[Problem] = field(default_factory=list)
    conventions: dict[str, str | None] = field(default_factory=dict)

    def text(self, heading: str) -> ibis.Value:
        """Read as text: blanks at the ends gone, null where nothing is left."""
        return _trim(as_text(self.raw.table[heading], self.raw.stored[heading]), _BLANKS).nullif("")

    def number(self, heading: str) -> ibis.Value:
        """Read as exact decimal; null where it is none or too large."""
        column = self.raw.table[heading]
        match self.raw.stored[heading]:
            case Stored.WHOLE:
                return column.try_cast(FACTOR)
            case Stored.NUMBER:
                return column.cast("string").try_cast(FACTOR)
            case Stored.DATE:
                return ibis.null(FACTOR)
        sign = self._convention(heading, Kind.NUMBER) or "."
        text = self.text(heading)
        plain = text.replace(".", "").replace(",", ".") if sign == "," else text.replace(",", "")
        return ibis.cases((text.re_search(NUMBERS[sign]), plain.try_cast(FACTOR)))  # type: ignore[index]

    def date(self, heading: str) -> ibis.Value:
        """Read as a day between 1900 and 2100; null where it is none."""
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
            case Calculation(operator, left, right):
                return _calculate(operator, self.value(left), self.value(right))
        raise TypeError(f"no value: {node!r}")

    def condition(self, node: Node) -> ibis.Value:
        """Judge a condition; null where it cannot be evaluated."""
        match node:
            case Comparison(relation, left, right):
                return _compare(relation, *self._operands(left, right))
            case IsMissing(heading):
                return self.text(heading.name).isnull()
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
            return text, [self._missing(column, mapped.source, text)]
        if isinstance(mapped, str):
            return self._plain(column, mapped)
        if column.kind in (Kind.TEXT, Kind.DATE):
            return self._literal(column, mapped)
        value = self.value(mapped)
        checks = [
            Check(heading, self.text(heading), self._unreadable(column, heading, self.number(heading)))
            for heading in dict.fromkeys(headings(mapped))
        ]
        known = ibis.and_(*(self.number(heading).notnull() for heading in headings(mapped)), ibis.literal(True))
        checks.append(Check(column.name, ibis.null("string"), ibis.cases((known & value.isnull(), TOO_LARGE))))
        return self._bounded(column, column.name, value.try_cast(MONEY), checks)

    def _plain(self, column: Column, heading: str) -> tuple[ibis.Value, list[Check]]:
        text = self.text(heading)
        if column.kind is Kind.TEXT:
            return text, [self._missing(column, heading, text)]
        if column.kind is Kind.DATE:
            day = self.date(heading)
            code = ibis.cases((text.isnull(), _required(column)), (day.isnull(), NO_DATE))
            return day, [Check(heading, text, code)]
        number = self.number(heading)
        checks = [Check(heading, text, self._unreadable(column, heading, number))]
        return self._bounded(column, heading, number.try_cast(MONEY), checks)

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
        if isinstance(node, Constant) and isinstance(node.value, str if column.kind is Kind.TEXT else date):
            return ibis.literal(node.value), []
        self.problems.append(Problem(code="KL-E214", values={"canonical": column.name, "kind": column.kind.value}))
        return ibis.null("string"), []

    def _missing(self, column: Column, heading: str, text: ibis.Value) -> Check:
        return Check(heading, text, ibis.cases((text.isnull(), _required(column))))

    def _unreadable(self, column: Column, heading: str, number: ibis.Value) -> ibis.Value:
        """Give the code for a cell that should hold a number; a number too large has all its digits but no value."""
        text = self.text(heading)
        if self.raw.stored[heading] in (Stored.WHOLE, Stored.NUMBER):
            unread = ibis.literal(TOO_LARGE)
        else:
            sign = self.conventions.get(heading) or "."
            unread = ibis.ifelse(text.re_search(NUMBERS[sign]) & text.re_search(r"\d"), TOO_LARGE, NO_NUMBER)  # type: ignore[index]
        return ibis.cases((text.isnull(), _required(column)), (number.isnull(), unread))

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
        if heading not in self.conventions:
            fixed = self.source.date_format if kind is Kind.DATE else self.source.decimal
            decide = decide_date_format if kind is Kind.DATE else decide_decimal
            decided, problems = (fixed, []) if fixed else decide(self.raw, heading, self.text(heading))
            self.conventions[heading] = decided
            self.problems += problems
        return self.conventions[heading]


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
    """Calculate with the size of the result looked at first, in floating point: the exact operation cannot overflow."""
    rough_left, rough_right = left.cast("float64"), right.cast("float64")
    match operator:
        case "*":
            exact, rough = left * right, rough_left * rough_right
        case "/":
            rough = rough_left / rough_right.nullif(0)
            exact = rough
        case "+":
            exact, rough = left + right, rough_left + rough_right
        case _:
            exact, rough = left - right, rough_left - rough_right
    return ibis.cases((rough.abs() < _LIMIT, exact.try_cast(FACTOR)))
