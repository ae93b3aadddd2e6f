"""The fields of a model's schema by what they are for: no model is known by name here.

The names are those of the published schemas and of working clients (the vendor's MCP server 1.7.0 and ComfyUI nodes).
"""

import re
from collections.abc import Mapping
from functools import cached_property

from atlascloud_mcp.atlas.schema import InputSchema
from atlascloud_mcp.jobs.parameters.fields import Field, number_in, words_of
from atlascloud_mcp.jobs.parameters.media import media_of, recording
from atlascloud_mcp.jobs.request import MESH_FORMATS

NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "text", "text_prompt", "user_prompt", "prompts", "positive_prompt", "prompt_text"),
    "negative_prompt": ("negative_prompt", "negative_text", "neg_prompt", "negative_prompts"),
    "count": (
        *("num_images", "n", "num_outputs", "number_of_images", "image_count", "images_count", "num_results"),
        *("max_images", "num_samples", "batch_size", "count", "num_videos", "number_of_videos", "sample_count"),
        *("samples", "images_num", "image_num", "num_generations", "number_of_outputs", "number_results"),
        "num_images_per_prompt",
    ),
    "seed": ("seed", "random_seed", "noise_seed"),
    "steps": (
        *("num_inference_steps", "steps", "inference_steps", "num_steps", "sampling_steps", "infer_steps"),
        *("sample_steps", "denoising_steps", "steps_num"),
    ),
    "guidance_scale": (
        *("guidance_scale", "cfg_scale", "guidance", "cfg", "prompt_guidance", "true_cfg_scale", "guide_scale"),
        *("guidance_strength", "cfg_strength", "cfgscale"),
    ),
    "duration_seconds": (
        *("duration", "duration_seconds", "seconds", "video_duration", "length", "length_seconds", "video_length"),
        *("clip_duration", "num_seconds", "duration_s", "extend_duration", "duration_sec", "output_duration"),
        *("audio_duration", "audio_length", "music_length", "music_duration", "seconds_total", "song_duration"),
    ),
    "width": ("width", "image_width", "video_width", "output_width"),
    "height": ("height", "image_height", "video_height", "output_height"),
    "extent": (
        *("size", "image_size", "video_size", "output_size", "dimensions", "frame_size", "aspect_ratio", "ratio"),
        *("image_ratio", "image_aspect_ratio", "video_aspect_ratio", "orientation", "resolution", "image_resolution"),
        *("video_resolution", "output_resolution", "quality", "definition", "target_resolution", "video_quality"),
    ),
    "frames": (
        "num_frames",
        "frame_count",
        "frames",
        "video_frames",
        "n_frames",
        "frame_num",
        "video_length",
        "length",
    ),
    "fps": ("fps", "frame_rate", "frames_per_second", "output_fps", "video_fps"),
}
_SPELLED = {argument: tuple("_".join(words_of(name)) for name in names) for argument, names in NAMES.items()}
FORMATS = (
    MESH_FORMATS
    | {"png", "jpg", "jpeg", "webp", "gif", "mp4", "webm", "mov", "zip", "avif", "svg"}
    | {"mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "pcm"}
)
_SPOKEN = frozenset({"prompt", "instruction", "caption", "description"})
_NOT_SPOKEN = frozenset({"negative", "neg", "enable", "expansion", "extend", "optimizer"})
_LONG = frozenset({"duration", "second", "length"})
_BESIDE_LONG = frozenset(
    {"in", "of", "the", "video", "clip", "total", "target", "output", "audio", "music", "song", "track", "sound"}
)
_SWITCHED = frozenset(
    (
        *("generate", "generated", "generation", "enable", "enabled", "native", "effect", "switch"),
        *("with", "has", "include", "add"),
    )
)
KEEPING = frozenset({"keep", "preserve", "retain", "original", "copy"})
"""What a switch is called that leaves the sound of a clip as it is."""
# What a switch is about: one of the first words, and nothing but them and the second ones.
_SWITCHES: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "sound": (frozenset({"audio", "sound"}), _SWITCHED | KEEPING),
    "music": (frozenset({"bgm", "music"}), _SWITCHED | {"background"}),
    "silence": (
        frozenset({"mute", "muted", "silent", "remove", "strip", "disable", "no"}),
        frozenset({"audio", "sound"}),
    ),
}
_PLAIN_ADDRESS = frozenset(
    {"url", "uri", "file", "media", "source", "input", "link", "path", "cloud", "storage", "content", "upload", "list"}
)
_OTHER_UNITS = re.compile(r"\b(milliseconds?|minutes?|bars|beats|tokens|samples)\b|\bin ms\b")
MANY_SECONDS = 60  # a length that is more by default is counted in frames


