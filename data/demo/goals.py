"""The cascade of goals and the actions agreed, with planted faults.

Two key accounts have no goal, one goal has no indicator, two have no owner, two of one account contradict each other,
and the accounts' margin goals do not quite add up to the programme's.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from customer import Customer
from sheet import write_sheet

PROGRAMME_GROWTH = 1.10  # of the key accounts' margin of 2024, until the end of 2026
GOAL_HEADINGS = (
    *("Ziel-Nr.", "Ebene", "Kundennr", "Kunde", "Ziel", "Kennzahl", "Ausgangswert", "Zielwert", "Termin"),
    *("Verantwortlich", "Nutzen für", "Zahlt ein auf"),
)
ACTION_HEADINGS = (
    *("Maßnahmen-Nr.", "Kundennr", "Maßnahme", "Ziel-Nr.", "Verantwortlich", "Fällig am", "Stand", "Erwarteter DB"),
    *("Erzielter DB", "Nachweis", "Kundennutzen"),
)
MARGIN = "Deckungsbeitrag"
END_2026, END_2027 = date(2026, 12, 31), date(2027, 12, 31)


class Goals:
    """The cascade under construction; rows as they are written."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []

    def add(
        self,
        level: str,
        goal: str,
        measured: tuple[str, float, float] | None,
        owner: str,
        benefit: str,
        parent: str = "",
        customer: Customer | None = None,
        due: date = END_2026,
    ) -> str:
        """Add a goal; return its number."""
        number = f"Z-{len(self.rows) + 1:02d}"
        whose = [customer.main_site, customer.name] if customer else ["", ""]
        values = measured or ("", None, None)
        self.rows.append([number, level, *whose, goal, *values, due, owner, benefit, parent])
        return number


def make_goals(
    customers: Sequence[Customer], managers: dict[str, str]
) -> tuple[list[list[Any]], dict[str, str], dict[str, Any]]:
    """Return the cascade of goals, each account's margin goal, and the planted faults."""
    key_accounts = [customer for customer in customers if customer.is_key_account]
    with_goal, without_goal = key_accounts[:-2], key_accounts[-2:]
    margin = {year: sum(customer.margin[year] for customer in customers) for year in (2024, 2025)}
    start = round(sum(customer.margin[2024] for customer in key_accounts), -4)
    target = round(start * PROGRAMME_GROWTH, -4)
    goals = Goals()
    company, sales, kam, account = "Unternehmen", "Vertrieb", "KAM", "Kunde"
    profit = goals.add(
        company,
        "Umsatzrendite auf 10 % steigern",
        ("Umsatzrendite", 0.081, 0.10),
        "Geschäftsführung",
        "uns",
        due=END_2027,
    )
    robotics = goals.add(
        company,
        "Robotik und Automation zum zweiten Standbein machen",
        ("Umsatzanteil Robotik und Automation", 0.11, 0.18),
        "Geschäftsführung",
        "uns",
        due=END_2027,
    )
    all_margin = (MARGIN, round(margin[2024], -4), round(margin[2024] * 1.07, -4))
    of_sales = goals.add(
        sales, "Deckungsbeitrag im Vertrieb um 7 % steigern", all_margin, "Vertriebsleitung", "uns", profit
    )
    breadth = goals.add(
        sales,
        "Servoantriebe und Service bei Bestandskunden einführen",
        ("Kunden mit Servoantrieben", 41, 60),
        "Vertriebsleitung",
        "beide",
        robotics,
    )
    programme = goals.add(
        kam,
        "Deckungsbeitrag mit Schlüsselkunden um 10 % steigern",
        (MARGIN, start, target),
        "Leitung KAM",
        "uns",
        of_sales,
    )
    plans = goals.add(
        kam,
        "Mit jedem Schlüsselkunden eine abgestimmte Entwicklungsplanung haben",
        None,
        "Leitung KAM",
        "beide",
        profit,
    )
    groups = goals.add(
        kam,
        "In Schlüsselkunden neue Warengruppen gewinnen",
        ("Warengruppen je Schlüsselkunde", 4.6, 5.5),
        "Leitung KAM",
        "beide",
        breadth,
    )
    growth = 1 + (PROGRAMME_GROWTH - 1) * 0.9
    of_account = {}
    for customer in with_goal:
        before, after = round(customer.margin[2024], -3), round(customer.margin[2024] * growth, -3)
        owner = "" if customer is with_goal[6] else managers[customer.main_site]
        text = "Deckungsbeitrag ausbauen"
        measured = (MARGIN, before, after)
        of_account[customer.number] = goals.add(account, text, measured, owner, "uns", programme, customer)
    large, contradictory, third = with_goal[0], with_goal[2], with_goal[4]
    owner = managers[contradictory.main_site]
    level = "Nettopreisniveau"
    dearer = goals.add(
        account, "Preiserhöhung von 3 % durchsetzen", (level, 1.0, 1.03), owner, "uns", programme, contradictory
    )
    cheaper = goals.add(
        account,
        "Lieferanteil über einen Mengenrabatt von 4 % ausbauen",
        (level, 1.0, 0.96),
        owner,
        "den Kunden",
        programme,
        contradictory,
    )
    goals.add(
        account,
        "Zweitlieferant für Servoantriebe werden",
        ("Warengruppen", float(large.product_groups), large.product_groups + 1.0),
        managers[large.main_site],
        "beide",
        groups,
        large,
    )
    goals.add(
        account,
        "Liefertreue im Ersatzteilgeschäft auf 98 % bringen",
        ("Liefertreue", 0.93, 0.98),
        "",
        "den Kunden",
        plans,
        third,
    )
    faults = {
        "without_goal": sorted(customer.number for customer in without_goal),
        "without_indicator": [plans],
        "without_owner": sorted(row[0] for row in goals.rows if not row[9]),
        "contradictory": {"account": contradictory.number, "goals": [dearer, cheaper]},
        "programme": {
            "goal": programme,
            "indicator": MARGIN,
            "start": start,
            "target": target,
            "sum_of_account_targets": sum(row[7] for row in goals.rows if row[1] == account and row[5] == MARGIN),
            "account_goals": len(of_account),
        },
    }
    return goals.rows, of_account, faults


