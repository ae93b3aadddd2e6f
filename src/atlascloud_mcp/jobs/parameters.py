"""From what was asked to the body that the model takes: the one place where fields get their names.

Without a published schema a model gets the names that the seeds print (seed 001: `width`, `height`, `steps`,
`guidance_scale`) and, for what the seeds do not show, the names that every working client of these models sends
(the vendor's ComfyUI nodes: `num_images`, `seed`, `negative_prompt`, `image`/`images`, `mask_image`). Only what
the caller gave is sent. `aspect_ratio` and `resolution` have no field there, so they become pixels.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.request import ImageRequest

# The long-used names for how fine a picture is, as the side in pixels of a square of the same area.
RESOLUTIONS = {"512": 512, "0.5k": 512, "720p": 960, "1k": 1024, "1080p": 1440, "2k": 2048, "4k": 4096}
SIDE_STEP = 16  # "Invalid request parameters" is what a side that is no multiple of 16 gets
_RATIO = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[:x/]\s*(\d+(?:\.\d+)?)\s*")
_EXTREME_RATIO = 10


@dataclass(frozen=True, slots=True)
class Body:
    """The request's fields, and what has to be said about how they came about."""

    fields: dict[str, object]
    notes: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None


def body_without_schema(model: str, request: ImageRequest, media: Mapping[str, str]) -> Body:
    """The body for a model that publishes no schema. `media` has the address for each source in the request.

    Raises:
        InvalidRequest: the size makes no sense, or `params` contradicts an argument.
    """
    width, height, notes = _pixels(request)
    images = [media[image] for image in request.images]
    asked: dict[str, object | None] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "width": width,
        "height": height,
        "steps": request.steps,
        "guidance_scale": request.guidance_scale,
        "num_images": request.count,
        "seed": request.seed,
        # Most edit models take one `image`, those for several call it `images`.
        "image": images[0] if len(images) == 1 else None,
        "images": images if len(images) > 1 else None,
        "mask_image": media[request.mask] if request.mask else None,
    }
    fields: dict[str, object] = {"model": model}
    fields |= {name: value for name, value in asked.items() if value is not None}
    for name, value in request.params.items():
        if name in fields and fields[name] != value:
            raise InvalidRequest(
                f"params.{plain(name, 60)} is {plain(repr(value), 80)}, but the request already says "
                f"{plain(repr(fields[name]), 80)}.",
                next_step=f"Give {plain(name, 60)} once.",
            )
        fields[name] = value
    try:
        json.dumps(fields, allow_nan=False)
    except ValueError as error:
        raise InvalidRequest(
            "params holds NaN or infinity, which JSON has no word for.", next_step="Give a finite number."
        ) from error
    return Body(fields, notes, width, height)


def _pixels(request: ImageRequest) -> tuple[int | None, int | None, tuple[str, ...]]:
    """Width and height: as given, or worked out from aspect ratio and resolution."""
    width, height = request.width, request.height
    if request.aspect_ratio is None and request.resolution is None:
        return width, height, ()
    ratio = _ratio(request.aspect_ratio) if request.aspect_ratio else 1.0
    if width and height:
        return width, height, _contradiction(request, width, height, ratio)
    if width:
        height = _side(width / ratio)
    elif height:
        width = _side(height * ratio)
    else:
        square = _square(request.resolution)
        width, height = _side(square * math.sqrt(ratio)), _side(square / math.sqrt(ratio))
    asked = " at ".join(word.strip() for word in (request.aspect_ratio, request.resolution) if word)
    return width, height, (f"{asked} was sent as {width}x{height} pixels.",)


def _contradiction(request: ImageRequest, width: int, height: int, ratio: float) -> tuple[str, ...]:
    if request.aspect_ratio and abs(width / height / ratio - 1) > 0.05:
        raise InvalidRequest(
            f"width {width} and height {height} are not {request.aspect_ratio}.",
            next_step="Give either the size or the aspect ratio.",
        )
    return (
        (f"resolution {request.resolution!r} was not used: width and height say it all.",) if request.resolution else ()
    )


def _ratio(text: str) -> float:
    match = _RATIO.fullmatch(text)
    ratio = float(match[1]) / float(match[2]) if match and float(match[2]) else 0.0
    if not 1 / _EXTREME_RATIO <= ratio <= _EXTREME_RATIO:
        raise InvalidRequest(
            f"aspect_ratio {text!r} cannot be used.",
            next_step='Write it as width:height, such as "16:9", "1:1" or "3:4".',
        )
    return ratio


def _square(resolution: str | None) -> int:
    if resolution is None:
        return RESOLUTIONS["1k"]
    side = RESOLUTIONS.get(resolution.strip().lower())
    if side is None:
        raise InvalidRequest(
            f"resolution {resolution!r} is not known.",
            next_step=f"Use one of {', '.join(RESOLUTIONS)}, or width and height.",
        )
    return side


def _side(pixels: float) -> int:
    return max(SIDE_STEP, round(pixels / SIDE_STEP) * SIDE_STEP)


def off_grid(body: Body) -> str:
    """A hint for a size that many models refuse: the nearest sides that are multiples of 16."""
    sides = [side for side in (body.width, body.height) if side]
    if all(side % SIDE_STEP == 0 for side in sides):
        return ""
    nearest = "x".join(str(_side(side)) for side in sides)
    return f"Many models take sides in multiples of {SIDE_STEP} only; the nearest is {nearest}. "
