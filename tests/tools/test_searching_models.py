"""What an assistant finds when it looks for a model, and what finding it costs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from mcp_types import CallToolResult

from atlascloud_mcp.sandbox.catalogue import models
from tokens import count_tokens
from world import World, failure_of, fields_of, text_of

USABLE = {model.id: model for model in models() if model.usable}
HIDDEN = {model.id for model in models() if not model.usable}
MOST_TOKENS_A_ROW = 35
MOST_TOKENS = 1500


def ids(answer: CallToolResult) -> list[str]:
    """The ids that an answer names; the same in both channels."""
    found = [row["id"] for row in fields_of(answer)["models"]]
    lines = text_of(answer).splitlines()
    assert [line.split(" | ")[0] for line in lines if " | " in line] == found
    return found


async def test_words_type_kind_and_inputs_each_narrow_the_search(tmp_path: Path) -> None:
    world = World(tmp_path, models=400)
    async with world.client() as client:

        async def found(**arguments: Any) -> list[str]:
            return ids(await client.call_tool("search_models", arguments))

        assert set(await found(query="nano banana")) == {model for model in USABLE if "nano-banana" in model}
        assert (await found(query="nano banana", takes="image")) == [
            "google/nano-banana/edit",
            "google/nano-banana-2/edit",
        ]
        assert (await found(query="Suno", type="audio"))[0] == "suno/chirp-v5"
        assert (await found(query="tencent", kind="text-to-3d"))[0] == "tencent/hunyuan3d-rapid/text-to-3d"
        assert (await found(query="kling avatar", takes="audio"))[0] == "kwaivgi/kling-v2.6-pro/avatar"
        assert {USABLE[model].kind for model in await found(type="video")} == {"video"}
        assert {USABLE[model].kind for model in await found(kind="image-to-3d")} == {"mesh"}
        assert all("openai" in model.lower() for model in (await found(query="openai"))[:3])
        assert (await found(query="bananna"))[0].startswith("google/nano-banana")
        assert "bytedance/seedance-2.0/image-to-video" in await found(query="seedance", kind="image-to-video")
    assert world.sandbox.counts == {"models": 1}
    assert world.sent == []


async def test_the_cheapest_come_first_when_asked_for_and_what_has_no_price_last(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        cheapest = {"type": "video", "takes": "image", "sort": "price"}
        first = fields_of(await client.call_tool("search_models", cheapest))
        last = fields_of(await client.call_tool("search_models", {**cheapest, "page": first["pages"]}))
    prices = [float(row["price"].removeprefix("$").partition("/")[0]) for row in first["models"]]
    assert prices == sorted(prices)
    known = [model.base_price for model in USABLE.values() if model.kind == "video" and not model.has_category("text")]
    assert prices[0] <= float(min(price for price in known if price))
    assert last["models"][-1]["price"] == "unlisted"


async def test_all_pages_together_hold_each_open_model_once_and_no_hidden_one(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        first = fields_of(await client.call_tool("search_models", {}))
        pages = [await client.call_tool("search_models", {"page": page}) for page in range(1, first["pages"] + 1)]
        beyond = failure_of(await client.call_tool("search_models", {"page": first["pages"] + 1}))
        again = fields_of(await client.call_tool("search_models", {"page": 1}))
        by_name = [await client.call_tool("search_models", {"query": model}) for model in sorted(HIDDEN)]
    seen = [model for page in pages for model in ids(page)]
    assert sorted(seen) == sorted(USABLE)
    assert len(HIDDEN) > 0
    assert HIDDEN.isdisjoint(seen)
    assert all(HIDDEN.isdisjoint(ids(answer)) for answer in by_name)
    assert again == first
    assert [fields_of(page)["page"] for page in pages] == list(range(1, first["pages"] + 1))
    assert {fields_of(page)["total"] for page in pages} == {len(USABLE)}
    assert f"There is no page {first['pages'] + 1}" in beyond
    assert f"last page is {first['pages']}" in beyond
    for page in pages:
        assert f"page {fields_of(page)['page']} of {first['pages']}" in text_of(page)
    assert f"page 2 of {first['pages']}" in first["next"]
    assert "next" not in fields_of(pages[-1])


async def test_a_second_page_of_few_models_is_refused_with_the_last(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        text = failure_of(await client.call_tool("search_models", {"query": "nano banana", "page": 2}))
    assert "The last page is 1." in text


async def test_a_kind_that_does_not_exist_is_answered_with_those_that_do(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        text = failure_of(await client.call_tool("search_models", {"kind": "mesh\nSYSTEM"}))
        named = fields_of(await client.call_tool("search_models", {"kind": "Mesh"}))
        typed = failure_of(await client.call_tool("search_models", {"type": "mesh"}))
        taking = failure_of(await client.call_tool("search_models", {"takes": "text"}))
    assert {USABLE[row["id"]].kind for row in named["models"]} == {"mesh"}
    assert "mesh" in text
    assert "\n" not in text
    for kind in ("text-to-image", "image-to-image", "text-to-3d", "image-to-video", "text-to-speech"):
        assert kind in text
    assert "type should be 'image', 'video', 'audio' or 'text', not \"mesh\"" in typed
    assert "takes should be 'image', 'video' or 'audio', not \"text\"" in taking


@pytest.mark.parametrize("query", ["xyzzyplugh", "!!!", "\x1b[31m\u202e", "zq " * 60])
async def test_what_nothing_fits_is_an_empty_answer_and_no_error(tmp_path: Path, query: str) -> None:
    async with World(tmp_path, models=400).client() as client:
        answer = await client.call_tool("search_models", {"query": query})
    fields = fields_of(answer)
    assert (fields["models"], fields["total"], fields["pages"]) == ([], 0, 1)
    assert "no model" in text_of(answer).lower()


async def test_an_empty_page_says_which_filter_emptied_it(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        answer = await client.call_tool("search_models", {"query": "nano banana", "type": "video"})
        two = fields_of(await client.call_tool("search_models", {"query": "xyzzyplugh", "type": "video"}))
        both = await client.call_tool("search_models", {"query": "suno", "type": "audio", "kind": "Speech To Text"})
    hint = fields_of(answer)["next"]
    assert hint.startswith("without type video: ")
    assert "first google/nano-banana/edit" in hint
    assert f"next: {hint}" in text_of(answer)
    assert two["next"].startswith("without the query: ")  # the word is no model's: the filter has models
    assert 'without kind "speech-to-text": 1, first suno/chirp-v5' in text_of(both)


async def test_an_empty_page_without_filters_says_what_a_query_is_matched_with(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        lost = await client.call_tool("search_models", {"query": "xyzzyplugh"})
        cheap = {"query": "xyzzyplugh", "kind": "text-to-video", "sort": "price"}
        hint = fields_of(await client.call_tool("search_models", cheap))["next"]
        first = fields_of(await client.call_tool("search_models", {**cheap, "query": ""}))
    assert "names, makers, kinds and uses" in fields_of(lost)["next"]
    assert "get_model" in text_of(lost)
    assert hint.endswith(f"without the query: {first['total']}, first {first['models'][0]['id']}")


async def test_a_row_says_what_some_models_of_its_kind_take_as_the_filter_does(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        for medium, word in (("video", "video"), ("audio", "audio"), ("image", "pictures")):
            answer = await client.call_tool("search_models", {"type": "video", "takes": medium, "sort": "price"})
            assert all(word in row["takes"] for row in fields_of(answer)["models"])
        seedance = await client.call_tool("search_models", {"query": "bytedance/seedance-2.0/reference-to-video"})
    assert fields_of(seedance)["models"][0]["takes"] == "text, pictures (some: video, audio)"


async def test_prices_stand_with_their_unit_in_both_channels(tmp_path: Path) -> None:
    wanted = {
        "google/nano-banana-2/edit": r"\$0\.072\b.*image",
        "tencent/hunyuan3d-rapid/text-to-3d": r"\$0\.02\b.*(generation|run)",
        "bytedance/seedance-2.0/text-to-video": r"\$0\.127\b.*second.*(generation|clip)",
        "xai/tts-v1": r"\$0\.015\b.*(characters|chars)",
        "bytedance/seed-asr-2.0": r"\$0\.002\b.*min",
        "suno/chirp-v5": r"\$0\.13\b.*(generation|run)",
        "zai-org/glm-5": r"\$0\.95 in.*\$3\.15 out.*M",
        "black-forest-labs/flux-dev": r"(un|not )listed",
    }
    async with World(tmp_path, models=400).client() as client:
        for model, price in wanted.items():
            answer = await client.call_tool("search_models", {"query": model})
            row = fields_of(answer)["models"][0]
            assert row["id"] == model
            assert re.search(price, row["price"]), row["price"]
            line = next(line for line in text_of(answer).splitlines() if line.startswith(f"{model} |"))
            assert row["price"] in line
            assert row["takes"] in line


async def test_a_row_costs_few_tokens_and_the_longest_answer_is_no_burden(tmp_path: Path) -> None:
    async with World(tmp_path, models=400).client() as client:
        count = fields_of(await client.call_tool("search_models", {}))["pages"]
        for page in range(1, count + 1):
            answer = await client.call_tool("search_models", {"page": page})
            rows = len(fields_of(answer)["models"])
            text = count_tokens(text_of(answer))
            structured = count_tokens(json.dumps(answer.structured_content))
            assert text <= rows * MOST_TOKENS_A_ROW + 20, page
            assert max(text, structured) < MOST_TOKENS, page
