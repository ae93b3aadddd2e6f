import asyncio

import httpx
import pytest
from sandbox_town import Town

from atlascloud_mcp.sandbox.shapes import PREDICTION_SHAPES, SUBMIT_SHAPES, PredictionShape, SubmitShape


async def test_a_job_goes_through_its_states_by_the_clock(town: Town) -> None:
    job_id = await town.job()
    seen: list[str] = []
    for seconds in (0.0, 0.5, 1.0, 1.0, 0.5):
        town.pass_time(seconds)
        seen.append((await town.poll(job_id))["status"])
    assert seen == ["created", "starting", "processing", "processing", "completed"]


async def test_a_completed_prediction_says_all_that_is_known(town: Town) -> None:
    data = await town.finished(seed=9)
    job_id = data["id"]
    assert data == {
        "id": job_id,
        "model": "black-forest-labs/flux-schnell",
        "status": "completed",
        "outputs": [f"http://sandbox.test/outputs/{job_id}-0.png"],
        "error": None,
        "urls": {"get": f"http://sandbox.test/api/v1/model/prediction/{job_id}"},
        "created_at": "2026-11-22T12:00:00.000Z",
        "completed_at": "2026-11-22T12:00:03.000Z",
        "executionTime": 3000,
        "timings": {"inference": 3000},
        "metrics": {"predict_time": 3.0},
        "price": "0.003",
        "has_nsfw_contents": [False],
        "seed": 9,
    }


async def test_the_result_path_is_the_twin_of_the_prediction_path(town: Town) -> None:
    data = await town.finished()
    twin = await town.client.get(f"/api/v1/model/result/{data['id']}")
    assert twin.json()["data"] == data


async def test_an_unknown_prediction_is_not_found(town: Town) -> None:
    response = await town.client.get("/api/v1/model/prediction/none")
    assert (response.status_code, response.json()["msg"]) == (404, "prediction not found")


@pytest.mark.parametrize("name", ["none-0.png", "{id}-1.png", "{id}-x.png", "{id}-0.jpeg", "{id}"])
async def test_an_output_that_does_not_exist_is_not_found(town: Town, name: str) -> None:
    data = await town.finished()
    response = await town.client.get(f"/outputs/{name.format(id=data['id'])}")
    assert (response.status_code, response.json()["code"]) == (404, 404)


async def test_a_picture_is_drawn_once_however_many_look_at_it(town: Town) -> None:
    url = (await town.finished())["outputs"][0]
    assert list(town.sandbox.shelf.place(".").glob("*.png")) == []
    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(town.client.get(url)) for _ in range(3)]
    (drawn,) = town.sandbox.shelf.place(".").glob("*.png")
    assert {look.result().content for look in looks} == {drawn.read_bytes()}
    drawn.write_bytes(b"as it lies there")
    assert (await town.client.get(url)).content == b"as it lies there"


async def test_an_output_cannot_be_fetched_before_its_job_has_finished(town: Town) -> None:
    job_id = await town.job()
    assert (await town.client.get(f"/outputs/{job_id}-0.png")).status_code == 404


async def test_a_script_answers_the_polls_with_raw_statuses_and_its_last_one_stays(town: Town) -> None:
    town.sandbox.script_statuses(["queued", "weird", "succeeded"])
    job_id = await town.job()
    answers = [await town.poll(job_id) for _ in range(4)]
    assert [answer["status"] for answer in answers] == ["queued", "weird", "succeeded", "succeeded"]
    assert answers[1]["outputs"] is None
    assert (await town.picture(answers[2]["outputs"][0])).size == (64, 64)
    assert (await town.poll(await town.job()))["status"] == "created"


async def test_a_scripted_failure_releases_the_price_once_it_was_told(town: Town) -> None:
    town.sandbox.script_statuses(["TIMEOUT"])
    job_id = await town.job()
    assert town.sandbox.billed_usd > 0
    assert (await town.poll(job_id))["error"]
    assert town.sandbox.billed_usd == 0


async def test_an_empty_script_is_refused(town: Town) -> None:
    with pytest.raises(ValueError, match="at least one"):
        town.sandbox.script_statuses([])


