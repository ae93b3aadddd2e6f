"""`get_prediction`: what was paid for is fetched, once, wherever it is wanted."""

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from atlascloud_mcp.sandbox.faults import Fault
from world import SMALL, World, failure_of, fields_of, finished, notes_of, previews_of, text_of


async def submitted(client: Client, **arguments: object) -> str:
    result = await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0, **arguments})
    assert fields_of(result)["status"] == "running"
    return fields_of(result)["prediction_id"]


async def fetched(client: Client, prediction_id: object = None, **arguments: object) -> dict[str, Any]:
    given = {"prediction_id": prediction_id} if prediction_id is not None else {}
    return fields_of(await client.call_tool("get_prediction", {**given, **arguments}))


async def test_a_job_is_waited_for_and_saved_where_the_first_call_wanted_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client, save_to="hero.webp", seed=5)
        fields = await fetched(client, job_id)
    assert fields["status"] == "completed"
    assert fields["prediction_id"] == job_id
    assert fields["model"] == "black-forest-labs/flux-schnell"
    assert fields["seed"] == 5
    assert fields["cost_usd"] == 0.003
    assert fields["outputs"][0]["path"] == str(world.project / "hero.webp")
    assert notes_of(fields) == ["The model made PNG; it was converted to .webp here."]
    assert world.sandbox.counts["submit"] == 1


async def test_a_job_of_an_earlier_process_is_fetched_by_its_id_alone_as_if_by_that(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client)
    async with world.client() as client:
        fields = await fetched(client, job_id)
    assert fields["model"] == "black-forest-labs/flux-schnell"
    assert fields["elapsed_seconds"] == 3.0
    assert Path(fields["outputs"][0]["path"]).name == f"2026-11-22-a-red-fox-{job_id[-8:]}.png"


async def test_asking_twice_downloads_and_saves_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client)
        first = await client.call_tool("get_prediction", {"prediction_id": job_id})
        counts = dict(world.sandbox.counts)
        again = await client.call_tool("get_prediction", {"prediction_id": job_id})
    assert fields_of(again) == fields_of(first)
    assert text_of(again) == text_of(first)
    assert previews_of(again) == previews_of(first) != []
    assert world.sandbox.counts == counts
    assert len(list(world.output.glob("*.png"))) == 1


async def test_two_calls_at_the_same_time_save_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    answers: list[dict[str, Any]] = []
    async with world.client() as client:
        job_id = await submitted(client)

        async def ask() -> None:
            answers.append(await fetched(client, job_id))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
    assert answers[0] == answers[1]
    assert world.sandbox.counts["output"] == 1
    assert len(list(world.output.glob("*.png"))) == 1


async def test_another_place_gets_the_result_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client)
        first = await fetched(client, job_id)
        second = await fetched(client, job_id, save_to="img/fox.png")
    assert second["outputs"][0]["path"] == str(world.project / "img" / "fox.png")
    assert Path(first["outputs"][0]["path"]).read_bytes() == (world.project / "img" / "fox.png").read_bytes()


async def test_a_file_that_was_deleted_is_fetched_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client, count=2)
        first = await fetched(client, job_id)
        Path(first["outputs"][1]["path"]).unlink()
        again = await fetched(client, job_id)
    assert again["outputs"] == first["outputs"]
    assert world.sandbox.counts["output"] == 3


async def test_the_time_that_a_job_took_does_not_grow_until_it_is_fetched(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client)
        await world.clock.sleep(3600)
        fields = await fetched(client, job_id)
        told: list[str] = []

        async def note(progress: float, total: float | None, message: str | None) -> None:
            told.append(message or "")

        await client.call_tool("generate_image", SMALL, progress_callback=note)
    assert fields["elapsed_seconds"] == 3.0
    assert "usually 3 s" in told[0]


