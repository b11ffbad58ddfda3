"""Pseudonyms: nothing that is published tells who the accounts are, and no number changes; persons are not judged."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from commands import run as kamlab
from conftest import ROOT, SOMEBODY, examples, somebody
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.data import readiness
from kamlab.engagement import Engagement
from kamlab.errors import Problem, SettingsError
from kamlab.facts import Facts, prepare
from kamlab.facts import pseudonyms as module
from kamlab.facts.account import find_account
from kamlab.facts.pseudonyms import MASKED, Veil, pseudonyms, secret_of, setting, without_literals
from kamlab.notebooks import Declaration, Notebook, discover, possibilities, possibility
from kamlab.report.readiness import hindrances
from kamlab.report.readiness import possibilities as shown
from kamlab.results import to_json
from kamlab.run.apart import keep_apart
from kamlab.run.made import Made, record, units
from kamlab.run.manifest import Manifest
from kamlab.run.plan import Plan
from kamlab.text import Words

Opened = Callable[..., Engagement]
Done = subprocess.CompletedProcess

# An engagement in which everything that tells who an account is carries the marker, in every table, right or wrong.

MARK = "zqx"
NUMBER = "70012"  # in a condition of the settings
HEADINGS = (
    "Kundennr;Name;Konzern;Mutter;Regulierer;USt;Mail;Strasse;PLZ;Ort;Land;Branche;Region;Betreuung;Mitarbeiter;Umsatz"
)
MASTER = f"""{HEADINGS}
ZQX-01;Zqx Werke GmbH;ZQX-G;;;ZQXDE1;a@zqx-werke.de;Zqxstr. 1;ZQX1;Zqxstadt;DE;Pumpen;Nord;ZQX-KAM;120;9000000
ZQX-02;Zqx Niederlassung;ZQX-G;;ZQX-P;ZQXDE1;b@zqx-werke.de;Zqxstr. 2;ZQX2;Zqxdorf;CH;;;ZQX-KAM;;
ZQX-03;Zqx Handel AG;;ZQX-04;;;;;;;AT;Handel;Süd;;;
ZQX-04;Zqx Mutter AG;;ZQX-03;;;;;;;AT;Handel;Süd;;;
ZQX-06;Zqx Still KG;;;zqx 01;;;;;;DE;;;;;
"""
LINES = """ZQX-01;05.01.2024;1.000,00;600,00;A;Zqx-B1;Zqx Vertreter
ZQX-02;10.02.2024;500,00;300,00;B;Zqx-B2;Zqx Vertreter
ZQX-03;11.03.2024;250,00;100,00;B;Zqx-B3;Zqx Vertreter
ZQX-ALT;05.04.2024;90,00;60,00;C;Zqx-B4;Zqx Vertreter
ZQX-01;05.01.2025;1.200,00;700,00;A;Zqx-B5;Zqx Vertreter
ZQX-02;10.02.2025;400,50;300,00;B;Zqx-B6;Zqx Vertreter
ZQX-03;15.03.2025;99,50;50,00;A;Zqx-B7;Zqx Vertreter
zqx-03;15.03.2025;9,50;5,00;A;Zqx-B8;Zqx Vertreter
ZQX-NEU;16.03.2025;77,00;;Z;Zqx-B9;Zqx Vertreter
ZQX-05;Zqx-Tag;33,00;11,00;A;Zqx-B10;Zqx Vertreter
ZQX-05;17.03.2025;zqx.A.;11,00;A;Zqx-B11;Zqx Vertreter
;18.03.2025;12,00;11,00;A;Zqx-B12;Zqx Vertreter
ZQX-IC;19.03.2025;13,00;11,00;A;Zqx-B13;Zqx Vertreter
"""
LEDGER = f"Kundennr;Datum;Netto;Kosten;Artikel;Beleg;Vertreter\n{LINES}"
REVIEWS = """Vorschlag;Kunde;Antwort;Notiz
Zqx 1;ZQX-03;ja;Zqx fragen
Zqx 1;ZQX-06;ja;
Zqx 2;ZQX-99;ja;
Zqx 2;ZQX-01;nein;
"""
FILES = {
    "umsatz.csv": LEDGER,
    "kunden.csv": MASTER,
    "artikel.csv": "Artikel;Gruppe;Nachfolger\nA;Motoren;\nB;Pumpen;A\nC;Pumpen;\n",
    "nummern.csv": "Alt;Neu\nZQX-ALT;ZQX-01\n",
    "gruppen.csv": REVIEWS,
    "plan.csv": "Kunde;Zeit;Was;Wert\nZQX-77;2025;Umsatz;5\n01;2025;Umsatz;5\n",
}
SETTINGS = """name: Beispiel GmbH
max_rejected: 0.9
sources:
  transactions:
    path: umsatz.csv
    columns: {account_id: Kundennr, date: Datum, revenue: Netto, cost: Kosten, product_id: Artikel, document_id: Beleg,
      sales_rep: Vertreter}
    exclude: {konzernintern: "= Kundennr = 'ZQX-IC'", nummer: "= Netto = 70012"}
  accounts:
    path: kunden.csv
    columns: {account_id: Kundennr, name: Name, group_id: Konzern, parent_id: Mutter, payer_id: Regulierer, vat_id: USt,
      email: Mail, street: Strasse, postal_code: PLZ, city: Ort, country: Land, sector: Branche, region: Region,
      account_manager: Betreuung, employees: Mitarbeiter, annual_revenue: Umsatz}
  products:
    query: select * from artikel where Artikel <> 'Zqx'
    files: {artikel: artikel.csv}
    columns: {product_id: Artikel, product_group: Gruppe, successor_id: Nachfolger}
  account_mapping: {path: nummern.csv, columns: {old_id: Alt, account_id: Neu}}
  group_reviews: {path: gruppen.csv, columns: {proposal: Vorschlag, account_id: Kunde, decision: Antwort, note: Notiz}}
  plan: {path: plan.csv, columns: {account_id: Kunde, period: Zeit, metric: Was, value: Wert}}
