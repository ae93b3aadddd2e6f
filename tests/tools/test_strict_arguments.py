"""Arguments that are wrong are refused in words that help, before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from world import World, failure_of, fields_of, png

IMAGE = "generate_image"
PREDICTION = "get_prediction"
UPLOAD = "upload_media"
LONG = "x" * 20_001


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        (
            IMAGE,
            {"prompt": "a", "widht": 64},
            ['no argument "widht"', "Did you mean width?", "It takes: prompt, model"],
        ),
        (IMAGE, {"prompt": "a", "qqq": 1}, ['no argument "qqq". Nothing was billed. It takes: prompt']),
        (IMAGE, {"prompt": "a", "x\n" + "y" * 99: 1}, ['no argument "x yyy']),
        (PREDICTION, {"id": "a"}, ['no argument "id"', "prediction_id"]),
        (UPLOAD, {"path": "a.png", "temporary": True}, ['no argument "temporary"']),
        (IMAGE, {"prompt": "a", "width": True}, ["width should be a number, not true or false"]),
        (IMAGE, {"prompt": "a", "count": False}, ["count should be a number, not true or false"]),
        (IMAGE, {"prompt": "a", "seed": True}, ["seed should be a number"]),
        (IMAGE, {"prompt": "a", "guidance_scale": True}, ["guidance_scale should be a number"]),
        (PREDICTION, {"wait_seconds": True}, ["wait_seconds should be a number"]),
        (IMAGE, {"prompt": "a", "width": 63}, ["width should be", "(64 to 8192)", 'not "63"']),
        (IMAGE, {"prompt": "a", "height": 9000}, ["height should be", "(64 to 8192)", 'not "9000"']),
        (IMAGE, {"prompt": "a", "width": 64.5}, ["width should be a valid integer"]),
        (IMAGE, {"prompt": "a", "steps": 0, "seed": -1}, ["steps should be", "(1 to 200)", "seed should be"]),
        (IMAGE, {"prompt": "a", "count": 17}, ["count should be", "(1 to 16)"]),
        (IMAGE, {"prompt": "a", "wait_seconds": -1}, ["wait_seconds should be", "(0 to 3600)"]),
        (IMAGE, {"prompt": "a", "width": "wide"}, ["width should be a valid integer", 'not "wide"']),
        (IMAGE, {"prompt": 5}, ['prompt should be a valid string, not "5"']),
        (IMAGE, {"prompt": ["a", "b"]}, ["prompt should be a valid string"]),
        (IMAGE, {"prompt": "a", "dry_run": "yes"}, ["dry_run should be a valid boolean"]),
        (
            IMAGE,
            {"prompt": "a", "output_format": "gif"},
            ["output_format should be 'png', 'jpg', 'webp', 'glb', 'obj', 'stl', 'fbx' or 'usdz', not \"gif\""],
        ),
        (IMAGE, {"prompt": "a", "params": "none"}, ["params should be a valid dictionary"]),
        (IMAGE, {"prompt": "a", "images": 5}, ["images should be a valid list"]),
        (IMAGE, {"prompt": "a", "images": ["a.png", 5]}, ["images.1 should be a valid string"]),
        (IMAGE, {"prompt": "a", "images": [""]}, ["images.0 should have at least 1 character"]),
        (IMAGE, {"prompt": "a", "images": ["a.png"] * 17}, ["images should have at most 16 items"]),
        (IMAGE, {"prompt": ""}, ['prompt should have at least 1 character, not ""']),
        (IMAGE, {"prompt": " \n\t"}, ["prompt is empty", "Say what to show."]),
        (IMAGE, {}, ["prompt is empty"]),
        (IMAGE, {"prompt": LONG}, ["prompt should have at most 20000 characters", "…"]),
        (IMAGE, {"prompt": "a", "model": "m" * 201}, ["model should have at most 200 characters"]),
        (IMAGE, {"prompt": "a", "params": {str(number): 1 for number in range(51)}}, ["params should have at most 50"]),
        (PREDICTION, {"prediction_id": 5}, ['prediction_id should be a valid string, not "5"']),
        (PREDICTION, {"prediction_id": ["a", 5]}, ['prediction_id.1 should be a valid string, not "5"']),
        (PREDICTION, {"prediction_id": []}, ["prediction_id should have at least 1 item"]),
        (PREDICTION, {"prediction_id": ["a"] * 51}, ["prediction_id should have at most 50 items"]),
        (UPLOAD, {}, ["path is required."]),
        (UPLOAD, {"path": ["a.png"]}, ["path should be a valid string"]),
    ],
)
async def test_a_wrong_argument_is_named_with_what_is_allowed_and_what_was_given(
    tmp_path: Path, tool: str, arguments: dict[str, Any], words: list[str]
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool(tool, arguments))
    assert all(word in text for word in words), text
    assert "Nothing was billed." in text
    assert len(text) < 600
    assert "constrained" not in text
    assert world.sent == []


@pytest.mark.parametrize("images", ["cat.png", '["cat.png"]', ["cat.png"]])
async def test_one_picture_may_be_given_as_hosts_write_it(tmp_path: Path, images: object) -> None:
    world = World(tmp_path)
    (world.project / "cat.png").write_bytes(png())
    async with world.client() as client:
        result = await client.call_tool(IMAGE, {"prompt": "a", "images": images, "dry_run": True})
    assert fields_of(result)["request"]["images"][0].startswith("<upload: cat.png, ")


async def test_objects_and_numbers_may_come_as_text(tmp_path: Path) -> None:
    async with World(tmp_path).client() as client:
        result = await client.call_tool(
            IMAGE, {"prompt": "a", "params": '{"loras": []}', "width": "512", "dry_run": True}
        )
    request = fields_of(result)["request"]
    assert request["loras"] == []
    assert request["width"] == 512
