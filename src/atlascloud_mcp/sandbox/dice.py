"""Chance that falls the same way every time: numbers from the hash of a text."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_NUMBERS_AT_A_TIME = 256


class Dice:
    """An endless row of numbers that the name alone decides, on every machine and version."""

    def __init__(self, name: str) -> None:
        self._name = name.encode(errors="backslashreplace")
        self._numbers = self._roll()

    def uniform(self, low: float, high: float) -> float:
        """A number from low (included) to high."""
        return low + (high - low) * next(self._numbers)

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return min(high, int(self.uniform(low, high + 1)))

    def choice(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.whole(0, len(options) - 1)]

    def chance(self, share: float) -> bool:
        """True that often."""
        return next(self._numbers) < share

    def noise(self, size: int) -> bytes:
        """That many evenly spread bytes; the same ones at every call."""
        return hashlib.shake_128(self._name + b"/noise").digest(size)

    def _roll(self) -> Iterator[float]:
        block = 0
        while True:
            raw = hashlib.shake_128(self._name + f"/{block}".encode()).digest(4 * _NUMBERS_AT_A_TIME)
            yield from (number / 2**32 for (number,) in struct.iter_unpack("<I", raw))
            block += 1