"""


def engagement(home: Path, files: Mapping[str, str] = FILES, extra: str = "") -> Path:
    home.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (home / name).write_text(content, encoding="utf-8")
    (home / "engagement.yml").write_text(SETTINGS + extra, encoding="utf-8")
    return home


def texts(file: Path) -> Iterator[str]:
    """Everything that can be read in a file: its bytes, and what they unfold to."""
    content = file.read_bytes()
    yield content.decode("utf-8", "ignore")
    if file.suffix in (".html", ".svg"):
        soup = BeautifulSoup(content, "html.parser")
        yield soup.get_text(" ")
        yield " ".join(str(value) for tag in soup.find_all(True) for value in tag.attrs.values())
    elif file.suffix == ".json":
        yield json.dumps(json.loads(content), ensure_ascii=False)
    elif file.suffix == ".parquet":
        frame = pd.read_parquet(file)
        yield " ".join(map(str, [*frame.columns, *frame.to_numpy().ravel()]))
    elif file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as book:
            for name in book.namelist():
                yield name + book.read(name).decode("utf-8", "ignore")


def telling(reports: Path, *marks: str) -> set[str]:
    """Name the published files and folders that carry one of these marks in name or content."""
    found = set()
    for path in reports.rglob("*"):
        name = path.relative_to(reports).as_posix()
        # A picture has its text as pixels: the same figure is there as SVG, whose text is read.
        said = [name, *(texts(path) if path.is_file() and path.suffix != ".png" else ())]
        if not name.startswith(".kamlab") and any(
            mark.casefold() in text.casefold() for text in said for mark in marks
        ):
            found.add(name)
    return found


def load(reports: Path, name: str) -> dict[str, Any]:
    return json.loads((reports / name).read_text(encoding="utf-8"))


RUN = ("run", "--lang", "both", "--quiet")
DOSSIER = ("dossier", "ZQX-01", "ZQX-03", "-p", "account_dossier.account=ZQX-01", "--lang", "both", "--quiet")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return engagement(tmp_path_factory.mktemp("pseudonyms") / "auftrag")


@pytest.fixture(scope="module")
def named(home: Path) -> Path:
    """Run without pseudonyms, into a folder of its own."""
    reports = home / "offen"
    for command in (RUN, DOSSIER):
        done = kamlab(*command, "--set", f"reports={reports.name}", cwd=home)
        assert done.returncode == 0, done.stderr
    return reports


@pytest.fixture(scope="module")
def veiled(home: Path, named: Path) -> Path:
    """Run with pseudonyms after a run without, in the same folder."""
    reports = home / "reports"
    assert kamlab("run", "concentration", "--quiet", cwd=home).returncode == 0
    assert kamlab("dossier", "ZQX-03", "--quiet", cwd=home).returncode == 0
    assert telling(reports, MARK)
    for command in (RUN, DOSSIER):
        done = kamlab(*command, "--pseudonyms", cwd=home)
        assert done.returncode == 0, done.stderr
    return reports


def test_without_pseudonyms_the_markers_are_everywhere(named: Path) -> None:
    told = telling(named, MARK)
    assert "manifest.json" in telling(named, NUMBER)
    expected = {"01_data_readiness.de.html", "manifest.json", "21_concentration.en.html", "rejects.csv", "rejects.xlsx"}
    expected |= {
        "results/concentration/accounts.parquet",
        "results/data_readiness/result.json",
        "dossiers/index.de.html",
    }
    assert expected <= told
    assert any(name.startswith("dossiers/zqx-") for name in told)


def test_with_pseudonyms_nothing_that_is_published_tells_who_the_accounts_are(veiled: Path) -> None:
    assert telling(veiled, MARK, NUMBER) == set()
    made = {path.relative_to(veiled).as_posix() for path in veiled.rglob("*") if path.is_file()}
    assert {"01_data_readiness.de.html", "21_concentration.en.html", "index.html", "manifest.json"} <= made
    assert sum(name.startswith("dossiers/k-") for name in made) == 8  # two accounts, editions, languages


def test_rows_that_were_rejected_are_not_published_but_can_be_looked_up(veiled: Path, named: Path) -> None:
    assert (named / "rejects.xlsx").is_file()
    assert not (veiled / "rejects.xlsx").exists()
    here, there = (
        pd.read_csv(folder / "rejects.csv", sep=";", encoding="utf-8-sig", dtype=str) for folder in (veiled, named)
    )
    places = ["file", "line", "column", "code", "revenue"]
    assert here[places].equals(there[places])
    assert len(here) >= 3
    assert set(here["value"].dropna()) == {MASKED}


def test_no_number_changes_with_pseudonyms(veiled: Path, named: Path) -> None:
    for analysis in ("concentration", "data_readiness"):
        one, other = (load(folder, f"results/{analysis}/result.json") for folder in (veiled, named))
        assert one["key_numbers"] == other["key_numbers"]
        assert one["basis"]["rows"] == other["basis"]["rows"]
        assert one["basis"]["revenue"] == other["basis"]["revenue"]
    one, other = (pd.read_parquet(folder / "results/concentration/accounts.parquet") for folder in (veiled, named))
    rest = [column for column in one.columns if column not in ("account_id", "name")]
    pd.testing.assert_frame_equal(one[rest], other[rest])
    assert one["account_id"].is_unique
    assert (one["account_id"] == one["name"]).all()


def test_a_dossier_under_a_pseudonym_has_the_same_numbers(veiled: Path, named: Path) -> None:
    one, other = (
        sorted(
            (json.loads(f.read_bytes())["key_numbers"] for f in folder.glob("results/account_dossier/*/result.json")),
            key=str,
        )
        for folder in (veiled, named)
    )
    assert one == other


def test_every_page_says_that_pseudonyms_stay_personal_data(veiled: Path, named: Path) -> None:
    pages = {folder: sorted(folder.rglob("*.html")) for folder in (veiled, named)}
    assert all(pages.values())
    for page in pages[veiled]:
        soup = BeautifulSoup(page.read_bytes(), "html.parser")
        mark = soup.find("p", class_="pseudonyms").get_text()
        assert ("personenbezogene Daten" if soup.html["lang"] == "de" else "personal data") in mark
        assert ("Pseudonymisiert" if soup.html["lang"] == "de" else "Pseudonymised") in soup.title.get_text()
    for page in pages[named]:
        assert BeautifulSoup(page.read_bytes(), "html.parser").find("p", class_="pseudonyms") is None


def test_the_key_is_read_by_its_owner_only_and_published_nowhere(home: Path, veiled: Path) -> None:
    key = home / ".kamlab" / "pseudonyms.key"
    assert len(key.read_bytes()) == 32
    if os.name == "posix":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for path in veiled.rglob("*"):
        if path.is_file():
            assert key.read_bytes() not in path.read_bytes()
            assert key.read_bytes().hex() not in path.read_text("utf-8", "ignore")


def test_an_unknown_number_is_told_without_writing_anything(home: Path, veiled: Path) -> None:
    before = {path: path.read_bytes() for path in veiled.rglob("*") if path.is_file()}
    done = kamlab("dossier", "ZQX-1", "--pseudonyms", cwd=home)
    assert done.returncode == 2
    assert "KL-S350" in done.stderr
    assert {path: path.read_bytes() for path in veiled.rglob("*") if path.is_file()} == before


def test_the_same_run_again_is_unchanged_and_one_of_the_other_kind_is_not(home: Path, veiled: Path) -> None:
    manifest = load(veiled, "manifest.json")
    assert manifest["pseudonyms"]
    assert kamlab(*RUN, "--pseudonyms", cwd=home).returncode == 0
    again = load(veiled, "manifest.json")
    told = {n["status"] for n in again["notebooks"] if n["notebook"] not in ("20_kam_goals", "36_account_dossier")}
    assert told == {"unchanged"}
    assert kamlab("run", "concentration", "--quiet", cwd=home).returncode == 0
    open_ = load(veiled, "manifest.json")
    assert not open_["pseudonyms"]
    assert [(n["notebook"], n["status"]) for n in open_["notebooks"]] == [("21_concentration", "done")]
    assert open_["notebooks"][0]["run_id"] not in {n["run_id"] for n in again["notebooks"]}
    assert not list(veiled.glob("dossiers/*"))  # pages of the other kind are gone
    assert "K-" not in (veiled / "21_concentration.de.html").read_text(encoding="utf-8")


REFUSED = {
    "no headings": {"umsatz.csv": LINES},
    "two ways of writing": {"umsatz.csv": LEDGER + "ZQX-01;05.01.2024;7,654.50;1;A;1;X\n"},
    "doubled key": {"kunden.csv": MASTER + MASTER.splitlines()[1] + "\n"},
    "too many rejected": {"umsatz.csv": LEDGER + "ZQX-08;Zqx-Tag;1;1;A;1;X\n" * 200},
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_refuses_the_data_tells_no_cell(opened: Opened, folder: Path, case: str) -> None:
    engagement(folder, FILES | REFUSED[case])
    state = prepare(opened(settings=SETTINGS), pseudonyms=True).state
    named = prepare(opened(settings=SETTINGS)).state
    assert state.problems
    assert [p.code for p in state.problems] == [p.code for p in named.problems]
    assert MARK not in state.model_dump_json().replace("ZQX-IC", "").casefold()
    said = " ".join(problem.message("de") for problem in state.problems)
    assert MARK not in said.casefold()
    assert "7,654.50" not in said
    assert case == "two ways of writing" or MARK in named.model_dump_json().casefold()
    assert case != "two ways of writing" or "7,654.50" in named.model_dump_json()


# The pseudonyms themselves


@pytest.fixture
def both(opened: Opened, folder: Path) -> tuple[Facts, Facts]:
    """Return the facts with names and those with pseudonyms, side by side in the cache."""
    engagement(folder)
    return prepare(opened(settings=SETTINGS)), prepare(opened(settings=SETTINGS), pseudonyms=True)


def test_a_number_has_one_pseudonym_in_every_table(both: tuple[Facts, Facts]) -> None:
    named, veiled = both
    secret = secret_of(veiled.engagement)
    codes = pseudonyms(named.sites["site_id"], secret)
    assert set(veiled.sites["site_id"]) == set(codes.values())
    for name in ("months", "orders", "items", "identities"):
        one, other = (set(facts.table(name).site_id.to_pandas()) for facts in both)
        assert other == {codes[number] for number in one}
    assert set(veiled.reviews["account_id"]) >= {codes["ZQX-01"], codes["ZQX-03"]}
    assert set(veiled.accounts["name"]) == set(veiled.accounts["account_id"])


def test_of_an_account_only_what_may_be_told_is_told(both: tuple[Facts, Facts]) -> None:
    named, veiled = both
    assert list(veiled.accounts.columns) == list(named.accounts.columns)
    assert veiled.accounts["account_manager"].isna().all()
    assert veiled.identities[["street", "postal_code", "city", "vat_id", "domain", "payer_id"]].isna().all(axis=None)
    assert veiled.sites["account_manager"].isna().all()
    assert named.sites["account_manager"].notna().any()
    secret = secret_of(veiled.engagement)
    told = ["sector", "country", "region", "employees", "annual_revenue", "in_ledger", "in_master"]
    one = named.sites.assign(site_id=named.sites["site_id"].map(pseudonyms(named.sites["site_id"], secret)))
    pd.testing.assert_frame_equal(
        one.sort_values("site_id", ignore_index=True)[told], veiled.sites[told], check_dtype=False
    )


def test_an_account_is_found_by_its_number_and_by_its_pseudonym(both: tuple[Facts, Facts]) -> None:
    _, veiled = both
    group = find_account(veiled, "ZQX-G")
    assert group == find_account(veiled, "ZQX-01") == find_account(veiled, group)
    with pytest.raises(SettingsError, match="KL-S350") as refused:
        find_account(veiled, "ZQX-1")
    assert refused.value.problems[0].values["nearest"] == []


def test_pseudonyms_stay_from_run_to_run_and_differ_between_engagements(opened: Opened, folder: Path) -> None:
    engagement(folder)
    first = prepare(opened(settings=SETTINGS), pseudonyms=True)
    (folder / "umsatz.csv").write_text(LEDGER + "ZQX-11;17.03.2025;1,00;1,00;A;9;X\n", encoding="utf-8")
    second = prepare(opened(settings=SETTINGS), pseudonyms=True)
    assert set(first.sites["site_id"]) < set(second.sites["site_id"])
    (folder / ".kamlab" / "pseudonyms.key").unlink()
    other = prepare(opened(settings=SETTINGS), pseudonyms=True)
    assert not set(other.sites["site_id"]) & set(second.sites["site_id"])


def test_a_damaged_key_is_refused_and_stays(opened: Opened, folder: Path) -> None:
    engagement(folder)
    prepare(opened(settings=SETTINGS), pseudonyms=True)
    key = folder / ".kamlab" / "pseudonyms.key"
    key.write_bytes(b"kurz")
    with pytest.raises(SettingsError, match="KL-S360"):
        prepare(opened(settings=SETTINGS), pseudonyms=True)
    assert key.read_bytes() == b"kurz"


@given(numbers=st.sets(st.text(max_size=12), max_size=60), length=st.sampled_from([1, 2, module._LENGTH]))
@settings(max_examples=examples(60), deadline=None, derandomize=True, database=None)
def test_distinct_numbers_have_distinct_pseudonyms(numbers: set[str], length: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_LENGTH", length)
        codes = pseudonyms(numbers, b"k" * 32)
    assert len(set(codes.values())) == len(numbers)
    assert all(re.fullmatch("K-[0-9A-HJKMNP-TV-Z]+", code) for code in codes.values())


def test_a_pseudonym_is_short_and_known() -> None:
    """HMAC-SHA256 in base32 without I, L, O, U, computed with another library's functions."""
    import base64
    import hashlib

    key, message = b"k" * 32, b"number 4711"
    pad = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(x ^ 0x36 for x in pad) + message).digest()
    digest = hashlib.sha256(bytes(x ^ 0x5C for x in pad) + inner).digest()
    letters = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", strict=True))
    expected = "".join(letters[letter] for letter in base64.b32encode(digest).decode()[:10])
    assert pseudonyms(["4711"], key) == {"4711": f"K-{expected}"}


