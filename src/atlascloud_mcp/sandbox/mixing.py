"""Many sounds at once: samples packed into one long number, which Python adds a hundred times as fast as in a loop.

Each sample has 32 bits of the number, and negative ones borrow from their neighbour, as digits do: sums of such
numbers are the numbers of the sums. `_level` lifts all samples above zero, so that each can be read by itself: to add
it to a sample is to turn over its highest bit.
"""

import sys
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache

from atlascloud_mcp.sandbox.tones import little

_BITS, _BYTES = 32, 4
_MIDDLE = 2**31
_PEAK = 0.8 * 32_767


def packed(samples: "array[int]") -> int:
    """The samples as one number. Two are mixed by `+`; `later` moves one."""
    level = _level(len(samples))
    return (int.from_bytes(little(array("i", samples)), "little") ^ level) - level


def later(sound: int, samples: int) -> int:
    """The packed sound, that many samples later."""
    return sound << _BITS * samples


def strung(sounds: Iterable[tuple[int, int, int]]) -> "array[int]":
    """The packed sounds one after the other, as loud as they may be.

    Of each: the samples until the next one begins, and those that it lasts, into the next one.
    """
    tape = array("i", b"".join(_pieces(sounds)))
    if sys.byteorder == "big":
        tape.byteswap()
    lowest, highest = min(tape), max(tape)
    factor = _PEAK / max(1, highest, -lowest)
    return array("h", [int(value * factor) for value in tape])


def _pieces(sounds: Iterable[tuple[int, int, int]]) -> Iterator[bytes]:
    ringing, rings_for = 0, 0
    for sound, count, lasts in sounds:
        length = max(count, lasts, rings_for)
        lifted = sound + ringing + _level(length)
        rings_for = length - count
        ringing = (lifted >> _BITS * count) - _level(rings_for)
        yield (lifted ^ _level(length)).to_bytes(length * _BYTES, "little")[: count * _BYTES]


@lru_cache(maxsize=8)
def _level(count: int) -> int:
    return int.from_bytes(little(array("I", [_MIDDLE])) * count, "little")
