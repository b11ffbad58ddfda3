"""The settings of an engagement, typed and validated once; every message names file, line and remedy."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, field_validator, model_validator

from kamlab.engagement.document import Document, KeyPath
from kamlab.engagement.expression import ExpressionError, is_expression, parse_condition, parse_value
from kamlab.errors import Problem, SettingsError
from kamlab.results import Frozen, Period
from kamlab.tables import TABLES

DATE_FORMATS = {
    "dd.mm.yyyy": "%d.%m.%Y",
    "dd/mm/yyyy": "%d/%m/%Y",
    "mm/dd/yyyy": "%m/%d/%Y",
    "yyyy-mm-dd": "%Y-%m-%d",
    "yyyymmdd": "%Y%m%d",
}


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Extract(Frozen):
    """A column taken out of another one: the first group of a pattern, e.g. the leading digits of a number."""

    source: str = Field(alias="from")
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _has_a_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
            pc.match_substring_regex(pa.scalar(""), pattern)  # as the database reads it: nothing looks around or back
        except (re.error, pa.ArrowInvalid) as error:
            raise ValueError(f"{pattern!r} is no pattern: {error}") from None
        if groups != 1:
            raise ValueError(f"{pattern!r} needs exactly one group in brackets, e.g. '^(..)'")
        return pattern


class Source(Frozen):
    """Where one input table comes from, and how its columns are called there."""

    path: Annotated[tuple[str, ...], BeforeValidator(_one_or_many), Field(min_length=1)]
    columns: dict[str, str | Extract] = Field(default_factory=dict)
    exclude: dict[str, str] = Field(default_factory=dict)
    delimiter: Literal[";", ",", "tab", "|"] | None = None
    encoding: Literal["utf-8", "cp1252", "utf-16"] | None = None
    decimal: Literal[",", "."] | None = None
    date_format: Literal["dd.mm.yyyy", "dd/mm/yyyy", "mm/dd/yyyy", "yyyy-mm-dd", "yyyymmdd"] | None = None
    sheet: str | None = None

    @field_validator("columns")
    @classmethod
    def _values_parse(cls, columns: dict[str, str | Extract]) -> dict[str, str | Extract]:
        for name, mapped in columns.items():
            if isinstance(mapped, str) and is_expression(mapped):
                _parsed(parse_value, name, mapped)
        return columns

    @field_validator("exclude")
    @classmethod
    def _conditions_parse(cls, exclude: dict[str, str]) -> dict[str, str]:
        for name, condition in exclude.items():
            if not is_expression(condition):
                raise ValueError(f"{name}: a condition starts with =, e.g. \"= Belegart = 'S1'\"")
            _parsed(parse_condition, name, condition)
        return exclude


def _parsed(parser: Any, name: str, text: str) -> None:
    try:
        parser(text)
    except ExpressionError as error:
        raise ValueError(f"{name}: {error} (character {error.position} of {text!r})") from None


class Personnel(Frozen):
    """Analyses that could judge a person: off unless there is an agreement."""

    level: Literal["off", "team"] = "off"
    agreement: str | None = None
    raters_consent: bool = False


class Settings(Frozen):
    """All settings of an engagement; see `engagement.yml` in the handbook for their meaning."""

    name: str
    language: Literal["de", "en", "both"] = "de"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    as_of: date | None = None
    period: str = "all"
    reports: str = "reports"
    max_rejected: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")
    sources: dict[str, Source]
    analyses: dict[str, dict[str, str]] = Field(default_factory=dict)
    personnel: Personnel = Personnel()

    @field_validator("period")
    @classmethod
    def _period_is_known(cls, period: str) -> str:
        parse_period(period)
        return period

    @model_validator(mode="after")
    def _transactions_are_there(self) -> Settings:
        if "transactions" not in self.sources:
            raise ValueError("sources: transactions is missing, every analysis rests on it")
        return self


def parse_period(text: str) -> Literal["all", "last12", "fiscal_year"] | Period:
    """Type the setting `period`.

    Raises
    ------
    ValueError
        It is neither `all`, `last12`, `fiscal_year` nor two days joined by `..`.
    """
    if text in ("all", "last12", "fiscal_year"):
        return text  # type: ignore[return-value]
    start, dots, end = text.partition("..")
    try:
        span = Period(start=date.fromisoformat(start.strip()), end=date.fromisoformat(end.strip()))
    except ValueError:
        dots = ""
    if not dots or span.end - span.start < timedelta(0):
        raise ValueError(f"{text!r} is no period: all, last12, fiscal_year or 2024-01-01..2024-12-31")
    return span


def typed(document: Document) -> Settings:
    """Turn the tree of a settings file into settings.

    Raises
    ------
    SettingsError
        With every problem at once: unknown keys with their nearest match, values that cannot be meant.
    """
    problems = list(document.problems) + _unknown_tables(document)
    settings = None
    try:
        settings = Settings.model_validate(document.tree)
    except ValidationError as error:
        problems += [_problem(document, details) for details in error.errors() if not _is_shadow(details)]
    if problems or settings is None:
        raise SettingsError(*problems)
    return settings


def nearest(word: str, known: Any) -> str:
    """Return the known word most like this one, or an empty text."""
    matches = get_close_matches(word.lower(), [str(k).lower() for k in known], n=1, cutoff=0.5)
    return next((str(k) for k in known if matches and str(k).lower() == matches[0]), "")


def _unknown_tables(document: Document) -> list[Problem]:
    """Tables and canonical columns are names too, though not fields of a model."""
    problems = []
    sources = document.tree.get("sources")
    for table, source in sources.items() if isinstance(sources, dict) else ():
        if table not in TABLES:
            problems.append(_unknown(document, ("sources", table), TABLES))
        elif isinstance(source, dict) and isinstance(source.get("columns"), dict):
            known = TABLES[table].names
            problems += [
                _unknown(document, ("sources", table, "columns", column), known)
                for column in source["columns"]
                if column not in known
            ]
    return problems


def _unknown(document: Document, path: KeyPath, known: Any) -> Problem:
    match = nearest(path[-1], known)
    return Problem(
        code="KL-S301" if match else "KL-S302",
        values={"where": document.where(path), "key": ".".join(path), "nearest": match, "known": ", ".join(known)},
    )


def _is_shadow(details: Any) -> bool:
    """A column given as text also fails as mapping: pydantic reports both halves of the union, one is enough."""
    return "columns" in details["loc"] and details["loc"][-1] == "str" and not isinstance(details["input"], str)


def _problem(document: Document, details: Any) -> Problem:
    path = tuple(str(part) for part in details["loc"] if part not in ("Extract", "[key]"))
    if details["type"] == "extra_forbidden":
        return _unknown(document, path, _fields(path[:-1]))
    if details["type"] == "missing":
        return Problem(code="KL-S303", values={"where": document.where(path), "key": ".".join(path)})
    what = re.sub("^Value error, ", "", details["msg"])
    given = details["input"] if isinstance(details["input"], str) else ""
    return Problem(
        code="KL-S305", values={"where": document.where(path), "key": ".".join(path), "given": given, "what": what}
    )


def _fields(path: KeyPath) -> list[str]:
    """List the keys that are allowed at a place of the settings."""
    model: type[BaseModel] = Settings
    for part, child in (("sources", Source), ("columns", Extract), ("personnel", Personnel)):
        if part in path:
            model = child
    return [info.alias or name for name, info in model.model_fields.items()]
