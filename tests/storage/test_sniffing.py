import gzip
import random
import struct
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_samples import (
    BMP,
    FBX,
    GLTF,
    OBJ,
    PLY,
    STL_TEXT,
    adts_frames,
    ebml,
    ftyp,
    mp3_frames,
    mp3_frames_of_mpeg_2,
    ogg,
    png,
    riff,
    stl_binary,
    zipped,
)

from atlascloud_mcp.storage.media import (
    HEAD_BYTES,
    KNOWN,
    MEDIA_EXTENSIONS,
    PLAIN_TEXTS,
    STL,
    SVG,
    may_be_sent,
    mime_for,
    sniff,
)

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
    (GLTF, "model/gltf+json", ".gltf"),
    (FBX, "model/x-fbx", ".fbx"),
    (OBJ, "model/obj", ".obj"),
    (OBJ.replace(b"\n", b"\r\n"), "model/obj", ".obj"),
    (OBJ + b"# \xc3\xa9t\xc3\xa9\nf 1 2 3\n" * 1000, "model/obj", ".obj"),
    (PLY, "model/x-ply", ".ply"),
    (PLY.replace(b"\n", b"\r"), "model/x-ply", ".ply"),
    (PLY.replace(b"ascii", b"binary_little_endian").partition(b"0 0 0")[0] + b"\0\xff" * 99, "model/x-ply", ".ply"),
    (STL_TEXT, "model/stl", ".stl"),
    (b"solid\r\nfacet normal -1 0 0\r\nouter loop\r\nvertex 1 2 3\r\n", "model/stl", ".stl"),
    (stl_binary(), "model/stl", ".stl"),
    (stl_binary(header=b"solid, says its header"), "model/stl", ".stl"),
    (zipped("chair.usdc", "textures/oak.png"), "model/vnd.usdz+zip", ".usdz"),
    (zipped("a.txt"), "application/zip", ".zip"),
    (zipped("a.txt", "chair.usdc"), "application/zip", ".zip"),
    (zipped("chair.usda", method=zipfile.ZIP_DEFLATED), "application/zip", ".zip"),
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
    b"Kaydara FBX is a format",
    b'{"asset": {"version": "1.0"}}',
    b'{"asset": "version 2.0"}',
    b'[{"asset": {"version": "2.0"}}]',
    GLTF + b"<script>alert(1)</script>",
    b"solid ground\nis what we stand on",
    STL_TEXT[:30],
    STL_TEXT.replace(b"chair", b"<script>", 1),
    stl_binary()[:-1],
    stl_binary() + b"\0",
    stl_binary(0),
    b"\0" * 84,
    b"\0" * 80 + b"\x02\0\0\0" + b"\0" * 100,  # triangles without a corner
    b"\0" * 80 + b"\x02\0\0\0" + b"\xff" * 100,  # numbers that are none
    b"\0" * 80 + b"\x02\0\0\0" + b"aaaa" * 25,  # a normal longer than the world
    stl_binary().replace(struct.pack("<f", 1), struct.pack("<f", 5)),  # a normal five long
    *(stl_binary(header=start) for start in (b"#!/bin/sh\n", b"MZ", b"\x7fELF", b"<html>", b"@echo off\r\n")),
    OBJ.replace(b"# Blender", b"#!/bin/sh"),
    OBJ + b"rm -rf /\n",
    b"echo 1\n" + OBJ,
    OBJ + b"# <script>alert(1)</script>\n",
    OBJ + b"o $(rm -rf /)\n",
    OBJ + b"\0",
    OBJ.replace(b"v 1e-3 2. -3\n", b""),  # two corners are no mesh
    b"v 1 2 3\nv 1 2 3\nv 1 2 x\n",
    b"# only\n# remarks\n",
    b"o\n" * 100,
    b"ply\nis a verb",
    b"ply\nformat ascii 1.0\nrm -rf /\nelement vertex 3\nend_header\n",
    b"ply\nformat ascii 1.0\nend_header\n",
    PLY.replace(b"made by hand", b"<!DOCTYPE html>"),
    PLY.replace(b"1.0", b"2.0"),
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
    told_by_bytes = {media for media in KNOWN if media.kind != "text"}
    assert {sniff(head) for head, _, _ in FILES} == told_by_bytes


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
    assert mime_for(extension) in {media.mime_type for media in (*KNOWN, *PLAIN_TEXTS)}


def test_other_extensions_have_no_mime_type() -> None:
    assert mime_for(".xyz") is None
    assert mime_for("") is None


def test_pictures_videos_sound_and_models_may_be_sent_and_nothing_else() -> None:
    refused = {media.extension for media in KNOWN if not may_be_sent(media) and media.kind != "text"}
    assert refused == {".svg", ".zip", ".gz", ".pdf", ".gltf", ".fbx", ".obj", ".ply", ".stl", ".usdz"}
    assert not any(may_be_sent(media) for media in KNOWN if media.kind == "text")


@pytest.mark.parametrize("head", [OBJ, PLY, STL_TEXT, GLTF, FBX, stl_binary(), zipped("a.usda")])
def test_no_mesh_but_glb_may_be_sent_as_its_text_can_carry_anything(head: bytes) -> None:
    media = sniff(head)
    assert media is not None
    assert media.kind == "model"
    assert not may_be_sent(media)


def test_a_long_binary_stl_is_known_by_the_size_of_its_file_and_not_without() -> None:
    data = stl_binary(200)
    assert sniff(data[:HEAD_BYTES], len(data)) == STL
    assert sniff(data[:HEAD_BYTES], len(data) + 1) is None
    assert sniff(data[:HEAD_BYTES]) is None


def test_a_cut_statement_at_the_end_of_the_head_is_left_out_of_the_judgement() -> None:
    data = OBJ + b"v 0.25 0.25 0.25\n" * 400
    assert sniff(data[:HEAD_BYTES], len(data)) == sniff(OBJ)


MESHES = [OBJ, PLY, STL_TEXT, GLTF, stl_binary(60)]


@given(st.sampled_from(MESHES), st.binary(min_size=1, max_size=12), st.integers(0, 4000))
def test_a_mesh_with_other_bytes_in_it_never_becomes_something_that_may_be_sent(
    mesh: bytes, other: bytes, place: int
) -> None:
    place %= len(mesh)
    media = sniff(mesh[:place] + other + mesh[place:])
    assert media is None or place == 0 or not may_be_sent(media)


@pytest.mark.parametrize(
    "word",
    [
        *(b"v 1 ", b"v", b" ", b"1", b"f 1/", b"solid ", b"<", b'"asset":{', b"element ", b"\n"),
        *(b"<!--", b"<!-- -", b"<?xml ?>", b"<!DOCTYPE svg ", b"\xef\xbb\xbf", b"<svg"),
    ],
)
def test_a_hostile_text_is_judged_at_once(word: bytes) -> None:
    chance = random.Random(1)  # noqa: S311  noise
    for start in (b"", b"solid x\nfacet normal ", b"ply\nformat ascii 1.0\n", b"{", b"o "):
        head = (start + word * HEAD_BYTES)[: HEAD_BYTES - chance.randrange(9)] + b"\x01"
        began = time.process_time()
        assert sniff(head) is None
        assert time.process_time() - began < 0.25


@pytest.mark.parametrize("count", [24, 585])
def test_comments_that_no_drawing_follows_are_read_once(count: int) -> None:
    began = time.process_time()
    assert sniff(b"<!---->" * count + b"x") is None
    assert time.process_time() - began < 0.25
    assert sniff(b"<!-- a -- b -->\n" * (count // 4) + b"<svg>") == SVG
