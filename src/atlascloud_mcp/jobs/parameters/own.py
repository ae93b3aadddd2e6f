"""`params`: fields in the model's own words, for what the vocabulary has no word for."""

import difflib
import json
from collections.abc import Callable, Mapping
from typing import cast

from atlascloud_mcp.atlas.untrusted import plain, quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, words_of
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.media import URL_KEYS, media_field
from atlascloud_mcp.jobs.request import ARGUMENTS, Request


def local_media(layout: Layout, params: Mapping[str, object]) -> tuple[str, ...]:
    """The local paths in `params`, which are uploaded like others: texts where media go that are no addresses."""
    found: list[str] = []

    def note(text: str) -> str:
        found.extend([] if "://" in text[:24] or text.lower().startswith("data:") else [text])
        return text

    for name, value in params.items():
        _changed(value, _holds_media(layout, name), note)
    return tuple(dict.fromkeys(found))


def _holds_media(layout: Layout, name: str) -> bool:
    """Whether the texts of a field are media: by its schema, else by its name."""
    if name in layout.fields:
        return any(media.field.name == name and media.carrier is None for media in layout.media)
    return media_field(Field(name, {"type": "string"})) is not None


def _changed(value: object, is_media: bool, change: Callable[[str], str]) -> object:  # noqa: FBT001 - handed down
    """`value` with each text that is media changed; in an object the member's name says whether it is."""
    if isinstance(value, str):
        return change(value) if is_media else value
    if isinstance(value, list):
        return [_changed(item, is_media, change) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: _changed(item, _is_media_name(name), change) for name, item in members.items()}
    return value


def _is_media_name(name: str) -> bool:
    return bool(URL_KEYS & set(words_of(name))) or media_field(Field(name, {"type": "string"})) is not None


def write_params(draft: Draft, request: Request, addresses: Mapping[str, str], *, is_checked: bool) -> None:
    """The draft has the fields of `params`, local paths in fields for media replaced by their addresses.

    Raises:
        InvalidRequest: a name that the schema does not have, or a value that JSON cannot say.
    """
    for name, value in request.params.items():
        if name == "model":
            raise InvalidRequest("params holds `model`.", next_step="Name the model in the argument `model`.")
        if is_checked and name not in draft.layout.fields:
            raise _unknown(draft, name, request.type)
        draft.fields[name] = _changed(value, _holds_media(draft.layout, name), lambda text: addresses.get(text, text))
        draft.arguments[name] = f"params.{plain(name, 60)}"
    try:
        json.dumps(draft.fields, allow_nan=False)
    except ValueError as error:
        raise InvalidRequest(
            "params holds NaN or infinity, which JSON has no word for.", next_step="Give a finite number."
        ) from error


def _unknown(draft: Draft, name: str, made: str) -> InvalidRequest:
    known = list(draft.layout.fields)
    nearest = difflib.get_close_matches(name, known, n=1)
    if name in ARGUMENTS[made]:
        hint = f"{name} is an argument of its own: pass it beside params. "
    else:
        hint = f"Did you mean {named(nearest[0])}? " if nearest else ""
    return InvalidRequest(
        f"{draft.model} has no field {quoted(name, 60)}.",
        next_step=f"{hint}Its fields: {listed(known, 40)}.",
    )
