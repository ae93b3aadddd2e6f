"""The one model that a caller's words mean, or an explanation of why it is none or several.

A wrong model is the user's money: what could mean two models is never decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from atlascloud_mcp.atlas.models import Catalogue, Model, Type
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.describing import described, price
from atlascloud_mcp.jobs.models.fitting import UNFIT, Need, grade, is_unasked_tool, misfit
from atlascloud_mcp.jobs.models.index import Entry, Index, entry_of, index_of
from atlascloud_mcp.jobs.models.matching import Match, match, nearest
from atlascloud_mcp.jobs.models.names import MEDIA, asked_tasks, beside_tasks, spellings, words

MAX_LISTED = 5
_CALL_AGAIN = "Call again with one of these ids as model, or look with search_models."
_MEDIA_NOUNS = {"image": "pictures", "video": "video", "audio": "audio"}
_TYPES: tuple[Type, ...] = ("image", "video", "audio", "text")
_TOOLS: dict[Type, str] = {
    "image": "generate_image makes images",
    "video": "generate_video makes videos",
    "text": "chat asks language models",
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
    look = _Search(index_of(catalogue), wanted, need)
    return _by_id(catalogue, look) or _by_name(catalogue, look) or _by_path(catalogue, look) or _loosely(look)


def identify(catalogue: Catalogue, wanted: str) -> Model:
    """The model that `wanted` means, whatever it makes and takes.

    Raises ModelNotFound, which lists what there is, when none has that name or several do.
    """
    for said in spellings(wanted):
        folded = said.casefold()
        by_id = [model for model in catalogue.models if model.id.casefold() == folded]
        by_name = [model for model in catalogue.models if model.name.casefold() == folded]
        for same in (catalogue.get(said), *(found[0] for found in (by_id, by_name) if len(found) == 1)):
            if same:
                return same
    index = index_of(catalogue)
    matched = match(index, wanted)
    matched = matched if matched.models else match(index, wanted, leniently=True)
    found = [*index.members(matched.models)]
    whole = matched.whole(found)
    # A whole name without a task may still be half of a longer one: looking costs nothing, so both are shown.
    rest = whole if matched.asked or len(whole) > 1 else found
    rest = rest or found
    if len(rest) == 1:
        return rest[0].model
    if rest:
        listed = sorted(rest, key=lambda entry: _order(entry, matched))
        message = f"{quoted(wanted)} can mean several models{_count(rest)}: {_listed(listed)}."
        raise ModelNotFound(message, next_step="Name one by its id, or look with search_models.")
    close = _closest(index, wanted, index.everything, matched)
    hint = f" The nearest: {_listed(close)}." if close else ""
    raise ModelNotFound(f"No model is called {quoted(wanted)}.{hint}", next_step="Look for one with search_models.")


def offered(catalogue: Catalogue, need: Need) -> list[Model]:
    """The models that are made for such a call, the cheapest first, unpriced ones last."""
    look = _Search(index_of(catalogue), "", need)
    return [entry.model for entry in _fitting_by_price(look)]


def sibling(catalogue: Catalogue, model: Model, need: Need) -> Model | None:
    """The model of the same family that fits the need better than this one: edit for text-to-image, given pictures."""
    own = entry_of(model)
    best = _relative(index_of(catalogue), own, need)
    return best.model if best and misfit(best, need) < misfit(own, need) else None


def _relative(index: Index, own: Entry, need: Need) -> Entry | None:
    """Of its siblings the one that fits best, if any does; a tool for one purpose is none that stands in."""
    line = [entry for entry in index.entries if entry.line == own.line and entry.model.id != own.model.id]
    usable = [entry for entry in line if misfit(entry, need) < UNFIT and not is_unasked_tool(entry, own.stated)]
    return min(usable, key=lambda entry: grade(entry, need), default=None)


def default(catalogue: Catalogue, wanted: str, need: Need, *, setting: str) -> tuple[Model, str]:
    """The model for a call that names none, and a note where it is not the one that the setting names.

    `wanted` is the value of `setting`, the name of a variable. A sibling of its family is taken when that fits the
    inputs. One that is not in the catalogue is replaced by what is left of its family; where nothing is, or where it
    cannot make meshes and one is needed, by the cheapest model of the needed kind. Raises ModelNotFound when there is
    none, and when the setting means several models or one of another type: then the choice is the user's.
    """
    look = _Search(index_of(catalogue), wanted, need)
    try:
        model = find(catalogue, wanted, need)
    except _NoSuchModel:
        lost = entry_of(Model(wanted.strip(), "", need.type))
        return _substitute(look, setting, "is not in the catalogue", _relative(look.index, lost, need))
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
    found: list[Model] = []
    for said in spellings(look.wanted):
        exact, folded = catalogue.get(said), said.casefold()
        found = found or ([exact] if exact else [model for model in catalogue.models if model.id.casefold() == folded])
    usable = [model for model in found if model.type in {look.need.type, None}]
    if found and not usable:
        raise _other_type(look, [entry_of(model) for model in found])
    if len(usable) > 1:
        raise _ambiguous(look, [entry_of(model) for model in usable])
    return usable[0] if usable else None


def _by_name(catalogue: Catalogue, look: _Search) -> Model | None:
    """The model of this display name, exactly, else in any case; of several the one that fits the need.

    A name without a task, as "Seedream v4.5", means the sibling that fits the inputs.
    """
    mesh_only = look.need.mesh
    usable = [model for model in catalogue.models if model.type == look.need.type and (model.is_mesh or not mesh_only)]
    found: list[Model] = []
    for said in spellings(look.wanted):
        folded = said.casefold()
        found = found or [model for model in usable if model.name == said]
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


def _by_path(catalogue: Catalogue, look: _Search) -> Model | None:
    """The model of this id without its maker, when that is one model's only and fits: a plain word is no id."""
    for said in spellings(look.wanted):
        if "/" in said or any(map(str.isdigit, said)):
            folded = said.casefold()
            found = [model for model in catalogue.models if model.id.partition("/")[2].casefold() == folded]
            if len(found) == 1 and misfit(entry_of(found[0]), look.need) < UNFIT:
                return found[0]
    return None


