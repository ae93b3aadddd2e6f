"""What tools find in the lifespan context: the parts that `server.py` composes, and who is asking."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
from mcp.server.mcpserver import Context
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp_types import ListRootsRequest, ListRootsResult
from pydantic import ValidationError

from atlascloud_mcp.hosts import Host, host_of
from atlascloud_mcp.jobs.callers import Caller, Callers
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.request import is_url
from atlascloud_mcp.settings import Settings

if TYPE_CHECKING:
    # Only types: the core brings httpx and Pillow, which no start should wait for.
    from atlascloud_mcp.atlas.kept import StartSoon
    from atlascloud_mcp.jobs.composition import Core
    from atlascloud_mcp.jobs.waiting import Patience

logger = logging.getLogger(__name__)

ROOTS_TIMEOUT_S = 1.0


class App(Protocol):
    """The parts of a running server."""

    @property
    def settings(self) -> Settings:
        """The user's settings."""
        ...

    @property
    def clock(self) -> Clock:
        """Time."""
        ...

    @property
    def callers(self) -> Callers:
        """The calls of the connection."""
        ...

    @property
    def start_soon(self) -> "StartSoon":
        """Starts work that no call waits for."""
        ...

    roots: tuple[Path, ...] | None

    @property
    def asking_roots(self) -> anyio.Lock:
        """Held while the client is asked for its roots: calls come side by side, and it is asked once."""
        ...

    def patience(self, wait_s: float, longest_s: float, caller: Caller | None) -> "Patience":
        """A wait of `wait_s` seconds that begins now, in a host that allows `longest_s`, by that call of it."""
        ...

    def core(self, host: Host) -> "Core":
        """The core, made on first use."""
        ...


async def core(ctx: Context[App], paths: Sequence[str | None] = ()) -> "Core":
    """The core, which knows the client's folders once a call has a path in it."""
    app = ctx.request_context.lifespan_context
    found = app.core(host_in(ctx.session))
    if any(path and not is_url(path) for path in paths):
        found.use_roots(await _client_roots(ctx, app), host_in(ctx.session).settings_place)
    return found


def patience(ctx: Context[App], wait_seconds: float | None) -> "Patience":
    """How long this call may take: what its host allows, or the setting; the caller can only shorten it."""
    app = ctx.request_context.lifespan_context
    longest = app.settings.max_wait or host_in(ctx.session).wait_s
    wait_s = longest if wait_seconds is None else min(longest, wait_seconds)
    return app.patience(wait_s, longest, app.callers.of(ctx.request_id))


def host_in(session: ServerSession) -> Host:
    """What is known of the host at the other end."""
    client = session.client_params
    return host_of(client.client_info.name if client else None)


async def _client_roots(ctx: Context[App], app: App) -> tuple[Path, ...]:
    """The client's `file://` roots, asked once; they come from the host, not from the model."""
    async with app.asking_roots:
        if app.roots is None:
            app.roots = await _asked_roots(ctx, app)
    return app.roots


async def _asked_roots(ctx: Context[App], app: App) -> tuple[Path, ...]:
    capabilities = ctx.session.client_capabilities
    if app.settings.allowed_dirs or not capabilities or not capabilities.roots or not ctx.session.can_send_request:
        return ()
    with app.clock.move_on_after(ROOTS_TIMEOUT_S):
        try:
            answer = await ctx.session.send_request(ListRootsRequest(), ListRootsResult)
        except (MCPError, ValidationError) as error:
            # A root that is no file:// URI (a remote workspace's, say) fails the whole answer in the SDK.
            logger.info("the client named no usable roots: %s", type(error).__name__)
        else:
            return tuple(path for root in answer.roots if (path := _local(str(root.uri))))
    return ()


def _local(uri: str) -> Path | None:
    """The folder of a `file://` URI on this machine."""
    parts = urlsplit(uri)
    path = url2pathname(parts.path)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"} or "\0" in path:
        return None
    return Path(path)
