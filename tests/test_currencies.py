"""Currencies: a line in another currency counts with the rate of its month, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kamlab.engagement import Engagement, open_engagement
from kamlab.facts import prepare
from kamlab.ingest import Ingested, SourceRead, connect, ingest

HEAD = "account_id;date;revenue;cost;currency\n"
RATES = "currency;month;rate\nUSD;2024-01;0,92\nUSD;2024-02;0,90\nJPY;2024-01;0,006134\n"
SETTINGS = """name: Beispiel GmbH
max_rejected: 1
sources:
  transactions: {path: umsatz.csv}
"""
WITH_RATES = SETTINGS + "  currency_rates: {path: kurse.csv}\n"


class Outcome:
    def __init__(self, done: Ingested) -> None:
        self.reads = {read.table: read for read in done.reads}
        self.ledger: SourceRead = self.reads["transactions"]
        table = done.tables.get("transactions")
        self.rows: list[dict[str, Any]] = []
        if table is not None:
            self.rows = table.order_by("kamlab line").to_pyarrow().to_pylist()

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def codes(self) -> list[tuple[int, str, str]]:
        return [(reject.line, reject.column, reject.code) for reject in self.ledger.rejects]


Convert = Callable[..., Outcome]


def ingested(folder: Path, engagement: Engagement) -> Outcome:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    con = connect(scratch)
    try:
        return Outcome(ingest(con, engagement, scratch))
    finally:
        con.disconnect()


@pytest.fixture
def convert(opened: Callable[..., Engagement], folder: Path) -> Convert:
    """Ingest a ledger with currencies and rates."""

    def make(rows: str, rates: str | None = RATES, settings_: str | None = None, head: str = HEAD) -> Outcome:
        if rates is not None:
            (folder / "kurse.csv").write_text(rates, encoding="utf-8")
        chosen = settings_ or (SETTINGS if rates is None else WITH_RATES)
        return ingested(folder, opened(ledger=head + rows, settings=chosen))

    return make


def test_amounts_are_converted_with_the_rate_of_their_month(convert: Convert) -> None:
    outcome = convert("1;05.01.2024;100,00;60,00;USD\n1;05.02.2024;100,00;60,00;usd\n1;05.01.2024;10,00;5,00;EUR\n")
    assert outcome.column("revenue") == [Decimal(92), Decimal(90), Decimal(10)]
    assert outcome.column("cost") == [Decimal("55.2"), Decimal(54), Decimal(5)]
    assert outcome.ledger.revenue is not None
    assert outcome.ledger.revenue.used == 192
    assert outcome.ledger.revenue.unreadable_rows == 0


def test_a_rate_keeps_more_than_four_decimals(convert: Convert) -> None:
    assert convert("1;05.01.2024;1.000.000,00;0,00;JPY\n").column("revenue") == [Decimal(6134)]


def test_an_amount_is_rounded_once_and_after_converting(convert: Convert) -> None:
    settings_ = WITH_RATES.replace(
        "{path: umsatz.csv}", '{path: umsatz.csv, columns: {revenue: "= revenue * 3", cost: cost}}'
    )
    outcome = convert("1;05.01.2024;0,33336;0,33336;USD\n", settings_=settings_)
    assert outcome.column("revenue") == [Decimal("0.9201")]  # 1.00008 * 0.92 = 0.9200736, of 1.0001 it were 0.92009
    assert outcome.column("cost") == [Decimal("0.3067")]


@given(amount=st.decimals(-(10**9), 10**9, places=4), rate=st.decimals("0.000001", 1000, places=6))
@settings(derandomize=True, max_examples=4, deadline=None)
def test_every_amount_is_converted_exactly(
    amount: Decimal, rate: Decimal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rates")
    (folder / "engagement.yml").write_text(WITH_RATES, encoding="utf-8")
    line = f"1;05.01.2024;{amount:f};0.55;USD\n"
    (folder / "umsatz.csv").write_text(HEAD + line + line.replace(f"{amount:f}", "0.55"), encoding="utf-8")
    rates = f"currency;month;rate\nUSD;2024-01;{rate:f}\nGBP;2024-01;1.25\n"
    (folder / "kurse.csv").write_text(rates, encoding="utf-8")
    exact = amount * rate
    rounded = abs(exact).quantize(Decimal("0.0001"), "ROUND_HALF_UP").copy_sign(exact)
    assert ingested(folder, open_engagement(folder)).column("revenue")[0] == rounded


def test_without_a_rate_for_the_month_a_line_is_rejected_and_in_no_sum(convert: Convert) -> None:
    outcome = convert("1;05.03.2024;1000000,00;1,00;USD\n1;05.01.2024;5,00;1,00;CHF\n1;05.01.2024;7,00;1,00;EUR\n")
    assert outcome.codes == [(2, "currency", "KL-W148"), (3, "currency", "KL-W148")]
    revenue = outcome.ledger.revenue
    assert revenue is not None
    assert (revenue.read, revenue.used, revenue.rejected, revenue.unreadable_rows) == (7, 7, 0, 2)
    assert [reject.revenue for reject in outcome.ledger.rejects] == [None, None]


def test_without_rates_at_all_the_table_is_asked_for(convert: Convert) -> None:
    outcome = convert("1;05.03.2024;1000000,00;1,00;USD\n1;05.01.2024;7,00;1,00;EUR\n", rates=None)
    assert outcome.codes == [(2, "currency", "KL-W108")]
    assert outcome.ledger.revenue is not None
    assert (outcome.ledger.revenue.read, outcome.ledger.revenue.unreadable_rows) == (7, 1)


def test_amounts_left_out_are_converted_too_or_counted_as_unreadable(convert: Convert) -> None:
    settings_ = WITH_RATES.replace("{path: umsatz.csv}", "{path: umsatz.csv, exclude: {klein: \"= account_id = '2'\"}}")
    rows = "2;05.01.2024;100,00;1,00;USD\n2;05.03.2024;100,00;1,00;USD\n1;05.01.2024;7,00;1,00;EUR\n"
    outcome = convert(rows, settings_=settings_)
    (part,) = outcome.ledger.left_out
    assert (part.rows, part.revenue) == (2, 92)
    assert outcome.ledger.revenue is not None
    assert outcome.ledger.revenue.unreadable_rows == 1


def test_an_empty_currency_is_the_engagements(convert: Convert) -> None:
    assert convert("1;05.01.2024;7,00;1,00;\n1;05.01.2024;100,00;1,00;USD\n").column("revenue") == [7, 92]


@pytest.mark.parametrize("text", ["XX", "Dollar", "$"])
def test_a_currency_that_is_none_is_rejected_and_its_amount_in_no_sum(convert: Convert, text: str) -> None:
    outcome = convert(f"1;05.01.2024;1000,00;1,00;{text}\n1;05.01.2024;7,00;1,00;EUR\n")
    assert outcome.codes == [(2, "currency", "KL-W144")]
    assert outcome.ledger.revenue is not None
    assert (outcome.ledger.revenue.read, outcome.ledger.revenue.unreadable_rows) == (7, 1)


def test_a_ledger_with_no_readable_currency_counts_nothing(convert: Convert) -> None:
    outcome = convert("1;05.01.2024;1000,00;1,00;XX\n1;05.01.2024;7,00;1,00;#NV\n")
    assert [code for *_, code in outcome.codes] == ["KL-W144", "KL-W140"]
    assert outcome.ledger.revenue is not None
    assert (outcome.ledger.revenue.read, outcome.ledger.revenue.unreadable_rows) == (0, 2)


def test_without_a_currency_column_all_is_in_the_engagements(convert: Convert) -> None:
    outcome = convert("1;05.01.2024;7,00;1,00\n", head="account_id;date;revenue;cost\n")
    assert (outcome.column("revenue"), outcome.ledger.notes) == ([7], ())


def test_a_line_without_a_day_says_so_and_no_more(convert: Convert) -> None:
    assert convert("1;nie;1,00;1,00;USD\n1;05.01.2024;7,00;1,00;EUR\n").codes == [(2, "date", "KL-W105")]


def test_the_currency_may_be_a_constant(convert: Convert) -> None:
    settings_ = WITH_RATES.replace("{path: umsatz.csv}", "{path: umsatz.csv, columns: {currency: \"= 'USD'\"}}")
    outcome = convert("1;05.01.2024;100,00;1,00;EUR\n", settings_=settings_)
    assert outcome.column("revenue") == [92]


def test_an_amount_that_grows_too_large_is_rejected(convert: Convert) -> None:
    outcome = convert("1;05.01.2024;99999999999999,00;1,00;USD\n", rates="currency;month;rate\nUSD;2024-01;1000,5\n")
    assert outcome.codes == [(2, "revenue", "KL-W106")]


@pytest.mark.parametrize("rate", ["0", "-0,92"])
def test_a_rate_that_is_not_positive_is_rejected(convert: Convert, rate: str) -> None:
    rates = f"currency;month;rate\nUSD;2024-01;{rate}\nGBP;2024-01;1,2\n"
    outcome = convert("1;05.01.2024;1,00;1,00;USD\n", rates=rates)
    assert [reject.code for reject in outcome.reads["currency_rates"].rejects] == ["KL-W146"]
    assert outcome.codes == [(2, "currency", "KL-W148")]


def test_two_rates_of_one_month_are_refused(convert: Convert) -> None:
    outcome = convert("1;05.01.2024;1,00;1,00;EUR\n", rates=RATES + "usd;01/2024;0,93\n")
    assert [problem.code for problem in outcome.reads["currency_rates"].problems] == ["KL-E218"]


def test_what_was_converted_is_noted_by_currency(convert: Convert) -> None:
    rows = "1;05.01.2024;100,00;0,00;USD\n1;05.02.2024;-300,00;0,00;USD\n1;05.01.2024;1000,00;0,00;JPY\n"
    rows += ";05.01.2024;9,00;0,00;USD\n"
    jpy, usd = convert(rows).ledger.notes
    assert (jpy.code, jpy.values["currency"], jpy.values["count"]) == ("KL-W149", "JPY", 1)
    assert usd.values == {"currency": "USD", "count": 2, "foreign": -200.0, "amount": -178.0, "hundred": 90.5}


def test_the_note_reaches_the_facts(opened: Callable[..., Engagement], folder: Path) -> None:
    (folder / "kurse.csv").write_text(RATES, encoding="utf-8")
    ledger = HEAD + "1;05.01.2024;100,00;60,00;USD\n1;31.01.2024;10,00;1,00;EUR\n"
    facts = prepare(opened(ledger=ledger, settings=WITH_RATES))
    assert [note.code for note in facts.state.notes] == ["KL-W149"]
    assert facts.months.revenue.sum().to_pyarrow().as_py() == 102
    assert facts.months.contribution_margin.sum().to_pyarrow().as_py() == Decimal("45.8")
