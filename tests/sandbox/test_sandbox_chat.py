import base64
import json
import wave
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from chat_calls import ASKINGS, CHAT, GENERATE, MESSAGES, OMNI, PICTURE, RESPONSES, Asking
from jsonschema import Draft202012Validator
from sandbox_town import FLUX, Town, png

from atlascloud_mcp.sandbox.chat.json_answers import instance
from atlascloud_mcp.sandbox.faults import Fault

each_protocol = pytest.mark.parametrize("asking", ASKINGS.values(), ids=list(ASKINGS))

STOPS = {CHAT: "stop", RESPONSES: "completed", MESSAGES: "end_turn", GENERATE: "STOP"}
CUTS = {CHAT: "length", RESPONSES: "max_output_tokens", MESSAGES: "max_tokens", GENERATE: "MAX_TOKENS"}
REFUSALS = {CHAT: "refusal", RESPONSES: "refusal", MESSAGES: "refusal", GENERATE: "SAFETY"}


async def _answer(town: Town, path: str, body: object) -> Any:
    response = await town.client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def _refusal(town: Town, path: str, body: object) -> tuple[int, str]:
    response = await town.client.post(path, json=body)
    answer = response.json()
    assert answer["code"] == response.status_code >= 400
    assert answer["request_id"] == response.headers["X-Request-ID"]
    assert answer["data"] is None
    assert town.sandbox.billed_usd == 0
    return response.status_code, answer["msg"]


def _chat(content: object, model: str = OMNI, **fields: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": content}], **fields}


@each_protocol
async def test_a_reply_says_what_was_asked_and_what_came_with_it(town: Town, asking: Asking) -> None:
    answer = await _answer(town, asking.path, asking.full("What is this?"))
    text, end = asking.told(answer)
    assert text == (
        "Hello from the sandbox! You asked: “What is this?”. With it came a PNG picture of 64 x 48 pixels. "
        "My instructions begin: “Speak like a heron.”."
    )
    assert end == STOPS[asking.path]
    assert answer["sandbox"] is True
    assert asking.told(await _answer(town, asking.path, asking.full("What is this?")))[0] == text


@each_protocol
async def test_a_call_is_billed_by_its_tokens_and_takes_its_time(town: Town, asking: Asking) -> None:
    town.sandbox.chat_seconds = 7
    asked, said, reasoned = asking.usage(await _answer(town, asking.path, asking.ask("tell me " * 100)))
    assert town.hands[0] == 107
    assert asked >= 200
    assert said > 10
    assert reasoned == 0
    assert town.sandbox.billed_usd == (asked * Decimal("0.25") + said * 2) / 1_000_000
    assert town.sandbox.balance_usd == 10 - town.sandbox.billed_usd


@each_protocol
async def test_a_limit_cuts_the_reply_and_is_said(town: Town, asking: Asking) -> None:
    answer = await _answer(town, asking.path, asking.ask("long-test", limit=16))
    text, end = asking.told(answer)
    assert (len(text), end) == (64, CUTS[asking.path])
    assert asking.usage(answer)[1] == 16


@each_protocol
async def test_a_long_reply_has_60000_letters(town: Town, asking: Asking) -> None:
    text, end = asking.told(await _answer(town, asking.path, asking.ask("a long-test")))
    assert (len(text), end) == (60_000, STOPS[asking.path])


@each_protocol
async def test_hidden_reasoning_can_eat_the_whole_limit(town: Town, asking: Asking) -> None:
    answer = await _answer(town, asking.path, asking.ask("reason-test", limit=100))
    assert asking.told(answer) == ("", CUTS[asking.path])
    _, said, reasoned = asking.usage(answer)
    assert (said, reasoned) == (100, 0 if asking.path == MESSAGES else 100)
    assert "herons" in json.dumps(answer)


@each_protocol
async def test_a_model_can_refuse_in_the_way_of_its_protocol(town: Town, asking: Asking) -> None:
    answer = await _answer(town, asking.path, asking.ask("refuse-test"))
    assert asking.told(answer) == ("", REFUSALS[asking.path])
    assert town.sandbox.billed_usd > 0


@each_protocol
async def test_a_failed_call_is_free(town: Town, asking: Asking) -> None:
    assert await _refusal(town, asking.path, asking.ask("fail-test")) == (500, "internal server error")


@each_protocol
async def test_an_empty_account_is_told_so(town: Town, asking: Asking) -> None:
    town.sandbox.balance_usd = 0
    assert await _refusal(town, asking.path, asking.ask("hello")) == (402, "insufficient balance")


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (CHAT, _chat("hi", model="nobody/nothing"), 404, "model not found: nobody/nothing"),
        (CHAT, {"messages": []}, 400, "model is required"),
        (CHAT, [], 400, "invalid JSON body"),
        (CHAT, _chat("hi", model=FLUX), 400, "is no language model"),
        (CHAT, _chat("hi", model="mossglow/farmouth"), 404, "router not found"),
        (CHAT, _chat("hi", model="emberloft/parlance-5"), 400, "it supports claude.messages"),
        (CHAT, _chat("hi", model="kitewright/quillback"), 400, "it supports openai.completions"),
        (RESPONSES, {"model": "saltmarsh-ai/plainspeak", "input": "hi"}, 400, "it supports openai.chat.completions"),
        ("/v1/models/saltmarsh-ai/plainspeak:generateContent", {}, 400, "does not support gemini.generate"),
    ],
)
async def test_a_model_answers_on_its_own_protocols_alone(
    town: Town, path: str, body: object, status: int, said: str
) -> None:
    found, message = await _refusal(town, path, body)
    assert found == status
    assert said in message


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("saltmarsh-ai/plainspeak", CHAT),
        ("northpier/logrunner-codex", CHAT),
        ("northpier/logrunner-codex", RESPONSES),
        ("driftglass/prismatica-pro", CHAT),
        ("driftglass/prismatica-pro", "/v1/models/driftglass/prismatica-pro:generateContent"),
    ],
)
async def test_the_list_of_protocols_may_have_either_name_or_be_missing(town: Town, model: str, path: str) -> None:
    bodies: dict[str, object] = {CHAT: _chat("hi", model=model), RESPONSES: {"model": model, "input": "hi"}}
    body = bodies.get(path, {"contents": [{"parts": [{"text": "hi"}]}]})
    assert "hi" in json.dumps(await _answer(town, path, body))


