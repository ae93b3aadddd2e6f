"""What a submit asks for, read from its body the way a strict server reads it."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from atlascloud_mcp.sandbox.catalogue import usable_model

PictureFormat = Literal["png", "jpeg", "webp"]

DEFAULT_SIDE = 1024
SMALLEST_SIDE = 64
LARGEST_SIDE = 4096
SIDE_STEP = 16

_AREAS = {"1k": 1024**2, "2k": 2048**2, "4k": 4096**2}
_FORMATS: dict[str, PictureFormat] = {
    "default": "png",
    "png": "png",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "webp": "webp",
}
_OBJECT = TypeAdapter(dict[str, object])


class Refused(Exception):
    """The body cannot become a job. `status` is the HTTP code of the answer, `str()` its message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One accepted wish. `size` is (width, height) in pixels, None where an input picture decides it."""

    model: str
    prompt: str
    size: tuple[int, int] | None
    count: int
    seed: int
    picture_format: PictureFormat
    images: tuple[str, ...]
    as_base64: bool
    wait_for_result: bool


class _Fields(BaseModel):
    """The fields the sandbox acts on; all others are accepted as they are, as nothing documents them."""

    model_config = ConfigDict(strict=True, extra="allow")

    width: int | None = None
    height: int | None = None
    size: str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    num_images: Annotated[int, Field(ge=1, le=4, validation_alias=AliasChoices("num_images", "n", "max_images"))] = 1
    seed: Annotated[int, Field(ge=-1, lt=2**63)] = -1
    steps: Annotated[int | None, Field(ge=1)] = None
    guidance_scale: Annotated[float | None, Field(ge=0)] = None
    image: str | None = None
    images: Annotated[list[str], Field(max_length=14)] = []
    output_format: str = "png"
    enable_base64_output: bool = False
    enable_sync_mode: bool = False


def parse_body(raw: bytes, content_type: str) -> dict[str, object]:
    """The body as one flat object: fields nested under `input` are lifted to the top.

    Raises `Refused` (400) for anything that is not a JSON object, or is not called one.
    """
    if not content_type.startswith("application/json"):
        raise Refused(400, "content type must be application/json")
    try:
        body = _OBJECT.validate_json(raw)
        nested = _OBJECT.validate_python(body.get("input") or {})
    except ValidationError as exc:
        raise Refused(400, "invalid JSON body") from exc
    return {key: value for key, value in body.items() if key != "input"} | nested


def read_submission(body: dict[str, object]) -> Submission:
    """The wish in the body. Raises `Refused`: 404 for an unknown model, 400 for everything else."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise Refused(400, "model is required")
    known = usable_model(model)
    if known is None:
        raise Refused(404, f"model not found: {model}")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "prompt is required")
    try:
        fields = _Fields.model_validate(body)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise _invalid(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from exc
    images = (*([fields.image] if fields.image else []), *fields.images)
    if known.edits and not images:
        raise _invalid("image is required")
    if fields.output_format not in _FORMATS:
        raise _invalid(f"output_format {fields.output_format!r}; use png, jpeg or webp")
    return Submission(
        model=model,
        prompt=prompt,
        size=_sides(fields, from_image=bool(images)),
        count=fields.num_images,
        seed=fields.seed,
        picture_format=_FORMATS[fields.output_format],
        images=images,
        as_base64=fields.enable_base64_output,
        wait_for_result=fields.enable_sync_mode,
    )


def _invalid(detail: str) -> Refused:
    return Refused(400, f"Invalid request parameters: {detail}")


def _sides(fields: _Fields, *, from_image: bool) -> tuple[int, int] | None:
    if fields.size is not None:
        match = re.fullmatch(r"(\d{1,5})[*xX](\d{1,5})", fields.size.strip())
        if match is None:
            raise _invalid(f"size {fields.size!r}; use width*height")
        return _checked("width", int(match[1])), _checked("height", int(match[2]))
    if fields.width is not None or fields.height is not None:
        width = DEFAULT_SIDE if fields.width is None else fields.width
        height = DEFAULT_SIDE if fields.height is None else fields.height
        return _checked("width", width), _checked("height", height)
    if fields.aspect_ratio is None and fields.resolution is None:
        return None if from_image else (DEFAULT_SIDE, DEFAULT_SIDE)
    area = _AREAS.get((fields.resolution or "1k").lower())
    if area is None:
        raise _invalid(f"resolution {fields.resolution!r}; use 1k, 2k or 4k")
    ratio = re.fullmatch(r"([1-9]\d?):([1-9]\d?)", fields.aspect_ratio or "1:1")
    if ratio is None:
        raise _invalid(f"aspect_ratio {fields.aspect_ratio!r}; use width:height")
    return nearest_sides(int(ratio[1]) / int(ratio[2]), area)


def nearest_sides(ratio: float, area: float) -> tuple[int, int]:
    """Allowed sides, in pixels, nearest to that width / height and that area."""
    width, height = math.sqrt(area * ratio), math.sqrt(area / ratio)
    shrink = min(1.0, LARGEST_SIDE / max(width, height))
    return _nearest(width * shrink), _nearest(height * shrink)


def _nearest(side: float) -> int:
    return min(LARGEST_SIDE, max(SMALLEST_SIDE, round(side / SIDE_STEP) * SIDE_STEP))


def _checked(name: str, side: int) -> int:
    if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
        raise _invalid(f"{name} {side}; must be {SMALLEST_SIDE} to {LARGEST_SIDE}")
    if side % SIDE_STEP:
        raise _invalid(f"{name} {side}; must be a multiple of {SIDE_STEP}")
    return side
