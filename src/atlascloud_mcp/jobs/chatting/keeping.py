"""Where an answer is kept: in the file that the caller named, or in one of ours when it is too long to be told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import anyio.to_thread

from atlascloud_mcp.errors import DiskError, InvalidRequest
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.writing import MAX_TEXT, describe, shown, write_text
from atlascloud_mcp.jobs.result import Output
from atlascloud_mcp.storage.folders import Destination, Folders
from atlascloud_mcp.storage.names import extension_of, output_name
from atlascloud_mcp.storage.saving import SavedFile, ensure_writable
from atlascloud_mcp.storage.texts import text_type, usual_type

_MOST_UNSAVED = 40_000  # characters of JSON, where there is no file for the rest: an answer holds little more


@dataclass(frozen=True, slots=True)
class Written:
    """An answer's text, and what is known of it beside."""

    text: str
    prompt: str
    is_json: bool
    facts: Mapping[str, object]


class Keeping:
    """Keeps answers. What cannot be saved is told all the same."""

    def __init__(self, clock: Clock, *, sidecar: bool) -> None:
        self._clock = clock
        self._sidecar = sidecar

    async def place(self, folders: Folders, save_to: str | None) -> Destination | None:
        """Where the caller wants the answer, which can be written there; None where it was not said.

        Raises:
            InvalidRequest: it may not be there, or its name is none for a text.
            DiskError: the folder cannot be made or written.
        """
        if save_to is None:
            return None
        place = await anyio.to_thread.run_sync(lambda: folders.destination(save_to, for_text=True))
        if place.file_name and text_type(extension_of(place.file_name)) is None:
            raise InvalidRequest(
                f"chat writes texts, no {extension_of(place.file_name)[1:]}.",
                next_step="Choose a suffix such as .md, .txt or .json; generate_image and generate_video make media.",
            )
        await anyio.to_thread.run_sync(ensure_writable, place)
        return place

    async def kept(
        self, written: Written, place: Destination | None, folders: Folders
    ) -> tuple[Output, tuple[str, ...]]:
        """The answer as it is told, its file where there is one, and what is to be noted about that."""
        media, text = usual_type(is_json=written.is_json), written.text
        if place is None and len(text) <= MAX_TEXT:
            return Output(text=text, mime_type=media.mime_type), ()
        ours = await anyio.to_thread.run_sync(folders.destination, None)
        troubles: list[DiskError] = []
        for each in (place, ours):
            if each is None:
                continue
            try:
                saved = await self._write(written, each)
            except DiskError as error:
                troubles.append(error)
                continue
            told, cut = shown(text, MAX_TEXT, saved.path)
            notes = [f"{error.message} It is in the output folder instead." for error in troubles]
            if each is ours and self._sidecar:
                notes.append(await describe(saved, written.facts, self._clock.now()) or "")
            output = Output(text=told, path=saved.path, mime_type=saved.mime_type, bytes=saved.bytes)
            return output, tuple(filter(None, (*notes, cut)))
        told, cut = shown(text, _room_for(text), None)
        reason = " ".join(dict.fromkeys(f"{error.message} {error.next_step}" for error in troubles))
        return Output(text=told, mime_type=media.mime_type, not_saved=reason), tuple(filter(None, (cut,)))

    async def _write(self, written: Written, place: Destination) -> SavedFile:
        name = place.file_name or output_name(self._clock.now().date(), written.prompt, "")
        media = text_type(extension_of(place.file_name or "")) or usual_type(is_json=written.is_json)
        return await write_text(written.text, media, name, place)


def _room_for(text: str) -> int:
    """How many characters of the text an answer can hold."""
    told = text[:_MOST_UNSAVED]
    return _MOST_UNSAVED if len(json.dumps(told, ensure_ascii=False)) <= _MOST_UNSAVED + 2000 else MAX_TEXT
