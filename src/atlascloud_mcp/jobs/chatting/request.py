"""What a caller may ask of a language model, before anything is known about the model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.models import Medium


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question. None means that the caller said nothing, and nothing is sent.

    `images`, `video` and `audio` are local paths or URLs. `schema` is the JSON schema that the answer has to fit;
    `wants_json` asks for any JSON. `params` are fields in the protocol's own words; `save_to` is where the answer goes
    on this machine.
    """

    prompt: str
    model: str | None = None
    system: str | None = None
    images: tuple[str, ...] = ()
    video: str | None = None
    audio: str | None = None
    wants_json: bool = False
    schema: Mapping[str, object] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    save_to: str | None = None

    @property
    def sources(self) -> tuple[tuple[Medium, str], ...]:
        """Every local path or URL that goes in, and what it has to be."""
        pictures: tuple[tuple[Medium, str], ...] = tuple(("image", each) for each in self.images)
        clips: tuple[tuple[Medium, str], ...] = (("video", self.video),) if self.video else ()
        sounds: tuple[tuple[Medium, str], ...] = (("audio", self.audio),) if self.audio else ()
        return (*pictures, *clips, *sounds)

    @property
    def media(self) -> frozenset[Medium]:
        """What goes in beside text."""
        return frozenset(medium for medium, _ in self.sources)
