"""How long sound lasts: WAV, FLAC and Ogg as they say themselves, MP3 by its frames.

Sources: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (RIFF, WAVE), EBU Tech 3306 (RF64);
RFC 9639 section 8.2 (FLAC's stream information); RFC 3533 (Ogg pages), RFC 7845 (Opus counts at 48 kHz), the Vorbis I
specification section 4.2.2; ISO/IEC 11172-3 (MP3 frames), id3.org, and the "Xing" header as LAME writes it.
"""

from atlascloud_mcp.jobs.media.glances import Film, Glances, Unreadable
from atlascloud_mcp.storage.media import mp3_frame

_MOST_CHUNKS = 200
_TAIL = 65_307  # the longest Ogg page
_OPUS_HZ = 48_000
_SEARCHED = 4096  # for the first MP3 frame after the tag


def read_wav(file: Glances) -> Film:
    """The length of a WAV file: of what is there, when a stream's writer did not know it. Raises Unreadable."""
    at, per_second = 12, 0
    for _ in range(_MOST_CHUNKS):
        name, size = file.at(at, 4), int.from_bytes(file.at(at + 4, 4), "little")
        if name == b"fmt ":
            per_second = int.from_bytes(file.at(at + 16, 4), "little")
        elif name == b"data" and per_second:
            return Film(min(size, file.size - at - 8) / per_second)
        at += 8 + size + size % 2
    raise Unreadable


def read_flac(file: Glances) -> Film:
    """The length of a FLAC file. Raises Unreadable."""
    numbers = file.number(18, 8)  # 20 bits of sample rate, 8 of channels and depth, 36 of samples
    rate, samples = numbers >> 44, numbers & (1 << 36) - 1
    return Film(samples / rate if rate and samples else None)


def read_ogg(file: Glances) -> Film:
    """The length of an Ogg file of Opus or Vorbis: the count of samples at its last page. Raises Unreadable."""
    packet = file.at(28, 19)
    is_opus = packet.startswith(b"OpusHead")
    if not is_opus and not packet.startswith(b"\x01vorbis"):
        return Film()
    rate = _OPUS_HZ if is_opus else int.from_bytes(packet[12:16], "little")
    skipped = int.from_bytes(packet[10:12], "little") if is_opus else 0
    start = max(0, file.size - _TAIL)
    tail = file.up_to(start, _TAIL)
    page = tail.rfind(b"OggS")
    samples = int.from_bytes(tail[page + 6 : page + 14], "little", signed=True) - skipped
    return Film(samples / rate if page >= 0 and rate and samples > 0 else None)


def read_mp3(file: Glances) -> Film:
    """The length of an MP3: by its Xing header, else as if every frame had the first one's length.

    Raises:
        Unreadable: There is no frame where one should be.
    """
    at, tag = 0, file.at(0, 10)
    if tag.startswith(b"ID3"):
        at = 10 + sum(byte << 7 * place for place, byte in enumerate(reversed(tag[6:10])))
    head = file.up_to(at, _SEARCHED)
    before = next((place for place in range(len(head)) if mp3_frame(head, place)), 0)
    frame = mp3_frame(head, before)
    if frame is None:
        raise Unreadable
    marks = (head.find(mark, before, before + 64) for mark in (b"Xing", b"Info"))
    counted = next((mark for mark in marks if mark >= 0), None)
    frames: float = (file.size - at - before) // frame.length
    if counted is not None and head[counted + 7 : counted + 8] and head[counted + 7] & 1:
        frames = int.from_bytes(head[counted + 8 : counted + 12], "big")
    return Film(frames * frame.samples / frame.sample_rate)
