"""Whatever a model's schema looks like: what is sent validates, or the error names a field, and nothing vanishes."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from atlascloud_mcp.atlas.schema import parse_schema
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.body import build_body
from atlascloud_mcp.jobs.parameters.draft import Body
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.request import ARGUMENTS, Request, Tool, texts_in

Schema = dict[str, Any]

RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "adaptive", "auto"]
PIXELS = ["1024x1024", "1536x1024", "1024x1536", "1920x1080", "1080x1920"]
CLASSES = ["480p", "720p", "1080p", "1k", "2k", "4k", "720p-SR"]
LENGTHS = ["4", "5", "10", "5s", "10s"]
FORMATS = ["png", "jpeg", "webp", "GLB", "OBJ", "mp4"]

FIRST = ["first_frame_image", "start_image", "firstFrame", "first_image"]
LAST = ["end_image", "last_image", "last_frame", "image_tail"]
MASKS = ["mask", "mask_image", "mask_url"]
PLAIN = ["image", "image_url", "input_image", "init_image"]
LISTS = ["images", "image_urls", "reference_images", "reference_image_urls"]
OTHERS = ["subject_image", "style_image", "image_style_url", "elements"]
CLIPS = ["video", "video_url", "videos", "reference_videos", "driving_video"]
SOUNDS = ["audio_url", "input_audio", "reference_audios", "voice_url", "first_audio_url"]
VOICES = ["voice", "voice_id", "speaker", "voice_name", "voice_setting"]
TONGUES = ["language", "language_code", "lang", "language_boost"]
SPEEDS = ["speed", "speech_rate", "speaking_rate"]
SIZES = ["size", "image_size", "aspect_ratio", "ratio", "resolution", "quality", "width", "height"]

# For each argument the fields that may say it. A name tells nothing of how: that is drawn.
NAMES: dict[str, list[str]] = {
    "prompt": ["prompt", "text", "text_prompt", "user_prompt", "edit_instruction"],
    "negative_prompt": ["negative_prompt", "negativePrompt"],
    "count": ["num_images", "n", "max_images", "num_outputs", "num_images_per_prompt"],
    "seed": ["seed", "random_seed", "model_seed"],
    "steps": ["num_inference_steps", "steps", "steps_num"],
    "guidance_scale": ["guidance_scale", "cfg_scale"],
    "duration_seconds": ["duration", "seconds", "video_length", "target_duration", "num_frames", "num_frames"],
    "sound": ["generate_audio", "sound", "audio", "with_audio", "mute_audio", "native_sound", "mute_audio"],
    "output_format": ["output_format", "format"],
    "aspect_ratio": ["aspect_ratio", "ratio", "size", "image_size"],
    "resolution": ["resolution", "quality", "size", "video_resolution"],
    "width": ["width", "width", "size", "image_size"],
    "height": ["height", "height", "size", "image_size"],
    "images": [*PLAIN, *LISTS, *OTHERS, *FIRST],
    "mask": MASKS,
    "first_frame": [*FIRST, *PLAIN, *LISTS, *OTHERS],
    "last_frame": LAST,
    "video": CLIPS,
    "audio": SOUNDS,
    "voice": VOICES,
    "language": TONGUES,
    "speed": SPEEDS,
    "lyrics": ["lyrics", "lyric", "song_lyrics"],
    "instrumental": ["instrumental", "make_instrumental"],
}
OWN = ["style", "effect_scene", "enable_safety_checker", "loras", "x1"]
TEXT: Schema = {"type": "string"}


def listed(options: list[Any]) -> st.SearchStrategy[Schema]:
    some = st.lists(st.sampled_from(options), min_size=min(3, len(options)), max_size=8, unique=True)
    return st.one_of(
        some.map(lambda found: {"type": "string", "enum": found, "default": found[0]}),
        some.map(lambda found: {"enum": found}),
        some.map(lambda found: {"anyOf": [{"type": "string", "enum": found}, {"type": "null"}]}),
    )


@st.composite
def numbers(draw: st.DrawFn, kind: str, most: int) -> Schema:
    low, high = draw(st.integers(-1, 2)), draw(st.integers(most // 2, most))
    limited = {"type": kind, "minimum": low, "maximum": high}
    some = draw(st.lists(st.integers(1, most), min_size=1, max_size=5, unique=True))
    return draw(
        st.sampled_from(
            [
                {"type": kind},
                limited,
                {"type": kind},
                {**limited, "default": high},
                {"anyOf": [limited, {"type": "null"}]},
                {"type": kind, "enum": some},
            ]
        )
    )


URL = st.sampled_from([TEXT, {"type": "string", "format": "uri"}, {"type": ["string", "null"]}])
KINDS = {"type": "string", "enum": ["image", "video", "audio"]}
VIEWS = {"type": "string", "enum": ["left", "right"]}
OBJECT: st.SearchStrategy[Schema] = st.sampled_from(
    [
        {"type": "object", "properties": {"url": TEXT}, "required": ["url"]},
        {"type": "object", "properties": {"type": KINDS, "url": TEXT}, "required": ["type", "url"]},
        {"type": "object", "properties": {"view": VIEWS, "url": TEXT}, "required": ["view", "url"]},
    ]
)
ELEMENT = {
    "type": "object",
    "properties": {"id": TEXT, "images": {"type": "array", "items": TEXT}},
    "required": ["id", "images"],
}


@st.composite
def media(draw: st.DrawFn, name: str) -> Schema:
    """One address, or several of them; most often bare ones."""
    inner = draw(URL | URL | URL | (st.just(ELEMENT) if name == "elements" else OBJECT))
    if not name.endswith("s") and draw(st.integers(0, 4)) < 4:
        return inner
    low = draw(st.sampled_from([1, 0, 1, 2]))
    capped = {"maxItems": low + draw(st.integers(1, 5))} if draw(st.booleans()) else {}
    return {"type": "array", "items": inner, "minItems": low, **capped}


SIDE = st.sampled_from([{"type": "integer"}, {"type": "integer", "minimum": 256, "maximum": 2048, "multipleOf": 32}])
SIZED: st.SearchStrategy[Schema] = st.one_of(
    listed(PIXELS),
    listed([option.replace("x", "*") for option in PIXELS]),
    st.just(
        {"type": "string", "default": "1024*1024", "x-side-minimum": 512, "x-side-maximum": 2048, "x-side-step": 64}
    ),
    st.just({"type": "object", "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}}}),
)
BOOLEAN = st.sampled_from(
    [{"type": "boolean"}, {"type": "boolean", "default": True}, {"type": "string", "enum": ["on", "off"]}]
)
SHOT = {"type": "object", "properties": {"prompt": TEXT, "duration": {"type": "integer"}}, "required": ["prompt"]}
PROMPT = st.sampled_from(
    [
        *(TEXT, TEXT, TEXT, TEXT, TEXT, TEXT),
        *({"type": "array", "items": TEXT}, {"type": "array", "items": SHOT}),
        *({"type": "string", "maxLength": 400}, {"type": "string", "maxLength": 8}),
    ]
)


def schema_of(name: str) -> st.SearchStrategy[Schema]:
    """How a field of this name may be spelled."""
    of = next((argument for argument, names in NAMES.items() if name in names and argument not in SIZES), "")
    known: dict[str, st.SearchStrategy[Schema]] = {
        "prompt": PROMPT,
        "negative_prompt": st.just(TEXT),
        "count": numbers("integer", 8),
        "seed": st.sampled_from([{"type": "integer", "minimum": -1}, {"type": "integer"}, TEXT]),
        "steps": numbers("integer", 90),
        "guidance_scale": numbers("number", 20),
        "duration_seconds": numbers("integer", 24) | listed(LENGTHS),
        "sound": BOOLEAN,
        "output_format": listed(FORMATS) | st.just(TEXT),
        "voice": listed(["Ann", "Bob", "Wise_Woman"]) | st.just(TEXT),
        "language": listed(["en", "de", "fr"]) | listed(["English", "German"]) | st.just(TEXT),
        "speed": st.sampled_from(
            [
                {"type": "number"},
                {"type": "number", "minimum": 0.5, "maximum": 2, "default": 1},
                {"type": "integer", "minimum": -50, "maximum": 100, "default": 0},
                {"type": "integer", "minimum": 50, "maximum": 200, "default": 100},
            ]
        ),
        "lyrics": st.just(TEXT),
        "instrumental": st.just({"type": "boolean"}),
    }
    if name == "voice_setting":
        return st.just({"type": "object", "properties": {"voice_id": TEXT, "pitch": {"type": "integer"}}})
    if name == "num_frames":
        return st.sampled_from([{"type": "integer"}, {"type": "number", "maximum": 200}, {"enum": [96, 120, 240]}])
    if name in SIZES or name == "video_resolution":
        words = listed(RATIOS) if "ratio" in name else listed(CLASSES)
        return SIDE if name in {"width", "height"} else SIZED if "size" in name else words | st.just(TEXT)
    if of in known:
        return known[of]
    return media(name) if of else BOOLEAN if name == "enable_safety_checker" else listed(["a", "b"])


def address(kind: str) -> st.SearchStrategy[str]:
    return st.integers(1, 99).map(lambda number: f"https://e.io/{number}.{kind}")


ASKED: dict[str, st.SearchStrategy[Any]] = {
    "images": st.lists(address("png"), min_size=1, max_size=3, unique=True).map(tuple),
    "mask": address("mask.png"),
    "first_frame": address("a.png"),
    "last_frame": address("z.png"),
    "video": address("mp4"),
    "audio": address("mp3"),
    "width": st.sampled_from([1024, 1536, 1920, 1024, 768, 64, 4096]),
    "height": st.sampled_from([1024, 1536, 1080, 1024, 640, 80, 4096]),
    "aspect_ratio": st.sampled_from(["16:9", "1:1", "9:16", "16:9", "3:4", "7:5"]),
    "resolution": st.sampled_from(["1k", "2k", "720p", "1080P", "1k", "1080p", "8x"]),
    "duration_seconds": st.sampled_from([5.0, 4.0, 10.0, 5.0, 4.0, 6.5]),
    "sound": st.booleans(),
    "count": st.integers(1, 5),
    "steps": st.integers(2, 40),
    "guidance_scale": st.integers(0, 40).map(lambda number: number / 2),
    "seed": st.integers(0, 2**32 - 1),
    "negative_prompt": st.just("rain"),
    "voice": st.sampled_from(["Ann", "bob", "Ann", "Zoe"]),
    "language": st.sampled_from(["en", "German", "de-DE", "Welsh"]),
    "speed": st.sampled_from([0.5, 1.0, 1.25, 2.0, 4.0]),
    "lyrics": st.just("[Verse] la la"),
    "instrumental": st.booleans(),
    "output_format": st.sampled_from(["png", "jpg", "webp", "glb"]),
    "params": st.sampled_from(
        [
            {"style": "a"},
            {"x1": "b"},
            {"style": "b", "loras": "a"},
            {"x1": "a"},
            {"style": "b"},
            {"nonsense": 1},
            {"seed": 5},
        ]
    ),
}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A few things at a time: who asks for everything at once is nearly always refused."""
    made: Any = draw(st.sampled_from(["image", "video", "audio"]))
    tools: dict[str, Tool] = {"image": "generate_image", "video": "generate_video", "audio": "generate_audio"}
    known = sorted({*ASKED} & {*ARGUMENTS[tools[made]], "params"})
    names = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    sides = {"width", "height"} & set(names)
    if len(sides) == 1 and draw(st.integers(0, 3)) < 3:
        names = sorted({*names, "width", "height"} - {"aspect_ratio"})
    prompt = draw(st.sampled_from(["a red fox", "a red fox", "a red fox", None]))
    return Request(type=made, prompt=prompt, **{name: draw(ASKED[name]) for name in names})


