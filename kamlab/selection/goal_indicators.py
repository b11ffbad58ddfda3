"""What the indicator of a goal means in the ledger: a measure of everything, or of a product group, sector or product.

The rule is strict: the name of a measure, at most one word that joins, at most the kind of what follows, and a name as
it stands in the data. Anything else is not measured, and so is a name that means two things. Knows no goals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kamlab.facts.measures import Measures

REVENUE, MARGIN, QUANTITY = "revenue", "contribution_margin", "quantity"
AMOUNTS = (REVENUE, MARGIN, QUANTITY)  # what can be added up
# How people call what the ledger measures: the contract's own name and labels, and the usual short form.
MEASURES = {
    REVENUE: ("revenue", "Nettoumsatz", "Net revenue", "Umsatz"),
    MARGIN: ("contribution_margin", "Deckungsbeitrag", "Contribution margin", "DB"),
    QUANTITY: ("quantity", "Absatzmenge"),
}
# What needs a name behind it: shares of the revenue or margin of the same accounts, and how many of them buy.
PARTS = {
    "revenue_share": ("Umsatzanteil", "Share of revenue", "Revenue share"),
    "margin_share": ("Deckungsbeitragsanteil", "DB-Anteil", "Share of contribution margin"),
    "accounts": ("Kunden mit", "Accounts with", "Customers with"),
}
# How many product groups an account buys from, or its mean over key accounts, or over all: by the level of the goal.
BREADTH = {
    "account": ("Warengruppen", "Product groups"),
    "kam": ("Warengruppen je Schlüsselkunde", "Product groups per key account"),
    "all": ("Warengruppen je Kunde", "Product groups per account", "Product groups per customer"),
}
KINDS = {
    "product_group": ("Warengruppe", "Product group"),
    "sector": ("Branche", "Sector"),
    "product": ("Produkt", "Artikel", "Product"),
}
JOINING = ("mit", "in", "im", "aus", "bei", "von", "der", "des", "with", "of", "from", "for")
DATIVE = ("mit", "in", "aus", "bei", "von")  # a German name in the plural may carry an n behind them
SHARES = ("anteil", "quote", "rendite", "marge", "treue", "rate", "share")  # endings of indicators that are shares


class Indicator(NamedTuple):
    """What is measured: a measure (None: nothing), and of what; `why` says what hinders."""

    measure: str | None = None
    kind: str | None = None
    name: str | None = None
    why: str | None = "indicator"


class Names(NamedTuple):
    """What the bookings of the period know by name, as it is compared: by kind, the name as it is written."""

    product_group: Mapping[str, str] = {}
    sector: Mapping[str, str] = {}
    product: Mapping[str, str] = {}


def plain(text: str) -> str:
    """Write an indicator so that capitals and blanks make no difference."""
    return " ".join(text.split()).casefold()


def _by_text(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {plain(text): name for name, texts in names.items() for text in texts}


_WHOLE, _PARTS, _BREADTH, _KINDS = (_by_text(names) for names in (MEASURES, PARTS, BREADTH, KINDS))


def names_in(measures: Measures, indicators: Sequence[str]) -> Names:
    """Collect what indicators may name; of the products, only those that they do."""
    asked = [words[1] for text in indicators if len(words := _after_kind(plain(text), "product")) == 2]
    groups = measures.by_field["product_group"].dropna().unique() if len(measures.by_field) else ()
    sectors = measures.sales.accounts["sector"].dropna().unique() if "sector" in measures.sales.accounts else ()
    sold = measures.of_products(asked)["product_id"].unique() if asked else ()
    return Names(*({plain(str(name)): str(name) for name in names} for names in (groups, sectors, sold)))


def _after_kind(text: str, kind: str) -> list[str]:
    """Part a text behind the first word for a kind."""
    found = [word for word in KINDS[kind] if f" {plain(word)} " in text]
    return text.split(f" {plain(found[0])} ", 1) if found else [text]


def read(text: object, level: str, names: Names) -> Indicator:
    """Read an indicator.

    Parameters
    ----------
    level : company, sales, kam or account

    Returns
    -------
    Indicator; why is None where it can be measured, else `indicator` (no measure of the ledger), `name` (a measure of
    something that the bookings of the period do not know by this name), `ambiguous` (a name of two kinds) or `level`
    (nothing to measure on this level).
    """
    if not isinstance(text, str):
        return Indicator()
    said = plain(text)
    if said in _WHOLE:
        return Indicator(_WHOLE[said], why=None)
    if said in _BREADTH:
        fits = _BREADTH[said] == (level if level in ("account", "kam") else "all")
        return Indicator("product_groups", why=None if fits else "level")
    heads = sorted([*_WHOLE, *_PARTS], key=len, reverse=True)
    head = next((head for head in heads if said.startswith(f"{head} ")), None)
    if head is None:
        return Indicator()
    measure = _WHOLE.get(head) or _PARTS[head]
    if measure == QUANTITY:
        return Indicator()
    rest, joined = said.removeprefix(head).split(), head.split()[-1]
    if rest[0] in JOINING and len(rest) > 1:
        joined, rest = rest[0], rest[1:]
    return _named(measure, " ".join(rest), joined in DATIVE, level, names)


def _named(measure: str, rest: str, is_dative: bool, level: str, names: Names) -> Indicator:
    word = next((word for word in sorted(_KINDS, key=len, reverse=True) if rest.startswith(f"{word} ")), None)
    kinds = [_KINDS[word]] if word else ["product_group", "sector"]  # a product is a number: only with its word
    name = rest.removeprefix(word).strip() if word else rest
    forms = [name, name.removesuffix("n")] if is_dative else [name]
    found = [
        (kind, known[form]) for kind in kinds for known in [getattr(names, kind)] for form in forms if form in known
    ]
    if not found:
        return Indicator(why="name")
    if len(found) > 1:
        return Indicator(why="ambiguous")
    kind, written = found[0]
    is_possible = level != "account" or (kind != "sector" and measure != "accounts")
    is_possible &= kind != "product" or measure not in (MARGIN, "margin_share")  # products have no margin
    return Indicator(measure, kind, written, None if is_possible else "level")


def unit_of(text: object, indicator: Indicator, values: Sequence[float]) -> str:
    """Say how numbers of an indicator are written: `money`, `share 1` (with one decimal), or empty: as they come.

    An indicator that the ledger does not measure is a share where its name ends like one and its values are 0 to 1.
    """
    if indicator.measure in (REVENUE, MARGIN):
        return "money"
    if indicator.measure in ("revenue_share", "margin_share"):
        return "share 1"
    said = plain(str(text))
    is_share = said.endswith(SHARES) or said.startswith("share of ")
    return "share 1" if is_share and all(0 <= value <= 1 for value in values if value == value) else ""
