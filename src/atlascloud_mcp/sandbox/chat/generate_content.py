"""Google's generateContent. Source: the Gemini API reference; its fields may be written in snake or camel case."""

import mimetypes
from typing import Annotated, Literal, get_args

from pydantic import AliasChoices, ConfigDict, Field
from pydantic.alias_generators import to_camel

from atlascloud_mcp.sandbox.chat.json_answers import check_schema
from atlascloud_mcp.sandbox.chat.protocol import frame
from atlascloud_mcp.sandbox.chat.question import (
    Body,
    Count,
    JsonAnswer,
    Media,
    MediaKind,
    Penalty,
    Question,
    Share,
    Temperature,
    decoded,
    sampled,
    understood,
)
from atlascloud_mcp.sandbox.chat.reply import Exchange, Reply
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused

_FINISHES = {"stop": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY"}


class _Fields(Body):
    """Both spellings of each field."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Blob(_Fields):
    mime_type: str
    data: str


class _File(_Fields):
    mime_type: str | None = None
    file_uri: str


class _Part(_Fields):
    text: str | None = None
    inline_data: _Blob | None = None
    file_data: _File | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    video_metadata: Json | None = None


class _Content(_Fields):
    role: Literal["user", "model"] | None = None
    parts: Annotated[list[_Part], Field(min_length=1)]


class _Instruction(_Fields):
    role: str | None = None
    parts: Annotated[list[_Part], Field(min_length=1)]


class _Schema(_Fields):
    """OpenAPI's schema, as far as the API knows it: JSON Schema's other words are refused."""

    type: str | None = None
    format: str | None = None
    title: str | None = None
    description: str | None = None
    nullable: bool | None = None
    enum: list[str] | None = None
    items: "_Schema | None" = None
    properties: "dict[str, _Schema] | None" = None
    required: list[str] | None = None
    property_ordering: list[str] | None = None
    any_of: "list[_Schema] | None" = None
    min_items: int | str | None = None
    max_items: int | str | None = None
    min_properties: int | str | None = None
    max_properties: int | str | None = None
    min_length: int | str | None = None
    max_length: int | str | None = None
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    default: object = None
    example: object = None


class _Config(_Fields):
    temperature: Temperature = None
    top_p: Share = None
    top_k: Annotated[float | None, Field(ge=1)] = None
    candidate_count: Literal[1] | None = None
    max_output_tokens: Count = None
    stop_sequences: Annotated[list[str] | None, Field(max_length=5)] = None
    response_mime_type: Literal["text/plain", "application/json", "text/x.enum"] | None = None
    response_schema: _Schema | None = None
    response_json_schema: Annotated[
        Json | None,
        Field(validation_alias=AliasChoices("responseJsonSchema", "response_json_schema", "_responseJsonSchema")),
    ] = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    seed: int | None = None
    thinking_config: Json | None = None
    response_modalities: list[str] | None = None
    media_resolution: str | None = None
    speech_config: Json | None = None
    response_logprobs: bool | None = None
    logprobs: int | None = None


class _Request(_Fields):
    contents: Annotated[list[_Content], Field(min_length=1)]
    model: str | None = None
    system_instruction: _Instruction | None = None
    generation_config: _Config | None = None
    safety_settings: list[Json] | None = None
    tools: list[Json] | None = None
    tool_config: Json | None = None
    cached_content: str | None = None
    labels: dict[str, str] | None = None


class GenerateContent:
    """POST …/models/{id}:generateContent, and :streamGenerateContent."""

    name = "gemini.generate"

    def read(self, body: Json, *, strict: bool) -> Question:
        """The question in the body. Raises `Refused` (400)."""
        request = understood(_Request, body, strict=strict)
        config = request.generation_config or _Config()
        turns = [(content.role or "user", _words(content.parts)) for content in request.contents]
        system = _words(request.system_instruction.parts) if request.system_instruction else ""
        return Question(
            prompt=next((text for role, text in reversed(turns) if role == "user"), ""),
            system=system,
            text="\n".join([system, *(text for _, text in turns)]),
            media=tuple(
                _medium(part, f"contents.{number}.parts.{place}")
                for number, content in enumerate(request.contents)
                for place, part in enumerate(content.parts)
                if part.inline_data or part.file_data
            ),
            limit=config.max_output_tokens,
            limit_word="maxOutputTokens",
            json=_wanted(config),
            sampled=sampled(config),
        )

    def answer(self, exchange: Exchange) -> Json:
        """The whole answer."""
        return self._chunk(exchange, _parts(exchange.reply), is_last=True)

    def chunks(self, exchange: Exchange) -> list[Json]:
        """The answer in pieces; the last one says why it ends and what it used."""
        reply = exchange.reply
        thoughts = [[part] for part in _parts(reply) if part.get("thought")]
        pieces: list[list[Json]] = [*thoughts, *([{"text": piece}] for piece in reply.pieces)] or [[]]
        return [
            self._chunk(exchange, parts, is_last=number == len(pieces)) for number, parts in enumerate(pieces, start=1)
        ]

    def frames(self, exchange: Exchange) -> list[str]:
        """The pieces as events without a name. There is no [DONE]."""
        return [frame(chunk, end="\r\n") for chunk in self.chunks(exchange)]

    def _chunk(self, exchange: Exchange, parts: list[Json], *, is_last: bool) -> Json:
        reply = exchange.reply
        candidate: Json = {"index": 0}
        if reply.end != "refusal":
            candidate["content"] = {"role": "model", **({"parts": parts} if parts else {})}
        else:
            rating: Json = {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}
            candidate["safetyRatings"] = [rating]
        if is_last:
            candidate["finishReason"] = _FINISHES[reply.end]
        return {
            "candidates": [candidate],
            "usageMetadata": _usage(reply),
            "modelVersion": exchange.model,
            "responseId": exchange.id,
        }


def _words(parts: list[_Part]) -> str:
    return "\n".join(part.text for part in parts if part.text is not None)


def _medium(part: _Part, place: str) -> Media:
    if part.inline_data is not None:
        kind = _kind(part.inline_data.mime_type, f"{place}.inlineData.mimeType")
        return Media(kind, place, data=decoded(part.inline_data.data, f"{place}.inlineData.data"))
    file = part.file_data or _File(file_uri="")
    guessed = file.mime_type or mimetypes.guess_type(file.file_uri.partition("?")[0])[0] or ""
    kind = _kind(guessed, f"{place}.fileData.mimeType")
    if not file.file_uri.startswith(("https://", "http://")):
        raise Refused(400, f"{place}.fileData.fileUri: is no address that can be fetched")
    return Media(kind, place, url=file.file_uri)


def _kind(mime_type: str, place: str) -> MediaKind:
    for kind in get_args(MediaKind):
        if mime_type.startswith(f"{kind}/"):
            return kind
    raise Refused(400, f"{place}: Unsupported MIME type: {mime_type or '(none)'}")


def _wanted(config: _Config) -> JsonAnswer | None:
    schema = config.response_json_schema
    if schema is not None:
        check_schema(schema)
    if config.response_schema is not None:
        if schema is not None:
            raise Refused(400, "generationConfig: responseSchema and responseJsonSchema cannot both be set")
        schema = config.response_schema.model_dump(exclude_none=True, by_alias=True)
    if config.response_mime_type == "application/json":
        return JsonAnswer(schema)
    if schema is not None:
        raise Refused(400, "generationConfig.responseMimeType: must be application/json where a schema is given")
    return None


def _parts(reply: Reply) -> list[Json]:
    parts: list[Json] = [{"text": reply.thoughts, "thought": True}] if reply.thoughts else []
    return [*parts, {"text": reply.text}] if reply.text else parts


def _usage(reply: Reply) -> Json:
    said = reply.output_tokens - reply.reasoning_tokens
    return {
        "promptTokenCount": reply.input_tokens,
        **({"candidatesTokenCount": said} if said else {}),
        **({"thoughtsTokenCount": reply.reasoning_tokens} if reply.reasoning_tokens else {}),
        "totalTokenCount": reply.input_tokens + reply.output_tokens,
    }
