"""What a caller may ask for, before anything is known about the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A picture, or a change to pictures. None means that the caller said nothing, and nothing is sent.

    `images` and `mask` are local paths or URLs. `params` are fields in the model's own words;
    `save_to` is where the result goes on this machine.
    """

    prompt: str | None = None
    model: str | None = None
    images: tuple[str, ...] = ()
    mask: str | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    count: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    seed: int | None = None
    negative_prompt: str | None = None
    output_format: str | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    save_to: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Every local path or URL that goes in."""
        return (*self.images, *((self.mask,) if self.mask else ()))
