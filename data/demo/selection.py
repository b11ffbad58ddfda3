"""What people of *Nordlicht Antriebstechnik GmbH* have entered for customer selection, with planted cases.

Judges' scoring sheets, goals, actions, contracts, effort and decisions are put on top of the finished ledger, with a
random generator of their own: nothing that was there before changes by them. The cases are chosen by rules from what
the ledger says of 2025, and told in `truth/selection.json`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from customer import Customer
from goals import make_actions, make_goals, write_goals
from sheet import write_sheet

SEED = 1127
RATED = 40  # accounts on the scoring sheets
CRITERIA = (
    "Strategische Bedeutung",
    "Referenzwirkung",
    "Marktstellung des Kunden",
    "Komplexität der Beschaffung",
    "Komplexität der Produkte",
    "Gemeinsames Know-how",
    "Zahlungsverhalten",
)
STRATEGIC = CRITERIA.index("Strategische Bedeutung")
PAYMENT = CRITERIA.index("Zahlungsverhalten")
JUDGES = {"R1": 0.0, "R2": 0.0, "R3": 0.6}  # how often a judge gives a point less than the others
KEY_ACCOUNT_MANAGERS = 6
EFFORT_ACCOUNTS = 60
CONTRACT_ACCOUNTS = 60
# The company's own definition, as it stands in the settings: how many of the four rules, and their limits.
NEEDED, MARGIN_SHARE, COUNTRIES, PRODUCT_GROUPS, STRATEGIC_POINTS = 3, 0.02, 2, 3, 4.0


@dataclass(frozen=True)
class Planted:
    """Cases whose ending is known beforehand."""

    big_simple: Customer
    small_complex: Customer
    knocked_out: Customer
    by_sites: Customer
    failing: Customer
    disputed: Customer

    @property
    def customers(self) -> tuple[Customer, ...]:
        """Return them all."""
        return (self.big_simple, self.small_complex, self.knocked_out, self.by_sites, self.failing, self.disputed)


def choose_cases(customers: Sequence[Customer]) -> Planted:
    """Choose the planted cases from the customers, largest revenue of 2025 first."""
    others = [customer for customer in customers if not customer.is_key_account]
    sites = sorted(((revenue, number) for c in customers for number, revenue in c.sites.items()), reverse=True)
    large_sites = {number for _, number in sites[:20]}
    simple = next(customer for customer in others if not customer.is_complex)
    small = [customer for customer in others if customer in customers[45:80] and customer.countries >= 3]
    growing = [customer for customer in others if customer in customers[10:30] and customer.growth > 0.1]
    in_parts = [customer for customer in others if customer in customers[:20] and not large_sites & set(customer.sites)]
    at_home = [customer for customer in customers if customer.is_key_account and customer.countries == 1]
    knocked_out = next(customer for customer in growing if customer.is_complex)
    return Planted(
        big_simple=simple,
        small_complex=max(small, key=lambda customer: customer.open_potential),
        knocked_out=knocked_out,
        by_sites=in_parts[0],
        failing=at_home[-1],
        disputed=next(c for c in others if c not in (simple, knocked_out, in_parts[0]) and c in customers[12:]),
    )


def choose_managers(customers: Sequence[Customer], rng: np.random.Generator) -> tuple[dict[str, str], list[str]]:
    """Give every site the code of who looks after it; four groups have two, and are returned as well."""
    key_accounts = sorted((c for c in customers if c.is_key_account), key=lambda customer: customer.number)
    at_key_account = {c.number: f"KAM-{at % KEY_ACCOUNT_MANAGERS + 1:02d}" for at, c in enumerate(key_accounts)}
    at_site, by_account = {}, {}
    for customer in sorted(customers, key=lambda customer: customer.number):
        field_sales = _field_sales(customer.country, rng)
        by_account[customer.number] = at_key_account.get(customer.number, field_sales)
        at_site.update(dict.fromkeys(customer.site_countries, by_account[customer.number]))
    spread = [customer for customer in customers if len(customer.sites) >= 3]
    doubled = [customer for customer in spread if customer.is_key_account][1:6:3]
    doubled += [customer for customer in spread if not customer.is_key_account][:4:2]
    for customer in doubled:
        second = sorted(customer.sites, key=lambda number: -customer.sites[number])[1]
        code = at_site[second]
        while code == at_site[second]:
            code = _field_sales(customer.site_countries[second], rng)
        at_site[second] = code
    return at_site, [customer.number for customer in doubled]


def _field_sales(country: str, rng: np.random.Generator) -> str:
    first, last = {"DE": (1, 5), "AT": (6, 7), "CH": (6, 7)}.get(country, (8, 11))
    return f"AD-{int(rng.integers(first, last + 1)):02d}"


# --- scoring sheets ------------------------------------------------------------------------------------------------


def rated_customers(customers: Sequence[Customer], planted: Planted) -> list[Customer]:
    """Choose who is rated: today's key accounts, the planted cases, then the largest; in the order of their names."""
    chosen = [c for c in customers if c.is_key_account or c in planted.customers]
    chosen += [c for c in customers if c not in chosen][: RATED - len(chosen)]
    return sorted(chosen, key=lambda customer: customer.name.casefold())


