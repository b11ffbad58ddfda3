"""Figures: data cannot break them, the bytes are always the same, no label lies on another."""

from __future__ import annotations

import io
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hostile import HOSTILE
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from kamlab import figures
from kamlab.design import COLOURS, GROUNDS, MARKS, PRINTED, TEXT, custom_properties
from kamlab.engagement import Engagement
from kamlab.facts import prepare
from kamlab.facts.sales import Sales
from kamlab.figures import (
    NARROW,
    WIDE,
    Drawing,
    account_months,
    account_product_groups,
    concentration_curve,
    largest_accounts,
    ledger_bridge,
    ledger_months,
    to_file,
    to_png,
    to_svg,
)
from kamlab.figures.theme import SCENARIOS, TALLEST, canvas, sheet
from kamlab.report.blocks import captions
from kamlab.results import Basis, Period, Result, RevenueTally, RowTally, from_folder
from kamlab.selection import concentration
from kamlab.study import Order, Study
from kamlab.text import Words

Sold = Callable[..., Sales]
Draw = Callable[..., Any]

SVG = "{http://www.w3.org/2000/svg}"
DE, EN = Words("de"), Words("en")
both_sizes = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
both_figures = pytest.mark.parametrize("draw", [largest_accounts, concentration_curve], ids=lambda draw: draw.__name__)


def named(amounts: list[float]) -> dict[str, float]:
    return {f"{at:05d}": amount for at, amount in enumerate(amounts)}


def svg_of(draw: Draw, result: Result, words: Words = DE) -> str:
    drawing = draw(result, words)
    return to_svg(drawing, words(f"figure.{drawing.name}.alt", **drawing.values))


def texts_of(svg: str) -> list[str]:
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


# Hostile names


def nothing_live(svg: str | bytes) -> ET.Element:
    """Parse; there is no element, attribute or reference that a drawing does not have."""
    root = ET.fromstring(svg)
    drawn = {"svg", "g", "defs", "style", "path", "text", "tspan", "use", "clipPath", "rect", "pattern", "title"}
    assert {element.tag for element in root.iter()} <= {SVG + name for name in drawn}
    for element in root.iter():
        assert not [key for key in element.attrib if key.lower().startswith("on")], element.attrib
        assert all(value.startswith("#") for key, value in element.attrib.items() if key.endswith("href"))
    return root


@both_sizes
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_name_draws_and_is_only_text(sold: Sold, name: str, size: float) -> None:
    result = concentration(sold({"1": 5.0, "2": 3.0}, before={"1": 4.0}, names={"1": name, "2": name}))
    drawing = largest_accounts(result, DE, size)
    svg = to_svg(drawing, f'" onload="alert(1) {name}')
    root = nothing_live(svg)
    assert f'" onload="alert(1) {name[:1]}'.strip() in root.attrib["aria-label"]
    assert not re.search(r"<!--(?!\s*(\w|$))", svg)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_in_a_figure_file_are_only_text(sold: Sold, name: str) -> None:
    drawing = largest_accounts(concentration(sold({"1": 5.0}, names={"1": name})), DE)
    root = nothing_live(to_file(drawing, name, name, name))
    words_shown = "".join("".join(text.itertext()) for text in root.iter(f"{SVG}text")).replace(" ", "")
    first = re.split(r"[^ -~À-ÿ]", name)[0].replace(" ", "")
    assert words_shown.count(first[:20]) >= 3  # title, measure, source


@pytest.mark.parametrize("key", ["mathtext", "hidden label", "script", "formula", "folder"])
def test_hostile_name_appears_as_it_is(sold: Sold, key: str) -> None:
    result = concentration(sold({"1": 5.0}, names={"1": HOSTILE[key]}))
    shown = texts_of(svg_of(largest_accounts, result))
    assert any(HOSTILE[key].startswith(text.removesuffix("…")) for text in shown if len(text) > 7)


def test_name_with_a_lone_dollar_appears_as_it_is(sold: Sold) -> None:
    result = concentration(sold({"1": 5.0, "2": 4.0}, names={"1": "US$ Corp", "2": "a\\$b$"}))
    assert {"US$ Corp", "a\\$b$"} <= set(texts_of(svg_of(largest_accounts, result)))