async def test_without_an_id_the_latest_unfinished_job_is_taken(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        first = await submitted(client)
        second = await submitted(client, prompt="a blue fox")
        assert (await fetched(client))["prediction_id"] == second
        assert (await fetched(client))["prediction_id"] == first
        text = failure_of(await client.call_tool("get_prediction", {}))
    assert (
        text
        == "No job that was started on this machine is unfinished. list_predictions has earlier jobs with their ids."
    )


async def test_several_jobs_are_answered_side_by_side_and_none_hides_another(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        good = await submitted(client)
        bad = await submitted(client, prompt="fail-test")
        result = await client.call_tool("get_prediction", {"prediction_id": [good, bad, "nobody", good]})
    fields = fields_of(result)
    assert fields["status"] == "unknown"
    entries = {entry["prediction_id"]: entry for entry in fields["predictions"]}
    assert list(entries) == [good, bad, "nobody"]
    assert [entry["status"] for entry in entries.values()] == ["completed", "failed", "unknown"]
    assert Path(entries[good]["outputs"][0]["path"]).exists()
    assert "task processing failed" in entries[bad]["notes"][0]
    assert "no job with this id" in entries["nobody"]["notes"][0]
    text = text_of(result)
    assert all(word in text for word in (good, bad, "nobody", entries[good]["outputs"][0]["path"]))


async def test_several_jobs_of_which_one_still_runs_are_reported_as_running(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        first = await submitted(client)
        await fetched(client, first)
        world.sandbox.job_seconds = 500
        second = await submitted(client)
        fields = await fetched(client, [first, second], wait_seconds=6)
    assert fields["status"] == "running"
    assert [entry["status"] for entry in fields["predictions"]] == ["completed", "running"]
    assert second in fields["predictions"][1]["next"]


async def test_when_none_of_several_can_be_had_each_says_why(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        bad = await submitted(client, prompt="fail-test")
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": [bad, "nobody"]}))
    lines = text.splitlines()
    assert len(lines) == 2
    assert any(bad in line and "task processing failed" in line for line in lines)
    assert any("prediction_id: nobody." in line and "no job with this id" in line for line in lines)


async def test_an_unknown_id_is_said_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": "no such/../id?"}))
    assert "no job with this id" in text
    assert "Check the prediction_id." in text
    assert [request.url.raw_path for request in world.sent] == [
        b"/api/v1/model/prediction/no%20such%2F..%2Fid%3F",
        b"/api/v1/model/result/no%20such%2F..%2Fid%3F",
    ]
    assert world.clock.elapsed == 0


@pytest.mark.parametrize("save_to", ["../out.png", "run.sh"])
async def test_a_refused_place_is_not_remembered_and_does_not_say_that_nothing_was_billed(
    tmp_path: Path, save_to: str
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job_id = await submitted(client)
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": job_id, "save_to": save_to}))
        fields = await fetched(client, job_id)
    assert "Nothing was billed" not in text
    assert job_id in text
    assert fields["status"] == "completed"


async def test_a_place_named_while_the_job_runs_is_kept_for_the_next_call(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.job_seconds = 30
    async with world.client() as client:
        job_id = await submitted(client)
        running = await fetched(client, job_id, save_to="hero.png", wait_seconds=4)
        fields = await fetched(client, job_id)
    assert running["status"] == "running"
    assert fields["outputs"][0]["path"] == str(world.project / "hero.png")


async def test_without_a_key_a_running_job_is_not_called_free(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": ""})
    async with world.client() as client:
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": "abc"}))
    assert "There is no API key" in text
    assert "Nothing was billed" not in text


@pytest.mark.parametrize(("status", "word"), [(401, "ATLASCLOUD_API_KEY"), (402, "top up"), (403, "permissions")])
async def test_a_refused_look_ends_at_once_and_says_that_the_job_goes_on(
    tmp_path: Path, status: int, word: str
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", Fault(status=status), after=2)
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
    assert word in text
    assert f"prediction_id: {world.sandbox.submits[0].id}." in text
    assert "The job itself goes on and is billed as usual." in text
    assert world.sandbox.counts["prediction"] == 3


@pytest.mark.parametrize("status", [404, 410, 403])
async def test_outputs_that_have_expired_are_said_to_be_gone_and_what_is_left_to_do(
    tmp_path: Path, status: int
) -> None:
    world = World(tmp_path, script=lambda request: httpx.Response(status) if "/old/" in request.url.path else None)
    world.sandbox.faults.add("prediction", finished(["https://cdn.test/old/fox.png"]))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("get_prediction", {"prediction_id": "x1"}))
    assert fields["status"] == "completed"
    assert fields["outputs"] == [
        {
            "url": "https://cdn.test/old/fox.png",
            "not_saved": f"The file's URL answered {status}. It has expired or was removed.",
        }
    ]
    assert "14 days at most" in fields["next"]
    assert "only a new, paid generation" in fields["next"]


async def test_an_erased_job_is_told_from_a_running_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", Fault(status=404))
    async with world.client() as client:
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": "0" * 32}))
    assert "its record has been erased" in text
