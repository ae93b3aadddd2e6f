import time

import pytest
from PIL import Image, ImageChops, ImageStat

from atlascloud_mcp.sandbox.artwork import draw
from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.lettering import drawable, set_text, text_width

PROMPTS = (
    "A lighthouse above the sea at dusk",
    "Poster for a jazz night",
    "a word " * 60,
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 3,
    "日本の山",
    "🚀 Käse — fête \x00\u200d\ud800",
)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("size", [(64, 64), (256, 256), (320, 192), (192, 320), (64, 512)])
def test_any_prompt_in_any_size_is_a_picture_with_something_on_it(prompt: str, size: tuple[int, int]) -> None:
    poster = draw(prompt, width=size[0], height=size[1], seed=1)
    assert (poster.size, poster.mode) == (size, "RGB")
    assert min(ImageStat.Stat(poster.convert("L")).stddev) > 12


@pytest.mark.parametrize("seed", range(8))
def test_the_same_arguments_give_the_same_pixels_and_another_seed_another_picture(seed: int) -> None:
    one, same, other = (draw("a heron", width=128, height=96, seed=each) for each in (seed, seed, seed + 100))
    assert one.tobytes() == same.tobytes()
    assert ImageStat.Stat(ImageChops.difference(one, other)).sum[0] > 10_000


def test_the_caption_names_the_model() -> None:
    plain, signed = (draw("night sky", width=512, height=256, seed=1, model=model) for model in ("", "z-image/turbo"))
    changed = ImageChops.difference(plain, signed).getbbox()
    assert changed is not None
    assert changed[1] > 220  # nothing above the caption's line has changed


def test_a_large_picture_is_drawn_in_good_time() -> None:
    start = time.process_time()
    assert draw("mountains", width=1024, height=1024, seed=4).size == (1024, 1024)
    assert time.process_time() - start < 2.0  # 0.4 s of processor time


def test_what_the_font_lacks_is_taken_apart_or_left_out() -> None:
    assert drawable("Käse — “fête”\n× 2 山🎉") == "Kase - “fete” x 2"  # noqa: RUF001  the point


def test_text_is_as_large_as_the_box_allows_and_never_wider() -> None:
    short = set_text("Hi", 400, 200, largest=60, smallest=10)
    assert (short.lines, short.size) == (("Hi",), 60)
    longer = set_text("one two three four five six seven", 200, 100, largest=60, smallest=10)
    assert 10 <= longer.size < 60
    assert longer.height <= 100
    assert all(text_width(line, longer.size) <= 200 for line in longer.lines)


def test_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    cut = set_text("many words " * 40, 120, 40, largest=20, smallest=10)
    assert cut.lines[-1].endswith("…")
    assert all(text_width(line, cut.size) <= 120 for line in cut.lines)


def test_a_word_wider_than_the_box_is_broken() -> None:
    broken = set_text("w" * 60, 100, 300, largest=20, smallest=12)
    assert len(broken.lines) > 3
    assert "".join(broken.lines) == "w" * 60


def test_no_text_takes_no_room() -> None:
    assert set_text("", 100, 100, largest=20, smallest=10).height == 0


def test_an_edit_keeps_the_bright_where_the_source_was_bright() -> None:
    source = Image.linear_gradient("L").convert("RGB")
    edited = draw("as a print", width=512, height=512, seed=2, source=source).convert("L")
    rows = [ImageStat.Stat(edited.crop((60, top, 250, top + 20))).mean[0] for top in (60, 210, 360)]
    assert rows == sorted(rows)
    assert rows[2] - rows[0] > 80


def test_an_edit_fills_its_page_and_covers_no_more_than_its_foot() -> None:
    half = Image.new("RGB", (512, 512), "black")
    half.paste("white", (256, 0, 512, 512))
    edited = draw("at night", width=512, height=512, seed=2, source=half).convert("L")
    dark, light = (ImageStat.Stat(edited.crop((left, 0, left + 254, 450))) for left in (0, 258))
    assert light.mean[0] - dark.mean[0] > 120
    assert max(dark.stddev[0], light.stddev[0]) < 10  # nothing is written there


def test_dice_fall_the_same_way_for_the_same_name() -> None:
    one, same, other = Dice("a"), Dice("a"), Dice("b")
    numbers = [one.uniform(0, 1) for _ in range(600)]
    assert numbers == [same.uniform(0, 1) for _ in range(600)]
    assert numbers != [other.uniform(0, 1) for _ in range(600)]
    assert {Dice("c").noise(8)} == {Dice("c").noise(8)}
    assert sorted({one.whole(1, 3) for _ in range(100)}) == [1, 2, 3]
