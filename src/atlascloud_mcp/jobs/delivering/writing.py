"""A text as a file."""

from dataclasses import replace
from pathlib import PurePath

from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import MediaType
from atlascloud_mcp.storage.saving import Finished, SavedFile, open_writer, publish


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
