"""The settings of an engagement, typed and validated once; every message names file, line and remedy."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from kamlab.engagement.choosing import (
    ATTRIBUTES,
    MEASURES,
    Charter,
    Criterion,
    Principle,
    Weighting,
    misnamed,
    rated,
)
from kamlab.engagement.document import Document, KeyPath
from kamlab.engagement.expression import CONDITIONS, ExpressionError, is_expression, parse, parse_condition
from kamlab.engagement.refusal import refused, written
from kamlab.errors import HIDDEN, Problem, SettingsError, bare_url
from kamlab.results import Frozen, Period, Value
from kamlab.tables import TABLES, Kind
from kamlab.text import Words

DateFormat = Literal[
    "dd.mm.yyyy",
    "dd/mm/yyyy",
    "mm/dd/yyyy",
    "yyyy-mm-dd",
    "yyyymmdd",
    "yyyy/mm/dd",
    "dd-mm-yyyy",
    "mm-dd-yyyy",
    "dd.mm.yy",
    "dd/mm/yy",
    "mm/dd/yy",
    "dd month yyyy",
    "dd month yy",
    "month dd yyyy",
    "excel",
    "yyyy",
    "yyyy-qn",
    "qn yyyy",
    "yyyy-mm",
    "mm.yyyy",
    "mm/yyyy",
    "yyyymm",
    "month yyyy",
]
DATABASES = ("duckdb", "sqlite", "postgresql")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_day, _whole = written("date", r"\d{4}-\d{2}-\d{2}"), written("number", r"\d{1,9}")


def _pattern(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
        pc.match_substring_regex(pa.scalar(""), pattern)  # as the database reads it: nothing looks around or back
    except (re.error, pa.ArrowInvalid) as error:
        raise refused("pattern", what=str(error)) from None
    if groups != 1:
        raise refused("one_group")
    return pattern


def _mapped(text: str) -> str:
    if is_expression(text):
        parse(text)  # a condition only fits some columns: `_misplaced_conditions`
    return text


def _condition(text: str) -> str:
    if not is_expression(text):
        raise refused("no_condition")
    parse_condition(text)
    return text


def _database(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme not in DATABASES or not separator or not rest:
        raise refused("database", known=", ".join(f"{name}://" for name in DATABASES))
    return url


# What a line of the ledger is that sells no goods.
LineKind = Literal["bonus", "credit", "freight", "surcharge", "other"]


class Extract(Frozen):
    """A column taken out of another one: the first group of a pattern, e.g. the leading digits of a number."""

    source: str = Field(alias="from")
    pattern: Annotated[str, AfterValidator(_pattern)]


class Source(Frozen):
    """Where one input table comes from, and how its columns are called there.

    Either `path`, or `database` with `table` or `query`, or `query` over `files`. `line_kinds` tell, in the ledger,
    lines that sell no goods: a condition per kind, the first that holds counts.
    """

    path: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()
    database: Annotated[str, AfterValidator(_database), PlainSerializer(bare_url)] | None = Field(
        default=None, repr=False
    )
    table: str | None = None
    query: str | None = None
    files: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, Annotated[str, AfterValidator(_mapped)] | Extract] = Field(default_factory=dict)
    exclude: dict[str, Annotated[str, AfterValidator(_condition)]] = Field(default_factory=dict)
    line_kinds: dict[LineKind, Annotated[str, AfterValidator(_condition)]] = Field(default_factory=dict)
    delimiter: Literal[";", ",", "tab", "|", "whitespace"] | None = None
    encoding: Literal["utf-8", "cp1252", "utf-16"] | None = None
    decimal: Literal[",", "."] | None = None
    date_format: DateFormat | None = None
    sheet: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()
    header_row: Annotated[int, BeforeValidator(_whole), Field(ge=1)] | None = None
    layout: Literal["long", "wide"] = "long"
    distinct: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()
    not_in_ledger: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Source:
        if self.database:
            fits = not self.path and not self.files and bool(self.table) != bool(self.query)
        elif self.query or self.table or self.files:
            fits = not self.path and bool(self.query and self.files) and not self.table
        else:
            fits = bool(self.path)
        if not fits:
            raise refused("one_place")
        if len({name.lower() for name in self.files}) < len(self.files):
            raise refused("same_files")
        if unknown := [name for name in self.not_in_ledger if name not in self.exclude]:
            raise refused("not_in_ledger", names=", ".join(unknown))
        return self


def _period(text: str) -> str:
    try:
        parse_period(text)
    except ValueError:
        raise refused("period") from None
    return text


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
    fiscal_year_start: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=12)] = 1
    as_of: Annotated[date, BeforeValidator(_day)] | None = None
    period: Annotated[str, AfterValidator(_period)] = "all"
    reports: str = "reports"
    status: Literal["draft", "reviewed", "released"] = "draft"
    max_rejected: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.01")
    sources: dict[str, Source]
    analyses: dict[str, dict[str, str]] = Field(default_factory=dict)
    criteria: dict[str, Criterion] = Field(default_factory=dict)
    weighting: Weighting = Weighting()
    charter: Charter = Charter()
    hourly_rate: Annotated[Decimal, BeforeValidator(written("number", r"\d{1,6}(\.\d{1,4})?"))] | None = None
    personnel: Personnel = Personnel()

    @property
    def rated(self) -> tuple[str, ...]:
        """Name the criteria that people rate."""
        return rated(self.criteria)

    @model_validator(mode="after")
    def _transactions_are_there(self) -> Settings:
        if "transactions" not in self.sources:
            raise refused("no_transactions")
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
        span = Period(start=date.fromisoformat(_day(start.strip())), end=date.fromisoformat(_day(end.strip())))
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
    if document.problems and not document.tree:
        raise SettingsError(*document.problems)  # nothing could be read: what is missing would be noise
    problems = list(document.problems) + _unknown_tables(document)
    settings = None
    try:
        settings = Settings.model_validate(document.tree)
    except ValidationError as error:
        problems += [_problem(document, details) for details in error.errors() if not _is_shadow(details)]
    if settings is not None:
        problems += _misplaced_conditions(document, settings)
        problems += _misnamed(document, settings)
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
        elif isinstance(source, dict) and "line_kinds" in source and table != "transactions":
            problems.append(_unknown(document, ("sources", table, "line_kinds"), Source.model_fields))
        elif isinstance(source, dict) and isinstance(source.get("columns"), dict):
            known = TABLES[table].names
            problems += [
                _unknown(document, ("sources", table, "columns", column), known)
                for column in source["columns"]
                if column not in known
            ]
    return problems


def _misplaced_conditions(document: Document, settings: Settings) -> list[Problem]:
    """Find conditions that stand for a column which is not yes or no."""
    problems = []
    for table, source in settings.sources.items():
        kinds = {column.name: column.kind for column in TABLES[table].columns} if table in TABLES else {}
        expressions = {name: text for name, text in source.columns.items() if isinstance(text, str)}
        for column, text in expressions.items():
            is_free = kinds.get(column) is Kind.YES_NO or not is_expression(text)
            if not is_free and isinstance(parse(text), CONDITIONS):
                path = ("sources", table, "columns", column)
                place: dict[str, Value] = {"where": document.where(path), "key": ".".join(path), "given": text}
                more: dict[str, Value] = {"reason": "expression.value", "position": 1, "found": ""}
                problems.append(Problem(code="KL-S305", values=place | more))
    return problems


def _misnamed(document: Document, settings: Settings) -> list[Problem]:
    """Find names in weights and rules that nothing is called by."""
    problems = []
    for path, name in misnamed(settings.criteria, settings.weighting, settings.charter):
        known = [*settings.rated, *MEASURES, *ATTRIBUTES] if path[0] == "charter" else list(settings.criteria)
        values: dict[str, Value] = {"where": document.where(path), "key": ".".join(path), "given": name}
        values |= {"nearest": nearest(name, known) or "–", "known": known}
        problems.append(Problem(code="KL-S322", values=values))
    return problems


def _unknown(document: Document, path: KeyPath, known: Any) -> Problem:
    match = nearest(path[-1], known)
    return Problem(
        code="KL-S301" if match else "KL-S302",
        values={"where": document.where(path), "key": ".".join(path), "nearest": match, "known": ", ".join(known)},
    )


# The reasons of pydantic that share a text of the catalogues; others have one of their own or are told as they are.
_REASONS = {
    "finite_number": "number",
    "int_parsing": "number",
    "decimal_parsing": "number",
    "decimal_type": "number",
    "int_type": "number",
    "date_from_datetime_parsing": "date",
    "date_parsing": "date",
    "date_type": "date",
    "bool_parsing": "bool",
    "bool_type": "bool",
    "dict_type": "group",
    "model_type": "group",
    "tuple_type": "list",
}


def _is_shadow(details: Any) -> bool:
    """A column fails as text and as pattern at once: of both halves of the union only the one that was meant counts."""
    if "columns" not in details["loc"]:
        return False
    half = details["loc"][-1]
    is_text = isinstance(details["input"], str)
    return (half == "Extract" and is_text) or (details["type"] == "string_type" and isinstance(details["input"], dict))


def _problem(document: Document, details: Any) -> Problem:
    halves = ("Extract", "[key]", "str", "function-after[_mapped(), str]")
    path = tuple(str(part) for part in details["loc"] if part not in halves)
    place: dict[str, Value] = {"where": document.where(path), "key": ".".join(path)}
    if details["type"] == "extra_forbidden":
        return _unknown(document, path, _fields(path[:-1]))
    if details["type"] == "missing":
        return Problem(code="KL-S303", values=place)
    context = details.get("ctx", {})
    place["given"] = details["input"] if isinstance(details["input"], str) else ""
    if path[-1:] == ("database",):  # whatever it is, it may hold a password
        scheme, separator, _ = f"{place['given']}".partition("://")
        place["given"] = f"{scheme}{separator}{HIDDEN}" if separator else HIDDEN
    cause = context.get("error")
    if isinstance(cause, ExpressionError):
        reason, more = f"expression.{cause.reason}", {"position": cause.position, "found": cause.found}
    else:
        known = _REASONS.get(details["type"], details["type"])
        reason = f"settings.{known if Words('en').knows(f'settings.{known}') else 'other'}"
        more = {"what": details["msg"]} | {
            name: str(value).replace("' or '", "', '") for name, value in context.items()
        }
    return Problem(code="KL-S305", values=place | more | {"reason": reason})


def _fields(path: KeyPath) -> list[str]:
    """List the keys that are allowed at a place of the settings."""
    model: type[BaseModel] = Settings
    match path:
        case ("sources", _, "columns", *_):
            model = Extract
        case ("charter", "principles", *_):
            model = Principle
        case (group, *_):
            groups: dict[str, type[BaseModel]] = {
                "sources": Source,
                "criteria": Criterion,
                "weighting": Weighting,
                "charter": Charter,
                "personnel": Personnel,
            }
            model = groups[group]
    return [info.alias or name for name, info in model.model_fields.items()]
