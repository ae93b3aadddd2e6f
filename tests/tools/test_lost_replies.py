"""A submit whose answer is lost: its job is found in the history and delivered, and nobody else's is taken for it."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp_types import CallToolResult, Implementation

from atlascloud_mcp.atlas.history import MAX_BODY
from atlascloud_mcp.sandbox.faults import Fault
from atlascloud_mcp.sandbox.submission import read_submission
from clock import FakeClock
from world import SMALL, InProcess, World, failure_of, fields_of, notes_of, text_of

HTML = "<html><body>502 Bad Gateway</body></html>"
POSSIBLE = "This may have been billed."
NOTE = "The answer to the submit was lost; the job was found in Atlas Cloud's history."
NOT_THERE = "It is not in the account's history after"
LOST = Fault(status=502, body=HTML, accept=True)
NEVER_ARRIVED = Fault(drop="before")


async def made(world: World, **arguments: object) -> CallToolResult:
    async with world.client() as client:
        return await client.call_tool("generate_image", {**SMALL, **arguments})


async def side_by_side(*clients: Client, prompts: tuple[str, ...] = ("a red fox",) * 2) -> list[CallToolResult]:
    """The answers to calls that are made at once, one of each client, or of the only one."""
    answers: dict[int, CallToolResult] = {}

    async def call(number: int) -> None:
        client = clients[number % len(clients)]
        answers[number] = await client.call_tool("generate_image", {**SMALL, "prompt": prompts[number]})

    async with anyio.create_task_group() as group:
        for number in range(len(prompts)):
            group.start_soon(call, number)
            await anyio.lowlevel.checkpoint()
    return [answers[number] for number in range(len(prompts))]


def is_submit(request: httpx.Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("generateImage")


def others_job(world: World, body: dict[str, Any], after_s: float = 0.0, **changes: object) -> str:
    """Somebody else's job with this account: what was asked for, but for these changes."""
    listed = {**body, **changes}
    job = world.sandbox.accept(read_submission(body, strict=False), listed, size=(64, 64))
    world.sandbox.submits.pop()
    job.created_at += timedelta(seconds=after_s)
    return job.id


def instead(world: World, plant: Callable[[dict[str, Any]], object]) -> None:
    """The submit is lost before it arrives; `plant` does with its body what others do at the same time."""

    def script(request: httpx.Request) -> httpx.Response | None:
        if not is_submit(request):
            return None
        plant(json.loads(request.content))
        raise httpx.ReadError("gone", request=request)

    world.script = script


def without_a_journal(world: World) -> None:
    """The data folder cannot be used."""
    world.environ["ATLASCLOUD_DATA_DIR"] = str(world.folder / "file")
    (world.folder / "file").touch()


class Losing(InProcess):
    """The network that does something to the answer of each submit, which the sandbox has accepted."""

    lose: Callable[[httpx.Response], httpx.Response]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        return self.lose(response) if is_submit(request) else response


def losing(world: World, lose: Callable[[httpx.Response], httpx.Response]) -> None:
    world.edge = Losing(world.sandbox)
    world.edge.lose = lose


