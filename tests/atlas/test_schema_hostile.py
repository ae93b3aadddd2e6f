"""Schema documents that could harm: huge, deep, endless, with slow patterns, or any JSON at all."""

import json
import re
import time
from typing import Any, cast

import pytest
from catalogue_site import document
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schema_reading import errors, field, parsed

from atlascloud_mcp.atlas.patterns import is_harmless
from atlascloud_mcp.atlas.schema import parse_schema


def test_a_huge_schema_is_cut_where_nothing_is_refused_for_it() -> None:
    begun = time.process_time()
    many = parsed(document(**{f"f{n}": {"type": "string"} for n in range(3000)}))
    assert len(many.document["properties"]) == 200  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    body = document(**{f"f{n}": {} for n in range(300)})
    body["components"]["schemas"]["Input"] |= {"additionalProperties": False, "required": ["f1", "f299"]}
    closed = parsed(body)
    assert (closed.required, "additionalProperties" in closed.document) == ({"f1"}, False)
    assert field({"enum": list(range(2000))}) == {"enum": list(range(2000))}
    assert field({"enum": list(range(2001))}) == {}
    assert time.process_time() - begun < 1


def test_a_deep_schema_ends_in_anything() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(50):
        schema = {"type": "array", "items": schema}
    found, depth = field(schema), 0
    while "items" in found:
        found, depth = found["items"], depth + 1
    assert 5 <= depth <= 8
    assert found == {"type": "array"}


def test_references_that_multiply_end() -> None:
    body = document(x={"$ref": "#/components/schemas/L0"})
    for level in range(8):
        inner = {f"p{n}": {"$ref": f"#/components/schemas/L{level + 1}"} for n in range(50)}
        body["components"]["schemas"][f"L{level}"] = {"type": "object", "properties": inner}
    begun = time.process_time()
    found = parse_schema(body)
    assert time.process_time() - begun < 1
    assert found is not None
    assert len(json.dumps(found.document)) < 200_000


def test_long_lists_that_are_all_to_hold_are_compared_at_once() -> None:
    values = [*range(1000), *map(str, range(999)), True]
    begun = time.process_time()
    assert field({"allOf": [{"enum": values}, {"enum": values[::-1]}] * 9}) == {"enum": values}
    assert time.process_time() - begun < 0.7


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]+$",
        r"^\d+\*\d+$",
        r"^\d{1,4}x\d{1,4}$",
        "^#[0-9a-fA-F]{6}$",
        "^https?://.+$",
        "^(16:9|9:16|1:1)$",
        "^(?:a|b)-c$",
        "^[^,]+,[^,]*$",
        "abc",
        "^$",
        "[a-z]{3}",
    ],
)
def test_a_harmless_pattern_is_kept(pattern: str) -> None:
    assert is_harmless(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "(a+)+$",
        "^(a|aa)+$",
        "^(a*)*b",
        ".*.*.*x",
        "^.*.*x$",
        "^a*a*b$",
        "[a-z]+",
        "a?" * 30 + "a" * 30,
        "(a|a)" * 20 + "b",
        "((a|a)|(a|a))((a|a)|(a|a))b",
        r"^(a)\1$",
        "^(?=a)b$",
        "(?i)abc",
        "^a{1,99999}$" * 3,
        "[a-z]{999}",
        "x" * 121,
        "[[a]]",
        "[a--b]",
        "(",
        ")",
        "a**",
        "|a+",
        "^a|b+",
        "^a+(b)",
        "^a{,}{,}b",
        "^\\b",
        "^+",
        "^[z-a]$",
        "^[z-a]+b",
    ],
)
def test_a_pattern_that_could_take_for_ever_or_is_none_is_dropped(pattern: str) -> None:
    assert not is_harmless(pattern)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.^$|()*+?{}[]1,\\d-:", max_size=14), st.sampled_from(["", "^"]))
def test_no_pattern_that_is_kept_is_slow(pattern: str, start: str) -> None:
    if is_harmless(start + pattern):
        for text in ("a" * 5000, "ab" * 2500 + "c", "a" * 5000 + "b", "1" * 5000 + "\n"):
            begun = time.process_time()
            re.search(start + pattern, text)
            assert time.process_time() - begun < 0.5


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(["string", "integer", "array", "object", "null", "#", "#/x", "#/properties/a", "https://x.test"])
)
KEYWORDS = (
    *("type", "enum", "const", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *(
        "minLength",
        "maxLength",
        "pattern",
        "items",
        "minItems",
        "maxItems",
        "properties",
        "required",
        "nullable",
        "title",
    ),
    *("additionalProperties", "anyOf", "oneOf", "allOf", "$ref", "hidden", "disabled", "x-hint", "x-order-properties"),
)
schemas = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=6)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["a", "model", "$ref"]), inner, max_size=3)
    ),
    max_leaves=25,
)


def references(schema: object) -> bool:
    if isinstance(schema, dict):
        return "$ref" in schema or any(map(references, schema.values()))  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType,reportUnknownMemberType]  any JSON
    return isinstance(schema, list) and any(map(references, schema))  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]  any JSON


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=4) | st.sampled_from(["a", "model"]), schemas, max_size=4), schemas, schemas)
def test_whatever_is_published_the_result_is_a_valid_schema_without_references(
    properties: dict[str, Any], required: Any, rest: Any
) -> None:
    outer = cast("dict[str, Any]", rest) if isinstance(rest, dict) else {}
    bodies: list[Any] = [
        {**outer, "properties": properties, "required": required},
        document(**{**properties, "x": rest}),
        rest,
    ]
    for body in bodies:
        found = parse_schema(body)
        if found is None:
            continue
        Draft202012Validator.check_schema(found.document)
        assert not references(found.document)
        assert json.loads(json.dumps(found.document, allow_nan=False)) == found.document
        assert set(found.fixed) <= found.required
        assert not set(found.fixed) & set(found.properties)
        errors(found, x=1, a="b")
