"""A submit whose answer was lost: its job is looked for in the account's history before anything else is done.

Only what can be nobody else's job is taken for it. See docs/decisions/0018-lost-replies.md.
"""

import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import cast

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.failures import Call, Limited, NoSuchRoute, unanswered
from atlascloud_mcp.atlas.history import MAX_ITEMS, PastJob
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import AtlasCloudError, Billing, OutcomeUnknown, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.known import Job, KnownJobs
from atlascloud_mcp.jobs.progress import Progress
from atlascloud_mcp.jobs.records import Records
from atlascloud_mcp.jobs.waiting import Patience

FOUND = "The answer to the submit was lost; the job was found in Atlas Cloud's history."
LOOKING = "looking for the job whose answer was lost"

EARLIEST_S = -5.0  # of a job's creation after its submit, by the server's clock
LATEST_S = 60.0
STAMP_S = 1.0  # the history tells whole seconds: all of the one that it tells has to fit

LEAST_SUBMIT_S = 2.0  # however little of the wait is left after the uploads
LEAST_LOOK_S = 3.0  # however little of it the submit has left
LISTED_S = 20.0
"""So long after its submit a job that is not in the history does not exist, as far as can be seen: Atlas Cloud does not
say how soon it lists one."""
FIRST_PAUSE_S = 1.0  # then twice as long each time: a new job takes a while to be listed
LAST_LOOK_S = 2.0  # kept for the last one
MOST_PAGES = 5  # of 50 jobs of one model, a minute old at most

SUBMIT_TRIES = 3  # where each but the last was answered 429 and has left no job
BACK_OFF_S = 5.0
MOST_IDS = 5  # that an answer names

Send = Callable[[float], Awaitable[Prediction]]
"""Submits the job, in so many seconds at most."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the history has: the job, or the ids of several that could be it, or neither.

    `trouble` is why it could not be read at the last look; `seconds` is how long was looked.
    """

    found: Prediction | None = None
    candidates: tuple[str, ...] = ()
    trouble: AtlasCloudError | None = None
    seconds: float = 0.0


