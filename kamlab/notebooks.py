"""The notebooks there are: found, described by their own declaration, ordered by what they need, judged by the data."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from pydantic import Field

from kamlab.engagement import bundled, nearest
from kamlab.errors import Problem, SettingsError
from kamlab.parameters import Parameter, declared, fitting
from kamlab.results import Frozen

OF_THE_RUN = ("engagement", "language")  # parameters that every notebook has and only the run sets


OR = " or "  # joins columns of which one is enough
Level = Literal["off", "team"]
Standing = Mapping[str, Collection[str]]  # input tables that stand, with their canonical columns


class Wants(Frozen):
    """What a notebook works on: input tables, columns beyond their required ones, facts, results of other notebooks.

    One of several columns is enough where they are joined: `cost or contribution_margin`.
    """

    tables: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    facts: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


class Declaration(Frozen):
    """What a notebook says of itself in its metadata, under `kamlab`.

    One `per` account is run by `kamlab dossier`; a `personal` one could judge a person, and needs a setting to be run.
    """

    block: str
    per: Literal["engagement", "account"] = "engagement"
    personal: bool = False
    needs: Wants = Wants()
    optional: Wants = Wants()


class Lack(Frozen):
    """What is not there of an input table: the `whole` or only columns; `columns` are those wanted in either case."""

    table: str
    whole: bool
    columns: tuple[str, ...] = ()


class Possibility(Frozen):
    """Whether a notebook can run on what is there.

    Attributes
    ----------
    status : str
        `possible`; `with_gaps`: it can run, without what `gaps` would serve; `not_possible`.
    refused : tuple of str
        Input tables whose sources were refused: while there are any, nothing runs that needs data.
    lacking, gaps : tuples of Lack
        What it needs, and what it could make use of.
    results : tuple of str
        Analyses whose results it needs and which are not there.
    personal : bool
        It could judge a person, and the settings do not allow that.
    """

    name: str
    status: Literal["possible", "with_gaps", "not_possible"]
    refused: tuple[str, ...] = ()
    lacking: tuple[Lack, ...] = ()
    gaps: tuple[Lack, ...] = ()
    results: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class Notebook:
    """A notebook file; `name` is its file name without the number."""

    path: Path
    declaration: Declaration = field(compare=False)

    @property
    def stem(self) -> str:
        """File name without its ending: 21_concentration."""
        return self.path.stem

    @property
    def name(self) -> str:
        """Name of the analysis: concentration."""
        return self.stem.partition("_")[2]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The lines of its parameters cell, by name."""
        cells = [cell for cell in self.read().cells if "parameters" in cell.metadata.get("tags", [])]
        return {p.name: p for p in declared(cells[0].source)} if cells else {}

    def read(self) -> NotebookNode:
        """Read the file anew; the caller may change what it gets."""
        return nbformat.read(self.path, as_version=4)


def discover() -> list[Notebook]:
    """Find the notebooks of the package, in an order in which each comes after those it needs."""
    found = {}
    for path in sorted(bundled("notebooks").glob("[0-9][0-9]_*.ipynb")):
        metadata = nbformat.read(path, as_version=4).metadata
        notebook = Notebook(path, Declaration.model_validate(metadata.get("kamlab", {})))
        found[notebook.name] = notebook
    graph = {
        name: [other for other in (*n.declaration.needs.results, *n.declaration.optional.results) if other in found]
        for name, n in found.items()
    }
    return [found[name] for name in TopologicalSorter(graph).static_order()]


def possibility(
    notebook: Notebook,
    standing: Standing,
    results: Collection[str],
    refused: Collection[str] = (),
    level: Level = "off",
) -> Possibility:
    """Judge whether a notebook can run: the one judgement of the run, the check and the readiness page.

    Parameters
    ----------
    standing : of the input tables
    results : analyses whose results are there, or will be
    refused : input tables whose sources were refused
    level : of analyses that could judge a person, as in the settings
    """
    personal = notebook.declaration.personal and level == "off"
    needs, optional = notebook.declaration.needs, notebook.declaration.optional
    if refused and needs != Wants():
        return Possibility(name=notebook.name, status="not_possible", refused=tuple(refused), personal=personal)
    lacking = _lacks(needs, standing)
    missing = tuple(result for result in needs.results if result not in results)
    gaps = tuple(lack for lack in _lacks(optional, standing) if lack.table not in refused)
    status: Literal["possible", "with_gaps", "not_possible"] = "with_gaps" if gaps else "possible"
    if lacking or missing or personal:
        status = "not_possible"
    return Possibility(
        name=notebook.name, status=status, lacking=lacking, gaps=gaps, results=missing, personal=personal
    )


