"""From a finished job to files on this machine, and to what is said about them."""

import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import PurePath

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.wire import Prediction
from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.arrival import Arrived, Missing, Room, fetch
from atlascloud_mcp.jobs.delivering.naming import Naming, kind_by_address, namings, tried_before, wanted_extension
from atlascloud_mcp.jobs.delivering.parts import Part, facts_of, parts_of
from atlascloud_mcp.jobs.delivering.surprises import surprises
from atlascloud_mcp.jobs.delivering.writing import MAX_TEXT, describe, shown
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.media.glances import Film
from atlascloud_mcp.jobs.media.pictures import convert, preview
from atlascloud_mcp.jobs.result import MAX_PREVIEWS, JobResult, Output
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import BY_EXTENSION, UNKNOWN, MediaType
from atlascloud_mcp.storage.names import output_name
from atlascloud_mcp.storage.saving import Finished, SavedFile, publish

SAVED_AT_ONCE = 8
LEAST_TIME_S = 2.0  # for saving, however little of the wait is left


@dataclass(frozen=True, slots=True)
class _Batch:
    """One job's outputs, and where they go."""

    job: Job
    found: Prediction
    place: Destination
    ends: float  # on the clock
    parts: tuple[Part, ...]

    @property
    def wanted(self) -> str:
        """The extension that was asked for, or empty."""
        return wanted_extension(self.place.file_name, self.job.output_format)

    def trim_to(self, arrived: Arrived) -> tuple[int, int] | None:
        """The sides that a picture is still to get, where it has just those that were sent in their place."""
        job, width, height = self.job, arrived.film.width, arrived.film.height
        is_as_sent = width == (job.asked_width or width) and height == (job.asked_height or height)
        if not (job.trim_to and width and height and is_as_sent and arrived.media.kind == "image"):
            return None
        return job.trim_to[0] or width, job.trim_to[1] or height


@dataclass(frozen=True, slots=True)
class _Saved:
    """One output and what is to be noted about it; `is_refused` and `is_gone` as in `Missing`."""

    output: Output
    note: str | None = None
    is_refused: bool = False
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """One output, whole, with the name that it is to have and what is to be noted about it."""

    file: Finished
    film: Film
    note: str | None


