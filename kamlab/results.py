"""What an analysis hands on: tables, key numbers, findings and the basis they rest on.

In goes nothing but values; out come frozen objects and their files (`result.json`, one Parquet per table). This room
knows no analysis and no words: a finding is a key with values, phrased in a language elsewhere.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator


def _no_text(value: Any) -> Any:
    """Refuse a text where a number is meant: the account `0001` read back from JSON is no 1."""
    if isinstance(value, str):
        raise ValueError("a text is no number")
    return value


def _iso_only(value: Any) -> Any:
    """Refuse a text that is no day as JSON has it: digits alone are no seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("a text is no day")
    return value


_Number = Annotated[Decimal, BeforeValidator(_no_text), PlainSerializer(float, when_used="json")]
_Day = Annotated[date, BeforeValidator(_iso_only)]
Value = None | bool | int | float | _Number | _Day | str | list[str]


class Frozen(BaseModel):
    """A value object: immutable, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(Frozen):
    """One thing found: `key` names the sentence in the text catalogues, `values` fill it (no language in here)."""

    key: str
    values: dict[str, Value] = Field(default_factory=dict)


class Period(Frozen):
    """A span of days, both ends included."""

    start: date
    end: date

    @property
    def months(self) -> pd.PeriodIndex:
        """Return the calendar months that the span touches."""
        return pd.period_range(pd.Period(self.start, "M"), pd.Period(self.end, "M"), freq="M")


class RowTally(Frozen):
    """Numbers of rows; read = used + left out + rejected, always."""

    read: int
    used: int
    left_out: int
    rejected: int

    @model_validator(mode="after")
    def _adds_up(self) -> RowTally:
        if self.read != self.used + self.left_out + self.rejected:
            raise ValueError(f"rows do not add up: {self!r}")
        return self


class RevenueTally(Frozen):
    """Revenue in the engagement's currency; read = used + left out + rejected, exactly.

    `unreadable_rows` counts the rows whose revenue could not be read: they are in no sum.
    """

    read: Decimal
    used: Decimal
    left_out: Decimal
    rejected: Decimal
    unreadable_rows: int = 0

    @model_validator(mode="after")
    def _adds_up(self) -> RevenueTally:
        if self.read != self.used + self.left_out + self.rejected:
            raise ValueError(f"revenue does not add up: {self!r}")
        return self


class LeftOut(Frozen):
    """Rows left out on purpose, by the name of the rule that did it."""

    reason: str
    rows: int
    revenue: Decimal


class Basis(Frozen):
    """What numbers rest on: the days covered (None without a used row), rows and revenue, choices."""

    period: Period | None
    rows: RowTally
    revenue: RevenueTally
    left_out: tuple[LeftOut, ...] = ()
    choices: tuple[Finding, ...] = ()

    @model_validator(mode="after")
    def _reasons_add_up(self) -> Basis:
        rows, revenue = sum(r.rows for r in self.left_out), sum((r.revenue for r in self.left_out), Decimal(0))
        if rows != self.rows.left_out or revenue != self.revenue.left_out:
            raise ValueError(f"reasons do not add up to what was left out: {self!r}")
        return self


@dataclass(frozen=True)
class Result:
    """The outcome of one analysis.

    Attributes
    ----------
    tables : mapping of name to DataFrame
        One row per subject, canonical columns; `accounts` starts with account_id and name.
    key_numbers : mapping
        Flat: number, text, or None where a gate does not hold. Money unrounded in `currency`, shares 0 to 1.
    findings : tuple of Finding
        In the order of their weight; the first is the message of the page.
    """

    analysis: str
    as_of: date | None
    currency: str
    basis: Basis
    parameters: Mapping[str, Value] = field(default_factory=dict)
    key_numbers: Mapping[str, int | float | str | None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def finding(self, key: str) -> Finding | None:
        """Return the finding with this key, None where the analysis did not find it."""
        return next((f for f in self.findings if f.key == key), None)


class SavedFinding(Frozen):
    """A finding in `result.json`: with its sentence in both languages."""

    key: str
    values: dict[str, Any]
    de: str
    en: str


class SavedBasis(Frozen):
    """The basis in `result.json`."""

    period: Period | None
    rows: RowTally
    revenue: RevenueTally
    left_out: list[LeftOut]
    choices: list[SavedFinding]


class SavedResult(Frozen):
    """The layout of `result.json`; `preliminary`: too much of the general ledger is unexplained."""

    analysis: str
    as_of: date | None
    period: Period | None
    currency: str
    preliminary: bool = False
    parameters: dict[str, Any]
    key_numbers: dict[str, int | float | str | None]
    basis: SavedBasis
    findings: list[SavedFinding]


def to_files(result: Result, phrase: Callable[[str, Finding], str], preliminary: bool = False) -> dict[str, bytes]:
    """Turn a result into its files.

    Parameters
    ----------
    phrase : function of a language (`de`, `en`) and a finding
        Gives the sentence; words are not this room's business.
    preliminary : bool
        The data it rests on are not reconciled with the general ledger.

    Returns
    -------
    dict of file name to content, `result.json` last: who finds it finds the tables too.
    """
    files = {f"{name}.parquet": _parquet(table) for name, table in result.tables.items()}

    def spoken(finding: Finding) -> SavedFinding:
        return SavedFinding(key=finding.key, values=finding.values, de=phrase("de", finding), en=phrase("en", finding))

    basis = result.basis
    saved = SavedResult(
        analysis=result.analysis,
        as_of=result.as_of,
        period=basis.period,
        currency=result.currency,
        preliminary=preliminary,
        parameters=dict(result.parameters),
        key_numbers=dict(result.key_numbers),
        basis=SavedBasis(
            period=basis.period,
            rows=basis.rows,
            revenue=basis.revenue,
            left_out=list(basis.left_out),
            choices=[spoken(choice) for choice in basis.choices],
        ),
        findings=[spoken(finding) for finding in result.findings],
    )
    files["result.json"] = to_json(saved)
    return files


def from_folder(folder: Path) -> Result:
    """Load what `to_files` made.

    Raises
    ------
    FileNotFoundError
        The folder holds no `result.json`: the result was never completed.
    """
    saved = SavedResult.model_validate_json((folder / "result.json").read_bytes())
    return Result(
        analysis=saved.analysis,
        as_of=saved.as_of,
        currency=saved.currency,
        basis=Basis(
            period=saved.basis.period,
            rows=saved.basis.rows,
            revenue=saved.basis.revenue,
            left_out=tuple(saved.basis.left_out),
            choices=tuple(Finding(key=c.key, values=c.values) for c in saved.basis.choices),
        ),
        parameters=saved.parameters,
        key_numbers=saved.key_numbers,
        findings=tuple(Finding(key=f.key, values=f.values) for f in saved.findings),
        tables={file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))},
    )


def to_json(model: BaseModel) -> bytes:
    """Write a model as readable JSON: two spaces, umlauts as they are, money as numbers; NaN raises ValueError."""
    return (json.dumps(_plain(model.model_dump()), ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()
