"""A server as a host starts it: a process of its own, spoken to over its pipes, always with a deadline."""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any

COMMAND = [sys.executable, "-m", "atlascloud_mcp"]
DEADLINE_S = 30.0

HANDSHAKE: tuple[dict[str, Any], ...] = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
)


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """This process's variables without the user's settings, folders for the results, and an API where nobody listens.

    Without coverage's own too: measuring a start costs more than the start. See `measured`.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("ATLASCLOUD_", "COVERAGE_"))}
    folders = {"ATLASCLOUD_OUTPUT_DIR": str(folder / "output"), "ATLASCLOUD_DATA_DIR": str(folder / "data")}
    return {**own, "ATLASCLOUD_BASE_URL": "http://127.0.0.1:9", **folders, **variables}


def measured(environ: Mapping[str, str]) -> dict[str, str]:
    """The same variables for a process whose coverage counts, where it is measured at all."""
    return {**environ, **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}}


class ServerProcess:
    """A started server. Its lines are read by a thread, so that no test can wait for ever."""

    def __init__(self, environ: Mapping[str, str], cwd: Path, command: Sequence[str] = COMMAND) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environ),
            cwd=cwd,
        )
        self._listening = True
        self._lines: Queue[bytes] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, *messages: Mapping[str, Any]) -> None:
        """Write messages, one a line."""
        assert self.process.stdin
        for message in messages:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """The next message; everything on stdout has to be one."""
        try:
            line = self._lines.get(timeout=DEADLINE_S)
        except Empty:
            raise AssertionError("the server did not answer") from None
        message: dict[str, Any] = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        return message

    def answer(self, request_id: int) -> dict[str, Any]:
        """The answer to a request; notifications before it are passed over."""
        while True:
            message = self.receive()
            if message.get("id") == request_id:
                return message

    def shake_hands(self) -> dict[str, Any]:
        """Open a handshake-era connection."""
        self.send(*HANDSHAKE)
        return self.answer(1)

    def call(self, request_id: int, tool: str, arguments: Mapping[str, Any], *, token: str | None = None) -> None:
        """Send a tool call."""
        params: dict[str, Any] = {"name": tool, "arguments": dict(arguments)}
        if token:
            params["_meta"] = {"progressToken": token}
        self.send({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params})

    def close_stdout(self) -> None:
        """Stop listening, as a host that has crashed or lost interest."""
        self._listening = False
        self._reader.join()
        assert self.process.stdout
        self.process.stdout.close()

    def gone_within(self, seconds: float) -> tuple[int, float, str]:
        """Exit code, seconds that it took, and stderr; fails when the process is still there."""
        began = time.monotonic()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the server is still there after {seconds} s") from None
        took = time.monotonic() - began
        assert self.process.stderr
        return code, took, self.process.stderr.read().decode()

    def _read(self) -> None:
        """Queue the lines of stdout. Never blocked for long: a pipe that is being read cannot be closed."""
        assert self.process.stdout
        descriptor, rest = self.process.stdout.fileno(), b""
        while self._listening:
            if sys.platform != "win32" and not select.select([descriptor], [], [], 0.02)[0]:
                continue
            data = os.read(descriptor, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._lines.put(line)


@contextmanager
def server_process(environ: Mapping[str, str], cwd: Path, command: Sequence[str] = COMMAND) -> Generator[ServerProcess]:
    """A server process, which is gone afterwards whatever happened."""
    server = ServerProcess(environ, cwd, command)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        server.close_stdout()
        for pipe in (server.process.stdin, server.process.stderr):
            if pipe:
                with suppress(OSError):
                    pipe.close()


@contextmanager
def sandbox_process(job_seconds: float = 3.0) -> Generator[str]:
    """A sandbox in a process of its own; yields its base URL."""
    command = [*COMMAND, "sandbox", "--port", "0", "--job-seconds", str(job_seconds)]
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=own) as process:
        assert process.stdout
        try:
            line = process.stdout.readline()
            yield line.split(" at ")[1].split()[0]
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
