"""How days are written: every format with its pattern, and how its text becomes a day, as database expressions.

The number of digits tells apart what has no signs between: four are a year, five days since 1900 as Excel counts them,
six a month, eight a day. Knows no columns and no checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

import ibis
from ibis import udf

from kamlab.engagement.settings import DateFormat

Grain = Literal["day", "month", "quarter", "year"]

_TIME = (
    r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"  # of the day
    r"(?: ?(?:Z|[+-]\d{2}(?::?\d{2})?))?)?$"  # and its distance from Greenwich: the day is that of the place
)
_MONTH, _DAY, _LATE_DAY = "(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])", r"(1[3-9]|2\d|3[01])"
_YEAR = r"([1-9]\d{3})"
MONTH_NAMES = (
    r"(jan(?:uary?|uar)?|jän(?:ner)?|feb(?:ruary?|ruar)?|feber|mär(?:z)?|mrz|maerz|mar(?:ch)?|apr(?:il)?|mai|may"
    r"|juni?|june|juli?|july|aug(?:ust)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[zc](?:ember)?)"
)
MONTHS = {
    **dict.fromkeys(("jan", "jän"), "1"),
    "feb": "2",
    **dict.fromkeys(("mär", "mrz", "mae", "mar"), "3"),
    "apr": "4",
    **dict.fromkeys(("mai", "may"), "5"),
    "jun": "6",
    "jul": "7",
    "aug": "8",
    "sep": "9",
    **dict.fromkeys(("okt", "oct"), "10"),
    "nov": "11",
    **dict.fromkeys(("dez", "dec"), "12"),
}
# What programs write for "no day": zeros, a dash, the first day of their calendars.
_EMPTY = (
    r"^(?:0+(?:[./-]0+[./-]0+)?(?:[ T]0{1,2}:00(?::00(?:[.,]0+)?)?)?|[–—-]+"
    r"|0001-01-01.*|0?1[./]0?1[./]0001.*|00\.01\.1900.*|0?1/0?0/1900.*|1900-01-00.*)$"
)
_EMPTY_DAYS = (date(1, 1, 1), date(1753, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1900, 1, 1))
_NO_END = (date(2999, 12, 31), date(9999, 12, 31))
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)
_FIRST_SERIAL, _LAST_SERIAL = 18264, 73415  # 1950 to 2100: no text that is not a number of days falls in by chance


@dataclass(frozen=True)
class Written:
    """A format: `shape` is what a text of it looks like, `iso` how its groups make year-month-day.

    `form` instead of `iso` where the database reads the first group by itself, which is faster.
    """

    shape: str
    iso: str = ""
    form: str = ""
    grain: Grain = "day"


def _twice(first: str, separator: str, second: str, year: str) -> str:
    return rf"^{first}{separator}{second}{separator}{year}{_TIME}"


DATES: dict[str, Written] = {
    "dd.mm.yyyy": Written(r"^(\d{1,2}\.\d{1,2}\." + _YEAR[1:-1] + ")" + _TIME, form="%d.%m.%Y"),
    "dd/mm/yyyy": Written(r"^((?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|1[0-2])/[1-9]\d{3})" + _TIME, form="%d/%m/%Y"),
    "mm/dd/yyyy": Written(r"^((?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/[1-9]\d{3})" + _TIME, form="%m/%d/%Y"),
    "yyyy-mm-dd": Written(r"^([1-9]\d{3}-\d{1,2}-\d{1,2})" + _TIME, form="%Y-%m-%d"),
    "yyyymmdd": Written(r"^([1-9]\d{7})$", form="%Y%m%d"),
    "yyyy/mm/dd": Written(r"^([1-9]\d{3}/\d{1,2}/\d{1,2})" + _TIME, form="%Y/%m/%d"),
    "dd-mm-yyyy": Written(_twice(_DAY, "-", _MONTH, _YEAR), r"\3-\2-\1"),
    "mm-dd-yyyy": Written(_twice(_MONTH, "-", _DAY, _YEAR), r"\3-\1-\2"),
    "dd.mm.yy": Written(_twice(r"(\d{1,2})", r"\.", r"(\d{1,2})", r"(\d{2})"), r"\3-\2-\1"),
    "dd/mm/yy": Written(_twice(_DAY, "/", _MONTH, r"(\d{2})"), r"\3-\2-\1"),
    "mm/dd/yy": Written(_twice(_MONTH, "/", _DAY, r"(\d{2})"), r"\3-\1-\2"),
    "dd month yyyy": Written(rf"(?i)^(\d{{1,2}})[. -]{{1,2}}{MONTH_NAMES}[. -]{{1,2}}{_YEAR}{_TIME}", r"\3-\2-\1"),
    "dd month yy": Written(rf"(?i)^(\d{{1,2}})[. -]{{1,2}}{MONTH_NAMES}[. -]{{1,2}}(\d{{2}}){_TIME}", r"\3-\2-\1"),
    "month dd yyyy": Written(rf"(?i)^{MONTH_NAMES}[. ]{{1,2}}(\d{{1,2}}),? {_YEAR}{_TIME}", r"\3-\1-\2"),
    "excel": Written(r"^((?:1[89]|[2-6]\d|7[0-3])\d{3})(?:[.,]\d+)?$"),
    "yyyy": Written(r"^(19[5-9]\d|20\d{2}|2100)$", r"\1", grain="year"),
    "yyyy-qn": Written(r"(?i)^([1-9]\d{3})[ /-]?q([1-4])$", r"\1-\2", grain="quarter"),
    "qn yyyy": Written(r"(?i)^(?:q([1-4])|([1-4])\. ?quartal)[ /-]?([1-9]\d{3})$", r"\3-\1\2", grain="quarter"),
    "yyyy-mm": Written(rf"^([1-9]\d{{3}})[/-]{_MONTH}$", r"\1-\2-1", grain="month"),
    "mm.yyyy": Written(rf"^{_MONTH}\.{_YEAR}$", r"\2-\1-1", grain="month"),
    "mm/yyyy": Written(rf"^{_MONTH}[/-]{_YEAR}$", r"\2-\1-1", grain="month"),
    "yyyymm": Written(r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$", r"\1-\2-1", grain="month"),
    "month yyyy": Written(rf"(?i)^{MONTH_NAMES}[. /-]{{1,2}}{_YEAR}$", r"\2-\1-1", grain="month"),
}
assert DATES.keys() == set(get_args(DateFormat))

# Shapes with the formats they may mean, the frequent ones first: a text is looked at until one fits.
_SLASHES = ("dd/mm/yyyy", "mm/dd/yyyy"), ("dd-mm-yyyy", "mm-dd-yyyy"), ("dd/mm/yy", "mm/dd/yy")
_SHAPES: list[tuple[str, str]] = [
    (DATES[name].shape, name) for name in ("dd.mm.yyyy", "yyyy-mm-dd", "yyyymmdd", "yyyy/mm/dd")
]
for _separator, _year, (_day_first, _month_first) in zip("/-/", (_YEAR, _YEAR, r"(\d{2})"), _SLASHES, strict=True):
    _SHAPES += [
        (_twice(_LATE_DAY, _separator, _MONTH, _year), _day_first),
        (_twice(_MONTH, _separator, _LATE_DAY, _year), _month_first),
        (_twice(_MONTH, _separator, _MONTH, _year), f"{_day_first}|{_month_first}"),
    ]
_SHAPES += [
    (written.shape, name)
    for name, written in DATES.items()
    if not any(name in label.split("|") for _, label in _SHAPES)
]


@udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, pattern: str) -> datetime:
    raise NotImplementedError  # the database's own


@udf.scalar.builtin(name="last_day")
def _last_day(day: date) -> date:
    raise NotImplementedError  # the database's own


def date_label(text: ibis.Value) -> ibis.Value:
    """Say which format a text shows, several joined by `|` where it may be any of them; null where it is no day."""
    return ibis.cases(*((text.re_search(shape), ibis.literal(label)) for shape, label in _SHAPES))


def to_day(text: ibis.Value, name: str, fiscal_year_start: int) -> ibis.Value:
    """Read a day; a period stands for its last day, years and quarters being fiscal."""
    written = DATES[name]
    if written.form:
        return _try_strptime(text.re_extract(written.shape, 1), written.form).cast("date")
    if name == "excel":
        days = text.re_extract(written.shape, 1).try_cast("int32")
        counted = ibis.literal(date(1899, 12, 30)) + days.as_interval("D")  # Excel counts a 29 February 1900
        return ibis.cases((days.between(_FIRST_SERIAL, _LAST_SERIAL), counted))
    iso = ibis.cases((text.re_search(written.shape), text.re_replace(written.shape, written.iso)))
    if written.grain in ("year", "quarter"):
        return _end_of_quarter(iso, fiscal_year_start)
    if "month" in name:
        name_of_month = iso.lower().re_extract("[a-zä]+", 0)[:3]
        number = ibis.map(list(MONTHS), list(MONTHS.values()))[name_of_month]
        iso = iso.re_extract(r"^\d+-", 0) + number + iso.re_extract(r"-\d+$", 0)
    if name.endswith("yy") and not name.endswith("yyyy"):
        iso = ibis.ifelse(iso < "50", "20", "19") + iso
    day = _try_strptime(iso, "%Y-%m-%d").cast("date")
    return _last_day(day) if written.grain == "month" else day


def _end_of_quarter(iso: ibis.Value, fiscal_year_start: int) -> ibis.Value:
    """Find the last day of `2024` or `2024-3`; a fiscal year has the name of the year in which it ends."""
    year = iso.re_extract(r"^\d+", 0).try_cast("int32")
    quarter = iso.re_extract(r"-(\d)$", 1).nullif("").try_cast("int32").coalesce(4)
    before = 0 if fiscal_year_start == 1 else 12
    months = year * 12 - before + fiscal_year_start + 3 * quarter - 2  # from the year 0, January being 0
    month = (months // 12).cast("string") + "-" + (months % 12 + 1).cast("string") + "-1"
    return _last_day(_try_strptime(month, "%Y-%m-%d").cast("date"))


def in_range(day: ibis.Value) -> ibis.Value:
    """Keep the days that a business can mean, 1900 to 2100; null for others and for the empty ones."""
    return ibis.cases((day.between(_FIRST, _LAST) & (day != date(1900, 1, 1)), day))


def is_empty_text(text: ibis.Value) -> ibis.Value:
    """Say whether a text is what programs write for no day."""
    return text.re_search(_EMPTY)


def is_empty_day(day: ibis.Value) -> ibis.Value:
    """Say whether a day is the first of a program's calendar, which means none."""
    return day.isin(_EMPTY_DAYS)


def has_no_end(day: ibis.Value) -> ibis.Value:
    """Say whether a day means "without end"."""
    return day.isin(_NO_END)