class Delivery:
    """Fetches, saves, describes. A result that cannot be saved keeps its URL and says why."""

    def __init__(self, atlas: AtlasClient, *, clock: Clock, preview: bool, sidecar: bool) -> None:
        self._atlas = atlas
        self._clock = clock
        self._preview = preview
        self._sidecar = sidecar

    async def deliver(
        self,
        job: Job,
        found: Prediction,
        place: Destination,
        patience: Patience,
        *,
        before: tuple[Output, ...] = (),
        elapsed_s: float | None,
    ) -> JobResult:
        """The answer for a job that succeeded: every output saved, or its URL and the reason why not.

        Outputs that an earlier call has saved in the same place (`before`) stay as they are.
        """
        # Subtitles of hours of speech take their time.
        parts = await anyio.to_thread.run_sync(parts_of, found, wanted_extension(place.file_name, job.output_format))
        batch = _Batch(job, found, place, max(patience.ends, self._clock.monotonic() + LEAST_TIME_S), parts)
        done = _with_texts(parts, await self._all_in_time(batch, before))
        outputs = tuple(entry.output for entry in done)
        asked_for = [output for output, part in zip(outputs, parts, strict=True) if not part.is_extra]
        notes = dict.fromkeys(entry.note for entry in done if entry.note)
        unsaved = [entry for entry in done if entry.output.not_saved and not entry.is_refused]
        return await self.with_previews(
            JobResult(
                status="completed",
                prediction_id=job.prediction_id,
                model=job.model or found.model,
                outputs=outputs,
                cost_usd=found.cost_usd,
                elapsed_seconds=elapsed_s,
                seed=found.seed,
                notes=(*job.remarks, *facts_of(found), *surprises(job, found, asked_for), *notes),
                next=_save_again(job, is_gone=all(entry.is_gone for entry in unsaved)) if unsaved else None,
                sandbox=found.sandbox,
            )
        )

    async def _all_in_time(self, batch: _Batch, before: Sequence[Output]) -> list[_Saved]:
        """Every output, side by side; one that was saved `before` and is still there stays.

        First all are fetched, then named: what one is called depends on what the others are.
        """
        there = {place: _Saved(output) for place, output in (await still_there(before)).items()}
        async with AsyncExitStack() as held:
            arrivals = await self._fetched(batch, there, held)
            there |= await self._settled(batch, arrivals, *self._names(batch, there, arrivals))
        return [there[place] for place in range(len(batch.parts))]

    async def _fetched(
        self, batch: _Batch, there: dict[int, _Saved], held: AsyncExitStack
    ) -> dict[int, Arrived | Missing]:
        """What has come, or not, of the outputs that are not `there` yet."""
        arrivals: dict[int, Arrived | Missing] = {}
        at_once, room = anyio.CapacityLimiter(SAVED_AT_ONCE), Room(held)

        async def one(place: int, part: Part) -> None:
            async with at_once:
                arrivals[place] = await fetch(self._atlas, self._clock, part, batch.place, ends=batch.ends, room=room)

        async with anyio.create_task_group() as group:
            for place, part in enumerate(batch.parts):
                if place not in there:
                    group.start_soon(one, place, part)
        return arrivals

    def _names(
        self, batch: _Batch, there: dict[int, _Saved], arrivals: dict[int, Arrived | Missing]
    ) -> tuple[dict[int, Naming], int]:
        """What to call each of the job's files, by what they all are, and how many numbers were passed over."""
        kinds: dict[int, MediaType | None] = {}
        for place, part in enumerate(batch.parts):
            arrival = arrivals.get(place)
            if isinstance(arrival, Arrived):
                kinds[place] = arrival.media
            elif place in there and (path := there[place].output.path):
                kinds[place] = kind_by_address(path.name)
            elif part.text is None:
                kinds[place] = part.media or kind_by_address(part.url)
        names = dict(zip(kinds, namings(self._name(batch), batch.wanted, list(kinds.values())), strict=True))
        earlier = [(there[place].output.path, naming) for place, naming in names.items() if place in there]
        return names, max((tried_before(path.name, naming) for path, naming in earlier if path), default=0)

    async def with_previews(self, result: JobResult) -> JobResult:
        """The same answer with small pictures of its first saved files, where they are wanted."""
        if not self._preview:
            return result
        paths = [output.path for output in result.outputs if output.path and _is_picture(output.mime_type)]
        found = [await preview(path) for path in paths[:MAX_PREVIEWS]]
        return replace(result, previews=tuple(picture for picture in found if picture))

    async def _settled(
        self, batch: _Batch, arrivals: dict[int, Arrived | Missing], names: dict[int, Naming], tried: int
    ) -> dict[int, _Saved]:
        """Each output that has come under its name, or why not; all names are given at once, with one number."""
        ready: dict[int, _Ready] = {}
        missing = {place: arrival for place, arrival in arrivals.items() if isinstance(arrival, Missing)}

        async def one(place: int, arrived: Arrived) -> None:
            try:
                ready[place] = await self._ready(batch, arrived, names[place])
            except DiskError as error:
                missing[place] = Missing.by(error)

        async with anyio.create_task_group() as group:
            for place, arrival in arrivals.items():
                if isinstance(arrival, Arrived):
                    group.start_soon(one, place, arrival)
        files = await _published(ready, tried)
        missing |= {place: file for place, file in files.items() if isinstance(file, Missing)}
        settled = {
            place: _Saved(
                Output(url=batch.parts[place].url, not_saved=each.reason),
                is_refused=each.is_refused,
                is_gone=each.is_gone,
            )
            for place, each in missing.items()
        }
        for place, file in files.items():
            if isinstance(file, SavedFile):
                settled[place] = await self._saved(batch, batch.parts[place], ready[place], file)
        return settled

    async def _ready(self, batch: _Batch, arrived: Arrived, naming: Naming) -> _Ready:
        """The file, whole and in the format that was asked for, where that can be had.

        Raises:
            DiskError: it cannot be written.
        """
        replacement, film = None, arrived.film
        trim_to = batch.trim_to(arrived)
        if (naming.convert_to or trim_to) and not arrived.is_broken:
            with self._clock.move_on_after(max(LEAST_TIME_S, batch.ends - self._clock.monotonic())):
                extension = naming.convert_to or arrived.media.extension
                replacement = await convert(arrived.writer.path, extension, sides=trim_to)
        await arrived.writer.complete(replacement)
        is_converted = replacement is not None and naming.convert_to is not None
        note = _note(arrived, naming, batch.wanted, is_converted=is_converted)
        if replacement and trim_to:
            made = (
                f"The model made {film.width}x{film.height}; it was scaled and cut to {trim_to[0]}x{trim_to[1]} here."
            )
            note, film = f"{made} {note or ''}".strip(), replace(film, width=trim_to[0], height=trim_to[1])
        return _Ready(Finished(arrived.writer, naming.name, naming.number), film, note)

    async def _saved(self, batch: _Batch, part: Part, ready: _Ready, file: SavedFile) -> _Saved:
        note, film = ready.note, ready.film
        if self._sidecar and not (batch.place.named or part.is_extra):
            note = await describe(file, _facts(batch, part), self._clock.now()) or note
        return _Saved(
            Output(
                url=part.url,
                path=file.path,
                mime_type=file.mime_type,
                bytes=file.bytes,
                width=film.width,
                height=film.height,
                duration_seconds=film.duration_seconds,
            ),
            note,
        )

    def _name(self, batch: _Batch) -> str:
        if batch.place.file_name:
            return batch.place.file_name
        day = batch.job.submitted_at or self._clock.now()
        subject = batch.job.prompt or PurePath(batch.job.of).stem
        return output_name(day.date(), subject, batch.job.prediction_id or "")


