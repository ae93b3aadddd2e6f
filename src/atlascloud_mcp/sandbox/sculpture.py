"""What a mesh shows: a vessel, a lighthouse on its rock or an island, or the relief of a picture."""

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import cast

from PIL import Image, ImageFilter, ImageOps

from atlascloud_mcp.sandbox.canvas import resized
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.mesh import Mesh, Vector
from atlascloud_mcp.sandbox.palette import Colour, Palette, mix

_TOWERS = frozenset({"lighthouse", "tower", "castle", "sea", "harbour", "harbor", "ship", "coast", "house", "building"})
_LANDS = frozenset({"island", "mountain", "terrain", "landscape", "forest", "tree", "hill", "valley", "map", "world"})
_ROUND = 56  # steps around an axis
_WHITE: Colour = (240, 238, 230)
_SEA: Colour = (56, 128, 172)
_SAND: Colour = (232, 214, 168)
_STONE: Colour = (104, 98, 96)

Profile = Sequence[tuple[float, float]]
Painter = Callable[[int, int], Colour]


def sculpture(prompt: str, *, seed: int, source: Image.Image | None = None) -> Mesh:
    """The mesh that the words and the seed, or the picture, decide; the same arguments give the same triangles."""
    dice = Dice(f"mesh/{prompt}/{seed}")
    palette = Palette.for_prompt(prompt, dice)
    if source is not None:
        return relief(source, palette)
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    words |= {word.removesuffix("s") for word in words}
    if words & _TOWERS:
        return lighthouse(palette, dice)
    return island(palette, dice) if words & _LANDS else vessel(palette, dice)


