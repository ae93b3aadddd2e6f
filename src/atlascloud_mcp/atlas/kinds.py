"""What a model does, in words that all of the catalogue's spellings come down to.

A kind is a category of the catalogue in lower case with hyphens. Where the catalogue gives none, the tags and the id
tell. Sources: the categories that the vendor's own clients list, and the ids of the catalogues of 2026.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from atlascloud_mcp.atlas.quirks import kind_names

Type = Literal["image", "video", "audio", "text"]
"""Which endpoint makes it. Meshes are of type image, as Atlas Cloud has it."""

Medium = Literal["text", "image", "video", "audio"]
"""What a model takes."""

MAX_KINDS = 8

# Each kind, the type of what makes it, and what it is made from, the most telling first.
_MEDIA: dict[str, tuple[Type, tuple[Medium, ...]]] = {
    "text-to-image": ("image", ("text",)),
    "image-to-image": ("image", ("image", "text")),
    "image-tools": ("image", ("image",)),
    "text-to-3d": ("image", ("text",)),
    "image-to-3d": ("image", ("image",)),
    "text-to-video": ("video", ("text",)),
    "image-to-video": ("video", ("image", "text")),
    "reference-to-video": ("video", ("image", "text")),
    "video-to-video": ("video", ("video", "text")),
    "audio-to-video": ("video", ("image", "audio")),
    "video-tools": ("video", ("video",)),
    "text-to-speech": ("audio", ("text",)),
    "text-to-music": ("audio", ("text",)),
    "text-to-lyrics": ("audio", ("text",)),
    "text-to-audio": ("audio", ("text",)),
    "audio-to-audio": ("audio", ("audio", "text")),
    "video-to-audio": ("audio", ("video", "text")),
    "speech-to-text": ("audio", ("audio",)),
    "llm": ("text", ("text",)),
}

# What some models of a kind take as well; the catalogue does not say which.
_MAY_TAKE: dict[str, tuple[Medium, ...]] = {
    "reference-to-video": ("video", "audio"),
    "image-to-video": ("audio",),
    "audio-to-video": ("video",),
}

_ENDINGS: tuple[tuple[str, Type], ...] = (
    ("-to-image", "image"),
    ("-to-3d", "image"),
    ("-to-video", "video"),
    ("-to-speech", "audio"),
    ("-to-music", "audio"),
    ("-to-audio", "audio"),
)

_TYPES: dict[str, Type] = {
    "image": "image",
    "3d": "image",
    "video": "video",
    "audio": "audio",
    "speech": "audio",
    "music": "audio",
    "text": "text",
    "llm": "text",
    "chat": "text",
}

_DEFAULTS: dict[Type, str] = {
    "image": "text-to-image",
    "video": "text-to-video",
    "audio": "text-to-audio",
    "text": "llm",
}

_ALIASES = {
    "chat": "llm",
    "text-to-text": "llm",
    "large-language-model": "llm",
    "image-edit": "image-to-image",
    "image-editing": "image-to-image",
    "image-tool": "image-tools",
    "video-edit": "video-to-video",
    "end-to-video": "image-to-video",
    "frame-to-video": "image-to-video",
    "video-tool": "video-tools",
    "music": "text-to-music",
    "lyrics": "text-to-lyrics",
    "tts": "text-to-speech",
    "stt": "speech-to-text",
    "asr": "speech-to-text",
    "transcription": "speech-to-text",
    "audio-to-text": "speech-to-text",
    "song": "text-to-music",
    "music-generation": "text-to-music",
    "song-generation": "text-to-music",
    "lyrics-to-music": "text-to-music",
    "speech-to-speech": "audio-to-audio",
}

# Words of an id, read in this order, first in its last part; a row counts for a model of its kind's type, or of
# a type that is not known: `edit` means pictures unless the type says video. Names that only say it to those who know
# them are rows of `quirks.json`.
_WORDS: tuple[tuple[str, str], ...] = (
    ("avatar|lip-?sync|talking(-head|-photo)?|s2v|a2v", "audio-to-video"),
    ("video-edit|motion-control|video-ext(end|ension)|video-upscaler?|animate|v2v", "video-to-video"),
    ("start-end(-frame|-to-video)?|first-last-frame|i2v|(?<!sound-)effects", "image-to-video"),
    ("(r|ref)2v|reference|elements", "reference-to-video"),
    ("t2v", "text-to-video"),
    ("i2i|image-edit|edit|inpaint(ing)?|outpaint(ing)?|fill|character", "image-to-image"),
    ("upscaler?|super-resolution|enhancer?|restor(e|ation)|colori[sz]e|vectori[sz]er?|relight(ing)?", "image-tools"),
    ("(remove-)?background(-remov(al|er)|-remove)?|rembg|bg-remov(e|al|er)|matting", "image-tools"),
    ("face-?swap|eraser?|expand", "image-tools"),
    ("(upscale|enhance|restore|edit|extend|retake|reframe|remix)r?", "video-to-video"),
    ("i23d|i2-?3d", "image-to-3d"),
    ("t2i", "text-to-image"),
    ("mesh|t23d|[a-z]*3d", "text-to-3d"),
    ("lyrics(?!-to-)(-generation|-generator)?", "text-to-lyrics"),
    ("asr|stt|transcri(be|ption|ber)|recognition|diari[sz](e|ation)", "speech-to-text"),
    ("isolat(ion|or)|stems?|separat(ion|or)|changer|conversion|translation", "audio-to-audio"),
    ("v2a|foley", "video-to-audio"),
    ("music|songs?|instrumental", "text-to-music"),
    ("sfx|sound-effects?", "text-to-audio"),
    ("tts|speech|voices?|dialogue", "text-to-speech"),
)

_ARROW = re.compile(r"[a-z0-9]+-to-(?:image|video|3d|speech|music|audio|text)")
_KIND = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_SPOKEN = frozenset({"text-to-speech", "speech-to-text", "text-to-audio", "text-to-music"})
_HEARD = frozenset({"speech-to-text", "audio-to-audio"})
_EFFECTS = frozenset({"sfx", "sound-effects"})


def read_type(word: str) -> Type | None:
    """The type that the catalogue's own word means, None where it is unknown."""
    return _TYPES.get(word.strip().lower())


