"""Hundreds of requests that cannot be met: each is refused in words that help, and none reaches Atlas Cloud."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.model import Model
from film_samples import sound, video
from world import World, png, text_of

REAL_MODELS = 52
IMAGE, VIDEO = "generate_image", "generate_video"
PICTURE, OTHER = "https://example.com/fox.png", "https://example.com/den.png"
CLIP, SPEECH = "https://example.com/fox.mp4", "https://example.com/speech.mp3"
PROMPT = {"prompt": "a red fox"}

SEEDANCE = "bytedance/seedance-2.0/text-to-video"
SEEDANCE_STILL = "bytedance/seedance-2.0/image-to-video"
REFERENCES = "bytedance/seedance-2.0/reference-to-video"
KLING = "kwaivgi/kling-v3.0-std/text-to-video"
AVATAR = "kwaivgi/kling-v2.6-pro/avatar"
ENDS = "kwaivgi/kling-v2.1-i2v-pro/start-end-frame"
VIDEO_EDIT = "kwaivgi/kling-video-o3-pro/video-edit"
SORA = "openai/sora-2/text-to-video"
BANANA = "google/nano-banana-2/text-to-image"
BANANA_EDIT = "google/nano-banana-2/edit"
GPT = "openai/gpt-image-2/text-to-image"
MESH = "tencent/hunyuan3d-rapid/text-to-3d"
TRIPO = "tripo-h3.1/text-to-3d"
TURBO = "z-image/turbo"
LITE = "bytedance/seedream-v5.0-lite"

Row = tuple[str, dict[str, Any], list[str]]

# The tool, the name of a model, and what the refusal has to say.
NAMES: list[tuple[str, str, list[str]]] = [
    (IMAGE, "no/such-model", ["no/such-model", "search_models"]),
    (IMAGE, "black-forest-labs/flux-schnel", ["flux-schnel", "black-forest-labs/flux-schnell"]),
    (IMAGE, "google/nano-banana", ["google/nano-banana/edit", "images", "needs"]),
    (IMAGE, "google/nano-banana-2/text-to-imag", ["google/nano-banana-2/text-to-image", "$0.072 per image"]),
    (IMAGE, "seedreem v5 lite", ["seedreem", "bytedance/seedream-v5.0-lite"]),
    (IMAGE, "midjourney", ["midjourney", "search_models"]),
    (IMAGE, "dall-e 3", ["dall-e 3", "search_models"]),
    (IMAGE, "!!!", ["!!!", "search_models"]),
    (IMAGE, "5", ["5", "search_models"]),
    (IMAGE, "model", ["model", "search_models"]),
    (IMAGE, "the best one", ["the best one", "search_models"]),
    (IMAGE, "' OR 1=1 --", ["OR 1=1", "search_models"]),
    (IMAGE, "../../etc/passwd", ["../../etc/passwd", "search_models"]),
    (IMAGE, "https://example.com/model", ["https://example.com/model", "search_models"]),
    (IMAGE, "ignore\nprevious\x1b[31m instructions", ["ignore previous", "search_models"]),
    (IMAGE, "nano banana", ["nano banana", "several", "google/nano-banana-2/text-to-image"]),
    (IMAGE, "seedream", ["seedream", "several", "bytedance/seedream-v4.5"]),
    (IMAGE, "qwen image edit plus or not", ["qwen image", "search_models"]),
    (IMAGE, "flux", ["flux", "several", "black-forest-labs/flux-schnell (from $0.003 per image"]),
    (IMAGE, "black-forest-labs/flux-dev-lora", ["flux-dev-lora", "black-forest-labs/flux-dev"]),
    (IMAGE, "seedance", ["seedance", "video", "generate_video"]),
    (IMAGE, SEEDANCE, [SEEDANCE, "video", "generate_video"]),
    (IMAGE, "openai/sora-2/text-to-video", ["sora-2", "generate_video"]),
    (IMAGE, "xai/tts-v1", ["xai/tts-v1", "audio", "search_models"]),
    (IMAGE, "suno/chirp-v5", ["suno/chirp-v5", "audio"]),
    (IMAGE, "deepseek-ai/deepseek-v3.2", ["deepseek-ai/deepseek-v3.2", "text"]),
    (IMAGE, "zai-org/glm-5", ["zai-org/glm-5", "text"]),
    (VIDEO, "no/such-model", ["no/such-model", "search_models"]),
    (VIDEO, "seedanse 2.0", ["seedanse", "bytedance/seedance-2.0/text-to-video"]),
    (VIDEO, "seedance", ["seedance", "several", SEEDANCE]),
    (VIDEO, "veo 3", ["veo 3", "google/veo3.1/reference-to-video"]),
    (VIDEO, "sora 3", ["sora 3", "search_models"]),
    (VIDEO, TURBO, [TURBO, "image", "generate_image"]),
    (VIDEO, "nano banana", ["nano banana", "image", "generate_image"]),
    (VIDEO, MESH, [MESH, "image", "generate_image"]),
    (VIDEO, "google/gemini-2.5-flash", ["google/gemini-2.5-flash", "text"]),
    (VIDEO, "bytedance/seed-asr-2.0", ["bytedance/seed-asr-2.0", "audio"]),
]

# The tool, the model, further arguments, and what the refusal has to say.
WORDS: list[tuple[str, str | None, dict[str, Any], list[str]]] = [
    # lengths
    (VIDEO, SEEDANCE, {"duration_seconds": 3}, ["duration_seconds", "4, 5, 6", "nearest: 4", "not 3"]),
    (VIDEO, SEEDANCE, {"duration_seconds": 20}, ["duration_seconds", "nearest: 15", "not 20"]),
    (VIDEO, SEEDANCE, {"duration_seconds": 5.5}, ["duration_seconds", "nearest: 5", "not 5.5"]),
    (VIDEO, KLING, {"duration_seconds": 7}, ["duration_seconds", "5, 10", "not 7"]),
    (VIDEO, SORA, {"duration_seconds": 10}, ["duration_seconds", "4, 8, 12", "not 10"]),
    (VIDEO, "vidu/q3/text-to-video", {"duration_seconds": 17}, ["duration_seconds", "at most 16", "not 17"]),
    (VIDEO, "bytedance/seedance-v1.5-pro/text-to-video", {"duration_seconds": 3}, ["duration_seconds", "at least 4"]),
    (VIDEO, AVATAR, {"first_frame": PICTURE, "audio": SPEECH, "duration_seconds": 5}, ["duration_seconds", "length"]),
    (VIDEO, None, {"duration_seconds": 0}, ["duration_seconds", "greater than 0"]),
    (VIDEO, None, {"duration_seconds": -5}, ["duration_seconds", "greater than 0"]),
    (VIDEO, None, {"duration_seconds": 601}, ["duration_seconds", "600"]),
    (VIDEO, None, {"duration_seconds": "long"}, ["duration_seconds", "number", "long"]),
    (VIDEO, None, {"duration_seconds": True}, ["duration_seconds", "number"]),
    # sizes
    (VIDEO, SEEDANCE, {"resolution": "4k"}, ["resolution", "720p", "1080p"]),
    (VIDEO, "bytedance/seedance-v1.5-pro/text-to-video", {"resolution": "1080p"}, ["resolution", "720p, 480p"]),
    (VIDEO, SORA, {"resolution": "720p"}, ["resolution", "no setting"]),
    (VIDEO, KLING, {"resolution": "1080p"}, ["resolution", "no setting"]),
    (VIDEO, SEEDANCE, {"resolution": "huge"}, ["resolution", "huge", "720p"]),
    (VIDEO, KLING, {"aspect_ratio": "21:9"}, ["aspect_ratio", "16:9", "1:1"]),
    (VIDEO, SORA, {"aspect_ratio": "16:9"}, ["aspect_ratio", "no setting"]),
    (VIDEO, None, {"aspect_ratio": "wide"}, ["aspect_ratio", "wide"]),
    (VIDEO, None, {"aspect_ratio": "0:1"}, ["aspect_ratio", "0:1"]),
    (IMAGE, TURBO, {"aspect_ratio": "16/0"}, ["aspect_ratio", "16/0"]),
    (IMAGE, TURBO, {"aspect_ratio": "100:1"}, ["aspect_ratio"]),
    (IMAGE, TURBO, {"resolution": "enormous"}, ["resolution", "enormous", "2k"]),
    (IMAGE, BANANA, {"resolution": "8k"}, ["resolution", "1k, 2k, 4k"]),
    (IMAGE, BANANA, {"aspect_ratio": "5:1"}, ["aspect_ratio", "21:9"]),
    (IMAGE, BANANA, {"width": 4096, "height": 512}, ["width and height", "21:9"]),
    (IMAGE, GPT, {"width": 4096, "height": 512}, ["width and height", "1024x1024"]),
    (IMAGE, GPT, {"aspect_ratio": "21:9"}, ["aspect_ratio", "2560x1440"]),
    (IMAGE, LITE, {"width": 8192, "height": 512}, ["8192x512", "1024 to 4096"]),
    (IMAGE, TURBO, {"width": 1024, "height": 1024, "aspect_ratio": "16:9"}, ["width 1024", "height 1024", "16:9"]),
    (IMAGE, None, {"width": 512, "height": 1024, "aspect_ratio": "1:1"}, ["width 512", "1:1"]),
    (IMAGE, None, {"width": 10}, ["width", "64", "8192"]),
    (IMAGE, None, {"height": 100_000}, ["height", "64", "8192"]),
    (IMAGE, None, {"width": "512px"}, ["width", "integer", "512px"]),
    (IMAGE, MESH, {"width": 512, "height": 512}, ["width and height", "no setting", "format"]),
    (IMAGE, MESH, {"aspect_ratio": "16:9"}, ["aspect_ratio", "no setting"]),
    # how many
    (IMAGE, BANANA_EDIT, {"params": {"images": ["http://169.254.169.254/x"]}}, ["cannot reach", "169.254.169.254"]),
    (IMAGE, BANANA_EDIT, {"params": {"images": ["file:///etc/passwd"]}}, ["file:///etc/passwd", "outside"]),
    (IMAGE, BANANA_EDIT, {"params": {"images": ["ftp://example.com/fox.png"]}}, ["ftp://", "is a URL"]),
    (VIDEO, KLING, {"params": {"duration": 10**400}}, ["params.duration", "5, 10"]),
    (VIDEO, SEEDANCE, {"duration_seconds": 20}, ["allowed are 4, 5,", "nearest: 15"]),
    (IMAGE, BANANA, {"count": 3}, ["3", "how many it makes", "may already make several"]),
    (IMAGE, LITE, {"count": 2}, ["2", "how many it makes"]),
    (IMAGE, MESH, {"count": 2}, ["2", "how many it makes"]),
    (IMAGE, "alibaba/qwen-image/edit-plus-20251215", {"images": [PICTURE], "count": 7}, ["count", "at most 6", "7"]),
    (IMAGE, "black-forest-labs/flux-kontext-dev", {"images": [PICTURE], "count": 5}, ["count", "at most 4", "5"]),
    (IMAGE, None, {"count": 0}, ["count", "1 to 16"]),
    (IMAGE, None, {"count": 17}, ["count", "1 to 16"]),
    (IMAGE, None, {"count": "several"}, ["count", "integer", "several"]),
    # pictures, clips, recordings
    (IMAGE, TURBO, {"images": [PICTURE]}, ["images", "Its fields"]),
    (IMAGE, GPT, {"images": [PICTURE]}, ["images", "Its fields"]),
    (IMAGE, BANANA, {"images": [PICTURE]}, ["images", "google/nano-banana-2/edit"]),
    (IMAGE, "atlascloud/qwen-image/text-to-image", {"images": [PICTURE]}, ["images", "atlascloud/qwen-image/edit"]),
    (IMAGE, "atlascloud/qwen-image/edit", {"images": [PICTURE, OTHER]}, ["images", "at most 1", "2"]),
    (IMAGE, "alibaba/wan-2.5/image-edit", {"images": [f"{PICTURE}?{n}" for n in range(4)]}, ["at most 3", "4"]),
    (IMAGE, "google/nano-banana/edit", {"images": [f"{PICTURE}?{n}" for n in range(11)]}, ["at most 10", "11"]),
    (IMAGE, BANANA_EDIT, {"images": [f"{PICTURE}?{n}" for n in range(15)]}, ["at most 14", "15"]),
    (IMAGE, None, {"images": [f"{PICTURE}?{n}" for n in range(17)]}, ["images", "16"]),
    (IMAGE, BANANA_EDIT, {}, ["images", "needs"]),
    (IMAGE, "atlascloud/qwen-image/edit", {}, ["image", "needs"]),
    (IMAGE, None, {"mask": PICTURE}, ["mask", "images"]),
    (IMAGE, BANANA_EDIT, {"images": [PICTURE], "mask": OTHER}, ["mask", "images (up to ", "get_model"]),
    (IMAGE, None, {"images": [PICTURE], "mask": OTHER}, ["mask", "images (up to ", "get_model"]),
    (VIDEO, SORA, {"first_frame": PICTURE}, ["first_frame", "Its fields"]),
    (VIDEO, SEEDANCE, {"first_frame": PICTURE}, ["first_frame", SEEDANCE_STILL]),
    (VIDEO, SEEDANCE, {"images": [PICTURE, OTHER]}, ["images", REFERENCES]),
    (VIDEO, SEEDANCE, {"video": CLIP}, ["video", REFERENCES]),
    (VIDEO, SEEDANCE, {"audio": SPEECH}, ["audio", REFERENCES]),
    (VIDEO, KLING, {"last_frame": PICTURE}, ["last_frame"]),
    (VIDEO, SEEDANCE_STILL, {}, ["image", "needs"]),
    (VIDEO, SEEDANCE_STILL, {"last_frame": PICTURE}, ["image", "needs"]),
    (VIDEO, SEEDANCE_STILL, {"first_frame": PICTURE, "video": CLIP}, ["video", "first_frame (picture)"]),
    (VIDEO, SEEDANCE_STILL, {"first_frame": PICTURE, "audio": SPEECH}, ["audio", "first_frame (picture)"]),
    (VIDEO, SEEDANCE_STILL, {"images": [PICTURE, OTHER]}, ["images", "2"]),
    (VIDEO, ENDS, {"first_frame": PICTURE}, ["end_image", "last_frame"]),
    (VIDEO, ENDS, {"last_frame": PICTURE}, ["image"]),
    (VIDEO, AVATAR, {"first_frame": PICTURE}, ["audio"]),
    (VIDEO, AVATAR, {"audio": SPEECH}, ["image"]),
    (VIDEO, VIDEO_EDIT, {}, ["video"]),
    (VIDEO, VIDEO_EDIT, {"video": CLIP, "images": [f"{PICTURE}?{n}" for n in range(5)]}, ["images", "at most 4", "5"]),
    (VIDEO, REFERENCES, {"images": [f"{PICTURE}?{n}" for n in range(10)]}, ["images", "at most 9", "10"]),
    (VIDEO, REFERENCES, {"first_frame": PICTURE}, ["first_frame", "images (up to 9 pictures)"]),
    (VIDEO, "kwaivgi/kling-effects", {}, ["image"]),
    (VIDEO, "google/veo3.1/reference-to-video", {"images": [f"{PICTURE}?{n}" for n in range(4)]}, ["at most 3", "4"]),
    # sound and meshes
    (VIDEO, SORA, {"sound": True}, ["sound", "no setting"]),
    (VIDEO, ENDS, {"first_frame": PICTURE, "last_frame": OTHER, "sound": True}, ["sound", "no setting"]),
    (VIDEO, None, {"sound": "loud"}, ["sound", "boolean", "loud"]),
    (IMAGE, TURBO, {"output_format": "glb"}, [TURBO, "glb", "3D"]),
    (IMAGE, "flux schnell", {"output_format": "obj"}, ["flux schnell", "3D", MESH]),
    (IMAGE, None, {"save_to": "chair.ply"}, ["ply", "GLB", "OBJ"]),
    (IMAGE, MESH, {"output_format": "glb", "images": [PICTURE]}, ["images", "image-to-3d"]),
    (IMAGE, None, {"output_format": "gif"}, ["output_format", "png", "webp", "gif"]),
    (IMAGE, MESH, {"prompt": "x" * 1025}, ["prompt", "at most 1024"]),
    # numbers
    (IMAGE, "black-forest-labs/flux-kontext-dev", {"images": [PICTURE], "steps": 51}, ["steps", "at most 50", "51"]),
    (
        IMAGE,
        "black-forest-labs/flux-kontext-dev",
        {"images": [PICTURE], "guidance_scale": 0.5},
        ["guidance_scale", "1"],
    ),
    (IMAGE, TURBO, {"seed": 2**31}, ["seed", "at most 2147483647"]),
    (IMAGE, None, {"seed": -1}, ["seed", "0"]),
    (IMAGE, None, {"steps": 0}, ["steps", "1 to 200"]),
    (IMAGE, None, {"guidance_scale": 51}, ["guidance_scale", "0", "50"]),
    # the model's own words
    (IMAGE, TURBO, {"params": {"style": "anime"}}, ['no field "style"', "prompt_extend"]),
    (IMAGE, TURBO, {"params": {"prompt_extnd": True}}, ["prompt_extnd", "Did you mean prompt_extend?"]),
    (IMAGE, TURBO, {"params": {"width": 512}}, ['no field "width"', "argument of its own"]),
    (IMAGE, TURBO, {"params": {"model": "x"}}, ["model", "argument `model`"]),
    (IMAGE, TURBO, {"seed": 5, "params": {"seed": 6}}, ["seed", "5", "6", "once"]),
    (IMAGE, BANANA, {"resolution": "1k", "params": {"resolution": "2k"}}, ["resolution", "1k", "2k", "once"]),
    (VIDEO, SEEDANCE, {"duration_seconds": 5, "params": {"duration": 10}}, ["duration", "5", "10", "once"]),
    (IMAGE, None, {"params": [1, 2]}, ["params", "dictionary"]),
    (IMAGE, None, {"params": "quality=high"}, ["params", "dictionary"]),
    # files and addresses
    (IMAGE, None, {"images": ["missing.png"]}, ["missing.png", "no file"]),
    (IMAGE, None, {"images": ["../secret.png"]}, ["../secret.png", "outside", "ATLASCLOUD_ALLOWED_DIRS"]),
    (IMAGE, None, {"images": ["notes.txt"]}, ["notes.txt"]),
    (IMAGE, None, {"images": ["speech.wav"]}, ["speech.wav", "images", "picture"]),
    (IMAGE, None, {"images": ["animation.gif"]}, ["animation.gif", "image/png"]),
    (IMAGE, None, {"images": ["http://127.0.0.1/a.png"]}, ["127.0.0.1", "path"]),
    (IMAGE, None, {"images": ["http://[::1/a.png"]}, ["URL"]),
    (IMAGE, None, {"images": [""]}, ["images.0", "at least 1"]),
    (IMAGE, "tencent/hunyuan3d-rapid/image-to-3d", {"images": ["heavy.png"]}, ["heavy.png", "4.5 MB"]),
    (IMAGE, TURBO, {"save_to": "/etc/fox.png"}, ["/etc/fox.png"]),
    (VIDEO, None, {"first_frame": "speech.wav"}, ["speech.wav", "first_frame", "picture"]),
    (VIDEO, VIDEO_EDIT, {"video": "fox.png"}, ["fox.png", "video"]),
    (VIDEO, VIDEO_EDIT, {"video": "fox.webm"}, ["fox.webm", "video/mp4"]),
    (VIDEO, AVATAR, {"first_frame": "fox.png", "audio": "fox.png"}, ["fox.png", "audio", "recording"]),
    (VIDEO, AVATAR, {"first_frame": "fox.webm", "audio": "speech.wav"}, ["fox.webm", "first_frame", "picture"]),
    # arguments that are none
    (IMAGE, None, {"duration_seconds": 5}, ['no argument "duration_seconds"', "It takes"]),
    (IMAGE, None, {"size": "1024x1024"}, ['no argument "size"', "width"]),
    (VIDEO, None, {"width": 1280}, ['no argument "width"', "resolution"]),
    (VIDEO, None, {"image": PICTURE}, ['no argument "image"', "images"]),
    (VIDEO, None, {"duration": 5}, ['no argument "duration"', "duration_seconds"]),
    (VIDEO, None, {"dry_run": "maybe"}, ["dry_run", "boolean"]),
    (VIDEO, None, {"prompt": ""}, ["prompt", "at least 1"]),
    (VIDEO, None, {"prompt": "  "}, ["prompt", "empty"]),
]


def real() -> list[Model]:
    """The real models that this server can run and that publish a schema."""
    return [model for model in models()[:REAL_MODELS] if model.usable and model.input and model.endpoint in ROUTES]


ROUTES = {"generateImage": IMAGE, "generateVideo": VIDEO}


def usual(field: str, schema: dict[str, Any]) -> object:
    """A value that a required field takes."""
    if schema["type"] == "array":
        return [PICTURE]
    if field == "prompt":
        return "a red fox"
    return {"audio": SPEECH, "video": CLIP}.get(field, PICTURE)


def wrong_values(field: str, schema: dict[str, Any]) -> Iterator[tuple[object, list[str]]]:
    """Values that a field does not take, and what is to be said about each."""
    kind = schema["type"]
    if options := schema.get("enum"):
        yield ("nonsense" if kind == "string" else 3777), [field, str(options[-1] if len(options) < 24 else options[0])]
    if "maximum" in schema:
        yield schema["maximum"] + 1, [field, f"at most {schema['maximum']}"]
    if "minimum" in schema:
        yield schema["minimum"] - 1, [field, f"at least {schema['minimum']}"]
    if "maxItems" in schema:
        many = [f"{PICTURE}?{number}" for number in range(schema["maxItems"] + 1)]
        yield many, [field, f"at most {schema['maxItems']}"]
    if kind in {"integer", "number", "boolean"} and not schema.get("enum"):
        yield "perhaps", [field, kind, "perhaps"]


def by_schema() -> Iterator[Row]:
    """For each real model: each required field left out, each field with each wrong value, a field that is none."""
    for model in real():
        schema = model.input or {}
        properties: dict[str, Any] = schema["properties"]
        required = [name for name in schema["required"] if name != "model"]
        good = {name: usual(name, properties[name]) for name in required}
        tool, call = ROUTES[model.endpoint or ""], {"model": model.id}
        for name in required:
            rest = {other: value for other, value in good.items() if other != name}
            yield tool, {**call, "params": rest or {"nothing": 1}}, [name if rest else "nothing"]
        for name, published in properties.items():
            if name != "model":
                for value, words in wrong_values(name, published):
                    yield tool, {**call, "params": {**good, name: value}}, words
        yield tool, {**call, "params": {**good, "qqq": 1}}, ['no field "qqq"', "Its fields:", next(iter(good))]


def rows() -> Iterator[Row]:
    """Every bad request."""
    for tool, name, words in NAMES:
        yield tool, {**PROMPT, "model": name}, words
    for tool, model, arguments, words in WORDS:
        yield tool, {**PROMPT, **({"model": model} if model else {}), **arguments}, words
    yield from by_schema()


def write_samples(folder: Path) -> None:
    """Local files of all kinds."""
    (folder / "fox.png").write_bytes(png())
    (folder / "heavy.png").write_bytes(png() + b"\0" * 4_600_000)
    (folder / "animation.gif").write_bytes(png(kind="GIF"))
    (folder / "speech.wav").write_bytes(sound("wav", "pcm_s16le"))
    (folder / "fox.webm").write_bytes(video("webm", "libvpx", frames=2))
    (folder / "notes.txt").write_text("nothing to see")


async def test_a_request_that_cannot_be_met_is_refused_in_words_that_help_and_costs_nothing(tmp_path: Path) -> None:
    world = World(tmp_path)
    write_samples(world.project)
    wrong: list[str] = []
    count = 0
    async with world.client() as client:
        for tool, arguments, words in rows():
            count += 1
            result = await client.call_tool(tool, arguments)
            text = text_of(result)
            lacking = [word for word in words if word not in text]
            harmful = [char for char in text if not char.isprintable()]
            is_fine = result.is_error and "Nothing was billed." in text and len(text) < 1500 and "defect" not in text
            if not is_fine or lacking or harmful:
                wrong.append(f"{tool} {arguments}: lacks {lacking}: {text}")
    assert wrong == []
    assert count >= 200
    assert world.sent == []
    assert world.sandbox.counts["submit"] == world.sandbox.counts["upload"] == 0
    assert world.sandbox.billed_usd == 0
