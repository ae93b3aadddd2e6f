"""A call that its caller gives up: looking stops, the paid job does not get lost."""

import logging
from pathlib import Path

import anyio
import pytest
from mcp import Client
from mcp_types import Implementation

from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.sandbox.faults import Fault
from atlascloud_mcp.server import build_server
from atlascloud_mcp.settings import load
from world import BASE_URL, SMALL, World, fields_of

ERAS = pytest.mark.parametrize("mode", ["auto", "legacy"])


async def given_up(world: World, client: Client, after_s: float, tool: str = "generate_image") -> None:
    """The call is cancelled after so many seconds on the world's clock."""
    arguments = SMALL if tool == "generate_image" else {}
    with world.clock.move_on_after(after_s) as scope:
        await client.call_tool(tool, dict(arguments))
    assert scope.cancelled_caught


@ERAS
async def test_a_cancelled_call_stops_looking_and_its_job_can_still_be_fetched(
    tmp_path: Path, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    world.sandbox.job_seconds = 20
    async with world.client(mode=mode) as client:
        await given_up(world, client, 10)
        await world.clock.sleep(1)
        looks = world.sandbox.counts["prediction"]
        await world.clock.sleep(30)
        assert world.sandbox.counts["prediction"] == looks
        job_id = world.sandbox.submits[0].id
        fields = fields_of(await client.call_tool("get_prediction", {"prediction_id": job_id}))
    assert Path(fields["outputs"][0]["path"]).exists()
    assert f"job {job_id} goes on" in caplog.text


@ERAS
async def test_a_cancelled_get_prediction_can_be_repeated(tmp_path: Path, mode: str) -> None:
    world = World(tmp_path)
    world.sandbox.job_seconds = 20
    async with world.client(mode=mode) as client:
        await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0})
        await given_up(world, client, 3, "get_prediction")
        assert fields_of(await client.call_tool("get_prediction", {}))["status"] == "completed"


@ERAS
async def test_a_call_cancelled_while_it_submits_still_learns_the_id(tmp_path: Path, mode: str) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(delay_s=8))
    async with world.client(mode=mode) as client:
        await given_up(world, client, 2)
        await world.clock.sleep(10)
        assert world.sandbox.counts["prediction"] == 0
        fields = fields_of(await client.call_tool("get_prediction", {}))
    assert fields["prediction_id"] == world.sandbox.submits[0].id
    assert fields["status"] == "completed"
    assert world.sandbox.counts["submit"] == 1


async def test_a_submit_that_takes_longer_than_the_grace_is_let_go_and_the_log_says_what_may_be_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(delay_s=30))
    async with world.client() as client:
        await given_up(world, client, 2)
        await world.clock.sleep(60)
        fields = fields_of(await client.call_tool("get_prediction", {}))
    assert fields["prediction_id"] == world.sandbox.submits[0].id  # by the account's history
    assert fields["status"] == "completed"
    assert "a job of black-forest-labs/flux-schnell was being submitted" in caplog.text
    assert "it may exist and be billed" in caplog.text


async def test_a_cancelled_upload_submits_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "cat.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 40)
    world.sandbox.faults.add("upload", Fault(delay_s=8))
    async with world.client() as client:
        with world.clock.move_on_after(2):
            await client.call_tool("generate_image", {"prompt": "a", "images": ["cat.png"]})
        await world.clock.sleep(60)
    assert world.sandbox.counts["submit"] == 0


@pytest.mark.parametrize(("delay_s", "is_known"), [(1.0, True), (3.0, False)])
async def test_a_process_that_ends_gives_a_submit_one_and_a_half_seconds(
    tmp_path: Path, delay_s: float, caplog: pytest.LogCaptureFixture, *, is_known: bool
) -> None:
    caplog.set_level(logging.WARNING)
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(delay_s=delay_s))
    grace = Grace(world.clock)
    data = str(tmp_path / "data")
    settings = load({"ATLASCLOUD_API_KEY": "sandbox-key", "ATLASCLOUD_BASE_URL": BASE_URL, "ATLASCLOUD_DATA_DIR": data})
    server = build_server(
        settings, network=Network(world.edge, world.resolve), clock=world.clock, grace=grace, working_dir=world.project
    )
    client = Client(server, client_info=Implementation(name="tests", version="1"), mode="legacy")
    async with world.clock.running(), client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "generate_image", dict(SMALL))
        await world.clock.sleep(0.25)
        grace.end_soon()
        group.cancel_scope.cancel()
    assert world.clock.elapsed <= 0.25 + 1.5 + 0.01
    assert world.sandbox.counts["prediction"] == 0
    assert (f"job {world.sandbox.submits[0].id} goes on" in caplog.text) == is_known
