"""The decision list: a row per account that joins, leaves, waits, is watched or stays, with a reason of eight words.

A result of the target accounts in, a piece of safe HTML out; the whole reason stands behind a fold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kamlab.report.blocks import Html, fold
from kamlab.report.tables import html_table
from kamlab.results import Result
from kamlab.text import MISSING, Words

ORDER = ("enters", "leaves", "probation", "waits", "watch", "stays")  # what changes comes first
MOST = 24  # rows, besides the one of all others
WORDS = 8  # of a reason in the list
IMPLIED = ("stays", "enters")  # reasons that go without saying where something speaks against the status
NUMBERS = ("account_id", "against", "hours", "revenue", "contribution_margin")  # no part of a reason
TOLD = {"conflict_definition", "conflict_simple"}  # conflicts that the whole reason tells anyway


def decision_list(result: Result, words: Words) -> Html:
    """Show the list that is to be decided on; nothing where nobody is on it."""
    accounts = _accounts(result)
    if accounts.empty:
        return Html("")
    rows = accounts.to_dict("records")
    money = "contribution_margin" if "contribution_margin" in accounts else "revenue"
    shown = pd.DataFrame(
        {
            "name": accounts["name"],
            "verdict": [_verdict(row, words) for row in rows],
            "place": [_pair(words.number(row["rank"]), words.number(row["score"], 1)) for row in rows],
            "in_rounds": [_of(words.hundredths(row["in_circle"]), "100") for row in rows],
            "support": [_pair(*(_of(*map(words.number, of)) for of in _supported(row))) for row in rows],
            **{name: accounts[name] for name in ("hours", money) if name in accounts},
        }
    )
    title, why = words("target_accounts.table.decision"), words("target_accounts.table.reasons")
    table = html_table(shown, words, "target_accounts-decision", title, MOST, is_decision=True)
    reasons = accounts.drop(columns=[name for name in NUMBERS if name in accounts])
    told = fold(why, html_table(reasons, words, "target_accounts-reasons", why, len(reasons)))
    return Html(f"{table}{told}")


def _accounts(result: Result) -> pd.DataFrame:
    """Bring all on whom there is something to decide into one order, with what speaks against their status."""
    frame = pd.concat([result.tables["list"], result.tables["off_list"]], ignore_index=True)
    if frame.empty:
        return frame
    conflicts = {row["account_id"]: row for row in result.tables["conflicts"].to_dict("records")}
    against = [str(conflicts.get(account, {}).get("because", "")).split() for account in frame["account_id"]]
    reasons = zip(frame["because"], against, strict=True)
    frame = frame.assign(
        against=[" ".join(codes) for codes in against],
        because=[" ".join([own, *(code for code in codes if code not in TOLD)]) for own, codes in reasons],
        contract_day=frame["account_id"].map({account: row["contract_day"] for account, row in conflicts.items()}),
    )
    twice = frame["name"].duplicated(keep=False)
    frame["name"] = frame["name"].where(~twice, frame["name"] + " (" + frame["account_id"] + ")")
    return frame.sort_values("status", key=lambda status: status.map(ORDER.index), kind="stable", ignore_index=True)


def _verdict(row: Mapping[Any, Any], words: Words) -> str:
    """Say the status and, in at most eight words, what it follows from and what speaks against it."""
    first, *_ = str(row["because"]).split()
    against = str(row["against"]).split()
    codes = against if against and first in IMPLIED else [first, *against]
    said, room = [], WORDS
    for code in codes:
        text = words(f"brief.{code}", knock_out=row["knock_out"])
        room -= len(text.split())
        said += [text] if room >= 0 else []
    return f"{words.named('value.status', str(row['status']))}: {'; '.join(said)}"


def _pair(first: str, second: str) -> str:
    return MISSING if {first, second} == {MISSING} else f"{first} · {second}"


def _supported(row: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    """Pair what speaks for an account with what could: rules of the definition, opinions of the procedures."""
    return [(row["rules_met"], row["rules"]), (row["votes"], row["procedures"])]


def _of(some: str, of: str) -> str:
    return MISSING if MISSING in (some, of) else f"{some}/{of}"
