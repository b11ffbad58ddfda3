"""What is kept of an engagement's data is used only as it was written: a damaged bit is never published."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SETTINGS

from kamlab.engagement import Engagement
from kamlab.facts import Facts, prepare
from kamlab.facts.cache import is_intact, known_inputs
from kamlab.facts.sales import sales
from kamlab.results import to_files
from kamlab.run import check, plan
from kamlab.run.checked import checked
from kamlab.run.finish import Outcome
from kamlab.selection import concentration
from kamlab.text import LANGUAGES, Words

Opened = Callable[..., Engagement]
MORE = "  accounts: {path: kunden.csv, columns: {account_id: Nr, name: Name}}\n"
MORE += "  decisions: {path: entscheidungen.csv, columns: {account_id: Nr, decision: Was, reason: Warum}}\n"
MORE += "max_rejected: 0.5\n"
MENDED = {"de": "Der Zwischenspeicher war beschädigt", "en": "The cache was damaged"}


@pytest.fixture
def engagement(opened: Opened, folder: Path) -> Engagement:
    """Open an engagement whose state has every kind of file, with an entered table and a rejected row."""
    (folder / "kunden.csv").write_text("Nr;Name\n0001;Eins\n0002;Zwei\n0003;Drei\n", encoding="utf-8")
    (folder / "entscheidungen.csv").write_text("Nr;Was;Warum\n0001;in;groß\n0002;nie;klein\n", encoding="utf-8")
    return opened(settings=SETTINGS + MORE)


def published(facts: Facts) -> dict[str, bytes]:
    return to_files(concentration(sales(facts)), lambda language, finding: f"{language} {finding}")


def flip(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def test_a_flipped_bit_in_any_file_of_a_state_is_noticed(engagement: Engagement) -> None:
    chance, state = random.Random(11), prepare(engagement).folder
    names = {file.name for file in state.iterdir()}
    assert {"months.parquet", "state.json", "entered_decisions.parquet", "rejected_decisions.parquet"} <= names
    for name in sorted(names):
        whole = (state / name).read_bytes()
        for _ in range(12):
            flip(state / name, chance)
            assert not is_intact(state), name
            (state / name).write_bytes(whole)
    assert is_intact(state)


@pytest.mark.parametrize("name", ["months.parquet", "state.json", "sums.json"])
def test_a_damaged_state_is_made_again_with_the_same_results(engagement: Engagement, name: str) -> None:
    before = prepare(engagement)
    results = published(before)
    flip(before.folder / name, random.Random(name))
    after = prepare(engagement)
    assert after.mended is not None
    assert (after.state, published(after)) == (before.state, results)
    assert prepare(engagement).mended is None


def test_a_check_of_a_damaged_state_says_so_and_ends_well(engagement: Engagement) -> None:
    wanted = plan(engagement)
    flip(check(wanted)[0].folder / "months.parquet", random.Random(1))
    found = checked(*check(wanted), Words("de"))
    assert found.exit_code == 0
    assert any(MENDED["de"] in note.message for note in found.notes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_run_on_a_damaged_state_says_so_and_ends_well(engagement: Engagement, language: str) -> None:
    flip(prepare(engagement).folder / "items.parquet", random.Random(2))
    outcome = Outcome(prepare(engagement))
    assert outcome.exit_code == 0
    assert [problem.message(language)[: len(MENDED[language])] for problem in outcome.problems] == [MENDED[language]]  # type: ignore[arg-type]


def test_a_file_that_is_lost_or_strange_damages_a_state(engagement: Engagement) -> None:
    state = prepare(engagement).folder
    (state / "entered_goals.parquet").write_bytes((state / "entered_decisions.parquet").read_bytes())
    assert prepare(engagement).mended is not None
    (state / "rejected_decisions.parquet").unlink()
    assert prepare(engagement).mended is not None
    shutil.rmtree(state)
    assert prepare(engagement).mended is None  # nothing was there to be damaged


def test_a_damaged_memory_of_the_inputs_is_not_believed(engagement: Engagement) -> None:
    files, _ = known_inputs(engagement)
    memory, chance = engagement.workplace / "inputs.json", random.Random(5)
    whole = memory.read_bytes()
    for _ in range(40):
        flip(memory, chance)
        assert known_inputs(engagement)[0] == files
    assert memory.read_bytes() == whole
