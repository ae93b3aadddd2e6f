"""Small pieces of music: a chord progression, a bass, an arpeggio and a tune over it, and a chord to end on."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.mixing import later, packed, strung
from atlascloud_mcp.sandbox.tones import Instrument, cut, note

if TYPE_CHECKING:
    from array import array

DEFAULT_SECONDS = 8.0

_PAD = Instrument((1.0, 0.35, 0.12, 0.05), 0.10, attack_s=0.12)
_BASS = Instrument((1.0, 0.5, 0.2), 0.26, decay_s=0.5)
_HARP = Instrument((1.0, 0.2, 0.25, 0.05, 0.08), 0.12, decay_s=0.25)
_TUNE = Instrument((1.0, 0.45, 0.25, 0.12, 0.06), 0.26, attack_s=0.015, decay_s=0.6)

_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
_PROGRESSIONS = {_MAJOR: ((0, 4, 5, 3), (0, 5, 3, 4), (3, 0, 4, 5), (0, 2, 3, 4)), _MINOR: ((0, 5, 2, 6), (0, 3, 5, 6))}
_SAD = re.compile(r"\b(sad|dark|night|minor|rain|lonely|mystery|slow|melanchol\w*|autumn|winter|moon)\b", re.IGNORECASE)
_RHYTHMS = ((0, 2, 3, 4, 6), (0, 3, 4, 7), (0, 1, 2, 4, 6, 7), (0, 4, 6), (0, 2, 4, 5, 6))  # eighths
_FORM = "AABA"
_BARS = 4  # of a part
_FADE_S = 0.6
_TONIC = 0
_CHORD = (0, 2, 4)
_ARPEGGIO = (0, 4, 7, 9, 11, 9, 7, 4)


def song(prompt: str, *, seconds: float, rate: int, seed: int) -> "array[int]":
    """The piece, of exactly that length; the same prompt and seed give the same samples."""
    piece = _Piece(prompt, seconds, rate, Dice(f"song/{prompt}/{seed}"))
    starts = [round(bar * piece.bar_s * rate) for bar in range(piece.bars + 1)]
    bars = [(piece.bar(bar), starts[bar + 1] - starts[bar], piece.bar_lasts) for bar in range(piece.bars)]
    return cut(strung(bars), starts[-1], rate, fade_s=_FADE_S)


@dataclass
class _Piece:
    """The key, the tempo, and the bars as they are made; a bar that comes again is not made again."""

    prompt: str
    seconds: float
    rate: int
    dice: Dice
    _bars: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int], init=False)
    _longest: "dict[tuple[Instrument, int], array[int]]" = field(
        default_factory=dict[tuple[Instrument, int], "array[int]"], init=False
    )
    _notes: dict[tuple[Instrument, int, int], int] = field(
        default_factory=dict[tuple[Instrument, int, int], int], init=False
    )

    def __post_init__(self) -> None:
        self.scale = _MINOR if _SAD.search(self.prompt) else _MAJOR
        self.key = self.dice.whole(48, 55)  # as MIDI counts: C3 is 48
        self.bars = max(1, round(self.seconds * self.dice.uniform(0.36, 0.50)))
        self.bar_s = self.seconds / self.bars
        self.bar_lasts = round(self.bar_s * 10 / 8 * self.rate)  # the last note of its arpeggio rings on
        self.progression = self.dice.choice(_PROGRESSIONS[self.scale])
        self.tunes = {part: [self._tune() for _ in range(_BARS)] for part in "AB"}

    def bar(self, number: int) -> int:
        """The packed sound of that bar, with what rings on after it."""
        is_last = number == self.bars - 1
        key = ("end", 0) if is_last else (_FORM[number // _BARS % len(_FORM)], number % _BARS)
        if key not in self._bars:
            self._bars[key] = self._ending() if is_last else self._bar(*key)
        return self._bars[key]

    def _tune(self) -> list[tuple[int, int]]:
        """When (in eighths) which step of the scale is played, from that of the chord: those on the beat are of it."""
        rhythm = self.dice.choice(_RHYTHMS)
        return [(at, self.dice.choice((7, 9, 11) if at % 4 == 0 else (6, 7, 8, 9, 10, 11))) for at in rhythm]

    def _bar(self, part: str, number: int) -> int:
        chord, tune = self.progression[number], self.tunes[part][number]
        untils = [at for at, _ in tune[1:]] + [8]
        return sum(
            (
                *(self._play(_PAD, chord + step, 0, 8) for step in _CHORD),
                *(self._play(_BASS, chord - 7, at, until) for at, until in ((0, 4), (4, 7), (7, 8))),
                *(self._play(_HARP, chord + step, at, at + 2) for at, step in enumerate(_ARPEGGIO)),
                *(self._play(_TUNE, chord + step, at, until) for (at, step), until in zip(tune, untils, strict=True)),
            )
        )

    def _ending(self) -> int:
        return sum(
            (
                *(self._play(_PAD, _TONIC + step, 0, 8) for step in _CHORD),
                *(self._play(_HARP, _TONIC + step, at, 8) for at, step in enumerate(_ARPEGGIO[:4])),
                self._play(_BASS, _TONIC - 7, 0, 8),
                self._play(_TUNE, _TONIC + 7, 0, 8),
            )
        )

    def _play(self, instrument: Instrument, step: int, at: int, until: int) -> int:
        """The step of the scale, from one eighth of the bar to another, as a packed sound that begins with the bar."""
        octave, degree = divmod(step, len(self.scale))
        pitch = self.key + 12 * octave + self.scale[degree]
        count = round((until - at) * self.bar_s / 8 * self.rate)
        key = (instrument, pitch, count)
        if key not in self._notes:
            if key[:2] not in self._longest:
                hz = 440 * 2 ** ((pitch - 69) / 12)
                longest = self.bar_s * (1.0 if instrument.decay_s is None else 0.5)
                self._longest[key[:2]] = note(instrument, hz, longest, self.rate)
            self._notes[key] = packed(cut(self._longest[key[:2]], count, self.rate))
        return later(self._notes[key], round(at * self.bar_s / 8 * self.rate))
