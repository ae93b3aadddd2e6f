"""Jobs on this machine's disk: what a later server process needs to take a job up again.

Nothing here fails for its caller: a journal that cannot be used never stops a generation. What it then lacks is said in
the job's answer (`Job.unrecorded`). Kept for 0 days means not at all.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import anyio
from pydantic import TypeAdapter, ValidationError

from atlascloud_mcp.atlas.wire import Prediction
from atlascloud_mcp.errors import AtlasCloudError, DiskError
from atlascloud_mcp.jobs.access import Access
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.result import JobResult
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.journal import Journal, Row
from atlascloud_mcp.storage.presence import Presence

logger = logging.getLogger(__name__)

T = TypeVar("T")

MOST_OPEN = 100
"""Of the jobs of earlier processes that are still open, the newest so many are looked at."""
MOST_RECENT = 200
MOST_PENDING = 200  # of the jobs that could not be written
MOST_BODY = 256 * 1024
"""Characters of a request that are kept: pictures inside it are not."""
_IN_COLUMNS = ("prediction_id", "uid", "key", "account", "was_taken", "submitted_at")
_OF_THIS_PROCESS = ("asked", "submitted", "unrecorded", "delivering", "submission", "callers", "told")
_APART = ("body", "seen", "delivered")  # each in a way of its own
_NOT_KEPT = frozenset({*_IN_COLUMNS, *_OF_THIS_PROCESS, *_APART})


class Records:
    """The journal as the core uses it. `account` tells apart services and keys, `presence` the living and the dead."""

    def __init__(
        self,
        journal: Journal,
        presence: Presence,
        access: Access,
        account: Callable[[], Awaitable[str]],
        clock: Clock,
        *,
        retention_days: float,
    ) -> None:
        self._journal = journal
        self._presence = presence
        self._access = access
        self._account = account
        self._clock = clock
        self._retention_days = retention_days
        self._is_tidy = False
        self._pending: dict[str, tuple[Job, Row]] = {}
        self._writing = anyio.Lock()

    async def keep(self, job: Job) -> None:
        """The job is on the disk as it stands now; else it says why not.

        Of many that come at once one writes for all: each write waits for the disk.
        """
        if not (job.submitted_at and self._retention_days):
            return  # of a job of somebody else, or of an earlier time, nothing is known that would help
        try:
            self._pending[job.uid] = (job, await self._row(job))
        except AtlasCloudError:
            return  # without a key nothing is submitted either
        with anyio.CancelScope(shield=True):  # the batch is that of others, too
            async with self._writing:
                batch, self._pending = self._pending, {}
                if batch:
                    await self._write(batch)

    async def drop(self, job: Job) -> None:
        """The job is known never to have existed."""
        self._pending.pop(job.uid, None)
        if self._retention_days:
            with suppress(DiskError):
                await self._access.call(lambda: self._journal.drop(job.uid))

    async def recalled(self, prediction_id: str) -> Job | None:
        """The job with this id, as a process of this machine left it."""
        found = await self._read(lambda account: self._jobs(self._journal.by_prediction(account, prediction_id)))
        return found[0] if found else None

    async def left_behind(self, key: str, within_s: float, *, is_ours: Callable[[str], bool]) -> Job | None:
        """The oldest job of an equal request that another process has left to nobody, taken over by this one."""
        since = self._clock.now().timestamp() - within_s

        def take_over(_account: str) -> Job | None:
            for row in reversed(self._journal.with_key(key, since)):
                is_free = not (is_ours(row.uid) or row.is_delivered or self._is_waited_for(row))
                job = next(iter(self._jobs(row)), None) if is_free else None
                if job and not job.is_failed and self._is_claimed(row):
                    return job
            return None

        return await self._read(take_over)

    def _is_claimed(self, row: Row) -> bool:
        """Whether this process is now the one that waits for the job.

        Where that cannot be written down two processes may: both get the one job, and nothing is paid twice.
        """
        try:
            self._presence.hold()
            return self._journal.claim(row, self._presence.name)
        except DiskError:
            return True

    def _is_waited_for(self, row: Row) -> bool:
        """Whether a process that lives waits for this job."""
        return bool(row.process) and self._presence.is_alive(row.process)

    def _is_ripe(self, row: Row) -> bool:
        """Whether it has its id, or nobody is learning it any more."""
        return row.prediction_id is not None or not self._is_waited_for(row)

    async def open_jobs(self) -> list[Job]:
        """The jobs that are not delivered whole, the newest first."""
        return (
            await self._read(
                lambda account: self._jobs(*filter(self._is_ripe, self._journal.open_jobs(account, MOST_OPEN)))
            )
            or []
        )

    async def recent(self) -> list[Job]:
        """The open jobs and the latest ones, the newest first."""

        def jobs(account: str) -> list[Job]:
            found = [*self._journal.open_jobs(account, MOST_OPEN), *self._journal.latest(account, MOST_RECENT)]
            rows = {row.uid: row for row in found}.values()
            return self._jobs(*sorted(filter(self._is_ripe, rows), key=lambda row: row.created_at, reverse=True))

        return await self._read(jobs) or []

    def everything(self, limit: int) -> list[Job]:
        """The jobs of all accounts, the newest first, open ones in any case. Blocking, as those below.

        Raises:
            DiskError: the journal cannot be read.
        """
        return self._jobs(*self._journal.everything(limit))

    def named(self, start: str) -> list[Job]:
        """The jobs whose id begins so: Atlas Cloud's, or the one that it has here.

        Raises:
            DiskError: the journal cannot be read.
        """
        return self._jobs(*self._journal.by_start(start, MOST_RECENT))

    def forget(self, jobs: Sequence[Job]) -> None:
        """These jobs are erased here, whatever becomes of them at Atlas Cloud.

        Raises:
            DiskError: the journal cannot be written.
        """
        self._journal.forget([job.uid for job in jobs])

    def forget_older(self, days: float) -> int:
        """How many jobs were erased that have ended and are older than this.

        Raises:
            DiskError: the journal cannot be written.
        """
        return self._journal.forget_before((self._clock.now() - timedelta(days=days)).timestamp())

    def close(self) -> None:
        """No call of this process waits for a job any more. Blocking."""
        self._presence.leave()

    async def intents(self) -> list[Job]:
        """The open jobs whose ids are not known, the newest first."""
        return await self._read(lambda account: self._jobs(*self._journal.intents(account, MOST_OPEN))) or []

    async def ids_taken(self, prediction_ids: Sequence[str]) -> set[str]:
        """Those of these ids that are known to be of jobs of this machine."""
        return await self._read(lambda account: self._journal.taken(account, prediction_ids)) or set()

    def _jobs(self, *rows: Row | None) -> list[Job]:
        jobs = [job for row in rows if row and (job := _job(row))]
        for job in jobs:
            age = (self._clock.now() - job.submitted_at).total_seconds() if job.submitted_at else 0.0
            job.asked = self._clock.monotonic() - max(0.0, age)
        return jobs

    async def _row(self, job: Job) -> Row:
        at = job.submitted_at or self._clock.now()
        job.account = job.account or await self._account()  # which may read a file
        return Row(
            uid=job.uid,
            account=job.account,
            key=job.key,
            process=self._presence.name if job.callers else "",
            created_at=at.timestamp(),
            prediction_id=job.prediction_id,
            is_open=not job.is_settled,
            is_delivered=job.is_taken,
            record=_record(job),
        )

    async def _write(self, batch: Mapping[str, tuple[Job, Row]]) -> None:
        trouble = ""
        try:
            await self._access.call(lambda: self._written([row for _, row in batch.values()]))
        except DiskError as error:
            trouble = error.message
            # The next write, of whichever job, brings what this one did not.
            self._pending = dict(islice(({**batch, **self._pending}).items(), MOST_PENDING))
        for job, _ in batch.values():
            job.unrecorded = trouble

    def _written(self, rows: list[Row]) -> None:
        """In a worker thread: the rows are on the disk, and once in a process what is too old goes."""
        self._presence.hold()
        self._journal.write(rows, self._presence.name)
        if not self._is_tidy:
            self._is_tidy = True
            self.forget_older(self._retention_days)

    async def _read(self, work: Callable[[str], T]) -> T | None:
        """What `work` finds for this account; None where the journal cannot be read, or is not kept."""
        if not self._retention_days:
            return None
        try:
            account = await self._account()
            return await self._access.call(lambda: work(account))
        except AtlasCloudError:  # no key, too: whoever asks is told so by the call that needs it
            return None


@cache
def _kept() -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(dict[str, Any])


@cache
def _places() -> TypeAdapter[list[tuple[Destination, JobResult]]]:
    return TypeAdapter(list[tuple[Destination, JobResult]])


@cache
def _seen() -> TypeAdapter[Prediction | None]:
    return TypeAdapter(Prediction | None)


def _record(job: Job) -> str:
    """All that is needed to wait for the job and to deliver it, as JSON."""
    facts = {each.name: getattr(job, each.name) for each in fields(job) if each.name not in _NOT_KEPT}
    body = dict(job.body)
    facts["body"] = body if len(json.dumps(body)) <= MOST_BODY else {}
    delivered = [(place, replace(result, previews=())) for place, result in job.delivered.items()]
    return json.dumps(
        {
            **_kept().dump_python(facts, mode="json"),
            "delivered": _places().dump_python(delivered, mode="json"),
            "seen": _seen().dump_python(job.seen, mode="json"),
        }
    )


def _job(row: Row) -> Job | None:
    """The job of a row; None where another version has written what this one cannot read."""
    try:
        said = json.loads(row.record)
        kept = {each.name: said[each.name] for each in fields(Job) if each.name in said and each.name not in _NOT_KEPT}
        job = Job(row.prediction_id, row.uid, row.key, was_taken=row.is_delivered, **kept)
        job.body = said["body"]
        job.submitted_at = datetime.fromtimestamp(row.created_at, UTC).astimezone()
        job.seen = _seen().validate_python(said["seen"])
        job.delivered = dict(_places().validate_python(said["delivered"]))
    except (ValueError, TypeError, KeyError, ValidationError, RecursionError) as error:
        logger.warning("a row of the journal cannot be read: %s (%s)", row.uid, type(error).__name__)
        return None
    job.account = row.account
    job.submission.set()
    job.notes = tuple(job.notes)  # JSON has lists only
    job.trim_to = (job.trim_to[0], job.trim_to[1]) if job.trim_to else None
    return job
