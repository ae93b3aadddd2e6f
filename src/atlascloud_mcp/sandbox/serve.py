"""The sandbox on a real port of this machine."""

import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

import anyio

from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.state import Sandbox

if TYPE_CHECKING:
    from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"


@asynccontextmanager
async def serve(app: "Starlette", *, host: str = LOOPBACK, port: int = 0) -> AsyncGenerator[str]:
    """The app answers at the base URL it yields, which is also the sandbox's own `base_url` meanwhile.

    `port` 0 takes a free one. Everything is closed within about 0.3 s of leaving, requests in flight
    included. No signal handler is touched. Raises `OSError` when the port cannot be had.
    """
    # uvicorn costs a tenth of a second that only those who serve should wait for
    from atlascloud_mcp.sandbox.listener import Listener  # noqa: PLC0415  see above

    sandbox: Sandbox = app.state.sandbox
    before = sandbox.base_url
    with socket.create_server((host, port)) as listening:
        listener = Listener(app)
        sandbox.base_url = f"http://{host}:{listening.getsockname()[1]}"
        async with anyio.create_task_group() as tasks:
            await tasks.start(listener.listen, listening)
            try:
                yield sandbox.base_url
            finally:
                listener.stop()
                sandbox.base_url = before


def run(port: int = 0, *, sandbox: Sandbox | None = None, write: Callable[[str], object] | None = None) -> None:
    """Serves on the loopback interface until Ctrl-C or SIGTERM, after saying where and how to use it.

    Raises `OSError` when the port cannot be had.
    """
    # A shell that starts it in the background has SIGINT ignored, and SIGTERM is carried out as one.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.signal(signal.SIGTERM, _like_ctrl_c)
    try:
        with suppress(KeyboardInterrupt):
            anyio.run(_serve_until_stopped, port, sandbox or Sandbox(), write or sys.stdout.write)
    finally:
        signal.signal(signal.SIGTERM, before)


async def _serve_until_stopped(port: int, sandbox: Sandbox, write: Callable[[str], object]) -> None:
    async with serve(create_app(sandbox), port=port) as base_url:
        key = min(sandbox.api_keys or {"any-key"})
        write(
            f"Atlas Cloud sandbox at {base_url} (it draws its pictures itself; nothing costs anything)\n"
            f"Use it with  ATLASCLOUD_BASE_URL={base_url} ATLASCLOUD_API_KEY={key}\n"
            "Ctrl-C ends it.\n"
        )
        sys.stdout.flush()
        await anyio.sleep_forever()


def _like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGINT)
