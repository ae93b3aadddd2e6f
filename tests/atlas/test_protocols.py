"""Each protocol's request bodies, in the shapes of the makers' public references."""

import json
from typing import Any

import pytest

from atlascloud_mcp.atlas.protocols.completions import COMPLETIONS
from atlascloud_mcp.atlas.protocols.generate_content import GENERATE_CONTENT
from atlascloud_mcp.atlas.protocols.messages import MESSAGES
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import Attachment, Question
from atlascloud_mcp.atlas.protocols.responses import RESPONSES
from atlascloud_mcp.atlas.protocols.strictness import allows_strict
from atlascloud_mcp.atlas.protocols.supported import carrying, supported

PROTOCOLS = (COMPLETIONS, RESPONSES, MESSAGES, GENERATE_CONTENT)
PICTURE = Attachment("image", "image/png", data="cGlj")
LINKED = Attachment("image", "image/webp", url="https://example.com/fox.webp")
CLIP = Attachment("video", "video/mp4", url="https://example.com/fox.mp4")
SOUND = Attachment("audio", "audio/mpeg", data="bXAz")
CLOSED = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"name": {"type": "string", "minLength": 2}}}
ONLY_JSON = "Answer with JSON only, without any other words."
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
INLINE = {"inline_data": {"mime_type": "image/png", "data": "cGlj"}}


def said(content: Any = "Hi", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **fields}


def put(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [*parts, {"type": "input_text", "text": "Hi"}]}], **fields}


def told(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [*parts, {"text": "Hi"}]}], **fields}


HI = {"type": "text", "text": "Hi"}
# Where JSON is wanted without a schema, the word has to stand in the input itself.
IN_JSON = [{"role": "user", "content": [{"type": "input_text", "text": each} for each in ("Hi", ONLY_JSON)]}]
SYSTEM = {"role": "system", "content": "Be brief"}
USER = {"role": "user", "content": "Hi"}
# What is asked beside "Hi", and each protocol's body but for the model and what makes it stream.
BODIES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "text": ({}, [said(), put(), said(max_tokens=8192), told()]),
    "picture": (
        {"attachments": (PICTURE,)},
        [
            said([{"type": "image_url", "image_url": {"url": "data:image/png;base64,cGlj"}}, HI]),
            put({"type": "input_image", "image_url": "data:image/png;base64,cGlj"}),
            said(
                [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "cGlj"}}, HI],
                max_tokens=8192,
            ),
            told(INLINE),
        ],
    ),
    "picture by its address": (
        {"attachments": (LINKED,)},
        [
            said([{"type": "image_url", "image_url": {"url": LINKED.url}}, HI]),
            put({"type": "input_image", "image_url": LINKED.url}),
            said([{"type": "image", "source": {"type": "url", "url": LINKED.url}}, HI], max_tokens=8192),
            told({"file_data": {"mime_type": "image/webp", "file_uri": LINKED.url}}),
        ],
    ),
    "system": (
        {"system": "Be brief"},
        [
            {"messages": [SYSTEM, USER]},
            put(instructions="Be brief"),
            said(system="Be brief", max_tokens=8192),
            told(systemInstruction={"parts": [{"text": "Be brief"}]}),
        ],
    ),
    "any JSON": (
        {"wants_json": True},
        [
            {"messages": [{"role": "system", "content": ONLY_JSON}, USER], "response_format": {"type": "json_object"}},
            put(input=IN_JSON, text={"format": {"type": "json_object"}}),
            said(system=ONLY_JSON, max_tokens=8192),
            told(generationConfig={"responseMimeType": "application/json"}),
        ],
    ),
    "JSON that is spoken of already": (
        {"wants_json": True, "system": "Answer in JSON"},
        [
            {
                "messages": [{"role": "system", "content": "Answer in JSON"}, USER],
                "response_format": {"type": "json_object"},
            },
            put(instructions="Answer in JSON", input=IN_JSON, text={"format": {"type": "json_object"}}),
            said(system=f"Answer in JSON\n\n{ONLY_JSON}", max_tokens=8192),
            told(
                systemInstruction={"parts": [{"text": "Answer in JSON"}]},
                generationConfig={"responseMimeType": "application/json"},
            ),
        ],
    ),
    "JSON of a closed schema": (
        {"wants_json": True, "schema": CLOSED},
        [
            said(
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": CLOSED, "strict": True},
                }
            ),
            put(text={"format": {"type": "json_schema", "name": "answer", "schema": CLOSED, "strict": True}}),
            said(system=f"{ONLY_JSON} It must fit this JSON schema: {json.dumps(CLOSED)}", max_tokens=8192),
            told(generationConfig={"responseMimeType": "application/json", "responseJsonSchema": CLOSED}),
        ],
    ),
    "JSON of an open schema": (
        {"wants_json": True, "schema": OPEN},
        [
            said(
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "schema": OPEN, "strict": False},
                }
            ),
            put(text={"format": {"type": "json_schema", "name": "answer", "schema": OPEN, "strict": False}}),
            said(system=f"{ONLY_JSON} It must fit this JSON schema: {json.dumps(OPEN)}", max_tokens=8192),
            told(generationConfig={"responseMimeType": "application/json", "responseJsonSchema": OPEN}),
        ],
    ),
    "limits": (
        {"max_tokens": 50, "temperature": 0.0},
        [
            said(max_tokens=50, temperature=0.0),
            put(max_output_tokens=50, temperature=0.0),
            said(max_tokens=50, temperature=0.0),
            told(generationConfig={"maxOutputTokens": 50, "temperature": 0.0}),
        ],
    ),
    "params, merged": (
        {"max_tokens": 50, "params": {"generationConfig": {"topK": 4}, "text": {"verbosity": "low"}, "max_tokens": 60}},
        [
            said(max_tokens=60, generationConfig={"topK": 4}, text={"verbosity": "low"}),
            put(max_output_tokens=50, max_tokens=60, generationConfig={"topK": 4}, text={"verbosity": "low"}),
            said(max_tokens=60, generationConfig={"topK": 4}, text={"verbosity": "low"}),
            told(generationConfig={"maxOutputTokens": 50, "topK": 4}, text={"verbosity": "low"}, max_tokens=60),
        ],
    ),
}
PLAIN_STREAM = {"model": "a/b", "stream": True}
ALWAYS: tuple[dict[str, Any], ...] = (
    {"model": "a/b", **STREAMED},
    {"model": "a/b", "stream": True},
    {"model": "a/b", "stream": True},
    {},
)


