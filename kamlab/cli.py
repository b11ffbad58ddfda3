"""The command line: options to plans, problems to messages, fates to exit codes. Everything heavy is imported late."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.exceptions import TyperException

app = typer.Typer(
    name="kamlab",
    help="Key Account Management analyses: from raw transactions to reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Analyses, notebooks or blocks; default: all.")
]
Place = Annotated[str | None, typer.Option("-e", "--engagement", help="Folder, settings file or 'demo'.")]
Set = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A setting that outranks the file.")]
Parameters = Annotated[
    list[str] | None, typer.Option("-p", "--parameter", metavar="NAME=VALUE", help="A notebook's parameter.")
]
LanguageOption = Annotated[Literal["de", "en", "both"] | None, typer.Option("--lang", help="Language of the pages.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse data with a single rejected row.")]
Engine = Annotated[
    Literal["fork", "kernel"] | None,
    typer.Option("--engine", help="How notebooks are executed; default: fork if it can be."),
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, metavar="N", help="Notebooks at the same time.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, metavar="SECONDS", help="Time for one notebook.")]
Force = Annotated[bool, typer.Option("--force", help="Execute what is unchanged too.")]
Code = Annotated[bool, typer.Option("--code", help="Show the code on the pages, folded.")]
Pseudonyms = Annotated[bool, typer.Option("--pseudonyms", help="Publish nothing that tells who the accounts are.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print problems only.")]


@app.command()
def run(
    names: Names = None,
    engagement: Place = None,
    assignments: Set = None,
    parameters: Parameters = None,
    language: LanguageOption = None,
    strict: Strict = False,
    code: Code = False,
    pseudonyms: Pseudonyms = False,
    engine: Engine = None,
    jobs: Jobs = None,
    timeout: Timeout = 3600,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Check, ingest and run what is named; default: all that the data allow."""
    execution = (engine, jobs, timeout, force)
    pages = {"strict": strict, "code": code, "pseudonyms": pseudonyms}
    plan = _plan(names, engagement, assignments, parameters, language, execution, **pages)
    from kamlab import run as runs

    with _progress(quiet) as progress:
        outcome = runs.run(plan, progress)
    _end(outcome, plan, "index.html", quiet)


