"""Length and size of real clips, and of files that lie about them."""

import struct
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlascloud_mcp.atlas.wire import Prediction, Status
from atlascloud_mcp.jobs.delivering.surprises import surprises
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.media.films import film_of
from atlascloud_mcp.jobs.media.glances import Film
from atlascloud_mcp.jobs.result import Output
from atlascloud_mcp.storage.media import FLAC, GLB, M4A, MKV, MOV, MP3, MP4, OGG, OPUS, WAV, WEBM, MediaType, sniff
from film_samples import sound, video

NOTHING = Film()
TURNED = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
UPSIDE_DOWN = struct.pack(">9i", -0x10000, 0, 0, 0, -0x10000, 0, 0, 0, 0x40000000)


@cache
def clip(kind: str = "mp4") -> bytes:
    """Two seconds of 64x48."""
    codecs = {"mp4": "mpeg4", "mov": "mpeg4", "matroska": "mpeg4", "webm": "libvpx"}
    return video(kind, codecs[kind])


async def seen(folder: Path, data: bytes, media: MediaType | None = None) -> Film:
    path = folder / "film"
    path.write_bytes(data)
    media = media or sniff(data[:4096], len(data))
    assert media is not None
    return await film_of(path, media)


def box(name: bytes, *inside: bytes) -> bytes:
    data = b"".join(inside)
    return struct.pack(">I", len(data) + 8) + name + data


def with_matrix(data: bytes, matrix: bytes) -> bytes:
    at = data.index(b"tkhd") + 4 + 40
    return data[:at] + matrix + data[at + 36 :]


@pytest.mark.parametrize(
    ("kind", "codec", "media"),
    [
        *(("mp4", "mpeg4", MP4), ("mp4", "libx264", MP4), ("mov", "mpeg4", MOV), ("webm", "libvpx", WEBM)),
        *(("webm", "libvpx-vp9", WEBM), ("matroska", "mpeg4", MKV)),
    ],
)
async def test_a_clip_s_size_and_length_are_those_that_its_encoder_was_given(
    tmp_path: Path, kind: str, codec: str, media: MediaType
) -> None:
    data = video(kind, codec, size=(96, 64), frames=25)
    assert sniff(data[:4096]) == media
    assert await seen(tmp_path, data) == Film(2.5, 96, 64)


async def test_a_film_may_begin_with_its_index(tmp_path: Path) -> None:
    data = clip()
    start = data.index(b"moov") - 4
    kind = data[: int.from_bytes(data[:4], "big")]
    assert await seen(tmp_path, kind + data[start:] + data[len(kind) : start]) == Film(2.0, 64, 48)


async def test_a_turned_clip_has_the_size_that_one_sees(tmp_path: Path) -> None:
    assert await seen(tmp_path, with_matrix(clip(), TURNED)) == Film(2.0, 48, 64)
    assert await seen(tmp_path, with_matrix(clip(), UPSIDE_DOWN)) == Film(2.0, 64, 48)


async def test_where_the_entries_name_no_size_the_track_does(tmp_path: Path) -> None:
    at = clip().index(b"stsd") + 4 + 40
    data = clip()[:at] + b"\0" * 4 + clip()[at + 4 :]
    assert await seen(tmp_path, data) == Film(2.0, 64, 48)
    assert await seen(tmp_path, clip().replace(b"stsd", b"none")) == Film(2.0, 64, 48)


async def test_headers_with_long_numbers_are_read_as_well(tmp_path: Path) -> None:
    header = b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, 1000, 7250) + b"\0" * 80
    data = box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", header))
    assert await seen(tmp_path, data) == Film(7.25)


async def test_a_film_in_fragments_has_a_size_and_a_length_only_if_it_says_so(tmp_path: Path) -> None:
    data = video(options={"movflags": "frag_keyframe+empty_moov"})
    assert await seen(tmp_path, data) == Film(None, 64, 48)
    whole = data.replace(b"mvex", b"none")
    at = whole.index(b"moov") - 4
    size = int.from_bytes(whole[at : at + 4], "big")
    extra = box(b"mvex", box(b"mehd", b"\0\0\0\0" + struct.pack(">I", 2000)))
    grown = whole[:at] + struct.pack(">I", size + len(extra)) + whole[at + 4 : at + size] + extra + whole[at + size :]
    assert await seen(tmp_path, grown) == Film(2.0, 64, 48)


@pytest.mark.parametrize("options", [{}, {"live": "1"}, {"cluster_time_limit": "500"}])
async def test_a_stream_that_was_never_finished_is_as_long_as_its_last_block_shows(
    tmp_path: Path, options: dict[str, str]
) -> None:
    data = video("webm", "libvpx", is_piped=True, options=options)
    assert b"\x44\x89" not in data[:400]  # it names no length
    assert await seen(tmp_path, data) == Film(2.0, 64, 48)


