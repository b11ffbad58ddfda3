"""The customer's edition of a dossier: an allow-list of what a customer may see, and nothing else.

What it bought from us, and its sites as we know them. What is not named here is not in it, whatever later sections add.
"""

from __future__ import annotations

from decimal import Decimal

from kamlab.results import Basis, Finding, Result, RevenueTally, RowTally

ANALYSIS = "customer_dossier"
KEY_NUMBERS = (
    "revenue",
    "revenue_change",
    "sites",
    "orders",
    "orders_per_month",
    "days_between_orders",
    "last_order",
)
TABLES = {
    "accounts": ("name",),
    "months": ("month", "revenue", "before", "complete"),
    "years": ("year", "revenue", "change", "complete"),
    "product_groups": ("product_group", "line_kind", "revenue", "compared", "before", "change"),
    "sites": ("site_name", "site_id", "city", "country", "revenue", "compared", "before", "change", "last_order"),
}
# By key without its first part: the values that the customer's own sentence under the same key may use.
FINDINGS = {
    "title": ("revenue",),
    "title_first": ("revenue",),
    "title_change": ("revenue", "change"),
    "title_compared": ("revenue", "change", "months"),
    "title_not_positive": ("revenue",),
    "title_ended": ("last",),
    "title_none": (),
    "development.compared": ("now_start", "now_end", "before_start", "before_end", "months"),
    "development.other_span": ("now_start", "now_end", "before_start", "before_end", "months"),
    "rhythm.orders": ("count", "per_month"),
    "rhythm.steady": ("count",),
    "rhythm.spread": ("typical", "low", "high"),
    "rhythm.last": ("last",),
    "sure.counted": ("start", "end"),
}


def customer_edition(result: Result) -> Result:
    """Reduce a dossier to what its customer may see.

    Returns
    -------
    Result of the analysis `customer_dossier`: its findings are phrased by texts of their own, which address the
    customer. Its basis says what is used, not what was read, left out or rejected.
    """
    used = result.basis
    findings = []
    for finding in result.findings:
        name = finding.key.partition(".")[2]
        if finding.key.startswith("account_dossier.") and name in FINDINGS:
            values = {value: finding.values[value] for value in FINDINGS[name] if value in finding.values}
            findings.append(Finding(key=f"{ANALYSIS}.{name}", values=values))
    return Result(
        analysis=ANALYSIS,
        as_of=result.as_of,
        currency=result.currency,
        basis=Basis(
            period=used.period,
            rows=RowTally(read=used.rows.used, used=used.rows.used, left_out=0, rejected=0),
            revenue=RevenueTally(
                read=used.revenue.used, used=used.revenue.used, left_out=Decimal(0), rejected=Decimal(0)
            ),
        ),
        key_numbers={name: result.key_numbers[name] for name in KEY_NUMBERS},
        findings=tuple(findings),
        tables={
            name: result.tables[name][[column for column in columns if column in result.tables[name].columns]].copy()
            for name, columns in TABLES.items()
            if name in result.tables
        },
    )