class Drip(httpx.AsyncByteStream):
    """A body of which a byte comes each second."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await self._clock.sleep(1)


def assert_found(world: World, fields: dict[str, Any], *, posts: int = 1) -> None:
    assert fields["status"] == "completed"
    assert fields["prediction_id"] == world.sandbox.submits[0].id
    assert Path(fields["outputs"][0]["path"]).exists()
    assert NOTE in notes_of(fields)
    assert (len(world.posted), len(world.sandbox.jobs)) == (posts, 1)


def assert_not_taken(world: World, text: str, *words: str, posts: int = 1) -> None:
    assert [word for word in (*words, POSSIBLE) if word not in text] == [], text
    assert len(world.posted) == posts
    assert world.sandbox.counts["prediction"] == 0


@pytest.mark.parametrize(
    "fault",
    [
        Fault(drop="after"),
        Fault(drop="mid-body"),
        LOST,
        Fault(status=500, accept=True),
        Fault(status=408, accept=True),
        Fault(status=429, accept=True),
        Fault(status=429, accept=True, headers={"Retry-After": "7"}),
        Fault(body='{"code": 200, "da', accept=True),
        Fault(body={"code": 200, "data": {}}, accept=True),
        Fault(body=HTML, accept=True),
        Fault(body=[1], accept=True),
    ],
)
async def test_a_job_whose_answer_is_lost_is_found_and_delivered(tmp_path: Path, fault: Fault) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", fault)
    assert_found(world, fields_of(await made(world)))


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
async def test_a_job_whose_answer_does_not_come_through_is_found_and_delivered(
    tmp_path: Path, error: type[httpx.TransportError]
) -> None:
    def lose(response: httpx.Response) -> httpx.Response:
        raise error("gone")

    world = World(tmp_path)
    losing(world, lose)
    assert_found(world, fields_of(await made(world)))


async def test_a_job_that_has_ended_before_it_is_found_is_delivered_or_failed_as_it_ended(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.job_seconds = 0
    world.sandbox.faults.add("submit", LOST, times=None)
    assert_found(world, fields_of(await made(world)))
    text = failure_of(await made(world, prompt="fail-test"))
    assert "generation_failed" in text
    assert "releases the charge" in text


@pytest.mark.parametrize("is_dripping", [True, False])
async def test_a_job_that_is_found_at_the_end_of_the_wait_can_be_fetched(tmp_path: Path, *, is_dripping: bool) -> None:
    world = World(tmp_path)
    if is_dripping:
        losing(world, lambda _: httpx.Response(200, stream=Drip(world.clock)))
    else:
        world.sandbox.faults.add("submit", Fault(delay_s=10_000))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", SMALL))
        assert world.clock.elapsed <= 45
        assert (fields["status"], fields["prediction_id"]) == ("running", world.sandbox.submits[0].id)
        assert NOTE in notes_of(fields)
        assert_found(world, fields_of(await client.call_tool("get_prediction", {})))


async def test_a_job_that_never_arrived_is_told_to_be_nowhere_and_is_not_sent_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", NEVER_ARRIVED)
    text = failure_of(await made(world))
    words = ("may or may not have been accepted; it was not sent again", NOT_THERE, "no job, so call again; should")
    assert_not_taken(world, text, *words)
    assert world.sandbox.counts["history"] > 4
    assert 15 < world.clock.elapsed <= 20


@pytest.mark.parametrize(("delay_s", "is_in_time"), [(2.5, True), (17, True), (30, False)])
async def test_a_job_that_is_listed_late_is_waited_for(tmp_path: Path, delay_s: float, *, is_in_time: bool) -> None:
    world = World(tmp_path)
    world.sandbox.history_delay_s = delay_s
    world.sandbox.faults.add("submit", LOST)
    async with world.client() as client:
        result = await client.call_tool("generate_image", SMALL)
        if is_in_time:
            assert_found(world, fields_of(result))
            return
        assert_not_taken(world, failure_of(result), NOT_THERE, "list_predictions (free) shows it")
        await world.clock.sleep(20)
        assert world.sandbox.submits[0].id in text_of(await client.call_tool("list_predictions", {}))


async def test_of_several_that_fit_none_is_taken_and_all_are_named(tmp_path: Path) -> None:
    world, ids = World(tmp_path), list[str]()
    instead(world, lambda body: ids.extend(others_job(world, body) for _ in range(7)))
    text = failure_of(await made(world))
    assert_not_taken(world, text, "Several jobs", "none was taken", "call get_prediction with prediction_id [")
    assert sum(each in text for each in ids) == 5


@pytest.mark.parametrize(
    ("after_s", "changes"),
    [
        (0, {"prompt": "a red Fox"}),
        (0, {"prompt": None}),
        (0, {"seed": 8}),
        (0, {"seed": "7"}),
        (0, {"seed": True}),
        (0, {"guidance_scale": True}),
        (0, {"model": "black-forest-labs/flux-dev"}),
        (0, {"loras": [{"path": "a", "scale": 1, "more": 1}]}),
        (0, {"loras": [{"path": "a", "scale": True}]}),
        (0, {"loras": []}),
        (0, {"loras": {"path": "a"}}),
        (-60, {}),
        (60, {}),
        (-6.1, {}),
        (3600, {}),
        (-24 * 3600, {}),
    ],
)
async def test_a_job_of_somebody_else_that_is_equal_but_for_one_field_or_one_minute_is_never_taken(
    tmp_path: Path, after_s: float, changes: dict[str, object]
) -> None:
    world = World(tmp_path)
    instead(world, lambda body: others_job(world, body, after_s, **changes))
    params = {"guidance_scale": 1, "loras": [{"path": "a", "scale": 1}]}
    assert_not_taken(world, failure_of(await made(world, seed=7, params=params)), NOT_THERE)


@pytest.mark.parametrize(
    ("after_s", "changes"),
    [(0, {}), (-4, {}), (50, {}), (0, {"safety": True}), (0, {"guidance_scale": 1.0}), (0, {"seed": 7.0})],
)
async def test_a_job_counts_as_the_lost_one_when_every_field_that_was_sent_is_equal(
    tmp_path: Path, after_s: float, changes: dict[str, object]
) -> None:
    world, ids = World(tmp_path), list[str]()
    instead(world, lambda body: ids.append(others_job(world, body, after_s, **changes)))
    fields = fields_of(await made(world, seed=7, params={"guidance_scale": 1, "loras": [{"path": "a", "scale": 1}]}))
    assert [fields["prediction_id"]] == ids


def as_text(body: dict[str, Any]) -> object:
    return json.dumps(body)


def as_it_is(body: dict[str, Any]) -> object:
    return body


def cut(body: dict[str, Any]) -> object:
    return json.dumps(body)[:-1]


def too_long(body: dict[str, Any]) -> object:
    return json.dumps({**body, "more": "x" * MAX_BODY})


def in_a_list(body: dict[str, Any]) -> object:
    return json.dumps([body])


def too_deep(_: dict[str, Any]) -> object:
    return "[" * 60_000


def nothing(_: dict[str, Any]) -> object:
    return None


@pytest.mark.parametrize(
    ("change", "model", "is_taken"),
    [
        (as_text, None, True),
        (as_it_is, None, True),
        (as_text, "a/b", False),
        (cut, None, False),
        (too_long, None, False),
        (in_a_list, None, False),
        (too_deep, None, False),
        (nothing, None, False),
    ],
)
async def test_a_request_that_the_history_tells_in_part_in_no_readable_form_or_for_another_model_fits_nothing(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], model: str | None, *, is_taken: bool
) -> None:
    world, sent = World(tmp_path), list[httpx.Request]()

    def script(request: httpx.Request) -> httpx.Response | None:
        if is_submit(request):
            sent.append(request)
            raise httpx.ReadError("gone", request=request)
        if not request.url.path.endswith("/history"):
            return None
        body = json.loads(sent[0].content)
        item = {"ID": "theirs", "createdAt": int(world.clock.now().timestamp()), "model": model or body["model"]}
        return httpx.Response(200, json={"code": 200, "data": {"items": [{**item, "requestBody": change(body)}]}})

    world.script = script
    assert ("theirs" in text_of(await made(world, wait_seconds=1))) == is_taken


@pytest.mark.parametrize("known_by", ["process", "journal"])
async def test_a_job_of_this_machine_that_is_known_is_not_the_lost_one(tmp_path: Path, known_by: str) -> None:
    world = World(tmp_path)
    if known_by == "process":
        without_a_journal(world)
    world.sandbox.job_seconds = 1
    world.sandbox.faults.add("submit", NEVER_ARRIVED, after=1)
    async with world.client() as client:
        first = fields_of(await client.call_tool("generate_image", SMALL))
        again = None if known_by == "journal" else await client.call_tool("generate_image", SMALL)
    text = failure_of(again or await made(world))
    assert NOT_THERE in text
    assert first["prediction_id"] not in text


def with_date(world: World, ahead: timedelta) -> None:
    """The service's clock goes before ours, as its answers tell."""
    world.sandbox.now = lambda: FakeClock.now(world.clock) + ahead
    date = format_datetime(world.sandbox.now(), usegmt=True)
    world.sandbox.faults.add("history", Fault(headers={"Date": date}), times=None)


