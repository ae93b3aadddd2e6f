"""What a job's last state means for its caller: still running, failed, or finished with nothing to show."""

from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.errors import AtlasCloudError, Billing, JobFailed
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.result import JobResult, Output
from atlascloud_mcp.jobs.waiting import Sighting

MODERATION_CODE = 1039  # documentation, errors page: input refused by content moderation


def still_running(job: Job, sighting: Sighting, now: float) -> JobResult:
    """The answer when the wait is over and the job is not. An unknown word is reported as it was seen."""
    found = sighting.prediction
    notes = list(job.remarks)
    is_unknown = found is not None and found.status is Status.UNRECOGNISED and bool(found.status_word)
    if is_unknown and found:
        notes.append(f"Atlas Cloud's last word on it was {quoted(found.status_word, 60)}, which is no known status.")
    if sighting.trouble:
        notes.append(f"The last look at it failed: {sighting.trouble.message}")
    if not job.is_known_to_exist:
        notes.append("Nobody has seen this job yet: whether it exists is not known.")
    return JobResult(
        status="unknown" if is_unknown or not job.is_known_to_exist else "running",
        prediction_id=job.prediction_id,
        model=job.model,
        elapsed_seconds=now - job.submitted if job.submitted is not None else None,
        notes=tuple(notes),
        next=f'Call get_prediction with prediction_id "{job.prediction_id}"; a new generation would be paid again.',
        sandbox=found is not None and found.sandbox,
    )


def being_saved(job: Job, found: Prediction) -> JobResult:
    """The answer when the wait is over while another call is still saving the same job."""
    return JobResult(
        status="completed",
        prediction_id=job.prediction_id,
        model=job.model,
        outputs=tuple(Output(url=media.url, not_saved="Another call is saving it.") for media in found.outputs),
        cost_usd=found.cost_usd,
        next=f'Call get_prediction with prediction_id "{job.prediction_id}" (free) for the path.',
        sandbox=found.sandbox,
    )


def about(job: Job, error: AtlasCloudError) -> AtlasCloudError:
    """The error, said of a job that has an id: what it means for its bill, and how to take it up again."""
    error.prediction_id = job.prediction_id
    if error.billing in {Billing.NOTHING, Billing.STANDS}:  # said of this call: what is true of the job?
        goes_on = job.is_known_to_exist and not job.is_finished
        error.billing = Billing.STANDS if goes_on else Billing.NOT_CONCERNED
    if error.billing is Billing.STANDS:
        error.next_step = (
            f"{error.next_step} Then call get_prediction (free) with this id; do not generate again.".strip()
        )
    return error


def failed(found: Prediction) -> JobFailed:
    """The error for a job that did not succeed."""
    if found.status is Status.CANCELLED:
        what = "was cancelled"
    else:
        what = "timed out at Atlas Cloud" if found.status_word.lower() == "timeout" else "failed"
    reason = f": {quoted(found.error)}" if found.error else ", and Atlas Cloud gave no reason"
    if found.error_code == MODERATION_CODE:
        return JobFailed(
            f"The job {what}{reason} (code {MODERATION_CODE}: content moderation refused the input).",
            billing=Billing.RELEASED,
            next_step="The same request will be refused again: change the prompt or the picture.",
        )
    code = f" (code {found.error_code})" if found.error_code is not None else ""
    return JobFailed(
        f"The job {what}{reason}{code}.",
        billing=Billing.RELEASED,
        next_step="Change the request, or try another model.",
    )


def empty(found: Prediction) -> JobFailed:
    """The error for a job that succeeded and has nothing in it."""
    flagged = any(found.nsfw)
    why = " It is flagged as not safe for work, so a safety filter kept the result." if flagged else ""
    cost = f" Atlas Cloud names a price of ${found.cost_usd:g} for it." if found.cost_usd else ""
    return JobFailed(
        f"The job finished without outputs.{why}{cost}",
        billing=Billing.NOT_CONCERNED if cost else Billing.POSSIBLE,
        next_step="Change the prompt." if flagged else "Look at it in the Atlas Cloud console before trying again.",
    )