@app.command()
def dossier(
    accounts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ACCOUNT]...", help="Numbers of accounts or sites; default: all with revenue."),
    ] = None,
    top: Annotated[int | None, typer.Option("--top", min=1, metavar="N", help="Only the largest N.")] = None,
    engagement: Place = None,
    assignments: Set = None,
    parameters: Parameters = None,
    language: LanguageOption = None,
    strict: Strict = False,
    code: Code = False,
    pseudonyms: Pseudonyms = False,
    engine: Engine = None,
    jobs: Jobs = None,
    timeout: Timeout = 3600,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Make one dossier per account, an internal edition and one for the customer, with an index."""
    execution = (engine, jobs, timeout, force)
    pages = {"strict": strict, "code": code, "pseudonyms": pseudonyms}
    plan = _plan(None, engagement, assignments, parameters, language, execution, **pages)
    from kamlab.run.dossiers import dossiers
    from kamlab.run.entrance import DOSSIERS, page_name

    with _progress(quiet) as progress:
        outcome = dossiers(plan, accounts or (), top, progress)
    _end(outcome, plan, page_name(DOSSIERS, plan.languages[0]), quiet)


@app.command()
def check(
    names: Names = None,
    engagement: Place = None,
    assignments: Set = None,
    parameters: Parameters = None,
    language: LanguageOption = None,
    strict: Strict = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
) -> None:
    """Read and validate the data only: what is there, what is wrong, which analyses can run."""
    from kamlab.errors import KamlabError

    try:
        plan = _plan(names, engagement, assignments, parameters, language, strict=strict)
        from kamlab import run as runs
        from kamlab.run.checked import checked
        from kamlab.run.terminal import show

        found = checked(*runs.check(plan), _words(plan))
    except KamlabError as error:
        if not as_json:
            raise
        _print_refusal(error, _spoken() if language in (None, "both") else language)
    if as_json:
        _print_json(found)
    else:
        show(found, _words(plan))
        for problem in (*found.problems, *found.notes):
            print(problem.message, file=sys.stderr)
    raise typer.Exit(found.exit_code)


@app.command(name="map")
def map_(
    file: Annotated[str, typer.Argument(help="An export of the client; a pattern in quotes for several alike.")],
    table: Annotated[str | None, typer.Option("-t", "--table", help="The input table it is.")] = None,
    engagement: Place = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Add the mapping to engagement.yml.")] = False,
    language: Annotated[Literal["de", "en"] | None, typer.Option("--lang", help="Language of the answer.")] = None,
) -> None:
    """Propose which heading of a file feeds which column, and write it into the settings if told so."""
    from rich.console import Console

    from kamlab import mapping
    from kamlab.mapping import view
    from kamlab.text import Words

    plan = mapping.plan(file, table, engagement, sheet)
    words = Words(language or _settled(plan.language))
    view.show(plan, words, Console())
    if write and not view.is_complete(plan):
        mapping.write(plan, view.addition(plan, words))
    _say("\n" + view.next_step(plan, words, sys.argv[1:], engagement, is_written=write))


@app.command()
def params(name: Annotated[str, typer.Argument(help="An analysis or notebook.")]) -> None:
    """Show the parameters of a notebook with type, default, unit, meaning and range."""
    from kamlab.notebooks import chosen, discover

    for notebook in chosen(discover(), [name]):
        _say(notebook.stem)
        for parameter in notebook.parameters.values():
            _say(f"  {parameter}")


@app.command()
def groups(engagement: Place = None, language: LanguageOption = None) -> None:
    """Propose corporate groups as an Excel list to be answered; nothing is merged without a yes."""
    from kamlab.engagement import open_engagement

    opened = open_engagement(engagement)
    from kamlab.run.groups import propose_groups
    from kamlab.text import Words

    wanted = language or opened.settings.language
    words = Words("en" if wanted == "en" else "de", opened.settings.currency)
    made = propose_groups(opened, words.language)
    key = "cli.groups" if made.proposals else "cli.groups_none"
    _say(words(key, count=made.proposals, revenue=made.at_stake, path=str(made.file)))
    if made.before:
        _say(words("cli.groups_kept", file=made.before.name))
    if made.missing_source:
        _say(words("cli.groups_settings", file=opened.file.name))
        _say(f"  group_reviews:\n    path: {made.missing_source}")


@app.command()
def workshop(
    raters: Annotated[
        str, typer.Option("--raters", metavar="CODES", help="Codes of the judges, no names.")
    ] = "R1,R2,R3",
    accounts: Annotated[int, typer.Option("--accounts", min=1, metavar="N", help="Rate the largest N.")] = 40,
    engagement: Place = None,
    language: LanguageOption = None,
) -> None:
    """Write a blind scoring sheet per judge and a sheet for decisions; what is filled in stays as it is."""
    from kamlab.engagement import open_engagement

    opened = open_engagement(engagement)
    from kamlab.run.workshop import prepare_workshop
    from kamlab.text import Words

    wanted = language or opened.settings.language
    words = Words("en" if wanted == "en" else "de")
    codes = [code.strip() for code in raters.split(",") if code.strip()]
    made = prepare_workshop(opened, codes, accounts, words.language)
    _say(words("cli.workshop", files=list(made.written), accounts=made.accounts, folder=str(made.folder)))
    if made.kept:
        _say(words("cli.workshop_kept", files=list(made.kept)))
    if made.missing:
        _say(words("cli.workshop_settings", file=opened.file.name))
        _say(made.missing)


@app.command()
def compare(
    earlier: Annotated[
        str, typer.Argument(metavar="[A]", help="'last', 'previous', a run id or a folder.")
    ] = "previous",
    later: Annotated[str, typer.Argument(metavar="[B]", help="What A is compared with.")] = "last",
    engagement: Place = None,
    language: LanguageOption = None,
) -> None:
    """Say what changed between two runs, and why; as lines, page and Excel table."""
    from kamlab.engagement import open_engagement

    opened = open_engagement(engagement)
    from kamlab.run.comparing import compare_runs

    made = compare_runs(opened, earlier, later, language or opened.settings.language)
    for line in made.lines:
        _say(line)
    for page in made.pages:
        _say(str(page))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the engagement; may hold exports already.")],
    language: Annotated[Literal["de", "en"], typer.Option("--lang", help="Language of settings and workbook.")] = "de",
    currency: Annotated[
        str | None,
        typer.Option("--currency", metavar="CODE", help="Currency of the engagement; default: that of the exports."),
    ] = None,
) -> None:
    """Make a new engagement: commented settings, and an Excel workbook to fill in."""
    from kamlab.mapping.currency import chosen_currency
    from kamlab.templates import begin
    from kamlab.text import Words

    words = Words(language)
    code, source = chosen_currency(folder, currency)
    if source == "assumed" and sys.stdin.isatty() and sys.stdout.isatty():
        code, source = chosen_currency(folder, typer.prompt(words("cli.ask_currency"), default=code))
    made = begin(folder, language, code)
    place = f'"{made.folder}"' if " " in str(made.folder) else str(made.folder)
    _say(
        words(
            "cli.begun",
            folder=str(made.folder),
            settings=made.settings,
            workbook=made.workbook,
            currency=words(f"cli.currency_{source}", currency=code),
            check=f"kamlab check -e {place}",
            run=f"kamlab run -e {place}",
        )
    )


def main() -> NoReturn:
    """Run the command line; every problem of a user ends in a message and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old terminal, or a file in another encoding, must not end a run
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a kernel that goes with an interrupted run is no news
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        error.show()  # type: ignore[attr-defined]
        code = 2
    except (KeyboardInterrupt, typer.Abort):
        from kamlab.text import Words

        print("\n" + Words(_spoken())("cli.interrupted"), file=sys.stderr)
        code = 130
    except Exception as error:
        from kamlab.errors import KamlabError

        if not isinstance(error, KamlabError):
            raise
        _tell(error.problems, _spoken())
        code = int(error.exit_code)
    sys.exit(code)


