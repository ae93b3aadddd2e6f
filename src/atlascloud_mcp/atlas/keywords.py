"""The keywords of one schema, without those below it: read, checked against each other, merged."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import cast

from atlascloud_mcp.atlas.patterns import is_harmless
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.atlas.values import Json, items, mapping

MAX_TITLE, MAX_DESCRIPTION, MAX_HINT = 120, 300, 300
MAX_ENUM = 2000
MAX_ENTRY = 200
MAX_DEFAULT, MAX_DEFAULT_ENTRIES = 2000, 50
MAX_HINTS = 40
LARGEST = 2**64
"""Beyond any seed. A larger bound is no bound, and larger numbers break arithmetic with floats."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_TYPE_ALIASES = {"int": "integer", "float": "number", "double": "number", "bool": "boolean", "str": "string"}
_HINT = re.compile(r"x-[A-Za-z0-9_-]{1,60}")
_NOT_HINTS = frozenset({"x-hidden", "x-disabled"})
_LOWER, _UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")


def read_keywords(raw: Json) -> dict[str, object]:
    """The known keywords that make sense by themselves. `nullable` stands for every way to allow null."""
    result: dict[str, object] = {}
    for keyword, read in _READERS.items():
        if keyword in raw and (value := read(raw[keyword])) is not None:
            result[keyword] = value
    if _allows_null(raw):
        result["nullable"] = True
    for bound, exclusive in (_LOWER, _UPPER):
        if raw.get(exclusive) is True and bound in result:  # as OpenAPI 3.0 has it
            result[exclusive] = result.pop(bound)
    hints = (key for key in raw if _HINT.fullmatch(key) and key not in _NOT_HINTS)
    for key in islice(hints, MAX_HINTS):
        value = raw[key]
        hint = plain(value, MAX_HINT) if isinstance(value, str) else _scalar(value)
        if hint is not None:
            result[key] = hint
    return settled(result)


def settled(schema: dict[str, object]) -> dict[str, object]:
    """`schema` without what contradicts itself: bounds that cross, an enum of another type, a default outside."""
    result = dict(schema)
    for low, high in (("minLength", "maxLength"), ("minItems", "maxItems")):
        if low in result and high in result and _number(result[low]) > _number(result[high]):
            del result[low], result[high]
    if _bounds_cross(result):
        for bound in (*_LOWER, *_UPPER):
            result.pop(bound, None)
    values = values_of(result)
    if values is not None and not any(_is_of_type(value, result) for value in values):
        result.pop("type", None)
    if "const" in result and "enum" in result and not _is_among(result["const"], items(result["enum"])):
        del result["const"]
    if "default" in result and not _fits(result["default"], result):
        del result["default"]
    return result


def merged(left: dict[str, object], right: dict[str, object]) -> dict[str, object]:
    """A schema that asks for both; where both say something about the same, `left` has the word."""
    result = {**right, **left}
    both = left.keys() & right.keys()
    for keyword in both & _TIGHTER.keys():
        tighter = _TIGHTER[keyword]
        result[keyword] = tighter(left[keyword], right[keyword], key=_number)
    if "type" in both:
        result["type"] = _common_types(_types(left), _types(right))
    if "enum" in both:
        there = set(map(_same, items(right["enum"])))
        common = [value for value in items(left["enum"]) if _same(value) in there]
        result["enum"] = common or left["enum"]
    if "required" in both:
        result["required"] = list(dict.fromkeys([*items(left["required"]), *items(right["required"])]))
    if "properties" in both:
        result["properties"] = _merged_properties(mapping(left["properties"]), mapping(right["properties"]))
        result.pop("additionalProperties", None)  # one part's "no others" would refuse what the other part has
    if not result.get("type", True):
        del result["type"]
    return settled(result)


def values_of(schema: Mapping[str, object]) -> Sequence[object] | None:
    """The only values that a schema allows, where it lists them."""
    if "const" in schema:
        return [schema["const"]]
    return items(schema["enum"]) if "enum" in schema else None


def is_null(raw: Json) -> bool:
    """Whether a schema allows null alone."""
    return (
        raw.get("type") in ("null", ["null"]) or raw.get("enum") == [None] or ("const" in raw and raw["const"] is None)
    )


def _allows_null(raw: Json) -> bool:
    named = raw.get("type") if isinstance(raw.get("type"), list) else [raw.get("type")]
    return raw.get("nullable") is True or "null" in items(named) or None in items(raw.get("enum"))


def _type(value: object) -> str | list[str] | None:
    words = [value] if isinstance(value, str) else items(value)[:20]
    names = [_TYPE_ALIASES.get(word.lower(), word.lower()) for word in words if isinstance(word, str)]
    known = list(dict.fromkeys(name for name in names if name in _TYPES))
    return known[0] if len(known) == 1 else known or None


def _types(schema: Mapping[str, object]) -> list[str]:
    """The types of a schema that was read; none where any will do."""
    value = schema.get("type")
    return [value] if isinstance(value, str) else [str(name) for name in items(value)]


