"""Pages: what comes from data stays text, numbers are German in German, nothing leads outside."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from conftest import each
from hostile import HOSTILE
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pydantic import BaseModel

from kamlab import report
from kamlab.facts.sales import Sales
from kamlab.figures import NARROW, WIDE, largest_accounts
from kamlab.notebooks import OF_THE_RUN, Notebook, discover
from kamlab.report.frame import Head, Link, Provenance, framed
from kamlab.report.index import Entry, index
from kamlab.report.page import page as exported
from kamlab.report.provenance import provenance
from kamlab.report.rejects import HEADER, rejects_csv
from kamlab.report.state import Part
from kamlab.report.tables import html_table
from kamlab.results import Basis, Finding, LeftOut, Result, RevenueTally, RowTally
from kamlab.selection import concentration
from kamlab.text import Words, printable

Sold = Callable[..., Sales]

DE, EN = Words("de"), Words("en")
NBSP = "\N{NO-BREAK SPACE}"
evil = each("text", HOSTILE.values())
OURS = {"div", "p", "span", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "figure"}
OURS |= {"figcaption", "svg", "ul", "li"}
OURS |= {"h1", "h2", "dl", "dt", "dd", "section", "strong", "code", "pre"}
DRAWN = {"g", "defs", "style", "path", "text", "use", "clippath", "rect", "pattern"}


def harmless(html: str, *expected: str) -> BeautifulSoup:
    """Parse; there is no element, attribute or address that can only have come from data, and the text is there."""
    soup = BeautifulSoup(html, "html.parser")
    assert {element.name for element in soup.find_all(True)} <= OURS | DRAWN
    for element in soup.find_all(True):
        assert not [key for key in element.attrs if key.lower().startswith("on")], element
        assert all(value.startswith("#") for key, value in element.attrs.items() if key.endswith("href"))
    shown = re.sub(r"\s", " ", soup.get_text())
    assert all(re.sub(r"\s", " ", text) in shown for text in expected)
    return soup


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE)
def hostile(request: pytest.FixtureRequest, sold: Sold) -> tuple[Result, str]:
    text = request.param
    now = {text: 60.0, "b": 30.0, "c": 5.0, "d": -1.0}
    names = dict.fromkeys((*now, "e"), text)
    result = concentration(sold(now, before={text: 20.0, "c": 70.0, "e": 5.0}, margin=now, names=names))
    return result, text


# Nothing from data is live


def test_bottom_line_escapes_names(hostile: tuple[Result, str]) -> None:
    result, text = hostile
    harmless(report.bottom_line(result, DE, "revenue"), text)


def test_sentences_escape_names(hostile: tuple[Result, str]) -> None:
    result, text = hostile
    harmless(report.sentences(result, DE, "concentration.*"), text)
    harmless(report.certainty(result, DE, "concentration.*"), text)


@pytest.mark.parametrize("name", ["accounts", "not_positive", "sites", "changes", "by_margin"])
def test_tables_escape_names(hostile: tuple[Result, str], name: str) -> None:
    result, text = hostile
    harmless(report.table(result, DE, name), text)
    harmless(report.table(result, DE, name, folded=True), text)


def test_figures_escape_names(hostile: tuple[Result, str]) -> None:
    result, text = hostile
    drawings = [largest_accounts(result, DE, size) for size in (WIDE, NARROW)]
    page = harmless(report.figure(*drawings, result, DE), text)
    assert re.sub(r"\s", " ", printable(text)) in page.svg.attrs["aria-label"]


def basis_of(reason: str, choice: str = "x") -> Result:
    one, two, zero = Decimal(1), Decimal(2), Decimal(0)
    basis = Basis(
        period=None,
        rows=RowTally(read=2, used=1, left_out=1, rejected=0),
        revenue=RevenueTally(read=two, used=one, left_out=one, rejected=zero, unreadable_rows=3),
        left_out=(LeftOut(reason=reason, rows=1, revenue=one),),
        choices=(Finding(key="concentration.do.fell", values={"names": [choice], "count": 1}),),
    )
    return Result("concentration", None, "EUR", basis)


@evil
def test_basis_escapes_rules_and_choices(text: str) -> None:
    harmless(report.basis(basis_of("x", text), DE), text)
    harmless(report.rows_accounted_for(basis_of(text), DE), text)


@evil
def test_caption_and_columns_are_escaped(text: str) -> None:
    frame = pd.DataFrame({"name": [text], "movement": [text], "value": [text], "complete": [text]})
    soup = harmless(html_table(frame, DE, "t", text), text)
    assert soup.caption.get_text() == text
    assert [cell.get_text() for cell in soup.select("tbody th, tbody td")] == [text] * 4


def page_of(content: bytes) -> BeautifulSoup:
    """Parse a page; every element in it is one of ours."""
    soup = BeautifulSoup(content, "html.parser")
    around = {"html", "head", "meta", "title", "style", "body", "a", "header", "b", "nav", "ol", "main", "footer"}
    assert {element.name for element in soup.find_all(True)} <= OURS | around | {"rect"}
    assert not [key for element in soup.find_all(True) for key in element.attrs if key.lower().startswith("on")]
    assert len(soup.find_all("style")) == len(soup.find_all("main")) == 1
    return soup


@evil
def test_frame_escapes_what_stands_around(text: str) -> None:
    head = Head(text, text, text, date(2025, 12, 31), [Link(text, "x.html")], [text], preliminary=text, status="draft")
    soup = page_of(framed("<h2>Abschnitt</h2>", head, DE))
    assert [link.attrs["href"] for link in soup.find_all("a")] == ["#main", "x.html", "#s1"]
    shown = printable(text)
    assert soup.title.get_text() == f"{shown} – {shown} (Entwurf, Vorläufig)"
    assert soup.find("header").b.get_text() == shown
    assert soup.find("footer").p.get_text() == shown


@evil
def test_index_escapes_sentences_and_problems(text: str) -> None:
    entries = [Entry("concentration", "selection", "a.html", "failed", text, stale=True)]
    entries += [Entry("scoring", "selection", "b.html", "done", text, part=Part(text, text, 0.5))]
    head = Head(text, "Übersicht", "Berichte")
    soup = page_of(index(head, text, text, entries, [Link(text, "workbook.xlsx")], [text], DE))
    assert [link.attrs["href"] for link in soup.main.find_all("a")] == ["a.html", "b.html", "workbook.xlsx"]
    shown = printable(text)
    assert soup.find("ul", class_="pages").find_all("p")[1].get_text() == shown
    assert soup.find("a", href="b.html").get_text() == shown
    assert soup.find("p", class_="number").get_text() == f"{shown} {shown}"
    assert soup.find("p", class_="state").get_text() == shown
    assert shown in soup.h1.get_text()
    assert soup.find("h2", string=DE("index.changes")).find_next("li").get_text() == shown


@evil
def test_provenance_escapes_files_and_parameters(text: str) -> None:
    known = Provenance(
        parameters=[("period", text, text)],
        files=[("transactions", text, 1, "00ff")],
        tables=[("transactions", 1, 1, 0, 0)],
        versions={"kamlab": text},
        run_id=text,
    )
    harmless(provenance(known, DE), text)


def test_page_carries_no_character_that_shows_nothing_or_turns_the_direction() -> None:
    content = framed("<p>a\x00b\u202ec\u2067d</p>", Head("x\x1b", "y\u202e", "z"), DE).decode()
    assert "<p>a b c d</p>" in content
    assert printable(content) == content


@evil
def test_headings_from_a_section_cannot_break_the_contents(text: str) -> None:
    body = str(BeautifulSoup("<h2></h2>", "html.parser"))
    soup = BeautifulSoup(body, "html.parser")
    soup.h2.string = text
    framed_ = BeautifulSoup(framed(str(soup), Head("a", "b", "c"), DE), "html.parser")
    (shown,) = [entry.get_text() for entry in framed_.nav.find_all("a")]
    assert shown.strip() == printable(text).strip()


# Numbers


def cells(html: str) -> list[list[str]]:
    rows = BeautifulSoup(html, "html.parser").find_all("tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


FRAME = pd.DataFrame(
    {
        "name": ["Eins", "Zwei", "Drei"],
        "revenue": [1234567.5, -1234.4, -0.2],
        "revenue_cents": [1234567.895, -0.004, 0.0],
        "share": [0.12345, float("nan"), 0.0],
        "rank": [1, 2, 3],
        "month": [pd.Timestamp(2025, 3, 1)] * 3,
        "complete": [True, False, True],
    }
)


def test_german_numbers() -> None:
    first, second, third = cells(html_table(FRAME, DE, "t", "Titel"))[1:]
    assert first[1:] == ["1.235", "1.234.567,90", f"12,3{NBSP}%", "1", "März 2025", "ja"]
    assert second[1:4] == ["−1", "0,00", "–"]
    assert third[1] == "0"  # no minus before a zero


def test_english_numbers() -> None:
    first = cells(html_table(FRAME, EN, "t", "Title"))[1]
    assert first[1:] == ["1,235", "1,234,567.90", "12.3%", "1", "March 2025", "yes"]


def test_headings_carry_the_unit() -> None:
    assert cells(html_table(FRAME, DE, "t", "Titel"))[0][:4] == ["Kunde", "Umsatz, Tsd. €", "Umsatz, €", "Anteil"]
    swiss = Words("de", "CHF")
    assert cells(html_table(FRAME, swiss, "t", "Titel"))[0][1] == "Umsatz, Tsd. CHF"


@pytest.mark.parametrize(
    ("highest", "shown", "unit"),
    [
        (999_999.0, "999.999", "€"),
        (1e6, "1.000", "Tsd. €"),
        (999_999_999.0, "1.000.000", "Tsd. €"),
        (1e9, "1.000", "Mio. €"),
    ],
)
def test_money_is_written_in_the_unit_of_its_column(highest: float, shown: str, unit: str) -> None:
    head, first, *_ = cells(html_table(pd.DataFrame({"name": ["a", "b"], "revenue": [highest, 1.0]}), DE, "t", "Titel"))
    assert (head[1], first[1]) == (f"Umsatz, {unit}", shown)


def test_amounts_that_are_compared_have_one_unit() -> None:
    frame = pd.DataFrame({"name": ["a"], "revenue_now": [400_000.0], "revenue_before": [2_000_000.0]})
    head, row = cells(html_table(frame, DE, "t", "Titel"))
    assert [text.rpartition(", ")[2] for text in head[1:]] == ["Tsd. €", "Tsd. €", "Tsd. €", "%"]
    assert row[1:4] == ["400", "2.000", "−1.600"]


def test_ids_are_never_written_as_numbers() -> None:
    frame = pd.DataFrame({"account_id": ["000123", "1e5", "-7"], "name": ["1.5", "NaN", "NaN"]})
    assert cells(html_table(frame, DE, "t", "Titel"))[1:] == [["000123", "1.5"], ["1e5", "NaN"], ["-7", "NaN"]]


def test_the_number_of_an_account_stands_where_the_name_is_not_enough() -> None:
    frame = pd.DataFrame({"account_id": ["1", "2"], "name": ["A GmbH", "B AG"]})
    assert cells(html_table(frame, DE, "t", "Titel"))[0] == ["Kunde"]
    assert cells(html_table(frame.assign(name="A GmbH"), DE, "t", "Titel"))[0] == ["Kundennr.", "Kunde"]


def test_bottom_line_in_german(sold: Sold) -> None:
    result = concentration(sold({"1": 2_400_000.0, "2": 600_000.5}))
    soup = BeautifulSoup(report.bottom_line(result, DE, "revenue", "largest_share"), "html.parser")
    assert [number.get_text() for number in soup.find_all("dd")] == [f"3,0{NBSP}Mio.{NBSP}€", f"80,0{NBSP}%"]


def test_key_figure_without_a_number_is_not_shown(sold: Sold) -> None:
    assert "<dl" not in report.bottom_line(concentration(sold({"1": -1.0})), DE, "gini", "hhi")


def test_page_without_data_still_speaks(sold: Sold) -> None:
    result = concentration(sold({"1": -1.0}, before={}))
    assert "ABC-Analyse ist nicht möglich" in report.bottom_line(result, DE, "revenue")
    assert report.table(result, DE, "not_positive")
    for name in ("accounts", "sensitivity"):
        assert report.table(result, DE, name) == report.table(result, EN, name, folded=True) == ""


# Long, empty and missing tables


def many(n: int) -> pd.DataFrame:
    return pd.DataFrame({"account_id": [str(at) for at in range(n)], "name": "x", "revenue": 2.0, "share": 1 / n})


def test_first_rows_and_the_others_summed_up() -> None:
    rows = cells(html_table(many(50), DE, "t", "Titel", most=30))[1:]
    assert len(rows) == 32
    assert rows[-2] == ["", "Übrige (20)", "40", f"40,0{NBSP}%"]
    assert rows[-1] == ["", "Summe", "100", f"100,0{NBSP}%"]


def test_rows_that_contain_one_another_have_no_total() -> None:
    frame = pd.DataFrame({"cut": [0.7, 0.8], "accounts": [2, 3], "share": [0.7, 0.8]})
    assert len(cells(html_table(frame, DE, "t", "Titel"))) == 3


def test_a_single_row_has_no_total() -> None:
    assert len(cells(html_table(many(1), DE, "t", "Titel"))) == 2


def test_variance_follows_what_is_compared_and_its_total_is_that_of_the_sums() -> None:
    frame = pd.DataFrame(
        {"account_id": ["1", "2", "3"], "name": ["a", "b", "c"], "revenue_now": [120.0, 0.0, 30.0]}
        | {"revenue_before": [100.0, 50.0, 0.0], "movement": "stayed"}
    )
    rows = cells(html_table(frame, DE, "t", "Titel"))
    assert [row[3:5] for row in rows] == [
        ["Abweichung, €", "Abweichung, %"],
        ["+20", f"+20{NBSP}%"],
        ["−50", f"−100{NBSP}%"],
        ["+30", "–"],
        ["0", f"0{NBSP}%"],
    ]


def test_variance_has_the_colour_of_its_meaning_besides_its_sign() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "revenue": [2.0, 1.0], "before": [1.0, 2.0]})
    soup = BeautifulSoup(html_table(frame, DE, "t", "Titel"), "html.parser")
    judged = {cell.get_text(): cell["class"][-1] for cell in soup.find_all("td") if cell["class"][-1] != "n"}
    assert judged == {"+1": "good", f"+100{NBSP}%": "good", "−1": "bad", f"−50{NBSP}%": "bad"}


def test_a_cell_names_its_row_and_the_head_its_columns() -> None:
    soup = BeautifulSoup(html_table(many(3), DE, "t", "Titel"), "html.parser")
    assert {cell["scope"] for cell in soup.thead.find_all("th")} == {"col"}
    assert [cell.get_text() for cell in soup.tbody.find_all("th", scope="row")] == ["x", "x", "x", "Summe"]


def test_others_are_not_summed_where_a_sum_says_nothing(sold: Sold) -> None:
    result = concentration(sold({str(at): float(at) for at in range(1, 9)}))
    rows = cells(report.table(result, EN, "accounts", most=5))
    last = dict(zip(rows[0], rows[-2], strict=True))
    assert last["Account"] == "Others (3)"
    assert (last["Rank by revenue"], last["Class"], last["Cumulative revenue"]) == ("", "", "")


@pytest.mark.parametrize("n", [29, 30])
def test_table_that_fits_has_no_others(n: int) -> None:
    rows = cells(html_table(many(n), DE, "t", "Titel", most=30))
    assert [row[1] for row in rows] == ["Kunde", *["x"] * n, "Summe"]


def test_rows_shown_and_summed_add_up(sold: Sold) -> None:
    result = concentration(sold({str(at): 1000.0 * at for at in range(1, 41)}))
    rows = cells(report.table(result, DE, "accounts", most=7))[1:]
    amounts = [int(row[2].replace(".", "")) for row in rows]
    assert amounts[-1] == sum(amounts[:-1]) == 820_000


def test_a_table_without_rows_is_not_there(sold: Sold) -> None:
    alone = concentration(sold({"1": 1.0}))
    assert report.table(alone, DE, "not_positive") == report.table(alone, DE, "changes") == ""
    result = concentration(sold({"1": 1.0}, before={"1": 1.0}))
    assert report.table(result, DE, "changes", only={"movement": ["rose", "fell"]}) == ""


def test_a_table_that_is_too_wide_can_be_scrolled_and_is_named() -> None:
    soup = BeautifulSoup(html_table(FRAME.assign(lines=1, sites=1), DE, "t", "Titel"), "html.parser")
    assert (soup.div["tabindex"], soup.div["aria-label"]) == ("0", "Titel")
    assert not BeautifulSoup(html_table(FRAME, DE, "t", "Titel"), "html.parser").div.attrs
    assert not soup.find_all("style")


def test_table_is_the_same_every_time() -> None:
    assert html_table(FRAME, DE, "t", "Titel") == html_table(FRAME, DE, "t", "Titel")


def test_basis_names_our_rules_in_words_and_the_users_as_they_are() -> None:
    assert "nach dem Stichtag" in report.rows_accounted_for(basis_of("after_as_of"), DE)
    assert "both_sheets" in report.rows_accounted_for(basis_of("both_sheets"), DE)


def test_basis_tells_of_unreadable_revenue() -> None:
    assert "In 3 Zeilen war der Umsatz nicht lesbar" in report.rows_accounted_for(basis_of("x"), DE)


# The frame


@pytest.fixture(scope="module", params=["de", "en"])
def frame(request: pytest.FixtureRequest) -> tuple[str, BeautifulSoup]:
    head = Head("Beispiel GmbH", "Konzentration", "Auswahl", date(2025, 12, 31), [Link("English", "x.en.html", "en")])
    content = framed("<h1>A</h1><h2>Eins</h2><p>x</p><h2>Zwei</h2>", head, Words(request.param))
    return request.param, BeautifulSoup(content, "html.parser")


def test_frame_speaks_its_language(frame: tuple[str, BeautifulSoup]) -> None:
    language, soup = frame
    assert soup.html.attrs["lang"] == language
    assert soup.find("a", hreflang="en").attrs["href"] == "x.en.html"


def test_frame_lets_nothing_in(frame: tuple[str, BeautifulSoup]) -> None:
    policy = frame[1].find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy.attrs["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not frame[1].find_all(["script", "link", "img", "iframe"])


def test_policy_stands_before_anything_it_governs(frame: tuple[str, BeautifulSoup]) -> None:
    names = [element.name for element in frame[1].head.find_all(True)]
    assert names.index("meta") < names.index("style")


def test_skip_link_leads_to_the_content(frame: tuple[str, BeautifulSoup]) -> None:
    first = frame[1].body.find("a")
    assert first.attrs == {"class": ["skip"], "href": "#main"}
    assert frame[1].find(id="main").name == "main"


def test_contents_list_leads_to_the_sections(frame: tuple[str, BeautifulSoup]) -> None:
    links = frame[1].nav.find_all("a")
    assert [link.get_text() for link in links] == ["Eins", "Zwei"]
    assert [frame[1].find(id=link.attrs["href"][1:]).get_text() for link in links] == ["Eins", "Zwei"]


@pytest.mark.parametrize(
    ("status", "german", "english"),
    [("draft", "Entwurf", "Draft"), ("reviewed", "Geprüft", "Reviewed"), ("released", "Freigegeben", "Released")],
)
def test_status_stands_on_the_page_and_in_its_title(status: str, german: str, english: str) -> None:
    for words, said in ((DE, german), (EN, english)):
        soup = BeautifulSoup(framed("<h1>x</h1>", Head("A", "B", "C", status=status), words), "html.parser")
        assert soup.title.get_text() == f"B – A ({said})"
        assert soup.header.find(class_="stamp").get_text() == said


# The code, for those who want it

SECRET = "/home/somebody/auftrag/engagement.yml"


def executed() -> Any:
    cells = [
        new_markdown_cell("# Frage?", metadata={"tags": ["lang-de"]}),
        new_code_cell('engagement: str = "demo"  # folder', metadata={"tags": ["parameters"]}),
        new_code_cell(f'engagement = "{SECRET}"', metadata={"tags": ["injected-parameters"]}),
        new_code_cell("study = kamlab.open(engagement, language)", metadata={"tags": ["setup"]}),
        new_code_cell(
            'study.show("</pre><script>alert(1)</script>")',
            outputs=[new_output("execute_result", {"text/html": "<p>gezeigt</p>"})],
        ),
    ]
    return new_notebook(cells=cells)


def test_code_is_left_out_unless_asked_for() -> None:
    soup = BeautifulSoup(exported(executed(), Head("A", "B", "C"), DE), "html.parser")
    assert not soup.find_all(["pre", "code", "details"])
    assert "gezeigt" in soup.main.get_text()


def test_code_is_folded_above_what_it_shows() -> None:
    soup = BeautifulSoup(exported(executed(), Head("A", "B", "C"), DE, code=True), "html.parser")
    folds = soup.find_all("details", class_="code")
    assert [fold.summary.get_text() for fold in folds] == ["Programmzeilen"] * 3
    assert [fold.pre.get_text().split("(")[0].strip() for fold in folds[1:]] == ["study = kamlab.open", "study.show"]
    assert folds[-1].find_next("p").get_text() == "gezeigt"
    assert not soup.find_all("script")
    assert soup.find("p", class_="asked")


def test_code_names_no_folder_of_this_machine() -> None:
    assert SECRET not in exported(executed(), Head("A", "B", "C"), DE, code=True).decode()


# Where the numbers come from


def closing(reports: Path, name: str) -> Any:
    """The section that closes a page."""
    return BeautifulSoup((reports / name).read_text(encoding="utf-8"), "html.parser").main.find("section", "provenance")


@pytest.mark.parametrize("language", ["de", "en"])
def test_pages_of_the_demo_name_their_parameters_and_lead_to_their_sources(demo_reports: Path, language: str) -> None:
    manifest = json.loads((demo_reports / "manifest.json").read_bytes())
    last = closing(demo_reports, f"21_concentration.{language}.html")
    assert [row[0] for row in cells(str(last.table))[1:]] == ["period", "cut_a", "cut_b"]
    assert cells(str(last.table))[2][1] == ("0,8" if language == "de" else "0.8")
    assert last.find_all("a")[-1]["href"] == f"01_data_readiness.{language}.html"
    assert not any(item["sha256"][:16] in last.get_text() for item in manifest["inputs"])


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_readiness_page_of_the_demo_names_files_and_versions(demo_reports: Path, language: str) -> None:
    manifest = json.loads((demo_reports / "manifest.json").read_bytes())
    run_ids = {status["notebook"]: status["run_id"] for status in manifest["notebooks"]}
    said = closing(demo_reports, f"01_data_readiness.{language}.html").get_text(" ")
    assert all(item["name"] in said and item["sha256"][:16] in said for item in manifest["inputs"])
    assert all(f"{library} {manifest['versions'][library]}" in said for library in ("kamlab", "pandas", "duckdb"))
    assert run_ids["01_data_readiness"] in said
    assert not re.search(r"\d\d:\d\d", said)


def test_rows_of_every_table_are_accounted_for(demo_reports: Path) -> None:
    manifest = json.loads((demo_reports / "manifest.json").read_bytes())
    soup = BeautifulSoup((demo_reports / "01_data_readiness.en.html").read_text(encoding="utf-8"), "html.parser")
    rows = cells(str(soup.main.find_all("table")[-1]))[1:]
    tallies = [
        [table["rows"][part] for part in ("read", "used", "left_out", "rejected")] for table in manifest["tables"]
    ]
    assert [[int(cell.replace(",", "")) for cell in row[1:]] for row in rows] == tallies


@pytest.mark.parametrize("notebook", discover(), ids=lambda notebook: notebook.name)
def test_every_parameter_has_its_meaning_in_both_languages(notebook: Notebook) -> None:
    own = [name for name in notebook.parameters if name not in OF_THE_RUN]
    assert [name for name in own if not (DE.knows(f"parameter.{name}") and EN.knows(f"parameter.{name}"))] == []


NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def pages_of(reports: Path) -> list[Path]:
    pages = sorted(reports.glob("*.html"))
    assert len(pages) > 10
    return pages


def test_pages_of_the_demo_hold_no_address(demo_reports: Path) -> None:
    for page in pages_of(demo_reports):
        assert set(re.findall(r"(?:https?|wss?|ftp):[^\"'\s<)]+", page.read_text(encoding="utf-8"))) <= NAMESPACES


def test_pages_of_the_demo_are_complete_html(demo_reports: Path) -> None:
    pages = sorted(demo_reports.glob("*.html"))
    done = [n for n in json.loads((demo_reports / "manifest.json").read_bytes())["notebooks"] if n["status"] == "done"]
    assert len(pages) == 2 * len(done) + 2  # and the index
    for page in pages:
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        ids = [element.attrs["id"] for element in soup.find_all(id=True)]
        assert len(set(ids)) == len(ids), page.name
        assert len(soup.find_all("h1")) == 1
        assert not soup.find_all(["script", "link", "iframe", "code", "pre"])
        assert {figure.svg.attrs["role"] for figure in soup.find_all("figure")} <= {"img"}
        assert page.stat().st_size < 300_000


def test_links_of_the_demo_lead_somewhere(demo_reports: Path) -> None:
    for page in pages_of(demo_reports):
        soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
        links = soup.find_all("a", href=True)
        assert links, page.name
        for link in links:
            name, _, anchor = link.attrs["href"].partition("#")
            assert (demo_reports / name).is_file() if name else soup.find(id=anchor), link


def test_pages_of_the_demo_show_no_code_and_no_placeholder(demo_reports: Path) -> None:
    for page in pages_of(demo_reports):
        shown = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").body.get_text(" ")
        assert not re.search(r"study\.show|kamlab\.open|\{\w+|\bnan\b|\bNone\b|\bTrue\b|Traceback|\$\\", shown)


# rejects.csv


class Rejected(BaseModel):
    file: str = "umsatz.csv"
    line: int = 3
    column: str = "Umsatz"
    value: str | None = "k.A."
    code: str = "KL-W104"
    revenue: Decimal | None = None


def rejected(**values: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(rejects_csv([Rejected(**values)]).decode("utf-8-sig")), delimiter=";"))


def test_rejects_begin_with_a_byte_order_mark_and_the_header() -> None:
    content = rejects_csv([])
    assert content.startswith(b"\xef\xbb\xbffile;line;column;value;code;revenue")
    assert ";".join(HEADER) == "file;line;column;value;code;revenue"


def test_rejects_write_what_was_there() -> None:
    assert rejected(revenue=Decimal("-1234.5600"))[1] == ["umsatz.csv", "3", "Umsatz", "k.A.", "KL-W104", "-1234,5600"]


def test_rejects_leave_unknown_revenue_empty() -> None:
    assert rejected(revenue=None, value=None)[1][3:] == ["", "KL-W104", ""]


FORMULAS = ["=cmd|' /C calc'!A0", "+1+2", "-2+3", "@SUM(A1)", "\tx", "\r=1", "=1", "-x", "+", "--5", "\n=1"]


@each("value", FORMULAS)
@each("field", ["file", "column", "value", "code"])
def test_rejects_defuse_formulas(field: str, value: str) -> None:
    row = dict(zip(HEADER, rejected(**{field: value})[1], strict=True))
    assert row[field] == "'" + value


@pytest.mark.parametrize("value", ["-12,50", "+7", "-1.234,00", "12", "0012", "1e5", "k.A."])
def test_rejects_leave_numbers_untouched(value: str) -> None:
    assert rejected(value=value)[1][3] == value


@pytest.mark.parametrize("value", ['a;b"c', "eins\nzwei", "'schon da", "Müller €"])
def test_rejects_keep_every_character(value: str) -> None:
    assert rejected(value=value)[1][3] == value