def _plan(
    names: list[str] | None,
    place: str | None,
    assignments: list[str] | None,
    parameters: list[str] | None,
    language: Literal["de", "en", "both"] | None,
    execution: tuple[Any, ...] = (),
    **more: bool,
) -> Any:
    from kamlab.engagement import open_engagement

    engagement = open_engagement(place, assignments or ())
    from kamlab.run import Execution, plan  # after the settings: their mistakes are told at once

    how = Execution(*execution)
    return plan(engagement, assignments or (), names or (), parameters or (), language, execution=how, **more)


def _words(plan: Any) -> Any:
    from kamlab.text import Words

    return Words(plan.languages[0], plan.engagement.settings.currency)


def _spoken() -> Literal["de", "en"]:
    """Choose the language of a message where no settings could be read: the one of the terminal."""
    language = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "de" if language.startswith("de") else "en"


def _settled(language: str | None) -> Literal["de", "en"]:
    """Speak the language of the settings; where they name none or both, that of the terminal."""
    return language if language in ("de", "en") else _spoken()  # type: ignore[return-value]


def _end(outcome: Any, plan: Any, entrance: str, quiet: bool) -> NoReturn:
    """Tell how it went, and leave with the exit code that it means."""
    _tell(outcome.problems, plan.languages[0])
    if not quiet:
        words = _words(plan)
        for status in outcome.statuses:
            _say(words("cli.status", notebook=status.notebook, status=words(f"status.{status.status}")))
        _say(words("cli.report", path=str(plan.engagement.reports / entrance)))
    raise typer.Exit(outcome.exit_code)


def _tell(problems: Any, language: Literal["de", "en"]) -> None:
    for problem in problems:
        print(problem.message(language), file=sys.stderr)


def _print_refusal(error: Any, language: Any) -> NoReturn:
    """Print what kept a check from its data as the document it would have made."""
    from kamlab.run.checked import Checked, told

    _print_json(Checked(exit_code=error.exit_code, problems=told(error.problems, language)))
    raise typer.Exit(int(error.exit_code))


def _print_json(model: Any) -> None:
    from kamlab.results import to_json

    print(to_json(model).decode(), end="")


def _say(line: str) -> None:
    print(line)


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    """Show what is being done, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, steps: bar.update(task, description=what, completed=done, total=steps)


def _terminated(_signal: int, _frame: Any) -> NoReturn:
    raise SystemExit(143)


if __name__ == "__main__":
    main()