class LostReplies:
    """Submits jobs, and finds those whose answers were lost."""

    def __init__(self, atlas: AtlasClient, records: Records, known: KnownJobs, clock: Clock) -> None:
        self._atlas = atlas
        self._records = records
        self._known = known
        self._clock = clock

    async def submitted(self, job: Job, send: Send, patience: Patience, progress: Progress) -> Prediction:
        """What the service says of the job, or what its history says when that was lost; the job then has its id.

        It is sent again only after a 429 that has left no job in the history, while there is time and somebody waits.

        Raises:
            OutcomeUnknown: it may exist; the error says what the history has.
            AtlasCloudError: refused.
        """
        for number in count(1):
            try:
                first = await send(max(LEAST_SUBMIT_S, patience.submitting_ends - self._clock.monotonic()))
            except (OutcomeUnknown, Limited) as error:
                lost = error
            else:
                self._claim(job, first.id)
                return first
            progress.state = LOOKING
            again_at = self._again_at(lost, number, patience)
            latest = min(patience.submitting_ends, self._clock.monotonic() + LISTED_S)
            search = await self.search(job, latest if again_at is None else again_at)
            if search.found:
                return search.found
            if again_at is None or search.candidates or search.trouble or progress.is_given_up:
                raise _told(lost, search, number)
            progress.state = "submitting"
            await self._clock.sleep(again_at - self._clock.monotonic())
            job.submitted, job.submitted_at = self._clock.monotonic(), self._clock.now()
            await self._records.keep(job)
            if progress.is_given_up:
                raise _told(lost, search, number)
        raise AssertionError("unreachable")  # pragma: no cover - the loop has no end of its own

    async def exists(self, job: Job, until: float) -> bool:
        """Whether a job exists whose submit may not have been answered; if it does, it has its id from then on.

        It is looked for until that moment on the clock, and at least once. One that does not exist is forgotten.

        Raises:
            OutcomeUnknown: it cannot be told, or not yet.
        """
        if job.prediction_id or not job.is_sent:
            return job.prediction_id is not None
        sure_at = self._clock.monotonic() + max(0.0, LISTED_S - self._age_s(job))
        search = await self.search(job, min(until, sure_at))
        if job.prediction_id:  # found, by this search or by another one
            await self._records.keep(job)
            return True
        if search.candidates or search.trouble or until < sure_at:
            lost = OutcomeUnknown(
                "The answer to the submit of an equal call was lost.",
                billing=Billing.POSSIBLE,
                next_step="Look at the history in the Atlas Cloud console; new=true makes another in any case.",
            )
            lost.retry_after_s = max(sure_at - self._clock.monotonic(), 1.0)
            raise _told(lost, search, 1)
        self._known.forget(job)
        await self._records.drop(job)
        return False

    async def search(self, job: Job, until: float) -> Search:
        """Look for a job in the history until that moment on the clock, and at least once.

        When it is found it has its id and is known at once, so that no other search finds it too.
        """
        began = self._clock.monotonic()
        ends = max(until, began + LEAST_LOOK_S)
        search, pause = await self._looked(job, None, ends), FIRST_PAUSE_S
        while not search.found and (search.trouble is None or _may_pass(search.trouble)):
            left = until - self._clock.monotonic() - LAST_LOOK_S
            if left < FIRST_PAUSE_S / 2:
                break
            await self._clock.sleep(min(pause, left))
            search, pause = await self._looked(job, search, ends), pause * 2
        return replace(search, seconds=self._clock.monotonic() - began)

    async def _looked(self, job: Job, before: Search | None, ends: float) -> Search:
        """One look; one that fails, or that there is no time for, leaves what was seen before."""
        seconds = ends - self._clock.monotonic()
        with self._clock.move_on_after(seconds):
            try:
                return await self._look(job)
            except AtlasCloudError as error:
                return replace(before or Search(), trouble=error)
        return before or Search(trouble=unanswered(Call.HISTORY, seconds))

    async def _look(self, job: Job) -> Search:
        listed, ahead = await self._listed(job)
        fitting = {past.prediction.id or "": past for past in listed if self._fits(past, job, ahead)}
        if not fitting or not job.body:  # a request that was too large to be recorded cannot be told from others
            return Search()
        taken = await self._records.ids_taken(list(fitting))
        rivals = {each.uid: each for each in (*await self._records.intents(), *self._known.intents())}
        # From here to the claim nothing is waited for: another search must not take the same job.
        free = [name for name in fitting if name not in taken and not self._known.is_ours(name)]
        others = [each for each in rivals.values() if each.uid != job.uid and each.prediction_id is None]
        if len(free) == 1 and not any(self._fits(fitting[free[0]], each, ahead) for each in others):
            self._claim(job, free[0])
            job.notes = (*job.notes, FOUND)
            found = fitting[free[0]].prediction
            # What it has made is not in the list: a look at the job itself has to tell how it stands.
            return Search(Prediction(found.id, Status.RUNNING, "", model=found.model, sandbox=found.sandbox))
        return Search(candidates=tuple(free[:MOST_IDS]))

    async def _listed(self, job: Job) -> tuple[list[PastJob], timedelta]:
        """The newest jobs of this model, as far back as one could be it; and how far the server's clock is ahead."""
        found: list[PastJob] = []
        ahead = timedelta()
        for number in range(1, MOST_PAGES + 1):
            page = await self._atlas.history(number, MAX_ITEMS, model=job.model, status=None)
            if number == 1 and page.date:
                ahead = page.date - self._clock.now()
            found += [replace(past, prediction=replace(past.prediction, sandbox=page.sandbox)) for past in page.jobs]
            oldest = min((past.created_at for past in page.jobs if past.created_at), default=None)
            sent = self._sent_at(job, ahead)
            is_all = page.total is not None and len(found) >= page.total
            if is_all or oldest is None or sent is None or oldest < sent + timedelta(seconds=EARLIEST_S):
                break
        return found, ahead

    def _fits(self, past: PastJob, job: Job, ahead: timedelta) -> bool:
        """Whether a listed job is what was sent, as far as can be told: the service may have added fields."""
        sent = self._sent_at(job, ahead)
        if sent is None or past.created_at is None or not past.prediction.id or past.prediction.model != job.model:
            return False
        if not EARLIEST_S <= (past.created_at - sent).total_seconds() <= LATEST_S - STAMP_S:
            return False
        body = {"model": job.model, **past.body}
        return bool(past.body) and all(name in body and _same(body[name], value) for name, value in job.body.items())

    def _sent_at(self, job: Job, ahead: timedelta) -> datetime | None:
        """When the job was submitted, by the server's clock."""
        if job.submitted_at is None:
            return None
        return self._clock.now() + ahead - timedelta(seconds=self._age_s(job))

    def _again_at(self, lost: ServiceError, number: int, patience: Patience) -> float | None:
        """When the job may be sent again should the history not have it; None when it may not."""
        if not isinstance(lost, Limited) or number >= SUBMIT_TRIES:
            return None
        pause = BACK_OFF_S * 2 ** (number - 1) * random.uniform(1.0, 1.4)  # noqa: S311 - jitter, not a secret
        again_at = self._clock.monotonic() + max(pause, lost.retry_after_s or 0.0)
        return again_at if again_at + LEAST_SUBMIT_S <= min(patience.submitting_ends, patience.ends) else None

    def _claim(self, job: Job, prediction_id: str | None) -> None:
        job.prediction_id = prediction_id
        self._known.add(job)

    def _age_s(self, job: Job) -> float:
        """Seconds since the submit, as far as any clock can tell."""
        by_time = (self._clock.now() - job.submitted_at).total_seconds() if job.submitted_at else 0.0
        # While a machine sleeps only the time of day goes on, and only the clock is never set back.
        return max(by_time, self._clock.monotonic() - job.submitted if job.submitted is not None else 0.0)


