import base64
from typing import Any

import pytest
from sandbox_town import CALCULATE, EDIT, SUBMIT, SUBMIT_VIDEO, Town, png

from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.wording import Wording

SEEDANCE = "bytedance/seedance-2.0/text-to-video"
I2V = "bytedance/seedance-2.0/image-to-video"
REFERENCES = "bytedance/seedance-2.0/reference-to-video"
AVATAR = "kwaivgi/kling-v2.6-pro/avatar"
GPT = "openai/gpt-image-2/text-to-image"
PICTURE = "data:image/png;base64," + base64.b64encode(png()).decode()
SERVED = [model for model in models() if model.usable and model.kind in ("image", "video", "mesh")]


def _sample(schema: Json, parts: Json) -> Any:
    """A value that the schema accepts."""
    schema = parts.get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("type") == "array":
        return [_sample(schema["items"], parts)]
    if schema.get("type") == "object":
        return {name: _sample(schema["properties"][name], parts) for name in schema["required"]}
    return {"string": PICTURE, "integer": schema.get("minimum", 1), "number": 1.0, "boolean": True}[schema["type"]]


def _body(model: Model) -> Json:
    """What the model requires, and nothing else; a picture's data is as good a prompt as any text."""
    if model.input is None:
        return {"model": model.id, "prompt": "a heron", "image": PICTURE}
    fields = model.input["properties"]
    return {name: _sample(fields[name], model.parts) for name in model.input["required"]} | {"model": model.id}


async def test_every_model_takes_what_its_schema_requires_on_its_own_route_alone(town: Town) -> None:
    assert len(SERVED) > 250
    for model in SERVED:
        route = SUBMIT_VIDEO if model.kind == "video" else SUBMIT
        accepted = await town.client.post(route, json=_body(model))
        assert accepted.status_code == 200, (model.id, accepted.text)
        wrong = await town.client.post(SUBMIT if route == SUBMIT_VIDEO else SUBMIT_VIDEO, json=_body(model))
        assert wrong.status_code == 400
        assert "is served by" in wrong.json()["msg"]
    suffixes = {suffix for job in town.sandbox.jobs.values() for suffix in job.submission.suffixes}
    assert suffixes >= {"png", "webm", "zip"}
    assert town.sandbox.counts == {"submit": 2 * len(SERVED)}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"model": SEEDANCE, "duration": 3}, "duration: 3 is not one of"),
        ({"model": SEEDANCE, "duration": "5"}, "duration: '5' is not of type 'integer'"),
        ({"model": SEEDANCE, "seed": 4}, "seed: is not a field of this model"),
        ({"model": SEEDANCE, "prompt": "absent"}, "prompt: is required"),
        ({"model": SEEDANCE, "prompt": "  "}, "prompt: must not be empty"),
        ({"model": GPT, "size": "1024*1024"}, "size: '1024*1024' is not one of"),
        ({"model": EDIT, "image": PICTURE, "seed": -2}, "seed: -2 is less than the minimum of -1"),
        ({"model": "google/nano-banana-2/edit", "images": []}, "images: [] should be non-empty"),
        ({"model": "google/nano-banana-2/edit", "images": ["cat.png"]}, "image is neither a URL nor a data URI"),
        ({"model": "z-image/turbo", "size": "1024x1024"}, 'invalid image size "1024x1024"; use width*height'),
        ({"model": "z-image/turbo", "size": "big"}, 'invalid image size "big"; use width*height'),
        ({"model": "z-image/turbo", "size": "1000*1000"}, "width 1000; must be a multiple of 64"),
        ({"model": "bytedance/seedream-v5.0-lite", "size": "512*512"}, "width 512; must be 1024 to 4096"),
        ({"model": "deepseek-ai/deepseek-v3.2"}, "makes no picture, video, mesh or sound"),
    ],
)
async def test_what_the_schema_does_not_allow_is_refused(town: Town, fields: dict[str, object], said: str) -> None:
    response = await town.submit(**fields)
    answer = response.json()
    assert (response.status_code, answer["code"]) == (400, 400)
    assert answer["msg"].startswith("Invalid request parameters: ")
    assert said in answer["msg"]
    assert town.sandbox.submits == []


async def test_unknown_fields_pass_when_the_sandbox_is_not_strict(town: Town) -> None:
    await town.client.post("/sandbox/settings", json={"strict": False})
    await town.job(model=SEEDANCE, seed=4)
    await town.client.post("/sandbox/reset")
    assert (await town.submit(model=SEEDANCE, seed=4)).status_code == 400


