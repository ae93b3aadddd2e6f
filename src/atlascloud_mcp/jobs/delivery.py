"""From a finished job to files on this machine, and to what is said about them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.atlas.wire import MediaOutput, Prediction
from atlascloud_mcp.errors import AtlasCloudError, Billing, DiskError, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.pictures import convert, preview, size_of
from atlascloud_mcp.jobs.result import MAX_PREVIEWS, JobResult, Output
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import BMP, GIF, JPEG, PNG, TIFF, WEBP, mime_for
from atlascloud_mcp.storage.names import extension_of, output_name
from atlascloud_mcp.storage.saving import SavedFile, Writer, open_writer, write_sidecar

logger = logging.getLogger(__name__)

MAX_OUTPUT_BYTES = 2 * 1024**3
MAX_TEXT = 20_000  # characters of an output that is text
MAX_OUTPUTS = 64  # far more than any model makes: a broken answer must not fill the disk
SAVED_AT_ONCE = 8
LEAST_TIME_S = 2.0  # for saving, however little of the wait is left
DOWNLOAD_PAUSES_S = (0.5, 1.5)
OPENED = (PNG, JPEG, WEBP, GIF, BMP, TIFF)  # what Pillow reads wherever it is installed


@dataclass(frozen=True, slots=True)
class _Item:
    """One output of a job, and where it goes."""

    job: Job
    found: Prediction
    place: Destination
    index: int

    @property
    def media(self) -> MediaOutput:
        return self.found.outputs[self.index]

    @property
    def number(self) -> int | None:
        """Its number from 1, when there are several."""
        return self.index + 1 if len(self.found.outputs) > 1 else None


@dataclass(frozen=True, slots=True)
class _Saved:
    """One output and what is to be noted about it; `is_refused` when asking again cannot help."""

    output: Output
    note: str | None = None
    is_refused: bool = False


class Delivery:
    """Downloads, saves, describes. A result that cannot be saved keeps its URL and says why."""

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
        items = [_Item(job, found, place, index) for index in range(len(found.outputs[:MAX_OUTPUTS]))]
        done = await self._all_in_time(items, before, patience)
        outputs = tuple(entry.output for entry in done)
        notes = dict.fromkeys(entry.note for entry in done if entry.note)
        again = any(entry.output.not_saved and not entry.is_refused for entry in done)
        return await self.with_previews(
            JobResult(
                status="completed",
                prediction_id=job.prediction_id,
                model=job.model or found.model,
                outputs=outputs,
                cost_usd=found.cost_usd,
                elapsed_seconds=elapsed_s,
                seed=found.seed,
                notes=(*job.notes, *_surprises(job, found, outputs), *notes),
                next=_save_again(job) if again and job.prediction_id else None,
                sandbox=found.sandbox,
            )
        )

    async def _all_in_time(self, items: Sequence[_Item], before: Sequence[Output], patience: Patience) -> list[_Saved]:
        """Every output, side by side; one that was saved `before` and is still there stays."""
        saved: dict[int, _Saved] = {}
        at_once = anyio.CapacityLimiter(SAVED_AT_ONCE)
        ends = max(patience.ends, self._clock.monotonic() + LEAST_TIME_S)

        async def one(item: _Item) -> None:
            earlier = before[item.index] if item.index < len(before) else Output()
            is_there = earlier.path is not None and earlier.path.exists()
            async with at_once:
                saved[item.index] = _Saved(earlier) if is_there else await self._in_time(item, ends)

        async with anyio.create_task_group() as group:
            for item in items:
                group.start_soon(one, item)
        return [saved[item.index] for item in items]

    async def with_previews(self, result: JobResult) -> JobResult:
        """The same answer with small pictures of its first saved files, where they are wanted."""
        if not self._preview:
            return result
        paths = [output.path for output in result.outputs if output.path and _is_picture(output.mime_type)]
        found = [await preview(path) for path in paths[:MAX_PREVIEWS]]
        return replace(result, previews=tuple(picture for picture in found if picture))

    async def _in_time(self, item: _Item, ends: float) -> _Saved:
        """One output, saved by the moment `ends` on the clock, or why not."""
        media = item.media
        if media.text is not None:
            return _Saved(Output(text=plain(media.text, MAX_TEXT), mime_type="text/plain"))
        with self._clock.move_on_after(ends - self._clock.monotonic()):
            try:
                return await self._again_if_cut(item)
            except AtlasCloudError as error:
                logger.info("not saved: %s", error)
                output = Output(url=media.url, not_saved=f"{error.message} {error.next_step}".strip())
                return _Saved(output, is_refused=isinstance(error, InvalidRequest))
        return _Saved(Output(url=media.url, not_saved="The download took longer than this call may wait."))

    async def _again_if_cut(self, item: _Item) -> _Saved:
        """Save, up to three times while the way to the file is what fails: downloads are free.

        Raises:
            AtlasCloudError: as the last attempt.
        """
        for pause_s in DOWNLOAD_PAUSES_S:
            try:
                return await self._save(item)
            except ServiceError as error:
                logger.info("downloading again in %.1f s: %s", pause_s, error)
                await self._clock.sleep(pause_s)
        return await self._save(item)

    async def _save(self, item: _Item) -> _Saved:
        async with open_writer(item.place) as writer:
            if item.media.data is not None:
                await writer.write(item.media.data)
            elif item.media.url is not None:
                await self._atlas.download(item.media.url, writer.write, max_bytes=MAX_OUTPUT_BYTES)
            if writer.size == 0:
                raise ServiceError("The result's file is empty.", billing=Billing.NOT_CONCERNED)
            width, height = await size_of(writer.path) or (None, None)
            replacement, note = await _converted(item, writer, is_readable=width is not None)
            file = await writer.commit(self._name(item), index=item.number, replacement=replacement)
        if self._sidecar and not item.place.named:
            note = await self._describe(item, file) or note
        output = Output(item.media.url, file.path, file.mime_type, file.bytes, width, height)
        return _Saved(output, note)

    def _name(self, item: _Item) -> str:
        if item.place.file_name:
            return item.place.file_name
        day = item.job.submitted_at or self._clock.now()
        return output_name(day.date(), item.job.prompt, item.job.prediction_id or "")

    async def _describe(self, item: _Item, file: SavedFile) -> str | None:
        """A side-car beside a file in the output folder; the note to make when that did not work."""
        facts = {
            "model": item.job.model or item.found.model,
            "prediction_id": item.job.prediction_id,
            "request": dict(item.job.body),
            "seed": item.found.seed,
            "cost_usd": item.found.cost_usd,
            "url": item.media.url,
            "sha256": file.sha256,
            "saved_at": self._clock.now().isoformat(timespec="seconds"),
            "sandbox": item.found.sandbox,
        }
        try:
            await anyio.to_thread.run_sync(write_sidecar, file.path, facts)
        except DiskError as error:
            return f"The side-car was not written: {error.message}"
        return None


async def _converted(item: _Item, writer: Writer, *, is_readable: bool) -> tuple[bytes | None, str | None]:
    """The picture in the format that was asked for by name or by `output_format`, and what to say about it."""
    named = extension_of(item.place.file_name or "")
    wanted = named or (f".{item.job.output_format}" if item.job.output_format else "")
    made = writer.media
    if made is None:
        return None, "What came is in no known format, so it was saved as .bin: it is probably no picture."
    name = made.extension.removeprefix(".").upper()
    if made in OPENED and not is_readable:
        return None, f"What came looks like {name} and cannot be opened: it may be damaged or too large to look at."
    if not wanted or mime_for(wanted) == made.mime_type:
        return None, None
    converted = await convert(writer.path, wanted) if _is_picture(made.mime_type) else None
    if converted is None:
        return None, f"The model made {name}, which could not be turned into {wanted}."
    return converted, f"The model made {name}; it was converted to {wanted} here."


def _surprises(job: Job, found: Prediction, outputs: tuple[Output, ...]) -> list[str]:
    """What the caller would not expect: too few outputs, flagged ones, another size."""
    notes: list[str] = []
    asked = job.asked("num_images")
    if asked and len(outputs) < asked:
        notes.append(f"{asked} were asked for, {len(outputs)} came; a safety filter may have kept the others.")
    if len(found.outputs) > len(outputs):
        notes.append(f"The answer lists {len(found.outputs)} outputs; only the first {len(outputs)} were taken.")
    flagged = [str(number) for number, flag in enumerate(found.nsfw, start=1) if flag]
    if flagged:
        notes.append(f"Flagged as not safe for work: output {', '.join(flagged)}.")
    width, height = job.asked("width"), job.asked("height")
    sizes = dict.fromkeys((output.width, output.height) for output in outputs if output.width)
    notes += [
        f"Asked for {width or 'any'}x{height or 'any'} pixels, the model made {made[0]}x{made[1]}."
        for made in sizes
        if (width or made[0]) != made[0] or (height or made[1]) != made[1]
    ]
    return notes


def _save_again(job: Job) -> str:
    how = "To save it, call get_prediction (free)"
    return f'{how} with prediction_id "{job.prediction_id}", and with another save_to where the folder is what fails.'


def _is_picture(mime_type: str | None) -> bool:
    return (mime_type or "").startswith("image/")
