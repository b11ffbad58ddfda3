"""Figures: data cannot break them, the bytes are always the same, no label lies on another."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from kamlab.facts.sales import Sales
from kamlab.figures import (
    Drawing,
    account_months,
    account_product_groups,
    concentration_curve,
    largest_accounts,
    ledger_months,
    to_svg,
)
from kamlab.figures.theme import canvas
from kamlab.results import Result, from_folder
from kamlab.selection import concentration
from kamlab.text import Words

Sold = Callable[..., Sales]
Draw = Callable[[Result, Words], Any]

SVG = "{http://www.w3.org/2000/svg}"
DE, EN = Words("de"), Words("en")
HOSTILE = {
    "mathtext": "$x$ und \\frac{1}{2}",
    "broken mathtext": "$\\undefined{",
    "lone dollar": "US$ Corp",
    "escaped dollar": "a\\$b$",
    "hidden": "_leading",
    "long": "Vereinigte Werkzeugmaschinenfabriken " * 20,
    "newline": "eins\nzwei\r\ndrei\tvier",
    "markup": "<b>fett</b> & <script>alert(1)</script>",
    "comment": "--><script>alert(1)</script><!--",
    "cdata": "]]>\"'",
    "rtl": "שלום \u202eevil",
    "emoji": "🦄 GmbH",
    "control": "a\x00b\x1bc\x7f",
    "c1": "a\x85b\u2028c\ufffe",
    "empty": "",
    "number": "1e5",
}
both_figures = pytest.mark.parametrize("draw", [largest_accounts, concentration_curve], ids=lambda draw: draw.__name__)


def named(amounts: list[float]) -> dict[str, float]:
    return {f"{at:05d}": amount for at, amount in enumerate(amounts)}


def svg_of(draw: Draw, result: Result, words: Words = DE) -> str:
    drawing = draw(result, words)
    return to_svg(drawing, words(f"figure.{drawing.name}.alt", **drawing.values))


def texts_of(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


# Hostile names


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_name_draws_and_is_only_text(sold: Sold, name: str) -> None:
    result = concentration(sold({"1": 5.0, "2": 3.0}, names={"1": name, "2": name}))
    svg = svg_of(largest_accounts, result)
    root = ET.fromstring(svg)
    assert not {element.tag.removeprefix(SVG) for element in root.iter()} & {
        "script",
        "b",
        "a",
        "image",
        "foreignObject",
    }
    assert not [key for element in root.iter() for key in element.attrib if key.lower().startswith("on")]
    assert not re.search(r"<!--(?!\s*(\w|$))", svg)


@pytest.mark.parametrize("key", ["mathtext", "lone dollar", "escaped dollar", "hidden", "markup", "emoji", "number"])
def test_hostile_name_appears_as_it_is(sold: Sold, key: str) -> None:
    result = concentration(sold({"1": 5.0}, names={"1": HOSTILE[key]}))
    assert HOSTILE[key] in texts_of(svg_of(largest_accounts, result))


def test_long_name_is_cut_with_a_mark(sold: Sold) -> None:
    result = concentration(sold({"1": 5.0}, names={"1": HOSTILE["long"]}))
    cut = next(text for text in texts_of(svg_of(largest_accounts, result)) if text.startswith("Vereinigte"))
    assert len(cut) <= 42
    assert cut.endswith("…")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_alternative_text_is_escaped(sold: Sold, name: str) -> None:
    drawing = largest_accounts(concentration(sold({"1": 5.0})), DE)
    ET.fromstring(to_svg(drawing, f'" onload="alert(1) {name}'))


# One SVG among others


@both_figures
def test_svg_is_the_same_every_time(sold: Sold, draw: Draw) -> None:
    result = concentration(sold(named([9.0, 5, 3, 2, 1, 1, 1]), before=named([8.0, 6])))
    assert svg_of(draw, result) == svg_of(draw, result)


@both_figures
def test_svg_has_a_role_and_an_alternative_text(sold: Sold, draw: Draw) -> None:
    root = ET.fromstring(svg_of(draw, concentration(sold(named([9.0, 5, 3, 2, 1])))))
    assert root.attrib["role"] == "img"
    assert len(root.attrib["aria-label"]) > 20


def ids_of(svg: str) -> list[str]:
    return [element.attrib["id"] for element in ET.fromstring(svg).iter() if "id" in element.attrib]


def test_two_figures_never_share_an_id(sold: Sold) -> None:
    result = concentration(sold(named([9.0, 5, 3, 2, 1, 1, 1]), before=named([8.0, 6])))
    ids = [*ids_of(svg_of(largest_accounts, result)), *ids_of(svg_of(concentration_curve, result))]
    assert ids
    assert len(set(ids)) == len(ids)


@both_figures
def test_references_lead_to_the_figures_own_ids(sold: Sold, draw: Draw) -> None:
    svg = svg_of(draw, concentration(sold(named([9.0, 5, 3, 2, 1, 1, 1]), before=named([8.0, 6]))))
    referred = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg))
    assert {one or other for one, other in referred} <= set(ids_of(svg))


@both_figures
def test_svg_names_no_time_no_tool_and_no_address(sold: Sold, draw: Draw) -> None:
    svg = svg_of(draw, concentration(sold(named([9.0, 5]))))
    assert "metadata" not in svg
    assert set(re.findall(r'https?://[^"]+', svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


# Labels: none on another, none outside the picture


def misplaced(drawing: Drawing, slack: float = 1.0) -> list[str]:
    """Texts that lie on another or leave the picture."""
    figure: Any = drawing.axes.get_figure()
    agg = FigureCanvasAgg(figure)
    agg.draw()
    shown = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t.axes is not None]
    boxes = [(text.get_text(), Text.get_window_extent(text, agg.get_renderer())) for text in shown]
    page = figure.bbox.padded(slack)
    found = [
        f"{text!r} leaves the picture"
        for text, box in boxes
        if Bbox.union([page, box]).extents.tolist() != page.extents.tolist()
    ]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        shared = Bbox.intersection(first, second)
        if shared is not None and shared.width > slack and shared.height > slack:
            found.append(f"{one!r} lies on {other!r}")
    return found


def test_misplaced_labels_are_seen() -> None:
    with canvas(3) as axes:
        axes.text(0.5, 0.5, "eins")
        axes.text(0.51, 0.5, "zwei")
        axes.figure.set_layout_engine("none")
        axes.text(1.2, 0.5, "draußen")
    assert misplaced(Drawing("x", axes, pd.DataFrame())) == ["'draußen' leaves the picture", "'eins' lies on 'zwei'"]


REALISTIC = {"00000": "VEREINIGTE WERKZEUGMASCHINENFABRIKEN GMBH", "00001": "Grönried Verpackungstechnik GmbH & Co. KG"}
PARETO = [1e6 / (at + 1) for at in range(5000)]
LEDGERS: dict[str, tuple[list[float], list[float] | None]] = {
    "one": ([5.0], None),
    "two": ([5.0, 3.0], None),
    "two before": ([5.0, 3.0], [4.0, 3.0]),
    "five": ([5.0, 4, 3, 2, 1], [5.0, 4, 3, 2, 1]),
    "twelve": ([float(12 - at) * 1e5 for at in range(12)], [float(12 - at) * 9e4 for at in range(12)]),
    "twelve equal": ([7.0] * 12, [7.0] * 12),
    "pareto": (PARETO, [value * 1.1 for value in PARETO]),
    "thousands equal": ([7.0] * 5000, None),
    "one dwarfs": ([1e9, *[1.0] * 40], [9e8, *[1.0] * 40]),
    "huge": ([9.87e12 / (at + 1) for at in range(30)], [1.23e12 / (at + 1) for at in range(30)]),
    "tiny": ([0.0123 / (at + 1) for at in range(30)], [0.01 / (at + 1) for at in range(30)]),
    "fell": ([100.0 / (at + 1) for at in range(12)], [9e4 / (at + 1) for at in range(12)]),
    "first fell": ([100.0, 90, 80], [9e4, 90, 80]),
    "rose": ([9e6 / (at + 1) for at in range(12)], [1.0] * 12),
    "all new": ([9e6 / (at + 1) for at in range(12)], []),
    "steep": ([100.0 * 0.7**at for at in range(60)], None),
    "flat": ([100.0 - at for at in range(60)], None),
    "curved": ([100.0 * 0.97**at for at in range(60)], None),
}


@pytest.mark.parametrize(("now", "before"), LEDGERS.values(), ids=LEDGERS)
@both_figures
def test_labels_do_not_overlap(sold: Sold, draw: Draw, now: list[float], before: list[float] | None) -> None:
    earlier = None if before is None else named(before)
    result = concentration(sold(named(now), before=earlier, names=REALISTIC))
    assert not misplaced(draw(result, DE))


@pytest.mark.parametrize("exponent", [0.3, 0.8, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("n", [5, 8, 40, 162])
def test_marks_of_the_curve_do_not_overlap(sold: Sold, n: int, exponent: float) -> None:
    result = concentration(sold(named([1e6 / (at + 1) ** exponent for at in range(n)])))
    drawing = concentration_curve(result, DE)
    assert not misplaced(drawing)


@pytest.mark.parametrize("language", ["de", "en"])
def test_labels_of_the_demo_do_not_overlap(demo_reports: Path, language: str) -> None:
    words = Words(language)  # type: ignore[arg-type]
    result = from_folder(demo_reports / "results" / "concentration")
    for draw in (largest_accounts, concentration_curve):
        drawing = draw(result, words)
        assert not misplaced(drawing)


def months(first: str, count: int, revenue: float) -> Result:
    starts = pd.period_range(first, periods=count, freq="M").to_timestamp()
    frame = pd.DataFrame({"month": starts, "lines": 1, "revenue": revenue, "complete": True})
    frame.loc[frame.index[-1], "complete"] = False
    return Result("data_readiness", None, "EUR", basis=None, tables={"months": frame})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "revenue"),
    [(1, 0.0), (1, 3e6), (2, -5.0), (2, 0.004), (13, 999.0), (13, 1e5), (48, 3e6), (48, 9e12), (240, 1e5)],
)
def test_labels_of_the_months_do_not_overlap(count: int, revenue: float) -> None:
    drawing = ledger_months(months("2005-11", count, revenue), EN)
    assert not misplaced(drawing)


def of_account(revenue: list[float], before: list[float] | None) -> Result:
    """An account with as many months as product groups."""
    starts = pd.period_range("2025-01", periods=len(revenue), freq="M").to_timestamp()
    frame = pd.DataFrame({"revenue": revenue, "before": float("nan") if before is None else before})
    groups = frame.assign(product_group=[f"{at:02d} {REALISTIC['00001']}" for at in range(len(revenue))])
    tables = {"months": frame.assign(month=starts, complete=True)}
    tables["product_groups"] = groups.drop(columns="before") if before is None else groups
    return Result("account_dossier", None, "EUR", basis=None, tables=tables)  # type: ignore[arg-type]


@pytest.mark.parametrize("before", [None, 1.1, -0.5, 0.0])
@pytest.mark.parametrize("size", [0.004, 7.0, 1e4, 999_499.0, 9.87e12])
@pytest.mark.parametrize("count", [2, 7, 12])
@pytest.mark.parametrize("draw", [account_months, account_product_groups])
def test_labels_of_an_account_do_not_overlap(draw: Draw, count: int, size: float, before: float | None) -> None:
    revenue = [size * (at + 1) * (-1) ** (at // 3) for at in range(count)]
    drawing = draw(of_account(revenue, None if before is None else [value * before for value in revenue]), DE)
    assert not misplaced(drawing)


def test_months_of_the_demo(demo_reports: Path) -> None:
    result = from_folder(demo_reports / "results" / "data_readiness")
    drawing = ledger_months(result, DE)
    assert not misplaced(drawing)
    assert drawing.values["count"] == 48


@both_figures
def test_without_positive_revenue_there_is_no_figure(sold: Sold, draw: Draw) -> None:
    assert draw(concentration(sold({"1": -5.0}, before={"1": 4.0})), DE) is None


# Numbers behind a figure


def test_largest_accounts_shows_twelve_at_most(sold: Sold) -> None:
    assert len(largest_accounts(concentration(sold(named(PARETO[:100]))), DE).numbers) == 12


def test_change_is_that_of_the_account(sold: Sold) -> None:
    svg = svg_of(largest_accounts, concentration(sold({"1": 120.0, "2": 30.0}, before={"1": 100.0, "2": 60.0})))
    texts = " ".join(texts_of(svg))
    assert "+20\N{NO-BREAK SPACE}%" in texts
    assert "−50\N{NO-BREAK SPACE}%" in texts


def test_curve_ends_at_everything(sold: Sold) -> None:
    numbers = concentration_curve(concentration(sold(named(PARETO))), DE).numbers
    last = numbers.iloc[-1]
    assert (last["accounts"], last["share_of_accounts"]) == (5000, 1)
    assert last["share"] == pytest.approx(1)


def test_curve_of_many_accounts_stays_small(sold: Sold) -> None:
    assert len(svg_of(concentration_curve, concentration(sold(named(PARETO))))) < 40_000
