"""From the size that was asked for to the fields that say it."""

import re
from collections.abc import Sequence
from fractions import Fraction

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft, is_option, shown
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, words_of
from atlascloud_mcp.jobs.parameters.limits import Limits
from atlascloud_mcp.jobs.parameters.pixels import MOST_LARGER, Pixels, times
from atlascloud_mcp.jobs.parameters.sizes import (
    CLASSES,
    NEAR_SHAPE,
    SAME_SHAPE,
    Extent,
    SizeField,
    Sizes,
    asked,
    asked_by,
    class_area,
    custom_of,
    distance,
    extent_of,
    is_same_class,
    nearest_class,
    nearest_shape,
    plain_class,
    ratio_of,
    side,
)
from atlascloud_mcp.jobs.request import Request

SQUARE = float(CLASSES["1k"]) ** 2
MOST_SLENDER = 3.0  # a shape that nobody asked for in so many words
_SCALES = frozenset({"scale", "factor", "upscale"})


class Sizing:
    """Writes the size of one request into its draft."""

    def __init__(self, draft: Draft, request: Request, pattern: tuple[int, int] | None = None) -> None:
        self._draft = draft
        self._request = request
        self._pattern = pattern[0] / pattern[1] if pattern else None
        self._sizes = Sizes(draft.layout)
        self._asked = asked(request)
        self._pixels = Pixels(draft.model, self._sizes, self._asked)
        self._sent: list[str] = []
        self._is_shaped_by_class = False
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
        self._ratio = self._asked_ratio(self._shape) if self._shape else meant
        self._area = class_area(request.resolution) if request.resolution else None
        given = extent_of(self._class).sides if self._class else None
        self._sides = (request.width, request.height)
        self._argument = "width and height" if request.width and request.height else asked_by(request)
        if given and not any(self._sides):  # a resolution of "1280x720"
            self._sides, self._class = given, None

    def write(self) -> None:
        """The draft says the size that was asked for, or the nearest that the model has, with a note.

        Raises:
            InvalidRequest: the size makes no sense, or what comes would be something else than what was asked.
        """
        for argument, said in self._said.items():
            gives_way = argument == "aspect_ratio" and any(self._sides) and said and custom_of(said[0]) is not None
            if said and not gives_way and not self._is_all_in_pixels:
                self._draft.put(*said, argument)
        self._check_own_words()
        width, height = self._sides
        if width and height:
            self._write_pixels(width, height)
        elif width or height:
            self._write_one_side(width, height)
        elif self._is_all_in_pixels:
            self._write_as_pixels()
        elif self._shape or self._class:
            self._write_shape_and_class()
        if self._sent:
            self._draft.note(f"{self._asked} was sent as {', '.join(self._sent)}.")

    def _asked_ratio(self, shape: str) -> float:
        try:
            return ratio_of(shape)
        except InvalidRequest as error:
            words = [option for each in self._sizes.all for option in each.options if not extent_of(option).kind]
            error.next_step += f" This model also has: {listed(words)}." if words else ""
            raise

    @property
    def _is_all_in_pixels(self) -> bool:
        """Whether shape and class together can only be said in pixels.

        That is so where one field holds words or pixels, and where a shape is `custom` beside width and height.
        """
        sizes, request = self._sizes, self._request
        if not (request.aspect_ratio and self._ratio and request.resolution and self._area) or any(self._sides):
            return False
        if sizes.pixels and sizes.shape is None and sizes.fineness:
            return sizes.pixels.field is sizes.fineness.field
        if sizes.shape is None or sizes.fineness:
            return False
        is_one = sizes.pixels is not None and sizes.pixels.field is sizes.shape.field
        has_both = sizes.has_sides or sizes.pixels is not None
        return is_one or (has_both and custom_of(sizes.shape.field) is not None)

    def _check_own_words(self) -> None:
        """A size in pixels that `params` gives is one that its field takes, with the sign that it wants between.

        Raises:
            InvalidRequest: it cannot be read, or a side is beyond the limits.
        """
        pixels = self._sizes.pixels
        given = self._draft.fields.get(pixels.field.name) if pixels else None
        if pixels is None or not isinstance(given, str) or pixels.field.options or not re.search(r"\d", given):
            return
        extent = extent_of(given)
        if extent.sides:
            limits = Limits(pixels.field)
            if all(limits.nearest(each) == each for each in extent.sides):
                self._draft.fields[pixels.field.name] = f"{extent.sides[0]}{pixels.separator}{extent.sides[1]}"
                return
        elif extent.kind:
            return
        raise InvalidRequest(
            f"{self._draft.arguments[pixels.field.name]} is {shown(given)}; allowed: {pixels.allowed}.",
            next_step=f"Write it as 1024{pixels.separator}1024, or give width and height instead.",
        )

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
        if sizes.has_sides or sizes.pixels:
            self._put_extent(self._pixels.nearest(width, height, self._argument))
        elif sizes.shape or sizes.fineness:
            self._write_pixels_in_words(width, height)
        else:
            self._leave_out(self._argument, self._asked)
        if self._class and sizes.fineness and not (sizes.has_sides or sizes.pixels):
            self._put_named_class(sizes.fineness, self._class)
        elif self._class and not self._is_shaped_by_class:
            self._draft.note(f"resolution {self._class!r} was not used: the pixels that were given say it all.")

    def _write_pixels_in_words(self, width: int, height: int) -> None:
        """A size in pixels, for a model that takes a shape, a class, or both."""
        sizes = self._sizes
        if sizes.shape is None:
            if not self._has_pattern:
                raise self._draft.lacks(self._argument, self._asked, "it has no setting for the shape")
            self._sent.append("the shape of what goes in")
        elif self._said["aspect_ratio"] is None:
            self._put_shape(sizes.shape, width / height, self._argument)
        fineness = sizes.fineness
        if fineness and fineness.extents and self._class is None and not self._said["resolution"]:
            found = nearest_class(fineness.extents, (width, height))
            if times(found, float(width * height)) > MOST_LARGER and len(fineness.extents) > 1:
                raise self._pixels.refused(self._argument, fineness)
            self._draft.put(fineness.field, found.said, self._argument)
            self._sent.append(f"{named(fineness.field.name)} {named(found.said)}")

    def _write_one_side(self, width: int | None, height: int | None) -> None:
        sizes = self._sizes
        field, given = (sizes.width, width) if width else (sizes.height, height)
        is_custom = any(custom_of(each) is not None for each in sizes.all)
        stands_alone = sizes.shape is not None and not sizes.has_sides and sizes.pixels is None
        if self._ratio and stands_alone and field and sizes.shape:
            self._put_shape(sizes.shape, self._ratio, "aspect_ratio")
        is_shaped = bool(self._ratio and not stands_alone) or (sizes.has_sides and self._has_pattern)
        if field and given and not is_shaped and not self._class and not is_custom:
            near = Limits(field).nearest(given)
            found = near if distance(near, given) <= NEAR_SHAPE else given  # the schema refuses what is far off
            self._draft.put(field, found, "width" if width else "height")
            self._draft.sides = (found, None) if width else (None, found)
            self._draft.asked_sides = self._sides
            if found != given:
                self._draft.note(f"{self._asked} was sent as {found} pixels.")
            return
        listed = [each for each in sizes.pixels.extents if given in (each.sides or ())] if sizes.pixels else []
        exact = [each for each in listed if (each.sides or (0, 0))[0 if width else 1] == given]
        if sizes.pixels and exact and not self._ratio:
            self._put_extent(nearest_shape(exact, sizes.default.ratio or 1.0))
            return
        is_told = sizes.has_sides or sizes.pixels or sizes.shape
        ratio = self._ratio or (self._shape_of_source() if is_told else None) or sizes.default.ratio or 1.0
        if self._area and not self._ratio and not self._has_pattern:
            ratio = (width * width / self._area) if width else self._area / ((height or 1) ** 2)
            self._is_shaped_by_class = True
            if not 1 / MOST_SLENDER <= ratio <= MOST_SLENDER:
                raise InvalidRequest(
                    f"{self._argument} {given} and resolution {self._class!r} do not go together.",
                    next_step="Give one of them, or add aspect_ratio.",
                )
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
        if not (is_classed or sizes.has_sides or sizes.pixels or sizes.fineness):
            self._leave_out("resolution", wanted)
        if not is_classed and self._area is None:
            is_picture = self._request.type == "image"
            raise InvalidRequest(
                f"resolution {wanted!r} is not known.",
                next_step=f"Use one of {', '.join(CLASSES)}{', or width and height' if is_picture else ''}.",
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
        default, sizes = self._sizes.default, self._pixels
        area = self._area or default.area or SQUARE
        ratio = self._ratio or self._shape_of_source() or default.ratio or _ratio_of_class(sizes.extents, area)
        argument = "aspect_ratio" if self._ratio else "resolution"
        if self._class and self._area:
            self._put_extent(sizes.of_class(ratio, area, self._class, argument))
        else:
            self._put_extent(sizes.shaped(ratio, area, argument))

    def _put_extent(self, extent: Extent) -> None:
        width, height = extent.sides or (0, 0)
        pixels = self._sizes.pixels
        if self._sizes.has_sides or pixels is None:
            self._put_sides(width, height)
            return
        argument = self._argument if any(self._sides) else "aspect_ratio" if self._ratio else "resolution"
        is_object = "object" in pixels.field.types
        self._choose_custom(beside=pixels.field)
        self._draft.put(pixels.field, {"width": width, "height": height} if is_object else extent.said, argument)
        self._done(width, height)

    def _put_sides(self, width: int, height: int) -> None:
        for field, pixels, name in ((self._sizes.width, width, "width"), (self._sizes.height, height, "height")):
            if field:
                self._draft.put(field, pixels, name)
        self._choose_custom()
        self._done(width, height)

    def _choose_custom(self, *, beside: Field | None = None) -> None:
        """Beside a list of shapes the pixels count only where it says so."""
        for field in self._sizes.all:
            custom = custom_of(field)
            if custom is not None and field is not beside and field.name not in self._draft.fields:
                self._draft.put(field, custom, "width and height")

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
                raise self._pixels.refused(argument, shape)
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
            raise self._pixels.refused("resolution", fineness)
        self._draft.put(fineness.field, same[0] if same else wanted.strip(), "resolution")

    def _done(self, width: int, height: int) -> None:
        self._draft.sides = (width, height)
        if any(self._sides):
            self._draft.asked_sides = (self._sides[0] or width, self._sides[1] or height)
        if self._sides != (width, height):
            self._draft.note(f"{self._asked} was sent as {width}x{height} pixels.")

    def _leave_out(self, argument: str, value: object) -> None:
        """There is no field for it: with media to work from their shape is kept; another class has another price."""
        if not self._has_pattern or argument == "resolution":
            raise self._draft.lacks(argument, value, "it has no setting for it")
        name = f"{argument} " if argument == "aspect_ratio" else ""
        scales = [each for each in self._draft.layout.fields if _SCALES & set(words_of(each))]
        other = f" Its own setting, for `params`: {listed(scales)}." if scales else ""
        self._draft.note(
            f"{name}{value} was not sent: no setting for it is known here; such models choose the size by what goes in."
            f"{other}"
        )

    def _shape_of_source(self) -> float | None:
        """The shape of the picture or clip to work from, which the result keeps where nobody asks for another."""
        if self._pattern is None and self._has_pattern:
            self._draft.note(
                "The shape of what goes in is not known here, so the model's usual one was sent; aspect_ratio sets it."
            )
        return self._pattern

    @property
    def _has_pattern(self) -> bool:
        """Whether there is a picture or a clip that the result will be shaped like; references only say who is seen."""
        if self._request.video or (self._request.type == "image" and self._request.pictures):
            return True
        frames = [
            media for media in self._draft.layout.media if not media.is_list and media.role in {"source", "first"}
        ]
        return any(media.field.name in self._draft.fields and media.medium == "image" for media in frames)

    def _refuse_contradiction(self, width: int, height: int) -> None:
        if self._ratio and abs(width / height / self._ratio - 1) > 0.05:
            raise InvalidRequest(
                f"width {width} and height {height} are not {self._request.aspect_ratio}.",
                next_step="Give either the size or the aspect ratio.",
            )


def _ratio_of_class(listed: Sequence[Extent], area: float) -> float:
    """The shape of the listed size that comes nearest in area, where no shape is asked for and none is usual."""
    nearest = min(listed, key=lambda each: distance(each.area or area, area), default=None)
    return (nearest.ratio if nearest else None) or 1.0


def _as_ratio(ratio: float) -> str:
    """The usual name of a shape, or the fraction that it is, for a field that takes any text."""
    usual = ("1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "5:4", "4:5", "21:9")
    found = min(usual, key=lambda text: distance(ratio_of(text), ratio))
    if distance(ratio_of(found), ratio) <= SAME_SHAPE:
        return found
    fraction = Fraction(ratio).limit_denominator(16)
    return f"{fraction.numerator}:{fraction.denominator}"
