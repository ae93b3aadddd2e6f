"""A scripted service that publishes models, and libraries of servers that read it."""

import inspect
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx

from atlascloud_mcp.atlas.addresses import Resolve
from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.atlas.library import Library
from atlascloud_mcp.atlas.models import Model, parse_models
from atlascloud_mcp.storage.cache import CacheFolder
from clock import FakeClock
from world import public

BASE_URL = "https://api.atlas.test"
SCHEMA_URL = "https://static.atlas.test/model/schema/acme-image.json"
HOUR, DAY = 3600.0, 24 * 3600.0

Serve = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def entry(model_id: str = "acme/image", **fields: Any) -> dict[str, Any]:
    """A catalogue entry as the service writes them."""
    return {"model": model_id, "type": "Image", "categories": ["TEXT-TO-IMAGE"], "display_console": True, **fields}


def one(**fields: Any) -> Model:
    """The model of such an entry."""
    (model,) = parse_models({"data": [entry(**fields)]})
    return model


def bare(model_id: str, **fields: Any) -> Model:
    """A model of which the catalogue says nothing but what is given."""
    (model,) = parse_models({"data": [{"model": model_id, **fields}]})
    return model


def listing(count: int = 3, name: str = "image") -> dict[str, Any]:
    """The answer of `GET /models` with so many models."""
    return {"code": "200", "data": [entry(f"acme/{name}-{number}") for number in range(count)]}


def document(**properties: Any) -> dict[str, Any]:
    """A schema document in OpenAPI's shape."""
    schema = {"type": "object", "properties": {"model": {"type": "string"}, **properties}, "required": ["model"]}
    return {"openapi": "3.0.0", "info": {"title": "x"}, "components": {"schemas": {"Input": schema}}}


def answer(body: Any, status: int = 200, etag: str = "") -> httpx.Response:
    """A JSON answer; `body` as it is when it is text."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return httpx.Response(status, content=content, headers={"ETag": etag} if etag else {})


def files(folder: Path) -> list[Path]:
    """What is in a folder, if there is one."""
    return sorted(folder.iterdir()) if folder.exists() else []


@dataclass
class Site:
    """`serve` answers everything; it may be exchanged at any time. `seen` are the requests that came."""

    folder: Path
    serve: Serve = field(default=lambda _: answer(listing()))
    clock: FakeClock = field(default_factory=FakeClock)
    resolve: Resolve = public
    seen: list[httpx.Request] = field(default_factory=list[httpx.Request])

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        found = self.serve(request)
        return await found if inspect.isawaitable(found) else found

    def client(self, base_url: str = BASE_URL) -> AtlasClient:
        """A client of the service, whose key is never for what is public."""

        async def key() -> str:
            raise AssertionError("what is public needs no key")

        network = Network(httpx.MockTransport(self._handle), self.resolve)
        return AtlasClient(base_url, key=key, time=self.clock, network=network)

    @asynccontextmanager
    async def library(self, base_url: str = BASE_URL) -> AsyncGenerator[Library]:
        """The library of a new server, while time passes."""
        async with self.clock.running(), anyio.create_task_group() as group:
            yield Library(self.client(base_url), CacheFolder(self.folder), self.clock, group.start_soon)
            group.cancel_scope.cancel()

    @staticmethod
    def network(body: bytes) -> Network:
        """A network where everything is answered with `body`."""
        return Network(httpx.MockTransport(lambda _: httpx.Response(200, content=body)), public)

    async def settle(self) -> None:
        """Return when everything that was begun has come to an end."""
        await self.clock.sleep(0.001)

    def pass_time(self, seconds: float) -> None:
        """So much time has passed."""
        self.clock.elapsed += seconds

    def slow(self, seconds: float, body: Any) -> Serve:
        """An answer that takes its time."""

        async def serve(_: httpx.Request) -> httpx.Response:
            await self.clock.sleep(seconds)
            return answer(body)

        return serve
