from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from chat_calls import ASKINGS, CHAT, OMNI
from sandbox_town import FLUX, Town

from atlascloud_mcp.sandbox.faults import Fault

BALANCE, USAGE, COSTS = "/public/v1/balance", "/public/v1/model-usage", "/public/v1/model-costs"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
VIDEO = "bytedance/seedance-2.0/text-to-video"
PLAIN = "saltmarsh-ai/plainspeak"
DAYS: "Query" = [("start_date", "2026-11-20"), ("end_date", "2026-11-23")]

Query = list[tuple[str, str | int | float | None]]


async def _read(town: Town, path: str, query: Query) -> Any:
    response = await town.client.get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


async def _refusal(town: Town, path: str, query: Query) -> tuple[int, Any]:
    response = await town.client.get(path, params=query)
    answer = response.json()
    assert answer["request_id"] == f"req_{response.headers['X-Request-ID']}"
    return response.status_code, answer["error"]


def _rows(answer: Any) -> list[tuple[str, Any]]:
    return [(bucket["date"], row) for bucket in answer["data"] for row in bucket["results"]]


async def test_the_balance_is_what_is_left_and_running_jobs_freeze_their_price(town: Town) -> None:
    town.sandbox.price_per_image = "0.5"
    await town.finished()
    await town.job()
    answer = await _read(town, BALANCE, [])
    told = {name: answer[name]["value"] for name in ("available", "cash", "frozen", "bonus", "subscription_bonus")}
    assert told == {
        "available": "9.000000",
        "cash": "9.500000",
        "frozen": "0.500000",
        "bonus": "0.000000",
        "subscription_bonus": "0.000000",
    }
    assert {answer[name]["currency"] for name in told} == {"usd"}
    assert (answer["object"], answer["scope"], answer["account"]["type"]) == ("balance", "account", "personal")
    assert set(answer["credit_grant"]) == {"status", "granted", "used", "remaining_overdraft", "overdrawn"}


async def test_a_key_may_be_without_permission_to_read_the_balance(town: Town) -> None:
    assert (await town.client.post("/sandbox/settings", json={"balance_permission": False})).status_code == 200
    status, error = await _refusal(town, BALANCE, [])
    assert (status, error["type"], error["code"]) == (403, "permission_error", "insufficient_permissions")
    assert await _read(town, COSTS, DAYS)