def test_texts_of_the_inputs_are_masked_and_known_numbers_told_by_pseudonym() -> None:
    veil = Veil({"01": "K-A", "1 / 2": "K-B"})
    values = {"table": "plan", "column": "account_id", "count": 2, "examples": ["01 / 1", "Maier", "Huber", "1 / 2"]}
    told = veil.problem(Problem(code="KL-W122", values=dict(values))).values
    assert told == values | {"examples": ["K-A / …", "…", "K-B"]}


def test_a_heading_that_feeds_no_column_may_be_a_cell() -> None:
    values = {"file": "umsatz.csv", "line": 1, "column": "Maier", "positions": ["1", "2"]}
    assert Veil().problem(Problem(code="KL-E205", values=dict(values))).values["column"] == MASKED


@pytest.mark.parametrize(
    ("mapped", "told"),
    [
        ("Kunde 'X'", "Kunde 'X'"),
        ("= A * 2", "= A * 2"),
        ("= Nr = '47' or Nr = '11'", "= Nr = '…' or Nr = '…'"),
        (" = Nr = 47 and not Tag > 2025-01-31", " = Nr = … and not Tag > …"),
        ("= \"Kunde's Nr\" = 'O''Neill' or Nr2 starts with '4'", "= \"Kunde's Nr\" = '…' or Nr2 starts with '…'"),
    ],
)
def test_of_an_expression_no_literal_is_told_but_factors(mapped: str, told: str) -> None:
    assert without_literals(mapped) == told


