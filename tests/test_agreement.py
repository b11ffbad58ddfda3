"""What is told twice is told alike: over all results, pages, dossiers and the workbook of the demo."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from agreeing import Said, beside_a_name, contradictions, numbers_of_names, opened, sentences, shown, told
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook

from kamlab.engagement import open_engagement
from kamlab.facts import prepare
from kamlab.facts.account import account_sales
from kamlab.facts.measures import measures
from kamlab.potential import account_dossier
from kamlab.report.columns import FORMATS, heading
from kamlab.results import Result, from_folder
from kamlab.text import LANGUAGES, Language, Words

HEADINGS = 5  # rows of a sheet above its headings


@pytest.fixture(scope="module")
def results(demo_reports: Path) -> dict[str, Result]:
    folders = sorted((demo_reports / "results").iterdir())
    return {folder.name: from_folder(folder) for folder in folders if (folder / "result.json").is_file()}


@pytest.fixture(scope="module")
def pages(demo_reports: Path) -> dict[Language, dict[str, BeautifulSoup]]:
    return {language: opened(sorted(demo_reports.glob(f"[0-9]*.{language}.html"))) for language in LANGUAGES}


def said(heading_: str, value: object, place: str) -> Said:
    return Said(heading_, ("1",), value, place, "x")


def test_two_values_under_one_heading_are_found() -> None:
    one, other, same = said("Rang", "1", "a"), said("Rang", "2", "b"), said("Umsatz", "7", "a")
    assert contradictions([one, other, same, same]) == {"Rang": ["('1',): 1 in a.x, 2 in b.x"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_has_one_value_under_one_heading_in_all_results(
    results: Mapping[str, Result], language: Language
) -> None:
    assert contradictions(told(results.values(), Words(language))) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_account_has_one_value_under_one_heading_on_all_pages(
    results: Mapping[str, Result], pages: Mapping[Language, dict[str, BeautifulSoup]], language: Language
) -> None:
    listed = list(shown(results.values(), pages[language], Words(language)))
    assert len(listed) > 1_000
    assert contradictions(listed) == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_under_one_heading_are_written_in_one_way(results: Mapping[str, Result], language: Language) -> None:
    ways = defaultdict(set)
    for result in results.values():
        for name, frame in result.tables.items():
            for column in frame.columns:
                if column in FORMATS:
                    ways[heading(column, Words(language), result.analysis, name)].add((FORMATS[column], column))
    found = {head: used for head, used in ways.items() if len({form for form, _ in used}) > 1}
    assert found == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_money_rank_and_points_beside_a_name_are_those_of_the_results(
    results: Mapping[str, Result], pages: Mapping[Language, dict[str, BeautifulSoup]], language: Language
) -> None:
    words = Words(language)
    known = numbers_of_names(results.values(), words)
    checked = [one for soup in pages[language].values() for one in beside_a_name(known, soup, words)]
    assert checked
    assert [(number, text) for number, is_known, text in checked if not is_known] == []


MEANT = {  # numbers of one meaning, by the results that tell them; the first owns it
    "key accounts": [("charter", "key_accounts"), ("kam_goals", "key_accounts")],
    "places": [("scoring", "places")],
}


def test_key_numbers_of_one_meaning_are_equal(results: Mapping[str, Result]) -> None:
    for meaning, places in MEANT.items():
        told_ = {place: results[place[0]].key_numbers[place[1]] for place in places}
        assert len(set(told_.values())) == 1, (meaning, told_)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_share_of_the_same_accounts_is_said_with_one_number(
    pages: Mapping[Language, dict[str, BeautifulSoup]], language: Language
) -> None:
    pattern = {
        "de": r"(\d+) von (\d+) Kunden (?:bring|trag)\w+ ([\d,]+ %)",
        "en": r"(\d+) of (\d+) accounts (?:\w+ )(?:for )?([\d.]+%)",
    }
    shares = defaultdict(set)
    for soup in pages[language].values():
        for text in sentences(soup):
            for first, all_, share in re.findall(pattern[language], text):
                shares[first, all_].add(share)
    assert shares
    assert {key: found for key, found in shares.items() if len(found) > 1} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_share_of_revenue_without_another_base_is_of_all_revenue(
    results: Mapping[str, Result], pages: Mapping[Language, dict[str, BeautifulSoup]], language: Language
) -> None:
    words, total = Words(language), float(results["concentration"].tables["accounts"]["revenue"].sum())
    known = set()
    for result in results.values():
        for frame in result.tables.values():
            for column in {"share", "cumulative_share", "largest_share"} & set(frame.columns):
                known |= {words.percent(share, 1) for share in frame[column].dropna()}
            if "revenue" in frame.columns:
                known |= {words.percent(float(money) / total, 1) for money in frame["revenue"].dropna()}
            if "cut" in frame.columns:
                known |= {words.percent(cut) for cut in frame["cut"]}
        known |= {words.percent(value, 1) for name, value in result.key_numbers.items() if "share" in name}
    known = {" ".join(text.split()) for text in known}
    pattern = {
        "de": r"([\d,]+ %) (?:des|vom) (?:gesamten )?(?:Netto)?[Uu]msatzes?\b(?! (?:der|dieser|von)\b)",
        "en": r"([\d.]+%) of (?:the |all |total )?revenue\b(?! (?:of|from)\b)",
    }
    found = {
        (page, share, text)
        for page, soup in pages[language].items()
        for text in sentences(soup)
        for share in re.findall(pattern[language], text)
        if page[:2] not in ("01", "10") and share not in known
    }
    assert found == set()


def test_a_dossier_tells_what_its_pages_tell(demo_reports: Path, results: Mapping[str, Result]) -> None:
    facts = prepare(open_engagement("demo", [f"reports={demo_reports}"]))
    ranked = results["concentration"].tables["accounts"]
    measured = measures(facts).accounts.set_index("account_id")
    margin = results["portfolio"].tables["accounts"].set_index("account_id")["contribution_margin"]
    for account in ranked["account_id"].head(3):
        dossier, own = account_dossier(account_sales(facts, account), results["concentration"]), measured.loc[account]
        row = ranked.set_index("account_id").loc[account]
        one = dossier.tables["accounts"].iloc[0]
        assert (one["rank"], one["class"], one["active_sites"]) == (row["rank"], row["class"], row["sites"])
        assert len(one["account_manager"].split(", ")) == own["managers"]
        assert dossier.key_numbers["revenue"] == pytest.approx(row["revenue"], abs=0.005)
        assert dossier.key_numbers["contribution_margin"] == pytest.approx(margin[account], abs=0.005)


def test_the_workbook_holds_the_numbers_of_the_results(demo_reports: Path, results: Mapping[str, Result]) -> None:
    book = CalamineWorkbook.from_path(str(demo_reports / "workbook.xlsx"))
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    words = Words("de")
    places = {(row[0], row[1]): row[2] for row in sheets["Inhalt"][HEADINGS + 1 :]}
    compared = {"Kunden": 0, "elsewhere": 0}
    for result, name, frame in ((one, name, frame) for one in results.values() for name, frame in one.tables.items()):
        what = words(f"{result.analysis}.table.{name}")
        sheet = places[words.named("analysis", result.analysis), what]
        floats = [one for one in frame.columns if one in FORMATS and pd.api.types.is_float_dtype(frame[one])]
        if "because" in frame.columns or not len(frame) or not floats:
            continue
        rows = sheets[sheet]
        if sheet == "Kunden":
            of_account = {row[0]: row for row in rows[HEADINGS + 1 :]}
            rows = [rows[HEADINGS], *(of_account[account] for account in frame["account_id"])]
        else:
            at = next(at for at, row in enumerate(rows) if row[0] == what)
            rows = rows[at + 1 if at else HEADINGS :][: len(frame) + 1]
        for column in floats:
            factor = 100 if FORMATS[column][0] == "points" else 1
            known = [None if value != value else pytest.approx(factor * value) for value in frame[column]]
            head = heading(str(column), words, result.analysis, name)
            columns = (
                range(len(rows[0])) if sheet == "Kunden" else [at for at, one in enumerate(rows[0]) if one == head]
            )
            written = [[None if row[at] == "" else row[at] for row in rows[1:]] for at in columns]
            if sheet == "Kunden":  # may have a number where the table has none
                written = [[w if k is not None else k for w, k in zip(one, known, strict=True)] for one in written]
            assert known in written or not any(known), (result.analysis, name, column)
            compared["Kunden" if sheet == "Kunden" else "elsewhere"] += 1
    assert min(compared.values()) > 25, compared
