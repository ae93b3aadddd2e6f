"""WebM without a codec: a lossy WebP picture is a VP8 key frame, so a film is a row of pictures in a Matroska box.

Element ids and layout: RFC 8794 (EBML), RFC 9559 (Matroska); the frame inside a WebP file: RFC 9649.
"""

import struct
from collections.abc import Sequence

_MILLISECOND_NS = 1_000_000
_CLUSTER_MS = 2000
_WRITER = "atlascloud-mcp sandbox"


def key_frame(webp: bytes) -> bytes:
    """The VP8 frame in a lossy WebP file. Raises `ValueError` when there is none."""
    place = 12
    while place + 8 <= len(webp):
        name, size = struct.unpack_from("<4sI", webp, place)
        if name == b"VP8 ":
            return webp[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    raise ValueError("not a lossy WebP file")


def webm(frames: Sequence[bytes], *, width: int, height: int, seconds: float) -> bytes:
    """A film of these key frames, evenly spread over its length; players can seek in it."""
    times = [round(number * seconds * 1000 / len(frames)) for number in range(len(frames))]
    info = _element(
        0x1549A966,
        _number(0x2AD7B1, _MILLISECOND_NS),
        _element(0x4489, struct.pack(">d", seconds * 1000)),
        _text(0x4D80, _WRITER),
        _text(0x5741, _WRITER),
    )
    tracks = _tracks(width, height, round(seconds * 1e9 / len(frames)))
    index_size = len(_index(0, 0, 0))
    clusters, points = _clusters(frames, times, offset=index_size + len(info) + len(tracks))
    cues = _element(0x1C53BB6B, *points)
    places = (index_size, index_size + len(info), index_size + len(info) + len(tracks) + len(clusters))
    return _head() + _element(0x18538067, _index(*places), info, tracks, clusters, cues)


def _head() -> bytes:
    return _element(
        0x1A45DFA3,
        _number(0x4286, 1),
        _number(0x42F7, 1),
        _number(0x42F2, 4),
        _number(0x42F3, 8),
        _text(0x4282, "webm"),
        _number(0x4287, 4),
        _number(0x4285, 2),
    )


def _tracks(width: int, height: int, frame_ns: int) -> bytes:
    video = _element(0xE0, _number(0xB0, width), _number(0xBA, height))
    entry = _element(
        0xAE,
        _number(0xD7, 1),
        _number(0x73C5, 1),
        _number(0x9C, 0),
        _number(0x83, 1),
        _text(0x86, "V_VP8"),
        _number(0x23E383, frame_ns),
        video,
    )
    return _element(0x1654AE6B, entry)


def _index(info: int, tracks: int, cues: int) -> bytes:
    """Where the parts of the segment begin, counted from its own first byte; always of the same length."""
    parts = ((0x1549A966, info), (0x1654AE6B, tracks), (0x1C53BB6B, cues))
    seeks = (
        _element(0x4DBB, _element(0x53AB, part.to_bytes(4, "big")), _element(0x53AC, place.to_bytes(8, "big")))
        for part, place in parts
    )
    return _element(0x114D9B74, *seeks)


def _clusters(frames: Sequence[bytes], times: Sequence[int], *, offset: int) -> tuple[bytes, list[bytes]]:
    """The clusters, and a cue for each; `offset` is where in the segment the first begins."""
    clusters, points = bytearray(), list[bytes]()
    starts = sorted({time // _CLUSTER_MS for time in times})
    for start in starts:
        members = [(time, frame) for time, frame in zip(times, frames, strict=True) if time // _CLUSTER_MS == start]
        first = members[0][0]
        blocks = (_element(0xA3, b"\x81" + struct.pack(">hB", time - first, 0x80) + frame) for time, frame in members)
        place = _element(0xB7, _number(0xF7, 1), _number(0xF1, offset + len(clusters)))
        points.append(_element(0xBB, _number(0xB3, first), place))
        clusters += _element(0x1F43B675, _number(0xE7, first), *blocks)
    return bytes(clusters), points


def _element(name: int, *content: bytes) -> bytes:
    body = b"".join(content)
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + (len(body) | 1 << 56).to_bytes(8, "big") + body


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _text(name: int, value: str) -> bytes:
    return _element(name, value.encode())