def _facts(batch: _Batch, part: Part) -> dict[str, object]:
    """What a side-car says of an output."""
    return {
        "model": batch.job.model or batch.found.model,
        "prediction_id": batch.job.prediction_id,
        "request": dict(batch.job.body),
        "seed": batch.found.seed,
        "cost_usd": batch.found.cost_usd,
        "url": part.url,
        "sandbox": batch.found.sandbox,
    }


async def _published(ready: Mapping[int, _Ready], tried: int) -> dict[int, SavedFile | Missing]:
    """The files with one number for all of them; where that cannot be, each as it can."""
    try:
        return dict(zip(ready, await publish([each.file for each in ready.values()], tried=tried), strict=True))
    except DiskError as error:
        if len(ready) == 1:
            return dict.fromkeys(ready, Missing.by(error))
    alone = [await _published({place: each}, 0) for place, each in ready.items()]
    return {place: file for found in alone for place, file in found.items()}


async def still_there(outputs: Sequence[Output]) -> dict[int, Output]:
    """Those of the outputs, by their places, whose files are still on the disk; looked up in a worker thread."""

    def look() -> dict[int, Output]:
        # `Path.exists` raises where a folder is locked or a share is lost.
        return {place: output for place, output in enumerate(outputs) if output.path and os.path.exists(output.path)}  # noqa: PTH110

    return await anyio.to_thread.run_sync(look)


def _with_texts(parts: Sequence[Part], saved: Sequence[_Saved]) -> list[_Saved]:
    """The same, with the texts that the answer shows: as much as fits of each, and a note where that is not all."""
    found: list[_Saved] = []
    left = MAX_TEXT
    for part, each in zip(parts, saved, strict=True):
        output, note = each.output, each.note
        if part.text:
            told, cut = shown(part.text, left, output.path)
            left -= len(told)
            note = " ".join(filter(None, (note, cut))) or None
            output = replace(output, text=told or None)
        found.append(replace(each, output=output, note=note))
    return found


def _note(arrived: Arrived, naming: Naming, wanted: str, *, is_converted: bool) -> str | None:
    """What is to be said about the format that came."""
    if arrived.media == UNKNOWN:
        return "What came is in no known format, so it was saved as .bin: it is probably not what was asked for."
    name = arrived.media.extension.removeprefix(".").upper()
    if arrived.is_broken:
        return f"What came looks like {name} and cannot be opened: it may be damaged or too large to look at."
    if is_converted:
        return f"The model made {name}; it was converted to {wanted} here."
    if arrived.media.kind == "text":
        aim = BY_EXTENSION.get(wanted)
        is_other = naming.is_not_wanted and aim is not None and aim.kind == "text"
        return f"What came is plain text; there is no {wanted} of it." if is_other else None
    if naming.convert_to or naming.is_not_wanted:
        return f"The model made {name}, which could not be turned into {wanted}."
    return None


def _save_again(job: Job, *, is_gone: bool) -> str | None:
    if job.prediction_id is None:
        return None
    if is_gone:  # Source: documentation, data retention
        return (
            "Atlas Cloud keeps outputs for 14 days at most. If this job is younger, call get_prediction (free) with "
            f'prediction_id "{job.prediction_id}" once more; else only a new, paid generation makes them again.'
        )
    how = "To save it, call get_prediction (free)"
    return f'{how} with prediction_id "{job.prediction_id}", and with another save_to where the folder is what fails.'


def _is_picture(mime_type: str | None) -> bool:
    return (mime_type or "").startswith("image/")
