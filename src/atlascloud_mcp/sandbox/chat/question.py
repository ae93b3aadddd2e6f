"""What a chat call asks, whatever its protocol calls it, and the readers that all protocols share."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused

MediaKind = Literal["image", "video", "audio"]

_B = TypeVar("_B", bound=BaseModel)

Temperature = Annotated[float | None, Field(ge=0, le=2)]
Share = Annotated[float | None, Field(ge=0, le=1)]
Count = Annotated[int | None, Field(ge=1)]
Penalty = Annotated[float | None, Field(ge=-2, le=2)]


class Body(BaseModel):
    """Part of a request: nothing is converted, and what is not named is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Media:
    """One picture, clip or recording: its bytes, or the address where it lies.

    `place` is where the body has it. `told` is the MIME type or format that its bytes must have; "" where the protocol
    does not mind.
    """

    kind: MediaKind
    place: str
    data: bytes | None = None
    url: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    """The reply is to be JSON: of that schema, or any object where it is None."""

    schema: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One chat call.

    `prompt` are the words of the last turn, `text` all words that are paid for, the instructions in `system` included.
    `limit` are the most tokens of the reply, `limit_word` is how the call named them. `sampled` names the sampling
    parameters that it sets.
    """

    prompt: str
    system: str
    text: str
    media: tuple[Media, ...] = ()
    limit: int | None = None
    limit_word: str = ""
    json: JsonAnswer | None = None
    streams: bool = False
    streams_usage: bool = True
    sampled: frozenset[str] = frozenset()


def understood(kind: type[_B], body: Json, *, strict: bool) -> _B:
    """The body as that kind of request; unless `strict`, fields that the kind lacks are passed over.

    Raises `Refused` (400) for the innermost mistake.
    """
    if not strict:
        names = {name for key, field in kind.model_fields.items() for name in (key, field.alias)}
        body = {key: value for key, value in body.items() if key in names}
    try:
        return kind.model_validate(body)
    except ValidationError as exc:
        error = max(exc.errors(), key=lambda each: len(each["loc"]))
        # Between the fields, pydantic names the kinds that it tried.
        place = ".".join(str(part) for part in error["loc"] if re.fullmatch(r"\w+", str(part)))
        raise Refused(400, f"{place or 'body'}: {error['msg']}") from exc


def sampled(request: BaseModel) -> frozenset[str]:
    """The sampling parameters that the request sets."""
    names = ("temperature", "top_p", "top_k")
    return frozenset(name for name in names if getattr(request, name, None) is not None)


def decoded(data: str, place: str) -> bytes:
    """The bytes behind base64. Raises `Refused` (400)."""
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Refused(400, f"{place}: is not valid base64") from exc


def media_at(kind: MediaKind, url: str, place: str) -> Media:
    """What a web address or a data URI means. Raises `Refused` (400) for any other text."""
    if url.startswith(("https://", "http://")):
        return Media(kind, place, url=url)
    head, found, data = url.partition(";base64,")
    if not found or not head.startswith("data:"):
        raise Refused(400, f"{place}: is neither a URL nor a base64 data URI")
    if not head.startswith(f"data:{kind}/"):
        raise Refused(400, f"{place}: data URI of {head.removeprefix('data:') or 'no type'}; must be {kind}/*")
    return Media(kind, place, data=decoded(data, place))


def says_json(text: str) -> None:
    """Raises `Refused` (400) unless the word is there: OpenAI asks for it, lest the model write blanks for ever."""
    if "json" not in text.lower():
        raise Refused(400, "messages must contain the word 'json' in some form, to use the format json_object")
