"""Whether a file is what its first bytes promise, as far as can be told without decoding it.

Sources: the glTF 2.0 specification, section 4.4 (a GLB's header has the length of the file); APPNOTE 6.3, section
4.3.16 (every ZIP ends with a record that 65,535 bytes of comment may follow).
"""

from pathlib import Path

from anyio import to_thread

from atlascloud_mcp.jobs.media.glances import Film, Glances, Unreadable
from atlascloud_mcp.storage.media import (
    BMP,
    GIF,
    GLB,
    JPEG,
    MKV,
    MOV,
    MP4,
    PNG,
    TIFF,
    USDZ,
    WEBM,
    WEBP,
    ZIP,
    MediaType,
)

_SHOW_THEMSELVES = (PNG, JPEG, WEBP, GIF, BMP, TIFF, MP4, MOV, WEBM, MKV)
"""Whose size is found wherever they can be opened: Pillow may come without AVIF."""
_LEAST_GLB = 20  # a header, and that of one chunk
_ZIP_END = 22 + 65_535


async def is_broken(path: Path, media: MediaType, film: Film) -> bool:
    """Whether the file at `path`, of which `film` was found out, cannot be one of `media`; from a worker thread."""
    if media in _SHOW_THEMSELVES:
        return film.width is None and film.duration_seconds is None
    return media in {GLB, ZIP, USDZ} and not await to_thread.run_sync(_is_whole, path, media)


def _is_whole(path: Path, media: MediaType) -> bool:
    try:
        with path.open("rb") as opened:
            file = Glances(opened)
            if media == GLB:
                return _LEAST_GLB <= int.from_bytes(file.at(8, 4), "little") <= file.size
            return b"PK\x05\x06" in file.up_to(max(0, file.size - _ZIP_END), _ZIP_END)
    except (Unreadable, OSError):
        return False