def vessel(palette: Palette, dice: Dice) -> Mesh:
    """A thrown pot: foot, belly, neck and lip, painted in bands."""
    mesh = Mesh("vessel")
    belly, neck, flare = dice.uniform(0.34, 0.46), dice.uniform(0.10, 0.18), dice.uniform(0.02, 0.12)
    waist = dice.uniform(0.36, 0.54)
    steps = 46
    wall: list[tuple[float, float]] = []
    for step in range(steps + 1):
        way = step / steps
        bulge = math.sin(math.pi * min(1.0, way / (2 * waist)) if way < waist else math.pi / 2)
        swell = bulge if way < waist else 0.5 + 0.5 * math.cos(math.pi * (way - waist) / (1 - waist))
        radius = 0.20 + (belly - 0.20) * swell if way < waist else neck + (belly - neck) * swell
        wall.append((radius + flare * max(0.0, (way - 0.86) / 0.14) ** 2, 0.04 + 1.06 * way))
    lip = wall[-1]
    inside = [(max(0.03, radius - 0.03), y) for radius, y in reversed(wall[4:])]
    profile = [(0.0, 0.0), (0.19, 0.0), (0.20, 0.02), *wall, (lip[0] - 0.012, lip[1] + 0.012), *inside, (0.0, 0.16)]
    bands = sorted(dice.uniform(0.12, 0.9) for _ in range(dice.whole(3, 5)))
    colours = [palette.ramp(dice.uniform(0.1, 0.95)) for _ in range(len(bands) + 1)]
    twist, petals = dice.choice((0, 2, 5)), dice.choice((0, 8, 14))
    outer = 3 + len(wall)

    def paint(ring: int, step: int) -> Colour:
        if ring >= outer - 1:
            return mix(palette.ramp(0.25), palette.accent, 0.25)
        way = min(1.0, max(0.0, (ring - 3) / steps))
        if petals and abs(way - waist) < 0.055:
            return palette.accent if (step * petals // _ROUND + ring // 2 * twist) % 2 else palette.ramp(0.97)
        return colours[sum(way > edge for edge in bands)]

    _turn(mesh, profile, paint)
    return mesh


def lighthouse(palette: Palette, dice: Dice) -> Mesh:
    """A banded tower on a rock in the sea, with a keeper's house."""
    mesh = Mesh("lighthouse")
    sea, rock = mix(palette.ramp(0.45), _SEA, 0.8), mix(palette.ramp(0.3), _STONE, 0.6)
    surface = [(1.0 - step / 14, 0.0) for step in range(15)]  # small facets, or painters of facets mistake their order
    _turn(mesh, [(0, -0.12), (1.02, -0.12), (1.05, -0.06), *surface], lambda r, _: mix(sea, _WHITE, 0.03 * (r % 2)))
    _rock(mesh, dice, rock)
    bands = dice.choice((4, 5, 6))
    stripe = mix(palette.accent, (190, 40, 40), 0.35)
    tower = [(0.215 - 0.085 * step / (2 * bands), 0.30 + 1.05 * step / (2 * bands)) for step in range(2 * bands + 1)]
    _turn(mesh, tower, lambda ring, _: stripe if ring // 2 % 2 else _WHITE, smooth=False)
    dark = palette.ramp(0.12)
    _turn(mesh, [(0.13, 1.33), (0.20, 1.37), (0.20, 1.40), (0.0, 1.40)], lambda _ring, _step: dark, smooth=False)
    glass = mix(palette.glow, (255, 226, 130), 0.6)
    _turn(mesh, [(0.09, 1.40), (0.09, 1.56)], lambda _, step: dark if step % 7 == 0 else glass, smooth=False)
    _turn(mesh, [(0.125, 1.56), (0.0, 1.72)], lambda _ring, _step: stripe, smooth=False)
    _turn(mesh, [(0.014, 1.70), (0.014, 1.80), (0.0, 1.81)], lambda _ring, _step: dark, smooth=False)
    angle = dice.uniform(0.5, 1.2)
    _house(mesh, (0.42 * math.cos(angle), 0.28, 0.42 * math.sin(angle)), _WHITE, mix(stripe, dark, 0.4))
    return mesh


def island(palette: Palette, dice: Dice) -> Mesh:
    """A round piece of land with a mountain, a shore and trees."""
    mesh = Mesh("island")
    height = _land(dice)
    rings, around = 34, 72
    sea = mix(palette.ramp(0.45), _SEA, 0.8)
    lights = (0.46, 0.40, 0.34, 0.46, 0.62, 0.80, 0.97)
    rows = [[_on_ring(ring / rings, step / around, height) for step in range(around)] for ring in range(rings + 1)]
    for inner, outer in pairwise(rows):
        for step in range(around):
            a, b = inner[step], outer[step]
            d, c = inner[(step + 1) % around], outer[(step + 1) % around]
            level = min(1.0, max(0.0, (a[1] + c[1]) / 2 / 0.62))
            shore = sea if max(a[1], c[1]) <= 0.012 else mix(palette.paper, _SAND, 0.8)
            land = palette.ramp(lights[round(level * (len(lights) - 1))])
            mesh.quad(a, d, c, b, shore if level < 0.06 else land)
    edge = [(x, z) for x, _, z in rows[-1]]
    for number, (x, z) in enumerate(edge):
        p, q = edge[(number + 1) % around]
        low = -0.16
        mesh.quad((x, low, z), (x, 0.0, z), (p, 0.0, q), (p, low, q), mix(sea, palette.ramp(0.1), 0.25))
        mesh.add(((0.0, low, 0.0), (x, low, z), (p, low, q)), palette.ramp(0.2))
    for _ in range(60):
        angle, far = dice.uniform(0, math.tau), dice.uniform(0.25, 0.8)
        x, z = far * math.cos(angle), far * math.sin(angle)
        ground = height(x, z)
        if 0.04 < ground < 0.30:
            _tree(mesh, (x, ground, z), dice.uniform(0.07, 0.13), mix(palette.ramp(0.22), (40, 96, 60), 0.5))
    return mesh


def relief(source: Image.Image, palette: Palette) -> Mesh:
    """A plate on which the bright parts of a picture stand out, in its colours."""
    mesh = Mesh("relief")
    longest = 80
    scale = longest / max(source.size)
    columns, rows = max(8, round(source.width * scale)), max(8, round(source.height * scale))
    small = resized(ImageOps.fit(source, (columns * 2, rows * 2)), (columns, rows))
    heights = ImageOps.autocontrast(small.convert("L").filter(ImageFilter.GaussianBlur(1.2)), cutoff=1)

    def place(column: int, row: int) -> Vector:
        level = cast("int", heights.getpixel((min(column, columns - 1), min(row, rows - 1))))
        edge = column in (0, columns) or row in (0, rows)
        return (column - columns / 2) / longest, (rows - row) / longest, 0.0 if edge else 0.03 + 0.09 * level / 255

    for row in range(rows):
        for column in range(columns):
            colour = cast("Colour", small.getpixel((column, row)))
            mesh.quad(
                place(column, row), place(column, row + 1), place(column + 1, row + 1), place(column + 1, row), colour
            )
    low, high = place(0, rows), place(columns, 0)
    _frame(mesh, (low[0], low[1]), (high[0], high[1]), palette.ramp(0.2))
    return mesh


def _turn(mesh: Mesh, profile: Profile, paint: Painter, *, smooth: bool = True) -> None:
    """The profile of (radius, y), from below to above on the outside, turned around the y axis."""
    slopes = [math.atan2(-(q[0] - p[0]), q[1] - p[1]) for p, q in pairwise(profile)]
    for ring, (p, q) in enumerate(pairwise(profile)):
        low = _between(slopes[max(0, ring - 1)], slopes[ring]) if smooth else slopes[ring]
        high = _between(slopes[ring], slopes[min(len(slopes) - 1, ring + 1)]) if smooth else slopes[ring]
        for step in range(_ROUND):
            here, there = math.tau * step / _ROUND, math.tau * ((step + 1) % _ROUND) / _ROUND
            a, b, c, d = _at(p, here), _at(p, there), _at(q, there), _at(q, here)
            na, nb, nc, nd = (
                _at_normal(low, here),
                _at_normal(low, there),
                _at_normal(high, there),
                _at_normal(high, here),
            )
            colour = paint(ring, step)
            mesh.add((a, c, b), colour, (na, nc, nb))
            mesh.add((a, d, c), colour, (na, nd, nc))


def _at(point: tuple[float, float], angle: float) -> Vector:
    return (point[0] * math.cos(angle), point[1], point[0] * math.sin(angle))


def _at_normal(slope: float, angle: float) -> Vector:
    return (math.cos(slope) * math.cos(angle), math.sin(slope), math.cos(slope) * math.sin(angle))


def _between(one: float, other: float) -> float:
    """The direction between two slopes, unless there is an edge between them."""
    return (one + other) / 2 if abs(one - other) < 0.9 else other


def _rock(mesh: Mesh, dice: Dice, colour: Colour) -> None:
    steps, levels = 18, ((0.66, 0.0), (0.60, 0.12), (0.48, 0.22), (0.40, 0.29))
    rows = [
        [
            _at((far * dice.uniform(0.86, 1.14), y * dice.uniform(0.92, 1.08)), math.tau * s / steps)
            for s in range(steps)
        ]
        for far, y in levels
    ]
    for number, (low, high) in enumerate(pairwise([*rows, [(0.0, 0.31, 0.0)] * steps])):
        for step in range(steps):
            after = (step + 1) % steps
            shade = mix(colour, _WHITE, 0.06 * number + dice.uniform(0, 0.12))
            mesh.quad(low[step], high[step], high[after], low[after], shade)


def _house(mesh: Mesh, centre: Vector, wall: Colour, roof: Colour) -> None:
    x, y, z = centre
    w, h, d = 0.11, 0.11, 0.08
    _box(mesh, (x - w, y - 0.1, z - d), (x + w, y + h, z + d), wall)
    left, right = (x - w, y + h + 0.09, z), (x + w, y + h + 0.09, z)
    e = 0.025
    eaves = [(x - w, y + h, z - d - e), (x + w, y + h, z - d - e), (x + w, y + h, z + d + e), (x - w, y + h, z + d + e)]
    mesh.quad(eaves[3], eaves[2], right, left, roof)
    mesh.quad(eaves[1], eaves[0], left, right, roof)
    mesh.add((eaves[0], eaves[3], left), wall)
    mesh.add((eaves[2], eaves[1], right), wall)


def _box(mesh: Mesh, low: Vector, high: Vector, colour: Colour) -> None:
    (a, b, c), (p, q, r) = low, high
    mesh.quad((a, b, r), (p, b, r), (p, q, r), (a, q, r), colour)
    mesh.quad((p, b, c), (a, b, c), (a, q, c), (p, q, c), colour)
    mesh.quad((p, b, r), (p, b, c), (p, q, c), (p, q, r), colour)
    mesh.quad((a, b, c), (a, b, r), (a, q, r), (a, q, c), colour)
    mesh.quad((a, q, r), (p, q, r), (p, q, c), (a, q, c), colour)
    mesh.quad((a, b, c), (p, b, c), (p, b, r), (a, b, r), colour)


def _frame(mesh: Mesh, low: tuple[float, float], high: tuple[float, float], colour: Colour) -> None:
    """Four bars around a plate, and its back."""
    (a, b), (p, q), wide, back, front = low, high, 0.035, -0.05, 0.015
    _box(mesh, (a - wide, b - wide, back), (a, q + wide, front), colour)
    _box(mesh, (p, b - wide, back), (p + wide, q + wide, front), colour)
    _box(mesh, (a, b - wide, back), (p, b, front), colour)
    _box(mesh, (a, q, back), (p, q + wide, front), colour)
    mesh.quad((p, b, back), (a, b, back), (a, q, back), (p, q, back), colour)


def _tree(mesh: Mesh, foot: Vector, tall: float, colour: Colour) -> None:
    x, y, z = foot
    for number, (low, high, far) in enumerate(((0.1, 0.65, 0.36), (0.4, 1.0, 0.27))):
        shade = mix(colour, _WHITE, 0.1 * number)
        ring = [(x + far * tall * math.cos(a), y + low * tall, z + far * tall * math.sin(a)) for a in _angles(7)]
        for here, there in pairwise([*ring, ring[0]]):
            mesh.add((here, (x, y + high * tall, z), there), shade)
            mesh.add((here, there, (x, y + low * tall, z)), shade)


def _angles(count: int) -> list[float]:
    return [math.tau * number / count for number in range(count)]


def _on_ring(way: float, turn: float, height: Callable[[float, float], float]) -> Vector:
    x, z = way * math.cos(math.tau * turn), way * math.sin(math.tau * turn)
    return x, height(x, z), z


def _land(dice: Dice) -> Callable[[float, float], float]:
    """Height over the sea at (x, z), 0 at the rim."""
    top = (dice.uniform(-0.25, 0.25), dice.uniform(-0.25, 0.25))
    waves = [
        (dice.uniform(2, 5) * 1.6**octave, dice.uniform(2, 5) * 1.6**octave, dice.uniform(0, math.tau), 0.55**octave)
        for octave in range(5)
    ]

    def height(x: float, z: float) -> float:
        rim = max(0.0, 1 - (x * x + z * z) / 0.80)
        rough = sum(share * math.sin(kx * x + kz * z + phase) for kx, kz, phase, share in waves)
        peak = 0.85 * math.exp(-((x - top[0]) ** 2 + (z - top[1]) ** 2) / 0.075)
        return max(0.0, rim**0.8 * (0.10 + 0.09 * rough + peak * (0.75 + 0.18 * rough)))

    return height
