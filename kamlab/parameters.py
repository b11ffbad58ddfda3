"""The lines of a notebook's parameters cell: `name: type = default  # unit and meaning [range]`.

The range is a chain of comparisons, `[0 < cut_a ≤ cut_b]`, whose ends are numbers or other parameters of the notebook;
of a text it may be `[YYYY-MM-DD]`, a day or nothing. In goes the source of a cell, out come values that fit, or a
message that says what would.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import AllowInfNan, TypeAdapter, ValidationError

from kamlab.engagement.settings import parse_period
from kamlab.errors import Problem, SettingsError
from kamlab.results import Value

TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": Annotated[float, AllowInfNan(False)],
    "bool": bool,
    "list[str]": list[str],
}
PERIOD = "period"  # means the same in every notebook: days, as in the settings
DAY = "YYYY-MM-DD"
_RANGE = re.compile(r"(?P<meaning>.*\S)\s*\[(?P<allowed>.+)\]")
_ORDER = {ast.Lt: operator.lt, ast.LtE: operator.le}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell; `allowed` is its range as it is written there, empty where there is none."""

    name: str
    type: str
    default: str
    meaning: str
    allowed: str = ""

    def __str__(self) -> str:
        """Write it as it stands in its cell."""
        allowed = f" [{self.allowed}]" if self.allowed else ""
        return f"{self.name}: {self.type} = {self.default}  # {self.meaning}{allowed}"

    def typed(self, text: str, shown: str = "") -> Any:
        """Type a value given as text.

        Parameters
        ----------
        shown : str
            How a message names the parameter, where not by its name.

        Raises
        ------
        SettingsError
            The text is no such value.
        """
        if self.name == PERIOD and text:
            return _period(text)
        given = text.split(",") if self.type == "list[str]" else text
        try:
            value = TypeAdapter(TYPES[self.type]).validate_python(given)
        except ValidationError:
            raise SettingsError(self._refused("KL-S312", shown, given=text, reason=f"type.{self.type}")) from None
        if self.allowed == DAY and text and not _is_day(text):
            raise SettingsError(self._refused("KL-S312", shown, given=text, reason="type.day"))
        return value

    def misplaced(self, given: str, values: Mapping[str, Any], shown: str = "") -> Problem | None:
        """Say that the value of this parameter lies outside its range.

        Parameters
        ----------
        given : str
            The value as it was written.
        values : mapping of parameter to typed value
            Of the whole notebook: the end of a range may be another parameter.
        """
        if self.allowed in ("", DAY) or self._fits(values):
            return None
        others = [f"{name} = {values[name]}" for name in self.ends]
        return self._refused("KL-S319" if others else "KL-S318", shown, given=given, others=others)

    @property
    def chain(self) -> ast.Compare:
        """Parse its range; with another sign than Python's, because papermill takes a line with two = for broken."""
        chain = ast.parse(self.allowed.replace("≤", "<="), mode="eval").body
        assert isinstance(chain, ast.Compare), self.allowed
        return chain

    @property
    def ends(self) -> tuple[str, ...]:
        """Name the other parameters that its range ends at."""
        if self.allowed in ("", DAY):
            return ()
        names = [node.id for node in ast.walk(self.chain) if isinstance(node, ast.Name)]
        return tuple(name for name in names if name != self.name)

    def _fits(self, values: Mapping[str, Any]) -> bool:
        """Go along the chain: `0 < cut_a ≤ cut_b` holds if each of its comparisons does."""
        chain = self.chain
        ends = [_end(node, values) for node in (chain.left, *chain.comparators)]
        return all(
            _ORDER[type(sign)](left, right) for left, sign, right in zip(ends, chain.ops, ends[1:], strict=False)
        )

    def _refused(self, code: str, shown: str, **more: Value) -> Problem:
        values: dict[str, Value] = {"name": shown or self.name, "default": self.default, "allowed": self.allowed}
        return Problem(code=code, values=values | more)


def declared(source: str) -> Iterator[Parameter]:
    """Read a parameters cell: its annotated assignments, with what follows on the line as meaning and range."""
    lines = source.encode().splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            rest = lines[(node.end_lineno or 1) - 1][node.end_col_offset :].decode()
            comment = rest.strip().removeprefix("#").strip()
            found = _RANGE.fullmatch(comment)
            meaning, allowed = (found["meaning"], found["allowed"]) if found else (comment, "")
            default = ast.get_source_segment(source, node.value) or ""
            yield Parameter(node.target.id, ast.unparse(node.annotation), default, meaning, allowed)


def fitting(
    parameters: Mapping[str, Parameter], texts: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Type the values given to a notebook's parameters, and hold each against its range.

    Parameters
    ----------
    texts : mapping of parameter to (value, name in messages)

    Returns
    -------
    The typed values of those that were given, and what is wrong with others.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, (text, shown) in texts.items():
        try:
            values[name] = parameters[name].typed(text, shown)
        except SettingsError as error:
            problems += error.problems
    everything = {name: ast.literal_eval(parameter.default) for name, parameter in parameters.items()} | values
    found = (parameters[name].misplaced(texts[name][0], everything, texts[name][1]) for name in values)
    return values, [*problems, *(problem for problem in found if problem)]


def _end(node: ast.expr, values: Mapping[str, Any]) -> Any:
    return values[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _period(text: str) -> str:
    try:
        parse_period(text)
    except ValueError:
        raise SettingsError(Problem(code="KL-S315", values={"given": text})) from None
    return text
