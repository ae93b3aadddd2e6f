"""What Atlas Cloud offers: models looked for, and one model described."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from atlascloud_mcp.atlas.kinds import may_take
from atlascloud_mcp.atlas.models import Catalogue, Medium, Model, Type
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.models.choosing import Choosing
from atlascloud_mcp.jobs.models.describing import tool_for
from atlascloud_mcp.jobs.models.finding import by_cost
from atlascloud_mcp.jobs.models.index import index_of
from atlascloud_mcp.jobs.models.searching import of_kind, search
from atlascloud_mcp.jobs.parameters.fields import listed
from atlascloud_mcp.jobs.parameters.vocabulary import Parameter, parameters_of

PAGE = 12  # models: what is shown is also what is paid for in tokens
MOST_PAGES = 500  # at hand: assistants search for the same again and again
_OF_QUERIES = (
    "a query is matched with models' names, makers, kinds and uses; get_model tells of one's sound, seed and sizes"
)

# How the length of an answer, and JSON as its form, are called in lists of what a language model takes.
_LENGTHS = ("maxtokens", "maxcompletiontokens", "maxoutputtokens")
_JSON = ("structuredoutputs", "structuredoutput", "responseformat", "jsonschema", "jsonmode")


@dataclass(frozen=True, slots=True)
class _Search:
    """What is looked for, and which page of it is wanted."""

    query: str
    made: Type | None
    kind: str | None
    takes: Medium | None
    is_by_price: bool
    page: int


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
        self._pages: dict[_Search, ModelPage] = {}
        self._pages_of: Catalogue | None = None

    async def search(
        self,
        query: str,
        *,
        made: Type | None,
        kind: str | None,
        takes: Medium | None,
        page: int,
        is_by_price: bool = False,
    ) -> ModelPage:
        """One page of the models that fit, best first or cheapest first.

        Raises:
            InvalidRequest: there is no such kind, or no such page.
            ServiceError: the catalogue cannot be had.
        """
        catalogue = await self._choosing.catalogue()
        if catalogue is not self._pages_of or len(self._pages) >= MOST_PAGES:
            self._pages_of, self._pages = catalogue, {}
        spelled = re.sub(r"[\s_]+", "-", kind.strip().lower()) if kind else None
        asked = _Search(query, made, spelled, takes, is_by_price, page)
        if asked not in self._pages:
            self._pages[asked] = _page(catalogue, asked)
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
        # A model of no kind may take anything.
        media = None if is_published or not model.takes else frozenset(model.takes) | may_take(model.kinds)
        notes = [] if is_published or model.type == "text" else [unsure]
        tool = tool_for(model) or "generate_image"
        return ModelDescription(
            model,
            tuple(_of_chat(model) if tool == "chat" else parameters_of(layout, tool, media=media)),
            layout.schema.document if is_published else None,
            " ".join(filter(None, (*notes, note))),
        )


def _of_chat(model: Model) -> Iterator[Parameter]:
    """What `chat` may be given for it, as far as the catalogue tells, whose lists are often incomplete."""
    own = {re.sub(r"[^a-z]", "", word.lower()): word for word in model.sampling}
    length = next((own[word] for word in _LENGTHS if word in own), "max_tokens")
    if model.max_output_tokens:
        yield Parameter(length, "max_tokens", f"up to {model.max_output_tokens}")
    elif length in model.sampling:
        yield Parameter(length, "max_tokens")
    if own:
        yield Parameter("temperature", "temperature", "" if "temperature" in own else "not listed: better left out")
    if word := next((own[word] for word in _JSON if word in own), ""):
        yield Parameter(word, "json_output")


def _page(catalogue: Catalogue, asked: _Search) -> ModelPage:
    if asked.kind and not of_kind(index_of(catalogue), asked.kind):
        kinds = sorted({each for model in catalogue.models for each in model.kinds})
        raise InvalidRequest(f"No model is of kind {asked.kind!r}.", next_step=f"Kinds: {listed(kinds)}.")
    found = _found(catalogue, asked)
    pages = max(1, -(-len(found) // PAGE))
    if asked.page > pages:
        raise InvalidRequest(f"There is no page {asked.page}.", next_step=f"The last page is {pages}.")
    shown = found[(asked.page - 1) * PAGE : asked.page * PAGE]
    hint = "" if found else _hint(catalogue, asked)
    return ModelPage(tuple(shown), len(found), asked.page, pages, catalogue.note, hint)


def _found(catalogue: Catalogue, asked: _Search) -> list[Model]:
    """All models that fit, in the order that was asked for."""
    found = search(catalogue, asked.query, type=asked.made, kind=asked.kind, takes=asked.takes)
    return sorted(found, key=by_cost) if asked.is_by_price else found


def _hint(catalogue: Catalogue, asked: _Search) -> str:
    """Which of the filters, or that the query, has left nothing: how many models there are without it."""
    wider = {
        f"type {asked.made}": replace(asked, made=None),
        f"kind {quoted(asked.kind or '')}": replace(asked, kind=None),
        f"takes {asked.takes}": replace(asked, takes=None),
        "the query": replace(asked, query=""),
    }
    if not (asked.made or asked.kind or asked.takes):
        return _OF_QUERIES
    found = {name: _found(catalogue, other) for name, other in wider.items() if other != asked}
    return "; ".join(f"without {name}: {len(models)}, first {models[0].id}" for name, models in found.items() if models)