@pytest.mark.parametrize("shape", SUBMIT_SHAPES)
async def test_each_submit_shape_carries_the_id_where_it_says(town: Town, shape: SubmitShape) -> None:
    town.sandbox.submit_shape = shape
    answer = (await town.submit()).json()
    places = {
        "data_id": lambda: answer["data"]["id"],
        "data_only": lambda: answer["data"]["id"],
        "top_level": lambda: answer["id"],
        "prediction_id": lambda: answer["predictionId"],
        "request_id": lambda: answer["data"]["request_id"],
        "string_code": lambda: answer["data"]["id"],
    }
    assert places[shape]() == town.sandbox.submits[0].id
    assert answer["sandbox"] is True
    assert answer.get("code") == {"data_id": 200, "request_id": 200, "string_code": "200"}.get(shape)


async def _result(town: Town, shape: PredictionShape, **fields: object) -> httpx.Response:
    town.sandbox.prediction_shape = shape
    job_id = await town.job(**fields)
    town.pass_time(3)
    return await town.client.get(f"/api/v1/model/prediction/{job_id}")


@pytest.mark.parametrize("shape", PREDICTION_SHAPES)
async def test_every_prediction_shape_answers_successes_failures_and_running_jobs(
    town: Town, shape: PredictionShape
) -> None:
    assert (await _result(town, shape)).json()["sandbox"] is True
    failed = (await _result(town, shape, prompt="fail-test")).json()
    assert "failed" in (failed.get("status"), failed.get("data", {}).get("status"))
    running = (await town.client.get(f"/api/v1/model/prediction/{await town.job()}")).json()
    assert "created" in (running.get("status"), running.get("data", {}).get("status"))


async def test_result_shapes_put_the_outputs_where_they_say(town: Town) -> None:
    bare = (await _result(town, "bare")).json()
    assert bare["outputs"][0].endswith(f"{bare['id']}-0.png")
    assert (await _result(town, "string_code")).json()["code"] == "200"
    assert "code" not in (await _result(town, "no_code")).json()
    assert set((await _result(town, "minimal")).json()["data"]) == {"status", "outputs", "error"}
    single = (await _result(town, "output_single")).json()["data"]
    assert single["output"].startswith("http")
    assert "outputs" not in single
    assert (await _result(town, "output_single", prompt="nsfw-test")).json()["data"]["output"] is None
    assert (await _result(town, "output_list", n=2)).json()["data"]["output"][1].endswith("-1.png")
    assert (await _result(town, "output_objects")).json()["data"]["outputs"][0]["url"].startswith("http")
    assert (await _result(town, "data_uri")).json()["data"]["outputs"][0].startswith("data:image/png;base64,")
    assert (await _result(town, "text")).json()["data"]["outputs"][0].startswith("The sandbox says")
    assert (await _result(town, "empty")).json()["data"]["outputs"] == []
    assert len((await _result(town, "fewer", n=3)).json()["data"]["outputs"]) == 2
    assert (await _result(town, "null_outputs")).json()["data"]["outputs"] is None
    assert (await _result(town, "nsfw_bool")).json()["data"]["has_nsfw_contents"] is False
    assert (await _result(town, "nsfw_null")).json()["data"]["has_nsfw_contents"] is None
    assert (await _result(town, "price_number")).json()["data"]["price"] == 0.003
    assert "price" not in (await _result(town, "price_absent")).json()["data"]


async def test_verdict_shapes_tell_a_failure_as_they_say(town: Town) -> None:
    as_500 = await _result(town, "failed_500", prompt="fail-test")
    assert (as_500.status_code, as_500.json()["data"]["status"]) == (500, "failed")
    as_200 = await _result(town, "failed_code_200", prompt="fail-test")
    assert (as_200.status_code, as_200.json()["code"]) == (200, 500)
    in_object = (await _result(town, "error_object", prompt="fail-test")).json()
    assert in_object["data"]["error"]["code"] == "generation_failed"
    outside = (await _result(town, "error_null", prompt="fail-test")).json()
    assert outside["data"]["error"] is None
    assert "generation_failed" in outside["message"]
