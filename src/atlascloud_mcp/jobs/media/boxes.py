"""What an MP4 or a QuickTime file says about itself, wherever its `moov` box stands.

Sources: ISO/IEC 14496-12, sections 4.2 (boxes), 8.2.2 (mvhd), 8.3.2 (tkhd), 8.4.3 (hdlr), 8.5.2 and 12.1.3 (stsd and
its visual entries), 8.8.2 (mehd); Apple, QuickTime File Format, "Movie Atoms" (the same boxes).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from atlascloud_mcp.jobs.media.glances import Film, Glances, Unreadable

_MOST_BOXES = 500  # beside each other; files have some dozens
_UNKNOWN_DURATIONS = frozenset({0, 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF})


@dataclass(frozen=True, slots=True)
class _Box:
    name: bytes
    start: int  # of what it holds
    end: int


def read_movie(file: Glances) -> Film:
    """The facts of an MP4, MOV or M4A file.

    Raises:
        Unreadable: It has no `moov` box, or one that is damaged.
    """
    movie = _child(file, _Box(b"", 0, file.size), b"moov")
    if movie is None:
        raise Unreadable
    width, height = _picture_size(file, movie)
    return Film(_duration(file, movie), width, height)


def _boxes(file: Glances, parent: _Box) -> Iterator[_Box]:
    """The boxes in `parent`, in turn. Each is longer than nothing and ends within it, so this has an end."""
    at = parent.start
    for _ in range(_MOST_BOXES):
        if at + 8 > parent.end:
            return
        size, name, header = file.number(at, 4), file.at(at + 4, 4), 8
        if size == 1:
            size, header = file.number(at + 8, 8), 16
        end = parent.end if size == 0 else at + size
        if end < at + header or end > parent.end:
            return
        yield _Box(name, at + header, end)
        at = end


def _child(file: Glances, parent: _Box | None, *names: bytes) -> _Box | None:
    """The first box of the first name in `parent`, in it the first of the second name, and so on."""
    for name in names:
        if parent is None:
            return None
        parent = next((box for box in _boxes(file, parent) if box.name == name), None)
    return parent


def _duration(file: Glances, movie: _Box) -> float | None:
    header = _child(file, movie, b"mvhd")
    if header is None:
        return None
    is_long = file.number(header.start, 1) == 1
    scale = file.number(header.start + (20 if is_long else 12), 4)
    units = file.number(header.start + (24 if is_long else 16), 8 if is_long else 4)
    if units in _UNKNOWN_DURATIONS:  # in fragments: the whole length is elsewhere, or nowhere
        fragments = _child(file, movie, b"mvex", b"mehd")
        if fragments is None:
            return None
        units = file.number(fragments.start + 4, 8 if file.number(fragments.start, 1) == 1 else 4)
    return units / scale if scale and units not in _UNKNOWN_DURATIONS else None


def _picture_size(file: Glances, movie: _Box) -> tuple[int | None, int | None]:
    """Width and height of the first track of pictures that has any."""
    for track in _boxes(file, movie):
        kind = _child(file, track, b"mdia", b"hdlr") if track.name == b"trak" else None
        if kind and file.at(kind.start + 8, 4) == b"vide":
            width, height = _track_size(file, track)
            if width and height:
                return width, height
    return None, None


def _track_size(file: Glances, track: _Box) -> tuple[int, int]:
    """The size of the encoded pictures, else the one to show them in, turned as the track's matrix says."""
    width = height = 0
    is_turned = False
    entries = _child(file, track, b"mdia", b"minf", b"stbl", b"stsd")
    if entries and entries.end - entries.start >= 44:
        width, height = file.number(entries.start + 40, 2), file.number(entries.start + 42, 2)
    header = _child(file, track, b"tkhd")
    if header:
        matrix = header.start + (52 if file.number(header.start, 1) == 1 else 40)
        a, b, _, c, d = (file.number(matrix + 4 * number, 4) for number in range(5))
        is_turned = a == d == 0 and b != 0 and c != 0
        if not (width and height):  # 16.16 fixed-point numbers
            width, height = file.number(matrix + 36, 2), file.number(matrix + 40, 2)
    return (height, width) if is_turned else (width, height)
