"""What an assistant is told of one model, and whether it can act on it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.sandbox.catalogue import models, usable_model
from film_samples import sound, video
from tokens import count_tokens
from world import World, failure_of, fields_of, png, text_of

REAL_MODELS = 52
TURBO = "z-image/turbo"
BANANA_EDIT = "google/nano-banana-2/edit"
MADE_HERE = {"image", "mesh", "video"}


def arguments_of(fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The described parameters, by the tool's word or by their own."""
    return {each.get("argument") or f"params.{each['field']}": each for each in fields.get("parameters", [])}


async def test_a_model_is_found_by_its_id_or_a_name_that_means_only_it(tmp_path: Path) -> None:
    wanted = {
        TURBO: TURBO,
        "Z-IMAGE/TURBO": TURBO,
        " z-image turbo ": TURBO,
        "Nano Banana 2 Edit": BANANA_EDIT,
        "flux schnell": "black-forest-labs/flux-schnell",
        "kling avatar": "kwaivgi/kling-v2.6-pro/avatar",
        "sora": "openai/sora-2/text-to-video",
        "suno": "suno/chirp-v5",
        "glm 5": "zai-org/glm-5",
    }
    world = World(tmp_path, models=400)
    async with world.client() as client:
        found = {name: fields_of(await client.call_tool("get_model", {"model": name}))["id"] for name in wanted}
    assert found == wanted
    assert world.sent == []


