"""What a file is, by its bytes: a name proves nothing, and a service may call a WebP a PNG.

Sources: WHATWG MIME Sniffing section 6 (png, jpeg, gif, bmp, webp, avi, wav, ogg, mp3, mp4, webm, pdf, gzip,
zip); ISO/IEC 14496-12 and mp4ra.org (`ftyp` brands); RFC 8794 and the Matroska notes (EBML DocType);
ISO/IEC 11172-3 and 13818-7 (mp3 and ADTS frame headers); id3.org; RFC 9639 (FLAC); RFC 3533 (Ogg);
TIFF 6.0; the glTF 2.0 specification (GLB); Blender's notes on the FBX binary format. Meshes: see `meshes`.
Names of types: iana.org, media types `model/*`; FBX and PLY have none there and bear an `x-`, as subtitles do.
Texts have no first bytes of their own: who writes one says what it is.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from atlascloud_mcp.storage import meshes

Kind = Literal["image", "video", "audio", "model", "archive", "document", "text"]

HEAD_BYTES = 4096
"""How many first bytes `sniff` wants; two mp3 frames fit."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A format: its MIME type, its usual extension (with the dot), and what kind of thing it holds."""

    mime_type: str
    extension: str
    kind: Kind


PNG = MediaType("image/png", ".png", "image")
JPEG = MediaType("image/jpeg", ".jpg", "image")
WEBP = MediaType("image/webp", ".webp", "image")
GIF = MediaType("image/gif", ".gif", "image")
BMP = MediaType("image/bmp", ".bmp", "image")
TIFF = MediaType("image/tiff", ".tiff", "image")
AVIF = MediaType("image/avif", ".avif", "image")
HEIC = MediaType("image/heic", ".heic", "image")
SVG = MediaType("image/svg+xml", ".svg", "image")
MP4 = MediaType("video/mp4", ".mp4", "video")
MOV = MediaType("video/quicktime", ".mov", "video")
WEBM = MediaType("video/webm", ".webm", "video")
MKV = MediaType("video/x-matroska", ".mkv", "video")
AVI = MediaType("video/x-msvideo", ".avi", "video")
MP3 = MediaType("audio/mpeg", ".mp3", "audio")
WAV = MediaType("audio/wav", ".wav", "audio")
FLAC = MediaType("audio/flac", ".flac", "audio")
OGG = MediaType("audio/ogg", ".ogg", "audio")
OPUS = MediaType("audio/ogg", ".opus", "audio")
AAC = MediaType("audio/aac", ".aac", "audio")
M4A = MediaType("audio/mp4", ".m4a", "audio")
GLB = MediaType("model/gltf-binary", ".glb", "model")
GLTF = MediaType("model/gltf+json", ".gltf", "model")
FBX = MediaType("model/x-fbx", ".fbx", "model")
OBJ = MediaType("model/obj", ".obj", "model")
PLY = MediaType("model/x-ply", ".ply", "model")
STL = MediaType("model/stl", ".stl", "model")
USDZ = MediaType("model/vnd.usdz+zip", ".usdz", "model")
ZIP = MediaType("application/zip", ".zip", "archive")
GZIP = MediaType("application/gzip", ".gz", "archive")
PDF = MediaType("application/pdf", ".pdf", "document")
TXT = MediaType("text/plain", ".txt", "text")
MARKDOWN = MediaType("text/markdown", ".md", "text")
JSON = MediaType("application/json", ".json", "text")
SRT = MediaType("application/x-subrip", ".srt", "text")
VTT = MediaType("text/vtt", ".vtt", "text")
UNKNOWN = MediaType("application/octet-stream", ".bin", "document")
"""For bytes that `sniff` does not know. Never executable, never a picture."""

KNOWN = (
    *(PNG, JPEG, WEBP, GIF, BMP, TIFF, AVIF, HEIC, SVG, MP4, MOV, WEBM, MKV, AVI),
    *(MP3, WAV, FLAC, OGG, OPUS, AAC, M4A, GLB, GLTF, FBX, OBJ, PLY, STL, USDZ, ZIP, GZIP, PDF),
)
"""Formats that are known by their bytes."""

