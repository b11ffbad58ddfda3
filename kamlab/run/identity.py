"""What a page is made from, as a short id: of the same id the same bytes, whenever it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from kamlab.facts import Facts, package_hash
from kamlab.notebooks import Notebook
from kamlab.run.made import recorded
from kamlab.run.manifest import versions
from kamlab.run.plan import Plan


def run_id(wanted: Plan, notebook: Notebook, facts: Facts) -> str:
    """Hash inputs, parameters, code and libraries of a page: the same page has the same id, whenever it was made."""
    settings = wanted.engagement.settings.model_dump_json(exclude={"reports", "analyses", "language"}, by_alias=True)
    parameters = json.dumps(wanted.parameters[notebook.name], sort_keys=True, default=str)
    code = package_hash(".py", ".po", ".css", ".j2")
    read = [
        run_id(wanted, other, facts) for other in reads_from(notebook, wanted.known) if is_current(wanted, other, facts)
    ]
    text = notebook.path.read_text(encoding="utf-8")
    known = [other.declaration.model_dump_json() for other in wanted.known]  # what a page says of the others
    return digest([facts.state.key, settings, parameters, code, json.dumps(versions()), text, *known, *read])


def is_current(wanted: Plan, notebook: Notebook, facts: Facts) -> bool:
    """Say whether what a notebook left is what it would make now."""
    made = recorded(wanted.engagement, notebook.stem)
    return made is not None and made.run_id == run_id(wanted, notebook, facts)


def current_results(wanted: Plan, facts: Facts) -> set[str]:
    """Name the analyses whose results can be built on: older ones would mix with what is made now."""
    return {notebook.name for notebook in wanted.known if is_current(wanted, notebook, facts)}


def digest(parts: Iterable[str]) -> str:
    """Hash texts to twelve digits."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def reads_from(notebook: Notebook, notebooks: Iterable[Notebook]) -> list[Notebook]:
    """List the notebooks whose results this one reads."""
    read = {*notebook.declaration.needs.results, *notebook.declaration.optional.results}
    return [other for other in notebooks if other.name in read]
