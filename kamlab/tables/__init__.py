"""The contract of every input table: what its columns mean, what values they take, what must be there.

One source for checks, typing, the Excel template, the data dictionary and the readiness page. Knows nothing of where a
table comes from.
"""

from typing import Literal

from kamlab.tables.business import CONDITIONS, CONTRACTS, LOSSES, OPPORTUNITIES, SERVICE
from kamlab.tables.contract import Both, Choice, Column, Kind, Table
from kamlab.tables.control import INDICATORS, PLAN, SATISFACTION
from kamlab.tables.examples import example
from kamlab.tables.fitness import FITNESS_ANSWERS, PHASES, RISKS
from kamlab.tables.ledger import (
    ACCOUNT_MAPPING,
    ACCOUNTS,
    CONTROL_TOTALS,
    CURRENCY_RATES,
    GROUP_REVIEWS,
    PRODUCTS,
    TRANSACTIONS,
)
from kamlab.tables.people import COMPETENCES, EFFORT, TEAM
from kamlab.tables.potential import CONTACTS, KNOWLEDGE, KNOWN_WALLETS, MARKET, REQUIREMENTS, SUPPLIER_RATINGS
from kamlab.tables.selection import ACTIONS, CRITERIA, DECISIONS, GOALS

__all__ = [
    "ACCOUNTS",
    "BASICS",
    "CRITERIA",
    "TABLES",
    "TRANSACTIONS",
    "Both",
    "Choice",
    "Column",
    "Kind",
    "Table",
    "column_label",
    "example",
    "presented",
    "table_label",
]

# In the order in which they are read: what others need comes first.
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CURRENCY_RATES,
        TRANSACTIONS,
        ACCOUNTS,
        PRODUCTS,
        ACCOUNT_MAPPING,
        GROUP_REVIEWS,
        CONTROL_TOTALS,
        CRITERIA,
        DECISIONS,
        GOALS,
        ACTIONS,
        KNOWN_WALLETS,
        CONTACTS,
        REQUIREMENTS,
        SUPPLIER_RATINGS,
        MARKET,
        KNOWLEDGE,
        CONDITIONS,
        CONTRACTS,
        SERVICE,
        LOSSES,
        OPPORTUNITIES,
        TEAM,
        EFFORT,
        COMPETENCES,
        PLAN,
        SATISFACTION,
        INDICATORS,
        FITNESS_ANSWERS,
        PHASES,
        RISKS,
    )
}

# Where a user begins: these carry most analyses.
BASICS = ("transactions", "accounts", "products", "control_totals")


def presented() -> tuple[Table, ...]:
    """Return all tables in the order in which a user meets them: the basic ones first."""
    return (*(TABLES[name] for name in BASICS), *(table for name, table in TABLES.items() if name not in BASICS))


def table_label(name: str, language: Literal["de", "en"]) -> str:
    """Name an input table for the user; what is no input table stands as it is."""
    return getattr(TABLES[name].label, language) if name in TABLES else name


def column_label(table: str, name: str, language: Literal["de", "en"]) -> str:
    """Name a canonical column of an input table for the user."""
    return str(getattr(TABLES[table].column(name).label, language))
