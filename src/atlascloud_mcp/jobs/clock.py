"""Time, as an argument: every wait and every deadline of a job goes through a `Clock`."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from time import monotonic
from typing import Protocol

import anyio


class Clock(Protocol):
    """What the core needs of time. Tests pass one whose hands they move."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    def now(self) -> datetime:
        """The date and time of day, with its zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...

    def move_on_after(self, seconds: float, *, shield: bool = False) -> AbstractContextManager[anyio.CancelScope]:
        """A cancel scope that ends after `seconds`, as `anyio.move_on_after`."""
        ...


class SystemClock:
    """The machine's own time."""

    def monotonic(self) -> float:
        """Seconds since some fixed moment."""
        return monotonic()

    def now(self) -> datetime:
        """The local date and time."""
        return datetime.now(UTC).astimezone()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await anyio.sleep(seconds)

    def move_on_after(self, seconds: float, *, shield: bool = False) -> AbstractContextManager[anyio.CancelScope]:
        """`anyio.move_on_after`."""
        return anyio.move_on_after(seconds, shield=shield)
