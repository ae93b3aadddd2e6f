"""What one side of a picture may be."""

import math

from atlascloud_mcp.jobs.parameters.draft import number_in
from atlascloud_mcp.jobs.parameters.fields import Field
from atlascloud_mcp.jobs.parameters.sizes import span

LARGEST_STEP = 1024


class Limits:
    """What one side may be: between two numbers, in steps, or one of a list."""

    def __init__(self, field: Field | None) -> None:
        self._options = sorted(number for option in field.options if (number := number_in(option))) if field else []
        found = [_limit(field, name) for name in ("x-side-minimum", "minimum", "x-side-maximum", "maximum")]
        self.low = found[0] or found[1] or (self._options[0] if self._options else 0.0)
        self.high = found[2] or found[3] or (self._options[-1] if self._options else math.inf)
        step = _limit(field, "x-side-step") or _limit(field, "multipleOf") or 1.0
        self._step = step if 1 <= step <= LARGEST_STEP else 1.0

    @property
    def words(self) -> str:
        """In words."""
        if self._options:
            return ", ".join(f"{option:g}" for option in self._options[:20])
        return span(self.low or None, None if math.isinf(self.high) else self.high)

    def nearest(self, pixels: float, grid: int = 1) -> int:
        """The allowed side that comes nearest, a multiple of `grid` if the schema names no step."""
        if self._options:
            return int(min(self._options, key=lambda option: abs(option - pixels)))
        step = self._step if self._step > 1 else grid
        if not math.isinf(self.high) and self.high // step * step < self.low:
            step = self._step  # no multiple of the grid is allowed
        least = max(1, math.ceil(self.low / step))
        most = math.inf if math.isinf(self.high) else math.floor(self.high / step)
        return int(min(max(least, round(pixels / step)), most) * step)


def _limit(field: Field | None, keyword: str) -> float | None:
    return field.limit(keyword) if field else None
