"""Results: their parts add up or they do not exist; what is saved is what is loaded."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kamlab.results import (
    Basis,
    Finding,
    LeftOut,
    Period,
    Result,
    RevenueTally,
    RowTally,
    SavedResult,
    from_folder,
    to_files,
)

ROWS = RowTally(read=10, used=7, left_out=2, rejected=1)
REVENUE = RevenueTally(read=Decimal("100.30"), used=Decimal("90"), left_out=Decimal("10.20"), rejected=Decimal("0.10"))
BASIS = Basis(
    period=Period(start=date(2024, 1, 1), end=date(2024, 12, 31)),
    rows=ROWS,
    revenue=REVENUE,
    left_out=(
        LeftOut(reason="storno", rows=1, revenue=Decimal("-5")),
        LeftOut(reason="muster", rows=1, revenue=Decimal("15.20")),
    ),
    choices=(Finding(key="choice", values={"cut": 0.8}),),
)
RESULT = Result(
    analysis="sample",
    as_of=date(2024, 12, 31),
    currency="EUR",
    basis=BASIS,
    parameters={"cut_a": 0.8, "names": ["A", "B"], "since": None},
    key_numbers={"accounts": 2, "gini": 0.25, "message": "gut", "hhi": None},
    findings=(Finding(key="first", values={"count": 2, "name": "Müller"}), Finding(key="second")),
    tables={"accounts": pd.DataFrame({"account_id": ["0001", "0002"], "name": ["Ä", None], "revenue": [60.5, 29.5]})},
)


def phrase(language: str, finding: Finding) -> str:
    return f"{language}: {finding.key}"


def saved(result: Result, folder: Path) -> Path:
    for name, content in to_files(result, phrase).items():
        (folder / name).write_bytes(content)
    return folder


def document(result: Result) -> dict[str, Any]:
    def no_number(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    return dict(json.loads(to_files(result, phrase)["result.json"], parse_constant=no_number))


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    loaded = from_folder(saved(RESULT, tmp_path))
    assert replace(loaded, tables={}) == replace(RESULT, tables={})
    pd.testing.assert_frame_equal(loaded.tables["accounts"], RESULT.tables["accounts"], check_dtype=False)


def test_leading_zeros_survive_saving(tmp_path: Path) -> None:
    assert from_folder(saved(RESULT, tmp_path)).tables["accounts"]["account_id"].tolist() == ["0001", "0002"]


def test_saving_twice_gives_the_same_bytes() -> None:
    assert to_files(RESULT, phrase) == to_files(RESULT, phrase)


def test_saving_changes_nothing_in_the_result() -> None:
    before = RESULT.tables["accounts"].copy(deep=True)
    to_files(RESULT, phrase)
    pd.testing.assert_frame_equal(RESULT.tables["accounts"], before)


def test_result_json_comes_last() -> None:
    assert list(to_files(RESULT, phrase)) == ["accounts.parquet", "result.json"]


def test_a_result_without_result_json_was_never_completed(tmp_path: Path) -> None:
    (saved(RESULT, tmp_path) / "result.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"result\.json"):
        from_folder(tmp_path)


def test_the_schema_made_from_the_model_accepts_a_saved_result() -> None:
    jsonschema.validate(document(RESULT), SavedResult.model_json_schema())


def test_the_schema_refuses_what_is_not_declared() -> None:
    with pytest.raises(jsonschema.ValidationError, match="Additional properties"):
        jsonschema.validate(document(RESULT) | {"extra": 1}, SavedResult.model_json_schema())


def test_result_json_has_the_agreed_layout() -> None:
    written = document(RESULT)
    assert set(written) == {
        *("analysis", "as_of", "period", "currency", "parameters", "key_numbers", "basis", "findings"),
        "preliminary",
    }
    assert written["basis"].keys() == {"period", "rows", "revenue", "left_out", "choices"}
    assert written["findings"][0] == {
        "key": "first",
        "values": {"count": 2, "name": "Müller"},
        "de": "de: first",
        "en": "en: first",
    }


def test_money_and_days_are_plain_json() -> None:
    written = document(RESULT)
    assert (written["basis"]["revenue"]["read"], written["as_of"]) == (100.3, "2024-12-31")
    assert written["basis"]["left_out"][1] == {"reason": "muster", "rows": 1, "revenue": 15.2}


def test_umlauts_stand_as_they_are() -> None:
    assert "Müller".encode() in to_files(RESULT, phrase)["result.json"]


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_key_number_that_is_no_number_is_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        document(replace(RESULT, key_numbers={"gini": number}))


def test_a_gate_that_does_not_hold_is_null() -> None:
    assert document(RESULT)["key_numbers"]["hhi"] is None


def test_an_empty_result_survives_too(tmp_path: Path) -> None:
    nothing = Basis(
        period=None,
        rows=RowTally(read=0, used=0, left_out=0, rejected=0),
        revenue=RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0)),
    )
    empty = Result(analysis="sample", as_of=None, currency="EUR", basis=nothing)
    assert from_folder(saved(empty, tmp_path)) == empty


def test_rows_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValidationError, match="rows do not add up"):
        RowTally(read=10, used=7, left_out=2, rejected=2)


def test_revenue_that_is_a_hundredth_of_a_cent_off_is_refused() -> None:
    with pytest.raises(ValidationError, match="revenue does not add up"):
        RevenueTally(read=Decimal("1.0001"), used=Decimal("1"), left_out=Decimal(0), rejected=Decimal(0))


@pytest.mark.parametrize("left_out", [(), BASIS.left_out[:1], (*BASIS.left_out, BASIS.left_out[0])])
def test_reasons_that_do_not_explain_what_was_left_out_are_refused(left_out: tuple[LeftOut, ...]) -> None:
    with pytest.raises(ValidationError, match="reasons do not add up"):
        Basis(period=None, rows=ROWS, revenue=REVENUE, left_out=left_out)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Finding(key="first", value={})  # type: ignore[call-arg]


def test_results_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError, match="currency"):
        RESULT.currency = "USD"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        ROWS.read = 11


def test_a_finding_is_found_by_its_key() -> None:
    assert RESULT.finding("second") == RESULT.findings[1]
    assert RESULT.finding("third") is None


def test_a_period_touches_its_months() -> None:
    months = Period(start=date(2024, 1, 31), end=date(2024, 3, 1)).months
    assert months.strftime("%Y-%m").tolist() == ["2024-01", "2024-02", "2024-03"]


cents = st.decimals(-(10**10), 10**10, places=4)


@given(used=cents, left_out=cents, rejected=cents)
@settings(derandomize=True, max_examples=30, deadline=None)
def test_sums_still_add_up_after_loading(
    used: Decimal, left_out: Decimal, rejected: Decimal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tally = RevenueTally(read=used + left_out + rejected, used=used, left_out=left_out, rejected=rejected)
    reasons = (LeftOut(reason="storno", rows=2, revenue=left_out),)
    result = replace(RESULT, basis=Basis(period=None, rows=ROWS, revenue=tally, left_out=reasons), tables={})
    loaded = from_folder(saved(result, tmp_path_factory.mktemp("result")))
    assert loaded.basis.revenue == tally


def test_texts_of_a_finding_stay_texts_when_it_is_read_back() -> None:
    values = {"account": "0001", "odd": "1e5", "day": date(2024, 1, 5), "amount": Decimal("1.5"), "count": 3}
    again = Finding.model_validate_json(Finding(key="x", values=values).model_dump_json())
    assert again.values == values
    assert [type(again.values[name]) for name in ("account", "odd", "day")] == [str, str, date]
