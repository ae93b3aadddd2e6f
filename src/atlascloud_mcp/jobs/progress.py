"""What is going on while a call waits, told once a second."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from atlascloud_mcp.jobs.clock import Clock

TICK_S = 1.0
SLOW_TICK_S = 5.0
SLOW_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since the call began (strictly increasing from tick to tick), and a line for people."""

    elapsed_s: float
    text: str


Report = Callable[[Moment], Awaitable[None]]


@dataclass(slots=True)
class Progress:
    """What the ticker says next: the flow sets `state`, and the id as soon as it is known.

    `submitting` is the model of a job that has been sent on its way, whose id may not be known yet. `is_given_up` when
    nobody waits for the result any more.
    """

    clock: Clock
    started: float
    state: str = "preparing"
    prediction_id: str | None = None
    expected_s: float | None = None
    submitting: str | None = None
    is_given_up: bool = False
    _last: float = 0.0

    def give_up(self) -> None:
        """The call was cancelled."""
        self.is_given_up = True

    def moment(self) -> Moment:
        """This moment, later than the last one by at least 10 ms."""
        elapsed = max(self.clock.monotonic() - self.started, self._last + 0.01)
        self._last = elapsed
        words = [self.state, f"{elapsed:.0f} s"]
        if self.expected_s is not None:
            words.append(f"usually {self.expected_s:.0f} s")
        if self.prediction_id:
            words.append(f"prediction_id {self.prediction_id}")
        return Moment(elapsed, ", ".join(words))

    async def tell(self, report: Report) -> None:
        """Report at once, then each second, and each 5 s after half a minute; never returns."""
        while True:
            await report(self.moment())
            waited = self.clock.monotonic() - self.started
            await self.clock.sleep(TICK_S if waited < SLOW_AFTER_S else SLOW_TICK_S)