def true_points(customer: Customer, planted: Planted, rng: np.random.Generator) -> list[int]:
    """Return what a fair judge would give a customer, 1 to 5 by criterion."""
    luck = rng.normal(0, 0.55, len(CRITERIA))
    fixed = {
        planted.big_simple: (2, 2, 2, 1, 1, 1, 5),
        planted.small_complex: (5, 4, 4, 5, 5, 4, 4),
        planted.knocked_out: (4, 4, 5, 4, 4, 4, 1),
        planted.by_sites: (5, 4, 4, 5, 4, 4, 4),
        planted.failing: (2, 2, 3, 2, 2, 2, 4),
    }.get(customer)
    if fixed:
        return list(fixed)
    is_robotics, is_large = customer.sector == "Robotik und Automation", customer.employees > 2000
    expected = (
        2.5 + 1.4 * is_robotics + 0.9 * (customer.revenue[2025] > 1e6) + 0.7 * customer.is_key_account,
        2.4 + 1.2 * is_large + 0.5 * customer.is_key_account,
        2.3 + 1.5 * is_large + 0.4 * (customer.employees > 6000),
        1.4 + 0.5 * customer.countries + 0.3 * len(customer.sites),
        1.5 + 0.25 * customer.product_groups + 1.2 * is_robotics,
        2.0 + 0.9 * is_robotics + 0.9 * customer.is_key_account,
        4.0,
    )
    return [int(np.clip(round(mean + by), 1, 5)) for mean, by in zip(expected, luck, strict=True)]


def judged_points(points: list[int], strictness: float, is_sure: bool, rng: np.random.Generator) -> list[int | None]:
    """Return what one judge writes down: a point more or less now and then, a cell left empty here and there."""
    found: list[int | None] = []
    for at, true in enumerate(points):
        error = int(rng.choice((-1, 0, 1), p=(0.1, 0.8, 0.1))) - int(rng.random() < strictness)
        is_empty = rng.random() < 0.03
        certain = at == PAYMENT or is_sure
        found.append(true if certain else None if is_empty else int(np.clip(true + error, 1, 5)))
    return found


Ratings = dict[str, dict[str, list[int | None]]]  # by judge and account


def make_ratings(rated: list[Customer], planted: Planted, rng: np.random.Generator) -> Ratings:
    """Let every judge rate every customer blindly; one customer divides them."""
    fair = {customer.number: true_points(customer, planted, rng) for customer in rated}
    sure = {customer.number for customer in planted.customers}
    ratings = {
        judge: {number: judged_points(points, strict, number in sure, rng) for number, points in fair.items()}
        for judge, strict in JUDGES.items()
    }
    for judge, points in zip(JUDGES, (5, 4, 1), strict=True):
        ratings[judge][planted.disputed.number][STRATEGIC] = points
    return ratings


def strategic_points(ratings: Ratings, number: str) -> float | None:
    """Return the mean of what the judges give a customer for its strategic relevance; None where it is not rated."""
    given = [points[number][STRATEGIC] for points in ratings.values() if number in points]
    known = [value for value in given if value is not None]
    return sum(known) / len(known) if known else None


