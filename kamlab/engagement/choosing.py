"""The settings of customer selection: criteria with their weights, and the company's own definition of a key account.

What a criterion is taken `from`, and what a rule of the charter speaks of, are measures of an account (`MEASURES`);
beside them the criteria that people rate in the table `criteria`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from kamlab.engagement.expression import headings, parse_condition
from kamlab.engagement.refusal import refused, written
from kamlab.results import Frozen

Measure = Literal[
    "revenue",
    "revenue_share",
    "contribution_margin",
    "margin_share",
    "margin_rate",
    "growth",
    "regularity",
    "product_groups",
    "sites",
    "countries",
    "years",
    "employees",
    "annual_revenue",
    "max_supplier_share",
    "hours",
    "cost_to_serve",
    "margin_after_service",
]
MEASURES: tuple[str, ...] = get_args(Measure)
ATTRIBUTES = ("sector", "country", "region")  # texts that a rule may speak of
OF_A_FIELD = ("product_group", *ATTRIBUTES)  # what tells the business of a strategic field from other business
VALUE = "value"  # what a knock-out speaks of
LARGEST_JUDGEMENT = 9  # of Saaty's scale
Points = Annotated[Decimal, BeforeValidator(written("number", r"\d{1,9}(\.\d{1,6})?"))]
Number = Annotated[Decimal, BeforeValidator(written("number", r"-?\d{1,12}(\.\d{1,6})?"))]


def _knock_out(text: str) -> str:
    if unknown := sorted(set(headings(parse_condition(text))) - {VALUE}):
        raise refused("knock_out", names=", ".join(unknown))
    return text


def _field(text: str) -> str:
    if unknown := sorted(set(headings(parse_condition(text))) - set(OF_A_FIELD)):
        raise refused("field", names=", ".join(unknown), known=", ".join(OF_A_FIELD))
    return text


def _rule(text: str) -> str:
    parse_condition(text)
    return text


def _judgement(text: str) -> str:
    try:
        ratio = Fraction(text)
    except (ValueError, ZeroDivisionError):
        ratio = Fraction(0)
    if not Fraction(1, LARGEST_JUDGEMENT) <= ratio <= LARGEST_JUDGEMENT:
        raise refused("judgement")
    return text


class Criterion(Frozen):
    """What accounts are compared by.

    Attributes
    ----------
    source : a measure of the account, or None: people rate it in the table `criteria`
    axis : "attractiveness", "position" or "complexity"
    weight : points; of all criteria the share counts
    direction : whether "more" or "less" is better
    low, high : the values that get no and all points; None: the least and largest among the accounts
    scale : how points grow between them; "log" for amounts that differ by powers of ten; None: by the data
    knock_out : a condition on `value` under which an account is no key account whatever else it has
    """

    source: Measure | None = Field(None, alias="from")
    axis: Literal["attractiveness", "position", "complexity"]
    weight: Points | None = None
    direction: Literal["more", "less"] = "more"
    unit: str = ""
    low: Number | None = None
    high: Number | None = None
    scale: Literal["linear", "log"] | None = None
    knock_out: Annotated[str, AfterValidator(_knock_out)] | None = None

    @model_validator(mode="after")
    def _rises(self) -> Criterion:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise refused("low_high")
        if self.scale == "log" and any(end is not None and end <= 0 for end in (self.low, self.high)):
            raise refused("log_low")
        return self


class Weighting(Frozen):
    """Whose weights count: `points` or pairwise `judgements` by judge (a code); `variants` to be shown beside them.

    A judgement "A : B" with 3 says that A is three times as important as B (Saaty's scale, 1/9 to 9).
    """

    points: dict[str, dict[str, Points]] = Field(default_factory=dict)
    judgements: dict[str, dict[str, Annotated[str, AfterValidator(_judgement)]]] = Field(default_factory=dict)
    variants: dict[str, dict[str, Points]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Weighting:
        if self.points and self.judgements:
            raise refused("one_weighting")
        return self


class Principle(Frozen):
    """A principle of key account management that the company has given itself, and how far it is kept."""

    kind: Literal["principle", "condition", "delimitation"] = "principle"
    state: Literal["kept", "partly", "open"] = "open"
    note: str = ""


class Charter(Frozen):
    """The company's own definition of a key account.

    Attributes
    ----------
    rules : conditions by name, on measures, attributes and rated criteria
    needed : how many of them must hold; None: all
    principles : by their wording
    fields : conditions by name, on `OF_A_FIELD`: the strategic fields
    """

    rules: dict[str, Annotated[str, AfterValidator(_rule)]] = Field(default_factory=dict)
    needed: Annotated[int, BeforeValidator(written("number", r"\d{1,9}")), Field(ge=1)] | None = None
    principles: dict[str, Principle] = Field(default_factory=dict)
    fields: dict[str, Annotated[str, AfterValidator(_field)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _enough_rules(self) -> Charter:
        if self.needed and self.needed > len(self.rules):
            raise refused("needed", count=len(self.rules))
        return self


def rated(criteria: dict[str, Criterion]) -> tuple[str, ...]:
    """Name the criteria that people rate: those that no measure is taken for."""
    return tuple(name for name, criterion in criteria.items() if criterion.source is None)


def misnamed(
    criteria: dict[str, Criterion], weighting: Weighting, charter: Charter
) -> list[tuple[tuple[str, ...], str]]:
    """Find names that stand for no criterion, measure or attribute: where they stand, and what is written there."""
    found: list[tuple[tuple[str, ...], str]] = []
    for group in ("points", "variants"):
        for who, points in getattr(weighting, group).items():
            found += [(("weighting", group, who, name), name) for name in points if name not in criteria]
    for who, pairs in weighting.judgements.items():
        for pair in pairs:
            names = [part.strip() for part in pair.split(" : ")]
            unknown = [name for name in names if name not in criteria]
            if len(names) != 2 or names[0] == names[1]:
                unknown = [pair]
            found += [(("weighting", "judgements", who, pair), name) for name in unknown]
    known = {*rated(criteria), *MEASURES, *ATTRIBUTES}
    for rule, text in charter.rules.items():
        found += [
            (("charter", "rules", rule), name)
            for name in dict.fromkeys(headings(parse_condition(text)))
            if name not in known
        ]
    return found
