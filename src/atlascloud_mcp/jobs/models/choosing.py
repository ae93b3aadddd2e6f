"""Which model a request is for, and what that model takes."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import anyio.to_thread

from atlascloud_mcp.atlas.library import Library
from atlascloud_mcp.atlas.models import Catalogue, Medium, Model, Type
from atlascloud_mcp.atlas.schema import InputSchema
from atlascloud_mcp.errors import InvalidRequest, ModelNotFound, ServiceError
from atlascloud_mcp.jobs.models.describing import TRANSCRIPT, described, tool_for
from atlascloud_mcp.jobs.models.finding import default, find, identify, offered, sibling
from atlascloud_mcp.jobs.models.fitting import UNFIT, Need, misfit
from atlascloud_mcp.jobs.models.index import entry_of, index_at_hand, index_of
from atlascloud_mcp.jobs.parameters import assumed
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.media import named_medium
from atlascloud_mcp.jobs.request import AudioKind, Request
from atlascloud_mcp.settings import Settings, variable_of

logger = logging.getLogger(__name__)

FULL_ID = re.compile(r"[A-Za-z0-9][\w.+-]*(/[\w.+-]+)+")
NEW_ENOUGH_S = 60.0  # a name that is not in an older catalogue may be in a newer one
MOST_OTHERS = 3  # models that an error names beside the one that did not fit
MOST_SIBLINGS = 3  # whose schemas are tried for a model that publishes none


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, the fields that it takes, and what has to be said about the choice.

    `sibling` is of the same family and fits what the call brings better. Where a default does not fit, `setting` is the
    variable that named it, and `others` are models of any family that do.
    """

    model: Model
    layout: Layout
    notes: tuple[str, ...] = ()
    setting: str | None = None
    sibling: Model | None = None
    others: tuple[Model, ...] = ()

    def advised(self, error: InvalidRequest) -> InvalidRequest:
        """The error, with the models that take what this call brings."""
        advice = [error.next_step]
        if self.setting:
            advice.append(f"It was chosen for the default, {self.setting}; name a model for this call.")
        if self.sibling:
            advice.append(f"Its sibling for such a call is {described(self.sibling)}.")
        elif self.others:
            advice.append(f"Made for such a call: {'; '.join(map(described, self.others))}.")
        error.next_step = " ".join(filter(None, advice))
        return error


DEFAULTS = (
    *("image_model", "image_edit_model", "video_model", "mesh_model"),
    *("speech_model", "music_model", "lyrics_model", "transcription_model"),
)
_OF_KIND: Mapping[AudioKind, tuple[str, str]] = {
    "speech": ("speech_model", "text-to-speech"),
    "music": ("music_model", "text-to-music"),
    "lyrics": ("lyrics_model", "text-to-lyrics"),
    "transcript": ("transcription_model", "speech-to-text"),
}
"""The setting that names the model, and the kind of model that will do."""


