"""What a caller may ask for, before anything is known about the model."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from atlascloud_mcp.atlas.values import file_name

Tool = Literal["generate_image", "generate_video", "generate_audio", "transcribe_audio"]
"""The tools that submit jobs."""
AudioKind = Literal["speech", "music", "lyrics", "transcript"]
"""What a job of an audio model is for."""

_ALL = frozenset({"prompt", "model", "save_to"})
_SEEN = _ALL | {"images", "aspect_ratio", "resolution", "seed", "negative_prompt"}
ARGUMENTS: Mapping[Tool, frozenset[str]] = {
    "generate_image": _SEEN | {"mask", "width", "height", "count", "steps", "guidance_scale", "output_format"},
    "generate_video": _SEEN | {"first_frame", "last_frame", "video", "audio", "duration_seconds", "sound"},
    "generate_audio": _ALL
    | {"kind", "voice", "language", "speed", "lyrics", "instrumental", "audio", "video", "duration_seconds"},
    "transcribe_audio": _ALL - {"prompt"} | {"audio", "language", "speakers"},
}
"""What each tool takes."""
MESH_FORMATS = frozenset({"glb", "gltf", "obj", "fbx", "stl", "usdz", "ply"})


@dataclass(frozen=True, slots=True)
class Request:
    """A picture, a mesh, a clip, sound or a text about it. None means that the caller said nothing: nothing is sent.

    `type` is what the tool makes, as Atlas Cloud sorts its models: a mesh is an image, lyrics and transcripts are
    audio. `images`, `mask`, the frames, `video` and `audio` are local paths or URLs. `sound` is whether the clip has a
    sound track, `speed` of speech is 1 where it is usual. `params` are fields in the model's own words; `save_to` is
    where the result goes on this machine. `new` asks for another job even where an equal one has reached nobody.
    """

    type: Literal["image", "video", "audio"] = "image"
    kind: AudioKind | None = None
    prompt: str | None = None
    model: str | None = None
    images: tuple[str, ...] = ()
    mask: str | None = None
    first_frame: str | None = None
    last_frame: str | None = None
    video: str | None = None
    audio: str | None = None
    width: int | None = None
    height: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    duration_seconds: float | None = None
    sound: bool | None = None
    voice: str | None = None
    language: str | None = None
    speed: float | None = None
    lyrics: str | None = None
    instrumental: bool | None = None
    speakers: bool | None = None
    count: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    seed: int | None = None
    negative_prompt: str | None = None
    output_format: str | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    save_to: str | None = None
    new: bool = False

    @property
    def tool(self) -> Tool:
        """Whose arguments these are."""
        if self.type == "audio":
            return "transcribe_audio" if self.kind == "transcript" else "generate_audio"
        return "generate_video" if self.type == "video" else "generate_image"

    @property
    def wanted_kind(self) -> AudioKind | None:
        """What a job of an audio model is for, as far as it was said; None where the model that was named tells."""
        if self.kind or self.type != "audio" or self.model:
            return self.kind
        if self.lyrics or self.instrumental is not None:
            return "music"
        return "speech" if self.voice or self.language or self.speed else None

    @property
    def pictures(self) -> tuple[str, ...]:
        """Every picture that goes in."""
        return tuple(filter(None, (*self.images, self.first_frame, self.last_frame, self.mask)))

    @property
    def pattern(self) -> str | None:
        """What the result is shaped like if nobody says otherwise: the picture to edit, the first frame, the clip."""
        if self.type == "image":
            return next(iter(self.images), None)
        return self.first_frame or self.video if self.type == "video" else None

    @property
    def of(self) -> str:
        """The name of the first file that goes in; empty where that is an address without one."""
        source = next(iter(self.sources), "")
        return file_name(source) if is_url(source) else re.split(r"[/\\]", source)[-1]

    @property
    def sources(self) -> tuple[str, ...]:
        """Every local path or URL that goes in."""
        return tuple(filter(None, (*self.pictures, self.video, self.audio)))

    @property
    def possible_paths(self) -> tuple[str, ...]:
        """Texts in `params` that may turn out to be local paths once the model's fields are known."""
        return tuple(text for value in self.params.values() for text in texts_in(value))

    @property
    def named_format(self) -> str | None:
        """The format that was asked for, by `output_format` or by the suffix of `save_to`, in lower case."""
        if self.output_format:
            return self.output_format.lower()
        name = (self.save_to or "").replace("\\", "/").rpartition("/")[2]
        return name.rpartition(".")[2].lower() if "." in name[1:] else None

    @property
    def wants_mesh(self) -> bool:
        """Whether a mesh is asked for by its format."""
        return self.type == "image" and self.named_format in MESH_FORMATS


def is_url(source: str) -> bool:
    """Whether a source is already an address."""
    return source.lower().startswith(("http://", "https://"))


def texts_in(value: object) -> tuple[str, ...]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        return (value,)
    inner: Iterable[object] = ()
    if isinstance(value, list):
        inner = cast("list[object]", value)
    elif isinstance(value, dict):
        inner = cast("dict[str, object]", value).values()
    return tuple(text for item in inner for text in texts_in(item))
