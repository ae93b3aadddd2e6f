"""A picture of a mesh, as a viewer would show it."""

import math
import sys
from array import array
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw, ImageFilter

from atlascloud_mcp.sandbox.canvas import Size, gradient, resized
from atlascloud_mcp.sandbox.mesh import Mesh, Vector
from atlascloud_mcp.sandbox.palette import Colour, mix

_SUPERSAMPLE = 2
_ELEVATION = math.radians(24)
_DISTANCE = 4.2  # of the camera, in radii of what is seen
_SUN: Vector = (0.48, 0.74, 0.47)
_DARK: Colour = (16, 18, 30)
_STUDIO: tuple[Colour, ...] = ((214, 217, 226), (236, 236, 238), (246, 244, 240))


def preview(mesh: Mesh, size: Size, *, turn: float) -> Image.Image:
    """The mesh from above its front, turned by that angle in radians, on a studio ground; RGB."""
    big = (size[0] * _SUPERSAMPLE, size[1] * _SUPERSAMPLE)
    view = _View(mesh, big, turn)
    canvas = gradient(big, _STUDIO)
    _shadow(canvas, view)
    sheet = _Sheet(canvas)
    for corners, colour in _seen(mesh, view):
        sheet.fill(corners, colour)
    return resized(sheet.picture(), size, coarse=True)


class _View:
    """The camera: where a place of the mesh stands in the picture."""

    def __init__(self, mesh: Mesh, size: Size, turn: float) -> None:
        places = [corner for facet in mesh.facets for corner in facet.corners]
        bounds = [(min(axis), max(axis)) for axis in zip(*places, strict=True)]
        self.centre = tuple((low + high) / 2 for low, high in bounds)
        self.floor = bounds[1][0]
        self.radius = max(math.dist(place, self.centre) for place in places)
        self._sin, self._cos = math.sin(turn), math.cos(turn)
        self._down, self._level = math.sin(_ELEVATION), math.cos(_ELEVATION)
        self._size = size

    def turned(self, vector: Iterable[float]) -> Vector:
        """The direction as the camera has it: to the right, up, and towards it."""
        x, y, z = vector
        x, z = x * self._cos + z * self._sin, z * self._cos - x * self._sin
        return x, y * self._level - z * self._down, y * self._down + z * self._level

    def placed(self, place: Iterable[float]) -> tuple[float, float, float]:
        """Pixels from the left and from above, and the distance."""
        x, y, z = self.turned((a - b) / self.radius for a, b in zip(place, self.centre, strict=True))
        far = _DISTANCE - z
        scale = min(self._size) * 0.46 * (_DISTANCE - 0.4) / far
        return self._size[0] / 2 + x * scale, self._size[1] * 0.49 - y * scale, far


class _Sheet:
    """A picture with a depth for each pixel: of what is drawn, whatever the order, the nearest is seen."""

    def __init__(self, canvas: Image.Image) -> None:
        self._size = canvas.size
        self._pixels = array("I", canvas.convert("RGBA").tobytes())
        self._near = array("f", bytes(4 * len(self._pixels)))  # one divided by the distance: it is even across a plane

    def picture(self) -> Image.Image:
        """What is seen."""
        return Image.frombytes("RGBA", self._size, self._pixels.tobytes()).convert("RGB")

    def fill(self, corners: Sequence[Vector], colour: Colour) -> None:
        """A triangle of (x, y, distance) is there, where nothing nearer is."""
        width, height = self._size
        pixels, nears = self._pixels, self._near
        ink = int.from_bytes(bytes((*colour, 255)), sys.byteorder)
        (ax, ay, a), (bx, by, b), (cx, cy, c) = ((x, y, 1 / far) for x, y, far in corners)
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        across = ((b - a) * (cy - ay) - (c - a) * (by - ay)) / area
        down = ((c - a) * (bx - ax) - (b - a) * (cx - ax)) / area
        edges = ((ax, ay, bx, by), (bx, by, cx, cy), (cx, cy, ax, ay))
        for row in range(max(0, math.ceil(min(ay, by, cy) - 0.5)), min(height, math.ceil(max(ay, by, cy) - 0.5))):
            y = row + 0.5
            ends = [x + (y - top) * (p - x) / (q - top) for x, top, p, q in edges if (top <= y) != (q <= y)]
            first = max(0, math.ceil(min(ends) - 0.5))
            near = a + (first + 0.5 - ax) * across + (y - ay) * down
            start = row * width
            for place in range(start + first, start + min(width, math.ceil(max(ends) - 0.5))):
                if near > nears[place]:
                    nears[place], pixels[place] = near, ink
                near += across


def _seen(mesh: Mesh, view: _View) -> Iterable[tuple[Sequence[Vector], Colour]]:
    """The facets that face the camera: corners in the picture, colour in the light."""
    for facet in mesh.facets:
        corners = [view.placed(corner) for corner in facet.corners]
        (ax, ay, _), (bx, by, _), (cx, cy, _) = corners
        if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) >= 0:
            continue
        normal = view.turned(sum(axis) / 3 for axis in zip(*facet.normals, strict=True))
        yield corners, _lit(facet.colour, normal)


def _lit(colour: Colour, normal: Vector) -> Colour:
    sun = max(0.0, sum(a * b for a, b in zip(normal, _SUN, strict=True)))
    shine = max(0.0, normal[2] * 0.35 + sun * 0.9 - 0.35) ** 12
    shaded = mix(_DARK, colour, min(1.0, 0.40 + 0.14 * normal[1] + 0.66 * sun))
    return mix(shaded, (255, 252, 244), min(0.5, shine * 0.3))


def _shadow(canvas: Image.Image, view: _View) -> None:
    """What stands on the ground darkens it."""
    x, y, _ = view.placed((view.centre[0], view.floor, view.centre[2]))
    wide, high = min(canvas.size) * 0.40, min(canvas.size) * 0.15
    small = 8
    mask = Image.new("L", (canvas.width // small, canvas.height // small))
    box = [(x - wide) / small, (y - high) / small, (x + wide) / small, (y + high * 1.1) / small]
    ImageDraw.Draw(mask).ellipse(box, fill=130)
    soft = mask.filter(ImageFilter.GaussianBlur(mask.width / 22))
    canvas.paste((92, 92, 112), mask=resized(soft, canvas.size, coarse=True))
