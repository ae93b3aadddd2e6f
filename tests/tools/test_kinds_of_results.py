"""Results that are no pictures, or several files of several kinds: names, facts, notes, side-cars."""

import json
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from film_samples import sound, video
from world import SMALL, Script, World, fields_of, finished, notes_of, png, previews_of, text_of

GLB = b"glTF\2\0\0\0\x14\0\0\0a model!"
OBJ = b"# a chair\no chair\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
WEBM = video("webm", "libvpx", frames=50)
MP4 = video("mp4", "libx264", size=(128, 72), frames=20)


def zipped(*names: str) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "a")
    return buffer.getvalue()


ZIP = zipped("a.txt")


def serving(files: Mapping[str, bytes]) -> Script:
    """What a store of results answers."""

    def script(request: httpx.Request) -> httpx.Response | None:
        data = files.get(request.url.path.rpartition("/")[2])
        return httpx.Response(200, content=data) if data is not None else None

    return script


def world_of(folder: Path, files: Mapping[str, bytes], **fields: Any) -> World:
    """A world whose one job gives these files."""
    world = World(folder, script=serving(files))
    world.sandbox.faults.add("prediction", finished([f"https://sandbox.test/r/{name}" for name in files], **fields))
    return world


async def made(world: World, **arguments: object) -> dict[str, Any]:
    async with world.client() as client:
        tool = "generate_video" if str(arguments.get("save_to")).endswith(".mp4") else "generate_image"
        return fields_of(await client.call_tool(tool, {"prompt": "a chair", **arguments}))


def names(fields: dict[str, Any]) -> list[str]:
    return [Path(output["path"]).name for output in fields["outputs"]]


