"""Videos: from words, frames, references, recordings and other clips; what is uploaded, and what is refused first."""

from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from film_samples import sound, video
from world import World, failure_of, fields_of, finished, notes_of, png, text_of

TEXT = "bytedance/seedance-2.0/text-to-video"
STILL = "bytedance/seedance-2.0/image-to-video"
REFERENCES = "bytedance/seedance-2.0/reference-to-video"
AVATAR = "kwaivgi/kling-v2.6-pro/avatar"
EDIT = "kwaivgi/kling-video-o3-pro/video-edit"
FOX = {"prompt": "a red fox in the snow"}
SHORT = {**FOX, "duration_seconds": 4}


@cache
def clip() -> bytes:
    """A clip of four seconds."""
    return video("webm", "libvpx", size=(128, 72), frames=40)


@cache
def samples() -> dict[str, bytes]:
    """Local files of all kinds; made once, for encoding takes its time."""
    return {
        "first.png": png(),
        "last.png": png(colour="red"),
        "third.png": png(colour="gold"),
        "photo.gif": png(kind="GIF"),
        "heavy.png": png() + bytes(4_600_000),
        "clip.mp4": video("mp4", "mpeg4", frames=2),
        "clip.webm": clip(),
        "speech.mp3": sound("mp3", "libmp3lame"),
        "speech.wav": sound("wav", "pcm_s16le"),
    }


def drawn(request: httpx.Request) -> httpx.Response | None:
    """A script that spares the sandbox the drawing."""
    return httpx.Response(200, content=clip()) if request.url.path.startswith("/outputs/") else None


def studio(folder: Path) -> World:
    """A world with local files of all kinds, where no clip takes time to draw."""
    world = World(folder, script=drawn)
    for name, content in samples().items():
        (world.project / name).write_bytes(content)
    return world


def uploaded(world: World, file_name: str) -> str:
    """The address of a file that was uploaded."""
    [upload] = [upload for upload in world.sandbox.uploads if upload.file_name == file_name]
    return f"https://sandbox.test{upload.url_path}"


async def test_a_clip_of_words_alone_is_drawn_saved_and_measured(tmp_path: Path) -> None:
    world = World(tmp_path)
    arguments = {**SHORT, "resolution": "480p", "aspect_ratio": "9:16", "sound": False, "save_to": "fox.webm"}
    async with world.client() as client:
        result = await client.call_tool("generate_video", arguments)
    fields = fields_of(result)
    [output] = fields["outputs"]
    path = world.project / "fox.webm"
    assert (fields["status"], fields["model"], fields["cost_usd"]) == ("completed", TEXT, 0.003)
    assert (output["path"], output["mime_type"], output["duration_seconds"]) == (str(path), "video/webm", 4.0)
    assert (output["width"], output["height"]) == (480, 854)
    assert path.stat().st_size == output["bytes"]
    assert notes_of(fields) == []
    assert f"saved: {path} (video/webm, 480x854, 4.0 s, {output['bytes']} bytes)" in text_of(result)
    [submit] = world.sandbox.submits
    asked = {"duration": 4, "resolution": "480p", "ratio": "9:16", "generate_audio": False}
    assert submit.body == {"model": TEXT, **FOX, **asked}
    assert [request.path for request in world.sandbox.requests if request.path.endswith("generateVideo")] != []


@pytest.mark.parametrize(
    ("arguments", "model", "body", "files"),
    [
        ({"first_frame": "first.png"}, STILL, {"image": "first.png"}, 1),
        (
            {"first_frame": "first.png", "last_frame": "last.png"},
            STILL,
            {"image": "first.png", "last_image": "last.png"},
            2,
        ),
        (
            {"images": ["first.png", "last.png"]},
            REFERENCES,
            {"reference_images": ["first.png", "last.png"]},
            2,
        ),
        (
            {"model": REFERENCES, "images": ["third.png"], "video": "clip.mp4", "audio": "speech.wav"},
            REFERENCES,
            {
                "reference_images": ["third.png"],
                "reference_videos": ["clip.mp4"],
                "reference_audios": ["speech.wav"],
            },
            3,
        ),
        (
            {"model": "kling avatar", "first_frame": "first.png", "audio": "speech.mp3"},
            AVATAR,
            {"image": "first.png", "audio": "speech.mp3"},
            2,
        ),
        (
            {"model": EDIT, "video": "clip.mp4", "images": ["first.png"]},
            EDIT,
            {"video": "clip.mp4", "images": ["first.png"]},
            2,
        ),
        (
            {"model": "alibaba/wan-2.6/image-to-video", "first_frame": "first.png", "audio": "speech.mp3"},
            "alibaba/wan-2.6/image-to-video",
            {"image": "first.png", "audio": "speech.mp3"},
            2,
        ),
        (
            {"model": STILL, "params": {"image": "first.png", "last_image": "last.png"}},
            STILL,
            {"image": "first.png", "last_image": "last.png"},
            2,
        ),
        (
            {"model": REFERENCES, "params": {"reference_audios": ["speech.mp3"], "reference_images": ["first.png"]}},
            REFERENCES,
            {"reference_audios": ["speech.mp3"], "reference_images": ["first.png"]},
            2,
        ),
        ({"first_frame": "first.png", "last_frame": "first.png"}, STILL, {"image": "first.png"}, 1),
    ],
)
async def test_local_files_are_uploaded_once_and_stand_in_the_fields_that_are_meant_for_them(
    tmp_path: Path, arguments: dict[str, Any], model: str, body: dict[str, str | list[str]], files: int
) -> None:
    world = studio(tmp_path)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_video", {**FOX, **arguments}))
    [submit] = world.sandbox.submits
    assert fields["model"] == submit.body["model"] == model
    assert len(world.sandbox.uploads) == files
    for field, named in body.items():
        names = named if isinstance(named, list) else [named]
        addresses = [uploaded(world, name) for name in names]
        assert submit.body[field] == (addresses if isinstance(named, list) else addresses[0])
    assert Path(fields["outputs"][0]["path"]).read_bytes() == clip()


