"""The account's earlier jobs, whatever way they are written: nothing in them is required."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from atlascloud_mcp.atlas import values
from atlascloud_mcp.atlas.history import MAX_BODY, MAX_ITEMS, HistoryPage, PastJob, parse_history
from atlascloud_mcp.atlas.wire import Status

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECONDS = int(NOON.timestamp())
ITEM: dict[str, Any] = {"ID": "6fca9369", "createdAt": SECONDS, "model": "acme/one", "status": "completed"}


def page_of(body: object) -> HistoryPage:
    found = parse_history(body, sandbox=False)
    assert found is not None
    return found


def job_of(**fields: Any) -> PastJob:
    (job,) = page_of({"data": {"items": [{**ITEM, **fields}]}}).jobs
    return job


def test_an_item_is_read_with_the_price_the_seed_and_the_reason_of_its_result() -> None:
    body = json.dumps({"model": "acme/one", "prompt": "a red fox", "seed": 5})
    result = {"id": "6fca9369", "status": "failed", "price": "0.003", "error": {"msg": "blocked"}, "error_code": 1039}
    job = job_of(requestBody=body, result=result, status="failed")
    found = job.prediction
    assert (job.prompt, job.created_at) == ("a red fox", NOON)
    assert (found.id, found.model, found.status, found.status_word) == ("6fca9369", "acme/one", Status.FAILED, "failed")
    assert (found.cost_usd, found.seed, found.error, found.error_code) == (0.003, 5, "blocked", 1039)


@pytest.mark.parametrize(
    "body",
    [
        {"code": 200, "data": {"items": [ITEM], "total": 41, "pageNo": 1, "pageSize": 20}},
        {"code": "200", "data": {"list": [ITEM], "total": "41", "pageSize": "20"}},
        {"data": {"data": [ITEM], "totalCount": 41, "size": 20}},
        {"data": [ITEM], "total": 41, "pageSize": 20.0},
        {"items": [ITEM], "total": 41, "pageSize": 20},
    ],
)
def test_the_list_is_found_wherever_it_stands(body: object) -> None:
    found = page_of(body)
    assert [job.prediction.id for job in found.jobs] == ["6fca9369"]
    assert (found.total, found.size) == (41, 20)


def test_a_bare_list_has_jobs_and_no_total() -> None:
    assert (len(page_of([ITEM, ITEM]).jobs), page_of([ITEM]).total) == (2, None)


@pytest.mark.parametrize(
    "body", [{"code": 200, "data": None}, {"data": {"items": None, "total": 0}}, {"data": {"total": 0}}, {"data": []}]
)
def test_no_jobs_may_be_said_with_null(body: object) -> None:
    assert page_of(body).jobs == ()


@pytest.mark.parametrize("body", [None, 5, "text", {}, {"data": {"status": "ok"}}, {"code": 200, "message": "ok"}])
def test_what_has_no_list_is_no_history(body: object) -> None:
    assert parse_history(body, sandbox=False) is None


@pytest.mark.parametrize(
    "ids",
    [
        {"ID": "x1"},
        {"id": "x1"},
        {"sessionID": "x1"},
        {"session_id": "x1"},
        {"prediction id": "x1"},
        {"predictionId": "x1"},
        {"ID": 77, "sessionID": "x1"},
        {"ID": "row", "result": {"id": "x1"}},
        {"ID": "x1", "result": {"request_id": "gateway"}},
    ],
)
def test_the_id_has_many_names_and_a_row_number_is_the_last_of_them(ids: dict[str, Any]) -> None:
    (job,) = page_of([ids]).jobs
    assert job.prediction.id == "x1"


@pytest.mark.parametrize(
    "moment",
    [
        SECONDS,
        str(SECONDS),
        SECONDS * 1000,
        SECONDS * 1_000_000,
        float(SECONDS),
        "2026-11-22T12:00:00Z",
        "2026-11-22T13:00:00.000000+01:00",
        "2026-11-22T12:00:00",
    ],
)
def test_a_moment_is_one_in_seconds_milliseconds_or_words(moment: object) -> None:
    assert values.moment(moment) == NOON
    assert page_of([{"created_at": moment}]).jobs[0].created_at == NOON


@pytest.mark.parametrize(
    "moment", [None, True, "", "soon", 0, -5, 10**300, "1e400", float("nan"), "0001-01-01T00:00:00+14:00", [], {}]
)
def test_what_is_no_moment_of_this_century_is_none(moment: object) -> None:
    assert values.moment(moment) is None


@pytest.mark.parametrize(
    ("own", "of_result", "status", "word"),
    [
        ("processing", "completed", Status.SUCCEEDED, "completed"),
        ("created", "timeout", Status.FAILED, "timeout"),
        ("", "succeeded", Status.SUCCEEDED, "succeeded"),
        ("weird", "failed", Status.FAILED, "failed"),
        ("failed", "processing", Status.FAILED, "failed"),
        ("timeout", None, Status.FAILED, "timeout"),
        ("weird", "odd", Status.UNRECOGNISED, "weird"),
        (5, None, Status.UNRECOGNISED, ""),
    ],
)
def test_of_two_states_the_final_one_is_told(own: object, of_result: object, status: Status, word: str) -> None:
    found = job_of(status=own, result={"status": of_result}).prediction
    assert (found.status, found.status_word) == (status, word)


@pytest.mark.parametrize(
    ("request_body", "prompt"),
    [
        ('{"prompt": "a fox"}', "a fox"),
        ({"prompt": "a fox"}, "a fox"),
        ({"text": "a fox"}, "a fox"),
        ({"input": {"prompt": "a fox"}}, "a fox"),
        ({"prompt": ["a fox", "a hen"]}, "a fox"),
        ("{", ""),
        ("[" * 3000, ""),
        ('{"seed": ' + "9" * 5000 + "}", ""),
        ("[1]", ""),
        ({"prompt": {"a": 1}}, ""),
        ({"input": "a fox"}, "a fox"),
        ({"input": "https://e.io/a.mp3"}, ""),
        (json.dumps({"prompt": "a fox", "image": "x" * MAX_BODY}), ""),
        (None, ""),
    ],
)
def test_the_prompt_is_in_the_request_if_that_can_be_read(request_body: object, prompt: str) -> None:
    assert job_of(requestBody=request_body).prompt == prompt


@pytest.mark.parametrize(
    ("request_body", "of"),
    [
        ('{"model": "acme/stt", "audio_url": "https://e.io/up/board%20meeting.wav?sig=a.b"}', "board meeting.wav"),
        (
            {"input": {"files": [{"url": "https://e.io/a"}, {"url": "https://e.io/b.mp3"}]}, "x": "https://e.io/c.mp3"},
            "b.mp3",
        ),
        ({"input": "https://e.io/a.mp3"}, "a.mp3"),
        ({"prompt": "a fox", "image": "https://e.io/a.png"}, ""),
        ({"audio": "https://e.io", "b": "https://[e.io/a.mp3", "c": "talk.wav", "d": "data:audio/wav;base64,AA.A"}, ""),
        ({"audio": [*["x"] * 10_000, "https://e.io/a.mp3"]}, ""),
        (None, ""),
    ],
)
def test_without_words_a_job_is_known_by_the_first_file_that_it_was_made_from(request_body: object, of: str) -> None:
    assert job_of(requestBody=request_body).of == of


def test_a_transcript_has_no_seed() -> None:
    body = {"audio_url": "https://e.io/a.mp3", "seed": 5}
    result = {"status": "completed", "seed": 5, "stt_result": {"text": "Good evening."}}
    assert job_of(requestBody=body, result=result).prediction.seed is None


@pytest.mark.parametrize("value", [None, True, 5, -1.5, "x", "\ud800", [], [[]], {}, {"a": {}}, 10**400, "x" * 5000])
def test_no_value_in_any_field_stops_the_reading(value: object) -> None:
    names = (
        "ID",
        "id",
        "createdAt",
        "model",
        "requestBody",
        "status",
        "result",
        "price",
        "error",
        "seed",
        "error_code",
    )
    for name in names:
        assert isinstance(job_of(**{name: value}), PastJob)
        assert isinstance(job_of(result={name: value}), PastJob)
    for name in ("total", "pageSize"):
        assert len(page_of({"data": {"items": [ITEM], name: value}}).jobs) == 1
    assert isinstance(page_of([value, ITEM]), HistoryPage)


def test_a_page_is_no_longer_than_any_that_may_be_asked_for() -> None:
    assert len(page_of([ITEM] * 10_000).jobs) == MAX_ITEMS