def _common_types(left: list[str], right: list[str]) -> str | list[str]:
    common = [name for name in left if name in right or (name == "integer" and "number" in right)]
    common += [name for name in right if name == "integer" and "number" in left and name not in common]
    return common[0] if len(common) == 1 else common


def _scalar(value: object) -> str | float | bool | None:
    """A scalar that can be shown and compared; None for anything else."""
    if isinstance(value, str):
        return value if len(value) <= MAX_ENTRY and value.isprintable() else None
    if isinstance(value, bool):
        return value
    return value if isinstance(value, int | float) and -LARGEST <= value <= LARGEST else None


def _bound(value: object) -> float | None:
    found = None if isinstance(value, bool) else _scalar(value)
    return found if isinstance(found, int | float) else None


def _count(value: object) -> int | None:
    found = _bound(value)
    return int(found) if found is not None and found >= 0 and found == int(found) else None


def _whole_step(value: object) -> int | None:
    """A whole step: with a fractional one floats go wrong, 0.3 is no multiple of 0.1."""
    return _count(value) or None


def _enum(value: object) -> list[object] | None:
    """The entries, each once. A list that is too long or holds more than scalars is no enum: a part would refuse."""
    entries = items(value)
    if not 0 < len(entries) <= MAX_ENUM or any(isinstance(entry, dict | list) for entry in entries):
        return None
    kept: dict[tuple[bool, object], object] = {}
    for entry in entries:
        if (found := _scalar(entry)) is not None:
            kept.setdefault(_same(found), found)
    return list(kept.values()) or None


def _default(value: object, depth: int = 2) -> object | None:
    """A value of JSON that is small and can be shown; None for any other, and for null."""
    if isinstance(value, str):
        shown = value.replace("\n", "").replace("\t", "").isprintable()
        return value if shown and len(value) <= MAX_DEFAULT else None
    if not isinstance(value, list | dict):
        return _scalar(value)
    entries, fields = items(cast("object", value)), mapping(cast("object", value))
    if depth == 0 or len(entries) + len(fields) > MAX_DEFAULT_ENTRIES:
        return None
    if isinstance(value, list):
        read = [_default(entry, depth - 1) for entry in entries]
        return None if None in read else read
    named = {key: _default(inner, depth - 1) for key, inner in fields.items()}
    usable = all(key.isprintable() and not key.startswith("$") and len(key) <= MAX_ENTRY for key in named)
    return named if usable and None not in named.values() else None


def _text(limit: int) -> Callable[[object], str | None]:
    def read(value: object) -> str | None:
        return (plain(value, limit) or None) if isinstance(value, str) else None

    return read


def _pattern(value: object) -> str | None:
    return value if isinstance(value, str) and value.isprintable() and is_harmless(value) else None


def _format(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,30}", value) else None


_READERS: dict[str, Callable[[object], object | None]] = {
    "type": _type,
    "title": _text(MAX_TITLE),
    "description": _text(MAX_DESCRIPTION),
    "enum": _enum,
    "const": _scalar,
    "default": _default,
    "format": _format,
    "pattern": _pattern,
    "multipleOf": _whole_step,
    **dict.fromkeys((*_LOWER, *_UPPER), _bound),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _count),
}

_TIGHTER: dict[str, Callable[..., object]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
}


def _merged_properties(left: Json, right: Json) -> dict[str, object]:
    result = {**left, **right}
    for name in left.keys() & right.keys():
        result[name] = merged({**mapping(left[name])}, {**mapping(right[name])})
    return result


def _number(value: object) -> float:
    """A bound that was read."""
    return value if isinstance(value, int | float) else 0


def _bounds_cross(schema: Mapping[str, object]) -> bool:
    lows = [_number(schema[bound]) for bound in _LOWER if bound in schema]
    highs = [_number(schema[bound]) for bound in _UPPER if bound in schema]
    if not lows or not highs:
        return False
    touch = _LOWER[1] in schema or _UPPER[1] in schema
    return max(lows) > min(highs) or (touch and max(lows) == min(highs))


def _is_of_type(value: object, schema: Mapping[str, object]) -> bool:
    names = _types(schema)
    return not names or any(
        name == "boolean"
        if isinstance(value, bool)
        else isinstance(value, _TYPES[name]) or (name == "integer" and isinstance(value, float) and value.is_integer())
        for name in names
    )


def _same(value: object) -> tuple[bool, object]:
    """What two equal values of JSON share; for Python true is 1."""
    return isinstance(value, bool), value


def _is_among(value: object, values: Sequence[object]) -> bool:
    return any(_same(value) == _same(other) for other in values)


def _fits(value: object, schema: Mapping[str, object]) -> bool:
    """Whether a default is of the type, among the values and within the bounds that are asked for."""
    values = values_of(schema)
    if not _is_of_type(value, schema) or (values is not None and not _is_among(value, values)):
        return False
    if not isinstance(value, int | float) or isinstance(value, bool):
        return True
    lows = [_number(schema[bound]) for bound in _LOWER if bound in schema]
    highs = [_number(schema[bound]) for bound in _UPPER if bound in schema]
    return all(value >= low for low in lows) and all(value <= high for high in highs)