_SOUND = BytesIO()
with wave.open(_SOUND, "wb") as _wav:
    _wav.setnchannels(1)
    _wav.setsampwidth(2)
    _wav.setframerate(8000)
    _wav.writeframes(bytes(2 * 12_000))
WAV = base64.b64encode(_SOUND.getvalue()).decode()
MP4 = base64.b64encode(b"\0\0\0\x18ftypisom" + bytes(8)).decode()


async def test_a_chat_takes_pictures_clips_and_recordings(town: Town) -> None:
    parts = [
        {"type": "text", "text": "Compare"},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png?sig=1", "detail": "low"}},
        {"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{MP4}"}},
        {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
    ]
    text, _ = ASKINGS["chat"].told(await _answer(town, CHAT, _chat(parts)))
    assert (
        "With it came a picture at https://pictures.example/a.png (not fetched), an MP4 clip of 20 bytes and "
        "a WAV recording of 1.5 seconds."
    ) in text


async def test_generate_content_takes_media_inline_and_by_address_in_both_spellings(town: Town) -> None:
    upload = await town.upload(png(size=(80, 64)))
    parts = [
        {"inline_data": {"mime_type": "audio/wav", "data": WAV}},
        {"inlineData": {"mimeType": "image/png", "data": PICTURE}},
        {"file_data": {"file_uri": "https://films.example/a.mp4"}},
        {"fileData": {"mimeType": "image/png", "fileUri": upload["download_url"]}},
    ]
    body = {"contents": [{"role": "user", "parts": [{"text": "Compare"}, *parts]}]}
    text, _ = ASKINGS["gemini"].told(await _answer(town, GENERATE, body))
    assert "a WAV recording of 1.5 seconds, a PNG picture of 64 x 48 pixels, a clip at https://films.example" in text
    assert "and a PNG picture of 80 x 64 pixels" in text


async def test_an_output_of_the_sandbox_is_looked_at(town: Town) -> None:
    job = await town.finished()
    source = {"type": "image", "source": {"type": "url", "url": job["outputs"][0]}}
    body = ASKINGS["messages"].ask("x") | {"messages": [{"role": "user", "content": [source]}]}
    text, _ = ASKINGS["messages"].told(await _answer(town, MESSAGES, body))
    assert "a PNG picture of 64 x 64 pixels" in text


def _part(part: object, model: str = OMNI) -> dict[str, object]:
    return _chat([part], model=model)


