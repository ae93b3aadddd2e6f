"""The sizes in pixels that one model makes, and which of them comes nearest to what was asked for."""

import math
from dataclasses import dataclass

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.fields import Field, named
from atlascloud_mcp.jobs.parameters.limits import Limits
from atlascloud_mcp.jobs.parameters.sizes import (
    NEAR_SHAPE,
    SAME_SHAPE,
    SIDE_STEP,
    Extent,
    SizeField,
    Sizes,
    class_lines,
    class_side,
    distance,
    nearest_shape,
    sides_of,
)

MOST_LARGER = 4.0  # times the pixels that were asked for: beyond it something else is bought
SIMILAR = 2.6  # times; of sizes that are nearly of the shape, one so near in area is taken before a better shape
EXACT_SHAPE = 0.002
SAME_CLASS_AREA = 0.4
SAME_CLASS_SIDE = 0.1
LONGEST = 4096  # pixels; no published schema takes more, and a 4k picture is that wide whatever its shape


@dataclass(frozen=True, slots=True)
class Pixels:
    """Sizes of one model: two sides, or a field that lists some or takes any.

    `asked` is what the caller said, in words.
    """

    model: str
    sizes: Sizes
    asked: str

    @property
    def extents(self) -> tuple[Extent, ...]:
        """The sizes that it lists; empty where the sides are free."""
        return () if self.sizes.has_sides or self.sizes.pixels is None else self.sizes.pixels.extents

    def nearest(self, width: int, height: int, argument: str) -> Extent:
        """The size that comes nearest to this one.

        Raises:
            InvalidRequest: none is nearly of that shape, or none that is not far larger or smaller.
        """
        if not self.extents:
            return self._within(width, height)
        ratio, area = width / height, float(width * height)
        if exact := next((each for each in self.extents if each.sides == (width, height)), None):
            return exact
        shaped = [each for each in self.extents if distance(each.ratio or ratio, ratio) <= NEAR_SHAPE]
        similar = [each for each in shaped if times(each, area) <= SIMILAR]
        if similar:
            return min(similar, key=lambda each: (round(distance(each.ratio or ratio, ratio), 2), times(each, area)))
        found = min(shaped, key=lambda each: times(each, area), default=None)
        if found is None or times(found, area) > MOST_LARGER:
            raise self.refused(argument)
        return found

    def shaped(self, ratio: float, area: float, argument: str, *, longest: float = LONGEST) -> Extent:
        """The size of this shape, or nearly, whose area comes nearest; where any will do, no side beyond `longest`.

        Raises:
            InvalidRequest: none has that shape, not even nearly, or none that is not far larger or smaller.
        """
        if not self.extents:
            return self._within(*sides_of(ratio, area), longest=longest)

        def cost(extent: Extent) -> tuple[bool, bool, float]:
            off = distance(extent.area or area, area)
            return off > SAME_CLASS_AREA, distance(extent.ratio or ratio, ratio) > EXACT_SHAPE, round(off, 3)

        near = [each for each in self.extents if distance(each.ratio or ratio, ratio) <= NEAR_SHAPE]
        for candidates in (self._best_shaped(ratio), near):
            if sized := [each for each in candidates if times(each, area) <= MOST_LARGER]:
                return min(sized, key=cost)
        raise self.refused(argument)

    def of_class(self, ratio: float, area: float, wanted: str, argument: str) -> Extent:
        """The size of this shape, or nearly, that is of the class `wanted`, of which `area` is the usual area.

        Raises:
            InvalidRequest: there is none; a finer or a coarser class has another price.
        """
        length, lines = class_side(wanted), class_lines(wanted)

        def off_side(extent: Extent) -> float:
            return distance(float(max(extent.sides or (1, 1))), length) if length else 1.0

        shaped = self._best_shaped(ratio)
        in_lines = [each for each in shaped if each.sides and min(each.sides) == lines]
        if in_lines or (length and shaped):
            found = min(in_lines or shaped, key=lambda each: min(distance(each.area or area, area), off_side(each)))
        else:
            found = self.shaped(ratio, area, argument, longest=max(LONGEST, length or 0))
        width, height = found.sides or (1, 1)
        is_other = distance(float(width * height), area) > SAME_CLASS_AREA and off_side(found) > SAME_CLASS_SIDE
        if is_other and not in_lines:
            raise self.refused("resolution", nearest=found)
        return found

    def _best_shaped(self, ratio: float) -> list[Extent]:
        """The listed sizes of the shape that comes nearest to this one; none where that is another shape."""
        if not self.extents:
            return []
        best = distance(nearest_shape(self.extents, ratio).ratio or ratio, ratio)
        if best > NEAR_SHAPE:
            return []
        return [each for each in self.extents if distance(each.ratio or ratio, ratio) <= max(best, SAME_SHAPE)]

    def _within(self, width: int, height: int, *, longest: float = math.inf) -> Extent:
        """The nearest sides that the model takes, as far as its schema says, none beyond `longest`.

        Raises:
            InvalidRequest: none are nearly of that shape and size.
        """
        asked_sides = (width, height)
        limits = [Limits(each) for each in self._side_fields()]
        grow = max(each.low / given for each, given in zip(limits, asked_sides, strict=True))
        shrink = min(min(each.high, longest) / given for each, given in zip(limits, asked_sides, strict=True))
        scale = grow if grow > 1 else min(1.0, shrink)
        grid = 1 if scale == 1 else SIDE_STEP  # sides that nobody asked for can as well be ones that all models take
        found = [each.nearest(given * scale, grid) for each, given in zip(limits, asked_sides, strict=True)]
        area = found[0] * found[1]
        if distance(found[0] / found[1], width / height) > NEAR_SHAPE or area > MOST_LARGER * width * height:
            raise InvalidRequest(
                f"{self.model} has no size near {width}x{height}: its sides are {limits[0].words}.",
                next_step=f"The nearest is {found[0]}x{found[1]}.",
            )
        separator = self.sizes.pixels.separator if self.sizes.pixels else "x"
        return Extent(f"{found[0]}{separator}{found[1]}", (found[0], found[1]), found[0] / found[1], float(area))

    def _side_fields(self) -> tuple[Field | None, Field | None]:
        """What says how long each side may be."""
        if self.sizes.has_sides or self.sizes.pixels is None:
            return self.sizes.width, self.sizes.height
        field = self.sizes.pixels.field
        return field.members.get("width", field), field.members.get("height", field)

    def refused(
        self, argument: str, field: SizeField | None = None, *, nearest: Extent | None = None
    ) -> InvalidRequest:
        """The refusal of a size that the model has nothing near to."""
        told = field or self.sizes.pixels
        sides = f" The nearest is {nearest.sides[0]}x{nearest.sides[1]}." if nearest and nearest.sides else ""
        allowed = f"Allowed for {named(told.field.name)}: {told.allowed}." if told else ""
        asked = self.asked if self.asked.startswith(argument) else f"{argument} {self.asked}"
        return InvalidRequest(f"{self.model} has nothing near {asked}.", next_step=f"{allowed}{sides}".strip())


def times(extent: Extent, area: float) -> float:
    """How many times as large, or as small."""
    own = extent.area or area
    return max(own, area) / min(own, area)
