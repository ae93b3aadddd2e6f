"""`chat`: one question and its answer, as an assistant gets them."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import chat_script
from chat_script import (
    COMPLETIONS,
    DONE,
    FLASH,
    GENERATE_CONTENT,
    GLM,
    HELLO,
    LUNA,
    MESSAGES,
    OTHER_GENERATE_CONTENT,
    RESPONSES,
    Models,
    Slowly,
    completion,
    content,
    event,
    piece,
    streamed,
    used,
)
from world import World, failure_of, fields_of, text_of

POSSIBLE = "This may have been billed."
NO_ID = "An answer has no id and cannot be fetched later; asking again is paid again."


asked, failing = partial(chat_script.asked, model=GLM), partial(chat_script.failing, model=GLM)


async def test_an_answer_has_its_text_its_tokens_and_its_estimated_cost(tmp_path: Path) -> None:
    models = Models([streamed(*HELLO)])
    world = World(tmp_path, script=models)
    async with world.client() as client:
        result = await client.call_tool("chat", {"prompt": "Hi", "model": GLM})
    assert fields_of(result) == {
        "status": "completed",
        "model": GLM,
        "outputs": [{"text": "Hello", "mime_type": "text/markdown"}],
        "usage": {"input_tokens": 1000, "output_tokens": 200, "reasoning_tokens": 150},
        "cost_usd": 0.00158,
        "cost_is_estimate": True,
        "elapsed_seconds": 0.0,
    }
    assert text_of(result).splitlines() == [
        f"completed: {GLM}, 0.0 s, $0.00158 (an estimate)",
        'text: "Hello"',
        "usage: 1000 input tokens, 200 output tokens, 150 reasoning tokens",
    ]
    assert models.paths == [COMPLETIONS]
    assert models.asked[0].headers["Authorization"] == "Bearer sandbox-key"
    assert not world.output.exists()


async def test_all_that_was_asked_for_is_sent_and_nothing_else(tmp_path: Path) -> None:
    models = Models([streamed(*HELLO)])
    await asked(
        World(tmp_path, script=models),
        system="Be brief",
        max_tokens=50,
        temperature=0,
        params={"top_p": 0.5, "seed": 3},
    )
    assert models.bodies == [
        {
            "model": GLM,
            "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
            "max_tokens": 50,
            "temperature": 0,
            "top_p": 0.5,
            "seed": 3,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


@pytest.mark.parametrize(
    ("model", "params", "name"),
    [
        (GLM, {"model": "x"}, "model"),
        (GLM, {"messages": "x"}, "messages"),
        (GLM, {"stream": "x"}, "stream"),
        (GLM, {"n": 3}, "n"),
        (FLASH, {"generationConfig": {"topK": 3, "candidateCount": 2}}, "generationConfig.candidateCount"),
    ],
)
async def test_params_may_not_replace_what_the_tool_says_nor_pay_for_more_than_one_answer(
    tmp_path: Path, model: str, params: dict[str, Any], name: str
) -> None:
    world = World(tmp_path, script=Models([streamed(*HELLO)]))
    text = await failing(world, model=model, params=params)
    assert f"params may not set {name}." in text
    assert world.sent == []


async def test_fields_of_an_object_that_are_not_the_tools_own_are_sent(tmp_path: Path) -> None:
    models = Models([content()])
    params = {"generationConfig": {"topK": 3}, "labels": {"model": "x"}}
    await asked(World(tmp_path, script=models), model=FLASH, temperature=1, params=params)
    assert models.bodies[0]["generationConfig"] == {"temperature": 1, "topK": 3}
    assert models.bodies[0]["labels"] == {"model": "x"}


async def test_a_model_that_answers_whole_though_a_stream_was_asked_for_is_read_as_it_is(tmp_path: Path) -> None:
    whole = completion(given=10, made=2).content
    world = World(tmp_path)
    stream = Slowly(world.clock, [b"", b"\n", whole[:30], whole[30:]])
    world.script = Models([httpx.Response(200, headers={"Content-Type": "text/event-stream"}, stream=stream)])
    fields = await asked(world)
    assert fields["outputs"][0]["text"] == "Hello"
    assert fields["usage"] == {"input_tokens": 10, "output_tokens": 2}


@pytest.mark.parametrize(
    ("refusal", "arguments", "second"),
    [
        ("stream is not supported", {}, {"messages": [{"role": "user", "content": "Hi"}]}),
        ("stream_options is not supported", {}, {"messages": [{"role": "user", "content": "Hi"}], "stream": True}),
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            {"max_tokens": 9},
            {
                "messages": [{"role": "user", "content": "Hi"}],
                "max_completion_tokens": 9,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
        ),
    ],
)
async def test_a_refusal_that_says_what_to_send_is_heeded_once_since_it_cost_nothing(
    tmp_path: Path, refusal: str, arguments: dict[str, Any], second: dict[str, Any]
) -> None:
    models = Models([httpx.Response(400, json={"error": {"message": refusal}}), completion()])
    fields = await asked(World(tmp_path, script=models), **arguments)
    assert fields["outputs"][0]["text"] == "Hello"
    assert len(models.asked) == 2
    assert models.bodies[1] == {"model": GLM, **second}


async def test_a_refusal_that_goes_on_is_told(tmp_path: Path) -> None:
    models = Models([httpx.Response(400, json={"error": {"message": "stream: max_completion_tokens"}})])
    assert '"stream: max_completion_tokens"' in await failing(World(tmp_path, script=models), max_tokens=9)
    assert len(models.asked) == 3


async def test_progress_tells_how_much_has_come(tmp_path: Path) -> None:
    world = World(tmp_path)
    pieces: list[bytes | Exception] = [event({"choices": [{"delta": {"reasoning_content": "hm"}}]}), *HELLO]
    stream = Slowly(world.clock, pieces, pause_s=1.5)
    world.script = Models([httpx.Response(200, stream=stream)])
    told: list[str] = []

    async def told_of(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with world.client() as client:
        await client.call_tool("chat", {"prompt": "Hi", "model": GLM}, progress_callback=told_of)
    states = list(dict.fromkeys(message.rpartition(", ")[0] for message in told))
    assert states[0].startswith(("preparing", "asking"))
    assert "reasoning" in states
    assert "answering, 5 characters so far" in states


async def test_what_has_come_when_the_wait_ends_is_the_answer_and_is_marked_as_cut(tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = Slowly(world.clock, [piece(f"{number} ") for number in range(100)], pause_s=7)
    world.script = Models([httpx.Response(200, stream=stream)])
    fields = await asked(world)
    assert fields["outputs"][0]["text"] == "0 1 2 3 4 5 "
    assert world.clock.elapsed == pytest.approx(44)
    assert fields["status"] == "incomplete"
    assert fields["notes"][0].startswith("CUT after 44 s")
    assert "billed" in fields["notes"][0]
    assert "max_tokens" in fields["next"]
    assert "ATLASCLOUD_MAX_WAIT" in fields["next"]
    assert "cost_usd" not in fields
    assert stream.is_closed


async def test_a_longer_wait_is_the_hosts_or_the_settings(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_MAX_WAIT": "100"})
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [*HELLO], pause_s=15))])
    assert (await asked(world))["outputs"][0]["text"] == "Hello"


COUNTED = event({"choices": [], "usage": used(given=1000, made=200)})
DROPPED = httpx.RemoteProtocolError("incomplete chunked read")
KEEP_ALIVE = [b": keep-alive\n\n"] * 100


@pytest.mark.parametrize(
    ("pieces", "pause_s", "seconds", "has_usage"),
    [
        ([COUNTED, DROPPED], 0, 0, True),
        ([DROPPED], 0, 0, False),
        ([event({"error": {"message": "overloaded"}})], 0, 0, False),
        (KEEP_ALIVE, 1, 4, False),
        ([COUNTED, *KEEP_ALIVE], 1, 5, True),
        (KEEP_ALIVE, 21.5, 44, False),
    ],
)
async def test_an_answer_that_has_ended_is_whole_whatever_becomes_of_the_connection(
    tmp_path: Path, pieces: list[bytes | Exception], pause_s: float, seconds: float, *, has_usage: bool
) -> None:
    world = World(tmp_path)
    stream = Slowly(world.clock, [piece('{"a": 1}'), piece("", "stop"), *pieces], pause_s)
    world.script = Models([httpx.Response(200, stream=stream)])
    fields = await asked(world, json_output=True)
    assert fields["status"] == "completed"
    assert fields["outputs"] == [{"text": '{"a": 1}', "mime_type": "application/json"}]
    assert "notes" not in fields
    assert fields.get("usage") == ({"input_tokens": 1000, "output_tokens": 200} if has_usage else None)
    assert world.clock.elapsed == pytest.approx(seconds)
    assert stream.is_closed


async def test_words_that_follow_a_premature_ending_are_heard(tmp_path: Path) -> None:
    world = World(tmp_path)
    pieces: list[bytes | Exception] = [piece(f"{number} ", "stop") for number in range(9)]
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [*pieces, DONE], pause_s=1.5))])
    assert (await asked(world))["outputs"][0]["text"] == "0 1 2 3 4 5 6 7 8 "


async def test_a_response_that_fails_half_way_is_incomplete(tmp_path: Path) -> None:
    failed: dict[str, Any] = {"status": "failed", "error": {"message": "overloaded"}, "output": []}
    pieces = [
        event({"type": "response.output_text.delta", "delta": "Hel"}),
        event({"type": "response.failed", "response": failed}),
    ]
    fields = await asked(World(tmp_path, script=Models([streamed(*pieces)])), model=LUNA)
    assert fields["status"] == "incomplete"
    assert fields["notes"] == ['INCOMPLETE: the service gave up: "overloaded". It may have been billed.']


def unsafe(text: str) -> httpx.Response:
    """An answer of generateContent that a filter stopped."""
    candidate = {
        "content": {"role": "model", "parts": [{"text": text}]},
        "finishReason": "SAFETY",
        "finishMessage": "too hot",
    }
    return httpx.Response(200, json={"candidates": [candidate]})


@pytest.mark.parametrize(
    ("model", "answer", "text", "why"),
    [
        (GLM, streamed(piece("Once "), piece("", "content_filter"), COUNTED, DONE), "Once ", "no reason given"),
        (GLM, streamed(piece("Once "), piece("", "content_filter"), COUNTED), "Once ", "no reason given"),
        (FLASH, unsafe("Once"), "Once", '"too hot"'),
    ],
)
async def test_what_came_before_a_filter_stopped_it_is_the_answer_and_the_note_names_the_filter(
    tmp_path: Path, model: str, answer: httpx.Response, text: str, why: str
) -> None:
    fields = await asked(World(tmp_path, script=Models([answer])), model=model, json_output=True)
    assert fields["status"] == "incomplete"
    assert fields["outputs"][0]["text"] == text
    word = "content_filter" if model == GLM else "SAFETY"
    assert fields["notes"] == [
        f'INCOMPLETE: the model or a safety filter stopped the answer ("{word}"): {why}.',
        "The answer is cut, so it is no complete JSON.",
    ]
    assert "another model" in fields["next"]
    assert fields.get("cost_usd") == (0.00158 if model == GLM else None)


async def test_reasoning_between_tags_is_no_answer_while_it_comes(tmp_path: Path) -> None:
    world = World(tmp_path)
    stream = Slowly(world.clock, [piece("<thi"), piece("nk>hmm"), *[piece(" more")] * 100], pause_s=1)
    world.script = Models([httpx.Response(200, stream=stream)])
    told: list[str] = []

    async def told_of(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with world.client() as client:
        result = await client.call_tool("chat", {"prompt": "Hi", "model": GLM}, progress_callback=told_of)
    assert "it was still reasoning" in failure_of(result)
    assert any(message.startswith("reasoning") for message in told)
    assert not any("answering" in message for message in told)


async def test_reasoning_between_tags_that_breaks_off_is_told_as_that(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [piece("<think>hmm"), DROPPED]))])
    text = await failing(world)
    assert all(words in text for words in ("broke off the connection", POSSIBLE, NO_ID)), text


async def test_when_nothing_has_come_the_error_says_that_nothing_can_be_fetched(tmp_path: Path) -> None:
    world = World(tmp_path)
    thought = event({"choices": [{"delta": {"reasoning": "hm"}}]})
    stream = Slowly(world.clock, [thought] * 100, pause_s=10)
    world.script = Models([httpx.Response(200, stream=stream)])
    text = await failing(world)
    assert "had sent no answer within 44 s" in text
    assert "still reasoning" in text
    assert all(words in text for words in (POSSIBLE, NO_ID, "ATLASCLOUD_MAX_WAIT"))
    assert stream.is_closed


async def test_a_cancelled_call_stops_the_stream_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(tmp_path)
    stream = Slowly(world.clock, [piece("word ")] * 100, pause_s=0.5)
    world.script = Models([httpx.Response(200, stream=stream)])
    with caplog.at_level(logging.WARNING):
        async with world.client() as client:
            with anyio.CancelScope() as scope:

                async def told_of(progress: float, total: float | None, message: str | None) -> None:
                    if progress > 2:
                        scope.cancel()

                await client.call_tool("chat", {"prompt": "Hi", "model": GLM}, progress_callback=told_of)
            before = stream.sent
            await world.clock.sleep(3)
    assert stream.sent == before < 10
    assert stream.is_closed
    assert f"what {GLM} had answered by then may be billed" in caplog.text


@pytest.mark.parametrize(
    "pieces",
    [
        [piece("Hel"), httpx.ReadError("reset")],
        [piece("Hel")],
        [piece("Hel"), event({"error": {"message": "overloaded", "code": 529}})],
        [piece("Hel"), event({"code": 500, "msg": "lost", "data": None})],
        [piece("Hel"), event("{ no JSON"), b"data: " + b"x" * (8 * 2**20 + 1)],
    ],
)
async def test_an_answer_that_breaks_off_is_given_as_far_as_it_came_and_not_asked_for_again(
    tmp_path: Path, pieces: list[bytes | Exception]
) -> None:
    world = World(tmp_path)
    models = Models([httpx.Response(200, stream=Slowly(world.clock, pieces))])
    world.script = models
    fields = await asked(world)
    assert fields["outputs"][0]["text"] == "Hel"
    assert fields["status"] == "incomplete"
    assert fields["notes"][0].startswith("INCOMPLETE: ")
    assert fields["next"] == NO_ID
    assert len(models.asked) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, content=event({"error": {"message": "overloaded"}})), ['"overloaded"', "charges nothing"]),
        (httpx.Response(200, json={"error": {"message": "no such luck"}}), ['"no such luck"', "charges nothing"]),
        (httpx.Response(500, json={"code": 500, "msg": "broken"}), ["500", '"broken"', "charges nothing"]),
        (httpx.Response(503, json={}), ["503", "may work in a moment", "charges nothing"]),
        (httpx.Response(504, json={}), ["504", POSSIBLE, NO_ID]),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), ["502", "not JSON", POSSIBLE, NO_ID]),
        (httpx.Response(200, text=""), ["not JSON", POSSIBLE, NO_ID]),
        (httpx.Response(200, json=[1]), ["holds no text", POSSIBLE]),
        (httpx.Response(200, content=b": ping\n\n"), ["holds no text", POSSIBLE]),
        (httpx.Response(200, content=b"data: " + b"x" * (9 * 2**20)), ["an endless answer", POSSIBLE]),
        (httpx.Response(401, json={"code": 401, "msg": "unauthorized"}), ["401", "ATLASCLOUD_API_KEY", "Nothing was"]),
        (httpx.Response(402, json={"msg": "insufficient balance"}), ["402", "top up", "Nothing was billed"]),
        (httpx.Response(403, json={}), ["403", "another model", "Nothing was billed"]),
        (httpx.Response(413, json={}), ["413", "smaller file", "Nothing was billed"]),
        (httpx.Response(429, json={}), ["429", "half a minute", "Nothing was billed"]),
        (httpx.Response(400, json={"msg": "router not found"}), ["no such model", "search_models", "Nothing was"]),
        (httpx.Response(200, json={"code": 400, "message": "bad"}), ['400: "bad"', "Change the arguments"]),
    ],
)
async def test_a_failure_says_cause_money_and_next_step_and_is_sent_once(
    tmp_path: Path, answer: httpx.Response, words: list[str]
) -> None:
    models = Models([answer])
    text = await failing(World(tmp_path, script=models))
    assert all(word in text for word in words), text
    assert len(models.asked) == 1


@pytest.mark.parametrize(
    ("error", "times", "words"),
    [
        (httpx.ConnectError, 3, ["No connection to https://sandbox.test", "Nothing was billed."]),
        (httpx.ReadTimeout, 1, ["took too long to answer", "was not sent again", POSSIBLE, NO_ID]),
        (httpx.RemoteProtocolError, 1, ["broke off the connection", POSSIBLE]),
    ],
)
async def test_only_a_connection_that_never_stood_is_tried_again(
    tmp_path: Path, error: type[httpx.TransportError], times: int, words: list[str]
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise error("refused", request=request)

    models = Models([refuse])
    text = await failing(World(tmp_path, script=models))
    assert all(word in text for word in words), text
    assert len(models.asked) == times


async def test_a_missing_key_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    models = Models([completion()])
    assert "There is no API key" in await failing(World(tmp_path, {"ATLASCLOUD_API_KEY": ""}, script=models))
    assert models.asked == []


@pytest.mark.parametrize(
    "refusal", [{"code": 400, "msg": "bad request"}, {}, {"error": {"message": "Unsupported value: 'temperature'"}}]
)
async def test_temperature_that_is_not_taken_is_advised_against(tmp_path: Path, refusal: dict[str, Any]) -> None:
    world = World(tmp_path, script=Models([httpx.Response(400, json=refusal)]))
    advice = "Leave temperature out: some models take none."
    assert advice in await failing(world, temperature=0.5)
    assert advice in await failing(world, params={"top_p": 1})
    assert advice not in await failing(world)


@pytest.mark.parametrize(
    "refusal",
    [httpx.Response(400, json={"msg": "a bad request: the prompt is too long"}), httpx.Response(405, json={})],
)
async def test_temperature_is_not_blamed_for_what_is_refused_for_another_reason(
    tmp_path: Path, refusal: httpx.Response
) -> None:
    world = World(tmp_path, script=Models([refusal]))
    assert "Leave temperature out" not in await failing(world, temperature=0.5)


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(401, json={"code": 401, "msg": "unauthorized"}),
        httpx.Response(404, text="<html>nothing here</html>"),
        httpx.Response(405),
        httpx.Response(200, json={"code": 404, "msg": "no such route", "data": None}),
    ],
)
async def test_the_documented_path_is_tried_first_and_the_one_that_works_is_remembered(
    tmp_path: Path, refusal: httpx.Response
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return refusal if request.url.path == GENERATE_CONTENT else content()

    models = Models([answer])
    world = World(tmp_path, script=models)
    async with world.client() as client:
        await client.call_tool("chat", {"prompt": "Hi"})
        fields = fields_of(await client.call_tool("chat", {"prompt": "Hi"}))
    assert models.paths == [GENERATE_CONTENT, OTHER_GENERATE_CONTENT, OTHER_GENERATE_CONTENT]
    assert fields["model"] == FLASH
    assert fields["usage"] == {"input_tokens": 10, "output_tokens": 23, "reasoning_tokens": 20}
    assert "cost_usd" not in fields
    assert models.bodies[0] == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


@pytest.mark.parametrize(
    ("second", "words"), [(404, "401"), (405, "401"), (429, "too many requests"), (500, "charges nothing")]
)
async def test_when_both_paths_fail_the_first_error_counts_unless_the_second_path_is_one(
    tmp_path: Path, second: int, words: str
) -> None:
    models = Models([httpx.Response(401, json={}), httpx.Response(second, json={})])
    assert words in await failing(World(tmp_path, script=models), model=FLASH)
    assert models.paths == [GENERATE_CONTENT, OTHER_GENERATE_CONTENT]


async def test_responses_and_messages_are_streamed_too(tmp_path: Path) -> None:
    completed = {
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}],
        "usage": {"input_tokens": 1000, "output_tokens": 100, "output_tokens_details": {"reasoning_tokens": 60}},
    }
    responses = streamed(
        event({"delta": "Hel"}, "response.output_text.delta"),
        event({"type": "response.output_text.delta", "delta": "lo"}),
        event({"type": "response.completed", "response": completed}),
    )
    models = Models([responses])
    fields = await asked(World(tmp_path, script=models), model=LUNA)
    assert models.paths == [RESPONSES]
    assert fields["outputs"][0]["text"] == "Hello"
    assert fields["cost_usd"] == 0.0016
    assert "notes" not in fields


@pytest.mark.parametrize(
    ("arguments", "limit", "note"),
    [
        ({}, 8192, "of 8192 tokens, which a request of this kind must have and which was set here."),
        ({"max_tokens": 100}, 100, "of 100 tokens."),
        ({"params": {"max_tokens": 100}}, 100, "of 100 tokens."),
    ],
)
async def test_a_model_of_messages_gets_a_limit_which_is_told_when_it_is_reached(
    tmp_path: Path, arguments: dict[str, Any], limit: int, note: str
) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v1/models":
            entry = {
                "model": "maker/sonnet",
                "type": "Text",
                "categories": ["LLM"],
                "supported_apis": ["claude.messages"],
            }
            return httpx.Response(200, json={"data": [entry, {"model": GLM, "type": "Text"}]})
        return models(request)

    models = Models(
        [
            streamed(
                event({"type": "message_start", "message": {"usage": {"input_tokens": 7, "output_tokens": 1}}}),
                event({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Once"}}),
                event(
                    {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 8192}}
                ),
                event({"type": "message_stop"}),
            )
        ]
    )
    world = World(tmp_path, {"ATLASCLOUD_CHAT_MODEL": GLM}, script=script)
    fields = await asked(world, model="maker/sonnet", **arguments)
    assert models.paths == [MESSAGES]
    assert models.asked[0].headers["anthropic-version"] == "2023-06-01"
    assert models.bodies[0]["max_tokens"] == limit
    assert fields["notes"] == [f"The answer ends at its limit {note}"]
    assert "larger max_tokens" in fields["next"]
    assert fields["usage"] == {"input_tokens": 7, "output_tokens": 8192}


@pytest.mark.parametrize(
    ("answer", "arguments", "words"),
    [
        (
            completion("", "length", given=100, made=400, reasoned=400),
            {"max_tokens": 400},
            ["all its 400 tokens on hidden reasoning", "about $0.001355", "was billed", "max_tokens of about 1600"],
        ),
        (completion(None, "length"), {}, ["all the tokens that it may", POSSIBLE, "Give max_tokens or none"]),
        (
            completion("<think>hm", "length", given=1, made=9),
            {},
            ["all its 9 tokens on hidden reasoning", "max_tokens of about 36"],
        ),
        (completion("", given=1, made=1), {}, ["answered without any text", '"stop"', "was billed"]),
        (completion(None, "tool_calls"), {}, ["answered without any text", '"tool_calls"', POSSIBLE]),
        (
            completion("", "content_filter", given=5, made=1),
            {},
            ["did not answer", '"content_filter"', "was billed", "ask differently"],
        ),
        (
            completion("", "length", given=100, made=0),
            {"params": {"max_tokens": 300}},
            ["all its 300 tokens on hidden reasoning", "max_tokens of about 1200"],
        ),
        (
            streamed(event({"choices": [{"delta": {"refusal": "I will not"}}]}), event("[DONE]")),
            {},
            ["did not answer", '"I will not"', POSSIBLE],
        ),
    ],
)
async def test_a_paid_nothing_is_an_error_that_says_why(
    tmp_path: Path, answer: httpx.Response, arguments: dict[str, Any], words: list[str]
) -> None:
    text = await failing(World(tmp_path, script=Models([answer])), **arguments)
    assert all(word in text for word in words), text


async def test_an_answer_that_ends_at_its_limit_says_so(tmp_path: Path) -> None:
    world = World(tmp_path, script=Models([completion("Once upon", "length")]))
    assert (await asked(world, max_tokens=2))["notes"] == ["The answer ends at its limit of 2 tokens."]
    assert (await asked(world))["notes"] == ["The answer ends at its limit of tokens."]


async def test_what_cannot_be_seen_is_taken_out_of_an_answer_and_its_lines_stay(tmp_path: Path) -> None:
    text = "one\r\n\ttwo\u202e\u200b\x1b[31m\U000e0041 \u00a0three \U0001f469\u200d\U0001f680 \ud800"
    raw = json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]})
    fields = await asked(World(tmp_path, script=Models([streamed(event(raw))])))
    assert fields["outputs"][0]["text"] == "one\n\ttwo[31m \u00a0three \U0001f469\u200d\U0001f680 "


async def test_half_an_answer_is_not_priced_by_a_count_that_went_on(tmp_path: Path) -> None:
    counts = {"prompt_tokens": 10, "completion_tokens": 1}
    counted = event({"choices": [{"delta": {"content": "Hel"}}], "usage": counts})
    fields = await asked(World(tmp_path, script=Models([streamed(counted)])))
    assert fields["usage"] == {"input_tokens": 10}
    assert "cost_usd" not in fields


async def test_an_empty_question_is_refused(tmp_path: Path) -> None:
    assert "prompt is empty" in await failing(World(tmp_path), prompt=" \n")
