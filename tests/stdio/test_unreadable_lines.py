"""A line that the SDK cannot read is logged without its content, and a request in it is answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from atlascloud_mcp.server import TOOLS
from process import ServerProcess, environment, server_process

CUT_EMOJI = "secret words \ud83e"  # as JSON.stringify("🦊".slice(0, 1)) leaves it
DEEP = "[" * 300 + "]" * 300
MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def write(server: ServerProcess, line: str) -> None:
    assert server.process.stdin
    server.process.stdin.write(line.encode() + b"\n")
    server.process.stdin.flush()


def log_at_the_end(server: ServerProcess) -> str:
    assert server.process.stdin
    server.process.stdin.close()
    code, _, log = server.gone_within(20)
    assert code == 0
    return log


def call(params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params})


def test_requests_that_cannot_be_read_are_refused_under_their_ids_and_the_next_one_works(tmp_path: Path) -> None:
    lines = [
        call({"name": "generate_image", "arguments": {"prompt": CUT_EMOJI}}),
        call({"name": "generate_image", "arguments": {"prompt": CUT_EMOJI}, "_meta": {"progressToken": 1}}),
        call({"name": "generate_image", "arguments": json.loads(DEEP)}),
        call(["secret words"]),
        json.dumps({"id": 2, "method": "tools/list"}),
    ]
    with server_process(environment(tmp_path), tmp_path) as server:
        server.shake_hands()
        for line in lines:
            write(server, line)
            error = server.answer(2)["error"]
            assert error["code"] == -32700
            assert "half an emoji" in error["message"]
        server.send({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
        assert len(server.answer(3)["result"]["tools"]) == len(TOOLS)
        log = log_at_the_end(server).splitlines()
    assert len(log) == len(lines)
    for line, entry in zip(lines, log, strict=True):
        assert f"WARNING atlascloud_mcp.cli.stdin: A line of {len(line) + 1} bytes" in entry
        assert "was refused" in entry
        assert "secret" not in entry


def test_a_client_without_a_handshake_is_answered_in_its_own_way_even_when_that_was_its_first_line(
    tmp_path: Path,
) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        write(server, call({"name": "generate_image", "arguments": {"prompt": CUT_EMOJI}, "_meta": MODERN}))
        assert server.answer(2)["error"]["code"] == -32700
        server.send({"jsonrpc": "2.0", "id": 3, "method": "tools/list", "params": {"_meta": MODERN}})
        assert len(server.answer(3)["result"]["tools"]) == len(TOOLS)


@pytest.mark.slow
def test_lines_that_are_no_requests_are_ignored_and_that_is_logged(tmp_path: Path) -> None:
    lines = [
        *("hello secret", '{"jsonrpc": "2.0", "id": 2', "[]", "7", '{"jsonrpc": "2.0", "id": 2}', "[" * 100_000),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/x", "params": {"secret": CUT_EMOJI}}),
        json.dumps({"jsonrpc": "2.0", "id": {}, "method": "tools/list", "params": 7}),
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": 7}),
    ]
    with server_process(environment(tmp_path, ATLASCLOUD_LOG_LEVEL="WARNING"), tmp_path) as server:
        server.shake_hands()
        for line in lines:
            write(server, line)
        server.send({"jsonrpc": "2.0", "id": 3, "method": "tools/list"})
        assert len(server.answer(3)["result"]["tools"]) == len(TOOLS)
        log = log_at_the_end(server).splitlines()
    assert len(log) == len(lines)
    assert all("was ignored" in entry and "secret" not in entry for entry in log)


@pytest.mark.slow
def test_empty_lines_and_a_last_line_without_an_end_are_fine(tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        server.shake_hands()
        write(server, "\n \r")
        assert server.process.stdin
        server.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "ping"}).encode())
        assert log_at_the_end(server) == ""
        assert server.answer(2)["result"] == {}
