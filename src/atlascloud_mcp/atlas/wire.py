"""The answers of the API, read tolerantly: every shape that was seen or documented, one result.

Sources: seeds 000 and 001 (the two model pages of Atlas Cloud), the vendor's own MCP server 1.7.0 and
its client types, the errors page of the documentation; see docs/decisions/0003-tolerant-answers.md.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TypeAlias, cast

Json: TypeAlias = Mapping[str, object]

_CODE = re.compile(r"[A-Za-z][\w.-]{0,59}")  # in words; numbers are statuses
_PARAM = re.compile(r"[\w.\[\]-]{1,60}")
_ID = re.compile(r"[!-~]{1,200}")  # opaque, but a word: it is shown and given back


class Status(Enum):
    """Where a job stands, whatever word was used for it."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNRECOGNISED = "unrecognised"

    @property
    def is_final(self) -> bool:
        """Whether the job will not change any more. An unknown word is not an end."""
        return self in {Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}


MAX_URL = 8192
MAX_REASON = 2000
MAX_VALUES = 500_000
"""In one answer: the catalogue has less than a tenth. While JSON is read no other thread runs."""
ABSURD_USD = 10_000.0
"""No job and no model costs that much, per whatever unit."""
LARGEST = 2**64
"""Beyond any seed or code."""
LONGEST_S = 7 * 24 * 3600.0
_LATEST = 1e11
"""Seconds since 1970 that no date has: a number beyond it counts smaller units."""

MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")

STATUS_WORDS = {
    **dict.fromkeys(("created", "starting", "queued", "pending", "processing", "running"), Status.RUNNING),
    **dict.fromkeys(("completed", "succeeded", "success", "done"), Status.SUCCEEDED),
    **dict.fromkeys(("failed", "error", "timeout", "rejected", "expired"), Status.FAILED),
    **dict.fromkeys(("canceled", "cancelled"), Status.CANCELLED),
}


@dataclass(frozen=True, slots=True)
class MediaOutput:
    """One output of a job: exactly one of the three is set."""

    url: str | None = None
    data: bytes | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Prediction:
    """A job as the API shows it.

    `cost_usd` is the real charge and may come late; `seconds` is its own time. `is_job` is false for a bare object
    that has a `status` and no outputs, as gateways have one.
    """

    id: str | None
    status: Status
    status_word: str
    is_job: bool = True
    model: str | None = None
    outputs: tuple[MediaOutput, ...] = ()
    error: str = ""
    error_code: int | None = None
    cost_usd: float | None = None
    nsfw: tuple[bool, ...] = ()
    seed: int | None = None
    seconds: float | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded file's temporary address."""

    url: str
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer: the outer `code` and `message`, and the object that matters."""

    code: int | None
    message: str
    data: Json
    is_wrapped: bool

    @property
    def is_refusal(self) -> bool:
        """Whether the `code` says no, whatever the HTTP status around it (200 and "200" mean yes, some say 0)."""
        return self.code is not None and self.code != 0 and not 200 <= self.code < 300


def read(content: bytes) -> object:
    """The JSON of an answer.

    Raises:
        ValueError: there is none, or not all of it, or it is too deep or too much to be read.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise ValueError("too many values")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def mapping(value: object) -> Json:
    """`value` if it is a JSON object, else an empty one."""
    return cast("Json", value) if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[object]:
    """`value` if it is a JSON array, else an empty one."""
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def text(value: object) -> str:
    """`value` if it is a string that is not blank, else an empty one."""
    return value.strip() if isinstance(value, str) else ""


def number(value: object) -> float | None:
    """A finite number, written as a number or as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if abs(result) < float("inf") else None


def whole(value: object) -> int | None:
    """A whole number, written as a number or as a string; a long seed keeps all its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,30}", value.strip()):
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def usd(value: object) -> float | None:
    """An amount of money that can be one."""
    found = number(value)
    return found if found is not None and 0 <= found <= ABSURD_USD else None


def moment(value: object) -> datetime | None:
    """A moment, in UTC: RFC 3339, or seconds since 1970, or milliseconds or finer, in this century."""
    seconds = number(value)
    try:
        if seconds is None:
            found = datetime.fromisoformat(text(value)[:40])
        else:
            scale = next((scale for scale in (1, 1e3, 1e6, 1e9) if seconds / scale <= _LATEST), 1)
            found = datetime.fromtimestamp(seconds / scale, UTC)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 2000 <= found.year < 2100 else None


def envelope(body: object) -> Envelope:
    """`{code, message|msg, data}`, or a bare object taken as its own data.

    The documented error body has `data: null` and a `request_id`, which must not be taken for a job's.
    """
    outer = mapping(body)
    is_wrapped = isinstance(outer.get("data"), Mapping)
    bare = mapping(None) if "data" in outer else outer
    return Envelope(
        code=whole(outer.get("code")),
        message=_reason(outer),
        data=mapping(outer.get("data")) if is_wrapped else bare,
        is_wrapped=is_wrapped,
    )


