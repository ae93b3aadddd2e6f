"""Whatever a model's schema looks like: what is sent validates, or the error names a field, and nothing vanishes."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from atlascloud_mcp.atlas.schema import parse_schema
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.body import build_body
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.request import Request

RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "adaptive", "auto"]
PIXELS = ["1024x1024", "1536x1024", "1024x1536", "2560x1440"]
CLASSES = ["480p", "540p", "720p", "1080p", "1k", "2k", "4k", "720p-SR"]
MEDIA = [
    *("image", "images", "image_url", "image_urls", "input_image", "init_image", "first_frame_image", "start_image"),
    *("end_image", "last_image", "last_frame", "image_tail", "mask", "mask_image", "mask_url", "reference_images"),
    *("reference_image_urls", "subject_image", "style_image", "firstFrame", "video", "video_url", "videos"),
    *("reference_videos", "driving_video", "audio", "audio_url", "input_audio", "reference_audios", "voice_url"),
]


@st.composite
def numbers(draw: st.DrawFn, *, whole: bool) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": "integer" if whole else "number"}
    low = draw(st.integers(-1, 8))
    limited = {**kind, "minimum": low, "maximum": low + draw(st.integers(0, 60))}
    listed = {**kind, "enum": draw(st.lists(st.integers(1, 20), min_size=1, max_size=5, unique=True))}
    return draw(st.sampled_from([kind, limited, listed, {"anyOf": [limited, {"type": "null"}]}]))


def choices(options: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    listed = st.lists(st.sampled_from(options), min_size=1, max_size=6, unique=True)
    return st.one_of(
        listed.map(lambda found: {"type": "string", "enum": found, "default": found[0]}),
        listed.map(lambda found: {"enum": found}),
        listed.map(lambda found: {"anyOf": [{"type": "string", "enum": found}, {"type": "null"}]}),
        st.just({"type": "string"}),
    )


URL = st.sampled_from([{"type": "string"}, {"type": "string", "format": "uri"}, {"type": ["string", "null"]}])
OBJECT = st.sampled_from(
    [
        {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
        {
            "type": "object",
            "properties": {"type": {"type": "string", "enum": ["image", "video"]}, "url": {"type": "string"}},
            "required": ["type", "url"],
        },
        {
            "type": "object",
            "properties": {"id": {"type": "string"}, "images": {"type": "array", "items": {"type": "string"}}},
            "required": ["id", "images"],
        },
    ]
)


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(st.integers(0, 2))
    capped = {"maxItems": low + draw(st.integers(0, 4))} if draw(st.booleans()) else {}
    return {"type": "array", "items": draw(URL | OBJECT), "minItems": low, **capped}


SIZE = st.one_of(
    choices(PIXELS),
    choices([option.replace("x", "*") for option in PIXELS]),
    choices(CLASSES),
    choices(RATIOS),
    st.just(
        {"type": "string", "default": "1024*1024", "x-side-minimum": 512, "x-side-maximum": 2048, "x-side-step": 64}
    ),
    st.just({"type": "object", "properties": {"width": {"type": "integer"}, "height": {"type": "integer"}}}),
)
SIDES = st.sampled_from([{"type": "integer"}, {"type": "integer", "minimum": 256, "maximum": 2048, "multipleOf": 32}])
BOOLEAN = st.sampled_from(
    [{"type": "boolean"}, {"type": "boolean", "default": True}, {"type": "string", "enum": ["on", "off"]}]
)
PROMPTS = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "maxLength": 8},
        {"type": "array", "items": {"type": "string"}},
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"prompt": {"type": "string"}, "duration": {"type": "integer"}},
                "required": ["prompt"],
            },
        },
    ]
)
WORDS: list[tuple[list[str], st.SearchStrategy[dict[str, Any]]]] = [
    (["prompt", "text", "text_prompt", "user_prompt"], PROMPTS),
    (["negative_prompt"], st.just({"type": "string"})),
    (["num_images", "n", "max_images", "num_outputs"], numbers(whole=True)),
    (["seed", "random_seed", "model_seed"], st.sampled_from([{"type": "integer", "minimum": -1}, {"type": "string"}])),
    (["num_inference_steps", "steps"], numbers(whole=True)),
    (["guidance_scale", "cfg_scale"], numbers(whole=False)),
    (["duration", "seconds", "video_length"], numbers(whole=True) | choices(["5", "10", "5s", "8s"])),
    (["generate_audio", "sound", "audio", "with_audio"], BOOLEAN),
    (["output_format", "format"], choices(["png", "jpeg", "webp", "GLB", "OBJ", "mp4"])),
    (["size", "image_size", "aspect_ratio", "ratio", "resolution", "quality"], SIZE),
    (["width"], SIDES),
    (["height"], SIDES),
    (MEDIA, URL | lists() | OBJECT),
    (["style", "effect_scene", "voice_id", "enable_safety_checker", "loras", "x1"], choices(["a", "b"]) | BOOLEAN),
]
FIELD = st.sampled_from(WORDS).flatmap(lambda row: st.tuples(st.sampled_from(row[0]), row[1]))


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    properties = {"model": {"type": "string"}, **dict(draw(st.lists(FIELD, min_size=1, max_size=12)))}
    required = draw(st.lists(st.sampled_from(sorted(properties)), unique=True, max_size=3))
    return {"type": "object", "properties": properties, "required": ["model", *required]}


def address(kind: str) -> st.SearchStrategy[str]:
    return st.integers(1, 9).map(lambda number: f"https://example.com/{number}.{kind}")


ASKED: dict[str, st.SearchStrategy[Any]] = {
    "images": st.lists(address("png"), min_size=1, max_size=4, unique=True).map(tuple),
    "mask": address("mask.png"),
    "first_frame": address("first.png"),
    "last_frame": address("last.png"),
    "video": address("mp4"),
    "audio": address("mp3"),
    "width": st.integers(64, 4096),
    "height": st.integers(64, 4096),
    "aspect_ratio": st.sampled_from(["16:9", "1:1", "9:16", "2:3", "7:5"]),
    "resolution": st.sampled_from(["1k", "2k", "720p", "1080P", "8x"]),
    "duration_seconds": st.sampled_from([4.0, 5.0, 6.5, 10.0]),
    "sound": st.booleans(),
    "count": st.integers(1, 5),
    "steps": st.integers(1, 50),
    "guidance_scale": st.floats(0, 20, allow_nan=False),
    "seed": st.integers(0, 2**32 - 1),
    "negative_prompt": st.just("rain"),
    "output_format": st.sampled_from(["png", "jpg", "webp", "glb"]),
    "params": st.sampled_from([{"style": "a"}, {"x1": "b"}, {"nonsense": 1}, {"prompt": 5}]),
}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A few things at a time: who asks for everything at once is nearly always refused."""
    names = draw(st.lists(st.sampled_from(sorted(ASKED)), max_size=4, unique=True))
    prompt = draw(st.sampled_from(["a red fox", "a red fox", None]))
    made: Any = draw(st.sampled_from(["image", "video"]))
    return Request(type=made, prompt=prompt, **{name: draw(ASKED[name]) for name in names})


