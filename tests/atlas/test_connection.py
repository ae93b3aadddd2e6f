"""The way out as users have it: real sockets, with and without a proxy, one client each."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.models import parse_models
from atlascloud_mcp.jobs.clock import SystemClock

BODY = b'{"code": 200, "data": [{"model": "a/b"}]}'


class Listener:
    """A server for one answer, and the first lines of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def _answer(self, stream: SocketStream) -> None:
        self.connections += 1
        buffered = BufferedByteReceiveStream(stream)
        async with stream:
            with suppress(anyio.IncompleteRead):
                while True:
                    head = await buffered.receive_until(b"\r\n\r\n", 10_000)
                    self.asked.append(head.splitlines()[0])
                    await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[None]:
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as server,
            anyio.create_task_group() as group,
        ):
            self.port = server.extra(SocketAttribute.local_port)  # noqa: S610 - no Django here
            group.start_soon(server.serve, self._answer)
            yield
            group.cancel_scope.cancel()


async def no_key() -> str:
    raise AssertionError("the catalogue needs no key")


async def models(base_url: str) -> list[tuple[str, ...]]:
    client = AtlasClient(base_url, key=no_key, time=SystemClock())
    try:
        documents = [await client.models(), await client.models()]
        found = [parse_models(json.loads(document.content)) for document in documents if document]
        return [tuple(model.id for model in each) for each in found]
    finally:
        await client.aclose()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def test_calls_share_one_connection() -> None:
    listener = Listener()
    async with listener.listening():
        assert await models(f"http://127.0.0.1:{listener.port}") == [("a/b",), ("a/b",)]
    assert listener.asked == [b"GET /api/v1/models HTTP/1.1"] * 2
    assert listener.connections == 1


async def test_calls_go_through_the_user_s_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    async with listener.listening():
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{listener.port}")
        assert await models("http://atlas.test") == [("a/b",), ("a/b",)]
    assert listener.asked == [b"GET http://atlas.test/api/v1/models HTTP/1.1"] * 2
