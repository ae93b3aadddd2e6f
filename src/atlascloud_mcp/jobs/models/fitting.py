"""How well a model's kind fits what a call wants made and what it brings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from atlascloud_mcp.atlas.models import Medium, Type
from atlascloud_mcp.jobs.models.index import Entry

UNFIT = 100
"""From here on a model's kinds say that it cannot do it."""
_UNKNOWN = 50

Ranks: TypeAlias = Sequence[frozenset[str]]
# Tools for one purpose; they are meant only when they are named.
_TOOLS = frozenset({"upscale", "background", "extend"})
_EDITS = frozenset({"edit", "image-edit", "image-to-image"})
# Said by a name, they tell more than a kind does.
_TELLING = frozenset({"lipsync", "avatar"})


@dataclass(frozen=True, slots=True)
class Need:
    """What a call wants made, and what it brings.

    `type` is that of the tool, `inputs` the kinds of media it brings beside text, `roles` what pictures are for:
    `first_frame`, `last_frame`, `reference`, `mask`. `kind` is the one kind of audio model that will do, if that is
    known: `text-to-speech`, `text-to-music`, `text-to-lyrics`, `speech-to-text`.
    """

    type: Type
    inputs: frozenset[Medium]
    mesh: bool = False
    roles: frozenset[str] = frozenset()
    kind: str | None = None

    @property
    def media(self) -> frozenset[Medium]:
        """The inputs that are not text."""
        return self.inputs - {"text"}


def misfit(entry: Entry, need: Need) -> int:
    """0 for a model of exactly the needed kind, more for one that will do less well, `UNFIT` for one that cannot."""
    model = entry.model
    if model.type != need.type or (need.mesh and not model.is_mesh):
        return UNFIT
    kinds = frozenset(model.kinds) | (entry.stated & _TELLING if model.kinds else entry.stated)
    if need.type == "text":
        return 0 if need.media <= frozenset(model.takes) else UNFIT
    for rank, wanted in enumerate(_ranks(need)):
        if wanted & kinds:
            return 4 * rank + _oddity(entry, need)
    if not model.kinds:
        return _UNKNOWN
    takes = frozenset(model.takes) - {"text"}
    # Kinds that are not known here: what they take tells.
    return _UNKNOWN if takes == need.media and not kinds & _ALL_KINDS else UNFIT


def grade(entry: Entry, need: Need) -> tuple[int, bool]:
    """To compare models by that fit: of those made from pictures, one that edits comes before one of another task."""
    is_edited = need.type == "image" and bool(need.media)
    return misfit(entry, need), is_edited and bool(entry.stated) and entry.stated.isdisjoint(_EDITS)


def is_unasked_tool(entry: Entry, asked: frozenset[str]) -> bool:
    """Whether it is a tool for one purpose, and that was not among the tasks named."""
    return not _TOOLS.isdisjoint(entry.stated - asked)


def _oddity(entry: Entry, need: Need) -> int:
    """A picture at each end needs the model made for it, and that model needs both."""
    ends = "start-end" in entry.stated
    if need.type == "video" and "image" in need.media and ends != ("last_frame" in need.roles):
        return 6 if ends else 2
    return 0


def _ranks(need: Need) -> Ranks:
    meshes = _MESH if need.media else _MESH_OF_TEXT
    if need.mesh:
        return meshes
    if need.type == "video":
        return _video_ranks(need)
    if need.type == "audio":
        return _audio_ranks(need)
    # A mesh may be meant though only its model's name says so.
    return (*(_PICTURE if need.media else _PICTURE_OF_TEXT), *meshes)


def _video_ranks(need: Need) -> Ranks:
    if "audio" in need.media:
        if "video" in need.media:
            return _FILM_WITH_SOUND
        return _TALKING if "image" in need.media else _TALKING[:-1]
    if "video" in need.media:
        return _FILM
    if "image" in need.media:
        is_reference = "reference" in need.roles and not need.roles & {"first_frame", "last_frame"}
        return _OF_REFERENCES if is_reference else _OF_PICTURES
    return _FILM_OF_TEXT


def _audio_ranks(need: Need) -> Ranks:
    if need.kind == _TRANSCRIPT:
        return (frozenset({_TRANSCRIPT}),)
    if "video" in need.media:
        return _SOUND_OF_FILM
    if need.kind:
        # A voice to copy goes to a model that speaks.
        return (frozenset({need.kind}), *(_SOUND_OF_SOUND[:1] if need.media else ()))
    return _SOUND_OF_SOUND if "audio" in need.media else _SOUND_OF_TEXT


def _rows(*rows: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(row.split()) for row in rows)


_PICTURE_OF_TEXT = _rows("text-to-image")
_PICTURE = _rows("image-to-image", "image-tools")
_MESH_OF_TEXT = _rows("text-to-3d")
_MESH = _rows("image-to-3d")
_FILM_OF_TEXT = _rows("text-to-video")
_OF_PICTURES = _rows("image-to-video", "reference-to-video")
_OF_REFERENCES = _rows("reference-to-video", "image-to-video")
_FILM = _rows("video-to-video", "video-tools", "reference-to-video")
_TALKING = _rows("audio-to-video", "reference-to-video", "image-to-video")
_FILM_WITH_SOUND = _rows("audio-to-video lipsync avatar", "video-to-video", "reference-to-video")
_TRANSCRIPT = "speech-to-text"
_SOUND_OF_TEXT = _rows("text-to-speech text-to-music text-to-audio text-to-lyrics")
_SOUND_OF_SOUND = _rows("audio-to-audio", "text-to-speech text-to-music text-to-audio")
_SOUND_OF_FILM = _rows("video-to-audio")
_ALL_KINDS: frozenset[str] = frozenset(
    kind
    for ranks in (
        *(_PICTURE_OF_TEXT, _PICTURE, _MESH_OF_TEXT, _MESH, _FILM_OF_TEXT, _OF_PICTURES, _FILM, _TALKING),
        *(_SOUND_OF_TEXT, _SOUND_OF_SOUND, _SOUND_OF_FILM, _rows(_TRANSCRIPT)),
    )
    for kinds in ranks
    for kind in kinds
)
