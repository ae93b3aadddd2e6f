"""OpenAI's responses. Source: OpenAI's API reference, responses/create and its streaming page."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from atlascloud_mcp.sandbox.chat.json_answers import check_schema, check_strict
from atlascloud_mcp.sandbox.chat.protocol import frame
from atlascloud_mcp.sandbox.chat.question import (
    Body,
    JsonAnswer,
    Media,
    Question,
    Share,
    Temperature,
    media_at,
    sampled,
    says_json,
    understood,
)
from atlascloud_mcp.sandbox.chat.reply import REFUSAL, Exchange, Reply
from atlascloud_mcp.sandbox.model import Json


class _Text(Body):
    type: Literal["input_text"]
    text: str


class _Image(Body):
    type: Literal["input_image"]
    image_url: str
    detail: Literal["auto", "low", "high"] | None = None


class _Said(Body):
    type: Literal["output_text"]
    text: str
    annotations: list[Json] | None = None


_Part = Annotated[_Text | _Image, Field(discriminator="type")]


class _Asked(Body):
    type: Literal["message"] | None = None
    role: Literal["user", "system", "developer"]
    content: str | Annotated[list[_Part], Field(min_length=1)]


class _Answered(Body):
    type: Literal["message"] | None = None
    role: Literal["assistant"]
    content: str | list[_Said]


_Item = Annotated[_Asked | _Answered, Field(discriminator="role")]


class _AsText(Body):
    type: Literal["text"]


class _AsObject(Body):
    type: Literal["json_object"]


class _AsSchema(Body):
    type: Literal["json_schema"]
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    schema_: Annotated[Json, Field(alias="schema")]
    strict: bool | None = None


class _TextOptions(Body):
    format: Annotated[_AsText | _AsObject | _AsSchema, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class _Reasoning(Body):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class _Request(Body):
    model: str
    input: str | Annotated[list[_Item], Field(min_length=1)]
    instructions: str | None = None
    max_output_tokens: Annotated[int | None, Field(ge=16)] = None
    temperature: Temperature = None
    top_p: Share = None
    text: _TextOptions | None = None
    reasoning: _Reasoning | None = None
    stream: bool | None = None
    stream_options: Json | None = None
    tools: list[Json] | None = None
    tool_choice: str | Json | None = None
    max_tool_calls: int | None = None
    parallel_tool_calls: bool | None = None
    store: bool | None = None
    include: list[str] | None = None
    metadata: dict[str, str] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    user: str | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None


class Responses:
    """POST /v1/responses."""

    name = "openai.responses"

    def read(self, body: Json, *, strict: bool) -> Question:
        """The question in the body. Raises `Refused` (400)."""
        request = understood(_Request, body, strict=strict)
        said = request.input
        items: list[_Item] = [_Asked(role="user", content=said)] if isinstance(said, str) else said
        texts = [(item.role, _words(item)) for item in items]
        instructions = [request.instructions or "", *(text for role, text in texts if role in ("system", "developer"))]
        spoken = "\n".join(text for _, text in texts)
        return Question(
            prompt=next((text for role, text in reversed(texts) if role == "user"), ""),
            system="\n".join(filter(None, instructions)),
            text=f"{request.instructions or ''}\n{spoken}",
            media=tuple(_media(items)),
            limit=request.max_output_tokens,
            limit_word="max_output_tokens",
            json=_wanted(request.text, spoken),
            streams=bool(request.stream),
            sampled=sampled(request),
        )

    def answer(self, exchange: Exchange) -> Json:
        """The whole answer."""
        output = [item for item in (_thinking(exchange), _message(exchange, done=True)) if item is not None]
        return _response(exchange, output, _status(exchange.reply)) | {"usage": _usage(exchange.reply)}

    def frames(self, exchange: Exchange) -> list[str]:
        """Typed events with their numbers; the last one has the whole answer. There is no [DONE]."""
        events = list(self._events(exchange))
        return [
            frame({"type": kind, **data, "sequence_number": number}, event=kind)
            for number, (kind, data) in enumerate(events)
        ]

    def _events(self, exchange: Exchange) -> Iterator[tuple[str, Json]]:
        begun: Json = {"response": _response(exchange, [], "in_progress")}
        yield "response.created", begun
        yield "response.in_progress", begun
        place = 0
        if thinking := _thinking(exchange):
            yield "response.output_item.added", {"output_index": 0, "item": {**thinking, "summary": []}}
            yield "response.output_item.done", {"output_index": 0, "item": thinking}
            place = 1
        if message := _message(exchange, done=True):
            yield from _told(exchange, message, place)
        whole = self.answer(exchange)
        yield f"response.{whole['status']}", {"response": whole}


def _told(exchange: Exchange, message: Json, place: int) -> Iterator[tuple[str, Json]]:
    """The events of the message at that place of the output."""
    refused = exchange.reply.end == "refusal"
    kind, word = ("response.refusal", "refusal") if refused else ("response.output_text", "text")
    part: Json = message["content"][0]
    spot: Json = {"item_id": message["id"], "output_index": place, "content_index": 0}
    yield "response.output_item.added", {"output_index": place, "item": _message(exchange, done=False)}
    yield "response.content_part.added", {**spot, "part": {**part, word: ""}}
    for piece in [REFUSAL] if refused else exchange.reply.pieces:
        yield f"{kind}.delta", {**spot, "delta": piece}
    yield f"{kind}.done", {**spot, word: part[word]}
    yield "response.content_part.done", {**spot, "part": part}
    yield "response.output_item.done", {"output_index": place, "item": message}


def _words(item: _Item) -> str:
    if isinstance(item.content, str):
        return item.content
    return "\n".join(part.text for part in item.content if not isinstance(part, _Image))


def _media(items: list[_Item]) -> list[Media]:
    return [
        media_at("image", part.image_url, f"input.{number}.content.{place}.image_url")
        for number, item in enumerate(items)
        if not isinstance(item.content, str)
        for place, part in enumerate(item.content)
        if isinstance(part, _Image)
    ]


def _wanted(options: _TextOptions | None, text: str) -> JsonAnswer | None:
    match options and options.format:
        case _AsObject():
            says_json(text)
            return JsonAnswer()
        case _AsSchema() as named:
            check_schema(named.schema_)
            if named.strict:
                check_strict(named.schema_)
            return JsonAnswer(named.schema_)
        case _:
            return None


def _status(reply: Reply) -> str:
    return "incomplete" if reply.end == "length" else "completed"


def _thinking(exchange: Exchange) -> Json | None:
    thoughts = exchange.reply.thoughts
    summary: list[Json] = [{"type": "summary_text", "text": thoughts}]
    return {"type": "reasoning", "id": f"rs_{exchange.id}", "summary": summary} if thoughts else None


def _message(exchange: Exchange, *, done: bool) -> Json | None:
    reply = exchange.reply
    if not reply.text and reply.end != "refusal":
        return None
    part: Json = {"type": "output_text", "text": reply.text, "annotations": []}
    if reply.end == "refusal":
        part = {"type": "refusal", "refusal": REFUSAL}
    status, content = (_status(reply), [part]) if done else ("in_progress", [])
    return {
        "type": "message",
        "id": f"msg_{exchange.id}",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _response(exchange: Exchange, output: list[Json], status: str) -> Json:
    incomplete = {"reason": "max_output_tokens"} if status == "incomplete" else None
    return {
        "id": f"resp_{exchange.id}",
        "object": "response",
        "created_at": exchange.at,
        "status": status,
        "error": None,
        "incomplete_details": incomplete,
        "instructions": None,
        "max_output_tokens": exchange.question.limit,
        "model": exchange.model,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
    }


def _usage(reply: Reply) -> Json:
    return {
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
        "total_tokens": reply.input_tokens + reply.output_tokens,
    }
