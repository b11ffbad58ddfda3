"""Pages as their readers see them, measured in headless Chromium: wide and on a phone, light and dark, printed.

A page is loaded once and then shown in every way; `measures.js` takes all measures each time. `make look` writes the
pictures for human eyes: `python tests/measuring.py FOLDER PAGE.html …`.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from pypdf import PageObject, PdfReader

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-quic"]
WIDE, PHONE, HEIGHT = 1280, 390, 900
PAPER = round((210 - 2 * 16) / 25.4 * 96)  # what A4 leaves between the margins, in pixels
MEASURES = Path(__file__).with_name("measures.js").read_text(encoding="utf-8")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
VIOLATIONS = "found => found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' ')}`)"
UNFOLD = "document.querySelectorAll('details').forEach(fold => fold.open = true)"

# What a page may have at most; what is not named here is wrong as soon as there is any.
MOST = {"screens": 4, "sheets": 3, "tables": 4, "rows": 12, "decisions": 25, "columns": 7, "figures": 3, "KiB": 300}
OF_DOSSIERS = {"screens": 6, "sheets": 4, "tables": 6}
OF_ENTRANCES = {"sheets": 1}
TOLD = ("words", "type")  # have no limit of their own: `small print` counts what is printed below 6.5 pt


@dataclass(frozen=True)
class Measured:
    """The measures of one page, and of those that count something wrong what it is."""

    file: Path
    numbers: dict[str, float]
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def beyond(self) -> dict[str, float]:
        """Return the measures that are more than the page may have."""
        limits = MOST | (OF_DOSSIERS if is_dossier(self.file) else OF_ENTRANCES if is_entrance(self.file) else {})
        return {name: value for name, value in self.numbers.items() if name not in TOLD and value > limits.get(name, 0)}


def is_dossier(file: Path) -> bool:
    return bool(re.search(r"\.(internal|customer)\.", file.name))


def is_entrance(file: Path) -> bool:
    return file.name.startswith("index.")


@contextmanager
def started(chromium: str) -> Iterator[Page]:
    """Open a browser with an empty profile and one tab: it compiles its scripts once for all pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_page()
        browser.close()


def measured(page: Page, file: Path, pictures: Path | None = None) -> Measured:
    """Load a page, show it in every way and measure it in each; `pictures` is the folder to write them to."""
    requests: list[str] = []
    console: list[str] = []
    heard: dict[Any, Callable[[Any], None]] = {
        "request": lambda request: requests.append(request.url),
        "console": lambda message: console.append(message.text),
        "pageerror": lambda error: console.append(str(error)),
    }
    for event, listener in heard.items():
        page.on(event, listener)
    page.goto(file.as_uri())
    requests.remove(file.as_uri())
    seen: dict[str, dict[str, Any]] = {}
    shot = f"{file.parent.name}.{file.stem}"

    def look(name: str, width: int, scheme: str) -> None:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        seen[name] = page.evaluate(MEASURES)
        if pictures and name in ("wide", "phone", "dark"):
            page.screenshot(path=pictures / f"{shot}.{name}.png", full_page=True)

    look("wide", WIDE, "light")
    keyboard = _keyboard(page)
    look("phone", PHONE, "light")
    look("dark", WIDE, "dark")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    sheets = PdfReader(io.BytesIO(printed)).pages
    on_paper = _on_paper(page, sheets, file)
    page.emulate_media(media="print")
    look("printed", PAPER, "light")
    page.emulate_media(media="null")
    page.evaluate(UNFOLD)
    look("unfolded on a phone", PHONE, "dark")
    look("unfolded", WIDE, "light")
    page.evaluate(AXE)
    axe = page.evaluate(f"axe.run({json.dumps(_rules(file))}).then({VIOLATIONS})")
    for event, listener in heard.items():
        page.remove_listener(event, listener)
    if pictures:
        (pictures / f"{shot}.pdf").write_bytes(printed)

    wide = seen["wide"]

    def of(measure: str, ways: list[str]) -> list[str]:
        return list(dict.fromkeys(f"{way}: {what}" for way in ways for what in seen[way][measure]))

    wrong = {
        "overlapping": of("overlapping", ["wide", "phone"]),
        "cut": of("cut", ["wide", "phone"]),
        "shortened": of("shortened", ["wide", "phone"]),
        "too wide": [f"{way}: {seen[way]['overflow']} px" for way in seen if seen[way]["overflow"]],
        "scrolling": of("scrolling", ["wide", "phone"]),
        "no cards": of("unstacked", ["phone"]),
        "small print": of("small", ["printed"]),
        "small on a phone": of("fine", ["phone"]) + of("outside", ["phone"]),
        "faint": of("faint", ["printed", "dark", "unfolded", "unfolded on a phone"]),
        "twice": of("twice", ["wide"]),
        "empty": of("empty", ["unfolded"]),
        "unsound": of("unsound", ["wide"]) + of("late", ["phone"]) + _colours(wide, seen["dark"]),
        "keyboard": keyboard + sorted(set(seen["unfolded"]["stops"]) & set(seen["unfolded on a phone"]["stops"])),
        "axe": axe,
        "requests": requests,
        "console": console,
        "on paper": on_paper,
    }
    numbers = {
        "screens": round(wide["height"] / HEIGHT, 1),
        "sheets": len(sheets),
        **{name: wide[name] for name in ("tables", "rows", "decisions", "columns", "figures")},
        "KiB": round(file.stat().st_size / 1024),
        "type": round(seen["printed"]["type"] * 0.75, 1),
        "words": wide["words"],
        **{name: len(what) for name, what in wrong.items()},
    }
    return Measured(file, numbers, {name: what for name, what in wrong.items() if what})