def write_ratings(folder: Path, rated: list[Customer], ratings: Ratings) -> None:
    """Write a scoring sheet per judge, as the workshop leaves it."""
    for judge, points in ratings.items():
        rows = [[c.number, c.name, judge, *points[c.number]] for c in rated]
        headings = ["Kundennr", "Name", "Bewertet von", *CRITERIA]
        above = ["Bewertung der Kunden, Workshop vom 18.11.2025", "1 = gering, 5 = hoch; leer = kann ich nicht sagen"]
        write_sheet(folder / f"bewertung_{judge}.xlsx", "Bewertung", headings, rows, {}, above)


# --- contracts, effort, decisions ----------------------------------------------------------------------------------


def make_contracts(customers: Sequence[Customer], rng: np.random.Generator) -> list[list[Any]]:
    """Return contracts: those under which the ledger has call-offs, and some agreements that bind nobody."""
    rows: list[list[Any]] = []
    for at, customer in enumerate(customers[:CONTRACT_ACCOUNTS]):
        is_bound, is_firm = bool(customer.contract), rng.random() < 0.3
        length, renewal, spread = (
            int(rng.integers(2, 5)),
            float(rng.uniform(0.55, 0.95)),
            float(rng.uniform(0.95, 1.05)),
        )
        began, has_tender = int(rng.integers(2023, 2026)), rng.random() < 0.5
        if not is_bound and not customer.is_key_account:
            continue
        kind = "keine Bindung" if not is_bound else "Mindestabnahme" if is_firm else "Rahmenvertrag"
        share = {"keine Bindung": 1.0, "Mindestabnahme": 0.6}.get(kind, customer.regular_share)
        end = date(max(began + length - 1, 2025 + at % 2), 12, 31)
        tender = date(end.year, 6, 1) if is_bound and has_tender and end.year > 2025 else None
        number = customer.contract or f"JV-{3000 + at}"
        value = round(max(customer.revenue[2025], 0.0) * share * spread, -3)
        row = [number, customer.main_site, customer.name, kind, date(began, 1, 1), end]
        rows.append([*row, value, round(renewal, 2) if is_bound else None, tender])
    return sorted(rows, key=lambda row: str(row[0]))


def make_effort(customers: Sequence[Customer], rng: np.random.Generator) -> list[list[Any]]:
    """Return hours by account and year: those of key account managers and engineers, else of field sales."""
    chosen = [c for at, c in enumerate(customers) if c.is_key_account or at < EFFORT_ACCOUNTS]
    rows = []
    for customer in chosen:
        size = max(customer.revenue[2025], 1e4) / 1e6
        base = (400 + 70 * size if customer.is_key_account else 20 + 55 * size) * float(rng.uniform(0.8, 1.25))
        for year in (2024, 2025):
            hours = round(base * float(rng.uniform(0.92, 1.08)) * (0.9 if year == 2024 else 1.0) * 2) / 2
            if customer.is_key_account:
                parts = {"Key Account Management": round(hours * 1.4) / 2, "Anwendungstechnik": round(hours * 0.6) / 2}
            else:
                parts = {"Außendienst": hours}
            rows += [[customer.main_site, customer.name, year, part, value] for part, value in parts.items()]
    return rows


def make_decisions(customers: Sequence[Customer], planted: Planted) -> dict[str, tuple[Customer, str]]:
    """Return who was decided on by hand, by decision, with the reason."""
    free = [customer for customer in customers if customer not in planted.customers]
    key_accounts = [customer for customer in free if customer.is_key_account]
    others = [customer for customer in free if not customer.is_key_account]
    simple = next(customer for customer in key_accounts if not customer.is_complex)
    growing = max(others[:20], key=lambda customer: customer.growth)
    return {
        "im Kreis": (key_accounts[-1], "Entwicklungspartner für die nächste Generation von Servoantrieben"),
        "nicht im Kreis": (simple, "bestellt zentral und nach Katalog, Betreuung als Großkunde vereinbart"),
        "beobachten": (growing, "stark gewachsen, erst abwarten, ob die Projekte Serien werden"),
    }


