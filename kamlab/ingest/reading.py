"""The cells of a source as text, number or day, and what expressions make of them: the one path from text to type.

Conventions are decided on first use. Factors keep twelve decimals and fourteen digits before the point; what does not
fit is null and rejects its row, never a failed query. Knows no canonical columns.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import partial

import ibis
from ibis import udf

from kamlab.engagement.expression import (
    RELATIONS,
    Calculation,
    Comparison,
    Constant,
    Heading,
    IsMissing,
    Junction,
    Node,
    Not,
    StartsWith,
)
from kamlab.engagement.settings import Source
from kamlab.errors import Problem
from kamlab.ingest.cells import TYPED
from kamlab.ingest.conventions import (
    DECIMALS,
    ORDERS,
    bare_number,
    decide_date_format,
    decide_decimal,
    of_the_file,
    voices,
)
from kamlab.ingest.dates import DATES, Grain, date_label, in_range, to_day
from kamlab.ingest.header import INVISIBLE
from kamlab.ingest.numbers import PERCENT, DecimalSign, decimal_label, to_decimal, translate, without_percent
from kamlab.ingest.raw import FILE, LINE, Raw, Stored, as_text, trimmed

FACTOR = "decimal(26, 12)"
MONEY = "decimal(18, 4)"
FOLLOWED = "KL-W116"  # a column was read as the others of its file
LIMIT = 1e14  # both types hold fourteen digits before the point

_FLOAT = r"^\s*(?:-?\d+\.0)?\s*$"
_EXACT_DIGITS = 1e15  # as many as a floating-point number keeps for certain


@udf.scalar.builtin(name="nfc_normalize")
def _composed(text: str) -> str:
    raise NotImplementedError  # the database's own


@udf.scalar.builtin(name="strlen")
def _bytes(text: str) -> int:
    raise NotImplementedError  # the database's own


@dataclass(frozen=True)
class Look:
    """What occurs in a text column at all, so that only what is needed is looked for in every row."""

    typed: bool = False  # numbers beside the texts
    wide: bool = False  # signs beyond ASCII
    errors: bool = False  # a # or a NULL
    floats: bool = False  # nothing but whole numbers written as 123.0
    damaged: bool = False  # digits that a floating-point number has lost
    percent: bool = False  # nothing but values with a percent sign
    filled: bool = True  # anything at all


def _marks(column: ibis.Value) -> dict[str, ibis.Value]:
    """Ask what a `Look` over a column of texts has to know."""
    return {
        "typed": column.startswith(TYPED).any(),
        "wide": (_bytes(column) != column.length()).any(),
        "errors": (column.contains("#") | column.contains("NULL") | column.contains("null") | (column == r"\N")).any(),
        "floats": (column.endswith(".0") | (column == "")).all() & column.endswith(".0").any(),
        "damaged": (column.contains("E+") | column.contains("e+")).any(),
        "percent": (column.contains("%") | (column == "")).all() & column.contains("%").any(),
        "filled": (column != "").any(),
    }


@dataclass
class Cells:
    """Reads the headings of one raw source as text, number or date.

    `reads` names the headings that will be read, `names` those whose digits are no numbers; `problems` collects what
    refuses the source, `conventions` what was understood, by heading and whether as a date. `followed` notes where a
    column could be read in two ways and was read as all others of its file.
    """

    raw: Raw
    source: Source
    currency: str
    fiscal_year_start: int = 1
    reads: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    problems: list[Problem] = field(default_factory=list)
    conventions: dict[tuple[str, bool], str | None] = field(default_factory=dict)
    followed: list[Problem] = field(default_factory=list)
    staged: ibis.Table | None = None
    _asked: dict[str, ibis.Value] = field(default_factory=dict)
    _looks: dict[str, Look] = field(default_factory=dict)
    _voices: dict[bool, dict[str, int | None]] = field(default_factory=dict)

    @property
    def grains(self) -> dict[str, Grain]:
        """Return, by heading, what the dates of a column stand for: days, or the last days of periods."""
        return {h: DATES[c].grain if c else "day" for (h, is_date), c in self.conventions.items() if is_date}

    def stage(self) -> ibis.Table:
        """Put a table below what is built from now on that holds all that was asked for so far, worked out once.

        Without it the database would type a cell, or calculate a value, anew in every rule that looks at it.
        """
        below = self.raw.table.select(FILE, LINE, **self._asked) if self.staged is None else self.staged
        self.staged = below if self.staged is None else below.mutate(**self._asked)
        self._asked = {}
        return self.staged

    def look(self, heading: str) -> Look:
        """Look once over a column, and over all others that will be read."""
        if heading not in self._looks:
            self._looks |= self._looked([heading, *(other for other in self.reads if other not in self._looks)])
        return self._looks[heading]

    def _looked(self, headings: list[str]) -> dict[str, Look]:
        """Look over columns in one pass over the rows."""
        table = self.raw.table
        marks: dict[tuple[str, str], ibis.Value] = {}
        for heading in dict.fromkeys(headings):
            column, stored = table[heading], self.raw.stored[heading]
            if stored is Stored.TEXT and column.type().is_string():
                found = _marks(column)
            elif stored is Stored.NUMBER and column.type().is_floating():
                found = {"damaged": (column.abs() >= _EXACT_DIGITS).any()}
            else:
                found = {}
            marks |= {(heading, name): value for name, value in found.items()}
        names = {mark: f"mark {at}" for at, mark in enumerate(marks)}
        asked = {names[mark]: value for mark, value in marks.items()}
        row = table.agg(**asked).to_pyarrow().to_pylist()[0] if asked else {}
        looks = {heading: Look() for heading in headings}
        for (heading, name), column in names.items():
            looks[heading] = replace(looks[heading], **{name: bool(row[column])})
        return {heading: self._of_floats(heading, look) if look.floats else look for heading, look in looks.items()}

    def _of_floats(self, heading: str, look: Look) -> Look:
        """Look closer at a column that may hold nothing but whole numbers written as 123.0."""
        column = self.raw.table[heading]
        exact = self.raw.table.agg(floats=column.re_search(_FLOAT).all(), damaged=column.re_search(r"\d{16}\.").any())
        return Look(typed=look.typed, wide=look.wide, **exact.to_pyarrow().to_pylist()[0])

    def text(self, heading: str) -> ibis.Value:
        """Read as text: composed, without signs that nobody sees and blanks at the ends, null where nothing is left."""
        return self._cell("text", heading, self._read_text)

    def number(self, heading: str) -> ibis.Value:
        """Read as a factor of a calculation, twelve decimals; null where it is no number or too large.

        A column of nothing but per cent is one of shares: there is no other way to calculate with it.
        """
        return self._cell("number", heading, self._read_factor)

    def amount(self, heading: str) -> ibis.Value:
        """Read as a value of its own, four decimals; null where it is no number or too large."""
        return self._cell("amount", heading, partial(self._read_number, type_=MONEY))

    def share(self, heading: str) -> ibis.Value:
        """Read as a share, four decimals: `12,5 %` is 0.125."""
        return self._cell("share", heading, self._read_share)

    def day(self, heading: str) -> ibis.Value:
        """Read as a day, whatever the year; null where it is none."""
        return self._cell("day", heading, self._read_day)

    def date(self, heading: str) -> ibis.Value:
        """Read as a day that a business can mean; null where it is none."""
        return in_range(self.day(heading))

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

    def calculated(self, name: str, calculate: Callable[[], ibis.Value]) -> ibis.Value:
        """Calculate a value of its own column from cells that are staged."""
        if self.staged is None:
            return calculate()
        if name in self.staged.columns:
            return self.staged[name]
        self._asked[name] = calculate()
        return self._asked[name]

    def _read_missing(self, heading: str) -> ibis.Value:
        typed = self.raw.stored[heading] is not Stored.TEXT
        return self.raw.table[heading].isnull() if typed else self.text(heading).isnull()

    def _read_text(self, heading: str) -> ibis.Value:
        column, stored = self.raw.table[heading], self.raw.stored[heading]
        if stored is not Stored.TEXT:
            return as_text(column, stored)
        look = self.look(heading)
        column = column.replace(TYPED, "") if look.typed else column
        text = _composed(translate(column, INVISIBLE, "")) if look.wide else column
        text = trimmed(text).nullif("")
        return text.re_replace(r"\.0$", "") if look.floats else text

    def _read_number(self, heading: str, type_: str) -> ibis.Value:
        column = self.raw.table[heading]
        match self.raw.stored[heading]:
            case Stored.WHOLE:
                return column.try_cast(type_)
            case Stored.NUMBER:
                return column.cast("string").try_cast(type_)
            case Stored.DATE:
                return ibis.null(type_)
        text = self.text(heading)
        read = to_decimal(text, self.decimal_sign(heading), self.currency, type_)
        return ibis.ifelse(column.startswith(TYPED), text.try_cast(type_), read) if self.look(heading).typed else read

    def _read_factor(self, heading: str) -> ibis.Value:
        if not self.look(heading).percent:
            return self._read_number(heading, FACTOR)
        return ibis.cases((self.text(heading).re_search(PERCENT), self._hundredths(heading).try_cast(FACTOR)))

    def _read_share(self, heading: str) -> ibis.Value:
        of_one = self._read_number(heading, MONEY)
        if self.raw.stored[heading] is not Stored.TEXT:
            return of_one
        is_percent = self.text(heading).re_search(PERCENT)
        return ibis.ifelse(is_percent, self._hundredths(heading).round(4).try_cast(MONEY), of_one)

    def _hundredths(self, heading: str) -> ibis.Value:
        bare = without_percent(self.text(heading))
        of_hundred = to_decimal(bare, self.decimal_sign(heading), self.currency, FACTOR)
        return of_hundred * ibis.literal("0.01").cast("decimal(3, 2)")

    def _read_day(self, heading: str) -> ibis.Value:
        if self.raw.stored[heading] is Stored.DATE:
            return self.raw.table[heading].cast("date")
        return to_day(self.text(heading), self.date_format(heading), self.fiscal_year_start)

    def date_format(self, heading: str) -> str:
        """Return the format of a column's days; without one it holds none."""
        return self._convention(heading, is_date=True) or "yyyy-mm-dd"

    def decimal_sign(self, heading: str) -> DecimalSign:
        """Return the decimal sign of a column; without one every number in it is whole."""
        return self._convention(heading, is_date=False) or "."  # type: ignore[return-value]

    def _convention(self, heading: str, is_date: bool) -> str | None:
        if (heading, is_date) not in self.conventions:
            fixed: str | None = self.source.date_format if is_date else self.source.decimal
            self.conventions[heading, is_date] = fixed or self._decided(heading, is_date)
        return self.conventions[heading, is_date]

    def _decided(self, heading: str, is_date: bool) -> str | None:
        if not self.look(heading).filled:  # as in a sheet that nobody has filled in yet
            return None
        text = self._written(heading)
        decide = decide_date_format if is_date else partial(decide_decimal, currency=self.currency)
        decision = decide(self.raw, heading, text)
        if decision.problem is None:
            return decision.convention
        others = self._said(is_date) if decision.possible else {}
        chosen = of_the_file(decision.possible, others, ORDERS if is_date else DECIMALS)
        if chosen is None:
            self.problems.append(decision.problem)
            return None
        values = {name: decision.problem.values[name] for name in ("file", "column", "examples")}
        values |= {"columns": list(others)[:3], "reason": f"value.convention.{chosen}"}
        self.followed.append(Problem(code=FOLLOWED, values=values))
        return chosen

    def _written(self, heading: str) -> ibis.Value:
        """Return the texts of a column; the numbers beside them say nothing of how texts are written."""
        text = self._read_text(heading)
        if self.look(heading).typed:
            text = ibis.cases((~self.raw.table[heading].startswith(TYPED), text))
        return text

    def _said(self, is_date: bool) -> dict[str, int | None]:
        """Ask all columns of the file, read or not, how they write numbers or days."""
        if is_date not in self._voices:
            stored = self.raw.stored.items()
            headings = [heading for heading, kind in stored if kind is Stored.TEXT and heading not in self.names]
            self._looks |= self._looked([heading for heading in headings if heading not in self._looks])
            texts = {heading: self._written(heading) for heading in headings}
            if not is_date:
                texts = {heading: bare_number(text, self.currency) for heading, text in texts.items()}
            label, sides = (date_label, ORDERS) if is_date else (decimal_label, DECIMALS)
            self._voices[is_date] = voices(self.raw, texts, label, sides)
        return self._voices[is_date]

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
        exact = _OPERATIONS[node.operator](self.value(node.left), self.value(node.right))
        return ibis.cases((self._rough(node).abs() < LIMIT, exact))

    def _rough(self, node: Node) -> ibis.Value:
        """Estimate a value in floating point, from its headings up: no longer than the expression itself."""
        match node:
            case Calculation(sign, left, right):
                return _OPERATIONS[sign](self._rough(left), self._rough(right))
        return self.value(node).cast("float64")

    def condition(self, node: Node) -> ibis.Value:
        """Judge a condition; null where it cannot be evaluated."""
        match node:
            case Comparison(relation, left, right):
                return RELATIONS[relation](*self._operands(left, right))
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


def _quotient(left: ibis.Value, right: ibis.Value) -> ibis.Value:
    return left.cast("float64") / right.cast("float64").nullif(0)


_OPERATIONS: dict[str, Callable[[ibis.Value, ibis.Value], ibis.Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
}