@pytest.mark.parametrize("hours", [-5, 1, 48])
async def test_the_moment_of_the_submit_is_told_by_the_service_s_clock(tmp_path: Path, hours: float) -> None:
    world = World(tmp_path)
    with_date(world, timedelta(hours=hours))
    world.sandbox.faults.add("submit", LOST)
    assert_found(world, fields_of(await made(world)))


async def test_a_job_of_our_clock_s_moment_is_not_taken_when_the_service_s_clock_tells_another(tmp_path: Path) -> None:
    world = World(tmp_path)
    with_date(world, timedelta(hours=1))
    instead(world, lambda body: others_job(world, body, -3600))
    assert_not_taken(world, failure_of(await made(world)), NOT_THERE)


@pytest.mark.parametrize("date", ["soon", "", "Sun, 99 Nov 2026 12:00:00 GMT"])
async def test_without_a_readable_date_our_own_clock_counts(tmp_path: Path, date: str) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("history", Fault(headers={"Date": date}), times=None)
    world.sandbox.faults.add("submit", LOST)
    assert_found(world, fields_of(await made(world)))


class Adjusted(FakeClock):
    """A clock whose time of day can be set."""

    shift = timedelta()

    def now(self) -> datetime:
        return super().now() + self.shift


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(timedelta(hours=-1), timedelta()), (timedelta(hours=2), timedelta(hours=2))],
    ids=["set back", "asleep"],
)
async def test_a_machine_whose_clock_is_set_back_or_that_sleeps_meanwhile_finds_its_job(
    tmp_path: Path, ours: timedelta, theirs: timedelta
) -> None:
    clock = Adjusted()
    world = World(tmp_path, clock=clock)
    world.sandbox.now = lambda: FakeClock.now(clock)

    def lose(response: httpx.Response) -> httpx.Response:
        clock.shift = ours
        with_date(world, theirs)
        raise httpx.ReadError("gone")

    losing(world, lose)
    assert_found(world, fields_of(await made(world)))


