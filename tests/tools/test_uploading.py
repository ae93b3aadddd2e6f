"""`upload_media`: what leaves the machine, and what never does."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from atlascloud_mcp.sandbox.faults import Fault
from film_samples import sound, video
from world import World, failure_of, fields_of, png, text_of


async def test_a_file_is_uploaded_and_every_field_of_the_answer_is_there(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "My cat.png").write_bytes(png())
    async with world.client() as client:
        result = await client.call_tool("upload_media", {"path": "My cat.png"})
    upload = world.sandbox.uploads[0]
    assert fields_of(result) == {
        "url": f"https://sandbox.test{upload.url_path}",
        "file_name": "My cat.png",
        "mime_type": "image/png",
        "bytes": len(png()),
        "temporary": True,
        "next": "Pass this URL in `images`. It is temporary and only for generating; do not publish it.",
        "sandbox": True,
    }
    text = text_of(result)
    assert all(f"{name}: " in text for name in fields_of(result))
    assert upload.sha256 == hashlib.sha256(png()).hexdigest()
    assert upload.content_type == "image/png"
    assert upload.file_name == "My cat.png"


async def test_the_next_step_names_the_argument_for_such_a_file(tmp_path: Path) -> None:
    world = World(tmp_path)
    files = {
        "fox.webp": (png(kind="WEBP"), "`images`"),
        "clip.mp4": (video("mp4", "libx264", size=(16, 16), frames=2), "`video`"),
        "speech.mp3": (sound("mp3", "libmp3lame"), "`audio`"),
        "chair.glb": (b"glTF\2\0\0\0", "`params`"),
    }
    async with world.client() as client:
        for name, (data, place) in files.items():
            (world.project / name).write_bytes(data)
            fields = fields_of(await client.call_tool("upload_media", {"path": name}))
            assert fields["next"].startswith(f"Pass this URL in {place}")


async def test_a_larger_file_arrives_whole(tmp_path: Path) -> None:
    world = World(tmp_path)
    content = png() + os.urandom(3_000_000)
    (world.project / "big.png").write_bytes(content)
    async with world.client() as client:
        assert fields_of(await client.call_tool("upload_media", {"path": "big.png"}))["bytes"] == len(content)
    assert world.sandbox.uploads[0].sha256 == hashlib.sha256(content).hexdigest()
    assert world.sandbox.requests[0].headers["content-length"].isdigit()


async def test_the_name_gets_the_extension_of_the_bytes(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / 'we"ird.txt').write_bytes(png(kind="JPEG"))
    async with world.client() as client:
        fields = fields_of(await client.call_tool("upload_media", {"path": 'we"ird.txt'}))
    assert (fields["file_name"], fields["mime_type"]) == ('we"ird.jpg', "image/jpeg")
    assert world.sandbox.uploads[0].content_type == "image/jpeg"
    assert world.sandbox.uploads[0].file_name == "we%22ird.jpg"


@pytest.mark.parametrize("url", ["https://example.com/cat.png", "HTTP://example.com/cat.png"])
async def test_an_address_need_not_be_uploaded(tmp_path: Path, url: str) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await client.call_tool("upload_media", {"path": url}))
    assert "URL already" in text
    assert "Pass it directly" in text
    assert world.sent == []


def _folder(project: Path) -> str:
    (project / "art").mkdir()
    return "art"


def _missing(project: Path) -> str:
    (project / "cat.png").write_bytes(png())
    return "cat.pgn"


def _fifo(project: Path) -> str:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes with names")
    os.mkfifo(project / "pipe.png")
    return "pipe.png"


def _link_out(project: Path) -> str:
    (project.parent / "secret.png").write_bytes(png())
    (project / "link.png").symlink_to(project.parent / "secret.png")
    return "link.png"


def _text(project: Path) -> str:
    (project / "notes.png").write_text("my diary")
    return "notes.png"


def _empty(project: Path) -> str:
    (project / "empty.png").touch()
    return "empty.png"


def _document(project: Path) -> str:
    (project / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    return "a.pdf"


def _private(project: Path) -> str:
    (project / "id_rsa").write_bytes(png())
    return "id_rsa"


def _hidden(project: Path) -> str:
    (project / ".cache").mkdir()
    (project / ".cache" / "a.png").write_bytes(png())
    return ".cache/a.png"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_folder, ["folder", "Name one file"]),
        (_missing, ["no file", "Did you mean", "cat.png"]),
        (_fifo, ["pipe"]),
        (_link_out, ["outside the allowed folders", "ATLASCLOUD_ALLOWED_DIRS"]),
        (_text, ["text", "whatever its name says"]),
        (_empty, ["empty"]),
        (_document, ["document"]),
        (_private, ["keys or credentials"]),
        (_hidden, ["hidden"]),
        ("~/.ssh/id_rsa", ["outside the allowed folders"]),
        ("/etc/passwd", ["outside the allowed folders"]),
        ("../x.png", ["outside the allowed folders"]),
        ("data:image/png;base64,AAAA", ["URL"]),
    ],
)
@pytest.mark.parametrize("tool", ["upload_media", "generate_image"])
async def test_what_must_not_leave_is_refused_with_a_reason_and_nothing_is_sent(
    tmp_path: Path, make: Callable[[Path], str] | str, words: list[str], tool: str
) -> None:
    world = World(tmp_path)
    path = make if isinstance(make, str) else make(world.project)
    arguments = {"path": path} if tool == "upload_media" else {"prompt": "a", "images": [path]}
    async with world.client() as client:
        text = failure_of(await client.call_tool(tool, dict(arguments)))
    assert all(word in text for word in words), text
    assert "Nothing was billed." in text
    assert world.sent == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=401), ["401", "ATLASCLOUD_API_KEY"]),
        (Fault(status=413), ["413", "smaller file"]),
        (Fault(status=502, body="<html>"), ["502", "may work in a moment"]),
        (Fault(drop="before"), ["broke off"]),
        (Fault(body="no json"), ["not JSON"]),
    ],
)
async def test_an_upload_that_fails_says_why_and_is_sent_once(tmp_path: Path, fault: Fault, words: list[str]) -> None:
    world = World(tmp_path)
    (world.project / "cat.png").write_bytes(png())
    world.sandbox.faults.add("upload", fault)
    async with world.client() as client:
        text = failure_of(await client.call_tool("upload_media", {"path": "cat.png"}))
    assert all(word in text for word in words), text
    assert world.sandbox.counts["upload"] == 1
