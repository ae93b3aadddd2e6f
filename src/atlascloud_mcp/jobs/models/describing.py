"""A model in a line: what it costs and what it takes, in words that a reader who knows nothing else can use."""

from collections.abc import Collection, Mapping
from typing import Literal

from atlascloud_mcp.atlas.models import Model, Type
from atlascloud_mcp.jobs.request import Tool

# In a sentence, and in a table.
_UNITS = {
    "image": ("per image", "image"),
    "second": ("per second", "s"),
    "generation": ("per generation", "run"),
    "minute": ("per minute", "min"),
    "1k_chars": ("per 1,000 characters", "1k chars"),
}
_TOOLS: Mapping[Type, Tool | Literal["chat"]] = {
    "image": "generate_image",
    "video": "generate_video",
    "audio": "generate_audio",
    "text": "chat",
}
TRANSCRIPT = "speech-to-text"
_WORDS = {"text": "text", "image": "pictures", "video": "video", "audio": "audio"}


def tool_for(model: Model) -> Tool | Literal["chat"] | None:
    """The tool that runs it; None where nobody knows what it makes."""
    if model.type == "audio" and TRANSCRIPT in model.kinds:
        return "transcribe_audio"
    return _TOOLS[model.type] if model.type else None


def usd(amount: float) -> str:
    """An amount with all its digits, at least two of them: `$0.072`, `$0.10`."""
    digits = f"{amount:.9f}".rstrip("0")
    whole, _, cents = digits.partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"


def price(model: Model) -> str:
    """What the catalogue lists. A base is a "from": options may raise it, and the charge is known after the job."""
    base, tokens = _listed(model)
    if base is not None and model.price:
        # Of video, the vendor's own clients disagree on what the base is for.
        unknown = ", per second or per generation" if model.type == "video" else ", unit not listed"
        unit = _UNITS.get(model.price.unit or "")
        return f"from {usd(base)} {unit[0]}" if unit else f"from {usd(base)}{unknown}"
    return f"{' and '.join(tokens)} per million tokens" if tokens else "price not listed"


def short_price(model: Model) -> str:
    """The same in a table: `$0.072/image`."""
    base, tokens = _listed(model)
    if base is not None and model.price:
        unknown = "second or clip" if model.type == "video" else "?"
        return f"{usd(base)}/{_UNITS.get(model.price.unit or '', ('', unknown))[1]}"
    return f"{', '.join(tokens)}/M tokens" if tokens else "unlisted"


def _listed(model: Model) -> tuple[float | None, list[str]]:
    """The base price, and prices per million tokens as words; neither where none is listed."""
    listed = model.price
    if listed is None:
        return None, []
    sides = ((listed.input_per_million, "in"), (listed.output_per_million, "out"))
    return listed.base, [f"{usd(amount)} {side}" for amount, side in sides if amount is not None]


def inputs(model: Model) -> list[str]:
    """What it is made from, as words."""
    return nouns(model.takes)


def nouns(media: Collection[str]) -> list[str]:
    """These media as words, each once."""
    return [word for medium, word in _WORDS.items() if medium in media]


def takes(model: Model) -> str:
    """What it is made from: `takes text and pictures`."""
    named = inputs(model)
    if not named:
        return "inputs not listed"
    return f"takes {', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else f"takes {named[0]}"


def described(model: Model) -> str:
    """Id, price and inputs: `google/nano-banana-2/edit (from $0.072 per image; takes text and pictures)`."""
    return f"{model.id} ({price(model)}; {takes(model)})"