def _loosely(look: _Search) -> Model:
    """The one model that the words can mean."""
    matched = match(look.index, look.wanted)
    if not matched.models & look.of_type:
        lenient = match(look.index, look.wanted, leniently=True)
        matched = lenient if lenient.models & look.of_type else matched
    alike = found = [*look.index.members(matched.models & look.of_type)]
    if found and "/" in look.wanted:
        # What is written as an id, and is none, means nothing with a longer name or another task: it may have left.
        found = [entry for entry in found if _is_spelled_so(entry, look, matched)]
        names_family = any(matched.asked in {frozenset(), asked_tasks(entry.family)} for entry in found)
        if names_family and all(misfit(entry, look.need) >= UNFIT for entry in found):
            families = {entry.family for entry in found}
            mates = [entry for entry in alike if entry.family in families]
            raise _near(look, sorted(mates, key=lambda entry: _order(entry, matched, look.need)), _NoSuchModel)
        matched = matched if found else replace(matched, models=0)
    if not found:
        raise _unknown(look, matched)
    return _only(look, matched, found).model


def _is_spelled_so(entry: Entry, look: _Search, matched: Match) -> bool:
    """Whether a name that is written as an id can be this model's: all of it, or all but the task."""
    own = (frozenset[str](), entry.stated, asked_tasks(entry.family), asked_tasks(entry.model.id))
    has_media = _media(look.wanted) <= _media(entry.model.id) | _media(entry.model.name)
    return matched.asked in own and has_media and not entry.unsaid(matched.spoken)


def _media(name: str) -> set[str]:
    """The media that it has in its parts beside tasks: `grok-image/edit` has one, `grok/image-edit` has none."""
    return {word for part in name.split("/") for word in beside_tasks(words(part)) if word in MEDIA}