def test_of_a_setting_a_query_is_not_told() -> None:
    assert setting("sources.transactions.query", "select 'Maier'") == MASKED
    assert setting("sources.transactions.exclude.intern", "= Nr = 47") == "= Nr = …"
    assert setting("period", "last_12_months") == "last_12_months"


# Both kinds in one place


FOREIGN = ("budget.xlsx", "notes.csv", "seite.html", "figures/holiday/a.png", "figures/holiday.de.svg", "gruppen.xlsx")
FOREIGN += ("results/eigene.csv", "dossiers/notiz.html", "dossiers/gruppen.xlsx")


def put(reports: Path, *names: str) -> None:
    for name in names:
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        (reports / name).write_bytes(b"x")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def left_by_a_run(wanted: Plan) -> set[str]:
    """Leave what a run leaves, on record and not, with a manifest; return the names."""
    reports = wanted.engagement.reports
    on_record = {"dossiers/maier-1.internal.de.html", "results/account_dossier/maier-1/result.json", "workbook.xlsx"}
    put(reports, *on_record)
    made = Made(run_id="1", edition="de", files=dict.fromkeys(on_record, "1"), pseudonyms=wanted.pseudonyms)
    record(wanted.engagement, "dossiers/maier-1", made)
    other = {"index.html", "index.en.html", "01_data_readiness.de.html", "compare.de.html", "compare.xlsx"}
    other |= {"rejects.csv", "rejects.xlsx", "dossiers/index.de.html", "dossiers/maier-2.customer.en.html"}
    other |= {"figures/concentration.curve.de.svg", "figures/dossiers/maier-1.account_dossier.months.en.svg"}
    other |= {"results/concentration/accounts.parquet", "results/concentration/result.json"}
    other |= {"runs/0123456789ab/results/concentration/accounts.parquet", "runs/0123456789ab/manifest.json"}
    put(reports, *other)
    values = {"engagement": "B", "run_id": "1", "exit_code": 0, "as_of": None, "currency": "EUR", "versions": {}}
    values |= {"started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:00:00Z"}
    values |= {"inputs": (), "tables": (), "notebooks": (), "pseudonyms": wanted.pseudonyms}
    (reports / "manifest.json").write_bytes(to_json(Manifest.model_validate(values)))
    return on_record | other | {"manifest.json"}


