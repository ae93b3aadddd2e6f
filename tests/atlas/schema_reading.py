"""Schemas that were read, and what they say of a body."""

from typing import Any

from catalogue_site import document
from jsonschema import Draft202012Validator

from atlascloud_mcp.atlas.schema import InputSchema, parse_schema


def parsed(body: object) -> InputSchema:
    found = parse_schema(body)
    assert found is not None
    Draft202012Validator.check_schema(found.document)
    return found


def field(schema: Any, **others: Any) -> dict[str, Any]:
    """What becomes of one property's schema."""
    return dict(parsed(document(x=schema, **others)).properties["x"])


def errors(schema: InputSchema, **body: Any) -> list[str]:
    validator: Any = Draft202012Validator(schema.document)  # its stubs are not complete
    return [error.message for error in validator.iter_errors({"model": "a/b", **body})]
