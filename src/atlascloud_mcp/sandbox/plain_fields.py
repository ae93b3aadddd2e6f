"""The fields of a model that publishes no schema: those seen in samples and in other people's clients."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from atlascloud_mcp.sandbox.frame_sizes import DEFAULT_SECONDS, video_size
from atlascloud_mcp.sandbox.model import Model
from atlascloud_mcp.sandbox.wish import (
    AREAS,
    DEFAULT_SIDE,
    PICTURE_FORMATS,
    Refused,
    Size,
    Submission,
    checked_side,
    invalid,
    nearest_sides,
    ratio_in,
    sides_in,
)


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
    duration: Annotated[float, Field(ge=1, le=15)] = DEFAULT_SECONDS
    output_format: str = "png"
    enable_base64_output: bool = False
    enable_sync_mode: bool = False


def read_plainly(model: Model, body: dict[str, object]) -> Submission:
    """The wish in the body. Raises `Refused` (400)."""
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "prompt is required")
    try:
        fields = _Fields.model_validate(body)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise invalid(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from exc
    images = (*([fields.image] if fields.image else []), *fields.images)
    if model.edits and not images:
        raise invalid("image is required")
    if model.kind == "image" and fields.output_format not in PICTURE_FORMATS:
        raise invalid(f"output_format {fields.output_format!r}; use png, jpeg or webp")
    return Submission(
        model=model.id,
        kind=model.kind,
        prompt=prompt,
        size=_size(model, fields, from_image=bool(images)),
        count=fields.num_images if model.kind == "image" else 1,
        seed=fields.seed,
        picture_format=PICTURE_FORMATS.get(fields.output_format, "png"),
        images=images,
        as_base64=fields.enable_base64_output,
        wait_for_result=fields.enable_sync_mode,
        seconds=fields.duration,
        starts_on=0 if images else None,
    )


def _size(model: Model, fields: _Fields, *, from_image: bool) -> Size | None:
    if model.kind != "video":
        return _sides(fields, from_image=from_image)
    return video_size(fields.resolution, ratio_in(fields.aspect_ratio or "") or 16 / 9)


def _sides(fields: _Fields, *, from_image: bool) -> Size | None:
    if fields.size is not None:
        sides = sides_in(fields.size)
        if sides is None:
            raise invalid(f"size {fields.size!r}; use width*height")
        return checked_side("width", sides[0]), checked_side("height", sides[1])
    if fields.width is not None or fields.height is not None:
        width = DEFAULT_SIDE if fields.width is None else fields.width
        height = DEFAULT_SIDE if fields.height is None else fields.height
        return checked_side("width", width), checked_side("height", height)
    if fields.aspect_ratio is None and fields.resolution is None:
        return None if from_image else (DEFAULT_SIDE, DEFAULT_SIDE)
    area = AREAS.get((fields.resolution or "1k").lower())
    if area is None:
        raise invalid(f"resolution {fields.resolution!r}; use 1k, 2k or 4k")
    ratio = ratio_in(fields.aspect_ratio or "1:1")
    if ratio is None:
        raise invalid(f"aspect_ratio {fields.aspect_ratio!r}; use width:height")
    return nearest_sides(ratio, area)