def _may_pass(trouble: AtlasCloudError) -> bool:
    """Whether another look may go better."""
    return isinstance(trouble, ServiceError) and not isinstance(trouble, NoSuchRoute)


def _same(one: object, other: object) -> bool:
    """Whether two values are equal as JSON: 1 is 1.0, and neither is true."""
    try:
        return _equal(one, other)
    except RecursionError:
        return False


def _equal(one: object, other: object) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        first, second = cast("Mapping[str, object]", one), cast("Mapping[str, object]", other)
        return first.keys() == second.keys() and all(_equal(first[name], second[name]) for name in first)
    if isinstance(one, list) and isinstance(other, list):
        these, those = cast("list[object]", one), cast("list[object]", other)
        return len(these) == len(those) and all(map(_equal, these, those))
    return one == other


def _told(lost: ServiceError, search: Search, tries: int) -> ServiceError:
    """The error, with what was done about it and what is now to be done."""
    said = [lost.message]
    if isinstance(lost, Limited):
        said.append(f"It was sent {tries} times." if tries > 1 else "It was not sent again.")
    if search.candidates:
        one = len(search.candidates) == 1
        said.append(
            "A job in the account's history may be it, or that of an equal request that was lost too: it was not taken."
            if one
            else "Several jobs in the account's history could be it: none was taken."
        )
        ids = json.dumps(search.candidates[0] if one else search.candidates)
        lost.next_step = f"Before making it again call get_prediction with prediction_id {ids} (free)."
    elif search.trouble:
        said.append(f"Whether it is in the account's history could not be seen: {search.trouble.message}")
        if _may_pass(search.trouble):
            lost.next_step = "Look at it with list_predictions (free) before making it again."
    else:
        said.append(f"It is not in the account's history{_after(search.seconds)}.")
        when = (
            f" in {lost.retry_after_s:.0f} s"
            if lost.retry_after_s
            else " in half a minute"
            if isinstance(lost, Limited)
            else ""
        )
        lost.next_step = (
            f"As far as can be seen there is no job, so call again{when}; should there be one after all, "
            "list_predictions (free) shows it."
        )
    lost.message = " ".join(said)
    return lost


def _after(seconds: float) -> str:
    return f" after {seconds:.0f} s" if seconds >= 0.5 else ""
