"""A model's published schema document, read tolerantly: the fields that it takes, and nothing that could harm."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from atlascloud_mcp.atlas.dialect import HIDDEN, Rebuilder
from atlascloud_mcp.atlas.values import Json, items, mapping

MAX_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class InputSchema:
    """What a model's request body may hold.

    `properties` are its fields in the published order, without `model` and without hidden or disabled ones; each is a
    JSON Schema of its own, references resolved. `document` is the schema of the whole body, `model` included, for
    jsonschema: only known keywords, no `$ref`, no remote addresses. `required` are the fields that must be there,
    beside `model`. `fixed` are the fields that callers do not see and that must be there all the same, with the
    values to send. `assumption` says what this is built on when the model itself publishes nothing that could be
    read; then nothing is refused for it. `note` says how old it is, where it could not be refreshed.

    A field that takes null beside something else has `nullable: true`; its type and enum do not list null.
    """

    properties: Mapping[str, Json]
    required: frozenset[str]
    document: Json
    assumption: str = ""
    note: str = ""
    fixed: Mapping[str, object] = field(default_factory=dict[str, object])


def parse_schema(document: object) -> InputSchema | None:
    """The input schema in an OpenAPI document, or the document itself if it is one; None where neither is found.

    Never raises. What is not known, wrong, contradictory or dangerous in it is left out.
    """
    rebuilder = Rebuilder(document)
    for candidate in islice(_candidates(mapping(document)), MAX_CANDIDATES):
        rebuilt = _flattened(rebuilder.schema(candidate))
        if rebuilt.get("properties"):
            return _input_schema(rebuilt)
    return None


def _candidates(document: Json) -> Iterator[object]:
    """Where an input schema may stand, the likeliest first."""
    schemas = mapping(mapping(document.get("components")).get("schemas"))
    yield schemas.get("Input")
    for word in ("input", "request"):
        yield from (schema for name, schema in islice(schemas.items(), 200) if word in name.lower() and name != "Input")
    for path in islice(mapping(document.get("paths")).values(), 50):
        body = mapping(mapping(mapping(path).get("post")).get("requestBody"))
        reference = body.get("$ref")
        if isinstance(reference, str):
            name = reference.rpartition("/")[2]
            body = mapping(mapping(mapping(document.get("components")).get("requestBodies")).get(name))
        for content in islice(mapping(body.get("content")).values(), 3):
            yield mapping(content).get("schema")
    yield document


def _flattened(schema: Json) -> Json:
    """A body that is one of several objects, as one object with the fields of all."""
    properties = dict(mapping(schema.get("properties")))
    for branch in items(schema.get("anyOf")):
        for name, published in mapping(mapping(branch).get("properties")).items():
            same = name not in properties or properties[name] == published
            properties[name] = published if same else {"anyOf": [properties[name], published]}
    is_one = "anyOf" not in schema
    kept = {key: value for key, value in schema.items() if key in {"required", "additionalProperties"} and is_one}
    if not is_one:
        kept["required"] = [name for name in items(schema.get("required")) if name in mapping(schema.get("properties"))]
    return {**kept, "properties": properties}


def _input_schema(rebuilt: Json) -> InputSchema:
    published = mapping(rebuilt.get("properties"))
    # Which ids a model goes by is the catalogue's to say.
    body = {"model": {}, **published} | {"model": {"type": "string"}}
    required = [str(name) for name in items(rebuilt.get("required"))]
    document: dict[str, object] = {"type": "object", "properties": body}
    if required:
        document["required"] = required
    if "additionalProperties" in rebuilt:
        document["additionalProperties"] = rebuilt["additionalProperties"]
    fields = {name: mapping(schema) for name, schema in published.items() if name != "model"}
    return InputSchema(
        properties={name: schema for name, schema in fields.items() if HIDDEN not in schema},
        required=frozenset(required) - {"model"},
        document=document,
        fixed={name: schema["default"] for name, schema in fields.items() if HIDDEN in schema and name in required},
    )
