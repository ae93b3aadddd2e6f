"""The state of a sandbox, and its knobs."""

import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from secrets import randbelow
from typing import TYPE_CHECKING
from uuid import uuid4

import anyio

from atlascloud_mcp.sandbox.catalogue import CATALOGUE_SIZE
from atlascloud_mcp.sandbox.faults import FaultPlan
from atlascloud_mcp.sandbox.jobs import Job
from atlascloud_mcp.sandbox.planting import plant
from atlascloud_mcp.sandbox.pricing import price_of
from atlascloud_mcp.sandbox.shelf import Shelf, Upload
from atlascloud_mcp.sandbox.wish import Refused, Submission

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.catalogue import CatalogueShape
    from atlascloud_mcp.sandbox.chat.routes import GeminiPaths
    from atlascloud_mcp.sandbox.ledger import Charge
    from atlascloud_mcp.sandbox.shapes import PredictionShape, SubmitShape, UploadShape

MOST_RECORDS = 1000  # of requests: a sandbox that is left running must not fill the memory
START_BALANCE_USD = Decimal(10)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived, refused or not. Header names are in lower case; `body` is None unless JSON."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class RecordedSubmit:
    """One accepted submit: the job's id, the flat body, and when by the sandbox's calendar."""

    id: str
    body: Mapping[str, object]
    at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """One Atlas Cloud of one's own. Every attribute without underscore may be read; the knobs may be set.

    `base_url` is what the addresses that it tells begin with. `clock` (seconds, monotonic) moves the jobs, `now` dates
    them. `api_keys=None` accepts any key. `price_per_image` is in USD and for all that is made; None takes the
    catalogue's prices, and 0.003 where it names none. `strict` refuses fields that a model's schema, or a chat
    protocol, does not name. `chat_seconds` is the time of a whole chat reply, streamed or not; `gemini_paths` says
    which paths that protocol has; without `balance_permission` the keys may not read the balance; the history lists a
    job `history_delay_s` after it was made.
    Not for several threads: all of it belongs to the event loop that serves the app.
    """

    def __init__(
        self,
        *,
        base_url: str = "http://sandbox.test",
        api_keys: frozenset[str] | None = frozenset({"sandbox-key"}),
        job_seconds: float = 3.0,
        price_per_image: str | None = "0.003",
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.base_url = base_url
        self.api_keys = api_keys
        self.clock = clock
        self.now = now
        self.sleep: Callable[[float], Awaitable[None]] = anyio.sleep
        self.shelf = Shelf()
        self._defaults = (job_seconds, price_per_image)
        self.reset()

    def reset(self) -> None:
        """As new: no job, no upload, no record, no fault, default knobs and the first balance."""
        self.job_seconds, self.price_per_image = self._defaults
        self.sync_limit_s = 60.0
        self.submit_shape: SubmitShape = "data_id"
        self.prediction_shape: PredictionShape = "envelope"
        self.upload_shape: UploadShape = "download_url"
        self.catalogue_shape: CatalogueShape = "flat"
        self.catalogue_size = CATALOGUE_SIZE
        self.strict = True
        self.chat_seconds = 0.5
        self.gemini_paths: GeminiPaths = "both"
        self.balance_permission = True
        self.history_delay_s = 0.0
        self.faults = FaultPlan()
        self.requests: deque[RecordedRequest] = deque(maxlen=MOST_RECORDS)
        self.submits: list[RecordedSubmit] = []
        self.uploads: list[Upload] = []
        self.counts: Counter[str] = Counter()
        self.jobs: dict[str, Job] = {}
        self.calls: list[Charge] = []  # of language models
        self._paid_in = START_BALANCE_USD
        self._scripts: deque[tuple[str, ...]] = deque()
        self.shelf.clear()

    @property
    def billed_usd(self) -> Decimal:
        """What all submits and chat calls have cost so far: reserved or charged, and not released by a failure."""
        at = self.clock()
        jobs = sum((job.price for job in self.jobs.values() if not job.released(at)), Decimal(0))
        return jobs + sum((call.usd for call in self.calls), Decimal(0))

    @property
    def balance_usd(self) -> Decimal:
        """What is left for the next submit. Setting it is paying in or drawing out."""
        return self._paid_in - self.billed_usd

    @balance_usd.setter
    def balance_usd(self, value: Decimal | float | str) -> None:
        self._paid_in = Decimal(str(value)) + self.billed_usd

    def script_statuses(self, statuses: Sequence[str]) -> None:
        """The next job to be accepted answers its polls with these raw statuses; the last one stays."""
        if not statuses:
            raise ValueError("a script needs at least one status")
        self._scripts.append(tuple(statuses))

    def accept(
        self,
        submission: Submission,
        body: Mapping[str, object],
        *,
        size: tuple[int, int],
        sources: tuple[Path, ...] = (),
    ) -> Job:
        """The job exists and its price is reserved. Raises `Refused` (402) when the balance is too low."""
        price = self.price_of(submission)
        if price > self.balance_usd:
            raise Refused(402, "insufficient balance")
        job = Job(
            id=uuid4().hex,
            submission=submission,
            sources=sources,
            size=size,
            seed=randbelow(2**31) if submission.seed < 0 else submission.seed,
            price=price,
            created_at=self.now(),
            started=self.clock(),
            seconds=self.job_seconds,
            script=self._scripts.popleft() if self._scripts else (),
            body=body,
        )
        self.jobs[job.id] = job
        self.submits.append(RecordedSubmit(job.id, body, job.created_at))
        return job

    def plant(
        self, model: str, at: datetime, price: Decimal | float | str, *, prompt: str = "", status: str = "completed"
    ) -> str:
        """A job of the past: in history, usage and costs, and its outputs can be fetched; the balance had paid for it.

        A language model's call is in usage and costs alone. Answers the id. Raises `ValueError` for an unknown model.
        """
        before = self.billed_usd
        planted = plant(self, model, at, Decimal(str(price)), prompt=prompt, status=status)
        self._paid_in += self.billed_usd - before
        return planted

    def price_of(self, submission: Submission) -> Decimal:
        """What the wish costs, in USD."""
        return price_of(submission, self.price_per_image)

    def upload(self, upload_id: str) -> Upload | None:
        """The received file of that id."""
        return next((upload for upload in self.uploads if upload.id == upload_id), None)
