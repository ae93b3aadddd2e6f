"""Scripted language models at the network's edge: what they are asked, and answers as the protocols have them."""

import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from clock import FakeClock
from world import World, failure_of, fields_of

GLM = "zai-org/glm-5"  # chat completions, text alone, $0.95 in and $3.15 out
LUNA = "openai/gpt-5.6-luna"  # responses before chat completions; takes pictures
FLASH = "google/gemini-2.5-flash"  # generateContent; takes everything; no price
COMPLETIONS, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
GENERATE_CONTENT, OTHER_GENERATE_CONTENT = (
    f"/{version}/models/{FLASH}:generateContent" for version in ("v1beta", "v1")
)

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


@dataclass
class Models:
    """Answers each question with the next of `answers`, and again with the last. `asked` are the requests."""

    answers: list[Answer]
    asked: list[httpx.Request] = field(default_factory=list[httpx.Request])

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.startswith(("/v1/", "/v1beta/")):
            return None
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.asked]

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.asked]


async def asked(world: World, **arguments: Any) -> dict[str, Any]:
    """The answer to a question, which is "Hi" unless it is given."""
    async with world.client() as client:
        return fields_of(await client.call_tool("chat", {"prompt": "Hi", **arguments}))


async def failing(world: World, **arguments: Any) -> str:
    """The error of a question, which is "Hi" unless it is given."""
    async with world.client() as client:
        return failure_of(await client.call_tool("chat", {"prompt": "Hi", **arguments}))


class Slowly(httpx.AsyncByteStream):
    """Pieces with a pause before each; an exception among them is raised. `is_closed` tells that it was let go."""

    def __init__(self, clock: FakeClock, pieces: list[bytes | Exception], pause_s: float = 0) -> None:
        self._clock, self._pieces, self._pause_s = clock, pieces, pause_s
        self.is_closed = False
        self.sent = 0

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        for piece in self._pieces:
            await self._clock.sleep(self._pause_s)
            if isinstance(piece, Exception):
                raise piece
            self.sent += 1
            yield piece

    async def aclose(self) -> None:
        self.is_closed = True


def event(data: Any, name: str = "") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data)
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def piece(text: str, finish: str | None = None) -> bytes:
    return event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]})


def used(*, given: int, made: int, reasoned: int | None = None) -> dict[str, Any]:
    details = {} if reasoned is None else {"completion_tokens_details": {"reasoning_tokens": reasoned}}
    return {"prompt_tokens": given, "completion_tokens": made, **details}


def streamed(*pieces: bytes) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=b"".join(pieces))


def completion(text: str | None = "Hello", finish: str = "stop", **usage: int) -> httpx.Response:
    """A whole answer, as though no stream had been asked for."""
    counts = {"usage": used(**usage)} if usage else {}
    message = {"role": "assistant", "content": text}
    return httpx.Response(200, json={"choices": [{"index": 0, "message": message, "finish_reason": finish}], **counts})


def content(text: str = "Hello") -> httpx.Response:
    """A whole answer of generateContent."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 3, "thoughtsTokenCount": 20}
    return httpx.Response(200, json={"candidates": [candidate], "usageMetadata": usage})


DONE = event("[DONE]")
HELLO = (
    piece(""),
    piece("Hel"),
    piece("lo"),
    piece("", "stop"),
    event({"choices": [], "usage": used(given=1000, made=200, reasoned=150)}),
    DONE,
)
