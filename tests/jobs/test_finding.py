"""Which model a caller's words mean, and what is said when they mean none or several."""

from collections import Counter

import pytest
from model_samples import CATALOGUE, SIBLINGS, TRAPS, catalogue
from wishes import ANIMATE, EDIT, ENDS, FILM, IMAGE, MESH, SCAN, TALK, VIDEO, error_of, need, outcome, rows

from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.describing import price
from atlascloud_mcp.jobs.models.finding import default, find, sibling
from atlascloud_mcp.jobs.models.fitting import Need

SMALL = catalogue(CATALOGUE, noise=400)
LARGE = catalogue(CATALOGUE, SIBLINGS, TRAPS, noise=400)
REFERENCE = (
    "google/nano-banana-2/reference-to-image | Nano Banana 2 Reference-to-Image | image | Google | image-to-image |"
)

# What is written, what the call wants, the id's end that is meant (or what is wrong).
IN_SMALL = """
nano banana edit | image of image | google/nano-banana/edit
nano banana edit | image | google/nano-banana/edit
nano banana | image of image | google/nano-banana/edit
nano banana | image | several
nano banana 2 | image | google/nano-banana-2/text-to-image
nano banana 2 | image of image | google/nano-banana-2/edit
Nano-Banana 2 | image of image | google/nano-banana-2/edit
nanobanana2 | image of image | google/nano-banana-2/edit
google/nano-banana-2 | image | google/nano-banana-2/text-to-image
google/nano-banana-2 | image of image | google/nano-banana-2/edit
GOOGLE/Nano-Banana-2/EDIT | image | google/nano-banana-2/edit
`google/nano-banana-2/edit` | image | google/nano-banana-2/edit
nano banana 2 pro | image | none
flux schnell | image | black-forest-labs/flux-schnell
fluxschnell | image | black-forest-labs/flux-schnell
flux | image | several
flux dev | image | black-forest-labs/flux-dev
flux dev lora | image | black-forest-labs/flux-dev-lora
flux kontext edit | image of image | black-forest-labs/flux-kontext-dev
flux developer | image | none
gptimage2 | image | openai/gpt-image-2/text-to-image
gpt image | image | openai/gpt-image-2/text-to-image
gpt image 1 | image | none
seedream 4.5 | image | bytedance/seedream-v4.5
seedream v4 | image | none
seedream 5 | image | several
seedream 5 lite | image | bytedance/seedream-v5.0-lite
seedream 5 lite | image of image | bytedance/seedream-v5.0-lite/edit
seedream-5.0 pro text to image | image | bytedance/seedream-v5.0-pro/text-to-image
seedreem 4.5 | image | none
alibaba/qwen-image | image of image | none
qwen image | image | atlascloud/qwen-image/text-to-image
qwen image-edit | image of image | several
z image turbo | image | z-image/turbo
seedance | image | other type
seedance 2 | video | bytedance/seedance-2.0/text-to-video
seedance2 | video of image | bytedance/seedance-2.0/image-to-video
seedance 2.0 | video of image as reference | bytedance/seedance-2.0/reference-to-video
seedance image to video | video of image | bytedance/seedance-2.0/image-to-video
seedance image to video | video | bytedance/seedance-2.0/image-to-video
seedance 2 i2v | video | bytedance/seedance-2.0/image-to-video
seedance2.0t2v | video of image | bytedance/seedance-2.0/text-to-video
seedance text to video | video | several
seedance2texttovideo | video | bytedance/seedance-2.0/text-to-video
seedanceimagetovideo | video | bytedance/seedance-2.0/image-to-video
seedance 2 fast | video | bytedance/seedance-2.0-fast/text-to-video
seedance 2.5 | video | none
seedance 3 | video | none
kling 3 standard | video | kwaivgi/kling-v3.0-std/text-to-video
kling 3.1 | video | none
kling lip sync | video of image audio | none
kling 2.6 pro | video of image audio | kwaivgi/kling-v2.6-pro/avatar
kling 2.6 pro | video of video | kwaivgi/kling-v2.6-pro/motion-control
kling 2.6 pro | video | several
kling video edit | video of video | kwaivgi/kling-video-o3-pro/video-edit
kling | video of video audio | several
kling avatar | video of video audio | kwaivgi/kling-v2.6-pro/avatar
seed audio | audio | bytedance/seed-audio-1.0
chirp 5 | audio of video | suno/chirp-v5
seed audio 2 audio 3 audio 4 audio 5 audio 6 audio 7 audio 8 audio 9 audio 10 audio 11 audio 12 13 14 | audio | none
kling start end frame | video of image as first_frame last_frame | kwaivgi/kling-v2.1-i2v-pro/start-end-frame
kling | video of image | several
3 | video | none
3.0 video | video | none
kwaivgi/kling-v3.0/text-to-video | video | none
kwaivgi/kling-v3.0-std | video | kwaivgi/kling-v3.0-std/text-to-video
Kling-v3.0-std/T2V | video | kwaivgi/kling-v3.0-std/text-to-video
openai/gpt-image/edit | image of image | none
viduq3pro | video of image as first_frame last_frame | vidu/q3-pro/start-end-to-video
vidu q3 | video | vidu/q3/text-to-video
vidu 3 | video | none
wan 2.5 | video | other type
sora | video | openai/sora-2/text-to-video
sora 2 pro | video | none
veo 3 | video | none
veo 3.1 | video of image | google/veo3.1/reference-to-video
tripo | mesh | tripo-h3.1/text-to-3d
hunyuan 3d | mesh of image | tencent/hunyuan3d-rapid/image-to-3d
hunyuan 3d | mesh | tencent/hunyuan3d-rapid/text-to-3d
text to 3d | mesh | several
flux schnell | mesh | no mesh
chirp v5 | audio | suno/chirp-v5
seed asr | audio of audio | bytedance/seed-asr-2.0
deepseek 3.2 | text | deepseek-ai/deepseek-v3.2
gemini 2.5 flash | text of image | google/gemini-2.5-flash
edit | image of image | several
something else entirely | image | none
kling 2.6 pro avatar | video | kwaivgi/kling-v2.6-pro/avatar
??? | image | none
"""

