"""Outputs on their way here: downloaded and looked at, but not under their names yet.

A name depends on what the other files of the job are, so none is given before all have come or will not.
"""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.wire import MediaOutput
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.media.films import film_of
from atlascloud_mcp.jobs.media.glances import Film
from atlascloud_mcp.jobs.media.pictures import size_of
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import UNKNOWN, MediaType
from atlascloud_mcp.storage.saving import Writer, open_writer

logger = logging.getLogger(__name__)

MAX_OUTPUT_BYTES = 2 * 1024**3
DOWNLOAD_PAUSES_S = (0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Arrived:
    """One output, whole, in a temporary file: what it is (`UNKNOWN`, too), and the size and length it has."""

    writer: Writer
    media: MediaType
    film: Film = field(default_factory=Film)


@dataclass(frozen=True, slots=True)
class Missing:
    """Why an output is not here; `is_refused` when asking again cannot help."""

    reason: str
    is_refused: bool = False

    @classmethod
    def by(cls, error: AtlasCloudError) -> "Missing":
        """What the error says about it."""
        return cls(f"{error.message} {error.next_step}".strip(), is_refused=isinstance(error, InvalidRequest))


TOO_SLOW = Missing("The download took longer than this call may wait.")


async def fetch(
    atlas: AtlasClient, clock: Clock, output: MediaOutput, place: Destination, *, ends: float, held: AsyncExitStack
) -> Arrived | Missing:
    """One output, here by the moment `ends` on the clock, or why not. Its temporary file goes when `held` closes.

    Up to three attempts while the way to the file is what fails: downloads are free.
    """
    with clock.move_on_after(ends - clock.monotonic()):
        for pause_s in (*DOWNLOAD_PAUSES_S, None):
            try:
                return await _attempt(atlas, output, place, held)
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


async def _attempt(atlas: AtlasClient, output: MediaOutput, place: Destination, held: AsyncExitStack) -> Arrived:
    """Raises AtlasCloudError; nothing is left of the file then."""
    async with AsyncExitStack() as file:
        writer = await file.enter_async_context(open_writer(place))
        if output.data is not None:
            await writer.write(output.data)
        elif output.url is not None:
            await atlas.download(output.url, writer.write, max_bytes=MAX_OUTPUT_BYTES)
        if writer.size == 0:
            raise ServiceError("The result's file is empty.", billing=Billing.NOT_CONCERNED)
        media = writer.media or UNKNOWN
        arrived = Arrived(writer, media, await _look(writer, media))
        held.push_async_exit(file.pop_all())
        return arrived


async def _look(writer: Writer, media: MediaType) -> Film:
    if media.kind != "image":
        return await film_of(writer.path, media)
    width, height = await size_of(writer.path) or (None, None)
    return Film(width=width, height=height)
