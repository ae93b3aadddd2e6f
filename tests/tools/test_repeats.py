"""A host that asks again because it gave up gets the job that is paid for; one that wants another gets another."""

import re
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from atlascloud_mcp.sandbox.faults import Fault
from world import SMALL, World, failure_of, fields_of, png, text_of

LONG_S = 100.0
JOINED = re.compile(r"joined the job started \d+ s ago, nothing new was billed; for another one pass new=true")
WITH_PICTURE = {"prompt": "make it blue", "images": ["cat.png"]}
ASKED = pytest.mark.parametrize("asked", [SMALL, WITH_PICTURE], ids=["words", "local picture"])


def world_of(tmp_path: Path, **environ: str) -> World:
    world = World(tmp_path, environ)
    world.sandbox.job_seconds = LONG_S
    (world.project / "cat.png").write_bytes(png())
    return world


async def asking(client: Client, asked: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    return fields_of(await client.call_tool("generate_image", {**asked, **arguments}))


async def given_up(world: World, client: Client, asked: dict[str, Any], after_s: float) -> None:
    """The host cancels its call after so many seconds."""
    with world.clock.move_on_after(after_s) as scope:
        await asking(client, asked)
    assert scope.cancelled_caught


def killed(world: World, number: int = 2) -> None:
    """From now on servers of this world start with the disk as it is now, as after a power cut."""
    data = Path(world.environ.get("ATLASCLOUD_DATA_DIR", world.folder / "data"))
    copy = world.folder / f"data-{number}"
    shutil.copytree(data, copy)
    world.environ["ATLASCLOUD_DATA_DIR"] = str(copy)


async def once_killed(world: World, asked: dict[str, Any], after_s: float, *, number: int = 2) -> None:
    """A server is killed while its host waits, so many seconds after it asked."""
    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "generate_image", asked)
        await world.clock.sleep(after_s)
        killed(world, number)
        group.cancel_scope.cancel()


async def after_another(world: World, asked: dict[str, Any], gap_s: float, **changed: Any) -> dict[str, Any]:
    """The answer of a call that comes while an equal one waits, so many seconds after it."""
    found: list[dict[str, Any]] = []
    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "generate_image", asked)
        await world.clock.sleep(gap_s)
        found.append(await asking(client, {**asked, **changed}))
    return found[0]


def is_delivered_once(world: World, fields: dict[str, Any]) -> bool:
    """One job was paid for, and this is its result on the disk."""
    assert fields["status"] == "completed", fields
    assert fields["prediction_id"] == world.sandbox.submits[0].id
    assert Path(fields["outputs"][0]["path"]).exists()
    return world.sandbox.counts["submit"] == 1


