"""What the fields of a published schema mean: which of them is the prompt, a picture, the size, the length.

Everything here reads a body that its schema has already accepted.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

from atlascloud_mcp.sandbox.frame_sizes import DEFAULT_SECONDS, even_sides, short_side, video_size
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.wish import (
    AREAS,
    DEFAULT_SIDE,
    PICTURE_FORMATS,
    MeshFormat,
    Size,
    Submission,
    checked_side,
    invalid,
    nearest_sides,
    ratio_in,
    sides_in,
)

PROMPTS = ("prompt", "text", "text_prompt", "user_prompt", "input")
_COUNTS = ("num_images", "n", "max_images")
_SECONDS = ("duration", "seconds")
_SIZES = ("size", "image_size")
_RATIOS = ("aspect_ratio", "ratio")
_CLASSES = ("resolution", "target_resolution")
_FORMATS = ("output_format", "format")
_PICTURE = re.compile(r"(^|_)(images?|masks?)(_urls?)?$|^(subjects|refers)$")
_RECORDING = re.compile(r"(^|_)(videos?|audios?|video_clips)(_urls?)?$|^refers$")
_LAST = re.compile(r"(last|end)_")
_IN_OBJECTS = ("url", "images", "image")
_MESHES: dict[str, MeshFormat] = {"obj": "obj", "stl": "stl", "usdz": "usdz"}
_PREVIEW_SIDE = 768

Media = tuple[str, str]
"""The name of a field, and an address or data URI in it."""


class Wording:
    """One body in the words of its model."""

    def __init__(self, model: Model, body: dict[str, object]) -> None:
        self._model = model
        self._body = body
        self._fields: dict[str, Json] = model.input["properties"] if model.input else {}

    def submission(self) -> Submission:
        """The wish. Raises `Refused` (400) for sides that the model does not make."""
        model = self._model
        masks = tuple(value for name, value in self._media(_PICTURE) if name.startswith("mask"))
        pictures = [each for each in self._media(_PICTURE) if not each[0].startswith("mask")]
        last = next((number for number, (name, _) in enumerate(pictures) if _LAST.match(name)), None)
        first = next((number for number, (name, _) in enumerate(pictures) if not _LAST.match(name)), None)
        follows = model.has_category("image-to-video") or model.has_category("audio-to-video")
        return Submission(
            model=model.id,
            kind=model.kind,
            prompt=self.prompt(),
            size=self._size(from_image=bool(pictures)),
            count=self._number(_COUNTS, 1) if model.kind == "image" else 1,
            seed=self._number(("seed", "model_seed"), -1),
            picture_format=PICTURE_FORMATS.get(self._text(_FORMATS).lower(), "png"),
            images=tuple(value for _, value in pictures),
            as_base64=self._body.get("enable_base64_output") is True,
            wait_for_result=self._body.get("enable_sync_mode") is True,
            masks=masks,
            recordings=tuple(value for _, value in self._media(_RECORDING)),
            starts_on=first if follows else None,
            ends_on=last if follows else None,
            seconds=self._seconds() if model.kind == "video" else 0.0,
            short_side=short_side(self._text(_CLASSES)) if model.kind == "video" else None,
            area=AREAS.get(self._text(_CLASSES).lower()) if model.kind == "image" else None,
            return_last_frame=self._body.get("return_last_frame") is True,
            mesh_format=_MESHES.get(self._text(_FORMATS).lower(), "glb"),
        )

    def prompt(self) -> str:
        """All that is said in words; empty where the model takes none."""
        said = next((self._body[name] for name in PROMPTS if self._body.get(name)), "")
        return " / ".join(strings(said, ("prompt", "text")))

    def _value(self, names: tuple[str, ...]) -> Any:  # noqa: ANN401  JSON
        """What the body says under the first of the names it uses, else the schema's default for one of them."""
        for name in names:
            if self._body.get(name) is not None:
                return self._body[name]
        return next((self._field(name)["default"] for name in names if "default" in self._field(name)), None)

    def _field(self, name: str) -> Json:
        field = self._fields.get(name, {})
        part = str(field.get("$ref", "")).rpartition("/")[2]
        return self._model.parts.get(part, field)

    def _text(self, names: tuple[str, ...]) -> str:
        value = self._value(names)
        return value if isinstance(value, str) else ""

    def _number(self, names: tuple[str, ...], otherwise: int) -> int:
        value = self._value(names)
        return value if isinstance(value, int) and not isinstance(value, bool) else otherwise

    def _seconds(self) -> float:
        """The length asked for; -1 leaves it to the model."""
        value = self._value(_SECONDS)
        try:
            seconds = float(str(value).removesuffix("s"))
        except ValueError:
            return DEFAULT_SECONDS
        return seconds if seconds > 0 else DEFAULT_SECONDS

    def _media(self, names: re.Pattern[str]) -> list[Media]:
        """What the fields of that kind refer to, in the order of the schema's fields."""
        used = [name for name in (*self._fields, *self._body) if name in self._body and names.search(name)]
        kind = "image" if names is _PICTURE else "video"
        found: list[Media] = []
        for name in dict.fromkeys(used):
            value = _of_kind(self._body[name], kind, unless_named="image" if name == "refers" else kind)
            found.extend((name, text) for text in strings(value, _IN_OBJECTS) if text)
        return found

    def _size(self, *, from_image: bool) -> Size | None:
        if self._model.kind == "mesh":
            return _PREVIEW_SIDE, _PREVIEW_SIDE
        if self._model.kind == "video":
            return self._frame(from_image=from_image)
        width, height = self._value(("width",)), self._value(("height",))
        if isinstance(width, int) and isinstance(height, int):
            return checked_side("width", width), checked_side("height", height)
        size = self._text(_SIZES)
        if sides := sides_in(size):
            return self._checked(size, sides)
        if size and size.lower() not in AREAS:
            raise invalid(f'invalid image size "{size}"; use width*height')
        ratio, resolution = ratio_in(self._text(_RATIOS)), self._text(_CLASSES) or size
        if ratio is None and (from_image or not resolution):
            return None if from_image else (DEFAULT_SIDE, DEFAULT_SIDE)
        if resolution.lower().endswith("p"):
            return nearest_sides(ratio or 1.0, short_side(resolution) ** 2 * max(ratio or 1.0, 1 / (ratio or 1.0)))
        return nearest_sides(ratio or 1.0, AREAS.get(resolution.lower(), DEFAULT_SIDE**2))

    def _frame(self, *, from_image: bool) -> Size | None:
        if sides := sides_in(self._text(_SIZES)):
            return even_sides(*sides)
        ratio = ratio_in(self._text(_RATIOS))
        if from_image and (ratio is None or not any(self._body.get(name) for name in _RATIOS)):
            return None
        return video_size(self._text(_CLASSES), ratio or 16 / 9)

    def _checked(self, size: str, sides: Size) -> Size:
        """The sides, if the model makes them and they are written its way."""
        field = self._field("size" if self._body.get("size") or "size" in self._fields else "image_size")
        if "enum" in field:
            return sides
        if "*" in f"{field.get('default')}{field.get('description')}" and "*" not in size:
            raise invalid(f'invalid image size "{size}"; use width*height')
        least, step = field.get("x-side-minimum", 64), field.get("x-side-step", 16)
        return (
            checked_side("width", sides[0], least=least, step=step),
            checked_side("height", sides[1], least=least, step=step),
        )


def strings(value: object, keys: tuple[str, ...]) -> Iterator[str]:
    """The texts in a value: itself, those in a list, and those under the keys of objects."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from strings(each, keys)
    elif isinstance(value, dict):
        known = cast("dict[str, object]", value)
        for key in keys:
            yield from strings(known.get(key), keys)


def _of_kind(value: object, kind: str, *, unless_named: str) -> object:
    """A list without those of its objects that are of another kind; anything else as it is."""
    if not isinstance(value, list):
        return value
    entries = cast("list[object]", value)
    return [each for each in entries if _kind_of(each, unless_named) == kind]


def _kind_of(value: object, unless_named: str) -> object:
    return cast("Json", value).get("type", unless_named) if isinstance(value, dict) else unless_named