async def test_a_clip_is_saved_and_its_size_and_length_are_told_in_both_forms(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a.mp4": MP4})
    async with world.client() as client:
        result = await client.call_tool("generate_video", {"prompt": "a fox", "save_to": "clip.mp4"})
    path = world.project / "clip.mp4"
    fields = fields_of(result)
    assert fields["outputs"] == [
        {
            "url": "https://sandbox.test/r/a.mp4",
            "path": str(path),
            "mime_type": "video/mp4",
            "bytes": len(MP4),
            "width": 128,
            "height": 72,
            "duration_seconds": 2.0,
        }
    ]
    assert notes_of(fields) == []
    assert path.read_bytes() == MP4
    assert f"saved: {path} (video/mp4, 128x72, 2.0 s, {len(MP4)} bytes)" in text_of(result)
    assert previews_of(result) == []


async def test_a_clip_of_another_format_than_its_name_keeps_its_own_and_that_is_said(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a.mp4": WEBM})  # the address lies too
    fields = await made(world, save_to="clip.mp4")
    assert names(fields) == ["clip.webm"]
    assert fields["outputs"][0]["mime_type"] == "video/webm"
    assert fields["outputs"][0]["duration_seconds"] == 5.0
    assert notes_of(fields) == ["The model made WEBM, which could not be turned into .mp4."]


async def test_a_clip_and_its_last_frame_share_the_name(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": MP4, "b": png(128, 72)})
    async with world.client() as client:
        result = await client.call_tool("generate_video", {"prompt": "a fox", "save_to": "clip.mp4"})
    assert names(fields_of(result)) == ["clip.mp4", "clip.png"]
    assert notes_of(fields_of(result)) == []
    assert len(previews_of(result)) == 1


async def test_a_mesh_its_archive_and_its_preview_share_the_name(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"mesh": GLB, "all": ZIP, "preview": png(), "notes": OBJ})
    fields = await made(world, save_to="art/chair.glb")
    assert names(fields) == ["chair.glb", "chair.zip", "chair.png", "chair.obj"]
    types = [output["mime_type"] for output in fields["outputs"]]
    assert types == ["model/gltf-binary", "application/zip", "image/png", "model/obj"]
    assert "width" not in fields["outputs"][0]
    assert (fields["outputs"][2]["width"], fields["outputs"][2]["height"]) == (64, 64)
    assert not any("duration_seconds" in output for output in fields["outputs"])
    assert notes_of(fields) == []


async def test_the_same_holds_in_the_output_folder_and_each_file_has_a_side_car(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"mesh": GLB, "preview": png()})
    fields = await made(world)
    first, second = (Path(output["path"]) for output in fields["outputs"])
    assert first.stem == second.stem
    assert (first.suffix, second.suffix) == (".glb", ".png")
    assert first.name.startswith("2026-11-22-a-chair-")
    for path, output in zip((first, second), fields["outputs"], strict=True):
        facts = json.loads(path.with_name(path.name + ".json").read_text())
        assert facts["url"] == output["url"]
        assert facts["prediction_id"] == fields["prediction_id"]


async def test_several_of_one_kind_are_numbered_among_themselves(tmp_path: Path) -> None:
    song = sound("wav", "pcm_s16le")
    world = world_of(tmp_path, {"cover": png(), "one": song, "two": song + b"\0\0"})
    fields = await made(world, save_to="song.wav", params={"form": "wav"})
    assert names(fields) == ["song.png", "song-1.wav", "song-2.wav"]
    assert fields["outputs"][1]["duration_seconds"] == 2.0


async def test_pictures_of_different_formats_become_the_named_one_and_are_numbered(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": png(), "b": png(kind="WEBP"), "c": GLB})
    fields = await made(world, save_to="hero.JPG")
    assert names(fields) == ["hero-1.JPG", "hero-2.JPG", "hero.glb"]
    assert notes_of(fields) == [
        "The model made PNG; it was converted to .jpg here.",
        "The model made WEBP; it was converted to .jpg here.",
    ]


async def test_all_files_of_a_job_take_the_first_number_that_is_free_for_all_of_them(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"mesh": GLB, "all": ZIP})
    (world.project / "chair.zip").write_bytes(b"mine")
    assert names(await made(world, save_to="chair.glb")) == ["chair-2.glb", "chair-2.zip"]
    assert (world.project / "chair.zip").read_bytes() == b"mine"


async def test_of_two_jobs_with_several_files_each_has_a_number_of_its_own(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"mesh": GLB, "all": ZIP, "a": png(), "b": png()})
    await made(world, save_to="chair.obj")
    world.sandbox.faults.add("prediction", finished(["https://sandbox.test/r/mesh", "https://sandbox.test/r/all"]))
    second = await made(world, save_to="chair.stl")
    world.sandbox.faults.add("prediction", finished([f"https://sandbox.test/r/{name}" for name in ("all", "a", "b")]))
    third = await made(world, save_to="chair.fbx")
    assert names(second) == ["chair-2.glb", "chair-2.zip"]
    assert names(third) == ["chair-3.zip", "chair-3.png", "chair-4.png"]


async def test_two_kinds_that_bear_one_extension_are_numbered(tmp_path: Path) -> None:
    ogg, opus = (b"OggS\0\2" + bytes(22) + head for head in (b"\x01vorbis", b"OpusHead"))
    world = world_of(tmp_path, {"a": ogg, "b": opus})
    assert names(await made(world, save_to="song.ogg", params={"form": "ogg"})) == ["song-1.ogg", "song-2.ogg"]


