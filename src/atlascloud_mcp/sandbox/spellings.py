"""How the makers of models spell the same wishes: input schemas in as many dialects as the real catalogue has.

The spellings are those seen in published schemas and in the nodes and skills written for them.
"""

from collections.abc import Callable

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.draft import Draft, add_seed, choice, flag, media, objects, several
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.sound_spellings import SOUND_DIALECTS

_RATIOS = ["1:1", "3:2", "2:3", "3:4", "4:3", "9:16", "16:9", "21:9"]
_SIDES = ["1024{}1024", "1280{}720", "720{}1280", "1536{}1024", "1024{}1536", "2048{}2048"]


def input_schema(category: str, dice: Dice) -> Json:
    """An input schema of a model of that category (`text-to-image` and so on) in one of the dialects."""
    draft = Draft(dice)
    _DIALECTS[category](draft)
    return draft.schema()


def _text_to_image(draft: Draft) -> None:
    _prompt(draft)
    _picture_size(draft)
    _count(draft)
    _extras(draft, "image")


def _image_to_image(draft: Draft) -> None:
    _pictures(draft)
    _prompt(draft)
    if draft.dice.chance(0.3):
        draft.add(draft.dice.choice(["mask_image", "mask"]), media("image", "Where the edit applies."))
    if draft.dice.chance(0.6):
        _picture_size(draft)
    _count(draft)
    _extras(draft, "image")


def _image_tools(draft: Draft) -> None:
    _pictures(draft)
    draft.add(*draft.dice.choice(_TOOL_FIELDS))
    if draft.dice.chance(0.5):
        draft.add("output_format", choice(["jpeg", "png", "webp"]))


def _text_to_video(draft: Draft) -> None:
    _prompt(draft, shots=True)
    _film(draft)
    _extras(draft, "video")


def _image_to_video(draft: Draft) -> None:
    first = draft.dice.choice(["image", "image", "image_url", "first_frame_image", "start_image", "input_image"])
    last = draft.dice.choice(["", "end_image", "last_image", "end_frame_image", "last_frame_image"])
    draft.add(first, media("image", "The picture that the clip starts from."), required=True)
    if last:
        draft.add(last, media("image", "The picture that the clip ends on."))
    _prompt(draft, required=draft.dice.chance(0.5))
    _film(draft)
    _extras(draft, "video")


def _reference_to_video(draft: Draft) -> None:
    _prompt(draft)
    name, schema = draft.dice.choice(_REFERENCES)
    draft.add(name, schema, required=True)
    if draft.dice.chance(0.4):
        draft.add("reference_videos", several("video", 3))
        draft.add(draft.dice.choice(["reference_audios", "reference_audio"]), several("audio", 3))
    _film(draft)
    _extras(draft, "video")


def _video_to_video(draft: Draft) -> None:
    name = draft.dice.choice(["video", "video_url", "videos", "video_clips"])
    source = several("video", 2) if name in ("videos", "video_clips") else media("video", "The clip to start from.")
    draft.add(name, source, required=True)
    _prompt(draft, required=draft.dice.chance(0.6))
    if draft.dice.chance(0.4):
        draft.add("images", several("image", 4))
    _extras(draft, "video")


def _audio_to_video(draft: Draft) -> None:
    draft.add(draft.dice.choice(["audio", "audio_url", "input_audio"]), media("audio", "The voice."), required=True)
    draft.add(draft.dice.choice(["image", "image_url", "frontal_image"]), media("image", "The face."), required=True)
    _prompt(draft, required=False)
    draft.add("resolution", choice(["480p", "720p"]))


def _to_3d(draft: Draft) -> None:
    draft.add(draft.dice.choice(["format", "output_format"]), choice(["GLB", "OBJ", "STL", "USDZ"]))
    if draft.dice.chance(0.5):
        draft.add("face_limit", {"type": "integer", "minimum": 1000, "maximum": 500_000})
    if draft.dice.chance(0.5):
        draft.add("enable_pbr", flag("Make materials for physically based rendering.", on=False))
    add_seed(draft)


def _text_to_3d(draft: Draft) -> None:
    _prompt(draft)
    _to_3d(draft)


def _image_to_3d(draft: Draft) -> None:
    _pictures(draft)
    _to_3d(draft)


def _prompt(draft: Draft, *, required: bool = True, shots: bool = False) -> None:
    dice = draft.dice
    words: Json = {"type": "string", "description": "Text that tells the model what to make."}
    if dice.chance(0.3):
        words["maxLength"] = dice.choice([500, 1024, 2500, 5000])
    name = dice.choice(["prompt", "prompt", "prompt", "prompt", "prompt", "text", "text_prompt", "user_prompt"])
    if shots and dice.chance(0.12):
        shot: Json = {"type": "object", "properties": {"prompt": words, "duration": {"type": "integer", "minimum": 1}}}
        items = words if dice.chance(0.5) else {**shot, "required": ["prompt"]}
        words = {
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": 6,
            "description": "One entry for each shot.",
        }
        name = "prompt"
    draft.add(name, words, required=required)


def _pictures(draft: Draft) -> None:
    single = draft.dice.choice(["image", "image", "image_url", "input_image", "init_image", "source_image"])
    many = draft.dice.choice(["images", "images", "image_urls", "reference_images", "reference_image_urls"])
    if draft.dice.chance(0.5):
        draft.add(single, media("image", "The picture to start from."), required=True)
    else:
        draft.add(many, several("image", draft.dice.choice([3, 4, 10, 14])), required=True)