@pytest.mark.parametrize("kind", [False, True])
def test_what_runs_of_the_other_kind_left_goes_and_foreign_files_stay(opened: Opened, kind: bool) -> None:
    before, now = (Plan(opened(), (), discover(), [], {}, ("de",), pseudonyms=one) for one in (kind, not kind))
    reports = before.engagement.reports
    put(reports, *FOREIGN)
    left = left_by_a_run(before)
    keep_apart(before)
    assert files(reports) == left | set(FOREIGN)
    keep_apart(now)
    assert files(reports) == set(FOREIGN)
    assert units(now.engagement) == []
    assert not (reports / "results" / "account_dossier").exists()  # folders are named after accounts


def test_without_manifest_and_records_nothing_goes(opened: Opened) -> None:
    wanted = Plan(opened(), (), discover(), [], {}, ("de",), pseudonyms=True)
    put(wanted.engagement.reports, *FOREIGN, "index.html", "compare.xlsx", "figures/concentration.a.de.svg")
    before = files(wanted.engagement.reports)
    keep_apart(wanted)
    assert files(wanted.engagement.reports) == before


def test_where_an_interrupted_run_left_no_manifest_its_records_tell_the_kind(opened: Opened) -> None:
    before, now = (Plan(opened(), (), discover(), [], {}, ("de",), pseudonyms=one) for one in (False, True))
    reports = before.engagement.reports
    put(reports, *FOREIGN)
    left_by_a_run(before)
    (reports / "manifest.json").unlink()
    keep_apart(now)
    assert files(reports) == set(FOREIGN)


