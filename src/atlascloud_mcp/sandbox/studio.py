"""Where outputs are made: one commission, one file. Everything here blocks: call it in a worker thread."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from atlascloud_mcp.sandbox.artwork import draw
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.film import Script, film, last_frame
from atlascloud_mcp.sandbox.mesh import Mesh, archive, glb, mtl, obj, stl, usdz
from atlascloud_mcp.sandbox.music import song
from atlascloud_mcp.sandbox.render import preview
from atlascloud_mcp.sandbox.sculpture import sculpture
from atlascloud_mcp.sandbox.speech import speech
from atlascloud_mcp.sandbox.tones import SAMPLE_RATE, wav
from atlascloud_mcp.sandbox.wish import MeshFormat, PictureFormat, Size, Submission

_SAVE_OPTIONS: dict[PictureFormat, dict[str, int]] = {
    "png": {"compress_level": 3},
    "jpeg": {"quality": 92},
    "webp": {"quality": 90, "method": 2},
}
_STAND_IN_SIDE = 768
_TURNS = (-0.75, 0.75)  # radians
_MESHES: dict[MeshFormat, Callable[[Mesh], bytes]] = {"glb": glb, "obj": obj, "stl": stl, "usdz": usdz}


@dataclass(frozen=True, slots=True)
class Commission:
    """Everything that an output depends on. `number` is its place among the outputs, from 0."""

    wish: Submission
    number: int
    size: Size
    seed: int
    sources: tuple[Path, ...]
    target: Path


def make(wanted: Commission) -> None:
    """The output lies at its target."""
    kinds = {"image": _picture, "video": _video, "mesh": _sculpture, "audio": _sound}
    wanted.target.write_bytes(kinds[wanted.wish.kind](wanted))


def paint(title: str, target: Path) -> None:
    """A picture with that title lies at the target, to stand in for one that is not fetched."""
    picture = draw(title, width=_STAND_IN_SIDE, height=_STAND_IN_SIDE, seed=0, model="not fetched")
    target.write_bytes(_saved(picture, "png"))


def recite(text: str, seconds: float, target: Path) -> None:
    """A recording of the text, that long, lies at the target, to stand in for one that is not fetched."""
    said = speech(text, seconds=seconds, rate=SAMPLE_RATE, voice="", seed=0)
    target.write_bytes(wav(said, SAMPLE_RATE, text))


def _picture(wanted: Commission) -> bytes:
    source = opened(wanted.sources[wanted.number % len(wanted.sources)]) if wanted.sources else None
    width, height = wanted.size
    seed, wish = wanted.seed + wanted.number, wanted.wish
    return _saved(
        draw(wish.prompt, width=width, height=height, seed=seed, source=source, model=wish.model), wish.picture_format
    )


def _video(wanted: Commission) -> bytes:
    wish, sources = wanted.wish, wanted.sources
    start = None if wish.starts_on is None else opened(sources[wish.starts_on])
    end = None if wish.ends_on is None else opened(sources[wish.ends_on])
    source = opened(sources[0]) if sources and start is None and end is None else None
    script = Script(wish.prompt, wish.model, wanted.size, wish.seconds, wanted.seed, start, end, source)
    return film(script) if wanted.number == 0 else _saved(last_frame(script), "png")


def _sculpture(wanted: Commission) -> bytes:
    """The mesh itself, an archive of it for programs of another kind, or a picture of it."""
    wish = wanted.wish
    source = opened(wanted.sources[0]) if wanted.sources else None
    mesh = sculpture(wish.prompt, seed=wanted.seed, source=source)
    turn = Dice(f"view/{wanted.seed}").uniform(*_TURNS)
    match wanted.number:
        case 0:
            return _MESHES[wish.mesh_format](mesh)
        case 1:
            return archive(
                {"model.obj": obj(mesh, materials="model.mtl"), "model.mtl": mtl(mesh), "model.glb": glb(mesh)}
            )
        case _:
            return _saved(preview(mesh, wanted.size, turn=turn), "png")


def _sound(wanted: Commission) -> bytes:
    """One of the tracks, or the cover that comes after them. What is said depends on a seed only if one was asked."""
    wish, sound = wanted.wish, wanted.wish.sound
    if sound is None or wanted.number >= len(wish.suffixes):
        width, height = wanted.size
        title = sound.title if sound else wish.prompt
        return _saved(draw(title, width=width, height=height, seed=wanted.seed, model=wish.model), wish.picture_format)
    rate, seconds = sound.sample_rate, sound.seconds
    if sound.task == "speech":
        said = speech(sound.text, seconds=seconds, rate=rate, voice=sound.voice, seed=max(0, wish.seed))
        return wav(said, rate, sound.text)
    return wav(song(wish.prompt, seconds=seconds, rate=rate, seed=wanted.seed + wanted.number), rate, sound.text)


def opened(path: Path) -> Image.Image:
    """The picture of that file, upright, RGB."""
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def _saved(picture: Image.Image, picture_format: PictureFormat) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, picture_format, **_SAVE_OPTIONS[picture_format])
    return buffer.getvalue()
