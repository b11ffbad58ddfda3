"""A parameter outside its range is refused before a run, with its range; every range stands beside its parameter."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

import pytest
from conftest import each

from kamlab.errors import SettingsError
from kamlab.notebooks import OF_THE_RUN, discover, parameter_values
from kamlab.parameters import DAY, PERIOD, Parameter, declared
from kamlab.text import LANGUAGES

DECLARED = [
    (notebook.name, parameter)
    for notebook in discover()
    for parameter in notebook.parameters.values()
    if parameter.name not in OF_THE_RUN
]


def outside(parameter: Parameter) -> Iterator[str]:
    """Yield values just outside both ends of a range, where the ends are numbers."""
    chain = parameter.chain
    ends = [chain.left, *chain.comparators]
    at = next(at for at, end in enumerate(ends) if isinstance(end, ast.Name) and end.id == parameter.name)
    for place, sign, away in ((at - 1, at - 1, -math.inf), (at + 1, at, math.inf)):
        if 0 <= place < len(ends) and not isinstance(ends[place], ast.Name):
            end = ast.literal_eval(ends[place])
            if isinstance(chain.ops[sign], ast.Lt):
                yield f"{end}"
            yield f"{end + (1 if away > 0 else -1)}" if parameter.type == "int" else f"{math.nextafter(end, away)!r}"


def given(option: str, **settings: str) -> None:
    parameter_values(discover(), {"concentration": settings} if settings else {}, [option] if option else [])


@each("analysis, parameter", DECLARED)
def test_every_number_has_a_range_and_keeps_it_by_default(analysis: str, parameter: Parameter) -> None:
    if parameter.type == "str":
        assert parameter.name in (PERIOD, "account") or parameter.allowed == DAY
        return
    assert parameter.name in parameter.allowed
    given(f"{analysis}.{parameter.name}={ast.literal_eval(parameter.default)}")


@each("language", LANGUAGES)
@each("analysis, parameter", DECLARED)
def test_just_outside_of_either_end_is_refused_with_the_range(
    analysis: str, parameter: Parameter, language: str
) -> None:
    if parameter.type == "str":
        return
    for text in outside(parameter):
        with pytest.raises(SettingsError, match=r"KL-S31[89]") as refused:
            given(f"{analysis}.{parameter.name}={text}")
        said = refused.value.problems[0].message(language)  # type: ignore[arg-type]
        assert f"{analysis}.{parameter.name}" in said
        assert parameter.allowed in said
        assert parameter.default in said


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("cut_a=70", "KL-S319"),
        ("cut_a=70%", "KL-S312"),
        ("cut_a=0,7", "KL-S312"),
        ("cut_a=nan", "KL-S312"),
        ("cut_a=0.97", "KL-S319"),  # above cut_b, which keeps its default
        ("cut_b=0.5", "KL-S319"),
        ("lot=-1", "KL-S318"),
        ("lot=1.5", "KL-S312"),
        ("start=31.12.2025", "KL-S312"),
        ("start=20251231", "KL-S312"),
        ("start=2025-02-30", "KL-S312"),
        ("period=foo", "KL-S315"),
        ("capacity_hours=-5", "KL-S318"),
        ("spread=1.5", "KL-S318"),
        ("years=0", "KL-S318"),
    ],
)
def test_what_no_value_can_be_is_refused_once(option: str, code: str) -> None:
    with pytest.raises(SettingsError) as refused:
        given(option)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_number_of_the_wrong_kind_is_told_the_range_too() -> None:
    with pytest.raises(SettingsError, match=r"'70%' is not a number.*0 < cut_a ≤ cut_b"):
        given("cut_a=70%")


def test_cuts_that_move_together_are_held_against_each_other() -> None:
    values = parameter_values(discover(), {}, ["cut_a=0.5", "cut_b=0.6"])
    assert values["concentration"] == {"cut_a": 0.5, "cut_b": 0.6}


def test_the_settings_are_held_to_the_same_ranges_and_named_as_such() -> None:
    with pytest.raises(SettingsError, match=r"analyses\.concentration\.cut_a': 70 is out of range.*cut_b = 0\.95"):
        given("", cut_a="70")


def test_what_the_command_line_outranks_is_not_judged() -> None:
    values = parameter_values(discover(), {"concentration": {"cut_a": "70"}}, ["cut_a=0.7"])
    assert values["concentration"] == {"cut_a": 0.7}


def test_one_name_has_one_range_in_all_notebooks() -> None:
    written = {(p.name, p.type, p.allowed) for _, p in DECLARED}
    assert len(written) == len({p.name for _, p in DECLARED})


def test_a_range_is_read_from_the_line_of_its_parameter() -> None:
    (only,) = declared("share: float = 0.5  # share [of all] of it [0 < share ≤ 1]")
    assert (only.meaning, only.allowed) == ("share [of all] of it", "0 < share ≤ 1")
    assert str(only) == "share: float = 0.5  # share [of all] of it [0 < share ≤ 1]"