async def test_addresses_are_passed_on_and_nothing_is_uploaded(tmp_path: Path) -> None:
    world = studio(tmp_path)
    frames = {"first_frame": "https://example.com/a.png", "last_frame": "https://example.com/b.png"}
    async with world.client() as client:
        fields_of(await client.call_tool("generate_video", {**FOX, **frames}))
    [submit] = world.sandbox.submits
    sent = {"image": "https://example.com/a.png", "last_image": "https://example.com/b.png"}
    assert submit.body == {"model": STILL, **FOX, **sent}
    assert world.sandbox.uploads == []


async def test_another_length_than_was_asked_for_is_said(tmp_path: Path) -> None:
    world = World(
        tmp_path, script=lambda request: httpx.Response(200, content=clip()) if "/r/" in str(request.url) else None
    )
    world.sandbox.faults.add("prediction", finished(["https://sandbox.test/r/a.webm"]), times=None)
    async with world.client() as client:
        longer = await client.call_tool("generate_video", {**FOX, "duration_seconds": 10})
        same = fields_of(await client.call_tool("generate_video", SHORT))
        unasked = fields_of(await client.call_tool("generate_video", FOX))
    [note] = notes_of(fields_of(longer))
    assert note.startswith("Asked for 10")
    assert "4" in note.partition("made")[2]
    assert f"note: {note}" in text_of(longer)
    assert notes_of(same) == notes_of(unasked) == []


async def test_a_clip_that_outlasts_the_wait_is_fetched_later_and_paid_once(tmp_path: Path) -> None:
    world = studio(tmp_path)
    world.sandbox.job_seconds = 600
    async with world.client() as client:
        running = await client.call_tool("generate_video", {**SHORT, "save_to": "fox.webm"})
        fields = fields_of(running)
        assert fields["status"] == "running"
        assert "get_prediction" in fields["next"]
        assert "next: " in text_of(running)
        world.clock.elapsed += 600
        done = fields_of(await client.call_tool("get_prediction", {"prediction_id": fields["prediction_id"]}))
    assert (done["status"], done["prediction_id"]) == ("completed", fields["prediction_id"])
    assert done["outputs"][0]["path"] == str(world.project / "fox.webm")
    assert done["outputs"][0]["duration_seconds"] == 4.0
    assert notes_of(done) == []
    assert len(world.sandbox.submits) == 1


async def test_a_submit_that_is_lost_is_found_and_never_repeated(tmp_path: Path) -> None:
    world = studio(tmp_path)
    world.sandbox.faults.add("submit", Fault(drop="after"))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_video", {**FOX, "first_frame": "first.png"}))
    assert "found in Atlas Cloud's history" in " ".join(notes_of(fields))
    assert fields["prediction_id"] == world.sandbox.submits[0].id
    assert (world.sandbox.counts["submit"], len(world.sandbox.submits)) == (1, 1)


async def test_a_local_file_of_the_wrong_kind_format_or_size_is_refused_before_it_is_uploaded(tmp_path: Path) -> None:
    rows: list[tuple[str, dict[str, Any], list[str]]] = [
        ("generate_video", {"first_frame": "speech.wav"}, ["speech.wav is audio/wav", "first_frame takes a picture"]),
        ("generate_video", {"first_frame": "first.png", "last_frame": "clip.mp4"}, ["clip.mp4", "last_frame"]),
        ("generate_video", {"images": ["first.png", "speech.wav"]}, ["speech.wav is audio/wav", "a picture"]),
        ("generate_video", {"model": EDIT, "video": "first.png"}, ["first.png is image/png", "video"]),
        ("generate_video", {"model": EDIT, "video": "clip.webm"}, ["video/webm", "It takes video/mp4"]),
        ("generate_video", {"model": AVATAR, "first_frame": "first.png", "audio": "clip.mp4"}, ["a recording"]),
        ("generate_video", {"model": STILL, "first_frame": "photo.gif"}, ["image/gif", "image/png"]),
        (
            "generate_image",
            {"model": "tencent/hunyuan3d-rapid/image-to-3d", "images": ["heavy.png"]},
            ["heavy.png has 4.6 MB", "at most 4.5 MB"],
        ),
        ("generate_video", {"first_frame": "../first.png"}, ["outside the allowed folders"]),
        ("generate_video", {"model": STILL, "params": {"image": "../first.png"}}, ["outside the allowed folders"]),
        ("generate_video", {"model": STILL, "params": {"image": "nothing.png"}}, ["nothing.png", "no file"]),
    ]
    world = studio(tmp_path)
    async with world.client() as client:
        for tool, arguments, words in rows:
            text = failure_of(await client.call_tool(tool, {**FOX, **arguments}))
            assert [word for word in words if word not in text] == [], text
            assert "Nothing was billed." in text
    assert world.sent == []


async def test_what_a_video_model_only_colours_by_is_left_out_with_a_note(tmp_path: Path) -> None:
    async with World(tmp_path).client() as client:
        arguments = {**FOX, "seed": 3, "negative_prompt": "rain", "dry_run": True}
        fields = fields_of(await client.call_tool("generate_video", arguments))
    assert fields["request"] == {"model": TEXT, **FOX}
    assert any("seed was not sent" in note for note in fields["notes"])
    assert any("negative_prompt was not sent" in note for note in fields["notes"])
