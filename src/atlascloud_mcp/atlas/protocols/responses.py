"""Responses: `POST /v1/responses`.

Source: OpenAI's public API reference (body, answer, stream events).
"""

from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import JSON_ONLY, Question, given, merged
from atlascloud_mcp.atlas.protocols.reply import Reply, tokens
from atlascloud_mcp.atlas.protocols.strictness import json_format
from atlascloud_mcp.atlas.values import Json, items, mapping, text

_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})


def _body(question: Question) -> dict[str, object]:
    # A picture's address is the bare text here, not an object around it.
    pictures = [{"type": "input_image", "image_url": each.address} for each in question.attachments]
    content = [*pictures, {"type": "input_text", "text": question.prompt}]
    if question.has_to_say_json(question.prompt):
        # Here the word has to stand in the input itself; the instructions do not count.
        content.append({"type": "input_text", "text": JSON_ONLY})
    body = given(
        model=question.model,
        instructions=question.system,
        input=[{"role": "user", "content": content}],
        max_output_tokens=question.max_tokens,
        temperature=question.temperature,
        text=_format(question),
        stream=True,
    )
    return merged(body, question.params)


def _format(question: Question) -> dict[str, object] | None:
    if not question.wants_json:
        return None
    if question.schema is None:
        return {"format": {"type": "json_object"}}
    return {"format": {"type": "json_schema", **json_format(question.schema)}}


def _read(body: Json, reply: Reply) -> None:
    is_read = bool(reply.text)  # streamed already: the last event says all of it once more
    for item in map(mapping, items(body.get("output"))):
        _item(item, reply, is_read=is_read)
    if not reply.text:
        reply.add(body.get("output_text"))
    why = text(mapping(body.get("incomplete_details")).get("reason"))
    if error := body.get("error"):
        reply.fail(error)
    reply.finish(why or body.get("status"))
    usage = mapping(body.get("usage"))
    reply.count(
        input=tokens(usage, "input_tokens"),
        output=tokens(usage, "output_tokens"),
        reasoning=tokens(mapping(usage.get("output_tokens_details")), "reasoning_tokens"),
    )


def _item(item: Json, reply: Reply, *, is_read: bool) -> None:
    reply.reason(item.get("type") == "reasoning")
    for part in map(mapping, items(item.get("content"))):
        kind = text(part.get("type"))
        if kind == "refusal" and not reply.refusal:
            reply.refuse(part.get("refusal"))
        elif kind in {"output_text", "text"} and not is_read:
            reply.add(part.get("text"))


def _feed(event: Json, reply: Reply) -> None:
    kind = text(event.get("type"))
    if kind == "response.output_text.delta":
        reply.add(event.get("delta"))
        reply.is_item_read = True
    elif kind == "response.output_text.done" and not reply.is_item_read:
        reply.add(event.get("text"))
        reply.is_item_read = True
    elif kind == "response.output_item.done":
        _item(mapping(event.get("item")), reply, is_read=reply.is_item_read)
        reply.is_item_read = False
    elif kind == "response.refusal.delta":
        reply.refuse(event.get("delta"))
    elif kind.startswith("response.reasoning"):
        reply.reason(event.get("delta"))
    elif kind in _LAST:
        _read(mapping(event.get("response")), reply)
        reply.is_over = True


RESPONSES = ChatProtocol(
    "responses",
    paths=lambda _: ("/v1/responses",),
    body=_body,
    read=_read,
    feed=_feed,
    carries=frozenset({"image"}),
    by_url=frozenset({"image"}),
    own=frozenset({"model", "input", "stream"}),
    limit_of=lambda body: tokens(body, "max_output_tokens"),
)