class Layout:
    """The fields of a schema, by what they are for; one that `hears` is of a model that takes a recording."""

    def __init__(self, schema: InputSchema, *, hears: bool = False) -> None:
        self.schema = schema
        self.fields = {
            name: Field(name, properties, name in schema.required) for name, properties in schema.properties.items()
        }
        self.media = tuple(found for field in self.fields.values() for found in media_of(field))
        if hears and all(found.medium != "audio" for found in self.media):
            # `file_url` says of what only where it can be nothing else.
            plain = (field for name, field in self.fields.items() if _PLAIN_ADDRESS.issuperset(words_of(name)))
            texts = (field for field in plain if (field.items or field).types <= {"string"})
            self.media += tuple(recording(field) for field in texts)[:1]
        self._media_names = {found.field.name for found in self.media}
        self._by_words = {"_".join(words_of(name)): field for name, field in reversed(self.fields.items())}

    def named(self, argument: str, *types: str) -> Field | None:
        """The field for an argument of the vocabulary: the first known name whose type fits."""
        return next(iter(self.all_named(argument, *types)), None)

    def all_named(self, argument: str, *types: str) -> list[Field]:
        """All fields that have a known name for an argument and a type that fits."""
        found = dict.fromkeys(self._by_words.get(spelled) for spelled in _SPELLED[argument])
        return [
            field
            for field in found
            if field and field.name not in self._media_names and (not types or field.types & set(types))
        ]

    @cached_property
    def seconds(self) -> Field | None:
        """How long a clip is, in seconds: a known name, else the only number that is called so."""
        known = self.all_named("duration_seconds", "integer", "number", "string")
        others = [
            field
            for name, field in self.fields.items()
            if (words := set(words_of(name))) & _LONG
            and words <= _LONG | _BESIDE_LONG
            and field.types & {"integer", "number"}
        ]
        found = [field for field in known or others[: len(others) == 1] if not _is_frames(field)]
        return next((field for field in found if not field.options or any(map(_is_length, field.options))), None)

    @cached_property
    def frames(self) -> Field | None:
        """How long a clip is, in frames."""
        found = self.all_named("frames", "integer", "number", "string")
        counted = (each for each in found if each.types & {"integer", "number"} or any(map(_is_length, each.options)))
        return next((field for field in counted if field is not self.seconds), None)

    def switches(self, argument: str) -> list[Field]:
        """Fields that turn sound, music or silence on, or have a word for it; what keeps a clip's sound comes last."""
        found = [
            field
            for name, field in self.fields.items()
            if switched(name) == argument
            and ("boolean" in field.types or any(str(option).strip().lower() in _ON_OFF for option in field.options))
        ]
        return sorted(found, key=lambda field: bool(KEEPING & set(words_of(field.name))))

    @property
    def formats(self) -> list[Field]:
        """The fields that choose a file format: those that list some, then free ones that are called so."""
        found: list[Field] = []
        for name, field in self.fields.items():
            options, words = (field.items or field).options, words_of(name)
            is_listing = any(str(option).lower().partition("_")[0] in FORMATS for option in options)
            is_free = not options and field.types == frozenset({"string"}) and "response" not in words
            if words[-1:] in {("format",), ("type",), ("codec",), ("encoding",)} and is_listing:
                found.insert(0, field)
            elif words[-1:] == ("format",) and is_free:
                found.append(field)
        return found

    @cached_property
    def prompt(self) -> Field | None:
        """Where the words go: a known name, else the free text that is most plainly a prompt or an instruction."""
        if field := self.named("prompt", "string", "array"):
            return field

        def rank(field: Field) -> tuple[bool, bool, int]:
            words = words_of(field.name)
            return not field.is_required, not {"prompt", "instruction"} & set(words), len(words)

        found = sorted(self.spoken, key=rank)
        return found[0] if len(found) == 1 or (found and rank(found[0]) < rank(found[1])) else None

    @cached_property
    def spoken(self) -> list[Field]:
        """Free texts that may be where the words go, and lists of shots that have words of their own."""
        texts = [
            field
            for name, field in self.fields.items()
            if (words := set(words_of(name))) & _SPOKEN
            and not words & _NOT_SPOKEN
            and "string" in field.types
            and not field.options
            and name not in self._media_names
        ]
        return texts or [field for field in self.fields.values() if field.items and "prompt" in field.items.members]


_ON_OFF = frozenset({"on", "true", "yes", "enabled", "enable", "off", "false", "no", "none", "disabled"})


def switched(name: str) -> str | None:
    """What a field of this name would turn on or off: `sound`, `music`, `silence`."""
    words = set(words_of(name))
    return next((of for of, (about, beside) in _SWITCHES.items() if words & about and words <= about | beside), None)


def speaks_of(name: str) -> str | None:
    """The argument of the vocabulary that a field of this name is about."""
    spelled = "_".join(words_of(name))
    return next((argument for argument, names in _SPELLED.items() if spelled in names), switched(name))


def _is_length(option: object) -> bool:
    return number_in(option) is not None


def _is_frames(field: Field) -> bool:
    """Whether a length is counted in frames, or in something else that is no second."""
    text = f"{' '.join(words_of(field.name))} {field.description}".lower()
    if re.search(r"\bin frames|\bframes? to generate", text):
        return True
    if re.search(r"\bseconds?\b", text):
        return False
    if _OTHER_UNITS.search(text):
        return True
    is_counted = re.search(r"number of frames|frame count", text) is not None
    return is_counted or ("duration" not in text and (number_in(field.default) or 0) > MANY_SECONDS)
