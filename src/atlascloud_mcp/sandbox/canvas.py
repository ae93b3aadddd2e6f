"""What several compositions do with a canvas."""

from collections.abc import Callable, Sequence

from PIL import Image

from atlascloud_mcp.sandbox.palette import Colour

Size = tuple[int, int]
Box = tuple[float, float, float, float]


def resized(image: Image.Image, size: Size, *, coarse: bool = False, box: Box | None = None) -> Image.Image:
    """The image (or that box of it) in that size; `coarse` is for masks without edges."""
    resample = Image.Resampling.BILINEAR if coarse else Image.Resampling.BICUBIC
    return image.resize(size, resample, box)  # pyright: ignore[reportUnknownMemberType]  typed with numpy, not installed


def mapped(image: Image.Image, curve: Callable[[int], float]) -> Image.Image:
    """A grey image with every value sent through the curve, kept within 0 to 255."""
    table = [min(255, max(0, round(curve(value)))) for value in range(256)]
    return image.point(table)  # pyright: ignore[reportUnknownMemberType]  typed with numpy, not installed


def gradient(size: Size, stops: Sequence[Colour]) -> Image.Image:
    """The stops from top to bottom, evenly spaced, blended into each other."""
    column = Image.new("RGB", (1, len(stops)))
    for row, colour in enumerate(stops):
        column.putpixel((0, row), colour)
    # resizing keeps half a stop flat at both ends: cut them off
    return resized(column, size, box=(0, 0.5, 1, len(stops) - 0.5))
