"""Pictures as pixels: small previews, sizes, and the same picture in another format.

Whatever is read here came from a network, so the formats are a short list (Pillow would start Ghostscript for
an EPS), the pixels are capped, and a file that Pillow cannot read is an answer, not an error.
"""

import logging
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from PIL import ExifTags, Image, ImageOps

from atlascloud_mcp.jobs.result import Preview
from atlascloud_mcp.storage.media import mime_for

Args = TypeVarTuple("Args")
Result = TypeVar("Result")
_log = logging.getLogger(__name__)

PREVIEW_PIXELS = 512
"""Longest side of a preview."""
PREVIEW_BYTES = 48 * 1024
MAX_PIXELS = 100_000_000
"""Pictures with more are not opened."""
MAX_DECODED_PIXELS = 40_000_000
"""Pictures with more are not decoded: with an alpha channel one takes 0.3 GB for a preview, 1 GB to become an AVIF."""

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_WRITE: dict[str, tuple[str, dict[str, Any]]] = {
    "image/png": ("PNG", {}),
    "image/jpeg": ("JPEG", {"quality": 92, "subsampling": 0, "progressive": True}),
    "image/webp": ("WEBP", {"quality": 92, "method": 4}),
    "image/avif": ("AVIF", {"quality": 85}),
    "image/gif": ("GIF", {}),
    "image/bmp": ("BMP", {}),
    "image/tiff": ("TIFF", {"compression": "tiff_adobe_deflate"}),
}
_NOT_SHRUNK_WELL = frozenset({"1", "P", "PA", "I", "I;16", "I;16L", "I;16B"})
_OPAQUE = frozenset({"JPEG", "BMP"})
_DEEP = frozenset({"PNG", "TIFF"})
_ANIMATED = frozenset({"PNG", "WEBP", "GIF", "AVIF"})
_TURNED = frozenset({5, 6, 7, 8})  # EXIF orientations that exchange width and height
_STEPS = ((512, 82), (512, 65), (512, 45), (384, 45), (256, 40), (128, 30))  # pixels, WebP quality
_AT_ONCE = 2
_limiter: RunVar[CapacityLimiter] = RunVar("atlascloud_mcp_pictures")


async def preview(path: Path) -> Preview | None:
    """At most 512 px on the longest side and 48 kB of WebP, upright; of an animation the first frame.

    None when the file is no picture that Pillow can read, or one of more than `MAX_DECODED_PIXELS`; a JPEG, which
    can be decoded at a fraction of its size, may have `MAX_PIXELS`.
    """
    return await _in_thread(_preview, path)


async def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height in pixels as one sees them (a camera may store them turned).

    None when the file is no picture that Pillow can read, or one of more than `MAX_PIXELS`.
    """
    return await _in_thread(_size_of, path)


async def convert(path: Path, extension: str, *, sides: tuple[int, int] | None = None) -> bytes | None:
    """The whole picture in the format of `extension` (`.webp`), upright, with its colour profile.

    With `sides` it is scaled to cover them, and what stands over is cut off on both sides alike.

    None when it cannot be had so: not a picture format that is written here, an animation, more than
    `MAX_DECODED_PIXELS`.
    """
    return await _in_thread(_convert, path, extension, sides)


async def _in_thread(work: Callable[[*Args], Result], *args: *Args) -> Result | None:
    """`work` in a worker thread, few at a time: see `MAX_DECODED_PIXELS` for what one can take."""
    try:
        limiter = _limiter.get()
    except LookupError:
        limiter = CapacityLimiter(_AT_ONCE)
        _limiter.set(limiter)
    return await to_thread.run_sync(_or_none, work, *args, limiter=limiter)


def _or_none(work: Callable[[*Args], Result], *args: *Args) -> Result | None:
    try:
        return work(*args)
    except Exception as error:  # noqa: BLE001  damaged bytes raise nearly anything from a decoder
        _log.debug("Not readable as a picture: %s", type(error).__name__)
        return None


def _size_of(path: Path) -> tuple[int, int]:
    with Image.open(path, formats=_READ) as image:
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED
        return (image.height, image.width) if turned else (image.width, image.height)


def _preview(path: Path) -> Preview | None:
    with Image.open(path, formats=_READ) as image:
        image.draft(None, (2 * PREVIEW_PIXELS, 2 * PREVIEW_PIXELS))  # a JPEG is decoded at a fraction of its size
        if _is_too_large(image):
            return None
        # Pillow shrinks palettes by leaving pixels out, and fails on large 16-bit pictures.
        source = _eight_bit(image) if image.mode in _NOT_SHRUNK_WELL else image
        source.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
        small = _eight_bit(ImageOps.exif_transpose(source))
    encoded = (_small_webp(small, pixels, quality) for pixels, quality in _STEPS)
    data = next((data for data in encoded if len(data) <= PREVIEW_BYTES), None)
    return Preview(data, "image/webp") if data else None


def _is_too_large(image: Image.Image) -> bool:
    return image.width * image.height > MAX_DECODED_PIXELS


def _small_webp(image: Image.Image, pixels: int, quality: int) -> bytes:
    small = image.copy()
    small.thumbnail((pixels, pixels))
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=quality, alpha_quality=quality, method=4)
    return buffer.getvalue()


def _convert(path: Path, extension: str, sides: tuple[int, int] | None) -> bytes | None:
    format_name, options = _WRITE[mime_for(extension) or ""]
    with Image.open(path, formats=_READ) as image:
        if _is_too_large(image) or (getattr(image, "is_animated", False) and image.format in _ANIMATED):
            return None
        profile = image.info.get("icc_profile") if image.mode in {"RGB", "RGBA", "P"} else None
        upright = ImageOps.exif_transpose(image)
    if format_name not in _DEEP or sides:
        upright = _eight_bit(upright)
    if sides:
        upright = ImageOps.fit(upright, sides, Image.Resampling.LANCZOS)
    if format_name in _OPAQUE and upright.mode == "RGBA":
        white = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(white, upright).convert("RGB")
    buffer = BytesIO()
    upright.save(buffer, format_name, icc_profile=profile, **options)
    return buffer.getvalue()


def _is_deep(image: Image.Image) -> bool:
    """Whether its greys go beyond 255; a 32-bit picture may hold 8-bit values."""
    extrema = image.convert("I").getextrema()
    return isinstance(extrema[1], int | float) and extrema[1] > 255


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture as RGB or RGBA; 16-bit greys scaled, which Pillow's own conversion cuts off at 255."""
    if image.mode.startswith("I") and _is_deep(image):
        image = image.convert("I").point(lambda value: value / 256).convert("L")  # pyright: ignore[reportUnknownMemberType]  numpy in its type
    return image.convert("RGBA" if image.has_transparency_data else "RGB")