def asked_in(request: Request) -> list[str]:
    return [name for name in (*NAMES, "params") if getattr(request, name) not in (None, (), {})]


@st.composite
def cases(draw: st.DrawFn) -> tuple[Request, Schema]:
    """A request, and a model that has a field for most of what is asked, and some that nobody asked for."""
    request = draw(requests())
    names: list[str] = []
    for argument in asked_in(request):
        if draw(st.integers(0, 9)) < 9:
            names += list(request.params) if argument == "params" else [draw(st.sampled_from(NAMES[argument]))]
    others = sorted({*OWN, *(name for known in NAMES.values() for name in known)})
    names += draw(st.lists(st.sampled_from(others), max_size=5))
    names += [other for one, other in (("width", "height"), ("height", "width")) if one in names]
    properties: Schema = {name: draw(schema_of(name)) for name in dict.fromkeys(names) if name != "nonsense"}
    if "num_frames" in properties:
        properties["fps"] = {"type": "integer", "default": 24}
    required = draw(st.lists(st.sampled_from(["model", *names[:3], *properties]), max_size=1))
    return request, {"type": "object", "properties": {"model": TEXT, **properties}, "required": ["model", *required]}


def says(sent: object, wanted: object) -> bool:
    """Whether a value in a field is what was asked for, as a person would read it."""
    if isinstance(wanted, bool) or isinstance(sent, bool):
        return sent is wanted or sent == ("on" if wanted else "off")
    if isinstance(wanted, int | float):
        found = re.fullmatch(r"(-?[\d.]+)s?", str(sent))
        return found is not None and float(found[1]) == wanted
    return sent == wanted