async def test_a_model_without_a_prompt_needs_none(town: Town) -> None:
    model = "tencent/hunyuan3d-rapid/image-to-3d"
    assert (await town.submit(model=model, prompt="absent", image=PICTURE)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "size", "suffixes"),
    [
        ({"model": GPT, "size": "1536x1024"}, (1536, 1024), ("jpeg",)),
        ({"model": GPT, "output_format": "png"}, (1024, 1024), ("png",)),
        ({"model": "z-image/turbo", "size": "256*512"}, (256, 512), ("png",)),
        ({"model": "z-image/turbo"}, (1024, 1536), ("png",)),
        ({"model": "google/nano-banana-2/text-to-image", "aspect_ratio": "16:9"}, (1360, 768), ("png",)),
        ({"model": "google/nano-banana-2/text-to-image", "resolution": "2k"}, (2048, 2048), ("png",)),
        ({"model": "google/nano-banana-2/edit", "images": [PICTURE], "resolution": "2k"}, (2048, 2048), ("png",)),
        ({"model": EDIT, "image": PICTURE}, (64, 64), ("png",)),
        ({"model": SEEDANCE, "resolution": "480p"}, (854, 480), ("webm",)),
        ({"model": SEEDANCE, "resolution": "720p-SR", "ratio": "9:16"}, (720, 1280), ("webm",)),
        ({"model": SEEDANCE, "resolution": "1080p", "return_last_frame": True}, (1280, 720), ("webm", "png")),
        ({"model": SEEDANCE, "resolution": "480p", "ratio": "adaptive"}, (854, 480), ("webm",)),
        ({"model": I2V, "image": PICTURE, "resolution": "480p"}, (480, 480), ("webm",)),
        ({"model": I2V, "image": PICTURE, "resolution": "480p", "ratio": "4:3"}, (640, 480), ("webm",)),
        ({"model": "vidu/q3/text-to-video", "resolution": "540p"}, (720, 540), ("webm",)),
    ],
)
async def test_sizes_and_formats_are_understood_in_each_models_words(
    town: Town, fields: dict[str, object], size: tuple[int, int], suffixes: tuple[str, ...]
) -> None:
    job = town.sandbox.jobs[await town.job(**fields)]
    assert (job.size, job.submission.suffixes) == (size, suffixes)


@pytest.mark.parametrize(
    ("schema", "value", "seconds"),
    [
        ({"type": "integer"}, 7, 7.0),
        ({"type": "string"}, "6s", 6.0),
        ({"type": "string"}, "10", 10.0),
        ({"type": "integer"}, -1, 5.0),
        ({"type": "string", "default": "8s"}, None, 8.0),
        ({"type": "string"}, None, 5.0),
        ({"type": "string"}, "long", 5.0),
    ],
)
def test_lengths_are_understood_in_each_models_words(schema: Json, value: object, seconds: float) -> None:
    body: dict[str, object] = {} if value is None else {"duration": value}
    assert Wording(_model("text-to-video", duration=schema), body).submission().seconds == seconds


def test_prompts_and_references_are_found_wherever_they_are_said() -> None:
    array: dict[str, object] = {"prompt": [{"prompt": "dawn", "duration": 2}, {"prompt": "dusk"}]}
    assert Wording(_model("text-to-video", prompt={}), array).prompt() == "dawn / dusk"
    assert Wording(_model("text-to-video", user_prompt={}), {"user_prompt": "noon"}).prompt() == "noon"
    body: dict[str, object] = {
        "mask_image": "m",
        "last_image": "z",
        "image": "a",
        "subjects": [{"id": "s", "images": ["b", "c"]}],
        "refers": [{"url": "d"}, {"url": "v", "type": "video"}],
        "audio": True,
        "audio_url": "w",
        "image_seed": 3,
        "num_images": 2,
    }
    wish = Wording(_model("image-to-video", **{name: Json() for name in body}), body).submission()
    assert (wish.images, wish.masks, wish.recordings) == (("z", "a", "b", "c", "d"), ("m",), ("v", "w"))
    assert (wish.starts_on, wish.ends_on) == (1, 0)


def _model(task: str, **fields: Json) -> Model:
    sort = "Video" if task.endswith("video") else "Image"
    return Model({"model": "a/b", "type": sort, "categories": [task.upper()]}, input={"properties": fields})


async def test_recordings_must_be_there_if_they_are_the_sandboxs_own(town: Town) -> None:
    voice = (await town.upload(b"RIFF", "voice.wav", "audio/wav"))["download_url"]
    body = {"model": AVATAR, "image": PICTURE}
    gone = voice.replace("/uploads/", "/uploads/0")
    for audio, status in ((voice, 200), ("https://example.com/a.mp3", 200), (gone, 400), ("a.mp3", 400)):
        response = await town.client.post(SUBMIT_VIDEO, json={**body, "audio": audio})
        assert response.status_code == status, response.text
    assert (await town.client.post(CALCULATE, json={**body, "audio": "a.mp3"})).status_code == 200


async def test_references_of_all_kinds_are_looked_at(town: Town) -> None:
    wrong = "http://sandbox.test/outputs/none-0.webm"
    response = await town.submit(model=REFERENCES, reference_images=[PICTURE], reference_videos=[wrong])
    assert (response.status_code, "media not found" in response.json()["msg"]) == (400, True)
    job = await town.job(model=REFERENCES, reference_images=[PICTURE, PICTURE], reference_audios=["data:audio/wav,x"])
    assert len(town.sandbox.jobs[job].sources) == 2


async def test_a_video_model_without_a_schema_takes_the_usual_fields(town: Town) -> None:
    bare = next(model.id for model in SERVED if model.kind == "video" and model.input is None)
    body = {"prompt": "a heron", "duration": 3, "resolution": "480p", "aspect_ratio": "9:16", "whatever": 1}
    job = town.sandbox.jobs[await town.job(model=bare, **body)]
    assert (job.size, job.submission.seconds, job.submission.suffixes) == ((480, 854), 3.0, ("webm",))
    assert (await town.submit(model=bare, duration=60)).status_code == 400
