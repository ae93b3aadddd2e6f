"""One model of the catalogue, as the sandbox sees it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Json = dict[str, Any]

Kind = Literal["image", "video", "mesh", "audio", "text"]
SoundTask = Literal["speech", "music", "sound", "lyrics", "transcript"]

_KINDS: Mapping[str, Kind] = {"Image": "image", "Video": "video", "Audio": "audio", "Text": "text"}
_SOUND_TASKS: tuple[tuple[str, SoundTask], ...] = (
    ("speech-to-text|audio-to-text|asr|stt|transcri(be|ber|ption)", "transcript"),
    ("text-to-speech|tts|speech|voice", "speech"),
    ("text-to-audio|sound-effects?|audio", "sound"),
)
_UNITS: Mapping[str, str] = {"image": "image", "video": "second", "speech": "1k_chars", "transcript": "minute"}


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """An entry of the catalogue and what stands behind it; equal to itself alone.

    `wire` is the entry of GET /api/v1/models but for its schema's address. `input` is the JSON Schema of a submit,
    None where none is published; `parts` are what it refers to by name. `unit` is what the base price is for, where
    the entry itself does not say. `names_wrong_route`: its document has the mistake that some real ones have.
    `is_billed_by_tokens`: what it costs is known when it is made, and a quote is an estimate. `is_unroutable`: it is
    listed, and nobody answers for it.
    """

    wire: Json
    unit: str | None = None
    input: Json | None = None
    parts: Json = field(default_factory=dict[str, Any])
    names_wrong_route: bool = False
    is_billed_by_tokens: bool = False
    is_unroutable: bool = False

    @property
    def id(self) -> str:
        """The id that a submit names."""
        return str(self.wire["model"])

    @property
    def kind(self) -> Kind:
        """What it makes. A mesh is of type Image, as Atlas Cloud has it."""
        return "mesh" if self.has_category("3d") else _KINDS[self.wire["type"]]

    @property
    def usable(self) -> bool:
        """Whether it takes submits: all but the internal ones do."""
        return self.wire.get("display_console") is not False

    @property
    def edits(self) -> bool:
        """Whether it makes its picture from another one."""
        return self.has_category("image-to-image") or self.has_category("image-tools")

    @property
    def is_tagged_music(self) -> bool:
        """Whether a tag calls it music, under whatever category it is filed."""
        return any("music" in each.lower() for each in self._words("tags"))

    @property
    def sound_task(self) -> SoundTask:
        """What an audio model does. Lyrics and music are filed under speech, or even under transcripts."""
        if "lyrics" in self.id.lower():
            return "lyrics"
        if self.is_tagged_music or self.has_category("music") or _says("music|songs?", self.id):
            return "music"
        for said in (*self._words("categories"), *self._words("tags"), self.id):
            for names, task in _SOUND_TASKS:
                if _says(names, said):
                    return task
        return "speech"

    @property
    def endpoint(self) -> str | None:
        """The last part of its submit route; None for text models, which have another API."""
        if self.kind == "text":
            return None
        return f"generate{'Image' if self.kind == 'mesh' else self.kind.capitalize()}"

    @property
    def base_price(self) -> Decimal | None:
        """In USD, for one unit; None where the catalogue names none."""
        base = self._actual.get("base_price")
        return None if base is None else Decimal(base)

    @property
    def price_unit(self) -> str:
        """What the base price is for; where nobody says, what is usual for its kind, and one run of all else."""
        usual = _UNITS.get(self.sound_task if self.kind == "audio" else self.kind, "generation")
        return self._actual.get("unit") or self.unit or usual

    @property
    def discount(self) -> int:
        """The share of the list price that is paid, in percent."""
        price: Json = self.wire.get("price") or {}
        return int(price.get("discount", 100))

    @property
    def _actual(self) -> Json:
        price: Json = self.wire.get("price") or {}
        return price.get("actual", {})

    def has_category(self, word: str) -> bool:
        """Whether one of its categories has that word in it, however it is spelled."""
        return any(word in each.lower().replace("_", "-") for each in self._words("categories"))

    def _words(self, key: str) -> list[str]:
        return self.wire.get(key) or []


def _says(names: str, text: str) -> bool:
    return re.search(rf"(^|[/_.-])({names})($|[/_.-])", text.lower().replace("_", "-")) is not None
