"""How large a video is. What is asked for above 720p is drawn in 720p: a clip should not take longer than its wish."""

import math
import re

from atlascloud_mcp.sandbox.wish import Size

DEFAULT_SECONDS = 5.0
DEFAULT_SHORT_SIDE = 720

_LARGEST_AREA = 1280 * 720
_SMALLEST_SIDE = 64
_CLASSES = {"1k": 720, "2k": 1440, "4k": 2160}


def short_side(resolution: str | None) -> int:
    """The shorter side, in pixels, of a class like 480p, 720p-SR or 4k."""
    words = (resolution or "").lower()
    match = re.match(r"(\d{3,4})p", words)
    return int(match[1]) if match else _CLASSES.get(words, DEFAULT_SHORT_SIDE)


def video_size(resolution: str | None, ratio: float) -> Size:
    """Even sides of that width / height whose shorter one is the class's, as far as the largest area allows."""
    short = short_side(resolution)
    return even_sides(short * max(1.0, ratio), short * max(1.0, 1 / ratio))


def even_sides(width: float, height: float) -> Size:
    """Those sides, even and shrunk to the largest area."""
    shrink = min(1.0, math.sqrt(_LARGEST_AREA / (width * height)))
    return _even(width * shrink), _even(height * shrink)


def _even(side: float) -> int:
    return max(_SMALLEST_SIDE, round(side / 2) * 2)
