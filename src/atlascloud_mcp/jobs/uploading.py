"""A local file becomes a temporary URL: the same bytes once within its lifetime, whoever asks."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import TypeVar

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.signatures import ends_at
from atlascloud_mcp.atlas.wire import Upload
from atlascloud_mcp.errors import AtlasCloudError, DiskError, InvalidRequest, ServiceError, SetupError
from atlascloud_mcp.jobs.access import Access
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.request import is_url, texts_in
from atlascloud_mcp.jobs.result import UploadedFile
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Folders
from atlascloud_mcp.storage.reading import MediaFile
from atlascloud_mcp.storage.uploads import Address, Content, Uploads

T = TypeVar("T")

# Generous: what is forgotten for nothing costs one more upload.
_INPUT = re.compile(r"url|link|address|image|picture|video|audio|file|media|input|asset|upload|source", re.IGNORECASE)
_GONE = re.compile(
    r"expired|unreachable|inaccessible|forbidden|no longer|time[d-]? ?out|\b40[34]\b|\b410\b|invalid \S{0,20}url"
    r"|\bnot (\w+ ){0,2}(reach|access|download|fetch|found|load|retriev|exist|available)"
    r"|(fail\w*|unable|errors?|cannot|can.t|could ?n.t|could not) (\w+ ){0,3}"
    r"(reach|access|download|fetch|find|load|retriev|get|open|read)",
    re.IGNORECASE,
)
# Source: a third party's client, which sends the request again on "still being prepared": a new upload would be
# even less ready.
_TOO_FRESH = re.compile(r"being (prepared|processed)|not ready", re.IGNORECASE)


@dataclass(slots=True)
class _Turn:
    lock: anyio.Lock = field(default_factory=anyio.Lock)
    users: int = 0


class Uploading:
    """Uploads local files, or knows that they have been. What cannot be remembered never stops an upload."""

    def __init__(self, atlas: AtlasClient, uploads: Uploads, access: Access, clock: Clock) -> None:
        self._atlas = atlas
        self._uploads = uploads
        self._access = access
        self._clock = clock
        self._turns: dict[Content, _Turn] = {}

    async def sha256(self, file: MediaFile) -> str:
        """The SHA-256 of the file's bytes, in hex; read only where it is not known of this version of the file.

        Raises:
            DiskError: the file cannot be read.
        """
        if file.digest is None:
            file.digest = await self._tried(partial(self._uploads.sha256, file.version))
        if file.digest is not None:
            return file.digest
        began = self._now()
        found = await anyio.to_thread.run_sync(file.sha256)
        await self._remember_sha256(file, found, began)
        return found

    async def send(self, file: MediaFile) -> Upload:
        """Where the file's bytes lie: since an earlier upload, or now.

        Raises:
            AtlasCloudError: they could not be uploaded.
        """
        try:
            account = await self._atlas.account()
        except AtlasCloudError:  # no key, which the upload says better
            return await self._uploaded(file)
        content = Content(account, await self.sha256(file), file.media.mime_type, PurePath(file.name).suffix)
        if earlier := await self._earlier(content):
            return earlier
        if self._access.is_resting:  # nothing could be learnt from the others
            return await self._uploaded(file)
        async with self._turn(content):
            return await self._earlier(content) or await self._remembered(file, content)

    async def forget_unreachable(self, error: AtlasCloudError, fields: Mapping[str, object]) -> None:
        """Where the error says that an input cannot be had, no address in these fields is used again.

        The error then says so, for the same request may work.
        """
        said = error.message
        if isinstance(error, SetupError) or _TOO_FRESH.search(said) or not (_INPUT.search(said) and _GONE.search(said)):
            return
        urls = list(dict.fromkeys(filter(is_url, texts_in(dict(fields)))))
        try:
            account = await self._atlas.account() if urls else ""
        except AtlasCloudError:
            return
        if urls and await self._tried(partial(self._uploads.forget, account, urls)):
            error.next_step = f"The same request would upload the local files anew. {error.next_step}".strip()

    async def _earlier(self, content: Content) -> Upload | None:
        found = await self._tried(partial(self._uploads.address, content, self._now()))
        return Upload(found.url, found.is_sandbox) if found else None

    async def _uploaded(self, file: MediaFile) -> Upload:
        return await self._atlas.upload(file, file.media.mime_type)

    async def _remembered(self, file: MediaFile, content: Content) -> Upload:
        """The file uploaded, and remembered by what was sent: it may have changed since it was looked at."""
        began = self._now()
        uploaded = await self._uploaded(file)
        if file.streamed is None:  # nobody waited for all of it
            return uploaded
        if file.streamed != content.sha256:
            await self._remember_sha256(file, file.streamed, began)
        content, address = replace(content, sha256=file.streamed), Address(uploaded.url, uploaded.sandbox)
        await self._tried(partial(self._uploads.remember, content, address, self._now(), ends_at(uploaded.url)))
        return uploaded

    async def _remember_sha256(self, file: MediaFile, sha256: str, began: float) -> None:
        if await anyio.to_thread.run_sync(file.is_unchanged):
            await self._tried(partial(self._uploads.remember_sha256, file.version, sha256, began))

    @asynccontextmanager
    async def _turn(self, content: Content) -> AsyncGenerator[None]:
        """Of those who would upload the same bytes one at a time does."""
        turn = self._turns.setdefault(content, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[content]

    async def _tried(self, work: Callable[[], T]) -> T | None:
        """What the database says; None where it cannot be asked."""
        try:
            return await self._access.call(work)
        except DiskError:
            return None

    def _now(self) -> float:
        return self._clock.now().timestamp()


async def upload(
    path: str, patience: Patience, *, uploading: Uploading, folders: Folders, clock: Clock
) -> UploadedFile:
    """Upload one local file, unless its bytes have been uploaded lately.

    Raises:
        AtlasCloudError: not allowed, not media, or not uploaded.
    """
    if is_url(path):
        raise InvalidRequest("This is a URL already.", next_step="Pass it directly to the tool that makes something.")
    with (
        await anyio.to_thread.run_sync(folders.open_media, path) as file,
        clock.move_on_after(patience.wait_s),
    ):
        uploaded = await uploading.send(file)
        return UploadedFile(uploaded.url, file.name, file.media.mime_type, file.size, uploaded.sandbox)
    raise ServiceError(
        f"The upload took longer than this call may take ({patience.wait_s:.0f} s) and was given up.",
        next_step="Pass a smaller file, or have the user raise ATLASCLOUD_MAX_WAIT where the host allows it.",
    )
