"""What neither the catalogue nor an id's plain words tell of a model: rows of data, each with its source."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import TypedDict, cast


class _Names(TypedDict):
    """Parts of ids that mean a kind of model, as regular expressions."""

    names: Sequence[str]
    kind: str
    source: str


class _Protocol(TypedDict):
    """What the catalogue calls one way to ask a language model."""

    words: Sequence[str]
    protocol: str
    source: str


class _Unit(TypedDict):
    """What the listed price of these models is for."""

    models: Sequence[str]
    unit: str
    source: str


class _Quirks(TypedDict):
    kinds: Sequence[_Names]
    protocols: Sequence[_Protocol]
    units: Sequence[_Unit]


def kind_names() -> Mapping[str, str]:
    """For each kind that has some, the telling names as alternatives of one regular expression."""
    names: dict[str, list[str]] = {}
    for row in _quirks()["kinds"]:
        names.setdefault(row["kind"], []).extend(row["names"])
    return {kind: "|".join(found) for kind, found in names.items()}


def unit_of(model_id: str) -> str | None:
    """What the price of this model is for, where its kind would say something else."""
    rows = _quirks()["units"]
    return next((row["unit"] for row in rows if any(fnmatchcase(model_id, each) for each in row["models"])), None)


def protocol_of(word: str) -> str | None:
    """The protocol that the catalogue's word means, as `atlas/protocols` names it."""
    said = word.strip().lower()
    return next((row["protocol"] for row in _quirks()["protocols"] if said in row["words"]), None)


@cache
def _quirks() -> _Quirks:
    return cast("_Quirks", json.loads(files("atlascloud_mcp.atlas").joinpath("quirks.json").read_text("utf-8")))
