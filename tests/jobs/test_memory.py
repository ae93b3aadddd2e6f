"""What this process remembers of its jobs, and the clock that it goes by."""

from datetime import UTC, datetime

import pytest

from atlascloud_mcp.atlas.history import PastJob
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.jobs.clock import SystemClock
from atlascloud_mcp.jobs.known import MAX_JOBS, Job, KnownJobs


def test_the_oldest_job_is_forgotten_when_there_are_too_many() -> None:
    known = KnownJobs()
    for number in range(MAX_JOBS + 1):
        known.add(Job(str(number), model="a/b", submitted=0, submitted_at=datetime.now(UTC)))
    assert known.get("1").model == "a/b"
    assert known.get("0").model is None


def test_what_others_have_made_takes_no_place_from_a_job_of_one_s_own() -> None:
    known = KnownJobs()
    known.add(Job("mine", model="a/b", submitted=0, submitted_at=datetime.now(UTC)))
    known.listed(
        PastJob(Prediction(f"theirs-{number}", Status.SUCCEEDED, ""), prompt="Snow") for number in range(MAX_JOBS + 9)
    )
    assert known.get("theirs-0").prompt == "Snow"
    assert [job.prediction_id for job in known.unfinished()] == ["mine"]


def test_a_job_without_an_id_is_not_remembered() -> None:
    known = KnownJobs()
    known.add(Job(None, submitted_at=datetime.now(UTC)))
    assert known.unfinished() == []


def test_a_model_s_usual_time_is_the_middle_of_its_last_jobs() -> None:
    known = KnownJobs()
    assert known.typical_seconds("a/b") is None
    for seconds in (3.0, 100.0, 5.0):
        known.finished(Job("x", model="a/b"), seconds)
    assert known.typical_seconds("a/b") == 5.0
    again = Job("y", model="a/b", is_finished=True)
    known.finished(again, 1000.0)
    known.finished(Job("z", model="a/b"), None)
    assert known.typical_seconds("a/b") == 5.0


async def test_the_system_s_clock_goes_and_ends_waits() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    with clock.move_on_after(0.001) as scope:
        await clock.sleep(10)
    assert scope.cancelled_caught
    assert clock.monotonic() > before
    assert clock.now().utcoffset() is not None
    assert clock.now().timestamp() == pytest.approx(datetime.now(UTC).timestamp(), abs=5)