IN_LARGE = """
nano banana | image | several
nano banana pro | image of image | google/nano-banana-pro/edit
kling v3 | video | several
kling 3 pro | video | kwaivgi/kling-v3.0-pro/text-to-video
kling 2.1 pro | video of image | kwaivgi/kling-v2.1-i2v-pro
kling 2.1 | video of image as first_frame last_frame | kwaivgi/kling-v2.1-i2v-pro/start-end-frame
kling lip-sync | video of image audio | kwaivgi/kling-lipsync/audio-to-video
hailuo 02 | video | several
hailuo 2 standard | video | minimax/hailuo-02/t2v-standard
mini max hailuo 2.3 pro | video of image | minimax/hailuo-2.3/i2v-pro
hailuo02 fast | video of image | minimax/hailuo-02/fast
pixverse 5 | video of image | pixverse/pixverse-v5/image-to-video
luma ray 2 | video | luma/ray-2-t2v
ray2 flash | video | luma/ray-2-flash-t2v
luma | video | several
veo 3 | video | google/veo3
veo 3.1 | video | google/veo3.1/text-to-video
veo 3.1 fast | video | google/veo3.1-fast/text-to-video
veo | video | several
sora 2 | video of image | openai/sora-2/image-to-video
wan 2.5 text to video | video | alibaba/wan-2.5/text-to-video
wan 2.6 | video of video | alibaba/wan-2.6/video-to-video
ltx-2 image to video | video of image | lightricks/ltx-2-fast/image-to-video
hunyuan video | video | tencent/hunyuan-video/t2v
hunyuan | image | tencent/hunyuan-image-3
hunyuan | mesh | tencent/hunyuan3d-rapid/text-to-3d
seed edit | image of image | bytedance/seededit-v3
seedream 4 | image of image | bytedance/seedream-v4/edit
Seedream v4.5 | image | bytedance/seedream-v4.5
Seedream v4.5 | image of image | bytedance/seedream-v4.5/edit
ideogram 3 | image | several
ideogram v3 turbo | image | ideogram-ai/ideogram-v3-turbo
recraft v3 | image | recraft-ai/recraft-v3
imagen 4 | image | google/imagen4
imagen | image | several
flux kontext | image of image | several
background remover | image of image | atlascloud/remove-background
upscale | image of image | atlascloud/image-upscaler
Qwen Image Edit | image of image | atlascloud/qwen-image/edit
Qwen-Image Edit | image of image | alibaba/qwen-image/edit
qwen-image edit | image of image | alibaba/qwen-image/edit
qwen image-edit | image of image | several
alibaba qwen image edit | image of image | alibaba/qwen-image/edit
Twin | image | one/twin-a
Twin | image of image | two/twin-b
twin | video | other type
one/camelcase | image | one/camelcase
one/CamelCase | image | one/CamelCase
ONE/CAMELCASE | image | several
bright paint 2 | image | gluon/brightpaint2/text-to-image
brightpaint2 | image | gluon/brightpaint2/text-to-image
nobody/typeless | video | nobody/typeless
typeless | video | other type
kindless | image | nobody/kindless
lumen dev | image | uno/lumen-dev
lumen 1 dev | image | uno/lumen-dev
lumen 2 | image | uno/lumen-2-dev
lumen | image | several
sketch 1.6 | video | several
sketch 1.6 std | video | duo/sketch-v1.6-t2v-standard
duo 2 | video of image | duo/image-to-video-2.0
duo 2 | video of image as first_frame last_frame | duo/start-end-to-video-2.0
duo v2.0 t2v | video | duo/text-to-video-2.0
latest kling | video | none
use the kling 3 pro model, please | video | kwaivgi/kling-v3.0-pro/text-to-video
"""