def _picture_size(draft: Draft) -> None:
    dice = draft.dice
    match dice.whole(0, 8):
        case 0 | 1:
            draft.add("size", {"type": "string", "description": "WIDTH*HEIGHT in pixels.", "default": "1024*1024"})
        case 2:
            draft.add("size", choice([each.format("*") for each in _SIDES]))
        case 3:
            draft.add("size", choice([each.format("x") for each in _SIDES]))
        case 4:
            for name in ("width", "height"):
                draft.add(name, {"type": "integer", "minimum": 256, "maximum": 2048, "default": 1024})
        case 5:
            draft.add(dice.choice(["aspect_ratio", "ratio"]), choice(_RATIOS))
        case 6:
            draft.add("aspect_ratio", choice([*_RATIOS, "auto"], default="auto"))
            classes = dice.choice([["1k", "2k", "4k"], ["1K", "2K"], ["0.5k", "1k", "2k"], ["720p", "1080p"]])
            draft.add("resolution", choice(classes))
        case 7:
            draft.add("image_size", choice([each.format("x") for each in _SIDES[:3]]))
        case _:
            draft.add("size", {**choice(["1K", "2K", "4K"]), "description": "Class of the picture's size."})
            draft.add("ratio", choice(_RATIOS))


def _film(draft: Draft) -> None:
    dice = draft.dice
    draft.add(*dice.choice(_LENGTHS))
    for name, schema in dice.choice(_FRAMES):
        draft.add(name, schema)
    sound = dice.choice(["", "generate_audio", "audio", "sound", "audio_url"])
    if sound == "audio_url":
        draft.add(sound, media("audio", "A sound track."))
    elif sound:
        draft.add(sound, flag("Make a sound track.", on=dice.chance(0.5)))
    if dice.chance(0.25):
        draft.add("return_last_frame", flag("Give the last frame as a picture too.", on=False))


def _count(draft: Draft) -> None:
    name = draft.dice.choice(["", "", "num_images", "n", "max_images"])
    if name:
        draft.add(name, {"type": "integer", "minimum": 1, "maximum": draft.dice.choice([4, 8, 15]), "default": 1})


def _extras(draft: Draft, kind: str) -> None:
    dice = draft.dice
    add_seed(draft)
    if dice.chance(0.4):
        draft.add("negative_prompt", {"type": "string", "description": "What is not to be seen."})
    if dice.chance(0.25):
        name = dice.choice(["guidance_scale", "cfg_scale", "guidance"])
        draft.add(name, {"type": "number", "minimum": 0, "maximum": 20, "default": 3.5})
    if dice.chance(0.3):
        name = dice.choice(["enable_prompt_expansion", "prompt_extend", "enhance_prompt"])
        draft.add(name, flag("Rewrite the prompt.", on=False))
    if kind == "image" and dice.chance(0.5):
        name = dice.choice(["output_format", "output_format", "format"])
        draft.add(name, choice(dice.choice([["png", "jpeg", "webp"], ["jpg", "png"], ["default", "png", "jpeg"]])))
    if kind == "image" and dice.chance(0.3):
        draft.add("enable_base64_output", flag("Answer with the data instead of an address.", on=False))


_TOOL_FIELDS: list[tuple[str, Json]] = [
    ("scale", {"type": "integer", "enum": [2, 4], "default": 2}),
    ("target_resolution", choice(["2k", "4k"])),
    ("background", choice(["transparent", "white"])),
]
_LENGTHS: list[tuple[str, Json]] = [
    ("duration", {**choice([5, 10]), "type": "integer"}),
    ("duration", {"type": "integer", "minimum": 2, "maximum": 8, "default": 5}),
    ("duration", {"type": "integer", "minimum": 3, "maximum": 15, "default": 5}),
    ("duration", {**choice([-1, 4, 5, 8, 12], default=5), "type": "integer"}),
    ("duration", choice(["5", "10"])),
    ("duration", choice(["4s", "6s", "8s"])),
    ("seconds", {"type": "number", "minimum": 1, "maximum": 10, "default": 5}),
]
_FRAMES: list[list[tuple[str, Json]]] = [
    [("size", choice(["832*480", "480*832", "1280*720", "720*1280"]))],
    [("resolution", choice(["480p", "720p", "1080p"], default="720p"))],
    [
        ("ratio", choice(["16:9", "9:16", "1:1", "adaptive"])),
        ("resolution", choice(["480p", "720p", "720p-SR"], default="720p")),
    ],
    [("aspect_ratio", choice(["16:9", "9:16", "1:1"]))],
    [("aspect_ratio", choice(["16:9", "9:16", "4:3"])), ("resolution", choice(["540p", "720p", "4k"]))],
]
_REFERENCES: list[tuple[str, Json]] = [
    ("images", several("image", 3)),
    ("reference_images", several("image", 9)),
    ("reference_image_urls", several("image", 4)),
    ("subjects", objects({"id": {"type": "string"}, "images": several("image", 3)}, ["id", "images"], 3)),
    ("refers", objects({"url": {"type": "string"}, "type": choice(["image", "video"])}, ["url"], 4)),
]
_DIALECTS: dict[str, Callable[[Draft], None]] = {
    "text-to-image": _text_to_image,
    "image-to-image": _image_to_image,
    "image-tools": _image_tools,
    "text-to-video": _text_to_video,
    "image-to-video": _image_to_video,
    "reference-to-video": _reference_to_video,
    "video-to-video": _video_to_video,
    "audio-to-video": _audio_to_video,
    "text-to-3d": _text_to_3d,
    "image-to-3d": _image_to_3d,
    **SOUND_DIALECTS,
}
