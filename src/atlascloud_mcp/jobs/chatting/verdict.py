"""What a language model's reply means for its caller: an answer, half of one, or a paid nothing."""

from dataclasses import dataclass

from atlascloud_mcp.atlas.failures import NO_SECOND_LOOK
from atlascloud_mcp.atlas.models import Model
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply, Usage
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import AtlasCloudError, Billing, JobFailed, ServiceError
from atlascloud_mcp.jobs.chatting.request import ChatRequest
from atlascloud_mcp.jobs.models.describing import usd

_FOR_ALL_OF_IT = (
    "For all of it ask for less at once, bound the answer with max_tokens, or have the user raise ATLASCLOUD_MAX_WAIT "
    f"where the host waits longer. {NO_SECOND_LOOK}"
)
_REFUSED_AGAIN = "The same question will be refused again: ask differently, or another model."


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was sent: by whom, of which model, in which protocol; `notes` are about that choice."""

    request: ChatRequest
    model: Model
    protocol: ChatProtocol
    notes: tuple[str, ...] = ()

    @property
    def has_limit(self) -> bool:
        """Whether the caller gave a limit of tokens."""
        return bool(self.request.max_tokens or self.protocol.limit_of(self.request.params))


def cost(model: Model, usage: Usage) -> float | None:
    """What these tokens cost by the catalogue's prices, in USD: an estimate; None where a number for it is missing."""
    prices = _prices(model)
    if prices is None or usage.input is None or usage.output is None:
        return None
    return round((usage.input * prices[0] + usage.output * prices[1]) / 1e6, 9)


def unpriced(model: Model, spent: float | None) -> str:
    """Why nothing is known of what an answer cost, and who knows; empty where something is."""
    if spent is not None:
        return ""
    has_no_price = model.is_listed and _prices(model) is None
    why = "the catalogue lists no price of this model" if has_no_price else "its cost is not known here"
    return f"{why}; get_account tells what was spent"


def _prices(model: Model) -> tuple[float, float] | None:
    """Of a million tokens in and out, in USD, where both are listed."""
    listed = model.price
    if listed is None or listed.input_per_million is None or listed.output_per_million is None:
        return None
    return listed.input_per_million, listed.output_per_million


def known_usage(reply: Reply) -> Usage:
    """The tokens that are told; before its end an answer may have told some of its own, which are no count."""
    return reply.usage if reply.has_ended else Usage(reply.usage.input)


def refuse_empty(asked: Asked, reply: Reply) -> None:
    """Nothing happens when there is something of an answer, however it ended.

    Raises:
        JobFailed: the model refused, used all its tokens on reasoning, or said nothing.
    """
    if reply.has_text:
        return
    if reply.ending is Ending.REFUSED:
        raise _failed(
            asked,
            reply,
            f"{asked.model.id} did not answer: it or a safety filter refused{_why(reply)}.",
            _REFUSED_AGAIN,
        )
    if reply.ending is Ending.LIMIT:
        raise _thought_only(asked, reply)
    word = f" (it ended with {quoted(reply.finish_reason, 60)})" if reply.finish_reason else ""
    raise _failed(
        asked,
        reply,
        f"{asked.model.id} answered without any text{word}.",
        "Ask differently, or another model; asking again is paid again.",
    )


def _why(reply: Reply) -> str:
    """What is known of a refusal."""
    word = f" ({quoted(reply.finish_reason, 60)})" if reply.finish_reason else ""
    return f"{word}: {quoted(reply.refusal) if reply.refusal else 'no reason given'}"


def _thought_only(asked: Asked, reply: Reply) -> JobFailed:
    """Its limit left nothing for the answer."""
    used = reply.usage.output or reply.limit
    tokens = f"all its {used} tokens" if used else "all the tokens that it may"
    more = f"of about {4 * (reply.limit or used or 1000)} " if reply.limit or used else ""
    return _failed(
        asked,
        reply,
        f"{asked.model.id} used {tokens} on hidden reasoning and had none left for an answer.",
        f"Give max_tokens {more}or none, or ask for less reasoning through params.",
    )


def _failed(asked: Asked, reply: Reply, message: str, next_step: str) -> JobFailed:
    """A paid nothing, as far as it is told."""
    spent = cost(asked.model, reply.usage)
    price = f" It cost about {usd(spent)} by the listed prices." if spent else ""
    is_billed = bool(reply.usage.input or reply.usage.output)
    billing = Billing.BILLED if is_billed else Billing.POSSIBLE
    return JobFailed(message + price, billing=billing, next_step=next_step)


def nothing_in_time(asked: Asked, reply: Reply, seconds: float) -> AtlasCloudError:
    """The wait is over, and not a word has come."""
    doing = ": it was still reasoning" if reply.has_reasoned else ""
    return ServiceError(
        f"{asked.model.id} had sent no answer within {seconds:.0f} s, as long as this call may wait{doing}.",
        billing=Billing.POSSIBLE,
        next_step=f"{_FOR_ALL_OF_IT} A faster model may do.",
    )


def is_incomplete(reply: Reply, cut_after_s: float | None) -> bool:
    """Whether an answer was stopped before its end, by time, by a broken connection or by a filter."""
    return cut_after_s is not None or bool(reply.broken) or reply.ending is Ending.REFUSED


def left_out(reply: Reply) -> str:
    """A note about what came as the answer and is not given as one, where there is any."""
    if not reply.left_out:
        return ""
    return f"The first {reply.left_out:,} characters, up to a closing </think> tag, were reasoning and are left out."


def shortfalls(asked: Asked, reply: Reply, *, cut_after_s: float | None) -> tuple[tuple[str, ...], str | None]:
    """What is missing of an answer, and what to do about it."""
    if cut_after_s is not None:
        cut = f"CUT after {cut_after_s:.0f} s, as long as this call may wait: this is what had come."
        return (f"{cut} The rest is lost; what the model had made by then is billed.",), _FOR_ALL_OF_IT
    if reply.broken:
        return (f"INCOMPLETE: {reply.broken}. It may have been billed.",), NO_SECOND_LOOK
    if reply.ending is Ending.REFUSED:
        return (f"INCOMPLETE: the model or a safety filter stopped the answer{_why(reply)}.",), _REFUSED_AGAIN
    if reply.ending is Ending.LIMIT:
        limit = f" of {reply.limit} tokens" if reply.limit else " of tokens"
        is_ours = reply.limit and not asked.has_limit
        why = ", which a request of this kind must have and which was set here" if is_ours else ""
        return (f"The answer ends at its limit{limit}{why}.",), "For a longer answer give a larger max_tokens."
    if reply.ending is Ending.OTHER and reply.finish_reason:
        return (f"The answer ended with {quoted(reply.finish_reason, 60)}.",), None
    return (), None