def test_long_name_is_cut_with_a_mark(sold: Sold) -> None:
    result = concentration(sold({"1": 5.0}, names={"1": HOSTILE["long"]}))
    cut = next(text for text in texts_of(svg_of(largest_accounts, result)) if text.startswith("Vereinigte"))
    assert len(cut) <= 42
    assert cut.endswith("…")


# The design system


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


THEMES = {
    "light": {name: pair[0] for name, pair in COLOURS.items()},
    "dark": {name: pair[1] for name, pair in COLOURS.items()},
    "print": {name: pair[0] for name, pair in COLOURS.items()} | PRINTED,
}


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_and_marks_stand_out_from_their_ground(theme: dict[str, str], ground: str) -> None:
    faint = {name: contrast(theme[name], theme[ground]) for name in TEXT}
    assert {name: value for name, value in faint.items() if value < 4.5} == {}
    assert [name for name in MARKS if contrast(theme[name], theme[ground]) < 3] == []


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_good_and_bad_differ_for_eyes_that_see_no_red_or_green(theme: dict[str, str]) -> None:
    good, bad = (int(theme[name][5:7], 16) - int(theme[name][1:3], 16) for name in ("good", "bad"))
    assert good > 80 > -60 > bad  # blue against orange: blue minus red has another sign


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_nothing_but_bad_is_orange_and_nothing_but_good_is_blue(theme: dict[str, str]) -> None:
    """Colours of a figure are these two, a second hue, or so pale that they have none."""
    for name in sorted({"ink", "muted", "rule", "accent", "main", "pale", "edge"}):
        red, green, blue = (int(theme[name][at : at + 2], 16) for at in (1, 3, 5))
        is_grey = max(red, green, blue) - min(red, green, blue) < 60
        assert is_grey or (min(red, blue) > green and abs(red - blue) < 60), name


def test_a_colour_of_a_figure_leads_back_to_its_name() -> None:
    days = [pair[0] for pair in COLOURS.values()]
    assert len(set(days)) == len(days)


def test_scenarios_differ_by_fill_or_outline() -> None:
    looks = {name: (s["facecolor"], s.get("hatch"), s.get("linestyle")) for name, s in SCENARIOS.items()}
    assert len(set(looks.values())) == len(SCENARIOS)
    assert SCENARIOS["actual"]["facecolor"] == COLOURS["main"][0]
    assert SCENARIOS["plan"]["facecolor"] == SCENARIOS["forecast"]["facecolor"] == COLOURS["paper"][0]
    assert all(s["edgecolor"] in {COLOURS[name][0] for name in MARKS} for s in SCENARIOS.values())


@pytest.mark.parametrize("draw", [largest_accounts, concentration_curve], ids=lambda draw: draw.__name__)
def test_every_colour_of_a_figure_follows_the_theme(sold: Sold, draw: Draw) -> None:
    svg = svg_of(draw, concentration(sold(named([9.0, 5, 3, 2, 1, 1, 1]), before=named([8.0, 6]))))
    used = re.findall(r"var\(--(\w+), (#\w{6})\)", svg)
    assert {(name, COLOURS[name][0]) for name, _ in used} == set(used)
    assert not re.findall(r"(?<!, )#[0-9a-f]{6}\b", re.sub(r'(id|href)="[^"]*"|url\([^)]*\)', "", svg))
    assert all(f"--{name}: " in custom_properties() for name, _ in used)


def test_hatched_forecast_follows_the_theme() -> None:
    with sheet(1) as axes:
        axes.bar([1], [1], **SCENARIOS["forecast"])
    svg = to_svg(Drawing("x", axes, pd.DataFrame()), "x")
    assert "<pattern" in svg
    assert 'fill="#' not in svg


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
def test_wide_and_narrow_never_share_an_id(sold: Sold, draw: Draw) -> None:
    drawing = draw(concentration(sold(named([9.0, 5, 3, 2, 1, 1, 1]), before=named([8.0, 6]))), DE)
    ids = [*ids_of(to_svg(drawing, "x", "wide")), *ids_of(to_svg(drawing, "x", "narrow"))]
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
@both_sizes
def test_labels_do_not_overlap(
    sold: Sold, draw: Draw, size: float, now: list[float], before: list[float] | None
) -> None:
    earlier = None if before is None else named(before)
    result = concentration(sold(named(now), before=earlier, names=REALISTIC))
    assert not misplaced(draw(result, DE, size))


