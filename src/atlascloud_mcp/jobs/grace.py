"""How long a submit may outlive the cancellation of its call: the job's id must not be lost with it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.companion import beside

CANCELLED_GRACE_S = 10.0
ENDING_GRACE_S = 1.5

T = TypeVar("T")


class Grace:
    """Carries work past cancellation: for 10 s, and for 1.5 s once the process is ending."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ending = anyio.Event()

    def end_soon(self) -> None:
        """The process is ending: whatever is carried on has 1.5 s left."""
        self._ending.set()

    async def carry(self, work: Callable[[], Awaitable[T]], *, cancelled: Callable[[], None] = lambda: None) -> T:
        """What `work` returns; when the caller is cancelled meanwhile, work first gets its grace.

        Work does not feel the cancellation until then; `cancelled` is called at once.

        Raises:
            AtlasCloudError: as `work` does.
        """
        shield = anyio.CancelScope(shield=True)
        limit = anyio.CancelScope(shield=True)

        async def end_after_cancellation() -> None:
            try:
                await anyio.sleep_forever()
            finally:
                if not limit.cancel_called:  # by work that is done
                    cancelled()
                with limit:
                    await self._grace()
                    shield.cancel()

        async def shielded() -> T:
            with shield:
                try:
                    return await work()
                finally:
                    limit.cancel()
            # The grace is over: the cancellation itself is raised here.
            await anyio.lowlevel.checkpoint()
            raise AssertionError("unreachable")  # pragma: no cover - a shield ends early only when cancelled

        return await beside(end_after_cancellation, shielded)

    async def _grace(self) -> None:
        with self._clock.move_on_after(CANCELLED_GRACE_S):
            await self._ending.wait()
            await self._clock.sleep(ENDING_GRACE_S)
