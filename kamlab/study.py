"""What a notebook talks to: one engagement, opened in one language, with its settings, facts and earlier results.

Knows where things are and how they are shown, not how anything is computed. In JupyterLab, where no run stands behind a
notebook, results are kept in the engagement's workplace for the notebooks that build on them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kamlab import report
from kamlab.engagement import DEMO, Engagement, open_engagement
from kamlab.errors import KamlabError, Problem, SettingsError
from kamlab.facts import Facts, load, prepare
from kamlab.facts.account import AccountSales, account_sales
from kamlab.facts.cache import forget_old
from kamlab.facts.histories import Histories, histories
from kamlab.facts.measures import Measures, measures
from kamlab.facts.sales import Sales, sales
from kamlab.figures import NARROW, Drawing, to_file, to_png
from kamlab.notebooks import Possibility, discover, possibilities, refuse_unfitting
from kamlab.publish import publish
from kamlab.report import Html
from kamlab.results import Finding, Frozen, Result, from_folder, to_files
from kamlab.text import Language, Words

ORDER_FILE = "KAMLAB_ORDER"  # environment variable: where a run tells the notebooks it executes what to use


class Order(Frozen):
    """What a run hands to a notebook: settings of the command line, the facts and results to use, where to put it all.

    In the outbox lie `results/<analysis>/` and `figures/`, as in the reports folder.
    """

    assignments: tuple[str, ...]
    facts: str
    results: tuple[str, ...]
    outbox: str


@dataclass(frozen=True)
class Study:
    """One engagement, as a notebook sees it.

    Attributes
    ----------
    facts : Facts
        Read from the sources on first use, or from the cache.
    """

    engagement: Engagement
    language: Language
    order: Order | None = None

    @cached_property
    def facts(self) -> Facts:
        if self.order:
            return load(self.engagement, Path(self.order.facts))
        facts = prepare(self.engagement)
        if facts.mended:
            print(facts.mended.message(self.language), file=sys.stderr)
        return facts

    @property
    def words(self) -> Words:
        return Words(self.language, self.engagement.settings.currency)

    def sales(self, period: str = "") -> Sales:
        """Return the sales of a period, the settings' own if none is named."""
        return sales(self.facts, period)

    def measures(self, period: str = "") -> Measures:
        """Return what can be measured of every account in a period, the settings' own if none is named."""
        return measures(self.facts, period)

    def measures_before(self, measured: Measures) -> Measures | None:
        """Return the measures of the same months a year before, None unless exactly those can be compared."""
        if not measured.sales.comparison or measured.sales.comparison[0] != measured.sales.basis.period:
            return None
        before = measured.sales.comparison[1]
        return measures(self.facts, f"{before.start}..{before.end}")

    def histories(self) -> Histories:
        """Return what every account did, over the whole ledger."""
        return histories(self.facts)

    def entered(self, table: str) -> pd.DataFrame | None:
        """Return a table that people have filled in, with corporate groups as accounts; None where there is none."""
        return self.facts.entries.get(table)

    def account_sales(self, account: str = "", period: str = "") -> AccountSales:
        """Return what one account bought, the largest if none is named."""
        return account_sales(self.facts, account, period)

    def possibilities(self) -> tuple[Possibility, ...]:
        """Say of every analysis whether it can run on the data that are there, and what it lacks."""
        level = self.engagement.settings.personnel.level
        return possibilities(discover(), self.facts.columns, self.facts.refused, level)

    def result(self, analysis: str) -> Result:
        """Load the result of another notebook.

        Raises
        ------
        SettingsError
            There is none of this state of the data; the message names the notebook to be executed first (KL-S359).
        """
        found = self.earlier(analysis)
        if found is None:
            notebook = next((n.stem for n in discover() if n.name == analysis), analysis)
            raise SettingsError(Problem(code="KL-S359", values={"notebook": notebook, "name": analysis}))
        return found

    def earlier(self, analysis: str) -> Result | None:
        """Load the result of another notebook, None where there is none of this state of the data.

        In JupyterLab the one that was made there, else the one of the last run.
        """
        if self.order:
            places = [self._published(analysis)] if analysis in self.order.results else []
        else:
            places = [self._bench / analysis, *([self._published(analysis)] if self._is_of_the_last_run else [])]
        for place in places:
            try:
                return from_folder(place)
            except FileNotFoundError:
                continue
        return None

    def _published(self, analysis: str) -> Path:
        return self.engagement.reports / "results" / analysis

    @cached_property
    def _bench(self) -> Path:
        """Say where JupyterLab's results of this state of data, settings and code lie."""
        settings = self.engagement.settings.model_dump_json(exclude={"reports", "analyses", "language"}, by_alias=True)
        key = hashlib.sha256(f"{self.facts.state.key} {settings}".encode()).hexdigest()[:16]
        return self.engagement.workplace / "lab" / key

    @cached_property
    def _is_of_the_last_run(self) -> bool:
        """Say whether the last run read the files that are there now, and named the accounts."""
        try:
            told = json.loads((self.engagement.reports / "manifest.json").read_bytes())
            inputs = {(read["table"], read["name"], read["sha256"]) for read in told["inputs"]}
        except (OSError, ValueError, KeyError):
            return False
        known = {(read.table, read.name, read.sha256) for read in self.facts.state.inputs}
        return inputs == known and not told.get("pseudonyms")

    def those_of(self, *analyses: str) -> dict[str, Result]:
        """Load the earlier results of several analyses, by name: those that are there of this state of the data."""
        return {name: result for name in analyses if (result := self.earlier(name)) is not None}

    def keep(self, result: Result) -> Result:
        """Hand a result to the run, which publishes it; in JupyterLab keep it for the notebooks that build on it."""
        place = Path(self.order.outbox) / "results" if self.order else self._bench
        preliminary = self.facts.reconciliation.is_preliminary
        for name, content in to_files(result, self._phrase, preliminary).items():
            publish(place / result.analysis / name, content)
        if not self.order:
            forget_old(place.parent, place.name)
        return result

    def show(self, what: Callable[..., Html | Drawing | None], result: Result, *arguments: Any, **options: Any) -> Html:
        """Show a block of the report or a figure of a result, in the study's language.

        Where there is nothing to draw, nothing is shown.
        """
        shown = what(result, self.words, *arguments, **options)
        if shown is None:
            return Html("")
        if not isinstance(shown, Drawing):
            return shown
        self._hand_over(shown, result)
        narrow = what(result, self.words, *arguments, **options, size=NARROW)
        assert isinstance(narrow, Drawing)
        return report.figure(shown, narrow, result, self.words)

    def _hand_over(self, drawing: Drawing, result: Result) -> None:
        """Hand a figure to the run as pictures for slides, which say where it is from and how far it has come."""
        if self.order:
            said, settings = report.captions(drawing, result, self.words), self.engagement.settings
            marks = [self.words("page.preliminary")] if self.facts.reconciliation.is_preliminary else []
            source = " · ".join([settings.name, said.source, self.words(f"page.status.{settings.status}"), *marks])
            folder = Path(self.order.outbox) / "figures"
            for ending, write in (("svg", to_file), ("png", to_png)):
                name = f"{result.analysis}.{drawing.name}.{self.language}.{ending}"
                publish(folder / name, write(drawing, said.title, said.measure, source))

    def _phrase(self, language: str, finding: Finding) -> str:
        words = Words("de" if language == "de" else "en", self.engagement.settings.currency)
        return report.sentence(finding, words)


