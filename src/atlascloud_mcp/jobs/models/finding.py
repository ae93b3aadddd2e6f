"""The one model that a caller's words mean, or an explanation of why it is none or several.

A wrong model is the user's money: what could mean two models is never decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from atlascloud_mcp.atlas.models import Catalogue, Model, Type
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.describing import described, price
from atlascloud_mcp.jobs.models.fitting import UNFIT, Need, misfit
from atlascloud_mcp.jobs.models.index import Entry, Index, entry_of, index_of
from atlascloud_mcp.jobs.models.matching import Match, asked_tasks, match, nearest

__all__ = ["Need", "default", "find", "identify", "offered", "sibling"]

MAX_LISTED = 5
_MEDIA_NOUNS = {"image": "pictures", "video": "video", "audio": "audio"}
_TYPES: tuple[Type, ...] = ("image", "video", "audio", "text")
_TOOLS: dict[Type, str] = {
    "image": "generate_image makes images",
    "video": "generate_video makes videos",
}


@dataclass(frozen=True, slots=True)
class _Search:
    """One look for a model: what was asked, of what, and for what."""

    index: Index
    wanted: str
    need: Need

    @property
    def of_type(self) -> int:
        """The models that the tool can run."""
        return self.index.types.get(self.need.type, 0)


def find(catalogue: Catalogue, wanted: str, need: Need) -> Model:
    """The model that `wanted` means: an id, a name, or loose words that fit only one.

    An exact id stands whether or not its kind fits the inputs (see `sibling`), a name unless a sibling fits them.
    Raises ModelNotFound, which lists what there is, when no model of the needed type fits or several do.
    """
    look = _Search(index_of(catalogue), wanted.strip().strip("\"'`").strip(), need)
    by_id = _by_id(catalogue, look)
    if by_id:
        return by_id
    named = _by_name(catalogue, look)
    return named or _loosely(look)


def identify(catalogue: Catalogue, wanted: str) -> Model:
    """The model that `wanted` means, whatever it makes and takes.

    Raises ModelNotFound, which lists what there is, when none has that name or several do.
    """
    said = wanted.strip().strip("\"'`").strip()
    folded = said.casefold()
    by_id = [model for model in catalogue.models if model.id.casefold() == folded]
    by_name = [model for model in catalogue.models if model.name.casefold() == folded]
    for same in (catalogue.get(said), *(found[0] for found in (by_id, by_name) if len(found) == 1)):
        if same:
            return same
    index = index_of(catalogue)
    matched = match(index, said)
    matched = matched if matched.models else match(index, said, leniently=True)
    found = [*index.members(matched.models)]
    whole = matched.whole(found)
    # A whole name without a task may still be half of a longer one: looking costs nothing, so both are shown.
    rest = whole if asked_tasks(said) or len(whole) > 1 else found
    rest = rest or found
    if len(rest) == 1:
        return rest[0].model
    if rest:
        listed = sorted(rest, key=lambda entry: (len(matched.unexplained(entry)), entry.model.id))
        count = f" (the first {MAX_LISTED} of {len(rest)})" if len(rest) > MAX_LISTED else ""
        message = f"{quoted(wanted)} can mean several models{count}: {_listed(listed)}."
        raise ModelNotFound(message, next_step="Name one by its id, or look with search_models.")
    close = [entry for entry, _ in nearest(index, said, index.everything)][:MAX_LISTED]
    hint = f" The nearest: {_listed(close)}." if close else ""
    raise ModelNotFound(f"No model is called {quoted(wanted)}.{hint}", next_step="Look for one with search_models.")


def offered(catalogue: Catalogue, need: Need) -> list[Model]:
    """The models that are made for such a call, the cheapest first, unpriced ones last."""
    look = _Search(index_of(catalogue), "", need)
    return [entry.model for entry in _fitting_by_price(look)]


def sibling(catalogue: Catalogue, model: Model, need: Need) -> Model | None:
    """The model of the same family that fits the need better than this one: edit for text-to-image, given pictures."""
    index, own = index_of(catalogue), entry_of(model)
    line = [entry for entry in index.entries if entry.line == own.line and entry.model.id != model.id]
    best = min(line, key=lambda entry: misfit(entry, need), default=None)
    return best.model if best and misfit(best, need) < misfit(own, need) else None


def default(catalogue: Catalogue, wanted: str, need: Need, *, setting: str) -> tuple[Model, str]:
    """The model for a call that names none, and a note where it is not the one that the setting names.

    `wanted` is the value of `setting`, the name of a variable. A sibling of its family is taken when that fits the
    inputs. One that is not offered any more, or cannot make meshes when one is needed, is replaced by the cheapest
    model of the needed kind. Raises ModelNotFound when there is none, and when the setting means several models or
    one of another type: then the choice is the user's.
    """
    look = _Search(index_of(catalogue), wanted, need)
    try:
        model = find(catalogue, wanted, need)
    except _NoSuchModel:
        return _substitute(look, setting, "is not offered any more")
    except ModelNotFound as error:
        step = f"{error.next_step} The user can change {setting}."
        raise ModelNotFound(f"{setting}: {error.message}", next_step=step) from error
    if need.mesh and not model.is_mesh:
        return _substitute(look, setting, "makes no 3D mesh")
    return sibling(catalogue, model, need) or model, ""


class _NoSuchModel(ModelNotFound):
    """Nothing in the catalogue is called so."""


def _by_id(catalogue: Catalogue, look: _Search) -> Model | None:
    """The model of this id, in any case when only one is spelled so; refused when another tool's."""
    exact = catalogue.get(look.wanted)
    folded = look.wanted.casefold()
    found = [exact] if exact else [model for model in catalogue.models if model.id.casefold() == folded]
    usable = [model for model in found if model.type in {look.need.type, None}]
    if found and not usable:
        raise _other_type(look, found)
    if len(usable) > 1:
        raise _ambiguous(look, [entry_of(model) for model in usable])
    return usable[0] if usable else None