async def test_a_block_in_a_group_may_say_how_long_it_lasts(tmp_path: Path) -> None:
    def element(name: bytes, *inside: bytes) -> bytes:
        data = b"".join(inside)
        return name + struct.pack(">I", 0x10000000 | len(data)) + data

    picture = element(b"\xe0", element(b"\xb0", b"\x02\x80"), element(b"\xba", b"\x01\x68"))
    other = element(b"\xae", element(b"\x83", b"\x02"))
    tracks = element(b"\x16\x54\xae\x6b", other, element(b"\xae", element(b"\x83", b"\x01"), picture))
    group = element(b"\xa0", element(b"\xa1", b"\x81\x00\x64\x00"), element(b"\x9b", b"\x32"))
    clusters = element(b"\x1f\x43\xb6\x75", element(b"\xe7", b"\x03\xe8"), group)
    start = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm"))
    segment = element(b"\x18\x53\x80\x67", element(b"\x15\x49\xa9\x66"), tracks, clusters)
    assert await seen(tmp_path, start + segment) == Film(1.15, 640, 360)


async def test_an_unfinished_stream_with_more_blocks_than_are_counted_has_no_length(tmp_path: Path) -> None:
    data = video("webm", "libvpx", is_piped=True, options={"live": "1"})
    assert await seen(tmp_path, data + b"\xec\x80" * 5000) == Film(None, 64, 48)


@pytest.mark.parametrize(
    ("kind", "codec", "media"),
    [
        *(("wav", "pcm_s16le", WAV), ("flac", "flac", FLAC), ("mp3", "libmp3lame", MP3), ("ogg", "libopus", OPUS)),
        *(("ogg", "vorbis", OGG), ("ipod", "aac", M4A), ("webm", "libopus", WEBM)),
    ],
)
async def test_sound_has_a_length_and_no_size(tmp_path: Path, kind: str, codec: str, media: MediaType) -> None:
    data = vorbis() if codec == "vorbis" else sound(kind, codec)
    assert sniff(data[:4096]) == media
    film = await seen(tmp_path, data)
    assert film.duration_seconds == pytest.approx(2.0, abs=0.06)
    assert (film.width, film.height) == (None, None)


def vorbis() -> bytes:
    """The pages that matter: the header at 44.1 kHz, and the end two seconds later."""

    def page(samples: int, packet: bytes) -> bytes:
        return b"OggS\0\0" + struct.pack("<q", samples) + b"\0" * 12 + b"\1" + bytes([len(packet)]) + packet

    return page(0, b"\x01vorbis\0\0\0\0\2" + struct.pack("<I", 44_100) + b"\0" * 14) + page(88_200, b"sound")


async def test_an_mp3_without_a_frame_count_is_as_long_as_its_bytes(tmp_path: Path) -> None:
    data = sound("mp3", "libmp3lame")
    for mark in (b"Xing", b"Info"):
        data = data.replace(mark, b"\0\0\0\0")
    assert (await seen(tmp_path, data)).duration_seconds == pytest.approx(2.06, abs=0.1)


