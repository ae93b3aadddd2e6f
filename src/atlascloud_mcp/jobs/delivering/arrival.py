"""Outputs on their way here: downloaded and looked at, but not under their names yet.

A name depends on what the other files of the job are, so none is given before all have come or will not.
"""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.downloads import Gone
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.naming import kind_by_address
from atlascloud_mcp.jobs.delivering.parts import Part
from atlascloud_mcp.jobs.media.films import film_of
from atlascloud_mcp.jobs.media.glances import Film
from atlascloud_mcp.jobs.media.pictures import size_of
from atlascloud_mcp.jobs.media.wholeness import is_broken
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import UNKNOWN, MediaType, named_as
from atlascloud_mcp.storage.saving import Writer, open_writer

logger = logging.getLogger(__name__)

MAX_OUTPUT_BYTES = 2 * 1024**3
MAX_JOB_BYTES = 2 * MAX_OUTPUT_BYTES
DOWNLOAD_PAUSES_S = (0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One output, whole, in a temporary file: what it is (`UNKNOWN`, too), and the size and length it has.

    `is_broken` when its first bytes promise what the rest of it does not keep.
    """

    writer: Writer
    media: MediaType
    film: Film = field(default_factory=Film)
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an output is not here; `is_refused` when asking again cannot help, `is_gone` when it hardly can."""

    reason: str
    is_refused: bool = False
    is_gone: bool = False

    @classmethod
    def by(cls, error: AtlasCloudError) -> "Missing":
        """What the error says about it."""
        reason = f"{error.message} {error.next_step}".strip()
        return cls(reason, is_refused=isinstance(error, InvalidRequest), is_gone=isinstance(error, Gone))


@dataclass(slots=True)
class Room:
    """Where the files of one job are until they have their names: `left` bytes for more, until `held` closes."""

    held: AsyncExitStack
    left: int = MAX_JOB_BYTES

    def take(self, count: int) -> None:
        """So many bytes are taken.

        Raises:
            InvalidRequest: There are not so many left.
        """
        if count > self.left:
            raise InvalidRequest(
                "The files of this job are too large together, so this one was not saved.",
                billing=Billing.NOT_CONCERNED,
                next_step="Download it from its URL.",
            )
        self.left -= count


NO_TEXT = Missing("It is a text with nothing in it to show.", is_refused=True)
TOO_SLOW = Missing("The download took longer than this call may wait.")


async def fetch(
    atlas: AtlasClient, clock: Clock, part: Part, place: Destination, *, ends: float, room: Room
) -> Arrived | Missing:
    """One file, here by the moment `ends` on the clock, or why not. Its temporary form goes with `room`.

    Up to three attempts while the way to the file is what fails: downloads are free.
    """
    if part.text == "":
        return NO_TEXT
    with clock.move_on_after(ends - clock.monotonic()):
        for pause_s in (*DOWNLOAD_PAUSES_S, None):
            try:
                return await _attempt(atlas, part, place, room)
            except ServiceError as error:
                if pause_s is None:
                    return _given_up(error)
                logger.info("downloading again in %.1f s: %s", pause_s, error)
            except AtlasCloudError as error:
                return _given_up(error)
            await clock.sleep(pause_s)
    return TOO_SLOW


def _given_up(error: AtlasCloudError) -> Missing:
    logger.info("not saved: %s", error)
    return Missing.by(error)


async def _attempt(atlas: AtlasClient, part: Part, place: Destination, room: Room) -> Arrived:
    """Raises AtlasCloudError; nothing is left of the file then."""
    async with AsyncExitStack() as file:
        writer = await file.enter_async_context(open_writer(place, part.media))

        async def write(chunk: bytes) -> None:
            room.take(len(chunk))
            taken.append(len(chunk))
            await writer.write(chunk)

        taken: list[int] = []
        file.callback(lambda: room.take(-sum(taken)))
        if part.content is not None:
            await write(part.content)
        elif part.url is not None:
            await atlas.download(part.url, write, max_bytes=MAX_OUTPUT_BYTES)
        if writer.size == 0:
            raise ServiceError("The result's file is empty.", billing=Billing.NOT_CONCERNED)
        address = kind_by_address(part.url)
        media = named_as(writer.media or UNKNOWN, address.extension if address else "")
        film = await _look(writer, media)
        arrived = Arrived(writer, media, film, is_broken=await is_broken(writer.path, media, film))
        room.held.push_async_exit(file.pop_all())
        return arrived


async def _look(writer: Writer, media: MediaType) -> Film:
    if media.kind != "image":
        return await film_of(writer.path, media)
    width, height = await size_of(writer.path) or (None, None)
    return Film(width=width, height=height)
