"""Which models a loosely written name can mean: those whose names or tasks explain each of its words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from atlascloud_mcp.atlas.models import Type
from atlascloud_mcp.jobs.models.fitting import is_unasked_tool
from atlascloud_mcp.jobs.models.index import Entry, Index, again
from atlascloud_mcp.jobs.models.names import FILLERS, MEDIA, Task, chunks, segmentations, spelled, tasks

_MEDIUM_TYPES: dict[str, Type] = {"image": "image", "video": "video", "audio": "audio", "text": "text"}
_MAX_WORDS = 24
_LONGEST_GLUED = 60
CLOSE = 0.74
"""How alike two words are, of 1, for one to be taken for the other misspelt."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One step in reading a query: the words from `start` to `end` mean one of `models`, having said `spoken`.

    A task, one of `tasks`, stands for itself: its words say nothing beside it.
    """

    start: int
    end: int
    models: int
    spoken: tuple[str, ...]
    tasks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """The models that explain a whole query, all words that it may have said, and the tasks that it names.

    `is_sure` is False where a task was taken for what it may mean.
    """

    models: int
    spoken: frozenset[str]
    asked: frozenset[str]
    is_sure: bool = True

    def whole(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those whose whole name or id was said, so that nothing that tells them from others is left."""
        return [entry for entry in entries if self.spoken & entry.leads and not entry.unsaid(self.spoken)]

    def means(self, entry: Entry) -> bool:
        """Whether a model that the words explain may be taken for them, if it is the only one.

        What names its family must have been said: a tier or a maker alone means nobody's model. A task must be its
        own, not merely of its kind, where its names say that it does another.
        """
        if not entry.leads & (self.spoken | self.asked) or is_unasked_tool(entry, self.asked):
            return False
        does_it = all(map(entry.states, self.asked)) or entry.stated <= self.asked
        return does_it and (self.is_sure or not entry.unsaid(self.spoken))


def match(index: Index, query: str, *, leniently: bool = False) -> Match:
    """The models that the query can mean, of all types; none if it has words that no name or task explains.

    None either if it names nothing: a number, or a medium, is too little to go by.
    """
    found, steps = readings(index, query, leniently=leniently)
    says_something = any(not step.spoken for step in steps) or any(_is_telling(word) for word in found)
    reached = [0] * (len(found) + 1)
    reached[0] = index.everything if says_something else 0
    for reading in sorted(steps, key=lambda reading: reading.start):
        reached[reading.end] |= reached[reading.start] & reading.models
    return Match(
        reached[-1],
        frozenset(word for reading in steps for word in reading.spoken),
        frozenset(task for reading in steps for task in reading.tasks),
        is_sure=not leniently,
    )


def nearest(index: Index, query: str, among: int) -> list[tuple[Entry, int]]:
    """Models of `among` that the query resembles, with how well: a misspelt word counts for less than a right one.

    Only those of which some word of the name was said or nearly so; in the index's order.
    """
    found, steps = readings(index, query, leniently=True)
    points: dict[Entry, int] = {}
    said: set[Entry] = set()
    for reading in steps:
        models = reading.models & among
        if not models or models == among:
            continue
        named = any(_is_telling(word) and not word[0].isdigit() for word in reading.spoken)
        for entry in index.members(models):
            points[entry] = points.get(entry, 0) + (4 if named else 2) * (reading.end - reading.start)
            if named:
                said.add(entry)
    known = [reading for reading in steps if reading.models & among or reading.tasks]
    explained = {at for reading in known for at in range(reading.start, reading.end)}
    for at, word in enumerate(found):
        for close in _close(index, word) if at not in explained else ():
            for entry in index.members((index.words.get(close, 0) | index.glued.get(close, 0)) & among):
                points[entry] = points.get(entry, 0) + 3
                said.add(entry)
    return [(entry, points[entry]) for entry in index.members(among) if entry in said]


def _is_telling(word: str) -> bool:
    return word not in FILLERS and word not in MEDIA and not word.replace(".", "").isdigit()


def _close(index: Index, word: str) -> list[str]:
    if len(word) < 4 or word.isdigit():
        return []
    return get_close_matches(word, index.known | index.glued.keys(), n=3, cutoff=CLOSE)


def readings(index: Index, query: str, *, leniently: bool = False) -> tuple[tuple[str, ...], list[Reading]]:
    """The words of a query and every step in reading them; none of a query longer than any name."""
    cut = chunks(query)
    found: tuple[str, ...] = ()
    spans: list[tuple[int, int, str]] = []
    for chunk in cut:
        spans.append((len(found), len(found) + len(chunk.words), chunk.raw))
        found += chunk.words
        if len(found) > _MAX_WORDS:
            return (), []  # no name is that long, whatever it holds
    named = tasks(found)
    in_task = {at for task in named for at in range(task.start, task.end)}
    steps = [_task(index, task, leniently=leniently) for task in named]
    steps += _single(index, found, in_task)
    for start, end, raw in spans:
        is_known = raw in index.words and index.words[raw] != 0
        if not is_known and in_task.isdisjoint(range(start, end)) and 3 < len(raw) <= _LONGEST_GLUED:
            steps += _glued(index, start, end, raw, leniently=leniently)
    return found, steps


def _task(index: Index, task: Task, *, leniently: bool) -> Reading:
    models = index.doing(task.name, leniently=leniently)
    return Reading(task.start, task.end, models, (), frozenset({task.name}))


def _single(index: Index, found: tuple[str, ...], in_task: set[int]) -> Iterator[Reading]:
    """Each word for itself, and neighbours that make one together: `mini max` for `minimax`, `3 1` for `3.1`."""
    for start, word in enumerate(found):
        if start not in in_task:
            is_again = word[0].isdigit() and word in found[:start]
            models = index.words.get(again(word) if is_again else word, 0)
            if word in _MEDIUM_TYPES:
                models |= index.types.get(_MEDIUM_TYPES[word], 0)
            yield Reading(start, start + 1, index.everything if word in FILLERS else models, (word,))
        for end in (start + 2, start + 3):
            together = found[start:end]
            is_task = in_task.issuperset(range(start, end))
            is_version = len(together) == 2 and all(len(digit) == 1 and digit.isdigit() for digit in together)
            joined = spelled(".".join(together)) if is_version else "".join(together)
            if end <= len(found) and joined in index.words and not is_task:
                yield Reading(start, end, index.words[joined], (joined,))


def _glued(index: Index, start: int, end: int, raw: str, *, leniently: bool) -> Iterator[Reading]:
    """A chunk taken apart in each possible way; every part must be explained."""
    for parts in segmentations(raw, index.known):
        named = tasks(parts)
        in_task = {at for task in named for at in range(task.start, task.end)}
        models = index.everything
        for task in named:
            models &= index.doing(task.name, leniently=leniently)
        for at, part in enumerate(parts):
            if at not in in_task and part not in FILLERS:
                models &= index.words.get(part, 0)
        if models:
            spoken = tuple(part for at, part in enumerate(parts) if at not in in_task)
            yield Reading(start, end, models, spoken, frozenset(task.name for task in named))
