"""Which language model a question is for, and in which protocol it is asked."""

from collections.abc import Collection
from dataclasses import dataclass

from atlascloud_mcp.atlas.models import Catalogue, Medium, Model
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.supported import USUAL, carrying, supported
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import InvalidRequest, ModelNotFound, ServiceError
from atlascloud_mcp.jobs.models.choosing import MOST_OTHERS, Choosing, unlisted
from atlascloud_mcp.jobs.models.describing import described, nouns
from atlascloud_mcp.jobs.models.finding import default, find, offered
from atlascloud_mcp.jobs.models.fitting import Need
from atlascloud_mcp.settings import Settings, variable_of

SETTING = variable_of("chat_model")


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A language model, the protocol that it is asked in, and what has to be said about the choice."""

    model: Model
    protocol: ChatProtocol
    notes: tuple[str, ...] = ()


def need_of(media: Collection[Medium]) -> Need:
    """A language model that takes these media."""
    return Need("text", frozenset(media))


class ChatModels:
    """Chooses language models from the catalogue; one that is down stops nobody who names a model in full."""

    def __init__(self, choosing: Choosing, settings: Settings) -> None:
        self._choosing = choosing
        self._settings = settings

    async def choose(self, wanted: str | None, media: Collection[Medium]) -> ChatModel:
        """The model that was named, or the default, and how it is asked with these media.

        Raises:
            ModelNotFound: there is no such model, or several; the nearest are listed.
            InvalidRequest: it does not take these media, or is asked in no way that is supported here.
            ServiceError: the name needs the catalogue, and that cannot be had.
        """
        name, need = wanted or self._settings.chat_model, need_of(media)
        try:
            catalogue = await self._choosing.catalogue()
        except ServiceError as trouble:
            return _assumed(name, trouble)
        if self._choosing.is_cut_short(catalogue, name):
            return _assumed(name, ServiceError("The model catalogue lists none of the default models"))
        note = ""
        if wanted:
            model, catalogue = await self._choosing.found(catalogue, lambda each: find(each, wanted, need))
        else:
            model, note = default(catalogue, name, need, setting=SETTING)
        try:
            protocol = _protocol(model, need)
        except InvalidRequest as error:
            raise _advised(error, catalogue, need, is_default=not wanted) from None
        return ChatModel(model, protocol, tuple(filter(None, (note, catalogue.note))))

    async def nearest(self, error: ModelNotFound, model: str, media: Collection[Medium]) -> ModelNotFound:
        """Atlas Cloud did not know the model: the catalogue's models that are like it."""
        return await self._choosing.nearest(error, model, need_of(media))


def _assumed(name: str, trouble: ServiceError) -> ChatModel:
    model = unlisted(name, "text", trouble)
    what = f"so {model.id} was taken as it stands and asked in {USUAL.name}"
    return ChatModel(model, USUAL, (f"{trouble.message.rstrip('.')}, {what}.",))


def _protocol(model: Model, need: Need) -> ChatProtocol:
    """The first of its protocols that is supported here and has a place for what is brought.

    Raises:
        InvalidRequest: none is, or the model says that it takes no such media.
    """
    ways = supported(model.protocols)
    if not ways:
        words = ", ".join(quoted(word, 40) for word in model.protocols[:5])
        raise InvalidRequest(f"{model.id} cannot be asked from here: it is asked in a way that is not known ({words}).")
    # A model that lists nothing may take anything.
    if missing := need.media - {*model.takes} if model.modalities else frozenset[Medium]():
        taken = " and ".join(nouns(model.takes)) or "text"
        raise InvalidRequest(f"{model.id} takes no {' and no '.join(nouns(missing))}, only {taken}.")
    way = carrying(ways, need.media)
    if way is None:
        brought, names = " and ".join(nouns(need.media)), ", ".join(each.name for each in ways)
        raise InvalidRequest(f"{model.id} is asked in {names}, which has no place for {brought}.")
    return way


def _advised(error: InvalidRequest, catalogue: Catalogue, need: Need, *, is_default: bool) -> InvalidRequest:
    """The error, with models that do."""
    chosen = f"It was chosen for the default, {SETTING}; name a model for this call. " if is_default else ""
    fitting = [model for model in offered(catalogue, need) if carrying(supported(model.protocols), need.media)]
    listed = "; ".join(map(described, fitting[:MOST_OTHERS]))
    advice = f"Made for such a call: {listed}." if listed else "search_models (type text) finds others."
    error.next_step = chosen + advice
    return error