def type_of(kinds: Iterable[str]) -> Type | None:
    """The type that the first telling kind means."""
    for kind in kinds:
        if kind in _MEDIA:
            return _MEDIA[kind][0]
        for ending, found in _ENDINGS:
            if kind.endswith(ending):
                return found
    return None


def taken(kinds: Iterable[str]) -> tuple[Medium, ...]:
    """What models of these kinds take, each medium once. A kind that nobody knows says nothing."""
    return tuple(dict.fromkeys(medium for kind in kinds if kind in _MEDIA for medium in _MEDIA[kind][1]))


def may_take(kinds: Iterable[str]) -> frozenset[Medium]:
    """What models of these kinds may take beside that."""
    return frozenset(medium for kind in kinds for medium in _MAY_TAKE.get(kind, ()))


def read_kinds(categories: Sequence[str], tags: Sequence[str], model_id: str, said: Type | None) -> tuple[str, ...]:
    """The kinds of a model, from its categories, else its tags, else its id and its type; () where nothing tells.

    A category that is not known is read by its words, and stands as it is where nothing else tells. Music and lyrics
    are told from speech, under which the catalogue files them.
    """
    words = [_spelled(tag) for tag in tags]
    named = [kind for category in categories if _KIND.fullmatch(kind := _spelled(category))]
    read = [_of_category(kind, said) for kind in named]
    kinds = [kind or given for kind, given in zip(read, named, strict=True)] if any(read) else []
    kinds = kinds or [word for word in words if word in _MEDIA]
    kinds = kinds or [kind for kind in [_told(model_id.lower(), said)] if kind]
    kinds = kinds or named or ([_DEFAULTS[said]] if said else [])
    if _SPOKEN.intersection(kinds):
        kinds = _told_apart(kinds, words, model_id.lower())
    return tuple(dict.fromkeys(kinds))[:MAX_KINDS]


def _of_category(kind: str, said: Type | None) -> str | None:
    """The kind that a category means, by its words where it is not known: `speech-recognition`, `voice-cloning`."""
    if type_of([kind]):
        return kind
    return None if kind in _TYPES else _told(kind, said)  # a type alone does not say what is made from what


def _spelled(word: str) -> str:
    """A category or tag in our spelling; Atlas Cloud mixes hyphens, underscores and case."""
    kind = re.sub(r"[\s_]+", "-", word[:80].strip().lower())
    return _ALIASES.get(kind, kind)


def _told(name: str, said: Type | None) -> str | None:
    """What the words of an id or of a category say."""
    for part in (name.rpartition("/")[2], name):
        if (arrow := _ARROW.search(part)) and (kind := _fitting(_spelled(arrow[0]), said)):
            return kind
        for pattern, kind in _patterns():
            if pattern.search(part) and _fitting(kind, said):
                return kind
    return None


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], str]]:
    """`_WORDS` as patterns, the telling names of a kind beside its first row."""
    told = dict(kind_names())
    rows = [("|".join(filter(None, (words, told.pop(kind, "")))), kind) for words, kind in _WORDS]
    return [(re.compile(rf"(?:^|[/_.-])(?:{words})(?:$|[/_.-])"), kind) for words, kind in rows]


def _fitting(kind: str, said: Type | None) -> str | None:
    """`kind` if a model of this type can be of it."""
    made = type_of([kind])
    return kind if made and made == (said or made) else None


def _told_apart(kinds: list[str], tags: list[str], model_id: str) -> list[str]:
    """Suno is filed under text-to-speech, some music even under speech-to-text: the id and the tags know better."""
    named = _told(model_id, "audio")
    if "speech-to-text" in kinds and named in _HEARD:
        return kinds
    if named not in {"text-to-lyrics", "text-to-music", "audio-to-audio"}:
        # Only a tag that is the word itself: speech with `background-music-support` is no music.
        named = "text-to-music" if "text-to-music" in tags else "text-to-audio" if _EFFECTS.intersection(tags) else None
    return [named, *(kind for kind in kinds if kind not in _SPOKEN)] if named else kinds
