"""The pictures of the jobs: the inputs they start from, and the files that are drawn when somebody looks."""

import base64
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import anyio
from anyio import to_thread
from PIL import Image, ImageOps

from atlascloud_mcp.sandbox.artwork import draw
from atlascloud_mcp.sandbox.submission import PictureFormat, Refused, nearest_sides

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.jobs import Job
    from atlascloud_mcp.sandbox.state import Sandbox

MEDIA_TYPES: dict[PictureFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}

_LARGEST_FREE_AREA = 2048**2  # of a picture whose size its input decides
_SAVE_OPTIONS: dict[PictureFormat, dict[str, int]] = {
    "png": {"compress_level": 3},
    "jpeg": {"quality": 92},
    "webp": {"quality": 90, "method": 2},
}


@dataclass(frozen=True, slots=True)
class _Commission:
    """Everything that a picture depends on."""

    prompt: str
    model: str
    width: int
    height: int
    seed: int
    source: Path | None
    picture_format: PictureFormat
    target: Path


class Gallery:
    """Draws each output once, on the first look at it, in a worker thread."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._locks: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)

    async def source(self, reference: str) -> Path:
        """The input picture as a file. Raises `Refused` (400) for what is no picture or cannot be had.

        An address of somebody else is not fetched: a picture drawn from the address stands in for it.
        """
        base = self._sandbox.base_url
        if reference.startswith("data:"):
            return await to_thread.run_sync(self._from_data_uri, reference)
        if not reference.startswith(f"{base}/"):
            return await self._stand_in(reference)
        kind, _, rest = reference.removeprefix(f"{base}/").partition("/")
        if kind == "uploads" and (upload := self._sandbox.upload(rest.partition("/")[0])):
            await to_thread.run_sync(_checked, upload.path)
            return upload.path
        if kind == "outputs" and (found := self.find(rest)):
            return await self.picture(*found)
        raise Refused(400, f"Invalid request parameters: image not found: {reference}")

    def find(self, name: str) -> "tuple[Job, int] | None":
        """The finished job and the number of the picture that an output's file name means."""
        stem = name.rpartition(".")[0]
        job_id, _, number = stem.rpartition("-")
        job = self._sandbox.jobs.get(job_id)
        if job is None or not job.finished(self._sandbox.clock()) or job.fate != "success":
            return None
        names = [_name(job, each) for each in range(job.submission.count)]
        return (job, int(number)) if name in names else None

    def urls(self, job: "Job") -> list[str]:
        """Where the job's pictures are served."""
        return [f"{self._sandbox.base_url}/outputs/{_name(job, number)}" for number in range(job.submission.count)]

    async def data_uris(self, job: "Job") -> list[str]:
        """The job's pictures themselves, as data URIs."""
        kind = MEDIA_TYPES[job.submission.picture_format]
        files = [await self.picture(job, number) for number in range(job.submission.count)]
        texts = [base64.b64encode(await anyio.Path(file).read_bytes()).decode() for file in files]
        return [f"data:{kind};base64,{text}" for text in texts]

    async def picture(self, job: "Job", number: int) -> Path:
        """The drawn file of the job's output of that number, counted from 0."""
        wish = job.submission
        path = self._sandbox.shelf.place(_name(job, number))
        async with self._locks[path.name]:
            if not await anyio.Path(path).exists():
                source = job.sources[number % len(job.sources)] if job.sources else None
                width, height = job.size
                seed, kind = job.seed + number, wish.picture_format
                wanted = _Commission(wish.prompt, wish.model, width, height, seed, source, kind, path)
                await to_thread.run_sync(_paint, wanted)
        return path

    def _from_data_uri(self, reference: str) -> Path:
        head, _, data = reference.partition(",")
        try:
            raw = base64.b64decode(data) if head.endswith(";base64") else unquote_to_bytes(data)
        except ValueError as exc:
            raise Refused(400, "Invalid request parameters: image is not valid base64") from exc
        path = self._sandbox.shelf.place(f"input-{uuid4().hex}")
        path.write_bytes(raw)
        _checked(path)
        return path

    async def _stand_in(self, reference: str) -> Path:
        if not reference.startswith(("https://", "http://")):
            raise Refused(400, "Invalid request parameters: image is neither a URL nor a data URI")
        path = self._sandbox.shelf.place(f"input-{uuid4().hex}.png")
        address = reference.partition("?")[0].partition("://")[2]
        wanted = _Commission(address, "not fetched", 768, 768, 0, None, "png", path)
        await to_thread.run_sync(_paint, wanted)
        return path


async def size_like(source: Path) -> tuple[int, int]:
    """Allowed sides, in pixels, with the shape of that picture."""
    width, height = await to_thread.run_sync(_checked, source)
    return nearest_sides(width / height, min(width * height, _LARGEST_FREE_AREA))


def _name(job: "Job", number: int) -> str:
    return f"{job.id}-{number}.{job.submission.picture_format}"


def _checked(path: Path) -> tuple[int, int]:
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise Refused(400, "Invalid request parameters: image cannot be read as a picture") from exc


def _paint(wanted: _Commission) -> None:
    source = None
    if wanted.source is not None:
        with Image.open(wanted.source) as opened:
            source = ImageOps.exif_transpose(opened).convert("RGB")
    picture = draw(
        wanted.prompt,
        width=wanted.width,
        height=wanted.height,
        seed=wanted.seed,
        source=source,
        model=wanted.model,
    )
    buffer = BytesIO()
    picture.save(buffer, wanted.picture_format, **_SAVE_OPTIONS[wanted.picture_format])
    wanted.target.write_bytes(buffer.getvalue())
