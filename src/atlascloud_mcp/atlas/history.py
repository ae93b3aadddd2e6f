"""The account's earlier jobs, read tolerantly: the service lists them, and documents nowhere how.

Source: the vendor's MCP server 1.7.0 (`{code, data: {items, pageNo, pageSize, total}}`; an item has ID, createdAt in
seconds, model, requestBody as JSON in a string, status, and a prediction as its result, or none yet).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal

from atlascloud_mcp.atlas import values, wire
from atlascloud_mcp.atlas.values import Json, file_name, is_url, items, mapping, text, whole
from atlascloud_mcp.atlas.wire import STATUS_WORDS, Prediction, Status

ServiceStatus = Literal["created", "processing", "completed", "failed", "timeout"]
"""A status as the history's filter has it."""

MAX_ITEMS = 50
"""On a page: the most that the vendor's own client asks for."""
MAX_BODY = 64 * 1024
"""Characters of a request body that are read: there may be pictures in it."""
MAX_TOTAL = 10**9
MOST_KEYS = 200  # of one item, that are looked at
_LISTS = ("items", "list", "data", "records", "predictions")
_IDS = ("predictionid", "id", "sessionid", "requestid")
_TIMES = ("createdat", "createtime", "created")
_BODIES = ("requestbody", "request", "input")
_MADE = frozenset({"outputs", "output", "stt_result", "lyrics_result", "files", "layers"})
"""What a job made: files in base64 and whole transcripts, which nobody wants in a list."""
_PROMPTS = ("prompt", "text", "text_prompt", "user_prompt", "input")


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job as the history has it, without its outputs.

    `prompt` is as it was written: show it as a quotation. Where there is none, `of` is the name of a file that went in.
    `body` is the request, to be compared and not to be shown; empty where it cannot be read or is too long.
    """

    prediction: Prediction
    created_at: datetime | None = None
    prompt: str = ""
    of: str = ""
    body: Json = field(default_factory=dict[str, object], repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some jobs, newest first: `total` is of all pages, `size` of a full one; None where it is not said.

    `date` is the server's time when it answered.
    """

    jobs: tuple[PastJob, ...]
    total: int | None = None
    size: int | None = None
    sandbox: bool = False
    date: datetime | None = None


def parse_history(body: object, *, sandbox: bool, date: datetime | None = None) -> HistoryPage | None:
    """A page from an answer of the history; None when there is no list of jobs in it, not even an empty one."""
    outer = mapping(body)
    inner = mapping(outer.get("data")) or outer
    sources = (body, outer.get("data"), *(inner.get(name) for name in _LISTS))
    listed = next((found for source in sources if (found := items(source))), ())
    # Where there are none, the service may say null.
    is_empty = any(name in inner and isinstance(inner[name], list | None) for name in _LISTS) or "total" in inner
    jobs = tuple(_job(mapping(item)) for item in listed[:MAX_ITEMS] if mapping(item))
    if (listed and not jobs) or not (listed or isinstance(body, list) or is_empty):
        return None  # of something else, which must not pass for a history without jobs
    return HistoryPage(
        jobs,
        total=_count(inner, "total", "totalCount", "count"),
        size=_count(inner, "pageSize", "size"),
        sandbox=sandbox,
        date=date,
    )


def _job(item: Json) -> PastJob:
    """An item: its own fields, and those of its result, which know better how the job ended."""
    result = _object(item.get("result", item.get("prediction")))
    result = mapping(result.get("data")) or result
    body = _object(next(_under(item, _BODIES), None))
    word = text(item.get("status"))
    own, ended = (STATUS_WORDS.get(said.lower()) for said in (word, text(result.get("status"))))
    if not word or (ended and ended.is_final and not (own or Status.UNRECOGNISED).is_final):
        word = text(result.get("status")) or word
    facts = {
        **{name: body.get(name) for name in ("model", "seed")},
        **{name: item[name] for name in ("model", "price", "error", "error_code", "seed") if item.get(name)},
        **{name: value for name, value in result.items() if value is not None and name not in _MADE},
        "status": word,
    }
    ids = [*_under(result, _IDS[:2]), *_under(item, _IDS)]
    facts["id"] = next((each for each in ids if text(each)), next(iter(ids), None))  # a number may be a row's
    created = filter(None, map(values.moment, _under({**result, **item}, _TIMES)))
    if result.get("stt_result"):
        facts.pop("seed", None)  # of which nothing in a transcript depends
    prompt = _prompt(body)
    found = wire.prediction({"data": facts}, sandbox=False)
    return PastJob(found, next(created, None), prompt, "" if prompt else _of(body), body)


def _under(entry: Json, names: Sequence[str]) -> Iterator[object]:
    """What stands under these names, in their order, however they are written: `createdAt`, `created_at`."""
    few = islice(entry.items(), MOST_KEYS)
    spelled = {re.sub(r"[^a-z]", "", name[:40].lower()): value for name, value in few if value is not None}
    return (spelled[name] for name in names if name in spelled)


def _object(value: object) -> Json:
    """An object, or the JSON of one in a string that is not too long."""
    if isinstance(value, str) and len(value) <= MAX_BODY:
        try:
            return mapping(values.read(value.encode(errors="replace")))
        except ValueError:
            return {}
    return mapping(value)


def _prompt(body: Json) -> str:
    """The words that the job was made from: one text, or the first of several."""
    for fields in (body, mapping(body.get("input"))):
        for name in _PROMPTS:
            value = fields.get(name)
            found = text(value) or next((said for each in items(value)[:20] if (said := text(each))), "")
            if found and not is_url(found):
                return found
    return ""


def _of(body: Json) -> str:
    """The name of the first file that the job was made from: `talk.wav`."""
    left: list[object] = [body]
    for _ in range(MOST_KEYS):
        value = left.pop() if left else None
        if isinstance(value, str) and (name := file_name(value)):
            return name
        inner = mapping(value).values() or items(value)
        left += reversed(list(islice(inner, MOST_KEYS)))
    return ""


def _count(entry: Json, *names: str) -> int | None:
    found = next((each for name in names if (each := whole(entry.get(name))) is not None), None)
    return found if found is not None and 0 <= found <= MAX_TOTAL else None
