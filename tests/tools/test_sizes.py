"""Sizes as people ask for them: in exact pixels, by one side, by a class, like the picture that goes in."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from world import BASE_URL, World, at, failure_of, fields_of, finished, notes_of, png

EDIT = "alibaba/qwen-image/edit-plus-20251215"


async def asked(world: World, **arguments: object) -> dict[str, Any]:
    async with world.client() as client:
        found = await client.call_tool("generate_image", {"prompt": "a fox", "dry_run": True, **arguments})
    return fields_of(found)


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ({"resolution": "4k"}, "4096*2304"),
        ({"width": 2048}, "2048*1152"),
        ({"width": 1280, "resolution": "2k"}, "1280*720"),
        ({"height": 720}, "1280*720"),
        ({"resolution": "4k", "aspect_ratio": "1:1"}, "4096*4096"),
    ],
)
async def test_an_edit_keeps_the_shape_of_its_picture_unless_another_is_asked_for(
    tmp_path: Path, size: dict[str, Any], sent: str
) -> None:
    world = World(tmp_path)
    (world.project / "photo.png").write_bytes(png(1600, 900))
    answer = await asked(world, model=EDIT, images=["photo.png"], **size)
    assert answer["request"]["size"] == sent


async def test_where_the_shape_of_a_picture_is_not_known_the_answer_says_so(tmp_path: Path) -> None:
    answer = await asked(World(tmp_path), model=EDIT, images=["https://example.com/photo.png"], resolution="2k")
    assert answer["request"]["size"] == "2048*2048"
    assert any("shape of what goes in is not known" in note for note in notes_of(answer))


@pytest.mark.parametrize(
    ("size", "sides"),
    [
        ({"width": 1080, "height": 1920}, (1088, 1920)),
        ({"width": 1920, "height": 1080}, (1920, 1088)),
        ({"width": 1200, "height": 630}, (1200, 624)),
        ({"aspect_ratio": "16:9", "resolution": "4k"}, (4096, 2304)),
        ({"width": 1024, "height": 768}, (1024, 768)),
    ],
)
async def test_the_default_model_is_asked_for_sides_that_it_takes(
    tmp_path: Path, size: dict[str, Any], sides: tuple[int, int]
) -> None:
    answer = await asked(World(tmp_path), **size)
    assert (answer["request"]["width"], answer["request"]["height"]) == sides
    is_as_asked = size == {"width": sides[0], "height": sides[1]}
    assert any(f"was sent as {sides[0]}x{sides[1]} pixels" in note for note in notes_of(answer)) != is_as_asked


@pytest.mark.parametrize(("size", "sent"), [("1024x768", "1024*768"), ("1024*768", "1024*768")])
async def test_a_size_in_params_gets_the_sign_that_its_field_wants(tmp_path: Path, size: str, sent: str) -> None:
    answer = await asked(World(tmp_path), model="z-image/turbo", params={"size": size})
    assert answer["request"]["size"] == sent


@pytest.mark.parametrize("size", ["1024x", "64*64", "4096*4096", "1000*1000", "12 by 9"])
async def test_a_size_in_params_that_its_field_does_not_take_is_refused(tmp_path: Path, size: str) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        call = {"prompt": "a fox", "model": "z-image/turbo", "params": {"size": size}}
        refusal = failure_of(await client.call_tool("generate_image", call))
    assert "params.size" in refusal
    assert "256 to 2048" in refusal
    assert "Write it as 1024*1024" in refusal
    assert world.sandbox.submits == []


CUT = "The model made 992x608; it was scaled and cut to 1000x600 here."
SIDES = {"width": 1000, "height": 600}


@pytest.mark.parametrize(
    ("asked_for", "notes"),
    [
        (SIDES, ["1000x600 was sent as 992x608 pixels.", CUT]),
        ({**SIDES, "save_to": "banner.png"}, ["1000x600 was sent as 992x608 pixels.", CUT]),
        (
            {**SIDES, "save_to": "banner.webp"},
            ["1000x600 was sent as 992x608 pixels.", f"{CUT} The model made PNG; it was converted to .webp here."],
        ),
        ({"resolution": "1000x600"}, ["1000x600 was sent as 992x608 pixels.", CUT]),
        (
            {"width": 1000, "aspect_ratio": "5:3"},
            [
                "5:3 at width 1000 was sent as 992x608 pixels.",
                "The model made 992x608; it was scaled and cut to 1000x608 here.",
            ],
        ),
    ],
)
async def test_a_picture_is_saved_in_just_the_pixels_that_were_asked_for(
    tmp_path: Path, asked_for: dict[str, Any], notes: list[str]
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {"prompt": "a fox", **asked_for}))
    (output,) = fields["outputs"]
    assert notes_of(fields) == notes
    with Image.open(output["path"]) as picture:
        assert picture.size == (output["width"], output["height"])
    assert f"cut to {output['width']}x{output['height']} here" in notes[-1]


async def test_a_listed_size_that_is_farther_off_is_saved_as_it_came(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        call = {"prompt": "a fox", "model": "openai/gpt-image-2/text-to-image", "width": 900, "height": 900}
        fields = fields_of(await client.call_tool("generate_image", call))
    assert (fields["outputs"][0]["width"], fields["outputs"][0]["height"]) == (1024, 1024)
    assert notes_of(fields) == ["900x900 was sent as 1024x1024 pixels."]


async def test_a_picture_of_another_size_than_was_sent_is_left_as_it_came(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", finished([f"{BASE_URL}/x.png"]))
    world.script = at("/x.png", httpx.Response(200, content=png(640, 640)))
    async with world.client() as client:
        call = {"prompt": "a fox", "width": 1000, "height": 600}
        fields = fields_of(await client.call_tool("generate_image", call))
    assert (fields["outputs"][0]["width"], fields["outputs"][0]["height"]) == (640, 640)
    assert "Asked for 992x608 pixels, the model made 640x640." in fields["notes"]
