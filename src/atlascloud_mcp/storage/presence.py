"""Which server processes of this machine are alive: each holds a lock that the system lets go when it ends, however."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from atlascloud_mcp.errors import DiskError

if TYPE_CHECKING:
    from filelock import BaseFileLock


PROBE_S = 0.1
"""So long another process may hold the lock of a dead one, to see whether it is dead."""


class Presence:
    """One process' own lock in the folder of all of them. Every method blocks for some milliseconds at most."""

    def __init__(self, folder: Path) -> None:
        self.name = uuid4().hex
        self._folder = folder
        self._held: BaseFileLock | None = None
        self._probing = threading.Lock()

    def hold(self) -> None:
        """From now on, and until it ends, this process is alive for others. The locks of the dead are cleared away.

        Raises:
            DiskError: the folder cannot be used.
        """
        if self._held is not None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._folder.glob("*.lock"):
                self.is_alive(path.stem)
            self._held = self._lock(self.name)
            self._held.acquire(timeout=0)
        except OSError as error:
            self._held = None
            raise DiskError(f"{self._folder} cannot be used: {error.strerror or error}.") from error

    def is_alive(self, name: str) -> bool:
        """Whether the process of this name still runs; nobody's name is one that does not."""
        from filelock import Timeout  # noqa: PLC0415 - 10 ms, which no start should wait for

        path = self._path(name)
        with self._probing:  # two at a time would take each other for the process
            if not path.exists():
                return False
            try:
                with self._lock(name).acquire(timeout=PROBE_S):
                    pass
            except Timeout:
                return True
            except OSError:
                return True  # it cannot be told: whoever might wait is left in peace
            with suppress(OSError):
                path.unlink()
        return False

    def leave(self) -> None:
        """This process has ended, as far as others are concerned."""
        if self._held is not None:
            self._held.release(force=True)
            self._held = None
            with suppress(OSError):
                self._path(self.name).unlink()

    def _lock(self, name: str) -> "BaseFileLock":
        from filelock import FileLock  # noqa: PLC0415 - as above

        return FileLock(self._path(name), thread_local=False)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"
