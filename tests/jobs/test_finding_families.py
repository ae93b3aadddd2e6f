"""Models that are near to each other: what could be another one is not decided for the caller."""

import pytest
from model_samples import FAMILIES, catalogue, without
from wishes import ANIMATE, EDIT, ENDS, FILM, IMAGE, NONE, SEVERAL, VIDEO, error_of, need, outcome, rows

from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.finding import default, identify, offered, sibling

NEAR = catalogue(FAMILIES, noise=400)

IN_NEAR = """
kling 3.0 pro video edit | video of video | none
pixverse v6 edit | video of video | none
pixverse/v6/video-edit | video of video | none
alibaba/wan-2.5/video-edit | video of video | none
flux 3 video edit | video of video | none
pixverse v6 | video of video | several
pixverse v6 extend | video of video | pixverse/v6/video-extend
kling 3.0 pro | video of video | kwaivgi/kling-v3.0-pro/motion-control
minimax/hailuo-02/i2v-pro | video of image as first_frame | none
hailuo 02 pro | video of image as first_frame | minimax/hailuo-02/pro
bytedance/seedream-v4.5 | image | none
google/nano-banana-2/inpaint | image of image | none
happyhorse 1 1 | video | alibaba/happyhorse-1.1/text-to-video
happyhorse 1 0 | video | alibaba/happyhorse-1.0/text-to-video
kling v2 2 | video | none
kling 2 0 master | video | kwaivgi/kling-v2.0-t2v-master
veo 3 1 | video | google/veo3.1/text-to-video
nano banana 2 2 | image | none
turbo | image | several
a turbo model | image | several
image turbo | image | several
z | image | none
z-image turbo | image | z-image/turbo
quality | video | none
developer | video | none
mini | video | none
black | video of video | several
super | image | none
swap | image of image | none
face swap | image of image | atlascloud/face-swap-image
cleanup | image of image | none
photo cleanup | image of image | atlascloud/photo-cleanup
Aurora-Paint Edit | image of image | mossglow/aurora_paint/edit-20260611
the Aurora-Paint Edit model | image of image | mossglow/aurora_paint/edit-20260611
Aurora-Paint Edit. | image of image | mossglow/aurora_paint/edit-20260611
“Aurora-Paint Edit” | image of image | mossglow/aurora_paint/edit-20260611
aurora-paint edit, please | image of image | mossglow/aurora_paint/edit-20260611
edit with aurora paint | image of image | several
the google/nano-banana-2/edit model | image of image | google/nano-banana-2/edit
flux-3/keyframes-to-video | video of image as first_frame last_frame | black-forest-labs/flux-3/keyframes-to-video
FLUX 3 keyframes | video of image as first_frame last_frame | black-forest-labs/flux-3/keyframes-to-video
q3-pro/image-to-video | video of image as first_frame last_frame | vidu/q3-pro/image-to-video
q3proimagetovideo | video of image as first_frame last_frame | vidu/q3-pro/image-to-video
the Vidu Q3-Pro Image-to-Video model | video of image as first_frame last_frame | vidu/q3-pro/image-to-video
vidu q3 pro | video of image as first_frame last_frame | vidu/q3-pro/start-end-to-video
kling 2.1 i2v pro | video of image as first_frame last_frame | kwaivgi/kling-v2.1-i2v-pro
kling 2.1 pro | video of image as first_frame last_frame | kwaivgi/kling-v2.1-i2v-pro/start-end-frame
lipsync | video of image audio | several
lip sync | video of image audio | several
lip-sync model | video of image audio | several
veed lip sync | video of image audio | veed/lipsync
wan 2.2 | video of image as first_frame | several
wan 2.6 | video of image as first_frame | alibaba/wan-2.6/image-to-video
qwen | image | several
nano banana 2 | image of image | google/nano-banana-2/edit
google/nano-banana-2 | image of image | google/nano-banana-2/edit
nano-banana-2 edit | image of image | google/nano-banana-2/edit
edit with nano banana 2 | image of image | google/nano-banana-2/edit
the Nano Banana 2 Edit model | image of image | google/nano-banana-2/edit
nano banana 2 reference | image of image | google/nano-banana-2/reference-to-image
zimage turbo | image | z-image/turbo
zimageturbo | image | z-image/turbo
tencent/hunyuan3d-rapid | mesh | tencent/hunyuan3d-rapid/text-to-3d
bytedance/seed3d-2.0 | mesh of image | bytedance/seed3d-2.0/image-to-3d
hailuo-02/pro | video of image as first_frame | minimax/hailuo-02/pro
v6/text-to-video | video | pixverse/v6/text-to-video
lipsync-v3 | video of image audio | sync/lipsync-v3
lipsync v3 | video of image audio | sync/lipsync-v3
remove background | image of image | none
chatgpt image | image | none
google/veo3.1/image | video of image as first_frame | none
"""


@pytest.mark.parametrize(("wanted", "wish", "meant"), rows(IN_NEAR))
def test_what_could_be_another_model_of_a_family_is_not_decided_here(wanted: str, wish: str, meant: str) -> None:
    assert outcome(NEAR, wanted, wish) == meant


