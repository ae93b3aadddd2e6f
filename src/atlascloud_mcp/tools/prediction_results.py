"""What `list_predictions` answers: the same facts as text and as structured content."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NotRequired

from mcp_types import CallToolResult
from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from atlascloud_mcp.atlas.untrusted import plain, quoted
from atlascloud_mcp.atlas.wire import Status
from atlascloud_mcp.jobs.models.describing import usd
from atlascloud_mcp.jobs.result import JobStatus
from atlascloud_mcp.tools.results import Fields, answer, present

if TYPE_CHECKING:
    # Only types: the core brings httpx, which no start should wait for.
    from atlascloud_mcp.jobs.history import JobPage, ListedJob

MAX_PROMPT = 80
MAX_ERROR = 160
_STATUS: dict[Status, JobStatus] = {
    Status.RUNNING: "running",
    Status.SUCCEEDED: "completed",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.UNRECOGNISED: "unknown",
}


class PredictionsFields(TypedDict):
    """One page of jobs, each with `status` and what else is known; as in `ModelsFields` rows are not declared."""

    predictions: Annotated[list[dict[str, object]], WithJsonSchema({"type": "array"})]
    total: NotRequired[int]
    page: int
    pages: NotRequired[int]
    filters: NotRequired[str]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]


def predictions_answer(found: "JobPage") -> CallToolResult:
    """One page of jobs, a line each."""
    rows = [_row(job) for job in found.jobs]
    fields: Fields = {
        "predictions": rows,
        **present(
            total=found.total,
            page=found.page,
            pages=found.pages,
            filters=found.filters,
            notes=list(found.notes),
            next=found.next,
            sandbox=found.sandbox or None,
        ),
    }
    which = f" ({found.filters})" if found.filters else ""
    of = f" of {found.pages}" if found.pages else ""
    count = "jobs" if found.total is None else "1 job" if found.total == 1 else f"{found.total} jobs"
    lines = [f"{count}{which}, page {found.page}{of}:" if rows else f"no jobs found{which}"]
    lines += [_line(row) for row in rows]
    lines += [f"note: {note}" for note in found.notes]
    lines += ["sandbox: true (jobs of a local simulator)"] if found.sandbox else []
    lines += [f"next: {found.next}"] if found.next else []
    return answer("\n".join(lines), fields)


def _row(job: "ListedJob") -> Fields:
    found = job.prediction
    status, word = _STATUS[found.status], plain(found.status_word, 30)
    of = quoted(job.of, MAX_PROMPT) if job.of and not job.prompt else None
    return present(
        prediction_id=found.id,
        status=status,
        service_status=word if word.lower() != status else None,
        model=found.model,
        created_at=_iso(job.created_at),
        cost_usd=found.cost_usd,
        prompt=quoted(job.prompt, MAX_PROMPT) if job.prompt else None,
        of=of,
        paths=[str(path) for path in job.paths],
        seed=found.seed,
        error=quoted(found.error, MAX_ERROR) if found.error else None,
        started_here=job.is_from_here or None,
        not_delivered=job.is_open or None,
    )


def _line(row: Fields) -> str:
    paths = row.get("paths")
    marks = [name for name in ("started_here", "not_delivered") if name in row]
    cost = row.get("cost_usd")
    parts = [
        str(row.get("prediction_id", "no id")),
        f"{row['status']}{' (' + str(row['service_status']) + ')' if 'service_status' in row else ''}",
        str(row.get("model", "")),
        str(row.get("created_at", "")),
        usd(cost) if isinstance(cost, float | int) else "",
        str(row.get("prompt", "")),
        f"of {row['of']}" if "of" in row else "",
        "saved: " + ", ".join(map(str, paths)) if isinstance(paths, list) else "",  # pyright: ignore[reportUnknownArgumentType] - ours, of texts
        f"seed {row['seed']}" if "seed" in row else "",
        f"error: {row['error']}" if "error" in row else "",
        ", ".join(marks),
    ]
    return "- " + " | ".join(part for part in parts if part)


def _iso(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None
