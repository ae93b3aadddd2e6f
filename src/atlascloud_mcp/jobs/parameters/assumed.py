"""What a model probably takes that publishes no schema, or whose schema cannot be had. Nothing of it can be checked."""

import json
from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import NotRequired, TypedDict, cast

from atlascloud_mcp.atlas.models import Type
from atlascloud_mcp.atlas.schema import InputSchema, Json


class _Row(TypedDict):
    """A row of `quirks.json`: the fields of models that publish none, and who says so."""

    models: Sequence[str]
    type: NotRequired[Type]
    kind: NotRequired[str]
    source: str
    properties: Mapping[str, Json]


def from_row(model: str, made: Type, why: str, *, general: bool, kinds: Collection[str] = ()) -> InputSchema | None:
    """The fields of the first row that is about this model; `general` rows are about every model of a type or kind."""
    for row in _rows():
        is_general, kind = "*" in row["models"], row.get("kind")
        is_of_sort = row.get("type", made) == made and (kind is None or kind in kinds)
        if is_general == general and is_of_sort and _is_about(row, model):
            return _assumed(row["properties"], why)
    return None


def from_sibling(sibling: str, schema: InputSchema, why: str) -> InputSchema:
    """The fields of a model of the same family."""
    return _assumed(schema.properties, f"{why}: its fields are those of its sibling {sibling}")


def _assumed(properties: Mapping[str, Json], assumption: str) -> InputSchema:
    document = {"type": "object", "properties": dict(properties)}
    return InputSchema(properties, frozenset(), document, assumption=assumption)


def _is_about(row: _Row, model: str) -> bool:
    return any(fnmatchcase(model, pattern) for pattern in row["models"])


@cache
def _rows() -> Sequence[_Row]:
    text = files("atlascloud_mcp.jobs.parameters").joinpath("quirks.json").read_text(encoding="utf-8")
    return cast("Mapping[str, Sequence[_Row]]", json.loads(text))["unpublished"]
