"""Moving pictures and sound as facts: how long, and how large. Nothing is decoded.

What is read here came from a network: a file is looked into at a few places only (`glances`), and one that makes no
sense is an answer, not an error.
"""

import logging
import math
from collections.abc import Callable
from pathlib import Path

from anyio import to_thread

from atlascloud_mcp.jobs.media.boxes import read_movie
from atlascloud_mcp.jobs.media.elements import read_segment
from atlascloud_mcp.jobs.media.glances import Film, Glances, Unreadable
from atlascloud_mcp.jobs.media.sound import read_flac, read_mp3, read_ogg, read_wav
from atlascloud_mcp.storage.media import FLAC, M4A, MKV, MOV, MP3, MP4, OGG, OPUS, WAV, WEBM, MediaType

logger = logging.getLogger(__name__)

MOST_SECONDS = 7 * 24 * 3600.0
MOST_PIXELS = 65_535  # of one side: what MP4 can say at most
_READERS: dict[MediaType, Callable[[Glances], Film]] = {
    **dict.fromkeys((MP4, MOV, M4A), read_movie),
    **dict.fromkeys((WEBM, MKV), read_segment),
    **dict.fromkeys((OGG, OPUS), read_ogg),
    WAV: read_wav,
    FLAC: read_flac,
    MP3: read_mp3,
}


async def film_of(path: Path, media: MediaType) -> Film:
    """Length and size of the video or sound at `path`, whose bytes are `media`, from a worker thread.

    What is not known stays None, and nothing is known of other kinds of files.
    """
    return await to_thread.run_sync(_film_of, path, media) if media in _READERS else Film()


def _film_of(path: Path, media: MediaType) -> Film:
    try:
        with path.open("rb") as file:
            found = _READERS[media](Glances(file))
    except (Unreadable, OSError) as error:
        logger.debug("Not readable as %s: %s", media.mime_type, type(error).__name__)
        return Film()
    seconds, width, height = found.duration_seconds, found.width, found.height
    is_length = seconds is not None and math.isfinite(seconds) and 0 < seconds <= MOST_SECONDS
    is_size = width is not None and height is not None and 0 < min(width, height) <= max(width, height) <= MOST_PIXELS
    return Film(seconds if is_length else None, *((width, height) if is_size else (None, None)))
