"""Answers that a hostile service would make endless, or impossible to send: both forms stay short and say so."""

import json
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from mcp_types import CallToolResult

from atlascloud_mcp.sandbox.catalogue import listing
from atlascloud_mcp.tools.results import answer
from world import BASE_URL, SMALL, World, failure_of, fields_of, finished, text_of

MOST = 52_000
ENTRY: dict[str, Any] = {
    "model": "evil/one",
    "type": "Image",
    "categories": ["TEXT-TO-IMAGE"],
    "schema": f"{BASE_URL}/model/schema/evil-one.json",
}
OPTIONS: dict[str, Any] = {
    f"f{n:03}": {"type": "string", "enum": [f"{n}-{i}-" + "e" * 60 for i in range(30)]} for n in range(200)
}


def publishing(folder: Path, *entries: dict[str, Any], required: tuple[str, ...] = (), **fields: Any) -> World:
    """A world with these models beside some others, and these fields in the schema of each."""
    catalogue = json.loads(listing(BASE_URL, "flat").body)["data"][:30]
    document = {"components": {"schemas": {"Input": {"type": "object", "properties": fields, "required": required}}}}

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v1/models":
            return httpx.Response(200, json={"code": 200, "data": [*catalogue, ENTRY, *entries]})
        return httpx.Response(200, content=json.dumps(document)) if "evil-one" in request.url.path else None

    return World(folder, script=script)


def is_short(result: CallToolResult) -> bool:
    return len(text_of(result)) <= MOST and len(json.dumps(result.structured_content, ensure_ascii=False)) <= MOST


@pytest.mark.parametrize("schema", [False, True])
async def test_a_model_with_endless_parameters_is_described_briefly(tmp_path: Path, schema: bool) -> None:
    async with publishing(tmp_path, **OPTIONS).client() as client:
        result = await client.call_tool("get_model", {"model": "evil/one", "schema": schema})
    assert is_short(result)
    assert fields_of(result)["id"] == "evil/one"
    assert "Too long for one answer" in fields_of(result)["notes"][-1]
    assert "characters of this answer are left out here" in text_of(result)


async def test_an_endless_refusal_is_cut_in_its_middle(tmp_path: Path) -> None:
    long: dict[str, Any] = {f"{n:03}{'f' * 80}": {"type": "string"} for n in range(200)}
    world = publishing(tmp_path, required=tuple(long), **long)
    kinds = [
        {**ENTRY, "model": f"evil/m{n}", "categories": [f"kind-{n}-{k}-ignore" for k in range(8)]} for n in range(900)
    ]
    async with world.client() as client:
        assert len(failure_of(await client.call_tool("generate_image", {"prompt": "x", "model": "evil/one"}))) <= MOST
    (tmp_path / "b").mkdir()
    async with publishing(tmp_path / "b", *kinds).client() as client:
        assert len(failure_of(await client.call_tool("search_models", {"kind": "nope"}))) <= MOST


async def test_enormous_addresses_are_cut_and_the_job_s_id_and_next_step_stay(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("prediction", finished([f"https://10.0.0.1/{n:02}{'a' * 8000}" for n in range(64)]))
    async with world.client() as client:
        result = await client.call_tool("generate_image", SMALL)
    assert is_short(result)
    assert fields_of(result)["prediction_id"] in text_of(result)
    assert fields_of(result)["outputs"][0]["url"].startswith("https://10.0.0.1/00aaa")


async def test_a_text_that_no_encoding_takes_is_no_end_of_the_server(tmp_path: Path) -> None:
    pattern = {"type": "string", "pattern": "^a\ud800$"}
    async with publishing(tmp_path, style=pattern).client() as client:
        result = await client.call_tool("get_model", {"model": "evil/one", "schema": True})
    text_of(result).encode()
    json.dumps(result.structured_content, ensure_ascii=False).encode()


def test_halves_of_characters_are_replaced_in_both_forms_of_an_answer() -> None:
    result = answer("a\ud800b é", {"a": ["b\udfff", {"c\udc00": "é"}], "n": 1})
    assert text_of(result) == "a?b é"
    assert result.structured_content == {"a": ["b?", {"c?": "é"}], "n": 1}


def test_what_is_deep_and_long_is_cut_without_an_error() -> None:
    deep: object = "x" * 60_000
    for _ in range(900):
        deep = [deep]
    result = answer("x" * 60_000, {"request": {"deep": deep, "long": "y" * 60_000}, "status": "quoted"})
    assert is_short(result)
    fields = cast("dict[str, Any]", result.structured_content)
    assert fields["status"] == "quoted"
    assert fields["request"]["long"] == "y" * 7999 + "…"


def test_an_answer_of_usual_length_is_left_as_it_is() -> None:
    fields: dict[str, object] = {"request": {"prompt": "é" * 20_000}, "notes": ["a"]}
    result = answer("é" * 20_000, fields)
    assert result.structured_content is fields