PLAIN_TEXTS = (TXT, MARKDOWN, JSON, SRT, VTT)
"""Formats that are only written: no bytes are told to be one."""

ALIASES = {
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".tif": TIFF,
    ".heif": HEIC,
    ".m4v": MP4,
    ".qt": MOV,
    ".oga": OGG,
    ".wave": WAV,
    ".text": TXT,
    ".markdown": MARKDOWN,
}
"""Other spellings of an extension, kept where the caller used one."""

BY_EXTENSION = {media.extension: media for media in (*KNOWN, *PLAIN_TEXTS)} | ALIASES

MEDIA_EXTENSIONS = frozenset(BY_EXTENSION)
"""Extensions (lower case, with the dot) by which the end of `save_to` names a file and not a folder."""


def mime_for(extension: str) -> str | None:
    """The MIME type that goes with an extension such as `.PNG` or `jpg`; None when it is no media's."""
    media = BY_EXTENSION.get("." + extension.lower().removeprefix("."))
    return media.mime_type if media else None


def named_as(media: MediaType, extension: str) -> MediaType:
    """What a file of this type is under this extension: a ZIP that is called `.usdz` is meant as one."""
    return USDZ if media == ZIP and extension.lower() == USDZ.extension else media


def may_be_sent(media: MediaType) -> bool:
    """Whether a local file of this type may leave the machine.

    Not SVG, nor any mesh but GLB: they are text that can carry anything, or archives, and no model's schema takes
    them. Not PDF or archives: they hold documents, no model's schema takes them either, and an upload is a public
    URL.
    """
    return (media.kind in {"image", "video", "audio"} and media != SVG) or media == GLB


def sniff(head: bytes, size: int | None = None) -> MediaType | None:
    """The type of the file that starts with `head` (`HEAD_BYTES` or the whole file), or None.

    `size` are the bytes of the whole file; a binary STL is known by nothing else.
    """
    known = next((media for test in _TESTS if (media := test(head)) is not None), None)
    return _by_grammar(head, len(head) if size is None else size) if known is None else known


_MAGIC = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"\xff\xd8\xff[\xc0-\xfe]"), JPEG),
    (re.compile(rb"GIF8[79]a"), GIF),
    (re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), WEBP),
    (re.compile(rb"RIFF....AVI LIST", re.DOTALL), AVI),
    (re.compile(rb"(RIFF|RF64)....WAVE", re.DOTALL), WAV),
    # the two reserved words are zero, the header size is one that exists
    (re.compile(rb"BM....\x00{4}....[\x0c\x28\x34\x38\x40\x6c\x7c]\x00{3}", re.DOTALL), BMP),
    (re.compile(rb"II\*\x00|MM\x00\*|II\+\x00\x08\x00|MM\x00\+\x00\x08", re.DOTALL), TIFF),
    (re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"), FLAC),
    (re.compile(rb"OggS\x00[\x00-\x07].{22}OpusHead", re.DOTALL), OPUS),
    (re.compile(rb"OggS\x00[\x00-\x07].{22}(\x01vorbis|\x7fFLAC|Speex)", re.DOTALL), OGG),
    # version 2 to 4, four flag bits at most, a length in four 7-bit bytes
    (re.compile(rb"ID3[\x02-\x04][^\xff][\x00\x10\x20\x40\x80\xc0\xe0\xf0][\x00-\x7f]{4}"), MP3),
    (re.compile(rb"glTF[\x01\x02]\x00{3}"), GLB),
    (re.compile(rb"Kaydara FBX Binary  \x00\x1a\x00"), FBX),
    (re.compile(rb"PK(\x03\x04|\x05\x06)"), ZIP),
    (re.compile(rb"\x1f\x8b\x08"), GZIP),
    (re.compile(rb"%PDF-\d"), PDF),
)

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    b"qt  ": MOV,
    **dict.fromkeys((b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"avc1", b"dash", b"M4V "), MP4),
    **dict.fromkeys((b"mp41", b"mp42", b"mp71", b"M4VH", b"M4VP", b"MSNV", b"f4v ", b"3gp4", b"3gp5"), MP4),
}

