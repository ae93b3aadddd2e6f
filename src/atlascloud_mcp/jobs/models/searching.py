"""The models that a query describes, best first."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import TypeAlias

from atlascloud_mcp.atlas.kinds import may_take
from atlascloud_mcp.atlas.models import Catalogue, Medium, Model, Type
from atlascloud_mcp.jobs.models.index import IN_ID, IN_KIND, Entry, Index, index_of
from atlascloud_mcp.jobs.models.matching import CLOSE, Reading, readings
from atlascloud_mcp.jobs.models.names import FILLERS, MEDIA, tasks, words

Order: TypeAlias = tuple[int, int, bool, tuple[int, int], int]
_SHORTEST_PREFIX = 3


def search(
    catalogue: Catalogue,
    query: str = "",
    *,
    type: Type | None = None,  # noqa: A002 - the catalogue's own word, and the caller's
    kind: str | None = None,
    takes: Medium | None = None,
) -> list[Model]:
    """The models that every word of the query describes, else those that most words describe first, then the newest.

    An empty query means all, by type, organisation and id. Misspelt words count only when nothing else is found.
    """
    index = index_of(catalogue)
    among = index.everything if type is None else index.types.get(type, 0)
    among &= index.everything if kind is None else of_kind(index, kind)
    among &= index.everything if takes is None else _taking(index, takes)
    found = [entry.model for entry in _ranked(index, query, among)]
    return sorted(found, key=lambda model: takes not in model.takes) if takes else found  # those that surely do first


def of_kind(index: Index, kind: str) -> int:
    """The models of a kind, as the catalogue has it or as people name it: `edit`, `i2v`, `lipsync`; 0 for no kind."""
    found = words(kind)
    named = tasks(found)
    known = sum(1 << at for at, entry in enumerate(index.entries) if kind in entry.model.kinds)
    is_task = len(named) == 1 and (named[0].start, named[0].end) == (0, len(found))
    return known or (index.doing(named[0].name) if is_task else 0)


def _taking(index: Index, medium: Medium) -> int:
    models = [entry.model for entry in index.entries]
    return sum(1 << at for at, model in enumerate(models) if medium in {*model.takes, *may_take(model.kinds)})


def _ranked(index: Index, query: str, among: int) -> list[Entry]:
    found, all_readings = readings(index, query)
    if not found:
        return [] if query.strip() else [*index.members(among)]
    weights = index.weights
    points = _Points()
    is_all_filler = FILLERS.issuperset(found)
    for reading in all_readings:
        if is_all_filler or not FILLERS.issuperset(found[reading.start : reading.end]):
            _count(points, index, reading, found)
    for start, word in enumerate(found):
        if is_all_filler or word not in FILLERS:
            points.add(start, start + 1, weights.get(word, {}))
            points.add(start, start + 1, _beginning_with(index, word))
    if not points.met:
        for start, word in enumerate(found):
            for close in get_close_matches(word, weights, n=3, cutoff=CLOSE) if len(word) > _SHORTEST_PREFIX else ():
                points.add(start, start + 1, weights[close])
    for task in tasks(found):
        points.leave(task.start, task.end, index.doing(task.name) & among)
    met = {at: words_met for at, words_met in points.met.items() if words_met and among >> at & 1}
    spoken = frozenset(word for reading in all_readings for word in reading.spoken)
    order = sorted((points.order(at, index.entries[at], spoken), at) for at in _fullest(met, found))
    return [index.entries[at] for _, at in order]


def _fullest(met: Mapping[int, int], found: Sequence[str]) -> Iterable[int]:
    """The places that meet each word that any meets, else those that meet more than a medium, else all."""
    # A word that describes no model, as "cheap", leaves none out.
    heard = {at for at in range(len(found)) if any(words_met >> at & 1 for words_met in met.values())}
    said = sum(1 << at for at in heard if found[at] not in FILLERS)
    telling = said & sum(1 << at for at, word in enumerate(found) if word not in MEDIA)
    whole = [at for at, words_met in met.items() if words_met & said == said]
    return whole or [at for at, words_met in met.items() if words_met & telling] or met


class _Points:
    """Which words of a query each model meets, and how prominently."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}
        self._sums: dict[int, int] = {}

    def add(self, start: int, end: int, weights: Mapping[int, int]) -> None:
        """Count the words from `start` to `end` for these models."""
        words_met = (1 << end) - (1 << start)
        met, sums = self.met, self._sums
        for at, weight in weights.items():
            met[at] = met.get(at, 0) | words_met
            sums[at] = sums.get(at, 0) + weight

    def leave(self, start: int, end: int, models: int) -> None:
        """Leave the words from `start` to `end`, which name a task, to the models that do it, where any does."""
        words_met = (1 << end) - (1 << start)
        for at in self.met:
            if models and not models >> at & 1:
                self.met[at] &= ~words_met

    def order(self, at: int, entry: Entry, spoken: frozenset[str]) -> Order:
        """To sort by: words, weight, whole names, the newest of those that were named, the plainest name."""
        left = len(entry.unsaid(spoken))
        age = entry.age if entry.leads & spoken else (0, 0)
        return (-self.met[at].bit_count(), -self._sums[at], left > 0, age, left)


def _count(points: _Points, index: Index, reading: Reading, found: tuple[str, ...]) -> None:
    """What a task or a word that is spelt another way adds to what the words themselves do."""
    is_task = not reading.spoken
    if is_task or reading.spoken != found[reading.start : reading.end]:
        weight = IN_KIND if is_task else IN_ID
        points.add(reading.start, reading.end, dict.fromkeys(index.places(reading.models), weight))
    elif reading.spoken[0] in MEDIA:
        points.add(reading.start, reading.end, dict.fromkeys(index.places(reading.models), IN_KIND))


def _beginning_with(index: Index, start: str) -> Mapping[int, int]:
    """The models with a longer word that begins so; each counts half."""
    found: dict[int, int] = {}
    if len(start) >= _SHORTEST_PREFIX and not start[0].isdigit():
        for word in islice(index.in_order, bisect_right(index.in_order, start), None):
            if not word.startswith(start):
                break
            for at, weight in index.weights[word].items():
                found[at] = max(found.get(at, 0), weight // 2)
    return found
