"""Colours that go together: one ramp from dark to light through two hues, and an accent across from them.

Chosen in OKLCH, where equal steps look equal (https://bottosson.github.io/posts/oklab/).
"""

import math
import re
from dataclasses import dataclass

from atlascloud_mcp.sandbox.dice import Dice

Colour = tuple[int, int, int]

_JITTER_DEGREES = 12.0


@dataclass(frozen=True, slots=True)
class _Mood:
    """Hues in degrees, of the dark end, the light end (beyond 360 goes round) and the accent."""

    dark: float
    light: float
    accent: float
    chroma: float
    words: str


_MOODS = (
    _Mood(285, 420, 40, 0.135, "sunset dusk evening dawn sunrise sky lavender purple twilight"),
    _Mood(262, 195, 48, 0.105, "sea ocean water wave river lake blue boat whale fish rain"),
    _Mood(185, 112, 55, 0.100, "forest tree green leaf garden plant jungle moss spring frog"),
    _Mood(15, 82, 205, 0.125, "desert sand autumn fire red fox canyon mars clay brick dragon"),
    _Mood(325, 375, 205, 0.115, "rose flower pink love heart cherry peach candy cake berry"),
    _Mood(268, 228, 25, 0.060, "snow winter ice mountain fog mist arctic grey glacier cloud"),
    _Mood(245, 320, 85, 0.130, "night space star moon galaxy city neon robot cyber future"),
    _Mood(40, 98, 300, 0.120, "gold sun honey lemon wheat summer cat lion bee coffee bread"),
)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture."""

    dark_hue: float
    light_hue: float
    accent_hue: float
    chroma: float

    @classmethod
    def for_prompt(cls, prompt: str, dice: Dice) -> "Palette":
        """The mood that the prompt's words suggest, else any; a little different each time."""
        words = set(re.findall(r"[a-z]+", prompt.lower()))
        words |= {word.removesuffix("s") for word in words}
        suggested = [mood for mood in _MOODS if words & set(mood.words.split())]
        mood = dice.choice(suggested or _MOODS)
        turn = dice.uniform(-_JITTER_DEGREES, _JITTER_DEGREES)
        accent = mood.accent + dice.uniform(-_JITTER_DEGREES, _JITTER_DEGREES)
        return cls(mood.dark + turn, mood.light + turn, accent, mood.chroma)

    def ramp(self, light: float) -> Colour:
        """The colour that light, from 0 (nearly black) to 1 (nearly white)."""
        light = min(1.0, max(0.0, light))
        hue = self.dark_hue + (self.light_hue - self.dark_hue) * light
        fullness = 0.42 + 0.58 * math.sin(math.pi * (0.12 + 0.80 * light))
        return _srgb(0.17 + 0.79 * light, self.chroma * fullness, hue)

    @property
    def accent(self) -> Colour:
        """The colour that stands out from the ramp."""
        return _srgb(0.72, max(0.13, self.chroma * 1.25), self.accent_hue)

    @property
    def glow(self) -> Colour:
        """The accent as light."""
        return _srgb(0.93, 0.06, self.accent_hue)

    @property
    def paper(self) -> Colour:
        """Warm white, to print on or to write with."""
        return _srgb(0.965, 0.012, self.light_hue)

    @property
    def ink(self) -> Colour:
        """Nearly black, to write with."""
        return _srgb(0.21, 0.035, self.dark_hue)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with that share of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _srgb(lightness: float, chroma: float, hue: float) -> Colour:
    """The colour, paler where no screen could show it that full."""
    while True:
        linear = _linear(lightness, chroma, math.radians(hue))
        if chroma <= 0 or all(-0.002 <= part <= 1.002 for part in linear):
            red, green, blue = (_gamma(part) for part in linear)
            return red, green, blue
        chroma -= 0.006


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _gamma(part: float) -> int:
    part = min(1.0, max(0.0, part))
    return round(255 * (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055))
