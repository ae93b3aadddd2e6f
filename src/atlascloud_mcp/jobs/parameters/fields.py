"""One field of a model's schema, read without its alternatives getting in the way."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from atlascloud_mcp.atlas.schema import Json
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.atlas.values import number


def words_of(name: str) -> tuple[str, ...]:
    """`firstFrameImages`, `first_frame_images` and `first_frame_image1` as `first`, `frame`, `image` (and `1`)."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])", "_", name).lower()
    return tuple(re.sub(r"(?<=[a-z]{2})s$", "", word) for word in re.split(r"[^a-z0-9]+", spaced) if word)


def named(text: object, limit: int = 60) -> str:
    """A name or an option from a schema as it may stand in a sentence: what is more than a word is quoted."""
    word = str(text)
    return word if re.fullmatch(r"[A-Za-z0-9_.:*/+-]{1,60}", word) else quoted(word, limit)


def listed(texts: Iterable[object], most: int = 24) -> str:
    """Several of them, capped."""
    found = list(texts)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(named(each) for each in found[:most]) + more


def number_in(option: object) -> float | None:
    """The number in an option such as 5, `"5"` or `"5s"`; None for one that is too large to count with."""
    if not isinstance(option, str):
        return number(option)
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*(?:s|sec|seconds?)?\s*", option)
    return number(found[1]) if found else None


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a model's schema."""

    name: str
    schema: Json
    is_required: bool = False

    @cached_property
    def branches(self) -> tuple[Json, ...]:
        """The schema itself, or the alternatives that it offers."""
        options = cast("Sequence[object]", self.schema.get("anyOf") or self.schema.get("oneOf") or ())
        found = tuple(cast("Json", option) for option in options if isinstance(option, Mapping))
        shared = {name: value for name, value in self.schema.items() if name not in {"anyOf", "oneOf"}}
        return tuple({**shared, **option} for option in found) or (self.schema,)

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types that it takes, without null; a field that says nothing takes what its options are."""
        found: set[str] = set()
        for branch in self.branches:
            kind = branch.get("type")
            kinds: Iterable[object] = cast("Sequence[object]", kind) if isinstance(kind, list) else (kind,)
            found |= {word for word in kinds if isinstance(word, str)}
            if kind is None:
                only = [branch["const"]] if "const" in branch else ()
                found |= {_type_of(option) for option in cast("Sequence[object]", branch.get("enum") or only)}
            if kind is None and "properties" in branch:
                found.add("object")
        return frozenset(found - {"null"})

    @cached_property
    def options(self) -> tuple[object, ...]:
        """What it may be, where the schema lists it; empty when it may be more than that."""
        lists = [branch.get("enum") or ([branch["const"]] if "const" in branch else None) for branch in self.branches]
        if any(entries is None for entries in lists):
            return ()
        found = [option for entries in lists for option in cast("Sequence[object]", entries) if option is not None]
        return tuple(found)

    @cached_property
    def choices(self) -> tuple[object, ...]:
        """What the schema lists, though it may be something else as well: a name or an object, say."""
        lists = [cast("Sequence[object]", branch.get("enum") or ()) for branch in self.branches]
        return tuple(option for entries in lists for option in entries if option is not None)

    @cached_property
    def items(self) -> "Field | None":
        """What the elements of an array are; None when it is no array."""
        for branch in self.branches:
            if branch.get("type") == "array" or (isinstance(branch.get("type"), list) and "items" in branch):
                items = branch.get("items")
                return Field(self.name, cast("Json", items) if isinstance(items, Mapping) else {"type": "string"})
        return None

    @property
    def most_items(self) -> int | None:
        """How many elements an array may have, where the schema says so."""
        return _least(branch.get("maxItems") for branch in self.branches)

    @property
    def fewest_items(self) -> int:
        """How many elements an array must have."""
        return _least(branch.get("minItems") for branch in self.branches) or 0

    @property
    def members(self) -> Mapping[str, "Field"]:
        """The fields of an object."""
        for branch in self.branches:
            properties = branch.get("properties")
            if isinstance(properties, Mapping):
                required = cast("Sequence[object]", branch.get("required") or ())
                return {
                    str(name): Field(str(name), cast("Json", schema), name in required)
                    for name, schema in cast("Mapping[object, object]", properties).items()
                    if isinstance(schema, Mapping)
                }
        return {}

    @property
    def default(self) -> object:
        """What it is when nothing is sent, or None."""
        return self.schema.get("default")

    @property
    def description(self) -> str:
        """What the schema says about it."""
        found = self.schema.get("description")
        return found if isinstance(found, str) else ""

    def limit(self, keyword: str) -> float | None:
        """A number that the schema gives under this keyword; extensions write it as a text at times."""
        for branch in self.branches:
            value = branch.get(keyword)
            if isinstance(value, str) and keyword.startswith("x-") and re.fullmatch(r"\d+(\.\d+)?", value):
                return float(value)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return value
        return None


def _least(values: Iterable[object]) -> int | None:
    found = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    return min(found) if found else None


def _type_of(value: object) -> str:
    names: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "null")
