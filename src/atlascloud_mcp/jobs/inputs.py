"""The media that go into a job: URLs as they are, local files opened once, checked, and uploaded when it is time."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import anyio.to_thread

from atlascloud_mcp.atlas.addresses import is_public, looks_literal
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.placing import LocalFile
from atlascloud_mcp.jobs.request import is_url
from atlascloud_mcp.jobs.uploading import Uploading
from atlascloud_mcp.storage.reading import MediaFile


@dataclass(frozen=True, slots=True)
class Inputs:
    """The sources of one request. `addresses` has what stands in the body for each: a URL or a placeholder."""

    addresses: Mapping[str, str]
    files: Mapping[str, MediaFile]

    @property
    def known_files(self) -> dict[str, LocalFile]:
        """What is known of each local file before it is uploaded."""
        return {source: LocalFile(file.media.mime_type, file.size) for source, file in self.files.items()}

    @property
    def by_bytes(self) -> dict[str, str]:
        """For each placeholder one that tells the file's bytes alone."""
        return {self.addresses[source]: f"sha256:{file.digest}" for source, file in self.files.items()}

    async def upload(self, uploading: Uploading) -> dict[str, str]:
        """The URL for each placeholder.

        Raises:
            AtlasCloudError: one could not be uploaded.
        """
        urls: dict[str, str] = {}
        for source, file in self.files.items():
            urls[self.addresses[source]] = (await uploading.send(file)).url
        return urls


@asynccontextmanager
async def open_inputs(
    sources: Iterable[str],
    *,
    open_media: Callable[[str], MediaFile],
    sha256: Callable[[MediaFile], Awaitable[str]],
    origin: str,
) -> AsyncGenerator[Inputs]:
    """The request's sources, local ones open until the end of the body. `sha256` gives that of a file's bytes.

    Raises:
        InvalidRequest: a source is not allowed, not there, or not media.
        DiskError: one cannot be read.
    """
    addresses: dict[str, str] = {}
    files: dict[str, MediaFile] = {}
    with ExitStack() as stack:
        for source in dict.fromkeys(sources):
            if is_url(source):
                addresses[source] = reachable(source, origin)
                continue
            file = stack.enter_context(await anyio.to_thread.run_sync(open_media, source))
            files[source] = file
            addresses[source] = f"<upload: {file.name}, {await sha256(file)}>"
        yield Inputs(addresses, files)


def with_urls(fields: Mapping[str, object], urls: Mapping[str, str]) -> dict[str, object]:
    """The body's fields with each placeholder replaced by its URL."""
    return {name: _with_urls(value, urls) for name, value in fields.items()}


def _with_urls(value: object, urls: Mapping[str, str]) -> object:
    if isinstance(value, str):
        return urls.get(value, value)
    if isinstance(value, list):
        return [_with_urls(item, urls) for item in cast("list[object]", value)]
    return with_urls(cast("dict[str, object]", value), urls) if isinstance(value, dict) else value


def reachable(url: str, origin: str) -> str:
    """`url`, unless Atlas Cloud could never fetch it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    host = parts.hostname
    if not host:
        raise InvalidRequest(f"{quoted(url, 120)} is not a valid URL.", next_step="Correct it, or pass a local path.")
    if f"{parts.scheme}://{parts.netloc}" == origin:
        return url
    if host == "localhost" or host.endswith(".localhost") or (looks_literal(host) and not is_public(host)):
        raise InvalidRequest(
            f"Atlas Cloud cannot reach {quoted(host, 120)}, which is an address of this machine or its network.",
            next_step="Save it as a file and pass its path; it is uploaded for you.",
        )
    return url
