"""The compositions: each fills a canvas from a palette and dice, without text."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from atlascloud_mcp.sandbox.canvas import Size, gradient, mapped, resized
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.palette import Colour, Palette, mix

Point = tuple[float, float]
Scene = Callable[[Size, Palette, Dice], Image.Image]

_BANDS = ((0.058, 90, 90), (0.036, 250, 80), (0.020, 700, 60), (0.011, 1200, 45), (0.006, 1200, 30))
"""Thickness as a share of the shorter side, attempts to place one, and its longest way in steps."""


def hills(size: Size, palette: Palette, dice: Dice) -> Image.Image:
    """A low sun over ranges of hills that fade into the distance."""
    width, height = size
    horizon = dice.uniform(0.42, 0.56)
    canvas = gradient(size, [palette.ramp(light) for light in (0.50, 0.66, 0.82, 0.97, 1.0)])
    _sun(canvas, palette, dice, height * horizon)
    ranges = dice.whole(5, 7)
    for number in range(ranges):
        near = number / (ranges - 1)
        top = height * (horizon + (1.0 - horizon) * 0.86 * near**1.25)
        ridge = _ridge(width, top, height * (0.045 + 0.075 * near), dice, rough=1 - near)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(0, height), *ridge, (width, height)], fill=255)
        light = 0.80 - 0.80 * near**0.75
        upper, lower = palette.ramp(light), mix(palette.ramp(light + 0.16), palette.glow, 0.25 * (1 - near))
        first, last = int(min(y for _, y in ridge)), int(min(height, top + height * 0.30))
        body = Image.new("RGB", size, lower)
        body.paste(gradient((width, max(1, last - first)), [upper, upper, lower]), (0, first))
        canvas.paste(body, mask=mask)
    return canvas


def _sun(canvas: Image.Image, palette: Palette, dice: Dice, horizon: float) -> None:
    width, height = canvas.size
    radius = min(width, height) * dice.uniform(0.10, 0.17)
    x, y = width * dice.uniform(0.24, 0.76), horizon - radius * dice.uniform(0.2, 1.5)
    halo = radius * 5.2
    light = mapped(ImageChops.invert(Image.radial_gradient("L")), lambda v: max(0, v - 74) ** 1.5 / 11.5)
    spread = resized(light, (int(halo * 2), int(halo * 2)), coarse=True)
    canvas.paste(palette.glow, (int(x - halo), int(y - halo)), spread)
    disc = mix(palette.accent, palette.glow, dice.choice((0.0, 0.35, 0.8)))
    ImageDraw.Draw(canvas).ellipse((x - radius, y - radius, x + radius, y + radius), fill=disc)


def _ridge(width: int, top: float, swing: float, dice: Dice, *, rough: float) -> list[Point]:
    waves = [
        (dice.uniform(0.6, 1.4) * 2**octave, dice.uniform(0, math.tau), 0.62**octave * (1 if octave < 3 else rough))
        for octave in range(6)
    ]
    steps = 180
    return [
        (
            width * step / steps,
            top - swing * sum(a * math.sin(math.tau * f * step / steps + p) for f, p, a in waves),
        )
        for step in range(steps + 1)
    ]


def currents(size: Size, palette: Palette, dice: Dice) -> Image.Image:
    """Bands that follow one current and never cross, on paper or on the dark."""
    width, height = size
    unit = min(size)
    by_night = dice.chance(0.5)
    lights = (0.28, 0.45, 0.62, 0.80, 0.96) if by_night else (0.05, 0.22, 0.40, 0.60, 0.78)
    colours = [palette.ramp(light) for light in lights]
    canvas = Image.new("RGB", size, palette.ramp(0.03) if by_night else palette.ramp(0.97))
    pen = ImageDraw.Draw(canvas)
    current = _Current(dice, unit)
    free = _Free(size, unit * 0.0075)
    for share, tries, steps in _BANDS:
        thick = unit * share
        for _ in range(tries):
            start = (dice.uniform(-0.05, 1.05) * width, dice.uniform(-0.05, 1.05) * height)
            band = current.follow(start, free, thick, steps=dice.whole(steps // 3, steps))
            if len(band) < max(4, steps // 8):
                continue
            free.take(band, thick)
            colour = palette.accent if dice.chance(0.13) else dice.choice(colours)
            pen.polygon(_outline(band, thick), fill=colour)
    return canvas


def _outline(band: Sequence[Point], thick: float) -> list[Point]:
    """The two edges of a band with that middle line."""
    left: list[Point] = []
    right: list[Point] = []
    for here, after in pairwise(band):
        angle = math.atan2(after[1] - here[1], after[0] - here[0])
        x, y = -math.sin(angle) * thick / 2, math.cos(angle) * thick / 2
        left.append((here[0] + x, here[1] + y))
        right.append((here[0] - x, here[1] - y))
    return [*left, *reversed(right)]


class _Current:
    """A smooth field of directions."""

    def __init__(self, dice: Dice, unit: float) -> None:
        self._heading = dice.uniform(0, math.tau)
        self._step = unit * 0.012
        self._waves = [
            (dice.uniform(0.7, 2.3) / unit, dice.uniform(0.7, 2.3) / unit, dice.uniform(0, math.tau)) for _ in range(3)
        ]

    def follow(self, start: Point, free: "_Free", thick: float, *, steps: int) -> list[Point]:
        """The way from there, as far as there is room."""
        x, y = start
        way: list[Point] = []
        for _ in range(steps):
            if not free.has(x, y, thick):
                break
            way.append((x, y))
            turn = sum(math.sin(math.tau * (a * x + b * y) / 2 + c) for a, b, c in self._waves)
            angle = self._heading + 0.75 * turn
            x, y = x + self._step * math.cos(angle), y + self._step * math.sin(angle)
        return way


class _Free:
    """Which part of the canvas is still empty, in cells."""

    def __init__(self, size: Size, cell: float) -> None:
        self._cell = cell
        self._columns, self._rows = int(size[0] / cell) + 1, int(size[1] / cell) + 1
        self._taken: set[tuple[int, int]] = set()

    def has(self, x: float, y: float, thick: float) -> bool:
        """Whether a band that thick has room there; a little beyond the edges it always has."""
        column, row, reach = int(x // self._cell), int(y // self._cell), self._reach(thick)
        inside = -12 <= column <= self._columns + 12 and -12 <= row <= self._rows + 12
        return inside and not any(
            (column + i, row + j) in self._taken for i in (-reach, 0, reach) for j in (-reach, 0, reach)
        )

    def take(self, band: Sequence[Point], thick: float) -> None:
        """The band's cells are no longer free."""
        reach = self._reach(thick)
        for x, y in band:
            column, row = int(x // self._cell), int(y // self._cell)
            self._taken.update(
                (column + i, row + j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1)
            )

    def _reach(self, thick: float) -> int:
        return max(1, math.ceil((thick / 2 + self._cell * 0.4) / self._cell))


@dataclass(frozen=True, slots=True)
class _Tile:
    """A square of the canvas and what is needed to draw in it."""

    pen: ImageDraw.ImageDraw
    x: float
    y: float
    side: float

    def disc(self, cx: float, cy: float, radius: float, colour: Colour) -> None:
        """A disc, clipped by nothing: centre and radius in shares of the tile."""
        s = self.side
        x, y, r = self.x + cx * s, self.y + cy * s, radius * s
        self.pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)

    def sector(self, corner: int, radius: float, colour: Colour) -> None:
        """A quarter disc around that corner (0 top left, clockwise)."""
        s = self.side
        cx, cy = self.x + s * (corner in (1, 2)), self.y + s * (corner in (2, 3))
        r = radius * s
        self.pen.pieslice((cx - r, cy - r, cx + r, cy + r), corner * 90, corner * 90 + 90, fill=colour)