def _by_name(catalogue: Catalogue, look: _Search) -> Model | None:
    """The model of this display name, exactly, else in any case; of several the one that fits the need.

    A name without a task, as "Seedream v4.5", means the sibling that fits the inputs.
    """
    mesh_only = look.need.mesh
    usable = [model for model in catalogue.models if model.type == look.need.type and (model.is_mesh or not mesh_only)]
    folded = look.wanted.casefold()
    found = [model for model in usable if model.name == look.wanted]
    found = found or [model for model in usable if model.name.casefold() == folded]
    if not found:
        return None
    fitting = [model for model in found if misfit(entry_of(model), look.need) < UNFIT] or found
    if len(fitting) > 1:
        raise _ambiguous(look, [entry_of(model) for model in fitting])
    if len(found) > 1 or asked_tasks(look.wanted):
        return fitting[0]
    is_fit = misfit(entry_of(fitting[0]), look.need) < UNFIT
    return fitting[0] if is_fit else sibling(catalogue, fitting[0], look.need) or fitting[0]


def _loosely(look: _Search) -> Model:
    """The one model that the words can mean."""
    matched = match(look.index, look.wanted)
    if not matched.models & look.of_type:
        lenient = match(look.index, look.wanted, leniently=True)
        matched = lenient if lenient.models & look.of_type else matched
    found = [*look.index.members(matched.models & look.of_type)]
    if not found:
        raise _unknown(look, matched)
    family = look.wanted.casefold().rstrip("/") + "/"
    members = [entry for entry in found if entry.model.id.casefold().startswith(family)]
    meant = _only(look, matched, members or found)
    if "/" in look.wanted and not members and not matched.whole([meant]):
        # What is written as an id, and is none, does not mean one with a longer name: that id may have left.
        raise _unknown(look, Match(0, matched.spoken))
    return meant.model


def _only(look: _Search, matched: Match, found: Sequence[Entry]) -> Entry:
    """The one that is meant: the only one that fits, or the only one whose whole name was said."""
    need = look.need
    if need.mesh:
        if not any(entry.model.is_mesh for entry in found):
            raise _no_mesh(look, found)
        found = [entry for entry in found if entry.model.is_mesh]
    else:  # a mesh is meant where nothing else has that name
        found = [entry for entry in found if not entry.model.is_mesh] or found
    fitting = [entry for entry in found if misfit(entry, need) < UNFIT]
    whole = matched.whole(found)
    families = {entry.family for entry in whole}
    mates = [entry for entry in found if entry.family in families]
    if not fitting:
        # The inputs fit none of them: the choice stands, and the model's own schema tells.
        rest = mates or found
    elif whole:
        # Where the whole name was said of one that does not fit, a longer name that does is another model.
        rest = [entry for entry in fitting if entry in whole] or [entry for entry in fitting if entry in mates]
    else:
        rest = fitting
    if len(rest) > 1 and len({matched.unexplained(entry) for entry in rest}) == 1:
        best = min(misfit(entry, need) for entry in rest)
        rest = [entry for entry in rest if misfit(entry, need) == best] if best < UNFIT else rest
    if len(rest) != 1:
        raise _ambiguous(look, found, matched)
    return rest[0]