@pytest.mark.parametrize("number", range(4), ids=[each.name for each in PROTOCOLS])
@pytest.mark.parametrize("case", BODIES)
def test_a_question_becomes_the_body_of_each_protocol(case: str, number: int) -> None:
    asked, bodies = BODIES[case]
    body = PROTOCOLS[number].body(Question("a/b", "Hi", **asked))
    assert body == {**bodies[number], **ALWAYS[number]}


def test_a_limit_that_must_be_given_is_the_models_own_where_that_is_less() -> None:
    assert MESSAGES.body(Question("a/b", "Hi", longest_answer=4096))["max_tokens"] == 4096
    assert MESSAGES.body(Question("a/b", "Hi", longest_answer=65536))["max_tokens"] == 8192


@pytest.mark.parametrize(
    ("protocol", "attachment", "part"),
    [
        (COMPLETIONS, CLIP, {"type": "video_url", "video_url": {"url": CLIP.url}}),
        (COMPLETIONS, SOUND, {"type": "input_audio", "input_audio": {"data": "bXAz", "format": "mp3"}}),
        (
            COMPLETIONS,
            Attachment("audio", "audio/wav", data="d2F2"),
            {"type": "input_audio", "input_audio": {"data": "d2F2", "format": "wav"}},
        ),
        (GENERATE_CONTENT, CLIP, {"file_data": {"mime_type": "video/mp4", "file_uri": CLIP.url}}),
        (GENERATE_CONTENT, SOUND, {"inline_data": {"mime_type": "audio/mpeg", "data": "bXAz"}}),
    ],
)
def test_clips_and_recordings_have_their_own_parts(
    protocol: ChatProtocol, attachment: Attachment, part: dict[str, Any]
) -> None:
    assert json.dumps(part) in json.dumps(protocol.body(Question("a/b", "Hi", attachments=(attachment,))))


def test_an_id_keeps_its_slashes_in_the_documented_path_and_in_the_other() -> None:
    assert GENERATE_CONTENT.paths("google/gemini-2.5-flash") == (
        "/v1beta/models/google/gemini-2.5-flash:generateContent",
        "/v1/models/google/gemini-2.5-flash:generateContent",
    )
    assert GENERATE_CONTENT.paths("a/b?x=1#")[0] == "/v1beta/models/a/b%3Fx%3D1%23:generateContent"


@pytest.mark.parametrize(
    ("words", "media", "name"),
    [
        ((), "", "chat completions"),
        (("openai.responses", "openai.chat.completions"), "", "responses"),
        (("openai.responses", "openai.chat.completions"), "video", "chat completions"),
        (("Gemini.Generate",), "audio", "generateContent"),
        (("openai.completions", "claude.messages"), "image", "messages"),
        (("openai.images", "openai.completions"), "", None),
        (("claude.messages",), "audio", None),
    ],
)
def test_the_first_protocol_that_is_spoken_and_carries_the_media_is_used(
    words: tuple[str, ...], media: Any, name: str | None
) -> None:
    found = carrying(supported(words), {media} - {""})
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        (OPEN, False),
        ({"type": "object", "properties": {}, "additionalProperties": False}, True),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "properties": {"name": OPEN}}, False),
        ({**CLOSED, "properties": {"name": {"type": "array", "items": CLOSED}}}, True),
        ({**CLOSED, "properties": {"name": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        ({**CLOSED, "properties": {"name": True}}, False),
        ({**CLOSED, "allOf": []}, False),
        ({"type": "string", "additionalProperties": True}, False),
    ],
)
def test_strictness_is_asked_for_only_where_a_schema_allows_it(schema: dict[str, Any], strict: bool) -> None:
    assert allows_strict(schema) is strict


def test_a_schema_that_is_nested_without_end_is_not_strict() -> None:
    schema: dict[str, Any] = {}
    for _ in range(50):
        schema = {"type": "array", "items": schema}
    assert not allows_strict(schema)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=[each.name for each in PROTOCOLS])
def test_the_limit_of_a_body_is_the_one_that_was_given_wherever_the_protocol_puts_it(protocol: ChatProtocol) -> None:
    body = protocol.body(Question("a/b", "Hi", max_tokens=5))
    assert protocol.limit_of(body) == 5
    renamed = protocol.amended({**body, "stream": False}, "Use 'max_completion_tokens'")
    assert protocol.limit_of(renamed or body) == 5
    assert protocol.limit_of({"generationConfig": 1, "max_tokens": "x", "max_output_tokens": -1}) is None


@pytest.mark.parametrize("schema", [None, {"type": "object"}])
def test_where_json_is_asked_for_in_words_already_nothing_is_left_to_leave_out(schema: dict[str, Any] | None) -> None:
    question = Question("a/b", "Hi", wants_json=True, schema=schema)
    less = question.with_less_of_a_json_mode()
    bodies = [MESSAGES.body(each) for each in (question, less, less.with_less_of_a_json_mode())]
    assert bodies[0] == bodies[1] == bodies[2]
