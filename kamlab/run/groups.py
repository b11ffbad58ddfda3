"""Proposals of corporate groups, written for review: read the data, compare, carry the answers over, publish the list.

Knows where the list lies; merging happens in the facts, once the list is among the sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from kamlab.engagement import Engagement, bundled, open_engagement
from kamlab.errors import DataRefused, Problem, SettingsError
from kamlab.facts import Facts, prepare
from kamlab.facts.review_list import ListedAccount, review_list
from kamlab.facts.sales import sales
from kamlab.publish import publish
from kamlab.report.group_list import group_list
from kamlab.results import Value
from kamlab.run import holding
from kamlab.text import LANGUAGES, Language, Words

_SOURCE = "group_reviews"


@dataclass(frozen=True)
class GroupList:
    """What was written.

    Attributes
    ----------
    rows : list of ListedAccount
        The list, row by row.
    before : Path or None
        Where the list as it was has been put; None if there was none or nothing has changed.
    missing_source : str or None
        The path to add to the settings; None where they have one, and in the demo.
    """

    file: Path
    rows: list[ListedAccount]
    before: Path | None
    missing_source: str | None

    @property
    def proposals(self) -> int:
        """Count the proposals with something still to decide."""
        return len({row.proposal for row in self.rows if row.is_open})

    @property
    def at_stake(self) -> float:
        """Sum up the revenue of the open proposals, each group once."""
        return sum({row.group or row.account_id: row.revenue for row in self.rows if row.is_open}.values())


def propose_groups(engagement: Engagement, language: Language) -> GroupList:
    """Write the list of proposals, with all answers given so far.

    Raises
    ------
    SettingsError
        The settings name no master data with names (KL-S340), or other sources read the workbook of the list (KL-S341).
    DataRefused
        The data were refused, or the list has cells that are no answers: it stays as it is.
    """
    if "accounts" not in engagement.settings.sources:
        raise SettingsError(Problem(code="KL-S340", values={"file": engagement.file.name}))
    words = Words(language, engagement.settings.currency)
    target, is_source = _place(engagement, words)
    if is_source and (others := _also_reading(engagement, target)):
        values: dict[str, Value] = {"file": engagement.settings.sources[_SOURCE].path[0], "tables": others}
        raise SettingsError(Problem(code="KL-S341", values=values))
    is_new = _SOURCE not in engagement.settings.sources
    if is_new and target.is_file() and target.is_relative_to(engagement.folder):
        assignment = f"sources.{_SOURCE}.path={target.relative_to(engagement.folder).as_posix()}"
        engagement = open_engagement(engagement.file, [assignment])
    with holding(engagement):
        facts = prepare(engagement)
    _refuse(facts, engagement)
    rows = _rows(facts, words)
    content = group_list(rows, facts.calendar.period(engagement.settings.period), words)
    before = _put_aside(target, content, words)
    publish(target, content)
    is_demo = engagement.folder == bundled("data/demo")
    missing = None if is_source or is_demo else target.relative_to(engagement.folder).as_posix()
    return GroupList(target, rows, before, missing)


def _place(engagement: Engagement, words: Words) -> tuple[Path, bool]:
    """Choose where the list lies, and say whether the settings know it: the source itself if it is one workbook."""
    source = engagement.settings.sources.get(_SOURCE)
    named = source.path[0] if source and len(source.path) == 1 else ""
    if named.lower().endswith(".xlsx") and not set(named) & set("*?["):
        return engagement.folder / named, True
    is_demo = engagement.folder == bundled("data/demo")
    folder = engagement.reports if is_demo else engagement.folder / "inputs"  # the package stays untouched
    names = [words("groups.file"), *(Words(other)("groups.file") for other in LANGUAGES)]
    files = [folder / f"{name}.xlsx" for name in names]
    return next((file for file in files if file.is_file()), files[0]), False


def _also_reading(engagement: Engagement, target: Path) -> list[str]:
    """List the other sources that read the workbook of the list: writing the list would take their sheets away."""
    found = []
    for table, source in engagement.settings.sources.items():
        patterns = [engagement.folder / pattern for pattern in (*source.path, *source.files.values())]
        if table != _SOURCE and any(finds(pattern, target) for pattern in patterns):
            found.append(table)
    return found


def finds(pattern: Path, file: Path) -> bool:
    """Say whether a pattern of the settings finds a file."""
    return pattern.parent.resolve() == file.parent.resolve() and fnmatch(file.name, pattern.name)


def _refuse(facts: Facts, engagement: Engagement) -> None:
    """Stop where the data were refused, have no names, or where an answer could not be read and would be lost."""
    if facts.state.problems:
        raise DataRefused(*facts.state.problems)
    if facts.identities["name"].isna().all():
        raise SettingsError(Problem(code="KL-S340", values={"file": engagement.file.name}))
    for read in facts.state.reads:
        if read.table == _SOURCE and read.rejects:
            first = read.rejects[0]
            values = first.model_dump(include={"file", "line", "column", "value"}) | {"count": len(read.rejects)}
            raise DataRefused(Problem(code="KL-E230", values=values))


def _rows(facts: Facts, words: Words) -> list[ListedAccount]:
    revenue = sales(facts).sites.set_index("site_id")["revenue"]
    sites = facts.identities.assign(revenue=facts.identities["site_id"].map(revenue).fillna(0.0).astype("float64"))
    return review_list(sites, facts.reviews, lambda number: words("groups.number", number=f"{number:03d}"))


def _put_aside(target: Path, content: bytes, words: Words) -> Path | None:
    """Keep the list as it was: what users have added to it beside their answers stands only there."""
    if not target.is_file() or (earlier := target.read_bytes()) == content:
        return None
    before = target.with_name(words("groups.file_before", name=target.stem) + target.suffix)
    publish(before, earlier)
    return before
