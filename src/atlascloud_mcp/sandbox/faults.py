"""What can be made to go wrong, and when: the script of a bad day, per endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Endpoint = Literal[
    "models", "schema", "submit", "calculate", "prediction", "upload", "output", "chat", "history", "account"
]
Drop = Literal["before", "after", "mid-body"]

ENDPOINTS: tuple[Endpoint, ...] = get_args(Endpoint)


class DroppedConnection(Exception):
    """The sandbox hung up. Leaves the app only where no socket can be closed (`httpx.ASGITransport`).

    A test's transport turns it into what httpx raises over a socket: "before" and "after" give
    `httpx.RemoteProtocolError` (no answer at all), "mid-body" gives it while the body is read.
    """

    def __init__(self, drop: Drop) -> None:
        super().__init__(f"the sandbox dropped the connection ({drop})")
        self.drop: Drop = drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong with one answer. What is not given stays as the endpoint made it.

    `status` and `body` replace the answer; a body alone comes with 200, a status alone with an Atlas-like
    error body. `body` is sent as it is when bytes or text (`<…` as HTML, else as JSON, whatever it is) and
    as JSON otherwise. `headers` are added, or take the place of those of the same name. `delay_s` passes, in
    seconds, before the answer and after the endpoint's work, on `Sandbox.sleep`. With `drip_s` the headers come at
    once and the body in several pieces, the first at once and the last after so many seconds.

    `accept` lets the endpoint do its work although another answer is given: the job exists and is billed.
    `drop` closes the connection: "before" anything was done, "after" it was done (job created and billed),
    or "mid-body": all headers and half of the body arrive.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = None
    delay_s: float = 0.0
    drip_s: float = 0.0
    drop: Drop | None = None
    accept: bool = False

    @property
    def replaces_answer(self) -> bool:
        """Whether the client gets another answer than the endpoint's."""
        return self.status is not None or self.body is not None

    @property
    def lets_endpoint_work(self) -> bool:
        """Whether the request takes effect."""
        return self.accept or self.drop == "after" or not (self.replaces_answer or self.drop == "before")


@dataclass(slots=True)
class _Planned:
    fault: Fault
    times: int | None
    after: int


class FaultPlan:
    """The faults to come, consumed in the order in which they were added, endpoint by endpoint."""

    def __init__(self) -> None:
        self._planned: dict[Endpoint, list[_Planned]] = {name: [] for name in ENDPOINTS}

    def add(self, endpoint: Endpoint, fault: Fault, *, times: int | None = 1, after: int = 0) -> None:
        """The endpoint's next `times` requests (None: all from now on) meet the fault.

        `after` requests pass unharmed first, counted from when the faults added before are used up.
        """
        self._planned[endpoint].append(_Planned(fault, times, after))

    def take(self, endpoint: Endpoint) -> Fault | None:
        """The fault that the request now arriving at the endpoint meets; it is used up once."""
        queue = self._planned[endpoint]
        if not queue:
            return None
        planned = queue[0]
        if planned.after > 0:
            planned.after -= 1
            return None
        if planned.times is not None:
            planned.times -= 1
            if planned.times <= 0:
                queue.pop(0)
        return planned.fault

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        for queue in self._planned.values():
            queue.clear()

    def pending(self, endpoint: Endpoint) -> int:
        """How many faults are still planned there, a lasting one counted once."""
        return sum(planned.times or 1 for planned in self._planned[endpoint])