def _messages(content: object, **fields: object) -> dict[str, object]:
    message = {"role": "user", "content": content}
    return {"model": "emberloft/parlance-mini", "max_tokens": 9, "messages": [message], **fields}


def _picture(url: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url}}


def _generate(config: object = None, **fields: object) -> dict[str, object]:
    body: dict[str, object] = {"contents": [{"parts": [{"text": "hi"}]}], **fields}
    return body if config is None else {**body, "generationConfig": config}


_BAD_BODIES: list[tuple[str, object, str]] = [
    (CHAT, {"model": OMNI, "messages": []}, "messages"),
    (CHAT, {"model": OMNI, "messages": [{"role": "robot", "content": "hi"}]}, "messages.0"),
    (CHAT, _chat("hi", prompt="hi"), "prompt: Extra inputs"),
    (CHAT, _chat("hi", temperature=2.1), "temperature"),
    (CHAT, _chat("hi", temperature="1"), "temperature"),
    (CHAT, _chat("hi", max_tokens=0), "max_tokens"),
    (CHAT, _chat("hi", max_tokens=40_000), "more than the model's maximum of 32768"),
    (CHAT, _chat("hi", max_tokens=9, max_completion_tokens=9), "cannot both"),
    (CHAT, _chat("hi", model="northpier/logrunner-codex", max_tokens=9), "Use 'max_completion_tokens'"),
    (CHAT, _chat("hi", stream_options={"include_usage": True}), "stream_options"),
    (CHAT, _chat("hi", response_format={"type": "json_object"}), "must contain the word 'json'"),
    (CHAT, _chat("hi", response_format={"type": "json_schema", "json_schema": {"schema": {}}}), "name"),
    (CHAT, _part({"type": "input_image", "image_url": "x"}), "messages.0.user.content.0: Input tag 'input_image'"),
    (CHAT, _part(_picture("cat.png")), "messages.0.content.0.image_url.url: is neither a URL nor"),
    (CHAT, _part(_picture("data:image/png;base64,???")), "is not valid base64"),
    (CHAT, _part(_picture("data:image/png;base64,AAAA")), "cannot be read as a picture"),
    (CHAT, _part(_picture(f"data:video/mp4;base64,{PICTURE}")), "must be image/*"),
    (CHAT, _part(_picture("http://sandbox.test/uploads/none/cat.png")), "media not found"),
    (CHAT, _part(_picture("https://a.example/b.png"), "saltmarsh-ai/plainspeak"), "takes no image; it takes text"),
    (CHAT, _part({"type": "input_audio", "input_audio": {"data": WAV, "format": "mp3"}}), "and is WAV"),
    (CHAT, _part({"type": "input_audio", "input_audio": {"data": PICTURE, "format": "wav"}}), "as a recording"),
    (CHAT, _part({"type": "input_audio", "input_audio": {"data": WAV[:24], "format": "wav"}}), "as a recording"),
    (CHAT, _part({"type": "input_audio", "input_audio": {"url": "https://a.example"}}), "input_audio"),
    (RESPONSES, {"model": "northpier/logrunner-deep", "messages": []}, "input"),
    (RESPONSES, {"model": "northpier/logrunner-deep", "input": "hi", "max_output_tokens": 15}, "max_output_tokens"),
    (
        RESPONSES,
        {"model": "northpier/logrunner-deep", "input": [{"role": "user", "content": [{"type": "text"}]}]},
        "input",
    ),
    (
        RESPONSES,
        {
            "model": "northpier/logrunner-deep",
            "input": [
                {"role": "user", "content": [{"type": "input_image", "image_url": {"url": "https://a.example"}}]}
            ],
        },
        "image_url",
    ),
    (MESSAGES, {"model": "emberloft/parlance-mini", "messages": [{"role": "user", "content": "hi"}]}, "max_tokens"),
    (MESSAGES, _messages("hi", temperature=1.5), "temperature"),
    (MESSAGES, _messages("hi") | {"model": "emberloft/parlance-5", "temperature": 0.5}, "bad request"),
    (MESSAGES, _messages(""), "messages.0.content"),
    (MESSAGES, _messages("hi") | {"messages": [{"role": "system", "content": "hi"}]}, "messages.0.role"),
    (MESSAGES, _messages("hi") | {"messages": [{"role": "assistant", "content": "hi"}]}, "must use the user role"),
    (
        MESSAGES,
        _messages([{"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": PICTURE}}]),
        "was said to be image/jpeg, and is PNG",
    ),
    (GENERATE, {"contents": "hi"}, "contents"),
    (GENERATE, _generate(system="hi"), "system"),
    (GENERATE, _generate({"max_tokens": 9}), "max_tokens"),
    (GENERATE, _generate({"temperature": 3}), "temperature"),
    (GENERATE, _generate({"responseSchema": {"type": "OBJECT"}}), "responseMimeType"),
    (
        GENERATE,
        _generate({"responseMimeType": "application/json", "responseSchema": {"additionalProperties": False}}),
        "additionalProperties",
    ),
    (
        GENERATE,
        _generate({"responseMimeType": "application/json", "responseSchema": {}, "responseJsonSchema": {}}),
        "cannot both",
    ),
    (
        GENERATE,
        {"contents": [{"parts": [{"inlineData": {"mimeType": "text/csv", "data": "YQ=="}}]}]},
        "Unsupported MIME",
    ),
    (GENERATE, {"contents": [{"parts": [{"fileData": {"fileUri": "files/a.png"}}]}]}, "fileUri"),
]


