"""What a dry run says: the exact request, its price and where that comes from; and that it leaves no trace."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from film_samples import sound
from world import World, failure_of, fields_of, png, text_of

FOX = {"prompt": "a red fox", "dry_run": True}
QWEN = "alibaba/qwen-image/edit-plus-20251215"
PICTURE = "https://example.com/fox.png"
PRICES: list[tuple[str, dict[str, Any], float]] = [
    ("generate_image", {}, 0.003),
    ("generate_image", {"model": "z-image/turbo"}, 0.01),
    ("generate_image", {"count": 4}, 0.012),
    ("generate_image", {"model": QWEN, "images": [PICTURE], "count": 4}, 0.084),
    ("generate_image", {"output_format": "glb"}, 0.02),
    ("generate_video", {"model": "vidu/q3/text-to-video"}, 0.3),
    ("generate_video", {"model": "vidu/q3/text-to-video", "duration_seconds": 8}, 0.48),
    ("generate_video", {"model": "kwaivgi/kling-v3.0-std/text-to-video", "duration_seconds": 10}, 1.53),
]


def priced(folder: Path, environ: dict[str, str] | None = None) -> World:
    """A world with the catalogue's prices and some local files."""
    world = World(folder, environ or {})
    world.sandbox.price_per_image = None
    (world.project / "fox.png").write_bytes(png())
    (world.project / "den.png").write_bytes(png(colour="red"))
    return world


@pytest.mark.parametrize("key", ["sandbox-key", ""], ids=["with a key", "without a key"])
async def test_the_price_is_atlas_cloud_s_own_for_what_is_asked(tmp_path: Path, key: str) -> None:
    world = priced(tmp_path, {"ATLASCLOUD_API_KEY": key})
    async with world.client() as client:
        for tool, arguments, price in PRICES:
            result = await client.call_tool(tool, {**FOX, **arguments})
            fields = fields_of(result)
            assert fields["status"] == "quoted"
            assert fields["cost_usd"] == pytest.approx(price)
            assert "cost_is_estimate" not in fields
            assert f"${price:g}" in text_of(result).splitlines()[0]
    assert world.sandbox.counts["calculate"] == len(PRICES)
    assert world.sent == []
    assert world.sandbox.billed_usd == 0
    asked = [request for request in world.edge.seen if request.url.path.endswith("/calculate")]
    assert {"authorization" in request.headers for request in asked} == {bool(key)}


async def test_what_is_quoted_is_what_is_sent_and_charged(tmp_path: Path) -> None:
    world = priced(tmp_path)
    arguments = {"prompt": "a red fox", "width": 64, "height": 64, "count": 2, "seed": 5}
    async with world.client() as client:
        quoted = fields_of(await client.call_tool("generate_image", {**arguments, "dry_run": True}))
        made = fields_of(await client.call_tool("generate_image", arguments))
    [submit] = world.sandbox.submits
    assert submit.body == quoted["request"]
    assert made["cost_usd"] == quoted["cost_usd"] == pytest.approx(0.006)


UNSAID: list[tuple[str, dict[str, Any], str]] = [
    ("generate_video", {}, "duration_seconds 5, resolution 720p"),
    ("generate_video", {"resolution": "480p", "aspect_ratio": "9:16"}, "duration_seconds 5"),
    ("generate_video", {"duration_seconds": 8}, "resolution 720p"),
    ("generate_video", {"duration_seconds": 8, "resolution": "480p"}, ""),
    ("generate_image", {"model": "z-image/turbo"}, "size 1024*1536"),
    ("generate_image", {"model": "z-image/turbo", "aspect_ratio": "1:1"}, ""),
    ("generate_image", {"model": QWEN, "images": [PICTURE]}, ""),  # its size is its input's
    ("generate_image", {}, ""),  # it publishes no schema
]


async def test_a_quote_says_what_it_is_for_where_the_caller_did_not(tmp_path: Path) -> None:
    async with priced(tmp_path).client() as client:
        for tool, arguments, unsaid in UNSAID:
            result = await client.call_tool(tool, {**FOX, **arguments})
            said = [note for note in fields_of(result)["notes"] if "by default" in note]
            assert said == ([f"Quoted for what the model does by default: {unsaid}."] if unsaid else []), arguments


async def test_a_quote_without_a_catalogue_says_nothing_of_its_prices(tmp_path: Path) -> None:
    world = priced(tmp_path)
    for endpoint in ("models", "calculate"):
        world.sandbox.faults.add(endpoint, Fault(status=503), times=None)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", FOX))
    [note] = [note for note in fields["notes"] if "gave no quote" in note]
    assert "503" in note
    assert "catalogue" not in note


