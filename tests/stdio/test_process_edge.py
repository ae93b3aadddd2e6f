"""However a host ends the server, the process is gone within two seconds and leaves nothing but its log."""

import signal
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest

from atlascloud_mcp.server import TOOLS
from process import COMMAND, HANDSHAKE, ServerProcess, environment, measured, sandbox_process, server_process

GONE_S = 2.0
STARTED_S = 20.0  # with a start in it, on a busy machine

QUICK = {"stdin closed", "SIGTERM"}  # what hosts do; the others wait for the slow tests
WAYS: dict[str, Callable[[ServerProcess], None]] = {
    "stdin closed": lambda server: server.process.stdin.close() if server.process.stdin else None,
    "stdout closed": ServerProcess.close_stdout,
    "SIGTERM": lambda server: server.process.send_signal(signal.SIGTERM),
    "SIGINT": lambda server: server.process.send_signal(signal.SIGINT),
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these signals nor poll")


@pytest.fixture(scope="module")
def base_url() -> Generator[str]:
    with sandbox_process(job_seconds=60) as url:
        yield url


def end(way: str, base_url: str, folder: Path, *, in_flight: bool) -> tuple[int, float, str]:
    variables = {"ATLASCLOUD_BASE_URL": base_url, "ATLASCLOUD_API_KEY": "sandbox-key"}
    environ = environment(folder, **variables)
    # One of the ways is enough to know what the end runs through; measuring costs more than the rest.
    with server_process(measured(environ) if way == "SIGTERM" else environ, folder) as server:
        server.shake_hands()
        if in_flight:
            server.call(2, "generate_image", {"prompt": "a fox"}, token="t")
            while "prediction_id" not in server.receive()["params"]["message"]:
                pass
        WAYS[way](server)
        return server.gone_within(GONE_S)


@pytest.mark.parametrize("in_flight", [pytest.param(False, marks=pytest.mark.slow), True], ids=["idle", "in flight"])
@pytest.mark.parametrize(
    "way", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in WAYS]
)
def test_the_server_is_gone_within_two_seconds(way: str, in_flight: bool, base_url: str, tmp_path: Path) -> None:
    code, took, log = end(way, base_url, tmp_path, in_flight=in_flight)
    assert code == 0
    assert took < GONE_S
    lines = log.splitlines()
    assert len(lines) == (1 if in_flight else 0), log
    if in_flight:
        assert "the call was cancelled; job " in log
        assert "no way to cancel it" in log


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("in_flight", [False, True], ids=["idle", "in flight"])
@pytest.mark.parametrize("way", WAYS)
def test_ten_times_in_a_row(way: str, in_flight: bool, base_url: str, tmp_path: Path) -> None:
    for _ in range(10):
        code, took, log = end(way, base_url, tmp_path, in_flight=in_flight)
        assert (code, "Traceback" in log) == (0, False), log
        assert took < GONE_S


def test_answers_are_written_although_stdin_is_closed_at_once(tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        server.shake_hands()
        server.send({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
        assert server.process.stdin
        server.process.stdin.close()
        assert len(server.answer(2)["result"]["tools"]) == len(TOOLS)
        assert server.gone_within(GONE_S)[0] == 0


@pytest.mark.slow
def test_a_host_that_closes_stdout_and_then_signals_meets_no_trace(base_url: str, tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path) as server:
        server.shake_hands()
        server.close_stdout()
        server.process.send_signal(signal.SIGTERM)
        code, _, log = server.gone_within(GONE_S)
    assert (code, log) == (0, "")


def test_a_submit_in_the_air_when_the_host_leaves_is_awaited_for_a_moment_and_its_id_logged(tmp_path: Path) -> None:
    with sandbox_process() as url:
        httpx.post(f"{url}/sandbox/faults", json={"endpoint": "submit", "delay_s": 0.7}).raise_for_status()
        variables = {"ATLASCLOUD_BASE_URL": url, "ATLASCLOUD_API_KEY": "sandbox-key"}
        with server_process(environment(tmp_path, **variables), tmp_path) as server:
            server.shake_hands()
            server.call(2, "generate_image", {"prompt": "a fox"}, token="t")
            assert "submitting" in server.receive()["params"]["message"]
            while not httpx.get(f"{url}/sandbox/state").json()["submits"]:
                pass
            assert server.process.stdin
            server.process.stdin.close()
            _, _, log = server.gone_within(GONE_S)
        assert httpx.get(f"{url}/sandbox/state").json()["submits"][0]["id"] in log


def without(descriptor: str) -> list[str]:
    """The server as a shell starts it with one of its standard streams closed."""
    return ["sh", "-c", f'exec "$@" {descriptor}&-', "sh", *COMMAND]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["stdin closed", "SIGTERM"])
def test_without_stderr_the_server_works_and_ends_as_always(way: str, tmp_path: Path) -> None:
    # a setting that is warned about: the warning must not end up among the messages
    environ = environment(tmp_path, ATLASCLOUD_IMAGE_MODL="x")
    with server_process(environ, tmp_path, without("2>")) as server:
        server.shake_hands()
        WAYS[way](server)
        assert server.gone_within(GONE_S)[0] == 0


@pytest.mark.slow
def test_without_stdin_the_server_ends_at_once_and_without_a_trace(tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path, without("<")) as server:
        code, _, log = server.gone_within(STARTED_S)
    assert (code, log) == (0, "")


@pytest.mark.slow
def test_without_stdout_the_server_ends_with_stdin_and_without_a_trace(tmp_path: Path) -> None:
    with server_process(environment(tmp_path), tmp_path, without(">")) as server:
        server.send(*HANDSHAKE)
        WAYS["stdin closed"](server)
        code, _, log = server.gone_within(STARTED_S)
    assert (code, log) == (0, "")