async def test_a_wav_of_a_writer_that_did_not_know_its_length_has_the_one_of_its_bytes(tmp_path: Path) -> None:
    data = sound("wav", "pcm_s16le")
    at = data.index(b"data") + 4
    assert (await seen(tmp_path, data[:at] + b"\xff" * 4 + data[at + 4 :])).duration_seconds == pytest.approx(2.0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that keeps holes")
async def test_of_a_huge_film_only_a_little_is_read(tmp_path: Path) -> None:
    index = clip()[clip().index(b"moov") - 4 :]
    head = clip()[: int.from_bytes(clip()[:4], "big")] + struct.pack(">I4sQ", 1, b"mdat", 3 << 30)
    path = tmp_path / "huge.mp4"
    with path.open("wb") as file:
        file.write(head)
        file.seek(len(head) - 16 + (3 << 30))
        file.write(index)
    began = time.process_time()
    assert await film_of(path, MP4) == Film(2.0, 64, 48)
    assert time.process_time() - began < 0.5


OPEN_SEGMENT = b"\x18\x53\x80\x67\x01" + b"\xff" * 7
MOVIE = box(b"ftyp", b"isom\0\0\2\0isom")


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (b"", MP4),
        (b"", WEBM),
        (b"", WAV),
        (b"", MP3),
        (MOVIE, MP4),
        (b"\0" * 100_000, MP4),
        (MOVIE + box(b"free") * 50_000, MP4),
        (MOVIE + struct.pack(">I4sQ", 1, b"free", 0) * 1000, MP4),  # a box that is shorter than its header
        (MOVIE + struct.pack(">I4sQ", 1, b"moov", 1 << 63), MP4),
        (MOVIE + box(b"moov", box(b"mvhd", b"\0" * 100)), MP4),  # no units in a second
        (MOVIE + box(b"moov", box(b"mvhd", b"\0" * 12 + b"\0\0\0\1\xff\xff\xff\xfe" + b"\0" * 80)), MP4),  # 136 years
        (MOVIE + box(b"moov", box(b"mvhd")), MP4),
        (MOVIE + box(b"moov", box(b"trak", box(b"free") * 400) * 400), MP4),
        (MOVIE + b"\0\0\0\0moov" * 20_000, MP4),  # each holds the rest
        (OPEN_SEGMENT, WEBM),
        (OPEN_SEGMENT * 20_000, WEBM),  # each holds the rest
        (OPEN_SEGMENT + b"\xec\x80" * 100_000, WEBM),
        (OPEN_SEGMENT + b"\0" * 100, WEBM),
        (OPEN_SEGMENT + b"\x15\x49\xa9\x66\x8b\x44\x89\x88\x7f\xf8" + b"\0" * 6, WEBM),  # as long as not-a-number
        (OPEN_SEGMENT + b"\x15\x49\xa9\x66\x8b\x44\x89\x88\x7f\xf0" + b"\0" * 6, WEBM),  # as long as infinity
        (OPEN_SEGMENT + b"\x15\x49\xa9\x66\x8d\x2a\xd7\xb1\x89" + b"\1" * 9, WEBM),  # a number of nine bytes
        (OPEN_SEGMENT + b"\x1f\x43\xb6\x75\x82\xa0\x80", WEBM),  # a group without a block
        (b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 50_000, WAV),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", WAV),
        (b"fLaC" + b"\0" * 40, FLAC),
        (b"OggS" + b"\0" * 24 + b"OpusHead" + b"\0" * 30, OPUS),
        (b"OggS" + b"\0" * 24 + b"Speex   " + b"\0" * 30, OGG),
        (b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"\xff" * 5000, MP3),
        (b"\xff" * 10_000, MP3),
        (b"glTF\2\0\0\0", GLB),
    ],
)
async def test_a_file_that_makes_no_sense_is_nothing_and_takes_no_time(
    tmp_path: Path, data: bytes, media: MediaType
) -> None:
    began = time.process_time()
    assert await seen(tmp_path, data, media) == NOTHING
    assert time.process_time() - began < 0.5


async def test_a_file_that_is_gone_is_nothing(tmp_path: Path) -> None:
    assert await film_of(tmp_path / "gone.mp4", MP4) == NOTHING


MOVING = (MP4, MOV, WEBM, MKV, WAV, FLAC, OPUS, MP3)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=600), st.sampled_from(MOVING), st.sampled_from([b"", MOVIE + b"\0\0\1\0moov", OPEN_SEGMENT]))
async def test_random_bytes_are_harmless(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, media: MediaType, start: bytes
) -> None:
    began = time.process_time()
    await seen(tmp_path_factory.getbasetemp(), start + data, media)
    assert time.process_time() - began < 0.5


CHANGES = st.lists(st.tuples(st.integers(0, 5000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(["mp4", "mov", "webm", "matroska"]), CHANGES, st.integers(1, 5000))
async def test_a_damaged_clip_is_harmless_and_what_is_said_of_it_is_possible(
    tmp_path_factory: pytest.TempPathFactory, kind: str, changes: list[tuple[int, bytes]], length: int
) -> None:
    data, media = bytearray(clip(kind)), sniff(clip(kind))
    for place, other in changes:
        at = place % len(data)
        data[at : at + len(other)] = other
    began = time.process_time()
    film = await seen(tmp_path_factory.getbasetemp(), bytes(data[:length]), media)
    assert time.process_time() - began < 0.5
    assert film.duration_seconds is None or 0 < film.duration_seconds <= 604_800
    assert (film.width is None) == (film.height is None)
    assert film.width is None or 0 < film.width <= 65_535


@pytest.mark.parametrize(("real", "is_told"), [(4.4, True), (4.6, False), (5.0, False), (5.4, False), (6.0, True)])
def test_a_clip_of_another_length_than_asked_is_told_unless_it_is_a_frame_or_two(*, real: float, is_told: bool) -> None:
    found = Prediction(id="a", status=Status.SUCCEEDED, status_word="completed")
    clip_of_it = Output(path=Path("clip.mp4"), mime_type="video/mp4", duration_seconds=real)
    told = surprises(Job("a", asked_seconds=5), found, [clip_of_it, Output(not_saved="gone")])
    assert told == ([f"Asked for 5 s, the model made {real} s."] if is_told else [])
    assert surprises(Job("a"), found, [clip_of_it]) == []
