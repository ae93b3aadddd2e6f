"""The catalogue taken apart once, so that names are matched with a few operations on whole sets of models.

A set of models is an int with a bit for each entry: 400 models fit in a few machine words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.models import Catalogue, Model, Type
from atlascloud_mcp.jobs.models.names import FILLERS, MEDIA, tasks, words

# Kinds and stated tasks that a named task means as well.
_MEANS: dict[str, frozenset[str]] = {
    "edit": frozenset({"image-to-image", "image-edit", "video-edit"}),
    "image-edit": frozenset({"image-to-image"}),
    "image-to-image": frozenset({"edit", "image-edit"}),
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
_LONGEST_JOIN = 3
_CACHED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A model and the words of its names.

    `name_words` are those that tell it from others: neither organisation nor task nor filler; `id_words` those
    of them that the id has. `stated` are the tasks
    that its id and name say. `line` is what siblings have in common: type, organisation and the id's name words.
    """

    model: Model
    all_words: frozenset[str]
    name_words: frozenset[str]
    id_words: frozenset[str]
    stated: frozenset[str]
    line: tuple[object, ...]

    @property
    def family(self) -> str:
        """The part of the id that members of a family share: all of it where the last part names no member."""
        return self.model.family if self.model.id.count("/") > 1 else self.model.id

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

    `words` gives the models that have a word, `known` are all words, `everything` is the set of all models. `weights`
    has where each word stands in which model, once someone searches; `in_order` are the words of `weights`, sorted.
    """

    entries: tuple[Entry, ...]
    words: Mapping[str, int]
    known: frozenset[str]
    types: Mapping[Type | None, int]
    everything: int
    weights: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])
    in_order: list[str] = field(default_factory=list[str])
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
    """The index of these very models, made once (30 ms for 400); the last few are kept."""
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
    telling = (_telling(in_path) - _joined(in_name)) | (_telling(in_name) - _joined(in_path))
    stated = {task.name for text in (in_path, in_name) for task in tasks(text)}
    line = (model.type, vendor.casefold(), *sorted(_telling(in_path)))
    return Entry(
        model=model,
        all_words=frozenset((*in_path, *in_name, *words(vendor), *organization)),
        name_words=frozenset(telling - organization),
        id_words=frozenset(_telling(in_path) - organization),
        stated=frozenset(stated | {task.name for task in tasks(words(model.id))}),
        line=line,
    )


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
    return Index(entries, found, frozenset(found), types, (1 << len(entries)) - 1)


def _telling(found: tuple[str, ...]) -> set[str]:
    """The words that are neither of a task nor filler."""
    left = list(found)
    for task in reversed(tasks(found)):
        del left[task.start : task.end]
    return {word for word in left if word not in FILLERS and word not in MEDIA}


def _joined(found: tuple[str, ...]) -> set[str]:
    """What neighbouring words make when glued, as `nanobanana` in one place for `nano banana` in the other."""
    return {
        "".join(found[start : start + length])
        for length in range(2, _LONGEST_JOIN + 1)
        for start in range(len(found) - length + 1)
    }


def _set(members: Iterable[int]) -> int:
    found = 0
    for at in members:
        found |= 1 << at
    return found
