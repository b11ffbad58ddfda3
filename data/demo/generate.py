"""Write the synthetic demo engagement: the ERP exports of *Nordlicht Antriebstechnik GmbH*, and the truth behind them.

Nothing in it is real. Corporate groups get a demand from sector and head count, a highest share that their sourcing
policy gives one supplier, and a utilisation of that; the product is their level. The monthly target of a group is level
x season x sector x own trend x autoregressive noise x programme effect. Call-offs and lumpy project orders turn targets
into documents, documents into priced lines, and corrections, samples, bonuses and dirt are added as an ERP would.

Everything comes from one numpy generator with a fixed seed and no clock: the same mode gives the same bytes. Amounts
are whole cents. At the end the written files are read back and compared with the truth; a difference raises.
"""

import argparse
import csv
import itertools
import json
import math
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from customer import Customer
from selection import choose_managers, write_selection
from sheet import write_sheet

Floats = npt.NDArray[np.float64]
Random = np.random.Generator

SEED = 774
MODES = ("random", "size", "recent_growth", "persistent_growth")
YEARS = (2022, 2023, 2024, 2025)
MONTHS = 48
GROUPS, EXTRA_SITES, MULTI_SITE_GROUPS, POOL = 180, 140, 65, 45
REVENUE_2025 = 52e6
# The waves of the KAM programme: first month (0 is January 2022) and full effect in log points.
WAVES = ((18, 0.090), (24, 0.080), (30, 0.065))
RAMP_MONTHS = 12
KEY_ACCOUNTS = {"high": 14, "low": 3}
NOISE_CORRELATION = 0.75
TREND_DEVIATION = 0.025
LASTING_GROWTH = 0.08
SEASON = np.array([0.96, 0.99, 1.09, 1.00, 1.00, 1.05, 1.03, 0.80, 1.08, 1.09, 1.07, 0.84])
SURCHARGE_MONTHS, SURCHARGE_RATE = range(3, 15), 0.035  # April 2022 to March 2023
COST_INDEX = {2022: 0.90, 2023: 0.955, 2024: 0.98, 2025: 1.0}
RENUMBERED_ON = date(2024, 7, 1)
SUCCEEDED, SUCCESSOR, SUCCEEDED_ON = "GM-1050", "GM-1055", date(2024, 10, 1)
SURCHARGE_PRODUCT = "ZU-9000"
# What the general ledger of a year has besides the invoices: accruals at the year's end, as a share of revenue.
ACCRUALS = {2022: 0.0021, 2023: -0.0014, 2024: 0.0033, 2025: 0.0026}

LEDGER = (
    "Belegnr;Pos;Belegart;Belegdatum;Kundennr;Artikelnr;Menge;Nettowert;Kosten;Rahmenvertrag;Storniert;Kundengruppe"
)
CUSTOMER_HEADINGS = ["Kundennr", "Name", "Konzern", "Mutter", "Branche", "Land", "Region", "Mitarbeiter"]
CUSTOMER_HEADINGS += ["Jahresumsatz", "KAM_seit", "Max_Lieferanteil", "Betreuer"]
# One line per kind of dirt: month (0 is January 2022), heading, what the export contains instead of the value.
DIRT = (
    (4, "Nettowert", "k.A."),
    (6, "Belegdatum", "00.00.0000"),
    (10, "Menge", "ca. 20"),
    (14, "Kundennr", ""),
    (17, "Kosten", "folgt"),
    (21, "", ""),  # the heading once more, as paged exports repeat it
    (25, "Belegdatum", "31.02.2024"),
    (29, "Nettowert", "#NV"),
    (34, "Belegdatum", ""),
    (38, "Belegdatum", "15.13.2025"),
    (42, "Kosten", "#DIV/0!"),
    (45, "Menge", "auf Anfrage"),
)


class Sector(NamedTuple):
    """Demand per head relative to the others, revenue per head in EUR, real index per year, basket by product group."""

    name: str
    intensity: float
    revenue_per_head: int
    market: tuple[float, float, float, float]
    basket: tuple[float, ...]


SECTORS = (
    Sector("Fördertechnik", 1.25, 210_000, (1.00, 1.00, 1.015, 1.03), (38, 20, 10, 8, 6, 12, 6)),
    Sector("Verpackungsmaschinen", 1.10, 230_000, (1.00, 1.03, 1.04, 1.06), (22, 22, 7, 6, 25, 12, 6)),
    Sector("Pumpen und Verdichter", 0.85, 250_000, (1.00, 0.99, 1.00, 1.01), (20, 28, 22, 4, 3, 16, 7)),
    Sector("Maritime Technik", 0.90, 280_000, (1.00, 0.97, 1.01, 1.05), (30, 14, 18, 15, 2, 13, 8)),
    Sector("Robotik und Automation", 0.95, 190_000, (1.00, 1.06, 1.05, 1.10), (14, 18, 7, 10, 36, 9, 6)),
)


class ProductGroup(NamedTuple):
    """A product group: number range, families, products per family, unit cost from-to, list margin, price rounds."""

    name: str
    code: str
    families: tuple[str, ...]
    sizes: int
    cost: tuple[float, float]
    list_margin: float
    rounds: tuple[float, float, float]  # on 1 January 2023, 2024, 2025


PRODUCT_GROUPS = (
    ProductGroup(
        "Getriebemotoren", "GM", ("Stirnrad", "Kegelrad", "Schnecken"), 6, (180, 2100), 0.47, (0.07, 0.03, 0.02)
    ),
    ProductGroup("Frequenzumrichter", "FU", ("Kompakt", "Schaltschrank"), 6, (140, 1700), 0.50, (0.050, 0.025, 0.015)),
    ProductGroup("Kupplungen", "KU", ("Elastomer", "Metallbalg", "Zahn"), 4, (25, 480), 0.53, (0.060, 0.030, 0.025)),
    ProductGroup("Bremsen", "BR", ("Federkraft", "Halte"), 5, (60, 620), 0.51, (0.065, 0.030, 0.020)),
    ProductGroup("Servoantriebe", "SA", ("Synchron", "Linear"), 6, (320, 2600), 0.46, (0.055, 0.020, 0.015)),
    ProductGroup("Ersatzteile", "ET", ("Lager", "Dichtungs", "Lüfter"), 5, (6, 190), 0.63, (0.080, 0.050, 0.040)),
    ProductGroup("Service", "SV", ("Wartung", "Inbetriebnahme"), 3, (85, 620), 0.48, (0.045, 0.040, 0.040)),
)
NOUNS = ("Getriebemotor", "umrichter", "kupplung", "bremse", "servoantrieb", "satz", " vor Ort,")


class Country(NamedTuple):
    """Region, customer group, language of names, word for the national company, legal forms, towns, groups at home."""

    region: str
    customer_group: str
    language: str
    word: str
    forms: tuple[str, ...]
    towns: tuple[str, ...]
    home_of: int


