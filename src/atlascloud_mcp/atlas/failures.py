"""What each failure of an HTTP call means: for the caller, for the user, for the bill.

Source: the errors page of the documentation (codes 400 to 504), and what clients met beyond it.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum

import httpx

from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import (
    AtlasCloudError,
    Billing,
    InvalidRequest,
    ModelNotFound,
    OutcomeUnknown,
    ServiceError,
    SetupError,
)

_MODEL_TROUBLE = re.compile(
    r"model\b.*\b(not found|not exist|unknown|invalid|unsupported|no such)|(unknown|invalid|no such) model"
    r"|failed to evaluate price"  # what a family id without its task suffix gets
    r"|router not found",  # a language model that is listed and leads nowhere
    re.IGNORECASE,
)
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class Call(Enum):
    """What was being done, which decides what a failure means for the bill."""

    SUBMIT = "submitting the job"
    POLL = "looking at the job"
    UPLOAD = "uploading the file"
    READ = "reading from Atlas Cloud"
    DOWNLOAD = "downloading the file"
    SCHEMA = "reading the model's schema"
    QUOTE = "asking for the price"
    CHAT = "asking the model"
    HISTORY = "reading the history of jobs"
    BALANCE = "reading the balance"
    USAGE = "reading the usage"
    COSTS = "reading the costs"

    @property
    def billing(self) -> Billing:
        """What it means for the user's money when this call is refused."""
        match self:
            case Call.POLL:
                return Billing.STANDS
            case Call.SUBMIT | Call.UPLOAD | Call.CHAT:
                return Billing.NOTHING
            case _:
                return Billing.NOT_CONCERNED


_MAKING = frozenset({Call.SUBMIT, Call.CHAT})


class NotSent(ServiceError):
    """The request certainly did not reach Atlas Cloud: no connection was made."""


class Limited(ServiceError):
    """Too many requests: it is not certain whether this one was carried out all the same."""

    @property
    def when(self) -> str:
        """When to ask again."""
        return f"in {self.retry_after_s:.0f} s" if self.retry_after_s is not None else "in half a minute"


class NoSuchRoute(ServiceError):
    """This Atlas Cloud, or what stands before it, has no such service: asking again is of no use."""


def from_transport(error: httpx.HTTPError, call: Call, origin: str) -> ServiceError:
    """A failure below HTTP. Only one before the connection stood is sure to have sent nothing."""
    reason = quoted(str(error) or type(error).__name__, 160)
    if isinstance(error, _NOT_SENT):
        certificate = "CERTIFICATE_VERIFY_FAILED" in str(error)
        return NotSent(
            f"No connection to {origin} while {call.value} ({type(error).__name__}: {reason}).",
            billing=call.billing,
            next_step=(
                "A proxy on this network seems to replace certificates: the user can set SSL_CERT_FILE to its CA."
                if certificate
                else "Check the network and HTTPS_PROXY."
                if call is Call.DOWNLOAD
                else "Check the network, HTTPS_PROXY and ATLASCLOUD_BASE_URL, then call again."
            ),
        )
    what = "took too long to answer" if isinstance(error, httpx.TimeoutException) else "broke off the connection"
    what = "sent what cannot be read" if isinstance(error, httpx.DecodingError) else what
    return _lost(f"{origin} {what} while {call.value} ({type(error).__name__}: {reason}).", call)


def unreadable(call: Call, status: int, content_type: str) -> ServiceError:
    """An answer that is no JSON, such as a gateway's HTML page."""
    kind = quoted(content_type.split(";", maxsplit=1)[0] or "no content type", 60)
    return _lost(f"Atlas Cloud answered {status} with something that is not JSON ({kind}) while {call.value}.", call)


def incomplete(call: Call, missing: str, message: str = "") -> ServiceError:
    """A success without the one thing that matters in it; `message` is what it says instead."""
    said = f" and says {quoted(message)}" if message else ""
    return _lost(f"Atlas Cloud's answer holds no {missing}{said} ({call.value}).", call)


def unanswered(call: Call, seconds: float) -> ServiceError:
    """No answer within the time that this call could give it."""
    return _lost(f"Atlas Cloud gave no answer within {seconds:.0f} s while {call.value}.", call)


def reported(what: str) -> ServiceError:
    """A language model's call that the service itself says has failed.

    Source: documentation, refunds: failed calls of language models are free.
    """
    return ServiceError(
        f"{what} while {Call.CHAT.value}.",
        billing=Billing.FAILED,
        next_step="The same call may work in a moment, or another model may.",
    )


