"""The settings of customer selection: criteria, weights, charter; what cannot be meant is refused with its place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from kamlab.engagement import Engagement
from kamlab.engagement.choosing import MEASURES
from kamlab.errors import SettingsError
from kamlab.tables import TABLES

Opened = Callable[..., Engagement]
BASE = "name: P\nsources:\n  transactions: {path: umsatz.csv}\n"
CRITERIA = """criteria:
  Umsatz: {from: revenue, axis: attractiveness, scale: log, low: 1000, high: 100000}
  Ruf: {axis: position, low: 1, high: 5, knock_out: "= value < 2"}
"""


def refusal(opened: Opened, settings: str, language: str = "en") -> str:
    with pytest.raises(SettingsError) as error:
        opened(settings=BASE + settings)
    return "\n".join(problem.message(language) for problem in error.value.problems)  # type: ignore[arg-type]


def test_criteria_weights_and_charter_are_typed(opened: Opened) -> None:
    settings = opened(
        settings=BASE
        + CRITERIA
        + """weighting:
  points: {R1: {Umsatz: 60, Ruf: 40}}
  variants: {Ruf zuerst: {Umsatz: 10, Ruf: 90.5}}
charter:
  rules:
    groß: "= margin_share >= 0.02"
    angesehen: "= Ruf >= 4 and sector = 'Pumpen'"
  needed: 1
  principles: {Wir prüfen jährlich: {kind: condition, state: kept, note: im Herbst}}
  fields: {Service: "= product_group = 'Service' or region = 'Nord'"}