async def cancels_and_repeats(world: World, client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    for _ in range(5):
        await given_up(world, client, asked, 17)
    return await asking(client, asked)


async def leaves_and_repeats_while_it_runs(world: World, client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = []
    async with anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "generate_image", asked)
        await world.clock.sleep(60)
        found.append(await asking(client, asked))
        group.cancel_scope.cancel()
    return found[0]


async def leaves_and_repeats_after_the_late_answer(
    world: World, client: Client, asked: dict[str, Any]
) -> dict[str, Any]:
    await asking(client, asked)  # which this host waited 60 s for, and it took 100
    return await asking(client, asked)


async def repeats_what_was_answered_running(world: World, client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    assert (await asking(client, asked, wait_seconds=20))["status"] == "running"
    return await asking(client, asked)


@ASKED
@pytest.mark.parametrize(
    "host",
    [
        cancels_and_repeats,
        leaves_and_repeats_while_it_runs,
        leaves_and_repeats_after_the_late_answer,
        repeats_what_was_answered_running,
    ],
)
async def test_a_repeated_call_is_answered_with_the_job_that_is_paid_for(
    tmp_path: Path, asked: dict[str, Any], host: Callable[[World, Client, dict[str, Any]], Awaitable[dict[str, Any]]]
) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    async with world.client() as client:
        fields = await host(world, client, asked)
    assert is_delivered_once(world, fields)
    assert JOINED.fullmatch(fields["notes"][0])


@ASKED
async def test_a_server_that_was_killed_and_started_again_joins_too(tmp_path: Path, asked: dict[str, Any]) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    await once_killed(world, asked, 40)
    async with world.client() as client:
        fields = await asking(client, asked)
    assert is_delivered_once(world, fields)
    assert fields["notes"][0].startswith("joined the job started 40 s ago, ")
    assert world.sandbox.counts["upload"] == ("images" in asked)


async def test_the_age_of_a_joined_job_is_told_right(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    async with world.client() as client:
        await asking(client, SMALL, wait_seconds=0)
        await world.clock.sleep(48)
        result = await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0})
    told = "joined the job started 48 s ago, nothing new was billed; for another one pass new=true"
    assert text_of(result).startswith(f"{told}\nrunning: ")
    assert fields_of(result)["notes"][0] == told


async def test_four_equal_calls_together_are_four_jobs_and_four_repeats_of_them_too(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    found: list[dict[str, Any]] = []

    async def ask(client: Client) -> None:
        found.append(await asking(client, SMALL))

    async with world.client() as client:
        with world.clock.move_on_after(60):
            async with anyio.create_task_group() as group:
                for _ in range(4):
                    group.start_soon(ask, client)
        assert world.sandbox.counts["submit"] == 4
        assert found == []
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask, client)
    assert world.sandbox.counts["submit"] == 4
    assert len({fields["prediction_id"] for fields in found}) == 4
    assert len({fields["outputs"][0]["path"] for fields in found}) == 4


async def test_the_same_call_after_a_delivered_answer_is_another_wish(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="50")
    world.sandbox.job_seconds = 3
    async with world.client() as client:
        ids = {(await asking(client, SMALL))["prediction_id"] for _ in range(3)}
    assert len(ids) == 3
    async with world.client() as client:  # the last answer was followed by no message: nobody knows that it arrived
        assert (await asking(client, SMALL))["prediction_id"] in ids
        assert (await asking(client, SMALL))["prediction_id"] not in ids


async def test_what_get_prediction_has_delivered_is_delivered(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    async with world.client() as client:
        job_id = (await asking(client, SMALL, wait_seconds=0))["prediction_id"]
        await world.clock.sleep(LONG_S)
        await client.call_tool("get_prediction", {})
        assert (await asking(client, SMALL, wait_seconds=0))["prediction_id"] != job_id


@pytest.mark.parametrize(("gap_s", "jobs"), [(4.9, 2), (5.1, 1)])
async def test_calls_that_come_within_five_seconds_are_several_wishes(tmp_path: Path, gap_s: float, jobs: int) -> None:
    world = world_of(tmp_path)
    await after_another(world, SMALL, gap_s)
    assert world.sandbox.counts["submit"] == jobs


@pytest.mark.parametrize(("after_s", "jobs"), [(29 * 60.0, 1), (31 * 60.0, 2)])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_half_an_hour_later_an_equal_call_is_a_new_wish(
    tmp_path: Path, after_s: float, jobs: int, *, is_restarted: bool
) -> None:
    world = world_of(tmp_path)
    async with world.client() as client:
        await asking(client, SMALL, wait_seconds=0)
        if not is_restarted:
            await world.clock.sleep(after_s)
            await asking(client, SMALL)
    if is_restarted:
        async with world.client() as client:
            await world.clock.sleep(after_s)
            await asking(client, SMALL)
    assert world.sandbox.counts["submit"] == jobs


@pytest.mark.parametrize(
    ("changed", "jobs"),
    [
        ({"save_to": "other.png"}, 1),
        ({"wait_seconds": 30}, 1),
        ({"seed": 5}, 2),
        ({"prompt": "a red fox."}, 2),
        ({"width": 128}, 2),
        ({"model": "black-forest-labs/flux-dev"}, 2),
        ({"new": True}, 2),
    ],
)
async def test_only_a_call_for_the_same_thing_is_a_repeat(tmp_path: Path, changed: dict[str, Any], jobs: int) -> None:
    world = world_of(tmp_path)
    async with world.client() as client:
        await asking(client, SMALL, wait_seconds=0)
        fields = await asking(client, {**SMALL, "wait_seconds": 0, **changed})
    assert world.sandbox.counts["submit"] == jobs
    assert any("joined the job" in note for note in fields.get("notes", [])) == (jobs == 1)


async def test_a_picture_is_known_by_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    shutil.copy(world.project / "cat.png", world.project / "copy.png")
    (world.project / "dog.png").write_bytes(png(colour="brown"))
    async with world.client() as client:
        for name in ("cat.png", "copy.png", "dog.png"):
            await asking(client, WITH_PICTURE, images=[name], wait_seconds=0)
    assert world.sandbox.counts["submit"] == 2


async def test_a_repeat_with_another_place_is_delivered_there_too(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    fields = await after_another(world, {**SMALL, "save_to": "one.png"}, 20, save_to="two.webp")
    assert is_delivered_once(world, fields)
    assert (world.project / "one.png").exists()
    assert fields["outputs"][0]["path"] == str(world.project / "two.webp")
    assert fields["outputs"][0]["mime_type"] == "image/webp"


@pytest.mark.parametrize(
    "changed",
    [{"ATLASCLOUD_API_KEY": "another-key"}, {"ATLASCLOUD_BASE_URL": "http://127.0.0.1:9"}],
    ids=["key", "url"],
)
async def test_another_account_has_none_of_these_jobs(tmp_path: Path, changed: dict[str, str]) -> None:
    world = world_of(tmp_path)
    world.sandbox.api_keys = None
    async with world.client() as client:
        job_id = (await asking(client, SMALL, wait_seconds=0))["prediction_id"]
    world.environ |= changed
    async with world.client() as client:
        assert (await asking(client, SMALL, wait_seconds=0))["prediction_id"] != job_id
    assert world.sandbox.counts["submit"] == 2


async def test_a_job_that_failed_is_not_what_a_repeat_is_answered_with(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.sandbox.job_seconds = 3
    async with world.client() as client:
        failure_of(await client.call_tool("generate_image", {**SMALL, "prompt": "fail-test"}))
        failure_of(await client.call_tool("generate_image", {**SMALL, "prompt": "fail-test"}))
    assert world.sandbox.counts["submit"] == 2


async def test_another_window_joins_only_what_nobody_waits_for(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    async with world.client() as one, world.client() as other, anyio.create_task_group() as group:
        group.start_soon(one.call_tool, "generate_image", SMALL)
        await world.clock.sleep(20)
        first = world.sandbox.submits[0].id
        assert (await asking(other, SMALL, wait_seconds=0))["prediction_id"] != first
        await world.clock.sleep(40)  # by now the first one has been answered: it runs
        async with world.client() as third:  # which has no job of its own
            assert (await asking(third, SMALL, wait_seconds=0))["prediction_id"] == first
    assert world.sandbox.counts["submit"] == 2


@pytest.mark.parametrize("given_up_by", ["an answer", "a cancel"])
async def test_what_another_window_has_given_up_is_joined_while_it_lives(tmp_path: Path, given_up_by: str) -> None:
    world = world_of(tmp_path)
    async with world.client() as one, world.client() as other:
        if given_up_by == "a cancel":
            await given_up(world, one, SMALL, 12)
        else:
            await asking(one, SMALL, wait_seconds=0)
        await asking(other, SMALL, wait_seconds=0)
    assert world.sandbox.counts["submit"] == 1


async def test_a_look_from_another_window_leaves_a_job_to_the_one_that_waits_for_it(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    async with world.client() as one, world.client() as other, anyio.create_task_group() as group:
        group.start_soon(one.call_tool, "generate_image", SMALL)
        await world.clock.sleep(10)
        first = world.sandbox.submits[0].id
        looked = fields_of(await other.call_tool("get_prediction", {"wait_seconds": 0}))
        assert looked["prediction_id"] == first
        async with world.client() as third:
            assert (await asking(third, SMALL, wait_seconds=0))["prediction_id"] != first


async def test_what_was_joined_is_waited_for_in_the_eyes_of_others_too(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    await once_killed(world, SMALL, 10)
    async with world.client() as one, world.client() as other, anyio.create_task_group() as group:
        group.start_soon(one.call_tool, "generate_image", SMALL)
        await world.clock.sleep(10)
        await asking(other, SMALL, wait_seconds=0)
    assert world.sandbox.counts["submit"] == 2


async def test_four_repeats_together_after_a_kill_join_four_jobs(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    asked = [{**SMALL, "seed": seed} for seed in range(4)]
    async with world.client() as client, anyio.create_task_group() as group:
        for each in asked:
            group.start_soon(client.call_tool, "generate_image", each)
        await world.clock.sleep(20)
        killed(world)
        group.cancel_scope.cancel()
    async with world.client() as client, anyio.create_task_group() as group:
        for each in asked:
            group.start_soon(client.call_tool, "generate_image", {**each, "wait_seconds": 0})
    assert world.sandbox.counts["submit"] == 4


async def test_a_format_that_a_repeat_asks_for_is_what_it_gets(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    async with world.client() as client:
        await asking(client, SMALL)  # too late for this host
        fields = await asking(client, SMALL, output_format="webp")
    assert fields["outputs"][0]["mime_type"] == "image/webp"
    assert world.sandbox.counts["submit"] == 1


async def test_two_fetches_of_a_job_of_an_earlier_process_save_it_once(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="150")
    async with world.client() as client:
        job_id = (await asking(client, SMALL, wait_seconds=0))["prediction_id"]
    async with world.client() as client, anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(client.call_tool, "get_prediction", {"prediction_id": job_id})
        await world.clock.sleep(6)
        group.start_soon(client.call_tool, "generate_image", SMALL)
    assert len(list(world.output.rglob("*.png"))) == 1
    assert world.sandbox.counts["submit"] == 1


async def test_a_job_that_was_meant_for_another_project_is_saved_all_the_same(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    async with world.client() as client:
        job_id = (await asking(client, SMALL, wait_seconds=0, save_to="public/hero.webp"))["prediction_id"]
        await world.clock.sleep(LONG_S)
    other = tmp_path / "another project"
    other.mkdir()
    world.environ["ATLASCLOUD_ALLOWED_DIRS"] = str(other)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("get_prediction", {}))
    assert fields["prediction_id"] == job_id
    assert Path(fields["outputs"][0]["path"]).is_relative_to(world.output)
    assert any("where this server may not save" in note for note in fields["notes"])
    assert list(other.iterdir()) == []


async def test_a_repeat_while_the_first_call_still_uploads_or_submits_waits_for_its_job(tmp_path: Path) -> None:
    for endpoint in ("upload", "submit"):
        (tmp_path / endpoint).mkdir()
        world = world_of(tmp_path / endpoint, ATLASCLOUD_MAX_WAIT="200")
        world.sandbox.faults.add(endpoint, Fault(delay_s=12))
        assert is_delivered_once(world, await after_another(world, WITH_PICTURE, 7))


async def test_a_repeat_that_cannot_wait_for_the_first_call_to_submit_says_so_and_sends_nothing(tmp_path: Path) -> None:
    world = world_of(tmp_path, ATLASCLOUD_MAX_WAIT="200")
    world.sandbox.faults.add("submit", Fault(delay_s=25))
    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "generate_image", SMALL)
        await world.clock.sleep(7)
        text = failure_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 2}))
        assert "An equal call is still submitting this job; nothing was submitted for this one." in text
        assert world.clock.elapsed < 10
    assert world.sandbox.counts["submit"] == 1


async def test_a_repeat_of_a_call_that_was_refused_is_sent(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=402, delay_s=8))
    fields = await after_another(world, SMALL, 6, wait_seconds=10)
    assert fields["status"] == "running"
    assert len(world.sandbox.submits) == 1
    assert world.sandbox.counts["submit"] == 2


async def test_a_joined_job_that_fails_says_so_and_the_next_call_is_new(tmp_path: Path) -> None:
    world = world_of(tmp_path)
    failing = {**SMALL, "prompt": "fail-test"}
    async with world.client() as client:
        await asking(client, failing, wait_seconds=0)
        await world.clock.sleep(LONG_S)
        text = failure_of(await client.call_tool("generate_image", failing))
        assert "An equal call had started this job; new=true starts another." in text
        await asking(client, failing, wait_seconds=0)
    assert world.sandbox.counts["submit"] == 2


@pytest.mark.parametrize("tool", ["generate_video", "generate_audio", "transcribe_audio"])
async def test_every_tool_that_pays_for_jobs_joins(tmp_path: Path, tool: str) -> None:
    asked = {
        "generate_video": {"prompt": "a fox runs"},
        "generate_audio": {"kind": "speech", "prompt": "Hello"},
        "transcribe_audio": {"audio": "https://e.io/a.mp3"},
    }[tool]
    world = world_of(tmp_path)
    async with world.client() as client:
        ask = partial(client.call_tool, tool)
        first = fields_of(await ask({**asked, "wait_seconds": 0}))
        second = fields_of(await ask({**asked, "wait_seconds": 0}))
        third = fields_of(await ask({**asked, "wait_seconds": 0, "new": True}))
    assert second["prediction_id"] == first["prediction_id"] != third["prediction_id"]