def _ambiguous(look: _Search, found: Sequence[Entry], matched: Match | None = None) -> ModelNotFound:
    ordered = sorted(found, key=lambda entry: _order(look, entry, matched))
    lack = ""
    if all(misfit(entry, look.need) >= UNFIT for entry in found):
        given = [_MEDIA_NOUNS[medium] for medium in _MEDIA_NOUNS if medium in look.need.media]
        lack = f" None of them is listed as made for {' and '.join(given)}." if given else ""
        lack = lack or " None of them is listed as made for text alone."
    count = f" (the first {MAX_LISTED} of {len(found)})" if len(found) > MAX_LISTED else ""
    message = f"{quoted(look.wanted)} can mean several {look.need.type} models{count}: {_listed(ordered)}.{lack}"
    return ModelNotFound(message, next_step="Call again with one of these ids as model, or look with search_models.")


def _order(look: _Search, entry: Entry, matched: Match | None) -> tuple[int, int, str]:
    left = len(matched.unexplained(entry)) if matched else 0
    return (min(misfit(entry, look.need), UNFIT), left, entry.model.id)


def _unknown(look: _Search, matched: Match) -> ModelNotFound:
    """Why the words mean no model of this type, with the models that they resemble."""
    message = f"No {look.need.type} model is called {quoted(look.wanted)}."
    others = [entry.model for entry in look.index.members(matched.models)]
    if others:
        return _other_type(look, others)
    close = nearest(look.index, look.wanted, look.of_type)
    if not close:
        return _NoSuchModel(message, next_step="Look for one with search_models, and call again with its id as model.")
    most = max(points for _, points in close)
    close = [(entry, points) for entry, points in close if points * 3 > most * 2]
    close.sort(key=lambda pair: (-pair[1], *_order(look, pair[0], matched)))
    message += f" The nearest: {_listed([entry for entry, _ in close])}."
    return _NoSuchModel(message, next_step="Call again with one of these ids as model, or look with search_models.")


def _other_type(look: _Search, found: Sequence[Model]) -> ModelNotFound:
    """The words mean models that another tool runs."""
    types: list[Type] = [made for made in _TYPES if any(model.type == made for model in found)]
    ids = ", ".join(model.id for model in sorted(found, key=lambda model: model.id)[:MAX_LISTED])
    kinds = " and ".join(types) or "unknown"
    message = f"{quoted(look.wanted)} names no {look.need.type} model; of type {kinds}: {ids}."
    right = "".join(f"{_TOOLS.get(made, f'No tool here runs {made} models')}. " for made in types)
    step = f"{right}Here, name {_an(look.need.type)} model; search_models lists them."
    return ModelNotFound(message, next_step=step)


def _an(made: Type) -> str:
    return f"an {made}" if made[0] in "aeiou" else f"a {made}"


def _no_mesh(look: _Search, found: Sequence[Entry]) -> ModelNotFound:
    message = f"{quoted(look.wanted)} makes no 3D mesh: {_listed(found)}."
    offered = _fitting_by_price(look)
    step = f"Models that do: {_listed(offered)}. " if offered else ""
    return ModelNotFound(message, next_step=f"{step}Call again with the id of one that does; search_models lists them.")


def _substitute(look: _Search, setting: str, reason: str) -> tuple[Model, str]:
    """The cheapest model of the needed kind that has a price, and the note that says so."""
    lost = f"{setting} names {quoted(look.wanted)}, which {reason}"
    offered = _fitting_by_price(look)
    best = offered[0].model if offered else None
    if best is None or _cost(best) is None:
        named = f" Without a listed price: {_listed(offered)}." if offered else ""
        step = "Name a model; search_models lists them. The user can change the setting."
        raise ModelNotFound(f"{lost}, and no other of the needed kind has a listed price.{named}", next_step=step)
    return best, f"{lost}; used {best.id} instead ({price(best)}). Change {setting} to choose another."


def _fitting_by_price(look: _Search) -> list[Entry]:
    """The models of exactly the needed kind, else those that fit next best; the cheapest first, unpriced ones last."""
    graded = [(misfit(entry, look.need), entry) for entry in look.index.members(look.of_type)]
    best = min((grade for grade, _ in graded), default=UNFIT)
    chosen = [entry for grade, entry in graded if grade == best < UNFIT]
    return sorted(chosen, key=lambda entry: _by_cost(entry.model))


def _by_cost(model: Model) -> tuple[float, str]:
    cost = _cost(model)
    return (float("inf") if cost is None else cost, model.id)


def _cost(model: Model) -> float | None:
    """A price to compare by; a price of nothing is none, for it is a gap in the catalogue rather than a gift."""
    if model.price is None:
        return None
    tokens = (model.price.input_per_million or 0) + (model.price.output_per_million or 0)
    return (model.price.base if model.price.base is not None else tokens) or None


def _listed(entries: Sequence[Entry]) -> str:
    return "; ".join(described(entry.model) for entry in entries[:MAX_LISTED])
