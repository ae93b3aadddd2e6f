"""What a WebM or Matroska file says about itself, and, where it says no length, what its last blocks show.

Sources: RFC 8794 (EBML: variable-size integers in section 4, unknown sizes in 6.2), RFC 9559 (Matroska: 5.1.2 Info,
5.1.3 Cluster, 5.1.4 Tracks, 10 the header of a block).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from atlascloud_mcp.jobs.media.glances import Film, Glances, Unreadable

_SEGMENT = 0x18538067
_INFO, _TICK, _DURATION = 0x1549A966, 0x2AD7B1, 0x4489
_TRACKS, _TRACK, _KIND, _FRAME, _VIDEO, _WIDTH, _HEIGHT = 0x1654AE6B, 0xAE, 0x83, 0x23E383, 0xE0, 0xB0, 0xBA
_CLUSTER, _TIME, _SIMPLE, _GROUP, _BLOCK, _LASTS = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1, 0x9B
_OF_PICTURES = 1  # the kind of a track


@dataclass(frozen=True, slots=True)
class _Element:
    name: int
    start: int  # of what it holds
    end: int
    is_open: bool = False  # its size is not known


@dataclass(slots=True)
class _Facts:
    """What was found so far. A tick has `tick_ns`; `ends` is where the last block ends, `time` this cluster's."""

    tick_ns: int = 1_000_000
    ticks: float = 0.0
    frame_ns: int = 0
    width: int | None = None
    height: int | None = None
    time: int = 0
    ends: int = 0
    is_whole: bool = False


def read_segment(file: Glances) -> Film:
    """The facts of a WebM or Matroska file; the length only when the whole way to the last block was read.

    Raises:
        Unreadable: It is none.
    """
    top = _children(file, _Element(0, 0, file.size))
    segment = next((element for element in top if element.name == _SEGMENT), None)
    if segment is None:
        raise Unreadable
    facts = _Facts()
    try:
        _read(file, segment, facts)
    except Unreadable:
        facts.is_whole = False
    if facts.ticks:
        return Film(facts.ticks * facts.tick_ns / 1e9, facts.width, facts.height)
    ends = (facts.ends * facts.tick_ns + facts.frame_ns) / 1e9 if facts.is_whole and facts.ends else None
    return Film(ends, facts.width, facts.height)


def _read(file: Glances, segment: _Element, facts: _Facts) -> None:
    """Fill in `facts`. Of clusters with a size only the last is looked into; the blocks of others come by."""
    last = None
    for element in _children(file, segment):
        if element.name == _INFO:
            _read_info(file, element, facts)
        elif element.name == _TRACKS:
            _read_tracks(file, element, facts)
        elif element.name == _CLUSTER:
            if facts.ticks:
                return
            last = None if element.is_open else element
        else:
            _read_block(file, element, facts)
    for element in _children(file, last) if last else ():
        _read_block(file, element, facts)
    facts.is_whole = True


def _read_info(file: Glances, info: _Element, facts: _Facts) -> None:
    for element in _children(file, info):
        if element.name == _TICK:
            facts.tick_ns = _whole(file, element)
        elif element.name == _DURATION and element.end - element.start in {4, 8}:
            data = file.at(element.start, element.end - element.start)
            (facts.ticks,) = struct.unpack(">f" if len(data) == 4 else ">d", data)


def _read_tracks(file: Glances, tracks: _Element, facts: _Facts) -> None:
    """Size and frame length of the first track of pictures."""
    for track in _children(file, tracks):
        found = {element.name: element for element in _children(file, track)} if track.name == _TRACK else {}
        if _KIND not in found or _whole(file, found[_KIND]) != _OF_PICTURES or _VIDEO not in found:
            continue
        picture = {element.name: element for element in _children(file, found[_VIDEO])}
        if _WIDTH in picture and _HEIGHT in picture:
            facts.width, facts.height = _whole(file, picture[_WIDTH]), _whole(file, picture[_HEIGHT])
        if _FRAME in found:
            facts.frame_ns = _whole(file, found[_FRAME])
        return


def _read_block(file: Glances, element: _Element, facts: _Facts) -> None:
    """Move the end of the last block on, when this is a block, or the time that blocks count from."""
    if element.name == _TIME:
        facts.time = _whole(file, element)
    elif element.name == _SIMPLE:
        facts.ends = max(facts.ends, facts.time + _offset(file, element))
    elif element.name == _GROUP:
        parts = {part.name: part for part in _children(file, element)}
        if _BLOCK in parts:
            lasts = _whole(file, parts[_LASTS]) if _LASTS in parts else 0
            facts.ends = max(facts.ends, facts.time + _offset(file, parts[_BLOCK]) + lasts)


def _offset(file: Glances, block: _Element) -> int:
    """The block's own time, from its cluster's, in ticks: signed, after the track's number."""
    track = _length(file.at(block.start, 1))
    return int.from_bytes(file.at(block.start + track, 2), "big", signed=True)


def _children(file: Glances, parent: _Element) -> Iterator[_Element]:
    """What is in `parent`, in turn. After an element of unknown size comes what is in it, then what follows it.

    Raises:
        Unreadable: At the first that is damaged.
    """
    at = parent.start
    while at < parent.end:
        element = _element(file, at, parent.end)
        yield element
        at = element.start if element.is_open else element.end


def _element(file: Glances, at: int, limit: int) -> _Element:
    head = file.up_to(at, 12)
    name = _length(head)
    size = _length(head[name:])
    if name > 4 or len(head) < name + size:
        raise Unreadable
    most = (1 << 7 * size) - 1
    count = int.from_bytes(head[name : name + size], "big") & most
    start, found = at + name + size, int.from_bytes(head[:name], "big")
    is_open = count == most
    end = limit if is_open else start + count
    if end > limit or (is_open and found not in {_SEGMENT, _CLUSTER}):
        raise Unreadable
    return _Element(found, start, end, is_open)


def _length(head: bytes) -> int:
    """How many bytes the variable-size integer has that starts here: one more than its first byte's leading zeros."""
    if not head or not head[0]:
        raise Unreadable
    return 9 - head[0].bit_length()


def _whole(file: Glances, element: _Element) -> int:
    """The number that the element holds, of eight bytes at most."""
    if element.end - element.start > 8:
        raise Unreadable
    return file.number(element.start, element.end - element.start)