# A comment ends at its first end, or there would be 2^n ways through n comments.
_SVG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*(?:<!DOCTYPE\s+svg[^>]*>\s*)?<svg[\s>]",
    re.DOTALL,
)
_DOCTYPE = re.compile(
    rb"\x42\x82(?:[\x80-\xff]|[\x40-\x7f].|[\x20-\x3f]..|[\x10-\x1f]...|\x01.{7})(webm|matroska)", re.DOTALL
)


def _by_magic(head: bytes) -> MediaType | None:
    found = next((media for pattern, media in _MAGIC if pattern.match(head)), None)
    return USDZ if found == ZIP and meshes.is_usdz(head) else found


def _by_brand(head: bytes) -> MediaType | None:
    """The first known brand of the `ftyp` box; the picture brand `mif1` gives way to a more exact one."""
    size = int.from_bytes(head[:4], "big")
    if head[4:8] != b"ftyp" or not 16 <= size <= HEAD_BYTES:
        return None
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(size, len(head)), 4))]
    known = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    if brands[0] in {b"mif1", b"msf1"} and AVIF in known:
        return AVIF
    return known[0] if known else None


def _by_ebml(head: bytes) -> MediaType | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    found = _DOCTYPE.search(head, 4, 128)
    return {b"webm": WEBM, b"matroska": MKV}[found[1]] if found else None


_BITRATES = {  # kbit/s of layer III, by MPEG version bits (3 is MPEG-1)
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True, slots=True)
class Mp3Frame:
    """One frame of layer III: its bytes, its samples for each second and in all, and what frames of one file share."""

    length: int
    sample_rate: int
    samples: int
    sameness: tuple[int, int]


def mp3_frame(head: bytes, at: int) -> Mp3Frame | None:
    """The frame of layer III whose four-byte header is at `at`, or None."""
    if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
        return None
    version = head[at + 1] >> 3 & 3
    bitrate, rate, padding = head[at + 2] >> 4, head[at + 2] >> 2 & 3, head[at + 2] >> 1 & 1
    if version == 1 or bitrate in {0, 15} or rate == 3:
        return None
    bits = _BITRATES[3 if version == 3 else 2][bitrate] * 1000
    samples, per_second = 1152 if version == 3 else 576, _SAMPLE_RATES[version][rate]
    return Mp3Frame(samples // 8 * bits // per_second + padding, per_second, samples, (version, rate))


def _mp3_step(head: bytes, at: int) -> tuple[int, tuple[int, int]] | None:
    frame = mp3_frame(head, at)
    return (frame.length, frame.sameness) if frame else None


def _adts_frame(head: bytes, at: int) -> tuple[int, tuple[int, int]] | None:
    """Length of the AAC frame at `at`, and what two frames of one file share."""
    if len(head) < at + 7 or head[at] != 0xFF or head[at + 1] & 0xF6 != 0xF0:
        return None
    length = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
    rate = head[at + 2] >> 2 & 15
    if rate > 12 or length < 8:
        return None
    return length, (head[at + 1], head[at + 2] & 0xFC)


def _by_frames(head: bytes) -> MediaType | None:
    """Sound without a file header: one frame's eleven sync bits occur by chance, two that fit do not."""
    for read, media in ((_mp3_step, MP3), (_adts_frame, AAC)):
        first = read(head, 0)
        second = read(head, first[0]) if first else None
        if first and second and first[1] == second[1]:
            return media
    return None


def _by_markup(head: bytes) -> MediaType | None:
    return SVG if _SVG.match(head) else None


def _by_grammar(head: bytes, size: int) -> MediaType | None:
    is_whole = size <= len(head) < HEAD_BYTES
    if meshes.is_ply(head, is_whole=is_whole):
        return PLY
    if meshes.is_obj(head, is_whole=is_whole):
        return OBJ
    if meshes.is_stl_text(head) or meshes.is_stl_binary(head, size):
        return STL
    return GLTF if meshes.is_gltf(head) else None


_TESTS: tuple[Callable[[bytes], MediaType | None], ...] = (_by_magic, _by_brand, _by_ebml, _by_frames, _by_markup)
