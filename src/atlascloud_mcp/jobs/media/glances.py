"""A large file of unknown origin, looked into at a few places: how much is read has an end, whatever it says."""

from dataclasses import dataclass
from typing import BinaryIO

MAX_GLANCES = 4000
MAX_GLANCE_BYTES = 4 * 1024 * 1024  # of all glances together


@dataclass(frozen=True, slots=True)
class Film:
    """Length in seconds, and size in pixels as one sees it. None is not known, or not there (sound has no size)."""

    duration_seconds: float | None = None
    width: int | None = None
    height: int | None = None


class Unreadable(Exception):
    """The bytes are not what their format promises, or finding out would take too long."""


class Glances:
    """The bytes of a seekable file between 0 and `size`. Blocking."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)
        self._left = MAX_GLANCES
        self._bytes_left = MAX_GLANCE_BYTES

    def at(self, place: int, count: int) -> bytes:
        """The `count` bytes at `place`.

        Raises:
            Unreadable: They are not all there, or enough was read.
        """
        found = self.up_to(place, count)
        if len(found) < count:
            raise Unreadable
        return found

    def up_to(self, place: int, count: int) -> bytes:
        """The `count` bytes at `place`, or fewer where the file ends.

        Raises:
            Unreadable: There is no such place, or enough was read.
        """
        self._left -= 1
        self._bytes_left -= count
        if self._left < 0 or self._bytes_left < 0 or not 0 <= place <= self.size or count < 0:
            raise Unreadable
        self._file.seek(place)
        return self._file.read(count)

    def number(self, place: int, count: int) -> int:
        """The `count` bytes at `place` as a big-endian number. Raises as `at`."""
        return int.from_bytes(self.at(place, count), "big")
