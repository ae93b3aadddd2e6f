"""How large: pixels, `W*H`, `WxH`, aspect ratios and resolution classes, and what each means as the others."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import is_option
from atlascloud_mcp.jobs.parameters.fields import Field, listed
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.request import Request

# The long-used names for how fine a picture is, as the side in pixels of a square of the same area.
CLASSES = {
    "360p": 480,
    "480p": 640,
    "512": 512,
    "540p": 720,
    "0.5k": 512,
    "720p": 960,
    "1k": 1024,
    "1080p": 1440,
    "1.5k": 1536,
    "2k": 2048,
    "1440p": 1920,
    "3k": 3072,
    "4k": 4096,
    "2160p": 2880,
    "8k": 8192,
}
SAME_CLASS = (
    ("480p", "sd"),
    ("720p", "hd"),
    ("1080p", "fhd", "full hd", "fullhd"),
    ("1440p", "qhd", "2k"),
    ("2160p", "uhd", "ultra hd", "4k"),
    ("1k", "1024", "1024p"),
    ("0.5k", "512", "512p"),
)
LINES = frozenset({360, 480, 540, 720, 1080, 1440, 2160})
SIDE_STEP = 16  # "Invalid request parameters" is what a side that is no multiple of 16 gets
SAME_SHAPE = 0.03  # of the ratio: 1344x768 is 16:9 to the eye
NEAR_SHAPE = 0.16  # 3:2 for 16:9
EXTREME_RATIO = 10
LEAST_SIDE = 64  # "16x9" is a shape
_PIXELS = re.compile(r"(\d{2,5})\s*([*xX\u00d7])\s*(\d{2,5})")
_COLON_PIXELS = re.compile(r"(\d{3,5}):(\d{3,5})")
_RATIO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*[:x/]\s*(\d{1,4}(?:\.\d+)?)")
_LABELLED_RATIO = re.compile(r"(?<![\d.])(\d{1,2})[:_x](\d{1,2})(?![\d.])")
_CLASS = re.compile(r"([0-9]{1,5}(?:\.[0-9]{1,3})?)\s*([pk]?)(?:[-_ ][a-z]\w*)?", re.IGNORECASE)
_MEGAPIXELS = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*(?:mp|megapixels?)", re.IGNORECASE)
_NAMED = re.compile(r"(square|portrait|landscape)(?:_hd)?(?:[_ -]([1-9]\d*)[_:x]([1-9]\d*))?", re.IGNORECASE)
_NAMED_RATIOS = {"square": 1.0, "portrait": 9 / 16, "landscape": 16 / 9}
_NO_CHOICE = frozenset({"auto", "default", "adaptive", "original", "custom", "none", "source", "match_input_image", ""})


@dataclass(frozen=True, slots=True)
class Extent:
    """One size that a field may say: `said` in the model's words; what it means, as far as it means something.

    `is_rough` is a bare `portrait` or `landscape`, which names no certain shape.
    """

    said: object
    sides: tuple[int, int] | None = None
    ratio: float | None = None
    area: float | None = None
    is_rough: bool = False

    @property
    def kind(self) -> str:
        """What it fixes: pixels, shape, class, or nothing (`auto`)."""
        if self.sides:
            return "pixels"
        return "shape" if self.ratio else "class" if self.area else ""


def extent_of(value: object) -> Extent:
    """What a value means as a size, with whatever label stands around it: `1664*928 (16:9)`, `ASPECT_16_9`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Extent(value, area=class_area(f"{value:g}"))
    text = value.strip() if isinstance(value, str) else ""
    pixels = _PIXELS.search(text)
    sides = (int(pixels[1]), int(pixels[3])) if pixels else (0, 0)
    if colon := _COLON_PIXELS.fullmatch(text):
        sides = (int(colon[1]), int(colon[2]))
    if min(sides) >= LEAST_SIDE:
        return Extent(value, sides, sides[0] / sides[1], float(sides[0] * sides[1]))
    if named := _NAMED.fullmatch(text):
        word = named[1].lower()
        exact = _oriented(word, float(named[2]), float(named[3])) if named[2] else None
        return Extent(value, ratio=exact or _NAMED_RATIOS[word], is_rough=exact is None and word != "square")
    found = _RATIO.fullmatch(text) or _LABELLED_RATIO.search(text)
    if found and float(found[1]) and float(found[2]):
        return Extent(value, ratio=float(found[1]) / float(found[2]))
    return Extent(value, area=class_area(text))


def _oriented(word: str, first: float, second: float) -> float:
    """`portrait_4_3` is 3:4."""
    ratio = first / second
    return 1 / ratio if ratio != 1 and (word == "portrait") == (ratio > 1) else ratio


