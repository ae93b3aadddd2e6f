"""The database, from the event loop: in worker threads, and left alone for a while when it could not be used."""

import logging
from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.jobs.clock import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")

REST_S = 5.0
"""A try may wait seconds for another process, and a generation makes several: one failure is enough for all of them."""


class Access:
    """For all who use one database."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests_until = 0.0
        self._trouble = ""

    @property
    def is_resting(self) -> bool:
        """Whether it is not tried at the moment."""
        return self._clock.monotonic() < self._rests_until

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns.

        Raises:
            DiskError: the database cannot be used, or could not just now.
        """
        if self.is_resting:
            raise DiskError(self._trouble)
        try:
            return await to_thread.run_sync(work)
        except DiskError as error:
            logger.warning("%s", error.message)
            self._rests_until, self._trouble = self._clock.monotonic() + REST_S, error.message
            raise
