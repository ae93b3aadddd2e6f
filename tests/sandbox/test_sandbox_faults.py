import pytest
from sandbox_town import MODELS, SUBMIT, UPLOAD, Town, png

from atlascloud_mcp.sandbox.faults import Drop, DroppedConnection, Endpoint, Fault


async def test_a_status_comes_instead_of_the_job_once_and_then_all_is_well(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(status=429, headers={"Retry-After": "7"}))
    refused = await town.submit()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.json()["msg"] == "too many requests"
    assert refused.headers["X-AtlasCloud-Sandbox"] == "true"
    assert town.sandbox.submits == []
    assert (await town.submit()).status_code == 200


async def test_an_accepted_job_can_be_answered_with_an_error(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(status=502, body="<html>Bad gateway</html>", accept=True))
    answer = await town.submit()
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert len(town.sandbox.submits) == 1
    assert town.sandbox.billed_usd > 0


@pytest.mark.parametrize(
    ("body", "content", "kind"),
    [
        ('{"code": 200, "da', b'{"code": 200, "da', "application/json"),
        (b"\x00\x01", b"\x00\x01", "application/json"),
        (b"<p>", b"<p>", "text/html; charset=utf-8"),
        ({"code": 400, "message": "invalid_parameter"}, b'{"code": 400, "message": "invalid_parameter"}', None),
        ([], b"[]", "application/json"),
    ],
)
async def test_a_body_is_sent_as_given_with_200(town: Town, body: object, content: bytes, kind: str | None) -> None:
    town.sandbox.faults.add("models", Fault(body=body))
    answer = await town.client.get(MODELS)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == (kind or "application/json")


async def test_faults_follow_each_other_after_the_requests_they_let_pass(town: Town) -> None:
    plan = town.sandbox.faults
    plan.add("models", Fault(status=500), times=2, after=1)
    plan.add("models", Fault(status=503), times=None)
    assert plan.pending("models") == 3
    seen = [(await town.client.get(MODELS)).status_code for _ in range(6)]
    assert seen == [200, 500, 500, 503, 503, 503]
    plan.clear()
    assert (await town.client.get(MODELS)).status_code == 200


async def test_a_delay_passes_after_the_job_was_taken_and_before_the_answer(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(delay_s=30, headers={"X-Late": "yes"}))
    answer = await town.submit()
    assert (answer.status_code, answer.headers["x-late"]) == (200, "yes")
    assert town.hands[0] == 130
    assert (await town.poll(answer.json()["data"]["id"]))["status"] == "completed"


async def test_a_body_drips_in_over_the_time_that_is_set(town: Town) -> None:
    town.sandbox.faults.add("models", Fault(drip_s=14))
    dripped = await town.client.get(MODELS)
    assert town.hands[0] == 114
    assert dripped.content == (await town.client.get(MODELS)).content


async def test_an_answer_can_name_another_type_than_it_has(town: Town) -> None:
    town.sandbox.faults.add("models", Fault(headers={"Content-Type": "text/plain"}))
    answer = await town.client.get(MODELS)
    assert answer.headers.get_list("content-type") == ["text/plain"]
    assert answer.json()


@pytest.mark.parametrize(("drop", "jobs"), [("before", 0), ("after", 1), ("mid-body", 1)])
async def test_a_drop_in_process_raises_in_the_client(town: Town, drop: Drop, jobs: int) -> None:
    town.sandbox.faults.add("submit", Fault(drop=drop))
    with pytest.raises(DroppedConnection) as caught:
        await town.submit()
    assert caught.value.drop == drop
    assert len(town.sandbox.submits) == jobs
    assert (town.sandbox.billed_usd > 0) == bool(jobs)


async def test_a_drop_in_the_middle_of_another_answer_leaves_the_job_alone(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(status=200, body="{}", drop="mid-body"))
    with pytest.raises(DroppedConnection):
        await town.submit()
    assert town.sandbox.submits == []


@pytest.mark.parametrize("endpoint", ["prediction", "upload", "output"])
async def test_the_other_endpoints_have_their_bad_days_too(town: Town, endpoint: Endpoint) -> None:
    data = await town.finished()
    town.sandbox.faults.add(endpoint, Fault(status=503))
    answers = {
        "prediction": await town.client.get(f"/api/v1/model/result/{data['id']}"),
        "upload": await town.client.post(UPLOAD, files={"file": ("cat.png", png(), "image/png")}),
        "output": await town.client.get(data["outputs"][0]),
    }
    assert {name: answer.status_code for name, answer in answers.items()} == {
        name: 503 if name == endpoint else 200 for name in answers
    }


async def test_a_bad_key_meets_no_fault(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(status=500))
    assert (await town.client.post(SUBMIT, json={}, headers={"Authorization": ""})).status_code == 401
    assert town.sandbox.faults.pending("submit") == 1
