"""PostgreSQL on the loopback: loaded by the test, read by kamlab, the same facts as from a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import PATIENCE, missing

from kamlab.engagement import Engagement, open_engagement
from kamlab.facts import Facts, prepare

Opened = Callable[..., Engagement]
QUERY = "select * from verkauf.umsatz"
SETTINGS = """name: Probe
sources:
  transactions:
    database: {url}
    {what}
    columns: {{account_id: Kunde, date: Tag, revenue: Umsatz, quantity: menge}}
"""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start a server of Debian's package as its own user; return its URL."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        missing("postgresql", "Debian's package is not installed")
    if shutil.which("runuser") is None or os.geteuid() != 0:
        missing("postgresql", "its server does not run as root, and only root can start it as another user")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path is short
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shutil.chown(folder, "postgres")

    def as_postgres(program: str, *arguments: str) -> None:
        command = ["runuser", "-u", "postgres", "--", str(programs[-1].parent / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=PATIENCE)

    as_postgres("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    as_postgres("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        yield f"postgresql://postgres:geheim@127.0.0.1:{port}/postgres"
    finally:
        as_postgres("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def loaded(server: str) -> str:
    """Load a ledger with types as an ERP has them."""
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute("create schema verkauf")
        cursor.execute(
            'create table verkauf.umsatz ("Kunde" char(10), "Tag" date, "Umsatz" numeric, menge integer,'
            " text_umsatz text, notiz jsonb)"
        )
        cursor.execute(
            "insert into verkauf.umsatz values "
            "('0001', '2024-01-05', 1000.5, 1, '1.000,50', '{}'), ('0002', '2024-02-10', 500.255, 2, '500,255', null),"
            "('0001', '2024-03-05', -100, null, '-100,00', null), ('0003', '2024-03-06', 1.234, 3, 'k.A.', null)"
        )
        connection.commit()
    return server


@pytest.fixture
def read(folder: Path, loaded: str) -> Callable[..., Facts]:
    def make(what: str, columns: str | None = None) -> Facts:
        settings = SETTINGS.format(url=loaded, what=what)
        (folder / "engagement.yml").write_text(
            settings.replace("Umsatz, quantity", f"{columns}, quantity") if columns else settings
        )
        return prepare(open_engagement(folder, ("max_rejected=1",)))

    return make


@pytest.mark.parametrize("what", ["table: verkauf.umsatz", f"query: {QUERY}"])
def test_postgresql_gives_the_same_facts_as_a_file(read: Callable[..., Facts], opened: Opened, what: str) -> None:
    of_server = read(what)
    ledger = of_server.state.reads[0]
    assert ledger.revenue is not None
    assert (ledger.rows.used, ledger.revenue.used) == (4, Decimal("1401.9890"))
    rows = "0001;05.01.2024;1000,5;1\n0002;10.02.2024;500,255;2\n0001;05.03.2024;-100;\n0003;06.03.2024;1,2340;3\n"
    settings = "name: P\nsources:\n  transactions:\n    path: umsatz.csv\n    decimal: ','\n"
    columns = "    columns: {account_id: Kunde, date: Tag, revenue: Umsatz, quantity: Menge}\n"
    of_file = prepare(opened(ledger="Kunde;Tag;Umsatz;Menge\n" + rows, settings=settings + columns))
    for name in ("months", "orders", "items"):
        left, right = (getattr(facts, name) for facts in (of_server, of_file))
        order = [column for column in left.columns if column not in ("documents",)]
        pairs = (table.order_by(order).to_pyarrow().to_pylist() for table in (left, right))
        assert next(pairs) == next(pairs)


def test_numbers_kept_as_text_are_read_as_strictly_as_in_a_file(read: Callable[..., Facts]) -> None:
    ledger = read("table: verkauf.umsatz", "text_umsatz").state.reads[0]
    assert ledger.revenue is not None
    assert (ledger.rows.used, ledger.revenue.used) == (3, Decimal("1400.7550"))
    assert [(reject.column, reject.value) for reject in ledger.rejects] == [("text_umsatz", "k.A.")]


def test_a_query_cannot_write(read: Callable[..., Facts]) -> None:
    def codes(what: str) -> list[str]:
        return [problem.code for problem in read(what).state.problems]

    assert codes("query: delete from verkauf.umsatz") == ["KL-E225"]
    assert codes('query: "with x as (delete from verkauf.umsatz returning *) select * from x"') == ["KL-E223"]
    assert read("table: verkauf.umsatz").state.reads[0].rows.read == 4


def test_a_password_is_never_shown(read: Callable[..., Facts], folder: Path) -> None:
    facts = read("table: verkauf.umsatz")
    assert facts.state.reads[0].files[0].name == "postgresql postgres: verkauf.umsatz"
    kept = b"".join(file.read_bytes() for file in facts.engagement.workplace.rglob("*") if file.is_file())
    assert b"geheim" not in kept


def test_a_password_may_stand_in_the_query_of_the_address(folder: Path, loaded: str) -> None:
    url = loaded.replace("postgres:geheim@", "") + "?user=postgres&password=geheim"
    (folder / "engagement.yml").write_text(SETTINGS.format(url=f"'{url}'", what="table: verkauf.umsatz"))
    facts = prepare(open_engagement(folder))
    assert facts.state.reads[0].files[0].name == "postgresql postgres: verkauf.umsatz"
    assert b"geheim" not in (facts.folder / "state.json").read_bytes()


def test_a_server_that_does_not_answer_is_told_without_password(folder: Path, server: str) -> None:
    url = server.replace(server.rpartition(":")[2], "1/postgres")
    (folder / "engagement.yml").write_text(SETTINGS.format(url=url, what="table: umsatz"))
    problem = prepare(open_engagement(folder)).state.problems[0]
    assert problem.code == "KL-E223"
    assert "geheim" not in problem.message("de")
