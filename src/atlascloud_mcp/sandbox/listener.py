"""uvicorn as a guest in somebody's event loop: no signals, no waiting for clients, sockets that can be closed."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from anyio import TASK_STATUS_IGNORED, CancelScope
from anyio.abc import TaskStatus
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from atlascloud_mcp.sandbox.injection import HANG_UP

if TYPE_CHECKING:
    import asyncio

_CLOSE = "atlascloud_sandbox.close"


class Listener:
    """One server over the app, until it is told to stop."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._calls: set[CancelScope] = set()
        config = uvicorn.Config(
            self._interruptible,
            interface="asgi3",
            http=_ClosableProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
        )
        self._server = _GuestServer(config)

    async def listen(self, listening: socket.socket, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Answers on that socket until `stop`, even while the caller is being cancelled; then closes it."""
        self._server.listening = task_status
        with CancelScope(shield=True):
            await self._server.serve(sockets=[listening])

    def stop(self) -> None:
        """No new request is answered, and the ones in flight end without an answer."""
        self._server.should_exit = True
        for call in self._calls:
            call.cancel()

    async def _interruptible(self, scope: Scope, receive: Receive, send: Send) -> None:
        with CancelScope() as call:
            self._calls.add(call)
            try:
                await self._app({**scope, HANG_UP: call.cancel}, receive, send)
            finally:
                self._calls.discard(call)
        if call.cancelled_caught:
            scope[_CLOSE]()
            while (await receive())["type"] != "http.disconnect":
                pass


class _GuestServer(uvicorn.Server):
    """Leaves the signals to its host and tells it when it listens."""

    listening: TaskStatus[None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and then the host goes on."""
        await super().startup(sockets)
        self.listening.started()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """No signal handler is installed."""
        yield


class _ClosableProtocol(H11Protocol):
    """Hands each request the means to close its socket."""

    def connection_made(self, transport: "asyncio.Transport") -> None:
        """As uvicorn's, with the app wrapped."""
        super().connection_made(transport)
        app = self.app

        async def with_close(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, _CLOSE: transport.close}, receive, send)

        self.app = with_close
