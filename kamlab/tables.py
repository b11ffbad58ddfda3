"""The contract of every input table: what its columns mean, what values they take, what must be there.

One source for checks, typing and documentation. Knows nothing of where a table comes from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a column's text is turned into."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    """decimal(18,4) in the engagement's currency"""
    NUMBER = "number"
    """decimal(18,4), any unit"""
    CURRENCY = "currency"
    """ISO code; a line in another currency than the engagement's cannot be summed with the others"""
    SHARE = "share"
    """0 to 1"""


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Parameters
    ----------
    kind : Kind
    de, en : str
        What it means, in one line.
    required : bool
        A row without it is rejected; a source without it is refused.
    """

    name: str
    kind: Kind
    de: str
    en: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One input table; `key` names the column whose values must be unique, if any."""

    name: str
    columns: tuple[Column, ...]
    key: str | None = None

    @property
    def required(self) -> tuple[str, ...]:
        """Return the names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns."""
        return tuple(column.name for column in self.columns)


def _text(name: str, de: str, en: str, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, de, en, required)


TRANSACTIONS = Table(
    "transactions",
    (
        _text("account_id", "Kundennummer (Standort)", "customer number (site)", required=True),
        Column("date", Kind.DATE, "Tag der Faktura", "day of the invoice", required=True),
        Column(
            "revenue", Kind.MONEY, "Nettoumsatz, Vorzeichen wie gebucht", "net revenue, signed as booked", required=True
        ),
        Column("quantity", Kind.NUMBER, "Absatzmenge", "quantity sold"),
        _text("product_id", "Artikelnummer", "product number"),
        _text("product_name", "Artikelbezeichnung", "name of the product"),
        _text("product_group", "Warengruppe", "product group"),
        Column("cost", Kind.MONEY, "variable Kosten der Zeile", "variable cost of the line"),
        Column("contribution_margin", Kind.MONEY, "Deckungsbeitrag I der Zeile", "contribution margin I of the line"),
        _text("document_id", "Belegnummer", "number of the document"),
        Column("currency", Kind.CURRENCY, "Währung der Zeile", "currency of the line"),
    ),
)

ACCOUNTS = Table(
    "accounts",
    (
        _text("account_id", "Kundennummer (Standort)", "customer number (site)", required=True),
        _text("name", "Name", "name"),
        _text("group_id", "Unternehmensgruppe", "corporate group"),
        _text("parent_id", "Kundennummer der Muttergesellschaft", "customer number of the parent company"),
        _text("payer_id", "Regulierer", "payer"),
        _text("sector", "Branche", "sector"),
        _text("country", "Land", "country"),
        _text("region", "Region", "region"),
        Column("employees", Kind.NUMBER, "Beschäftigte des Kunden", "employees of the customer"),
        Column("annual_revenue", Kind.MONEY, "Jahresumsatz des Kunden", "annual revenue of the customer"),
        Column("key_account_since", Kind.DATE, "Schlüsselkunde seit", "key account since"),
        Column("key_account_until", Kind.DATE, "Schlüsselkunde bis", "key account until"),
        _text("account_manager", "Betreuung (Rolle oder Kürzel)", "account manager (role or code)"),
        Column(
            "max_supplier_share",
            Kind.SHARE,
            "höchster Lieferanteil laut Einkaufspolitik",
            "highest share one supplier may have",
        ),
    ),
    key="account_id",
)

PRODUCTS = Table(
    "products",
    (
        _text("product_id", "Artikelnummer", "product number", required=True),
        _text("name", "Bezeichnung", "name"),
        _text("product_group", "Warengruppe", "product group"),
        Column("cost", Kind.MONEY, "variable Kosten je Stück", "variable cost per piece"),
        _text("successor_id", "Artikelnummer des Nachfolgers", "product number of the successor"),
    ),
    key="product_id",
)

ACCOUNT_MAPPING = Table(
    "account_mapping",
    (
        _text("old_id", "alte Kundennummer", "old customer number", required=True),
        _text("account_id", "neue Kundennummer", "new customer number", required=True),
        Column("from", Kind.DATE, "gültig ab", "valid from"),
    ),
    key="old_id",
)

TABLES: dict[str, Table] = {table.name: table for table in (TRANSACTIONS, ACCOUNTS, PRODUCTS, ACCOUNT_MAPPING)}