def class_area(text: str) -> float | None:
    """The area in pixels that a class such as `2k`, `720p-SR`, `1080` or `4 MP` stands for, or None."""
    word = text.strip().lower()
    if found := _MEGAPIXELS.fullmatch(word):
        return float(found[1]) * 1_000_000
    names = (word, *next((names for names in SAME_CLASS if word in names), ()))
    known = next((CLASSES[name] for name in names if name in CLASSES), None)
    if known is None and (found := _CLASS.fullmatch(word)):
        known = _class_side(found[1], found[2])
    return float(known) ** 2 if known else None


def _class_side(number: str, unit: str) -> float | None:
    if unit == "k":
        return CLASSES.get(f"{number}k", float(number) * 1024)
    is_lines = unit == "p" or (number.isdigit() and int(number) in LINES)
    if is_lines:
        return CLASSES.get(f"{number}p", float(number) * 4 / 3)
    return float(number) if number.isdigit() and int(number) >= 256 else None


def class_side(text: str) -> float | None:
    """The long side in pixels that a class in k stands for: a `4k` of 16:9 is 3840 wide."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)k", text.strip().lower())
    return float(found[1]) * 1024 if found else None


def class_lines(text: str) -> int | None:
    """The short side in pixels that a class in lines stands for: `720p`."""
    found = re.fullmatch(r"(\d{3,4})p", plain_class(text))
    return int(found[1]) if found else None


def plain_class(value: object) -> str:
    """A class as it is compared: `1080`, `1080P` and 1080 as `1080p`."""
    text = f"{value:g}" if isinstance(value, float) else str(value).strip().lower()
    return f"{text}p" if re.fullmatch(r"[0-9]{3,4}", text) and int(text) in LINES else text


def is_same_class(one: object, other: object) -> bool:
    """Whether two names mean the same class, `2k` and `1440p` too."""
    first, second = plain_class(one), plain_class(other)
    bare = first.removesuffix("p")
    return (
        first == second
        or (bare.isdigit() and bare == second.removesuffix("p"))
        or any(first in names and second in names for names in SAME_CLASS)
    )


@dataclass(frozen=True)
class SizeField:
    """A field that says how large, in one of the three ways."""

    field: Field
    kind: str

    @cached_property
    def extents(self) -> tuple[Extent, ...]:
        """All that it may say, its default first; empty when it is free."""
        found = [extent for option in self.field.choices if (extent := extent_of(option)).kind == self.kind]
        found.sort(key=lambda extent: extent.said != self.field.default)
        return tuple(found)

    @cached_property
    def default(self) -> Extent:
        """What it says when nothing is sent."""
        members, whole = self.field.members, self.field.default
        sides = {name: members[name].default for name in members}
        sides |= cast("dict[str, object]", whole) if isinstance(whole, dict) else {}
        width, height = sides.get("width"), sides.get("height")
        if isinstance(width, int) and isinstance(height, int) and not isinstance(whole, str):
            return extent_of(f"{width}x{height}")
        return extent_of(self.field.default)

    @property
    def separator(self) -> str:
        """What stands between the sides in this field: most models take `*`, some `x`."""
        for sample in (self.field.default, self.field.schema.get("x-sample"), self.field.schema.get("example")):
            if isinstance(sample, str) and (found := _PIXELS.fullmatch(sample.strip())):
                return found[2]
        told = f"{self.field.schema.get('pattern') or ''} {self.field.description}"
        plain_x = re.search(r"(?:\d|W|WIDTH|width|\)|\+|\})[x\u00d7](?:\d|H|HEIGHT|height|\(|\[|\\)", told)
        starred = re.search(r"(?:\d|W|WIDTH|width)\*(?:\d|H|HEIGHT|height)", told)
        return "x" if plain_x and not starred else "*"

    @property
    def shows_pixels(self) -> bool:
        """Whether it is free and its description has a size in pixels: `2K, or 2048x2048`."""
        return not self.field.options and _PIXELS.search(self.field.description) is not None

    @property
    def allowed(self) -> str:
        """What it may say, in words."""
        if self.field.options:
            return listed(self.field.options)
        low = self.field.limit("x-side-minimum") or self.field.limit("minimum")
        high = self.field.limit("x-side-maximum") or self.field.limit("maximum")
        return f"sides of {span(low, high)}" if low or high else "any"


class Sizes:
    """The fields of one model that say how large."""

    def __init__(self, layout: Layout) -> None:
        self.width = layout.named("width", "integer", "number", "string")
        self.height = layout.named("height", "integer", "number", "string")
        self.all = layout.all_named("extent")
        found = [SizeField(field, kind) for field in self.all if (kind := _kind_of(field))]
        named = (SizeField(each.field, "shape") for each in found if "object" in each.field.types)
        found += [each for each in named if each.extents]  # `landscape_16_9`, or the sides in an object
        found += [SizeField(each.field, "pixels") for each in found if each.kind == "class" and each.shows_pixels]
        self.pixels = next((each for each in found if each.kind == "pixels"), None)
        self.shape = next((each for each in found if each.kind == "shape"), None)
        self.fineness = next((each for each in found if each.kind == "class"), None)

    @property
    def has_sides(self) -> bool:
        """Whether width and height are two numbers."""
        return self.width is not None and self.height is not None

    @property
    def default(self) -> Extent:
        """The size that the model makes when nothing is said, as far as it tells."""
        sides = [each.default if each else None for each in (self.width, self.height)]
        if all(isinstance(each, int) for each in sides):
            return extent_of(f"{sides[0]}x{sides[1]}")
        found = [each.default for each in (self.pixels, self.fineness, self.shape) if each]
        ratio = next((extent.ratio for extent in found if extent.ratio), None)
        return Extent(None, ratio=ratio, area=next((extent.area for extent in found if extent.area), None))


def custom_of(field: Field) -> object | None:
    """The option of a list of shapes or sizes that hands over to width and height."""
    return next((option for option in field.options if is_option(option, "custom")), None)


def _kind_of(field: Field) -> str | None:
    """How a field says a size: by its options, its default, or its name."""
    if "object" in field.types and {"width", "height"} <= set(field.members):
        return "pixels"
    if not field.types & {"string", "integer", "number"}:
        return None
    telling = [option for option in field.options if str(option).strip().lower() not in _NO_CHOICE]
    kinds = [extent_of(option).kind for option in telling]
    for kind in ("pixels", "shape"):
        if 2 * kinds.count(kind) > len(kinds):
            return kind
    if field.options:
        # `quality: standard, hd` is no class: all that it may be has to be one.
        return "class" if kinds and set(kinds) == {"class"} else None
    if kind := extent_of(field.default).kind:
        return kind
    if "string" not in field.types or field.name in {"quality", "definition", "orientation"}:
        return None
    if "ratio" in field.name.lower():
        return "shape"
    return "class" if "resolution" in field.name.lower() else "pixels"


def ratio_of(text: str) -> float:
    """Width over height.

    Raises:
        InvalidRequest: this is no ratio that a picture can have.
    """
    named = _NAMED.fullmatch(text.strip())
    found = _RATIO.fullmatch(text.strip())
    ratio = float(found[1]) / float(found[2]) if found and float(found[2]) else 0.0
    ratio = extent_of(text).ratio or 0.0 if named else ratio
    if not 1 / EXTREME_RATIO <= ratio <= EXTREME_RATIO:
        raise InvalidRequest(
            f"aspect_ratio {plain(repr(text), 40)} cannot be used.",
            next_step='Write it as width:height, such as "16:9", "1:1" or "3:4".',
        )
    return ratio


def side(pixels: float) -> int:
    """The nearest side that every model takes."""
    return max(SIDE_STEP, round(pixels / SIDE_STEP) * SIDE_STEP)


def sides_of(ratio: float, area: float) -> tuple[int, int]:
    """The sides of that shape and area, in multiples that every model takes."""
    return side(math.sqrt(area * ratio)), side(math.sqrt(area / ratio))


def distance(one: float, other: float) -> float:
    """How far apart two ratios or areas are, as the share of the larger."""
    return 1 - min(one, other) / max(one, other)


def nearest_shape(extents: Sequence[Extent], ratio: float) -> Extent:
    """The extent whose shape comes nearest; of equals the first. A bare orientation fits every such shape."""

    def off(extent: Extent) -> float:
        if extent.is_rough:
            return 0.0 if ((extent.ratio or 1) > 1 and ratio > 1) or ((extent.ratio or 1) < 1 and ratio < 1) else 1.0
        return round(distance(extent.ratio or ratio, ratio), 3)

    return min(extents, key=off)


def nearest_class(extents: Sequence[Extent], sides: tuple[int, int]) -> Extent:
    """The class that comes nearest to a size in pixels, by its area or, for one in k, by its long side."""
    area, long = float(sides[0] * sides[1]), max(sides)

    def cost(extent: Extent) -> float:
        by_area = abs(math.log((extent.area or area) / area))
        length = class_side(str(extent.said))
        return round(min(by_area, 2 * abs(math.log(length / long))) if length else by_area, 6)

    return min(extents, key=cost)


def span(low: float | None, high: float | None) -> str:
    """Limits in words."""
    return f"{low or 1:.0f} to {high:.0f} pixels" if high else f"at least {low or 1:.0f} pixels"


def asked(request: Request) -> str:
    """What the caller said about the size, in words."""
    if request.width and request.height:
        return f"{request.width}x{request.height}"
    side_alone = f"width {request.width}" if request.width else f"height {request.height}" if request.height else None
    words = (request.aspect_ratio, request.resolution, side_alone)
    return " at ".join(plain(word.strip(), 30) for word in words if word)


def asked_by(request: Request) -> str:
    """The argument that names the size, where it is not both sides."""
    return next((name for name in ("width", "height", "resolution") if getattr(request, name)), "aspect_ratio")
