"""Days, months and fiscal years of a ledger: what is complete, what a period covers, what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from kamlab.engagement.settings import parse_period
from kamlab.errors import DataRefused, Problem
from kamlab.ingest.dates import Grain
from kamlab.results import Period, Value

FEWEST_MONTHS = 3  # that are worth a comparison
MONTHS = {"month": 1, "quarter": 3, "year": 12}  # of a grain
LATEST_START = 5  # a first month whose first booking is later than this day is not complete


@dataclass(frozen=True)
class Calendar:
    """The days a ledger covers.

    Parameters
    ----------
    first : date
        Day of the first used booking.
    as_of : date
        Last day that counts.
    fiscal_year_start : int
        Month in which fiscal years begin.
    grain : "day", "month", "quarter" or "year"
        How finely the ledger is dated; a coarser one has all of its revenue on the last day.
    """

    first: date
    as_of: date
    fiscal_year_start: int = 1
    grain: Grain = "day"

    @property
    def covered(self) -> Period:
        """Return the span from the first booking to the last day that counts."""
        return Period(start=self.first, end=self.as_of)

    @property
    def complete_months(self) -> pd.PeriodIndex:
        """Return the months that can be compared: all but a first one begun late and a last one not yet over."""
        months = self.covered.months
        if self.first.day > LATEST_START:
            months = months[1:]
        if len(months) and self.as_of < months[-1].end_time.date():
            months = months[:-1]
        return months

    @property
    def partial_months(self) -> pd.PeriodIndex:
        """Return the months with bookings that are not complete."""
        return self.covered.months.difference(self.complete_months)

    def period(self, text: str) -> Period:
        """Resolve a `period` setting to days.

        `last12` are the last twelve complete months (fewer if there are fewer); `fiscal_year` is the last fiscal year
        that has ended, or the running one if none has.

        Raises
        ------
        DataRefused
            The ledger does not touch the period (KL-E219), or is too coarse to be divided so (KL-E261).
        ValueError
            No such period.
        """
        wanted = parse_period(text)
        if isinstance(wanted, Period):
            if wanted.end < self.first or wanted.start > self.as_of:
                values: dict[str, Value] = {"period": text, "first": self.first, "as_of": self.as_of}
                raise DataRefused(Problem(code="KL-E219", values=values))
            self._refuse_parts(wanted, text)
            return wanted
        if wanted == "all":
            return self.covered
        if wanted == "last12":
            months = self.complete_months[-12:]
            return span(months) if len(months) else self.covered
        return self._last_fiscal_year()

    def _refuse_parts(self, wanted: Period, text: str) -> None:
        """Refuse a period that cuts a month, quarter or year of which only the sum is known."""
        if self.grain == "day":
            return
        first, length = pd.Period(self.first, "M"), MONTHS[self.grain]
        starts = (pd.Period(wanted.start, "M") - first).n % length == 0 and wanted.start.day == 1
        after = wanted.end + timedelta(days=1)
        ends = (pd.Period(after, "M") - first).n % length == 0 and after.day == 1
        if not (starts and ends):
            raise DataRefused(Problem(code="KL-E261", values={"period": text, "reason": f"value.grain.{self.grain}"}))

    def whole_months(self, period: Period) -> Period:
        """Widen a period to all of the months that it touches, as far as the ledger covers them."""
        first, last = period.months[0].start_time.date(), period.months[-1].end_time.date()
        return Period(start=min(period.start, max(first, self.first)), end=max(period.end, min(last, self.as_of)))

    def fiscal_year(self, month: pd.Period) -> int:
        """Name the fiscal year of a month: the calendar year in which it ends."""
        return month.year + (1 < self.fiscal_year_start <= month.month)

    def comparison(self, period: Period) -> tuple[Period, Period] | None:
        """Choose what a period is compared with: the same months a year before.

        Returns
        -------
        The last complete months of the period, at most twelve, and the same months one year earlier, all complete;
        None where there are fewer than three: order rhythms would pass for movements.
        """
        complete = self.complete_months
        inside = [m for m in complete if period.start <= m.start_time.date() and m.end_time.date() <= period.end]
        now = [month for month in inside[-12:] if month - 12 in complete]
        return (span(now), span([month - 12 for month in now])) if len(now) >= FEWEST_MONTHS else None

    def _last_fiscal_year(self) -> Period:
        start = date(self.as_of.year, self.fiscal_year_start, 1)
        if start > self.as_of:
            start = start.replace(year=start.year - 1)
        end = start.replace(year=start.year + 1) - timedelta(days=1)
        previous = start.replace(year=start.year - 1)
        if end > self.as_of and start > self.first:
            start, end = previous, start - timedelta(days=1)
        return Period(start=start, end=min(end, self.as_of))


def start_of(last: date, grain: Grain) -> date:
    """Return the first day of the month, quarter or year that ends with this one; of a day, itself."""
    if grain == "day":
        return last
    return (pd.Period(last, "M") - (MONTHS[grain] - 1)).start_time.date()


def span(months: pd.PeriodIndex | list[pd.Period]) -> Period:
    """Return the days from the first of these months to the last."""
    return Period(start=months[0].start_time.date(), end=months[-1].end_time.date())
