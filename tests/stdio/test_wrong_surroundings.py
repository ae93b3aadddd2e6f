"""What is wrong around the server (proxies, certificates, a host's roots) is said as what it is, not as a defect."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from process import HANDSHAKE, ServerProcess, environment, server_process


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["result"]["content"][0]["text"])


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"SSL_CERT_FILE": "/nonexistent.pem"}, ["SSL_CERT_FILE", "cannot be used"]),
        pytest.param({"SSL_CERT_FILE": __file__}, ["SSL_CERT_FILE", "cannot be used"], marks=pytest.mark.slow),
        ({"HTTPS_PROXY": "socks4://127.0.0.1:9"}, ["HTTPS_PROXY", "socks5://"]),
        pytest.param(
            {"HTTPS_PROXY": "http://127.0.0.1:notaport"}, ["HTTPS_PROXY", "cannot be used"], marks=pytest.mark.slow
        ),
    ],
)
def test_a_wrong_certificate_or_proxy_variable_is_named_and_nothing_is_billed(
    variables: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    settings = {"ATLASCLOUD_API_KEY": "k", "ATLASCLOUD_BASE_URL": "https://192.0.2.1", "NO_PROXY": "", "no_proxy": ""}
    with server_process(environment(tmp_path, **settings, **variables), tmp_path) as server:
        server.shake_hands()
        server.call(2, "generate_image", {"prompt": "a fox"})
        text = text_of(server.answer(2))
    assert [word for word in (*words, "Nothing was billed.") if word not in text] == []
    assert "defect" not in text


def answer_of_roots(server: ServerProcess, request_id: int, roots: list[dict[str, str]]) -> dict[str, Any]:
    """The answer to a call, after `roots/list` has been answered with `roots`."""
    while True:
        message = server.receive()
        if message.get("method") == "roots/list":
            server.send({"jsonrpc": "2.0", "id": message["id"], "result": {"roots": roots}})
        elif message.get("id") == request_id:
            return message


@pytest.mark.parametrize(
    "root",
    [
        {"uri": "vscode-remote://ssh/home/x"},
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ({"uri": "/home/x"}, {"foo": "1"}, {"uri": "file:///a%00b"})
        ),
    ],
)
def test_roots_that_cannot_be_used_leave_the_working_directory(root: dict[str, str], tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "cat.png")
    initialize, initialized = (dict(message) for message in HANDSHAKE)
    initialize["params"] = {**initialize["params"], "capabilities": {"roots": {}}}
    with server_process(environment(tmp_path), tmp_path) as server:
        server.send(initialize, initialized)
        server.answer(1)
        server.call(2, "generate_image", {"prompt": "a fox", "images": ["cat.png"], "dry_run": True})
        text = text_of(answer_of_roots(server, 2, [root]))
    assert "<upload: cat.png, " in text


@pytest.mark.slow
def test_a_number_that_json_does_not_have_is_refused(tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        server.shake_hands()
        server.call(2, "generate_image", {"prompt": "a fox", "params": {"strength": float("nan")}, "dry_run": True})
        assert "NaN or infinity" in text_of(server.answer(2))
