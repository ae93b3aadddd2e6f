"""What is in a recording: its length, and the words in it where the sandbox made it. Its bytes tell, not its name.

Sources: RIFF (WAVE and LIST INFO chunks), RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), ISO/IEC 11172-3 and 13818-3
(frame headers of layers I to III), id3.org, ISO/IEC 14496-12 (`mvhd`), ISO/IEC 13818-7 (ADTS), RFC 8794 (EBML).
"""

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from atlascloud_mcp.sandbox.tones import MAKER
from atlascloud_mcp.sandbox.wish import invalid

_HEAD_BYTES = 256 * 1024
_USUAL_BYTES_A_SECOND = 16_000
_LONGEST_S = 24 * 3600.0
_LONGEST_COMMENT = 1 << 20
_MPEG_1_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_MPEG_2_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG_RATES = (44_100, 48_000, 32_000)


@dataclass(frozen=True, slots=True)
class Recording:
    """`words` are those that the sandbox said or sang in it; None where somebody else made it."""

    seconds: float
    words: str | None = None


def hear(path: Path) -> Recording:
    """The recording in that file. Raises `Refused` (400) for what is none. Blocks: call it in a worker thread."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        length = next((read for looks, read in _KINDS if looks(head)), None)
        if length is None:
            raise invalid("audio cannot be read as a recording")
        size = path.stat().st_size
        try:
            found = length(file, head, size)
        except (struct.error, ZeroDivisionError):
            found = Recording(0.0)
    if 0 < found.seconds <= _LONGEST_S:
        return found
    return Recording(min(_LONGEST_S, max(0.1, size / _USUAL_BYTES_A_SECOND)))


def _wav(file: BinaryIO, _: bytes, size: int) -> Recording:
    bytes_a_second, data, comment = 0, 0, None
    for name, length in _chunks(file, 12, size):
        if name == b"fmt ":
            (bytes_a_second,) = struct.unpack_from("<8xI", file.read(min(length, 16)))
        elif name == b"data":
            data = length
        elif name == b"LIST" and length <= _LONGEST_COMMENT:
            comment = _own_comment(file.read(length))
    return Recording(data / bytes_a_second, comment)


def _chunks(file: BinaryIO, at: int, size: int) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk, the file standing at its content."""
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        yield name, min(length, size - at - 8)
        at += 8 + length + length % 2


def _own_comment(info: bytes) -> str | None:
    found = re.search(rb"INFOISFT....%b.?ICMT(....)" % re.escape(MAKER), info, re.DOTALL)
    if found is None:
        return None
    length = int.from_bytes(found[1], "little")
    return info[found.end() : found.end() + length].rstrip(b"\0").decode(errors="replace")


def _flac(_: BinaryIO, head: bytes, __: int) -> Recording:
    packed = int.from_bytes(head[18:26], "big")
    return Recording((packed & (2**36 - 1)) / (packed >> 44))


def _ogg(file: BinaryIO, head: bytes, size: int) -> Recording:
    vorbis = head.find(b"\x01vorbis")
    rate = 48_000 if vorbis < 0 else struct.unpack_from("<I", head, vorbis + 12)[0]
    file.seek(max(0, size - 65_536))
    tail = file.read()
    (samples,) = struct.unpack_from("<q", tail, max(0, tail.rfind(b"OggS")) + 6)
    return Recording(samples / rate)


def _mpeg(_: BinaryIO, head: bytes, size: int) -> Recording:
    """By the frames at its beginning, as if all others were like them."""
    start = at = _after_id3(head)
    seconds = 0.0
    while frame := _frame(head, at):
        at += frame[0]
        seconds += frame[1]
    return Recording(seconds * (size - start) / (at - start))


def _after_id3(head: bytes) -> int:
    if not head.startswith(b"ID3") or len(head) < 10:
        return 0
    return 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _frame(head: bytes, at: int) -> tuple[int, float] | None:
    """Bytes and seconds of the frame there, of layer III."""
    if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
        return None
    version, bits, rate = head[at + 1] >> 3 & 3, head[at + 2] >> 4, head[at + 2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate == 3:
        return None
    hz = _MPEG_RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    samples = 1152 if version == 3 else 576
    kbits = (_MPEG_1_KBITS if version == 3 else _MPEG_2_KBITS)[bits]
    return samples * kbits * 125 // hz + (head[at + 2] >> 1 & 1), samples / hz


def _is_mpeg(head: bytes) -> bool:
    """Eleven bits that are set occur by chance; two frames that fit, or a tag, do not."""
    first = _frame(head, 0)
    return head.startswith(b"ID3") or (first is not None and _frame(head, first[0]) is not None)


def _is_adts(head: bytes) -> bool:
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return False
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length > 7 and head[length : length + 1] == b"\xff"


def _mp4(file: BinaryIO, head: bytes, size: int) -> Recording:
    """The header is at its beginning or at its end."""
    file.seek(max(0, size - 4 * _HEAD_BYTES))
    for part in (head, file.read()):
        at = part.find(b"mvhd")
        if at >= 0:
            wide = part[at + 4 : at + 5] == b"\x01"
            scale, length = struct.unpack_from(">16xIQ" if wide else ">8xII", part, at + 8)
            return Recording(length / scale)
    return Recording(0.0)


def _unknown(_: BinaryIO, __: bytes, ___: int) -> Recording:
    return Recording(0.0)


_KINDS: tuple[tuple[Callable[[bytes], object], Callable[[BinaryIO, bytes, int], Recording]], ...] = (
    (re.compile(rb"(RIFF|RF64)....WAVE", re.DOTALL).match, _wav),
    (re.compile(rb"fLaC[\x00\x80]\x00\x00\x22").match, _flac),
    (re.compile(rb"OggS\x00").match, _ogg),
    (re.compile(rb"....ftyp(?!avif|avis|hei|hev|mif1|msf1)", re.DOTALL).match, _mp4),
    (re.compile(rb"\x1a\x45\xdf\xa3").match, _unknown),
    (_is_mpeg, _mpeg),
    (_is_adts, _unknown),
)
