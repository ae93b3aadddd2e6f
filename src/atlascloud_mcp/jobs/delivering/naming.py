"""What the files of one job are called, once it is known what they all are.

A job may give files of several kinds: a mesh, an archive and a preview; a video and its last frame. Of each kind the
first takes the name that was given, with its own extension; only several of one kind are numbered.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from atlascloud_mcp.storage.media import (
    AVIF,
    BMP,
    BY_EXTENSION,
    GIF,
    JPEG,
    PNG,
    TIFF,
    UNKNOWN,
    USDZ,
    WEBP,
    ZIP,
    MediaType,
    mime_for,
)
from atlascloud_mcp.storage.names import candidates, extension_of, split_media_name

WRITTEN = (PNG, JPEG, WEBP, AVIF, GIF, BMP, TIFF)
"""Formats that a picture of another one is turned into here: those that `jobs/media/pictures.py` writes."""


@dataclass(frozen=True, slots=True)
class Naming:
    """One file's name, and its number from 1 where others are of its kind.

    `convert_to` is the extension of another picture format that it is wanted in. `is_not_wanted`: it is in place of
    what was asked for, and nothing else that came is that.
    """

    name: str
    number: int | None = None
    convert_to: str | None = None
    is_not_wanted: bool = False


def kind_by_address(url: str | None) -> MediaType | None:
    """What the file at `url` is by its name: a guess, for want of its bytes."""
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return None
    return BY_EXTENSION.get(PurePosixPath(path).suffix.lower())


def namings(name: str, wanted: str, kinds: Sequence[MediaType | None]) -> list[Naming]:
    """What to call each of the files `kinds`, of which one is None when nothing at all is known of it.

    `name` is the caller's file name, or one without extension; `wanted` the extension asked for, or empty.
    """
    first = next((kind for kind in kinds if kind), None)
    media = _with_scene([kind or first for kind in kinds], wanted)
    groups = [_group(kind) for kind in media]
    stem, named = split_media_name(name)
    met: Counter[str] = Counter()
    not_wanted = _not_wanted(media, wanted)
    found: list[Naming] = []
    for place, kind in enumerate(media):
        met[groups[place]] += 1
        number = met[groups[place]] if groups.count(groups[place]) > 1 else None
        convert_to = wanted if kind and _is_other_picture(kind, wanted) else None
        is_as_named = convert_to is not None or (kind is not None and mime_for(named) == kind.mime_type)
        own = kind.extension if kind and kind != UNKNOWN else ""
        extension = named if named and is_as_named else convert_to or own
        found.append(Naming(stem + extension, number, convert_to, place in not_wanted))
    return found


def wanted_extension(file_name: str | None, output_format: str | None) -> str:
    """The extension that was asked for, with its dot: by the file's name, else by `output_format`; or empty."""
    return extension_of(file_name or "") or (f".{output_format}" if output_format else "")


def tried_before(file_name: str, naming: Naming) -> int:
    """How many numbers were passed over for a file of the job that has its name already; 0 when that cannot be told."""
    stem, extension = split_media_name(naming.name)[0], split_media_name(file_name)[1]
    names = enumerate(candidates(stem, extension, naming.number))
    return next((tried for tried, name in names if name == file_name), 0)


def _group(kind: MediaType | None) -> str:
    """Files of one group are numbered: pictures, which may all become one format, and else files of one type."""
    if kind is None:
        return ""
    return kind.kind if kind.kind == "image" else kind.mime_type


def _with_scene(media: list[MediaType | None], wanted: str) -> list[MediaType | None]:
    """The same; but where a USDZ is wanted and none came, the first ZIP is taken for it."""
    if wanted.lower() != USDZ.extension or USDZ in media or ZIP not in media:
        return media
    scene = media.index(ZIP)
    return [*media[:scene], USDZ, *media[scene + 1 :]]


def _is_other_picture(kind: MediaType, wanted: str) -> bool:
    aim = BY_EXTENSION.get(wanted.lower())
    return kind.kind == "image" and aim is not None and aim.kind == "image" and aim.mime_type != kind.mime_type


def _not_wanted(media: Sequence[MediaType | None], wanted: str) -> set[int]:
    """The places of files that are in place of the wanted: those of its kind, else the first; none if it came.

    A picture that is to be converted is the wanted one, unless that fails.
    """
    aim = BY_EXTENSION.get(wanted.lower())
    if not wanted or not media:
        return set()
    if aim is None:  # a format that is not known here is a model's own word; for a picture it would be a format
        return {0} if media[0] and media[0].kind == "image" else set()
    if any(kind and (kind.mime_type == aim.mime_type or kind.kind == aim.kind == "image") for kind in media):
        return set()
    return {place for place, kind in enumerate(media) if kind and kind.kind == aim.kind} or {0}
