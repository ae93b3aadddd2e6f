"""What an assistant is shown of this server before it calls anything."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp_types import Tool

from atlascloud_mcp import __version__
from tokens import count_tokens
from world import World, failure_of

# Which arguments speak for themselves.
PLAIN = {
    *("steps", "guidance_scale", "seed", "negative_prompt", "output_format", "type", "page", "duration_seconds"),
    *("max_tokens", "temperature", "status", "group_by"),
}


async def listed(world: World, mode: str = "auto") -> list[Tool]:
    async with world.client(mode=mode) as client:
        return (await client.list_tools()).tools


async def test_both_eras_list_the_same_tools_in_the_same_order(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": ""})
    modern = await listed(world)
    assert [tool.name for tool in modern] == [
        "generate_image",
        "get_prediction",
        "upload_media",
        "generate_video",
        "generate_audio",
        "transcribe_audio",
        "chat",
        "search_models",
        "get_model",
        "list_predictions",
        "get_account",
    ]
    assert await listed(world, "legacy") == modern == await listed(world, "2026-07-28")
    assert world.edge.seen == []


async def test_every_tool_has_title_description_and_truthful_annotations(tmp_path: Path) -> None:
    for tool in await listed(World(tmp_path)):
        assert tool.title
        assert tool.description
        assert "  " not in tool.description
        assert "\n" not in tool.description
        assert tool.annotations is not None
        reads = tool.name in {"search_models", "get_model", "list_predictions", "get_account"}
        assert tool.annotations.model_dump(exclude_none=True) == {
            "read_only_hint": reads,
            "destructive_hint": False,
            "idempotent_hint": reads or tool.name == "get_prediction",
            "open_world_hint": True,
        }


async def test_every_argument_whose_name_is_not_enough_is_described(tmp_path: Path) -> None:
    for tool in await listed(World(tmp_path)):
        assert tool.input_schema["additionalProperties"] is False
        for name, schema in tool.input_schema["properties"].items():
            assert name in PLAIN or schema.get("description"), name
            assert {"type", "anyOf", "enum"} & set(schema), name


async def test_every_tool_declares_what_it_answers(tmp_path: Path) -> None:
    tools = {tool.name: tool.output_schema or {} for tool in await listed(World(tmp_path))}
    assert tools["generate_image"]["required"] == ["status"]
    assert {"status", "prediction_id", "outputs", "cost_usd", "next"} <= set(tools["generate_image"]["properties"])
    assert "predictions" in tools["get_prediction"]["properties"]
    assert {"url", "file_name", "mime_type", "bytes", "temporary"} <= set(tools["upload_media"]["properties"])


def _words(schema: Any) -> list[str]:
    """Every keyword and value of a schema but the names of properties."""
    if isinstance(schema, dict):
        found: list[str] = []
        for name, value in schema.items():  # pyright: ignore[reportUnknownVariableType] - any JSON
            if name in {"properties", "$defs"}:
                found += [word for inner in value.values() for word in _words(inner)]  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType]
            else:
                found += [str(name), *_words(value)]  # pyright: ignore[reportUnknownArgumentType]
        return found
    if isinstance(schema, list):
        return [word for inner in schema for word in _words(inner)]  # pyright: ignore[reportUnknownVariableType]
    return [str(schema)]


async def test_no_schema_carries_titles_defaults_or_nulls(tmp_path: Path) -> None:
    for tool in await listed(World(tmp_path)):
        words = [*_words(tool.input_schema), *_words(tool.output_schema)]
        assert not {"title", "default", "null", "None"} & set(words), tool.name


async def test_the_tools_cost_the_model_little(tmp_path: Path) -> None:
    tools = await listed(World(tmp_path))
    text = "".join(f"{tool.name}{tool.description}{json.dumps(tool.input_schema)}" for tool in tools)
    assert count_tokens(text) <= 2400


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_server_introduces_itself_briefly(tmp_path: Path, mode: str) -> None:
    async with World(tmp_path).client(mode=mode) as client:
        instructions = client.instructions or ""
        info = client.server_info
    assert 20 < len(instructions.split()) < 120
    assert all(name in instructions for name in ("generate_image", "get_prediction", "chat", "save_to"))
    assert "status: running" in instructions
    assert info is not None
    assert (info.name, info.title, info.version) == ("atlascloud-mcp", "Atlas Cloud", __version__)
    assert info.icons
    assert info.icons[0].src.startswith("data:image/svg+xml;base64,")


async def test_a_tool_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with World(tmp_path).client() as client:
        assert "make_coffee" in failure_of(await client.call_tool("make_coffee", {}))
