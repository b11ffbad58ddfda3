"""The password of a database stands nowhere: not on pages, in results, state, manifest or cache, not in messages."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kamlab.engagement import Engagement, open_engagement
from kamlab.errors import Problem, SettingsError, without_passwords
from kamlab.ingest.databases import address, without_secrets
from kamlab.run.manifest import settings_of

SECRET = "Geh3imnis"
HOST = "127.0.0.1:1"  # nobody answers there
URLS = {
    "login": f"postgresql://u:{SECRET}@{HOST}/erp",
    "query": f"postgresql://{HOST}/erp?user=u&password={SECRET}",
    "encoded": f"postgresql://{HOST}/erp?p%61ssword=%47eh3imnis&user=u",
    "slash": f"postgresql://u:{SECRET}/{SECRET}@{HOST}/erp",
    "at": f"postgresql://u:{SECRET}@{SECRET}@{HOST}/erp",
    "percent": f"postgresql://u:{SECRET}%zz@{HOST}/erp",
    "blank": f"postgresql://u:{SECRET} {SECRET}@{HOST}/erp",
    "question": f"postgresql://u:{SECRET}?{SECRET}@{HOST}/erp",
    "no_host": f"postgresql://u:{SECRET}/erp",
    "ampersand": f"postgresql://{HOST}/erp?password=x&{SECRET}&user=u",
    "at_in_query": f"postgresql://{HOST}/erp?user=u&password=x@{SECRET}",
    "key": f"postgresql://{HOST}/erp?sslpassword={SECRET}&sslkey=/nirgends&sslcert=/nirgends",
    "file": f"sqlite://u:{SECRET}@daten/erp.db?password={SECRET}",
    "file_query": f"duckdb:///daten/erp.db?pwd={SECRET}",
}
TABLES = [
    *("transactions", "accounts", "products", "goals", "actions", "contracts", "control_totals", "criteria"),
    *("decisions", "effort", "market", "team", "contacts", "plan"),
]


def source(url: str) -> str:
    return f"{{database: '{url}', table: t}}"


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_an_address_is_shown_without_password(opened: Callable[..., Engagement], url: str) -> None:
    engagement = opened(settings=f"name: x\nsources:\n  transactions: {source(url)}\n")
    place = address(engagement, engagement.settings.sources["transactions"])
    settings = engagement.settings
    shown = [place.shown, repr(place), repr(settings), settings.model_dump_json(), str(settings_of(settings))]
    assert place.url == url  # only the driver sees it whole
    assert SECRET not in " ".join(shown)


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_whatever_a_driver_quotes_of_a_password_is_hidden(url: str) -> None:
    rest = url.partition("://")[2]
    quoted = [url, rest, SECRET, f"{SECRET}@{HOST}", SECRET.upper(), rest.replace("%47", "G"), f'port "{SECRET}"']
    assert not [text for text in quoted if SECRET.lower() in without_secrets(text, url).lower()]


def test_a_short_password_is_hidden_where_it_stands_alone() -> None:
    url = "postgresql://anna:ab@host/db"
    assert without_secrets('no port "ab", table abba', url) == 'no port "…", table abba'


def test_what_is_no_password_stays_in_the_message() -> None:
    said = 'relation "kunden" does not exist, port 5432, sslmode require'
    assert without_secrets(said, f"postgresql://u:{SECRET}@host:5432/erp?sslmode=require") == said
    assert without_secrets(said, "postgresql://host:5432/erp?sslmode=require") == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:pw@host:5432/erp?sslmode=require", "postgresql://host:5432/erp"),
        ("jdbc:mysql://host/erp?user=u&password=pw", "jdbc:mysql://host/erp"),
        ("postgresql://u:p?w@host/erp", "postgresql://…"),
        ("postgresql://u:pw/erp", "postgresql://…"),
        ("Server=h;Uid=u;Pwd=pw;Database=d", "Server=h;Uid=u;Pwd=…;Database=d"),
        ("select * from dblink('host=h password=pw', 'x')", "select * from dblink('host=h password=…, 'x')"),
        ("--set a.database=sqlite:///daten/x.db", "--set a.database=sqlite:///daten/x.db"),
        ("sqlite://C:/daten/x.db", "sqlite://C:/daten/x.db"),
        ("umsatz_2025.csv, Zeile 3: 12:30 Uhr, a@b.de", "umsatz_2025.csv, Zeile 3: 12:30 Uhr, a@b.de"),
        ("Passau = 3", "Passau = 3"),
    ],
)
def test_passwords_are_taken_out_of_a_text_and_the_rest_stays(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_no_problem_holds_a_password() -> None:
    url = f"postgresql://u:{SECRET}@h/db"
    problem = Problem(code="KL-S310", values={"name": url, "nearest": "–", "known": [url]})
    assert SECRET not in problem.model_dump_json() + problem.message("de") + problem.message("en")


@pytest.mark.parametrize(
    "settings",
    [
        f"transactions: {source(f'mysql://u:{SECRET}@host/db')}",
        f"transactions: {source(f'u:{SECRET}@host/db')}",
        f"transactions: {source(f'Server=h;Pwd={SECRET}')}",
        f"transactions: {source(SECRET)}",
        f"transactions: {{database: 'postgresql://u:{SECRET}@h/db', path: x.csv}}",
        f"transactions: {{database: ['postgresql://u:{SECRET}@h/db'], table: t}}",
        f"transactions: {{path: 'postgresql://u:{SECRET}@h/db', decimal: 'postgresql://u:{SECRET}@h/db'}}",
        f"transaktionen: {source(f'postgresql://u:{SECRET}@h/db')}",
    ],
)
def test_settings_that_cannot_be_meant_are_refused_without_the_password(folder: Path, settings: str) -> None:
    (folder / "engagement.yml").write_text(f"name: x\nsources:\n  {settings}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        open_engagement(folder)
    said = [str(refused.value), *(problem.message("de") for problem in refused.value.problems)]
    assert SECRET not in " ".join(said)


def test_an_option_that_cannot_be_meant_is_refused_without_the_password(folder: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        open_engagement(folder, [f"..database postgresql://u:{SECRET}@h/db"])
    assert SECRET not in str(refused.value)


def test_nothing_that_a_run_leaves_or_prints_holds_a_password(
    folder: Path, kamlab: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    lines = [f"  {table}: {source(url)}" for table, url in zip(TABLES, URLS.values(), strict=True)]
    (folder / "engagement.yml").write_text("\n".join(["name: x", "sources:", *lines]) + "\n", encoding="utf-8")
    option = f"sources.knowledge.database=postgresql://u:{SECRET}@{HOST}/erp"
    options = ("-e", folder, "--set", option, "--set", "sources.knowledge.table=t")
    done = kamlab("run", *options, "--lang", "both")
    assert done.returncode == 3, done.stderr
    assert SECRET not in done.stdout + done.stderr
    checked = kamlab("check", "--json", *options)
    assert checked.returncode == 3
    assert SECRET not in checked.stdout + checked.stderr
    left = [path for path in folder.rglob("*") if path.is_file() and path.name != "engagement.yml"]
    assert any(path.name == "manifest.json" for path in left)
    assert any(path.suffix == ".html" for path in left)
    assert not [path for path in left if SECRET.encode() in path.read_bytes() or SECRET in path.name]
    for packed in (path for path in left if path.suffix == ".xlsx"):
        with zipfile.ZipFile(packed) as book:
            assert not [name for name in book.namelist() if SECRET.encode() in book.read(name)]


def test_the_key_of_a_state_does_not_hang_on_a_password(opened: Callable[..., Engagement]) -> None:
    def dump(word: str) -> str:
        settings = f"name: x\nsources:\n  transactions: {source(f'postgresql://u:{word}@h/db')}\n"
        return opened(settings=settings).settings.model_dump_json()

    assert dump("eins") == dump("zwei")