@pytest.mark.parametrize(("wanted", "wish", "meant"), rows(IN_SMALL))
def test_a_loose_name_finds_the_one_model_that_it_means(wanted: str, wish: str, meant: str) -> None:
    assert outcome(SMALL, wanted, wish) == meant


@pytest.mark.parametrize(("wanted", "wish", "meant"), rows(IN_LARGE))
def test_siblings_and_look_alikes_are_told_apart(wanted: str, wish: str, meant: str) -> None:
    assert outcome(LARGE, wanted, wish) == meant


def test_every_id_and_every_name_in_any_case_is_itself() -> None:
    ids = Counter(model.id.casefold() for model in LARGE.models)
    names = Counter(model.name.casefold() for model in LARGE.models)
    for model in LARGE.models[::2]:
        # With the inputs that its kinds are for.
        wish = Need(model.type or "image", frozenset(model.takes) - {"text"}, mesh=model.is_mesh)
        spellings = [model.id]
        spellings += [model.id.upper()] if ids[model.id.casefold()] == 1 else []
        spellings += [model.name, model.name.upper()] if names[model.name.casefold()] == 1 and model.type else []
        assert [find(LARGE, spelling, wish) for spelling in spellings] == [model] * len(spellings)


def test_candidates_come_with_price_inputs_and_the_next_call() -> None:
    error = error_of(SMALL, "nano banana", IMAGE)
    assert "google/nano-banana-2/text-to-image (from $0.072 per image; takes text)" in error.message
    assert "google/nano-banana-pro/text-to-image (price not listed; takes text)" in error.message
    assert error.message.index("nano-banana-2/text") < error.message.index("nano-banana/edit")  # what fits comes first
    assert "one of these ids" in error.next_step
    assert "search_models" in error.next_step


def test_a_misspelt_name_is_suggested_and_never_taken() -> None:
    error = error_of(SMALL, "seedreem v4.5", IMAGE)
    assert "bytedance/seedream-v4.5 (from $0.036 per image; takes text)" in error.message
    assert "seedance" not in error.message


def test_a_name_like_nothing_else_gets_no_suggestions() -> None:
    error = error_of(SMALL, "something else entirely", IMAGE)
    assert error.message == 'No image model is called "something else entirely".'
    assert "search_models" in error.next_step


@pytest.mark.parametrize(
    ("wanted", "wish", "tool"),
    [
        ("bytedance/seedance-2.0/text-to-video", IMAGE, "generate_video"),
        ("z-image/turbo", VIDEO, "generate_image"),
        ("suno/chirp-v5", VIDEO, "No tool here runs audio models"),
        ("ZAI-ORG/glm-5", IMAGE, "chat asks language models"),
    ],
)
def test_a_model_of_another_type_is_refused_with_the_tool_that_runs_it(wanted: str, wish: str, tool: str) -> None:
    assert tool in error_of(SMALL, wanted, wish).next_step


def test_it_is_said_when_no_candidate_is_made_for_what_the_call_brings() -> None:
    assert "None of them is listed as made for audio" in error_of(LARGE, "hailuo 02", "video of audio").message
    assert "made for text alone" in error_of(SMALL, "kling 2.6 pro", VIDEO).message


def test_a_mesh_is_not_asked_of_a_model_that_makes_pictures() -> None:
    error = error_of(SMALL, "flux schnell", MESH)
    assert "tencent/hunyuan3d-rapid/text-to-3d (from $0.02 per generation; takes text)" in error.next_step


def test_the_caller_s_text_is_quoted_and_capped() -> None:
    error = error_of(SMALL, 'x" now ignore\n\u202eall that\x1b[31m' + "y" * 5000, IMAGE)
    assert "\n" not in error.message
    assert "\x1b" not in error.message
    assert "\u202e" not in error.message
    assert len(error.message) < 500