def make_actions(
    customers: Sequence[Customer], managers: dict[str, str], of_account: dict[str, str], rng: np.random.Generator
) -> list[list[Any]]:
    """Return agreed actions; those of accounts without a goal serve none."""
    titles = (
        ("Erstmuster Servoantriebe liefern", "schnellere Taktzeiten"),
        ("Rahmenvertrag auf alle Werke ausdehnen", "ein Ansprechpartner, ein Preis"),
        ("Ersatzteillager beim Kunden einrichten", "kürzere Stillstände"),
        ("Jahresgespräch mit Technik und Einkauf führen", "gemeinsame Planung"),
        ("Wartungsvertrag für Bestandsanlagen anbieten", "planbare Kosten"),
    )
    states = ("läuft", "läuft", "geplant", "erledigt")
    key_accounts = [customer for customer in customers if customer.is_key_account]
    rows = []
    for at, customer in enumerate([*key_accounts, *key_accounts[:4]]):
        title, benefit = titles[at % len(titles)]
        state = states[at % len(states)]
        due = date(2025, 9 + at % 3, 30) if state == "erledigt" else date(2026, 3 + at % 9, 15)
        expected = round(max(customer.margin[2025], 0.0) * float(rng.uniform(0.02, 0.06)), -3)
        booked, proof = (round(expected * 0.6, -2), "dokumentiert") if state == "erledigt" else (None, "")
        row = [f"M-{at + 1:03d}", customer.main_site, title, of_account.get(customer.number, "")]
        rows.append([*row, managers[customer.main_site], due, state, expected, booked, proof, benefit])
    return rows


def write_goals(folder: Path, goals: list[list[Any]], actions: list[list[Any]]) -> None:
    """Write goals and actions, a workbook each."""
    formats = {"Ausgangswert": "#,##0.00##", "Zielwert": "#,##0.00##", "Termin": "dd.mm.yyyy"}
    write_sheet(folder / "ziele.xlsx", "Ziele", GOAL_HEADINGS, goals, formats)
    formats = {"Fällig am": "dd.mm.yyyy", "Erwarteter DB": "#,##0", "Erzielter DB": "#,##0"}
    write_sheet(folder / "massnahmen.xlsx", "Maßnahmen", ACTION_HEADINGS, actions, formats)
