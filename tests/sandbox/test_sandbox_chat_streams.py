import json
from typing import Any

import anyio
import httpx
import pytest
from chat_calls import ASKINGS, CHAT, MESSAGES, RESPONSES, Json, data_of, events_of
from sandbox_town import Town

from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.faults import Fault
from atlascloud_mcp.sandbox.serve import serve
from atlascloud_mcp.sandbox.state import Sandbox

KEY = {"Authorization": "Bearer sandbox-key"}
STREAM = "/v1beta/models/driftglass/prismatica-flash:streamGenerateContent"


async def _stream(town: Town, name: str, prompt: str, **fields: object) -> str:
    asking = ASKINGS[name]
    path = f"{STREAM}?alt=sse" if name == "gemini" else asking.path
    body = asking.ask(prompt) | ({} if name == "gemini" else {"stream": True}) | fields
    response = await town.client.post(path, json=body)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["X-AtlasCloud-Sandbox"] == "true"
    return response.text


def _chat_texts(chunks: list[Json]) -> list[str]:
    return [
        delta["content"] for chunk in chunks for choice in chunk["choices"] if (delta := choice["delta"]).get("content")
    ]


def _responses_texts(events: list[Json]) -> list[str]:
    return [event["delta"] for event in events if event["type"] == "response.output_text.delta"]


def _messages_texts(events: list[Json]) -> list[str]:
    return [event["delta"]["text"] for event in events if event.get("delta", {}).get("type") == "text_delta"]


def _gemini_texts(chunks: list[Json]) -> list[str]:
    parts = [part for chunk in chunks for part in chunk["candidates"][0].get("content", {}).get("parts", [])]
    return [part["text"] for part in parts if not part.get("thought")]


TEXTS = {"chat": _chat_texts, "responses": _responses_texts, "messages": _messages_texts, "gemini": _gemini_texts}


@pytest.mark.parametrize("name", list(ASKINGS))
@pytest.mark.parametrize("prompt", ["hello there", "a long-test"])
async def test_a_stream_brings_the_same_text_in_pieces(town: Town, name: str, prompt: str) -> None:
    whole = await town.client.post(ASKINGS[name].path, json=ASKINGS[name].ask(prompt))
    pieces = TEXTS[name](data_of(await _stream(town, name, prompt)))
    assert "".join(pieces) == ASKINGS[name].told(whole.json())[0]
    assert 4 <= len(pieces) <= 24


@pytest.mark.parametrize("name", list(ASKINGS))
async def test_a_stream_takes_the_time_of_the_reply_and_costs_as_much(town: Town, name: str) -> None:
    await town.client.post(ASKINGS[name].path, json=ASKINGS[name].ask("hello"))
    before, price = town.hands[0], town.sandbox.billed_usd
    town.sandbox.chat_seconds = 30
    await _stream(town, name, "hello")
    assert town.hands[0] == pytest.approx(before + 30)
    assert town.sandbox.billed_usd == 2 * price


async def test_chat_chunks_end_with_the_reason_the_usage_that_was_asked_for_and_done(town: Town) -> None:
    text = await _stream(town, "chat", "hello", stream_options={"include_usage": True})
    assert events_of(text)[-1] == ("", "[DONE]")
    *chunks, end, usage = data_of(text)
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * len(chunks)
    assert (end["choices"][0]["finish_reason"], end["usage"]) == ("stop", None)
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] > 5
    assert "usage" not in data_of(await _stream(town, "chat", "hello"))[-1]


async def test_responses_events_are_typed_numbered_and_end_with_the_whole_answer(town: Town) -> None:
    text = await _stream(town, "responses", "hello")
    events = data_of(text)
    assert [event["type"] for event in events] == [name for name, _ in events_of(text)]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"].removeprefix("response.") for event in events if not event["type"].endswith("text.delta")]
    assert kinds == [
        *("created", "in_progress", "output_item.added", "content_part.added"),
        *("output_text.done", "content_part.done", "output_item.done", "completed"),
    ]
    whole: Any = events[-1]["response"]
    assert ASKINGS["responses"].told(whole)[0] == "".join(_responses_texts(events))
    assert whole["usage"]["output_tokens"] > 5


