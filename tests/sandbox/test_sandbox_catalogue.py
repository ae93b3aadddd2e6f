import re
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sandbox_town import EDIT, FLUX, MODELS, Town

from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.synthesis import invented_models

REAL = 52
FAMILIES = ("seedance", "seedream", "kling", "flux", "nano", "banana", "qwen", "wan", "veo", "sora", "vidu", "z-image")


async def _entries(town: Town) -> list[dict[str, Any]]:
    return (await town.client.get(MODELS)).json()["data"]


async def _document(town: Town, model: str) -> Any:
    response = await town.client.get(f"/model/schema/{model.replace('/', '-')}.json", headers={"Authorization": ""})
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_catalogue_has_400_different_models_of_all_types(town: Town) -> None:
    entries = await _entries(town)
    assert len({entry["model"] for entry in entries}) == len({entry["uuid"] for entry in entries}) == 400
    types = Counter(entry["type"] for entry in entries)
    assert set(types) == {"Image", "Video", "Audio", "Text"}
    assert min(types.values()) > 30
    assert sum("3D" in str(entry["categories"]).upper() for entry in entries) > 10


async def test_the_entries_have_wire_fields_alone_and_schemas_at_the_sandbox(town: Town) -> None:
    entries = {entry["model"]: entry for entry in await _entries(town)}
    assert "unit" not in entries[FLUX]
    assert entries[FLUX]["schema"] is None
    assert entries["deepseek-ai/deepseek-v3.2"]["schema"] is None
    assert entries[EDIT]["schema"] == "http://sandbox.test/model/schema/atlascloud-qwen-image-edit.json"
    assert entries["bytedance/seedance-2.0/text-to-video"]["price"] == {"actual": {"base_price": "0.127"}}


def test_invented_models_are_the_same_every_time_and_bear_no_real_name() -> None:
    invented = models()[REAL:]
    assert [model.wire for model in invented] == [model.wire for model in invented_models(len(invented))]
    told = " ".join(f"{model.id} {model.wire['displayName']}" for model in invented).lower()
    assert [family for family in FAMILIES if re.search(rf"\b{family}", told)] == []


async def test_the_untidiness_of_the_real_catalogue_is_there(town: Town) -> None:
    entries = await _entries(town)
    invented = entries[REAL:]
    assert {entry.get("display_console") for entry in invented} == {True, False, None}
    assert [name for name in ("categories", "tags", "price") if all(entry.get(name) for entry in invented)] == []
    media = [entry for entry in invented if entry["type"] != "Text"]
    assert {type(entry["avgLatency"]) for entry in media} == {str, float}
    prices = [entry["price"] for entry in media if entry["price"]]
    assert {"unit" in price["actual"] for price in prices} == {True, False}
    assert any(price.get("discount", "100") != "100" and "origin" in price for price in prices)
    assert any(entry["schema"] is None for entry in media)
    categories = " ".join(str(entry["categories"]) for entry in media)
    assert "TEXT_TO_VIDEO" in categories
    assert "TEXT-TO-VIDEO" in categories
    assert any(re.search(r"[A-Z]", entry["model"]) and re.search(r"-20\d{6}", entry["model"]) for entry in media)


async def test_two_names_differ_in_punctuation_alone_and_take_different_fields(town: Town) -> None:
    twins = {e["displayName"]: e["model"] for e in await _entries(town) if e["displayName"].startswith("Aurora")}
    assert set(twins) == {"Aurora Paint Edit", "Aurora-Paint Edit"}
    inputs = [(await _document(town, model))["components"]["schemas"]["Input"] for model in twins.values()]
    assert "image" in inputs[0]["properties"]
    assert "images" in inputs[1]["properties"]


async def test_a_developer_sibling_takes_other_fields(town: Town) -> None:
    name = "driftglass/tidereel-flash/image-to-video"
    plain, other = [
        (await _document(town, each))["components"]["schemas"]["Input"]["properties"]
        for each in (name, f"{name}-developer")
    ]
    assert "image" in plain
    assert "images" in other
    assert plain["duration"] != other["duration"]


async def test_every_schema_document_is_openapi_with_a_valid_input_schema(town: Town) -> None:
    published = [entry for entry in await _entries(town) if entry["schema"]]
    assert len(published) > 250
    wild: Counter[str] = Counter()
    for entry in published:
        document = (await town.client.get(entry["schema"], headers={"Authorization": ""})).json()
        assert document["openapi"].startswith("3.")
        assert document["info"]["title"].startswith(entry["displayName"])
        assert document["servers"] == [{"url": "http://sandbox.test"}]
        route, result = document["paths"]
        assert result == "/api/v1/model/result/{request_id}"
        schemas = document["components"]["schemas"]
        assert "PredictionResponse" in schemas
        Draft202012Validator.check_schema(schemas["Input"])
        assert "model" in schemas["Input"]["required"]
        assert set(schemas["Input"]["required"]) <= set(schemas["Input"]["properties"])
        wild["wrong route"] += route.endswith("generateVideo") and entry["type"] == "Image"
        for name in ("$ref", "anyOf", "hidden", "disabled"):
            wild[name] += any(name in field for field in schemas["Input"]["properties"].values())
    assert min(wild[name] for name in ("wrong route", "$ref", "anyOf", "hidden", "disabled")) >= 1


async def test_the_fields_are_spelled_in_many_ways(town: Town) -> None:
    names = {name for model in models() if model.input for name in model.input["properties"]}
    assert names >= {
        *("prompt", "text", "text_prompt", "user_prompt", "size", "width", "height", "aspect_ratio", "ratio"),
        *("resolution", "image_size", "image", "images", "image_url", "image_urls", "input_image", "first_frame_image"),
        *("start_image", "end_image", "last_image", "reference_images", "subjects", "refers", "audio", "audio_url"),
        *("video", "video_url", "videos", "num_images", "max_images", "n", "duration", "seconds"),
    }
    audio = [model.input["properties"].get("audio", {}).get("type") for model in models() if model.input]
    assert {"boolean", "string"} <= set(audio)


async def test_a_schema_of_nobody_is_not_found(town: Town) -> None:
    assert (await town.client.get("/model/schema/black-forest-labs-flux-schnell.json")).status_code == 404


@pytest.mark.parametrize("path", [MODELS, "/model/schema/atlascloud-qwen-image-edit.json"])
async def test_who_has_the_latest_is_not_sent_it_again(town: Town, path: str) -> None:
    first = await town.client.get(path)
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}'):
        again = await town.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await town.client.get(path, headers={"If-None-Match": '"other"'})).content == first.content
    assert town.sandbox.counts == {"models" if path == MODELS else "schema": 4}


async def test_the_catalogue_can_be_grouped_and_its_code_a_text(town: Town) -> None:
    flat = (await town.client.get(MODELS)).json()
    assert (flat["code"], flat["sandbox"]) == (200, True)
    town.sandbox.catalogue_shape = "string_code"
    assert (await town.client.get(MODELS)).json() == {**flat, "code": "200"}
    town.sandbox.catalogue_shape = "grouped"
    groups = (await town.client.get(MODELS)).json()["data"]["groups"]
    found = [entry["model"] for group in groups for entry in group["models"]]
    assert sorted(found) == sorted(entry["model"] for entry in flat["data"])
