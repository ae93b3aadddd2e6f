"""What a job would cost: asked once, quickly, with a key or without."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.atlas.failures import Limited
from atlascloud_mcp.atlas.quotes import Quote, parse_quote
from atlascloud_mcp.errors import Billing, InvalidRequest, ModelNotFound, ServiceError, SetupError
from clock import FakeClock

BODY = {"model": "acme/video", "prompt": "a fox", "duration": 5}


async def a_key() -> str:
    return "canary"


async def no_key() -> str:
    raise SetupError("There is no API key.")


class Counter:
    """Answers every request, and remembers them."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.seen: list[httpx.Request] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def client(serve: Callable[[httpx.Request], httpx.Response], key: Any = a_key) -> AtlasClient:
    return AtlasClient("https://api.atlas.test", key=key, time=FakeClock(), network=Network(httpx.MockTransport(serve)))


async def test_the_price_of_exactly_this_body_is_asked_for() -> None:
    data = {"price": "0.52", "origin_price": "0.65", "discount": "80", "estimated": True, "estimated_tokens": 52_000}
    counter = Counter(httpx.Response(200, json={"code": 200, "data": data}))
    assert await client(counter).quote(BODY) == Quote(0.52, 0.65, is_estimate=True, estimated_tokens=52_000)
    (request,) = counter.seen
    assert (request.method, request.url.path) == ("POST", "/api/v1/model/calculate")
    assert json.loads(request.content) == BODY
    assert request.headers["authorization"] == "Bearer canary"
    assert request.headers["content-type"] == "application/json"


async def test_without_a_key_the_price_is_asked_for_all_the_same() -> None:
    counter = Counter(httpx.Response(200, json={"data": {"price": 0.1}}))
    assert await client(counter, no_key).quote(BODY) == Quote(0.1)
    assert "authorization" not in counter.seen[0].headers


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ({"price": 1}, Quote(1)),
        ({"data": {"price": " 0.1 ", "estimated": "true"}}, Quote(0.1, is_estimate=True)),
        ({"data": {"price": 0, "origin_price": "x", "estimated_tokens": -1}}, Quote(0)),
        ({"data": {"price": None}}, None),
        ({"data": {"price": "-1"}}, None),
        ({"data": {"price": float("nan")}}, None),
        ({"data": {"price": 1e9}}, None),
        ({"data": None}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_quote_is_read_from_every_shape(body: object, quote: Quote | None) -> None:
    assert parse_quote(body) == quote


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, {"code": 200, "data": {}}, ServiceError, "no usable price"),
        (200, {"code": 400, "msg": "bad size"}, InvalidRequest, "bad size"),
        (422, {"msg": "bad size"}, InvalidRequest, "bad size"),
        (400, {"msg": "failed to evaluate price: expression compile failed"}, ModelNotFound, "no such model"),
        (404, {"msg": "model not found"}, ModelNotFound, "no such model"),
        (404, {}, ServiceError, "404"),
        (405, {}, ServiceError, "405"),
        (401, {"msg": "unauthorized"}, ServiceError, "key"),
        (402, {"msg": "insufficient"}, ServiceError, "balance"),
        (429, {}, Limited, "too many requests"),
        (503, {}, ServiceError, "503"),
    ],
)
async def test_no_price_is_an_error_about_no_money(
    status: int, body: object, error: type[Exception], words: str
) -> None:
    counter = Counter(httpx.Response(status, json=body))
    with pytest.raises((ServiceError, InvalidRequest), match=words) as caught:
        await client(counter).quote(BODY)
    assert type(caught.value) is error
    assert caught.value.billing is Billing.NOT_CONCERNED
    assert len(counter.seen) == 1


@pytest.mark.parametrize("error", [httpx.ReadTimeout("slow"), httpx.ConnectError("refused")])
async def test_a_service_that_does_not_answer_is_asked_once(error: Exception) -> None:
    counter = Counter(error)
    with pytest.raises(ServiceError, match="asking for the price"):
        await client(counter).quote(BODY)
    assert len(counter.seen) == 1
    assert counter.seen[0].extensions["timeout"] == {"connect": 5, "read": 5, "write": 5, "pool": 5}
