"""The small language of `engagement.yml`: `= Menge * Preis`, `= Belegart = 'S1' and not Betrag > 0`.

Text goes in, a tree of frozen nodes comes out; nothing is evaluated here. In a condition a heading takes the type of
the literal it is compared with: number, 'text' or date (2010-12-10). In arithmetic a heading is a number.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from kamlab.text import Language, Words

Arithmetic = Literal["+", "-", "*", "/"]
Relation = Literal["=", "<>", "<", "<=", ">", ">="]
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {  # of columns, whatever holds them
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Heading:
    """A column of the file, by its heading."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A literal: number, text or date."""

    value: Decimal | str | date


@dataclass(frozen=True)
class Calculation:
    """Arithmetic on two operands."""

    operator: Arithmetic
    left: Node
    right: Node


@dataclass(frozen=True)
class Comparison:
    """A relation between two operands of one type."""

    relation: Relation
    left: Node
    right: Node


@dataclass(frozen=True)
class IsMissing:
    """True where the cell is empty."""

    heading: Heading


@dataclass(frozen=True)
class StartsWith:
    """True where the cell's text begins so."""

    heading: Heading
    prefix: str


@dataclass(frozen=True)
class Not:
    """The opposite of a condition."""

    condition: Node


@dataclass(frozen=True)
class Junction:
    """Two conditions joined by `and` or `or`."""

    word: Literal["and", "or"]
    left: Node
    right: Node


Node = Heading | Constant | Calculation | Comparison | IsMissing | StartsWith | Not | Junction
CONDITIONS = (Comparison, IsMissing, StartsWith, Not, Junction)


class ExpressionError(ValueError):
    """The text is no expression: `reason` (a text of the catalogues), what was found there, position (from 1)."""

    def __init__(self, reason: str, position: int, found: str = "") -> None:
        self.reason, self.position, self.found = reason, position, found
        super().__init__(self.phrase("en"))

    def phrase(self, language: Language) -> str:
        """Say what is wrong and where."""
        return Words(language)(f"expression.{self.reason}", found=self.found, position=self.position)


def is_expression(text: str) -> bool:
    """Say whether a setting is meant as an expression: it begins with `=`."""
    return text.lstrip().startswith("=")


def parse(text: str) -> Node:
    """Parse an expression, with or without its leading `=`.

    Raises
    ------
    ExpressionError
        With what was expected and the position.
    """
    return _Parser(text).whole()


def parse_value(text: str) -> Node:
    """Parse an expression that stands for a value, not a condition."""
    node = parse(text)
    if isinstance(node, CONDITIONS):
        raise ExpressionError("value", 1)
    return node


def parse_condition(text: str) -> Node:
    """Parse an expression that is true or false."""
    node = parse(text)
    if not isinstance(node, CONDITIONS):
        raise ExpressionError("condition", 1)
    return node


def headings(node: Node) -> Iterator[str]:
    """Yield the headings a tree speaks of, in reading order, repetitions included."""
    match node:
        case Heading(name):
            yield name
        case IsMissing(heading) | StartsWith(heading, _):
            yield heading.name
        case Not(condition):
            yield from headings(condition)
        case Calculation(_, left, right) | Comparison(_, left, right) | Junction(_, left, right):
            yield from headings(left)
            yield from headings(right)


def reference(heading: str) -> str:
    """Write a heading inside an expression: as a word, or in double quotes."""
    if _WORD.fullmatch(heading) and heading.lower() not in _RESERVED:
        return heading
    return '"' + heading.replace('"', '""') + '"'


