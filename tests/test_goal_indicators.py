"""What an indicator of a goal means in the ledger: a strict reading, and what actions bring against what is missing."""

from __future__ import annotations

import pandas as pd
import pytest

from kamlab.selection.goal_actions import margins, without_action
from kamlab.selection.goal_indicators import Indicator, Names, read, unit_of

NAMES = Names({"service": "Service", "servoantriebe": "Servoantriebe", "bau": "Bau"}, {"bau": "Bau"}, {"a-1": "A-1"})


@pytest.mark.parametrize(
    ("text", "level", "expected"),
    [
        ("Umsatz", "company", ("revenue", None, None)),
        ("  DECKUNGSBEITRAG ", "account", ("contribution_margin", None, None)),
        ("Umsatz Service", "kam", ("revenue", "product_group", "Service")),
        ("Umsatz Warengruppe Service", "kam", ("revenue", "product_group", "Service")),
        ("Umsatz mit Servoantrieben", "account", ("revenue", "product_group", "Servoantriebe")),
        ("Umsatz in der Branche Bau", "kam", None),  # two joining words
        ("Umsatz Branche Bau", "kam", ("revenue", "sector", "Bau")),
        ("Revenue of product A-1", "account", ("revenue", "product", "A-1")),
        ("Umsatzanteil Service", "kam", ("revenue_share", "product_group", "Service")),
        ("Kunden mit Servoantrieben", "company", ("accounts", "product_group", "Servoantriebe")),
        ("Warengruppen", "account", ("product_groups", None, None)),
    ],
)
def test_an_indicator_is_a_measure_and_at_most_one_name(
    text: str, level: str, expected: tuple[str | None, ...] | None
) -> None:
    found = read(text, level, NAMES)
    assert (found[:3] if found.why is None else None) == expected


@pytest.mark.parametrize(
    ("text", "level", "why"),
    [
        ("Kundentreue", "kam", "indicator"),
        (None, "kam", "indicator"),
        ("Umsatz Robotik", "kam", "name"),
        ("Umsatz Bau", "kam", "ambiguous"),  # a product group and a sector
        ("Umsatz Branche Bau", "account", "level"),
        ("Deckungsbeitrag Produkt A-1", "kam", "level"),
        ("Warengruppen", "company", "level"),
        ("Absatzmenge Service", "kam", "indicator"),
    ],
)
def test_what_cannot_be_read_for_certain_is_not_measured_and_says_why(text: str | None, level: str, why: str) -> None:
    assert read(text, level, NAMES).why == why


def test_numbers_are_written_by_their_measure() -> None:
    assert unit_of("Umsatz", Indicator("revenue", why=None), [1.0]) == "money"
    assert (
        unit_of("Umsatzanteil Service", Indicator("revenue_share", "product_group", "Service", None), []) == "share 1"
    )
    assert unit_of("Liefertreue", Indicator(), [0.98]) == "share 1"
    assert unit_of("Liefertreue", Indicator(), [98.0]) == ""


def test_actions_under_way_are_held_against_what_goals_still_need() -> None:
    # G1 lacks 100 of which 30 + 20 are under way; G2 lacks 10 and has 40; what is done or dropped brings nothing more
    meant = [Indicator("contribution_margin", why=None)] * 2 + [Indicator("revenue", why=None)]
    frame = pd.DataFrame({"goal_id": ["G1", "G2", "G3"], "level": "account", "meant": meant, "name": "K", "goal": "Z"})
    frame["due"] = pd.Timestamp("2026-12-31")
    progress = frame.drop(columns="meant").assign(now=[200.0, 90.0, 1.0], target_value=[300.0, 100.0, 9.0])
    progress["standing"] = "behind"
    rows = [("G1", "planned", 30.0), ("G1", "running", 20.0), ("G1", "done", 500.0), ("G2", "running", 40.0)]
    actions = pd.DataFrame([*rows, ("G2", "dropped", 7.0)], columns=["goal_id", "status", "expected_margin"])
    found = margins(frame, progress, actions).set_index("goal_id")
    assert found["gap"].to_dict() == {"G1": 50.0, "G2": 0.0}
    assert found["still_needed"].to_dict() == {"G1": 100.0, "G2": 10.0}
    assert found["actions"].to_dict() == {"G1": 2, "G2": 1}
    assert without_action(frame, actions)["goal_id"].tolist() == ["G3"]
    assert margins(frame, progress, actions[:0])["gap"].tolist() == [100.0, 10.0]