def ratio_in(value: object) -> float | None:
    """Width over height, in a value that says a shape or pixels."""
    sides = re.findall(r"\d+", str(value))
    return int(sides[0]) / int(sides[1]) if len(sides) == 2 else None


def is_sized(name: str, wanted: Any, sent: Schema) -> bool:
    """Whether a size that was asked for stands in a field that says sizes."""
    fields = {each: sent[each] for each in (*SIZES, "video_resolution") if each in sent}
    if {"width", "height"} <= set(fields):
        fields["size"] = {"width": fields["width"], "height": fields["height"]}
    if name == "aspect_ratio":
        width, height = map(int, wanted.split(":"))
        found = [ratio for value in fields.values() if (ratio := ratio_in(value))]
        return any(0.84 < ratio * height / width < 1.19 for ratio in found)
    if name == "resolution":
        return any(str(value).lower() == wanted.lower() for value in fields.values())
    place = 0 if name == "width" else 1
    pairs = [re.findall(r"\d+", str(value)) for value in fields.values()]
    return fields.get(name) == wanted or any(pair[place : place + 1] == [str(wanted)] for pair in pairs)


def lengths_in(sent: Schema) -> Iterator[Any]:
    """Each length in seconds that a body says, in a shot, say."""
    for name in NAMES["duration_seconds"]:
        value = sent.get(name)
        yield round(value / 24, 1) if name == "num_frames" and isinstance(value, int) else value
    for name in NAMES["prompt"]:
        shots: Any = sent.get(name)
        if shots and isinstance(shots[0], dict):
            yield shots[0].get("duration")  # pyright: ignore[reportUnknownMemberType] - any JSON


