"""`save_to` and `output_format`: where the files go, under which names, in which format."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from PIL import Image

from world import SMALL, World, failure_of, fields_of, notes_of, png, text_of


async def saved(client: Client, **arguments: object) -> dict[str, Any]:
    return fields_of(await client.call_tool("generate_image", {**SMALL, **arguments}))


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def paths(fields: dict[str, Any]) -> list[str]:
    return [output["path"] for output in fields["outputs"]]


async def test_a_media_suffix_names_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        fields = await saved(client, save_to="public/img/hero.png")
    assert paths(fields) == [str(world.project / "public/img/hero.png")]
    assert names(world.project / "public/img") == ["hero.png"]
    assert notes_of(fields) == []


@pytest.mark.parametrize("save_to", ["art", "art/", "./art", "{project}/art"])
async def test_anything_else_names_a_folder(tmp_path: Path, save_to: str) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        fields = await saved(client, save_to=save_to.format(project=world.project))
    assert Path(paths(fields)[0]).parent == world.project / "art"
    assert Path(paths(fields)[0]).name.startswith("2026-11-22-a-red-fox-")


async def test_several_outputs_of_one_name_are_numbered(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        fields = await saved(client, save_to="hero.png", count=3)
    assert [Path(path).name for path in paths(fields)] == ["hero-1.png", "hero-2.png", "hero-3.png"]
    assert len({Path(path).read_bytes() for path in paths(fields)}) == 3


async def test_a_taken_name_is_never_overwritten(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "hero.png").write_bytes(b"mine")
    async with world.client() as client:
        fields = await saved(client, save_to="hero.png")
    assert paths(fields) == [str(world.project / "hero-2.png")]
    assert (world.project / "hero.png").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("save_to", "arguments", "made", "note"),
    [
        ("hero.webp", {}, "WEBP", "The model made PNG; it was converted to .webp here."),
        ("hero.jpg", {}, "JPEG", "The model made PNG; it was converted to .jpg here."),
        (None, {"output_format": "webp"}, "WEBP", "The model made PNG; it was converted to .webp here."),
        (None, {"output_format": "png"}, "PNG", None),
        ("hero.png", {"output_format": "png"}, "PNG", None),
        ("hero.jpeg", {"params": {"output_format": "jpeg"}}, "JPEG", None),
    ],
)
async def test_the_file_has_the_format_of_its_name_or_the_one_asked_for(
    tmp_path: Path, save_to: str | None, arguments: dict[str, object], made: str, note: str | None
) -> None:
    world = World(tmp_path)
    place = {"save_to": save_to} if save_to else {}
    async with world.client() as client:
        fields = await saved(client, **place, **arguments)
    path = Path(paths(fields)[0])
    with Image.open(path) as picture:
        assert picture.format == made
    assert fields["outputs"][0]["mime_type"] == f"image/{made.lower()}"
    assert fields["outputs"][0]["bytes"] == path.stat().st_size
    assert notes_of(fields) == ([note] if note else [])
    assert save_to is None or path.name == save_to


async def test_what_cannot_be_converted_keeps_its_own_extension_and_that_is_said(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        return (
            httpx.Response(200, content=b"glTF\x02\0\0\0\x14\0\0\0a model!")
            if "/outputs/" in request.url.path
            else None
        )

    world = World(tmp_path, script=script)
    async with world.client() as client:
        fields = await saved(client, save_to="hero.png")
    assert names(world.project) == ["hero.glb"]
    assert notes_of(fields) == ["The model made GLB, which could not be turned into .png."]


@pytest.mark.parametrize("wanted", ["svg", "heic"])
async def test_a_picture_format_that_cannot_come_is_refused_with_those_that_can(tmp_path: Path, wanted: str) -> None:
    world = World(tmp_path)
    (world.project / "fox.png").write_bytes(png())
    async with world.client() as client:
        for arguments in ({}, {"images": ["fox.png"]}, {"model": "google/nano-banana-2/edit", "images": ["fox.png"]}):
            text = failure_of(
                await client.call_tool("generate_image", {**SMALL, **arguments, "save_to": f"logo.{wanted}"})
            )
            assert f"is not known to make {wanted}" in text
            assert "png, jpg, webp, avif" in text
            assert "Nothing was billed." in text
        fields = await saved(client, save_to="logo.avif")
    assert paths(fields) == [str(world.project / "logo.avif")]
    assert world.sandbox.uploads == []


@pytest.mark.parametrize(
    ("tool", "name", "way_out"),
    [
        ("generate_image", "fox.zip", "Leave the suffix out"),
        ("generate_image", "fox.mp3", "generate_audio makes speech"),
        ("generate_image", "fox.mp4", "generate_video does"),
        ("generate_video", "fox.mp3", "generate_audio makes speech"),
        ("generate_video", "fox.png", "generate_image makes pictures"),
    ],
)
async def test_a_file_of_another_kind_than_the_tool_makes_is_refused_before_anything_is_paid(
    tmp_path: Path, tool: str, name: str, way_out: str
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool(tool, {"prompt": "a fox", "save_to": name}))
    assert f"{tool} makes no {name[-3:]}." in text
    assert way_out in text
    assert world.sent == []


async def test_a_model_that_lists_svg_among_its_formats_is_asked_for_it(tmp_path: Path) -> None:
    drawn = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    formats = {"type": "string", "enum": ["png", "svg"], "default": "png"}
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}, "output_format": formats}}
    job = {"id": "a1", "status": "succeeded", "outputs": ["https://sandbox.test/outputs/a1.svg"]}

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.startswith("/model/schema/"):
            return httpx.Response(200, json=schema)
        if request.url.path.startswith("/outputs/"):
            return httpx.Response(200, content=drawn)
        return httpx.Response(200, json={"code": 200, "data": job}) if request.method == "POST" else None

    world = World(tmp_path, script=script)
    model = "google/nano-banana-2/text-to-image"
    async with world.client() as client:
        asked = {"prompt": "a fox", "model": model, "save_to": "logo.svg"}
        fields = fields_of(await client.call_tool("generate_image", asked))
    assert json.loads(world.sent[0].content)["output_format"] == "svg"
    assert paths(fields) == [str(world.project / "logo.svg")]
    assert (world.project / "logo.svg").read_bytes() == drawn


@pytest.mark.parametrize("save_to", ["../elsewhere.png", "/etc/cron.d/x.png"])
async def test_a_place_outside_the_allowed_folders_is_refused_before_anything_is_paid(
    tmp_path: Path, save_to: str
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", {**SMALL, "save_to": save_to}))
    assert "Nothing was billed." in text
    assert str(world.project) in text
    assert "ATLASCLOUD_ALLOWED_DIRS" in text
    assert world.sent == []


@pytest.mark.parametrize(
    ("save_to", "rule"),
    [(".git/hooks/a.png", "hidden"), ("run.sh", "can be run"), ("a\0b.png", "control characters")],
)
async def test_a_name_that_is_not_given_is_refused_with_a_way_out_and_before_anything_is_paid(
    save_to: str, rule: str, tmp_path: Path
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", {**SMALL, "save_to": save_to}))
    assert rule in text
    assert "Nothing was billed." in text
    assert "Choose " in text or "Pass " in text
    assert "ATLASCLOUD_ALLOWED_DIRS" not in text
    assert world.sent == []


def losing_its_folder(folder: Path) -> World:
    """A world whose output folder becomes a file once a job has been submitted."""

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST" and request.url.path.endswith("/generateImage"):
            (folder / "output").write_text("not a folder")
        return None

    return World(folder, script=script)


async def test_a_folder_that_can_no_longer_be_made_costs_the_file_but_not_the_answer(tmp_path: Path) -> None:
    world = losing_its_folder(tmp_path)
    async with world.client() as client:
        result = await client.call_tool("generate_image", SMALL)
        fields = fields_of(result)
        world.output.unlink()
        again = fields_of(await client.call_tool("get_prediction", {"prediction_id": fields["prediction_id"]}))
    output = fields["outputs"][0]
    assert fields["status"] == "completed"
    assert output["url"].startswith("https://sandbox.test/outputs/")
    assert "path" not in output
    assert "Nothing can be saved in" in output["not_saved"]
    assert output["not_saved"] in text_of(result)
    assert "get_prediction" in fields["next"]
    assert fields["prediction_id"] in fields["next"]
    assert Path(paths(again)[0]).exists()


async def test_data_without_a_url_that_could_not_be_saved_is_saved_when_it_is_asked_for_again(tmp_path: Path) -> None:
    world = losing_its_folder(tmp_path)
    world.sandbox.prediction_shape = "data_uri"
    async with world.client() as client:
        fields = await saved(client)
        world.output.unlink()
        again = fields_of(await client.call_tool("get_prediction", {"prediction_id": fields["prediction_id"]}))
    assert "not_saved" in fields["outputs"][0]
    assert "url" not in fields["outputs"][0]
    assert Path(paths(again)[0]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("below", [(), ("pictures",)])
async def test_an_output_folder_that_cannot_be_used_is_refused_before_anything_is_paid(
    tmp_path: Path, below: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    folder = tmp_path.joinpath("file", *below)
    world = World(tmp_path, {"ATLASCLOUD_OUTPUT_DIR": str(folder)})
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
        elsewhere = await saved(client, save_to="fox.png")
    assert f"Nothing can be saved in {str(folder)!r}: a file or a link stands where a folder should be." in text
    assert "Nothing was billed." in text
    assert "ATLASCLOUD_OUTPUT_DIR" in text
    assert paths(elsewhere) == [str(world.project / "fox.png")]
    assert len(world.sandbox.submits) == 1


async def test_trying_the_folder_leaves_nothing_in_it_and_does_not_make_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        for save_to in ("new/deep/", "fox.png", None):
            place = {"save_to": save_to} if save_to else {}
            await client.call_tool("generate_image", {**SMALL, **place, "dry_run": True})
    assert names(world.project) == []
    assert not world.output.exists()


async def test_the_bytes_decide_the_extension_not_the_address(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        webp = png(kind="WEBP")
        return httpx.Response(200, content=webp) if request.url.path.endswith(".png") else None

    async with World(tmp_path, script=script).client() as client:
        fields = await saved(client)
    assert fields["outputs"][0]["path"].endswith(".webp")
    assert fields["outputs"][0]["mime_type"] == "image/webp"
