"""What Atlas Cloud publishes of its models: the catalogue and each model's schema, at hand when a call wants them."""

import hashlib
from dataclasses import replace
from datetime import datetime

from atlascloud_mcp.atlas.client import AtlasClient, Document
from atlascloud_mcp.atlas.exchange import Time
from atlascloud_mcp.atlas.kept import Cache, Copy, Kept, Source, StartSoon, Terms, UnusableError
from atlascloud_mcp.atlas.models import Catalogue, Model, parse_models
from atlascloud_mcp.atlas.schema import InputSchema, parse_schema
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.atlas.values import read
from atlascloud_mcp.atlas.wire import envelope

HOUR_S, DAY_S = 3600.0, 24 * 3600.0
CATALOGUE_TERMS = Terms(fresh_s=HOUR_S, usable_s=7 * DAY_S, wait_s=8)
SCHEMA_TERMS = Terms(fresh_s=DAY_S, usable_s=DAY_S, wait_s=6)
MAX_SCHEMAS = 1000
"""Documents in memory; more than twice as many as there are models. The first to come goes first."""


class Library:
    """The catalogue and the schemas, of one base URL.

    `start_soon` starts a task in a task group of the server's own. Nothing is read before the first call.
    """

    def __init__(self, client: AtlasClient, cache: Cache, time: Time, start_soon: StartSoon) -> None:
        self._client = client
        self._cache = cache
        self._time = time
        self._start_soon = start_soon
        self._models = self._kept_catalogue()
        self._current: Catalogue | None = None
        self._schemas: dict[str, Kept[InputSchema]] = {}

    async def catalogue(self, *, newer_than_s: float | None = None) -> Catalogue:
        """The models on offer: from memory or disk, at most 7 days old, or `newer_than_s` if that is less.

        Older than an hour, it is refreshed behind the caller's back. Where the last refresh failed it says so in its
        `note`, and where one was waited for in vain it may be older than asked for.

        Raises:
            ServiceError: there is no catalogue at all.
        """
        copy = await self._models.get(newer_than_s)
        note = _note("The model catalogue", copy, self._time.now()) if copy.trouble else ""
        current = self._current
        if current is None or (current.models, current.fetched_at, current.note) != (copy.value, copy.fetched_at, note):
            current = self._current = Catalogue(copy.value, copy.fetched_at, note)
        return current

    async def schema(self, model: Model) -> InputSchema | None:
        """What a model's request body may hold; None when it publishes nothing.

        A copy older than a day is refreshed first; where that fails it is used, and its `note` says how old it is.

        Raises:
            ServiceError: it publishes something that could not be had or understood.
        """
        if model.schema_url is None:
            return None
        kept = self._schemas.get(model.schema_url)
        if kept is None:
            kept = self._schemas[model.schema_url] = self._kept_schema(model.schema_url)
            while len(self._schemas) > MAX_SCHEMAS:
                del self._schemas[next(iter(self._schemas))]
        copy = await kept.get()
        if not copy.trouble:
            return copy.value
        return replace(copy.value, note=_note(f"The schema of {model.id}", copy, self._time.now()))

    def _kept_catalogue(self) -> Kept[tuple[Model, ...]]:
        source = Source(
            name=f"catalogue-{_digest(self._client.base_url)}",
            key=self._client.base_url,
            what="The model catalogue",
            fetch=self._client.models,
            parse=_models,
            problem=_loss,
        )
        return Kept(source, CATALOGUE_TERMS, cache=self._cache, time=self._time, start_soon=self._start_soon)

    def _kept_schema(self, url: str) -> Kept[InputSchema]:
        async def fetch(_: str | None) -> Document:
            return await self._client.schema_document(url)

        key = f"{self._client.base_url} {url}"
        source = Source(
            name=f"schema-{_digest(key)}", key=key, what="The schema of this model", fetch=fetch, parse=_schema
        )
        return Kept(source, SCHEMA_TERMS, cache=self._cache, time=self._time, start_soon=self._start_soon)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _json(content: bytes) -> object:
    try:
        return read(content)
    except ValueError:
        raise UnusableError("the answer is not JSON, or not all of it") from None


def _models(content: bytes) -> tuple[Model, ...]:
    body = _json(content)
    models = parse_models(body)
    if not models:
        message = envelope(body).message
        raise UnusableError(f"the answer holds no models{f' and says {quoted(message)}' if message else ''}")
    return models


def _loss(new: tuple[Model, ...], held: tuple[Model, ...]) -> str:
    """The catalogue changes by a few models a day: what has lost more than half is an answer that went wrong.

    That holds against an old copy, too: it knows more models, and what has left is only refused when it is asked for.
    """
    if 2 * len(new) >= len(held):
        return ""
    return f"the answer holds {len(new)} models where there were {len(held)}"


def _schema(content: bytes) -> InputSchema:
    found = parse_schema(_json(content))
    if found is None:
        raise UnusableError("the document holds no input schema")
    return found


def _note(what: str, copy: Copy[tuple[Model, ...]] | Copy[InputSchema], now: datetime) -> str:
    age = _age((now - copy.fetched_at).total_seconds())
    return f"{what} is {age} old: it could not be refreshed ({copy.trouble})."


def _age(seconds: float) -> str:
    for unit, length in (("day", DAY_S), ("hour", HOUR_S), ("minute", 60.0)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"