def prediction(body: object, *, sandbox: bool) -> Prediction:
    """A submit or poll answer of any known shape. Nothing in it is required."""
    answer = envelope(body)
    data = answer.data
    word = text(data.get("status"))[:MAX_REASON]
    status = STATUS_WORDS.get(word.lower(), Status.UNRECOGNISED)
    error = _reason(data.get("error")) or text(data.get("logs"))[:MAX_REASON]
    if not error and status.is_final and status is not Status.SUCCEEDED:
        error = answer.message
    # A bare object's `request_id` is the gateway's own; inside `data` some answers call the job's id so.
    ids = ("id", "predictionId", "prediction_id", *(("request_id",) if answer.is_wrapped else ()))
    model = text(data.get("model"))
    seed, code = whole(data.get("seed")), whole(data.get("error_code"))
    seconds = number(mapping(data.get("metrics")).get("predict_time"))
    return Prediction(
        id=next((found for key in ids if (found := _id(data, key))), None),
        is_job=answer.is_wrapped or "outputs" in data or "output" in data,
        status=status,
        status_word=word,
        model=model if MODEL_ID.fullmatch(model) else None,
        outputs=_outputs(data),
        error=error,
        error_code=code if code is not None and abs(code) <= LARGEST else None,
        cost_usd=usd(data.get("price")),
        nsfw=_flags(data.get("has_nsfw_contents")),
        seed=seed if seed is not None and 0 <= seed <= LARGEST else None,
        seconds=seconds if seconds is not None and 0 <= seconds <= LONGEST_S else None,
        sandbox=sandbox,
    )


def upload(body: object, *, sandbox: bool) -> Upload | None:
    """The address in an upload's answer: `download_url` or `url`, inside or outside of `data`, or `data` itself."""
    outer = mapping(body)
    data = mapping(outer.get("data"))
    candidates = (
        data.get("download_url"),
        data.get("url"),
        outer.get("data"),
        outer.get("download_url"),
        outer.get("url"),
    )
    url = next((found for value in candidates if is_url(found := text(value))), "")
    return Upload(url, sandbox) if url else None


def _id(data: Json, key: str) -> str:
    value = data.get(key)
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
    return found if _ID.fullmatch(found) else ""


def _reason(value: object, depth: int = 3) -> str:
    """Why something failed: a string, or the first of the keys that have been seen to hold one; never a long one.

    The billing routes, and OpenAI's, name a `code` and a `param` beside it: who is to act needs them too.
    """
    if isinstance(value, str) or depth == 0:
        return text(value)[:MAX_REASON]
    found = mapping(value)
    keys = [key for key in ("msg", "message", "error", "detail", "reason", "code") if key in found]
    reason = next((reason for key in keys if (reason := _reason(found[key], depth - 1))), "")
    code, param = text(found.get("code")), text(found.get("param"))
    marks = [code] if _CODE.fullmatch(code) and code not in reason else []
    marks += [f"param {param}"] if _PARAM.fullmatch(param) and param not in reason else []
    return f"{', '.join(marks)}: {reason}" if reason and marks else reason  # first: a long reason is cut


def _outputs(data: Json) -> tuple[MediaOutput, ...]:
    """`outputs`, or the older `output`, which may be a single one."""
    for key in ("outputs", "output"):
        found = items(data.get(key)) or [data.get(key)]
        outputs = tuple(output for entry in found if (output := _output(entry)) is not None)
        if outputs:
            return outputs
    return ()


def _output(value: object) -> MediaOutput | None:
    keys = ("url", "download_url", "image_url", "video_url", "audio_url", "image", "output", "text")
    content = text(value) or next((found for key in keys if (found := text(mapping(value).get(key)))), "")
    if not content:
        return None
    if is_url(content):
        return MediaOutput(url=content)
    data = _embedded(content)
    return MediaOutput(data=data) if data else MediaOutput(text=content)


def _embedded(content: str) -> bytes | None:
    """The bytes of a data URI, or of bare base64 that begins like a picture (`enable_base64_output`)."""
    if content.startswith("data:") and ";base64," in content[:200]:
        content = content.split(",", 1)[1]
    elif not content.startswith(("iVBORw0KGgo", "/9j/", "UklGR", "R0lGOD")):
        return None
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return None


def is_url(content: str) -> bool:
    """Whether this is an address that can be shown and used as it is."""
    is_plain = " " not in content and content.isprintable() and len(content) <= MAX_URL
    return is_plain and content.startswith(("https://", "http://"))


def _flags(value: object) -> tuple[bool, ...]:
    if isinstance(value, bool):
        return (value,)
    return tuple(flag is True for flag in items(value))
