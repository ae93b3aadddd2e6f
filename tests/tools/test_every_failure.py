"""Each tool with each way in which the other side can fail: an error that says why, what it cost, and what to do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from mcp_types import CallToolResult

from world import World, failure_of, fields_of, png, text_of

JSON = {"Content-Type": "application/json"}
FREE = ("/api/v1/models", "/api/v1/model/calculate", "/model/schema/")
Failing = Callable[[httpx.Request], httpx.Response]


def status(code: int, message: str = "the reason") -> Failing:
    body = {"code": code, "msg": message, "request_id": "r1", "data": None}
    return lambda _: httpx.Response(code, json=body)


def answering(content: bytes, code: int = 200, kind: str = "application/json") -> Failing:
    return lambda _: httpx.Response(code, content=content, headers={"Content-Type": kind})


def raising(error: type[httpx.RequestError]) -> Failing:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("it broke", request=request)

    return fail


# Each failure, and a word of its cause that the text has to have.
FAILURES: dict[str, tuple[Failing, str]] = {
    **{
        f"{code}": (status(code), str(code))
        for code in (400, 401, 402, 403, 404, 405, 408, 409, 413, 415, 418, 422, 429, 451, 500, 502, 503, 504, 599)
    },
    "an account's own error": (
        lambda _: httpx.Response(
            400,
            json={
                "error": {
                    "type": "invalid_request_error",
                    "code": "invalid_date_range",
                    "message": "the reason",
                    "param": "x",
                },
                "request_id": "req_1",
            },
        ),
        "the reason",
    ),
    "a refusal with 200": (lambda _: httpx.Response(200, json={"code": 400, "msg": "the reason"}), "the reason"),
    "a gateway's page": (answering(b"<html>502</html>", 502, "text/html"), "502"),
    "a page with 200": (answering(b"<html>hello</html>", 200, "text/html"), "not JSON"),
    "nothing": (answering(b""), ""),
    "half of an answer": (answering(b'{"code": 200, "data": {"id": "x'), "not JSON"),
    "a list": (answering(b"[]"), ""),
    "a null": (answering(b"null"), ""),
    "no data": (answering(b'{"code": 200, "data": null}'), ""),
    "wrong types": (answering(b'{"code": [], "data": {"id": {}, "status": 7, "items": 3, "choices": "x"}}'), ""),
    "too deep": (answering(b"[" * 50_000), ""),
    "no connection": (raising(httpx.ConnectError), "No connection"),
    "a slow connection": (raising(httpx.ConnectTimeout), "No connection"),
    "a proxy": (raising(httpx.ProxyError), "No connection"),
    "no answer": (raising(httpx.ReadTimeout), "took too long"),
    "a broken connection": (raising(httpx.ReadError), "broke off"),
    "a broken request": (raising(httpx.WriteError), "broke off"),
    "a server that hung up": (raising(httpx.RemoteProtocolError), "broke off"),
    "what cannot be unpacked": (raising(httpx.DecodingError), "cannot be read"),
}
CALLS: dict[str, dict[str, Any]] = {
    "generate_image": {"prompt": "a fox"},
    "get_prediction": {"prediction_id": "job-1"},
    "upload_media": {"path": "fox.png"},
    "generate_video": {"prompt": "a fox"},
    "generate_audio": {"prompt": "hello", "kind": "speech"},
    "transcribe_audio": {"audio": "https://example.com/a.mp3"},
    "search_models": {"query": "flux"},
    "get_model": {"model": "black-forest-labs/flux-schnell"},
    "chat": {"prompt": "Why is snow white?", "model": "zai-org/glm-5"},
    "list_predictions": {},
    "get_account": {"start_date": "2026-11-01"},
}
PAID = {"generate_image", "generate_video", "generate_audio", "transcribe_audio", "chat"}
OF_THE_BILL = (
    "Nothing was billed",
    "may have been billed",
    "goes on and is billed",
    "releases the charge",
    "charges nothing",
)
WAYS_OUT = (
    *("call", "check", "change", "top up", "look", "pass", "wait", "set ", "may be available", "can be tried", "work"),
    "asking again",
    "finds the same",
)
ABOUT_CATALOGUE = {"search_models", "get_model"}


def failing_world(tmp_path: Path, tool: str) -> tuple[World, list[Failing]]:
    """A world in which everything that the tool is about fails as the list's only entry says."""
    failing: list[Failing] = []

    def script(request: httpx.Request) -> httpx.Response | None:
        is_free = request.url.path.startswith(FREE)
        is_meant = request.url.path == "/api/v1/models" if tool in ABOUT_CATALOGUE else not is_free
        return failing[0](request) if failing and is_meant else None

    world = World(tmp_path, script=script)
    (world.project / "fox.png").write_bytes(png())
    return world, failing


def _another(tool: str, name: str) -> dict[str, object]:
    """What makes this call no repeat of the one before, which would be joined."""
    if tool == "transcribe_audio":
        return {"audio": f"https://example.com/{quote(name)}.mp3"}
    return {"prompt": f"a fox, {name}"} if tool in PAID else {}


def told(tool: str, result: CallToolResult) -> str:
    """The text of the error; a job that could only not be looked at may still run, which is said instead."""
    if tool == "get_prediction" and not result.is_error:
        assert fields_of(result)["status"] == "unknown"
        assert "whether it exists is not known" in text_of(result)
        return text_of(result)
    if tool == "list_predictions" and not result.is_error:
        assert text_of(result).startswith("no jobs found")
        return "an empty list"
    return failure_of(result)


@pytest.mark.parametrize("tool", CALLS)
async def test_every_failure_is_an_error_with_its_cause_its_cost_and_a_way_out(tmp_path: Path, tool: str) -> None:
    world, failing = failing_world(tmp_path, tool)
    async with world.client() as client:
        for name, (fail, cause) in FAILURES.items():
            failing[:] = [fail]
            await world.clock.sleep(120)  # a catalogue that failed is not asked for again at once
            before = len(world.posted)
            text = told(tool, await client.call_tool(tool, {**CALLS[tool], **_another(tool, name)}))
            if text == "an empty list":
                assert name in {"a list", "no data"}
                continue
            assert cause in text, (name, text)
            assert len(text) < 1500, (name, text)
            assert any(way in text.lower() for way in WAYS_OUT), (name, text)
            assert "sandbox-key" not in text, name
            if tool in PAID:
                assert any(words in text for words in OF_THE_BILL), (name, text)
                is_sure = cause == "No connection"
                assert len(world.posted) - before == 1 or is_sure, name
    assert world.sandbox.submits == []


@pytest.mark.parametrize("tool", sorted(PAID & set(CALLS)))
async def test_without_a_key_each_paid_tool_says_what_to_set(tmp_path: Path, tool: str) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": ""})
    async with world.client() as client:
        text = failure_of(await client.call_tool(tool, CALLS[tool]))
    assert "ATLASCLOUD_API_KEY" in text
    assert "restart" in text
    assert world.sent == []
