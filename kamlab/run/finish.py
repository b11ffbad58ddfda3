"""The end of a run: rejects, workbook, index, history, and last of all the manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kamlab.errors import Exit, Problem, StorageFailed, worst
from kamlab.facts import Facts, pseudonyms
from kamlab.publish import publish, withdraw
from kamlab.report.index import index_name
from kamlab.report.rejects import rejects_csv, rejects_xlsx
from kamlab.results import to_json
from kamlab.run import history
from kamlab.run.entrance import entrance, page_name, preliminary
from kamlab.run.identity import digest, run_id
from kamlab.run.made import Made, is_untouched, record, recorded, sha256
from kamlab.run.manifest import Manifest, ManifestNotebook, inputs_of, previous, settings_of, tables_of, versions
from kamlab.run.plan import Plan
from kamlab.run.work import Fate, Unit
from kamlab.text import LANGUAGES, Language, Words

WORKBOOK = "workbook.xlsx"


@dataclass
class Outcome:
    """How a run went: the exit code, the notebooks' fates and every problem to tell."""

    facts: Facts
    statuses: list[ManifestNotebook] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    codes: list[Exit] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with what is to be said of the data whatever comes."""
        self.problems += [self.facts.mended] if self.facts.mended else []

    @property
    def exit_code(self) -> Exit:
        """The exit code that outranks the others."""
        return worst(self.codes)

    def note(self, unit: Unit, fate: Fate, languages: tuple[Language, ...]) -> None:
        """Note how a notebook fared."""
        self.problems += fate.problems
        self.codes += [fate.code] if fate.problems else []
        self.statuses.append(
            ManifestNotebook(
                notebook=unit.notebook.stem,
                status=fate.status,
                run_id=unit.run_id,
                parameters=dict(unit.parameters),
                languages=() if fate.problems else languages,
                seconds=fate.seconds,
                problem=fate.problems[0] if fate.problems else None,
            )
        )


def finish(wanted: Plan, facts: Facts, outcome: Outcome, started: datetime) -> None:
    """Publish rejects, index and, last of all, the manifest."""
    reports = wanted.engagement.reports
    before = previous(reports)
    made = {status.notebook for status in outcome.statuses}
    now = {notebook.stem: run_id(wanted, notebook, facts) for notebook in wanted.known}
    kept = [
        status.model_copy(update={"stale": status.stale or status.run_id != now.get(status.notebook)})
        for status in (before.notebooks if before else ())
        if status.notebook not in made
    ]
    statuses = tuple(sorted([*outcome.statuses, *kept], key=lambda status: status.notebook))
    publish(reports / "rejects.csv", rejects_csv(reject for read in facts.state.reads for reject in read.rejects))
    _publish_rejected_rows(wanted, facts)
    once = {n.stem for n in wanted.known if n.declaration.per == "engagement"}  # a batch of dossiers is no new state
    identity = digest(f"{s.notebook} {s.is_done} {s.run_id}" for s in statuses if s.notebook in once)
    settings = wanted.engagement.settings
    told = settings_of(settings)
    if wanted.pseudonyms:
        told = {path: pseudonyms.setting(path, value) for path, value in told.items()}
    manifest = Manifest(
        engagement=settings.name,
        run_id=identity,
        exit_code=outcome.exit_code,
        started=started,
        finished=datetime.now(UTC),
        as_of=facts.state.as_of.isoformat() if facts.state.as_of else None,
        currency=settings.currency,
        preliminary=facts.reconciliation.is_preliminary,
        pseudonyms=wanted.pseudonyms,
        settings=told,
        inputs=inputs_of(facts.state),
        tables=tables_of(facts.state),
        notebooks=statuses,
        versions=versions(),
    )
    changes = _changes(reports, before, manifest)
    manifest = manifest.model_copy(update={"changes": changes})
    if not facts.state.problems:  # refused data leave what explains it, and nothing else
        try:
            _publish_workbook(wanted, facts, manifest)
        except StorageFailed as error:  # Excel holds it, say: all else can still be told
            outcome.problems += error.problems
            outcome.codes.append(error.exit_code)
            manifest = manifest.model_copy(update={"exit_code": outcome.exit_code})
    _publish_index(wanted, facts, manifest)
    if not facts.state.problems:
        history.keep(reports, manifest)
    publish(reports / "manifest.json", to_json(manifest))


def _changes(reports: Path, before: Manifest | None, manifest: Manifest) -> dict[str, list[str]]:
    """Say in both languages what changed since the last run that was another."""
    if before and before.run_id == manifest.run_id:
        return before.changes
    return {one: history.changes(reports, manifest, Words(one, manifest.currency)) for one in LANGUAGES}


def _publish_index(wanted: Plan, facts: Facts, manifest: Manifest) -> None:
    """Publish the entrance in the languages of this run; an older page in another one stays reachable.

    An entrance of an earlier run that is not published anew goes.
    """
    engagement, reports = wanted.engagement, wanted.engagement.reports
    older = [language for language in LANGUAGES if _is_there(wanted, language)]
    languages = tuple(dict.fromkeys([*wanted.languages, *older]))
    for language in languages:
        words = Words(language, engagement.settings.currency)
        page = entrance(
            engagement, facts, manifest.notebooks, words, languages, manifest.run_id, manifest.changes[language]
        )
        publish(reports / index_name(language, languages), page)
    entrances = {index_name(language, languages) for language in languages}
    for name in {f"index.{language}.html" for language in LANGUAGES} - entrances:
        withdraw(reports / name)


def _is_there(wanted: Plan, language: Language) -> bool:
    return any((wanted.engagement.reports / page_name(n.stem, language)).is_file() for n in wanted.known)


def _publish_workbook(wanted: Plan, facts: Facts, manifest: Manifest) -> None:
    """Publish all tables as a workbook, in the first language; as long as they are the same, it stays."""
    engagement, language = wanted.engagement, wanted.languages[0]
    made = recorded(engagement, WORKBOOK)
    if made and (made.run_id, made.edition) == (manifest.run_id, language) and is_untouched(made, engagement.reports):
        return
    from kamlab.report.workbook import tables_workbook  # slow to import, and mostly the workbook is the same

    words = Words(language, engagement.settings.currency)
    results, why = history.results(engagement.reports / "results", manifest), preliminary(facts, words)
    content = tables_workbook(results, words, engagement.settings.name, manifest.run_id, why)
    publish(engagement.reports / WORKBOOK, content)
    files = {WORKBOOK: sha256(content)}
    made = Made(run_id=manifest.run_id, edition=language, files=files, pseudonyms=wanted.pseudonyms)
    record(engagement, WORKBOOK, made)


def _publish_rejected_rows(wanted: Plan, facts: Facts) -> None:
    """Publish the rejected rows as a workbook, in the first language; where there is none to be, an older one goes."""
    target = wanted.engagement.reports / "rejects.xlsx"
    words = Words(wanted.languages[0], wanted.engagement.settings.currency)
    rejects = {read.table: read.rejects for read in facts.state.reads if read.rejects}
    if rejects and not wanted.pseudonyms:
        publish(target, rejects_xlsx(rejects, facts.rejected, words))
        return
    withdraw(target)
