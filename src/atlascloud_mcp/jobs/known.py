"""The jobs that this process submits or has delivered: what they are, who waits for them, how long such jobs take."""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median
from uuid import uuid4

import anyio

from atlascloud_mcp.atlas.history import PastJob
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.jobs.callers import Caller
from atlascloud_mcp.jobs.result import JobResult, Output
from atlascloud_mcp.storage.folders import Destination

MAX_JOBS = 1000
MOST_WORDS = 200  # characters of a prompt that was only listed
MAX_DURATIONS = 20
MAX_TOLD = 16  # of the calls that were answered with one job


@dataclass(slots=True)
class Job:
    """One job. `submitted` is on the clock, `submitted_at` in time of day; both None when it is not ours.

    `of` is the name of the first file that it was made from. `asked_...` is compared with what its outputs are;
    `trim_to` are the caller's own sides, where slightly other ones were sent. `is_text`: words are what it makes. It is
    known to exist once it was submitted here or seen, finished once it was seen to end, and settled once it has failed
    or all of it has been delivered. `seen` is the last that was seen of it, without its outputs.

    `uid` is its own name on this machine, `key` that of equal requests, `asked` when the first of them came, on the
    clock; `unrecorded` says why the journal lacks it. `callers` wait for it now, the answers of `told` have all of it.
    It is `is_sent` from the moment when it may exist at Atlas Cloud, with its id or not; `submission` is set when no
    call of this process is submitting it any more.
    """

    prediction_id: str | None
    uid: str = field(default_factory=lambda: uuid4().hex)
    key: str = ""
    account: str = ""
    asked: float | None = None
    unrecorded: str = ""
    model: str | None = None
    prompt: str = ""
    of: str = ""
    body: Mapping[str, object] = field(default_factory=dict[str, object])
    save_to: str | None = None
    output_format: str | None = None
    asked_width: int | None = None
    asked_height: int | None = None
    trim_to: tuple[int | None, int | None] | None = None
    asked_count: int | None = None
    asked_seconds: float | None = None
    is_text: bool = False
    notes: tuple[str, ...] = ()
    submitted: float | None = None
    submitted_at: datetime | None = None
    is_known_to_exist: bool = False
    is_finished: bool = False
    is_settled: bool = False
    is_failed: bool = False
    is_sent: bool = False
    was_taken: bool = False
    seen: Prediction | None = None
    delivered: dict[Destination, JobResult] = field(default_factory=dict[Destination, JobResult])
    delivering: anyio.Lock = field(default_factory=anyio.Lock)
    submission: anyio.Event = field(default_factory=anyio.Event)
    callers: list[Caller] = field(default_factory=list[Caller])
    told: deque[Caller] = field(default_factory=lambda: deque[Caller](maxlen=MAX_TOLD))

    @property
    def is_taken(self) -> bool:
        """Whether a host has got all of it."""
        return self.was_taken or any(caller.is_taken for caller in self.told)

    def may_be_joined(self, caller: Caller) -> bool:
        """Whether this call can only be meant for this job: its result has reached nobody, and nobody else waits."""
        waiting = (*self.callers, *self.told)
        return not self.is_failed and not self.is_taken and all(each.is_left_by(caller) for each in waiting)

    @contextmanager
    def awaited(self, caller: Caller) -> Generator[None]:
        """This call waits for the job while the body runs."""
        is_first = caller not in self.callers
        if is_first:
            self.callers.append(caller)
        try:
            yield
        finally:
            if is_first:
                self.callers.remove(caller)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has to be said of it in every answer."""
        lost = "If this server ends now, no later one will know of this job."
        return (*self.notes, f"{self.unrecorded} {lost}") if self.unrecorded else self.notes


@dataclass(frozen=True, slots=True)
class Remembered:
    """What this machine can say of one job. `outputs` were saved, though their files may have been moved since."""

    prediction: Prediction
    prompt: str = ""
    of: str = ""
    created_at: datetime | None = None
    is_from_here: bool = False
    is_settled: bool = False
    outputs: tuple[Output, ...] = ()


class KnownJobs:
    """A bounded memory, newest last. It ends with the process."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._asked: OrderedDict[str, Job] = OrderedDict()  # by uid, what was asked for here
        self._durations: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MAX_DURATIONS))

    def add(self, job: Job) -> None:
        """Remember a job; the oldest is forgotten when there are too many."""
        if job.prediction_id is None:
            return
        self._jobs[job.prediction_id] = job
        while len(self._jobs) > MAX_JOBS:
            self._jobs.popitem(last=False)

    def asked(self, job: Job) -> None:
        """Remember a job from before it has an id."""
        self._asked[job.uid] = job
        while len(self._asked) > MAX_JOBS:
            self._asked.popitem(last=False)

    def adopt(self, job: Job) -> Job:
        """A job from the journal; where this process has it already, that one: of each job there is one `Job`."""
        known = self._asked.get(job.uid)
        if known is None and job.prediction_id and self.has_more_of(job.prediction_id):
            known = self._jobs[job.prediction_id]
        if known is None:
            self.asked(job)
            self.add(job)
        return known or job

    def forget(self, job: Job) -> None:
        """The job does not exist, and never did."""
        self._asked.pop(job.uid, None)

    def with_key(self, key: str) -> list[Job]:
        """The jobs of equal requests, the oldest first."""
        return sorted((job for job in self._asked.values() if job.key == key), key=lambda job: job.asked or 0.0)

    def intents(self) -> list[Job]:
        """The jobs that may exist and whose ids are not known."""
        return [job for job in self._asked.values() if job.is_sent and not job.prediction_id]

    def has_asked(self, uid: str) -> bool:
        """Whether this job is one that was asked for here."""
        return uid in self._asked

    def get(self, prediction_id: str) -> Job:
        """The job with this id; a new, empty one when it is not known."""
        job = self._jobs.get(prediction_id)
        if job is None:
            job = Job(prediction_id)
            self.add(job)
        return job

    def listed(self, jobs: Iterable[PastJob]) -> None:
        """The service lists these: what they were made from is what their files are called after."""
        for past in jobs:
            # What somebody else has made takes no place from what was made here.
            if past.prediction.id and (past.prediction.id in self._jobs or len(self._jobs) < MAX_JOBS):
                job = self.get(past.prediction.id)
                job.prompt, job.of = job.prompt or past.prompt[:MOST_WORDS], job.of or past.of

    def is_ours(self, prediction_id: str) -> bool:
        """Whether this job was submitted from here, not just seen."""
        job = self._jobs.get(prediction_id)
        return job is not None and job.submitted_at is not None

    def has_more_of(self, prediction_id: str) -> bool:
        """Whether this process knows more of a job than that it was listed."""
        job = self._jobs.get(prediction_id)
        return job is not None and bool(job.submitted_at or job.delivered or job.callers)

    def unfinished(self) -> list[Job]:
        """The jobs that were submitted here and have neither failed nor been delivered whole, the newest first.

        With them are those whose id is not known, once nobody is learning it any more.
        """
        lost = [job for job in self.intents() if job.submission.is_set()]
        found = [job for job in (*lost, *self._jobs.values()) if job.submitted_at and not job.is_settled]
        return newest_first(found)

    def remembered(self) -> list[Remembered]:
        """Every job that is known to exist, the newest first."""
        return [remembered(job) for job in reversed(self._jobs.values()) if job.submitted_at or job.seen]

    def saw(self, job: Job, found: Prediction) -> None:
        """This is how the job stands; what it made, which may be whole files, is not kept."""
        job.seen = replace(found, outputs=(), transcript=None, lyrics=None, cover=None)

    def finished(self, job: Job, seconds: float | None) -> None:
        """The job has ended, `seconds` after its submission as far as is known."""
        if not job.is_finished and job.model and seconds is not None:
            self._durations[job.model].append(seconds)
        job.is_finished = True

    def typical_seconds(self, model: str) -> float | None:
        """How long this model's jobs usually take, from submission to end, or None before the first."""
        durations = self._durations.get(model)
        return median(durations) if durations else None


def newest_first(jobs: Iterable[Job]) -> list[Job]:
    """By the time of the submit; of two of the same moment the later in the list is the newer."""
    return sorted(jobs, key=lambda job: job.submitted_at or datetime.min.replace(tzinfo=UTC))[::-1]


def remembered(job: Job) -> Remembered:
    """What can be said of a job without looking at it."""
    status = Status.RUNNING if job.prediction_id else Status.UNRECOGNISED
    seen = job.seen or Prediction(job.prediction_id, status, "")
    return Remembered(
        replace(seen, id=job.prediction_id, model=job.model or seen.model),
        job.prompt,
        job.of,
        job.submitted_at,
        is_from_here=job.submitted_at is not None,
        is_settled=job.is_settled,
        outputs=tuple(output for result in job.delivered.values() for output in result.outputs if output.path),
    )
