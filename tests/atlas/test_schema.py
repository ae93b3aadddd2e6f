"""Schema documents: found where they may stand, and built anew from what is known, valid and harmless."""

import json
from typing import Any

import pytest
from catalogue_site import document
from schema_reading import errors, field, parsed

from atlascloud_mcp.atlas.schema import parse_schema

PROMPT = {"type": "string", "description": "What to make."}


def test_an_input_schema_says_what_a_body_may_hold() -> None:
    body = document(prompt=PROMPT, size={"type": "string", "enum": ["1024*1024", "512*512"], "default": "1024*1024"})
    body["components"]["schemas"]["Input"]["required"] = ["model", "prompt"]
    found = parsed(body)
    assert list(found.properties) == ["prompt", "size"]
    assert found.properties["prompt"] == PROMPT
    assert found.required == {"prompt"}
    assert found.document == {
        "type": "object",
        "properties": {"model": {"type": "string"}, **found.properties},
        "required": ["model", "prompt"],
    }
    assert (found.fixed, found.assumption) == ({}, "")
    assert errors(found, prompt="a fox", size="512*512") == []
    assert errors(found, size="1*1") != []


INPUT = {"type": "object", "properties": {"prompt": PROMPT}}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}}
PLACES: dict[str, Any] = {
    "Input": {
        "components": {"schemas": {"Other": {}, "Input": INPUT, "PredictionResponse": {"properties": {"id": {}}}}}
    },
    "a named input": {"components": {"schemas": {"Response": {"properties": {"id": {}}}, "VideoInput": INPUT}}},
    "a named request": {"components": {"schemas": {"ErrorInput": {"type": "string"}, "GenerateRequest": INPUT}}},
    "a request body": {
        "paths": {"/result": {"get": {}}, "/generate": {"post": {"requestBody": BODY}}},
        "components": {"schemas": {"Job": INPUT}},
    },
    "a shared request body": {
        "paths": {"/generate": {"post": {"requestBody": {"$ref": "#/components/requestBodies/Make"}}}},
        "components": {"schemas": {"Job": INPUT}, "requestBodies": {"Make": BODY}},
    },
    "the document itself": INPUT,
    "a reference in the document": {"$ref": "#/$defs/Job", "$defs": {"Job": INPUT}},
    "parts": {"allOf": [{"$ref": "#/definitions/a~1b%20c"}, {}], "definitions": {"a/b c": INPUT}},
}


@pytest.mark.parametrize("body", PLACES.values(), ids=PLACES.keys())
def test_the_input_schema_is_found_wherever_it_stands(body: object) -> None:
    assert parsed(body).properties == {"prompt": PROMPT}


@pytest.mark.parametrize(
    "body",
    [
        None,
        5,
        "x",
        [],
        {},
        {"components": None},
        {"components": {"schemas": []}},
        {"components": {"schemas": {"Input": {"type": "object", "properties": {}}}}},
        {"properties": []},
        {"paths": {"/x": {"post": {"requestBody": {"$ref": 5}}}}},
        {"$ref": "https://evil.test/schema.json"},
        {"$ref": "#"},
    ],
)
def test_a_document_without_an_input_schema_is_none(body: object) -> None:
    assert parse_schema(body) is None


def test_a_model_that_takes_nothing_else_has_no_fields() -> None:
    found = parsed(document())
    assert (dict(found.properties), found.required) == ({}, frozenset())


def test_the_published_order_counts() -> None:
    body = document(a={}, b={}, c={}, d={})
    body["components"]["schemas"]["Input"]["x-order-properties"] = ["c", "nothing", 5, "a", "c"]
    assert list(parsed(body).properties) == ["c", "a", "b", "d"]


def test_hidden_and_disabled_fields_are_left_out_but_for_those_that_must_be_sent() -> None:
    body = document(
        shown={"type": "string"},
        hidden={"type": "string", "hidden": True, "default": "x"},
        disabled={"type": "string", "disabled": True},
        mode={"type": "string", "hidden": True, "default": "fast"},
        lost={"type": "string", "x-hidden": True},
        bad={"type": "string", "hidden": True, "default": 5},
    )
    body["components"]["schemas"]["Input"]["required"] = ["shown", "mode", "lost", "bad", "unknown"]
    found = parsed(body)
    assert list(found.properties) == ["shown"]
    assert found.fixed == {"mode": "fast"}
    assert found.required == {"shown", "mode"}
    assert errors(found, shown="a") == ["'mode' is a required property"]
    assert errors(found, shown="a", mode="fast") == []