COUNTRIES = {
    "DE": Country("DACH", "INL", "german", "Deutschland", ("GmbH", "GmbH & Co. KG", "AG", "KG", "SE & Co. KG"),
                  ("Kassel", "Bremen", "Lübeck", "Chemnitz", "Münster", "Ulm", "Köln", "Rostock", "Fürth"), 83),
    "AT": Country("DACH", "EU", "german", "Austria", ("GmbH", "Ges.m.b.H.", "AG"), ("Linz", "Graz", "Wels"), 11),
    "CH": Country("DACH", "EXP", "german", "Schweiz", ("AG", "GmbH"), ("Winterthur", "Zug", "Biel"), 10),
    "NL": Country("Europa", "EU", "dutch", "Nederland", ("B.V.", "N.V."), ("Rotterdam", "Zwolle", "Breda"), 10),
    "SE": Country("Europa", "EU", "nordic", "Sverige", ("AB",), ("Malmö", "Västerås", "Göteborg"), 8),
    "DK": Country("Europa", "EU", "nordic", "Danmark", ("A/S", "ApS"), ("Aarhus", "Odense", "Esbjerg"), 7),
    "NO": Country("Europa", "EXP", "nordic", "Norge", ("AS",), ("Bergen", "Ålesund"), 4),
    "FI": Country("Europa", "EU", "nordic", "Suomi", ("Oy", "Oyj"), ("Tampere", "Turku"), 3),
    "IT": Country("Europa", "EU", "italian", "Italia", ("S.p.A.", "S.r.l."), ("Bologna", "Modena", "Bergamo"), 12),
    "PL": Country("Europa", "EU", "polish", "Polska", ("Sp. z o.o.", "S.A."), ("Gdańsk", "Wrocław", "Łódź"), 8),
    "CZ": Country("Europa", "EU", "polish", "Czech", ("s.r.o.", "a.s."), ("Brno", "Plzeň"), 3),
    "FR": Country("Europa", "EU", "french", "France", ("SAS", "SARL"), ("Lyon", "Nantes", "Strasbourg"), 6),
    "ES": Country("Europa", "EU", "spanish", "Ibérica", ("S.A.", "S.L."), ("Zaragoza", "Bilbao"), 3),
    "GB": Country("Europa", "EXP", "english", "UK", ("Ltd", "plc"), ("Leeds", "Bristol"), 3),
    "US": Country("Übersee", "EXP", "english", "America", ("Inc.", "LLC", "Corp."), ("Milwaukee", "Houston"), 4),
    "JP": Country("Übersee", "EXP", "asian", "Japan", ("K.K.", "Co., Ltd."), ("Osaka", "Nagoya"), 2),
    "CN": Country("Übersee", "EXP", "asian", "China", ("Co., Ltd.",), ("Suzhou", "Tianjin"), 1),
    "BR": Country("Übersee", "EXP", "spanish", "do Brasil", ("Ltda.", "S.A."), ("Joinville", "Campinas"), 1),
    "IN": Country("Übersee", "EXP", "asian", "India", ("Pvt. Ltd.",), ("Pune", "Chennai"), 1),
}  # fmt: skip
ROOTS = {
    "german": ("Haller Brück Ostern Wieden Löhn Mühlen Röth Tann Birken Eschen Grön Kalten Fähr Süder Wester Aven",
               "moor bek büttel stett horst ried wang loh"),
    "nordic": ("Sjö Havs Björk Fjell Gran Norr Ælv Skog", "vind strand nes mark holt varp"),
    "dutch": ("Water Dijk Polder Veen Zand Meer", "hoven kamp stede wijk"),
    "italian": ("Val Monte Riva Torre Serra Ponte", "melba lunga sera verna chiusa"),
    "polish": ("Brzez Jawor Kalin Lipow Sosn Wierz", "owiec nica ówka ino"),
    "french": ("Roche Mont Clair Beau", "vaudry mesnil lande"),
    "spanish": ("Peña Villa Río Campo", "serena larga mora"),
    "english": ("Ash Copper Harrow Tamar Lark Quill", "combe mere wick holt"),
    "asian": ("Kita Aoi Rui Hong Vira", "hoshi toriki lanxi gati"),
}  # fmt: skip
SECTOR_WORDS = {
    "german": ("Fördertechnik/Förderanlagen/Intralogistik", "Verpackungstechnik/Packsysteme/Abfülltechnik",
               "Pumpen/Verdichterbau/Kompressoren", "Schiffstechnik/Hafenkrane/Decksmaschinen",
               "Robotik/Automation/Montagetechnik"),
    "nordic": ("Transportsystem/Lyftteknik", "Emballage", "Pumper/Kompressor", "Marin/Skibsteknik", "Robotik"),
    "dutch": ("Transportbanden", "Verpakking", "Pompen", "Scheepstechniek", "Robotica"),
    "italian": ("Trasportatori", "Imballaggi/Confezionatrici", "Pompe/Compressori", "Nautica", "Robotica/Automazione"),
    "polish": ("Przenośniki", "Opakowania", "Pompy", "Stocznia", "Automatyka"),
    "french": ("Convoyage", "Emballage", "Pompes", "Marine", "Robotique"),
    "spanish": ("Transportadores", "Envases", "Bombas", "Naval", "Robótica"),
    "english": ("Conveyors", "Packaging", "Pumps & Compressors", "Marine", "Robotics/Automation"),
    "asian": ("Conveyor", "Packing Machinery", "Pump & Compressor", "Marine Works", "Robotics"),
}  # fmt: skip


@dataclass
class Product:
    """An article; `list_price` is that of 2022, `unit_cost` the standard cost of 2025, both in EUR."""

    number: str
    name: str
    position: int
    unit_cost: float
    list_price: float
    successor: str = ""


@dataclass
class Site:
    """A customer number with its own share (0-1) of the group's revenue."""

    number: str
    name: str
    country: str
    share: float
    employees: int | None = None
    annual_revenue: int | None = None
    parent: str = ""
    phase: int = 0


@dataclass
class Group:
    """A corporate group with its true state; `level` is the yearly revenue in prices of 2022 before trend and noise."""

    name: str
    sector: int
    country: str
    employees: int
    annual_revenue: int
    demand: float
    max_share: float
    level: float
    sites: list[Site] = field(default_factory=list)
    kind: str = "single"  # how the master shows the group: single, head, code, chain
    group_id: str = ""
    complexity: str = "low"
    share_known: bool = False
    intercompany: bool = False
    first_month: int = 0
    lost_month: int = MONTHS
    attack: tuple[int, float] = (MONTHS, 0.0)  # month from which a competitor takes a part, in log points
    trend: float = 0.0
    noise_deviation: float = 0.0
    wave: int | None = None
    contract: str = ""
    regular_share: float = 0.5
    discounts: Floats = field(default_factory=lambda: np.zeros(0))
    pass_through: float = 1.0
    cost_factor: float = 1.0
    surcharged: bool = False
    bonus_rate: float = 0.0
    demand_basket: Floats = field(default_factory=lambda: np.zeros(0))
    basket: Floats = field(default_factory=lambda: np.zeros(0))
    opens: list[int] = field(default_factory=list)  # month from which it buys each product group from us
    assortment: list[list[Product]] = field(default_factory=list)
    old_number: str = ""


