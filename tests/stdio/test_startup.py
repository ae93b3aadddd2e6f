"""A start is quick: it imports nothing that only calls need, and reaches for no network."""

import json
import sys
from pathlib import Path

import pytest

from atlascloud_mcp.server import TOOLS
from process import HANDSHAKE, environment, server_process

HEAVY = ("httpx", "PIL", "jsonschema", "sqlite3", "platformdirs", "atlascloud_mcp.jobs.generation")

SPY = """
import gc, json, os, socket, sys
def refuse(*_):
    os.write(2, b"NETWORK")
    raise OSError("no network")
socket.socket.connect = socket.getaddrinfo = refuse
exit = os._exit
def report(code):
    found = [name for name in %r if name in sys.modules]
    os.write(2, json.dumps({"heavy": found, "collects": gc.isenabled()}).encode())
    exit(code)
os._exit = report
from atlascloud_mcp.cli import main
main([])
"""


def test_tools_are_listed_without_network_and_without_the_imports_of_a_call(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SPY % (HEAVY,)]
    with server_process(environment(tmp_path), tmp_path, command) as server:
        server.shake_hands()
        server.send({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        names = [tool["name"] for tool in server.answer(2)["result"]["tools"]]
        assert server.process.stdin
        server.process.stdin.close()
        log = server.gone_within(20)[2]
    assert names[:3] == ["generate_image", "get_prediction", "upload_media"]
    assert json.loads(log) == {"heavy": [], "collects": True}


@pytest.mark.parametrize(
    "version",
    [
        "2024-11-05",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("2025-03-26", "2025-06-18", "2025-11-25")),
    ],
)
def test_every_handshake_version_is_spoken(version: str, tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        initialize, initialized = (dict(message) for message in HANDSHAKE)
        initialize["params"] = {**initialize["params"], "protocolVersion": version}
        server.send(initialize, initialized)
        result = server.answer(1)["result"]
        server.send({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        assert len(server.answer(2)["result"]["tools"]) == len(TOOLS)
        server.call(3, "upload_media", {"path": "missing.png"})
        assert server.answer(3)["result"]["isError"]
    assert result["protocolVersion"] == version
    assert result["serverInfo"]["title"] == "Atlas Cloud"
    assert result["serverInfo"]["icons"][0]["src"].startswith("data:image/svg+xml;base64,")
    assert "generate_image" in result["instructions"]


def test_what_is_wrong_with_the_settings_is_logged_to_stderr_and_nothing_else_is(tmp_path: Path) -> None:
    variables = {"ATLASCLOUD_IMAGE_MODL": "x", "ATLASCLOUD_API_KEY": "${KEY}"}
    with server_process(environment(tmp_path, **variables), tmp_path) as server:
        server.shake_hands()
        assert server.process.stdin
        server.process.stdin.close()
        log = server.gone_within(20)[2].splitlines()
    assert len(log) == 2
    assert any("ATLASCLOUD_IMAGE_MODL is not a setting" in line and "ATLASCLOUD_IMAGE_MODEL" in line for line in log)
    assert any("${KEY}" in line and "did not expand" in line for line in log)
