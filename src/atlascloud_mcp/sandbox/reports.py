"""Usage and costs by day, as the public API reports them.

Sources: the documentation's Billing Public API, model-usage and model-costs pages; the fields inside `usage`, and
`model`, from answers that somebody read (github, a pricing sync of 2026-08). Guesses: what `images` and `video` of a
usage hold where they are not null, how `api_key` is written, and that audio is counted with neither.
"""

import base64
import binascii
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from atlascloud_mcp.sandbox.answers import PublicRefusal
from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.ledger import Charge
from atlascloud_mcp.sandbox.model import Json

Report = Literal["usage", "model_cost"]

_LONGEST_RANGE_DAYS = 180
_MOST_ROWS, _USUAL_ROWS = 1_000, 100
_GROUPINGS = ((), ("model_type",), ("model",), ("api_key",), ("api_key", "model"))
_ARRAYS = {"group_by[]": 3, "model_types[]": 3, "model_ids[]": 100, "api_key_ids[]": 100}
_SINGLE = ("start_date", "end_date", "scope", "limit", "page")
_TYPES = ("text", "image", "video", "audio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What is asked: the days from `start` up to, and without, `end`; `offset` rows have been told before."""

    start: date
    end: date
    scope: str
    groups: tuple[str, ...]
    types: Sequence[str]
    models: Sequence[str]
    keys: Sequence[str]
    limit: int
    offset: int
    mark: str

    def wants(self, charge: Charge) -> bool:
        """Whether the filters let it pass."""
        return (
            (not self.types or _type_of(charge.model) in self.types)
            and (not self.models or bool({charge.model, _model_id(charge.model)}.intersection(self.models)))
            and (not self.keys or charge.api_key_id in self.keys)
        )

    def group_of(self, charge: Charge) -> Json:
        """The keys of the row that it belongs to."""
        keys: Json = {}
        kind = _type_of(charge.model)
        if {"model", "model_type"}.intersection(self.groups):
            keys["model_type"] = kind
        if "model" in self.groups:
            keys["model"] = {"id": _model_id(charge.model), "name": charge.model, "type": kind, "status": "active"}
        if "api_key" in self.groups:
            keys["api_key"] = {"id": charge.api_key_id, "name": "sandbox"}
        return keys


def read_inquiry(items: Sequence[tuple[str, str]]) -> Inquiry:
    """The inquiry in a query string. Raises `PublicRefusal` (400)."""
    arrays: dict[str, list[str]] = {name: [] for name in _ARRAYS}
    single: dict[str, str] = {}
    for name, value in items:
        if name in arrays:
            arrays[name].append(value)
        elif name in _SINGLE:
            single[name] = value
        else:
            raise PublicRefusal(400, "unknown parameter", code="invalid_parameter", param=name)
    for name, values in arrays.items():
        _check_array(name, values)
    start, end = _days(single)
    groups = tuple(sorted(set(arrays["group_by[]"])))
    if groups not in _GROUPINGS:
        allowed = "use model_type, model, api_key, or model and api_key"
        raise PublicRefusal(400, f"cannot group that way; {allowed}", code="invalid_parameter", param="group_by[]")
    scope = single.get("scope", "self")
    if scope not in ("self", "account"):
        raise PublicRefusal(400, "use self or account", code="invalid_parameter", param="scope")
    told = json.dumps([start.isoformat(), end.isoformat(), scope, arrays])
    mark = hashlib.sha256(told.encode()).hexdigest()[:12]
    return Inquiry(
        start=start,
        end=end,
        scope=scope,
        groups=groups,
        types=arrays["model_types[]"],
        models=arrays["model_ids[]"],
        keys=arrays["api_key_ids[]"],
        limit=_limit(single.get("limit")),
        offset=_offset(single.get("page"), mark),
        mark=mark,
    )


def report(kind: Report, inquiry: Inquiry, charges: Iterator[Charge], now: datetime) -> Json:
    """One page: `limit` rows at most, in their days; a day goes on on the next page where its rows do not fit."""
    by_day: defaultdict[date, list[Charge]] = defaultdict(list)
    for charge in charges:
        by_day[charge.at.astimezone(UTC).date()].append(charge)
    rows = [
        (day, row)
        for day in _days_between(inquiry.start, min(inquiry.end, now.date() + timedelta(days=1)))
        for row in _rows(kind, inquiry, by_day.get(day, [])) or [None]
    ]
    page = rows[inquiry.offset : inquiry.offset + inquiry.limit]
    told: dict[date, list[Json]] = {}
    for day, row in page:
        told.setdefault(day, []).extend([] if row is None else [row])
    reached = inquiry.offset + len(page)
    has_more = reached < len(rows)
    return {
        "object": "list",
        "scope": inquiry.scope,
        "data": [_bucket(kind, day, results, now) for day, results in told.items()],
        "has_more": has_more,
        "next_page": base64.urlsafe_b64encode(f"{inquiry.mark}:{reached}".encode()).decode() if has_more else None,
    }


def money(usd: Decimal) -> Json:
    """As the public API writes it."""
    return {"value": f"{usd:.6f}", "currency": "usd"}


def _rows(kind: Report, inquiry: Inquiry, charges: Sequence[Charge]) -> list[Json]:
    """A day's rows: one per group that was used, or the day's total where nothing is grouped."""
    groups: dict[str, list[Charge]] = {} if inquiry.groups else {"{}": []}
    for charge in filter(inquiry.wants, charges):
        groups.setdefault(json.dumps(inquiry.group_of(charge), sort_keys=True), []).append(charge)
    return [
        {"object": f"{kind}.result", **json.loads(keys), **_FIGURES[kind](members)}
        for keys, members in sorted(groups.items())
    ]


def _bucket(kind: Report, day: date, results: list[Json], now: datetime) -> Json:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = start + timedelta(days=1)
    return {
        "object": f"{kind}.bucket",
        "date": day.isoformat(),
        "start_at": _rfc3339(start),
        "end_at": _rfc3339(end),
        "covered_until": _rfc3339(min(end, now)),
        "partial": now < end,
        "results": results,
    }


def _costs(charges: Sequence[Charge]) -> Json:
    return {"amount": money(sum((charge.usd for charge in charges), Decimal(0)))}


def _usage(charges: Sequence[Charge]) -> Json:
    asked, said = sum(charge.input_tokens for charge in charges), sum(charge.output_tokens for charge in charges)
    images, seconds = sum(charge.images for charge in charges), sum(charge.seconds for charge in charges)
    unused = ("input_audio", "cache_creation", "cache_creation_1h", "cache_read", "cache_audio")
    tokens: Json = {"input": asked, "output": said, "total": asked + said, "input_image": 0, "output_image": 0}
    return {
        "usage": {
            "requests": len(charges),
            "tokens": tokens | dict.fromkeys(unused, 0),
            "images": {"count": images} if images else None,
            "video": {"seconds": round(seconds, 3)} if seconds else None,
        }
    }


_FIGURES: dict[Report, Callable[[Sequence[Charge]], Json]] = {"usage": _usage, "model_cost": _costs}


def _check_array(name: str, values: Sequence[str]) -> None:
    if len(values) > _ARRAYS[name]:
        raise PublicRefusal(400, f"at most {_ARRAYS[name]} values", code="invalid_parameter", param=name)
    if any("," in value for value in values):
        raise PublicRefusal(400, "repeat the parameter, without commas", code="invalid_parameter", param=name)
    if name == "model_types[]" and not set(values) <= set(_TYPES):
        raise PublicRefusal(400, f"use {', '.join(_TYPES)}", code="invalid_parameter", param=name)
    if name == "api_key_ids[]" and not all(value.startswith("ak_") for value in values):
        raise PublicRefusal(400, "use the public ids of keys, ak_…", code="invalid_parameter", param=name)


def _days(single: dict[str, str]) -> tuple[date, date]:
    start, end = (_day(single, name) for name in ("start_date", "end_date"))
    if end <= start:
        raise PublicRefusal(400, "end_date must be after start_date", code="invalid_date_range", param="end_date")
    if (end - start).days > _LONGEST_RANGE_DAYS:
        message = f"the range covers {(end - start).days} days; at most {_LONGEST_RANGE_DAYS}"
        raise PublicRefusal(400, message, code="invalid_date_range", param="end_date")
    return start, end


def _day(single: dict[str, str], name: str) -> date:
    text = single.get(name, "")
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None:
        raise PublicRefusal(400, f"{name} must be a date, YYYY-MM-DD", code="invalid_date_range", param=name)
    return day


def _days_between(start: date, end: date) -> Iterator[date]:
    while start < end:
        yield start
        start += timedelta(days=1)


def _limit(text: str | None) -> int:
    if text is None:
        return _USUAL_ROWS
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text) or int(text) > _MOST_ROWS:
        raise PublicRefusal(400, f"use 1 to {_MOST_ROWS}", code="invalid_parameter", param="limit")
    return int(text)


def _offset(page: str | None, mark: str) -> int:
    if page is None:
        return 0
    try:
        found, _, reached = base64.urlsafe_b64decode(page.encode()).decode().partition(":")
        if found == mark:
            return int(reached)
    except (binascii.Error, ValueError):
        pass
    raise PublicRefusal(400, "the cursor is not of this list", code="invalid_parameter", param="page")


def _type_of(model: str) -> str:
    known = usable_model(model)
    return str(known.wire["type"]).lower() if known else "image"


def _model_id(model: str) -> str:
    return f"ms-{model.replace('/', '-').lower()}"


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