class Line(NamedTuple):
    """One position; money in cents."""

    product: str
    quantity: int | None
    value: int
    cost: int


@dataclass
class Document:
    """One document with its lines."""

    day: date
    kind: str
    group: Group
    site: Site
    lines: list[Line]
    contract: str = ""
    cancelled: bool = False


@dataclass
class Booking:
    """One ledger line as text, with what the truth knows about it."""

    fields: list[str]
    month: int
    status: str
    group: Group
    product_group: str
    value: int
    cost: int


def month_of(day: date) -> int:
    """Count months from January 2022."""
    return (day.year - YEARS[0]) * 12 + day.month - 1


def easter(year: int) -> date:
    """Return Easter Sunday (Gauss, valid 1900 to 2099)."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    return date(year, 3, 22) + timedelta(days=moon + sunday)


def working_days(month: int) -> list[date]:
    """List the working days of a month, German public holidays left out."""
    year, number = YEARS[0] + month // 12, month % 12 + 1
    fixed = {(1, 1), (5, 1), (10, 3), (12, 24), (12, 25), (12, 26)}
    movable = {easter(year) + timedelta(days=offset) for offset in (-2, 1, 39, 50)}
    days = [date(year, number, day + 1) for day in range(monthrange(year, number)[1])]
    return [day for day in days if day.weekday() < 5 and (day.month, day.day) not in fixed and day not in movable]


WORKING_DAYS = [working_days(month) for month in range(MONTHS)]
ALL_WORKING_DAYS = [day for days in WORKING_DAYS for day in days]
WORKING_DAY_NUMBER = {day: number for number, day in enumerate(ALL_WORKING_DAYS)}


def later(day: date, working_days_later: int) -> date | None:
    """Move on by working days; None when that lies after the last day of the ledger."""
    number = WORKING_DAY_NUMBER[day] + working_days_later
    return ALL_WORKING_DAYS[number] if number < len(ALL_WORKING_DAYS) else None


# --- master data ---------------------------------------------------------------------------------------------------


def make_products(rng: Random) -> list[list[Product]]:
    """Return the products of each product group, smallest first within a family."""
    products = []
    for position, (group, noun) in enumerate(zip(PRODUCT_GROUPS, NOUNS, strict=True)):
        steps = np.geomspace(*group.cost, group.sizes)
        found = []
        for number, (family, step) in enumerate(itertools.product(group.families, range(group.sizes))):
            cost = round(float(steps[step] * rng.uniform(0.9, 1.1)), 2)
            price = cost * COST_INDEX[2022] / (1 - group.list_margin + rng.normal(0, 0.02))
            joint = "-" if noun[0].isupper() else ""
            size = f"{group.code}{family[0]} {(step + 1) * 20}" if group.code != "SV" else f"Stufe {step + 1}"
            name = f"{family}{joint}{noun} {size}"
            found.append(Product(f"{group.code}-{1010 + 10 * number}", name, position, cost, price))
        products.append(found)
    old = next(product for product in products[0] if product.number == SUCCEEDED)
    old.successor = SUCCESSOR
    products[0].append(Product(SUCCESSOR, f"{old.name} N", 0, round(old.unit_cost * 0.96, 2), old.list_price * 1.02))
    return products


def make_names(rng: Random) -> dict[str, Iterator[str]]:
    """Return, per language, invented roots in random order, none twice."""
    supply = {}
    for language, (starts, ends) in ROOTS.items():
        roots = [start + end for start, end in itertools.product(starts.split(), ends.split())]
        supply[language] = iter([roots[index] for index in rng.permutation(len(roots))])
    return supply


def company_name(rng: Random, root: str, sector: int, language: str) -> str:
    """Return the trade name of a group: its root, mostly with a word for its business."""
    if language == "german" and rng.random() < 0.12:
        return f"{root} & Söhne"
    return f"{root} {rng.choice(SECTOR_WORDS[language][sector].split('/'))}"


def make_groups(rng: Random, names: dict[str, Iterator[str]]) -> list[Group]:
    """Return the corporate groups, largest level first; revenue follows from demand, policy, utilisation."""
    homes = [code for code, country in COUNTRIES.items() for _ in range(country.home_of)]
    groups = []
    for code in rng.permutation(homes):
        sector = int(rng.choice(len(SECTORS), p=(0.28, 0.22, 0.18, 0.12, 0.20)))
        employees = int(max(9, math.exp(rng.normal(math.log(260), 1.65))))
        demand = SECTORS[sector].intensity * employees**0.84 * math.exp(rng.normal(0, 0.55))
        max_share = float(rng.choice((0.30, 0.40, 0.50, 0.60, 0.70, 0.90), p=(0.12, 0.2, 0.24, 0.2, 0.14, 0.1)))
        level = demand * max_share * math.exp(-0.06 - rng.exponential(0.5))
        language = COUNTRIES[code].language
        name = company_name(rng, next(names[language]), sector, language)
        annual = round(employees * SECTORS[sector].revenue_per_head * math.exp(rng.normal(0, 0.2)), -4)
        groups.append(Group(name, sector, str(code), employees, int(annual), demand, max_share, level))
    groups.sort(key=lambda group: -group.level)
    return groups


def set_scale(groups: list[Group]) -> None:
    """Scale demands and levels so that the expected revenue of 2025, before the programme, is `REVENUE_2025`."""
    rise = float(np.prod(1 + np.average([group.rounds for group in PRODUCT_GROUPS], axis=0) * 0.85))
    active = [group for group in groups if group.first_month < 36 and group.lost_month > 40]
    scale = REVENUE_2025 / (rise * sum(group.level * SECTORS[group.sector].market[3] for group in active))
    for group in groups:
        group.demand, group.level = group.demand * scale, group.level * scale


def set_life(rng: Random, groups: list[Group]) -> None:
    """Let some groups outside the pool of candidates arrive, leave or give a part to a competitor."""
    others = rng.permutation(np.arange(POOL, GROUPS))
    for position in others[:22]:
        groups[position].lost_month = int(rng.integers(8, 46))
    for position in others[22:37]:
        groups[position].first_month = int(rng.integers(5, 40))
    for position in others[37:48]:
        groups[position].attack = (int(rng.integers(10, 40)), float(rng.uniform(-1.0, -0.4)))


def set_sites(rng: Random, groups: list[Group], numbers: Iterator[str]) -> None:
    """Give each group its sites, its place in the master data, its complexity."""
    score = np.array([math.log(group.employees) + rng.normal(0, 0.9) for group in groups])
    multiple = sorted(int(position) for position in np.argsort(-score)[:MULTI_SITE_GROUPS])
    weights = np.array([groups[position].employees ** 0.4 for position in multiple])
    extra = 1 + rng.multinomial(EXTRA_SITES - MULTI_SITE_GROUPS, weights / weights.sum())
    counts = dict(zip(multiple, extra, strict=True))
    for position, group in enumerate(groups):
        add_sites(rng, group, 1 + int(counts.get(position, 0)), numbers)
    kinds = rng.permutation(["head"] * 30 + ["code"] * 15 + ["chain"] * (MULTI_SITE_GROUPS - 45))
    codes = 1 + rng.permutation(MULTI_SITE_GROUPS)
    for position, kind, code in zip(multiple, kinds, codes, strict=True):
        set_hierarchy(groups[position], str(kind), f"K-{code:04d}")
    chains = [group for group in groups if group.kind == "chain" and len(group.sites) >= 3]
    for group in chains[:2]:  # a holding that never orders itself
        head, *rest = group.sites
        head.name, head.share = f"{group.name} Holding {COUNTRIES[group.country].forms[0]}", 0.0
        total = sum(site.share for site in rest)
        for site in rest:
            site.share /= total


def add_sites(rng: Random, group: Group, count: int, numbers: Iterator[str]) -> None:
    """Add sites whose names belong together; abroad under the national legal form."""
    shares = rng.dirichlet([3.0] + [1.2] * (count - 1))
    abroad = [code for code in COUNTRIES if code != group.country]
    used = set()
    for index in range(count):
        code = str(rng.choice(abroad)) if index and rng.random() < 0.55 else group.country
        country = COUNTRIES[code]
        form, town = str(rng.choice(country.forms)), str(rng.choice(country.towns))
        root = group.name.split()[0]
        name = f"{group.name} {form}"
        if index and code == group.country:
            name = f"{group.name} {form}, {'Werk ' if code == 'DE' else ''}{town}"
        elif index:
            name = f"{rng.choice((root, group.name))} {country.word} {form}"
        name = f"{name} {town}" if name in used else name
        name = name.upper() if rng.random() < 0.06 else name
        used.add(name)
        group.sites.append(Site(next(numbers), name, code, float(shares[index]), phase=int(rng.integers(0, 20))))
    group.complexity = "high" if count >= 3 or len({site.country for site in group.sites}) > 1 else "low"
    group.group_id = group.sites[0].number
    known = count > 1 or rng.random() > 0.08
    for index, site in enumerate(group.sites):
        if known:
            site.employees = max(3, round(group.employees * (shares[index] if index else 1)))
            site.annual_revenue = round(group.annual_revenue * (shares[index] if index else 1) / 1e4) * 10_000


def set_hierarchy(group: Group, kind: str, code: str) -> None:
    """Set how the master data shows the group; a chain has up to three levels."""
    group.kind = kind
    head = group.sites[0]
    if kind == "code":
        group.group_id = code
        head.employees = max(3, group.employees - sum(site.employees or 0 for site in group.sites[1:]))
        rest = sum(site.annual_revenue or 0 for site in group.sites[1:])
        head.annual_revenue = max(10_000, group.annual_revenue - rest)
    if kind == "chain":
        for index, site in enumerate(group.sites[1:], start=1):
            site.parent = group.sites[index - 1 if index % 2 == 0 else 0].number


def set_business(rng: Random, groups: list[Group], products: list[list[Product]]) -> None:
    """Set contracts, conditions, baskets, assortments of each group."""
    middle = math.log(np.median([group.level for group in groups]))
    contracts = 2001 + rng.permutation(GROUPS)
    for position, group in enumerate(groups):
        size = math.log(group.level) - middle
        if rng.random() < (0.65 if position < POOL else 0.22):
            group.contract = f"RV-{contracts[position]}"
        group.regular_share = float(rng.uniform(0.55, 0.85) if group.contract else rng.uniform(0.3, 0.6))
        discount = 0.14 + 0.024 * size + (0.02 if group.contract else 0.0) + rng.normal(0, 0.025)
        group.discounts = np.clip(discount + rng.normal(0, 0.02, len(PRODUCT_GROUPS)), 0.02, 0.34)
        group.pass_through = float(rng.uniform(0.55, 0.9) if group.contract else rng.uniform(0.85, 1.05))
        group.cost_factor = float(np.exp(rng.normal(0, 0.02)))
        group.surcharged = bool(rng.random() < 0.4)
        group.bonus_rate = float(rng.choice((0.01, 0.015, 0.02, 0.03))) if size > 1 and rng.random() < 0.7 else 0.0
        group.share_known = bool(rng.random() < (0.6 if position < POOL else 0.25))
        group.noise_deviation = float(np.clip(0.16 * math.exp(-0.16 * size), 0.09, 0.32))
        group.trend = float(rng.normal(0, TREND_DEVIATION))
        set_basket(rng, group, products)


def set_basket(rng: Random, group: Group, products: list[list[Product]]) -> None:
    """Split demand over the product groups; some are bought elsewhere, for good or until a later month."""
    needs = np.array(SECTORS[group.sector].basket, dtype=float)
    group.demand_basket = rng.dirichlet(needs / 3.0) * 0.98 + 0.02 / len(PRODUCT_GROUPS)
    share = group.level / group.demand
    chance = 0.40 + 0.45 * share + (0.15 if group.complexity == "high" else 0.0)
    group.opens = [0 if rng.random() < chance else MONTHS for _ in PRODUCT_GROUPS]
    group.opens[int(np.argmax(group.demand_basket))] = 0
    late = rng.random(len(PRODUCT_GROUPS)) < 0.15
    months = rng.integers(6, 46, len(PRODUCT_GROUPS))
    group.opens = [int(months[index]) if late[index] and opens else opens for index, opens in enumerate(group.opens)]
    group.basket = group.demand_basket * np.exp(rng.normal(0, 0.35, len(PRODUCT_GROUPS)))
    group.assortment = []
    for known in products:
        current = [product for product in known if product.number != SUCCESSOR]
        chosen = rng.choice(len(current), size=int(rng.integers(2, 5)), replace=False)
        group.assortment.append([current[index] for index in sorted(chosen)])


def make_intercompany(rng: Random, numbers: Iterator[str], products: list[list[Product]]) -> list[Group]:
    """Return the two own subsidiaries, which buy at transfer prices."""
    found = []
    subsidiaries = (("Nordlicht Antriebstechnik Austria GmbH", "AT", 1.9e6), ("Nordlicht Drives Inc.", "US", 1.3e6))
    for name, country, level in subsidiaries:
        group = Group(name, 0, country, 25, int(level * 1.3), level, 1.0, level, intercompany=True)
        set_basket(rng, group, products)
        number = next(numbers)
        group.sites, group.group_id = [Site(number, name, country, 1.0, 25, int(level * 1.3))], number
        group.discounts, group.regular_share = np.full(len(PRODUCT_GROUPS), 0.36), 0.9
        group.noise_deviation, group.opens = 0.1, [0] * len(PRODUCT_GROUPS)
        found.append(group)
    return found


# --- the revenue process -------------------------------------------------------------------------------------------


def make_noise(rng: Random, groups: Sequence[Group]) -> Floats:
    """Return stationary first-order autoregressive noise, groups x months, in log points."""
    deviation = np.array([group.noise_deviation for group in groups])
    shocks = rng.normal(size=(len(groups), MONTHS))
    shocks[:, 1:] *= math.sqrt(1 - NOISE_CORRELATION**2)
    for month in range(1, MONTHS):
        shocks[:, month] += NOISE_CORRELATION * shocks[:, month - 1]
    noise: Floats = shocks * deviation[:, None]
    return noise


def choose_key_accounts(rng: Random, mode: str, groups: list[Group], noise: Floats) -> None:
    """Choose key accounts from the pool by mode, spread over the waves; persistent growth also makes the growth.

    The rule knows nothing of what happens after the first wave starts, except for the lasting trend in the mode
    `persistent_growth`, where that is the point.
    """
    pool = groups[:POOL]
    luck = rng.normal(size=POOL)
    if mode == "persistent_growth":
        for position in np.argsort(-luck)[: POOL // 2]:
            pool[position].trend += LASTING_GROWTH
    first = WAVES[0][0]
    level = np.log([group.level for group in pool])
    trend = np.array([group.trend for group in pool])
    path = trend[:, None] * np.arange(MONTHS) / 12 + noise[:POOL]
    recent = path[:, first - 6 : first].mean(axis=1) - path[:, first - 18 : first - 12].mean(axis=1)
    scores = {"random": luck, "size": level + 1.2 * luck, "recent_growth": recent, "persistent_growth": trend}
    ranking = [pool[index] for index in np.argsort(-scores[mode])]
    chosen = []
    for complexity, count in KEY_ACCOUNTS.items():
        chosen += [group for group in ranking if group.complexity == complexity][:count]
    for position, group in enumerate(chosen):
        group.wave = position % len(WAVES)


def programme_effect(group: Group) -> Floats:
    """Return the effect of the programme per month in log points: a linear build-up, then constant."""
    if group.wave is None:
        return np.zeros(MONTHS)
    start, effect = WAVES[group.wave]
    return np.clip((np.arange(MONTHS) - start + 1) / RAMP_MONTHS, 0, 1) * effect


def monthly_target(group: Group, noise: Floats) -> Floats:
    """Return the expected revenue per month in prices of 2022."""
    months = np.arange(MONTHS)
    market = np.interp(months, [5.5, 17.5, 29.5, 41.5], SECTORS[group.sector].market)
    log_path = group.trend * months / 12 + noise + programme_effect(group)
    log_path = log_path + np.where(months >= group.attack[0], group.attack[1], 0.0)
    active = (months >= group.first_month) & (months < group.lost_month)
    season: Floats = np.tile(SEASON / SEASON.mean(), MONTHS // 12)
    target: Floats = group.level / 12 * season * market * np.exp(log_path) * active
    return target


# --- documents -----------------------------------------------------------------------------------------------------


def price_factor(group: Group, product_group: int, year: int) -> float:
    """Return the price level of a year against 2022 for this group."""
    rounds = PRODUCT_GROUPS[product_group].rounds[: year - YEARS[0]]
    return math.prod(1 + rise * group.pass_through for rise in rounds)


def make_lines(
    rng: Random, group: Group, day: date, amount: float, count: int, known: dict[str, Product]
) -> list[Line]:
    """Spread an amount in prices of 2022 over lines.

    Quantities are rounded by chance, so that small amounts stay unbiased; lines that round to zero vanish.
    """
    month = month_of(day)
    weights = group.basket * np.array([month >= opens for opens in group.opens])
    chosen = rng.choice(len(PRODUCT_GROUPS), size=count, p=weights / weights.sum())
    parts = amount * rng.dirichlet(np.full(count, 4.0))
    document_factor = math.exp(rng.normal(0, 0.006))
    quantities: Counter[str] = Counter()
    for product_group, part in zip(chosen, parts, strict=True):
        product = group.assortment[product_group][int(rng.integers(len(group.assortment[product_group])))]
        if product.number == SUCCEEDED and day >= SUCCEEDED_ON:
            product = known[SUCCESSOR]
        net_price = product.list_price * (1 - group.discounts[product_group])
        quantities[product.number] += math.floor(part / net_price + rng.random())
    found = []
    for number, quantity in sorted((+quantities).items()):
        product = known[number]
        net_price = product.list_price * (1 - group.discounts[product.position])
        price = round(100 * net_price * price_factor(group, product.position, day.year) * document_factor)
        cost = product.unit_cost * COST_INDEX[day.year] * group.cost_factor * math.exp(rng.normal(0, 0.01))
        found.append(Line(number, quantity, quantity * price, quantity * round(100 * cost)))
    if found and group.surcharged and not group.intercompany and month in SURCHARGE_MONTHS:
        found.append(Line(SURCHARGE_PRODUCT, 1, round(SURCHARGE_RATE * sum(line.value for line in found)), 0))
    return found


def plan_orders(rng: Random, group: Group, site: Site, month: int, target: float) -> list[tuple[int, float, int, bool]]:
    """Return the orders of a site in a month: working day, amount, lines, whether it is a regular one.

    Regular orders come in a rhythm, up to six a month or every second to sixth month; projects come by chance.
    """
    days = len(WORKING_DAYS[month])
    yearly = group.level * site.share
    regular, project = target * group.regular_share, target * (1 - group.regular_share)
    rhythm = (yearly * group.regular_share / 48_000) ** 0.65
    orders = []
    if rhythm >= 0.75:
        per_month = min(6, round(rhythm))
        due = [index for index in range(per_month) if rng.random() > 0.05]
        for index in due:
            day = int(days * (index + 0.3) / per_month + site.phase / 10 + rng.integers(-1, 2))
            orders.append((day, regular / per_month / 0.95, 1 + int(rng.binomial(3, 0.25)), True))
    else:
        period = min(6, round(1 / rhythm))
        if (month + site.phase) % period == 0:
            day = site.phase + int(rng.integers(-2, 3))
            orders.append((day, regular * period, 1 + int(rng.binomial(2, 0.3)), True))
    chance = float(np.clip((yearly * (1 - group.regular_share) / 60_000) ** 0.75 * 0.5, 0.04, 3.0))
    for size in rng.gamma(1.3, 1 / 1.3, size=int(rng.poisson(chance))):
        orders.append((int(rng.integers(days)), project / chance * size, 1 + int(rng.poisson(1.2)), False))
    return [(min(max(day, 0), days - 1), amount, lines, regular) for day, amount, lines, regular in orders]


def book_invoices(rng: Random, groups: Sequence[Group], noise: Floats, known: dict[str, Product]) -> list[Document]:
    """Turn the targets of all groups into invoices."""
    documents = []
    for group, group_noise in zip(groups, noise, strict=True):
        target = monthly_target(group, group_noise)
        for site, month in itertools.product(group.sites, range(MONTHS)):
            if target[month] * site.share == 0:
                continue
            for day_number, amount, count, regular in plan_orders(rng, group, site, month, target[month] * site.share):
                day = WORKING_DAYS[month][day_number]
                lines = make_lines(rng, group, day, amount, count, known)
                contract = group.contract if regular else ""
                documents.append(Document(day, "RE", group, site, lines, contract))
    return [document for document in documents if document.lines]


def book_corrections(rng: Random, invoices: list[Document]) -> list[Document]:
    """Return cancellations with corrected invoices, returns, price corrections; cancelled invoices get marked."""
    found = []
    for invoice in invoices:
        luck, wait = rng.random(), int(rng.integers(2, 25))
        day = later(invoice.day, wait)
        if day is None or invoice.group.intercompany:
            continue
        if luck < 0.008:
            invoice.cancelled = True
            negated = [Line(line.product, -(line.quantity or 0), -line.value, -line.cost) for line in invoice.lines]
            found.append(Document(day, "S1", invoice.group, invoice.site, negated, invoice.contract, cancelled=True))
            if luck < 0.0068:
                found.append(Document(day, "RE", invoice.group, invoice.site, invoice.lines, invoice.contract))
        elif luck < 0.026:
            line = invoice.lines[int(rng.integers(len(invoice.lines)))]
            if luck < 0.018 and line.product != SURCHARGE_PRODUCT:
                back = -int(rng.integers(1, (line.quantity or 1) + 1))
                share = back / (line.quantity or 1)
                credit = Line(line.product, back, round(line.value * share), round(line.cost * share))
            else:
                credit = Line(line.product, 0, -round(line.value * rng.uniform(0.03, 0.15)), 0)
            found.append(Document(day, "GS", invoice.group, invoice.site, [credit], invoice.contract))
    return found


def book_samples(rng: Random, groups: list[Group], known: dict[str, Product]) -> list[Document]:
    """Return free samples to active groups, at cost."""
    found = []
    for month in range(MONTHS):
        active = [group for group in groups if group.first_month <= month < group.lost_month]
        for position in rng.choice(len(active), size=int(rng.poisson(3.5)), replace=False):
            group = active[position]
            site = max(group.sites, key=lambda site: site.share)
            product = known[str(rng.choice([number for number in known if number[:2] in ("KU", "BR", "ET", "FU")]))]
            quantity = int(rng.integers(1, 4))
            cost = quantity * round(100 * product.unit_cost * COST_INDEX[YEARS[month // 12]])
            day = WORKING_DAYS[month][int(rng.integers(len(WORKING_DAYS[month])))]
            found.append(Document(day, "MU", group, site, [Line(product.number, quantity, 0, cost)]))
    return found


def book_bonuses(rng: Random, documents: list[Document], groups: list[Group]) -> list[Document]:
    """Return the year-end bonuses: a share of the year's revenue, one negative line without a product."""
    revenue: Counter[tuple[str, int]] = Counter()
    for document in documents:
        if not document.cancelled:
            revenue[document.group.group_id, document.day.year] += sum(line.value for line in document.lines)
    found = []
    for group, year in itertools.product(groups, YEARS):
        value = round(-group.bonus_rate * revenue[group.group_id, year])
        if value < -10_000:  # cents
            site = max(group.sites, key=lambda site: site.share)
            day = WORKING_DAYS[month_of(date(year, 12, 1))][-int(rng.integers(1, 6))]
            found.append(Document(day, "BO", group, site, [Line("", None, value, 0)]))
    return found


