import base64
import time
from io import BytesIO
from typing import Any, cast

import av
import pytest
from PIL import Image, ImageChops, ImageStat
from sandbox_town import Town, png

from atlascloud_mcp.sandbox.film import Script, film, frame_count, last_frame
from atlascloud_mcp.sandbox.webm import key_frame, webm

SEEDANCE = "bytedance/seedance-2.0-fast/text-to-video"
I2V = "bytedance/seedance-2.0/image-to-video"
SMALL = (128, 72)


def _frames(content: bytes) -> list[Image.Image]:
    with av.open(BytesIO(content), "r") as container:
        return [cast("Any", frame).to_image() for frame in container.decode(video=0)]


def _uri(colour: str) -> str:
    return "data:image/png;base64," + base64.b64encode(png(colour, (160, 90))).decode()


def _apart(one: Image.Image, other: Image.Image) -> float:
    """How different two pictures are, from 0 to 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def _script(**changes: Any) -> Script:
    said: dict[str, Any] = {"prompt": "a heron", "model": "m", "size": SMALL, "seconds": 2.0, "seed": 3}
    return Script(**(said | changes))


async def test_a_text_becomes_a_video_of_the_asked_size_and_length(town: Town) -> None:
    data = await town.finished(model=SEEDANCE, duration=4, resolution="480p", prompt="a lighthouse at dusk")
    assert data["duration"] == 4
    (url,) = data["outputs"]
    assert url.endswith("-0.webm")
    response = await town.client.get(url)
    assert response.headers["content-type"] == "video/webm"
    assert len(response.content) < 3_000_000
    with av.open(BytesIO(response.content), "r") as container:
        (stream,) = container.streams.video
        assert container.format.name == "matroska,webm"
        assert container.duration == 4_000_000
        assert (stream.codec_context.name, stream.width, stream.height) == ("vp8", 854, 480)
    frames = _frames(response.content)
    assert len(frames) == 48
    assert min(ImageStat.Stat(frames[0].convert("L")).stddev) > 12
    assert _apart(frames[0], frames[-1]) > 4


async def test_a_video_begins_and_ends_with_the_given_pictures(town: Town) -> None:
    data = await town.finished(
        model=I2V,
        image=_uri("red"),
        last_image=_uri("blue"),
        duration=4,
        resolution="480p",
        ratio="1:1",
        return_last_frame=True,
    )
    video, still = data["outputs"]
    frames = _frames((await town.client.get(video)).content)
    assert frames[0].size == (480, 480)
    assert _apart(frames[0], Image.new("RGB", (480, 480), "red")) < 6
    assert _apart(frames[-1], Image.new("RGB", (480, 480), "blue")) < 6
    last = await town.picture(still)
    assert (last.format, last.size) == ("PNG", (480, 480))
    assert _apart(last, frames[-1]) < 6


async def test_a_video_can_be_had_as_data_or_in_an_object_and_is_no_picture_to_start_from(town: Town) -> None:
    data = await town.finished(model=SEEDANCE, duration=4, resolution="480p", ratio="1:1")
    refused = await town.submit(model=I2V, image=data["outputs"][0])
    assert (refused.status_code, "cannot be read as a picture" in refused.json()["msg"]) == (400, True)
    town.sandbox.prediction_shape = "output_objects"
    assert (await town.poll(data["id"]))["outputs"][0]["url"].endswith(".webm")
    town.sandbox.prediction_shape = "data_uri"
    head, _, text = (await town.poll(data["id"]))["outputs"][0].partition(",")
    assert head == "data:video/webm;base64"
    assert base64.b64decode(text).startswith(b"\x1a\x45\xdf\xa3")


@pytest.mark.parametrize("seconds", [1.0, 2.5, 8.0, 15.0])
def test_a_film_is_exactly_as_long_as_asked(seconds: float) -> None:
    content = film(_script(seconds=seconds, size=(64, 64)))
    with av.open(BytesIO(content), "r") as container:
        assert container.duration == seconds * 1e6
        times = [float(frame.time or 0) for frame in container.decode(video=0)]
    assert len(times) == frame_count(seconds)
    assert times == sorted(set(times))
    assert times[-1] < seconds


def test_players_can_seek_in_a_film() -> None:
    with av.open(BytesIO(film(_script(seconds=6.0, size=(64, 64)))), "r") as container:
        container.seek(4_500_000)
        first = next(container.decode(video=0))
        assert 3.5 < float(first.time or 0) <= 4.5


def test_the_same_script_gives_the_same_film_and_another_seed_another_one() -> None:
    first = film(_script())
    assert film(_script()) == first
    assert film(_script(seed=4)) != first
    assert _apart(last_frame(_script()), _frames(first)[-1]) < 12


def test_a_reference_is_seen_in_the_film() -> None:
    half = Image.new("RGB", (128, 72), "black")
    half.paste("white", (64, 0, 128, 72))
    assert _apart(last_frame(_script(source=half)), last_frame(_script())) > 10


def test_between_two_pictures_each_place_shows_one_of_them() -> None:
    red, blue = (Image.new("RGB", (320, 180), colour) for colour in ("red", "blue"))
    for frame in _frames(film(_script(size=(320, 180), start=red, end=blue)))[::6]:
        pixels = [cast("tuple[int, int, int]", frame.getpixel((x, 170))) for x in range(320)]
        assert sum(40 < each[0] < 215 for each in pixels) < 40


@pytest.mark.slow
def test_five_seconds_in_720p_are_drawn_in_good_time() -> None:
    start = time.process_time()
    content = film(_script(size=(1280, 720), seconds=5.0, prompt="mountains above the clouds"))
    assert time.process_time() - start < 5.0  # about 2 s of processor time
    assert len(content) < 3_000_000


def test_a_lossless_picture_has_no_key_frame() -> None:
    buffer = BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "webp", lossless=True)
    with pytest.raises(ValueError, match="lossy"):
        key_frame(buffer.getvalue())


def test_the_frame_is_found_behind_other_chunks() -> None:
    buffer = BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, "webp", exif=b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00")
    content = webm([key_frame(buffer.getvalue())] * 2, width=16, height=16, seconds=1.0)
    assert [frame.size for frame in _frames(content)] == [(16, 16)] * 2
