"""Waiting for a job, through the front door: how long, how often, and through which troubles."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from atlascloud_mcp.sandbox.faults import Fault
from world import SMALL, World, failure_of, fields_of, notes_of, text_of

HTML = "<html>502 Bad Gateway</html>"
POLL = "/prediction/"


class Watched:
    """A world that keeps the moments, in seconds, at which a job was looked at."""

    def __init__(self, folder: Path, environ: dict[str, str] | None = None) -> None:
        self.looks: list[float] = []
        self.world = World(folder, environ or {}, script=self._note)

    def _note(self, request: httpx.Request) -> None:
        if POLL in request.url.path:
            self.looks.append(self.world.clock.elapsed)

    async def generated(self, name: str = "tests", **arguments: object) -> Any:
        async with self.world.client(name) as client:
            return await client.call_tool("generate_image", {**SMALL, **arguments})


class Ticks:
    """What a caller with a progress token is told."""

    def __init__(self) -> None:
        self.progress: list[float] = []
        self.messages: list[str] = []

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG002 - the SDK's
        self.progress.append(progress)
        self.messages.append(message or "")


async def told(client: Client, arguments: dict[str, Any], tool: str = "generate_image") -> Ticks:
    ticks = Ticks()
    await client.call_tool(tool, arguments, progress_callback=ticks)
    return ticks


async def test_progress_is_told_at_once_and_every_second_with_the_id(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        ticks = await told(client, SMALL)
    assert len(ticks.progress) >= 3
    assert ticks.progress[0] < 0.1
    assert all(later > earlier for earlier, later in pairwise(ticks.progress))
    job_id = world.sandbox.submits[0].id
    assert ticks.messages[0].startswith("submitting, 0 s")
    assert ticks.messages[2] == f"processing, 2 s, prediction_id {job_id}"


async def test_progress_slows_down_after_half_a_minute(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_MAX_WAIT": "100"})
    world.sandbox.job_seconds = 60
    async with world.client() as client:
        ticks = await told(client, SMALL)
    assert [round(moment) for moment in ticks.progress][:37] == [*range(31), 35, 40, 45, 50, 55, 60]


async def test_progress_names_what_is_going_on_and_how_long_the_model_usually_takes(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    world.sandbox.faults.add("upload", Fault(delay_s=2))
    world.sandbox.faults.add("output", Fault(delay_s=3))
    async with world.client() as client:
        first = await told(client, SMALL)
        second = await told(client, SMALL)
        third = await told(client, {"prompt": "a", "images": ["cat.png"]})
    assert any(message.startswith("saving") for message in first.messages)
    assert "usually" not in first.messages[0]
    assert "usually 3 s" in second.messages[0]
    assert third.messages[0].startswith("uploading")


async def test_progress_of_several_jobs_is_told_together(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        ticks = await told(client, {"prediction_id": ["a", "b"]}, "get_prediction")
    assert ticks.messages == ["waiting for 2 jobs, 0 s"]


async def test_hostile_status_words_are_plain_in_progress(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.script_statuses(["a\x1b[2J\nb" + "c" * 90, "processing", "completed"])
    async with world.client() as client:
        ticks = await told(client, SMALL)
    assert all(message.isprintable() and len(message) < 120 for message in ticks.messages)


async def test_looks_come_closer_at_first_and_never_more_than_five_seconds_apart(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"ATLASCLOUD_MAX_WAIT": "200"})
    watched.world.sandbox.job_seconds = 100
    assert fields_of(await watched.generated())["status"] == "completed"
    steps = [later - earlier for earlier, later in pairwise(watched.looks)]
    assert watched.looks[0] == pytest.approx(0.5)
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(steps))
    assert min(steps) >= 0.5
    assert max(steps) == pytest.approx(5)
    assert 100 <= watched.looks[-1] <= 105


async def test_a_model_whose_time_is_known_is_looked_at_when_it_is_nearly_due(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.job_seconds = 12
    async with watched.world.client() as client:
        await client.call_tool("generate_image", SMALL)
        first, began = len(watched.looks), watched.world.clock.elapsed
        watched.looks.clear()
        await client.call_tool("generate_image", SMALL)
    assert len(watched.looks) < first
    assert watched.looks[0] - began == pytest.approx(5)


async def test_a_job_longer_than_the_wait_is_no_error_and_is_finished_by_the_next_call(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    world = watched.world
    world.sandbox.job_seconds = 60
    async with world.client() as client:
        result = await client.call_tool("generate_image", {**SMALL, "save_to": "hero.png"})
        waited = world.clock.elapsed
        job_id = world.sandbox.submits[0].id
        running = fields_of(result)
        finished = fields_of(await client.call_tool("get_prediction", {"prediction_id": job_id}))
    assert running == {
        "status": "running",
        "prediction_id": job_id,
        "model": "black-forest-labs/flux-schnell",
        "elapsed_seconds": 40.0,
        "notes": ["black-forest-labs/flux-schnell publishes no schema, so the request could not be checked."],
        "next": f'Call get_prediction with prediction_id "{job_id}"; a new generation would be paid again.',
        "sandbox": True,
    }
    assert f"next: {running['next']}" in text_of(result)
    assert waited == pytest.approx(40)
    assert finished["outputs"][0]["path"] == str(world.project / "hero.png")
    assert world.sandbox.counts["submit"] == 1


@pytest.mark.parametrize(
    ("name", "environ", "arguments", "seconds"),
    [
        ("tests", {}, {}, 40),
        ("claude-code", {}, {}, 235),
        ("claude-ai", {}, {}, 40),
        ("Codex-MCP-Client", {}, {}, 220),
        ("gemini-cli-mcp-client-v2", {}, {}, 235),
        ("claude-code", {"ATLASCLOUD_MAX_WAIT": "20"}, {}, 15),
        ("tests", {"ATLASCLOUD_MAX_WAIT": "300"}, {}, 295),
        ("tests", {}, {"wait_seconds": 20}, 15),
        ("tests", {}, {"wait_seconds": 3000}, 40),
        ("tests", {}, {"wait_seconds": 4}, 2),
        ("tests", {}, {"wait_seconds": 0}, 0),
    ],
)
async def test_the_host_the_setting_and_the_caller_bound_the_wait(
    tmp_path: Path, name: str, environ: dict[str, str], arguments: dict[str, object], seconds: float
) -> None:
    watched = Watched(tmp_path, environ)
    watched.world.sandbox.job_seconds = 10_000
    assert fields_of(await watched.generated(name, **arguments))["status"] == "running"
    assert watched.world.clock.elapsed == pytest.approx(seconds)


async def test_get_prediction_keeps_to_the_same_bounds_and_looks_once_at_least(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    world = watched.world
    world.sandbox.job_seconds = 10_000
    async with world.client() as client:
        await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0})
        assert watched.looks == []
        await client.call_tool("get_prediction", {"wait_seconds": 0})
        assert watched.looks == [0]
        await client.call_tool("get_prediction", {})
    assert world.clock.elapsed == pytest.approx(40)


async def test_an_unknown_status_is_waited_through_and_then_reported_as_seen(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.script_statuses(['Pondering\n"x"'])
    fields = fields_of(await watched.generated())
    assert fields["status"] == "unknown"
    assert notes_of(fields) == ["Atlas Cloud's last word on it was \"Pondering 'x'\", which is no known status."]
    assert "get_prediction" in fields["next"]
    assert watched.world.clock.elapsed == pytest.approx(40)


async def test_an_unknown_status_on_the_way_is_not_an_end(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.script_statuses(["warming", "", "completed"])
    assert fields_of(await watched.generated())["status"] == "completed"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, body=HTML),
        Fault(body=HTML),
        Fault(status=500),
        Fault(status=503),
        Fault(status=429),
        Fault(drop="before"),
        Fault(drop="mid-body"),
        Fault(body='{"code": 200, "data": {"status": "comp'),
        Fault(body="null"),
        Fault(status=404, accept=True),
        Fault(status=400),
        Fault(status=422),
    ],
)
async def test_a_look_that_fails_is_followed_by_another(tmp_path: Path, fault: Fault) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("prediction", fault, times=3, after=1)
    fields = fields_of(await watched.generated())
    assert fields["status"] == "completed"
    assert len(watched.looks) >= 4


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_a_network_that_comes_back_is_waited_for(tmp_path: Path, error: type[httpx.TransportError]) -> None:
    world = World(tmp_path)

    def script(request: httpx.Request) -> httpx.Response | None:
        if POLL in request.url.path and world.clock.elapsed < 20:
            raise error("gone", request=request)
        return None

    world.script = script
    async with world.client() as client:
        assert fields_of(await client.call_tool("generate_image", SMALL))["status"] == "completed"


async def test_trouble_until_the_end_of_the_wait_is_reported_and_the_job_goes_on(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("prediction", Fault(status=503), times=None)
    fields = fields_of(await watched.generated())
    assert fields["status"] == "running"
    assert "The last look at it failed: Atlas Cloud answered 503" in notes_of(fields)[0]
    assert watched.world.clock.elapsed == pytest.approx(40)


@pytest.mark.parametrize("wish", ["9", "Sun, 22 Nov 2026 12:00:09 GMT", "Sun, 22 Nov 2026 12:00:09 -0000"])
@pytest.mark.parametrize("status", [429, 503])
async def test_the_service_s_wish_to_be_left_alone_is_kept_to(tmp_path: Path, wish: str, status: int) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("prediction", Fault(status=status, headers={"Retry-After": wish}))
    assert fields_of(await watched.generated())["status"] == "completed"
    assert watched.looks[0] == pytest.approx(0.5)
    assert watched.looks[1] == pytest.approx(9.5 if wish == "9" else 9)


async def test_a_wish_longer_than_the_wait_ends_it_early(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("prediction", Fault(status=429, headers={"Retry-After": "3600"}))
    fields = fields_of(await watched.generated())
    assert fields["status"] == "running"
    assert watched.world.clock.elapsed == pytest.approx(0.5)


async def test_a_look_that_hangs_does_not_outlast_the_wait(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("prediction", Fault(delay_s=1000), times=None)
    fields = fields_of(await watched.generated())
    assert fields["status"] == "running"
    assert "did not answer within the wait" in notes_of(fields)[0]
    assert watched.world.clock.elapsed == pytest.approx(45)


async def test_a_new_job_may_be_unknown_for_half_a_minute_and_no_longer(tmp_path: Path) -> None:
    watched = Watched(tmp_path, {"ATLASCLOUD_MAX_WAIT": "120"})
    watched.world.sandbox.job_seconds = 100
    watched.world.sandbox.faults.add("prediction", Fault(status=404), times=None)
    text = failure_of(await watched.generated())
    assert "no job with this id" in text
    assert watched.world.sandbox.submits[0].id in text
    assert 30 < watched.world.clock.elapsed <= 36


async def test_a_download_that_hangs_leaves_the_address_and_the_way_to_get_it(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.world.sandbox.faults.add("output", Fault(delay_s=1000))
    fields = fields_of(await watched.generated())
    (output,) = fields["outputs"]
    assert output["not_saved"] == "The download took longer than this call may wait."
    assert output["url"].startswith("https://sandbox.test/outputs/")
    assert "get_prediction" in fields["next"]
    assert watched.world.clock.elapsed == pytest.approx(45)
    assert list(watched.world.output.iterdir()) == []
