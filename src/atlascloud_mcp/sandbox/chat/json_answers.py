"""JSON replies: something that a schema allows, and the schemas that a strict format takes."""

from collections.abc import Iterator
from typing import Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused

_DEEPEST = 8
_MOST = 1_000  # items and letters, whatever a schema asks for
_MOST_PARTS = 10_000
_OPTIONAL_UNTIL = 4  # levels: below, only what is required, so that a schema may refer to itself
_FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "heron@sandbox.test",
    "uri": "https://sandbox.test/heron",
    "uuid": "8c2f1d3e-5a47-4b69-9d80-1f2e3d4c5b6a",
}


def instance(schema: Json, sentence: str) -> Any:  # noqa: ANN401  JSON
    """Something that a simple schema allows; its first free text is the sentence."""
    return _Builder(schema, sentence).build(schema, "value")


def check_schema(schema: Json) -> None:
    """Raises `Refused` (400) for what is no JSON Schema."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as exc:
        place = ".".join(str(part) for part in exc.absolute_path) or "schema"
        raise Refused(400, f"Invalid schema: {place}: {exc.message[:200]}") from exc


def check_strict(schema: Json) -> None:
    """Raises `Refused` (400) for a schema that a strict format does not take: it must name all fields and no others."""
    for part in _objects(schema):
        if part.get("additionalProperties") is not False:
            raise Refused(400, "Invalid schema: 'additionalProperties' is required to be supplied and to be false")
        if set(part.get("required") or ()) != set(part.get("properties") or {}):
            raise Refused(400, "Invalid schema: 'required' must be an array including every key in properties")


def _objects(schema: object) -> Iterator[Json]:
    if isinstance(schema, list):
        for each in cast("list[object]", schema):
            yield from _objects(each)
    if isinstance(schema, dict):
        part = cast("Json", schema)
        if part.get("type") == "object":
            yield part
        for each in part.values():
            yield from _objects(each)


class _Builder:
    def __init__(self, root: Json, sentence: str) -> None:
        self._root = root
        self._sentence = sentence
        self._left = _MOST_PARTS

    def build(self, schema: object, name: str, depth: int = 0) -> Any:  # noqa: ANN401  JSON
        """Something that the schema allows, for the field of that name."""
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEEPEST or self._left < 0:
            return None
        part = self._plain(cast("Json", schema), depth)
        if fixed := [part["const"]] if "const" in part else part.get("enum"):
            return fixed[0]
        match _type_of(part):
            case "object":
                return self._object(part, depth)
            case "array":
                count = min(max(_count(part, "minItems", 1), 1), _count(part, "maxItems", _MOST))
                return [self.build(part.get("items", {"type": "string"}), name, depth + 1) for _ in range(count)]
            case "integer" | "number":
                return _number(part)
            case "boolean" | "null" as word:
                return True if word == "boolean" else None
            case _:
                return self._text(part, name)

    def _plain(self, schema: Json, depth: int) -> Json:
        """The schema with one of its choices made, and what it refers to in its place."""
        for _ in range(_DEEPEST):
            if "$ref" in schema:
                schema = self._referred(str(schema["$ref"])) | {k: v for k, v in schema.items() if k != "$ref"}
            elif choices := _choices(schema):
                rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
                nothing = [each for each in choices if each.get("type") == "null"]
                schema = rest | (nothing[0] if nothing and depth >= _OPTIONAL_UNTIL else choices[0])
            else:
                break
        return schema

    def _referred(self, reference: str) -> Json:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                found = cast("Json", found).get(step) if isinstance(found, dict) else None
        return cast("Json", found) if isinstance(found, dict) else {}

    def _object(self, part: Json, depth: int) -> Json:
        fields: Json = part.get("properties") or {}
        required: list[str] = part.get("required") or []
        names = list(fields) if depth < _OPTIONAL_UNTIL else required
        return {name: self.build(fields.get(name, {}), name, depth + 1) for name in names}

    def _text(self, part: Json, name: str) -> str:
        if part.get("format") in _FORMATS:
            return _FORMATS[part["format"]]
        text, self._sentence = self._sentence or name.replace("_", " "), ""
        return text.ljust(_count(part, "minLength", 0), ".")[: _count(part, "maxLength", _MOST)]


def _choices(schema: Json) -> list[Json]:
    """What a schema lets one choose between. That all of `allOf` holds is more than this can do."""
    found: list[object] = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or []
    return [cast("Json", each) if isinstance(each, dict) else {} for each in found]


def _type_of(part: Json) -> str:
    told: str | list[str] | None = part.get("type")
    if isinstance(told, list):
        told = next((each for each in told if each != "null"), "null")
    if told is None:
        told = "object" if "properties" in part else "array" if "items" in part else "string"
    return told.lower()  # one protocol shouts


def _count(part: Json, name: str, usual: int) -> int:
    """A number of items or letters; one protocol writes it as text."""
    return min(int(part.get(name, usual)), _MOST)


def _number(part: Json) -> float:
    least = part.get("minimum", part.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in part else 1)
    step = part.get("multipleOf")
    value = least if step is None else -(-least // step) * step
    value = min(value, part.get("maximum", value))
    return int(value) if _type_of(part) == "integer" else value