@pytest.mark.parametrize("path", [BALANCE, USAGE, COSTS, "/public/v1/nothing"])
async def test_a_bad_key_is_told_in_the_public_shape(town: Town, path: str) -> None:
    response = await town.client.get(path, headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.json() == {
        "error": {
            "type": "authentication_error",
            "code": "invalid_api_key",
            "message": "unauthorized",
            "param": None,
        },
        "request_id": f"req_{response.headers['X-Request-ID']}",
        "sandbox": True,
    }


@pytest.mark.parametrize(
    ("status", "kind"), [(429, "rate_limit_error"), (503, "api_error"), (400, "invalid_request_error")]
)
async def test_the_account_has_its_bad_days_in_its_own_shape(town: Town, status: int, kind: str) -> None:
    town.sandbox.faults.add("account", Fault(status=status))
    found, error = await _refusal(town, BALANCE, [])
    assert (found, error["type"]) == (status, kind)
    assert town.sandbox.counts == {"account": 1}


async def test_an_unknown_public_path_is_told_in_the_public_shape(town: Town) -> None:
    status, error = await _refusal(town, "/public/v1/nothing", [])
    assert (status, error["code"]) == (404, "not_found")


async def test_days_have_totals_and_the_running_one_is_partial(town: Town) -> None:
    town.sandbox.plant(FLUX, datetime(2026, 11, 20, 23, 59, tzinfo=UTC), "0.25")
    town.sandbox.plant(VIDEO, datetime(2026, 11, 20, tzinfo=UTC), "0.5")
    town.sandbox.plant(FLUX, datetime(2026, 11, 19, 23, 59, tzinfo=UTC), "7")
    answer = await _read(town, COSTS, [*DAYS[:1], ("end_date", "2026-11-30")])
    assert answer["object"] == "list"
    assert (answer["scope"], answer["has_more"], answer["next_page"]) == ("self", False, None)
    assert answer["data"][0] == {
        "object": "model_cost.bucket",
        "date": "2026-11-20",
        "start_at": "2026-11-20T00:00:00Z",
        "end_at": "2026-11-21T00:00:00Z",
        "covered_until": "2026-11-21T00:00:00Z",
        "partial": False,
        "results": [{"object": "model_cost.result", "amount": {"value": "0.750000", "currency": "usd"}}],
    }
    assert [row["amount"]["value"] for _, row in _rows(answer)] == ["0.750000", "0.000000", "0.000000"]
    last = answer["data"][-1]
    assert (last["date"], last["partial"], last["covered_until"]) == ("2026-11-22", True, "2026-11-22T12:00:00Z")


async def test_usage_and_costs_tell_of_jobs_that_succeeded_and_of_chat_calls(town: Town) -> None:
    town.sandbox.price_per_image = "0.5"
    await town.finished(num_images=2)
    await town.finished(prompt="fail-test")
    await town.job()
    await town.client.post(CHAT, json=ASKINGS["chat"].ask("hello"))
    town.sandbox.plant(VIDEO, NOW, "0.6")
    town.sandbox.plant(PLAIN, NOW, "0.01")
    query = [*DAYS[1:], ("start_date", "2026-11-22"), ("group_by[]", "model")]
    costs = {row["model"]["name"]: row["amount"]["value"] for _, row in _rows(await _read(town, COSTS, query))}
    assert costs == {FLUX: "1.000000", OMNI: f"{town.sandbox.calls[0].usd:.6f}", VIDEO: "0.600000", PLAIN: "0.010000"}
    rows = {row["model"]["name"]: row for _, row in _rows(await _read(town, USAGE, query))}
    assert rows[FLUX] == {
        "object": "usage.result",
        "model_type": "image",
        "model": {"id": "ms-black-forest-labs-flux-schnell", "name": FLUX, "type": "image", "status": "active"},
        "usage": {
            "requests": 1,
            "tokens": dict.fromkeys(rows[FLUX]["usage"]["tokens"], 0),
            "images": {"count": 2},
            "video": None,
        },
    }
    assert rows[VIDEO]["usage"]["video"] == {"seconds": 5.0}
    tokens = rows[OMNI]["usage"]["tokens"]
    assert (tokens["input"], tokens["output"]) == (
        town.sandbox.calls[0].input_tokens,
        town.sandbox.calls[0].output_tokens,
    )
    assert tokens["total"] == tokens["input"] + tokens["output"]


@pytest.mark.parametrize(
    ("groups", "keys"),
    [
        (["model_type"], {"model_type"}),
        (["model"], {"model_type", "model"}),
        (["api_key"], {"api_key"}),
        (["model", "api_key"], {"model_type", "model", "api_key"}),
    ],
)
async def test_rows_are_grouped_and_bear_the_keys_of_their_group(town: Town, groups: list[str], keys: set[str]) -> None:
    for model in (FLUX, VIDEO, PLAIN, FLUX):
        town.sandbox.plant(model, NOW, "0.25")
    town.sandbox.api_keys = frozenset({"sandbox-key", "other-key"})
    town.sandbox.price_per_image = "1"
    town.client.headers["Authorization"] = "Bearer other-key"
    await town.finished()
    rows = [row for _, row in _rows(await _read(town, COSTS, [*DAYS, *(("group_by[]", each) for each in groups)]))]
    assert {frozenset(row) - {"object", "amount"} for row in rows} == {frozenset(keys)}
    assert sum(Decimal(row["amount"]["value"]) for row in rows) == 2
    amounts = Counter(row["amount"]["value"] for row in rows)
    assert (
        amounts
        == {
            "model_type": {"1.500000": 1, "0.250000": 2},
            "model": {"1.500000": 1, "0.250000": 2},
            "api_key": {"1.000000": 2},
            "model api_key": {"0.500000": 1, "1.000000": 1, "0.250000": 2},
        }[" ".join(groups)]
    )


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ([("model_types[]", "image")], "1"),
        ([("model_types[]", "image"), ("model_types[]", "text")], "5"),
        ([("model_types[]", "audio")], "0"),
        ([("model_ids[]", VIDEO)], "2"),
        ([("model_ids[]", "ms-saltmarsh-ai-plainspeak"), ("model_ids[]", FLUX)], "5"),
        ([("api_key_ids[]", "ak_nobody")], "0"),
        ([("scope", "account")], "7"),
    ],
)
async def test_rows_are_filtered(town: Town, query: Query, total: str) -> None:
    for model, price in ((FLUX, 1), (VIDEO, 2), (PLAIN, 4)):
        town.sandbox.plant(model, NOW, price)
    rows = _rows(await _read(town, COSTS, [*DAYS, *query]))
    assert sum(Decimal(row["amount"]["value"]) for _, row in rows) == Decimal(total)