KEPT: list[dict[str, Any]] = [
    {"type": "string", "minLength": 1, "maxLength": 800, "title": "Text", "format": "uri"},
    {"type": "integer", "minimum": 64, "maximum": 2048, "multipleOf": 16, "default": 1024},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1.5, "default": 0.5},
    {"type": "integer", "minimum": -1, "maximum": 2**63 - 1, "default": -1},
    {"type": "boolean", "default": False},
    {"enum": [1, 2.5, "auto", True]},
    {"const": "always"},
    {"type": ["string", "array"]},
    {"type": "array", "items": {"type": "string", "format": "uri"}, "minItems": 1, "maxItems": 10},
    {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
    {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    {"type": "string", "x-accept": "image/png", "x-max-size-mb": 10, "x-step": 0.5, "x-flag": True},
    {"type": "string", "pattern": r"^\d+\*\d+$"},
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    {"type": "array", "default": ["a", "b"]},
    {"type": "object", "default": {"scale": 1, "path": "x"}},
    {"type": "string", "default": "two\nlines"},
]


@pytest.mark.parametrize("schema", KEPT, ids=str)
def test_what_is_known_and_makes_sense_is_kept(schema: dict[str, Any]) -> None:
    assert field(schema) == schema


DROPPED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": 5, "enum": {}, "minimum": "a", "title": 7, "items": [], "properties": 5}, {}),
    ({"type": "any", "required": "yes", "x-list": [1], "x-": 5, "unknown": 1, "$comment": "x", "$id": "https://x"}, {}),
    ({"type": "strange", "examples": [1], "if": {}, "patternProperties": {"(a+)+": {}}, "format": "a b"}, {}),
    ({"type": "INTEGER", "minimum": True, "maxLength": -1, "minItems": 1.5}, {"type": "integer"}),
    ({"type": "float"}, {"type": "number"}),
    ({"minimum": 10, "maximum": 5, "type": "integer"}, {"type": "integer"}),
    ({"exclusiveMinimum": 5, "maximum": 5}, {}),
    ({"minimum": 5, "exclusiveMinimum": True}, {"exclusiveMinimum": 5}),
    ({"minLength": 9, "maxLength": 3}, {}),
    ({"minItems": 9, "maxItems": 3}, {}),
    ({"minimum": float("nan"), "maximum": float("inf")}, {}),
    ({"maximum": 10**30}, {}),
    ({"multipleOf": 0.1}, {}),
    ({"multipleOf": 0}, {}),
    ({"type": "integer", "enum": ["5", "10"]}, {"enum": ["5", "10"]}),
    ({"enum": []}, {}),
    ({"enum": ["a", {"b": 1}]}, {}),
    ({"enum": ["a", "a", 1, 1.0, True, "x" * 300, "b\u202e", None]}, {"enum": ["a", 1, True], "nullable": True}),
    ({"enum": ["a"], "const": "b"}, {"enum": ["a"]}),
    ({"const": {"a": 1}}, {}),
    ({"type": "integer", "default": "many"}, {"type": "integer"}),
    ({"type": "integer", "default": True}, {"type": "integer"}),
    ({"type": "integer", "default": 5.0}, {"type": "integer", "default": 5.0}),
    ({"enum": ["a"], "default": "b"}, {"enum": ["a"]}),
    ({"maximum": 5, "default": 6}, {"maximum": 5}),
    ({"default": None}, {}),
    ({"default": "\x1b[31m"}, {}),
    ({"default": "x" * 3000}, {}),
    ({"default": {"$ref": "https://evil.test"}}, {}),
    ({"default": [[[[1]]]]}, {}),
    ({"default": [None]}, {}),
    ({"default": list(range(100))}, {}),
    ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
    ({"type": "string", "nullable": True}, {"type": "string", "nullable": True}),
    ({"type": "string", "nullable": "yes"}, {"type": "string"}),
    ({"pattern": "(a+)+$"}, {}),
    ({"pattern": "["}, {}),
    ({"pattern": "^a\ud800$"}, {}),
    ({"pattern": "^\u202ea$"}, {}),
    ({"pattern": "^a\n\x1b$"}, {}),
    ({"description": "a\u202e\n\x07b " + "c" * 400}, {"description": "a b " + "c" * 295 + "…"}),
]


@pytest.mark.parametrize(("schema", "kept"), DROPPED, ids=str)
def test_what_is_wrong_unknown_or_contradicts_itself_is_left_out(schema: dict[str, Any], kept: dict[str, Any]) -> None:
    assert field(schema) == kept


