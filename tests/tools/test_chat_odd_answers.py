"""`chat` with servers whose answers are cut, counted, ended and refused in ways of their own."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import chat_script
from chat_script import DONE, FLASH, GLM, HELLO, LUNA, Models, Slowly, completion, content, event, piece, streamed, used
from world import World, text_of

asked, failing = partial(chat_script.asked, model=GLM), partial(chat_script.failing, model=GLM)


@pytest.mark.parametrize("prompt", ["Hi", "What does </think> end?"])
async def test_an_answer_that_begins_inside_a_thought_is_told_without_it_unless_tags_were_asked_about(
    tmp_path: Path, prompt: str
) -> None:
    answer = streamed(piece("They want JSON.\n</th"), piece('ink>\n\n{"a": "b"}', "stop"))
    fields = await asked(World(tmp_path, script=Models([answer])), prompt=prompt, json_output=True)
    is_json = fields["outputs"] == [{"text": '{"a": "b"}', "mime_type": "application/json"}]
    assert is_json is (prompt == "Hi")
    left_out = "The first 16 characters, up to a closing </think> tag, were reasoning and are left out."
    assert (fields["notes"] == [left_out]) is (prompt == "Hi")


async def test_an_answer_that_speaks_of_the_tag_that_ends_a_thought_is_told_from_its_beginning(tmp_path: Path) -> None:
    text = "DeepSeek R1 reasons first. Cut everything up to `</think>`, e.g. text.split('</think>')[-1]."
    fields = await asked(World(tmp_path, script=Models([streamed(piece(text), piece("", "stop"), DONE)])))
    assert (fields["outputs"][0]["text"], "notes" in fields) == (text, False)


HELD = b"".join(HELLO)
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "pieces",
    [
        [HELD[:2], HELD[2:]],
        [BOM, HELD],
        [BOM[:1], BOM[1:] + HELD],
        [bytes([byte]) for byte in HELD],
    ],
    ids=["two bytes first", "a byte order mark first", "half a byte order mark first", "byte by byte"],
)
async def test_a_stream_is_read_however_little_of_it_comes_first(tmp_path: Path, pieces: list[bytes]) -> None:
    world = World(tmp_path)
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [*pieces]))])
    fields = await asked(world)
    assert (fields["status"], fields["outputs"][0]["text"]) == ("completed", "Hello")


HALF = event({"type": "response.output_text.delta", "delta": "Half"})


def response(**fields: Any) -> bytes:
    return event({"type": "response.failed", "response": {"status": "failed", **fields}})


@pytest.mark.parametrize(
    ("model", "pieces", "reason"),
    [
        (LUNA, [HALF, response(error={"code": "server_error"})], "server_error"),
        (LUNA, [HALF, response(error="overloaded")], "overloaded"),
        (LUNA, [HALF, response()], "failed"),
        (GLM, [piece("Half"), piece("", "error"), DONE], "error"),
        (GLM, [piece("Half"), b"event: error\ndata: upstream timed out\n\n", DONE], "upstream timed out"),
        (GLM, [piece("Half"), b'event: error\ndata: "timed out"\n\n', DONE], "timed out"),
        (GLM, [piece("Half"), event({"type": "overloaded", "message": "busy"}, "error"), DONE], "busy"),
        (
            GLM,
            [piece("Half"), event({"choices": [{"finish_reason": "error", "error": {"message": "Upstream lost"}}]})],
            "Upstream lost",
        ),
    ],
)
async def test_an_error_in_a_stream_is_no_end_of_the_answer_and_its_reason_is_told(
    tmp_path: Path, model: str, pieces: list[bytes], reason: str
) -> None:
    world = World(tmp_path, script=Models([streamed(*pieces), streamed(*pieces[1:])]))
    fields = await asked(world, model=model)
    assert (fields["status"], fields["outputs"][0]["text"]) == ("incomplete", "Half")
    assert fields["notes"] == [f'INCOMPLETE: the service gave up: "{reason}". It may have been billed.']
    text = await failing(world, model=model)
    assert f'gave up with "{reason}"' in text
    assert "charges nothing" in text


COUNTED = event({"choices": [], "usage": used(given=1000, made=200)})
STOPPED = [piece("The answer", "stop"), piece(" is 42.", "stop")]
BROKEN = httpx.ReadError("reset")


@pytest.mark.parametrize(
    ("pieces", "pause_s", "text", "is_whole"),
    [
        ([*STOPPED, DONE], 3, "The answer is 42.", True),
        ([*STOPPED], 3, "The answer is 42.", True),
        ([piece("", "stop"), *STOPPED, DONE], 3, "The answer is 42.", True),
        ([event({"choices": [{"delta": {"reasoning": "hm"}, "finish_reason": "stop"}]}), *STOPPED], 3, None, True),
        ([piece("The answer"), piece("", "stop"), piece(" is 42.", "stop"), DONE], 1, "The answer is 42.", True),
        ([piece("The answer"), piece(" is 42.", "stop"), DONE], 3, "The answer is 42.", True),
        ([piece("The answer"), piece("", "going on"), piece(" is 42.", "stop"), DONE], 3, "The answer is 42.", True),
        ([piece("The answer"), piece(" is 42.", "stop"), BROKEN], 0, "The answer is 42.", True),
        ([piece("The answer"), piece(" is 42.", "stop"), piece("", "stop"), BROKEN], 0, "The answer is 42.", True),
        ([piece("The answer", "null"), piece(" is 42.", "stop"), COUNTED, BROKEN], 3, "The answer is 42.", True),
        ([piece("The answer", "None"), piece(" is 42.", "null"), DONE], 0, "The answer is 42.", True),
        ([piece("The answer", "length"), BROKEN], 0, "The answer", True),
        ([STOPPED[0], BROKEN], 0, "The answer", False),
        ([*STOPPED, BROKEN], 0, "The answer is 42.", False),
        ([piece("The answer"), piece("", "stop"), piece(" is"), BROKEN], 0, "The answer is", False),
        ([STOPPED[0], event({"error": {"message": "overloaded"}})], 0, "The answer", False),
        ([piece("The answer", "null"), BROKEN], 0, "The answer", False),
    ],
)
async def test_an_ending_that_every_piece_names_ends_nothing_until_the_stream_ends(
    tmp_path: Path, pieces: list[bytes | Exception], pause_s: float, text: str | None, *, is_whole: bool
) -> None:
    world = World(tmp_path)
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, pieces, pause_s))])
    fields = await asked(world)
    assert fields["outputs"][0]["text"] == (text or "The answer is 42.")
    notes = fields.get("notes", [])
    assert (fields["status"], any("INCOMPLETE" in note for note in notes)) == (
        ("completed", False) if is_whole else ("incomplete", True)
    )
    assert not any("null" in note.lower() for note in notes)


async def test_an_error_inside_of_a_success_is_told_by_its_own_words(tmp_path: Path) -> None:
    answer = httpx.Response(200, json={"code": 200, "message": "success", "data": {"error": "quota exceeded"}})
    assert 'gave up with "quota exceeded"' in await failing(World(tmp_path, script=Models([answer])))


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (GLM, {"choices": [{"message": {"content": '{"a": 1}'}}], "usage": used(given=1000, made=200)}),
        (FLASH, {"candidates": [{"content": {"parts": [{"text": '{"a": 1}'}]}}]}),
    ],
)
async def test_an_answer_that_came_whole_needs_no_word_for_its_end(
    tmp_path: Path, model: str, body: dict[str, Any]
) -> None:
    fields = await asked(
        World(tmp_path, script=Models([httpx.Response(200, json=body)])), model=model, json_output=True
    )
    assert fields["status"] == "completed"
    assert fields["outputs"] == [{"text": '{"a": 1}', "mime_type": "application/json"}]
    assert "notes" not in fields
    assert fields.get("cost_usd") == (0.00158 if model == GLM else None)


NO_PRICE = "; the catalogue lists no price of this model; get_account tells what was spent"
NOT_KNOWN = "; its cost is not known here; get_account tells what was spent"


@pytest.mark.parametrize(
    ("model", "answer", "has_catalogue", "usage"),
    [
        (GLM, streamed(*HELLO), True, "1000 input tokens, 200 output tokens, 150 reasoning tokens"),
        (GLM, streamed(*HELLO), False, f"1000 input tokens, 200 output tokens, 150 reasoning tokens{NOT_KNOWN}"),
        (GLM, streamed(COUNTED, piece("Half")), True, f"1000 input tokens{NOT_KNOWN}"),
        (FLASH, content(), True, f"10 input tokens, 23 output tokens, 20 reasoning tokens{NO_PRICE}"),
    ],
)
async def test_a_cost_that_is_not_known_is_laid_on_the_catalogue_only_where_that_lists_no_price(
    tmp_path: Path, model: str, answer: httpx.Response, usage: str, *, has_catalogue: bool
) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v1/models" and not has_catalogue:
            raise httpx.ConnectError("connection refused", request=request)
        return Models([answer])(request)

    async with World(tmp_path, script=script).client() as client:
        text = text_of(await client.call_tool("chat", {"prompt": "Hi", "model": model}))
    assert f"usage: {usage}" in text.splitlines()


async def test_blank_words_in_the_place_of_a_refusal_are_none(tmp_path: Path) -> None:
    delta = {"content": "Full answer", "refusal": " "}
    answer = streamed(event({"choices": [{"delta": delta, "finish_reason": "stop"}]}), DONE)
    fields = await asked(World(tmp_path, script=Models([answer])))
    assert (fields["status"], "notes" in fields) == ("completed", False)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"message": "bad header Authorization: Bearer sandbox-key"}),
        httpx.Response(200, json={"error": "bad header Authorization: Bearer sandbox-key"}),
        streamed(event({"error": {"message": "bad header Authorization: Bearer sandbox-key"}})),
        streamed(b"event: error\ndata: bad header Authorization: Bearer sandbox-key\n\n"),
    ],
)
async def test_an_error_that_repeats_the_key_is_told_without_it(tmp_path: Path, answer: httpx.Response) -> None:
    text = await failing(World(tmp_path, script=Models([answer])))
    assert "Bearer [key]" in text
    assert "sandbox-key" not in text


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
USER = {"role": "user", "content": "Hi"}
IN_WORDS = f"Answer with JSON only, without any other words. It must fit this JSON schema: {json.dumps(SCHEMA)}"


@pytest.mark.parametrize(
    ("model", "refusal", "answer", "second"),
    [
        (
            GLM,
            "This response_format type is unavailable now",
            completion('{"a": 1}'),
            {
                "messages": [{"role": "system", "content": IN_WORDS}, {"role": "user", "content": "Hi"}],
                "response_format": {"type": "json_object"},
            },
        ),
        (
            FLASH,
            "Invalid JSON payload received. Unknown name \"responseJsonSchema\" at 'generation_config'",
            content('{"a": 1}'),
            {
                "systemInstruction": {"parts": [{"text": IN_WORDS}]},
                "generationConfig": {"responseMimeType": "application/json"},
            },
        ),
    ],
)
async def test_a_schema_that_is_not_taken_is_said_in_words_and_checked_all_the_same(
    tmp_path: Path, model: str, refusal: str, answer: httpx.Response, second: dict[str, Any]
) -> None:
    models = Models([httpx.Response(400, json={"error": {"message": refusal}}), answer])
    fields = await asked(World(tmp_path, script=models), model=model, json_output=SCHEMA)
    assert len(models.asked) == 2
    assert models.bodies[1].items() >= second.items()
    assert "does not fit" in fields["notes"][0]


def refused(reason: str) -> httpx.Response:
    return httpx.Response(400, json={"message": reason})


NO_FORMAT = refused("response_format is not supported")
ONLY_JSON = "Answer with JSON only, without any other words."


@pytest.mark.parametrize(
    ("model", "wanted", "refusals", "last"),
    [
        (GLM, True, [NO_FORMAT], {"messages": [{"role": "system", "content": ONLY_JSON}, USER]}),
        (GLM, SCHEMA, [NO_FORMAT, NO_FORMAT], {"messages": [{"role": "system", "content": IN_WORDS}, USER]}),
        (
            LUNA,
            SCHEMA,
            [refused("Unknown parameter: 'text.format'")] * 2,
            {"instructions": IN_WORDS, "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]},
        ),
        (
            FLASH,
            True,
            [refused("JSON mode is not enabled for this model")],
            {
                "systemInstruction": {"parts": [{"text": ONLY_JSON}]},
                "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            },
        ),
    ],
)
async def test_a_model_that_takes_no_json_mode_is_asked_for_json_in_words_alone(
    tmp_path: Path, model: str, wanted: Any, refusals: list[httpx.Response], last: dict[str, Any]
) -> None:
    responded = httpx.Response(200, json={"output_text": '{"a": "b"}', "status": "completed"})
    answers = {GLM: completion('{"a": "b"}'), LUNA: responded, FLASH: content('{"a": "b"}')}
    models = Models([*refusals, answers[model]])
    fields = await asked(World(tmp_path, script=models), model=model, json_output=wanted)
    assert fields["outputs"] == [{"text": '{"a": "b"}', "mime_type": "application/json"}]
    left = {name: value for name, value in models.bodies[-1].items() if name not in {"model", "stream"}}
    left.pop("stream_options", None)
    assert left == last


async def test_a_refusal_of_json_that_goes_on_is_told_and_json_output_is_advised_against(tmp_path: Path) -> None:
    models = Models([NO_FORMAT])
    text = await failing(World(tmp_path, script=models), json_output=SCHEMA)
    assert "response_format is not supported" in text
    assert "Leave json_output out" in text
    assert len(models.asked) == 3


async def test_what_was_refused_before_a_json_mode_stays_left_out(tmp_path: Path) -> None:
    reasons = ["stream_options is unknown", "Unsupported parameter: 'max_tokens'", "no json_schema", "no json_object"]
    models = Models([*map(refused, reasons), completion('{"a": "b"}')])
    fields = await asked(World(tmp_path, script=models), json_output=SCHEMA, max_tokens=9)
    assert fields["outputs"][0]["text"] == '{"a": "b"}'
    plain = {"model": GLM, "max_completion_tokens": 9, "stream": True}
    spoken = {**plain, "messages": [{"role": "system", "content": IN_WORDS}, USER]}
    assert models.bodies[3:] == [{**spoken, "response_format": {"type": "json_object"}}, spoken]


async def test_fields_that_a_422_names_are_left_out_or_renamed_one_after_the_other(tmp_path: Path) -> None:
    def forbidden(name: str) -> httpx.Response:
        wrong = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
        return httpx.Response(422, json={"detail": [wrong]})

    models = Models([forbidden("stream_options"), forbidden("max_tokens"), streamed(*HELLO)])
    fields = await asked(World(tmp_path, script=models), max_tokens=9)
    assert fields["outputs"][0]["text"] == "Hello"
    assert models.bodies[2] == {
        "model": GLM,
        "messages": [{"role": "user", "content": "Hi"}],
        "max_completion_tokens": 9,
        "stream": True,
    }


async def test_a_422_that_cannot_be_helped_names_the_field_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    wrong = {"loc": ["body", "messages", 0, "name"], "msg": "Field required"}
    world = World(tmp_path, script=Models([httpx.Response(422, json={"detail": [wrong]})]))
    assert '422: "param body.messages.0.name: Field required"' in await failing(world)
