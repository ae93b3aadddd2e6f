"""OpenAI's chat completions. Source: OpenAI's API reference, chat/create and its streaming page."""

from typing import Annotated, Literal

from pydantic import Field

from atlascloud_mcp.sandbox.chat.json_answers import check_schema, check_strict
from atlascloud_mcp.sandbox.chat.protocol import frame
from atlascloud_mcp.sandbox.chat.question import (
    Body,
    Count,
    JsonAnswer,
    Media,
    Penalty,
    Question,
    Share,
    Temperature,
    decoded,
    media_at,
    sampled,
    says_json,
    understood,
)
from atlascloud_mcp.sandbox.chat.reply import REFUSAL, Exchange, Reply
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused


class _Text(Body):
    type: Literal["text"]
    text: str


class _ImageAddress(Body):
    url: str
    detail: Literal["auto", "low", "high"] | None = None


class _Image(Body):
    type: Literal["image_url"]
    image_url: _ImageAddress


class _VideoAddress(Body):
    url: str


class _Video(Body):
    type: Literal["video_url"]
    video_url: _VideoAddress


class _Sound(Body):
    # OpenAI takes the first two; other vendors behind the same protocol take the others too.
    data: str
    format: Literal["wav", "mp3", "flac", "aac", "m4a", "ogg", "opus", "webm"]


class _Audio(Body):
    type: Literal["input_audio"]
    input_audio: _Sound


_Part = Annotated[_Text | _Image | _Video | _Audio, Field(discriminator="type")]


class _Asked(Body):
    role: Literal["user"]
    content: str | Annotated[list[_Part], Field(min_length=1)]
    name: str | None = None


class _Instructed(Body):
    role: Literal["system", "developer"]
    content: str | list[_Text]
    name: str | None = None


class _Answered(Body):
    role: Literal["assistant"]
    content: str | list[_Text] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[Json] | None = None


class _Returned(Body):
    role: Literal["tool"]
    content: str | list[_Text]
    tool_call_id: str


_Message = Annotated[_Asked | _Instructed | _Answered | _Returned, Field(discriminator="role")]


class _NamedSchema(Body):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str | None = None
    schema_: Annotated[Json | None, Field(alias="schema")] = None
    strict: bool | None = None


class _AsText(Body):
    type: Literal["text"]


class _AsObject(Body):
    type: Literal["json_object"]


class _AsSchema(Body):
    type: Literal["json_schema"]
    json_schema: _NamedSchema


class _StreamOptions(Body):
    include_usage: bool = False
    include_obfuscation: bool | None = None


class _Request(Body):
    """The last five are not OpenAI's: other vendors behind the same protocol have them."""

    model: str
    messages: Annotated[list[_Message], Field(min_length=1)]
    temperature: Temperature = None
    top_p: Share = None
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_tokens: Count = None
    max_completion_tokens: Count = None
    response_format: Annotated[_AsText | _AsObject | _AsSchema, Field(discriminator="type")] | None = None
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    seed: int | None = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    tools: list[Json] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    modalities: list[str] | None = None
    metadata: dict[str, str] | None = None
    user: str | None = None
    store: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    top_k: Count = None
    repetition_penalty: Annotated[float | None, Field(gt=0)] = None
    thinking: Json | None = None
    enable_thinking: bool | None = None
    reasoning: Json | None = None


class Completions:
    """POST /v1/chat/completions."""

    name = "openai.chat.completions"

    def read(self, body: Json, *, strict: bool) -> Question:
        """The question in the body. Raises `Refused` (400)."""
        request = understood(_Request, body, strict=strict)
        if request.stream_options is not None and not request.stream:
            raise Refused(400, "stream_options: is only allowed when stream is enabled")
        if request.max_tokens and request.max_completion_tokens:
            raise Refused(400, "max_tokens and max_completion_tokens cannot both be set")
        texts = [_words(message.content) for message in request.messages]
        asked = [number for number, message in enumerate(request.messages) if isinstance(message, _Asked)]
        return Question(
            prompt=texts[asked[-1]] if asked else "",
            system="\n".join(
                text for text, message in zip(texts, request.messages, strict=True) if isinstance(message, _Instructed)
            ),
            text="\n".join(texts),
            media=tuple(_media(request.messages)),
            limit=request.max_tokens or request.max_completion_tokens,
            limit_word="max_completion_tokens" if request.max_completion_tokens else "max_tokens",
            json=_wanted(request, "\n".join(texts)),
            streams=bool(request.stream),
            streams_usage=request.stream_options is not None and request.stream_options.include_usage,
            sampled=sampled(request),
        )

    def answer(self, exchange: Exchange) -> Json:
        """The whole answer."""
        reply = exchange.reply
        refused = reply.end == "refusal"
        message: Json = {
            "role": "assistant",
            "content": None if refused else reply.text,
            "refusal": REFUSAL if refused else None,
            **({"reasoning_content": reply.thoughts} if reply.thoughts else {}),
        }
        choice: Json = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
        return _head(exchange, "chat.completion") | {"choices": [choice], "usage": _usage(reply)}

    def frames(self, exchange: Exchange) -> list[str]:
        """Chunks, the usage where it was asked for, and [DONE]."""
        reply, with_usage = exchange.reply, exchange.question.streams_usage
        deltas: list[Json] = [{"role": "assistant", "content": "", "refusal": None}]
        if reply.thoughts:
            deltas.append({"reasoning_content": reply.thoughts})
        deltas += [{"content": piece} for piece in reply.pieces]
        if reply.end == "refusal":
            deltas.append({"refusal": REFUSAL})
        head = _head(exchange, "chat.completion.chunk")
        if with_usage:
            head["usage"] = None
        chunks = [
            head | {"choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]}
            for delta in deltas
        ]
        end: Json = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish(reply)}
        chunks.append(head | {"choices": [end]})
        if with_usage:
            last: Json = {"choices": [], "usage": _usage(reply)}
            chunks.append(head | last)
        return [*map(frame, chunks), frame("[DONE]")]


def _words(content: str | list[_Part] | list[_Text] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text for part in content if isinstance(part, _Text))


def _media(messages: list[_Message]) -> list[Media]:
    found: list[Media] = []
    for number, message in enumerate(messages):
        for place, part in enumerate(message.content if isinstance(message.content, list) else ()):
            where = f"messages.{number}.content.{place}"
            match part:
                case _Image():
                    found.append(media_at("image", part.image_url.url, f"{where}.image_url.url"))
                case _Video():
                    found.append(media_at("video", part.video_url.url, f"{where}.video_url.url"))
                case _Audio():
                    sound, at = part.input_audio, f"{where}.input_audio.data"
                    found.append(Media("audio", at, data=decoded(sound.data, at), told=sound.format))
                case _:
                    pass
    return found


def _wanted(request: _Request, text: str) -> JsonAnswer | None:
    match request.response_format:
        case _AsObject():
            says_json(text)
            return JsonAnswer()
        case _AsSchema(json_schema=named):
            if named.schema_ is not None:
                check_schema(named.schema_)
                if named.strict:
                    check_strict(named.schema_)
            return JsonAnswer(named.schema_)
        case _:
            return None


def _head(exchange: Exchange, kind: str) -> Json:
    return {"id": f"chatcmpl-{exchange.id}", "object": kind, "created": exchange.at, "model": exchange.model}


def _finish(reply: Reply) -> str:
    return "length" if reply.end == "length" else "stop"


def _usage(reply: Reply) -> Json:
    return {
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
    }
