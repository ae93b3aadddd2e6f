"""A job: what was submitted, how far it is at a moment, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from atlascloud_mcp.sandbox.wish import Submission

Fate = Literal["success", "failure", "blocked"]

SUCCESSES = frozenset({"completed", "succeeded", "success", "done"})
FAILURES = frozenset({"failed", "timeout", "canceled", "cancelled", "error", "rejected", "expired"})

_CREATED_UNTIL = 0.1  # shares of the job's time
_STARTING_UNTIL = 0.25


@dataclass(slots=True)
class Job:
    """One accepted submit. Its status follows the clock, or its script when it has one."""

    id: str
    submission: Submission
    sources: tuple[Path, ...]
    size: tuple[int, int]
    seed: int
    price: Decimal
    created_at: datetime
    started: float
    seconds: float
    script: tuple[str, ...] = ()
    body: Mapping[str, object] = field(default_factory=dict[str, object])
    api_key_id: str = ""
    _polls: int = field(default=0, init=False)

    @property
    def fate(self) -> Fate:
        """How it ends; words in the prompt decide it."""
        if "nsfw-test" in self.submission.prompt:
            return "blocked"
        return "failure" if "fail-test" in self.submission.prompt else "success"

    @property
    def completed_at(self) -> datetime:
        """When it ends by its own time."""
        return self.created_at + timedelta(seconds=self.seconds)

    def poll(self, at: float) -> str:
        """The status to answer at that clock time; a script moves on by one, its last entry stays."""
        status = self.status(at)
        self._polls += 1
        return status

    def status(self, at: float) -> str:
        """The status at that clock time, without counting as a poll."""
        if self.script:
            return self.script[min(self._polls, len(self.script) - 1)]
        elapsed = at - self.started
        if elapsed >= self.seconds:
            return "failed" if self.fate == "failure" else "completed"
        share = elapsed / self.seconds
        if share < _CREATED_UNTIL:
            return "created"
        return "starting" if share < _STARTING_UNTIL else "processing"

    def released(self, at: float) -> bool:
        """Whether its price went back: it failed, and a scripted failure has been told to somebody."""
        if self.script:
            return self._polls > 0 and self.script[min(self._polls, len(self.script)) - 1].lower() in FAILURES
        return self.status(at) in FAILURES

    def finished(self, at: float) -> bool:
        """Whether its pictures can be fetched: by its time, or as soon as its script has told a success."""
        if self.script:
            return any(word.lower() in SUCCESSES for word in self.script[: self._polls])
        return self.status(at) in SUCCESSES
