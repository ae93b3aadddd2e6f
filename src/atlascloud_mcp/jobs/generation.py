"""The one flow: from a request to a finished, delivered result.

`prepare` is free of consequences: model, body, checked inputs, a place for the result. `execute` does the rest.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.failures import Call, unanswered
from atlascloud_mcp.atlas.untrusted import plain, quoted
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import (
    AtlasCloudError,
    Billing,
    InvalidRequest,
    JobFailed,
    ModelNotFound,
    ServiceError,
)
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.companion import beside
from atlascloud_mcp.jobs.delivery import LEAST_TIME_S, Delivery
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.jobs.inputs import Inputs, is_url, open_inputs, with_urls
from atlascloud_mcp.jobs.known import Job, KnownJobs
from atlascloud_mcp.jobs.parameters import Body, body_without_schema, off_grid
from atlascloud_mcp.jobs.progress import Progress, Report
from atlascloud_mcp.jobs.request import ImageRequest
from atlascloud_mcp.jobs.result import JobResult, UploadedFile
from atlascloud_mcp.jobs.verdict import about, being_saved, empty, failed, still_running
from atlascloud_mcp.jobs.waiting import Patience, Sighting, wait_for
from atlascloud_mcp.settings import Settings
from atlascloud_mcp.storage.folders import Destination, Folders

logger = logging.getLogger(__name__)

IMAGE_ENDPOINT = "generateImage"
CATALOGUE_S = 5.0  # for the ids that come nearest to a wrong one: a help, not what was asked for
LEAST_SUBMIT_S = 2.0  # however little of the wait is left after the uploads
DRY_RUN = "Dry run: nothing was uploaded, submitted or billed. The price is known once a job has run."
NO_CANCEL = "Atlas Cloud has no way to cancel it"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that could be submitted as it stands. Nothing has been uploaded or spent for it."""

    request: ImageRequest
    model: str
    body: Body
    inputs: Inputs

    def quote(self) -> JobResult:
        """What would be sent."""
        return JobResult(
            status="quoted",
            model=self.model,
            request=self.body.fields,
            notes=(*self.body.notes, DRY_RUN),
            next="Call again without dry_run to make it.",
        )