def test_a_run_elsewhere_leaves_a_folder_and_its_records_as_they_are(opened: Opened) -> None:
    named = Plan(opened(), (), discover(), [], {}, ("de",))
    left = left_by_a_run(named)
    veiled = Plan(opened("reports=anonym"), (), discover(), [], {}, ("de",), pseudonyms=True)
    left_by_a_run(veiled)
    keep_apart(veiled)
    assert files(named.engagement.reports) == left
    assert units(named.engagement) == ["dossiers/maier-1"]
    keep_apart(Plan(opened(), (), discover(), [], {}, ("de",), pseudonyms=True))
    assert files(named.engagement.reports) == set()
    assert units(veiled.engagement) == ["dossiers/maier-1"]


# Persons are not judged unless the settings say so


def personal() -> Notebook:
    return Notebook(Path("99_reps.ipynb"), Declaration(block="people", personal=True))


def test_what_could_judge_a_person_is_off_by_default() -> None:
    found = possibility(personal(), {}, ())
    assert (found.status, found.personal) == ("not_possible", True)
    assert possibility(personal(), {}, (), level="team").status == "possible"
    for language in ("de", "en"):
        assert "personnel: level: team" in hindrances(found, Words(language))[0]


def test_the_readiness_page_says_why_an_analysis_of_persons_is_off(opened: Opened) -> None:
    notebook = Notebook(Path("99_concentration.ipynb"), Declaration(block="people", personal=True))
    for level, is_off in (("off", True), ("team", False)):
        result = readiness(prepare(opened()), possibilities([notebook], {}, level=level))
        assert ("könnte Personen beurteilen" in shown(result, Words("de"))) is is_off