def tiles(size: Size, palette: Palette, dice: Dice) -> Image.Image:
    """A floor of quarter discs, leaves, rings and steps, after the Bauhaus."""
    width, height = size
    across = dice.whole(3, 5)
    side = min(size) / across
    columns, rows = math.ceil(width / side), math.ceil(height / side)
    left, top = (width - columns * side) / 2, (height - rows * side) / 2
    grounds = [palette.ramp(light) for light in (0.06, 0.30, 0.52, 0.74, 0.93)] + [palette.accent]
    canvas = Image.new("RGB", size, palette.paper)
    for row in range(rows):
        for column in range(columns):
            cell = Image.new("RGB", (math.ceil(side) + 1, math.ceil(side) + 1))
            ground = dice.choice(grounds)
            cell.paste(ground, (0, 0, *cell.size))
            others = [colour for colour in grounds if colour != ground]
            _motif(_Tile(ImageDraw.Draw(cell), 0, 0, side), dice, others)
            canvas.paste(cell, (round(left + column * side), round(top + row * side)))
    return canvas


def _motif(tile: _Tile, dice: Dice, colours: Sequence[Colour]) -> None:
    corner, one, two = dice.whole(0, 3), dice.choice(colours), dice.choice(colours)
    match dice.whole(0, 6):
        case 0:
            tile.sector(corner, 1.0, one)
        case 1:
            for radius, colour in ((1.0, one), (0.75, two), (0.5, one), (0.25, two)):
                tile.sector(corner, radius, colour)
        case 2:
            tile.sector(corner, 0.5, one)
            tile.sector((corner + 2) % 4, 0.5, two)
            tile.disc(0.5, 0.5, 0.16, dice.choice(colours))
        case 3:
            tile.disc(0.5, 0.5, 0.40, one)
            tile.disc(0.5, 0.5, 0.20, two)
        case 4:
            for number in range(9):
                tile.disc((number % 3) / 3 + 1 / 6, (number // 3) / 3 + 1 / 6, 0.085, one)
        case 5:
            tile.sector(corner, 1.0, one)
            tile.sector(corner, 0.5, two)
        case _:
            s = tile.side
            points = [(0, 0), (s, 0), (s, s), (0, s)]
            tile.pen.polygon(points[:corner] + points[corner + 1 :], fill=one)


def papercut(size: Size, palette: Palette, dice: Dice) -> Image.Image:
    """Sheets of paper with a hole in each, one behind the other, down to a light at the bottom."""
    width, height = size
    unit = min(size)
    inwards_dark = dice.chance(0.6)
    sheets = dice.whole(6, 8)
    centre = (width * dice.uniform(0.42, 0.58), height * dice.uniform(0.36, 0.46))
    waves = [(number, dice.uniform(0, math.tau), dice.uniform(0.3, 1.0) / number) for number in (2, 3, 4, 5, 7)]
    lights = [0.06 + 0.90 * step / sheets for step in range(sheets + 1)]
    if not inwards_dark:
        lights.reverse()
    canvas = Image.new("RGB", size, palette.ramp(lights[0]))
    radius = unit * 0.085
    x, y = centre
    ImageDraw.Draw(canvas).ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.accent)
    for sheet in range(sheets):
        spread = unit * (0.17 + 0.52 * ((sheet + 0.3) / sheets) ** 1.1)
        stretch = (max(1.0, width / height) ** 0.8, max(1.0, height / width) ** 0.8)
        hole = _blob(centre, spread, stretch, waves, turn=0.16 * sheet)
        _lay_sheet(canvas, hole, palette.ramp(lights[sheet + 1]), shade=palette.ramp(0), depth=unit * 0.022)
    return canvas


def _blob(
    centre: Point, spread: float, stretch: Point, waves: Sequence[tuple[int, float, float]], *, turn: float
) -> list[Point]:
    points: list[Point] = []
    for step in range(240):
        angle = math.tau * step / 240
        swing = sum(share * math.sin(number * angle + phase + turn * number) for number, phase, share in waves)
        radius = spread * (1 + 0.17 * swing)
        points.append(
            (centre[0] + radius * stretch[0] * math.cos(angle), centre[1] + radius * stretch[1] * math.sin(angle))
        )
    return points


def _lay_sheet(canvas: Image.Image, hole: Sequence[Point], colour: Colour, *, shade: Colour, depth: float) -> None:
    """A sheet with that hole lies on the canvas and throws its shadow into the hole."""
    width, height = canvas.size
    sheet = Image.new("L", canvas.size, 255)
    ImageDraw.Draw(sheet).polygon(hole, fill=0)
    small = sheet.reduce(8) if min(canvas.size) >= 64 else sheet
    scale = width / small.width
    shadow = small.filter(ImageFilter.GaussianBlur(depth / scale))
    fallen = shadow.copy()
    fallen.paste(shadow, (0, round(depth * 0.9 / scale)))
    shadow = mapped(fallen, lambda v: v * 0.55)
    canvas.paste(shade, mask=resized(shadow, (width, height), coarse=True))
    canvas.paste(colour, mask=sheet)
