"""Notes of a few instruments, as samples of 16 bit, and the recording that holds them.

Plain Python makes ten million samples a second at best: a note is made once, and then only copied or added.
"""

import math
import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

SAMPLE_RATE = 24_000
MAKER = b"Atlas Cloud sandbox\0"

_TABLE = 2048
_FULL = 32_767
_FADE_S = 0.03
_PERIODS = 16


@dataclass(frozen=True, slots=True)
class Instrument:
    """How a note sounds. `harmonics` are the strengths of its partials, `loudness` is a share of full scale.

    `decay_s` is the time in which a plucked note falls to a third; None is a note that is held. `attack_s` is how long
    it takes to rise.
    """

    harmonics: tuple[float, ...]
    loudness: float
    attack_s: float = 0.008
    decay_s: float | None = None


def note(instrument: Instrument, hz: float, seconds: float, rate: int, *, bend: float = 0.0) -> "array[int]":
    """The note, so many samples a second; its pitch moves by the share `bend` of it until it ends."""
    count = max(1, round(seconds * rate))
    table, mask, step = _wave(instrument), _TABLE - 1, hz * _TABLE / rate
    if bend:
        turn = step * bend / (2 * count)
        tone = array("h", [table[int(i * (step + i * turn)) & mask] for i in range(count)])
    else:  # some periods that fill whole samples all but exactly, again and again
        loop = array("h", [table[int(i * step) & mask] for i in range(round(_PERIODS * rate / hz))])
        tone = (loop * (count // len(loop) + 1))[:count]
    if instrument.decay_s is not None:
        tone = array("h", map(int, map(mul, tone, _falling(instrument.decay_s, count, rate))))
    rise = max(1, min(count // 2, round(instrument.attack_s * rate)))
    for place in range(rise):
        tone[place] = tone[place] * place // rise
    return cut(tone, count, rate)


def cut(samples: "array[int]", count: int, rate: int, *, fade_s: float = _FADE_S) -> "array[int]":
    """The first so many samples, faded out at their end, where there would be a click."""
    part = samples[:count]
    fall = min(len(part), round(fade_s * rate))
    for place in range(fall):
        part[-1 - place] = part[-1 - place] * place // fall
    return part


@lru_cache(maxsize=64)
def _wave(instrument: Instrument) -> Sequence[int]:
    """One period, as loud as the instrument is."""
    turns = [math.tau * place / _TABLE for place in range(_TABLE)]
    wave = [sum(h * math.sin(k * turn) for k, h in enumerate(instrument.harmonics, 1)) for turn in turns]
    factor = instrument.loudness * _FULL / max(map(abs, wave))
    return [int(value * factor) for value in wave]


@lru_cache(maxsize=16)
def _falling(decay_s: float, count: int, rate: int) -> Sequence[float]:
    fade = math.exp(-1 / (decay_s * rate))
    return [fade**place for place in range(count)]


def wav(samples: "array[int]", rate: int, words: str) -> bytes:
    """A WAV file, 16 bit mono. What is said or sung in it is its comment: so the sandbox knows it when it hears it."""
    comment = words.encode(errors="replace") + b"\0"
    about = b"INFO" + _chunk(b"ISFT", MAKER) + _chunk(b"ICMT", comment)
    shape = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + _chunk(b"fmt ", shape) + _chunk(b"data", little(samples)) + _chunk(b"LIST", about)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def little(numbers: "array[int]") -> bytes:
    """The numbers' bytes, the smallest of each first, whatever this machine does."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
