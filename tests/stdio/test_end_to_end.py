"""The main job as a host does it: the installed server as a process, the sandbox as another, a real client between."""

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp_types import Implementation

from process import COMMAND, environment, sandbox_process
from world import fields_of, text_of

JOB_SECONDS = 2.0


@pytest.fixture(scope="module")
def base_url() -> Generator[str]:
    with sandbox_process(JOB_SECONDS) as url:
        yield url


def client(base_url: str, folder: Path, mode: Literal["auto", "legacy"] = "auto") -> Client:
    variables = {"ATLASCLOUD_BASE_URL": base_url, "ATLASCLOUD_API_KEY": "sandbox-key"}
    server = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env=environment(folder, **variables), cwd=folder
    )
    return Client(server, mode=mode, client_info=Implementation(name="tests", version="1"))


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_a_prompt_becomes_a_picture_on_disk_in_one_call(
    mode: Literal["auto", "legacy"], base_url: str, tmp_path: Path
) -> None:
    seen: list[tuple[float, str]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, message or ""))

    with anyio.fail_after(30):
        async with client(base_url, tmp_path, mode) as session:
            result = await session.call_tool("generate_image", {"prompt": "a fox"}, progress_callback=on_progress)
    fields = fields_of(result)
    (output,) = fields["outputs"]
    path = Path(output["path"])
    assert path.is_absolute()
    assert path.read_bytes() == httpx.get(output["url"]).content
    assert output["url"] in text_of(result)
    assert str(path) in text_of(result)
    assert fields["sandbox"] is True
    times = [progress for progress, _ in seen]
    assert len(times) >= 3
    assert times == sorted(set(times))
    assert any(fields["prediction_id"] in message for _, message in seen)


@pytest.mark.slow
async def test_a_cancelled_call_stops_looking_within_a_second_and_its_job_can_still_be_had(
    base_url: str, tmp_path: Path
) -> None:
    def looks() -> int:
        return int(httpx.get(f"{base_url}/sandbox/state").json()["counts"].get("prediction", 0))

    known: list[str] = []

    with anyio.fail_after(30):
        async with client(base_url, tmp_path) as session:
            with anyio.CancelScope() as scope:

                async def on_progress(progress: float, total: float | None, message: str | None) -> None:
                    if "prediction_id " in (message or ""):
                        known.append((message or "").rpartition(" ")[2])
                        scope.cancel()

                await session.call_tool("generate_image", {"prompt": "a fox"}, progress_callback=on_progress)
            assert scope.cancelled_caught
            await anyio.sleep(1)  # the bar itself: one second of grace
            before = looks()
            with anyio.move_on_after(1.5) as idle:
                await anyio.sleep_forever()
            assert idle.cancelled_caught
            assert looks() == before
            result = await session.call_tool("get_prediction", {"prediction_id": known[0]})
    assert fields_of(result)["status"] == "completed"
    assert Path(fields_of(result)["outputs"][0]["path"]).exists()


@pytest.mark.slow
async def test_a_job_longer_than_the_wait_is_finished_by_get_prediction(base_url: str, tmp_path: Path) -> None:
    with anyio.fail_after(30):
        async with client(base_url, tmp_path) as session:
            first = await session.call_tool(
                "generate_image", {"prompt": "a fox", "wait_seconds": 1, "save_to": "fox.png"}
            )
            running = fields_of(first)
            assert running["status"] == "running"
            assert running["prediction_id"] in running["next"]
            second = await session.call_tool("get_prediction", {"prediction_id": running["prediction_id"]})
    assert fields_of(second)["outputs"][0]["path"] == str(tmp_path / "fox.png")


@pytest.mark.parametrize("megabytes", [24, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(300)])])
async def test_an_upload_is_streamed_and_arrives_whole(megabytes: int, base_url: str, tmp_path: Path) -> None:
    """At most 16 MB of growth, by the server's own peak of resident memory."""
    source = tmp_path / "clip.wav"
    block = b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(range(256)) * 4096
    digest = hashlib.sha256()
    with source.open("wb") as file:
        for _ in range(megabytes):
            digest.update(block)
            file.write(block)
    small = tmp_path / "small.wav"
    small.write_bytes(block)
    with anyio.fail_after(120):
        async with client(base_url, tmp_path) as session:
            await session.call_tool("upload_media", {"path": str(small)})  # imports and connection are made here
            before = _peak_kilobytes(tmp_path)
            result = await session.call_tool("upload_media", {"path": str(source)})
            growth = _peak_kilobytes(tmp_path) - before
    uploaded = fields_of(result)
    upload: dict[str, Any] = httpx.get(f"{base_url}/sandbox/state").json()["uploads"][-1]
    assert (upload["sha256"], upload["size"]) == (digest.hexdigest(), source.stat().st_size)
    assert uploaded["bytes"] == source.stat().st_size
    assert growth <= 16 * 1024


def _peak_kilobytes(folder: Path) -> int:
    """The server's peak of resident memory in kB: it is the process that runs in this test's folder."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                status = (process / "status").read_text()
                return int(status.split("VmHWM:")[1].split()[0])
        except (OSError, IndexError):
            continue
    pytest.skip("this system has no /proc to read a process's peak memory from")
