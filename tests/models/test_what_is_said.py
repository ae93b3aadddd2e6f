"""What is said of a request beside its body: notes, refusals, and a model's parameters in the tools' own words."""

from typing import Any

import pytest

from atlascloud_mcp.atlas.models import Model
from atlascloud_mcp.atlas.prices import Price
from atlascloud_mcp.atlas.schema import parse_schema
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.body import build_body
from atlascloud_mcp.jobs.parameters.draft import Body
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.placing import LocalFile
from atlascloud_mcp.jobs.parameters.vocabulary import parameters_of
from atlascloud_mcp.jobs.quoting import estimate
from atlascloud_mcp.jobs.request import Request

TEXT, URLS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
WHOLE, BOOLEAN = {"type": "integer"}, {"type": "boolean", "default": True}
FOX, CLIP, SPEECH = (f"https://x.io/{name}" for name in ("fox.png", "fox.mp4", "fox.mp3"))
VIEW = {"type": "object", "properties": {"view": {"enum": ["left", "back"]}, "url": TEXT}, "required": ["view", "url"]}
EIGHT = {"type": "integer", "enum": [4, 8], "default": 8}


def layout_of(fields: dict[str, Any], *required: str) -> Layout:
    schema = parse_schema({"type": "object", "properties": {"model": TEXT, **fields}, "required": list(required)})
    assert schema
    return Layout(schema)


def body_of(layout: Layout, **asked: Any) -> Body:
    request = Request(**asked)
    return build_body("o/m", layout, request, addresses={each: each for each in request.sources}, files={})


NOTES: dict[str, tuple[dict[str, Any], list[str], dict[str, Any], str]] = {
    "what multiplies the price": ({"prompt": TEXT, "num_images": EIGHT}, ["num_images"], {}, "num_images 8 is this"),
    "a length nobody asked for": (
        {"prompt": TEXT, "duration": {"type": "integer", "default": 10}},
        ["duration"],
        {"type": "video"},
        "duration 10 is this",
    ),
    "a fixed count": (
        {"prompt": TEXT, "n": {"type": "integer", "default": 4, "x-hidden": True}},
        ["n"],
        {},
        "n 4 is this",
    ),
    "several unasked": (
        {"prompt": TEXT, "num_outputs": {"type": "integer", "default": 3}},
        [],
        {},
        "makes 3 in a call when count is left out",
    ),
    "settings of another name": (
        {"prompt": TEXT, "ss_sampling_steps": WHOLE, "slat_sampling_steps": WHOLE},
        [],
        {"steps": 9},
        "ss_sampling_steps, slat_sampling_steps",
    ),
    "no such setting": ({"prompt": TEXT}, [], {"steps": 9}, "steps was not sent: this model takes none"),
    "silence as far as it goes": (
        {"prompt": TEXT, "bgm": BOOLEAN},
        [],
        {"type": "video", "sound": False},
        "sound was sent as bgm",
    ),
    "the field that makes another count": (
        {
            "image_url": TEXT,
            "upscale_mode": {"enum": ["target", "factor"], "default": "factor"},
            "upscale_factor": WHOLE,
            "target_resolution": {"enum": ["1080p", "2160p"]},
        },
        [],
        {"prompt": None, "images": (FOX,), "resolution": "2160p"},
        "upscale_mode target was sent too",
    ),
}


@pytest.mark.parametrize(("fields", "required", "asked", "said"), NOTES.values(), ids=NOTES)
def test_what_was_done_unasked_or_left_out_is_told(
    fields: dict[str, Any], required: list[str], asked: dict[str, Any], said: str
) -> None:
    notes = body_of(layout_of(fields, *required), **{"prompt": "a fox", **asked}).notes
    assert len(notes) == 1
    assert said in notes[0]


REFUSALS: dict[str, tuple[dict[str, Any], list[str], dict[str, Any], list[str]]] = {
    "too few pictures": (
        {"images": {**URLS, "minItems": 2, "maxItems": 5}},
        [],
        {"images": (FOX,)},
        ["at least 2 in images, 1 was given", "2 to 5 pictures"],
    ),
    "a view": ({"images": {"type": "array", "items": VIEW}}, [], {"images": (FOX,)}, ["view", "left, back", "params"]),
    "in the words of the tool": (
        {"reference_images": {**URLS, "maxItems": 4}, "reference_audios": URLS},
        [],
        {"type": "video", "first_frame": FOX},
        ["takes no first_frame", "images (up to 4 pictures), audio (recording)"],
    ),
    "what a list holds": (
        {"prompt": TEXT, "clips": {"type": "array", "minItems": 1, "maxItems": 1, "items": VIEW}},
        ["clips"],
        {"prompt": "a"},
        ["1 entry of {view, url}, view, url needed"],
    ),
    "an argument that is used": (
        {"image": TEXT, "left_audio": TEXT, "right_audio": TEXT},
        ["left_audio", "right_audio"],
        {"type": "video", "images": (FOX,), "audio": SPEECH},
        ["needs right_audio (in `params`"],
    ),
    "frames without a rate": (
        {"video_url": TEXT, "num_frames": {"type": "integer", "minimum": 9, "maximum": 481}},
        [],
        {"type": "video", "video": CLIP, "duration_seconds": 5},
        ["duration_seconds", "in frames", "num_frames: 9 to 481"],
    ),
    "lengths that the argument can say": (
        {"prompt": TEXT, "duration": {"enum": [-1, 5, 10]}},
        [],
        {"type": "video", "prompt": "a", "duration_seconds": 7},
        ["allowed are 5, 10 "],
    ),
    "words without a place": (
        {"image": TEXT, "person_caption": TEXT, "garment_caption": TEXT},
        [],
        {"prompt": "red", "images": (FOX,)},
        ["person_caption, garment_caption"],
    ),
    "a pattern": (
        {"prompt": TEXT, "style": {"type": "string", "pattern": "^SYSTEM: pay$"}},
        [],
        {"prompt": "a", "params": {"style": "z"}},
        ['must match "^SYSTEM: pay$"'],
    ),
    "a number that no float holds": (
        {"prompt": TEXT, "scale": {"enum": [1.5, 2]}},
        [],
        {"prompt": "a", "params": {"scale": 10**400}},
        ["params.scale", "allowed are 1.5, 2, not"],
    ),
}


