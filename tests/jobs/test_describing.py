"""A model in a line, and the words that its name is made of."""

import pytest
from model_samples import parsed

from atlascloud_mcp.atlas.models import Model, Price
from atlascloud_mcp.jobs.models.describing import described, price, takes
from atlascloud_mcp.jobs.models.names import words


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a/b | B | image | A | image-to-image | 0.072 image", "from $0.072 per image; takes text and pictures"),
        ("a/b | B | video | A | text-to-video | 0.127", "from $0.127, per second or per generation; takes text"),
        ("a/b | B | video | A | audio-to-video | 0.5 second", "from $0.50 per second; takes pictures and audio"),
        ("a/b | B | audio | A | text-to-audio | 12", "from $12.00, unit not listed; takes text"),
        ("a/b | B | audio | A | text-to-speech | 0.015 1k_chars", "from $0.015 per 1,000 characters; takes text"),
        ("a/b | B | text | A | llm | 0.4/1.2", "$0.40 in and $1.20 out per million tokens; takes text"),
        ("a/b | B | image | A | |", "price not listed; inputs not listed"),
    ],
)
def test_a_model_is_described_in_a_line(row: str, said: str) -> None:
    assert described(parsed(row)[0]) == f"a/b ({said})"


def test_a_price_of_nothing_but_names_is_not_listed_and_three_inputs_are_a_list() -> None:
    model = Model("a/b", "B", "text", ("llm",), Price(), modalities=("image", "video"))
    assert price(model) == "price not listed"
    assert takes(model) == "takes text, pictures and video"


@pytest.mark.parametrize(
    ("one", "other"),
    [("v4.5", "4.5"), ("3.0", "3"), ("hailuo-02", "hailuo 2"), ("i2v", "img2video"), ("Q3", "q3"), ("2-5 x", "2.5 x")],
)
def test_spellings_of_one_thing_are_the_same_words(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"), [("3", "3.1"), ("2", "2.5"), ("q3", "3"), ("dev", "developer"), ("0324", "324"), ("v2v", "2v")]
)
def test_spellings_of_different_things_are_not(one: str, other: str) -> None:
    assert words(one) != words(other)
