"""What `generate_image` sends: only what the caller gave, under the names that the models take."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_types import CallToolResult

from world import BASE_URL, SMALL, World, failure_of, fields_of, notes_of, png, text_of

FLUX = "black-forest-labs/flux-schnell"
EDIT = "alibaba/qwen-image/edit-plus-20251215"
NANO = "google/nano-banana-2/edit"
CAT = "https://example.com/cat.png"


async def call(client: Client, **arguments: object) -> CallToolResult:
    return await client.call_tool("generate_image", arguments)


async def quoted(world: World, **arguments: object) -> dict[str, Any]:
    async with world.client() as client:
        return fields_of(await call(client, dry_run=True, **arguments))


async def test_every_argument_reaches_the_model_under_its_own_name(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "mask.png").write_bytes(png())
    async with world.client() as client:
        result = await call(
            client,
            prompt="a fox",
            model=FLUX,
            images=[CAT, "https://example.com/dog.png"],
            mask="mask.png",
            width=64,
            height=128,
            count=2,
            steps=4,
            guidance_scale=3.5,
            seed=0,
            negative_prompt="blur",
            params={"enable_safety_checker": False},
        )
    assert fields_of(result)["status"] == "completed"
    assert world.sandbox.submits[0].body == {
        "model": FLUX,
        "prompt": "a fox",
        "negative_prompt": "blur",
        "width": 64,
        "height": 128,
        "steps": 4,
        "guidance_scale": 3.5,
        "num_images": 2,
        "seed": 0,
        "images": [CAT, "https://example.com/dog.png"],
        "mask_image": f"{BASE_URL}{world.sandbox.uploads[0].url_path}",
        "enable_safety_checker": False,
    }


@pytest.mark.parametrize(
    ("environ", "arguments", "model"),
    [
        ({}, {"prompt": "a"}, FLUX),
        ({}, {"prompt": "a", "images": [CAT]}, EDIT),
        ({"ATLASCLOUD_IMAGE_MODEL": "z-image/turbo"}, {"prompt": "a"}, "z-image/turbo"),
        ({"ATLASCLOUD_IMAGE_EDIT_MODEL": NANO}, {"prompt": "a", "images": [CAT]}, NANO),
        ({"ATLASCLOUD_IMAGE_MODEL": "z-image/turbo"}, {"prompt": "a", "model": FLUX}, FLUX),
    ],
)
async def test_the_model_is_the_one_named_or_the_default_for_making_or_changing(
    tmp_path: Path, environ: dict[str, str], arguments: dict[str, object], model: str
) -> None:
    fields = await quoted(World(tmp_path, environ), **arguments)
    images: dict[str, object] = {}
    if "images" in arguments:
        images = {"images": [CAT]}
    assert fields["request"] == {"model": model, "prompt": "a", **images}
    assert fields["model"] == model


@pytest.mark.parametrize(
    ("arguments", "size", "note"),
    [
        ({"aspect_ratio": "16:9"}, (1360, 768), "16:9 was sent as 1360x768 pixels."),
        ({"aspect_ratio": "1:1"}, (1024, 1024), "1:1 was sent as 1024x1024 pixels."),
        ({"aspect_ratio": " 3 / 4 ", "resolution": "2K"}, (1776, 2368), "3 / 4 at 2K was sent as 1776x2368 pixels."),
        ({"resolution": "512"}, (512, 512), "512 was sent as 512x512 pixels."),
        ({"aspect_ratio": "2:1", "width": 640}, (640, 320), "2:1 at width 640 was sent as 640x320 pixels."),
        ({"aspect_ratio": "2:1", "height": 640}, (1280, 640), "2:1 at height 640 was sent as 1280x640 pixels."),
        ({"aspect_ratio": "16x9", "width": 1344, "height": 768}, (1344, 768), None),
        (
            {"resolution": "4k", "width": 640, "height": 640},
            (640, 640),
            "resolution '4k' was not used: the pixels that were given say it all.",
        ),
    ],
)
async def test_shape_and_fineness_become_pixels_and_that_is_said(
    tmp_path: Path, arguments: dict[str, object], size: tuple[int, int], note: str | None
) -> None:
    fields = await quoted(World(tmp_path), prompt="a", **arguments)
    assert (fields["request"]["width"], fields["request"]["height"]) == size
    assert set(fields["request"]) == {"model", "prompt", "width", "height"}
    assert notes_of(fields)[:-1] == ([note] if note else [])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"aspect_ratio": "wide"}, ["aspect_ratio 'wide'", '"16:9"']),
        ({"aspect_ratio": "1:0"}, ["aspect_ratio '1:0'"]),
        ({"aspect_ratio": "100:1"}, ["aspect_ratio '100:1'"]),
        ({"resolution": "huge"}, ["resolution 'huge'", "720p, 1k, 1080p"]),
        ({"aspect_ratio": "16:9", "width": 512, "height": 512}, ["width 512 and height 512 are not 16:9"]),
        ({"width": 512, "params": {"width": 256}}, ["params.width is 256", "width asks for 512"]),
        ({"params": {"model": "z-image/turbo"}}, ["params holds `model`", "in the argument `model`"]),
    ],
)
async def test_contradictions_and_nonsense_are_refused_before_anything_is_sent(
    tmp_path: Path, arguments: dict[str, object], words: list[str]
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await call(client, prompt="a", **arguments))
    assert all(word in text for word in [*words, "Nothing was billed."])
    assert world.sent == []


async def test_params_may_repeat_an_argument_and_add_fields_of_the_model(tmp_path: Path) -> None:
    fields = await quoted(World(tmp_path), prompt="a", width=512, params={"width": 512, "loras": [{"path": "x"}]})
    assert fields["request"] == {"model": FLUX, "prompt": "a", "width": 512, "loras": [{"path": "x"}]}


@pytest.mark.parametrize("prompt", ['{"scene": "a fox"}', '["a", "b"]', "null", "true", "12"])
async def test_a_prompt_that_looks_like_json_is_sent_as_it_is(tmp_path: Path, prompt: str) -> None:
    fields = await quoted(World(tmp_path), prompt=prompt)
    assert fields["request"] == {"model": FLUX, "prompt": prompt}


async def test_local_pictures_are_uploaded_once_each_and_addresses_pass_as_they_are(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "a.png").write_bytes(png(colour="red"))
    (world.project / "b.txt").write_bytes(png(colour="blue", kind="WEBP"))
    async with world.client() as client:
        await call(client, prompt="both", model=NANO, images=["a.png", CAT, "b.txt", "a.png"])
    uploads = {upload.file_name: upload for upload in world.sandbox.uploads}
    assert {name: upload.content_type for name, upload in uploads.items()} == {
        "a.png": "image/png",
        "b.webp": "image/webp",
    }
    first, second = (f"{BASE_URL}{uploads[name].url_path}" for name in ("a.png", "b.webp"))
    assert world.sandbox.submits[0].body["images"] == [first, CAT, second, first]
    assert uploads["a.png"].sha256 == hashlib.sha256(png(colour="red")).hexdigest()


async def test_an_earlier_result_can_be_the_next_input(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        first = fields_of(await call(client, **SMALL))["outputs"][0]
        by_url = fields_of(await call(client, prompt="at night", images=[first["url"]]))
        by_path = fields_of(await call(client, prompt="at night", images=[first["path"]]))
    assert by_url["status"] == by_path["status"] == "completed"
    assert [submit.body.get("images") for submit in world.sandbox.submits[1:]] == [
        [first["url"]],
        [f"{BASE_URL}{world.sandbox.uploads[0].url_path}"],
    ]


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ("http://localhost:3000/cat.png", "localhost"),
        ("http://127.0.0.1/cat.png", "127.0.0.1"),
        ("http://127.1/cat.png", "127.1"),
        ("http://app.localhost/cat.png", "app.localhost"),
        ("http://192.168.1.4/cat.png", "192.168.1.4"),
        ("http://[::1]/cat.png", "::1"),
        ("https://[::1", "not a valid URL"),
        ("https:///cat.png", "not a valid URL"),
    ],
)
async def test_an_address_that_the_service_could_not_fetch_is_refused(tmp_path: Path, image: str, word: str) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        text = failure_of(await call(client, prompt="a", images=[image]))
    assert word in text
    assert "pass" in text
    assert world.sent == []


async def test_a_dry_run_shows_the_request_and_sends_nothing_even_without_a_key(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": ""})
    (world.project / "cat.png").write_bytes(png())
    async with world.client() as client:
        result = await call(client, prompt="a", images=["cat.png"], width=1024, height=1024, dry_run=True)
    digest = hashlib.sha256(png()).hexdigest()
    assert fields_of(result) == {
        "status": "quoted",
        "sandbox": True,
        "model": EDIT,
        "request": {"model": EDIT, "images": [f"<upload: cat.png, {digest}>"], "prompt": "a", "size": "1024*1024"},
        "cost_usd": 0.003,
        "notes": [
            "Dry run: nothing was uploaded, submitted or billed.",
        ],
        "next": "Call again without dry_run to make it.",
    }
    assert digest in text_of(result)
    assert world.sent == []
    assert not world.output.exists()


async def test_calls_say_who_they_are_and_carry_the_key(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        await call(client, **SMALL)
    submit = next(each for each in world.sandbox.requests if each.method == "POST")
    assert submit.headers["authorization"] == "Bearer sandbox-key"
    assert submit.headers["content-type"] == "application/json"
    assert submit.headers["user-agent"].startswith("atlascloud-mcp/")


async def test_the_sandbox_s_base_url_may_end_with_the_api_s_path(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_BASE_URL": f"{BASE_URL}/api/v1/"})
    async with world.client() as client:
        assert fields_of(await call(client, **SMALL))["status"] == "completed"