@pytest.mark.parametrize(
    ("fault", "looks", "words"),
    [
        (Fault(status=500), 18, ["answered 500", "list_predictions"]),
        (Fault(body=HTML), 18, ["not JSON", "list_predictions"]),
        (Fault(drop="before"), 18, ["broke off", "list_predictions"]),
        (Fault(body={"code": 200, "data": {}}), 6, ["no list of jobs", "list_predictions"]),
        (Fault(body=[1]), 6, ["no list of jobs", "list_predictions"]),
        (Fault(status=404), 1, ["not offered here", "Atlas Cloud console"]),
        (Fault(status=403), 1, ["permissions", "Atlas Cloud console"]),
    ],
)
@pytest.mark.parametrize("lost", [LOST, Fault(status=429, accept=True)])
async def test_a_history_that_cannot_be_read_is_said_and_nothing_is_sent_again(
    tmp_path: Path, fault: Fault, looks: int, words: list[str], lost: Fault
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", lost)
    world.sandbox.faults.add("history", fault, times=None)
    text = failure_of(await made(world))
    assert_not_taken(world, text, "could not be seen", "not sent again", *words)
    assert NOT_THERE not in text
    assert world.sandbox.counts["history"] <= looks
    assert len(world.sandbox.jobs) == 1


async def test_a_history_that_recovers_is_looked_at_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", LOST)
    world.sandbox.faults.add("history", Fault(status=503), times=7)
    assert_found(world, fields_of(await made(world)))


@pytest.mark.parametrize(
    ("wish", "from_s", "to_s"),
    [
        (None, 5, 8),
        ("17", 17, 18),
        ("1", 5, 8),
        ("Sun, 22 Nov 2026 12:00:12 GMT", 12, 13),
        ("soon", 5, 8),
        ("9" * 400, 5, 8),
    ],
)
async def test_what_was_answered_429_and_left_no_job_is_sent_again_when_the_service_wishes(
    tmp_path: Path, wish: str | None, from_s: float, to_s: float
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=429, headers={"Retry-After": wish} if wish else {}))
    fields = fields_of(await made(world))
    assert (fields["status"], len(world.posted), len(world.sandbox.jobs)) == ("completed", 2, 1)
    assert NOTE not in notes_of(fields)
    assert from_s <= (world.sandbox.submits[0].at - FakeClock().now()).total_seconds() <= to_s
    assert world.sandbox.counts["history"] > 1