def without_literals(text: str, mark: str) -> str:
    """Put a mark in the place of the texts of an expression, in a condition of its numbers and dates too."""
    hidden = {"text", "number", "date"} if isinstance(parse(text), CONDITIONS) else {"text"}
    for token in reversed(list(_tokens(text))):
        if token.kind in hidden:
            said = f"'{mark}'" if token.kind == "text" else mark
            start = token.position - 1
            text = text[:start] + said + text[start + len(token.text) :]
    return text


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\d{4}-\d{2}-\d{2}(?![\d-]))
  | (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<text>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<sign><=|>=|<>|[-+*/()=<>])
  | (?P<word>[^\W\d][\w.]*)
  )""",
    re.VERBOSE,
)
_MAX_DEPTH = 50
_MAX_TOKENS = 500  # a chain of signs is a deep tree too, and the database has to read it


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


_MAX_WHOLE, _MAX_DECIMALS = 14, 12  # what a factor holds when the database calculates
_WORD = re.compile(r"[^\W\d][\w.]*")
_RESERVED = {"and", "or", "not", "is", "missing", "starts", "with"}
_NAMES = {")": "bracket", "missing": "missing", "with": "with"}


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = list(_tokens(source))
        if len(self.tokens) > _MAX_TOKENS:
            raise ExpressionError("long", self.tokens[_MAX_TOKENS].position)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.either()
        if self.now.kind != "end":
            raise ExpressionError("unexpected", self.now.position, self.now.text)
        return node

    @property
    def now(self) -> _Token:
        return self.tokens[self.at]

    def accept(self, *texts: str) -> str | None:
        """Consume the next token if it is one of these signs or words."""
        token = self.now
        text = token.text.lower() if token.kind == "word" else token.text
        if token.kind in ("sign", "word") and text in texts:
            self.at += 1
            return text
        return None

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise ExpressionError(f"expected_{_NAMES[text]}", self.now.position, self.now.text)

    def either(self) -> Node:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ExpressionError("deep", self.now.position)
        node = self.both()
        while self.accept("or"):
            node = Junction("or", self.condition(node), self.condition(self.both()))
        self.depth -= 1
        return node

    def both(self) -> Node:
        node = self.negated()
        while self.accept("and"):
            node = Junction("and", self.condition(node), self.condition(self.negated()))
        return node

    def negated(self) -> Node:
        negations = 0
        while self.accept("not"):
            negations += 1
        node = self.related()
        if negations:
            self.condition(node)
        return Not(node) if negations % 2 else node

    def related(self) -> Node:
        start = self.now.position
        left = self.sum()
        if relation := self.accept("=", "<>", "<", "<=", ">", ">="):
            return _compared(relation, left, self.sum(), start)
        if self.accept("is"):
            self.expect("missing")
            return IsMissing(self.heading(left, start))
        if self.accept("starts"):
            self.expect("with")
            token = self.now
            if token.kind != "text":
                raise ExpressionError("text", token.position, token.text)
            self.at += 1
            return StartsWith(self.heading(left, start), _unquote(token.text))
        return left

    def sum(self) -> Node:
        node = self.product()
        while operator := self.accept("+", "-"):
            node = _calculated(operator, node, self.product(), self.now.position)
        return node

    def product(self) -> Node:
        node = self.factor()
        while operator := self.accept("*", "/"):
            node = _calculated(operator, node, self.factor(), self.now.position)
        return node

    def factor(self) -> Node:
        negative = False
        while sign := self.accept("-", "+"):
            negative ^= sign == "-"
        node = self.primary()
        return _calculated("-", Constant(Decimal(0)), node, self.now.position) if negative else node

    def primary(self) -> Node:
        token = self.now
        if self.accept("("):
            node = self.either()
            self.expect(")")
            return node
        self.at += 1
        match token.kind:
            case "number":
                whole, _, decimals = token.text.partition(".")
                if len(whole.lstrip("0")) > _MAX_WHOLE or len(decimals) > _MAX_DECIMALS:
                    raise ExpressionError("digits", token.position, token.text)
                return Constant(Decimal(token.text))
            case "text":
                return Constant(_unquote(token.text))
            case "date":
                try:
                    return Constant(date.fromisoformat(token.text))
                except ValueError:
                    raise ExpressionError("day", token.position, token.text) from None
            case "quoted":
                return Heading(_unquote(token.text))
            case "word" if token.text.lower() not in ("and", "or", "not", "is", "missing", "starts", "with"):
                return Heading(token.text)
        raise ExpressionError("operand", token.position, token.text)

    def condition(self, node: Node) -> Node:
        if not isinstance(node, CONDITIONS):
            raise ExpressionError("condition", self.now.position)
        return node

    @staticmethod
    def heading(node: Node, position: int) -> Heading:
        if not isinstance(node, Heading):
            raise ExpressionError("heading", position)
        return node


def _tokens(source: str) -> Iterator[_Token]:
    at = len(source) - len(source.lstrip())
    if source[at : at + 1] == "=":
        at += 1
    end = len(source.rstrip())
    while at < end:
        found = _TOKEN.match(source, at)
        if not found or found.lastgroup is None:
            at += len(source[at:]) - len(source[at:].lstrip())
            raise ExpressionError("unreadable", at + 1, source[at : at + 12])
        yield _Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1)
        at = found.end()
    yield _Token("end", "…", end + 1)


def _unquote(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _calculated(operator: str, left: Node, right: Node, position: int) -> Calculation:
    for side in (left, right):
        if isinstance(side, CONDITIONS) or (isinstance(side, Constant) and not isinstance(side.value, Decimal)):
            raise ExpressionError("numbers", position)
    return Calculation(operator, left, right)  # type: ignore[arg-type]


def _compared(relation: str, left: Node, right: Node, position: int) -> Comparison:
    if isinstance(left, CONDITIONS) or isinstance(right, CONDITIONS):
        raise ExpressionError("joined", position)
    if isinstance(left, Heading) and isinstance(right, Heading):
        raise ExpressionError("headings", position)
    types = {type(side.value) for side in (left, right) if isinstance(side, Constant)}
    types |= {Decimal for side in (left, right) if isinstance(side, Calculation)}
    if len(types) > 1:
        raise ExpressionError("types", position)
    return Comparison(relation, left, right)  # type: ignore[arg-type]
