"""What is a job and what is not: an answer about a job is followed, anything else is never taken for one."""

from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from world import SMALL, World, at, failure_of, fields_of, finished


@pytest.mark.parametrize("code", [1, 400, 1039])
async def test_a_job_with_an_id_is_followed_whatever_code_stands_beside_it(code: int, tmp_path: Path) -> None:
    world = World(tmp_path)
    body = {"code": code, "msg": "hm", "data": {"id": "p1", "status": "created"}}
    world.script = at("generateImage", httpx.Response(200, json=body))
    world.sandbox.faults.add("prediction", finished(["data:image/png;base64,aGVsbG8="]))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", SMALL))
    assert fields["prediction_id"] == "p1"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, {"error": {"code": "x", "message": "bad key"}, "request_id": "req_9"}, ["bad key", "may have been"]),
        (200, {"msg": "unauthorized", "request_id": "req_9"}, ["unauthorized", "may have been billed"]),
        (502, {"code": 502, "data": {"request_id": "req_1"}}, ["502", "may have been billed"]),
        (429, {"code": 429, "msg": "slow", "data": {"status": "error"}}, ["too many requests", "may have been billed"]),
        (200, {"status": "error", "message": "temporarily unavailable"}, ["temporarily unavailable", "may have been"]),
    ],
)
async def test_what_is_no_job_is_never_followed_nor_called_a_failed_one(
    status: int, body: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    world = World(tmp_path, script=at("generateImage", httpx.Response(status, json=body)))
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
    assert [word for word in words if word not in text] == []
    assert "The job failed" not in text
    assert [request for request in world.edge.seen if "/prediction/" in request.url.path] == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"status": "error", "message": "upstream timeout"}),
        (200, {"status": "success", "message": "ok"}),
        (429, {"code": 429, "msg": "slow", "data": {"status": "error"}}),
        (200, {}),
        (200, {"code": 200, "data": None}),
    ],
)
async def test_a_look_that_shows_no_job_is_looked_through(status: int, body: dict[str, Any], tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", Fault(status=status, body=body), times=2)
    async with world.client() as client:
        assert fields_of(await client.call_tool("generate_image", SMALL))["status"] == "completed"


async def test_an_answer_that_says_nothing_does_not_make_an_unknown_id_a_running_job(tmp_path: Path) -> None:
    world = World(tmp_path, script=at("/prediction/", httpx.Response(200, json={"code": 200, "data": None})))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("get_prediction", {"prediction_id": "abc"}))
    assert fields["status"] == "unknown"


async def test_the_reason_of_a_bare_failed_job_is_told(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        own = request.url.path.rpartition("/")[2]
        body = {"id": own, "status": "failed", "message": "bad luck"}
        return httpx.Response(200, json=body) if "/prediction/" in request.url.path else None

    world = World(tmp_path, script=script)
    async with world.client() as client:
        assert '"bad luck"' in failure_of(await client.call_tool("generate_image", SMALL))


async def test_a_call_does_not_wait_longer_than_its_own_patience_for_another_that_is_saving(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("output", Fault(delay_s=10_000), times=None)
    answers: list[tuple[float, dict[str, Any]]] = []
    async with world.client() as client:
        first = await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0})
        job = fields_of(first)["prediction_id"]
        await world.clock.sleep(5)
        began = world.clock.elapsed

        async def fetch(wait_s: float) -> None:
            result = await client.call_tool("get_prediction", {"prediction_id": job, "wait_seconds": wait_s})
            answers.append((world.clock.elapsed - began, fields_of(result)))

        async with anyio.create_task_group() as group:
            group.start_soon(fetch, 40)
            await world.clock.sleep(1)
            group.start_soon(fetch, 5)
    took, fields = answers[0]
    assert took <= 8
    assert fields["status"] == "completed"
    assert "not_saved" in fields["outputs"][0]


async def test_a_failed_job_is_not_said_to_go_on(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        failure_of(await client.call_tool("generate_image", {**SMALL, "prompt": "fail-test"}))
        world.sandbox.faults.add("prediction", Fault(status=402), times=None)
        job = world.sandbox.submits[0].id
        text = failure_of(await client.call_tool("get_prediction", {"prediction_id": job}))
    assert "top up" in text
    assert "goes on" not in text


async def test_an_output_that_can_never_be_saved_does_not_hide_a_job_that_runs(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        running = fields_of(await client.call_tool("generate_image", {**SMALL, "seed": 5, "wait_seconds": 0}))
        world.sandbox.faults.add("prediction", finished(["http://169.254.169.254/x"]))
        await client.call_tool("generate_image", SMALL)
        latest = fields_of(await client.call_tool("get_prediction", {}))
    assert latest["prediction_id"] == running["prediction_id"]


async def test_a_finished_job_is_saved_although_the_last_look_took_the_rest_of_the_wait(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        job = fields_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0}))["prediction_id"]
        await world.clock.sleep(5)
        world.sandbox.faults.add("prediction", Fault(delay_s=0.3))
        fields = fields_of(await client.call_tool("get_prediction", {"prediction_id": job, "wait_seconds": 0}))
    assert Path(fields["outputs"][0]["path"]).exists()