CHOICES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "T"},
        {"type": "string", "title": "T", "nullable": True},
    ),
    (
        {"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]},
        {"type": "integer", "minimum": 1, "nullable": True},
    ),
    ({"anyOf": [{"const": "a", "title": "A"}, {"enum": ["b", "c"]}]}, {"enum": ["a", "b", "c"]}),
    ({"type": "string", "oneOf": [{"const": "a"}, {"const": "b"}]}, {"type": "string", "enum": ["a", "b"]}),
    ({"anyOf": [{"enum": ["a"]}, {"type": "null"}]}, {"enum": ["a"], "nullable": True}),
    ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, {"anyOf": [{"type": "integer"}, {"type": "number"}]}),
    ({"anyOf": [{"type": "string"}, {}]}, {}),
    ({"anyOf": [{"type": "string"}, 5]}, {}),
    ({"anyOf": []}, {}),
    ({"anyOf": [{"type": "string"}] * 100}, {}),
    (
        {"allOf": [{"type": "integer", "minimum": 1}, {"minimum": 5, "maximum": 9}]},
        {"type": "integer", "minimum": 5, "maximum": 9},
    ),
    ({"allOf": [{"type": "number"}, {"type": "integer"}]}, {"type": "integer"}),
    ({"allOf": [{"type": "string"}, {"type": "integer"}]}, {}),
    ({"allOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]}, {"enum": [2]}),
    ({"allOf": [{"enum": [1]}, {"enum": [3]}]}, {"enum": [1]}),
    (
        {
            "allOf": [
                {"properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {}, "a": {"maxLength": 5}}, "required": ["b"], "additionalProperties": False},
            ]
        },
        {"properties": {"a": {"type": "string", "maxLength": 5}, "b": {}}, "required": ["a", "b"]},
    ),
]


@pytest.mark.parametrize(("schema", "kept"), CHOICES, ids=str)
def test_choices_and_parts_become_one_schema_where_they_can(schema: dict[str, Any], kept: dict[str, Any]) -> None:
    assert field(schema) == kept


def test_a_body_that_is_one_of_several_objects_has_the_fields_of_all() -> None:
    one = {"properties": {"prompt": PROMPT, "n": {"type": "integer"}}, "required": ["prompt"]}
    two = {"properties": {"text": PROMPT, "n": {"type": "string"}}, "additionalProperties": False}
    found = parsed({"oneOf": [one, two], "properties": {"seed": {"type": "integer"}}, "required": ["seed"]})
    assert found.properties == {
        "seed": {"type": "integer"},
        "prompt": PROMPT,
        "n": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "text": PROMPT,
    }
    assert found.required == {"seed"}
    assert errors(found, seed=1, n="x", other=1) == []


def test_references_are_followed_inside_of_the_document_only() -> None:
    body = document(
        size={"$ref": "#/components/schemas/Size", "description": "How large."},
        remote={"$ref": "https://evil.test/a.json", "type": "string"},
        file={"$ref": "file:///etc/passwd"},
        lost={"$ref": "#/components/schemas/Nothing", "title": "Lost"},
        itself={"$ref": "#/components/schemas/Loop"},
        whole={"$ref": "#"},
    )
    body["components"]["schemas"] |= {
        "Size": {"$ref": "#/components/schemas/Real"},
        "Real": {"type": "string", "enum": ["a", "b"], "description": "Other."},
        "Loop": {
            "type": "object",
            "properties": {"more": {"$ref": "#/components/schemas/Loop"}, "n": {"type": "integer"}},
        },
    }
    found = parsed(body).properties
    assert found["size"] == {"type": "string", "enum": ["a", "b"], "description": "How large."}
    assert found["remote"] == {"type": "string"}
    assert found["file"] == {}
    assert found["lost"] == {"title": "Lost"}
    assert found["itself"] == {"type": "object", "properties": {"more": {}, "n": {"type": "integer"}}}
    assert "$ref" not in json.dumps(found)


def test_a_closed_schema_still_takes_the_model() -> None:
    body = document(prompt=PROMPT)
    body["components"]["schemas"]["Input"] |= {"additionalProperties": False}
    del body["components"]["schemas"]["Input"]["properties"]["model"]
    found = parsed(body)
    assert errors(found, prompt="a") == []
    assert errors(found, prompt="a", other=1) != []


def test_the_model_s_own_enum_of_ids_refuses_no_model() -> None:
    body = document(prompt=PROMPT)
    body["components"]["schemas"]["Input"]["properties"]["model"] = {"type": "string", "enum": ["x/y"]}
    assert errors(parsed(body), prompt="a") == []


def test_a_field_may_say_itself_that_it_is_required() -> None:
    assert parsed(document(prompt={"type": "string", "required": True})).required == {"prompt"}


def test_names_that_could_not_be_shown_are_left_out() -> None:
    names = ["$ref", "a\u202eb", "", "x" * 101, "a\n", "fine-name"]
    assert list(parsed(document(**dict.fromkeys(names, PROMPT))).properties) == ["fine-name"]
