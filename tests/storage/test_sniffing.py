import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import (
    BMP,
    adts_frames,
    ebml,
    ftyp,
    mp3_frames,
    mp3_frames_of_mpeg_2,
    ogg,
    png,
    riff,
)

from atlascloud_mcp.storage.media import KNOWN, MEDIA_EXTENSIONS, may_be_sent, mime_for, sniff


def zip_bytes() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


FILES = [
    (png(), "image/png", ".png"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\0", "image/jpeg", ".jpg"),
    (b"\xff\xd8\xff\xe1\x00\x10Exif\0", "image/jpeg", ".jpg"),
    (riff(b"WEBPVP8X"), "image/webp", ".webp"),
    (riff(b"WEBPVP8 "), "image/webp", ".webp"),
    (b"GIF87a\x01\0\x01\0", "image/gif", ".gif"),
    (b"GIF89a\x01\0\x01\0", "image/gif", ".gif"),
    (BMP, "image/bmp", ".bmp"),
    (b"II*\0\x08\0\0\0", "image/tiff", ".tiff"),
    (b"MM\0*\0\0\0\x08", "image/tiff", ".tiff"),
    (ftyp(b"avif", b"mif1", b"miaf"), "image/avif", ".avif"),
    (ftyp(b"mif1", b"mif1", b"avif"), "image/avif", ".avif"),
    (ftyp(b"heic", b"mif1", b"heic"), "image/heic", ".heic"),
    (ftyp(b"mif1", b"heic"), "image/heic", ".heic"),
    (b'<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml", ".svg"),
    (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg>', "image/svg+xml", ".svg"),
    (ftyp(b"isom", b"isom", b"avc1"), "video/mp4", ".mp4"),
    (ftyp(b"XXXX", b"mp42"), "video/mp4", ".mp4"),
    (ftyp(b"M4V ", b"isom"), "video/mp4", ".mp4"),
    (ftyp(b"qt  "), "video/quicktime", ".mov"),
    (ftyp(b"M4A ", b"mp42", b"isom"), "audio/mp4", ".m4a"),
    (ebml(b"webm"), "video/webm", ".webm"),
    (ebml(b"matroska"), "video/x-matroska", ".mkv"),
    (riff(b"AVI LIST"), "video/x-msvideo", ".avi"),
    (b"ID3\x04\0\0\0\0\x02\x01TSSE", "audio/mpeg", ".mp3"),
    (mp3_frames(), "audio/mpeg", ".mp3"),
    (mp3_frames_of_mpeg_2(), "audio/mpeg", ".mp3"),
    (riff(b"WAVEfmt "), "audio/wav", ".wav"),
    (b"RF64\xff\xff\xff\xffWAVEds64", "audio/wav", ".wav"),
    (b"fLaC\0\0\0\x22" + b"\0" * 34, "audio/flac", ".flac"),
    (ogg(b"\x01vorbis"), "audio/ogg", ".ogg"),
    (ogg(b"OpusHead\x01"), "audio/ogg", ".opus"),
    (adts_frames(), "audio/aac", ".aac"),
    (b"glTF\x02\0\0\0\x10\0\0\0", "model/gltf-binary", ".glb"),
    (zip_bytes(), "application/zip", ".zip"),
    (gzip.compress(b"a", mtime=0), "application/gzip", ".gz"),
    (b"%PDF-1.7\n%\xe2\xe3", "application/pdf", ".pdf"),
]

NOT_MEDIA = [
    b"",
    b"\x89PN",
    b"hello, I am a picture",
    b"BM is a code for Bermuda, and this is text",
    b"ID3 tags are described on id3.org",
    b"RIFF is a container, WEBP one of its forms",
    b"OggS" + b"\0" * 40,
    b"glTF is a format",
    b"PKZIP was a program",
    b"%PDF without a version",
    b"<html><svg></svg></html>",
    b"\xff\xfe" + "text in UTF-16".encode("utf-16-le"),
    b"-----BEGIN OPENSSH PRIVATE KEY-----",
    b"\x7fELF\x02\x01\x01",
    b"MZ\x90\0",
    b"#!/bin/sh\n",
    b"%!PS-Adobe-3.0 EPSF-3.0",
    b"SQLite format 3\0",
    ftyp(b"jp2 "),
    b"\xff\xff\xff\xffftypisom",
    ebml(b"other"),
    mp3_frames()[:417],  # one frame alone proves nothing
    mp3_frames()[:417] + b"\xff\xfb\x9c\x00",  # the second has a reserved rate
    mp3_frames()[:417] + adts_frames(),
    b"\xff\xfb\xf0\x00" * 300,  # a bitrate that is none
    b"\xff\xeb\x90\x00" * 300,  # a version that is none
    adts_frames()[:50],
    b"\xff\xf1\x7c\x80\x06\x40\xfc" * 300,  # a sample rate that is none
    b"\xff\xf1\x50\x80\x00\x20\xfc" * 300,  # a frame of one byte
]


@pytest.mark.parametrize(("head", "mime_type", "extension"), FILES)
def test_a_file_is_known_by_its_first_bytes(head: bytes, mime_type: str, extension: str) -> None:
    media = sniff(head)
    assert media is not None
    assert (media.mime_type, media.extension) == (mime_type, extension)


@pytest.mark.parametrize("head", NOT_MEDIA)
def test_other_bytes_are_not_taken_for_media(head: bytes) -> None:
    assert sniff(head) is None


def test_every_known_format_has_a_sample_here() -> None:
    assert {sniff(head) for head, _, _ in FILES} == set(KNOWN)


@given(st.text())
def test_text_of_any_kind_is_at_most_svg_or_a_document(text: str) -> None:
    media = sniff(text.encode(errors="replace"))
    assert media is None or not may_be_sent(media)


@given(st.binary(max_size=4096))
def test_random_bytes_never_fail_and_are_not_sound(head: bytes) -> None:
    media = sniff(b"\xff" + head)
    assert media is None or media.kind != "video"


@pytest.mark.parametrize("extension", sorted(MEDIA_EXTENSIONS))
def test_every_media_extension_has_a_mime_type_in_any_case(extension: str) -> None:
    assert mime_for(extension) == mime_for(extension.upper()) == mime_for(extension[1:])
    assert mime_for(extension) in {media.mime_type for media in KNOWN}


def test_other_extensions_have_no_mime_type() -> None:
    assert mime_for(".txt") is None
    assert mime_for("") is None


def test_pictures_videos_sound_and_models_may_be_sent_and_nothing_else() -> None:
    refused = {media.extension for media in KNOWN if not may_be_sent(media)}
    assert refused == {".svg", ".zip", ".gz", ".pdf"}
