"""The models the sandbox offers, in the wire shape of GET /api/v1/models.

Ids, names and prices are the real ones of 2026-11; the uuids are made up, no schema is published (a
schema URL would lead out of the sandbox), and one model is marked internal so that clients can be seen
to hide it.
"""

from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Side(BaseModel):
    """One side of a price: USD as text."""

    model_config = ConfigDict(extra="allow")

    base_price: str


class Price(BaseModel):
    """What a model costs: `actual` is paid, `origin` is the list price."""

    model_config = ConfigDict(extra="allow")

    actual: Side


class Model(BaseModel):
    """One entry of the catalogue; keys that the sandbox itself does not read are kept as they are."""

    model_config = ConfigDict(extra="allow")

    model: str
    display_console: bool
    price: Price | None

    @property
    def edits(self) -> bool:
        """Whether it makes its picture from another one."""
        return self.model.endswith("/edit")


@cache
def models() -> tuple[Model, ...]:
    """Every model of the catalogue, the internal one included."""
    text = files("atlascloud_mcp.sandbox").joinpath("catalogue.json").read_text(encoding="utf-8")
    return tuple(TypeAdapter(list[Model]).validate_json(text))


def usable_model(name: str) -> Model | None:
    """The model of that exact id, unless it is internal."""
    return next((entry for entry in models() if entry.model == name and entry.display_console), None)
