"""Dossiers: the notebook that is made per account, for a few accounts or for thousands of them.

Each stands for itself: one that fails stops no other, and one that is unchanged is not made again, so a batch that was
interrupted goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from kamlab.errors import DataRefused, Problem, SettingsError
from kamlab.facts import Facts, prepare
from kamlab.facts.account import find_account, largest_accounts
from kamlab.notebooks import Notebook
from kamlab.parameters import PERIOD
from kamlab.publish import publish, slug
from kamlab.report.dossier_index import Entry, dossier_index
from kamlab.results import SavedResult
from kamlab.run import Progress, holding, workers
from kamlab.run.apart import keep_apart
from kamlab.run.entrance import DOSSIERS, dossier_head, dossier_list_head, page_name
from kamlab.run.finish import Outcome, finish
from kamlab.run.identity import current_results, digest, run_id
from kamlab.run.made import forget, recorded, units
from kamlab.run.manifest import ManifestNotebook
from kamlab.run.plan import Plan
from kamlab.run.work import Fate, Task, Unit, Work
from kamlab.text import Language, Words

FOLDER = "dossiers"
EDITIONS: tuple[Literal["internal", "customer"], ...] = ("internal", "customer")


@dataclass(frozen=True)
class _Account:
    """An account that can have a dossier; `slug` names its files."""

    account_id: str
    name: str
    slug: str

    @property
    def unit(self) -> str:
        return f"{FOLDER}/{self.slug}"


def dossiers(wanted: Plan, numbers: Sequence[str], top: int | None, progress: Progress) -> Outcome:
    """Make dossiers of the accounts with these numbers; without numbers of all that bought something in the period.

    Parameters
    ----------
    top : int, optional
        Only the largest of the period.

    Raises
    ------
    SettingsError
        Numbers that no account or site has, all at once.
    DataRefused
        The data were refused: there is nothing to tell of any account.
    Locked, StorageFailed
        Another run holds the engagement; the reports cannot be written.
    """
    started = datetime.now(UTC)
    notebook = next(n for n in wanted.known if n.declaration.per == "account")
    with holding(wanted.engagement), workers(wanted) as pool:
        progress("ingest", 0, 1)
        facts = prepare(wanted.engagement, wanted.strict, pool.warm_up, wanted.pseudonyms)
        if facts.state.problems:
            raise DataRefused(*facts.state.problems)
        period = wanted.parameters[notebook.name].get(PERIOD, "")
        facts.calendar.period(period or wanted.engagement.settings.period)  # what cannot be, is told once
        known = {account: _Account(account, name, slug(account, name)) for account, name in _names(facts)}
        chosen = [known[number] for number in _chosen(facts, numbers, top, period)]
        keep_apart(wanted)
        outcome, fates = Outcome(facts), {}

        def ended(unit: Unit, fate: Fate) -> None:
            fates[unit.name] = fate
            outcome.problems += fate.problems
            outcome.codes += [fate.code] if fate.problems else []
            progress(unit.name, len(fates), len(chosen))

        base, results = run_id(wanted, notebook, facts), frozenset(current_results(wanted, facts))
        tasks = [
            Task(account.unit, partial(_unit, wanted, notebook, facts, account, base, results)) for account in chosen
        ]
        Work(wanted, facts.folder, pool, ended).off(tasks)
        progress("publish", len(chosen), len(chosen))
        _forget_the_gone(wanted, {account.unit for account in known.values()})
        for language in wanted.languages:
            entries = [
                entry
                for account in known.values()
                if (entry := _entry(wanted, account, language, base, fates.get(account.unit)))
            ]
            words = Words(language, wanted.engagement.settings.currency)
            head = dossier_list_head(facts, words, wanted.languages, base)
            publish(wanted.engagement.reports / page_name(DOSSIERS, language), dossier_index(head, entries, words))
        outcome.statuses.append(_status(wanted, notebook, base, fates))
        finish(wanted, facts, outcome, started)
    return outcome


def _names(facts: Facts) -> list[tuple[str, str]]:
    accounts = facts.table("accounts").select("account_id", "name").order_by("account_id").to_pyarrow().to_pylist()
    return [(row["account_id"], row["name"]) for row in accounts]


def _chosen(facts: Facts, numbers: Sequence[str], top: int | None, period: str) -> list[str]:
    """Name the corporate groups that get a dossier, each once, by their revenue in the period."""
    by_revenue = largest_accounts(facts, period)
    if not numbers:
        return by_revenue[:top]
    found: list[str] = []
    problems: list[Problem] = []
    for number in numbers:
        try:
            found.append(find_account(facts, number))
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(*problems)
    return [*(a for a in by_revenue if a in found), *sorted(set(found) - set(by_revenue))][:top]


def _unit(
    wanted: Plan, notebook: Notebook, facts: Facts, account: _Account, base: str, results: frozenset[str]
) -> Unit:
    """Put together what is to be made of one account."""
    parameters = wanted.parameters[notebook.name] | {"account": account.account_id}
    identity = digest([base, account.account_id, account.name])
    pages = {}
    for language in wanted.languages:
        words = Words(language, wanted.engagement.settings.currency)
        head = dossier_head(facts, notebook, account.name, words, wanted.languages, account.slug, identity, parameters)
        pages[language] = {
            f"{account.unit}.{edition}.{language}.html": replace(head, edition=edition) for edition in EDITIONS
        }
    places = {
        f"results/{notebook.name}/": f"results/{notebook.name}/{account.slug}/",
        "figures/": f"figures/{account.unit}.",
    }
    return Unit(
        account.unit, notebook, parameters, identity, pages, results, places, f"{account.name}, {account.account_id}"
    )


def _entry(wanted: Plan, account: _Account, language: Language, base: str, fate: Fate | None) -> Entry | None:
    """Describe a dossier for the index; None where there is none and none was wanted."""
    made = recorded(wanted.engagement, account.unit)
    reports = wanted.engagement.reports
    pages = {edition: f"{account.unit}.{edition}.{language}.html" for edition in EDITIONS}
    there = made is not None and pages["internal"] in made.files
    if fate is None and not there:
        return None
    is_stale = made is not None and made.run_id != digest([base, account.account_id, account.name])
    saved = _saved(reports / "results" / "account_dossier" / account.slug / "result.json") if there else None
    return Entry(
        account_id=account.account_id,
        name=account.name,
        pages={edition: Path(page).name for edition, page in pages.items()} if there else {},
        revenue=saved.key_numbers["revenue"] if saved else None,
        sentence=str(getattr(saved.findings[0], language)) if saved and saved.findings else "",
        problem=fate.problems[0] if fate and fate.problems else None,
        is_stale=there and is_stale,
    )


def _saved(file: Path) -> SavedResult | None:
    try:
        return SavedResult.model_validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


def _forget_the_gone(wanted: Plan, known: set[str]) -> None:
    """Remove the dossiers of accounts that are no more: renamed, or part of another group by now."""
    for unit in units(wanted.engagement, FOLDER):
        if unit not in known:
            forget(wanted.engagement, unit)


def _status(wanted: Plan, notebook: Notebook, base: str, fates: dict[str, Fate]) -> ManifestNotebook:
    """Tell how a batch went as one notebook: as the worst of it went."""
    failed = [fate for fate in fates.values() if fate.problems]
    word = failed[0].status if failed else "done" if any(f.status == "done" for f in fates.values()) else "unchanged"
    return ManifestNotebook(
        notebook=notebook.stem,
        status=word,
        run_id=base,
        languages=wanted.languages,
        parameters={name: value for name, value in wanted.parameters[notebook.name].items() if name != "account"},
        seconds=round(sum(fate.seconds for fate in fates.values()), 2),
        problem=failed[0].problems[0] if failed else None,
    )
