import os
import random
from io import BytesIO
from pathlib import Path

import anyio
import pytest
from PIL import Image

from atlascloud_mcp.jobs.delivering.naming import WRITTEN
from atlascloud_mcp.jobs.media.pictures import (
    MAX_DECODED_PIXELS,
    MAX_PIXELS,
    PREVIEW_BYTES,
    PREVIEW_PIXELS,
    convert,
    preview,
    size_of,
)
from atlascloud_mcp.storage.media import KNOWN


def noise(mode: str, width: int, height: int) -> Image.Image:
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), random.Random(1).randbytes(width * height * bands))  # noqa: S311  noise


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
@pytest.mark.parametrize("size", [(1024, 768), (300, 900), (20, 10), (2000, 3), (3000, 2100)])
async def test_a_preview_is_small_and_keeps_the_proportions(tmp_path: Path, mode: str, size: tuple[int, int]) -> None:
    path = tmp_path / "a.png"
    Image.new(mode, size, 1).save(path)
    made = await preview(path)
    assert made is not None
    picture = opened(made.data)
    assert (made.mime_type, picture.format) == ("image/webp", "WEBP")
    assert max(picture.size) == min(PREVIEW_PIXELS, max(size))
    assert abs(picture.width / picture.height - size[0] / size[1]) <= size[0] / size[1] * 0.35
    assert len(made.data) <= PREVIEW_BYTES


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
async def test_a_preview_of_noise_fits_the_limit_too(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    noise(mode, 700, 700).save(path)
    made = await preview(path)
    assert made is not None
    assert len(made.data) <= PREVIEW_BYTES


async def test_a_preview_is_upright_and_so_is_the_size(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (600, 300)).save(path, exif=exif)
    made = await preview(path)
    assert made is not None
    assert opened(made.data).size == (256, 512)
    assert await size_of(path) == (300, 600)
    converted = await convert(path, ".png")
    assert converted is not None
    assert opened(converted).size == (300, 600)


async def test_transparency_is_kept_in_a_preview(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(path)
    made = await preview(path)
    assert made is not None
    assert opened(made.data).getpixel((5, 5))[3] == 0  # pyright: ignore[reportIndexIssue, reportOptionalSubscript]  an RGBA pixel


async def test_of_an_animation_the_first_frame_is_shown_and_nothing_converted(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    made = await preview(path)
    assert made is not None
    pixel = opened(made.data).convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200
    assert pixel[2] < 50
    assert await convert(path, ".png") is None


async def test_sixteen_bit_greys_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("I;16", (64, 64), 0x8000).save(path)
    made = await preview(path)
    assert made is not None
    pixel = opened(made.data).convert("L").getpixel((5, 5))
    assert isinstance(pixel, int)
    assert 120 < pixel < 136


@pytest.mark.parametrize(
    ("extension", "format_name"),
    [
        *((".png", "PNG"), (".jpg", "JPEG"), (".JPEG", "JPEG"), (".webp", "WEBP"), (".gif", "GIF"), (".bmp", "BMP")),
        *((".tiff", "TIFF"), (".tif", "TIFF"), (".avif", "AVIF")),
    ],
)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK"])
async def test_a_picture_is_converted_to_the_format_of_an_extension(
    tmp_path: Path, extension: str, format_name: str, mode: str
) -> None:
    path = tmp_path / "picture"
    Image.new(mode, (31, 17), "red" if mode in {"RGB", "RGBA"} else 0).save(path, "TIFF" if mode == "CMYK" else "PNG")
    data = await convert(path, extension)
    if mode == "CMYK" and extension == ".png":
        return
    assert data is not None
    picture = opened(data)
    assert (picture.format, picture.size) == (format_name, (31, 17))


async def test_transparency_becomes_white_where_the_format_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(path)
    data = await convert(path, ".jpg")
    assert data is not None
    assert opened(data).getpixel((9, 9)) == (255, 255, 255)


async def test_a_colour_profile_goes_along(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9)).save(path, icc_profile=b"profile" * 30)
    data = await convert(path, ".webp")
    assert data is not None
    assert opened(data).info["icc_profile"] == b"profile" * 30


@pytest.mark.parametrize("extension", [".txt", "", ".mp4", ".heic", ".svg"])
async def test_formats_that_are_not_written_here_are_told_by_none(tmp_path: Path, extension: str) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9)).save(path)
    assert await convert(path, extension) is None


