"""What a submit asks for, in the sandbox's own words, whatever the model calls it."""

import math
import re
from dataclasses import dataclass
from typing import Literal

from atlascloud_mcp.sandbox.model import Kind
from atlascloud_mcp.sandbox.sound import Sound

PictureFormat = Literal["png", "jpeg", "webp"]
MeshFormat = Literal["glb", "obj", "stl", "usdz"]
Suffix = Literal["png", "jpeg", "webp", "webm", "glb", "obj", "stl", "usdz", "zip", "wav"]
Size = tuple[int, int]

DEFAULT_SIDE = 1024
SMALLEST_SIDE = 64
LARGEST_SIDE = 4096
SIDE_STEP = 16

PICTURE_FORMATS: dict[str, PictureFormat] = {
    "default": "png",
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "webp": "webp",
}
AREAS = {"0.5k": 512**2, "1k": 1024**2, "2k": 2048**2, "3k": 3072**2, "4k": 4096**2}


class Refused(Exception):
    """The body cannot become a job. `status` is the HTTP code of the answer, `str()` its message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def invalid(detail: str) -> Refused:
    """What is wrong with a field, as Atlas Cloud says it."""
    return Refused(400, f"Invalid request parameters: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One accepted wish. `size` is (width, height) in pixels, None where an input picture decides it.

    `images` are the pictures that it starts from, as they were named; `masks` and `recordings` (video and audio)
    only have to exist. `starts_on` and `ends_on` are the numbers of the pictures that a video begins and ends with,
    `seconds` its length. Where a picture decides the shape, `short_side` (of a video) and `area` (of a picture) say, in
    pixels, how large it is to be all the same. `sound` is what else is asked of an audio model.
    """

    model: str
    kind: Kind
    prompt: str
    size: Size | None
    count: int
    seed: int
    picture_format: PictureFormat
    images: tuple[str, ...]
    as_base64: bool
    wait_for_result: bool
    masks: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()
    starts_on: int | None = None
    ends_on: int | None = None
    seconds: float = 0.0
    short_side: int | None = None
    area: int | None = None
    return_last_frame: bool = False
    mesh_format: MeshFormat = "glb"
    sound: Sound | None = None

    @property
    def suffixes(self) -> tuple[Suffix, ...]:
        """What its outputs are, one by one; none where the output is text."""
        if self.sound is not None:
            return () if self.sound.is_text else ("wav",) * self.sound.tracks
        if self.kind == "video":
            return ("webm", "png") if self.return_last_frame else ("webm",)
        if self.kind == "mesh":
            return (self.mesh_format, "zip", "png")
        return (self.picture_format,) * self.count

    @property
    def files(self) -> tuple[Suffix, ...]:
        """All files that are made: the outputs, and the cover of a song."""
        covered = self.sound is not None and self.sound.has_cover
        return (*self.suffixes, self.picture_format) if covered else self.suffixes


def nearest_sides(ratio: float, area: float) -> Size:
    """Allowed sides, in pixels, nearest to that width / height and that area."""
    width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
    shrink = min(1.0, LARGEST_SIDE / max(width, height))
    return _nearest(width * shrink), _nearest(height * shrink)


def _nearest(side: float) -> int:
    return min(LARGEST_SIDE, max(SMALLEST_SIDE, round(side / SIDE_STEP) * SIDE_STEP))


def checked_side(name: str, side: int, *, least: int = SMALLEST_SIDE, step: int = SIDE_STEP) -> int:
    """The side. Raises `Refused` (400) for one that is too small, too large or uneven."""
    if not least <= side <= LARGEST_SIDE:
        raise invalid(f"{name} {side}; must be {least} to {LARGEST_SIDE}")
    if side % step:
        raise invalid(f"{name} {side}; must be a multiple of {step}")
    return side


def sides_in(text: str) -> Size | None:
    """The two sides in a text like 1024*768 or 1024x768."""
    match = re.fullmatch(r"(\d{1,5})[*xX](\d{1,5})", text.strip())
    return None if match is None else (int(match[1]), int(match[2]))


def ratio_in(text: str) -> float | None:
    """Width / height of a text like 16:9."""
    match = re.fullmatch(r"([1-9]\d?):([1-9]\d?)", text.strip())
    return None if match is None else int(match[1]) / int(match[2])
