import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from chat_calls import ASKINGS, CHAT
from sandbox_town import FLUX, Town

from atlascloud_mcp.sandbox.faults import Fault

HISTORY = "/api/v1/model/history"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VIDEO = "bytedance/seedance-2.0/text-to-video"


async def _page(town: Town, **query: object) -> Any:
    response = await town.client.get(HISTORY, params={key: str(value) for key, value in query.items()})
    assert response.status_code == 200, response.text
    assert response.json()["code"] == 200
    return response.json()["data"]


async def test_a_job_is_listed_with_its_body_and_has_no_result_until_it_ends(town: Town) -> None:
    job_id = await town.job(prompt="a heron", seed=4)
    page = await _page(town)
    assert page == {
        "items": [
            {
                "ID": job_id,
                "createdAt": int(NOW.timestamp()),
                "model": FLUX,
                "requestBody": json.dumps(
                    {"model": FLUX, "prompt": "a heron", "width": 64, "height": 64, "seed": 4}, ensure_ascii=False
                ),
                "status": "created",
            }
        ],
        "pageNo": 1,
        "pageSize": 10,
        "total": 1,
    }
    town.pass_time(1)
    assert (await _page(town))["items"][0]["status"] == "processing"
    town.pass_time(2)
    (item,) = (await _page(town))["items"]
    assert item["status"] == "completed"
    assert item["result"] == await town.poll(job_id)


async def test_120_jobs_are_paged_newest_first(town: Town) -> None:
    ids = [town.sandbox.plant(FLUX, NOW - timedelta(hours=hours), "0.003") for hours in range(120)]
    pages = [await _page(town, no=no, size=50) for no in (1, 2, 3, 4)]
    assert [item["ID"] for page in pages for item in page["items"]] == ids
    assert [(page["pageNo"], page["pageSize"], page["total"], len(page["items"])) for page in pages] == [
        (1, 50, 120, 50),
        (2, 50, 120, 50),
        (3, 50, 120, 20),
        (4, 50, 120, 0),
    ]
    assert (await _page(town, size=1000))["pageSize"] == 50


async def test_jobs_of_the_same_moment_have_the_later_one_first(town: Town) -> None:
    first, second = await town.job(), await town.job()
    assert [item["ID"] for item in (await _page(town))["items"]] == [second, first]


async def test_history_is_filtered_by_model_status_and_id(town: Town) -> None:
    old = NOW - timedelta(days=3)
    made = {
        status: town.sandbox.plant(FLUX, old, "0.003", status=status)
        for status in ("created", "queued", "starting", "processing", "completed", "succeeded", "failed", "timeout")
    }
    film = town.sandbox.plant(VIDEO, old, "0.6")

    async def found(**query: object) -> set[str]:
        return {item["ID"] for item in (await _page(town, size=50, **query))["items"]}

    assert await found(model=VIDEO) == {film}
    assert await found(status="created") == {made["created"], made["queued"]}
    assert await found(status="processing") == {made["starting"], made["processing"]}
    assert await found(status="completed", model=FLUX) == {made["completed"], made["succeeded"]}
    assert await found(status="failed") == {made["failed"]}
    assert await found(status="timeout") == {made["timeout"]}
    assert await found(sessionID=film) == {film}
    assert await found(model="nobody/nothing") == set()
    assert await found(status="", model="") == {*made.values(), film}
    listed = {item["ID"]: item for item in (await _page(town, size=50))["items"]}
    assert {status for status, each in made.items() if "result" in listed[each]} == {
        *("completed", "succeeded", "failed", "timeout"),
    }
    assert listed[made["failed"]]["result"]["error"]


@pytest.mark.parametrize(
    ("query", "name"),
    [({"no": 0}, "no"), ({"size": "many"}, "size"), ({"status": "done"}, "status"), ({"no": "9" * 5000}, "no")],
)
async def test_a_filter_that_means_nothing_is_refused(town: Town, query: dict[str, Any], name: str) -> None:
    response = await town.client.get(HISTORY, params=query)
    assert (response.status_code, response.json()["msg"]) == (400, f"Invalid request parameters: {name}")


async def test_the_fetched_output_of_a_planted_job_is_as_of_any_job(town: Town) -> None:
    planted = town.sandbox.plant("bytedance/seedream-v5.0-lite/edit", NOW - timedelta(days=9), "0.03", prompt="a wren")
    data = await town.poll(planted)
    assert (data["status"], data["price"], data["created_at"]) == ("completed", "0.03", "2026-11-13T12:00:00.000Z")
    assert (await town.picture(data["outputs"][0])).format == "PNG"
    (item,) = (await _page(town))["items"]
    assert json.loads(item["requestBody"])["prompt"] == "a wren"


async def test_planting_costs_what_it_costs_and_leaves_the_balance(town: Town) -> None:
    town.sandbox.plant(FLUX, NOW, "0.25")
    town.sandbox.plant(FLUX, NOW, 3, status="failed")
    assert (str(town.sandbox.billed_usd), str(town.sandbox.balance_usd)) == ("0.25", "10.00")
    assert len(town.sandbox.submits) == 0
    with pytest.raises(ValueError, match="nobody"):
        town.sandbox.plant("nobody/nothing", NOW, 1)


async def test_chat_calls_are_not_in_the_history(town: Town) -> None:
    await town.client.post(CHAT, json=ASKINGS["chat"].ask("hello"))
    town.sandbox.plant("saltmarsh-ai/plainspeak", NOW, "0.01")
    assert (await _page(town))["items"] == []
    assert len(town.sandbox.calls) == 2


async def test_jobs_can_be_planted_over_http(town: Town) -> None:
    body = [
        {"model": FLUX, "at": "2026-11-20T08:00:00Z", "price": "0.003", "prompt": "a wren"},
        {"model": VIDEO, "at": "2026-11-21T08:00:00+01:00", "price": 0.6, "status": "timeout"},
    ]
    answer = await town.client.post("/sandbox/history", json=body)
    assert answer.status_code == 200
    items = (await _page(town))["items"]
    assert [item["ID"] for item in items] == answer.json()["ids"][::-1]
    assert [item["status"] for item in items] == ["timeout", "completed"]
    assert items[0]["createdAt"] == int(datetime(2026, 11, 21, 7, tzinfo=UTC).timestamp())
    wrong: list[object] = ["", [{**body[0], "model": "nobody/nothing"}], [{**body[0], "at": "2026-11-20T08:00:00"}]]
    for bad in wrong:
        assert (await town.client.post("/sandbox/history", json=bad)).status_code == 400


async def test_history_has_its_bad_days_and_needs_a_key(town: Town) -> None:
    town.sandbox.faults.add("history", Fault(status=404))
    assert (await town.client.get(HISTORY)).status_code == 404
    assert (await town.client.get(HISTORY, headers={"Authorization": ""})).json()["msg"] == "unauthorized"
    assert (await _page(town))["total"] == 0
    assert town.sandbox.counts == {"history": 3}


async def test_a_job_is_listed_after_the_delay_that_is_set(town: Town) -> None:
    town.sandbox.history_delay_s = 5
    job_id = await town.job(prompt="a heron")
    assert (await _page(town))["total"] == 0
    town.pass_time(4.5)
    assert (await _page(town))["items"] == []
    town.pass_time(0.5)
    assert [item["ID"] for item in (await _page(town))["items"]] == [job_id]
