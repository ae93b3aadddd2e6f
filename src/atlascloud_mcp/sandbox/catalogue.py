"""The models the sandbox offers: real ones, and as many invented ones as make the catalogue as long as the real one.

Ids, names, fields and prices of the real ones are those of 2026-11; the uuids are made up, and one model is marked
internal so that clients can be seen to hide it.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal

from atlascloud_mcp.sandbox.documents import document_of
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.synthesis import invented_models

CatalogueShape = Literal["flat", "grouped", "string_code"]

CATALOGUE_SIZE = 400


@dataclass(frozen=True, slots=True)
class Page:
    """A JSON answer that stays the same, and its entity tag."""

    body: bytes
    etag: str


@cache
def models() -> tuple[Model, ...]:
    """Every model of the catalogue, the internal ones included; the real ones first."""
    entries: list[Json] = _read("catalogue.json")
    inputs: dict[str, Json] = _read("schemas.json")
    real = [
        Model(
            entry,
            entry.pop("unit"),
            inputs.get(entry["model"]),
            is_billed_by_tokens=entry.pop("billed_by_tokens", False),
        )
        for entry in entries
    ]
    return (*real, *invented_models(CATALOGUE_SIZE - len(real)))


def usable_model(name: str) -> Model | None:
    """The model of that exact id, unless it is internal."""
    found = _by_id().get(name)
    return found if found is not None and found.usable else None


@lru_cache(maxsize=32)
def listing(base_url: str, shape: CatalogueShape, size: int = CATALOGUE_SIZE) -> Page:
    """The answer of GET /api/v1/models at that address, with the first `size` models."""
    entries = [_entry(model, base_url) for model in models()[:size]]
    payload: Json = {"code": "200" if shape == "string_code" else 200, "data": entries, "sandbox": True}
    if shape == "grouped":
        types = sorted({entry["type"] for entry in entries})
        groups = [{"name": name, "models": [each for each in entries if each["type"] == name]} for name in types]
        payload["data"] = {"groups": groups}
    return _page(payload)


@lru_cache(maxsize=2048)
def schema_page(base_url: str, name: str) -> Page | None:
    """The schema document of that file name (without `.json`); None where no model publishes it."""
    model = _by_schema_name().get(name)
    return None if model is None else _page(document_of(model, base_url))


def schema_name(model_id: str) -> str:
    """The file name of a model's schema document, without `.json`."""
    return model_id.replace("/", "-")


def _entry(model: Model, base_url: str) -> Json:
    address = f"{base_url}/model/schema/{schema_name(model.id)}.json"
    return {**model.wire, "schema": None if model.input is None else address}


def _page(payload: Json) -> Page:
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Page(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


@cache
def _by_id() -> dict[str, Model]:
    return {model.id: model for model in models()}


@cache
def _by_schema_name() -> dict[str, Model]:
    return {schema_name(model.id): model for model in models() if model.input is not None}


def _read(name: str) -> Any:  # noqa: ANN401  JSON
    return json.loads(files("atlascloud_mcp.sandbox").joinpath(name).read_text(encoding="utf-8"))
