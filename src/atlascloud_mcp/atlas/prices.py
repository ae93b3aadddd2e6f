"""The price that the catalogue lists for a model, from all the shapes it has had.

Source: the vendor's own MCP server 1.7.0 (actual, origin, discount, and what it takes for the unit), and its skills
for the older fall-backs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from atlascloud_mcp.atlas.kinds import Type
from atlascloud_mcp.atlas.quirks import unit_of
from atlascloud_mcp.atlas.values import Json, mapping, number, text, usd

_UNITS = {
    "generation": ("generation", "generations", "run", "request", "call", "song"),
    "second": ("second", "seconds", "sec", "s"),
    "image": ("image", "images", "picture"),
    "minute": ("minute", "minutes", "min"),
    "1k_chars": ("1k_chars", "1k_characters", "1k_char", "1000_characters", "thousand_characters"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Price:
    """What the catalogue lists, in USD: a base, which options may raise; the charge is known after the job.

    `unit` is `image`, `second`, `generation`, `minute` or `1k_chars`; None where the catalogue does not say and the
    vendor's own clients disagree (video: per second or per generation). Text models have prices per million tokens.
    """

    base: float | None = None
    unit: str | None = None
    input_per_million: float | None = None
    output_per_million: float | None = None


def read_price(entry: Json, made: Type | None, kinds: Sequence[str], model_id: str) -> Price | None:
    """The price of a catalogue entry: what is paid, else the list price less the discount; None when none is given.

    A negative, endless or absurd one is none.
    """
    whole = entry.get("price")
    sides = mapping(whole)
    sku = mapping(sides.get("sku")).get("text")
    share = _share(sides.get("discount", sides.get("discountRate")))
    candidates = (
        (mapping(sides.get("actual")), 1.0),
        (mapping(sides.get("origin")), share),
        (sides, 1.0),
        (mapping(sku), 1.0),
        (entry, 1.0),
        ({"base_price": whole if not sides else sku}, 1.0),
    )
    for side, factor in candidates:
        base = _usd(side, factor, "base_price", "basePrice", "request_price", "output_image_price")
        given = _usd(side, factor, "input_price", "inputPrice")
        made_of = _usd(side, factor, "output_price", "outputPrice")
        if given is not None or made_of is not None:
            base = base or None  # beside prices per token, 0 says that there is no other
        if base is not None or given is not None or made_of is not None:
            unit = _unit(side.get("unit") or sides.get("unit")) or unit_of(model_id) or _usual_unit(made, kinds)
            return Price(base, unit if base is not None else None, given, made_of)
    return None


def _share(discount: object) -> float:
    """What is paid of the list price: `"80"` is 80 % of it. A discount that cannot be one takes nothing off."""
    found = number(discount)
    if found is None or not 0 < found <= 100:
        return 1.0
    return found / 100 if found > 1 else found


def _usd(side: Json, factor: float, *keys: str) -> float | None:
    for key in keys:
        value = side.get(key)
        found = usd(value.strip().lstrip("$") if isinstance(value, str) else value)
        if found is not None:
            return round(found * factor, 9)
    return None


def _unit(value: object) -> str | None:
    word = re.sub(r"[\s-]+", "_", text(value)[:40].lower().removeprefix("per ").removeprefix("/").strip())
    return _UNIT_OF.get(word)


def _usual_unit(made: Type | None, kinds: Sequence[str]) -> str | None:
    """The unit of a kind of model, where the vendor's own clients agree on it."""
    if made == "image":
        return "generation" if any(kind.endswith("-3d") for kind in kinds) else "image"
    if made != "audio":
        return None
    if "text-to-music" in kinds or "text-to-lyrics" in kinds:
        return "generation"
    if "speech-to-text" in kinds:
        return "minute"
    return "1k_chars" if "text-to-speech" in kinds else None