@pytest.mark.parametrize(
    ("gone", "wanted", "wish"),
    [
        ("google/nano-banana-2/edit", "google/nano-banana-2/edit", EDIT),
        ("google/nano-banana-2/edit", "nano banana 2 edit", EDIT),
        ("vidu/q3-pro/image-to-video", "vidu/q3-pro/image-to-video", ENDS),
        ("vidu/q3-pro/image-to-video", "vidu q3 pro image to video", ENDS),
        ("pixverse/v6/text-to-video", "pixverse v6", FILM),
    ],
)
def test_no_other_task_stands_in_for_a_model_that_left(gone: str, wanted: str, wish: str) -> None:
    assert outcome(without(NEAR, gone), wanted, wish) in {SEVERAL, NONE}


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("flux-schnel", "black-forest-labs/flux-schnell"),
        ("klng 3", "kwaivgi/kling-v3.0-pro/text-to-video"),
        ("seedence 2.0", "bytedance/seedance-2.0/image-to-video"),
        ("nanobanan", "google/nano-banana-2/edit"),
    ],
)
def test_the_nearest_name_is_suggested_first_whatever_is_asked(wanted: str, first: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        identify(NEAR, wanted)
    assert f"The nearest: {first} (" in caught.value.message


def test_a_misspelt_name_of_another_tool_s_model_is_suggested_with_that_tool() -> None:
    error = error_of(NEAR, "seedence", IMAGE)
    assert (
        'No image model is called "seedence". The nearest are of type video: bytedance/seedance-2.0/' in error.message
    )
    assert "generate_video runs them" in error.next_step


def test_another_tool_s_models_come_plainest_first_with_prices_and_their_number() -> None:
    message = error_of(NEAR, "veo 3.1", IMAGE).message
    assert "of type video (the first 5 of 6): google/veo3.1/text-to-video (from $0.20" in message


def test_a_medium_alone_makes_no_model_the_nearest() -> None:
    for wanted, wish in (("chatgpt image", IMAGE), ("some video model", VIDEO), ("higgsfield text to video", VIDEO)):
        error = error_of(NEAR, wanted, wish)
        assert "nearest" not in error.message
        assert "search_models" in error.next_step


def test_the_nearest_of_another_type_are_never_of_the_tool_s_own() -> None:
    models = catalogue("a/hunyuan3d|Hunyuan3D|image|A|text-to-3d|", "b/oil|Oil|image|B|text-to-image|")
    assert "of type image: a/hunyuan3d (" in error_of(models, "hunyuan video", VIDEO).message


def test_a_family_s_id_that_none_of_just_that_name_fits_is_answered_with_its_longer_names() -> None:
    models = catalogue(
        "alibaba/qwen-image/edit|Qwen-Image Edit|image|Alibaba|image-to-image|",
        "alibaba/qwen-image/text-to-image-plus|Qwen-Image Text-to-Image Plus|image|Alibaba|text-to-image|",
    )
    assert outcome(models, "alibaba/qwen-image", EDIT) == "alibaba/qwen-image/edit"
    error = error_of(models, "alibaba/qwen-image", IMAGE)
    assert "The nearest: alibaba/qwen-image/text-to-image-plus (" in error.message
    assert "made for text alone" not in error.message


def test_an_image_family_s_id_means_none_of_the_maker_s_videos() -> None:
    models = catalogue(
        "xai/grok-imagine-video/image-to-video|Grok Imagine Video Image-to-Video|video|xAI|image-to-video|",
        "xai/grok-imagine-image/edit|Grok Imagine Image Edit|image|xAI|image-to-image|",
    )
    assert outcome(models, "xai/grok-imagine-image", ANIMATE) in {NONE, "other type"}
    assert outcome(models, "xai/grok-imagine-image", EDIT) == "xai/grok-imagine-image/edit"
    assert outcome(models, "xai/grok-imagine-video", ANIMATE) == "xai/grok-imagine-video/image-to-video"


def test_candidates_of_equal_length_come_with_the_newest_first() -> None:
    message = error_of(NEAR, "kling", VIDEO).message
    assert message.index("kling-v3.0-pro/text-to-video") < message.index("kling-v2.0-t2v-master")


def test_a_tool_for_one_purpose_is_no_sibling_that_stands_in() -> None:
    model = NEAR.get("pixverse/v6/text-to-video")
    assert model
    assert sibling(NEAR, model, need(FILM)) is None
    assert "atlascloud/video-upscaler" not in {each.id for each in offered(NEAR, need(FILM))}


@pytest.mark.parametrize(
    ("wanted", "wish", "meant"),
    [
        ("bytedance/seedance-2.0/text-to-video", VIDEO, "alibaba/happyhorse-1.0/text-to-video"),
        ("bytedance/seedance-2.0/text-to-video", ANIMATE, "bytedance/seedance-2.0/image-to-video"),
        ("vio 3.1", VIDEO, "alibaba/happyhorse-1.0/text-to-video"),
    ],
)
def test_a_default_that_left_falls_back_to_its_family_else_to_the_cheapest(wanted: str, wish: str, meant: str) -> None:
    model, note = default(NEAR, wanted, need(wish), setting="ATLASCLOUD_VIDEO_MODEL")
    assert model.id == meant
    assert f'"{wanted}", which is not in the catalogue; used {meant} instead' in note
