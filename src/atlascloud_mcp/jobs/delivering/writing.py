"""A text as a file, as much of it as an answer shows, and the side-car beside a file."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePath

import anyio.to_thread

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import MediaType
from atlascloud_mcp.storage.saving import Finished, SavedFile, open_writer, publish, write_sidecar

MAX_TEXT = 20_000  # characters of the outputs that are text, together


async def write_text(text: str, media: MediaType, name: str, place: Destination) -> SavedFile:
    """The text stands in a file of this name, or with the next number that is free; `media` gives its extension.

    Raises:
        DiskError: it cannot be written.
    """
    own, stem = PurePath(name).suffix, name
    if own.lower() == media.extension:  # it is put on again when the name is given, as it was spelled
        stem, media = PurePath(name).stem, replace(media, extension=own)
    async with open_writer(place, media) as writer:
        await writer.write(text.encode(errors="replace"))
        await writer.complete()
        (saved,) = await publish([Finished(writer, stem)])
        return saved


def shown(text: str, left: int, path: Path | None) -> tuple[str, str | None]:
    """As much of a text as the answer has left for it, and the note that all of it is at `path`, or nowhere."""
    if len(text) <= left:
        return text, None
    where = f"all of it is in {path}" if path else "the rest was not saved"
    return text[:left], f"The text has {len(text)} characters, of which this answer shows {left}; {where}."


async def describe(file: SavedFile, facts: Mapping[str, object], now: datetime) -> str | None:
    """A side-car stands beside a file in the output folder; else the note that says why not."""
    about_file = {"sha256": file.sha256, "saved_at": now.isoformat(timespec="seconds")}
    try:
        await anyio.to_thread.run_sync(write_sidecar, file.path, {**facts, **about_file})
    except DiskError as error:
        return f"The side-car was not written: {error.message}"
    return None
