"""Blocks of an account dossier, and its two editions from one notebook: internal, and for the customer.

A cell tagged `customer` stands in the customer's edition; tagged `internal` too, in both; without either, in the
internal one alone. So the customer sees only what was made for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from markupsafe import Markup
from nbformat import NotebookNode

from kamlab.report.blocks import Html
from kamlab.report.frame import Head
from kamlab.results import Result
from kamlab.tables import column_label
from kamlab.text import Words

Edition = Literal["internal", "customer"]
# What of the master data is told, and how; what of it is worth asking for where it is missing.
_ATTRIBUTES: dict[str, Callable[[Words, Any], str]] = {
    "sector": lambda _, value: str(value),
    "country": lambda _, value: str(value),
    "region": lambda _, value: str(value),
    "employees": lambda words, value: words.number(value),
    "annual_revenue": lambda words, value: words.money(value),
    "key_account_since": lambda words, value: words.date(value),
    "key_account_until": lambda words, value: words.date(value),
    "account_manager": lambda _, value: str(value),
    "max_supplier_share": lambda words, value: words.percent(value),
}
_WORTH_ASKING = ("sector", "country", "employees", "annual_revenue", "account_manager", "max_supplier_share")


def in_edition(cell: NotebookNode, edition: Edition) -> bool:
    """Say whether a cell of a dossier stands in this edition."""
    tags = cell.metadata.get("tags", [])
    return "customer" in tags if edition == "customer" else "customer" not in tags or "internal" in tags


def edition_head(head: Head, words: Words) -> Head:
    """Reduce the head for the customer: only who writes, to whom, and the date of the data."""
    if head.edition != "customer":
        return head
    return Head(
        engagement=head.engagement,
        title=head.title,
        block=words("dossier.customer", name=head.title),
        as_of=head.as_of,
        edition=head.edition,
        pseudonyms=head.pseudonyms,
    )


def profile(result: Result, words: Words) -> Html:
    """Show what the master data say of an account; what they do not say is named in a sentence."""
    account = result.tables["accounts"].iloc[0]
    active = account["active_sites"]
    known = [name for name in _ATTRIBUTES if _is_there(account.get(name))]
    pairs = [
        (words("column.account_id"), account["account_id"]),
        (words("column.sites"), words("account_dossier.profile.sites", sites=account["sites"], active=active)),
    ]
    pairs += [(_label(name, words), _ATTRIBUTES[name](words, account[name])) for name in known]
    items = [Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(label, value) for label, value in pairs]
    parts = [Markup('<dl class="profile">{}</dl>').format(Markup("").join(items))]
    missing = [_label(name, words) for name in _WORTH_ASKING if name in account and name not in known]
    if not account["in_master"]:
        parts.append(Markup("<p>{}</p>").format(words("account_dossier.profile.not_in_master")))
    elif missing:
        parts.append(Markup("<p>{}</p>").format(words("account_dossier.profile.missing", names=missing)))
    return Html(Markup("\n").join(parts))


def _label(name: str, words: Words) -> str:
    return column_label("accounts", name, words.language)


def _is_there(value: Any) -> bool:
    return value is not None and value == value