def _rules(file: Path) -> dict[str, Any]:
    """Name the options of axe; its contrasts, most of its time, in one language: ours are measured in every one."""
    contrast = {"enabled": not file.name.endswith(".en.html")}
    return {"resultTypes": ["violations"], "selectors": False, "rules": {"color-contrast": contrast}}


def words_in_sight(page: Page, file: Path) -> int:
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.goto(file.as_uri())
    return len(page.inner_text("body").split())


def _keyboard(page: Page) -> list[str]:
    """See that the first stop of the keyboard leads to the content, and shows."""
    page.keyboard.press("Tab")
    first = page.locator(":focus").first
    place, box = first.get_attribute("href"), first.bounding_box()
    first.blur()
    return [] if place == "#main" and box and box["x"] >= 0 else [f"the first stop leads to {place}"]


def _colours(light: dict[str, Any], dark: dict[str, Any]) -> list[str]:
    """See that dark writing stands on light paper, and the other way round in the dark."""
    good = light["paper"] > 0.8 > 0.1 > light["ink"] and dark["paper"] < 0.1 < 0.6 < dark["ink"]
    return [] if good else ["paper and ink are not those of the scheme"]


def _on_paper(page: Page, sheets: Sequence[PageObject], file: Path) -> list[str]:
    """See that sheets are A4, that the message and the status stand on the first and the mark of a dossier on each."""
    marks, stamps, [message] = (page.locator(what).all_inner_texts() for what in (".mark", ".stamp", "h1"))
    wrong = [] if stamps or is_entrance(file) or ".customer." in file.name else ["no status"]
    if bool(marks) != (".internal." in file.name):
        wrong.append("the mark of an internal dossier")
    for number, sheet in enumerate(sheets, 1):
        if not (594 <= float(sheet.mediabox.width) <= 597 and 840 <= float(sheet.mediabox.height) <= 843):
            wrong.append(f"sheet {number} is not A4")
        expected = [*marks, *([message, *stamps] if number == 1 else [])]
        text = "".join(sheet.extract_text().split()) if expected else ""
        wrong += [f"not on sheet {number}: {one}" for one in expected if "".join(one.split()) not in text]
    return wrong


def main() -> None:
    """Write pictures of pages into a folder: wide, phone, dark, and the sheets as PDF (with poppler pictures too)."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with started(str(shutil.which("chromium"))) as tab:
        for name in sys.argv[2:]:
            page = measured(tab, Path(name).resolve(), folder)
            numbers = ", ".join(f"{value:g} {what}" for what, value in page.numbers.items() if value)
            print(f"{page.file.name}: {numbers}")
            for measure in page.beyond():
                print("".join(f"    {measure}: {what}\n" for what in page.wrong.get(measure, [])[:5]), end="")
    if poppler := shutil.which("pdftoppm"):
        for sheets in folder.glob("*.pdf"):
            subprocess.run([poppler, "-r", "80", "-png", sheets, sheets.with_suffix(".print")], check=True)
    print(f"pictures in {folder}")


if __name__ == "__main__":
    main()
