"""Chat completions: `POST /v1/chat/completions`.

Source: OpenAI's public API reference, which other makers' servers follow; `max_completion_tokens` is what its newer
models want in place of `max_tokens`, which all others know. `video_url` is an extension (the vendor's MCP server
1.7.0).
"""

from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import Attachment, Question, given, merged
from atlascloud_mcp.atlas.protocols.reply import Reply, tokens
from atlascloud_mcp.atlas.protocols.strictness import json_format
from atlascloud_mcp.atlas.values import Json, items, mapping, whole

_TEXTS = ("text", "output_text", None)
# Other subtypes are the format's name themselves.
_AUDIO_FORMATS = {"mpeg": "mp3", "mp4": "m4a", "x-wav": "wav"}


def _body(question: Question) -> dict[str, object]:
    messages: list[object] = []
    if system := question.system_for_json_mode:
        messages.append({"role": "system", "content": system})
    parts = [_part(each) for each in question.attachments]
    content = [*parts, {"type": "text", "text": question.prompt}] if parts else question.prompt
    messages.append({"role": "user", "content": content})
    body = given(
        model=question.model,
        messages=messages,
        max_tokens=question.max_tokens,
        temperature=question.temperature,
        response_format=_format(question),
        stream=True,
        stream_options={"include_usage": True},
    )
    return merged(body, question.params)


def _part(each: Attachment) -> dict[str, object]:
    if each.medium == "audio":
        subtype = each.mime_type.partition("/")[2]
        return {
            "type": "input_audio",
            "input_audio": {"data": each.data, "format": _AUDIO_FORMATS.get(subtype, subtype)},
        }
    kind = f"{each.medium}_url"
    return {"type": kind, kind: {"url": each.address}}


def _format(question: Question) -> dict[str, object] | None:
    if not question.wants_json:
        return None
    if question.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": json_format(question.schema)}


def _read(body: Json, reply: Reply) -> None:
    """A whole answer, or a streamed piece of one: `message` in the one is `delta` in the other."""
    for choice in map(mapping, items(body.get("choices"))):
        if whole(choice.get("index")) not in {0, None}:
            continue
        message = mapping(choice.get("message") or choice.get("delta"))
        content = message.get("content", choice.get("text"))
        reply.add(content)
        for part in map(mapping, items(content)):
            (reply.add if part.get("type") in _TEXTS else reply.reason)(part.get("text"))
        reply.refuse(message.get("refusal"))
        reply.reason(message.get("reasoning_content") or message.get("reasoning"))
        if error := choice.get("error"):
            reply.fail(error)
        reply.finish(choice.get("finish_reason"))
    usage = mapping(body.get("usage"))
    reply.count(
        input=tokens(usage, "prompt_tokens", "input_tokens"),
        output=tokens(usage, "completion_tokens", "output_tokens"),
        reasoning=tokens(mapping(usage.get("completion_tokens_details")), "reasoning_tokens"),
        total=tokens(usage, "total_tokens"),
    )


COMPLETIONS = ChatProtocol(
    "chat completions",
    paths=lambda _: ("/v1/chat/completions",),
    body=_body,
    read=_read,
    feed=_read,
    carries=frozenset({"image", "video", "audio"}),
    by_url=frozenset({"image", "video"}),
    own=frozenset({"model", "messages", "stream", "n"}),
    limit_of=lambda body: tokens(body, "max_completion_tokens", "max_tokens"),
    renamed={"max_tokens": "max_completion_tokens"},
)