@pytest.mark.parametrize(("path", "body", "said"), _BAD_BODIES, ids=range(len(_BAD_BODIES)))
async def test_a_body_that_the_original_refuses_is_refused(town: Town, path: str, body: object, said: str) -> None:
    status, message = await _refusal(town, path, body)
    assert status == 400
    assert said in message


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("text/plain", b"{}", "content type must be application/json"),
        ("application/json", b"{oops", "invalid JSON body"),
        ("application/json", b"[" * 100_000, "invalid JSON body"),
    ],
)
async def test_a_body_must_be_json_and_be_called_so(town: Town, kind: str, content: bytes, said: str) -> None:
    response = await town.client.post(CHAT, content=content, headers={"Content-Type": kind})
    assert (response.status_code, response.json()["msg"]) == (400, said)


async def test_unknown_fields_pass_where_the_sandbox_is_not_strict(town: Town) -> None:
    town.sandbox.strict = False
    assert (await _answer(town, CHAT, _chat("hi", prompt="hi")))["choices"]


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 200, "maxLength": 250},
        "day": {"type": "string", "format": "date"},
        "count": {"type": "integer", "minimum": 3, "multipleOf": 2, "maximum": 9},
        "size": {"enum": ["small", "large"]},
        "birds": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/bird"}},
        "note": {"type": ["null", "string"]},
        "is_wet": {"type": "boolean"},
        "nothing": {"type": "null"},
        "fixed": {"const": 7},
    },
    "required": ["title", "day", "count", "size", "birds", "note", "is_wet", "nothing", "fixed"],
    "additionalProperties": False,
    "$defs": {
        "bird": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "parent": {"anyOf": [{"$ref": "#/$defs/bird"}, {"type": "null"}]},
            },
            "required": ["name", "parent"],
            "additionalProperties": False,
        }
    },
}
FLAT: dict[str, Any] = {"type": "object", "properties": {"bird": {"type": "string"}, "legs": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("asking", "extra", "schema"),
    [
        ("chat", {"response_format": {"type": "json_object"}}, None),
        ("chat", {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}}, SCHEMA),
        ("responses", {"text": {"format": {"type": "json_object"}}}, None),
        ("responses", {"text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}}, SCHEMA),
        ("gemini", {"generationConfig": {"responseMimeType": "application/json"}}, None),
        (
            "gemini",
            {"generation_config": {"response_mime_type": "application/json", "response_json_schema": SCHEMA}},
            SCHEMA,
        ),
        (
            "gemini",
            {
                "generationConfig": {
                    "responseMimeType": "application/json",
                    "responseSchema": {
                        "type": "OBJECT",
                        "properties": {"bird": {"type": "STRING"}, "legs": {"type": "INTEGER", "minimum": 2}},
                        "propertyOrdering": ["bird", "legs"],
                    },
                }
            },
            FLAT,
        ),
    ],
)
async def test_json_replies_are_json_of_the_asked_schema(
    town: Town, asking: str, extra: dict[str, Any], schema: dict[str, Any] | None
) -> None:
    way = ASKINGS[asking]
    text, _ = way.told(await _answer(town, way.path, way.ask("Which bird? In JSON.") | extra))
    value = json.loads(text)
    assert "Which bird?" in text
    if schema is None:
        assert set(value) == {"answer", "seen"}
    else:
        assert list(Draft202012Validator(schema).iter_errors(value)) == []  # pyright: ignore[reportUnknownMemberType]  stubs without Unknown's type
        assert set(value) == set(schema["properties"])


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "properties": {}}, "'additionalProperties' is required"),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, "including every key"),
        ({"type": 5}, "Invalid schema"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "'additionalProperties' is required"),
    ],
)
async def test_a_strict_format_takes_closed_schemas_alone(town: Town, schema: dict[str, Any], said: str) -> None:
    named = {"name": "a", "schema": schema, "strict": True}
    chat = _chat("hi", response_format={"type": "json_schema", "json_schema": named})
    responses = {
        "model": "northpier/logrunner-deep",
        "input": "hi",
        "text": {"format": {"type": "json_schema", **named}},
    }
    for path, body in ((CHAT, chat), (RESPONSES, responses)):
        status, message = await _refusal(town, path, body)
        assert status == 400
        assert said in message