def _only(look: _Search, matched: Match, found: Sequence[Entry]) -> Entry:
    """The one that is meant: the only one that fits, or the only one whose whole name was said."""
    need = look.need
    if need.mesh:
        if not any(entry.model.is_mesh for entry in found):
            raise _no_mesh(look, found)
        found = [entry for entry in found if entry.model.is_mesh]
    else:  # a mesh is meant where nothing else has that name
        found = [entry for entry in found if not entry.model.is_mesh] or found
    rest = _meant(look, matched, found)
    if len(rest) > 1 and len({entry.unsaid(matched.spoken) for entry in rest}) == 1:
        # One that states just the task that was named comes before one that fits as well.
        graded = [(bool(matched.asked) and entry.stated != matched.asked, *grade(entry, need)) for entry in rest]
        best = min(graded)
        rest = [entry for entry, each in zip(rest, graded, strict=True) if each == best] if best[1] < UNFIT else rest
    if len(rest) == 1 and matched.means(rest[0]):
        return rest[0]
    if len(found) == 1 or not matched.is_sure:
        raise _near(look, sorted(found, key=lambda entry: _order(entry, matched, need)))
    raise _ambiguous(look, found, matched)


def _meant(look: _Search, matched: Match, found: Sequence[Entry]) -> Sequence[Entry]:
    """Those of whom the whole name was said, among those that fit; else all that fit."""
    fitting = [
        entry for entry in found if misfit(entry, look.need) < UNFIT and not is_unasked_tool(entry, matched.asked)
    ]
    whole = matched.whole(found)
    families = {entry.family for entry in whole}
    mates = [entry for entry in found if entry.family in families]
    if not fitting:
        # The inputs fit none of them: the choice stands, and the model's own schema tells.
        return mates or found
    if not whole:
        return fitting
    # Where the whole name was said of one that does not fit, a longer name that does is another model.
    rest = [entry for entry in fitting if entry in whole] or [entry for entry in fitting if entry in mates]
    # Another maker's model is not meant less because only its variants have names.
    makers = {entry.maker for entry in rest}
    others = [entry for entry in fitting if entry.maker not in makers and entry.family_words <= matched.spoken]
    return [*rest, *others]


def _ambiguous(look: _Search, found: Sequence[Entry], matched: Match | None = None) -> ModelNotFound:
    ordered = sorted(found, key=lambda entry: _order(entry, matched, look.need))
    message = f"{quoted(look.wanted)} can mean several {look.need.type} models{_count(found)}: {_listed(ordered)}."
    return ModelNotFound(message + _lack(look, found), next_step=_CALL_AGAIN)


def _near(look: _Search, close: Sequence[Entry], error: type[ModelNotFound] = ModelNotFound) -> ModelNotFound:
    """The words only resemble these models' names."""
    message = f"No {look.need.type} model is called {quoted(look.wanted)}. The nearest: {_listed(close)}."
    return error(message + _lack(look, close), next_step=_CALL_AGAIN)


def _lack(look: _Search, found: Sequence[Entry]) -> str:
    """That none of these is made for what the call brings, where that is so."""
    if any(misfit(entry, look.need) < UNFIT for entry in found):
        return ""
    given = [_MEDIA_NOUNS[medium] for medium in _MEDIA_NOUNS if medium in look.need.media]
    if not given:
        return " None of them is listed as made for text alone: each needs its images, video or audio."
    return f" None of them is listed as made for {' and '.join(given)}."


def _order(entry: Entry, matched: Match | None, need: Need | None = None) -> tuple[int, int, tuple[int, int], str]:
    """To list by: what fits, what has least in its name that was not said, the newest."""
    left = len(entry.unsaid(matched.spoken)) if matched else 0
    return (min(misfit(entry, need), UNFIT) if need else 0, left, entry.age, entry.model.id)


def _unknown(look: _Search, matched: Match) -> ModelNotFound:
    """Why the words mean no model of this type, with the models that they resemble."""
    others = [*look.index.members(matched.models)]
    if others:
        return _other_type(look, others, matched)
    if close := _closest(look.index, look.wanted, look.of_type, matched, look.need):
        return _near(look, close, _NoSuchModel)
    message = f"No {look.need.type} model is called {quoted(look.wanted)}."
    if close := _closest(look.index, look.wanted, look.index.everything & ~look.of_type, matched):
        listed, step = _of_other_types(look, close)
        return _NoSuchModel(f"{message} The nearest are {listed}.", next_step=step)
    return _NoSuchModel(message, next_step="Look for one with search_models, and call again with its id as model.")


