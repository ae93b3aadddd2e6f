"""The fields of a model's schema by what they are for: no model is known by name here.

The names are those of the published schemas and of working clients (the vendor's MCP server 1.7.0 and ComfyUI nodes).
"""

from collections.abc import Mapping

from atlascloud_mcp.atlas.schema import InputSchema
from atlascloud_mcp.jobs.parameters.fields import Field, words_of
from atlascloud_mcp.jobs.parameters.media import media_field
from atlascloud_mcp.jobs.request import MESH_FORMATS, Request

NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": ("prompt", "text", "text_prompt", "user_prompt", "prompts", "positive_prompt", "prompt_text"),
    "negative_prompt": ("negative_prompt", "negative_text", "neg_prompt", "negative_prompts"),
    "count": (
        *("num_images", "n", "num_outputs", "number_of_images", "image_count", "images_count", "num_results"),
        *("max_images", "num_samples", "batch_size", "count", "num_videos", "number_of_videos", "sample_count"),
        *("samples", "images_num", "image_num", "num_generations"),
    ),
    "seed": ("seed", "random_seed", "noise_seed"),
    "steps": (
        *("num_inference_steps", "steps", "inference_steps", "num_steps", "sampling_steps", "infer_steps"),
        *("sample_steps", "denoising_steps"),
    ),
    "guidance_scale": (
        *("guidance_scale", "cfg_scale", "guidance", "cfg", "prompt_guidance", "true_cfg_scale", "guide_scale"),
        *("guidance_strength", "cfg_strength"),
    ),
    "duration_seconds": (
        *("duration", "duration_seconds", "seconds", "video_duration", "length", "length_seconds", "video_length"),
        *("clip_duration", "num_seconds", "duration_s", "extend_duration", "duration_sec", "output_duration"),
    ),
    "sound": (
        *("generate_audio", "sound", "with_audio", "enable_audio", "audio", "enable_sound", "native_audio"),
        *("generate_sound", "has_audio", "with_sound", "audio_generation", "generate_audio_switch", "audio_enabled"),
        *("include_audio", "add_audio", "sound_effects", "keep_original_sound", "keep_audio", "keep_original_audio"),
    ),
    "music": ("bgm", "background_music", "add_bgm", "enable_bgm", "with_music"),
    "silence": ("mute", "muted", "no_audio", "silent", "disable_audio"),
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
FORMATS = MESH_FORMATS | {"png", "jpg", "jpeg", "webp", "gif", "mp4", "webm", "mov", "zip", "avif", "svg"}
_SPOKEN = frozenset({"prompt", "instruction", "caption", "description"})


class Layout:
    """The fields of a schema, by what they are for."""

    def __init__(self, schema: InputSchema) -> None:
        self.schema = schema
        self.fields = {
            name: Field(name, properties, name in schema.required) for name, properties in schema.properties.items()
        }
        self.media = tuple(found for field in self.fields.values() if (found := media_field(field)))
        self._media_names = {found.field.name for found in self.media}
        self._by_words = {"_".join(words_of(name)): field for name, field in reversed(self.fields.items())}

    def named(self, argument: str, *types: str) -> Field | None:
        """The field for an argument of the vocabulary: the first known name whose type fits."""
        return next(iter(self.all_named(argument, *types)), None)

    def all_named(self, argument: str, *types: str) -> list[Field]:
        """All fields that have a known name for an argument and a type that fits."""
        found = [self._by_words.get("_".join(words_of(name))) for name in NAMES[argument]]
        return [
            field
            for field in dict.fromkeys(found)
            if field
            and (field.name not in self._media_names or (argument == "sound" and "boolean" in field.types))
            and (not types or field.types & set(types))
        ]

    @property
    def formats(self) -> list[Field]:
        """The fields that choose a file format: those that list some, then free ones that are called so."""
        found: list[Field] = []
        for name, field in self.fields.items():
            options, words = (field.items or field).options, words_of(name)
            is_listing = any(str(option).lower() in FORMATS for option in options)
            is_free = not options and field.types == frozenset({"string"}) and "response" not in words
            if words[-1:] in {("format",), ("type",)} and is_listing:
                found.insert(0, field)
            elif words[-1:] == ("format",) and is_free:
                found.append(field)
        return found

    @property
    def prompt(self) -> Field | None:
        """Where the words go: a known name, else the only free text that is called a prompt or an instruction."""
        if field := self.named("prompt", "string", "array"):
            return field
        found = [
            field
            for name, field in self.fields.items()
            if (words := set(words_of(name))) & _SPOKEN
            and not words & {"negative", "neg", "enable", "expansion", "extend", "optimizer"}
            and "string" in field.types
            and not field.options
            and name not in self._media_names
        ]
        found.sort(key=lambda field: not field.is_required)
        return found[0] if len(found) == 1 or (found and found[0].is_required and not found[1].is_required) else None


def said_by(name: str, request: Request) -> bool:
    """Whether a field of this name is what an argument of the request is about."""
    spelled = "_".join(words_of(name))
    return any(
        spelled in {"_".join(words_of(each)) for each in names}
        for argument, names in NAMES.items()
        if getattr(request, argument, None) is not None
    )