SIZES = ("width", "height", "aspect_ratio", "resolution")


def validator(schema: Any) -> Any:
    return Draft202012Validator(schema)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), requests())
def test_what_is_sent_validates_or_the_error_names_a_field(document: dict[str, Any], request: Request) -> None:
    schema = parse_schema({"components": {"schemas": {"Input": document}}})
    assert schema
    layout = Layout(schema)
    addresses = {source: source for source in request.sources}
    body, refusal = None, None
    try:
        body = build_body("org/model", layout, request, addresses=addresses, files={})
    except InvalidRequest as error:
        refusal = error
    if body is None or refusal:
        assert refusal
        asked = [name for name in Request.__dataclass_fields__ if getattr(request, name) not in (None, (), {})]
        assert any(name in str(refusal) for name in [*document["properties"], *asked]), str(refusal)
        assert refusal.next_step
        return
    validator(document).validate(body.fields)
    for name, is_there in honoured(request, layout, body.fields).items():
        assert is_there or name in " ".join(body.notes), name


def honoured(request: Request, layout: Layout, sent: dict[str, object]) -> dict[str, bool]:
    """Whether each thing that was asked for stands in the body. A picture's format may still be made afterwards."""
    text = json.dumps(sent)
    found = {source: source in text for source in request.sources}
    for name in ("prompt", "negative_prompt", "seed", "steps"):
        if (value := getattr(request, name)) is not None:
            found[name] = str(value) in text
    if request.output_format == "glb" and request.type == "image":
        found["output_format"] = "glb" in text.lower()
    if request.count and request.count > 1:
        found["count"] = str(request.count) in text
    if request.duration_seconds:
        found["duration_seconds"] = f"{request.duration_seconds:g}" in text
    if request.sound is not None:
        words = ("true", '"on"') if request.sound else ("false", '"off"')
        found["sound"] = any(word in text for word in words)
    if any(getattr(request, name) for name in SIZES):
        fields = [field for name in ("extent", "width", "height") for field in layout.all_named(name)]
        found["was not sent"] = any(field.name in sent for field in fields)
    return found