class Generations:
    """Makes jobs, takes them up again, and uploads media."""

    def __init__(self, settings: Settings, atlas: AtlasClient, folders: Folders, *, clock: Clock, grace: Grace) -> None:
        self._folders = folders
        self._settings = settings
        self._atlas = atlas
        self._clock = clock
        self._grace = grace
        self._known = KnownJobs()
        self._delivery = Delivery(atlas, clock=clock, preview=settings.preview == "auto", sidecar=settings.sidecar)

    def use_roots(self, roots: Sequence[Path], settings_place: str) -> None:
        """What the client says about itself: its folders, and where its user sets variables."""
        self._folders = self._folders.for_client(roots, settings_place)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._atlas.aclose()

    @asynccontextmanager
    async def prepare(self, request: ImageRequest) -> AsyncGenerator[Prepared]:
        """Model, body and checked inputs; local files stay open until the end of the body.

        Raises:
            InvalidRequest: the request cannot be used; nothing was sent.
        """
        prompt = request.prompt.strip() if request.prompt is not None else None
        if not prompt and (request.prompt is not None or not request.images):
            raise InvalidRequest("prompt is empty.", next_step="Say what to show.")
        if request.mask and not request.images:
            raise InvalidRequest("mask is given without images.", next_step="Pass the picture to edit in `images`.")
        await anyio.to_thread.run_sync(self._folders.destination, request.save_to)
        edit = bool(request.images)
        model = request.model or (self._settings.image_edit_model if edit else self._settings.image_model)
        async with open_inputs(
            request.sources, open_media=self._folders.open_media, origin=self._atlas.origin
        ) as inputs:
            yield Prepared(request, model, body_without_schema(model, request, inputs.addresses), inputs)

    async def execute(self, prepared: Prepared, patience: Patience, report: Report) -> JobResult:
        """Upload, submit, wait, save. A job that outlasts the wait is not an error: `running`.

        Raises:
            AtlasCloudError: refused, failed, or lost, in words that say what it cost.
        """
        progress = Progress(self._clock, patience.started, expected_s=self._known.typical_seconds(prepared.model))
        return await _told(progress, report, partial(self._make, prepared, patience, progress))

    async def resume(
        self, prediction_id: str | None, patience: Patience, report: Report, *, save_to: str | None = None
    ) -> JobResult:
        """Wait for a job that exists and deliver it: the latest unfinished one of this process without an id.

        Raises:
            AtlasCloudError: no such job, a failed one, or no way to look at it.
        """
        job = self._job(prediction_id)
        progress = Progress(
            self._clock,
            patience.started,
            prediction_id=job.prediction_id,
            expected_s=self._known.typical_seconds(job.model) if job.model else None,
        )
        return await _told(progress, report, partial(self._finish, job, patience, progress, save_to))

    async def resume_all(
        self, prediction_ids: Sequence[str], patience: Patience, report: Report, *, save_to: str | None = None
    ) -> list[JobResult]:
        """Several jobs side by side, in the order asked; one that cannot be had does not hide the others.

        Raises:
            AtlasCloudError: none could be had, with the reason for each.
        """
        ids = list(dict.fromkeys(prediction_ids))
        results: dict[str, JobResult] = {}
        errors: list[AtlasCloudError] = []
        progress = Progress(self._clock, patience.started, state=f"waiting for {len(ids)} jobs")

        async def one(prediction_id: str) -> None:
            quiet = Progress(self._clock, patience.started)
            try:
                results[prediction_id] = await self._finish(self._job(prediction_id), patience, quiet, save_to)
            except AtlasCloudError as error:
                errors.append(error)
                status = "failed" if isinstance(error, JobFailed) else "unknown"
                results[prediction_id] = JobResult(status, prediction_id, notes=(str(error),))

        async def everyone() -> None:
            async with anyio.create_task_group() as group:
                for prediction_id in ids:
                    group.start_soon(one, prediction_id)

        await beside(partial(progress.tell, report), everyone)
        if len(errors) == len(ids):
            raise AtlasCloudError("\n".join(map(str, errors)), billing=Billing.NOT_CONCERNED)
        return [results[prediction_id] for prediction_id in ids]

    async def upload(self, path: str, patience: Patience) -> UploadedFile:
        """Upload one local file.

        Raises:
            AtlasCloudError: not allowed, not media, or not uploaded.
        """
        if is_url(path):
            raise InvalidRequest("This is a URL already.", next_step="Pass it directly, in `images` of generate_image.")
        with (
            await anyio.to_thread.run_sync(self._folders.open_media, path) as file,
            self._clock.move_on_after(patience.wait_s),
        ):
            uploaded = await self._atlas.upload(file, file.media.mime_type)
            return UploadedFile(uploaded.url, file.name, file.media.mime_type, file.size, uploaded.sandbox)
        raise ServiceError(
            f"The upload took longer than this call may take ({patience.wait_s:.0f} s) and was given up.",
            next_step="Pass a smaller file, or have the user raise ATLASCLOUD_MAX_WAIT where the host allows it.",
        )

    async def _make(self, prepared: Prepared, patience: Patience, progress: Progress) -> JobResult:
        progress.state = "uploading" if prepared.inputs.files else "submitting"
        fields = await self._uploaded(prepared, patience)
        progress.state = "submitting"
        try:
            job, first = await self._grace.carry(partial(self._submit, prepared, fields, patience, progress))
        except ModelNotFound as error:
            progress.submitting = None
            raise await self._with_nearest_models(error, prepared.model) from error
        except InvalidRequest as error:
            error.next_step = off_grid(prepared.body) + error.next_step
            raise
        return await self._finish(job, patience, progress, job.save_to, first=first)

    async def _uploaded(self, prepared: Prepared, patience: Patience) -> dict[str, object]:
        """The body with URLs where the local files were. No job is paid for that its caller no longer waits for."""
        with self._clock.move_on_after(patience.submitting_ends - self._clock.monotonic()):
            return with_urls(prepared.body.fields, await prepared.inputs.upload(self._atlas))
        raise ServiceError(
            f"Uploading took longer than this call may take ({patience.longest_s:.0f} s); no job was submitted.",
            next_step="Upload them one by one with upload_media, then pass the URLs.",
        )

    async def _submit(
        self, prepared: Prepared, fields: dict[str, object], patience: Patience, progress: Progress
    ) -> tuple[Job, Prediction]:
        submitted, submitted_at = self._clock.monotonic(), self._clock.now()
        time_s = max(LEAST_SUBMIT_S, patience.submitting_ends - submitted)
        progress.submitting = prepared.model
        job = Job(
            None,
            model=prepared.model,
            body=fields,
            save_to=prepared.request.save_to,
            output_format=prepared.request.output_format,
            notes=prepared.body.notes,
            submitted=submitted,
            submitted_at=submitted_at,
            is_known_to_exist=True,
        )
        with self._clock.move_on_after(time_s):
            first = await self._atlas.submit(IMAGE_ENDPOINT, fields)
            progress.prediction_id = job.prediction_id = first.id
            self._known.add(job)
            return job, first
        raise unanswered(Call.SUBMIT, time_s)

    async def _finish(
        self,
        job: Job,
        patience: Patience,
        progress: Progress,
        save_to: str | None,
        *,
        first: Prediction | None = None,
    ) -> JobResult:
        """Wait for a job and deliver it to `save_to` (or where an earlier call wanted it), once.

        `first` is what the submit said, when this call made it.
        """
        try:
            place = await anyio.to_thread.run_sync(self._folders.destination, save_to or job.save_to)
            job.save_to = save_to or job.save_to
            if delivered := await self._delivered(job, place):
                return delivered
            sighting = await self._watched(job, patience, progress, first)
            found = sighting.prediction
            job.is_known_to_exist = job.is_known_to_exist or found is not None
            if found is None or not found.status.is_final:
                return still_running(job, sighting, self._clock.monotonic())
            seconds = self._ended(job, found, followed=first is not None)
            progress.state = "saving"
            return await self._deliver(job, _successful(found), place, patience, seconds)
        except AtlasCloudError as error:
            job.is_settled = job.is_settled or isinstance(error, JobFailed)
            raise about(job, error) from error.__cause__

    async def _watched(self, job: Job, patience: Patience, progress: Progress, first: Prediction | None) -> Sighting:
        """The job, looked at until it or the patience ends; progress tells what is seen."""
        progress.prediction_id = job.prediction_id
        progress.state = "waiting"

        def seen(prediction: Prediction) -> None:
            progress.state = plain(prediction.status_word, 30) or progress.state

        if first:
            seen(first)
        return await wait_for(
            partial(self._atlas.prediction, job.prediction_id or ""),
            clock=self._clock,
            patience=patience,
            first=first,
            submitted=job.submitted,
            expected_s=progress.expected_s,
            seen=seen,
        )

    def _ended(self, job: Job, found: Prediction, *, followed: bool) -> float | None:
        """How long the job took, in seconds: by our clock if this call saw it from submit to end, else by its own."""
        seconds = found.seconds
        if job.submitted is not None and (followed or seconds is None):
            seconds = self._clock.monotonic() - job.submitted
        self._known.finished(job, seconds)
        return seconds

    async def _deliver(
        self, job: Job, found: Prediction, place: Destination, patience: Patience, seconds: float | None
    ) -> JobResult:
        """The job's files in one place, made there once however many calls ask at the same time."""
        with self._clock.move_on_after(max(LEAST_TIME_S, patience.ends - self._clock.monotonic())) as waiting:
            await job.delivering.acquire()
        if waiting.cancelled_caught:
            return being_saved(job, found)
        try:
            if delivered := await self._delivered(job, place):
                return delivered
            before = job.delivered[place].outputs if place in job.delivered else ()
            result = await self._delivery.deliver(job, found, place, patience, before=before, elapsed_s=seconds)
            job.delivered[place] = replace(result, previews=())
            job.is_settled = result.next is None
            return result
        finally:
            job.delivering.release()

    async def _delivered(self, job: Job, place: Destination) -> JobResult | None:
        """The answer of an earlier call, if all its files are still there."""
        before = job.delivered.get(place)
        return await self._delivery.with_previews(before) if before and before.is_delivered else None

    def _job(self, prediction_id: str | None) -> Job:
        if prediction_id is not None:
            return self._known.get(prediction_id)
        job = self._known.latest_unfinished()
        if job is None:
            raise InvalidRequest(
                "No job of this session is unfinished.",
                billing=Billing.NOT_CONCERNED,
                next_step="Pass the prediction_id from an earlier answer.",
            )
        return job

    async def _with_nearest_models(self, error: ModelNotFound, model: str) -> ModelNotFound:
        """The same error, with the ids that look most like the one that was not found."""
        from difflib import get_close_matches  # noqa: PLC0415 - only a wrong id needs it

        known: tuple[str, ...] = ()
        with self._clock.move_on_after(CATALOGUE_S):
            try:
                known = await self._atlas.model_ids()
            except AtlasCloudError as trouble:
                logger.info("no catalogue for the nearest models: %s", trouble)
        nearest = get_close_matches(model, known, n=5, cutoff=0.4)
        hint = f"Nearest ids: {', '.join(nearest)}." if nearest else "Check the id in Atlas Cloud's model list."
        return ModelNotFound(f"model {quoted(model, 200)}: {error.message}", next_step=hint)


def _successful(found: Prediction) -> Prediction:
    """A job with something to deliver.

    Raises:
        JobFailed: it failed, or has nothing in it.
    """
    if found.status is not Status.SUCCEEDED:
        raise failed(found)
    if not found.outputs:
        raise empty(found)
    return found


async def _told(progress: Progress, report: Report, work: Callable[[], Awaitable[JobResult]]) -> JobResult:
    """What `work` returns, with progress reported meanwhile; a cancelled call leaves the id of its job in the log.

    Raises:
        AtlasCloudError: as `work` does.
    """
    try:
        return await beside(partial(progress.tell, report), work)
    except anyio.get_cancelled_exc_class():
        if progress.prediction_id:
            logger.warning("the call was cancelled; job %s goes on: %s", progress.prediction_id, NO_CANCEL)
        elif progress.submitting:
            logger.warning(
                "the call was cancelled while a job of %s was being submitted, and its id was not learnt in time: "
                "it may exist and be billed; see the history in the Atlas Cloud console",
                progress.submitting,
            )
        raise
