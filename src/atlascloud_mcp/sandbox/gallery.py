"""The outputs of the jobs: the inputs they start from, and the files that are made when somebody looks."""

import base64
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import anyio
from anyio import to_thread
from PIL import Image

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.frame_sizes import even_sides
from atlascloud_mcp.sandbox.hearing import hear
from atlascloud_mcp.sandbox.lyrics import lyrics
from atlascloud_mcp.sandbox.studio import Commission, make, paint, recite
from atlascloud_mcp.sandbox.transcript import heard, talk, transcript
from atlascloud_mcp.sandbox.wish import Refused, Size, Submission, Suffix, invalid, nearest_sides

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.jobs import Job
    from atlascloud_mcp.sandbox.state import Sandbox

MEDIA_TYPES: dict[Suffix, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "webm": "video/webm",
    "glb": "model/gltf-binary",
    "obj": "model/obj",
    "stl": "model/stl",
    "usdz": "model/vnd.usdz+zip",
    "zip": "application/zip",
    "wav": "audio/wav",
}

_STAND_IN_SECONDS = (12.0, 40.0)
_LARGEST_FREE_AREA = 2048**2  # of a picture whose size its input decides


class Gallery:
    """Makes each output once, on the first look at it, in a worker thread."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def inputs(self, wish: Submission) -> tuple[Submission, tuple[Path, ...]]:
        """The wish, its recording heard, and what it starts from, as files.

        Raises `Refused` (400) for inputs that are not there, or are not what they should be.
        """
        if wish.sound is not None and wish.sound.task == "transcript":
            path = await self._recording(wish.recordings[0])
            return replace(wish, sound=heard(wish.sound, await to_thread.run_sync(hear, path))), (path,)
        for reference in wish.masks:
            await self.source(reference)
        for reference in wish.recordings:
            self._listen(reference)
        return wish, tuple([await self.source(reference) for reference in wish.images])

    async def listened(self, wish: Submission) -> Submission:
        """The wish, its recording heard if it can be had already."""
        if wish.sound is not None and wish.recordings:
            with suppress(Refused):
                return (await self.inputs(wish))[0]
        return wish

    async def source(self, reference: str) -> Path:
        """The input picture as a file. Raises `Refused` (400) for what is no picture or cannot be had.

        An address of somebody else is not fetched: a picture drawn from the address stands in for it.
        """
        if reference.startswith("data:"):
            path = await to_thread.run_sync(self._from_data_uri, reference, "image")
            await to_thread.run_sync(_checked, path)
            return path
        if not reference.startswith(f"{self._sandbox.base_url}/"):
            return await self._stand_in(reference)
        found = self._own(reference)
        if found is None:
            raise invalid(f"image not found: {reference}")
        path = await self._on_disk(found)
        await to_thread.run_sync(_checked, path)
        return path

    def find(self, name: str) -> "tuple[Job, int] | None":
        """The finished job and the number of the output that a file name means."""
        stem = name.rpartition(".")[0]
        job_id, _, number = stem.rpartition("-")
        job = self._sandbox.jobs.get(job_id)
        if job is None or not job.finished(self._sandbox.clock()) or job.fate != "success":
            return None
        return (job, int(number)) if name in _names(job) else None

    async def told(self, job: "Job", *, as_data: bool) -> dict[str, object]:
        """What the prediction of a job that succeeded says of its outputs; `as_data`: files as data URIs."""
        wish, sound = job.submission, job.submission.sound
        urls = [f"{self._sandbox.base_url}/outputs/{name}" for name in _names(job)]
        if sound is None:
            length = {"duration": wish.seconds} if wish.kind == "video" else {}
            return {"outputs": await self._data_uris(job) if as_data else urls, **length}
        if sound.task == "transcript":
            result = transcript(sound)
            return {"outputs": [result["text"]], "stt_result": result}
        if sound.task == "lyrics":
            song = lyrics(sound.text, job.seed)
            result = {"song_title": song.title, "style_tags": list(song.style_tags), "lyrics": song.text}
            return {"outputs": [song.text], "lyrics_result": result}
        tracks = await self._data_uris(job) if as_data else urls[: sound.tracks]
        cover = {"thumbnail": urls[-1]} if sound.has_cover else {}
        return {"outputs": tracks, "duration": round(sound.seconds, 3), **cover}

    async def _data_uris(self, job: "Job") -> list[str]:
        files = [await self.file(job, number) for number in range(len(job.submission.suffixes))]
        texts = [base64.b64encode(await anyio.Path(file).read_bytes()).decode() for file in files]
        kinds = [MEDIA_TYPES[suffix] for suffix in job.submission.suffixes]
        return [f"data:{kind};base64,{text}" for kind, text in zip(kinds, texts, strict=True)]

    async def file(self, job: "Job", number: int) -> Path:
        """The file of the job's output of that number, counted from 0."""
        path = self._sandbox.shelf.place(_names(job)[number])
        async with self._locks[path.name]:
            if not await anyio.Path(path).exists():
                wanted = Commission(job.submission, number, job.size, job.seed, job.sources, path)
                await to_thread.run_sync(make, wanted)
        return path

    def _own(self, reference: str) -> "Path | tuple[Job, int] | None":
        """What one of the sandbox's own addresses means."""
        kind, _, rest = reference.removeprefix(f"{self._sandbox.base_url}/").partition("/")
        if kind == "uploads":
            upload = self._sandbox.upload(rest.partition("/")[0])
            return upload.path if upload else None
        return self.find(rest) if kind == "outputs" else None

    def _listen(self, reference: str) -> None:
        """Raises `Refused` (400) for a recording that cannot be there; its content is nobody's business here."""
        if reference.startswith(f"{self._sandbox.base_url}/") and self._own(reference) is None:
            raise invalid(f"media not found: {reference}")
        if not reference.startswith(("https://", "http://", "data:")):
            raise invalid("media is neither a URL nor a data URI")

    async def _recording(self, reference: str) -> Path:
        """The recording as a file. Somebody else's is not fetched: a talk as long as its address decides stands in."""
        if reference.startswith("data:"):
            return await to_thread.run_sync(self._from_data_uri, reference, "audio")
        self._listen(reference)
        if found := self._own(reference):
            return await self._on_disk(found)
        path = self._sandbox.shelf.place(f"input-{uuid4().hex}.wav")
        seconds = Dice(reference).uniform(*_STAND_IN_SECONDS)
        await to_thread.run_sync(recite, talk(seconds), seconds, path)
        return path

    async def _on_disk(self, found: "Path | tuple[Job, int]") -> Path:
        return found if isinstance(found, Path) else await self.file(*found)

    def _from_data_uri(self, reference: str, what: str) -> Path:
        head, _, data = reference.partition(",")
        try:
            raw = base64.b64decode(data) if head.endswith(";base64") else unquote_to_bytes(data)
        except ValueError as exc:
            raise invalid(f"{what} is not valid base64") from exc
        path = self._sandbox.shelf.place(f"input-{uuid4().hex}")
        path.write_bytes(raw)
        return path

    async def _stand_in(self, reference: str) -> Path:
        if not reference.startswith(("https://", "http://")):
            raise invalid("image is neither a URL nor a data URI")
        path = self._sandbox.shelf.place(f"input-{uuid4().hex}.png")
        address = reference.partition("?")[0].partition("://")[2]
        await to_thread.run_sync(paint, address, path)
        return path


async def size_like(source: Path, wish: Submission) -> Size:
    """Allowed sides, in pixels, with the shape of that picture."""
    width, height = await to_thread.run_sync(_checked, source)
    if wish.short_side is not None:
        scale = wish.short_side / min(width, height)
        return even_sides(width * scale, height * scale)
    return nearest_sides(width / height, wish.area or min(width * height, _LARGEST_FREE_AREA))


def _names(job: "Job") -> list[str]:
    return [f"{job.id}-{number}.{suffix}" for number, suffix in enumerate(job.submission.files)]


def _checked(path: Path) -> Size:
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise invalid("image cannot be read as a picture") from exc
