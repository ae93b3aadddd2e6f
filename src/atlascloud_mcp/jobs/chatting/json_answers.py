"""Answers that have to be JSON: what they are, and how they differ from what was asked for."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import anyio.to_thread

from atlascloud_mcp.atlas.patterns import is_harmless
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.atlas.values import items, mapping, read
from atlascloud_mcp.errors import InvalidRequest

if TYPE_CHECKING:
    from jsonschema import ValidationError

_FENCE = "```"
_MOST_REASONS = 3
_LONGEST_REASON = 160
_CHECKED_AT_ONCE = 64 * 1024  # characters; more go to a thread
_REFERRING = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Checked:
    """The text to give, without a fence around JSON, and what is wrong with it, if anything."""

    text: str
    is_json: bool
    trouble: str = ""


def refuse_unusable(schema: Mapping[str, object]) -> None:
    """Nothing happens when answers can be checked against this schema.

    Raises:
        InvalidRequest: it is no JSON schema, or refers to documents elsewhere.
    """
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - 60 ms, needed with the first schema only

    try:
        Draft202012Validator.check_schema(dict(schema))
    except (SchemaError, RecursionError) as error:
        said = quoted(getattr(error, "message", "it is nested too deeply"), 200)
        raise InvalidRequest(
            f"json_output is no valid JSON schema: {said}.", next_step="Correct it, or pass true for any JSON."
        ) from error
    if foreign := [each for each in _references(schema) if not each.startswith("#")]:
        raise InvalidRequest(
            f"json_output refers to {quoted(foreign[0], 120)}, and nothing is fetched for a schema.",
            next_step="Put what it refers to into `$defs`.",
        )


async def checked(text: str, schema: Mapping[str, object] | None, *, is_whole: bool) -> Checked:
    """The answer, proved against the schema where there is one. `is_whole`: none of it is missing."""
    if not is_whole:
        return Checked(text, is_json=False, trouble="The answer is cut, so it is no complete JSON.")
    if schema or len(text) > _CHECKED_AT_ONCE:
        return await anyio.to_thread.run_sync(_proved, text, schema)
    return _proved(text, schema)


def _unfenced(text: str) -> str:
    """What stands between the lines of a fence around the whole text, else the text."""
    inner = text.strip()
    _, line_end, rest = inner.partition("\n")
    is_fenced = len(inner) > 2 * len(_FENCE) and inner.startswith(_FENCE) and inner.endswith(_FENCE) and line_end
    return rest.removesuffix(_FENCE).strip() if is_fenced else inner


def _proved(text: str, schema: Mapping[str, object] | None) -> Checked:
    inner = _unfenced(text)
    try:
        value = read(inner.encode(errors="replace"))
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        where = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        return Checked(text, is_json=False, trouble=f"The answer is not JSON ({where}).")
    reasons = _reasons(value, schema) if schema else []
    trouble = f"The answer does not fit the schema: {'; '.join(reasons)}." if reasons else ""
    return Checked(inner, is_json=True, trouble=trouble)


def _reasons(value: object, schema: Mapping[str, object]) -> list[str]:
    """What does not fit, in a few words each."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - as above
    from referencing import Registry  # noqa: PLC0415 - as above
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - as above

    made: Any = cast("Any", validators).extend(Draft202012Validator, {"uniqueItems": _repeated})
    validator: Any = made(
        _searchable(schema), registry=cast("Any", Registry)()
    )  # an empty registry: nothing is fetched
    reasons: list[str] = []
    try:
        for error in validator.iter_errors(value):
            place = "/".join(str(part) for part in error.absolute_path)
            reasons.append((f"{quoted(place, 80)}: " if place else "") + _reason(error))
            if len(reasons) == _MOST_REASONS:
                break
    except (Unresolvable, RecursionError, re.error, ArithmeticError, ValueError, TypeError) as error:
        # A check must never lose what was paid for.
        return [f"it could not be checked ({type(error).__name__})"]
    return reasons


def _repeated(_: object, is_wanted: object, value: object, __: object) -> "Iterator[ValidationError]":
    """`uniqueItems` by what the entries look like: comparing each with each would take minutes."""
    from jsonschema import ValidationError  # noqa: PLC0415 - as above

    entries = [json.dumps(each, sort_keys=True) for each in items(value)]
    if is_wanted is True and len(set(entries)) < len(entries):
        yield ValidationError("an entry is there twice")


def _reason(error: "ValidationError") -> str:
    """Its own words, unless they begin with a long value; then the rule."""
    if len(error.message) <= _LONGEST_REASON:
        return quoted(error.message, _LONGEST_REASON)
    return f"must fit {error.validator} {quoted(json.dumps(error.validator_value), 80)}"


def _references(value: object) -> list[str]:
    found: list[str] = []
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        inner = mapping(each)
        found += [reference for name in _REFERRING if isinstance(reference := inner.get(name), str)]
        waiting += [*inner.values(), *items(each)]
    return found


def _searchable(value: object) -> Any:  # noqa: ANN401 - any JSON
    """The schema without regular expressions that could search for ever, which are not checked here."""
    if isinstance(value, Mapping):
        schema = mapping(cast("object", value))
        kept = {name: each for name, each in schema.items() if name != "pattern" or not _is_harmful(each)}
        if named := mapping(kept.get("patternProperties")):
            kept["patternProperties"] = {name: each for name, each in named.items() if is_harmless(name)}
        return {name: _searchable(each) for name, each in kept.items()}
    return [_searchable(each) for each in cast("list[object]", value)] if isinstance(value, list) else value


def _is_harmful(pattern: object) -> bool:
    return isinstance(pattern, str) and not is_harmless(pattern)
