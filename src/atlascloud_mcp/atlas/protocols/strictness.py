"""Which JSON schemas can be asked for strictly.

Source: OpenAI's public guide to structured outputs: in strict mode every object lists all of its properties as required
and allows no others, and only some keywords are known. A schema that is not so is refused there, so it goes unstrictly.
"""

from collections.abc import Mapping

from atlascloud_mcp.atlas.values import Json, items, mapping

_KNOWN = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs"}
    | {"title", "description", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"multipleOf", "minItems", "maxItems", "$schema"}
)
_MOST_DEEP = 10


def json_format(schema: Mapping[str, object]) -> dict[str, object]:
    """The description of a JSON answer that fits the schema, as it stands: only its strictness is chosen here."""
    is_object = schema.get("type") == "object" and "anyOf" not in schema
    return {"name": "answer", "schema": dict(schema), "strict": is_object and allows_strict(schema)}


def allows_strict(schema: Json, depth: int = 0) -> bool:
    """Whether strict mode takes this schema."""
    if depth > _MOST_DEEP or not set(schema) <= _KNOWN:
        return False
    properties = mapping(schema.get("properties"))
    if schema.get("type") == "object" or properties:
        is_closed = schema.get("additionalProperties") is False
        if not is_closed or {*properties} != {each for each in items(schema.get("required")) if isinstance(each, str)}:
            return False
    elif "additionalProperties" in schema:
        return False
    inner = (*properties.values(), *mapping(schema.get("$defs")).values(), *items(schema.get("anyOf")))
    inner = (*inner, schema["items"]) if "items" in schema else inner
    return all(isinstance(each, Mapping) for each in inner) and all(
        allows_strict(mapping(each), depth + 1) for each in inner
    )
