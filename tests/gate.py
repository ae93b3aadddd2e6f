"""A gate in front of an HTTP server: bytes go through it, until a test has it hold one request or its reply.

It works in threads: the tests that kill processes are not asynchronous.
"""

import re
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

DEADLINE_S = 20.0
CHUNK = 65536

_REQUEST = re.compile(rb"[A-Z]+ (\S+) HTTP/1\.1\r\n")


@dataclass(eq=False)
class Hold:
    """One request whose path has `path` in it is stopped, or its `reply` when so many bytes of it have gone through.

    A request that is stopped never gets through. A reply does when it is `let_go`.
    """

    path: str
    what: Literal["request", "reply"]
    after: int = 0
    is_used: bool = False
    _came: threading.Event = field(default_factory=threading.Event)
    _free: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Return when it has been stopped."""
        assert self._came.wait(DEADLINE_S), f"no {self.what} of {self.path} came to the gate"

    def let_go(self) -> None:
        """The reply goes through; a request is dropped."""
        self._free.set()

    def stop(self) -> None:
        """In a thread of the gate: it has been stopped here, and stays so until it is let go."""
        self._came.set()
        self._free.wait()


class Gate:
    """Listens on a port of its own; what comes there goes to `port`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._holds: list[Hold] = []
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_open = True
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def hold(self, path: str, what: Literal["request", "reply"], *, after: int = 0) -> Hold:
        """The next request of that path is held, or its reply after so many bytes."""
        hold = Hold(path, what, after)
        self._holds.append(hold)
        return hold

    def close(self) -> None:
        """All connections are closed."""
        self._is_open = False
        with suppress(OSError):
            socket.create_connection(self._listening.getsockname(), timeout=1).close()  # `accept` wakes up
        self._accepting.join()
        self._listening.close()
        for hold in self._holds:
            hold.let_go()
        with self._lock:
            for each in self._sockets:
                _shut(each)

    def _accept(self) -> None:
        while self._is_open:
            client, _ = self._listening.accept()
            if not self._is_open:
                client.close()
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        """Both ways of one connection, until one side ends it."""
        with client, socket.create_connection(("127.0.0.1", self._port)) as server:
            with self._lock:
                self._sockets |= {client, server}
            connection = _Connection(client, server, self)
            back = threading.Thread(target=connection.carry_replies, daemon=True)
            back.start()
            connection.carry_requests()
            back.join()
            with self._lock:
                self._sockets -= {client, server}

    def held(self, chunk: bytes) -> Hold | None:
        """What is to be done with a request that begins so; each hold is for one."""
        request = _REQUEST.match(chunk)
        path = request[1].decode() if request else None
        with self._lock:
            hold = next((each for each in self._holds if path and each.path in path and not each.is_used), None)
            if hold:
                hold.is_used = True
            return hold


@dataclass(eq=False)
class _Connection:
    """One connection. A client sends no request before it has the reply to the last one."""

    client: socket.socket
    server: socket.socket
    gate: Gate
    reply: Hold | None = None

    def carry_requests(self) -> None:
        with suppress(OSError):
            while chunk := self.client.recv(CHUNK):
                hold = self.gate.held(chunk)
                if hold and hold.what == "request":
                    hold.stop()
                    break
                self.reply = hold or self.reply
                self.server.sendall(chunk)
        _shut(self.server)

    def carry_replies(self) -> None:
        with suppress(OSError):
            while chunk := self.server.recv(CHUNK):
                self.client.sendall(self._passed(chunk))
        _shut(self.client)

    def _passed(self, chunk: bytes) -> bytes:
        """What is left of a part of a reply, once nothing holds it any more, after its beginning has gone through."""
        hold = self.reply
        if hold is None:
            return chunk
        beginning, rest = chunk[: hold.after], chunk[hold.after :]
        hold.after -= len(beginning)
        if not rest:
            return beginning
        self.client.sendall(beginning)
        self.reply = None
        hold.stop()
        return rest


def _shut(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def gate_before(base_url: str) -> Generator[Gate]:
    """A gate in front of the server of this address."""
    gate = Gate(int(base_url.rpartition(":")[2]))
    try:
        yield gate
    finally:
        gate.close()
