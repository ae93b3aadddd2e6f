"""How often to look at a job, and for how long."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.wire import Prediction
from atlascloud_mcp.errors import Billing, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.callers import Caller
from atlascloud_mcp.jobs.clock import Clock

MAX_INTERVAL_S = 5.0
MIN_INTERVAL_S = 0.5
WRITING_RESERVE_S = 1.0  # the same for an answer that is in hand as soon as it is whole
DELIVERY_RESERVE_S = 5.0  # kept from the wait, so that download and preview fit into the host's patience
WARM_UP_S = 30.0  # a job just created may be unknown for a while (the vendor's ComfyUI client waits this long)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take in all, in seconds from its start, and until when it polls.

    `longest_s` is what its host allows; the caller may have asked for less, `wait_s`.
    """

    started: float
    wait_s: float
    longest_s: float
    caller: Caller = field(default_factory=lambda: Caller(0.0, math.inf))

    @property
    def ends(self) -> float:
        """The moment, on the clock, when the caller must have its answer."""
        return self.started + self.wait_s

    @property
    def polling_ends(self) -> float:
        """The moment after which no look at the job begins; a short wait gives up at most half of itself."""
        return self.ends - min(DELIVERY_RESERVE_S, self.wait_s / 2)

    @property
    def answering_ends(self) -> float:
        """The moment when an answer that comes piece by piece is cut, to be handed over as far as it has come."""
        return self.ends - min(WRITING_RESERVE_S, self.wait_s / 2)

    @property
    def submitting_ends(self) -> float:
        """The moment after which no job is submitted: its host might not wait for the id."""
        return self.started + self.longest_s - min(DELIVERY_RESERVE_S, self.longest_s / 2)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last that was seen of a job, and what stood in the way of seeing more."""

    prediction: Prediction | None
    trouble: ServiceError | None = None

    @property
    def is_final(self) -> bool:
        """Whether the job has ended."""
        return self.prediction is not None and self.prediction.status.is_final


def interval(waited_s: float, expected_s: float | None) -> float:
    """Seconds until the next look at a job that has been waited for `waited_s`.

    Up to 80 % of the time that this model usually takes it goes in the longest steps; from there (or from the
    start, when nothing is known) the step is a fifth of the time waited. Never more than 5 s, never less than 0.5.
    """
    step = waited_s / 5
    if expected_s is not None and waited_s < 0.8 * expected_s:
        step = 0.8 * expected_s - waited_s
    return max(MIN_INTERVAL_S, min(MAX_INTERVAL_S, step))


async def wait_for(  # noqa: PLR0913 - each is a fact of its own about one job
    look: Callable[[], Awaitable[Prediction]],
    *,
    clock: Clock,
    patience: Patience,
    first: Prediction | None = None,
    submitted: float | None = None,
    expected_s: float | None = None,
    seen: Callable[[Prediction], None] = lambda _: None,
) -> Sighting:
    """Look at a job until it has ended or the patience has.

    An unknown status is not an end, and neither is a failure to look (time-outs, 5xx, HTML pages, 429, whose
    `Retry-After` is kept to). `first` is what the submit itself said; `submitted` is when this process submitted
    the job, on the clock, if it did.

    Raises:
        AtlasCloudError: looking is no use: the key, the id, the account.
    """
    began = clock.monotonic() if submitted is None else submitted
    sighting = Sighting(first)
    wished_s = 0.0
    while not sighting.is_final:
        if sighting.prediction or sighting.trouble:
            remaining = patience.polling_ends - clock.monotonic()
            if remaining <= 0 or wished_s > remaining:
                break
            pause = max(wished_s, interval(clock.monotonic() - began, expected_s))
            await clock.sleep(min(pause, remaining))
        sighting, wished_s = await _look(look, sighting, clock, patience, submitted)
        if sighting.prediction:
            seen(sighting.prediction)
    return sighting


async def _look(
    look: Callable[[], Awaitable[Prediction]],
    before: Sighting,
    clock: Clock,
    patience: Patience,
    submitted: float | None,
) -> tuple[Sighting, float]:
    """One look, and how long the server asks to be left alone after it, in seconds."""
    with clock.move_on_after(max(MIN_INTERVAL_S, patience.ends - clock.monotonic())):
        try:
            return Sighting(await look()), 0.0
        except ServiceError as trouble:
            return Sighting(before.prediction, trouble), trouble.retry_after_s or 0.0
        except InvalidRequest as unknown:
            if submitted is None or clock.monotonic() - submitted > WARM_UP_S:
                raise
            return Sighting(before.prediction, ServiceError(unknown.message, billing=Billing.STANDS)), 0.0
    slow = ServiceError("Atlas Cloud did not answer within the wait.", billing=Billing.STANDS)
    return Sighting(before.prediction, slow), 0.0
