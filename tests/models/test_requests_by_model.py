"""One natural request for each picture, mesh, video and sound model, and the whole body that it becomes."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from atlascloud_mcp.atlas.schema import parse_schema
from atlascloud_mcp.jobs.parameters.body import build_body
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.sandbox.catalogue import models, usable_model
from world import World, fields_of

REAL_MODELS = 52
PICTURE = "https://example.com/fox.png"
OTHER = "https://example.com/den.png"
CLIP = "https://example.com/fox.mp4"
SPEECH = "https://example.com/speech.mp3"

IMAGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "black-forest-labs/flux-schnell": (
        {"width": 1344, "height": 768, "count": 2, "seed": 7, "steps": 4},
        {"width": 1344, "height": 768, "num_images": 2, "seed": 7, "steps": 4},
    ),
    "black-forest-labs/flux-dev": (
        {"aspect_ratio": "1:1", "guidance_scale": 3.5, "negative_prompt": "snow"},
        {"width": 1024, "height": 1024, "guidance_scale": 3.5, "negative_prompt": "snow"},
    ),
    "black-forest-labs/flux-kontext-dev": (
        {"images": [PICTURE], "width": 1344, "height": 768, "count": 2, "steps": 30},
        {"image": PICTURE, "size": "1344*768", "num_images": 2, "num_inference_steps": 30},
    ),
    "google/nano-banana/edit": (
        {"images": [PICTURE, OTHER], "aspect_ratio": "16:9", "output_format": "jpg"},
        {"images": [PICTURE, OTHER], "aspect_ratio": "16:9", "output_format": "jpeg"},
    ),
    "google/nano-banana-2/text-to-image": (
        {"width": 1920, "height": 1080, "output_format": "png"},
        {"aspect_ratio": "16:9", "resolution": "2k", "output_format": "png"},
    ),
    "google/nano-banana-2/edit": (
        {"images": [PICTURE], "aspect_ratio": "4:5", "resolution": "2K"},
        {"images": [PICTURE], "aspect_ratio": "4:5", "resolution": "2k"},
    ),
    "google/nano-banana-pro/text-to-image": (
        {"aspect_ratio": "21:9", "resolution": "4k"},
        {"aspect_ratio": "21:9", "resolution": "4k"},
    ),
    "openai/gpt-image-2/text-to-image": (
        {"width": 1536, "height": 1024, "output_format": "jpg", "params": {"quality": "low"}},
        {"size": "1536x1024", "quality": "low", "output_format": "jpeg"},
    ),
    "atlascloud/qwen-image/text-to-image": (
        {"width": 1024, "height": 1536, "seed": 11},
        {"size": "1024*1536", "seed": 11},
    ),
    "atlascloud/qwen-image/edit": ({"images": [PICTURE], "seed": 3}, {"image": PICTURE, "seed": 3}),
    "alibaba/qwen-image/edit-plus-20251215": (
        {"images": [PICTURE, OTHER], "count": 3, "negative_prompt": "people", "aspect_ratio": "1:1"},
        {"images": [PICTURE, OTHER], "negative_prompt": "people", "size": "1024*1024", "num_images": 3},
    ),
    "bytedance/seedream-v4.5": ({"width": 2560, "height": 1472}, {"size": "2560*1472"}),
    "bytedance/seedream-v5.0-lite": ({"aspect_ratio": "16:9", "resolution": "2k"}, {"size": "2752*1536"}),
    "bytedance/seedream-v5.0-lite/edit": (
        {"images": [PICTURE], "width": 1024, "height": 1024},
        {"image": PICTURE, "size": "1024*1024"},
    ),
    "bytedance/seedream-v5.0-pro/text-to-image": ({"width": 2048, "height": 1152}, {"size": "2048*1152"}),
    "alibaba/wan-2.5/image-edit": (
        {"images": [PICTURE], "width": 1280, "height": 720, "seed": 5},
        {"images": [PICTURE], "seed": 5, "size": "1280*720"},
    ),
    "z-image/turbo": (
        {"width": 1000, "height": 1500, "seed": 9},
        {"seed": 9, "size": "1024*1472"},
    ),
    "tencent/hunyuan3d-rapid/text-to-3d": (
        {"output_format": "glb", "params": {"enable_pbr": True}},
        {"format": "GLB", "enable_pbr": True},
    ),
    "tripo-h3.1/text-to-3d": (
        {"negative_prompt": "legs", "seed": 4, "params": {"face_limit": 5000}},
        {"negative_prompt": "legs", "face_limit": 5000, "model_seed": 4, "texture_seed": 4, "image_seed": 4},
    ),
}
WITHOUT_PROMPT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tencent/hunyuan3d-rapid/image-to-3d": (
        {"images": [PICTURE], "output_format": "obj"},
        {"image": PICTURE, "format": "OBJ"},
    ),
}
SEEDANCE = {"duration_seconds": 6, "aspect_ratio": "9:16", "resolution": "1080p", "sound": False}
SEEDANCE_SENT = {"duration": 6, "resolution": "1080p", "ratio": "9:16", "generate_audio": False}
VIDEOS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bytedance/seedance-2.0/text-to-video": (SEEDANCE, SEEDANCE_SENT),
    "bytedance/seedance-2.0/image-to-video": (
        {"first_frame": PICTURE, "last_frame": OTHER, **SEEDANCE},
        {"image": PICTURE, "last_image": OTHER, **SEEDANCE_SENT},
    ),
    "bytedance/seedance-2.0/reference-to-video": (
        {"images": [PICTURE, OTHER], "video": CLIP, "audio": SPEECH, **SEEDANCE},
        {
            "reference_images": [PICTURE, OTHER],
            "reference_videos": [CLIP],
            "reference_audios": [SPEECH],
            **SEEDANCE_SENT,
        },
    ),
    "bytedance/seedance-2.0-fast/text-to-video": (
        {"duration_seconds": 4, "resolution": "720p"},
        {"duration": 4, "resolution": "720p"},
    ),
    "bytedance/seedance-v1.5-pro/text-to-video": (
        {"duration_seconds": 12, "aspect_ratio": "1:1", "sound": True, "seed": 1},
        {"duration": 12, "aspect_ratio": "1:1", "generate_audio": True, "seed": 1},
    ),
    "kwaivgi/kling-v3.0-std/text-to-video": (
        {"duration_seconds": 10, "aspect_ratio": "9:16", "sound": True, "negative_prompt": "rain"},
        {"duration": 10, "aspect_ratio": "9:16", "sound": True, "negative_prompt": "rain"},
    ),
    "kwaivgi/kling-v2.1-i2v-pro/start-end-frame": (
        {"first_frame": PICTURE, "last_frame": OTHER, "duration_seconds": 5},
        {"image": PICTURE, "end_image": OTHER, "duration": 5},
    ),
    "kwaivgi/kling-v2.6-pro/avatar": (
        {"first_frame": PICTURE, "audio": SPEECH},
        {"audio": SPEECH, "image": PICTURE},
    ),
    "kwaivgi/kling-v2.6-pro/motion-control": (
        {"images": [PICTURE], "video": CLIP, "sound": False},
        {"image": PICTURE, "video": CLIP, "keep_original_sound": False},
    ),
    "kwaivgi/kling-video-o3-pro/video-edit": (
        {"video": CLIP, "images": [PICTURE]},
        {"video": CLIP, "images": [PICTURE]},
    ),
    "vidu/q3/text-to-video": (
        {"duration_seconds": 16, "aspect_ratio": "16:9", "resolution": "1080p", "params": {"style": "anime"}},
        {"style": "anime", "resolution": "1080p", "duration": 16, "aspect_ratio": "16:9"},
    ),
    "vidu/q3-pro/start-end-to-video": (
        {"first_frame": PICTURE, "last_frame": OTHER, "duration_seconds": 5, "resolution": "540p"},
        {"image": PICTURE, "end_image": OTHER, "resolution": "540p", "duration": 5},
    ),
    "alibaba/wan-2.6/image-to-video": (
        {"first_frame": PICTURE, "audio": SPEECH, "duration_seconds": 10, "resolution": "1080p", "sound": True},
        {"image": PICTURE, "resolution": "1080p", "audio": SPEECH, "duration": 10, "generate_audio": True},
    ),
    "google/veo3.1/reference-to-video": (
        {"images": [PICTURE, OTHER], "resolution": "720p", "sound": True},
        {"images": [PICTURE, OTHER], "resolution": "720p", "generate_audio": True},
    ),
    "openai/sora-2/text-to-video": ({"duration_seconds": 8}, {"duration": 8}),
    "google/gemini-omni-flash/image-to-video": (
        {"first_frame": PICTURE, "duration_seconds": 3, "aspect_ratio": "16:9", "resolution": "720p"},
        {"image": PICTURE, "duration": 3, "aspect_ratio": "16:9", "resolution": "720p"},
    ),
}
WORDLESS_VIDEOS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kwaivgi/kling-effects": (
        {"first_frame": PICTURE, "params": {"effect_scene": "snowglobe"}},
        {"image": PICTURE, "effect_scene": "snowglobe"},
    ),
}
WORDS = "Good evening."
SOUNDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bytedance/seed-audio-1.0": (
        {"prompt": WORDS, "audio": SPEECH, "speed": 1.25, "save_to": "hello.wav", "params": {"sample_rate": 24000}},
        {
            "text": WORDS,
            "references": [{"audio_url": SPEECH}],
            "format": "wav",
            "sample_rate": 24000,
            "speech_rate": 25,
        },
    ),
    "minimax/speech-2.6-hd": (
        {"prompt": WORDS, "voice": "Wise_Woman", "speed": 0.9, "save_to": "hello.mp3"},
        {"text": WORDS, "voice": "Wise_Woman", "speed": 0.9, "format": "mp3"},
    ),
    "xai/tts-v1": (
        {"prompt": WORDS, "voice": "eve", "language": "English"},
        {"text": WORDS, "voice_id": "eve", "language": "en"},
    ),
    "suno/chirp-v5": (
        {"prompt": "warm folk", "lyrics": "[Verse] Snow", "instrumental": False, "params": {"title": "Snow"}},
        {"prompt": "[Verse] Snow", "custom": True, "title": "Snow", "style": "warm folk", "make_instrumental": False},
    ),
    "minimax/lyrics-generation": ({"prompt": "a fox in the snow"}, {"prompt": "a fox in the snow"}),
}
TRANSCRIPTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bytedance/seed-asr-2.0": (
        {"audio": SPEECH, "language": "zh-CN", "speakers": True, "params": {"enable_itn": True}},
        {
            "audio_url": SPEECH,
            "language": "zh-CN",
            "enable_itn": True,
            "show_utterances": True,
            "enable_speaker_info": True,
        },
    ),
}
PROMPT = {"prompt": "a red fox in the snow"}
CASES = [
    *(("generate_audio", model, asked, sent) for model, (asked, sent) in SOUNDS.items()),
    *(("transcribe_audio", model, asked, sent) for model, (asked, sent) in TRANSCRIPTS.items()),
    *(("generate_image", model, {**PROMPT, **asked}, {**PROMPT, **sent}) for model, (asked, sent) in IMAGES.items()),
    *(("generate_image", model, asked, sent) for model, (asked, sent) in WITHOUT_PROMPT.items()),
    *(("generate_video", model, {**PROMPT, **asked}, {**PROMPT, **sent}) for model, (asked, sent) in VIDEOS.items()),
    *(("generate_video", model, asked, sent) for model, (asked, sent) in WORDLESS_VIDEOS.items()),
]


@pytest.mark.parametrize(("tool", "model", "asked", "sent"), CASES, ids=[case[1] for case in CASES])
async def test_a_natural_request_becomes_the_body_that_the_model_takes(
    tmp_path: Path, tool: str, model: str, asked: dict[str, Any], sent: dict[str, Any]
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        answer = fields_of(await client.call_tool(tool, {"model": model, **asked, "dry_run": True}))
    assert answer["request"] == {"model": model, **sent}
    known = usable_model(model)
    assert known
    if known.input:
        validator: Any = Draft202012Validator(known.input)
        validator.validate(answer["request"])
    assert world.sandbox.submits == []


async def test_every_real_model_of_the_sandbox_that_is_no_language_model_is_tried_here() -> None:
    real = [model for model in models()[:REAL_MODELS] if model.usable and model.kind != "text"]
    assert {model.id for model in real} == {case[1] for case in CASES}


def test_the_model_that_the_sandbox_hides_is_understood_too() -> None:
    hidden = next(model for model in models()[:REAL_MODELS] if not model.usable)
    schema = parse_schema({"components": {"schemas": {"Input": hidden.input}}})
    assert schema
    loras = [{"path": "https://example.com/style.safetensors", "scale": 0.8}]
    request = Request(prompt=PROMPT["prompt"], width=1024, height=768, count=2, seed=3, params={"loras": loras})
    body = build_body(hidden.id, Layout(schema), request, addresses={}, files={})
    sent = {"size": "1024*768", "num_images": 2, "seed": 3, "loras": loras}
    assert body.fields == {"model": hidden.id, **PROMPT, **sent}
    validator: Any = Draft202012Validator(hidden.input or {})
    validator.validate(body.fields)