async def test_180_days_come_in_pages_and_a_day_may_go_on_on_the_next(town: Town) -> None:
    start = NOW - timedelta(days=179)
    for day in range(180):
        for model in (FLUX, VIDEO, PLAIN)[: 3 if day % 2 else 1]:
            town.sandbox.plant(model, start + timedelta(days=day), "0.01")
    query: Query = [("start_date", start.date().isoformat()), ("end_date", "2026-11-23"), ("group_by[]", "model")]
    rows: list[tuple[str, Any]] = []
    sizes: list[int] = []
    page: Query = []
    while True:
        answer = await _read(town, COSTS, [*query, *page])
        sizes.append(len(_rows(answer)))
        rows += _rows(answer)
        if not answer["has_more"]:
            break
        page = [("page", answer["next_page"])]
    assert sizes == [100, 100, 100, 60]
    assert Counter(row["model"]["name"] for _, row in rows) == {FLUX: 180, VIDEO: 90, PLAIN: 90}
    assert len({(day, row["model"]["name"]) for day, row in rows}) == 360
    whole = await _read(town, COSTS, [*query, ("limit", "1000")])
    assert [row for _, row in _rows(whole)] == [row for _, row in rows]
    assert (len(whole["data"]), whole["has_more"]) == (180, False)


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ([], "invalid_date_range", "start_date"),
        ([("start_date", "2026-11-20")], "invalid_date_range", "end_date"),
        ([("start_date", "20261120"), ("end_date", "2026-11-23")], "invalid_date_range", "start_date"),
        ([("start_date", "2026-02-30"), ("end_date", "2026-03-23")], "invalid_date_range", "start_date"),
        ([("start_date", "2026-11-20"), ("end_date", "2026-11-20")], "invalid_date_range", "end_date"),
        ([("start_date", "2026-05-01"), ("end_date", "2026-10-29")], "invalid_date_range", "end_date"),
        ([*DAYS, ("group_by[]", "model,api_key")], "invalid_parameter", "group_by[]"),
        ([*DAYS, ("group_by[]", "model"), ("group_by[]", "model_type")], "invalid_parameter", "group_by[]"),
        ([*DAYS, ("group_by[]", "colour")], "invalid_parameter", "group_by[]"),
        ([*DAYS, ("group_by", "model")], "invalid_parameter", "group_by"),
        ([*DAYS, ("model_types[]", "3d")], "invalid_parameter", "model_types[]"),
        ([*DAYS, *[("model_ids[]", "a")] * 101], "invalid_parameter", "model_ids[]"),
        ([*DAYS, ("api_key_ids[]", "apikey-secret")], "invalid_parameter", "api_key_ids[]"),
        ([*DAYS, ("scope", "team")], "invalid_parameter", "scope"),
        ([*DAYS, ("limit", "0")], "invalid_parameter", "limit"),
        ([*DAYS, ("limit", "1001")], "invalid_parameter", "limit"),
        ([*DAYS, ("limit", "9" * 5000)], "invalid_parameter", "limit"),
        ([*DAYS, ("page", "nonsense")], "invalid_parameter", "page"),
        ([*DAYS, ("page", "b3RoZXI6NQ==")], "invalid_parameter", "page"),
    ],
)
@pytest.mark.parametrize("path", [USAGE, COSTS])
async def test_a_wrong_parameter_is_named(town: Town, path: str, query: Query, code: str, param: str) -> None:
    status, error = await _refusal(town, path, query)
    assert (status, error["type"], error["code"], error["param"]) == (400, "invalid_request_error", code, param)
    assert error["message"]


async def test_180_days_are_not_too_many(town: Town) -> None:
    assert (await _read(town, USAGE, [("start_date", "2026-05-01"), ("end_date", "2026-10-28")]))["has_more"] is True
