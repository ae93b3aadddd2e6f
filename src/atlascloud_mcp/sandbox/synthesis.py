"""Invented models, the same ones every time: a catalogue as long and as untidy as the real one.

Organisations and families exist nowhere, so that the name of a real family never means one of them. The untidiness
has all been met: spellings of categories, missing keys and nulls, prices with and without a unit, names that differ
in punctuation alone, siblings with other fields.
"""

from collections.abc import Iterator
from uuid import UUID

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.spellings import input_schema
from atlascloud_mcp.sandbox.talkers import talkers

_ORGANISATIONS = (
    ("copperfern", "Copperfern"),
    ("northpier", "North Pier"),
    ("Tesselwright", "Tesselwright"),
    ("papercrane-ai", "Paper Crane"),
    ("mossglow", "Mossglow"),
    ("Quillmere-Labs", "Quillmere Labs"),
    ("obsidianloom", "Obsidian Loom"),
    ("kitewright", "Kitewright"),
    ("driftglass", "Driftglass"),
    ("emberloft", "Emberloft"),
    ("saltmarsh-ai", "Saltmarsh"),
    ("birchlantern", "Birch Lantern"),
)
_FAMILIES = {
    "Image": ("gouachely", "inkwell", "stencilry", "fresco-mini", "tintypist", "marbler", "etchling", "vellumix"),
    "Video": (
        "reelwind",
        "flickerbook",
        "zoetroper",
        "dollyrig",
        "cinelark",
        "frameweaver",
        "panoramist",
        "lanternshow",
    ),
    "3D": ("clayspin", "voxelsmith", "lathework"),
    "Audio": ("chimewright", "murmuration", "songbarrow", "scribear"),
    "Text": ("thicket", "ponderal", "logrunner", "wordmill", "marginalia"),
}
_TASKS = {
    "Image": ("text-to-image", "text-to-image", "text-to-image", "image-to-image", "image-to-image", "image-tools"),
    "Video": (
        "text-to-video",
        "text-to-video",
        "image-to-video",
        "image-to-video",
        "reference-to-video",
        "video-to-video",
        "audio-to-video",
    ),
    "3D": ("text-to-3d", "image-to-3d"),
    "Audio": (
        "text-to-speech",
        "text-to-speech",
        "text-to-speech",
        "text-to-music",
        "text-to-music",
        "text-to-audio",
        "text-to-lyrics",
        "speech-to-text",
        "speech-to-text",
    ),
    "Text": ("llm",),
}
_WAYS = {"image-to-image": "edit", "image-tools": "upscale", "audio-to-video": "avatar", "video-to-video": "video-edit"}
# What else the last part of an audio model's id may be; none of it for some.
_SOUND_WAYS = {
    "text-to-speech": ("text-to-speech", "text-to-speech", "tts", "speech"),
    "text-to-music": ("", "", "music", "text-to-music", "music-generation"),
    "text-to-audio": ("text-to-audio", "sound-effects"),
    "text-to-lyrics": ("lyrics", "lyrics-generation"),
    "speech-to-text": ("speech-to-text", "transcribe", "asr"),
}
# Where the catalogue files what has no category of its own, and the tags that tell it.
_SHELVES: dict[str, tuple[tuple[str, list[str] | None], ...]] = {
    "text-to-music": (
        ("text-to-speech", ["MUSIC", "TEXT_TO_MUSIC"]),
        ("text-to-speech", ["MUSIC"]),
        ("text-to-audio", ["TEXT_TO_MUSIC"]),
        ("speech-to-text", ["MUSIC", "TEXT_TO_MUSIC"]),
    ),
    "text-to-lyrics": (("text-to-audio", ["MUSIC"]), ("text-to-speech", None)),
}
_SORTS = ("Image",) * 7 + ("Video",) * 8 + ("3D",) + ("Audio",) * 2 + ("Text",) * 4
_BASES = {"Image": (3, 90), "Video": (20, 300), "3D": (20, 400), "Audio": (5, 150)}  # thousandths of a dollar
_UNITS = {"Image": "image", "Video": "second", "3D": "generation", "Audio": "generation"}
_SOUND_UNITS = {"text-to-speech": "1k_chars", "text-to-audio": "minute", "speech-to-text": "minute"}


def invented_models(count: int) -> tuple[Model, ...]:
    """That many models with different ids, names and schema addresses; the traps made by hand are the first."""
    found = {_address(model.id): model for model in _traps()}
    names = {str(model.wire["displayName"]).casefold() for model in found.values()}
    for model in _endless():
        if len(found) >= count:
            break
        name = str(model.wire["displayName"]).casefold()
        if _address(model.id) not in found and name not in names:
            found[_address(model.id)] = model
            names.add(name)
    return tuple(found.values())[:count]


def _address(model_id: str) -> str:
    return model_id.replace("/", "-").casefold()