@pytest.mark.parametrize("exponent", [0.3, 0.8, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("n", [5, 8, 40, 162])
@both_sizes
def test_marks_of_the_curve_do_not_overlap(sold: Sold, n: int, exponent: float, size: float) -> None:
    result = concentration(sold(named([1e6 / (at + 1) ** exponent for at in range(n)])))
    assert not misplaced(concentration_curve(result, DE, size))


def over_marks(drawing: Drawing) -> list[str]:
    """Names of a portfolio that lie on a circle of their own or of another."""
    figure: Any = drawing.axes.get_figure()
    agg = FigureCanvasAgg(figure)
    agg.draw()
    circles = [
        Bbox.from_bounds(*(place - radius), 2 * radius, 2 * radius)
        for drawn in drawing.axes.collections
        if not drawn.get_array() and len(drawn.get_offsets()) == len(drawn.get_sizes())
        for place, radius in zip(
            drawn.get_offset_transform().transform(drawn.get_offsets()),
            (drawn.get_sizes() / 3.1416) ** 0.5 * figure.dpi / 72,
            strict=True,
        )
    ]
    boxes = [(text.get_text(), Text.get_window_extent(text, agg.get_renderer())) for text in drawing.axes.texts]
    return [name for name, box in boxes for circle in circles if name and box.padded(-2).overlaps(circle)]


# Every figure of the package, and the page it stands on.
DRAWN = {
    "ledger_bridge": "data_readiness",
    "ledger_months": "data_readiness",
    "charter_rules": "charter",
    "goal_cascade": "kam_goals",
    "goal_progress": "kam_goals",
    "largest_accounts": "concentration",
    "concentration_curve": "concentration",
    "scoring_ranks": "scoring",
    "criteria_weights": "scoring",
    "variant_ranks": "scoring",
    "account_portfolio": "portfolio",
    "coverage_models": "portfolio",
    "value_parts": "customer_value",
    "choices_by_procedure": "target_accounts",
}
ELSEWHERE = {"account_months", "account_product_groups", "repeat_orders"}  # of a dossier; of a ledger without contracts


def drawings(reports: Path, words: Words, size: float) -> dict[str, Drawing]:
    """Draw every figure of the pages of the demo."""
    results = {name: from_folder(reports / "results" / name) for name in set(DRAWN.values())}
    return {name: getattr(figures, name)(results[page], words, size=size) for name, page in DRAWN.items()}


def test_every_figure_is_looked_at() -> None:
    named = {name for name in figures.__all__ if name.islower() and not name.startswith("to_")}
    assert named == {*DRAWN, *ELSEWHERE}


@both_sizes
@pytest.mark.parametrize("language", ["de", "en"])
def test_labels_of_every_figure_are_whole_and_lie_on_nothing(demo_reports: Path, language: str, size: float) -> None:
    """On a page no name is shortened, and printed, where the width of a sheet shrinks it, none is taller than half."""
    found = {}
    for name, drawing in drawings(demo_reports, Words(language), size).items():  # type: ignore[arg-type]
        height = drawing.axes.get_figure().get_size_inches()[1]  # type: ignore[union-attr]
        texts = [text.get_text() for text in drawing.axes.texts]
        cut = [text for text in texts if text.endswith("…") and size == WIDE]
        missing = [one for one in drawing.meant if not any(one in text or "…" in text for text in texts)]
        tall = [f"{height:.1f} inches"] if size == WIDE and height > TALLEST else []
        wrong = [*misplaced(drawing), *over_marks(drawing), *cut, *missing, *tall]
        found |= {name: wrong} if wrong else {}
    assert found == {}


def test_type_of_a_figure_stays_readable_in_print(demo_reports: Path) -> None:
    """A sheet has 178 mm across: that is what a figure is shrunk to, and no further."""
    for name, drawing in drawings(demo_reports, DE, WIDE).items():
        sizes = re.findall(r"font(?:-size)?: (?:bold )?([\d.]+)px", drawing.svg)
        assert sizes, name
        assert min(map(float, sizes)) * 178 / 25.4 / WIDE >= 6.5, name


def test_colours_keep_their_meaning(demo_reports: Path) -> None:
    """The fill of the previous year stands only where it is named, and every colour is one of the design."""
    for name, drawing in drawings(demo_reports, DE, WIDE).items():
        svg = to_svg(drawing, "x")
        used = set(re.findall(r"var\(--(\w+), #\w{6}\)", svg))
        assert used <= set(COLOURS), name
        assert ("pale" in used) == ("Vorjahr" in texts_of(svg)), name


def test_who_a_title_speaks_of_is_named_for_all(demo_reports: Path) -> None:
    results = from_folder(demo_reports / "results" / "charter")
    said = captions(figures.charter_rules(results, DE), results, DE)
    accounts = results.tables["accounts"]
    failing = accounts.loc[accounts["is_key_account"] & accounts["fits"].eq(other=False).fillna(value=False), "name"]
    assert len(failing) == 7
    assert all(name in said.alternative for name in failing)
    assert said.source == "Quelle: Faktura, Einstellungen und Bewertungsbögen, Stand 31.12.2025."


@both_sizes
def test_thousands_of_accounts_are_density_with_the_named_ones_on_top(size: float) -> None:
    drawing = figures.account_portfolio(crowded(5878), EN, size)
    assert len(to_svg(drawing, "x")) < 100_000
    assert not misplaced(drawing)
    assert not over_marks(drawing)
    named = {text.get_text().split("  ")[-1] for text in drawing.axes.texts}
    assert {name for name in drawing.meant if name.startswith("Account")} <= named


def crowded(count: int) -> Result:
    """A portfolio of so many accounts, most of them small."""
    across, up = (np.modf(np.arange(count) * step)[0] for step in (0.7548776662, 0.5698402910))
    names = ["build", "develop", "rationalise", "maintain"]
    frame = pd.DataFrame({"account_id": np.arange(count).astype(str), "own_position": across, "attractiveness": up})
    frame["name"] = "Account " + frame["account_id"]
    frame["quadrant"] = np.array(names)[(across > 0.5) + 2 * (up <= 0.5)]
    frame["revenue"], frame["is_key_account"] = 1e6 / (1 + np.arange(count)), np.arange(count) % 7 == 0
    return Result("portfolio", None, "EUR", None, tables={"accounts": frame}, parameters={"line": 0.5})  # type: ignore[arg-type]


def months(first: str, count: int, revenue: float) -> Result:
    starts = pd.period_range(first, periods=count, freq="M").to_timestamp()
    frame = pd.DataFrame({"month": starts, "lines": 1, "revenue": revenue, "complete": True})
    frame.loc[frame.index[-1], "complete"] = False
    return Result("data_readiness", None, "EUR", basis=None, tables={"months": frame})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "revenue"),
    [(1, 0.0), (1, 3e6), (2, -5.0), (2, 0.004), (13, 999.0), (13, 1e5), (48, 3e6), (48, 9e12), (240, 1e5)],
)
@both_sizes
def test_labels_of_the_months_do_not_overlap(count: int, revenue: float, size: float) -> None:
    assert not misplaced(ledger_months(months("2005-11", count, revenue), EN, size))


