"""Pseudonyms: what stands for customers' numbers and names where nobody is to be told who they are.

In go facts that are about to be written, with what was noted on the way; out comes the same without number, name,
address or cell of the inputs. A number has one pseudonym in every table and run of an engagement and another elsewhere:
it hangs on a key that lies in the workplace. Who has the key can tell who is who, so pseudonyms stay personal data.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from kamlab.engagement import Engagement, expression
from kamlab.errors import Problem, SettingsError
from kamlab.facts.entries import FREE_TEXT, OF_THE_FACTS
from kamlab.ingest import Reject, SourceRead
from kamlab.publish import publish
from kamlab.results import Value
from kamlab.tables import TABLES, Kind

KEY_FILE = "pseudonyms.key"
MASKED = "…"
NAMED_IN_SETTINGS = frozenset({"criterion"})  # a name that analyses have to find again
IDS = ("site_id", "account_id", "master_group")
ENTERED_IDS = {
    c.name for table in TABLES.values() if table.name not in OF_THE_FACTS for c in table.columns if c.kind is Kind.ID
}
# What is told of an account all the same: nothing that is not named here.
TOLD = (
    *("sites", "in_ledger", "in_master", "sector", "country", "region", "employees", "annual_revenue"),
    *("key_account_since", "key_account_until", "max_supplier_share"),
)
# Values of a problem that speak of files, tables and settings; any other text may be a cell of the inputs.
_OF_THE_FORM = frozenset({
    *("file", "first", "folder", "sheet", "cell", "encoding", "byte", "lines", "positions"),
    *("table", "tables", "other", "canonical", "kind", "known", "setting", "reason", "currency", "codes", "iso"),
})  # fmt: skip
_HEADINGS = frozenset({"column", "columns"})  # of a file without headings, these are cells
_BYTES = 32  # of the key
_LENGTH = 10  # letters and digits of a pseudonym: among a hundred thousand accounts, hardly ever two are alike
_LEGIBLE = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")  # no I, L, O, U


def secret_of(engagement: Engagement) -> bytes:
    """Return the key of an engagement, made on first use; only its owner may read the file.

    Raises
    ------
    SettingsError
        The file is there and holds no key (KL-S360): another key would make other pseudonyms.
    StorageFailed
        The key cannot be written.
    """
    file = engagement.workplace / KEY_FILE
    if not file.exists():
        publish(file, secrets.token_bytes(_BYTES), mode=0o600)
    secret = file.read_bytes()
    if len(secret) != _BYTES:
        raise SettingsError(Problem(code="KL-S360", values={"file": f"{engagement.workplace.name}/{file.name}"}))
    return secret


def fingerprint(secret: bytes) -> str:
    """Tell a key from others without telling it."""
    return hmac.digest(secret, b"", "sha256").hex()


def stand_ins(number: str, secret: bytes) -> tuple[str, str]:
    """Return the pseudonym of a number, and the long one that it has where another number has the same."""
    digest = hmac.digest(secret, b"number " + number.encode("utf-8", "surrogatepass"), "sha256")
    code = b32encode(digest).decode().rstrip("=").translate(_LEGIBLE)
    return f"K-{code[:_LENGTH]}", f"K-{code}"


def pseudonyms(numbers: Iterable[str], secret: bytes) -> dict[str, str]:
    """Give every number its pseudonym; no two have the same."""
    codes = {number: stand_ins(number, secret) for number in numbers}
    times = Counter(short for short, _ in codes.values())
    return {number: short if times[short] == 1 else long for number, (short, long) in codes.items()}


@dataclass(frozen=True)
class Veil:
    """Hides who the accounts are; `codes` maps their numbers to pseudonyms."""

    codes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def over(cls, frames: Iterable[pd.DataFrame], secret: bytes) -> Veil:
        """Make the veil for all numbers of these frames."""
        return cls(pseudonyms(sorted({n for f in frames for c in _ids(f) for n in f[c].dropna()}), secret))

    def table(self, table: ibis.Table) -> ibis.Table:
        """Put pseudonyms in the place of the numbers of sites and accounts."""
        for column in ("site_id", "account_id"):
            known = pa.table({"number": pa.array(self.codes.keys()), "code": pa.array(self.codes.values())})
            lookup = ibis.memtable(known.cast(pa.schema({"number": pa.string(), "code": pa.string()})))
            joined = table.left_join(lookup, table[column] == lookup.number)
            table = joined.select(*(joined.code.name(c) if c == column else joined[c] for c in table.columns))
        return table

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put pseudonyms in the place of numbers and names; of the rest only what may be told keeps its values."""
        hidden = {
            column: pd.Series(None, index=frame.index, dtype=frame[column].dtype)
            for column in frame.columns
            if column not in TOLD
        }
        ids = {column: frame[column].map(self.codes).astype(frame[column].dtype) for column in _ids(frame)}
        if "name" in frame:
            hidden["name"] = ids["site_id" if "site_id" in ids else "account_id"]
        return frame.assign(**hidden | ids)

    def entries(self, table: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Hide in an entered table all numbers and codes behind pseudonyms, free texts behind a mark."""
        kinds = {column.name: column.kind for column in TABLES[table].columns} | {"site_id": Kind.ID}
        shown = {}
        for column in frame.columns:
            if kinds[column] is Kind.ID:
                shown[column] = frame[column].map(self.codes.get, na_action="ignore")
            elif kinds[column] in FREE_TEXT and column not in NAMED_IN_SETTINGS:
                shown[column] = frame[column].map(lambda _: MASKED, na_action="ignore")
        return frame.assign(**shown)

    def text(self, text: str) -> str:
        """Replace a text of the inputs: a number by its pseudonym, anything else by a mark."""
        parts = [text] if text in self.codes else text.split(" / ")  # two spellings of a number stand side by side
        return " / ".join(dict.fromkeys(self.codes.get(part, MASKED) for part in parts))

    def problem(self, problem: Problem) -> Problem:
        """Take out of a problem what may be a cell of the inputs."""
        is_named = "canonical" in problem.values or "table" in problem.values
        told = _OF_THE_FORM | (_HEADINGS if is_named else frozenset())
        values = {key: value if key in told else self._value(value) for key, value in problem.values.items()}
        return problem.model_copy(update={"values": values})

    def read(self, read: SourceRead) -> SourceRead:
        """Take out of the report on a source what may be a cell of the inputs; places stay."""
        columns = [column.model_copy(update={"mapped": without_literals(column.mapped)}) for column in read.columns]
        parts: dict[str, Any] = {"columns": tuple(columns), "rejects": tuple(map(self._reject, read.rejects))}
        parts |= {name: tuple(map(self.problem, getattr(read, name))) for name in ("notes", "problems")}
        return read.model_copy(update=parts)

    def _reject(self, reject: Reject) -> Reject:
        return reject.model_copy(update={"value": None if reject.value is None else self.text(reject.value)})

    def _value(self, value: Value) -> Value:
        if isinstance(value, list):
            return list(dict.fromkeys(map(self.text, value)))
        return self.text(value) if isinstance(value, str) else value


def without_literals(text: str) -> str:
    """Take out of an expression of the settings what may be a number or a name of customers."""
    return expression.without_literals(text, MASKED) if expression.is_expression(text) else text


def setting(path: str, value: str) -> str:
    """Take out of a setting what may be a number or a name of customers: literals, and queries whole."""
    return MASKED if path.endswith(".query") else without_literals(value)


def _ids(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame if column in IDS or column in ENTERED_IDS]
