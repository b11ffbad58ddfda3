"""From cells to canonical columns: every kind of value with its checks, one for every heading that feeds it.

A check is a code where the cell cannot be read, so that the row is rejected with file, line, column and value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import ibis

from kamlab.engagement.expression import CONDITIONS, Constant, Heading, Node, headings
from kamlab.engagement.settings import Extract
from kamlab.errors import Problem
from kamlab.ingest.dates import has_no_end, is_empty_day, is_empty_text
from kamlab.ingest.numbers import NUMBERS, PERCENT, SCIENTIFIC, is_dash, names_other_currency, undressed
from kamlab.ingest.reading import Cells
from kamlab.ingest.sources import Stored
from kamlab.ingest.words import read_words
from kamlab.tables import Column, Kind, Table

TEXTS = (Kind.TEXT, Kind.ID)
WORDS = (Kind.CHOICE, Kind.CHOICES, Kind.YES_NO, Kind.PERIOD, Kind.MONTH, Kind.CURRENCY)

MISSING, NO_NUMBER, NO_DATE, TOO_LARGE, NO_SHARE = "KL-W101", "KL-W104", "KL-W105", "KL-W106", "KL-W107"
ERROR_VALUE, AMOUNT_IN_OTHER_CURRENCY, PERCENT_SIGN, DAMAGED = "KL-W140", "KL-W141", "KL-W142", "KL-W143"
NO_ALLOWED_WORD, NO_PERIOD, OFF_SCALE, NEITHER = "KL-W144", "KL-W145", "KL-W146", "KL-W147"
NOT_MAPPED, PERCENT_WITHOUT_SIGN = "KL-E250", "KL-E251"

_DAMAGED_ID = r"^\d(?:[.,]\d+)?[Ee]\+\d{2,3}$|^-?\d{16,}$|^-?\d+(?:\.\d+)?e\+\d+$"
_ERROR_WORDS = (
    *("#NV", "#N/V", "#N/A", "#DIV/0!", "#WERT!", "#VALUE!", "#BEZUG!", "#REF!", "#NAME?", "#NULL!", "#ZAHL!", "#NUM!"),
    *("#ÜBERLAUF!", "#SPILL!", "#KALK!", "#CALC!", "#FELD!", "#FIELD!", "#DATEN_ABRUFEN", "#GETTING_DATA", "#BUSY!"),
    *("#BLOCKIERT!", "#BLOCKED!", "#UNBEKANNT!", "#UNKNOWN!", "#VERBINDEN!", "#CONNECT!", "#PYTHON!", "#EXTERN!"),
)
_DATABASE_NULLS = ("NULL", r"\N", "(null)", "(NULL)", "<null>", "<NULL>", "[NULL]")

Mapped = str | Extract | Node


@dataclass(frozen=True)
class Check:
    """What is wrong with one cell of a row: `code` is null where nothing is; it feeds `canonical`."""

    column: str
    value: ibis.Value
    code: ibis.Value
    canonical: str = ""


@dataclass
class Reader(Cells):
    """Reads canonical columns from a heading, a pattern or an expression."""

    unread: set[str] = field(default_factory=set)
    _words: dict[str, dict[str, str]] = field(default_factory=dict)

    def met(self, canonical: str) -> set[str]:
        """Return the words that a column of words holds; `unread` names the columns with texts that are none."""
        return set(self._words.get(canonical, {}).values())

    def canonical(self, column: Column, mapped: Mapped) -> tuple[ibis.Value, list[Check]]:
        """Read one canonical column: its value and its checks."""
        value, checks = self._read(column, mapped)
        return value, [replace(check, canonical=column.name) for check in checks]

    def _read(self, column: Column, mapped: Mapped) -> tuple[ibis.Value, list[Check]]:
        if isinstance(mapped, Extract):
            if column.kind not in (*TEXTS, *WORDS):
                return self._impossible(column)
            text = self.text(mapped.source).re_extract(mapped.pattern, 1).nullif("")
            return self._textual(column, mapped.source, text)
        if isinstance(mapped, str):
            return self._plain(column, mapped)
        if isinstance(mapped, Heading):
            return self._plain(column, mapped.name)
        if isinstance(mapped, CONDITIONS):
            return (self.condition(mapped), []) if column.kind is Kind.YES_NO else self._impossible(column)
        if isinstance(mapped, Constant) or column.kind in (*TEXTS, *WORDS, Kind.DATE):
            return self._literal(column, mapped)
        return self._calculation(column, mapped)

    def _plain(self, column: Column, heading: str) -> tuple[ibis.Value, list[Check]]:
        if column.kind in (*TEXTS, *WORDS):
            return self._textual(column, heading, self.text(heading))
        if column.kind is Kind.DATE:
            return self._dated(column, heading)
        read = self.share if column.kind is Kind.SHARE else self.number if _is_rate(column) else self.amount
        number = read(heading)
        unreadable = self._unreadable(column, heading, number)
        if column.allowed:  # words that say that there is no number
            said = self.text(heading).lower().isin(list(_known_words(column)))
            unreadable = ibis.ifelse(said, ibis.null("string"), unreadable)
        return self._bounded(column, heading, number, [Check(heading, self.text(heading), unreadable)])

    def _textual(self, column: Column, heading: str, text: ibis.Value) -> tuple[ibis.Value, list[Check]]:
        wrong = [(text.isnull(), _required(column)), *self._errors(column, heading)]
        if column.kind in TEXTS:
            if column.kind is Kind.ID and self.look(heading).damaged:
                wrong.append((text.re_search(_DAMAGED_ID), ibis.literal(DAMAGED)))
            checks = [Check(heading, self.text(heading), ibis.cases(*wrong))]
            if column.allowed:  # words that code knows; others stay as they are
                text = text.lower().cases(*_known_words(column).items(), else_=text)
            return text, checks if column.required or len(wrong) > 1 else []
        word = self._word(column, text)
        wrong.append((word.isnull(), NO_PERIOD if column.kind in (Kind.PERIOD, Kind.MONTH) else NO_ALLOWED_WORD))
        value = (word == "true") if column.kind is Kind.YES_NO else word
        return value, [Check(heading, self.text(heading), ibis.cases(*wrong))]

    def _word(self, column: Column, text: ibis.Value) -> ibis.Value:
        """Look a word up among those that the distinct texts of the column were read as."""
        if column.name not in self._words:
            distinct = self.raw.table.select(word=text).distinct().filter(ibis._.word.notnull())
            texts = distinct.to_pyarrow()["word"]  # no list: a wrong heading may have a text of its own in every line
            each = (text for chunk in texts.chunks for text in chunk.to_pylist())
            self._words[column.name] = read_words(each, column, self.currency)
            if len(self._words[column.name]) < len(texts):
                self.unread.add(column.name)
        words = self._words[column.name]
        if not words:
            return text.nullif(text)  # no literal null: ibis takes no comparison with one
        return ibis.map(ibis.array(list(words)), ibis.array(list(words.values())))[text]

    def _dated(self, column: Column, heading: str) -> tuple[ibis.Value, list[Check]]:
        day, value, text = self.day(heading), self.date(heading), self.text(heading)
        wrong = [
            (value.notnull(), ibis.null("string")),
            (self.missing(heading), _required(column)),
            *self._errors(column, heading),
            (is_empty_text(text) | is_empty_day(day).fill_null(False), _required(column)),
        ]
        if not column.required:
            wrong.append((has_no_end(day), ibis.null("string")))
        return value, [Check(heading, text, ibis.cases(*wrong, else_=NO_DATE))]

    def _calculation(self, column: Column, node: Node) -> tuple[ibis.Value, list[Check]]:
        value = self.calculated(f"value {column.name}", lambda: self.money(node))
        checks = [
            Check(heading, self.text(heading), self._unreadable(column, heading, self.number(heading)))
            for heading in dict.fromkeys(headings(node))
        ]
        known = ibis.and_(*(self.number(heading).notnull() for heading in headings(node)), ibis.literal(True))
        checks.append(Check(column.name, ibis.null("string"), ibis.cases((known & value.isnull(), TOO_LARGE))))
        return self._bounded(column, column.name, value, checks)

    def _bounded(
        self, column: Column, label: str, value: ibis.Value, checks: list[Check]
    ) -> tuple[ibis.Value, list[Check]]:
        """Check a number against the ends of its scale."""
        if column.kind is Kind.SHARE:
            wrong = ~value.between(0, 1)
            self._ask_for_percent(column, label)
        else:
            lows = [value <= 0] if _is_rate(column) else [value < column.low] if column.low is not None else []
            highs = [value > column.high] if column.high is not None else []
            if not lows + highs:
                return value, checks
            wrong = ibis.or_(*lows, *highs)
        shown = self.text(label) if label in self.raw.stored else value.cast("string")
        code = ibis.cases((wrong, ibis.literal(NO_SHARE if column.kind is Kind.SHARE else OFF_SCALE)))
        return value, [*checks, Check(label, shown, code)]

    def _ask_for_percent(self, column: Column, heading: str) -> None:
        """Refuse a column of shares that are per cent for the most part: in it a 1 would be a hundred per cent."""
        if self.staged is not None or heading not in self.raw.stored or self.problems:
            return
        value = self.share(heading)
        counts = self.raw.table.agg(
            over=((value > 1) & (value <= 100)).sum(), within=((value > 0) & (value <= 1)).sum()
        )
        found = counts.to_pyarrow().to_pylist()[0]
        if (found["over"] or 0) > (found["within"] or 0):
            file = ", ".join(file.name for file in self.raw.files)
            values = {"file": file, "column": heading, "canonical": column.name, "count": found["over"]}
            self.problems.append(Problem(code=PERCENT_WITHOUT_SIGN, values=values))

    def _literal(self, column: Column, node: Node) -> tuple[ibis.Value, list[Check]]:
        """Read a constant that fits the kind of its column."""
        match node:
            case Constant(str() as text) if column.kind in TEXTS:
                return ibis.literal(text), []
            case Constant(str() as text) if column.kind in WORDS:
                self._words[column.name] = read_words([text], column, self.currency)
                if (word := self._words[column.name].get(text)) is not None:
                    return ibis.literal(word == "true" if column.kind is Kind.YES_NO else word), []
            case Constant(date() as day) if column.kind is Kind.DATE:
                return ibis.literal(day), []
            case Constant() if not isinstance(node.value, str | date) and column.kind not in (*TEXTS, *WORDS):
                if column.kind is not Kind.DATE:
                    return self._calculation(column, node)
        return self._impossible(column)

    def _impossible(self, column: Column) -> tuple[ibis.Value, list[Check]]:
        self.problems.append(Problem(code="KL-E214", values={"canonical": column.name, "kind": column.kind.value}))
        return ibis.null("string"), []

    def _errors(self, column: Column, heading: str) -> Iterator[tuple[ibis.Value, ibis.Value]]:
        """Yield what makes a cell the error of a program and no value, if the column holds any."""
        if self.look(heading).errors:
            text = self.text(heading)
            error = text.upper().isin(_ERROR_WORDS) | text.re_search("^#{3,}$")
            if column.kind is not Kind.TEXT:
                error = error | text.isin(_DATABASE_NULLS)
            yield error, ibis.literal(ERROR_VALUE)

    def _unreadable(self, column: Column, heading: str, number: ibis.Value) -> ibis.Value:
        """Give the code for a cell that should hold a number; a number too large has all its digits but no value."""
        read: tuple[ibis.Value, ibis.Value] = (number.notnull(), ibis.null("string"))
        missing = (self.missing(heading), _required(column))
        if self.raw.stored[heading] in (Stored.WHOLE, Stored.NUMBER):
            return ibis.cases(read, missing, else_=TOO_LARGE)
        text = self.text(heading)
        pattern = NUMBERS[self.decimal_sign(heading)]
        return ibis.cases(
            read,
            missing,
            *self._errors(column, heading),
            (is_dash(text, self.currency), _required(column)),
            (undressed(text, self.currency).re_search(pattern), ibis.literal(TOO_LARGE)),
            (text.re_search(SCIENTIFIC), DAMAGED),
            (names_other_currency(text, self.currency), AMOUNT_IN_OTHER_CURRENCY),
            (text.re_search(PERCENT), NO_NUMBER if column.kind is Kind.SHARE else PERCENT_SIGN),
            else_=NO_NUMBER,
        )


def feeds(mapped: Mapped) -> list[str]:
    """List the headings that a mapping reads."""
    if isinstance(mapped, str):
        return [mapped]
    return [mapped.source] if isinstance(mapped, Extract) else list(headings(mapped))


def unmapped(table: Table, mapping: dict[str, Mapped], file: str) -> list[Problem]:
    """Say which groups of columns, of which one must be there, have none."""
    return [
        Problem(code=NOT_MAPPED, values={"file": file, "table": table.name, "columns": list(group)})
        for group in table.either
        if not set(group) & mapping.keys()
    ]


def neither(table: Table, values: dict[str, ibis.Value]) -> list[Check]:
    """Check that in every row at least one column of each such group is filled."""
    checks = []
    for group in table.either:
        empty = [values[name].isnull() for name in group if name in values]
        code = ibis.cases((ibis.and_(*empty), ibis.literal(NEITHER)))
        checks.append(Check(" / ".join(group), ibis.null("string"), code, group[0]))
    return checks


def _known_words(column: Column) -> dict[str, str]:
    """Map what people write, in small letters, to the word that code compares."""
    return {word.lower(): choice.value for choice in column.allowed for word in (choice.value, *choice.label)}


def _is_rate(column: Column) -> bool:
    """Say whether a column keeps twelve decimals: with four, a yen would be worth a hundredth more or less."""
    return column.kind is Kind.NUMBER and column.name == "rate"


def _required(column: Column) -> ibis.Value:
    return ibis.literal(MISSING if column.required else None, "string")
