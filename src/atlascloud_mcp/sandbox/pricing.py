"""What a wish costs, and how that is quoted beforehand."""

from decimal import Decimal

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.transcript import UNHEARD_SECONDS
from atlascloud_mcp.sandbox.wish import Submission

FALLBACK_PRICE_USD = Decimal("0.003")

_TOKENS_A_SECOND = 21_600


def price_of(wish: Submission, each: str | None) -> Decimal:
    """In USD: pictures, seconds and so on times the price of one, or that of a run; `each` replaces the catalogue's."""
    if each is not None:
        return Decimal(each) * wish.count
    listed = usable_model(wish.model)
    base = listed.base_price if listed else None
    if listed is None or base is None:
        return FALLBACK_PRICE_USD * wish.count
    if listed.price_unit == "second" and wish.kind == "video":
        return base * Decimal(str(wish.seconds)).normalize()
    return round(base * _units(wish, listed.price_unit), 6).normalize()


def _units(wish: Submission, unit: str) -> Decimal:
    """How many units of that name the wish is."""
    if wish.sound is None:
        return Decimal(wish.count if unit == "image" else 1)
    seconds = wish.sound.seconds or UNHEARD_SECONDS
    counts = {"minute": seconds / 60, "second": seconds, "1k_chars": len(wish.sound.text) / 1000}
    return Decimal(str(counts.get(unit, 1)))


def quote_of(wish: Submission, each: str | None) -> Json:
    """The answer to POST /api/v1/model/calculate, without its envelope."""
    price = price_of(wish, each)
    listed = usable_model(wish.model)
    discount = 100 if listed is None or each is not None else listed.discount
    by_tokens = listed is not None and listed.is_billed_by_tokens
    unheard = wish.sound is not None and wish.sound.task == "transcript" and not wish.sound.seconds
    return {
        "price": float(price),
        "origin_price": float(round(price * 100 / discount, 6)),
        "discount": discount,
        "estimated": by_tokens or unheard,
        "estimated_tokens": round(wish.seconds * _TOKENS_A_SECOND) if by_tokens else None,
    }
