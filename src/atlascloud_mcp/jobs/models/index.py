"""The catalogue taken apart once, so that names are matched with a few operations on whole sets of models.

A set of models is an int with a bit for each entry: 400 models fit in a few machine words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.models import Catalogue, Model, Type
from atlascloud_mcp.jobs.models.names import FILLERS, MAX_QUERY, MEDIA, beside_tasks, tasks, words

# Kinds and stated tasks that a named task means as well.
_MEANS: dict[str, frozenset[str]] = {
    "edit": frozenset({"image-to-image", "image-edit", "video-edit"}),
    "image-edit": frozenset({"image-to-image"}),
    "inpaint": frozenset({"edit", "image-edit", "image-to-image"}),
    "image-to-image": frozenset({"edit", "image-edit"}),
    "reference": frozenset({"reference-to-image", "reference-to-video"}),
    "reference-to-image": frozenset({"reference"}),
    "reference-to-video": frozenset({"reference"}),
    "audio-to-video": frozenset({"lipsync", "avatar", "speech-to-video"}),
    "speech-to-video": frozenset({"audio-to-video", "lipsync", "avatar"}),
    "text-to-audio": frozenset({"text-to-speech", "text-to-music"}),
    "text-to-voice": frozenset({"text-to-speech"}),
    "speech": frozenset({"text-to-speech"}),
    "music": frozenset({"text-to-music"}),
}
# ... and where nothing else answers.
_MAY_MEAN: dict[str, frozenset[str]] = {
    "edit": frozenset({"video-to-video"}),
    "video-edit": frozenset({"video-to-video"}),
    "lipsync": frozenset({"audio-to-video"}),
    "avatar": frozenset({"audio-to-video"}),
    "background": frozenset({"image-tools"}),
}
# A word's worth by where it is met.
IN_ID, IN_NAME, IN_ORGANIZATION, IN_KIND, IN_SUMMARY = 32, 16, 8, 4, 2
_VERSION = re.compile(r"[a-z]?(\d{1,2})(?:\.(\d{1,2}))?")  # not a date, nor a number of pixels
_CACHED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A model and the words of its names.

    `name_words` are those of its display name that tell it from others: neither organisation nor task nor filler;
    `id_words` those of its id, `family_words` those of its family's. `leads` are the words that its name and id begin
    with and go by, `stated` the tasks that they say. `line` is what siblings have in common: type, organisation and the
    id's name words. `age` is to sort by: less for a newer version, most for a model without one.
    """

    model: Model
    all_words: frozenset[str]
    name_words: frozenset[str]
    id_words: frozenset[str]
    family_words: frozenset[str]
    leads: frozenset[str]
    stated: frozenset[str]
    line: tuple[object, ...]
    age: tuple[int, int]

    @property
    def family(self) -> str:
        """The part of the id that members of a family share: all of it where the last part names no member."""
        return _family(self.model.id)

    @property
    def maker(self) -> str:
        """Whose model it is."""
        return (self.model.organization or self.model.id.partition("/")[0]).casefold()

    def unsaid(self, spoken: frozenset[str]) -> frozenset[str]:
        """What was not said of its display name, or of its id if that is less."""
        return min(self.name_words - spoken, self.id_words - spoken, key=len)

    def states(self, task: str) -> bool:
        """Whether its names say that it does this."""
        is_mesh = task == "3d" and self.model.is_mesh
        return is_mesh or task in self.stated or not self.stated.isdisjoint(_MEANS.get(task, ()))

    def does(self, task: str, *, leniently: bool = False) -> bool:
        """Whether its names or its kinds say that it does this."""
        known = self.stated.union(self.model.kinds)
        if task == "3d":
            return self.model.is_mesh or "3d" in known
        if task == "video-edit" and "edit" in known and "video-to-video" in known:
            return True
        meant = _MEANS.get(task, frozenset())
        return task in known or bool(meant & known) or (leniently and bool(_MAY_MEAN.get(task, meant) & known))


@dataclass(frozen=True, slots=True)
class Index:
    """All models of a catalogue by their words, in a stable useful order: type, organisation, id.

    `words` gives the models that have a word, `known` are all words, `glued` what the first two words of a name make as
    one, `everything` is the set of all models. `weights` has what each word is worth in which model, by where it stands
    there; `in_order` are the words of `weights`, sorted.
    """

    entries: tuple[Entry, ...]
    words: Mapping[str, int]
    known: frozenset[str]
    glued: Mapping[str, int]
    types: Mapping[Type | None, int]
    everything: int
    weights: Mapping[str, Mapping[int, int]]
    in_order: Sequence[str]
    _tasks: dict[tuple[str, bool], int] = field(default_factory=dict[tuple[str, bool], int])

    def doing(self, task: str, *, leniently: bool = False) -> int:
        """The models that do a task."""
        found = self._tasks.get((task, leniently))
        if found is None:
            found = _set(at for at, entry in enumerate(self.entries) if entry.does(task, leniently=leniently))
            self._tasks[task, leniently] = found
        return found

    def places(self, models: int) -> Iterator[int]:
        """Where the entries of a set stand."""
        while models:
            lowest = models & -models
            yield lowest.bit_length() - 1
            models ^= lowest

    def members(self, models: int) -> Iterator[Entry]:
        """The entries of a set, in order."""
        return (self.entries[at] for at in self.places(models))


