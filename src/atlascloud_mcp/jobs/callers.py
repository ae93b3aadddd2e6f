"""Who waits for an answer, and whether the host has taken it.

A host that gives up asks again, and so does one that wants another picture. Which of the two it is cannot be told from
the second call, but from what became of the first one's answer. See docs/decisions/0019-repeats.md.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

TOGETHER_S = 5.0
"""Equal calls that arrive within so many seconds are several wishes; a host that repeats one waits longer."""


@dataclass(slots=True, eq=False)
class Caller:
    """One call of a host: when it `arrived` on the clock, and how many seconds later its host gives up.

    All callers of a process are on one connection. `when_taken` is done once it is known that the host has the answer.
    """

    arrived: float
    gives_up_s: float
    answered: float | None = None
    is_cancelled: bool = False
    is_taken: bool = False
    when_taken: list[Callable[[], Coroutine[object, object, None]]] = field(
        default_factory=list[Callable[[], Coroutine[object, object, None]]]
    )

    @property
    def is_in_time(self) -> bool:
        """Whether its answer was written while its host was waiting."""
        return self.answered is not None and not self.is_cancelled and self.answered - self.arrived <= self.gives_up_s

    def is_left_by(self, later: "Caller") -> bool:
        """Whether an equal call that came `later` tells that nobody waits for this one any more."""
        is_gone = self.is_cancelled or self.answered is not None
        return is_gone or later.arrived - self.arrived > TOGETHER_S


class Callers:
    """The calls of one connection, by the ids of their requests."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}

    def came(self, request_id: str, caller: Caller) -> None:
        """The host has made this call."""
        self._callers[request_id] = caller

    def of(self, request_id: str) -> Caller | None:
        """Who made this call, until it is known what became of the answer."""
        return self._callers.get(request_id)

    def gave_up(self, request_id: str) -> None:
        """The host does not want the answer of this call, or will not get one."""
        if caller := self._callers.pop(request_id, None):
            caller.is_cancelled = True

    def heard(self) -> list[Caller]:
        """The host has sent another message, so it lives and has every earlier answer: those that it waited for."""
        answered = {request_id: caller for request_id, caller in self._callers.items() if caller.answered is not None}
        for request_id, caller in answered.items():
            caller.is_taken = caller.is_in_time
            del self._callers[request_id]
        return [caller for caller in answered.values() if caller.is_taken]