hourly_rate: 95.5
"""
    ).settings
    assert settings.rated == ("Ruf",)
    assert settings.criteria["Umsatz"].source == "revenue"
    assert (settings.criteria["Umsatz"].low, settings.criteria["Ruf"].weight) == (Decimal(1000), None)
    assert settings.weighting.variants == {"Ruf zuerst": {"Umsatz": Decimal(10), "Ruf": Decimal("90.5")}}
    assert (settings.charter.needed, list(settings.charter.rules)) == (1, ["groß", "angesehen"])
    assert settings.charter.principles["Wir prüfen jährlich"].state == "kept"
    assert settings.hourly_rate == Decimal("95.5")


def test_without_them_there_is_nothing_to_choose_by(opened: Opened) -> None:
    settings = opened().settings
    assert (settings.criteria, settings.rated, settings.hourly_rate) == ({}, (), None)
    assert settings.charter.rules == {}


@pytest.mark.parametrize(
    ("more", "place", "told"),
    [
        ("weighting: {points: {R1: {Umsatz: 1, Ruv: 2}}}", "weighting.points.R1.Ruv", "Perhaps 'Ruf'"),
        ("weighting: {variants: {V: {Rufe: 1}}}", "weighting.variants.V.Rufe", "Perhaps 'Ruf'"),
        ('weighting: {judgements: {R1: {"Ruf : Umsats": 3}}}', "Ruf : Umsats", "Perhaps 'Umsatz'"),
        ('weighting: {judgements: {R1: {"Ruf:Umsatz": 3}}}', "Ruf:Umsatz", "written with blanks"),
        ('weighting: {judgements: {R1: {"Ruf : Ruf": 3}}}', "Ruf : Ruf", "written with blanks"),
        ('charter: {rules: {A: "= margin_shar >= 1"}}', "charter.rules.A", "Perhaps 'margin_share'"),
        ('charter: {rules: {A: "= Umsatz >= 1"}}', "charter.rules.A", "neither a criterion nor a measure"),
    ],
    ids=lambda text: text[:40],
)
def test_a_name_that_stands_for_nothing_is_told_with_its_nearest(
    opened: Opened, more: str, place: str, told: str
) -> None:
    message = refusal(opened, CRITERIA + more)
    assert "KL-S322" in message
    assert place in message
    assert told in message
    assert "engagement.yml:" in message


def test_a_rule_is_offered_what_it_may_speak_of(opened: Opened) -> None:
    """A criterion that is measured is no name in a rule: the measure itself is."""
    message = refusal(opened, CRITERIA + 'charter: {rules: {A: "= Umsatz >= 1"}}')
    offered = message.partition("possible are")[2]
    assert "Umsatz" not in offered
    assert all(name in offered for name in ("Ruf", "revenue", "sector"))


def test_all_wrong_names_are_told_at_once(opened: Opened) -> None:
    message = refusal(opened, CRITERIA + 'weighting: {points: {R1: {A: 1, B: 1}}}\ncharter: {rules: {C: "= d = 1"}}')
    assert message.count("KL-S322") == 3


def test_a_wrong_name_is_told_in_german_too(opened: Opened) -> None:
    message = refusal(opened, CRITERIA + "weighting: {points: {R1: {Ruv: 2}}}", "de")
    assert "„Ruf“" in message
    assert "weder" in message


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ('criteria: {A: {axis: position, knock_out: "= revenue < 2"}}', "a condition on value"),
        ('criteria: {A: {axis: position, knock_out: "= value"}}', "criteria.A.knock_out"),
        ("criteria: {A: {axis: width}}", "'attractiveness', 'position', 'complexity'"),
        ("criteria: {A: {low: 1}}", "criteria.A.axis"),
        ("criteria: {A: {axis: position, from: turnover}}", "revenue"),
        ("criteria: {A: {axis: position, low: 5, high: 5}}", "low has to be less than high"),
        ("criteria: {A: {axis: position, low: 1e3}}", "criteria.A.low"),
        ("criteria: {A: {axis: position, scale: log, low: 0, high: 5}}", "above 0"),
        ("criteria: {A: {axis: position, scale: log, high: -5}}", "above 0"),
        ("criteria: {A: {axis: position, weight: -5}}", "criteria.A.weight"),
        (CRITERIA + "weighting: {points: {R1: {Ruf: -1}}}", "weighting.points.R1.Ruf"),
        (CRITERIA + 'weighting: {judgements: {R1: {"Ruf : Umsatz": 10}}}', "from 1/9 to 9"),
        (CRITERIA + 'weighting: {judgements: {R1: {"Ruf : Umsatz": 1/10}}}', "from 1/9 to 9"),
        (CRITERIA + 'weighting: {judgements: {R1: {"Ruf : Umsatz": 1/0}}}', "from 1/9 to 9"),
        (CRITERIA + 'weighting: {points: {R1: {Ruf: 1}}, judgements: {R2: {"Ruf : Umsatz": 2}}}', "not both"),
        ('charter: {rules: {A: "= sites >= 2"}, needed: 2}', "not as many rules"),
        ("charter: {needed: 1}", "not as many rules"),
        ('charter: {rules: {A: "= sites + 2"}}', "charter.rules.A"),
        ('charter: {fields: {F: "= revenue > 2"}}', "product_group"),
        ("charter: {principles: {P: {state: done}}}", "'kept', 'partly', 'open'"),
        ("hourly_rate: 95 EUR", "hourly_rate"),
    ],
    ids=lambda text: text.removeprefix(CRITERIA)[:60],
)
def test_what_cannot_be_meant_is_refused(opened: Opened, settings: str, told: str) -> None:
    message = refusal(opened, settings)
    assert told in message
    assert "KL-S3" in message


@pytest.mark.parametrize("judgement", ["1", "3", "1/3", "9", "1/9", "0.5"])
def test_judgements_go_from_a_ninth_to_nine(opened: Opened, judgement: str) -> None:
    settings = opened(settings=BASE + CRITERIA + f'weighting: {{judgements: {{R1: {{"Ruf : Umsatz": {judgement}}}}}}}')
    assert settings.settings.weighting.judgements["R1"]["Ruf : Umsatz"] == judgement


@pytest.mark.parametrize(
    ("settings", "nearest"),
    [
        ("criteria: {A: {axis: position, direktion: less}}", "'direction'"),
        ("weighting: {pionts: {}}", "'points'"),
        ("charter: {rule: {}}", "'rules'"),
        ("charter: {principles: {P: {stat: open}}}", "'state'"),
    ],
    ids=str,
)
def test_a_misspelt_key_is_told_with_its_nearest(opened: Opened, settings: str, nearest: str) -> None:
    message = refusal(opened, settings)
    assert "KL-S301" in message
    assert nearest in message


def test_a_misspelt_key_of_the_source_criteria_is_one_of_a_source(opened: Opened) -> None:
    message = refusal(opened, "  criteria: {path: a.xlsx, layot: wide}\n")
    assert "'layout'" in message


def test_no_measure_is_called_like_a_table(opened: Opened) -> None:
    assert not set(MEASURES) & TABLES.keys()