def _endless() -> Iterator[Model]:
    number = 0
    while True:
        number += 1
        dice = Dice(f"invented model {number}")
        sort = dice.choice(_SORTS)
        yield _text_model(dice) if sort == "Text" else _media_model(dice, sort)


def _media_model(dice: Dice, sort: str) -> Model:
    organisation = dice.choice(_ORGANISATIONS)
    task = dice.choice(_TASKS[sort])
    family = f"{dice.choice(_FAMILIES[sort])}-{dice.choice(('1', '1.5', '2', '2.6', 'v3', 'v4.1', 'xl'))}"
    tier = dice.choice(("", "", "", "-fast", "-pro", "-ultra", "-20260415", "-20251128"))
    suffix = dice.choice(("", "", "", "", "-developer", {"Image": "-lora", "Audio": "-turbo"}.get(sort, "-spicy")))
    way = dice.choice(_SOUND_WAYS[task]) if sort == "Audio" else _WAYS.get(task, task)
    model_id = f"{organisation[0]}/{family}{tier}/{way}{suffix}".replace("/-", "-").removesuffix("/")
    if dice.chance(0.06):
        model_id = "/".join(part.title() for part in model_id.split("/"))
    wire = _entry(dice, model_id, organisation[1], sort, task)
    if dice.chance(0.05):
        return Model(wire)
    schema, parts = _roughened(input_schema(task, dice), dice)
    return Model(wire, input=schema, parts=parts, names_wrong_route=dice.chance(0.03))


def _entry(dice: Dice, model_id: str, organisation: str, sort: str, task: str) -> Json:
    """The entry of a media model, with what is missing or odd in some of the real ones."""
    shelf, told = dice.choice(_SHELVES[task]) if task in _SHELVES else (task, None)
    category = shelf.upper() if dice.chance(0.7) else shelf.upper().replace("-", "_")
    seconds = round(dice.uniform(2, 20 if sort == "Image" else 180), 1)
    wire: Json = {
        "uuid": _uuid(dice),
        "model": model_id,
        "type": "Image" if sort == "3D" else sort,
        "displayName": _name_of(model_id),
        "profile": f"An invented {task.replace('-', ' ')} model by {organisation}.",
        "organization": organisation,
        "familyName": model_id.split("/")[1],
        "categories": None if dice.chance(0.04) and sort != "3D" else [category],
        "tags": told or dice.choice([[category], [category], ["NEW", category], [], None]),
        "price": _price(dice, sort, _SOUND_UNITS.get(task, _UNITS[sort])),
        "avgLatency": str(seconds) if dice.chance(0.3) else seconds,
        "readme": None,
        "display_console": not dice.chance(0.04),
    }
    if dice.chance(0.08):
        del wire["display_console"]
    return wire


def _price(dice: Dice, sort: str, named: str) -> Json | None:
    if dice.chance(0.12):
        return None
    low, high = _BASES[sort]
    thousandths = dice.whole(low, high)
    unit: Json = {"unit": named} if dice.chance(0.45) else {}
    actual: Json = {"base_price": _dollars(thousandths), **unit}
    if dice.chance(0.2):
        discount = dice.choice([50, 80, 90])
        origin: Json = {"base_price": _dollars(thousandths * 100 / discount), **unit}
        return {"discount": str(discount), "actual": actual, "origin": origin}
    return {"discount": "100", "actual": actual} if dice.chance(0.3) else {"actual": actual}


def _dollars(thousandths: float) -> str:
    return f"{thousandths / 1000:.4f}".rstrip("0")


def _text_model(dice: Dice) -> Model:
    organisation = dice.choice(_ORGANISATIONS)
    size = dice.choice(("8b", "32B", "70b", "235b-a22b", "mini", "max"))
    version = dice.choice(("1", "2.5", "V3", "4"))
    family = f"{dice.choice(_FAMILIES['Text'])}-{version}"
    model_id = f"{organisation[0]}/{family}-{size}{dice.choice(('', '', '-Instruct', '-0528'))}"
    price = {"actual": {"input_price": _dollars(dice.whole(50, 900)), "output_price": _dollars(dice.whole(300, 4000))}}
    wire: Json = {
        "uuid": _uuid(dice),
        "model": model_id,
        "type": "Text",
        "displayName": _name_of(model_id),
        "organization": organisation[1],
        "familyName": family,
        "categories": ["LLM"],
        "tags": ["LLM"],
        "contextLength": dice.choice([32_768, 131_072, 262_144]),
        "maxCompletionTokens": dice.choice([8192, 32_768]),
        "supported_protocols": ["openai.chat.completions"],
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "price": None if dice.chance(0.1) else price,
        "readme": None,
        "display_console": True,
    }
    return Model(wire)


