"""The schedule of looks, for every length of job, wait and trouble."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import Billing, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.progress import Progress
from atlascloud_mcp.jobs.waiting import MAX_INTERVAL_S, MIN_INTERVAL_S, Patience, Sighting, interval, wait_for
from clock import FakeClock

seconds = st.floats(0, 10_000, allow_nan=False)
expectations = st.none() | st.floats(0, 10_000, allow_nan=False)


@given(waited=seconds, expected=expectations)
def test_a_step_is_never_longer_than_five_seconds_nor_shorter_than_half_of_one(
    waited: float, expected: float | None
) -> None:
    assert MIN_INTERVAL_S <= interval(waited, expected) <= MAX_INTERVAL_S


@given(expected=st.floats(1, 10_000), waited=st.floats(0, 1))
def test_no_step_jumps_far_over_the_moment_when_the_job_is_nearly_due(expected: float, waited: float) -> None:
    due = 0.8 * expected
    began = waited * due
    assert began + interval(began, expected) <= due + MIN_INTERVAL_S + 1e-9 or began >= due


@given(earlier=seconds, later=seconds)
def test_steps_grow_with_the_time_waited_when_nothing_is_known(earlier: float, later: float) -> None:
    low, high = sorted((earlier, later))
    assert interval(low, None) <= interval(high, None)


@pytest.mark.parametrize(("wait_s", "polls_until"), [(45, 40), (240, 235), (10, 5), (4, 2), (0, 0)])
def test_five_seconds_of_a_wait_are_kept_for_saving_but_never_more_than_half(wait_s: float, polls_until: float) -> None:
    patience = Patience(100, wait_s, 45)
    assert patience.polling_ends == 100 + polls_until
    assert patience.ends == 100 + wait_s
    assert patience.submitting_ends == 140


RUNNING = Prediction("a", Status.RUNNING, "running")
FINAL = Prediction("a", Status.SUCCEEDED, "done")


@dataclass(frozen=True)
class Step:
    """How one look goes: how long it takes, and what it gives. `wish_s` only counts for trouble."""

    lasts_s: float
    outcome: str
    wish_s: float | None = None


@dataclass
class Service:
    """A service that answers looks by script, then goes on running."""

    clock: FakeClock
    script: list[Step]
    looks: list[float] = field(default_factory=list[float])

    async def look(self) -> Prediction:
        self.looks.append(self.clock.elapsed)
        step = self.script.pop(0) if self.script else Step(0, "running")
        await self.clock.sleep(step.lasts_s)
        if step.outcome == "trouble":
            trouble = ServiceError("busy", billing=Billing.STANDS)
            trouble.retry_after_s = step.wish_s
            raise trouble
        if step.outcome == "unknown":
            raise InvalidRequest("nothing here")
        return FINAL if step.outcome == "final" else RUNNING


steps = st.builds(
    Step,
    st.floats(0, 60, allow_nan=False),
    st.sampled_from(["running", "running", "trouble", "unknown", "final"]),
    st.none() | st.floats(0, 100, allow_nan=False),
)


@given(
    script=st.lists(steps, max_size=12),
    wait_s=st.floats(0, 300, allow_nan=False),
    expected=expectations,
    is_ours=st.booleans(),
)
def test_no_wait_outlasts_the_patience_and_no_look_begins_after_polling_ends(
    script: list[Step], wait_s: float, expected: float | None, *, is_ours: bool
) -> None:
    clock = FakeClock()
    service = Service(clock, list(script))
    patience = Patience(clock.monotonic(), wait_s, 300)

    async def scenario() -> Sighting | None:
        async with clock.running():
            try:
                return await wait_for(
                    service.look,
                    clock=clock,
                    patience=patience,
                    first=RUNNING if is_ours else None,
                    submitted=clock.monotonic() if is_ours else None,
                    expected_s=expected,
                )
            except InvalidRequest:
                return None

    sighting = asyncio.run(scenario())
    # A look that has begun gets half a second, which matters only to waits of less than one.
    assert clock.elapsed <= max(wait_s, wait_s / 2 + MIN_INTERVAL_S) + 1e-6
    assert all(look <= patience.polling_ends - patience.started + 1e-6 for look in service.looks)
    if is_ours and wait_s == 0:
        assert service.looks == []
    if sighting is None:
        assert not is_ours or service.looks[-1] + 60 >= 30
    elif not sighting.is_final:
        finals = [step for step in script[: len(service.looks)] if step.outcome == "final"]
        # An end is missed only when the look that would have shown it was cut off by the end of the wait.
        assert not finals or sighting.trouble


async def test_progress_grows_even_when_the_clock_does_not() -> None:
    clock = FakeClock()
    progress = Progress(clock, clock.monotonic(), expected_s=8)
    moments = [progress.moment() for _ in range(5)]
    assert [moment.elapsed_s for moment in moments] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert moments[0].text == "preparing, 0 s, usually 8 s"