class Choosing:
    """Chooses models from the catalogue; a catalogue that is down stops nothing that names its model in full."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self._library = library
        self._settings = settings

    async def catalogue(self, *, newer_than_s: float | None = None) -> Catalogue:
        """The models on offer, ready to be looked through.

        Raises:
            ServiceError: there is no catalogue at all.
        """
        catalogue = await self._library.catalogue(newer_than_s=newer_than_s)
        if index_at_hand(catalogue) is None:
            await anyio.to_thread.run_sync(index_of, catalogue)
        return catalogue

    async def choose(self, request: Request) -> Choice:
        """The model that was named, or the default for such a request, and its fields.

        Raises:
            ModelNotFound: there is no such model, or several; the nearest are listed.
            ServiceError: the name needs the catalogue, and that cannot be had.
        """
        need = need_of(request)
        try:
            catalogue = await self.catalogue()
        except ServiceError as trouble:
            return await self._assumed_choice(request, trouble)
        if self.is_cut_short(catalogue, request.model or getattr(self._settings, self._setting(request, need))):
            return await self._assumed_choice(
                request, ServiceError("The model catalogue lists none of the default models")
            )
        variable, note = None, ""
        others: tuple[Model, ...] = ()
        if request.model:
            wanted = request.model
            model, catalogue = await self.found(catalogue, lambda each: find(each, wanted, need))
        else:
            setting = self._setting(request, need)
            variable = variable_of(setting)
            model, note = default(catalogue, getattr(self._settings, setting), need, setting=variable)
            is_fit = misfit(entry_of(model), need) == 0
            others = () if is_fit else tuple(offered(catalogue, need)[:MOST_OTHERS])
        _refuse_other_kind(model, request, catalogue, need)
        layout = await self._layout(model, catalogue, kind=request.kind)
        better = sibling(catalogue, model, need)
        doubt = ""
        if layout.schema.assumption and need.media and misfit(entry_of(model), need) >= UNFIT:
            unfit = Choice(model, layout, sibling=better, others=tuple(offered(catalogue, need)[:MOST_OTHERS]))
            doubt = _doubt(unfit, request)
        notes = tuple(filter(None, (note, doubt, catalogue.note, layout.schema.note)))
        return Choice(model, layout, notes, variable if others else None, better, others)

    async def looked_up(self, wanted: str) -> tuple[Model, Layout, str]:
        """The model of this id or name, whatever it makes, its fields, and a note about the catalogue's age.

        Raises:
            ModelNotFound: there is none, or there are several.
            ServiceError: the catalogue cannot be had.
        """
        model, catalogue = await self.found(await self.catalogue(), lambda each: identify(each, wanted))
        layout = await self._layout(model, catalogue)
        return model, layout, " ".join(filter(None, (catalogue.note, layout.schema.note)))

    async def id_of(self, wanted: str) -> tuple[str, str]:
        """The id that this name means, else the name itself and why it may mean nothing.

        A full id that is not listed stands: models leave the catalogue, and what they made stays.
        """
        wanted = wanted.strip()
        is_id = FULL_ID.fullmatch(wanted) is not None
        try:
            catalogue = await self.catalogue()
            listed = {model.id.casefold(): model.id for model in catalogue.models}
            return (listed.get(wanted.casefold(), wanted) if is_id else identify(catalogue, wanted).id), ""
        except (ModelNotFound, ServiceError) as trouble:
            return wanted, "" if is_id else trouble.message

    async def nearest(self, error: ModelNotFound, model: str, need: Need) -> ModelNotFound:
        """Atlas Cloud did not know a model that was taken as it stood: what the catalogue has that is like it."""
        try:
            find(await self.catalogue(), model, need)
        except ModelNotFound as found:
            return ModelNotFound(f"{error.message} {found.message}", next_step=found.next_step)
        except ServiceError as trouble:
            logger.info("no catalogue for the nearest models: %s", trouble)
        return ModelNotFound(error.message, next_step="Look for another one with search_models.")

    async def found(self, catalogue: Catalogue, look: Callable[[Catalogue], Model]) -> tuple[Model, Catalogue]:
        """What `look` finds, in this catalogue or else in a newer one, and where.

        Raises:
            ModelNotFound: as `look` does.
        """
        try:
            return look(catalogue), catalogue
        except ModelNotFound:
            newer = await self.catalogue(newer_than_s=NEW_ENOUGH_S)
            if newer.fetched_at == catalogue.fetched_at:
                raise
            return look(newer), newer

    async def _assumed_choice(self, request: Request, trouble: ServiceError) -> Choice:
        """The model as it was named, though nobody knows whether it exists.

        Raises:
            ServiceError: the name is no full id.
        """
        need = need_of(request)
        setting = self._setting(request, need)
        wanted = (request.model or getattr(self._settings, setting)).strip()
        # Of the defaults only these are made for what is brought; the others have siblings for it.
        is_made_for_it = setting in {"image_edit_model", "transcription_model"}
        is_sure = bool(request.model) or not need.inputs or is_made_for_it
        model = unlisted(wanted if is_sure else "", request.type, trouble)
        if need.kind:
            model = replace(model, kinds=(need.kind,))
        why = trouble.message.rstrip(".")
        return Choice(model, await self._layout(model, None, why, kind=request.kind))

    async def _layout(
        self, model: Model, catalogue: Catalogue | None, why: str = "", *, kind: AudioKind | None = None
    ) -> Layout:
        """The model's published fields; else those that its pages or its siblings name, which nothing can check."""
        try:
            schema = await self._library.schema(model) if catalogue else None
        except ServiceError as trouble:
            logger.info("no schema of %s: %s", model.id, trouble)
            schema, why = None, f"The schema of {model.id} could not be read"
            catalogue = None  # its siblings' schemas lie in the same place, and would be waited for as long
        schema = schema or await self._assumed(model, catalogue, why or f"{model.id} publishes no schema")
        return Layout(schema, hears=kind == "transcript" or TRANSCRIPT in model.kinds)

    async def _assumed(self, model: Model, catalogue: Catalogue | None, why: str) -> InputSchema:
        made = model.type or "image"
        if row := assumed.from_row(model.id, made, why, general=False, kinds=model.kinds):
            return row
        for other in _family(catalogue, model)[:MOST_SIBLINGS] if catalogue else ():
            try:
                schema = await self._library.schema(other)
            except ServiceError:
                break
            if schema:
                return assumed.from_sibling(other.id, schema, why)
        general = assumed.from_row(model.id, made, why, general=True, kinds=model.kinds)
        return general or InputSchema({}, frozenset(), {"type": "object"}, assumption=why)

    def is_cut_short(self, catalogue: Catalogue, wanted: str) -> bool:
        """Whether it proves nothing that a full id is not listed: without any default the catalogue is damaged.

        The defaults are those that are set and those that are built in: what a user sets may be a loose name.
        """
        wanted = wanted.strip()
        if catalogue.get(wanted) or not FULL_ID.fullmatch(wanted):
            return False
        built_in = [str(Settings.model_fields[setting].default) for setting in DEFAULTS]
        usual = {getattr(self._settings, setting) for setting in DEFAULTS}.union(built_in)
        return not any(_lists(catalogue, each) for each in usual)

    def _setting(self, request: Request, need: Need) -> str:
        """The setting that names the model for a call that does not."""
        if request.type == "video":
            return "video_model"
        if request.type == "audio":
            return _OF_KIND[request.wanted_kind or "music"][0]
        if need.mesh:
            return "mesh_model"
        return "image_edit_model" if "image" in need.inputs else "image_model"


