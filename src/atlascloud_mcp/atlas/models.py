"""What the catalogue says of a model, in one shape whatever way it was written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from atlascloud_mcp.atlas.kinds import Medium, Type, read_kinds, read_type, taken, type_of
from atlascloud_mcp.atlas.prices import Price, read_price
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.atlas.values import MODEL_ID, Json, is_url, items, mapping, number, text, whole

Endpoint = Literal["generateImage", "generateVideo", "generateAudio"]
"""The last part of the path that a job is submitted to."""

MAX_MODELS = 20_000
"""Fifty times what there is; an answer beyond it is not worth the seconds."""
MAX_NAME, MAX_SUMMARY, MAX_ORGANIZATION, MAX_WORD = 120, 300, 80, 40
_LONGEST_S = 24 * 3600.0
_MOST_TOKENS = 10**9

ENDPOINTS: dict[Type, Endpoint] = {"image": "generateImage", "video": "generateVideo", "audio": "generateAudio"}
_MODALITIES: dict[str, Medium] = {"text": "text", "image": "image", "video": "video", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Model:
    """One model on offer. Every text in it is safe to show (`untrusted.plain`).

    `kinds` are its categories as `text-to-image`, `image-to-video`, `image-to-3d` ..., the most telling first.
    `schema_url` is None where none is published. `modalities` is what a text model says that it takes, `protocols` the
    catalogue's words for how it is asked, the preferred first, and `sampling` those for what steers it, often not all.
    `context_tokens` is how long question and answer may be together, `max_output_tokens` the answer alone. One that is
    not `is_listed` was only named: the catalogue could not be read.
    """

    id: str
    name: str
    type: Type | None
    kinds: tuple[str, ...] = ()
    price: Price | None = None
    schema_url: str | None = None
    organization: str = ""
    summary: str = ""
    typical_seconds: float | None = None
    modalities: tuple[Medium, ...] = ()
    protocols: tuple[str, ...] = ()
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    sampling: tuple[str, ...] = ()
    is_listed: bool = True

    @property
    def family(self) -> str:
        """The id without its last part: `google/nano-banana-2/edit` is of `google/nano-banana-2`."""
        return self.id.rpartition("/")[0]

    @property
    def takes(self) -> tuple[Medium, ...]:
        """What its kinds mean that it is made from, the most telling first: image-to-video takes image and text.

        A text model takes what it says beside text.
        """
        declared = self.modalities if "llm" in self.kinds else ()
        return tuple(dict.fromkeys((*taken(self.kinds), *declared)))

    @property
    def is_mesh(self) -> bool:
        """Whether it makes 3D files, though its type is image."""
        return any(kind.endswith("-3d") for kind in self.kinds)

    @property
    def endpoint(self) -> Endpoint | None:
        """Where its jobs are submitted; None for text models, which have a route of their own, and unknown types."""
        return ENDPOINTS.get(self.type) if self.type else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All models on offer. `note` is a sentence about its age, where it is old because it could not be refreshed."""

    models: tuple[Model, ...]
    fetched_at: datetime
    note: str = ""
    _by_id: Mapping[str, Model] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {model.id: model for model in self.models})

    def get(self, model_id: str) -> Model | None:
        """The model of exactly this id."""
        return self._by_id.get(model_id)


def parse_models(body: object) -> tuple[Model, ...]:
    """The models that an answer of `GET /models` offers to users, each id once; nothing in it is required.

    Internal ones (`display_console: false`) are left out. One without the key is shown: of the vendor's own two
    clients one does so, and a model too many is refused when it is asked for.
    """
    models: dict[str, Model] = {}
    for entry in _entries(body):
        model_id = _first(entry, "model", "id", "modelId", "model_id")
        if _is_hidden(entry) or model_id in models or not MODEL_ID.fullmatch(model_id):
            continue
        models[model_id] = _model(model_id, entry)
        if len(models) == MAX_MODELS:
            break
    return tuple(models.values())


def _entries(body: object) -> Iterator[Json]:
    """Each entry, from `data` as a list, `data.models` or `data.groups[].models[]`."""
    data = mapping(body).get("data", body)
    for holder in (data, mapping(data).get("models")):
        yield from map(mapping, items(holder))
    for group in items(mapping(data).get("groups")):
        yield from map(mapping, items(mapping(group).get("models")))


def _is_hidden(entry: Json) -> bool:
    said = (entry.get("display_console"), entry.get("displayConsole"))
    return any(shown is False or (isinstance(shown, str) and shown.strip().lower() == "false") for shown in said)


def _model(model_id: str, entry: Json) -> Model:
    said = read_type(text(entry.get("type"))[:40])
    tags = _words(entry.get("tags"))
    kinds = read_kinds(_words(entry.get("categories") or entry.get("category")), tags, model_id, said)
    made = said or type_of(kinds)
    schema_url = text(entry.get("schema")) or _first(entry, "schemaUrl", "schema_url")
    modalities = _words(entry.get("input_modalities") or entry.get("inputModalities"))
    return Model(
        id=model_id,
        name=plain(_first(entry, "displayName", "display_name", "name"), MAX_NAME) or model_id[:MAX_NAME],
        type=made,
        kinds=kinds,
        price=read_price(entry, made, kinds, model_id),
        schema_url=schema_url if is_url(schema_url) else None,
        organization=plain(_first(entry, "organization", "organisation"), MAX_ORGANIZATION),
        summary=plain(_first(entry, "profile", "description", "summary"), MAX_SUMMARY),
        typical_seconds=_seconds(entry.get("avgLatency", entry.get("avg_latency"))),
        modalities=tuple(
            dict.fromkeys(_MODALITIES[word] for item in modalities if (word := item.lower()) in _MODALITIES)
        ),
        protocols=_plain_words(entry.get("supported_protocols") or entry.get("supported_apis")),
        context_tokens=_tokens(entry.get("contextLength", entry.get("context_length"))),
        max_output_tokens=_tokens(entry.get("maxCompletionTokens", entry.get("max_completion_tokens"))),
        sampling=_plain_words(
            entry.get("supported_sampling_parameters") or entry.get("supportedSamplingParameters"),
        ),
    )


def _first(entry: Json, *keys: str) -> str:
    """The text under the first of the keys that has one."""
    return next((found for key in keys if (found := text(entry.get(key)))), "")


def _words(value: object) -> list[str]:
    """A list of words, or one word alone."""
    found = [text(item)[:80] for item in items(value)[:40] or [value]]
    return [word for word in found if word]


def _plain_words(value: object) -> tuple[str, ...]:
    """The same, each once and safe to show."""
    return tuple(dict.fromkeys(word for item in _words(value) if (word := plain(item, MAX_WORD))))


def _seconds(value: object) -> float | None:
    """A latency in seconds, as a number or as text (`12.5`, `12.5s`); None when it cannot be one."""
    found = number(value.strip().removesuffix("s")) if isinstance(value, str) else number(value)
    return found if found is not None and 0 < found <= _LONGEST_S else None


def _tokens(value: object) -> int | None:
    """A number of tokens that can be one."""
    found = whole(value)
    return found if found is not None and 0 < found <= _MOST_TOKENS else None
