"""The values of a JSON answer, whatever type they have: what is asked for, or nothing; never an error."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TypeAlias, cast
from urllib.parse import unquote, urlsplit

Json: TypeAlias = Mapping[str, object]

MAX_URL = 8192
MAX_VALUES = 500_000
"""In one answer: the catalogue has less than a tenth. While JSON is read no other thread runs."""
ABSURD_USD = 10_000.0
"""No job and no model costs that much, per whatever unit."""

_LATEST = 1e11
"""Seconds since 1970 that no date has: a number beyond it counts smaller units."""

MODEL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}")


def read(content: bytes, most: int = MAX_VALUES) -> object:
    """The JSON of an answer of at most so many values.

    Raises:
        ValueError: there is none, or not all of it, or it is too deep or too much to be read.
    """
    if sum(map(content.count, (b",", b"[", b"{"))) > most:
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


def is_url(content: str) -> bool:
    """Whether this is an address that can be shown and used as it is."""
    is_plain = " " not in content and content.isprintable() and len(content) <= MAX_URL
    return is_plain and content[:8].lower().startswith(("https://", "http://"))


def file_name(address: str) -> str:
    """The name of the file at a web address; empty where it has none."""
    try:
        name = PurePosixPath(unquote(urlsplit(address).path)).name if is_url(address) else ""
    except ValueError:
        return ""
    return name if PurePosixPath(name).suffix else ""
