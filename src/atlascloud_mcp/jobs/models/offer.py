"""What Atlas Cloud offers: models looked for, and one model described."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from atlascloud_mcp.atlas.models import Catalogue, Medium, Model, Type
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.models.choosing import Choosing
from atlascloud_mcp.jobs.models.index import index_of
from atlascloud_mcp.jobs.models.searching import of_kind, search
from atlascloud_mcp.jobs.parameters.vocabulary import Parameter, parameters_of

PAGE = 12  # models: what is shown is also what is paid for in tokens
MOST_PAGES = 500  # at hand: assistants search for the same again and again

Search: TypeAlias = tuple[str, Type | None, str | None, Medium | None, int]


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Some of the models that were looked for, best first. `page` counts from 1, `note` is about the catalogue.

    `hint` says what would find more, where nothing was found.
    """

    models: tuple[Model, ...]
    total: int
    page: int
    pages: int
    note: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """One model, and what it takes. `schema` is the published one, where there is one; `note` says what is not sure."""

    model: Model
    parameters: tuple[Parameter, ...]
    schema: Mapping[str, object] | None
    note: str = ""


class Offer:
    """Looks models up. Free, and quick while the catalogue is at hand."""

    def __init__(self, choosing: Choosing) -> None:
        self._choosing = choosing
        self._pages: dict[Search, ModelPage] = {}
        self._pages_of: Catalogue | None = None

    async def search(
        self, query: str, *, made: Type | None, kind: str | None, takes: Medium | None, page: int
    ) -> ModelPage:
        """One page of the models that fit, best first.

        Raises:
            InvalidRequest: there is no such kind, or no such page.
            ServiceError: the catalogue cannot be had.
        """
        catalogue = await self._choosing.catalogue()
        if catalogue is not self._pages_of or len(self._pages) >= MOST_PAGES:
            self._pages_of, self._pages = catalogue, {}
        asked = (query, made, re.sub(r"[\s_]+", "-", kind.strip().lower()) if kind else None, takes, page)
        if asked not in self._pages:
            self._pages[asked] = _page(catalogue, *asked)
        return self._pages[asked]

    async def describe(self, wanted: str) -> ModelDescription:
        """The model of this id or name.

        Raises:
            ModelNotFound: there is none, or there are several.
            ServiceError: the catalogue cannot be had.
        """
        model, layout, note = await self._choosing.looked_up(wanted)
        is_published = not layout.schema.assumption
        unsure = f"{layout.schema.assumption}; such models usually take these parameters."
        notes = [] if is_published or model.type == "text" else [unsure]
        return ModelDescription(
            model,
            tuple(parameters_of(layout, for_video=model.type == "video")) if model.type != "text" else (),
            layout.schema.document if is_published else None,
            " ".join(filter(None, (*notes, note))),
        )


def _page(
    catalogue: Catalogue, query: str, made: Type | None, kind: str | None, takes: Medium | None, page: int
) -> ModelPage:
    if kind and not of_kind(index_of(catalogue), kind):
        kinds = sorted({each for model in catalogue.models for each in model.kinds})
        raise InvalidRequest(f"No model is of kind {kind!r}.", next_step=f"Kinds: {', '.join(kinds)}.")
    found = search(catalogue, query, type=made, kind=kind, takes=takes)
    pages = max(1, -(-len(found) // PAGE))
    if page > pages:
        raise InvalidRequest(f"There is no page {page}.", next_step=f"The last page is {pages}.")
    shown = found[(page - 1) * PAGE : page * PAGE]
    hint = "" if found else _hint(catalogue, query, made, kind, takes)
    return ModelPage(tuple(shown), len(found), page, pages, catalogue.note, hint)


def _hint(catalogue: Catalogue, query: str, made: Type | None, kind: str | None, takes: Medium | None) -> str:
    """Which of the filters has left nothing: how many models there are without it."""
    wider: list[tuple[str, list[Model]]] = []
    if made:
        wider.append((f"type {made}", search(catalogue, query, kind=kind, takes=takes)))
    if kind:
        wider.append((f"kind {quoted(kind)}", search(catalogue, query, type=made, takes=takes)))
    if takes:
        wider.append((f"takes {takes}", search(catalogue, query, type=made, kind=kind)))
    return "; ".join(f"without {name}: {len(models)}, first {models[0].id}" for name, models in wider if models)
