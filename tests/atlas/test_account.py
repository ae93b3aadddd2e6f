"""Balance, usage and costs, whatever way they are written: sums are exact, and nothing is required."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from atlascloud_mcp.atlas import wire
from atlascloud_mcp.atlas.account import (
    MAX_CURSOR,
    MAX_ROWS,
    MOST_FIGURES,
    Entry,
    GroupBy,
    LedgerPage,
    Money,
    Period,
    parse_balance,
    parse_ledger,
    read_money,
)

EUR = Money(Decimal(2), "eur")
# As two clients recorded them in 2026: a group is an object, and two models may share an id.
COST: dict[str, Any] = {
    "object": "model_cost.result",
    "model_type": "video",
    "model": {"id": "ms-336e", "name": "acme/clip", "type": "video", "status": "active"},
    "amount": {"value": "13.825576", "currency": "usd"},
}
USAGE: dict[str, Any] = {
    "object": "usage.result",
    "model_type": "text",
    "model": {"id": "ms-77", "name": "acme/talk", "type": "text", "status": "active"},
    "usage": {"requests": 3, "tokens": {"input": 275088, "output": 3500, "total": 0}, "images": None, "video": None},
}


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "usd")


def ledger(body: object, group_by: GroupBy = "model", *, is_costs: bool = False) -> LedgerPage:
    found = parse_ledger(body, group_by, is_costs=is_costs, sandbox=False)
    assert found is not None
    return found


def entry(row: dict[str, Any], group_by: GroupBy = "model", *, is_costs: bool = False) -> Entry:
    (found,) = ledger({"data": [{"date": "2026-11-21", "results": [row]}]}, group_by, is_costs=is_costs).entries
    return found


@pytest.mark.parametrize(
    ("value", "money"),
    [
        ({"value": "125.500000", "currency": "usd"}, usd("125.5")),
        ({"value": 125.5, "currency": "USD"}, usd("125.5")),
        ({"amount": "2", "currency": "eur"}, EUR),
        ({"value": "-3.5"}, usd("-3.5")),
        ("0.003", usd("0.003")),
        (0.1 + 0.2, usd("0.3")),
        ({"value": 7, "currency": "<b>"}, usd("7")),
        (10**400, None),
        ("1e999999999", None),
        ("1e-999999999", usd("0")),
        ("nan", None),
        ("inf", None),
        ("free", None),
        (True, None),
        ("9" * 5000, None),
        ({"value": {}}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_money_is_an_exact_amount_of_a_possible_size(value: object, money: Money | None) -> None:
    assert read_money(value) == money


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_balance_has_its_amounts_in_a_fixed_order(wrapped: bool) -> None:
    body: dict[str, Any] = {
        "object": "balance",
        "frozen": {"value": "1.000000", "currency": "usd"},
        "cash": {"value": "20.000000", "currency": "usd"},
        "available": {"value": "23.555722", "currency": "usd"},
        "credit_grant": {"status": "normal", "granted": {"value": "5", "currency": "usd"}, "used": None},
    }
    found = parse_balance({"code": 200, "data": body} if wrapped else body, sandbox=True)
    assert found is not None
    assert found.sandbox
    assert list(found.amounts.items()) == [
        ("available", usd("23.555722")),
        ("cash", usd("20")),
        ("frozen", usd("1")),
        ("credit_granted", usd("5")),
    ]


@pytest.mark.parametrize("body", [None, [], "x", {}, {"available": None}, {"data": []}, {"credit_grant": 5}])
def test_without_any_amount_there_is_no_balance(body: object) -> None:
    assert parse_balance(body, sandbox=False) is None


def test_costs_and_usage_are_told_by_the_groups_name_and_what_counts_nothing_is_left_out() -> None:
    assert entry(COST, is_costs=True) == Entry("acme/clip", usd("13.825576"))
    assert entry({**USAGE, "cost": "0.5"}, is_costs=True) == Entry("acme/talk", usd("0.5"))
    assert entry(USAGE).group == "acme/talk"
    assert entry(USAGE).figures == {"requests": 3, "tokens_input": 275088, "tokens_output": 3500}


@pytest.mark.parametrize(
    ("group_by", "row", "label"),
    [
        ("model", {"model": "acme/one"}, "acme/one"),
        ("model", {"model_name": "acme/one", "model_id": "ms-1"}, "acme/one"),
        ("model", {"model": {"id": "ms-1"}}, "ms-1"),
        ("model", {"model": "\x1b[31mred\x1b[0m\nline"}, "[31mred[0m line"),
        ("model", {"model": "x" * 500}, "x" * 119 + "…"),
        ("model", {"model": None}, "unnamed"),
        ("model", {}, "unnamed"),
        ("model_type", {"model_type": "video"}, "video"),
        ("api_key", {"api_key": {"id": "ak_1", "name": "laptop"}}, "laptop (ak_1)"),
        ("api_key", {"api_key_id": "ak_1", "api_key_name": "laptop"}, "laptop (ak_1)"),
        ("api_key", {"api_key": "ak_1"}, "ak_1"),
    ],
)
def test_a_group_is_named_by_a_text_or_an_object(group_by: GroupBy, row: dict[str, Any], label: str) -> None:
    assert entry(row, group_by).group == label


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        ({"num_requests": "12", "seconds": 4.5}, {"num_requests": 12, "seconds": Decimal("4.5")}),
        ({"usage": {"video": {"seconds": "7"}}}, {"video_seconds": 7}),
        ({"amount": {"value": "1", "currency": "usd"}, "cost": 2}, {"amount_usd": 1, "cost": 2}),
        ({"saved": {"value": "0.25", "currency": "usd"}}, {"saved_usd": Decimal("0.25")}),
        ({"id": 5, "project_id": 7, "projectId": 8, "createdAt": 9, "updated_at": 10, "status": 200}, {}),
        ({"api_key": {"id": "ak_1", "uses": 4}, "model": {"id": 7, "size": 8}, "date": "20261122"}, {}),
        ({"tokens": 0, "images": None, "is_free": True, "unit": "second"}, {}),
        ({"a b": 1, "x" * 50: 2, "<i>": 3, "": 4}, {}),
        ({"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}, {}),
    ],
)
def test_every_number_that_counts_something_is_found_under_its_path(
    row: dict[str, Any], figures: dict[str, Decimal]
) -> None:
    assert entry(row).figures == figures


def test_an_answer_has_no_endless_rows() -> None:
    body = {"data": [{"date": "2026-11-21", "results": [COST] * 4000}] * 3}
    assert len(ledger(body, is_costs=True).entries) == MAX_ROWS


def test_a_row_has_no_endless_figures() -> None:
    assert len(entry({f"f{number}": 1 for number in range(500)}).figures) == MOST_FIGURES


def test_days_that_are_not_complete_are_told_with_the_moment_up_to_which_they_are() -> None:
    days: list[dict[str, Any]] = [
        {"date": "2026-11-21", "partial": False, "results": []},
        {"date": "2026-11-22", "partial": True, "covered_until": "2026-11-22T11:33:34Z"},
        {"date": "soon", "partial": True},
    ]
    found = ledger({"object": "list", "scope": "self", "data": days})
    assert found.partial == {"2026-11-22": datetime(2026, 11, 22, 11, 33, 34, tzinfo=UTC)}
    assert (found.scope, found.cursor, found.has_more) == ("self", None, False)


@pytest.mark.parametrize(
    ("fields", "cursor", "has_more"),
    [
        ({"has_more": True, "next_page": "c2"}, "c2", True),
        ({"next_page": "c2"}, "c2", True),
        ({"has_more": False, "next_page": "c2"}, "c2", False),
        ({"has_more": True, "next_page": None}, None, True),
        ({"has_more": True, "next_page": "c" * (MAX_CURSOR + 1)}, None, True),
        ({}, None, False),
    ],
)
def test_a_cursor_leads_on_while_there_is_more(fields: dict[str, Any], cursor: str | None, has_more: bool) -> None:
    found = ledger({"data": [], **fields})
    assert (found.cursor, found.has_more) == (cursor, has_more)


@pytest.mark.parametrize("body", [None, [], "x", {}, {"object": "list"}, {"data": 5}, {"data": {"x": 1}}])
def test_without_a_list_of_days_there_is_no_ledger(body: object) -> None:
    assert parse_ledger(body, "model", is_costs=True, sandbox=False) is None


@pytest.mark.parametrize("value", [None, True, 5, "x", "\ud800", [], [[]], {}, {"a": {}}, 10**400, "9" * 5000])
def test_no_value_in_any_field_stops_the_reading(value: object) -> None:
    for name in ("model", "amount", "usage", "requests", "api_key"):
        assert entry({**COST, name: value}).group
        page = ledger({"data": [{"results": [COST, {**COST, name: value}]}]}, is_costs=True)
        assert page
        assert page.unread == sum(each.cost is None for each in page.entries)
    for name in ("date", "partial", "covered_until", "results"):
        assert isinstance(ledger({"data": [{"date": "2026-11-22", "partial": True, name: value}]}), LedgerPage)
    for name in ("scope", "has_more", "next_page"):
        assert isinstance(ledger({"data": [value], name: value}), LedgerPage)


def test_the_last_day_is_included_for_the_caller_and_left_out_on_the_wire() -> None:
    query = urlencode(Period(date(2026, 2, 27), date(2026, 2, 28), "api_key").query)
    assert query == "start_date=2026-02-27&end_date=2026-03-01&group_by%5B%5D=api_key&limit=1000"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            {"type": "t", "code": "invalid_date_range", "message": "end_date is before it.", "param": "start_date"},
            "invalid_date_range, param start_date: end_date is before it.",
        ),
        ({"code": "invalid_api_key", "message": "No."}, "invalid_api_key: No."),
        ({"code": "no_such_group", "param": "group_by[]"}, "param group_by[]: no_such_group"),
        ({"code": 400, "message": "No."}, "No."),
        ({"code": "<i>", "message": "No.", "param": "a b"}, "No."),
        ({"code": None, "message": "No.", "param": None}, "No."),
    ],
)
def test_the_code_and_the_parameter_of_an_error_come_first(error: dict[str, Any], reason: str) -> None:
    assert wire.envelope({"error": error, "request_id": "req_1"}).message == reason
