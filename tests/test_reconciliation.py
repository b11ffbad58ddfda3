"""Ledger to ledger: every bridge adds up to the cent, by hand and by chance; what says nothing does not count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement import Engagement
from kamlab.facts import prepare
from kamlab.facts.reconciliation import Bridge, ControlTotal, Position, fiscal_span, reconcile
from kamlab.ingest import MonthSum
from kamlab.results import Period

Opened = Callable[..., Engagement]
D = Decimal
END = date(2025, 12, 31)


def month_sum(
    month: date | None, revenue: str, status: str = "used", margin: str | None = None, left_out: bool = False
) -> MonthSum:
    known = None if margin is None else D(margin)
    return MonthSum(
        status=status, is_left_out=left_out, month=month, rows=1, revenue=D(revenue), contribution_margin=known
    )


def total(value: str, period: str = "2025", measure: str = "revenue", source: str = "GuV") -> ControlTotal:
    return ControlTotal(period=period, measure=measure, value=D(value), source=source)  # type: ignore[arg-type]


# 2025: used 900 + 50 = 950, intercompany 30, rejected 10, cancelled 7; 2024: used 500; without a date 5.
YEAR = [
    month_sum(date(2024, 1, 1), "500", margin="100"),
    month_sum(date(2025, 1, 1), "900", margin="300"),
    month_sum(date(2025, 12, 1), "50", margin="20"),
    month_sum(date(2025, 6, 1), "30", "konzernintern", margin="3", left_out=True),
    month_sum(date(2025, 6, 1), "7", "storniert", margin="1", left_out=True),
    month_sum(date(2025, 3, 1), "10", "rejected"),
    month_sum(None, "5", "rejected"),
]


def only(*totals: ControlTotal, sums: list[MonthSum] = YEAR, as_of: date = END, **more: object) -> Bridge:
    return reconcile(totals, sums, as_of, **more).bridges[0]  # type: ignore[arg-type]


def test_a_bridge_by_hand() -> None:
    bridge = only(total("1000"), not_in_ledger=["storniert"])
    assert [(p.kind, p.reason, p.amount) for p in bridge.positions] == [
        ("left_out", "konzernintern", D(30)),
        ("rejected", "", D(10)),
    ]
    assert (bridge.here, bridge.unexplained, bridge.comparison) == (D(950), D(10), "whole")  # 1000 - 950 - 30 - 10
    assert bridge.unexplained_share == D("0.01")


def test_exactly_one_per_cent_is_allowed_and_more_is_preliminary() -> None:
    found = [reconcile([total(value)], YEAR, END, 1, ["storniert"]) for value in ("1000", "1000.01", "970.20")]
    assert [one.is_preliminary for one in found] == [False, True, True]


def test_what_is_not_in_the_general_ledger_either_explains_nothing() -> None:
    assert only(total("1000")).unexplained == D(3)  # with the 7 cancelled
    assert only(total("1000"), not_in_ledger=["storniert"]).unexplained == D(10)


def test_margin_is_reconciled_like_revenue() -> None:
    bridge = only(total("330", measure="contribution_margin"))
    assert (bridge.here, bridge.unexplained) == (D(320), D(330 - 320 - 3 - 1))


def test_margin_without_cost_cannot_be_compared() -> None:
    bridge = only(total("330", measure="contribution_margin"), sums=[month_sum(date(2025, 1, 1), "900")])
    assert (bridge.comparison, bridge.here, bridge.unexplained_share) == ("not_comparable", None, None)


def test_a_year_before_the_first_booking_is_not_compared_and_not_counted() -> None:
    found = reconcile([total("1000", "2023")], YEAR, END)
    assert found.bridges[0].comparison == "not_comparable"
    assert not found.is_preliminary
    assert [problem.code for problem in found.problems] == ["KL-W134"]


@pytest.mark.parametrize(("period", "as_of"), [("2025", date(2025, 9, 30)), ("2024-Q1", date(2024, 2, 29))])
def test_a_period_that_is_only_partly_here_is_said_and_not_counted(period: str, as_of: date) -> None:
    sums = [month_sum(date(2024, 1, 1), "500"), month_sum(date(2025, 1, 1), "900")]
    found = reconcile([total("2000", period)], sums, as_of)
    assert found.bridges[0].comparison == "partly"
    assert found.bridges[0].unexplained
    assert not found.is_preliminary
    assert [problem.code for problem in found.problems] == ["KL-W133"]


def test_a_last_month_that_is_not_over_is_compared() -> None:
    found = reconcile([total("2000")], YEAR, date(2025, 12, 23))
    assert found.bridges[0].comparison == "whole"
    assert found.is_preliminary


def test_lines_after_the_reporting_date_are_a_position_of_their_own() -> None:
    late = month_sum(date(2025, 12, 1), "40", "after_as_of", left_out=True)
    bridge = only(total("940"), sums=[month_sum(date(2025, 1, 1), "900"), late], as_of=date(2025, 11, 30))
    assert [(p.reason, p.amount) for p in bridge.positions] == [("after_as_of", D(40))]
    assert (bridge.comparison, bridge.unexplained) == ("whole", D(0))


def test_lines_without_a_date_explain_only_where_they_can_belong_nowhere_else() -> None:
    sums = [month_sum(date(2025, 1, 1), "900"), month_sum(None, "5", "rejected")]
    assert [p.kind for p in only(total("905"), sums=sums).positions] == ["undated"]
    found = reconcile([total("1000"), total("500", "2024")], YEAR, END)
    assert not [p for bridge in found.bridges for p in bridge.positions if p.kind == "undated"]
    assert (found.undated, found.undated_rows) == (D(5), 1)


def test_several_sources_are_bridges_of_their_own() -> None:
    found = reconcile([total("1000", source="SuSa"), total("997", source="GuV")], YEAR, END)
    assert [(b.total.source, b.unexplained) for b in found.bridges] == [("GuV", D(0)), ("SuSa", D(3))]


def test_the_latest_and_longest_period_comes_first() -> None:
    totals = [total("1", "2024"), total("1", "2025-Q4"), total("1", "2025"), total("1", "2025-12")]
    assert [b.total.period for b in reconcile(totals, YEAR, END).bridges] == ["2025", "2025-Q4", "2025-12", "2024"]


@pytest.mark.parametrize(
    ("value", "slip", "code"),
    [
        ("0.997", "thousands", "KL-W131"),
        ("997000", "thousands", "KL-W131"),
        ("-997", "sign", "KL-W132"),
        ("500", None, "KL-W130"),
        ("100000", None, "KL-W130"),
    ],
)
def test_a_slip_of_unit_or_sign_is_named(value: str, slip: str | None, code: str) -> None:
    found = reconcile([total(value)], YEAR, END)
    assert found.bridges[0].slip == slip
    assert found.is_preliminary
    assert [problem.code for problem in found.problems] == [code]


def test_a_slip_is_not_what_is_told_first() -> None:
    found = reconcile([total("1", source="A"), total("900", source="B")], YEAR, END)
    assert found.main is not None
    assert found.worst is not None
    assert (found.main.total.source, found.worst.total.source) == ("B", "B")


def test_a_total_of_nothing_with_revenue_here_is_unexplained() -> None:
    assert only(total("0")).is_preliminary
    assert not only(total("0"), sums=[month_sum(date(2025, 1, 1), "0")]).is_preliminary


def test_without_control_totals_there_is_nothing_to_say() -> None:
    found = reconcile([], YEAR, END)
    assert (found.bridges, found.undated, found.main, found.worst, found.is_preliminary) == ((), 0, None, None, False)


@pytest.mark.parametrize(
    ("period", "start", "days"),
    [
        ("2025", 1, (date(2025, 1, 1), date(2025, 12, 31))),
        ("2025", 10, (date(2024, 10, 1), date(2025, 9, 30))),
        ("2025", 2, (date(2024, 2, 1), date(2025, 1, 31))),
        ("2025-Q1", 1, (date(2025, 1, 1), date(2025, 3, 31))),
        ("2025-Q1", 10, (date(2024, 10, 1), date(2024, 12, 31))),
        ("2025-Q4", 10, (date(2025, 7, 1), date(2025, 9, 30))),
        ("2025-q2", 7, (date(2024, 10, 1), date(2024, 12, 31))),
        ("2024-02", 10, (date(2024, 2, 1), date(2024, 2, 29))),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends(period: str, start: int, days: tuple[date, date]) -> None:
    span = fiscal_span(period, start)
    assert (span.start, span.end) == days


@pytest.mark.parametrize("period", ["2025-13", "2025-Q5", "25", "2025-1", "2025-12-31", ""])
def test_what_is_no_period_raises(period: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        fiscal_span(period, 1)


def test_a_bridge_that_does_not_add_up_cannot_be() -> None:
    span = Period(start=date(2025, 1, 1), end=END)
    with pytest.raises(ValueError, match="does not add up"):
        Bridge(total=total("10"), span=span, comparison="whole", here=D(5), unexplained=D(4))
    positions = (Position(kind="rejected", rows=1, amount=D(1)),)
    assert Bridge(
        total=total("10"), span=span, comparison="whole", here=D(5), positions=positions, unexplained=D(4)
    ).is_preliminary


AMOUNTS = st.decimals(-(10**9), 10**9, places=4, allow_nan=False)
MONTHS = st.one_of(st.none(), st.dates(date(2023, 1, 1), date(2026, 12, 31)).map(lambda day: day.replace(day=1)))
STATUSES = st.sampled_from([("used", False), ("rejected", False), ("storno", True), ("used", True), ("rejected", True)])
SUMS = st.lists(
    st.builds(
        lambda month, status, revenue, margin: MonthSum(
            status=status[0], is_left_out=status[1], month=month, rows=1, revenue=revenue, contribution_margin=margin
        ),
        MONTHS,
        STATUSES,
        AMOUNTS,
        st.one_of(st.none(), AMOUNTS),
    ),
    max_size=12,
)
TOTALS = st.lists(
    st.builds(
        ControlTotal,
        period=st.sampled_from(["2023", "2024", "2025", "2025-Q3", "2024-11", "2026"]),
        measure=st.sampled_from(["revenue", "contribution_margin"]),
        value=AMOUNTS,
        source=st.sampled_from(["A", "B"]),
    ),
    max_size=5,
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(TOTALS, SUMS, st.integers(1, 12), st.lists(st.sampled_from(["storno", "used"]), unique=True))
def test_bridges_add_up_and_count_every_line_of_the_period(
    totals: list[ControlTotal], sums: list[MonthSum], start: int, not_in_ledger: list[str]
) -> None:
    found = reconcile(totals, sums, END, start, not_in_ledger)
    assert sorted(b.total.model_dump_json() for b in found.bridges) == sorted(t.model_dump_json() for t in totals)
    for bridge in found.bridges:
        if bridge.here is None or bridge.unexplained is None:
            assert bridge.comparison == "not_comparable"
            continue
        explained = sum((position.amount for position in bridge.positions), D(0))
        assert bridge.here + explained + bridge.unexplained == bridge.total.value
        counted = [
            getattr(part, bridge.total.measure) or D(0)
            for part in sums
            if part.month and bridge.span.start <= part.month <= bridge.span.end
            if not (part.is_left_out and part.status in not_in_ledger)
        ]
        undated = sum((p.amount for p in bridge.positions if p.kind == "undated"), D(0))
        assert bridge.here + explained - undated == sum(counted, D(0))


# Through ingest

LEDGER = (
    "Kundennr;Datum;Umsatz;Kosten;Art\n"
    "1;05.01.2024;1.000,10;600,00;RE\n"
    "1;05.06.2024;70,00;1,00;IC\n"
    "2;05.06.2024;29,90;k.A.;RE\n"
    "2;nie;5,00;1,00;RE\n"
    "2;31.12.2024;-100,00;-50,00;RE\n"
)
SETTINGS = """name: Beispiel GmbH
max_rejected: 1
sources:
  transactions:
    path: umsatz.csv
    columns: {account_id: Kundennr, date: Datum, revenue: Umsatz, cost: Kosten}
    exclude: {intern: "= Art = 'IC'"}
  control_totals:
    path: hauptbuch.csv
    columns: {period: Zeit, measure: Was, value: Betrag, source: Quelle}