@pytest.mark.parametrize(
    ("files", "save_to", "saved", "note"),
    [
        ({"a": OBJ, "b": png()}, "chair.glb", ["chair.obj", "chair.png"], "OBJ, which could not be turned into .glb"),
        ({"a": ZIP, "b": png()}, "chair.glb", ["chair.zip", "chair.png"], "ZIP, which could not be turned into .glb"),
        ({"a": png()}, "chair.glb", ["chair.png"], "PNG, which could not be turned into .glb"),
        ({"a": b"\0\1\2", "b": png()}, "chair.glb", ["chair.bin", "chair.png"], "in no known format"),
        ({"a": OBJ}, "chair.obj", ["chair.obj"], None),
        ({"a": ZIP}, "chair.usdz", ["chair.usdz"], None),
        ({"a.usdz": ZIP, "b": GLB}, "chair.glb", ["chair.usdz", "chair.glb"], None),
        ({"a": ZIP, "b": zipped("a.usdc")}, "chair.usdz", ["chair.zip", "chair.usdz"], None),
    ],
)
async def test_what_is_not_the_named_format_is_said_once_and_only_when_nothing_else_is(
    tmp_path: Path, files: dict[str, bytes], save_to: str, saved: list[str], note: str | None
) -> None:
    fields = await made(world_of(tmp_path, files), save_to=save_to)
    assert names(fields) == saved
    assert len(notes_of(fields)) == (note is not None)
    assert note is None or note in notes_of(fields)[0]


