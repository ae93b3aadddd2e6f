"""The jobs that this process has submitted or delivered: what they were, and how long such jobs take."""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median

import anyio

from atlascloud_mcp.atlas.history import PastJob
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.jobs.result import JobResult, Output
from atlascloud_mcp.storage.folders import Destination

MAX_JOBS = 1000
MOST_WORDS = 200  # characters of a prompt that was only listed
MAX_DURATIONS = 20


@dataclass(slots=True)
class Job:
    """One job. `submitted` is on the clock, `submitted_at` in time of day; both None when it is not ours.

    `of` is the name of the first file that it was made from. `asked_...` is compared with what its outputs are;
    `trim_to` are the caller's own sides, where slightly other ones were sent. `is_text`: words are what it makes. It is
    known to exist once it was submitted here or seen, finished once it was seen to end, and settled once it has failed
    or all of it has been delivered. `seen` is the last that was seen of it, without its outputs.
    """

    prediction_id: str | None
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
    seen: Prediction | None = None
    delivered: dict[Destination, JobResult] = field(default_factory=dict[Destination, JobResult])
    delivering: anyio.Lock = field(default_factory=anyio.Lock)


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
        self._durations: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MAX_DURATIONS))

    def add(self, job: Job) -> None:
        """Remember a job; the oldest is forgotten when there are too many."""
        if job.prediction_id is None:
            return
        self._jobs[job.prediction_id] = job
        while len(self._jobs) > MAX_JOBS:
            self._jobs.popitem(last=False)

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

    def latest_unfinished(self) -> Job | None:
        """The newest job that was submitted here and has neither failed nor been delivered whole."""
        return next((job for job in reversed(self._jobs.values()) if job.submitted_at and not job.is_settled), None)

    def remembered(self) -> list[Remembered]:
        """Every job that is known to exist, the newest first."""
        return [_remembered(job) for job in reversed(self._jobs.values()) if job.submitted_at or job.seen]

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


def _remembered(job: Job) -> Remembered:
    seen = job.seen or Prediction(job.prediction_id, Status.RUNNING, "")
    return Remembered(
        replace(seen, id=job.prediction_id, model=job.model or seen.model),
        job.prompt,
        job.of,
        job.submitted_at,
        is_from_here=job.submitted_at is not None,
        is_settled=job.is_settled,
        outputs=tuple(output for result in job.delivered.values() for output in result.outputs if output.path),
    )
