"""What a search over the catalogue gives, and in which order."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_samples import CATALOGUE, FAMILIES, SIBLINGS, TRAPS, catalogue

from atlascloud_mcp.atlas.models import Catalogue
from atlascloud_mcp.jobs.models.searching import search

MODELS = catalogue(CATALOGUE, SIBLINGS, TRAPS, noise=300)
NEAR = catalogue(FAMILIES, noise=300)
REVERSED = Catalogue(MODELS.models[::-1], MODELS.fetched_at)
WORDS = ["kling", "i2v", "3", "pro", "edit", "to", "the", "image"]


def ids(query: str = "", **filters: Any) -> list[str]:
    return [model.id for model in search(MODELS, query, **filters)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("nano banana", "google/nano-banana/edit"),
        ("nanobanana pro edit", "google/nano-banana-pro/edit"),
        ("flux schnell", "black-forest-labs/flux-schnell"),
        ("kling lip sync", "kwaivgi/kling-lipsync/audio-to-video"),
        ("upscale", "atlascloud/image-upscaler"),
        ("seedance 2.0 t2v", "bytedance/seedance-2.0/text-to-video"),
        ("mini max music speech", "minimax/speech-2.6-hd"),
        ("wan 2.5 text to video", "alibaba/wan-2.5/text-to-video"),
        ("schn", "black-forest-labs/flux-schnell"),
        ("song", "suno/chirp-v5"),
        ("lightricks", "lightricks/ltx-2-fast/image-to-video"),
    ],
)
def test_the_model_that_most_words_describe_comes_first(query: str, first: str) -> None:
    assert ids(query)[0] == first


def test_what_no_word_describes_is_left_out() -> None:
    assert ids("xyzzyplugh") == []
    assert ids("?!") == []
    assert ids("the") == []
    assert set(ids("sora xyzzyplugh")) == set(ids("sora"))
    assert all("sora" in found for found in ids("sora"))


def test_an_id_outweighs_an_organisation_and_a_summary() -> None:
    assert "minimax" in ids("minimax")[0]
    assert "hailuo" in ids("minimax")[-1]
    described = next(model for model in MODELS.models if model.summary)
    assert set(ids("scenes calm")) == {model.id for model in MODELS.models if model.summary}
    assert ids(described.id)[0] == described.id


def test_misspelt_words_count_only_when_nothing_else_is_found() -> None:
    assert "bytedance/seedream-v4.5" in ids("seedreem")
    assert "bytedance/seedream-v4.5" not in ids("seedreem sora")


def test_an_empty_query_gives_all_by_type_organisation_and_id() -> None:
    everything = search(MODELS)
    assert len(everything) == len(MODELS.models)
    order = ["image", "video", "audio", "text", None]
    keys = [(order.index(model.type), model.organization.casefold(), model.id.casefold()) for model in everything]
    assert keys == sorted(keys)
    assert search(MODELS, "  ") == everything


def test_filters_hold_with_and_without_words() -> None:
    assert {model.type for model in search(MODELS, type="video")} == {"video"}
    assert ids(kind="audio-to-video") == ["kwaivgi/kling-lipsync/audio-to-video", "kwaivgi/kling-v2.6-pro/avatar"]
    assert ids(type="audio", takes="audio") == ["bytedance/seed-asr-2.0"]
    assert ids("qwen", type="image", kind="text-to-image") == ["atlascloud/qwen-image/text-to-image"]
    assert ids("qwen", kind="no-such-kind") == []


@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("lipsync", {"veed/lipsync", "sync/lipsync-v3"}),
        ("edit", {"google/nano-banana-2/edit", "black-forest-labs/flux-2-pro/edit"}),
        ("i2v", {"alibaba/wan-2.2/i2v-480p", "vidu/q3-pro/image-to-video"}),
        ("upscale", {"atlascloud/image-upscaler", "atlascloud/video-upscaler"}),
        ("3d", {"tencent/hunyuan3d-rapid/text-to-3d", "bytedance/seed3d-2.0/image-to-3d"}),
    ],
)
def test_a_kind_may_be_named_as_people_name_it(kind: str, some: set[str]) -> None:
    found = {model.id for model in search(NEAR, kind=kind)}
    assert some <= found
    assert "black-forest-labs/flux-schnell" not in found


def test_what_may_take_a_clip_is_not_left_out_for_its_kind() -> None:
    for medium in ("image", "video", "audio"):
        assert "bytedance/seedance-2.0/reference-to-video" in ids("seedance", takes=medium)
    assert "bytedance/seedance-2.0/text-to-video" not in ids("seedance", takes="video")


@pytest.mark.parametrize(
    ("query", "all_of_them"),
    [
        ("aurora paint edit", "aurora"),
        ("seed3d image", "seed3d"),
        ("google/veo3.1", "veo3.1"),
        ("nano banana image", "nano-banana"),
    ],
)
def test_where_a_model_meets_each_word_those_that_do_not_are_left_out(query: str, all_of_them: str) -> None:
    found = [model.id for model in search(NEAR, query)]
    assert found
    assert all(all_of_them in model.replace("_", "-") for model in found)


def test_a_medium_alone_is_too_little_where_another_word_is_met() -> None:
    assert {model.id for model in search(NEAR, "xyzzyplugh turbo image")} == {
        "z-image/turbo",
        "krea-2-turbo/text-to-image",
    }
    assert len(search(NEAR, "xyzzyplugh image")) > 100


@pytest.mark.parametrize(
    ("query", "same"),
    [("cheap text to image", "text to image"), ("good realistic kling", "kling"), ("cheapest i2v", "i2v")],
)
def test_a_word_that_describes_no_model_leaves_the_others_to_count(query: str, same: str) -> None:
    assert ids(query)
    assert ids(query) == ids(same)


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("text to speech", {"text-to-speech"}),
        ("speech to text", {"speech-to-text"}),
        ("text to image", {"text-to-image"}),
        ("upscale", {"image-tools"}),
    ],
)
def test_the_words_of_a_task_find_only_what_does_it(query: str, kinds: set[str]) -> None:
    assert {kind for model in search(MODELS, query) for kind in model.kinds} == kinds


def test_extending_is_found_by_its_own_word_and_the_medium() -> None:
    found = {model.id for model in search(NEAR, "extend video")}
    assert found == {
        "pixverse/v6/video-extend",
        "alibaba/wan-2.5/video-extend",
        "black-forest-labs/flux-3/extend-video",
    }


def test_what_surely_takes_a_medium_comes_before_what_may() -> None:
    found = [model.takes for model in search(MODELS, type="video", takes="audio")]
    assert found == sorted(found, key=lambda takes: "audio" not in takes)
    assert ("image", "text") in found


def test_of_what_is_named_alike_the_newest_comes_first_and_what_has_no_version_last() -> None:
    found = [model.id for model in search(NEAR, "kling")]
    assert found[0].startswith("kwaivgi/kling-v3.0")
    assert found[-1] == "kwaivgi/kling-effects"


def test_filters_count_before_it_is_seen_whether_a_model_meets_each_word() -> None:
    assert ids("seedance fast", kind="image-to-video")[0].startswith("bytedance/seedance")
    assert ids("seedance reference", takes="audio") == ["bytedance/seedance-2.0/reference-to-video"]


def test_a_task_is_met_by_what_does_it_and_a_glued_name_by_its_model() -> None:
    assert {model.kinds for model in search(NEAR, "inpaint")} == {("image-to-image",)}
    assert [model.id for model in search(NEAR, "zimage")] == ["z-image/turbo"]


def test_an_answer_is_the_caller_s_own_list() -> None:
    first = search(MODELS, "kling")
    first.clear()
    assert search(MODELS, "kling")


def test_each_catalogue_answers_for_itself() -> None:
    for number in range(8):
        own = catalogue(f"a/only{number} | Only {number} | image | A | text-to-image |")
        assert [model.id for model in search(own, "only")] == [f"a/only{number}"]


def test_a_thousand_queries_do_not_pile_up() -> None:
    for number in range(1000):
        search(MODELS, f"kling {number}")
    assert ids("kling 3 pro")[0].startswith("kwaivgi/kling-v3.0-pro/")


@settings(max_examples=40, deadline=None)
@given(query=st.text(max_size=60) | st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_any_query_gives_each_model_at_most_once_and_always_in_the_same_order(query: str) -> None:
    found = search(MODELS, query)
    assert len({model.id for model in found}) == len(found)
    assert search(REVERSED, query) == found
