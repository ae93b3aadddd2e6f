"""The part of JSON Schema that is let in: a published schema, built anew from what is known and makes sense.

What is not known, wrong or contradicts itself is left out rather than raised, so that the result is at most more
lenient than what was published. References are resolved inside of the document; none is kept, for a validator would
fetch a remote one.
"""

from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from atlascloud_mcp.atlas.keywords import is_null, merged, read_keywords, settled, values_of
from atlascloud_mcp.atlas.values import Json, items, mapping

MAX_DEPTH = 8
MAX_PROPERTIES = 200
MAX_BRANCHES = 20
MAX_NODES = 2000
"""Of one document: references can make a small one enormous."""
MAX_KEYWORDS = 200
MAX_FIELD_NAME = 100

HIDDEN = "x-hidden"
"""Marks a field that callers do not see, but whose default has to be sent."""

_HIDING = ("hidden", "disabled", "x-hidden", "x-disabled")


class Rebuilder:
    """Builds schemas of one document anew, each a valid one of draft 2020-12 without `$ref`. Never raises."""

    def __init__(self, document: object) -> None:
        self._document = document
        self._nodes_left = MAX_NODES

    def schema(self, value: object, depth: int = 0, via: frozenset[str] = frozenset()) -> dict[str, object]:
        """`value` built anew; empty, which allows anything, where nothing of it can be used.

        `via` are the references that led here, none of which is followed again.
        """
        self._nodes_left -= 1
        if depth > MAX_DEPTH or self._nodes_left < 0:
            return {}
        raw, via = self._resolved(value, via)
        self._nodes_left -= len(items(raw.get("enum"))) // 20
        result = {**read_keywords(raw), **self._object(raw, depth, via)}
        if isinstance(raw.get("items"), dict) and (entry := self.schema(raw["items"], depth + 1, via)):
            result["items"] = entry
        for part in items(raw.get("allOf"))[:MAX_BRANCHES]:
            result = merged(result, self.schema(part, depth + 1, via))
        for choice in ("anyOf", "oneOf"):
            # Both become `anyOf`: published branches overlap, and then `oneOf` refuses what the service takes.
            result = merged(result, self._choice(raw.get(choice), depth, via))
        return settled(result)

    def _resolved(self, value: object, via: frozenset[str]) -> tuple[Json, frozenset[str]]:
        """The schema behind a reference, with what stands beside the reference on top."""
        raw = mapping(value)
        while isinstance(reference := raw.get("$ref"), str):
            beside = {key: inner for key, inner in raw.items() if key != "$ref"}
            if reference in via or len(via) > 4 * MAX_DEPTH:
                return beside, via
            via |= {reference}
            raw = {**self._behind(reference), **beside}
        return (raw if len(raw) <= MAX_KEYWORDS else {}), via

    def _behind(self, reference: str) -> Json:
        """What a JSON pointer into this document leads to; nothing for any other reference."""
        if not reference.startswith("#"):
            return {}
        found = self._document
        for step in islice(filter(None, reference[1:].split("/")), 20):
            found = mapping(found).get(unquote(step).replace("~1", "/").replace("~0", "~"))
        behind = mapping(found)
        return behind if len(behind) <= MAX_KEYWORDS else {}

    def _object(self, raw: Json, depth: int, via: frozenset[str]) -> dict[str, object]:
        """`properties`, `required` and a boolean `additionalProperties`."""
        listed = {name for name in items(raw.get("required"))[:1000] if isinstance(name, str)}
        properties: dict[str, object] = {}
        required: list[str] = []
        is_cut = False
        for name, value in _ordered(raw):
            if len(properties) == MAX_PROPERTIES or self._nodes_left <= 0:
                is_cut = True
                break
            inner, _ = self._resolved(value, via)
            is_required = name in listed or inner.get("required") is True
            built = self.schema(value, depth + 1, via)
            if any(inner.get(flag) is True for flag in _HIDING):
                if not (is_required and "default" in built):
                    continue
                built[HIDDEN] = True
            properties[name] = built
            if is_required:
                required.append(name)
        result: dict[str, object] = {"properties": properties} if properties else {}
        if required:
            result["required"] = required
        if isinstance(others := raw.get("additionalProperties"), bool) and not is_cut:
            result["additionalProperties"] = others
        return result

    def _choice(self, branches: object, depth: int, via: frozenset[str]) -> dict[str, object]:
        """What `anyOf` or `oneOf` says: nothing, one schema, an enum, or several schemas."""
        given = items(branches)
        if not given or len(given) > MAX_BRANCHES:
            return {}
        kept = [branch for branch in given if not is_null(self._resolved(branch, via)[0])]
        built = [self.schema(branch, depth + 1, via) for branch in kept]
        nullable: dict[str, object] = {"nullable": True} if len(kept) < len(given) else {}
        if len(built) == 1:
            return merged(nullable, built[0])
        if built and all(values_of(branch) is not None for branch in built):
            values = [value for branch in built for value in values_of(branch) or ()]
            return merged(nullable, read_keywords({"enum": values}))
        return {**nullable, "anyOf": built} if built and all(built) else nullable


def _ordered(raw: Json) -> Iterator[tuple[str, object]]:
    """The usable properties, those that `x-order-properties` names first; `true` and a schema are usable."""
    properties = mapping(raw.get("properties"))
    order = [name for name in items(raw.get("x-order-properties"))[:1000] if isinstance(name, str)]
    names = dict.fromkeys([name for name in order if name in properties])
    for name in islice((*names, *(name for name in properties if name not in names)), 5 * MAX_PROPERTIES):
        usable = name.isprintable() and 0 < len(name) <= MAX_FIELD_NAME and not name.startswith("$")
        if usable and (properties[name] is True or isinstance(properties[name], dict)):
            yield name, properties[name]
