"""How well a heading names a canonical column: by its own name, by what exports call it, or nearly so.

Text in, a likeness from 0 to 1 with its reason out. Knows no values.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from kamlab.tables import Column, Table

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_HUMP = re.compile(r"(?<=[a-zäöüß])(?=[A-ZÄÖÜ])")
_NUMBER = re.compile(r"(nummer|number|num|nr|no)$")
# Words that add nothing to a heading: units, sources, little words.
_NEUTRAL = {"in", "der", "des", "die", "of", "the", "eur", "usd", "chf", "gbp", "euro", "sap", "erp", "crm", "i"}
_DOUBTFUL = 0.45  # below what is proposed: to be asked
_SIMILAR = 88.0  # of 100 that rapidfuzz gives: one slip in eight letters

PAYERS = ("regulier", "zahler", "payer", "billto", "rechnungsempf", "kunrg", "knrze", "verband", "invoiceto")
GROSS = (
    "brutto", "gross", "inkl", "incl", "einschl", "mwst", "mitust", "withvat", "mwsbk", "brtwr", "mitsteuer", "withtax",
)  # fmt: skip
_OTHER = {
    "account_id": (
        *PAYERS, "empfaenger", "shipto", "kunwe", "gruppe", "group", "name", "adress", "address", "typ", "segment",
        "land", "country", "region", "branche", "mail", "donotmodify", "material", "artikel", "bestell", "po",
    ),
    "revenue": (
        *GROSS, "vat", "tax", "steuer", "rabatt", "discount", "plan", "budget", "forecast", "vorjahr", "prior",
        "previous", "preis", "price", "kosten", "cost", "weighted", "gewichtet", "expected", "marge", "margin",
        "profit",
    ),
    "date": (
        "liefer", "deliver", "ship", "faellig", "due", "requir", "creat", "anlage", "angelegt", "aender", "modif",
        "erfass", "geburt", "birth", "zahl", "pay", "wunsch", "bestell", "print", "druck",
    ),
    "quantity": ("preis", "price", "einheit", "unitofmeasure", "uom", "stock", "lager", "order level", "einheiten"),
    "cost": (
        "fracht", "freight", "stelle", "center", "preis", "price", "ship", "versand", "transport", "deliver",
        "handling",
    ),
    "name": ("contact", "ansprech", "first", "last", "vorname", "nachname", "product", "artikel", "kontakt"),
    "country": ("ship", "liefer"),
    "region": ("ship", "liefer"),
    "city": ("ship", "liefer"),
    "street": ("ship", "liefer", "mail"),
    "postal_code": ("ship", "liefer"),
    "product_id": ("gruppe", "group", "name", "kunde", "customer", "art", "category", "typ"),
    "document_id": ("datum", "date", "art", "type", "typ", "position", "pos", "line", "waehrung", "currency"),
    "parent_id": ("name",),
    "group_id": ("preis", "price", "material", "waren", "artikel"),
}  # fmt: skip

# Words beside a known name that leave it revenue; with any other, an amount may be that of freight, tax, a commission.
_OF_REVENUE = {
    "net", "netto", "total", "gesamt", "line", "item", "position", "pos", "zeile", "posten", "betrag", "amount", "wert",
    "value", "sales", "umsatz", "erloes", "erloese", "revenue", "ohne", "excl", "exkl", "ex", "t", "k", "teur", "keur",
    "tchf", "tusd", "tsd", "tausend", "thousand", "thousands", "mio", "mill", "million", "millions", "millionen",
    "meur", "mn",
}  # fmt: skip
_RATES = ("prozent", "percent", "percentage", "prozentsatz", "quote", "anteil")
_RATE_WORDS = {"rate", "ratio", "share", "satz", "pct", "perc"}
_EACH = {"unit", "each", "piece", "je", "pro", "per", "standard", "stueck", "stck"}
_THOUSANDS = re.compile(
    r"(?<![A-Za-zÄÖÜäöü])[TkK](?:€|\$|EUR|USD|CHF|GBP|sd)(?![a-zäöü])|[Tt]ausend|[Tt]housand|(?<!\d)000s?\b"
)
_MILLIONS = re.compile(r"(?<![A-Za-zÄÖÜäöü])(?:[Mm]io|Mill|MEUR|M€|mEUR|mn)(?![a-zäöü])|[Mm]illion")

# Of several known names the one that says most exactly what the contract means; without such a one the user decides.
_PREFERRED = {
    ("transactions", "account_id"): ("kunag", "auftraggeber", "soldto", "soldtoparty", "associatedcompanyid"),
    ("transactions", "date"): (
        "fkdat", "fakturadatum", "rechnungsdatum", "invoicedate", "billingdate", "dateinvoiced",
    ),
    ("transactions", "revenue"): (
        "nettoumsatz", "umsatznetto", "nettowert", "nettobetrag", "netvalue", "netamount", "netsales", "netrevenue",
        "totalprice", "extendedamount", "linetotal", "netwr",
    ),
    ("transactions", "document_id"): (
        "vbeln", "rechnungsnummer", "rechnungsnr", "fakturanummer", "invoiceno", "invoicenumber", "invoice",
        "belegnummer",
    ),
    ("transactions", "product_group"): ("warengruppe", "matkl", "productgroup", "produktgruppe", "artikelgruppe"),
    ("transactions", "product_name"): ("arktx", "artikelbezeichnung", "productname"),
    ("transactions", "cost"): ("variablekosten", "wavwr", "wareneinsatz"),
    ("transactions", "product_id"): ("matnr", "artikelnummer", "artikelnr", "materialnummer", "productid", "sku"),
    ("transactions", "currency"): ("waerk", "belegwaehrung"),
    ("accounts", "name"): ("name1", "firma", "companyname", "accountname", "kundenname"),
    ("accounts", "email"): ("email", "emailadresse", "emailaddress", "emailaddress1", "smtpaddr"),
    ("accounts", "country"): ("land", "land1", "country"),
    ("accounts", "region"): ("region", "regio"),
    ("products", "product_group"): ("warengruppe", "matkl", "productgroup", "produktgruppe", "artikelgruppe"),
    ("products", "name"): ("maktx", "artikelbezeichnung", "bezeichnung", "productname"),
}  # fmt: skip


@dataclass(frozen=True)
class Likeness:
    """How well a heading names a column: 0 to 1, why (a text `map.reason.<why>`), and the known name it is like."""

    degree: float
    why: str
    known: str = ""


NONE = Likeness(0.0, "")


@cache
def spoken(text: str) -> tuple[str, ...]:
    """Split a name into plain small words: no umlauts, no accents, no punctuation, humps of camels apart."""
    text = unicodedata.normalize("NFC", text)
    text = _HUMP.sub(" ", text).casefold().translate(_UMLAUTS)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(re.findall(r"[^\W_]+", text))


@cache
def compact(text: str) -> str:
    """Write a name as one plain small word."""
    return "".join(spoken(text))


def says(heading: str, words: tuple[str, ...]) -> bool:
    """Say whether one of the words is in a heading; short words only as words of their own."""
    whole, parts = compact(heading), spoken(heading)
    return any(word in parts if len(word) < 4 else word in whole for word in words)


def is_rate(heading: str) -> bool:
    """Say whether a heading names a rate: per cent, a share, a quota."""
    words = spoken(heading)
    return "%" in heading or not _RATE_WORDS.isdisjoint(words) or any(word.endswith(_RATES) for word in words)


def is_each(heading: str) -> bool:
    """Say whether a heading names an amount per piece."""
    return not _EACH.isdisjoint(spoken(heading))


def may_be_rate(heading: str) -> bool:
    """Say whether amounts and rates alike are called so, as margins are."""
    amount = ("beitrag", "contribution", "betrag", "amount", "profit", "ertrag", "eur", "usd", "chf")
    return says(heading, ("marge", "margin", "spanne")) and not says(heading, amount)


def thousands(heading: str) -> int:
    """Return by how much the amounts under a heading have to be multiplied, 1 where it says nothing."""
    return 1_000_000 if _MILLIONS.search(heading) else 1_000 if _THOUSANDS.search(heading) else 1


def likeness(heading: str, table: Table, column: Column) -> Likeness:
    """Judge how well a heading names a column."""
    whole = compact(heading)
    if not whole:
        return NONE
    own = [column.name, column.label.de, column.label.en]
    if whole in map(compact, own):
        return Likeness(1.0, "own_name")
    if known := next((alias for alias in column.aliases if compact(alias) == whole), ""):
        return Likeness(0.95, "known_name", known)
    if whole == "id" and table.key == (column.name,):
        return Likeness(0.9, "key_of_table")
    names = [*own, *column.aliases]
    if known := next((name for name in names if _stem(name) == _stem(heading)), ""):
        return Likeness(0.92, "known_name", known)
    if says(heading, _OTHER.get(column.name, ())):
        return NONE
    found = max(_part(heading, names), _similar(whole, names), key=lambda found: found.degree)
    if column.name == "revenue" and table.name == "transactions" and found.why == "part":
        more = set(spoken(heading)) - set(spoken(found.known)) - _NEUTRAL - _OF_REVENUE
        if not all(word.isdigit() for word in more):
            return Likeness(_DOUBTFUL, "part_of", found.known)
    return found


def is_preferred(heading: str, table: Table, column: Column) -> bool:
    """Say whether of several known names this is the one that the contract means."""
    return compact(heading) in _PREFERRED.get((table.name, column.name), ())


def _stem(name: str) -> str:
    return _NUMBER.sub("nr", compact(name))


def _similar(whole: str, names: list[str]) -> Likeness:
    found = NONE
    for name in names:
        known = compact(name)
        if min(len(known), len(whole)) >= 5 and (ratio := fuzz.ratio(whole, known)) >= _SIMILAR:
            degree = 0.65 + 0.15 * (ratio - _SIMILAR) / (100 - _SIMILAR)
            found = max(found, Likeness(degree, "similar", name), key=lambda one: one.degree)
    return found


def _part(heading: str, names: list[str]) -> Likeness:
    """Find a known name among the words of a heading; each further word takes from the likeness."""
    words = spoken(heading)
    found = NONE
    for name in names:
        known = spoken(name)
        if len("".join(known)) < 4 or not set(known) <= set(words):
            continue
        more = [word for word in words if word not in known and word not in _NEUTRAL]
        found = max(found, Likeness(max(0.85 - 0.12 * len(more), 0.4), "part", name), key=lambda one: one.degree)
    return found
