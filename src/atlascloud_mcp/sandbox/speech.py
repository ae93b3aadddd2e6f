"""A friendly synthetic voice: it sings a note for each syllable, and holds its breath where the text does."""

from array import array
from functools import cache
from math import exp
from zlib import crc32

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.rhythm import Word, in_time
from atlascloud_mcp.sandbox.tones import Instrument, note

_FORMANTS = {"a": (800, 1250), "e": (500, 1900), "i": (320, 2300), "o": (480, 900), "u": (330, 760)}  # Hz
_BREADTHS = (160, 320)
_SPOKEN_AT = 210  # Hz, for which the vowels are made
_PARTIALS = 10
_STEPS = (0, 2, 4, 7, 9, 12)  # semitones above the voice's lowest note: five notes of which all go together
_LEAPS = (-2, -1, -1, 1, 1, 2)


def speech(text: str, *, seconds: float, rate: int, voice: str, seed: int) -> "array[int]":
    """The text, sung in exactly that time; the same text, voice and seed give the same samples."""
    samples = array("h", bytes(2 * round(seconds * rate)))
    lowest = Dice(f"voice/{voice}").uniform(140, 280)
    made: dict[tuple[str, int, float, int], array[int]] = {}
    step = seed % len(_STEPS)
    for word in in_time(text, seconds) or in_time("hm", seconds):
        length = (word.end - word.start) / len(word.vowels)
        count = max(1, int(length * rate))
        for number, vowel in enumerate(word.vowels):
            step = _next(step, word, number)
            key = (vowel, step, _bend(word, number), count)
            if key not in made:
                hz = lowest * 2 ** (_STEPS[step] / 12)
                made[key] = note(_sung(vowel), hz, count / rate, rate, bend=key[2])
            at = round((word.start + number * length) * rate)
            fitting = made[key][: len(samples) - at]
            samples[at : at + len(fitting)] = fitting
    return samples


def _next(step: int, word: Word, number: int) -> int:
    """The next note: near the one before, by the word itself; a sentence comes home at its end."""
    if number == len(word.vowels) - 1 and word.ends_sentence:
        return len(_STEPS) - 2 if "?" in word.text else 0
    leap = _LEAPS[crc32(f"{word.text}/{number}".encode(errors="replace")) % len(_LEAPS)]
    return step + leap if 0 <= step + leap < len(_STEPS) else step - leap


def _bend(word: Word, number: int) -> float:
    """Where the pitch goes within the note, as in speaking."""
    if number == len(word.vowels) - 1 and word.ends_sentence:
        return 0.10 if "?" in word.text else -0.08
    return 0.02 if number == 0 else -0.02


@cache
def _sung(vowel: str) -> Instrument:
    """A held note whose partials are strongest where the vowel's are."""
    peaks = list(zip(_FORMANTS[vowel], _BREADTHS, strict=True))
    partials = [(k, k * _SPOKEN_AT) for k in range(1, _PARTIALS + 1)]
    strengths = [(0.25 + sum(exp(-(((at - hz) / wide) ** 2)) for hz, wide in peaks)) / k for k, at in partials]
    return Instrument(tuple(strengths), 0.6, attack_s=0.018)
