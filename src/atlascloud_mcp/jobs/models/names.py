"""What the words of a model's name mean: versions, glued spellings, and the tasks that people name in many ways.

Nothing here knows a model or a vendor: a name is words, versions and tasks, whoever made it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

MAX_QUERY = 200
"""Characters of a name that are read; the longest id has no more."""

FILLERS = frozenset(
    {"a", "ai", "an", "and", "at", "by", "create", "for", "from", "generate", "generation", "generator", "in", "make"}
    | {"me", "model", "models", "my", "of", "on", "or", "please", "the", "to", "use", "using", "version", "via", "with"}
)
"""Words that say nothing about which model is meant."""

MEDIA = frozenset({"text", "image", "video", "audio"})

# One spelling for each everyday word; tiers (dev, developer, pro, plus, max ...) are never the same.
_SAME = {
    **dict.fromkeys(("images", "img", "imgs", "pic", "pics", "picture", "pictures", "photo", "photos"), "image"),
    **dict.fromkeys(("videos", "vid", "vids"), "video"),
    **dict.fromkeys(("txt", "texts"), "text"),
    **dict.fromkeys(("ref", "refs", "references"), "reference"),
    "frames": "frame",
    "keyframes": "keyframe",
    **dict.fromkeys(("meshes", "glb"), "mesh"),
    **dict.fromkeys(("songs", "song"), "music"),
    "standard": "std",
}

_SHORT = {"t": "text", "i": "image", "v": "video", "r": "reference", "a": "audio", "s": "speech", "m": "music"}
_SOURCES = ("text", "image", "video", "audio", "reference", "speech", "music")
_TARGETS = {
    **{target: target for target in ("image", "video", "audio", "speech", "music", "text", "3d", "lyrics")},
    "mesh": "3d",
    "voice": "speech",
}
_LONGER = "txt|text|img|image|vid|video|ref|reference|audio|speech|music|3d"
_ABBREVIATION = re.compile(rf"([tivrasm]|{_LONGER})2([tivasm]|{_LONGER})")
_TAIL = re.compile(r"(?<=\d)[tivra]2(?:[tiva]|3d)$")

_TASKS: dict[str, tuple[str, ...]] = {
    "edit": ("edit", "edits", "editor", "editing"),
    "inpaint": ("inpaint", "inpainting", "outpaint", "outpainting"),
    "image-edit": ("image edit", "image editing", "image editor"),
    "video-edit": ("video edit", "video editing", "video editor"),
    "reference": ("reference",),
    "start-end": (
        *("start end", "start end frame", "start and end frame", "first last frame", "first and last frame"),
        *("start end to video", "start end frame to video", "first last frame to video", "flf", "flf2v"),
        *("start frame end frame", "first frame last frame", "first frame and last frame", "last frame", "end frame"),
    ),
    "image-to-video": ("first frame", "start frame"),
    "lipsync": ("lipsync", "lipsyncing", "lip sync", "lip syncing"),
    "avatar": ("avatar", "avatars", "talking head", "talking image", "digital human"),
    "upscale": ("upscale", "upscaler", "upscaling", "super resolution"),
    "background": (
        *("background remove", "background remover", "background removal", "remove background", "bg remover"),
        *("bg removal", "remove bg", "rembg"),
    ),
    "extend": ("extend", "extender", "extension", "video extend", "video extension"),
    "3d": ("3d", "mesh", "3d mesh", "3d model"),
    "text-to-speech": ("tts", "voice over", "voiceover"),
    "speech-to-text": (
        "stt",
        "asr",
        "transcribe",
        "transcription",
        "transcriber",
        "audio to text",
        "speech recognition",
    ),
    "speech": ("speech",),
    "music": ("music",),
}


def _phrases() -> dict[tuple[str, ...], str]:
    found = {tuple(phrase.split()): task for task, phrases in _TASKS.items() for phrase in phrases}
    for source, (target, meant) in product(_SOURCES, _TARGETS.items()):
        task = f"{source}-to-{meant}"
        for end in ((target,), ("3d", "model"), ("3d", "mesh")) if target == "3d" else ((target,),):
            found.setdefault((source, "to", *end), task)
        found.setdefault((f"{source}2{target}",), task)
    return found


_PHRASES = _phrases()
_LONGEST = max(map(len, _PHRASES))
_FIRST_WORDS = frozenset(phrase[0] for phrase in _PHRASES)
TASK_WORDS = frozenset(word for phrase in _PHRASES for word in phrase)
"""All words that tasks are named with."""

_VERSION_BY_DASH = re.compile(r"(?<![\w.])(v?\d)[-_](\d)(?![\w.])")
# `Z-Image` is `zimage` to some; the one letter says nothing by itself.
_LONE_LETTER = re.compile(r"(?<![^\W_])([b-z])[\s_-]+(?!to(?![^\W_]))(?=[^\W\d_]{2})")
_LONE_V = re.compile(r"(?<![^\W_])(?!v2[tivasm](?![^\W_]))v(?:ersion|er)?[\s._-]*(?=\d)")
_CHUNK = re.compile(r"[^\W_]+(?:(?<=\d)\.\d[^\W_]*)*")
_PART = re.compile(r"(?:(?<![^\W_])[^\W\d_])?\d+(?:\.\d+)*(?:[^\W\d_](?![^\W_]))?|[^\W\d_]+")
_NUMBER = re.compile(r"([^\W\d_]?)0?(\d+?)((?:\.\d+)*?)(?:\.0+)*([^\W\d_]?)")
_PLAIN_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_MAX_WAYS = 8
_AROUND = " \t\r\n\"'`\u201c\u201d\u2018\u2019\u00ab\u00bb.,;:!?"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands between two separators, as written and as the words it is made of."""

    raw: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A task named by the words from `start` to `end` (exclusive)."""

    start: int
    end: int
    name: str


def chunks(text: str) -> tuple[Chunk, ...]:
    """The chunks of an id, a name or a query: lower case, `v4.5` as `4.5`, `3.0` as `3`, `q3` and `3d` whole."""
    text = unicodedata.normalize("NFKC", text[:MAX_QUERY]).casefold()
    text = _LONE_LETTER.sub(r"\1", _LONE_V.sub("", _VERSION_BY_DASH.sub(r"\1.\2", text)))
    return tuple(Chunk(raw, _split(raw)) for raw in _CHUNK.findall(text))


def spellings(text: str) -> tuple[str, ...]:
    """A name as it was written, without what stands around it, and without fillers at its ends."""
    whole = text.strip()
    inner = whole.strip(_AROUND)
    parts = inner[:MAX_QUERY].split()
    while parts and parts[0].strip(_AROUND).casefold() in FILLERS:
        del parts[0]
    while parts and parts[-1].strip(_AROUND).casefold() in FILLERS:
        del parts[-1]
    return tuple(dict.fromkeys(filter(None, (whole, inner, " ".join(parts).strip(_AROUND)))))


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """The words of all chunks, in order."""
    return tuple(word for chunk in chunks(text) for word in chunk.words)


def spelled(word: str) -> str:
    """A word or number in its one spelling: `03` and `3.0` are `3`, `3.1` is not, `pictures` are `image`."""
    if short := _ABBREVIATION.fullmatch(word):
        return "2".join(_SAME.get(side, _SHORT.get(side, side)) for side in short.groups())
    if (number := _NUMBER.fullmatch(word)) and not (len(word) > 3 and word.isdigit()):  # a date keeps its zeros
        return "".join(number.groups())
    return _SAME.get(word, word)


def tasks(found: tuple[str, ...]) -> tuple[Task, ...]:
    """The tasks that these words name, the longest phrase first, none overlapping."""
    named: list[Task] = []
    start = 0
    while start < len(found):
        furthest = min(len(found), start + _LONGEST) if found[start] in _FIRST_WORDS else start
        for end in range(furthest, start, -1):
            if name := _PHRASES.get(found[start:end]):
                named.append(Task(start, end, name))
                start = end
                break
        else:
            start += 1
    return tuple(named)


def asked_tasks(text: str) -> frozenset[str]:
    """The tasks that a text names."""
    return frozenset(task.name for task in tasks(words(text)))


def beside_tasks(found: tuple[str, ...]) -> list[str]:
    """The words that are of no task."""
    left = list(found)
    for task in reversed(tasks(found)):
        del left[task.start : task.end]
    return left


def segmentations(raw: str, known: frozenset[str]) -> list[tuple[str, ...]]:
    """The ways to read a glued chunk as two or more known words and numbers; a handful at most.

    `nanobanana2` is `nano`, `banana`, `2` where `nano` and `banana` are known. A number is never cut.
    """
    ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in raw)]
    for start in range(len(raw)):
        if not ways[start] or _cuts_number(raw, start):
            continue
        for end in range(start + 1, len(raw) + 1):
            piece = raw[start:end]
            if _cuts_number(raw, end) or not _is_piece(piece, known, raw[end : end + 1]):
                continue
            added = () if piece == "v" else (spelled(piece),)
            room = _MAX_WAYS - len(ways[end])
            ways[end].extend((*way, *added) for way in ways[start][:room] if len(way) < _MAX_WAYS)
    return [way for way in ways[-1] if len(way) > 1]


@lru_cache(maxsize=8192)
def _split(raw: str) -> tuple[str, ...]:
    if _ABBREVIATION.fullmatch(raw) or (raw,) in _PHRASES:
        return (spelled(raw),)
    if tail := _TAIL.search(raw):
        return (*_split(raw[: tail.start()]), spelled(tail[0]))
    return tuple(spelled(part) for part in _PART.findall(raw))


def _cuts_number(raw: str, at: int) -> bool:
    inside = raw[at - 1 : at + 1] if at else ""
    return len(inside) == 2 and all(char.isdigit() or char == "." for char in inside)


def _is_piece(piece: str, known: frozenset[str], following: str) -> bool:
    if piece == "v":
        return following.isdigit()
    if piece.isalpha():
        word = _SAME.get(piece, piece)
    elif _PLAIN_NUMBER.fullmatch(piece):
        return True
    else:
        word = spelled(piece)
    return len(piece) > 1 and (word in known or word in TASK_WORDS)