async def test_parameters_are_told_in_the_tools_words_and_the_model_s_own(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        answer = await client.call_tool("get_model", {"model": BANANA_EDIT})
        seedance = fields_of(await client.call_tool("get_model", {"model": "bytedance/seedance-2.0/image-to-video"}))
        kling = fields_of(await client.call_tool("get_model", {"model": "kwaivgi/kling-v3.0-std/text-to-video"}))
    fields = fields_of(answer)
    assert (fields["name"], fields["kind"]) == ('"Nano Banana 2 Edit"', "image-to-image")
    assert "Google" in fields["maker"]
    assert "$0.072 per image" in fields["price"]
    told = arguments_of(fields)
    assert list(told)[:2] == ["prompt", "images"]
    assert told["prompt"]["required"] is True
    assert told["images"]["required"] is True
    assert "14" in told["images"]["allowed"]
    assert told["resolution"]["allowed"] == "1k, 2k, 4k"
    assert told["resolution"]["default"] == "1k"
    assert "16:9" in told["aspect_ratio"]["allowed"]
    assert "required" not in told["resolution"]
    assert told["params.thinking_level"]["allowed"] == "default, high, minimal"
    assert told["params.enable_web_search"]["allowed"] == "boolean"
    assert told["params.enable_web_search"]["about"].startswith('"')
    text = text_of(answer)
    for name in told:
        assert f"- {name}" in text
    for allowed in (each["allowed"] for each in told.values() if "allowed" in each):
        assert allowed in text
    assert arguments_of(seedance)["duration_seconds"]["field"] == "duration"
    assert arguments_of(seedance)["last_frame"]["field"] == "last_image"
    assert arguments_of(seedance)["sound"]["default"] is True
    assert arguments_of(kling)["params.cfg_scale"]["allowed"] == "0 to 1"
    assert arguments_of(kling)["duration_seconds"]["allowed"] == "5, 10"


def write_samples(folder: Path) -> None:
    """The files that examples name."""
    for name in ("photo", "first", "last", "mask", "reference"):
        (folder / f"{name}.png").write_bytes(png(512, 512))
    (folder / "clip.mp4").write_bytes(video("mp4", "mpeg4", frames=5))
    (folder / "speech.mp3").write_bytes(sound("mp3", "libmp3lame"))


async def test_the_example_of_each_model_that_publishes_a_schema_is_a_call_that_works(tmp_path: Path) -> None:
    world = World(tmp_path, models=400)
    write_samples(world.project)
    tried = [model for model in models()[:REAL_MODELS] if model.usable and model.input and model.kind in MADE_HERE]
    async with world.client() as client:
        for model in tried:
            answer = await client.call_tool("get_model", {"model": model.id})
            example = fields_of(answer)["example"]
            assert json.dumps(example) in text_of(answer)
            quoted = fields_of(await client.call_tool(example["tool"], {**example["arguments"], "dry_run": True}))
            assert quoted["model"] == example["arguments"]["model"] == model.id
            assert quoted["cost_usd"] > 0, quoted  # Atlas Cloud itself has checked it, and quoted it
            assert not any("gave no quote" in note for note in quoted["notes"]), quoted
    assert len(tried) > 30
    assert world.sent == []


async def test_every_field_of_each_model_is_told_once(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        for model in models()[:REAL_MODELS]:
            if not (model.usable and model.input):
                continue
            fields = fields_of(await client.call_tool("get_model", {"model": model.id}))
            told = [each["field"] for each in fields["parameters"]]
            assert sorted(told) == sorted(name for name in model.input["properties"] if name != "model"), model.id
            required = {each["field"] for each in fields["parameters"] if each.get("required")}
            assert required == set(model.input["required"]) - {"model"}, model.id


async def test_the_raw_schema_is_given_only_when_it_is_asked_for(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        brief = await client.call_tool("get_model", {"model": TURBO})
        whole = await client.call_tool("get_model", {"model": TURBO, "schema": True})
        without = fields_of(
            await client.call_tool("get_model", {"model": "black-forest-labs/flux-dev", "schema": True})
        )
    known = usable_model(TURBO)
    assert known
    assert known.input
    schema = fields_of(whole)["json_schema"]
    assert schema["properties"].keys() == known.input["properties"].keys()
    assert set(schema["required"]) == set(known.input["required"])
    assert "json_schema" in text_of(whole)
    assert "json_schema" not in fields_of(brief)
    assert "json_schema" not in text_of(brief)
    assert {**fields_of(whole), "json_schema": None} == {**fields_of(brief), "json_schema": None}
    assert "json_schema" not in without


async def test_models_of_sound_and_text_are_described_with_the_tool_that_runs_them(tmp_path: Path) -> None:
    rows = [
        ("suno/chirp-v5", "text-to-music", "$0.13 per generation", "generate_audio"),
        ("xai/tts-v1", "text-to-speech", "$0.015 per 1,000 characters", "generate_audio"),
        ("bytedance/seed-asr-2.0", "speech-to-text", "$0.002 per minute", "transcribe_audio"),
        ("zai-org/glm-5", "llm", "$0.95 in and $3.15 out per million tokens", "chat"),
    ]
    async with World(tmp_path, models=400).client() as client:
        for model, kind, price, tool in rows:
            answer = await client.call_tool("get_model", {"model": model})
            fields = fields_of(answer)
            assert kind in fields["kind"]
            assert price in fields["price"]
            assert fields["example"]["tool"] == tool
            assert fields["example"]["arguments"]["model"] == model
            assert f'"tool": "{tool}"' in text_of(answer)


async def test_a_language_model_is_described_with_the_tool_that_asks_it(tmp_path: Path) -> None:
    async with World(tmp_path).client() as client:
        fields = fields_of(await client.call_tool("get_model", {"model": "zai-org/glm-5"}))
    assert fields["kind"] == "llm"
    assert fields["price"] == "$0.95 in and $3.15 out per million tokens"
    assert fields["example"]["tool"] == "chat"
    assert fields["example"]["arguments"]["model"] == "zai-org/glm-5"
    assert "next" not in fields


CHATS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "all is listed": (
        {
            "contextLength": 131072,
            "maxCompletionTokens": 65536,
            "supported_sampling_parameters": ["temperature", "top_p", "max_tokens", "structured_outputs"],
        },
        "text; context of 131,072 tokens",
        ["- max_tokens: up to 65536", "- temperature", "- json_output (its structured_outputs)"],
    ),
    "its own words": (
        {"maxCompletionTokens": 9, "supported_sampling_parameters": ["max_completion_tokens", "response_format"]},
        "text",
        [
            "- max_tokens (its max_completion_tokens): up to 9",
            "- temperature: not listed: better left out",
            "- json_output (its response_format)",
        ],
    ),
    "no length": (
        {"supported_sampling_parameters": ["temperature", "maxTokens"]},
        "text",
        ["- max_tokens (its maxTokens)", "- temperature"],
    ),
    "no list": (
        {"contextLength": 4096, "maxCompletionTokens": 512},
        "text; context of 4,096 tokens",
        ["- max_tokens: up to 512"],
    ),
    "nothing": ({}, "text", []),
}


@pytest.mark.parametrize("case", CHATS)
async def test_of_a_language_model_is_told_how_much_it_reads_and_what_chat_may_ask_of_it(
    tmp_path: Path, case: str
) -> None:
    entry, takes, parameters = CHATS[case]

    def script(request: httpx.Request) -> httpx.Response | None:
        listed = {"model": "acme/talker", "type": "Text", "categories": ["LLM"], **entry}
        return httpx.Response(200, json={"data": [listed]}) if request.url.path == "/api/v1/models" else None

    async with World(tmp_path, script=script).client() as client:
        answer = await client.call_tool("get_model", {"model": "acme/talker"})
    assert fields_of(answer)["takes"] == takes
    assert [line for line in text_of(answer).splitlines() if line.startswith("- ")] == parameters
    assert len(fields_of(answer).get("parameters", [])) == len(parameters)


async def test_what_a_model_takes_is_what_its_schema_has(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        seedance = await client.call_tool("get_model", {"model": "bytedance/seedance-2.0/reference-to-video"})
        veo = fields_of(await client.call_tool("get_model", {"model": "google/veo3.1/reference-to-video"}))
    assert fields_of(seedance)["takes"] == "text, pictures, video, audio"
    assert "takes: text, pictures, video, audio" in text_of(seedance)
    assert veo["takes"] == "text, pictures"


async def test_a_refusal_leads_to_what_the_call_needs(tmp_path: Path) -> None:
    world = World(tmp_path, models=400)
    write_samples(world.project)
    talk = {"prompt": "hello", "first_frame": "first.png", "audio": "speech.mp3"}
    masked = {"prompt": "a", "model": TURBO, "mask": "mask.png", "params": {"seed": 1}}
    async with world.client() as client:
        wordless = failure_of(await client.call_tool("generate_image", {"model": "remove background"}))
        sibling = failure_of(await client.call_tool("generate_video", talk))
        mask = failure_of(await client.call_tool("generate_image", masked))
    assert "needs its images, video or audio" in wordless
    assert "bytedance/seedance-2.0/reference-to-video takes no first_frame" in sibling
    assert "It was chosen for the default, ATLASCLOUD_VIDEO_MODEL" in sibling
    assert "Of the models of kind edit, get_model shows which take one." in mask
    assert "inpaint" not in mask


async def test_a_name_that_may_mean_several_is_answered_with_them(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        same = failure_of(await client.call_tool("get_model", {"model": "nano banana"}))
        mixed = failure_of(await client.call_tool("get_model", {"model": "gemini"}))
    assert "google/nano-banana-2/edit" in same
    assert "google/nano-banana-pro/text-to-image" in same
    assert "google/gemini-omni-flash/image-to-video" in mixed
    assert "google/gemini-2.5-flash" in mixed


async def test_an_unknown_or_hidden_name_is_refused_with_where_to_look(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        for name in ("midjourney", "no/such-model", "!!!", "black-forest-labs/flux-dev-lora"):
            text = failure_of(await client.call_tool("get_model", {"model": name}))
            assert f'"{name}"' in text
            assert "search_models" in text


async def test_a_model_without_schema_is_described_by_what_such_models_take_and_that_is_said(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        fields = fields_of(await client.call_tool("get_model", {"model": "black-forest-labs/flux-schnell"}))
    assert {"prompt", "width", "height", "count", "seed"} <= set(arguments_of(fields))
    told = [each.get("argument") for each in fields["parameters"]]
    assert len(told) == len(set(told))
    assert not {"images", "mask"} & set(told)  # it is made from text
    assert any("publishes no schema" in note for note in fields["notes"])
    assert fields["example"]["arguments"]["model"] == "black-forest-labs/flux-schnell"


async def test_a_description_stays_short_in_both_channels(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        for model in models()[:REAL_MODELS]:
            if model.usable:
                answer = await client.call_tool("get_model", {"model": model.id})
                assert count_tokens(text_of(answer)) < 600, model.id
                assert count_tokens(json.dumps(answer.structured_content)) < 800, model.id