def test_no_bundled_notebook_judges_a_person() -> None:
    assert not [notebook.stem for notebook in discover() if notebook.declaration.personal]


def folder_with_a_personal_notebook(folder: Path) -> str:
    folder.mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        (folder / path.name).write_bytes(path.read_bytes())
    notebook = nbformat.read(ROOT / "notebooks" / "21_concentration.ipynb", as_version=4)
    notebook.metadata["kamlab"] |= {"personal": True}
    nbformat.write(notebook, folder / "21_concentration.ipynb")
    return f"import pathlib, kamlab.notebooks as n\nn.bundled = lambda _: pathlib.Path({str(folder)!r})"


def test_a_personal_notebook_is_explained_by_check_and_made_only_when_allowed(tmp_path: Path) -> None:
    home = engagement(tmp_path / "auftrag")
    script = folder_with_a_personal_notebook(tmp_path / "notebooks")
    done = kamlab("check", "--json", cwd=home, script=script)
    told = {analysis["name"]: analysis for analysis in json.loads(done.stdout)["analyses"]}
    assert told["concentration"]["status"] == "not_possible"
    assert "könnte Personen beurteilen" in told["concentration"]["reasons"][0]
    assert kamlab("run", "--quiet", cwd=home, script=script).returncode == 0
    reports = home / "reports"
    assert not (reports / "21_concentration.de.html").exists()
    assert "könnte Personen beurteilen" in (reports / "index.html").read_text(encoding="utf-8")
    done = kamlab("run", "concentration", "--set", "personnel.level=team", "--quiet", cwd=home, script=script)
    assert done.returncode == 0, done.stderr
    assert (reports / "21_concentration.de.html").is_file()


