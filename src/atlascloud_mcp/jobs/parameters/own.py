"""`params`: fields in the model's own words, for what the vocabulary has no word for."""

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import cast

from atlascloud_mcp.atlas.untrusted import plain, quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft
from atlascloud_mcp.jobs.parameters.fields import listed, named, words_of
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.media import named_medium, names_file
from atlascloud_mcp.jobs.request import ARGUMENTS, Request, Tool


def media_in(layout: Layout, params: Mapping[str, object]) -> tuple[str, ...]:
    """The local paths and web addresses in `params` where media go; what is no such address is left as it is."""
    found = (text for name, value in params.items() for text in _media_texts(value, _holds_media(layout, name)))
    return tuple(dict.fromkeys(text for text in found if not _is_other(text)))


def _is_other(text: str) -> bool:
    """Whether it is the medium itself, or known to Atlas Cloud by a name of its own: `asset://123`."""
    scheme, mark, _ = text.partition("://")
    return text.lower().startswith("data:") or bool(mark and scheme.lower() not in {"http", "https", "file", "ftp"})


def _holds_media(layout: Layout, name: str) -> bool:
    """Whether the texts of a field are media: by its schema, else by its name."""
    own = [media for media in layout.media if media.field.name == name]
    if own:
        return any(media.carrier is None for media in own)
    is_address = names_file(name) and len(words_of(name)) > 1  # a bare `url` may be a link to show
    return is_address or (name not in layout.fields and named_medium(name) is not None)


def _media_texts(value: object, is_media: bool) -> Iterator[str]:  # noqa: FBT001 - handed down
    """The texts that are media; in an object the member's name says whether it is one."""
    if isinstance(value, str) and is_media:
        yield value
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _media_texts(item, is_media)
    elif isinstance(value, dict):
        for name, item in cast("dict[str, object]", value).items():
            yield from _media_texts(item, _is_media_name(name))


def _with_addresses(value: object, is_media: bool, addresses: Mapping[str, str]) -> object:  # noqa: FBT001 - as above
    """`value` with the address for each text that is media."""
    if isinstance(value, str):
        return addresses.get(value, value) if is_media else value
    if isinstance(value, list):
        return [_with_addresses(item, is_media, addresses) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: _with_addresses(item, _is_media_name(name), addresses) for name, item in members.items()}
    return value


def _is_media_name(name: str) -> bool:
    return names_file(name) or named_medium(name) is not None


def write_params(draft: Draft, request: Request, addresses: Mapping[str, str], *, is_checked: bool) -> None:
    """The draft has the fields of `params`, local paths in fields for media replaced by their addresses.

    Raises:
        InvalidRequest: a name that the schema does not have, or a value that JSON cannot say.
    """
    for name, value in request.params.items():
        if name == "model":
            raise InvalidRequest("params holds `model`.", next_step="Name the model in the argument `model`.")
        if is_checked and name not in draft.layout.fields:
            raise _unknown(draft, name, request.tool)
        draft.fields[name] = _with_addresses(value, _holds_media(draft.layout, name), addresses)
        draft.arguments[name] = f"params.{plain(name, 60)}"
    try:
        json.dumps(draft.fields, allow_nan=False)
    except ValueError as error:
        raise InvalidRequest(
            "params holds NaN or infinity, which JSON has no word for.", next_step="Give a finite number."
        ) from error


def _unknown(draft: Draft, name: str, tool: Tool) -> InvalidRequest:
    known = list(draft.layout.fields)
    nearest = difflib.get_close_matches(name, known, n=1)
    if name in ARGUMENTS[tool]:
        hint = f"{name} is an argument of its own: pass it beside params. "
    else:
        hint = f"Did you mean {named(nearest[0])}? " if nearest else ""
    return InvalidRequest(
        f"{draft.model} has no field {quoted(name, 60)}.",
        next_step=f"{hint}Its fields: {listed(known, 40)}.",
    )