async def test_one_file_that_fails_neither_keeps_the_others_nor_loses_its_name(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"mesh.glb": GLB, "all.zip": ZIP, "preview.png": png()})
    (world.project / "chair.png").write_bytes(b"mine")
    everything = world.script

    def without_archive(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(404) if request.url.path.endswith(".zip") else everything(request)

    world.script = without_archive
    async with world.client() as client:
        first = fields_of(await client.call_tool("generate_image", {"prompt": "a chair", "save_to": "chair.glb"}))
        assert "not_saved" in first["outputs"][1]
        world.script = everything
        world.sandbox.faults.add(
            "prediction", finished([output["url"] for output in first["outputs"]], id=first["prediction_id"])
        )
        again = fields_of(await client.call_tool("get_prediction", {"prediction_id": first["prediction_id"]}))
    assert [Path(first["outputs"][place]["path"]).name for place in (0, 2)] == ["chair-2.glb", "chair-2.png"]
    assert names(again) == ["chair-2.glb", "chair-2.zip", "chair-2.png"]
    assert [again["outputs"][place] for place in (0, 2)] == [first["outputs"][place] for place in (0, 2)]


async def test_a_file_that_is_too_slow_does_not_cost_the_others(tmp_path: Path) -> None:
    world = World(tmp_path, script=serving({"mesh.glb": GLB}))
    urls = ["https://sandbox.test/r/mesh.glb", "https://sandbox.test/outputs/slow.zip"]
    world.sandbox.faults.add("prediction", finished(urls))
    world.sandbox.faults.add("output", Fault(delay_s=10_000), times=None)
    fields = await made(world, save_to="chair.glb")
    assert Path(fields["outputs"][0]["path"]).name == "chair.glb"
    assert "longer than this call may wait" in fields["outputs"][1]["not_saved"]
    assert [path.name for path in world.project.iterdir()] == ["chair.glb"]


async def test_a_text_beside_a_file_takes_no_number(tmp_path: Path) -> None:
    world = World(tmp_path, script=serving({"a": MP4}))
    world.sandbox.faults.add("prediction", finished(["a song of foxes", "https://sandbox.test/r/a"]))
    fields = await made(world, save_to="clip.mp4")
    assert fields["outputs"][0]["text"] == "a song of foxes"
    assert Path(fields["outputs"][0]["path"]).name == "clip.txt"
    assert Path(fields["outputs"][1]["path"]).name == "clip.mp4"


async def test_the_size_of_a_clip_is_compared_and_that_of_its_last_frame_is_not(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": MP4, "b": png(32, 32)})
    fields = await made(world, width=64, height=64, save_to="clips/")
    assert notes_of(fields) == ["Asked for 64x64 pixels, the model made 128x72."]


async def test_a_preview_of_a_mesh_is_not_compared_with_anything(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": GLB, "b": png(32, 32)})
    fields = await made(world, width=64, height=64, save_to="chairs/")
    assert notes_of(fields) == []


async def test_a_last_frame_is_not_counted_among_the_clips_that_were_asked_for(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": MP4, "b": png()})
    fields = await made(world, count=2, save_to="clips/")
    assert notes_of(fields) == ["2 were asked for, 1 came; a safety filter may have kept the others."]


async def test_pictures_alone_are_named_as_ever(tmp_path: Path) -> None:
    world = World(tmp_path)
    fields = await made(world, **SMALL, count=2, save_to="hero.png")
    assert names(fields) == ["hero-1.png", "hero-2.png"]


async def test_an_address_that_is_none_costs_its_file_alone(tmp_path: Path) -> None:
    world = World(tmp_path, script=serving({"a": GLB}))
    world.sandbox.faults.add("prediction", finished(["https://[::1/x.zip", "https://sandbox.test/r/a"]))
    fields = await made(world, save_to="chair.glb")
    assert Path(fields["outputs"][1]["path"]).read_bytes() == GLB
    assert fields["outputs"][0]["not_saved"]


async def test_a_file_that_can_get_no_name_costs_itself_alone(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": MP4, "b": png()})
    (world.project / "clip.mp4").touch()
    for number in range(10_002):
        (world.project / f"clip-{number}.mp4").symlink_to("x")
    fields = await made(world, save_to="clip.mp4")
    assert "Nothing can be saved" in fields["outputs"][0]["not_saved"]
    assert Path(fields["outputs"][1]["path"]).name == "clip.png"


BROKEN = {
    "longer than it is": (b"glTF\2\0\0\0\xff\xff\xff\x7fa model!", "GLB"),
    "a header alone": (b"glTF\2\0\0\0\x0c\0\0\0", "GLB"),
    "without an end": (b"PK\3\4" + bytes(40), "ZIP"),
    "without a film": (b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + bytes(100), "MP4"),
    "cut off": (WEBM[:60], "WEBM"),
}


@pytest.mark.parametrize(("data", "kind"), BROKEN.values(), ids=BROKEN)
async def test_a_file_that_is_not_what_it_promises_is_saved_and_that_is_said(
    tmp_path: Path, data: bytes, kind: str
) -> None:
    fields = await made(world_of(tmp_path, {"a": data}))
    assert Path(fields["outputs"][0]["path"]).read_bytes() == data
    assert notes_of(fields) == [
        f"What came looks like {kind} and cannot be opened: it may be damaged or too large to look at."
    ]


async def test_an_archive_with_a_comment_and_a_mesh_with_more_behind_it_are_whole(tmp_path: Path) -> None:
    commented = ZIP[:-2] + b"\x05\0hello"
    assert notes_of(await made(world_of(tmp_path, {"a": commented, "b": GLB + bytes(9), "c": WEBM, "d": MP4}))) == []


@pytest.mark.parametrize("count", [1, 2])
async def test_a_text_in_place_of_the_files_is_no_quiet_success(tmp_path: Path, count: int) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", finished(["The image could not be rendered"]))
    fields = await made(world, **{**SMALL, "count": count, "save_to": "hero.png"})
    assert notes_of(fields) == ["Only text came, no file that was asked for."]


async def test_texts_share_what_one_answer_may_hold(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", finished(["word " * 3000] * 10, has_nsfw_contents=[True] * 100_000))
    async with world.client() as client:
        result = await client.call_tool("generate_image", SMALL)
    outputs = fields_of(result)["outputs"]
    assert [len(output.get("text", "")) for output in outputs] == [14_999, 5_001, *[0] * 8]
    assert all(len(Path(output["path"]).read_text()) == 15_000 for output in outputs)
    assert "of which this answer shows 0; all of it is in" in text_of(result)
    assert "next" not in fields_of(result)
    assert "output 1, 2, 3, 4, 5, 6, 7, 8, 9, 10." in text_of(result)
    assert len(text_of(result)) < 25_000


async def test_a_text_that_shows_nothing_is_said_to_be_that(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", finished(["\u200b\u200b", "spoken"]))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", SMALL))
    assert "nothing in it to show" in fields["outputs"][0]["not_saved"]
    assert fields["outputs"][1]["text"] == "spoken"
