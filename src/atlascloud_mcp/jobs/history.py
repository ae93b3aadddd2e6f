"""Earlier jobs: those that Atlas Cloud lists, and what this machine knows of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.failures import Call, unanswered
from atlascloud_mcp.atlas.history import HistoryPage, PastJob, ServiceStatus
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.delivery import still_there
from atlascloud_mcp.jobs.following import Following
from atlascloud_mcp.jobs.known import Remembered, remembered
from atlascloud_mcp.jobs.models.choosing import Choosing
from atlascloud_mcp.jobs.result import Output
from atlascloud_mcp.jobs.waiting import Patience

ROWS = 20
MOST_IDS = 5  # that the next step names
NO_CHATS = "Chat calls are no jobs and never in this list."

# What was last seen as created may be in process by now: of these two, memory knows no difference.
_MEANS: dict[str, Status] = {
    "created": Status.RUNNING,
    "processing": Status.RUNNING,
    "completed": Status.SUCCEEDED,
    "failed": Status.FAILED,
}


NO_ID = "Of what has no id the submit was not answered, and it cannot be told yet whether it exists; see again later."


@dataclass(frozen=True, slots=True)
class ListedJob:
    """One job, made from `prompt`, else from the file `of`. `paths` are files that are there.

    `is_open` when it was started here and is not delivered whole.
    """

    prediction: Prediction
    created_at: datetime | None
    prompt: str = ""
    of: str = ""
    paths: tuple[Path, ...] = ()
    is_from_here: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some jobs: what is open first, then the newest first. `total` and `pages` are None where nobody knows them."""

    jobs: tuple[ListedJob, ...]
    page: int
    total: int | None
    pages: int | None
    filters: str = ""
    notes: tuple[str, ...] = ()
    next: str | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is looked for: the model by its id, or as it was named."""

    status: ServiceStatus | None
    model: str | None
    page: int

    @property
    def filters(self) -> str:
        filters = {"status": self.status, "model": quoted(self.model, 80) if self.model else None}
        return ", ".join(f"{name} {value}" for name, value in filters.items() if value)

    def fits(self, job: Remembered) -> bool:
        """Whether a job that only this machine speaks of is looked for."""
        found = job.prediction
        if self.model and (found.model or "").casefold() != self.model.casefold():
            return False
        word = found.status_word.lower()
        if self.status and "timeout" in {self.status, word}:
            return self.status == word
        return self.status is None or found.status is _MEANS[self.status]


class History:
    """Lists jobs: the account's, and what this machine knows of them."""

    def __init__(self, atlas: AtlasClient, choosing: Choosing, following: Following, clock: Clock) -> None:
        self._atlas = atlas
        self._choosing = choosing
        self._following = following
        self._known = following.known
        self._clock = clock

    async def page(self, status: ServiceStatus | None, model: str | None, page: int, patience: Patience) -> JobPage:
        """One page of the jobs that fit; where the service has no list to give, what this machine knows.

        Raises:
            InvalidRequest: there is no such page.
            AtlasCloudError: the list cannot be had, and this machine knows of no such job.
        """
        asked, doubt, found = await self._asked_for(status, model, page, patience)
        with self._clock.move_on_after(patience.polling_ends - self._clock.monotonic()):
            await self._following.find_lost()
        known = [*self._known.remembered(), *await self._earlier()]
        here = [job for job in known if job.is_from_here and asked.fits(job)]
        if isinstance(found, AtlasCloudError):
            shown = [job for job in known if asked.fits(job)]
            if len(shown) <= (page - 1) * ROWS:
                raise found
            trouble = f"These are only the jobs that this machine knows of. {found}"
            pages = -(-len(shown) // ROWS)
            rows = _sorted([_alone(job) for job in shown])[(page - 1) * ROWS : page * ROWS]
            return await _answered(asked, JobPage(tuple(rows), page, len(shown), pages), (trouble, doubt))
        self._known.listed(found.jobs)
        listed, total, memory = _merged(asked, found, known, here)
        pages = _pages(found)
        if page > 1 and not found.jobs:
            last = f"The last page is {pages}." if pages else "Begin with page 1, which says when there are more."
            raise InvalidRequest(f"There is no page {page}.", billing=Billing.NOT_CONCERNED, next_step=last)
        answer = JobPage(tuple(listed), page, total, pages, sandbox=found.sandbox)
        is_full = pages is None and len(found.jobs) >= ROWS
        lost = NO_ID if any(job.is_open and not job.prediction.id for job in answer.jobs) else ""
        return await _answered(asked, answer, (memory, lost, doubt), is_full=is_full)

    async def _earlier(self) -> list[Remembered]:
        """The jobs of earlier processes, and of others, of this machine."""
        found = await self._following.records.recent()
        return [
            remembered(job) for job in found if not (job.prediction_id and self._known.has_more_of(job.prediction_id))
        ]

    async def _asked_for(
        self, status: ServiceStatus | None, model: str | None, page: int, patience: Patience
    ) -> tuple[_Asked, str, HistoryPage | AtlasCloudError]:
        """What is looked for, what is not sure about it, and the service's list or why there is none."""
        asked, doubt = _Asked(status, model, page), ""
        began = self._clock.monotonic()
        with self._clock.move_on_after(patience.polling_ends - began):
            if model:
                model, why = await self._choosing.id_of(model)
                asked = _Asked(status, model, page)
                doubt = f"The name was looked for as it stands. {why}" if why else ""
            try:
                return asked, doubt, await self._atlas.history(page, ROWS, model=model, status=status)
            except AtlasCloudError as error:
                return asked, doubt, error
        return asked, doubt, unanswered(Call.HISTORY, self._clock.monotonic() - began)


def _merged(
    asked: _Asked, found: HistoryPage, known: Sequence[Remembered], here: Sequence[Remembered]
) -> tuple[list[ListedJob], int | None, str]:
    """The jobs of a page, how many there are of all pages, and a note about those that are told of from memory.

    On the first page are also those that were started here and are open, wherever the service lists them, and those
    that it would list there if it knew of them: a new job takes a while to be listed.
    """
    by_id = {job.prediction.id: job for job in known if job.prediction.id}
    rows = [_with(job, by_id.get(job.prediction.id or "")) for job in found.jobs]
    if asked.page > 1:
        return rows, found.total, ""
    ids = {row.prediction.id for row in rows}
    is_all = found.total is not None and found.total <= len(found.jobs)
    oldest = min((row.created_at for row in rows if row.created_at), default=None)
    away = [job for job in here if job.prediction.id not in ids]
    new = {
        job.prediction.id
        for job in away
        if is_all or not rows or (oldest and job.created_at and job.created_at >= oldest)
    }
    told = [_alone(job) for job in away if job.prediction.id in new or not job.is_settled]
    shown = _sorted(told)[:ROWS]
    left_out = f" ({len(told) - len(shown)} more are left out)" if len(told) > len(shown) else ""
    note = f"Not on this page of Atlas Cloud's list, so told as last seen here: {len(shown)}{left_out}."
    total = None if found.total is None else found.total + len(new)
    return _sorted([*rows, *shown]), total, note if shown else ""


def _sorted(jobs: Sequence[ListedJob]) -> list[ListedJob]:
    """What is open first, and each part the newest first; what has no time stays last, in its order."""
    earliest = datetime.min.replace(tzinfo=UTC)
    by_time = sorted(jobs, key=lambda job: job.created_at or earliest, reverse=True)
    return sorted(by_time, key=lambda job: not job.is_open)


def _alone(job: Remembered) -> ListedJob:
    """A job that only this machine speaks of."""
    return _with(PastJob(job.prediction, job.created_at, job.prompt, job.of), job)


def _with(job: PastJob, known: Remembered | None) -> ListedJob:
    """A listed job with what this machine knows of it; of two states the final one is the later."""
    if known is None:
        return ListedJob(job.prediction, job.created_at, job.prompt, job.of)
    found, seen = job.prediction, known.prediction
    if seen.status.is_final and not found.status.is_final:
        found, seen = seen, found
    return ListedJob(
        replace(
            found,
            model=found.model or seen.model,
            cost_usd=seen.cost_usd if found.cost_usd is None else found.cost_usd,
            seed=seen.seed if found.seed is None else found.seed,
        ),
        job.created_at or known.created_at,
        job.prompt or known.prompt,
        known.of or job.of,
        tuple(dict.fromkeys(output.path for output in known.outputs if output.path)),
        is_from_here=known.is_from_here,
        is_open=known.is_from_here and not known.is_settled,
    )


def _pages(found: HistoryPage) -> int | None:
    """How many there are of the size that was asked for, whatever size the answer tells."""
    return None if found.total is None else max(1, -(-found.total // ROWS))


async def _answered(asked: _Asked, page: JobPage, notes: Sequence[str], *, is_full: bool = False) -> JobPage:
    """The page with only those files that are still there, and with what is to be said and done about it."""
    outputs = [Output(path=path) for job in page.jobs for path in job.paths]
    there = {output.path for output in (await still_there(outputs)).values()}
    jobs = tuple(replace(job, paths=tuple(path for path in job.paths if path in there)) for job in page.jobs)
    steps = [_fetching([job.prediction.id for job in jobs if job.is_open and job.prediction.id])] if jobs else []
    if page.pages and page.page < page.pages:
        steps.append(f"page {page.page + 1} of {page.pages} has more")
    elif is_full:
        steps.append(f"page {page.page + 1} may have more")
    return replace(
        page,
        jobs=jobs,
        filters=asked.filters,
        notes=tuple(filter(None, (*notes, "" if jobs else NO_CHATS))),
        next="; ".join(steps) or None,
    )


def _fetching(open_ids: Sequence[str]) -> str:
    """The call that brings results: of what is open, else of any."""
    if not open_ids:
        return "get_prediction with a prediction_id (free) fetches its result again"
    named = json.dumps(open_ids[:MOST_IDS] if len(open_ids) > 1 else open_ids[0])
    return f"get_prediction with prediction_id {named} (free) waits for and saves what was not delivered"
