"""A whole server in this process: the real one, over the sandbox, on a clock of its own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, ImageContent, Implementation, TextContent
from PIL import Image

from atlascloud_mcp.atlas.addresses import Resolve
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.faults import DroppedConnection, Fault
from atlascloud_mcp.sandbox.state import Sandbox
from atlascloud_mcp.server import Parts, build_server
from atlascloud_mcp.settings import load
from clock import FakeClock

BASE_URL = "https://sandbox.test"
PUBLIC = "93.184.216.34"


async def public(host: str, port: int) -> list[str]:
    """A resolver that finds every name at a public address."""
    return [PUBLIC]


Script = Callable[[httpx.Request], httpx.Response | None]


class InProcess(httpx.AsyncBaseTransport):
    """The sandbox without a socket; a connection that it drops looks as it does over one.

    `script` answers (or raises) in its place, where it has something to say. `seen` are all requests that left.
    """

    def __init__(self, sandbox: Sandbox, script: Script = lambda _: None) -> None:
        self._inner = httpx.ASGITransport(create_app(sandbox))
        self._script = script
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if answer := self._script(request):
            return answer
        try:
            return await self._inner.handle_async_request(request)
        except DroppedConnection as dropped:
            raise httpx.RemoteProtocolError(str(dropped), request=request) from dropped


@dataclass
class World:
    """One server and all that it touches. `environ` are its variables beside key, base URL and folder."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict[str, str])
    clock: FakeClock = field(default_factory=FakeClock)
    script: Script = lambda _: None
    resolve: Resolve = public
    models: int = 80  # in the catalogue: each test reads and sorts it anew, and 400 take five times as long

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(base_url=BASE_URL, clock=self.clock.monotonic, now=self.clock.true_now)
        self.sandbox.sleep = self.clock.sleep
        self.sandbox.catalogue_size = self.models
        self.edge = InProcess(self.sandbox, self._scripted)
        self.project = self.folder / "project"
        self.output = self.folder / "output"
        self.project.mkdir()

    def _scripted(self, request: httpx.Request) -> httpx.Response | None:
        return self.script(request)

    @property
    def sent(self) -> list[httpx.Request]:
        """All requests that left, but those that read the catalogue or a quote: they are free and need no key."""
        free = ("/api/v1/models", "/api/v1/model/calculate")
        return [
            request
            for request in self.edge.seen
            if request.url.path not in free and not request.url.path.startswith("/model/schema/")
        ]

    @property
    def posted(self) -> list[httpx.Request]:
        """Those that could have made something."""
        return [request for request in self.sent if request.method == "POST"]

    def server(self, edge: httpx.AsyncBaseTransport | None = None) -> MCPServer[Parts]:
        """A new server process, as it were; `edge` may stand between it and the world."""
        environ = {
            "ATLASCLOUD_API_KEY": "sandbox-key",
            "ATLASCLOUD_BASE_URL": BASE_URL,
            "ATLASCLOUD_OUTPUT_DIR": str(self.output),
            "ATLASCLOUD_ALLOWED_DIRS": str(self.project),
            "ATLASCLOUD_DATA_DIR": str(self.folder / "data"),
            **self.environ,
        }
        return build_server(
            load({name: value for name, value in environ.items() if value}),
            network=Network(edge or self.edge, self.resolve),
            clock=self.clock,
            working_dir=self.project,
        )

    @asynccontextmanager
    async def client(self, name: str = "tests", **options: Any) -> AsyncGenerator[Client]:
        """A client of a new server, while time passes."""
        async with (
            self.clock.running(),
            Client(self.server(), client_info=Implementation(name=name, version="1"), **options) as client,
        ):
            yield client


# A picture that takes the sandbox no time to draw.
SMALL = {"prompt": "a red fox", "width": 64, "height": 64}


def png(width: int = 64, height: int = 64, colour: str = "teal", kind: str = "PNG") -> bytes:
    """A picture's file."""
    buffer = BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


def text_of(result: CallToolResult) -> str:
    """The text part of a result."""
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))


def fields_of(result: CallToolResult) -> dict[str, Any]:
    """The structured part of a result that is no error."""
    assert not result.is_error, text_of(result)
    assert result.structured_content is not None
    return result.structured_content


def notes_of(fields: dict[str, Any]) -> list[str]:
    """The notes of an answer but the one that the default model, which publishes no schema, always brings."""
    return [note for note in fields.get("notes", []) if "publishes no schema" not in note]


def failure_of(result: CallToolResult) -> str:
    """The text of a result that is an error, with neither structured part nor trace."""
    text = text_of(result)
    assert result.is_error, text
    assert "Traceback" not in text
    assert "defect of this server" not in text
    return text


def previews_of(result: CallToolResult) -> list[ImageContent]:
    """The pictures beside the text of a result."""
    return [part for part in result.content if isinstance(part, ImageContent)]


def at(path: str, answer: httpx.Response) -> Script:
    """A script that answers the requests whose path has `path` in it."""

    def script(request: httpx.Request) -> httpx.Response | None:
        return answer if path in request.url.path else None

    return script


def finished(outputs: list[Any], **fields: Any) -> Fault:
    """A prediction that has succeeded with these outputs."""
    return Fault(body={"code": 200, "data": {"id": "x1", "status": "completed", "outputs": outputs, **fields}})