def test_a_schema_that_asks_for_too_much_is_not_built_to_its_end() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        schema = {"type": "array", "minItems": 10**9, "items": schema}
    assert len(json.dumps(instance(schema, "The end."))) < 1_000_000


async def test_a_strict_format_takes_a_closed_schema(town: Town) -> None:
    named = {"name": "a", "schema": SCHEMA, "strict": True}
    body = _chat("hi", response_format={"type": "json_schema", "json_schema": named})
    assert (await _answer(town, CHAT, body))["choices"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"allOf": [{"type": "number", "exclusiveMinimum": 2}]}, 3),
        ({"items": {"type": "boolean"}, "maxItems": 0}, []),
        ({"type": "string", "maxLength": 3}, "The"),
        ({"type": "string", "minLength": 10**12}, "The end."),
        ({"$ref": "#/nowhere"}, "The end."),
        ({"$ref": "#"}, "The end."),
        ({"type": "array", "items": True}, [None]),
    ],
)
def test_odd_schemas_give_something_and_never_too_much(schema: dict[str, Any], value: object) -> None:
    found = instance(schema, "The end.")
    assert found == value or (isinstance(value, str) and found.startswith(value) and len(found) <= 1_000)


@pytest.mark.parametrize("base", ["/v1", "/v1beta"])
@pytest.mark.parametrize("name", ["driftglass/prismatica-flash", "driftglass%2Fprismatica-flash"])
async def test_both_gemini_paths_answer_with_the_slash_encoded_or_not(town: Town, base: str, name: str) -> None:
    assert (await _answer(town, f"{base}/models/{name}:generateContent", _generate()))["candidates"]


@pytest.mark.parametrize(("there", "missing"), [("v1", "v1beta"), ("v1beta", "v1")])
async def test_a_gemini_path_that_is_not_there_is_unauthorized(town: Town, there: str, missing: str) -> None:
    name = "models/driftglass/prismatica-flash:generateContent"
    body = {"gemini_paths": there}
    assert (await town.client.post("/sandbox/settings", json=body)).status_code == 200
    assert await _refusal(town, f"/{missing}/{name}", _generate()) == (401, "unauthorized")
    assert (await _answer(town, f"/{there}/{name}", _generate()))["candidates"]


async def test_the_openai_list_has_language_models_alone(town: Town) -> None:
    answer = (await town.client.get("/v1/models")).json()
    assert answer["object"] == "list"
    ids = [entry["id"] for entry in answer["data"]]
    assert {"saltmarsh-ai/plainspeak", "mossglow/farmouth"} <= set(ids)
    assert FLUX not in ids
    assert {"object": "model", "owned_by": "saltmarsh-ai", "name": "Plainspeak"}.items() <= next(
        entry for entry in answer["data"] if entry["id"] == "saltmarsh-ai/plainspeak"
    ).items()
    assert (await town.client.get("/v1/models", headers={"Authorization": ""})).status_code == 401


async def test_all_chat_routes_share_their_faults_and_counts(town: Town) -> None:
    town.sandbox.faults.add("chat", Fault(status=429), times=4)
    for asking in ASKINGS.values():
        assert await _refusal(town, asking.path, asking.ask("hi")) == (429, "too many requests")
    assert town.sandbox.counts == {"chat": 4}
    assert (await _answer(town, CHAT, _chat("hi")))["choices"]


async def test_calls_are_told_with_the_state(town: Town) -> None:
    await _answer(town, CHAT, _chat("hi"))
    (call,) = (await town.client.get("/sandbox/state")).json()["calls"]
    assert (call["model"], Decimal(call["usd"])) == (OMNI, town.sandbox.billed_usd)
