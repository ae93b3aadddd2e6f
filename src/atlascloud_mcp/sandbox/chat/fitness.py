"""Whether a model can be asked that way: its protocols, what it looks at, how it is steered. And what it costs."""

from decimal import Decimal

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.chat.question import Question
from atlascloud_mcp.sandbox.chat.reply import Reply
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.wish import Refused

DEFAULT_PROTOCOL = "openai.chat.completions"

_FALLBACK_PRICES = (Decimal("0.3"), Decimal("1.2"))  # in USD per million tokens, where the catalogue names none
_MILLION = 1_000_000


def protocols_of(model: Model) -> list[str]:
    """The protocols it speaks, the preferred one first; the catalogue and the documentation name the list differently.

    Source: documentation, LLM API protocols.
    """
    return model.wire.get("supported_protocols") or model.wire.get("supported_apis") or [DEFAULT_PROTOCOL]


def language_model(name: object, protocol: str) -> Model:
    """The model of that id. Raises `Refused`: 404 for an unknown one, 400 for one that does not speak the protocol."""
    if not isinstance(name, str) or not name:
        raise Refused(400, "model is required")
    model = usable_model(name)
    if model is None:
        raise Refused(404, f"model not found: {name}")
    if model.kind != "text":
        raise Refused(400, f"model {name} is no language model")
    if model.is_unroutable:
        raise Refused(404, "router not found")
    spoken = protocols_of(model)
    if protocol not in spoken:
        raise Refused(400, f"model {name} does not support {protocol}; it supports {', '.join(spoken)}")
    return model


def check_fit(model: Model, question: Question) -> None:
    """Raises `Refused` (400) for media, a limit or sampling that the model does not take."""
    takes: list[str] = model.wire.get("input_modalities") or ["text"]
    for media in question.media:
        if media.kind not in takes:
            raise Refused(400, f"{media.place}: model {model.id} takes no {media.kind}; it takes {', '.join(takes)}")
    steered: list[str] | None = model.wire.get("supported_sampling_parameters")
    if steered is not None and "temperature" not in steered and question.sampled:
        raise Refused(400, "bad request")  # as it is really said
    if steered is not None and "max_tokens" not in steered and question.limit and question.limit_word == "max_tokens":
        raise Refused(
            400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'."
        )
    most: int | None = model.wire.get("maxCompletionTokens")
    if most is not None and question.limit is not None and question.limit > most:
        raise Refused(400, f"{question.limit_word}: {question.limit} is more than the model's maximum of {most}")


def price_of(model: Model, reply: Reply) -> Decimal:
    """In USD."""
    price: Json = model.wire.get("price") or {}
    listed: Json = price.get("actual") or {}
    asked, said = _FALLBACK_PRICES
    asked, said = Decimal(listed.get("input_price", asked)), Decimal(listed.get("output_price", said))
    return (reply.input_tokens * asked + reply.output_tokens * said) / _MILLION