# --- ledger --------------------------------------------------------------------------------------------------------


def amount_text(cents: int) -> str:
    """Write cents with a decimal comma."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def make_bookings(documents: list[Document], known: dict[str, Product]) -> list[Booking]:
    """Return the ledger: documents numbered by day, their lines as text."""
    bookings = []
    numbers: Counter[int] = Counter()
    for document in sorted(documents, key=lambda document: document.day):
        year, group = document.day.year, document.group
        numbers[year] += 1
        customer = group.old_number if group.old_number and document.day < RENUMBERED_ON else document.site.number
        customer_group = "IC" if group.intercompany else COUNTRIES[document.site.country].customer_group
        status = "konzernintern" if group.intercompany else "muster" if document.kind == "MU" else "used"
        status = "storniert" if document.cancelled else status
        for position, line in enumerate(document.lines, start=1):
            name = PRODUCT_GROUPS[known[line.product].position].name if line.product in known else ""
            fields = [f"90{year % 100}{numbers[year]:05d}", str(position * 10), document.kind]
            fields += [
                f"{document.day:%d.%m.%Y}",
                customer,
                line.product,
                "" if line.quantity is None else str(line.quantity),
            ]
            fields += [amount_text(line.value), amount_text(line.cost), document.contract]
            fields += ["X" if document.cancelled else "", customer_group]
            name = name or ("Zuschläge" if line.product == SURCHARGE_PRODUCT else "Bonus")
            bookings.append(Booking(fields, month_of(document.day), status, group, name, line.value, line.cost))
    return bookings


def add_dirt(rng: Random, bookings: list[Booking]) -> list[Booking]:
    """Spoil a few small lines, each in its own way, and repeat the heading once."""
    headings = LEDGER.split(";")
    added = []
    for month, heading, value in DIRT:
        usual = [booking for booking in bookings if booking.month == month and booking.status == "used"]
        small = [booking for booking in usual if booking.fields[2] == "RE" and booking.value < 200_000]
        booking = small[int(rng.integers(len(small)))]
        if heading:
            booking.status = "dirty"
            booking.fields[headings.index(heading)] = value
        else:
            added.append((booking, Booking(headings, month, "dirty", booking.group, "", 0, 0)))
    for before, extra in added:
        bookings.insert(bookings.index(before) + 1, extra)
    return bookings


# --- files ---------------------------------------------------------------------------------------------------------


def write_ledger(folder: Path, bookings: list[Booking]) -> None:
    """Write one file per year."""
    for year in YEARS:
        rows = [";".join(booking.fields) for booking in bookings if YEARS[booking.month // 12] == year]
        text = "\r\n".join([LEDGER, *rows, ""])
        (folder / f"umsatz_{year}.csv").write_bytes(text.encode("cp1252"))


def programme_start(group: Group) -> date | None:
    """Return the first day of the programme for a key account."""
    if group.wave is None:
        return None
    month = WAVES[group.wave][0]
    return date(YEARS[0] + month // 12, month % 12 + 1, 1)


def unused_customers(rng: Random, names: dict[str, Iterator[str]], numbers: Iterator[str]) -> list[list[Any]]:
    """Return master rows without a ledger line: prospects, a payer, a settlement office, a forgotten site."""
    rows: list[list[Any]] = []
    for code in ("DE", "DE", "AT", "IT", "SE", "US"):
        country, sector = COUNTRIES[code], int(rng.integers(len(SECTORS)))
        name = company_name(rng, next(names[country.language]), sector, country.language)
        employees = int(rng.integers(20, 900))
        annual = employees * SECTORS[sector].revenue_per_head
        row = [next(numbers), f"{name} {country.forms[0]}", "", "", SECTORS[sector].name, code, country.region]
        rows.append([*row, employees, annual, None, None, ""])
    for name in ("Einkaufsring Küste & Hafen eG", "Zentralregulierung Förderring GmbH", "Konsignationslager Halle 7"):
        rows.append([next(numbers), name, "", "", "", "DE", "DACH", None, None, None, None, ""])
    return rows


def write_customers(path: Path, groups: list[Group], unused: list[list[Any]], managers: dict[str, str]) -> None:
    """Write the customer master, one row per site; `managers` are the codes of who looks after a site."""
    rows = list(unused)
    for group in groups:
        konzern = group.group_id if group.kind in ("head", "code") else ""
        sector = "" if group.intercompany else SECTORS[group.sector].name
        share = group.max_share if group.share_known else None
        for site in group.sites:
            row: list[Any] = [site.number, site.name, konzern, site.parent, sector]
            row += [site.country, COUNTRIES[site.country].region]
            row += [site.employees, site.annual_revenue, programme_start(group), share]
            rows.append([*row, managers.get(site.number, "")])
    rows.sort(key=lambda row: str(row[0]))
    write_sheet(path, "Kunden", CUSTOMER_HEADINGS, rows, {"KAM_seit": "dd.mm.yyyy", "Jahresumsatz": "#,##0"})


def write_products(path: Path, products: list[list[Product]]) -> None:
    """Write the article master with the surcharge article."""
    rows: list[list[Any]] = [
        [product.number, product.name, PRODUCT_GROUPS[product.position].name, product.unit_cost, product.successor]
        for product in itertools.chain.from_iterable(products)
    ]
    rows.append([SURCHARGE_PRODUCT, "Teuerungszuschlag", "Zuschläge", None, ""])
    headings = ["Artikelnr", "Bezeichnung", "Warengruppe", "Herstellkosten", "Nachfolger"]
    write_sheet(path, "Artikel", headings, sorted(rows, key=lambda row: str(row[0])), {"Herstellkosten": "0.00"})


def write_general_ledger(path: Path, bookings: list[Booking]) -> None:
    """Write revenue per year as the general ledger has it: with intercompany, corrected dirt and accruals."""
    totals: Counter[int] = Counter()
    for booking in bookings:
        if booking.status != "storniert":
            totals[YEARS[booking.month // 12]] += booking.value
    rows = [
        f"{y};Umsatz;{amount_text(totals[y] + round(totals[y] * ACCRUALS[y]))};GuV {y}, Umsatzerlöse" for y in YEARS
    ]
    path.write_bytes("".join(f"{line}\r\n" for line in ["Jahr;Größe;Saldo;Quelle", *rows]).encode("cp1252"))


def true_demand(group: Group, year: int, revenue: Counter[str]) -> dict[str, float]:
    """Return the demand per product group in a year: so high that our share stays within the sourcing policy."""
    position = YEARS.index(year)
    path = SECTORS[group.sector].market[position] * math.exp(group.trend * (position + 0.5) / 2)
    demand = {}
    for index, product_group in enumerate(PRODUCT_GROUPS):
        planned = group.demand * path * group.demand_basket[index] * price_factor(group, index, year)
        demand[product_group.name] = max(planned, revenue[product_group.name] / 100 * 1.04)
    needed = sum(revenue.values()) / 100 / group.max_share * 1.02
    stretch = max(1.0, needed / sum(demand.values()))
    return {name: round(value * stretch, 2) for name, value in demand.items()}


def write_table(path: Path, headings: str, rows: list[list[object]]) -> None:
    """Write a small utf-8 table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([headings.split(), *rows])