def is_heard(name: str, wanted: Any, own: Schema) -> bool:
    """Whether what was asked of a sound stands in a field that is for it; singing is usual."""
    if name == "voice":
        return any(wanted.lower() in map(str.lower, texts_in(value)) for value in own.values())
    if name == "speed":
        return any(value in {wanted, wanted * 100, (wanted - 1) * 100} for value in own.values())
    if name == "instrumental":
        return not wanted or any(own.values())
    code: str = "de" if wanted == "German" else wanted.partition("-")[0]
    spellings = {wanted, code, {"en": "English", "de": "German"}.get(code, "")}
    return bool({str(value) for value in own.values()} & spellings)


def stands(name: str, request: Request, sent: Schema, offered: Schema) -> bool:
    """Whether what was asked for under this name stands in a field that is for it.

    The file of a picture is converted here: its format may be missing where no field offers it.
    """
    wanted = getattr(request, name)
    own = {each: sent[each] for each in NAMES.get(name, ()) if each in sent}
    if name == "last_frame":  # in a pair
        own |= {each: value[1:] for each in NAMES["images"] if isinstance(value := sent.get(each), list)}
    if name == "params":
        return all(sent[each] == value for each, value in wanted.items())
    if name in {"aspect_ratio", "resolution", "width", "height"}:
        return is_sized(name, wanted, sent)
    if name == "sound":
        muted = own.pop("mute_audio", None)
        return any(says(value, wanted) for value in own.values()) or says(muted, not wanted)
    if name == "duration_seconds":
        return any(says(value, wanted) for value in lengths_in(sent))
    if name == "output_format":
        spellings = {wanted, wanted.upper(), "jpeg" if wanted == "jpg" else wanted}
        schemas = [offered[each] for each in NAMES[name] if each in offered]
        is_offered = any(each == TEXT or spellings & set(texts_in(each)) for each in schemas)
        is_needed = is_offered or wanted == "glb"
        return not is_needed or any(value in spellings for value in own.values())
    if name in {"voice", "language", "speed", "instrumental"}:
        return is_heard(name, wanted, own)
    if name in {"prompt", "lyrics", "images", "mask", "first_frame", "last_frame", "video", "audio"}:
        texts = {text for value in own.values() for text in texts_in(value)}
        return texts >= (set(request.images) if name == "images" else {wanted})
    return any(says(value, wanted) for value in own.values()) or (name == "count" and wanted == 1)