def possibilities(
    notebooks: Iterable[Notebook], standing: Standing, refused: Collection[str] = (), level: Level = "off"
) -> tuple[Possibility, ...]:
    """Judge notebooks in their order: each counts on the results of those before it that can run."""
    found: list[Possibility] = []
    for notebook in notebooks:
        results = {other.name for other in found if other.status != "not_possible"}
        found.append(possibility(notebook, standing, results, refused, level))
    return tuple(found)


def _lacks(wants: Wants, standing: Standing) -> tuple[Lack, ...]:
    lacks = []
    for table in dict.fromkeys([*wants.tables, *wants.columns]):
        wanted = wants.columns.get(table, ())
        if table not in standing:
            if table in wants.tables:
                lacks.append(Lack(table=table, whole=True, columns=wanted))
        else:
            missing = tuple(column for column in wanted if not set(column.split(OR)) & set(standing[table]))
            lacks += [Lack(table=table, whole=False, columns=(column,)) for column in missing]
    return tuple(lacks)


def chosen(notebooks: list[Notebook], names: Iterable[str]) -> list[Notebook]:
    """Choose notebooks by analysis name, file name or block; all where none is named.

    Raises
    ------
    SettingsError
        A name that is none of these, with the nearest.
    """
    wanted = list(names)
    known = {name for n in notebooks for name in (n.name, n.stem, n.declaration.block)}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise SettingsError(
            *(
                Problem(
                    code="KL-S310",
                    values={"name": name, "nearest": nearest(name, known) or "–", "known": sorted(known)},
                )
                for name in unknown
            )
        )
    return [n for n in notebooks if not wanted or {n.name, n.stem, n.declaration.block} & set(wanted)]


def parameter_values(
    notebooks: list[Notebook], settings: Mapping[str, Mapping[str, str]], options: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Give every notebook its parameters: its own defaults, outranked by the settings, outranked by `-p`.

    Parameters
    ----------
    settings : analysis name to parameters, as texts
    options : "name=value" or "analysis.name=value"

    Returns
    -------
    Analysis name to typed values, without those that keep their default.

    Raises
    ------
    SettingsError
        A parameter no notebook declares, with the nearest; a value of another type or out of its range; all at once.
    """
    texts: dict[str, dict[str, tuple[str, str]]] = {n.name: {} for n in notebooks}
    problems = []
    for analysis, parameters in settings.items():
        for name, text in parameters.items():
            problems += _assign(texts, notebooks, f"{analysis}.{name}", text, "analyses.")
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            problems.append(Problem(code="KL-S313", values={"option": option}))
        else:
            problems += _assign(texts, notebooks, name.strip(), text)
    values: dict[str, dict[str, Any]] = {}
    for notebook in notebooks:
        values[notebook.name], wrong = fitting(notebook.parameters, texts[notebook.name])
        problems += wrong
    if problems:
        raise SettingsError(*(problem for at, problem in enumerate(problems) if problem not in problems[:at]))
    return values


def refuse_unfitting(variables: Mapping[str, Any]) -> None:
    """Hold the variables of a session in which a parameters cell has been executed against its ranges.

    Raises
    ------
    SettingsError
        Values that cannot be meant, all at once.
    """
    problems: list[Problem] = []
    for notebook in discover():
        if notebook.parameters.keys() <= variables.keys():
            own = [name for name in notebook.parameters if name not in OF_THE_RUN]
            _, wrong = fitting(notebook.parameters, {name: (f"{variables[name]}", name) for name in own})
            problems += [problem for problem in wrong if problem not in problems]
    if problems:
        raise SettingsError(*problems)


def _assign(
    texts: dict[str, dict[str, tuple[str, str]]], notebooks: list[Notebook], address: str, text: str, place: str = ""
) -> list[Problem]:
    """Note a value with every notebook it is meant for, beside the name that a message would have for it."""
    analysis, _, name = address.rpartition(".")
    analyses = {part for n in notebooks for part in (n.name, n.declaration.block)}
    if analysis and analysis not in analyses:
        values = {"name": analysis, "nearest": nearest(analysis, analyses) or "–", "known": sorted(analyses)}
        return [Problem(code="KL-S310", values=values)]
    takers = [
        n
        for n in notebooks
        if name in n.parameters and name not in OF_THE_RUN and analysis in ("", n.name, n.declaration.block)
    ]
    for notebook in takers:
        texts[notebook.name][name] = (text, place + address)
    if takers:
        return []
    known = {p for n in notebooks for p in n.parameters if analysis in ("", n.name, n.declaration.block)} - set(
        OF_THE_RUN
    )
    known = known or {f"{n.name}.{p}" for n in notebooks for p in n.parameters if p not in OF_THE_RUN}
    values = {"name": address, "nearest": nearest(name, known) or "–", "known": sorted(known)}
    return [Problem(code="KL-S311", values=values)]
