"""The answers of the API, read tolerantly: every shape that was seen or documented, one result.

Sources: seeds 000 and 001 (the two model pages of Atlas Cloud), the vendor's own MCP server 1.7.0 and
its client types, the errors page of the documentation; see docs/decisions/0003-tolerant-answers.md.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from atlascloud_mcp.atlas.transcripts import Lyrics, Transcript, read_lyrics, read_transcript
from atlascloud_mcp.atlas.values import MODEL_ID, Json, is_url, items, mapping, number, text, usd, whole

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


MAX_REASON = 2000
LARGEST = 2**64
"""Beyond any seed or code."""
LONGEST_S = 7 * 24 * 3600.0

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

    `transcript` and `lyrics` are what is known of an output that is a text, `cover` is the address of a picture that
    belongs to music. `cost_usd` is the real charge and may come late; `seconds` is its own time. `is_job` is false for
    a bare object that has a `status` and no outputs, as gateways have one.
    """

    id: str | None
    status: Status
    status_word: str
    is_job: bool = True
    model: str | None = None
    outputs: tuple[MediaOutput, ...] = ()
    transcript: Transcript | None = None
    lyrics: Lyrics | None = None
    cover: str | None = None
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


def envelope(body: object) -> Envelope:
    """`{code, message|msg, data}`, or a bare object taken as its own data.

    The documented error body has `data: null` and a `request_id`, which must not be taken for a job's.
    """
    outer = mapping(body)
    code, is_wrapped = whole(outer.get("code")), isinstance(outer.get("data"), Mapping)
    bare = mapping(None) if "data" in outer else outer
    return Envelope(
        code=code if code is not None and abs(code) <= LARGEST else None,
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
    model, cover = text(data.get("model")), text(data.get("thumbnail"))
    transcript, lyrics = (
        read_transcript(mapping(data.get("stt_result"))),
        read_lyrics(mapping(data.get("lyrics_result"))),
    )
    written = tuple(each.text for each in (transcript, lyrics) if each)
    # Nothing in a transcript depends on one, though it may be told.
    seed = None if transcript else whole(data.get("seed"))
    code = whole(data.get("error_code"))
    seconds = number(mapping(data.get("metrics")).get("predict_time"))
    return Prediction(
        id=next((found for key in ids if (found := _id(data, key))), None),
        is_job=answer.is_wrapped or "outputs" in data or "output" in data,
        status=status,
        status_word=word,
        model=model if MODEL_ID.fullmatch(model) else None,
        outputs=_with_texts(_outputs(data, written), written),
        transcript=transcript,
        lyrics=lyrics,
        cover=cover if is_url(cover) else None,
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

    The billing routes, and OpenAI's, name a `code` and a `param` beside it: who is to act needs them too. Where several
    fields are wrong (`detail` is a list, with the place of each in `loc`), the first is told.
    """
    if isinstance(value, str) or depth == 0:
        return text(value)[:MAX_REASON]
    found = mapping(next(iter(items(value)), value))
    keys = [key for key in ("msg", "message", "error", "detail", "reason", "code") if key in found]
    reason = next((reason for key in keys if (reason := _reason(found[key], depth - 1))), "")
    place = ".".join(str(each) for each in items(found.get("loc"))[:9] if isinstance(each, str | int))
    code, param = text(found.get("code")), text(found.get("param")) or place
    marks = [code] if _CODE.fullmatch(code) and code not in reason else []
    marks += [f"param {param}"] if _PARAM.fullmatch(param) and param not in reason else []
    return f"{', '.join(marks)}: {reason}" if reason and marks else reason  # first: a long reason is cut


def _with_texts(outputs: tuple[MediaOutput, ...], written: tuple[str, ...]) -> tuple[MediaOutput, ...]:
    """The outputs, and the text that is known beside them where none of them is one."""
    if not written or any(output.text for output in outputs):
        return outputs
    return (*outputs, MediaOutput(text=written[0]))


def _outputs(data: Json, written: tuple[str, ...]) -> tuple[MediaOutput, ...]:
    """`outputs`, or the older `output`, which may be a single one; what was `written` is a text, whatever it holds."""
    for key in ("outputs", "output"):
        found = items(data.get(key)) or [data.get(key)]
        outputs = tuple(output for entry in found if (output := _output(entry, written)) is not None)
        if outputs:
            return outputs
    return ()


def _output(value: object, written: tuple[str, ...]) -> MediaOutput | None:
    keys = ("url", "download_url", "image_url", "video_url", "audio_url", "image", "output", "text")
    content = text(value) or next((found for key in keys if (found := text(mapping(value).get(key)))), "")
    if not content:
        return None
    if content in written:
        return MediaOutput(text=content)
    if is_url(content):
        return MediaOutput(url=content)
    data = _embedded(content)
    return MediaOutput(data=data) if data else MediaOutput(text=content)


# PNG, JPEG, RIFF (WebP, WAV), GIF; ID3 (MP3), Ogg, FLAC.
_BASE64_HEADS = ("iVBORw0KGgo", "/9j/", "UklGR", "R0lGOD", "SUQz", "T2dnUw", "ZkxhQw")


def _embedded(content: str) -> bytes | None:
    """The bytes of a data URI, or of bare base64 that begins like a picture or sound (`enable_base64_output`)."""
    if content.startswith("data:") and ";base64," in content[:200]:
        content = content.split(",", 1)[1]
    elif not content.startswith(_BASE64_HEADS):
        return None
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return None


def _flags(value: object) -> tuple[bool, ...]:
    if isinstance(value, bool):
        return (value,)
    return tuple(flag is True for flag in items(value))