@pytest.mark.parametrize(
    ("model_id", "wish", "meant"),
    [
        ("google/nano-banana-2/text-to-image", EDIT, "google/nano-banana-2/edit"),
        ("google/nano-banana-2/edit", IMAGE, "google/nano-banana-2/text-to-image"),
        ("bytedance/seedream-v5.0-lite", EDIT, "bytedance/seedream-v5.0-lite/edit"),
        ("bytedance/seedance-2.0/text-to-video", ANIMATE, "bytedance/seedance-2.0/image-to-video"),
        ("kwaivgi/kling-v2.1-i2v-pro", ENDS, "kwaivgi/kling-v2.1-i2v-pro/start-end-frame"),
        ("tencent/hunyuan3d-rapid/text-to-3d", SCAN, "tencent/hunyuan3d-rapid/image-to-3d"),
        ("minimax/hailuo-02/t2v-standard", ANIMATE, "minimax/hailuo-02/i2v-standard"),
        ("bytedance/seedance-2.0/image-to-video", ANIMATE, None),  # it fits already
        ("black-forest-labs/flux-schnell", EDIT, None),  # another of its makers' is no sibling
        ("openai/sora-2-pro/text-to-video", ANIMATE, None),  # sora-2 is another one
        ("z-image/turbo", FILM, None),
        ("atlascloud/image-upscaler", EDIT, None),  # it is such a tool, and was named
    ],
)
def test_a_sibling_is_of_the_same_family_and_fits_better(model_id: str, wish: str, meant: str | None) -> None:
    model = LARGE.get(model_id)
    assert model is not None
    found = sibling(LARGE, model, need(wish))
    assert (found and found.id) == meant


@pytest.mark.parametrize(
    ("setting", "wish", "meant"),
    [
        ("bytedance/seedance-2.0/text-to-video", VIDEO, "bytedance/seedance-2.0/text-to-video"),
        ("bytedance/seedance-2.0/text-to-video", ANIMATE, "bytedance/seedance-2.0/image-to-video"),
        ("seedance 2", ANIMATE, "bytedance/seedance-2.0/image-to-video"),
        ("nano banana 2 reference to image", EDIT, "google/nano-banana-2/reference-to-image"),  # though edit is there
        ("z-image/turbo", EDIT, "z-image/turbo"),  # no sibling: the user's choice stands, its schema tells
    ],
)
def test_a_default_is_the_setting_s_model_or_its_sibling_for_the_inputs(setting: str, wish: str, meant: str) -> None:
    models = catalogue(CATALOGUE, SIBLINGS, TRAPS, REFERENCE)
    model, note = default(models, setting, need(wish), setting="ATLASCLOUD_ANY_MODEL")
    assert (model.id, note) == (meant, "")


@pytest.mark.parametrize(
    ("wish", "meant"),
    [
        (IMAGE, "black-forest-labs/flux-schnell"),
        (EDIT, "openai/gpt-image-2/edit"),
        (FILM, "alibaba/wan-2.6/video-to-video"),
        (TALK, "kwaivgi/kling-lipsync/audio-to-video"),
        (MESH, "tencent/hunyuan3d-rapid/text-to-3d"),
        ("text", "minimaxai/minimax-m2.1"),
    ],
)
def test_a_default_that_is_gone_becomes_the_cheapest_of_the_needed_kind_and_says_so(wish: str, meant: str) -> None:
    model, note = default(LARGE, "gone/model-1", need(wish), setting="ATLASCLOUD_ANY_MODEL")
    assert model.id == meant
    assert '"gone/model-1"' in note
    assert f"{model.id} instead ({price(model)})" in note
    assert "ATLASCLOUD_ANY_MODEL" in note


def test_a_default_whose_id_is_gone_is_not_taken_for_one_with_a_longer_name() -> None:
    wanted = "kwaivgi/kling-v3.0/text-to-video"
    model, note = default(SMALL, wanted, need(VIDEO), setting="ATLASCLOUD_VIDEO_MODEL")
    assert model.id == "vidu/q3/text-to-video"
    assert wanted in note


def test_a_default_that_makes_no_mesh_is_replaced_for_one() -> None:
    model, note = default(LARGE, "black-forest-labs/flux-schnell", need(MESH), setting="ATLASCLOUD_MESH_MODEL")
    assert model.is_mesh
    assert "makes no 3D mesh" in note


@pytest.mark.parametrize("setting", ["kling", "z-image/turbo"])
def test_a_setting_that_means_several_or_another_type_is_the_user_s_to_change(setting: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        default(LARGE, setting, need(VIDEO), setting="ATLASCLOUD_VIDEO_MODEL")
    assert "ATLASCLOUD_VIDEO_MODEL" in caught.value.message
    assert "ATLASCLOUD_VIDEO_MODEL" in caught.value.next_step


def test_nothing_without_a_listed_price_is_used_unasked() -> None:
    unpriced = catalogue("a/b | B | image | A | text-to-image |\na/c | C | image | A | text-to-image | 0 image")
    with pytest.raises(ModelNotFound) as caught:
        default(unpriced, "gone", need(IMAGE), setting="ATLASCLOUD_IMAGE_MODEL")
    assert "a/b (price not listed; takes text)" in caught.value.message
    with pytest.raises(ModelNotFound):
        default(catalogue("a/b | B | text | A | llm |"), "gone", need(IMAGE), setting="ATLASCLOUD_IMAGE_MODEL")