@pytest.mark.parametrize(("fields", "required", "asked", "said"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_what_to_do_in_words_that_the_tools_know(
    fields: dict[str, Any], required: list[str], asked: dict[str, Any], said: list[str]
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        body_of(layout_of(fields, *required), **asked)
    assert [words for words in said if words not in str(caught.value)] == []


PARAMETERS: dict[str, tuple[bool, dict[str, Any], list[tuple[str | None, str, str]]]] = {
    "one field for every size": (
        False,
        {"size": {"enum": ["1024*1024", "1536*1024"]}},
        [("width, height, aspect_ratio, resolution", "size", "1024*1024, 1536*1024")],
    ),
    "a clip has no width": (
        True,
        {"size": {"enum": ["832*480", "1280*720"]}},
        [("aspect_ratio, resolution", "size", "832*480, 1280*720")],
    ),
    "two sides": (
        False,
        {"width": {"type": "integer", "minimum": 64, "maximum": 2048}, "height": WHOLE},
        [("width", "width", "64 to 2048, or by aspect_ratio and resolution"), ("height", "height", "")],
    ),
    "frames": (
        True,
        {"num_frames": {"type": "integer", "minimum": 48, "maximum": 240}, "fps": {"type": "integer", "default": 24}},
        [("duration_seconds", "num_frames", "2 to 10 s"), (None, "fps", "integer")],
    ),
    "a length that is none": (True, {"video_length": {"enum": ["14_frames"]}}, [(None, "video_length", "14_frames")]),
    "seeds that can be said": (False, {"seed": {"type": "integer", "minimum": -1}}, [("seed", "seed", "at least 0")]),
    "several media in one list": (
        True,
        {
            "refers": {
                "type": "array",
                "items": {"type": "object", "properties": {"url": TEXT, "type": {"enum": ["image", "video"]}}},
            }
        },
        [("images", "refers", "pictures"), ("video", "refers", "video")],
    ),
}


@pytest.mark.parametrize(("for_video", "fields", "told"), PARAMETERS.values(), ids=PARAMETERS)
def test_a_model_is_described_by_the_arguments_that_work_with_it(
    for_video: bool, fields: dict[str, Any], told: list[tuple[str | None, str, str]]
) -> None:
    found = parameters_of(layout_of(fields), "generate_video" if for_video else "generate_image")
    assert sorted((str(each.argument), each.field, each.allowed) for each in found) == sorted(
        (str(argument), field, allowed) for argument, field, allowed in told
    )


@pytest.mark.parametrize(
    ("unit", "required", "asked", "price"),
    [
        ("image", [], {"count": 8}, 0.08),
        ("image", [], {"params": {"num_images": 8}}, 0.08),
        ("image", ["num_images"], {}, 0.08),
        ("image", [], {}, 0.08),
        ("second", [], {"type": "video", "duration_seconds": 6}, 0.06),
        ("second", [], {"type": "video", "params": {"duration": "6s"}}, 0.06),
        ("second", ["duration"], {"type": "video"}, 0.04),
        ("generation", ["num_images"], {}, 0.01),
    ],
)
def test_an_estimate_counts_what_the_body_buys_however_it_came_to_stand_there(
    unit: str, required: list[str], asked: dict[str, Any], price: float
) -> None:
    fields = {"prompt": TEXT, "num_images": EIGHT, "duration": {"enum": ["4s", "6s"], "default": "4s"}}
    body = body_of(layout_of(fields, *required), prompt="a fox", **asked)
    model = Model("o/m", "m", "image", price=Price(base=0.01, unit=unit))
    assert estimate(model, body) == pytest.approx(price)


def test_only_the_placeholders_of_files_are_taken_for_addresses() -> None:
    uri = {"type": "string", "pattern": "^https://"}
    layout = layout_of({"prompt": uri, "image": uri})
    files = {"fox.png": LocalFile("image/png", 9)}
    addresses = {"fox.png": "<upload: fox.png, 1a>"}
    request = Request(prompt="https://x.io", images=("fox.png",))
    body = build_body("o/m", layout, request, addresses=addresses, files=files)
    assert body.uploads == {"<upload: fox.png, 1a>"}
    lookalike = Request(prompt="<upload: fox.png, 2b>", images=("fox.png",))
    with pytest.raises(InvalidRequest, match="prompt"):
        build_body("o/m", layout, lookalike, addresses=addresses, files=files)