@pytest.mark.parametrize(("width", "nearest"), [(1080, " Many models take"), (1088, "")])
async def test_a_quote_that_is_refused_names_the_nearest_size_that_would_not_be(
    tmp_path: Path, width: int, nearest: str
) -> None:
    side = {"type": "integer", "multipleOf": 8}
    schema = {"type": "object", "properties": {"prompt": {"type": "string"}, "width": side, "height": side}}

    def script(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, json=schema) if request.url.path.startswith("/model/schema/") else None

    world = World(tmp_path, script=script)
    refusal = {"code": 400, "msg": "Invalid request parameters", "data": None}
    world.sandbox.faults.add("calculate", Fault(status=400, body=refusal))
    sized = {"model": "z-image/turbo", "width": width, "height": 1920}
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {**FOX, **sized}))
    step, _, size = fields["next"].partition(" in multiples of 16 only; the nearest is ")
    assert step.startswith("Change the request first: Atlas Cloud would probably refuse it as it is.")
    assert (nearest in step, size) == (True, "1088x1920." if nearest else "")


async def test_a_price_that_only_the_result_decides_is_marked_as_an_estimate(tmp_path: Path) -> None:
    async with priced(tmp_path).client() as client:
        result = await client.call_tool("generate_video", {**FOX, "duration_seconds": 8})
        discounted = fields_of(
            await client.call_tool("generate_image", {**FOX, "model": "bytedance/seedream-v5.0-pro/text-to-image"})
        )
    fields = fields_of(result)
    assert (fields["cost_usd"], fields["cost_is_estimate"]) == (1.016, True)
    assert "(an estimate)" in text_of(result)
    assert any("172800" in note and "known after the job" in note for note in fields["notes"])
    assert discounted["cost_usd"] == 0.052
    assert any("$0.065" in note for note in discounted["notes"])


DOWN = {
    "503": (Fault(status=503), "503"),
    "html": (Fault(body="<html>"), "not JSON"),
    "no price": (Fault(body={"code": 200, "data": {"price": "soon"}}), "price"),
}


@pytest.mark.parametrize(("fault", "reason"), DOWN.values(), ids=DOWN)
async def test_without_a_quote_the_catalogue_s_price_is_an_estimate_with_its_unit(
    tmp_path: Path, fault: Fault, reason: str
) -> None:
    world = priced(tmp_path)
    world.sandbox.faults.add("calculate", fault, times=None)
    rows: list[tuple[str, dict[str, Any], float | None, str]] = [
        ("generate_image", {}, 0.003, "$0.003 per image"),
        ("generate_image", {"model": QWEN, "images": ["fox.png"], "count": 4}, 0.084, "$0.021 per image"),
        ("generate_image", {"output_format": "glb"}, 0.02, "$0.02 per generation"),
        ("generate_video", {"duration_seconds": 8}, None, "$0.127, per second or per generation"),
        ("generate_image", {"model": "black-forest-labs/flux-dev"}, None, "lists none"),
    ]
    async with world.client() as client:
        for tool, arguments, price, basis in rows:
            result = await client.call_tool(tool, {**FOX, **arguments})
            fields = fields_of(result)
            assert fields.get("cost_usd") == (price and pytest.approx(price))
            assert fields.get("cost_is_estimate") == (True if price else None)
            [note] = [note for note in fields["notes"] if "gave no quote" in note]
            assert reason in note
            assert basis in note
            assert f"note: {note}" in text_of(result)
    assert world.sent == []


async def test_a_quote_that_takes_too_long_does_without_it(tmp_path: Path) -> None:
    world = priced(tmp_path)

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/calculate"):
            raise httpx.ReadTimeout("too slow", request=request)
        return None

    world.script = script
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", FOX))
    assert (fields["cost_usd"], fields["cost_is_estimate"]) == (0.003, True)
    assert any("took too long to answer" in note for note in fields["notes"])
    assert len([request for request in world.edge.seen if request.url.path.endswith("/calculate")]) == 1


async def test_local_files_stand_as_placeholders_and_are_neither_uploaded_nor_needed_twice(tmp_path: Path) -> None:
    world = priced(tmp_path)
    (world.project / "speech.wav").write_bytes(sound("wav", "pcm_s16le"))
    async with world.client() as client:
        images = fields_of(
            await client.call_tool("generate_image", {**FOX, "model": QWEN, "images": ["fox.png", "den.png"]})
        )
        frames = {"first_frame": "fox.png", "last_frame": "den.png"}
        video = fields_of(await client.call_tool("generate_video", {**FOX, **frames}))
        spoken = {"model": "kling avatar", "first_frame": "fox.png", "audio": "speech.wav"}
        avatar = fields_of(await client.call_tool("generate_video", {**FOX, **spoken}))
        missing = failure_of(await client.call_tool("generate_image", {**FOX, "images": ["missing.png"]}))
    assert [image.split(",")[0] for image in images["request"]["images"]] == ["<upload: fox.png", "<upload: den.png"]
    assert len(set(images["request"]["images"])) == 2
    assert video["request"]["image"] == images["request"]["images"][0]
    assert video["request"]["last_image"].startswith("<upload: den.png")
    assert avatar["request"]["audio"].startswith("<upload: speech.wav")
    for fields in (images, video, avatar):
        assert fields["cost_usd"] > 0
        assert any("nothing was uploaded, submitted or billed" in note for note in fields["notes"])
        assert "without dry_run" in fields["next"]
    assert "missing.png" in missing
    assert world.sandbox.uploads == []
    assert world.sent == []
    assert not world.output.exists() or list(world.output.iterdir()) == []
