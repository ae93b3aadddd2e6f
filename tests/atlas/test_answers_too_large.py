"""Answers that would fill the memory, the disk or the time of this process, whatever is in them."""

import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator
from time import process_time

import anyio
import anyio.lowlevel
import httpx
import pytest

from atlascloud_mcp.atlas import values, wire
from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.atlas.failures import Call, from_status
from atlascloud_mcp.errors import InvalidRequest, OutcomeUnknown, ServiceError
from clock import FakeClock
from world import public

CDN = "https://cdn.example.com/1.png"
MB = 2**20
ZEROS = gzip.compress(bytes(48 * MB), 1)
TEXT = gzip.compress(b"text", mtime=0)


class Body(httpx.AsyncByteStream):
    """These bytes, as they are on the wire. `begun` when the first was asked for."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts
        self.begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.begun = True
        for part in self.parts:
            yield part


def client(body: httpx.AsyncByteStream, **headers: str) -> AtlasClient:
    async def key() -> str:
        return "canary"

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=body, headers=named))
    return AtlasClient("https://api.example.com", key=key, time=FakeClock(), network=Network(transport, public))


class Written:
    """Where a download is written to, which only counts."""

    def __init__(self) -> None:
        self.size = 0

    async def __call__(self, chunk: bytes) -> None:
        self.size += len(chunk)


async def test_a_small_file_that_unpacks_to_an_enormous_one_is_given_up_at_the_limit() -> None:
    written = Written()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRequest, match="larger than 1 MB"):
            await client(Body(ZEROS), Content_Encoding="gzip").download(CDN, written, max_bytes=MB)
        assert tracemalloc.get_traced_memory()[1] < 8 * MB
    finally:
        tracemalloc.stop()
    assert written.size <= MB


async def test_while_a_packed_file_unpacks_everything_else_goes_on() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    packed, written = gzip.compress(bytes(32 * MB)), Written()
    async with anyio.create_task_group() as group:
        group.start_soon(count)
        await client(Body(packed), Content_Encoding="gzip").download(CDN, written, max_bytes=64 * MB)
        group.cancel_scope.cancel()
    assert written.size == 32 * MB
    assert turns > 32  # one for each megabyte, at the least


@pytest.mark.parametrize("encoding", ["br", "zstd", "Compress", "identity, br"])
async def test_what_is_packed_in_a_way_that_was_not_offered_is_no_result(encoding: str) -> None:
    written = Written()
    with pytest.raises(ServiceError, match="not offered"):
        await client(Body(b"8 bytes!"), Content_Encoding=encoding).download(CDN, written, max_bytes=MB)
    assert written.size == 0


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate, gzip", "GZIP,x-gzip", "gzip, gzip, gzip"])
async def test_what_is_packed_more_than_once_is_not_unpacked_at_all(encoding: str) -> None:
    atlas = client(Body(gzip.compress(ZEROS)), Content_Encoding=encoding)
    with pytest.raises(ServiceError, match="packed more than once"):
        await atlas.download(CDN, Written(), max_bytes=100 * MB)
    with pytest.raises(ServiceError, match="packed more than once"):
        await atlas.prediction("job-1")
    with pytest.raises(OutcomeUnknown, match="packed more than once"):
        await atlas.submit("generateImage", {})


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(TEXT, "gzip"), (b"text", "identity"), (b"text", "aws-chunked"), (b"text", ""), (b"", "gzip")],
)
async def test_what_is_packed_once_or_not_at_all_arrives_as_it_is(body: bytes, encoding: str) -> None:
    written = Written()
    await client(Body(*(bytes([each]) for each in body)), Content_Encoding=encoding).download(CDN, written, max_bytes=9)
    assert written.size == (4 if body else 0)


@pytest.mark.parametrize("body", [b"no gzip at all", TEXT[:-9]])
async def test_what_cannot_be_unpacked_is_no_result(body: bytes) -> None:
    with pytest.raises(ServiceError, match="sent what cannot be read"):
        await client(Body(body), Content_Encoding="gzip").download(CDN, Written(), max_bytes=MB)


async def test_nothing_is_read_of_a_file_that_says_that_it_is_too_large() -> None:
    body = Body(b"x")
    with pytest.raises(InvalidRequest, match="larger than 1 MB"):
        await client(body, Content_Length=str(10**10)).download(CDN, Written(), max_bytes=MB)
    assert not body.begun


async def test_an_answer_that_should_be_a_number_may_not_be_a_megabyte() -> None:
    body = Body(json.dumps({"code": 200, "data": {"price": 1, "x": "y" * MB}}).encode())
    with pytest.raises(ServiceError, match="an endless answer"):
        await client(body).quote({"model": "a/b"})


@pytest.mark.parametrize("value", [b"[],", b"1,", b'{"a":1},', b"[" * 500 + b"]" * 500 + b","])
async def test_json_of_too_many_values_is_not_read(value: bytes) -> None:
    body = b'{"code":200,"data":{"id":"x1","x":[' + value * (12 * MB // len(value)) + b"0]}}"
    began = process_time()
    with pytest.raises(ValueError, match="too many"):
        values.read(body)
    assert process_time() - began < 0.25


@pytest.mark.parametrize("call", [Call.SUBMIT, Call.POLL, Call.QUOTE])
def test_a_long_reason_costs_no_time(call: Call) -> None:
    body = {"code": 400, "msg": "model " * 8000}
    began = process_time()
    from_status(400, wire.envelope(body).message, call)
    from_status(400, wire.envelope({"error": {"detail": "model " * 8000}}).message, call)
    assert process_time() - began < 0.25


@pytest.mark.parametrize(
    "wish",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999",
        "Mon, 99 Foo 2026 99:99:99 GMT",
        "9" * 5000,
        "\u0669",
    ],
)
async def test_a_wish_to_wait_that_is_no_time_changes_nothing(wish: str) -> None:
    async def key() -> str:
        return "canary"

    headers = httpx.Headers([(b"Retry-After", wish.encode())])
    transport = httpx.MockTransport(lambda _: httpx.Response(429, json={"msg": "slow down"}, headers=headers))
    atlas = AtlasClient("https://api.example.com", key=key, time=FakeClock(), network=Network(transport, public))
    with pytest.raises(ServiceError, match="too many requests"):
        await atlas.submit("generateImage", {})
