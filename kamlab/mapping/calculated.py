"""Revenue where no heading holds it: quantity times unit price, less the discount."""

from __future__ import annotations

from kamlab.engagement.expression import reference
from kamlab.ingest.sampling import Heading
from kamlab.mapping.content import Reason
from kamlab.mapping.names import GROSS, compact, says, spoken

_PRICES = (
    "preis", "einzelpreis", "stueckpreis", "nettopreis", "preisnetto", "verkaufspreis", "vkpreis", "preisjestueck",
    "preisproeinheit", "nettoeinzelpreis", "einzelpreisnetto", "preisjeeinheit", "price", "unitprice", "netprice",
    "netunitprice", "salesprice", "sellingprice", "priceperunit", "unitsellingprice",
)  # fmt: skip
_PRICE_WORDS = {"unit", "sell", "selling", "sales", "net", "per", "price", "piece", "item"}  # and one of them is price
_DISCOUNTS = ("rabatt", "discount", "nachlass", "skonto")

Calculated = tuple[str, float, tuple[Reason, ...]]


def calculated_revenue(quantity: str, confidence: float, headings: list[Heading]) -> Calculated | None:
    """Propose an expression for the revenue.

    Parameters
    ----------
    quantity : str
        The heading of the quantity; `confidence` is how sure that is.
    headings : list of Heading
        What may be price and discount.

    Returns
    -------
    The expression, its confidence and reasons; an empty expression where prices are there but the discount cannot be
    told; None where there is not exactly one price.
    """
    prices = [heading for heading in headings if _is_price(heading.name) and _are_numbers(heading)]
    if len(prices) != 1:
        return None
    price = prices[0]
    product = f"{reference(quantity)} * {reference(price.name)}"
    discounts = [heading for heading in headings if says(heading.name, _DISCOUNTS)]
    sure = min(confidence, 0.85)
    if not discounts:
        gross = [heading.name for heading in headings if says(heading.name, GROSS)]
        reasons = [Reason("calculated", {"price": price.name, "quantity": quantity})]
        return (
            f"= {product}",
            min(sure, 0.8),
            tuple(reasons + [Reason("gross_beside", {"others": gross})] * bool(gross)),
        )
    values = {"price": price.name, "quantity": quantity, "discount": [heading.name for heading in discounts]}
    numbers = [number for number in discounts[0].numbers if number is not None]
    if (
        len(discounts) > 1
        or not numbers
        or not _are_numbers(discounts[0])
        or not 0 <= min(numbers) <= max(numbers) <= 100
    ):
        return "", 0.0, (Reason("discount_unclear", values),)
    discount = reference(discounts[0].name)
    if max(numbers) <= 1:
        return f"= {product} * (1 - {discount})", sure, (Reason("discounted", values),)
    return f"= {product} * (1 - {discount} / 100)", min(sure, 0.65), (Reason("discounted_percent", values),)


def _is_price(name: str) -> bool:
    words = set(spoken(name))
    return compact(name) in _PRICES or ("price" in words and words <= _PRICE_WORDS)


def _are_numbers(heading: Heading) -> bool:
    filled = len(heading.filled)
    return filled > 0 and sum(number is not None for number in heading.numbers) >= 0.95 * filled