# --- all of it -----------------------------------------------------------------------------------------------------


def rules_met(customer: Customer, customers: Sequence[Customer], ratings: Ratings) -> dict[str, bool]:
    """Judge a customer by the company's own definition."""
    strategic = strategic_points(ratings, customer.number)
    return {
        "mindestens 2 % des Deckungsbeitrags": customer.margin[2025]
        >= MARGIN_SHARE * sum(other.margin[2025] for other in customers),
        "Standorte in zwei Ländern": customer.countries >= COUNTRIES,
        "mindestens drei Warengruppen": customer.product_groups >= PRODUCT_GROUPS,
        "strategisch bedeutend": strategic is not None and strategic >= STRATEGIC_POINTS,
    }


def write_selection(out: Path, customers: Sequence[Customer], managers: dict[str, str], doubled: list[str]) -> None:
    """Write the entered tables and the truth about them; `customers` by revenue of 2025, the largest first."""
    rng = np.random.default_rng(SEED)
    folder = out / "inputs"
    planted = choose_cases(customers)
    rated = rated_customers(customers, planted)
    ratings = make_ratings(rated, planted, rng)
    write_ratings(folder, rated, ratings)
    goals, of_account, faults = make_goals(customers, managers)
    actions = make_actions(customers, managers, of_account, rng)
    write_goals(folder, goals, actions)
    headings = ["Vertragsnr", "Kundennr", "Name", "Vertragsart", "Beginn", "Ende", "Jahreswert", "Verlängerung"]
    headings.append("Ausschreibung")
    formats = {"Beginn": "dd.mm.yyyy", "Ende": "dd.mm.yyyy", "Ausschreibung": "dd.mm.yyyy", "Jahreswert": "#,##0"}
    write_sheet(folder / "vertraege.xlsx", "Verträge", headings, make_contracts(customers, rng), formats)
    headings = ["Kundennr", "Name", "Jahr", "Funktion", "Stunden"]
    write_sheet(folder / "aufwand.xlsx", "Aufwand", headings, make_effort(customers, rng), {"Stunden": "#,##0.0"})
    decisions = make_decisions(customers, planted)
    lines = ["Kundennr;Entscheidung;Begründung;Datum;Gremium"]
    lines += [f"{c.main_site};{what};{why};18.11.2025;Vertriebsleitung" for what, (c, why) in decisions.items()]
    (folder / "entscheidungen.csv").write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))

    met = {c.number: rules_met(c, customers, ratings) for c in customers if c.is_key_account}
    failing = sorted(number for number, rules in met.items() if sum(rules.values()) < NEEDED)
    if planted.failing.number not in failing:
        raise ValueError("The key account that shall fail the company's own definition does not.")
    truth = {
        "seed": SEED,
        "cases": {
            "big_simple": _case(planted.big_simple, coverage_model="large_account"),
            "small_complex": _case(planted.small_complex, coverage_model="watch"),
            "knocked_out": _case(planted.knocked_out, status="knocked_out", criterion=CRITERIA[PAYMENT]),
            "large_by_its_sites": _case(planted.by_sites, coverage_model="key_account"),
            "fails_the_definition": _case(
                planted.failing,
                is_key_account=True,
                failing=[rule for rule, holds in met[planted.failing.number].items() if not holds],
            ),
            "divides_the_judges": _case(planted.disputed, criterion=CRITERIA[STRATEGIC]),
        },
        "strict_judge": max(JUDGES, key=lambda judge: JUDGES[judge]),
        "rated_accounts": sorted(customer.number for customer in rated),
        "key_accounts": sorted(met),
        "key_accounts_failing_the_definition": failing,
        "two_managers": sorted(doubled),
        "decisions": {what: customer.number for what, (customer, _) in decisions.items()},
        "goals": faults,
    }
    content = json.dumps(truth, indent=1, ensure_ascii=False)
    (out / "truth" / "selection.json").write_text(content + "\n", encoding="utf-8", newline="\n")


def _case(customer: Customer, **expected: object) -> dict[str, object]:
    return {"account_id": customer.number, "revenue_2025": round(customer.revenue[2025], 2), "expected": expected}
