"""A clock whose hands move only when everything else stands still."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

import anyio
from anyio._backends import _asyncio as backend

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FakeClock:
    """Jumps to the next sleeper's or deadline's moment as soon as no task and no thread is at work."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.set_by = timedelta()
        self._bodies = 0
        self._sleepers: list[tuple[float, anyio.Event]] = []
        self._deadlines: list[tuple[float, anyio.CancelScope]] = []

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def now(self) -> datetime:
        """What the machine's clock shows: it may have been set."""
        return self.true_now() + self.set_by

    def true_now(self) -> datetime:
        """What the clocks of all others show."""
        return START + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        if seconds <= 0:
            return
        entry = (self.elapsed + seconds, anyio.Event())
        self._sleepers.append(entry)
        try:
            await entry[1].wait()
        finally:
            self._sleepers.remove(entry)

    @contextmanager
    def move_on_after(self, seconds: float, *, shield: bool = False) -> Generator[anyio.CancelScope]:
        with anyio.CancelScope(shield=shield) as scope:
            entry = (self.elapsed + max(0.0, seconds), scope)
            self._deadlines.append(entry)
            if seconds <= 0:
                scope.cancel()  # as anyio does: a moment that has passed does not wait for the clock
            try:
                yield scope
            finally:
                self._deadlines.remove(entry)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Time passes while the body runs, at one pace however many such bodies there are."""
        self._bodies += 1
        driver = asyncio.create_task(self._drive()) if self._bodies == 1 else None
        try:
            yield
        finally:
            self._bodies -= 1
            if driver:
                driver.cancel()
                with suppress(asyncio.CancelledError):
                    await driver

    async def _drive(self) -> None:
        while True:
            await _standstill()
            pending = [(due, scope) for due, scope in self._deadlines if not scope.cancel_called]
            moments = [due for due, _ in (*self._sleepers, *pending)]
            if not moments:
                await asyncio.sleep(0.001)
                continue
            self.elapsed = max(self.elapsed, min(moments))
            for due, event in list(self._sleepers):
                if due <= self.elapsed:
                    event.set()
            for due, scope in pending:
                if due <= self.elapsed:
                    scope.cancel()


async def _standstill() -> None:
    """Return when every other task waits for something and no worker thread is busy."""
    current, quiet = asyncio.current_task(), 0
    while quiet < 3:
        busy_threads = _busy_threads()
        await asyncio.sleep(0.001 if busy_threads else 0)
        waiting = (getattr(task, "_fut_waiter", None) for task in asyncio.all_tasks() if task is not current)
        busy = busy_threads or any(future is None or future.done() for future in waiting)
        quiet = 0 if busy else quiet + 1


def _busy_threads() -> int:
    """How many of anyio's worker threads are at work, whatever limiter they run under; anyio has no public count."""
    workers = backend._threadpool_workers.get(None)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    idle = backend._threadpool_idle_workers.get(None)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return len(workers or ()) - len(idle or ())
