"""What the sandbox's language models see of a picture, a clip or a recording: what it is, and how large."""

import wave
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from PIL import Image

from atlascloud_mcp.sandbox.chat.question import Media
from atlascloud_mcp.sandbox.wish import Refused

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.gallery import Gallery
    from atlascloud_mcp.sandbox.state import Sandbox

_NOUNS = {"image": "picture", "video": "clip", "audio": "recording"}

# How a file of each format begins, after that many bytes.
_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", "WAV"),
    (8, b"AVI ", "AVI"),
    (4, b"ftypM4A", "M4A"),
    (4, b"ftyp", "MP4"),
    (0, b"\x1a\x45\xdf\xa3", "WebM"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"ID3", "MP3"),
    (0, b"\xff\xfb", "MP3"),
    (0, b"\xff\xf3", "MP3"),
    (0, b"\xff\xfa", "MP3"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
)
_WITH_AN = {"AAC", "AVI", "M4A", "MP3", "MP4", "Ogg"}
_FORMATS = {
    "video": ("MP4", "WebM", "Ogg", "AVI"),
    "audio": ("WAV", "MP3", "AAC", "FLAC", "Ogg", "M4A", "MP4", "WebM"),
}
_TOLD = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "wav": "WAV",
    "mp3": "MP3",
    "flac": "FLAC",
    "aac": "AAC",
}


async def seen(media: Media, sandbox: "Sandbox", gallery: "Gallery") -> str:
    """The medium in a few words, as “a PNG picture of 64 x 48 pixels”.

    Somebody else's address is not fetched. Raises `Refused` (400) for what is not there, or is no such medium.
    """
    data = media.data
    if data is None:
        if not media.url.startswith(f"{sandbox.base_url}/"):
            return f"a {_NOUNS[media.kind]} at {media.url.partition('?')[0]} (not fetched)"
        data = await anyio.Path(await _own(media, sandbox, gallery)).read_bytes()
    return await to_thread.run_sync(_told, media, data)


async def _own(media: Media, sandbox: "Sandbox", gallery: "Gallery") -> Path:
    shelf, _, rest = media.url.removeprefix(f"{sandbox.base_url}/").partition("/")
    if shelf == "uploads" and (upload := sandbox.upload(rest.partition("/")[0])):
        return upload.path
    if shelf == "outputs" and (found := gallery.find(rest)):
        return await gallery.file(*found)
    raise Refused(400, f"{media.place}: media not found: {media.url}")


def _told(media: Media, data: bytes) -> str:
    noun = _NOUNS[media.kind]
    name, size = _picture(data) if media.kind == "image" else _recording(media.kind, data)
    if not name:
        raise Refused(400, f"{media.place}: cannot be read as a {noun}")
    told = _TOLD.get(media.told)
    if told not in (None, name):
        raise Refused(400, f"{media.place}: was said to be {media.told}, and is {name}")
    article = "an" if name in _WITH_AN else "a"
    return f"{article} {name} {noun}{size}"


def _picture(data: bytes) -> tuple[str, str]:
    try:
        with Image.open(BytesIO(data)) as picture:
            picture.load()
            return picture.format or "", f" of {picture.width} x {picture.height} pixels"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return "", ""


def _recording(kind: str, data: bytes) -> tuple[str, str]:
    name = next((name for place, start, name in _STARTS if data.startswith(start, place)), "")
    if name not in _FORMATS[kind]:
        return "", ""
    if name == "WAV":
        try:
            with wave.open(BytesIO(data)) as sound:
                return name, f" of {sound.getnframes() / sound.getframerate():.1f} seconds"
        except (wave.Error, EOFError, ZeroDivisionError):
            return "", ""
    return name, f" of {len(data)} bytes"