def unlisted(wanted: str, made: Type, trouble: ServiceError) -> Model:
    """The model as it was named, though nobody knows whether it exists.

    Raises:
        ServiceError: the trouble with the catalogue, for the name is no full id.
    """
    if not FULL_ID.fullmatch(wanted.strip()):
        trouble.next_step = f"Name the model by its full id (organisation/name), or wait. {trouble.next_step}".strip()
        raise trouble
    return Model(wanted.strip(), wanted.strip(), made, is_listed=False)


def _lists(catalogue: Catalogue, wanted: str) -> bool:
    """Whether a model of this id or of this family is in it."""
    return any(model.id == wanted or model.id.startswith(f"{wanted}/") for model in catalogue.models)


def _refuse_other_kind(model: Model, request: Request, catalogue: Catalogue, need: Need) -> None:
    """Speech is no music, and what writes down speech speaks none.

    Raises:
        InvalidRequest: the model makes the other one; the right kind's models.
    """
    wanted = {need.kind} if need.kind else {kind for _, kind in _OF_KIND.values()} - {"speech-to-text"}
    others = {kind for _, kind in _OF_KIND.values()} & set(model.kinds)
    if request.type != "audio" or not others or others & wanted:
        return
    right = tool_for(model)
    step = f"{right} runs it. " if right != request.tool else ""
    found = "; ".join(map(described, offered(catalogue, need)[:MOST_OTHERS]))
    raise InvalidRequest(
        f"{model.id} is made for {', '.join(model.kinds)}, not for {need.kind or 'making sound'}.",
        next_step=f"{step}Made for such a call: {found}." if found else f"{step}search_models finds others.",
    )


def _doubt(choice: Choice, request: Request) -> str:
    """What to say of a model whose kind says that it takes no such media, and no schema says that it does.

    Raises:
        InvalidRequest: nobody else says so either.
    """
    kinds = ", ".join(choice.model.kinds)
    if assumed.from_row(choice.model.id, request.type, "", general=False) is None:
        raise choice.advised(
            InvalidRequest(
                f"{choice.model.id} is made for {kinds}: it has no use for what is passed in.",
                next_step="search_models finds models that take it.",
            )
        )
    return f"{choice.model.id} is listed as {kinds}: it may ignore what is passed in."


def need_of(request: Request) -> Need:
    """What a request wants made, and what it brings, in `params` too."""
    brought: set[Medium] = set()
    for name, value in request.params.items():
        found = named_medium(name, is_list=isinstance(value, list))
        if found and isinstance(value, str | list):
            brought.add(found)
    brought |= {"image"} if request.pictures else set()
    brought |= {"video"} if request.video else set()
    brought |= {"audio"} if request.audio else set()
    roles = {
        "first_frame": request.first_frame,
        "last_frame": request.last_frame,
        "mask": request.mask,
        "reference": request.type == "video" and request.images and not request.first_frame,
    }
    return Need(
        request.type,
        frozenset(brought),
        mesh=request.wants_mesh,
        roles=frozenset(role for role, is_there in roles.items() if is_there),
        kind=_OF_KIND[request.wanted_kind][1] if request.wanted_kind else None,
    )


def _family(catalogue: Catalogue, model: Model) -> list[Model]:
    """Models of the same family that publish a schema, those of the same kind first."""
    line = entry_of(model).line
    related = [
        entry.model
        for entry in index_of(catalogue).entries
        if entry.line == line and entry.model.id != model.id and entry.model.schema_url
    ]
    return sorted(related, key=lambda other: (not set(other.kinds) & set(model.kinds), other.id))
