"""Films: a camera moves over a poster, or over the pictures a film begins and ends with, and a light crosses it."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageChops, ImageOps

from atlascloud_mcp.sandbox.artwork import draw
from atlascloud_mcp.sandbox.canvas import mapped, resized
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.palette import Palette
from atlascloud_mcp.sandbox.webm import key_frame, webm
from atlascloud_mcp.sandbox.wish import Size

_RATES = ((6.0, 12), (10.0, 8))  # a clip that long, in seconds, has so many frames a second
_SLOWEST_RATE = 6
_WEBP = {"quality": 46, "method": 0}
_OVERSIZE = 1.09  # of the picture that the camera moves over: what is written in its margins is never cut off
_CORNER = (0.0, 0.7)  # that the camera goes to: text is at the left, and near the foot
_EDGE = 0.05  # of the width, where one picture becomes the other
_WORKERS = 2

Plate = Image.Image


@dataclass(frozen=True, slots=True)
class Script:
    """What a film shows. `start` and `end` are the pictures it must begin and end with, `source` one it is made of."""

    prompt: str
    model: str
    size: Size
    seconds: float
    seed: int
    start: Image.Image | None = None
    end: Image.Image | None = None
    source: Image.Image | None = None


def film(script: Script) -> bytes:
    """The film as WebM, of exactly that length; the same script gives the same bytes."""
    frame = _camera(script)
    count = frame_count(script.seconds)

    def shot(number: int) -> bytes:
        buffer = BytesIO()
        frame(number / max(1, count - 1)).save(buffer, "webp", **_WEBP)
        return key_frame(buffer.getvalue())

    with ThreadPoolExecutor(_WORKERS) as workers:
        frames = list(workers.map(shot, range(count)))
    width, height = script.size
    return webm(frames, width=width, height=height, seconds=script.seconds)


def last_frame(script: Script) -> Image.Image:
    """The picture that the film ends on."""
    return _camera(script)(1.0)


def frame_count(seconds: float) -> int:
    """How many frames a film of that length has."""
    rate = next((rate for longest, rate in _RATES if seconds <= longest), _SLOWEST_RATE)
    return max(2, round(seconds * rate))


def _camera(script: Script) -> Callable[[float], Image.Image]:
    """The picture at each moment from 0 to 1."""
    dice = Dice(f"film/{script.prompt}/{script.seed}")
    opening = _plate(script, script.start)
    closing = None if script.end is None else _plate(script, script.end)
    light = _Light(script, dice)

    def frame(moment: float) -> Image.Image:
        eased = moment * moment * (3 - 2 * moment)
        way = eased if closing is None else math.sin(math.pi * eased)  # there and back: the end is seen whole
        picture = _view(opening, script.size, way)
        if closing is not None:  # a wipe: blended, what is written on both would be a blur
            picture.paste(_view(closing, script.size, way), mask=light.wake(moment))
        light.shine(picture, moment, strength=_strength(script, moment))
        return picture

    return frame


def _strength(script: Script, moment: float) -> float:
    """How bright the light is: it must not be seen on the pictures that the film begins and ends with."""
    rise = 1.0 if script.start is None else min(1.0, moment * 5)
    fall = 1.0 if script.end is None else min(1.0, (1 - moment) * 5)
    return rise * fall


def _plate(script: Script, given: Image.Image | None) -> Plate:
    """The picture that the camera moves over, a little larger than a frame."""
    width, height = (round(side * _OVERSIZE) for side in script.size)
    if given is not None:
        return ImageOps.fit(given, (width, height))
    return draw(
        script.prompt or "untitled",
        width=width,
        height=height,
        seed=script.seed,
        source=script.source,
        model=script.model,
    )


def _view(plate: Plate, size: Size, way: float) -> Image.Image:
    """What the camera sees of the plate: all of it at 0, a frame's worth near a corner at 1."""
    width, height = plate.width, plate.height
    seen = 1 - (1 - 1 / _OVERSIZE) * way
    left, top = width * (1 - seen) * _CORNER[0], height * (1 - seen) * _CORNER[1]
    return resized(plate, size, coarse=True, box=(left, top, left + width * seen, top + height * seen))


class _Light:
    """A soft ball of light that crosses the picture in an arc, with a few sparks behind it."""

    _SPARKS = 7
    _ARC = 1.15

    def __init__(self, script: Script, dice: Dice) -> None:
        palette = Palette.for_prompt(script.prompt, Dice(f"{script.prompt}/{script.seed}"))
        self._size = script.size
        short = min(script.size)
        self._ball = _glow(round(short * 0.36), palette.accent, palette.glow)
        self._spark = _glow(max(6, round(short * 0.07)), palette.accent, palette.glow)
        self._rightwards = dice.chance(0.5)
        self._height = dice.uniform(0.30, 0.42)
        self._lags = [(dice.uniform(0.04, 0.22), dice.uniform(-0.05, 0.05)) for _ in range(self._SPARKS)]

    def shine(self, picture: Image.Image, moment: float, *, strength: float) -> None:
        """The light at that moment is added to the picture."""
        if strength <= 0:
            return
        for lag, drift in self._lags:
            twinkle = 0.55 + 0.45 * math.sin(40 * moment + 90 * drift)
            self._add(picture, self._spark, moment - lag, drift, strength * twinkle)
        self._add(picture, self._ball, moment, 0.0, strength)

    def wake(self, moment: float) -> Image.Image:
        """White where the light has been, black where it has not."""
        width, height = self._size
        edge = max(1, round(width * _EDGE))
        passed = self._way(moment) * width
        row = bytes(min(255, max(0, round(255 * (passed - x) / edge + 128))) for x in range(width))
        line = Image.frombytes("L", (width, 1), row if self._rightwards else row[::-1])
        return resized(line, (width, height), coarse=True)

    @staticmethod
    def _way(moment: float) -> float:
        """How far the light is, as a share of the width: from outside to outside."""
        return -0.12 + 1.24 * moment

    def _add(self, picture: Image.Image, glow: Image.Image, moment: float, drift: float, strength: float) -> None:
        width, height = self._size
        way = self._way(moment)
        x = width * (way if self._rightwards else 1 - way) - glow.width / 2
        y = height * (self._height + drift - 0.20 * math.sin(math.pi * moment) * self._ARC) - glow.height / 2
        box = (round(x), round(y), round(x) + glow.width, round(y) + glow.height)
        lit = glow if strength >= 1 else Image.blend(Image.new("RGB", glow.size), glow, strength)
        picture.paste(ImageChops.screen(picture.crop(box), lit), box[:2])


def _glow(side: int, halo: tuple[int, int, int], core: tuple[int, int, int]) -> Image.Image:
    """A ball of light on black."""
    falloff = resized(ImageChops.invert(Image.radial_gradient("L")), (side, side))
    wide = mapped(falloff, lambda value: max(0, value - 76) ** 1.7 / 16)
    ball = ImageOps.colorize(wide, (0, 0, 0), halo)
    bright = mapped(falloff, lambda value: (value - 205) * 12)
    ball.paste(core, mask=bright)
    return ball