def from_status(status: int, reason: str, call: Call, *, retry_after_s: float | None = None) -> AtlasCloudError:
    """An error status, from HTTP or from the `code` of an envelope that contradicts it."""
    said = f": {quoted(reason)}" if reason else ""
    prefix = f"Atlas Cloud answered {status}{said}"
    setup = _SETUP.get(status)
    if call in _OF_ACCOUNT:
        setup = _SETUP_OF_ACCOUNT.get(status, setup)
    if setup:
        what, next_step = setup
        return SetupError(f"{prefix} while {call.value}: {what}", billing=call.billing, next_step=next_step)
    if status == 429:
        return _limited(prefix, call, retry_after_s)
    # 408: the server gave up on the request, whatever it has done with it. Codes above HTTP's are refusals.
    if 500 <= status < 600 or status == 408 or (status >= 600 and call is Call.POLL):
        is_told = call is Call.CHAT and status in {500, 502, 503}
        error = reported(prefix) if is_told else _lost(f"{prefix} while {call.value}.", call)
        error.retry_after_s = retry_after_s
        return error
    is_about_model = status in {400, 404, 422} and _MODEL_TROUBLE.search(reason)
    if (call in _MAKING and (status == 404 or is_about_model)) or (call is Call.QUOTE and is_about_model):
        return ModelNotFound(f"{prefix}: no such model, or it is not open to this account.", billing=call.billing)
    if status in {404, 405} and call in {Call.QUOTE, Call.HISTORY, *_OF_ACCOUNT}:
        return _missing(prefix, call)
    if status == 413:
        return InvalidRequest(
            f"{prefix}: the request is too large (Atlas Cloud takes 50 MB).", next_step="Pass a smaller file."
        )
    if call is Call.POLL and status in {400, 404}:
        return InvalidRequest(
            f"{prefix}: no job with this id (wrong id, another account's, or its record has been erased).",
            billing=Billing.NOT_CONCERNED,
            next_step="Check the prediction_id.",
        )
    return InvalidRequest(
        f"{prefix} while {call.value}.",
        billing=call.billing,
        next_step="Change the arguments and call again.",
    )


def _missing(prefix: str, call: Call) -> ServiceError:
    """The route itself is not there, as may be behind a gateway: no arguments will change that."""
    if call is Call.QUOTE:
        return _lost(f"{prefix} while {call.value}.", call)
    return NoSuchRoute(
        f"{prefix} while {call.value}: that is not offered here.",
        billing=call.billing,
        next_step="The user finds the same in the Atlas Cloud console.",
    )


_OF_ACCOUNT = frozenset({Call.BALANCE, Call.USAGE, Call.COSTS})
_SETUP_OF_ACCOUNT = {
    # Source: documentation, public API.
    403: (
        "this key's owner may not read that.",
        "The user should check it in the Atlas Cloud console (in a team account: Account Admin or Finance may).",
    ),
}
_RESTART = "then restart this MCP server in the host."
_SETUP = {
    401: (
        "the API key is missing, wrong or expired, or the base URL is wrong (an unknown path is answered 401 too).",
        f"The user should check ATLASCLOUD_API_KEY and ATLASCLOUD_BASE_URL, {_RESTART}",
    ),
    402: (
        "the balance or the plan's allowance is used up.",
        "The user has to top up in the Atlas Cloud console.",
    ),
    403: (
        "this key may not do that (its permissions, a coding-plan key on another model, or a firewall on the way).",
        "The user should check the key's permissions in the Atlas Cloud console, or another model can be tried.",
    ),
    451: (
        "not available in this region.",
        "Another model may be available; the region cannot be changed from here.",
    ),
}


def _limited(prefix: str, call: Call, retry_after_s: float | None) -> Limited:
    error = Limited(
        f"{prefix}: too many requests for this account or model while {call.value}.",
        billing=Billing.POSSIBLE if call is Call.SUBMIT else call.billing,
    )
    error.retry_after_s = retry_after_s
    error.next_step = (
        f"Look at the history in the Atlas Cloud console; if nothing is new there, call again {error.when}."
        if call is Call.SUBMIT
        else f"Call again {error.when}."
    )
    return error


NO_SECOND_LOOK = "An answer has no id and cannot be fetched later; asking again is paid again."


def _lost(message: str, call: Call) -> ServiceError:
    """A failure after which nobody knows whether the request was carried out."""
    if call is Call.SUBMIT:
        return OutcomeUnknown(
            f"{message} The job may or may not have been accepted; it was not sent again.",
            billing=Billing.POSSIBLE,
            next_step="Look at the history in the Atlas Cloud console before making it again.",
        )
    if call is Call.CHAT:
        return ServiceError(f"{message} It was not sent again.", billing=Billing.POSSIBLE, next_step=NO_SECOND_LOOK)
    # Of a download the caller's own call is no part: repeating that would make and bill another job.
    again = "" if call is Call.DOWNLOAD else "The same call may work in a moment."
    return ServiceError(message, billing=call.billing, next_step=again)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from `now`, from either form of `Retry-After` (RFC 9110, 10.2.3); None when there is none."""
    if not value:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    moment = http_date(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def http_date(value: str) -> datetime | None:
    """The moment that a header names, in UTC (RFC 9110, 5.6.7); None when it names none."""
    try:
        moment = parsedate_to_datetime(value)
        # RFC 9110: a date without a zone is in UTC.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # a year, a day or a zone that no date has
        return None