def test_persons_of_the_inputs_never_reach_results_but_for_the_contact_of_an_internal_dossier(named: Path) -> None:
    assert telling(named, "Zqx Vertreter", "Zqx-B1") == {"rejects.xlsx"}  # whole rows, as they came
    contact = telling(named, "ZQX-KAM")
    assert {name for name in contact if name != "rejects.xlsx"} <= {
        name
        for name in contact
        if name.startswith(("results/account_dossier/", "dossiers/")) and ".customer." not in name
    }


# Neither the user nor the machine is told


def test_nothing_that_is_published_of_the_demo_tells_user_home_or_folder(demo_reports: Path) -> None:
    assert SOMEBODY in str(demo_reports)
    assert telling(demo_reports, SOMEBODY, str(ROOT)) == set()


def test_nothing_that_is_published_after_a_failure_tells_user_home_or_folder(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp(SOMEBODY)
    failing = place / "notebooks"
    script = folder_with_a_personal_notebook(failing)
    notebook = nbformat.read(ROOT / "notebooks" / "21_concentration.ipynb", as_version=4)
    source = "import getpass, os, tempfile\nopen(os.path.join(tempfile.gettempdir(), 'nix', os.getcwd().strip('/')))"
    notebook.cells.insert(4, nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, failing / "21_concentration.ipynb")
    reports = engagement(place / "auftrag") / "reports"
    for command, code in (("run", 1), ("dossier", 0)):
        arguments = ("concentration", "--lang", "both") if command == "run" else ("--top", "1")
        done = kamlab(command, *arguments, "-e", "auftrag", "--quiet", cwd=place, script=script, **somebody(place))
        assert done.returncode == code, done.stderr
    told = {n["notebook"]: n["status"] for n in load(reports, "manifest.json")["notebooks"]}
    assert told["21_concentration"] == "failed"
    assert (reports / "rejects.xlsx").is_file()
    assert list(reports.glob("dossiers/*.internal.de.html"))
    assert telling(reports, SOMEBODY, str(ROOT)) == set()