def _closest(index: Index, wanted: str, among: int, matched: Match, need: Need | None = None) -> list[Entry]:
    """The models of `among` that the words resemble most, the nearest first."""
    close = nearest(index, wanted, among)
    most = max((points for _, points in close), default=0)
    close = [(entry, points) for entry, points in close if points * 3 > most * 2]
    close.sort(key=lambda pair: (-pair[1], *_order(pair[0], matched, need)))
    return [entry for entry, _ in close]


def _other_type(look: _Search, found: Sequence[Entry], matched: Match | None = None) -> ModelNotFound:
    """The words mean models that another tool runs."""
    listed, step = _of_other_types(look, sorted(found, key=lambda entry: _order(entry, matched)))
    return ModelNotFound(f"{quoted(look.wanted)} names no {look.need.type} model; {listed}.", next_step=step)


def _of_other_types(look: _Search, found: Sequence[Entry]) -> tuple[str, str]:
    """Models that another tool runs, as words, and what to do now."""
    types: list[Type] = [made for made in _TYPES if any(entry.model.type == made for entry in found)]
    kinds = " and ".join(types) or "unknown"
    right = "".join(f"{_TOOLS.get(made, f'No tool here runs {made} models')}. " for made in types)
    step = f"{right}Here, name {_an(look.need.type)} model; search_models lists them."
    return f"of type {kinds}{_count(found)}: {_listed(found)}", step


def _an(made: Type) -> str:
    return f"an {made}" if made[0] in "aeiou" else f"a {made}"


def _no_mesh(look: _Search, found: Sequence[Entry]) -> ModelNotFound:
    message = f"{quoted(look.wanted)} makes no 3D mesh: {_listed(found)}."
    offered = _fitting_by_price(look)
    step = f"Models that do: {_listed(offered)}. " if offered else ""
    return ModelNotFound(message, next_step=f"{step}Call again with the id of one that does; search_models lists them.")


def _substitute(look: _Search, setting: str, reason: str, relative: Entry | None = None) -> tuple[Model, str]:
    """What is left of the family, else the cheapest model of the needed kind, and the note that says so.

    Only what has a price is used unasked.
    """
    lost = f"{setting} names {quoted(look.wanted)}, which {reason}"
    offered = [*([relative] if relative else []), *_fitting_by_price(look)]
    best = next((entry.model for entry in offered if _cost(entry.model) is not None), None)
    if best is None:
        named = f" Without a listed price: {_listed(offered)}." if offered else ""
        step = "Name a model; search_models lists them. The user can change the setting."
        raise ModelNotFound(f"{lost}, and no other of the needed kind has a listed price.{named}", next_step=step)
    return best, f"{lost}; used {best.id} instead ({price(best)}). Change {setting} to choose another."


def _fitting_by_price(look: _Search) -> list[Entry]:
    """The models of exactly the needed kind, else those that fit next best; the cheapest first, unpriced ones last."""
    usable = [entry for entry in look.index.members(look.of_type) if not is_unasked_tool(entry, frozenset())]
    graded = [(grade(entry, look.need), entry) for entry in usable]
    best = min((each for each, _ in graded), default=(UNFIT, False))
    chosen = [entry for each, entry in graded if each == best and best[0] < UNFIT]
    return sorted(chosen, key=lambda entry: by_cost(entry.model))


def by_cost(model: Model) -> tuple[float, str]:
    """To sort by: the cheapest first, whatever the price is for; those without a price last."""
    cost = _cost(model)
    return (float("inf") if cost is None else cost, model.id)


def _cost(model: Model) -> float | None:
    """A price to compare by; a price of nothing is none, for it is a gap in the catalogue rather than a gift."""
    if model.price is None:
        return None
    tokens = (model.price.input_per_million or 0) + (model.price.output_per_million or 0)
    return (model.price.base if model.price.base is not None else tokens) or None


def _count(entries: Sequence[Entry]) -> str:
    return f" (the first {MAX_LISTED} of {len(entries)})" if len(entries) > MAX_LISTED else ""


def _listed(entries: Sequence[Entry]) -> str:
    return "; ".join(described(entry.model) for entry in entries[:MAX_LISTED])