def is_told(name: str, request: Request, body: Body) -> bool:
    """Whether a note names what was asked: by its argument, or as it was said."""
    size = f"{request.width}x{request.height}"
    words = {"width": size, "height": size}
    notes = " ".join(body.notes)
    said = [name, words.get(name, str(getattr(request, name)))]
    return any(re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", notes, re.IGNORECASE) for word in said)


def named_in(refusal: InvalidRequest, request: Request, document: Schema) -> bool:
    """Whether the refusal itself, not the advice behind it, names a field or an argument that it is about."""
    names = {*document["properties"], *asked_in(request), *request.params} - {"model"}
    said = set(re.findall(r"\w+", refusal.message.replace("org/model", "")))
    return bool(names & said) or f"{request.width}x{request.height}" in said


def outcome(request: Request, document: Schema) -> Body | InvalidRequest:
    schema = parse_schema({"components": {"schemas": {"Input": document}}})
    assert schema
    addresses = {source: source for source in request.sources}
    try:
        return build_body("org/model", Layout(schema), request, addresses=addresses, files={})
    except InvalidRequest as refusal:
        return refusal


@pytest.mark.parametrize("examples", [200, pytest.param(600, marks=pytest.mark.slow)])
def test_what_is_sent_validates_or_the_error_names_a_field_and_nothing_that_was_asked_vanishes(examples: int) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    @given(cases())
    def every(case: tuple[Request, Schema]) -> None:
        request, document = case
        found = outcome(request, document)
        seen["all"] += 1
        if isinstance(found, InvalidRequest):
            assert named_in(found, request, document), found.message
            assert found.next_step
            return
        seen["built"] += 1
        validator: Any = Draft202012Validator(document)
        validator.validate(found.fields)
        for name in asked_in(request):
            is_there = stands(name, request, found.fields, document["properties"])
            seen[name] += is_there
            assert is_there or is_told(name, request, found), (name, found)

    every()
    assert seen["built"] > seen["all"] / 2, seen
    assert sum(seen[name] for name in (*NAMES, "params")) > 1.5 * seen["built"]
