"""The process edge: from a started process to a served connection, and out again without a trace.

The SDK ends a connection when stdin closes. Hosts end servers in other ways too: they signal, or they close
our stdout and keep stdin open. The SDK's thread that reads stdin cannot be interrupted (mcp 2.3: SIGINT cleans
up and then hangs; SIGTERM skips the clean-up; a broken pipe prints a trace and stays), so once the lifespan is
closed the process is ended from here. A timer beside the event loop ends it in any case.
"""

import asyncio  # only for call_soon_threadsafe, which signal handlers may use and anyio has no match for
import gc
import io
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

import anyio
from mcp.server.mcpserver import MCPServer

from atlascloud_mcp.cli.stdin import Lines, Stdin, refuse_unreadable
from atlascloud_mcp.jobs.clock import SystemClock
from atlascloud_mcp.jobs.grace import ENDING_GRACE_S, Grace
from atlascloud_mcp.server import Parts, build_server
from atlascloud_mcp.settings import Settings, load

logger = logging.getLogger(__name__)

LAST_RESORT_S = ENDING_GRACE_S + 0.3
FLUSH_S = 0.3  # for answers that are still on their way to a client that has closed its end


def run() -> int:
    """Serve MCP over stdio until the client goes away or a signal comes."""
    _open_missing()
    settings = load(os.environ)  # noqa: TID251 - the one place that hands the environment over
    configure_logging(settings)
    for problem in settings.problems:
        logger.warning(problem.message)
    if sys.stdin.isatty():
        sys.stderr.write(
            "atlascloud-mcp speaks MCP over stdin and stdout; an MCP client starts it (see README). "
            "To see it work: atlascloud-mcp demo. Ctrl-C ends it.\n"
        )
    anyio.run(Edge(settings).serve)
    return 0


def _open_missing() -> None:
    """Descriptors 0 to 2 are open: one that the host closed leads nowhere, and no file of ours gets its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def configure_logging(settings: Settings) -> None:
    """Log to stderr. Before the SDK does, which would log every request's line in colour."""
    logging.basicConfig(
        level=settings.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # At INFO these print whole URLs, and results have signed ones.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Edge:
    """One connection over stdio, and its end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def serve(self) -> None:
        """Serve, then end the process with code 0."""
        clock = SystemClock()
        self._grace = Grace(clock)
        self._scope = anyio.CancelScope()
        self._loop = asyncio.get_running_loop()
        closed, finished = anyio.Event(), anyio.Event()
        server = build_server(self._settings, clock=clock, grace=self._grace, on_closed=closed.set)
        server.middleware.append(refuse_unreadable)
        gc.freeze()  # what a start has made stays to the end: nothing to look through again and again
        gc.enable()
        self._watch()
        async with anyio.create_task_group() as group:
            group.start_soon(self._serve, server, finished)
            await closed.wait()
            with anyio.move_on_after(FLUSH_S):
                await finished.wait()
            _exit()

    async def _serve(self, server: MCPServer[Parts], finished: anyio.Event) -> None:
        with self._scope:
            await server.run_stdio_async()
        finished.set()

    def _watch(self) -> None:
        """Notice every way in which a host ends a server."""
        sys.stdin = io.TextIOWrapper(Lines(Stdin(self._end_soon)), encoding="utf-8")
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            if number := getattr(signal, name, None):
                signal.signal(number, self._signalled)
        threading.Thread(target=_await_hang_up, args=(os.dup(1), self._stop), daemon=True).start()

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        """A signal, or nobody listens any more: end the connection. Called from any thread or signal handler."""
        self._end_soon()
        self._loop.call_soon_threadsafe(self._scope.cancel)

    def _end_soon(self) -> None:
        """The connection is ending, by itself or by us; it must not take long."""
        timer = threading.Timer(LAST_RESORT_S, os._exit, (0,))  # without `_exit`: a full stderr could hold that up
        timer.daemon = True
        timer.start()
        self._loop.call_soon_threadsafe(self._grace.end_soon)


def _await_hang_up(stdout: int, hung_up: Callable[[], None]) -> None:
    """Call `hung_up` when nobody reads our stdout any more. Windows cannot tell before the next write."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(stdout, 0)
    for _, event in poll.poll():
        if event & (select.POLLERR | select.POLLHUP):
            hung_up()


def _exit() -> NoReturn:
    """End the process now. The thread that reads stdin cannot be joined."""
    try:
        logging.shutdown()
        sys.stderr.flush()
    finally:
        os._exit(0)