def _roughened(schema: Json, dice: Dice) -> tuple[Json, Json]:
    """The schema as untidy as some real ones, and the parts that it then refers to."""
    fields: Json = schema["properties"]
    parts: Json = {}
    if dice.chance(0.08) and "resolution" in fields:
        parts["Resolution"] = fields["resolution"]
        fields["resolution"] = {"$ref": "#/components/schemas/Resolution"}
    if dice.chance(0.15) and "seed" in fields:
        fields["seed"] = {"anyOf": [{"type": "integer", "minimum": -1}, {"type": "null"}], "default": None}
    if dice.chance(0.03):
        fields["debug_trace"] = {"type": "boolean", "default": False, "hidden": True}
    if dice.chance(0.03):
        fields["legacy_style"] = {"type": "string", "disabled": True}
    schema["x-order-properties"] = list(fields)
    return schema, parts


def _name_of(model_id: str) -> str:
    words = model_id.split("/", 1)[1].replace("/", " ").replace("-", " ").split()
    return " ".join(word if word[:1].isupper() else word.capitalize() for word in words)


def _uuid(dice: Dice) -> str:
    return str(UUID(bytes=dice.noise(16), version=4))


def _traps() -> Iterator[Model]:
    """What must not depend on chance."""
    yield _trap("papercrane-ai/aurora-paint/edit", "image-to-image", "Aurora Paint Edit", "image", display=True)
    yield _trap("mossglow/aurora_paint/edit-20260611", "image-to-image", "Aurora-Paint Edit", "images", display=True)
    yield _trap(
        "driftglass/tidereel-flash/image-to-video", "image-to-video", "Tidereel Flash I2V", "image", display=True
    )
    yield _trap(
        "driftglass/tidereel-flash/image-to-video-developer",
        "image-to-video",
        "Tidereel Flash I2V Developer",
        "images",
        display=True,
    )
    yield _trap(
        "Quillmere-Labs/Inkhorn-XL-20260803/Text-To-Image", "text-to-image", "Inkhorn XL 20260803", "", display=None
    )
    yield _trap("northpier/harbourlight/internal", "text-to-image", "Harbourlight Internal", "", display=False)
    yield _trap("kitewright/skytrace/text-to-video", "text-to-video", "Skytrace", "boolean", display=True)
    yield from talkers()


def _trap(model_id: str, task: str, name: str, variant: str, *, display: bool | None) -> Model:
    dice = Dice(model_id)
    sort = "Video" if task.endswith("video") else "Image"
    wire: Json = {
        **_entry(dice, model_id, _name_of(f"/{model_id.partition('/')[0]}"), sort, task),
        "displayName": name,
        "categories": [task.upper()],
        "price": {"actual": {"base_price": "0.031", "unit": _UNITS[sort]}},
        "display_console": display,
    }
    if display is None:
        del wire["display_console"]
    schema: Json = {"type": "object", "properties": _TRAP_FIELDS[sort, variant]}
    required = [each for each in ("prompt", "text", "image", "images") if each in schema["properties"]]
    return Model(wire, input={**schema, "required": ["model", *required]})


_WORDS: Json = {"type": "string", "description": "Text that tells the model what to make."}
_ONE: Json = {"type": "string", "description": "The picture to start from."}
_MANY: Json = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5}
_TRAP_FIELDS: dict[tuple[str, str], Json] = {
    ("Image", "image"): {"model": _WORDS, "prompt": _WORDS, "image": _ONE, "size": {**_WORDS, "default": "1024*1024"}},
    ("Image", "images"): {
        "model": _WORDS,
        "text": _WORDS,
        "images": _MANY,
        "aspect_ratio": {"type": "string", "enum": ["1:1", "16:9", "9:16"], "default": "1:1"},
    },
    ("Image", ""): {"model": _WORDS, "prompt": _WORDS, "size": {"type": "string", "enum": ["1024x1024", "1024x1536"]}},
    ("Video", "image"): {
        "model": _WORDS,
        "prompt": _WORDS,
        "image": _ONE,
        "duration": {"type": "integer", "minimum": 3, "maximum": 10, "default": 10},
        "resolution": {"type": "string", "enum": ["720p"], "default": "720p"},
    },
    ("Video", "images"): {
        "model": _WORDS,
        "prompt": _WORDS,
        "images": _MANY,
        "duration": {"type": "string", "enum": ["4s", "8s"], "default": "4s"},
        "resolution": {"type": "string", "enum": ["480p", "720p"], "default": "480p"},
    },
    ("Video", "boolean"): {
        "model": _WORDS,
        "prompt": _WORDS,
        "audio": {"type": "boolean", "description": "Make a sound track.", "default": True},
        "duration": {"type": "integer", "enum": [5, 10], "default": 5},
        "ratio": {"type": "string", "enum": ["16:9", "9:16", "1:1"], "default": "16:9"},
    },
}
