"""What a job came to, in the vocabulary that every tool speaks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from atlascloud_mcp.atlas.protocols.reply import Usage

MAX_PREVIEWS = 4  # in one answer

JobStatus = Literal["completed", "running", "failed", "cancelled", "unknown", "quoted"]
AnswerStatus = Literal["completed", "incomplete"]
"""Of what a language model says: it may break off, and what has come is all that there will be."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture for hosts that show one: at most 512 px and 48 kB."""

    data: bytes
    mime_type: str


@dataclass(frozen=True, slots=True)
class Output:
    """One output: its URL, the file it was saved as, or why it was not saved. Sizes in pixels, bytes, seconds."""

    url: str | None = None
    path: Path | None = None
    mime_type: str | None = None
    bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None
    text: str | None = None
    not_saved: str | None = None


@dataclass(frozen=True, slots=True)
class JobResult:
    """One job's answer. What is not known is None or empty, and is left out of what the caller sees.

    `joined` is what has to be said first of a job that an earlier call has started. `usage` are the tokens of a
    language model, `unpriced` says why there is no `cost_usd` beside them.
    """

    status: JobStatus | AnswerStatus
    prediction_id: str | None = None
    model: str | None = None
    outputs: tuple[Output, ...] = ()
    cost_usd: float | None = None
    cost_is_estimate: bool = False
    elapsed_seconds: float | None = None
    seed: int | None = None
    joined: str = ""
    notes: tuple[str, ...] = ()
    next: str | None = None
    sandbox: bool = False
    request: dict[str, object] | None = None
    previews: tuple[Preview, ...] = ()
    usage: Usage | None = None
    unpriced: str = ""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A local file that has a temporary address. The name has the extension that its bytes have."""

    url: str
    file_name: str
    mime_type: str
    bytes: int
    sandbox: bool