"""


def test_months_of_all_rows_add_up_to_the_tally(opened: Opened, folder: Path) -> None:
    (folder / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n2024;Umsatz;1.000,00;GuV\n", encoding="utf-8")
    ledger = prepare(opened(ledger=LEDGER, settings=SETTINGS)).ledger
    assert ledger.revenue is not None
    assert sum(part.revenue for part in ledger.by_month) == ledger.revenue.read
    assert sum(part.rows for part in ledger.by_month) == ledger.rows.read
    by_status = {(part.status, part.month): part.revenue for part in ledger.by_month}
    assert by_status["rejected", None] == D(5)
    assert by_status["intern", date(2024, 6, 1)] == D(70)


def test_control_totals_are_read_and_reconciled(opened: Opened, folder: Path) -> None:
    totals = (
        "Zeit;Was;Betrag;Quelle\n2024;Umsatz;1.000,00;GuV\n2024-12;revenue;-100,00;SuSa\n2024;Deckungsbeitrag;420;GuV\n"
    )
    (folder / "hauptbuch.csv").write_text(totals, encoding="utf-8")
    bridges = prepare(opened(ledger=LEDGER, settings=SETTINGS)).reconciliation.bridges
    # 1000 - (1000.10 - 100) - 70 - 29.90, the 5.00 without a date may only be of this year: all there is
    assert [(b.total.period, b.total.measure, b.unexplained) for b in bridges] == [
        ("2024", "revenue", D("-5.00")),
        ("2024", "contribution_margin", D("420") - D("350.10") - D(69) - D(4)),
        ("2024-12", "revenue", D(0)),
    ]


def test_a_ledger_without_cost_still_has_its_months(opened: Opened) -> None:
    by_month = prepare(opened("sources.transactions.columns.cost=")).ledger.by_month
    assert {part.contribution_margin for part in by_month} == {None}
    assert sum(part.revenue for part in by_month) == D(3200)


def test_total_rows_and_doubles_of_the_file_explain_nothing(opened: Opened, folder: Path) -> None:
    (folder / "hauptbuch.csv").write_text("Zeit;Was;Betrag;Quelle\n2024;Umsatz;900,10;GuV\n", encoding="utf-8")
    text = LEDGER.replace("2;nie;5,00;1,00;RE\n", "2;31.12.2024;-100,00;-50,00;RE\n") + "Summe;;900,00;551,00;\n"
    distinct = SETTINGS.replace("    exclude:", "    distinct: [Kundennr, Datum, Umsatz]\n    exclude:")
    found = prepare(opened(ledger=text, settings=distinct))
    assert not found.state.problems
    assert {part.reason for part in found.ledger.left_out} >= {"double", "total_row"}
    bridge = found.reconciliation.bridges[0]
    assert [p.reason for p in bridge.positions if p.kind == "left_out"] == ["intern"]
    assert found.reconciliation.undated == 0
