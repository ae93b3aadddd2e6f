"""Media on their way into a question.

Local files go inside the request, as base64: uploading one would publish it under an address, and there is no need to.
Only what is too large for that is uploaded. Addresses stay addresses where the protocol has a place for them.
"""

import base64
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.models import Medium
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import Attachment
from atlascloud_mcp.errors import Billing, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.delivering.naming import kind_by_address
from atlascloud_mcp.jobs.inputs import reachable
from atlascloud_mcp.jobs.request import is_url
from atlascloud_mcp.jobs.uploading import Uploading
from atlascloud_mcp.storage.media import sniff
from atlascloud_mcp.storage.names import shown
from atlascloud_mcp.storage.reading import MediaFile

MAX_INLINE_BYTES = 20 * 10**6
"""Of all files of one request; as base64 a third more. Atlas Cloud takes requests of 50 MB (documentation, errors)."""
_USUAL: dict[Medium, str] = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg"}
_ARGUMENTS: dict[Medium, str] = {"image": "images", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to attach: an address, or an open file."""

    medium: Medium
    url: str = ""
    file: MediaFile | None = None

    @property
    def size(self) -> int:
        """Bytes that are on this machine."""
        return self.file.size if self.file else 0


async def opened(
    sources: Sequence[tuple[Medium, str]], stack: ExitStack, *, open_media: Callable[[str], MediaFile], origin: str
) -> list[Source]:
    """The sources, checked; local files stay open until `stack` closes.

    Raises:
        InvalidRequest: one is not allowed, not there, or of another kind than its argument says.
    """
    found: list[Source] = []
    for medium, text in sources:
        if is_url(text):
            found.append(Source(medium, reachable(text, origin)))
            continue
        file = stack.enter_context(await anyio.to_thread.run_sync(open_media, text))
        if file.media.kind != medium:
            right = {argument: name for name, argument in _ARGUMENTS.items()}
            place = next((argument for argument, name in right.items() if name == file.media.kind), "")
            raise InvalidRequest(
                f"{shown(text)} is {file.media.mime_type}, which `{_ARGUMENTS[medium]}` does not take.",
                next_step=f"Pass it in `{place}`." if place else "Use another file.",
            )
        found.append(Source(medium, file=file))
    return found


async def attached(
    sources: Sequence[Source], protocol: ChatProtocol, atlas: AtlasClient, uploading: Uploading
) -> tuple[Attachment, ...]:
    """The sources as the protocol takes them: addresses, or bytes.

    Raises:
        InvalidRequest: they are too large together.
        AtlasCloudError: one could not be uploaded or read.
    """
    uploaded = _too_large(sources, protocol)
    # Of the media that a call brings, a recording alone has no place for its address, and there is one at most.
    room = MAX_INLINE_BYTES - sum(each.size for each in sources if each not in uploaded)
    found = list[Attachment]()
    for each in sources:
        if each.file and each in uploaded:
            url = (await uploading.send(each.file)).url
            found.append(Attachment(each.medium, each.file.media.mime_type, url=url))
        else:
            found.append(await _attachment(each, protocol, atlas, room))
    return tuple(found)


def _too_large(sources: Sequence[Source], protocol: ChatProtocol) -> list[Source]:
    """The files that have to be uploaded for the others to fit into the request, the largest first.

    Raises:
        InvalidRequest: what cannot be uploaded is too large by itself.
    """
    left, uploaded = sum(each.size for each in sources), list[Source]()
    for each in sorted(sources, key=lambda source: -source.size):
        if left > MAX_INLINE_BYTES and each.medium in protocol.by_url:
            uploaded.append(each)
            left -= each.size
    if left > MAX_INLINE_BYTES:
        sizes = ", ".join(
            f"{shown(each.file.name)} {each.size / 1e6:.1f} MB"
            for each in sources
            if each.file and each not in uploaded
        )
        raise InvalidRequest(
            f"These files go inside the request and are too large together: {sizes}; "
            f"{MAX_INLINE_BYTES / 1e6:.0f} MB fit.",
            next_step="Pass smaller or fewer ones; a recording can be shorter or compressed (mp3).",
        )
    return uploaded


async def _attachment(source: Source, protocol: ChatProtocol, atlas: AtlasClient, room: int) -> Attachment:
    file = source.file
    if file is None:
        kind = kind_by_address(source.url)
        mime_type = kind.mime_type if kind and kind.kind == source.medium else _USUAL[source.medium]
        if source.medium in protocol.by_url:
            return Attachment(source.medium, mime_type, url=source.url)
        return await _downloaded(source, atlas, room)
    content = b"".join([chunk async for chunk in file.chunks()])
    return await _inline(source.medium, file.media.mime_type, content)


async def _downloaded(source: Source, atlas: AtlasClient, room: int) -> Attachment:
    """What is at an address, for a protocol that has no place for addresses; `room` is left for it, in bytes.

    Raises:
        InvalidRequest: it may not be read, is too large, or is something else.
        ServiceError: it could not be read.
    """
    content = bytearray()

    async def write(chunk: bytes) -> None:
        content.extend(chunk)

    try:
        await atlas.download(source.url, write, max_bytes=room)
    except (InvalidRequest, ServiceError) as error:
        error.message = (
            f"The {source.medium} at this address goes inside the request, which has room for {room / 1e6:.1f} MB "
            f"more, and could not be read here. {error.message}"
        )
        error.billing, error.next_step = Billing.NOTHING, "Pass a local file, or another address."
        raise
    media = sniff(bytes(content[:4096]), len(content))
    if media is None or media.kind != source.medium:
        what = media.mime_type if media else "of no known format"
        raise InvalidRequest(
            f"What is at this address is {what}, not {source.medium}.", next_step="Pass the address of the file itself."
        )
    return await _inline(source.medium, media.mime_type, bytes(content))


async def _inline(medium: Medium, mime_type: str, content: bytes) -> Attachment:
    encoded = await anyio.to_thread.run_sync(base64.b64encode, content)
    return Attachment(medium, mime_type, data=encoded.decode("ascii"))