def open_study(engagement: str | Path | None = None, language: str = "de") -> Study:
    """Open an engagement for a notebook.

    Parameters
    ----------
    engagement : str or Path, optional
        Folder, settings file or `demo`; default: `engagement.yml` here or in a parent folder.
    language : "de" or "en"

    Raises
    ------
    SettingsError
        No such engagement, its settings cannot be meant like this, or in JupyterLab a parameter is out of its range.
    ValueError
        Another language.
    """
    if language not in ("de", "en"):
        raise ValueError(f"language is 'de' or 'en', not {language!r}")
    spoken: Language = "de" if language == "de" else "en"
    if file := os.environ.get(ORDER_FILE):
        order = Order.model_validate_json(Path(file).read_bytes())
        return Study(open_engagement(engagement, order.assignments), spoken, order)
    _listen(spoken)
    assignments = [f"reports={_demo_reports()}"] if engagement == DEMO else []
    return Study(open_engagement(engagement, assignments), spoken)


def _listen(language: Language) -> None:
    """Have JupyterLab tell problems in this language, without a traceback, and refuse parameters out of their range."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return

    def tell(shell: Any, kind: type[KamlabError], error: KamlabError, traceback: Any, **_: Any) -> None:
        error.language = language
        shell.showtraceback((kind, error, traceback))

    shell.set_custom_exc((KamlabError,), tell)
    refuse_unfitting(shell.user_ns)


def _demo_reports() -> Path:
    """Say where the demo's reports lie: where a run has left them, here or above; else in a folder of the user's own.

    The kernel's folder is that of the notebook, which in an installed package cannot be written.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "reports" / DEMO / "manifest.json").is_file():
            return folder / "reports" / DEMO
    caches = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(caches).absolute() / "kamlab" / DEMO
