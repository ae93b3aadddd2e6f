"""Everything that can go wrong, by who can act.

    AtlasCloudError
    ├── InvalidRequest    the caller can: other arguments will do
    │   └── ModelNotFound     … another model, that is
    ├── SetupError        the user can: key, balance, settings, access
    ├── ServiceError      time can: Atlas Cloud or the network failed, the same call may work later
    │   └── OutcomeUnknown    a submit that may have arrived: looking comes before repeating
    ├── JobFailed         the job was accepted and did not succeed
    └── DiskError         this machine's disk: permissions, space

The raiser writes the sentences; only `tools/registry.py` turns them into a tool result.
"""

from enum import Enum


class Billing(Enum):
    """What an error means for the user's money, as the sentence that says so."""

    NOTHING = "Nothing was billed."
    POSSIBLE = "This may have been billed."
    FAILED = "Atlas Cloud charges nothing for a failed call."
    BILLED = "The call was billed."
    RELEASED = "Atlas Cloud releases the charge of a failed job."
    STANDS = "The job itself goes on and is billed as usual."
    NOT_CONCERNED = ""


class AtlasCloudError(Exception):
    """What went wrong, what it cost and what to do now; `str()` gives all three as one text."""

    def __init__(
        self,
        message: str,
        *,
        next_step: str = "",
        billing: Billing = Billing.NOTHING,
        prediction_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.billing = billing
        self.prediction_id = prediction_id

    def __str__(self) -> str:
        """The message, the job's id if there is one, the bill, the next step."""
        job = f"prediction_id: {self.prediction_id}." if self.prediction_id else ""
        return " ".join(part for part in (self.message, job, self.billing.value, self.next_step) if part)


class InvalidRequest(AtlasCloudError):
    """The arguments cannot be used as they are; the caller can change them.

    `reason` is what the service said of a question that it found bad; empty when it gave none.
    """

    reason: str | None = None


class ModelNotFound(InvalidRequest):
    """No such model, or none that this account may use."""


class SetupError(AtlasCloudError):
    """Key, balance, access or a setting: the user has to act, the model cannot."""


class ServiceError(AtlasCloudError):
    """Atlas Cloud or the way to it failed; the same call may work later.

    `retry_after_s` is the server's own wish, in seconds from now, where it gave one.
    """

    retry_after_s: float | None = None


class OutcomeUnknown(ServiceError):
    """A submit whose answer was lost or unreadable: a job may exist and be billed."""


class JobFailed(AtlasCloudError):
    """The job ended without a result."""


class DiskError(AtlasCloudError):
    """A file cannot be read or written on this machine."""
