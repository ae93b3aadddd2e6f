"""A job that exists: waited for, taken up again, delivered once."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest, JobFailed
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.companion import beside
from atlascloud_mcp.jobs.delivering.delivery import LEAST_TIME_S, Delivery, still_there
from atlascloud_mcp.jobs.known import Job, KnownJobs, newest_first
from atlascloud_mcp.jobs.lost import LostReplies
from atlascloud_mcp.jobs.progress import Progress, Report
from atlascloud_mcp.jobs.records import Records
from atlascloud_mcp.jobs.result import JobResult
from atlascloud_mcp.jobs.uploading import Uploading
from atlascloud_mcp.jobs.verdict import about, being_saved, empty, failed, still_running
from atlascloud_mcp.jobs.waiting import Patience, Sighting, wait_for
from atlascloud_mcp.storage.folders import Destination, Folders

logger = logging.getLogger(__name__)

MOST_LOST = 3  # of the jobs whose answers were lost that are looked for in one call, the newest
NO_CANCEL = "Atlas Cloud has no way to cancel it"


class Following:
    """Follows jobs to their end, and remembers them. `folders` is where results may go."""

    def __init__(
        self,
        atlas: AtlasClient,
        folders: Folders,
        delivery: Delivery,
        records: Records,
        uploading: Uploading,
        *,
        clock: Clock,
    ) -> None:
        self.folders = folders
        self.known = KnownJobs()
        self.records = records
        self.lost = LostReplies(atlas, records, self.known, clock)
        self.uploading = uploading
        self._atlas = atlas
        self._clock = clock
        self._delivery = delivery

    def use_roots(self, roots: Sequence[Path], settings_place: str) -> None:
        """What the client says about itself: its folders, and where its user sets variables."""
        self.folders = self.folders.for_client(roots, settings_place)

    async def resume(
        self, prediction_id: str | None, patience: Patience, report: Report, *, save_to: str | None = None
    ) -> JobResult:
        """Wait for a job that exists and deliver it: the latest unfinished one of this process without an id.

        Raises:
            AtlasCloudError: no such job, a failed one, or no way to look at it.
        """
        return await self.resume_job(await self._job(prediction_id), patience, report, save_to=save_to)

    async def resume_job(
        self, job: Job, patience: Patience, report: Report, *, save_to: str | None = None
    ) -> JobResult:
        """The same for a job that is known already.

        Raises:
            AtlasCloudError: it is not there, has failed, or cannot be looked at.
        """
        if job.account and job.account != await self._atlas.account():
            raise InvalidRequest(
                "This job was started with another API key or base URL.",
                billing=Billing.NOT_CONCERNED,
                next_step="Set the ones that it was started with.",
            )
        if not await self.lost.exists(job, patience.polling_ends):
            raise InvalidRequest(
                "The answer to this job's submit was lost, and it is not in the account's history.",
                billing=Billing.NOT_CONCERNED,
                next_step="As far as can be seen there is no such job: make it again if it is still wanted.",
            )
        progress = Progress(
            self._clock,
            patience.started,
            prediction_id=job.prediction_id,
            expected_s=self.known.typical_seconds(job.model) if job.model else None,
        )
        return await told(progress, report, partial(self.finish, job, patience, progress, save_to))

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
                results[prediction_id] = await self.finish(await self._job(prediction_id), patience, quiet, save_to)
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

    async def finish(
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
        caller = patience.caller
        try:
            with job.awaited(caller):
                result = await self._finished(job, patience, progress, save_to, first)
                if job.is_settled:
                    job.told.append(caller)
                    caller.when_taken.append(partial(self.records.keep, job))
                return result
        except AtlasCloudError as error:
            if isinstance(error, JobFailed):
                job.is_failed = job.is_settled = True
                await self.uploading.forget_unreachable(error, job.body)
            raise about(job, error) from error.__cause__
        finally:
            with anyio.CancelScope(shield=True):
                await self.records.keep(job)

    async def _finished(
        self, job: Job, patience: Patience, progress: Progress, save_to: str | None, first: Prediction | None
    ) -> JobResult:
        place, moved = await self._place(job, save_to)
        result = await self._at(place, job, patience, progress, first)
        return replace(result, notes=(*result.notes, moved)) if moved else result

    async def _place(self, job: Job, save_to: str | None) -> tuple[Destination, str]:
        """Where this call wants the result, else where an earlier one did; and what is to be said of that.

        Raises:
            InvalidRequest: not where this call wants it.
        """
        try:
            place = await anyio.to_thread.run_sync(self.folders.destination, save_to or job.save_to)
        except InvalidRequest:
            if save_to:
                raise
            place = await anyio.to_thread.run_sync(self.folders.destination, None)
            return place, f"It was meant for {plain(job.save_to or '', 200)}, where this server may not save."
        job.save_to = place.text if save_to else job.save_to
        return place, ""

    async def _at(
        self, place: Destination, job: Job, patience: Patience, progress: Progress, first: Prediction | None
    ) -> JobResult:
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

    async def _watched(self, job: Job, patience: Patience, progress: Progress, first: Prediction | None) -> Sighting:
        """The job, looked at until it or the patience ends; progress tells what is seen."""
        progress.prediction_id = job.prediction_id
        progress.state = "waiting"

        def seen(prediction: Prediction) -> None:
            self.known.saw(job, prediction)
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
        self.known.finished(job, seconds)
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
        if before is None:
            return None
        there = await still_there(before.outputs)
        if any(at not in there if output.path else output.not_saved for at, output in enumerate(before.outputs)):
            return None
        return await self._delivery.with_previews(before)

    async def _job(self, prediction_id: str | None) -> Job:
        """The job with this id, or the latest unfinished one: of this process, else of an earlier or another one."""
        if prediction_id is not None:
            if not self.known.has_more_of(prediction_id) and (recalled := await self.records.recalled(prediction_id)):
                return self.known.adopt(recalled)
            return self.known.get(prediction_id)
        await self._atlas.account()  # without a key nobody knows which of the journal's jobs are meant
        troubles = list[AtlasCloudError]()
        for job in await self.unfinished():
            if not job.prediction_id and len(troubles) == MOST_LOST:
                continue  # each look may take seconds
            try:
                if await self.lost.exists(job, self._clock.monotonic()):
                    return job
            except AtlasCloudError as error:
                troubles.append(error)
        raise next(
            iter(troubles),
            InvalidRequest(
                "No job that was started on this machine is unfinished.",
                billing=Billing.NOT_CONCERNED,
                next_step="list_predictions has earlier jobs with their ids.",
            ),
        )

    async def find_lost(self) -> None:
        """Learn the ids of jobs whose submits were not answered, as far as that is possible now."""
        for job in [each for each in await self.unfinished() if not each.prediction_id][:MOST_LOST]:
            with suppress(AtlasCloudError):
                await self.lost.exists(job, self._clock.monotonic())

    async def unfinished(self) -> list[Job]:
        """The jobs of this machine that are not delivered whole, the newest first; some may turn out not to exist."""
        others = [job for job in await self.records.open_jobs() if not self._is_known(job)]
        return newest_first(reversed([*self.known.unfinished(), *map(self.known.adopt, others)]))

    def _is_known(self, job: Job) -> bool:
        """Whether this process knows better than the journal, which may lag behind."""
        return self.known.has_asked(job.uid) or bool(job.prediction_id and self.known.has_more_of(job.prediction_id))


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


async def told(progress: Progress, report: Report, work: Callable[[], Awaitable[JobResult]]) -> JobResult:
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