@both_sizes
@pytest.mark.parametrize(
    "amounts",
    [
        [5e7, -3e6, -2e3, 47e6 - 998e3, 46e6],
        [100.0, -20, -30, 0, 50],
        [1e6, 2e5, -1.5e6, 1e5, -2e5],
        [9e12, -0.01, -8e12, 5, 1e12],
        [0.0, 0, 0, 0, 0],
    ],
)
def test_labels_of_the_bridge_do_not_overlap(amounts: list[float], size: float) -> None:
    steps = ["ledger", "left_out", "rejected", "unexplained", "here"]
    reasons = ["", "Lieferungen an verbundene Unternehmen im Ausland", "", "", ""]
    frame = pd.DataFrame({"step": steps, "reason": reasons, "amount": amounts, "rows": 1})
    frame = frame.assign(period="2025", measure="revenue", source="GuV")
    numbers = {
        "ledger_period": "2025",
        "ledger_total": amounts[0],
        "ledger_here": amounts[-1],
        "ledger_unexplained": 1.0,
    }
    result = Result("data_readiness", None, "EUR", None, key_numbers=numbers, tables={"bridge": frame})  # type: ignore[arg-type]
    assert not misplaced(ledger_bridge(result, DE, size))


def of_account(revenue: list[float], before: list[float] | None) -> Result:
    """An account with as many months as product groups."""
    starts = pd.period_range("2025-01", periods=len(revenue), freq="M").to_timestamp()
    frame = pd.DataFrame({"revenue": revenue, "before": float("nan") if before is None else before})
    groups = frame.assign(
        product_group=[f"{at:02d} {REALISTIC['00001']}" for at in range(len(revenue))], line_kind=None
    )
    tables = {"accounts": pd.DataFrame({"name": ["A"]}), "months": frame.assign(month=starts, complete=True)}
    tables["product_groups"] = groups.drop(columns="before") if before is None else groups
    basis = Basis(
        period=Period(start=date(2025, 1, 1), end=date(2025, 12, 31)),
        rows=RowTally(read=0, used=0, left_out=0, rejected=0),
        revenue=RevenueTally(read=Decimal(0), used=Decimal(0), left_out=Decimal(0), rejected=Decimal(0)),
    )
    return Result("account_dossier", None, "EUR", basis, tables=tables)