async def test_what_is_answered_429_again_and_again_is_given_up_after_three_tries(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=429), times=None)
    text = failure_of(await made(world))
    assert_not_taken(world, text, "It was sent 3 times.", NOT_THERE, "call again in half a minute", posts=3)
    assert world.clock.elapsed <= 45


@pytest.mark.parametrize(("arguments", "wish"), [({}, "40"), ({"wait_seconds": 3}, "5")])
async def test_what_was_answered_429_is_not_sent_again_when_that_outlasts_the_wait(
    tmp_path: Path, arguments: dict[str, object], wish: str
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=429, headers={"Retry-After": wish}))
    text = failure_of(await made(world, **arguments))
    assert_not_taken(world, text, "It was not sent again.", NOT_THERE, f"call again in {wish} s")


async def test_what_was_answered_429_is_not_sent_again_while_several_could_be_it(tmp_path: Path) -> None:
    world = World(tmp_path)

    def script(request: httpx.Request) -> httpx.Response | None:
        if not is_submit(request):
            return None
        for _ in range(2):
            others_job(world, json.loads(request.content))
        return httpx.Response(429, json={"code": 429})

    world.script = script
    assert_not_taken(world, failure_of(await made(world)), "429", "Several jobs", "get_prediction")


async def test_a_later_try_that_is_lost_is_found_too(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=429, headers={"Retry-After": "80"}))
    world.sandbox.faults.add("submit", LOST)
    async with world.client("claude-code") as client:
        assert_found(world, fields_of(await client.call_tool("generate_image", SMALL)), posts=2)


async def test_a_call_that_was_cancelled_is_not_sent_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=429))
    async with world.client() as client:
        with world.clock.move_on_after(2):
            await client.call_tool("generate_image", dict(SMALL))
        await world.clock.sleep(60)
    assert (len(world.posted), len(world.sandbox.jobs)) == (1, 0)


async def test_a_call_that_is_cancelled_while_its_job_is_looked_for_still_learns_the_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    world.sandbox.history_delay_s = 5
    world.sandbox.faults.add("submit", LOST)
    async with world.client() as client:
        with world.clock.move_on_after(2) as scope:
            await client.call_tool("generate_image", dict(SMALL))
        assert scope.cancelled_caught
        await world.clock.sleep(15)
        assert world.sandbox.counts["prediction"] == 0
        assert f"job {world.sandbox.submits[0].id} goes on" in caplog.text
        assert_found(world, fields_of(await client.call_tool("get_prediction", {})))


@pytest.mark.parametrize("where", ["one process", "two processes", "without a journal"])
async def test_of_two_equal_jobs_that_are_lost_at_once_neither_is_taken_and_both_are_named(
    tmp_path: Path, where: str
) -> None:
    world = World(tmp_path)
    if where == "without a journal":
        without_a_journal(world)
    world.sandbox.history_delay_s = 3  # both are sent before one is listed
    world.sandbox.faults.add("submit", LOST, times=2)
    other = Client(world.server(), client_info=Implementation(name="tests", version="1"))
    async with world.client() as client, other:
        answers = await side_by_side(client, *([other] if where == "two processes" else []))
        ids = {submit.id for submit in world.sandbox.submits}
        for answer in answers:
            text = failure_of(answer)
            assert all(each in text for each in ids), text
            assert POSSIBLE in text
        assert (len(world.posted), len(world.sandbox.jobs), world.sandbox.counts["prediction"]) == (2, 2, 0)
        fetched = fields_of(await client.call_tool("get_prediction", {"prediction_id": sorted(ids)}))
    assert [each["status"] for each in fetched["predictions"]] == ["completed", "completed"]


