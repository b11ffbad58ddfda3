"""Settings: every scalar stays text until it is typed once; what cannot be meant is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import SETTINGS

from kamlab.engagement import Engagement, open_engagement
from kamlab.engagement.document import read
from kamlab.engagement.settings import parse_period
from kamlab.errors import Exit, Problem, SettingsError
from kamlab.results import Period

Opened = Callable[..., Engagement]
MORE = SETTINGS + '    exclude:\n      storno: "= Beleg = \'4\'"\n      muster: "= Umsatz = 0"\n'


def refused(opened: Opened, settings: str, *assignments: str) -> list[Problem]:
    with pytest.raises(SettingsError, match=r"KL-S3\d\d") as error:
        opened(*assignments, settings=settings)
    return list(error.value.problems)


def only(problems: list[Problem]) -> tuple[str, dict[str, Any]]:
    assert len(problems) == 1, problems
    return problems[0].code, problems[0].values


# Text stays text


@pytest.mark.parametrize(
    "scalar", ["no", "0012", "1e3", "012", "2024-01-01", "1_000", "null", "~", "0x1F", "1:30", "=", "Ja"]
)
def test_a_scalar_stays_the_text_that_was_written(opened: Opened, scalar: str) -> None:
    assert opened(settings=SETTINGS.replace("Beispiel GmbH", scalar)).settings.name == scalar


def test_headings_that_look_like_yaml_values_stay_text(opened: Opened) -> None:
    source = opened(settings=SETTINGS.replace("Kundennr", "no").replace("Datum", "1e3")).settings.sources[
        "transactions"
    ]
    assert (source.columns["account_id"], source.columns["date"]) == ("no", "1e3")


def test_parameters_of_analyses_stay_text(opened: Opened) -> None:
    settings = opened(settings=SETTINGS + "analyses:\n  concentration: {cut_a: 0.70, account: 000123}\n").settings
    assert settings.analyses == {"concentration": {"cut_a": "0.70", "account": "000123"}}


def test_values_are_typed_once_and_exactly(opened: Opened) -> None:
    settings = opened(settings=SETTINGS + "max_rejected: 0.1\nas_of: 2025-06-30\nfiscal_year_start: 07\n").settings
    assert (settings.max_rejected, settings.as_of) == (Decimal("0.1"), date(2025, 6, 30))
    assert settings.fiscal_year_start == 7


def test_defaults_are_those_of_the_handbook(opened: Opened) -> None:
    settings = opened().settings
    assert (settings.language, settings.currency, settings.period, settings.reports) == ("de", "EUR", "all", "reports")
    assert (settings.max_rejected, settings.as_of, settings.personnel.level) == (Decimal("0.01"), None, "off")


def test_an_empty_setting_is_one_that_was_not_made(opened: Opened) -> None:
    assert opened(settings=SETTINGS + "currency:\nas_of: ''\n").settings.currency == "EUR"


# Unknown keys


@pytest.mark.parametrize(
    ("line", "key", "nearest"),
    [
        ("langauge: de", "langauge", "language"),
        ("Currency: EUR", "Currency", "currency"),
        ("personnel: {levl: off}", "personnel.levl", "level"),
    ],
)
def test_an_unknown_key_is_refused_with_line_and_nearest_match(
    opened: Opened, line: str, key: str, nearest: str
) -> None:
    code, values = only(refused(opened, SETTINGS + line + "\n"))
    assert (code, values["where"]) == ("KL-S301", "engagement.yml:12")
    assert (values["key"], values["nearest"]) == (key, nearest)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "nearest"),
    [
        ("transactions:", "transaction:", 3, "sources.transaction", "transactions"),
        ("path:", "pfad:", 4, "sources.transactions.pfad", "path"),
        ("columns:", "colums:", 5, "sources.transactions.colums", "columns"),
        ("account_id:", "acount_id:", 6, "sources.transactions.columns.acount_id", "account_id"),
        ("Artikel\n", "{form: A, pattern: '(.)'}\n", 10, "sources.transactions.columns.product_id.form", "from"),
    ],
)
def test_unknown_keys_are_found_at_every_level(
    opened: Opened, old: str, new: str, line: int, key: str, nearest: str
) -> None:
    problems = refused(opened, SETTINGS.replace(old, new))
    unknown = [p.values for p in problems if p.code == "KL-S301"]
    assert [(v["where"], v["key"], v["nearest"]) for v in unknown] == [(f"engagement.yml:{line}", key, nearest)]


def test_a_key_like_nothing_known_is_refused_with_all_that_are(opened: Opened) -> None:
    code, values = only(refused(opened, SETTINGS + "xyz: 1\n"))
    assert (code, values["key"]) == ("KL-S302", "xyz")
    assert "currency" in values["known"]


def test_the_message_names_file_line_and_remedy_in_both_languages(opened: Opened) -> None:
    (problem,) = refused(opened, SETTINGS + "langauge: de\n")
    for language in ("de", "en"):
        assert all(word in problem.message(language) for word in ("engagement.yml:12", "langauge", "language"))  # type: ignore[arg-type]
        assert problem.message(language).endswith("[KL-S301]")  # type: ignore[arg-type]


# What YAML allows and settings do not


@pytest.mark.parametrize(
    ("extra", "line"),
    [("currency: EUR\ncurrency: USD\n", 13), ("personnel:\n  level: off\n  level: team\n", 14)],
)
def test_a_key_that_stands_twice_is_refused(opened: Opened, extra: str, line: int) -> None:
    code, values = only(refused(opened, SETTINGS + extra))
    assert (code, values["where"]) == ("KL-S306", f"engagement.yml:{line}")


@pytest.mark.parametrize(
    "extra",
    [
        "currency: &a EUR\n",
        "currency: &a EUR\nreports: *a\n",
        "currency: !secret EUR\n",
        "currency: !!python/object:os.system EUR\n",
        "personnel: &p {level: off}\n",
        "personnel: {<<: *nothing}\n",
    ],
)
def test_anchors_aliases_and_tags_are_refused_with_their_line(opened: Opened, extra: str) -> None:
    problems = refused(opened, SETTINGS + extra)
    assert {p.code for p in problems} >= {"KL-S304"}
    assert problems[0].values["where"] == "engagement.yml:12"


def test_a_billion_laughs_do_not_explode() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    assert {p.code for p in read(bomb, "engagement.yml").problems} == {"KL-S304"}


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "name: 'x",
        "a: b: c",
        "\tname: x",
        "- a\n- b",
        "just words",
        "name: x\n---\nname: y",
        "name: \x00",
        "{" * 1000,
    ],
)
def test_what_is_no_settings_file_is_refused(opened: Opened, text: str) -> None:
    problems = refused(opened, text)
    assert "KL-S304" in {p.code for p in problems}


def test_an_empty_file_lacks_what_is_needed(opened: Opened) -> None:
    assert {p.values["key"] for p in refused(opened, "# nothing yet\n")} == {"name", "sources"}


def test_a_source_without_its_path_is_refused(opened: Opened) -> None:
    code, values = only(refused(opened, SETTINGS.replace("    path: umsatz.csv\n", "")))
    assert (code, values["key"]) == ("KL-S305", "sources.transactions")


def test_transactions_must_be_there(opened: Opened) -> None:
    problems = refused(opened, SETTINGS.replace("transactions:", "accounts:").partition("    columns")[0])
    assert [p.code for p in problems] == ["KL-S305"]
    assert "transactions is missing" in problems[0].message("en")


@pytest.mark.parametrize(
    "line",
    [
        "language: fr",
        "currency: Euro",
        "fiscal_year_start: 13",
        "fiscal_year_start: Juli",
        "as_of: 31.12.2025",
        "as_of: 2025-02-30",
        "period: heuer",
        "max_rejected: 1 %",
        "max_rejected: -0.1",
        "max_rejected: NaN",
        "personnel: {level: person}",
        "analyses: {concentration: {cut_a: [1, 2]}}",
        "reports: [a]",
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_line_and_key(opened: Opened, line: str) -> None:
    code, values = only(refused(opened, SETTINGS + line + "\n"))
    assert (code, values["where"]) == ("KL-S305", "engagement.yml:12")
    assert values["key"].split(".")[0] == line.split(":")[0]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("cost: Kosten", 'cost: "= Kosten +"', "be: a heading, number"),
        ("cost: Kosten", 'cost: "= Kosten > 0"', "a value was expected"),
        ("    columns:", "    exclude: {x: Umsatz > 0}\n    columns:", "a condition starts with ="),
        ("    columns:", '    exclude: {x: "= Umsatz"}\n    columns:', "a condition was expected"),
        ("cost: Kosten", "cost: {from: Kosten, pattern: '('}", "no pattern"),
        ("cost: Kosten", "cost: {from: Kosten, pattern: '..'}", "needs exactly one group"),
        ("cost: Kosten", "cost: {from: Kosten, pattern: '(?<=A)(..)'}", "no pattern"),
        ("cost: Kosten", r"cost: {from: Kosten, pattern: '(.)\1'}", "no pattern"),
        ("path: umsatz.csv", "path: umsatz.csv\n    delimiter: ':'", "';'"),
        ("path: umsatz.csv", "path: umsatz.csv\n    encoding: latin-1", "'cp1252'"),
        ("path: umsatz.csv", "path: []", "exactly one origin"),
        ("sources:", "status: final\nsources:", "'released'"),
    ],
)
def test_expressions_patterns_and_dialects_are_checked_before_anything_is_read(
    opened: Opened, old: str, new: str, what: str
) -> None:
    (problem,) = refused(opened, SETTINGS.replace(old, new))
    assert problem.code == "KL-S305"
    assert what in problem.message("en")


def test_all_problems_are_told_at_once(opened: Opened) -> None:
    settings = SETTINGS.replace("cost:", "csot:") + "langauge: de\nmax_rejected: viel\ncurrency: EUR\ncurrency: EUR\n"
    problems = refused(opened, settings, "xyz")
    assert sorted(p.code for p in problems) == ["KL-S301", "KL-S301", "KL-S305", "KL-S306", "KL-S308"]


def test_wrong_values_are_explained_in_german(opened: Opened) -> None:
    lines = ["max_rejected: viel", "as_of: gestern", "language: fr", "fiscal_year_start: 13", "reports: [a]"]
    lines += ["currency: &a EUR", "personnel: {level: a, raters_consent: x}", "period: heuer"]
    problems = refused(opened, SETTINGS.replace("cost: Kosten", 'cost: "= Kosten +"') + "\n".join(lines))
    messages = " ".join(problem.message("de") for problem in problems)
    english = ["Input", "should", "valid ", "expected", "decimal", " or ", " is ", " are ", " not ", "must"]
    assert len(problems) == 10
    assert [word for word in english if word in messages] == []


# --set


def test_set_outranks_the_file(opened: Opened) -> None:
    settings = opened("max_rejected=0.5", "sources.transactions.decimal=,", "analyses.concentration.cut_a=0.7").settings
    assert settings.max_rejected == Decimal("0.5")
    assert settings.sources["transactions"].decimal == ","
    assert settings.analyses["concentration"] == {"cut_a": "0.7"}


def test_the_last_set_wins_and_values_may_contain_equals_signs(opened: Opened) -> None:
    settings = opened("name=A", "name=B = C").settings
    assert settings.name == "B = C"


def test_set_types_values_as_the_file_does(opened: Opened) -> None:
    assert opened("name=0012").settings.name == "0012"


def test_an_empty_set_removes_an_exclude(opened: Opened) -> None:
    source = opened("sources.transactions.exclude.storno=", settings=MORE).settings.sources["transactions"]
    assert list(source.exclude) == ["muster"]


def test_an_empty_set_restores_a_default(opened: Opened) -> None:
    assert opened("currency=", settings=SETTINGS + "currency: USD\n").settings.currency == "EUR"


@pytest.mark.parametrize("key", ["sources.transactions.exclude.strono", "curency", "sources.accounts.path"])
def test_removing_what_is_not_there_is_refused(opened: Opened, key: str) -> None:
    problems = refused(opened, MORE, f"{key}=")
    assert "KL-S314" in {p.code for p in problems}


def test_an_exclude_can_be_added_by_set(opened: Opened) -> None:
    source = opened("sources.transactions.exclude.alt== Datum < 2025-01-01").settings.sources["transactions"]
    assert source.exclude == {"alt": "= Datum < 2025-01-01"}


@pytest.mark.parametrize("option", ["name", "=x", ".name=x", "sources..path=x", " =1"])
def test_a_set_that_is_no_assignment_is_refused(opened: Opened, option: str) -> None:
    code, values = only(refused(opened, SETTINGS, option))
    assert (code, values["option"]) == ("KL-S308", option)


@pytest.mark.parametrize("option", ["langauge=de", "sources.transactions.colums.cost=K", "name.first=x", "sources=x"])
def test_a_set_of_an_unknown_or_impossible_key_is_refused(opened: Opened, option: str) -> None:
    assert {p.code for p in refused(opened, SETTINGS, option)} <= {"KL-S301", "KL-S302", "KL-S305"}


# Places


def test_the_settings_are_found_in_a_parent_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(folder / "a" / "b")
    assert open_engagement().folder == folder


def test_the_nearest_settings_win(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "engagement.yml").write_text(SETTINGS.replace("Beispiel", "Innen"), encoding="utf-8")
    monkeypatch.chdir(inner)
    assert open_engagement().settings.name == "Innen GmbH"


def test_folder_and_file_name_the_same_engagement(folder: Path) -> None:
    assert open_engagement(folder).file == open_engagement(str(folder / "engagement.yml")).file


def test_the_settings_file_may_have_another_name(folder: Path) -> None:
    other = (folder / "engagement.yml").rename(folder / "kunde.yml")
    assert open_engagement(other).settings.name == "Beispiel GmbH"


def test_reports_lie_beside_the_settings(opened: Opened, folder: Path) -> None:
    assert opened().reports == folder / "reports"
    assert opened("reports=../x").reports == folder / ".." / "x"


def test_without_settings_the_demo_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="-e demo") as error:
        open_engagement()
    assert error.value.exit_code is Exit.USAGE


@pytest.mark.parametrize("place", ["nowhere", "umsatz.csv/x"])
def test_a_place_without_settings_is_refused_by_its_name(folder: Path, place: str) -> None:
    with pytest.raises(SettingsError, match="KL-S309") as error:
        open_engagement(folder / place)
    assert place in error.value.problems[0].message("de")


def test_a_ledger_is_no_settings_file(folder: Path) -> None:
    with pytest.raises(SettingsError, match="KL-S304"):
        open_engagement(folder / "umsatz.csv")


def test_the_demo_writes_beside_the_user_and_not_into_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    demo = open_engagement("demo")
    assert demo.reports == tmp_path / "reports" / "demo"
    assert demo.workplace.is_relative_to(demo.reports)


# Encodings and line ends


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_windows_files_are_read(folder: Path, encode: str, ending: str) -> None:
    text = SETTINGS.replace("Beispiel", "Müller").replace("\n", ending)
    (folder / "engagement.yml").write_bytes(text.encode(encode))
    assert open_engagement(folder).settings.name == "Müller GmbH"


@pytest.mark.parametrize("encode", ["cp1252", "utf-16"])
def test_a_file_that_is_not_utf8_is_refused(folder: Path, encode: str) -> None:
    (folder / "engagement.yml").write_bytes(SETTINGS.replace("Beispiel", "Müller").encode(encode))
    with pytest.raises(SettingsError, match="UTF-8"):
        open_engagement(folder)


# Periods


@pytest.mark.parametrize("word", ["all", "last12", "fiscal_year"])
def test_periods_have_names(word: str) -> None:
    assert parse_period(word) == word


@pytest.mark.parametrize("text", ["2024-01-01..2024-12-31", "2024-01-01 .. 2024-12-31"])
def test_a_period_is_two_days(text: str) -> None:
    assert parse_period(text) == Period(start=date(2024, 1, 1), end=date(2024, 12, 31))


def test_a_period_may_be_one_day() -> None:
    assert parse_period("2024-02-29..2024-02-29") == Period(start=date(2024, 2, 29), end=date(2024, 2, 29))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ALL",
        "2024",
        "2024-01-01",
        "2024-12-31..2024-01-01",
        "2023-02-29..2023-03-01",
        "..2024-01-01",
        "01.01.2024..31.12.2024",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no period"):
        parse_period(text)
