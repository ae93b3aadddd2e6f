"""From the size that was asked for to the fields that say it."""

import re
from fractions import Fraction

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft, is_option
from atlascloud_mcp.jobs.parameters.fields import Field, named
from atlascloud_mcp.jobs.parameters.limits import Limits
from atlascloud_mcp.jobs.parameters.sizes import (
    CLASSES,
    NEAR_SHAPE,
    SAME_SHAPE,
    Extent,
    SizeField,
    Sizes,
    asked,
    class_area,
    class_side,
    distance,
    extent_of,
    is_same_class,
    nearest_class,
    nearest_shape,
    plain_class,
    ratio_of,
    side,
    sides_of,
)
from atlascloud_mcp.jobs.request import Request

SQUARE = float(CLASSES["1k"]) ** 2
MOST_LARGER = 4.0  # times the pixels that were asked for: beyond it something else is bought
SIMILAR = 2.6  # times; of sizes that are nearly of the shape, one so near in area is taken before a better shape
EXACT_SHAPE = 0.002
SAME_CLASS_AREA = 0.4
SAME_CLASS_SIDE = 0.1


class Sizing:
    """Writes the size of one request into its draft."""

    def __init__(self, draft: Draft, request: Request) -> None:
        self._draft = draft
        self._request = request
        self._sizes = Sizes(draft.layout)
        self._asked = asked(request)
        self._sent: list[str] = []
        # What the model has an option for in so many words (`adaptive`, `2x`) needs no understanding.
        shape, fineness = self._sizes.shape, self._sizes.fineness
        self._said = {
            "aspect_ratio": self._option(request.aspect_ratio, shape, "resolution|quality|definition"),
            "resolution": self._option(request.resolution, fineness, "ratio|orientation"),
        }
        self._shape = None if self._said["aspect_ratio"] else request.aspect_ratio
        self._class = None if self._said["resolution"] else request.resolution
        # What it means still counts where the other half has to be said in pixels.
        meant = extent_of(request.aspect_ratio).ratio if request.aspect_ratio else None
        self._ratio = ratio_of(self._shape) if self._shape else meant
        self._area = class_area(request.resolution) if request.resolution else None
        given = extent_of(self._class).sides if self._class else None
        self._sides = (request.width, request.height)
        if given and not any(self._sides):  # a resolution of "1280x720"
            self._sides, self._class = given, None

    def write(self) -> None:
        """The draft says the size that was asked for, or the nearest that the model has, with a note.

        Raises:
            InvalidRequest: the size makes no sense, or what comes would be something else than what was asked.
        """
        for argument, said in self._said.items():
            if said:
                self._draft.put(*said, argument)
        width, height = self._sides
        if width and height:
            self._write_pixels(width, height)
        elif width or height:
            self._write_one_side(width, height)
        elif self._shape or self._class:
            self._write_shape_and_class()
        if self._sent:
            self._draft.note(f"{self._asked} was sent as {', '.join(self._sent)}.")

    def _option(self, text: str | None, own: SizeField | None, other: str) -> tuple[Field, object] | None:
        """The option that says this very text: in the field for it, else in one that is not named after the `other`."""
        free = [field for field in self._sizes.all if not re.search(other, field.name, re.IGNORECASE)]
        for field in (own.field,) if own else free:
            for option in field.options if text else ():
                if is_option(option, (text or "").strip()):
                    return field, option
        return None

    def _write_pixels(self, width: int, height: int) -> None:
        self._refuse_contradiction(width, height)
        sizes = self._sizes
        if sizes.has_sides:
            self._put_sides(*self._within(width, height))
        elif sizes.pixels:
            self._put_extent(sizes.pixels, self._nearest_pixels(sizes.pixels, (width, height)))
        elif sizes.shape or sizes.fineness:
            self._write_pixels_in_words(width, height)
        else:
            self._leave_out("width and height", self._asked)
        if self._class and sizes.fineness and not (sizes.has_sides or sizes.pixels):
            self._put_named_class(sizes.fineness, self._class)
        elif self._class:
            self._draft.note(f"resolution {self._class!r} was not used: width and height say it all.")

    def _write_pixels_in_words(self, width: int, height: int) -> None:
        """A size in pixels, for a model that takes a shape, a class, or both."""
        sizes = self._sizes
        if sizes.shape:
            self._put_shape(sizes.shape, width / height, "width and height")
        elif not self._has_pattern:
            raise self._draft.lacks("width and height", self._asked, "it has no setting for the shape")
        else:
            self._sent.append("the shape of what goes in")
        fineness = sizes.fineness
        if fineness and fineness.extents and self._class is None and not self._said["resolution"]:
            found = nearest_class(fineness.extents, (width, height))
            if _times(found, float(width * height)) > MOST_LARGER:
                raise self._refused("width and height", fineness)
            self._draft.put(fineness.field, found.said, "width and height")
            self._sent.append(f"{named(fineness.field.name)} {named(found.said)}")

    def _write_one_side(self, width: int | None, height: int | None) -> None:
        sizes = self._sizes
        field, given = (sizes.width, width) if width else (sizes.height, height)
        if field and not self._ratio and not self._class:
            is_width = field is sizes.width
            self._draft.put(field, given, "width" if is_width else "height")
            self._draft.sides = (given, None) if is_width else (None, given)
            return
        listed = [each for each in sizes.pixels.extents if given in (each.sides or ())] if sizes.pixels else []
        exact = [each for each in listed if (each.sides or (0, 0))[0 if width else 1] == given]
        if sizes.pixels and exact and not self._ratio:
            self._put_extent(sizes.pixels, nearest_shape(exact, sizes.default.ratio or 1.0))
            return
        ratio = self._ratio or sizes.default.ratio or 1.0
        if self._area and not self._ratio:
            ratio = (width * width / self._area) if width else self._area / ((height or 1) ** 2)
        self._write_pixels(width or side((height or 0) * ratio), height or side((width or 0) / ratio))

    def _write_shape_and_class(self) -> None:
        sizes, wanted = self._sizes, self._class
        is_shaped, is_classed = self._shape is None, wanted is None
        if self._shape and self._ratio and sizes.shape:
            self._put_shape(sizes.shape, self._ratio, "aspect_ratio")
            is_shaped = True
        if wanted and sizes.fineness:
            self._put_named_class(sizes.fineness, wanted)
            is_classed = True
        if is_shaped and is_classed:
            return
        if not is_classed and self._area is None:
            raise InvalidRequest(
                f"resolution {wanted!r} is not known.",
                next_step=f"Use one of {', '.join(CLASSES)}, or width and height.",
            )
        if sizes.has_sides or sizes.pixels:
            self._write_as_pixels()
            return
        if not is_shaped:
            self._leave_out("aspect_ratio", self._shape)
        if not is_classed:
            self._leave_out("resolution", wanted)

    def _write_as_pixels(self) -> None:
        """The shape and the class as pixels, for a model that takes no words for one of them."""
        default, pixels = self._sizes.default, self._sizes.pixels
        area = self._area or default.area or SQUARE
        ratio = self._ratio or default.ratio or _ratio_of_class(pixels, area) or 1.0
        wanted = sides_of(ratio, area)
        if self._sizes.has_sides:
            found = self._within(*wanted)
            self._refuse_other_class(found, None)
            self._put_sides(*found)
        elif pixels:
            extent = self._shaped_pixels(pixels, ratio, area, wanted)
            self._refuse_other_class(extent.sides or wanted, pixels)
            self._put_extent(pixels, extent)

    def _shaped_pixels(self, pixels: SizeField, ratio: float, area: float, sides: tuple[int, int]) -> Extent:
        """The size of the asked shape whose area, or class, comes nearest.

        Raises:
            InvalidRequest: none has that shape, not even nearly.
        """
        if not pixels.extents:
            return self._free(pixels, sides)
        best = distance(nearest_shape(pixels.extents, ratio).ratio or ratio, ratio)
        if best > NEAR_SHAPE:
            raise self._refused("aspect_ratio" if self._ratio else "resolution", pixels)
        shaped = [each for each in pixels.extents if distance(each.ratio or ratio, ratio) <= max(best, SAME_SHAPE)]
        length = class_side(self._class or "")
        if length:
            return min(shaped, key=lambda each: min(distance(each.area or area, area), _off_side(each, length)))

        def cost(extent: Extent) -> tuple[bool, float]:
            return distance(extent.ratio or ratio, ratio) > EXACT_SHAPE, round(distance(extent.area or area, area), 3)

        near = [each for each in pixels.extents if distance(each.ratio or ratio, ratio) <= NEAR_SHAPE]
        for candidates in (shaped, near):
            if sized := [each for each in candidates if _times(each, area) <= MOST_LARGER]:
                return min(sized, key=cost)
        raise self._refused("aspect_ratio" if self._ratio else "resolution", pixels)

    def _refuse_other_class(self, sides: tuple[int, int], pixels: SizeField | None) -> None:
        """A finer or a coarser class than the one that was named has another price."""
        if self._area is None or self._class is None:
            return
        length = class_side(self._class or "")
        near_area = distance(float(sides[0] * sides[1]), self._area) <= SAME_CLASS_AREA
        if not near_area and not (length and distance(float(max(sides)), length) <= SAME_CLASS_SIDE):
            if pixels:
                raise self._refused("resolution", pixels)
            raise self._draft.lacks("resolution", self._class, f"the nearest that it makes is {sides[0]}x{sides[1]}")

    def _nearest_pixels(self, pixels: SizeField, sides: tuple[int, int]) -> Extent:
        """The size of this field that comes nearest to one in pixels.

        Raises:
            InvalidRequest: none is nearly of that shape, or none that is not far larger or smaller.
        """
        if not pixels.extents:
            return self._free(pixels, sides)
        ratio, area = sides[0] / sides[1], float(sides[0] * sides[1])
        if exact := next((each for each in pixels.extents if each.sides == sides), None):
            return exact
        shaped = [each for each in pixels.extents if distance(each.ratio or ratio, ratio) <= NEAR_SHAPE]
        similar = [each for each in shaped if _times(each, area) <= SIMILAR]
        if similar:
            return min(similar, key=lambda each: (round(distance(each.ratio or ratio, ratio), 2), _times(each, area)))
        found = min(shaped, key=lambda each: _times(each, area), default=None)
        if found is None or _times(found, area) > MOST_LARGER:
            raise self._refused("aspect_ratio" if self._ratio else "width and height", pixels)
        return found

    def _free(self, pixels: SizeField, sides: tuple[int, int]) -> Extent:
        width, height = self._within(*sides, pixels=pixels.field)
        return Extent(f"{width}{pixels.separator}{height}", (width, height), width / height, float(width * height))

    def _put_extent(self, pixels: SizeField, extent: Extent) -> None:
        width, height = extent.sides or (0, 0)
        argument = "width and height" if any(self._sides) else "aspect_ratio" if self._ratio else "resolution"
        is_object = "object" in pixels.field.types
        self._draft.put(pixels.field, {"width": width, "height": height} if is_object else extent.said, argument)
        self._done(width, height)

    def _put_sides(self, width: int, height: int) -> None:
        for field, pixels, name in ((self._sizes.width, width, "width"), (self._sizes.height, height, "height")):
            if field:
                self._draft.put(field, pixels, name)
        for field in self._sizes.all:  # beside a list of shapes the two numbers count only where it says so
            custom = next((option for option in field.options if is_option(option, "custom")), None)
            if custom is not None and field.name not in self._draft.fields:
                self._draft.put(field, custom, "width and height")
        self._done(width, height)

    def _put_shape(self, shape: SizeField, ratio: float, argument: str) -> None:
        if not shape.extents:
            said = (self._shape or _as_ratio(ratio)).strip()
            self._draft.put(shape.field, said, argument)
            off = 0.0
        else:
            found = nearest_shape(shape.extents, ratio)
            said, off = found.said, distance(found.ratio or ratio, ratio)
            is_other = off > NEAR_SHAPE and not (found.is_rough and ((found.ratio or 1) > 1) == (ratio > 1))
            if is_other:
                raise self._refused(argument, shape)
            self._draft.put(shape.field, said, argument)
        if off > SAME_SHAPE or argument != "aspect_ratio":
            self._sent.append(f"{named(shape.field.name)} {named(said)}")

    def _put_named_class(self, fineness: SizeField, wanted: str) -> None:
        """The class that was named, in the model's spelling.

        Raises:
            InvalidRequest: the model has no such class; a finer or coarser one has another price.
        """
        options = fineness.field.options
        same = [option for option in options if plain_class(option) == plain_class(wanted)]
        same = same or [option for option in options if is_same_class(option, wanted)]
        if options and not same:
            raise self._refused("resolution", fineness)
        self._draft.put(fineness.field, same[0] if same else wanted.strip(), "resolution")

    def _within(self, width: int, height: int, *, pixels: Field | None = None) -> tuple[int, int]:
        """The nearest sides that the model takes, as far as its schema says.

        Raises:
            InvalidRequest: none are nearly of that shape and size.
        """
        pair = (self._sizes.width, self._sizes.height)
        if pixels:
            pair = (pixels.members.get("width", pixels), pixels.members.get("height", pixels))
        limits = [Limits(field) for field in pair]
        asked_sides = (width, height)
        grow = max((each.low / given for each, given in zip(limits, asked_sides, strict=True)), default=1.0)
        shrink = min((each.high / given for each, given in zip(limits, asked_sides, strict=True)), default=1.0)
        scale = grow if grow > 1 else min(1.0, shrink)
        sides = [each.nearest(given * scale) for each, given in zip(limits, asked_sides, strict=True)]
        area, wanted = sides[0] * sides[1], width * height
        if distance(sides[0] / sides[1], width / height) > NEAR_SHAPE or area > MOST_LARGER * wanted:
            raise InvalidRequest(
                f"{self._draft.model} has no size near {width}x{height}: its sides are {limits[0].words}.",
                next_step=f"The nearest is {sides[0]}x{sides[1]}.",
            )
        return sides[0], sides[1]

    def _done(self, width: int, height: int) -> None:
        self._draft.sides = (width, height)
        if self._sides != (width, height):
            self._draft.note(f"{self._asked} was sent as {width}x{height} pixels.")

    def _leave_out(self, argument: str, value: object) -> None:
        """There is no field for it: with media to work from their shape is kept; another class has another price."""
        if not self._has_pattern or argument == "resolution":
            raise self._draft.lacks(argument, value, "it has no setting for it")
        self._draft.note(f"{argument} {value} was not sent: this model takes its shape from what goes in.")

    @property
    def _has_pattern(self) -> bool:
        """Whether there is a picture or a clip that the result will be shaped like; references only say who is seen."""
        if self._request.video or (self._request.type == "image" and self._request.pictures):
            return True
        frames = [
            media for media in self._draft.layout.media if not media.is_list and media.role in {"source", "first"}
        ]
        return any(media.field.name in self._draft.fields and media.medium == "image" for media in frames)

    def _refused(self, argument: str, field: SizeField) -> InvalidRequest:
        return InvalidRequest(
            f"{self._draft.model} has nothing near {argument} {self._asked}.",
            next_step=f"Allowed for {named(field.field.name)}: {field.allowed}.",
        )

    def _refuse_contradiction(self, width: int, height: int) -> None:
        if self._ratio and abs(width / height / self._ratio - 1) > 0.05:
            raise InvalidRequest(
                f"width {width} and height {height} are not {self._request.aspect_ratio}.",
                next_step="Give either the size or the aspect ratio.",
            )


def _ratio_of_class(pixels: SizeField | None, area: float) -> float | None:
    """The shape of the listed size that comes nearest in area, where no shape is asked for and none is usual."""
    listed = pixels.extents if pixels else ()
    return min(listed, key=lambda each: distance(each.area or area, area)).ratio if listed else None


def _times(extent: Extent, area: float) -> float:
    """How many times as large, or as small."""
    own = extent.area or area
    return max(own, area) / min(own, area)


def _off_side(extent: Extent, length: float) -> float:
    return distance(float(max(extent.sides or (1, 1))), length)


def _as_ratio(ratio: float) -> str:
    """The usual name of a shape, or the fraction that it is, for a field that takes any text."""
    usual = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "5:4", "4:5", "21:9")
    found = min(usual, key=lambda text: distance(ratio_of(text), ratio))
    if distance(ratio_of(found), ratio) <= SAME_SHAPE:
        return found
    fraction = Fraction(ratio).limit_denominator(16)
    return f"{fraction.numerator}:{fraction.denominator}"
