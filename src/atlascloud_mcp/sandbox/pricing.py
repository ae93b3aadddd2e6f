"""What a wish costs, and how that is quoted beforehand."""

from decimal import Decimal

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Submission

FALLBACK_PRICE_USD = Decimal("0.003")

_TOKENS_A_SECOND = 21_600


def price_of(wish: Submission, each: str | None) -> Decimal:
    """In USD: pictures or seconds times the price of one, or the price of a run; `each` replaces the catalogue's."""
    if each is not None:
        return Decimal(each) * wish.count
    listed = usable_model(wish.model)
    base = listed.base_price if listed else None
    if listed is None or base is None:
        return FALLBACK_PRICE_USD * wish.count
    if listed.price_unit == "second" and wish.kind == "video":
        return base * Decimal(str(wish.seconds)).normalize()
    return base * (wish.count if listed.price_unit == "image" else 1)


def quote_of(wish: Submission, each: str | None) -> Json:
    """The answer to POST /api/v1/model/calculate, without its envelope."""
    price = price_of(wish, each)
    listed = usable_model(wish.model)
    discount = 100 if listed is None or each is not None else listed.discount
    estimated = listed is not None and listed.is_billed_by_tokens
    return {
        "price": float(price),
        "origin_price": float(round(price * 100 / discount, 6)),
        "discount": discount,
        "estimated": estimated,
        "estimated_tokens": round(wish.seconds * _TOKENS_A_SECOND) if estimated else None,
    }