@pytest.mark.parametrize("before", [None, 1.1, 1e-6, -0.5, 0.0])
@pytest.mark.parametrize("amount", [0.004, 7.0, 999_499.0, 9.87e12])
@pytest.mark.parametrize("count", [2, 13])
@pytest.mark.parametrize("draw", [account_months, account_product_groups])
@both_sizes
def test_labels_of_an_account_do_not_overlap(
    draw: Draw, count: int, amount: float, before: float | None, size: float
) -> None:
    revenue = [amount * (at + 1) * (-1) ** (at // 3) for at in range(count)]
    drawing = draw(of_account(revenue, None if before is None else [value * before for value in revenue]), DE, size)
    assert not misplaced(drawing)


@both_sizes
def test_an_incomplete_month_is_dotted_and_compared_with_nothing(size: float) -> None:
    result = of_account([9.0, 8, 7, 3], [8.0, 8, 8, float("nan")])
    result.tables["months"].loc[3, "complete"] = False
    drawing = account_months(result, DE, size)
    svg = to_svg(drawing, "x")
    assert "unvollständig" in texts_of(svg)
    assert not misplaced(drawing)
    assert svg.count("stroke-dasharray") == 2  # the month and its sample
    assert drawing.values["months"] == 3
    assert len([text for text in texts_of(svg) if "%" in text and text != "in %"]) == 3


def test_variance_of_a_month_is_shown_absolute_and_in_per_cent() -> None:
    svg = to_svg(account_months(of_account([120.0, 30.0], [100.0, 60.0]), DE), "x")
    assert {"+20", "+20\N{NO-BREAK SPACE}%", "−30", "−50\N{NO-BREAK SPACE}%"} <= set(texts_of(svg))


@both_sizes
def test_a_negative_amount_lies_on_the_other_side_of_zero(size: float) -> None:
    drawing = account_product_groups(of_account([5.0, -4.0], None), DE, size)
    drawn = [patch for patch in drawing.axes.patches if patch.get_facecolor() != (0, 0, 0, 0)]
    first, second = (patch.get_extents().x0 for patch in drawn)
    assert second < first


def test_months_of_the_demo(demo_reports: Path) -> None:
    result = from_folder(demo_reports / "results" / "data_readiness")
    drawing = ledger_months(result, DE)
    assert not misplaced(drawing)
    assert drawing.values["count"] == 48


@both_figures
def test_without_positive_revenue_there_is_no_figure(sold: Sold, draw: Draw) -> None:
    assert draw(concentration(sold({"1": -5.0}, before={"1": 4.0})), DE) is None


# A figure for slides


def test_figure_file_carries_title_measure_and_source_on_white(sold: Sold) -> None:
    drawing = largest_accounts(concentration(sold(named([9.0, 5]))), DE)
    picture = to_file(drawing, "Der Titel", "Umsatz in €", "Quelle")
    root = nothing_live(picture)
    assert picture.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    shown = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert shown[:2] == ["Der Titel", "Umsatz in €"]
    assert shown[-1] == "Quelle"
    assert root.find(f"{SVG}rect").attrib["style"] == "fill: #ffffff"
    assert b"var(" not in picture
    assert picture == to_file(
        largest_accounts(concentration(sold(named([9.0, 5]))), DE), "Der Titel", "Umsatz in €", "Quelle"
    )


def test_picture_of_a_figure_has_twice_the_size_and_the_same_bytes(sold: Sold) -> None:
    drawing = largest_accounts(concentration(sold(named([9.0, 5]))), DE)
    pictures = [to_png(drawing, "Der Titel", "Umsatz in €", "Quelle") for _ in range(2)]
    assert pictures[0] == pictures[1]
    wide, _ = Image.open(io.BytesIO(pictures[0])).size
    assert wide == round(2 * 96 / 72 * (72 * WIDE + 24))


def test_long_title_of_a_figure_file_is_broken_into_lines(sold: Sold) -> None:
    drawing = largest_accounts(concentration(sold(named([9.0, 5]))), DE)
    heights = [
        float(ET.fromstring(to_file(drawing, t, "x", "y")).attrib["viewBox"].split()[3]) for t in ("a", "ab " * 60)
    ]
    assert heights[1] > heights[0] + 15


def handed_over(engagement: Engagement, outbox: Path, language: str) -> dict[str, bytes]:
    """Show a figure as a notebook of a run does; what the run finds in its outbox."""
    order = Order(assignments=(), facts=str(prepare(engagement).folder), results=(), outbox=str(outbox))
    study = Study(engagement, language, order)  # type: ignore[arg-type]
    result = concentration(study.sales())
    study.show(largest_accounts, result)
    study.show(concentration_curve, result)
    return {file.name: file.read_bytes() for file in (outbox / "figures").iterdir()}


def test_figures_are_handed_to_the_run_with_source_and_status(
    opened: Callable[..., Engagement], tmp_path: Path
) -> None:
    found = handed_over(opened(), tmp_path / "de", "de")
    assert set(found) == {
        f"concentration.{name}.de.{ending}"
        for name in ("largest_accounts", "concentration_curve")
        for ending in ("svg", "png")
    }
    for picture in (picture for name, picture in found.items() if name.endswith("svg")):
        source = ["".join(text.itertext()) for text in nothing_live(picture).iter(f"{SVG}text")][-1]
        assert source == "Beispiel GmbH · Quelle: Faktura, Stand 15.03.2025. · Entwurf"
    assert found == handed_over(opened(), tmp_path / "again", "de")


def test_figure_for_slides_bears_the_status_of_the_settings(opened: Callable[..., Engagement], tmp_path: Path) -> None:
    found = handed_over(opened("status=released"), tmp_path, "en")
    assert "· Released" in found["concentration.largest_accounts.en.svg"].decode()


# Numbers behind a figure


def test_largest_accounts_shows_twelve_at_most(sold: Sold) -> None:
    assert len(largest_accounts(concentration(sold(named(PARETO[:100]))), DE).numbers) == 12


def test_variance_is_shown_absolute_and_in_per_cent_in_the_colour_of_its_meaning(sold: Sold) -> None:
    result = concentration(sold({"1": 120.0, "2": 30.0}, before={"1": 100.0, "2": 60.0}))
    root = ET.fromstring(svg_of(largest_accounts, result))
    colours = {"".join(text.itertext()): text.attrib["style"] for text in root.iter(f"{SVG}text")}
    assert "var(--good" in colours["+20"]
    assert "var(--bad" in colours["−30"]


def test_actual_stands_solid_in_front_of_the_previous_year(sold: Sold) -> None:
    svg = svg_of(largest_accounts, concentration(sold({"1": 120.0}, before={"1": 100.0})))
    assert svg.index("fill: var(--pale") < svg.rindex("fill: var(--main")


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