async def test_the_formats_that_are_offered_are_those_that_are_written_here(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (9, 9)).save(path)
    pictures = [media for media in KNOWN if media.kind == "image"]
    written = [media for media in pictures if await convert(path, media.extension)]
    assert set(written) == set(WRITTEN)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"


@pytest.mark.parametrize(
    "data", [b"", b"text", EPS, b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"GIF89a\1\0\1\0"]
)
async def test_what_is_no_picture_has_no_preview_no_size_and_no_other_format(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert await preview(path) is None
    assert await convert(path, ".png") is None
    assert await preview(tmp_path / "missing.png") is None


@pytest.mark.parametrize("data", [b"", b"text", EPS])
async def test_what_is_no_picture_has_no_size(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    assert await size_of(path) is None


async def test_damaged_pictures_never_raise(tmp_path: Path) -> None:
    buffer = BytesIO()
    noise("RGB", 60, 60).save(buffer, "PNG")
    whole, chance = buffer.getvalue(), random.Random(2)  # noqa: S311  noise
    path = tmp_path / "a.png"
    shown = 0
    for _ in range(60):
        broken = bytearray(whole[: chance.randrange(8, len(whole))])
        broken[chance.randrange(8, len(broken) + 1) - 1] ^= 0xFF
        path.write_bytes(broken)
        made = await preview(path)
        assert made is None or opened(made.data).format == "WEBP"
        assert await size_of(path) in {None, (60, 60)}
        shown += made is not None
    assert shown < 60


async def test_a_bomb_of_pixels_is_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    side = int(MAX_PIXELS**0.5) + 1
    Image.new("1", (side, side)).save(path)
    assert path.stat().st_size < 100_000
    assert await preview(path) is None
    assert await convert(path, ".jpg") is None
    Image.new("1", (side * 2, side)).save(path)
    assert await preview(path) is None


async def test_a_picture_that_would_take_a_gigabyte_is_not_converted_but_its_size_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    side = int(MAX_DECODED_PIXELS**0.5) + 1
    Image.new("1", (side, side)).save(path)
    assert await size_of(path) == (side, side)
    assert await convert(path, ".webp") is None
    assert await preview(path) is None
    Image.new("1", (side - 1, side - 1)).save(path)
    assert await preview(path) is not None


async def test_a_large_jpeg_has_a_preview_because_it_is_decoded_small(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    side = int(MAX_DECODED_PIXELS**0.5) + 1
    Image.new("L", (side, side)).save(path)
    made = await preview(path)
    assert made is not None
    assert opened(made.data).size == (PREVIEW_PIXELS, PREVIEW_PIXELS)
    assert await convert(path, ".png") is None


async def test_many_previews_at_once_are_all_made(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (600, 600)).save(path)
    made: list[bytes] = []

    async def one() -> None:
        result = await preview(path)
        assert result
        made.append(result.data)

    async with anyio.create_task_group() as tasks:
        for _ in range(12):
            tasks.start_soon(one)
    assert len(made) == 12
    assert os.fspath(path)


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGB"])
async def test_a_preview_of_fine_stripes_is_grey_in_every_mode(mode: str, tmp_path: Path) -> None:
    picture = Image.frombytes("L", (2048, 2048), bytes([0, 255]) * (2048 * 1024))
    picture.convert(mode).save(tmp_path / "stripes.png")
    small = await preview(tmp_path / "stripes.png")
    assert small
    with Image.open(BytesIO(small.data)) as shown:
        colours = shown.convert("L").getcolors() or []
    assert colours
    assert all(90 < grey < 165 for _, grey in colours if isinstance(grey, int))
