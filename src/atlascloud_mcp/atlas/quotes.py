"""What a job would cost, as the service itself says before it is submitted."""

from dataclasses import dataclass

from atlascloud_mcp.atlas.values import mapping, usd, whole

ABSURD_TOKENS = 10**12


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of one job in USD. `list_price_usd` is without the discount.

    `is_estimate` where the charge depends on what comes out (token-billed video); then `estimated_tokens` may be set.
    """

    price_usd: float
    list_price_usd: float | None = None
    is_estimate: bool = False
    estimated_tokens: int | None = None
    sandbox: bool = False


def parse_quote(body: object, *, sandbox: bool = False) -> Quote | None:
    """A quote from an answer of `POST /model/calculate`; None when no usable price is in it.

    Source: two third-party clients that read live answers, 2026: numbers or strings, inside `data` or bare.
    """
    outer = mapping(body)
    data = mapping(outer.get("data")) or outer
    price = usd(data.get("price"))
    if price is None:
        return None
    tokens = whole(data.get("estimated_tokens"))
    estimated = data.get("estimated")
    return Quote(
        price_usd=price,
        list_price_usd=usd(data.get("origin_price")),
        is_estimate=estimated is True or (isinstance(estimated, str) and estimated.strip().lower() == "true"),
        estimated_tokens=tokens if tokens is not None and 0 <= tokens <= ABSURD_TOKENS else None,
        sandbox=sandbox,
    )