_TYPE_ORDER: dict[Type | None, int] = {"image": 0, "video": 1, "audio": 2, "text": 3, None: 4}
_indexes: list[tuple[Sequence[Model], Index]] = []


def index_of(catalogue: Catalogue) -> Index:
    """The index of these very models, made once (some 50 ms for 400); the last few are kept."""
    index = index_at_hand(catalogue)
    if index is None:
        index = _index(catalogue)
        _indexes.insert(0, (catalogue.models, index))
        del _indexes[_CACHED:]
    return index


def index_at_hand(catalogue: Catalogue) -> Index | None:
    """The index of these very models, if it has been made."""
    return next((index for known, index in _indexes if known is catalogue.models), None)


def entry_of(model: Model) -> Entry:
    """A model's names taken apart."""
    organization = frozenset(words(model.organization))
    vendor, path = model.id.split("/", 1) if "/" in model.id else ("", model.id)
    in_path, in_name = words(path), words(model.name)
    # The first part of an id is its maker, or else names the model: then the display name has its words too.
    of_vendor = tuple(word for word in words(vendor) if word in in_name and word not in organization)
    in_id = (*of_vendor, *in_path)
    by_id, by_name = _telling(in_id) - organization, _telling(in_name) - organization
    stated = {task.name for text in (in_path, in_name, words(model.id)) for task in tasks(text)}
    return Entry(
        model=model,
        all_words=frozenset((*in_path, *_again(in_path), *in_name, *_again(in_name), *words(vendor), *organization)),
        name_words=frozenset(by_name or by_id),
        id_words=frozenset(by_id or by_name),
        family_words=frozenset(_telling(words(_family(model.id).partition("/")[2])) - organization),
        leads=frozenset(filter(None, (_lead(in_id), _lead(in_name)))),
        stated=frozenset(stated),
        line=(model.type, vendor.casefold(), *sorted(_telling(in_path))),
        age=_age(by_name or by_id),
    )


def _age(name_words: Iterable[str]) -> tuple[int, int]:
    found = [_VERSION.fullmatch(word) for word in name_words]
    return min(((-int(version[1]), -int(version[2] or 0)) for version in found if version), default=(0, 0))


def _family(model_id: str) -> str:
    return model_id.rpartition("/")[0] if model_id.count("/") > 1 else model_id


def again(number: str) -> str:
    """The word for a number that was said before: "2 2" needs a model with two of them."""
    return f"{number} {number}"


def _index(catalogue: Catalogue) -> Index:
    ordered = sorted(
        catalogue.models,
        key=lambda model: (_TYPE_ORDER[model.type], model.organization.casefold(), model.id.casefold(), model.id),
    )
    entries = tuple(entry_of(model) for model in ordered)
    found: dict[str, int] = {}
    types: dict[Type | None, int] = {}
    for at, entry in enumerate(entries):
        types[entry.model.type] = types.get(entry.model.type, 0) | 1 << at
        for word in entry.all_words:
            found[word] = found.get(word, 0) | 1 << at
    glued: dict[str, int] = {}
    for at, entry in enumerate(entries):
        for name in (entry.model.id.partition("/")[2], entry.model.name):
            beginning = "".join(words(name)[:2])
            glued[beginning] = glued.get(beginning, 0) | 1 << at
    weights = _weights(entries)
    return Index(
        entries, found, frozenset(found), glued, types, (1 << len(entries)) - 1, weights, tuple(sorted(weights))
    )


def _weights(entries: Sequence[Entry]) -> Mapping[str, Mapping[int, int]]:
    weights: dict[str, dict[int, int]] = {}
    for at, entry in enumerate(entries):
        for text, weight in _texts(entry.model):
            for word in words(text):
                places = weights.setdefault(word, {})
                places[at] = max(places.get(at, 0), weight)
    return weights


def _texts(model: Model) -> Iterator[tuple[str, int]]:
    vendor, _, path = model.id.partition("/")
    yield path or vendor, IN_ID
    yield model.name, IN_NAME
    yield f"{vendor} {model.organization}", IN_ORGANIZATION
    yield " ".join(model.kinds), IN_KIND
    # In two halves: a name is read no further than a query.
    yield model.summary[:MAX_QUERY], IN_SUMMARY
    yield model.summary[MAX_QUERY:], IN_SUMMARY


def _telling(found: tuple[str, ...]) -> set[str]:
    """The words that are neither of a task nor filler."""
    return {word for word in beside_tasks(found) if word not in FILLERS and word not in MEDIA}


def _again(found: tuple[str, ...]) -> Iterator[str]:
    return (again(word) for word in found if word[0].isdigit() and found.count(word) > 1)


def _lead(found: tuple[str, ...]) -> str | None:
    """The word that a name goes by, its first; the task where it says nothing else; None where it is a number.

    A number beside a task leaves the task, but not one that says what is made from what: too many do that.
    """
    rest = [word for word in beside_tasks(found) if word not in FILLERS]
    named = [task.name for task in tasks(found) if MEDIA.issuperset(rest) or "-to-" not in task.name]
    if all(word in MEDIA or (named and word[0].isdigit()) for word in rest):
        return named[0] if named else None
    return None if rest[0][0].isdigit() else rest[0]


def _set(members: Iterable[int]) -> int:
    found = 0
    for at in members:
        found |= 1 << at
    return found