@pytest.mark.parametrize("has_journal", [True, False])
async def test_of_two_equal_jobs_of_which_one_never_arrived_the_other_is_named_but_not_taken(
    tmp_path: Path, *, has_journal: bool
) -> None:
    world = World(tmp_path)
    if not has_journal:
        without_a_journal(world)
    world.sandbox.history_delay_s = 3
    world.sandbox.faults.add("submit", NEVER_ARRIVED)
    world.sandbox.faults.add("submit", LOST)
    async with world.client() as client:
        for answer in await side_by_side(client):
            assert_not_taken(world, failure_of(answer), world.sandbox.submits[0].id, "that of an equal", posts=2)


@pytest.mark.parametrize("lost", [LOST, NEVER_ARRIVED])
async def test_the_job_of_an_equal_call_that_only_has_not_been_answered_yet_is_not_taken(
    tmp_path: Path, lost: Fault
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", lost)
    world.sandbox.faults.add("submit", Fault(delay_s=6))
    async with world.client() as client:
        answers = await side_by_side(client)
    answered = [fields_of(each) for each in answers if not each.is_error]
    assert {each["prediction_id"] for each in answered} == set(world.sandbox.jobs)
    assert sorted(notes_of(each) for each in answered) == ([[]] if lost is NEVER_ARRIVED else [[], [NOTE]])
    assert [NOT_THERE in failure_of(each) for each in answers if each.is_error] == [True] * (lost is NEVER_ARRIVED)
    assert len(world.posted) == 2


async def test_different_jobs_that_are_lost_at_once_are_each_found(tmp_path: Path) -> None:
    world = World(tmp_path)
    prompts = ("a fox", "an owl", "a cat")
    world.sandbox.faults.add("submit", LOST, times=3)
    async with world.client() as client:
        answers = [fields_of(each) for each in await side_by_side(client, prompts=prompts)]
    made_of = {submit.id: submit.body["prompt"] for submit in world.sandbox.submits}
    assert [made_of[each["prediction_id"]] for each in answers] == list(prompts)


async def test_a_job_is_found_behind_those_that_others_have_made_since(tmp_path: Path) -> None:
    world = World(tmp_path)

    def lose(response: httpx.Response) -> httpx.Response:
        body = dict(world.sandbox.submits[0].body)
        for number in range(120):
            others_job(world, body, 1, prompt=f"{number}")
        raise httpx.ReadError("gone")

    losing(world, lose)
    fields = fields_of(await made(world))
    assert fields["prediction_id"] == world.sandbox.submits[0].id
    pages = [request.url.params["no"] for request in world.sent if request.url.path.endswith("/history")]
    assert pages == ["1", "2", "3"]


async def test_progress_says_that_the_job_is_looked_for(tmp_path: Path) -> None:
    world, said = World(tmp_path), list[str]()
    world.sandbox.history_delay_s = 5
    world.sandbox.faults.add("submit", LOST)

    async def told(progress: float, total: float | None, message: str | None) -> None:
        said.append(message or "")

    async with world.client() as client:
        await client.call_tool("generate_image", dict(SMALL), progress_callback=told)
    assert any(line.startswith("looking for the job whose answer was lost, ") for line in said), said


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 451])
async def test_what_was_refused_is_not_looked_for(tmp_path: Path, status: int) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", Fault(status=status))
    assert "Nothing was billed." in failure_of(await made(world))
    assert (len(world.posted), world.sandbox.counts["history"]) == (1, 0)