async def test_messages_events_open_and_close_their_block(town: Town) -> None:
    events = data_of(await _stream(town, "messages", "hello"))
    kinds = [event["type"] for event in events if event["type"] not in ("content_block_delta", "ping")]
    assert kinds == [
        *("message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"),
    ]
    assert events[0]["message"]["usage"]["input_tokens"] > 0
    assert events[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert events[-2]["usage"]["output_tokens"] > 5


async def test_a_gemini_stream_ends_with_its_reason_and_without_sse_it_is_one_list(town: Town) -> None:
    text = await _stream(town, "gemini", "hello")
    assert text.endswith("\r\n\r\n")
    reasons = [chunk["candidates"][0].get("finishReason") for chunk in data_of(text)]
    assert reasons == [None] * (len(reasons) - 1) + ["STOP"]
    plain = await town.client.post(STREAM, json=ASKINGS["gemini"].ask("hello"))
    assert _gemini_texts(plain.json()) == _gemini_texts(data_of(text))


@pytest.mark.parametrize(
    ("name", "prompt", "last"),
    [
        ("chat", "reason-test", {"finish_reason": "length"}),
        ("responses", "reason-test", {"type": "response.incomplete"}),
        ("messages", "reason-test", {"delta": {"stop_reason": "max_tokens", "stop_sequence": None}}),
        ("gemini", "reason-test", {"finishReason": "MAX_TOKENS"}),
        ("chat", "refuse-test", {"delta": {"refusal": "I can't help with that."}}),
        ("responses", "refuse-test", {"delta": "I can't help with that."}),
        ("messages", "refuse-test", {"delta": {"stop_reason": "refusal", "stop_sequence": None}}),
        ("gemini", "refuse-test", {"finishReason": "SAFETY"}),
    ],
)
async def test_a_stream_without_text_says_why(town: Town, name: str, prompt: str, last: Json) -> None:
    events = data_of(await _stream(town, name, prompt))
    assert TEXTS[name](events) == []
    flat = [each for event in events for each in (event, *event.get("choices", ()), *event.get("candidates", ()))]
    assert any(last.items() <= each.items() for each in flat)


@pytest.mark.parametrize("name", ["chat", "responses", "messages"])
async def test_a_refused_call_is_no_stream(town: Town, name: str) -> None:
    response = await town.client.post(ASKINGS[name].path, json=ASKINGS[name].ask("fail-test") | {"stream": True})
    assert (response.status_code, response.json()["msg"]) == (500, "internal server error")


@pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES])
async def test_a_stream_can_break_in_its_middle(path: str) -> None:
    sandbox = Sandbox()
    sandbox.chat_seconds = 0
    sandbox.faults.add("chat", Fault(drop="mid-body"))
    asking = next(each for each in ASKINGS.values() if each.path == path)
    came = bytearray()

    async def read(response: httpx.Response) -> None:
        async for piece in response.aiter_bytes():
            came.extend(piece)

    async with serve(create_app(sandbox)) as url, httpx.AsyncClient(headers=KEY) as client:
        body = asking.ask("hello") | {"stream": True}
        async with client.stream("POST", f"{url}{path}", json=body) as response:
            with pytest.raises(httpx.RemoteProtocolError):
                await read(response)
    assert came.startswith((b"data: ", b"event: "))
    assert len(sandbox.calls) == 1


async def test_a_stream_comes_piece_by_piece_and_ends_when_the_client_goes() -> None:
    sandbox = Sandbox()
    slept = 0
    gone = anyio.Event()

    async def sleep(_: float) -> None:
        nonlocal slept
        slept += 1
        if slept > 3:
            try:
                await anyio.sleep_forever()
            finally:
                gone.set()

    sandbox.sleep = sleep
    async with serve(create_app(sandbox)) as url, httpx.AsyncClient(headers=KEY) as client:
        body = ASKINGS["chat"].ask("hello") | {"stream": True}
        async with client.stream("POST", f"{url}{CHAT}", json=body) as response:
            lines = response.aiter_lines()
            texts = [await anext(lines) for _ in range(5)]
        with anyio.fail_after(5):
            await gone.wait()
    assert [json.loads(line.removeprefix("data: "))["object"] for line in texts if line] == [
        "chat.completion.chunk"
    ] * 3
