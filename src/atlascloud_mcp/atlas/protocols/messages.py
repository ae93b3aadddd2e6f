"""Messages: `POST /v1/messages`.

Source: Anthropic's public API reference (body, answer, stream events, the version header).
"""

from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import Attachment, Question, given, merged
from atlascloud_mcp.atlas.protocols.reply import Reply, tokens
from atlascloud_mcp.atlas.values import Json, items, mapping, text

USUAL_MAX_TOKENS = 8192
"""This protocol wants a limit in every request; a caller who gives none gets this one, or the model's own if less."""


def _body(question: Question) -> dict[str, object]:
    pictures = [{"type": "image", "source": _source(each)} for each in question.attachments]
    content = [*pictures, {"type": "text", "text": question.prompt}] if pictures else question.prompt
    body = given(
        model=question.model,
        max_tokens=question.max_tokens or min(question.longest_answer or USUAL_MAX_TOKENS, USUAL_MAX_TOKENS),
        system=question.system_for_no_json_mode,
        messages=[{"role": "user", "content": content}],
        temperature=question.temperature,
        stream=True,
    )
    return merged(body, question.params)


def _source(each: Attachment) -> dict[str, object]:
    if each.url:
        return {"type": "url", "url": each.url}
    return {"type": "base64", "media_type": each.mime_type, "data": each.data}


def _read(body: Json, reply: Reply) -> None:
    for block in map(mapping, items(body.get("content"))):
        _block(block, reply)
    reply.finish(body.get("stop_reason"))
    _count(mapping(body.get("usage")), reply)


def _block(block: Json, reply: Reply) -> None:
    kind = text(block.get("type"))
    if kind in {"text", "text_delta"}:
        reply.add(block.get("text"))
    reply.reason("thinking" in kind)


def _count(usage: Json, reply: Reply) -> None:
    """Cached tokens are told beside the others, and are read all the same."""
    kept = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    reply.count(input=tuple(tokens(usage, name) for name in kept), output=tokens(usage, "output_tokens"))


def _feed(event: Json, reply: Reply) -> None:
    match text(event.get("type")):
        case "message_start":
            _read(mapping(event.get("message")), reply)
        case "content_block_start":
            _block(mapping(event.get("content_block")), reply)
        case "content_block_delta":
            _block(mapping(event.get("delta")), reply)
        case "message_delta":
            reply.finish(mapping(event.get("delta")).get("stop_reason"))
            _count(mapping(event.get("usage")), reply)
        case "message_stop":
            reply.is_over = True
        case _:  # pings, and what may be added
            pass


MESSAGES = ChatProtocol(
    "messages",
    paths=lambda _: ("/v1/messages",),
    body=_body,
    read=_read,
    feed=_feed,
    carries=frozenset({"image"}),
    by_url=frozenset({"image"}),
    own=frozenset({"model", "messages", "stream"}),
    limit_of=lambda body: tokens(body, "max_tokens"),
    headers={"anthropic-version": "2023-06-01"},
)
