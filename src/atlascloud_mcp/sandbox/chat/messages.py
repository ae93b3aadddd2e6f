"""Anthropic's messages. Source: Anthropic's API reference, messages and its streaming page."""

import json
from typing import Annotated, Literal, cast

from pydantic import Field

from atlascloud_mcp.sandbox.chat.protocol import frame
from atlascloud_mcp.sandbox.chat.question import (
    Body,
    Count,
    JsonAnswer,
    Media,
    Question,
    Share,
    decoded,
    sampled,
    understood,
)
from atlascloud_mcp.sandbox.chat.reply import Exchange, Reply
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused

_STOPS = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal"}


class _Text(Body):
    type: Literal["text"]
    text: Annotated[str, Field(min_length=1)]
    cache_control: Json | None = None


class _Inline(Body):
    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str


class _Address(Body):
    type: Literal["url"]
    url: Annotated[str, Field(pattern=r"^https?://")]


class _Image(Body):
    type: Literal["image"]
    source: Annotated[_Inline | _Address, Field(discriminator="type")]
    cache_control: Json | None = None


class _Message(Body):
    role: Literal["user", "assistant"]
    content: (
        Annotated[str, Field(min_length=1)]
        | Annotated[list[Annotated[_Text | _Image, Field(discriminator="type")]], Field(min_length=1)]
    )


class _Request(Body):
    model: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    system: str | list[_Text] | None = None
    temperature: Share = None
    top_p: Share = None
    top_k: Count = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    thinking: Json | None = None
    tools: list[Json] | None = None
    tool_choice: Json | None = None
    metadata: Json | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    output_config: Json | None = None


class Messages:
    """POST /v1/messages."""

    name = "claude.messages"

    def read(self, body: Json, *, strict: bool) -> Question:
        """The question in the body. Raises `Refused` (400)."""
        request = understood(_Request, body, strict=strict)
        if request.messages[0].role != "user":
            raise Refused(400, "messages.0.role: the first message must use the user role")
        texts = [(message.role, _words(message.content)) for message in request.messages]
        system = _words(request.system or "")
        return Question(
            prompt=next((text for role, text in reversed(texts) if role == "user"), ""),
            system=system,
            text="\n".join([system, *(text for _, text in texts)]),
            media=tuple(_media(request.messages)),
            limit=request.max_tokens,
            limit_word="max_tokens",
            streams=bool(request.stream),
            sampled=sampled(request),
            json=_json_in(system),
        )

    def answer(self, exchange: Exchange) -> Json:
        """The whole answer."""
        reply = exchange.reply
        return {
            **_head(exchange),
            "content": _blocks(reply),
            "stop_reason": _STOPS[reply.end],
            "stop_sequence": None,
            "usage": _usage(reply, reply.output_tokens),
        }

    def frames(self, exchange: Exchange) -> list[str]:
        """The events from message_start to message_stop."""
        reply = exchange.reply
        begun: Json = {**_head(exchange), "content": [], "stop_reason": None, "stop_sequence": None}
        events: list[Json] = [{"type": "message_start", "message": {**begun, "usage": _usage(reply, 1)}}]
        for number, block in enumerate(_blocks(reply)):
            events += _block_events(number, block, reply)
        stop: Json = {"stop_reason": _STOPS[reply.end], "stop_sequence": None}
        events += [
            {"type": "message_delta", "delta": stop, "usage": {"output_tokens": reply.output_tokens}},
            {"type": "message_stop"},
        ]
        return [frame(event, event=event["type"]) for event in events]


def _json_in(system: str) -> JsonAnswer | None:
    """What a model would do that is told to answer in JSON: there is no other way to say it here."""
    if "JSON only" not in system:
        return None
    _, mark, written = system.rpartition("JSON schema: ")
    try:
        schema: object = json.loads(written) if mark else None
    except ValueError:
        schema = None
    return JsonAnswer(cast("Json", schema) if isinstance(schema, dict) else None)


def _block_events(number: int, block: Json, reply: Reply) -> list[Json]:
    word = block["type"]
    pieces = reply.pieces if word == "text" else [block[word]]
    empty: Json = {"type": word, word: ""} if word == "text" else {"type": word, word: "", "signature": ""}
    events: list[Json] = [{"type": "content_block_start", "index": number, "content_block": empty}, {"type": "ping"}]
    events += [
        {"type": "content_block_delta", "index": number, "delta": {"type": f"{word}_delta", word: piece}}
        for piece in pieces
    ]
    if word == "thinking":
        signature: Json = {"type": "signature_delta", "signature": block["signature"]}
        events.append({"type": "content_block_delta", "index": number, "delta": signature})
    return [*events, {"type": "content_block_stop", "index": number}]


def _words(content: "str | list[_Text] | list[_Text | _Image]") -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.text for part in content if isinstance(part, _Text))


def _media(messages: list[_Message]) -> list[Media]:
    found: list[Media] = []
    for number, message in enumerate(messages):
        for place, part in enumerate(message.content if isinstance(message.content, list) else ()):
            where = f"messages.{number}.content.{place}.source"
            if isinstance(part, _Text):
                continue
            if isinstance(part.source, _Address):
                found.append(Media("image", f"{where}.url", url=part.source.url))
            else:
                data = decoded(part.source.data, f"{where}.data")
                found.append(Media("image", f"{where}.data", data=data, told=part.source.media_type))
    return found


def _blocks(reply: Reply) -> list[Json]:
    blocks: list[Json] = []
    if reply.thoughts:
        blocks.append({"type": "thinking", "thinking": reply.thoughts, "signature": "c2FuZGJveA=="})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    return blocks


def _head(exchange: Exchange) -> Json:
    return {"id": f"msg_{exchange.id}", "type": "message", "role": "assistant", "model": exchange.model}


def _usage(reply: Reply, output_tokens: int) -> Json:
    """Hidden reasoning has no number of its own here: it is part of the output."""
    return {
        "input_tokens": reply.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }
