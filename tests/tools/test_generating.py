"""`generate_image` when all goes well: one call, a file on disk, and an answer that says it all."""

import base64
import json
import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp_types import CallToolResult
from PIL import Image

from clock import START
from tokens import count_tokens
from world import BASE_URL, SMALL, World, fields_of, notes_of, png, previews_of, text_of


async def generated(world: World, **arguments: object) -> CallToolResult:
    async with world.client() as client:
        return await client.call_tool("generate_image", {**SMALL, **arguments})


def output_of(result: CallToolResult) -> dict[str, Any]:
    outputs = fields_of(result)["outputs"]
    assert len(outputs) == 1
    return outputs[0]


async def test_a_prompt_alone_gives_url_and_file_in_one_call(tmp_path: Path) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        result = await client.call_tool("generate_image", {"prompt": "a red fox"})

    output = output_of(result)
    job_id = fields_of(result)["prediction_id"]
    path = Path(output["path"])
    assert path.is_absolute()
    assert path.parent == world.output
    assert path.name == f"2026-11-22-a-red-fox-{job_id[-8:]}.png"
    assert output["url"] == f"{BASE_URL}/outputs/{job_id}-0.png"
    async with httpx.AsyncClient(transport=world.edge) as browser:
        assert path.read_bytes() == (await browser.get(output["url"])).content
    with Image.open(path) as picture:
        assert picture.size == (output["width"], output["height"]) == (1024, 1024)
    assert output["bytes"] == path.stat().st_size
    assert output["mime_type"] == "image/png"
    assert [submit.body for submit in world.sandbox.submits] == [
        {"model": "black-forest-labs/flux-schnell", "prompt": "a red fox"}
    ]


async def test_both_channels_carry_the_same_facts_and_nothing_is_null(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = await generated(world, seed=7)

    fields = fields_of(result)
    assert fields["status"] == "completed"
    assert fields["model"] == "black-forest-labs/flux-schnell"
    assert fields["seed"] == 7
    assert fields["cost_usd"] == 0.003
    assert fields["elapsed_seconds"] == pytest.approx(3, abs=0.6)
    assert fields["sandbox"] is True
    text = text_of(result)
    for fact in (fields["prediction_id"], fields["model"], "seed 7", "$0.003", f"{fields['elapsed_seconds']} s"):
        assert fact in text
    output = output_of(result)
    for fact in (output["url"], output["path"], output["mime_type"], "64x64", f"{output['bytes']} bytes"):
        assert fact in text
    assert "sandbox: true" in text
    structured = json.dumps(fields)
    assert "null" not in structured
    picture = base64.b64encode(Path(output["path"]).read_bytes()).decode()
    preview = previews_of(result)[0].data
    for data in (picture, preview):
        assert data[:40] not in text
        assert data[:40] not in structured


async def test_a_result_costs_the_model_at_most_250_tokens_in_each_channel(tmp_path: Path) -> None:
    url = ("https://cdn.example.com/generated/" + "4f9c2b7e1d8a6035" * 5)[:96] + ".png"
    folder = tmp_path / "x"
    folder.mkdir()
    output = folder / ("p" * (80 - len(str(folder)) - len("//2026-11-22-a-red-fox-12345678.png")))

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.headers["host"] == "cdn.example.com":
            return httpx.Response(200, content=png())
        if "/prediction/" in request.url.path:
            job = {"id": request.url.path.rsplit("/", 1)[1], "status": "completed", "price": "0.003", "seed": 824372110}
            return httpx.Response(200, json={"code": 200, "data": {**job, "outputs": [url]}})
        return None

    world = World(folder, {"ATLASCLOUD_OUTPUT_DIR": str(output)}, script=script)
    result = await generated(world)
    saved = output_of(result)
    assert len(saved["url"]) == 100
    assert len(saved["path"]) >= 80
    assert count_tokens(text_of(result)) <= 250
    assert count_tokens(json.dumps(fields_of(result))) <= 250


async def test_previews_are_small_and_at_most_four(tmp_path: Path) -> None:
    world = World(tmp_path)
    url = "https://cdn.example.com/"
    noise = Image.frombytes("RGB", (900, 700), os.urandom(900 * 700 * 3))
    buffer = BytesIO()
    noise.save(buffer, "PNG")

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.headers["host"] == "cdn.example.com":
            return httpx.Response(200, content=buffer.getvalue())
        if "/prediction/" in request.url.path:
            done = {"status": "completed", "outputs": [f"{url}{number}.png" for number in range(6)]}
            return httpx.Response(200, json={"data": done})
        return None

    world.script = script
    result = await generated(world)
    previews = previews_of(result)
    assert len(previews) == 4
    for preview in previews:
        data = base64.b64decode(preview.data)
        picture = Image.open(BytesIO(data))
        assert max(picture.size) <= 512
        assert len(data) <= 48 * 1024
        assert preview.mime_type == f"image/{(picture.format or '').lower()}"


async def test_no_preview_where_the_user_wants_none(tmp_path: Path) -> None:
    result = await generated(World(tmp_path, {"ATLASCLOUD_PREVIEW": "never"}))
    assert previews_of(result) == []
    assert Path(output_of(result)["path"]).exists()


async def test_a_side_car_in_the_output_folder_tells_how_the_picture_came_about(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = await generated(world, seed=3)
    output, fields = output_of(result), fields_of(result)
    facts = json.loads(Path(output["path"] + ".json").read_text())
    saved_at = (START + timedelta(seconds=world.clock.elapsed)).isoformat(timespec="seconds")
    assert facts.pop("sha256")
    assert facts == {
        "model": "black-forest-labs/flux-schnell",
        "prediction_id": fields["prediction_id"],
        "request": {"model": "black-forest-labs/flux-schnell", **SMALL, "seed": 3},
        "seed": 3,
        "cost_usd": 0.003,
        "url": output["url"],
        "saved_at": saved_at,
        "sandbox": True,
    }


@pytest.mark.parametrize(("environ", "arguments"), [({"ATLASCLOUD_SIDECAR": "false"}, {}), ({}, {"save_to": "art/"})])
async def test_no_side_car_beside_what_was_placed_or_when_switched_off(
    tmp_path: Path, environ: dict[str, str], arguments: dict[str, str]
) -> None:
    result = await generated(World(tmp_path, environ), **arguments)
    path = Path(output_of(result)["path"])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


async def test_a_side_car_that_cannot_be_written_is_said_beside_the_saved_picture(tmp_path: Path) -> None:
    async with World(tmp_path).client() as client:
        result = await client.call_tool("generate_image", SMALL)
        path = Path(output_of(result)["path"])
        path.unlink()
        Path(f"{path}.json").unlink()
        Path(f"{path}.json").mkdir()  # no file can take this name any more
        again = await client.call_tool("get_prediction", {"prediction_id": fields_of(result)["prediction_id"]})
    assert output_of(again)["path"] == str(path)
    assert path.exists()
    assert "The side-car was not written" in notes_of(fields_of(again))[0]


async def test_real_cost_and_own_clock_are_reported(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.price_per_image = "0.0421"
    world.sandbox.job_seconds = 7.0
    fields = fields_of(await generated(world, count=2))
    assert fields["cost_usd"] == 0.0842
    assert fields["elapsed_seconds"] == pytest.approx(7, abs=1.5)
    assert len(fields["outputs"]) == 2


async def test_a_picture_of_another_size_than_asked_is_said(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=png(48, 80)) if request.url.path.startswith("/outputs/") else None

    result = await generated(World(tmp_path, script=script))
    assert notes_of(fields_of(result)) == ["Asked for 64x64 pixels, the model made 48x80."]
    assert (output_of(result)["width"], output_of(result)["height"]) == (48, 80)


async def test_a_result_that_is_no_picture_is_saved_as_what_it_is(tmp_path: Path) -> None:
    glb = b"glTF\x02\0\0\0" + b"\0" * 40

    def script(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=glb) if request.url.path.startswith("/outputs/") else None

    output = output_of(await generated(World(tmp_path, script=script)))
    assert output["mime_type"] == "model/gltf-binary"
    assert output["path"].endswith(".glb")
    assert "width" not in output


async def test_a_defect_of_ours_says_where_to_look_before_paying_again_and_nothing_of_its_inside(
    tmp_path: Path,
) -> None:
    async def broken(host: str, port: int) -> list[str]:
        raise RuntimeError(f"inside: {host}:{port}")

    def script(request: httpx.Request) -> httpx.Response | None:
        if "/prediction/" in request.url.path:
            return httpx.Response(200, json={"data": {"status": "done", "outputs": ["https://cdn.example.com/1.png"]}})
        return None

    result = await generated(World(tmp_path, script=script, resolve=broken))
    assert result.is_error
    assert "defect of this server" in text_of(result)
    assert "may have been submitted and billed: call get_prediction without an id" in text_of(result)
    assert "inside" not in text_of(result)


async def test_the_real_service_is_not_called_a_sandbox(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            return httpx.Response(200, json={"data": {"id": "job-1", "status": "created"}})
        if "/prediction/" in request.url.path:
            return httpx.Response(200, json={"data": {"status": "succeeded", "outputs": ["https://cdn.test/1.png"]}})
        return httpx.Response(200, content=png())

    result = await generated(World(tmp_path, script=script))
    assert "sandbox" not in fields_of(result)
    assert "sandbox" not in text_of(result).replace(str(tmp_path), "")
