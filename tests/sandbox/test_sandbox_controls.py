import pytest
from sandbox_town import Town, png


async def _post(town: Town, name: str, body: object = None) -> int:
    return (await town.client.post(f"/sandbox/{name}", json=body, headers={"Authorization": ""})).status_code


async def test_faults_can_be_planned_over_http(town: Town) -> None:
    body = {"endpoint": "submit", "times": 2, "status": 502, "body": {"a": 1}, "headers": {"X": "y"}, "accept": True}
    body["drip_s"] = 7
    assert await _post(town, "faults", body) == 200
    answers = [await town.submit() for _ in range(3)]
    assert [(answer.status_code, answer.headers.get("x")) for answer in answers] == [
        (502, "y"),
        (502, "y"),
        (200, None),
    ]
    assert len(town.sandbox.submits) == 3
    assert town.hands[0] == 114


async def test_knobs_can_be_turned_over_http(town: Town) -> None:
    knobs = {
        "job_seconds": 0,
        "balance_usd": 1,
        "price_per_image": "0.25",
        "prediction_shape": "bare",
        "submit_shape": "top_level",
        "statuses": ["queued"],
        "history_delay_s": 7,
    }
    assert await _post(town, "settings", knobs) == 200
    assert town.sandbox.history_delay_s == 7
    first, second = [(await town.submit()).json()["id"] for _ in range(2)]
    polls = [(await town.client.get(f"/api/v1/model/prediction/{each}")).json() for each in (first, second)]
    assert [poll["status"] for poll in polls] == ["queued", "completed"]
    assert polls[1]["price"] == "0.25"
    state = (await town.client.get("/sandbox/state")).json()
    assert (state["billed_usd"], state["balance_usd"]) == ("0.50", "0.50")


async def test_a_sandbox_behind_another_address_tells_that_address(town: Town) -> None:
    assert await _post(town, "settings", {"base_url": "http://127.0.0.1:4"}) == 200
    assert (await town.upload(png()))["download_url"].startswith("http://127.0.0.1:4/uploads/")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"endpoint": "nothing"}),
        ("faults", {"endpoint": "submit", "stauts": 500}),
        ("settings", {"submit_shape": "odd"}),
        ("settings", {"job_seconds": -1}),
        ("settings", {"base_url": "http://127.0.0.1/"}),
        ("settings", {"price_per_image": "dear"}),
        ("settings", {"statuses": []}),
        ("settings", []),
    ],
)
async def test_a_wrong_knob_is_refused(town: Town, name: str, body: object) -> None:
    assert await _post(town, name, body) == 400


async def test_the_state_names_what_happened_and_reset_forgets_it(town: Town) -> None:
    job_id = await town.job()
    await town.upload(png())
    state = (await town.client.get("/sandbox/state")).json()
    assert state["submits"][0]["id"] == job_id
    assert state["uploads"][0]["sha256"] == town.sandbox.uploads[0].sha256
    assert state["counts"] == {"submit": 1, "upload": 1}
    assert await _post(town, "settings", {"job_seconds": 50}) == 200
    assert town.sandbox.job_seconds == 50
    assert await _post(town, "reset") == 200
    state = (await town.client.get("/sandbox/state")).json()
    assert (state["submits"], state["uploads"], state["counts"], state["balance_usd"]) == ([], [], {}, "10")
    assert town.sandbox.job_seconds == 3.0


async def test_an_unknown_control_is_not_found(town: Town) -> None:
    assert await _post(town, "nothing") == 404