def write_truth(folder: Path, mode: str, groups: list[Group], bookings: list[Booking]) -> dict[tuple[str, int], int]:
    """Write the truth; return the revenue in cents per group and year."""
    cells: defaultdict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    costs: Counter[tuple[str, int]] = Counter()
    for booking in bookings:
        if booking.status == "used":
            key = booking.group.group_id, YEARS[booking.month // 12]
            cells[key][booking.product_group] += booking.value
            costs[key] += booking.cost
    accounts: list[list[object]] = []
    demands: list[list[object]] = []
    revenues = {}
    for group, year in itertools.product(sorted(groups, key=lambda group: group.group_id), YEARS):
        key = group.group_id, year
        demand, revenue = true_demand(group, year, cells[key]), sum(cells[key].values())
        total = sum(demand.values())
        lost = group.lost_month
        lost_on = f"{YEARS[0] + lost // 12}-{lost % 12 + 1:02d}-01" if lost < MONTHS else ""
        start = programme_start(group)
        row = [*key, f"{total:.2f}", group.max_share, f"{revenue / 100 / total:.4f}", f"{revenue / 100:.2f}"]
        row += [f"{(revenue - costs[key]) / 100:.2f}", lost_on, int(start is not None)]
        accounts.append([*row, f"{start:%Y-%m}" if start else "", group.complexity])
        revenues[key] = revenue
        for name in [*demand, "Zuschläge", "Bonus"]:
            if name in demand or cells[key][name]:
                needed = f"{demand[name]:.2f}" if name in demand else ""
                demands.append([key[0], name, year, needed, f"{cells[key][name] / 100:.2f}"])
    columns = "group_id year demand max_supplier_share share_of_wallet revenue contribution_margin lost_on key_account"
    write_table(folder / "accounts.csv", f"{columns} programme_start complexity", accounts)
    write_table(folder / "demand.csv", "group_id product_group year demand revenue", demands)
    content = json.dumps(describe_programme(mode, groups, bookings), indent=1, ensure_ascii=False)
    (folder / "programme.json").write_text(content + "\n", encoding="utf-8", newline="\n")
    return revenues


def describe_programme(mode: str, groups: list[Group], bookings: list[Booking]) -> dict[str, object]:
    """Return selection mode, waves, true effects, noise, ledger totals."""
    treated = sorted((group for group in groups if group.wave is not None), key=lambda group: group.group_id)
    waves = []
    for number, (month, effect) in enumerate(WAVES):
        members = [group.group_id for group in treated if group.wave == number]
        start = f"{YEARS[0] + month // 12}-{month % 12 + 1:02d}"
        waves.append({"start": start, "effect": effect, "key_accounts": members})
    rows: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for booking in bookings:
        # Rows with an unreadable revenue have none to add up.
        readable = booking.value if booking.fields[7] == amount_text(booking.value) else 0
        for name in (booking.status, "total", f"year_{YEARS[booking.month // 12]}"):
            rows[name].update(rows=1, revenue=readable)
    totals = {name: {"rows": count["rows"], "revenue": count["revenue"] / 100} for name, count in sorted(rows.items())}
    weighted = sum(WAVES[group.wave][1] for group in treated if group.wave is not None) / len(treated)
    actual = [effect for group in treated for effect in programme_effect(group) if effect > 0]
    return {
        "seed": SEED,
        "chosen": mode,
        "waves": waves,
        "ramp_months": RAMP_MONTHS,
        "mean_full_effect": round(weighted, 5),
        "mean_effect_over_programme_months": round(float(np.mean(actual)), 5),
        "noise": {
            "autocorrelation": NOISE_CORRELATION,
            "deviation_largest_group": round(min(group.noise_deviation for group in groups), 4),
            "deviation_smallest_group": round(max(group.noise_deviation for group in groups), 4),
            "trend_deviation_per_year": TREND_DEVIATION,
            "lasting_growth_per_year": LASTING_GROWTH if mode == "persistent_growth" else 0.0,
        },
        "price_rounds": {group.name: dict(zip(YEARS[1:], group.rounds, strict=True)) for group in PRODUCT_GROUPS},
        "ledger": totals,
    }


def check_ledger(folder: Path, groups: list[Group], expected: dict[tuple[str, int], int]) -> None:
    """Read the written ledger as a stranger would and compare it with the truth to the cent.

    Raises
    ------
    ValueError
        When a group's year differs, or the share of unreadable lines reaches 0.1 %.
    """
    group_of = {site.number: group.group_id for group in groups for site in group.sites}
    group_of |= {group.old_number: group.group_id for group in groups if group.old_number}
    found: Counter[tuple[str, int]] = Counter()
    lines = unreadable = 0
    for path in sorted(folder.glob("umsatz_*.csv")):
        with path.open(encoding="cp1252", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                lines += 1
                if row["Storniert"] == "X" or row["Kundengruppe"] == "IC" or row["Belegart"] == "MU":
                    continue
                try:
                    day = datetime.strptime(row["Belegdatum"], "%d.%m.%Y")
                    numbers = [row[name].replace(",", ".") or "0" for name in ("Nettowert", "Kosten", "Menge")]
                    value, *_ = [Decimal(number) for number in numbers]
                    found[group_of[row["Kundennr"]], day.year] += int(value * 100)
                except (ValueError, KeyError, InvalidOperation):
                    unreadable += 1
    if any(found[key] != expected.get(key, 0) for key in {*found, *expected}):
        raise ValueError("The ledger does not add up to truth/accounts.csv.")
    if unreadable != len(DIRT) or unreadable >= lines / 1000:
        raise ValueError(f"{unreadable} unreadable lines of {lines}, {len(DIRT)} were intended.")


def seen(groups: list[Group], bookings: list[Booking]) -> list[Customer]:
    """Return the groups as the ledger shows them, the largest revenue of 2025 first."""
    revenue: defaultdict[tuple[str, int], float] = defaultdict(float)
    margin: defaultdict[tuple[str, int], float] = defaultdict(float)
    at_site: defaultdict[str, float] = defaultdict(float)
    bought: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for booking in bookings:
        if booking.status == "used":
            number, year = booking.group.group_id, YEARS[booking.month // 12]
            revenue[number, year] += booking.value / 100
            margin[number, year] += (booking.value - booking.cost) / 100
            if year == YEARS[-1]:
                at_site[booking.fields[4]] += booking.value / 100
                bought[number][booking.product_group] += booking.value
    known = {product_group.name for product_group in PRODUCT_GROUPS}
    found = [
        Customer(
            number=group.group_id,
            name=group.sites[0].name,
            sector=SECTORS[group.sector].name,
            country=group.country,
            employees=group.employees,
            is_complex=group.complexity == "high",
            is_key_account=group.wave is not None,
            contract=group.contract,
            regular_share=group.regular_share,
            open_potential=group.demand * group.max_share - group.level,
            revenue={year: round(revenue[group.group_id, year], 2) for year in YEARS},
            margin={year: round(margin[group.group_id, year], 2) for year in YEARS},
            product_groups=sum(bought[group.group_id][name] > 0 for name in known),
            sites={site.number: round(at_site[site.number], 2) for site in group.sites if site.number in at_site},
            site_countries={site.number: site.country for site in group.sites},
        )
        for group in groups
    ]
    return sorted(found, key=lambda customer: -customer.revenue[YEARS[-1]])


def generate(mode: str, out: Path) -> None:
    """Write the inputs and the truth of one selection mode into a folder."""
    rng = np.random.default_rng(SEED)
    for name in ("inputs", "truth"):
        (out / name).mkdir(parents=True, exist_ok=True)
    products = make_products(rng)
    known = {product.number: product for product in itertools.chain.from_iterable(products)}
    names = make_names(rng)
    numbers = iter([f"{number:07d}" for number in 10_000 + rng.choice(30_000, size=400, replace=False)])
    groups = make_groups(rng, names)
    set_life(rng, groups)
    set_scale(groups)
    set_sites(rng, groups, numbers)
    set_business(rng, groups, products)
    everyone = groups + make_intercompany(rng, numbers, products)
    noise = make_noise(rng, everyone)
    choose_key_accounts(rng, mode, groups, noise)
    singles = [group for group in groups[10:] if len(group.sites) == 1 and group.wave is None]
    renumbered = singles[0]
    renumbered.old_number = next(numbers)
    unused = unused_customers(rng, names, numbers)

    documents = book_invoices(rng, everyone, noise, known)
    documents += book_corrections(rng, documents)
    documents += book_bonuses(rng, documents, groups)
    documents += book_samples(rng, groups, known)
    mixed = [documents[index] for index in rng.permutation(len(documents))]
    bookings = add_dirt(rng, make_bookings(mixed, known))

    write_ledger(out / "inputs", bookings)
    customers = seen(groups, bookings)
    managers, doubled = choose_managers(customers, np.random.default_rng(SEED))
    write_customers(out / "inputs" / "kunden.xlsx", everyone, unused, managers)
    write_products(out / "inputs" / "artikel.xlsx", products)
    mapping = f"Alt;Neu;Ab\r\n{renumbered.old_number};{renumbered.sites[0].number};{RENUMBERED_ON:%d.%m.%Y}\r\n"
    (out / "inputs" / "umschluesselung.csv").write_bytes(mapping.encode("cp1252"))
    write_general_ledger(out / "inputs" / "hauptbuch.csv", bookings)
    revenues = write_truth(out / "truth", mode, groups, bookings)
    check_ledger(out / "inputs", groups, revenues)
    write_selection(out, customers, managers, doubled)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Write the synthetic demo engagement.")
    parser.add_argument("--chosen", choices=MODES, default="size", help="how key accounts are selected")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder to write to")
    arguments = parser.parse_args()
    generate(arguments.chosen, arguments.out)


if __name__ == "__main__":
    main()
