"""`chat` over the sandbox, which reads each protocol as strictly as its maker does: words, a picture, JSON, limits."""

import json
from pathlib import Path
from typing import Any

import pytest

from world import World, failure_of, fields_of, png

# A model for each protocol, as the sandbox's catalogue lists them.
SPEAKERS = {
    "chat completions": "Tesselwright/Polyglossa-Omni",
    "responses": "northpier/logrunner-deep",
    "messages": "emberloft/parlance-5",
    "generateContent": "driftglass/prismatica-flash",
    "generateContent by another name": "driftglass/prismatica-pro",
    "nothing said": "saltmarsh-ai/plainspeak",
}
NAMED = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


async def asked(world: World, model: str, **arguments: Any) -> dict[str, Any]:
    async with world.client() as client:
        return fields_of(await client.call_tool("chat", {"prompt": "What is this?", "model": model, **arguments}))


@pytest.mark.parametrize("model", SPEAKERS.values(), ids=SPEAKERS)
async def test_words_and_a_system_prompt_arrive_and_are_answered_with_their_tokens(tmp_path: Path, model: str) -> None:
    fields = await asked(World(tmp_path), model, system="Speak like a heron.", max_tokens=500)
    text = fields["outputs"][0]["text"]
    assert "You asked: “What is this?”" in text
    assert "My instructions begin: “Speak like a heron.”" in text
    assert fields["usage"]["input_tokens"] > 5
    assert fields["usage"]["output_tokens"] > 10
    assert (fields["status"], fields["model"], fields.get("notes", [])) == ("completed", model, [])


@pytest.mark.parametrize("model", [each for each in SPEAKERS.values() if "plainspeak" not in each])
async def test_a_local_picture_is_seen_and_was_not_uploaded(tmp_path: Path, model: str) -> None:
    world = World(tmp_path)
    (world.project / "fox.png").write_bytes(png(64, 48))
    fields = await asked(world, model, images=["fox.png"])
    assert "a PNG picture of 64 x 48 pixels" in fields["outputs"][0]["text"]
    assert world.sandbox.uploads == []


@pytest.mark.parametrize("wanted", [True, NAMED], ids=["any JSON", "a schema"])
@pytest.mark.parametrize("model", SPEAKERS.values(), ids=SPEAKERS)
async def test_json_that_is_asked_for_is_json(tmp_path: Path, model: str, wanted: Any) -> None:
    fields = await asked(World(tmp_path), model, json_output=wanted)
    answer = json.loads(fields["outputs"][0]["text"])
    assert fields.get("notes", []) == []
    assert "What is this?" in (answer["name"] if wanted == NAMED else answer["answer"])


@pytest.mark.parametrize("model", SPEAKERS.values(), ids=SPEAKERS)
@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("reason-test", ["on hidden reasoning", "max_tokens"]),
        ("refuse-test", ["did not answer", "refused"]),
        ("fail-test", ["500", "charges nothing for a failed call"]),
    ],
)
async def test_what_is_no_answer_is_an_error(tmp_path: Path, model: str, prompt: str, words: list[str]) -> None:
    async with World(tmp_path).client() as client:
        text = failure_of(await client.call_tool("chat", {"prompt": prompt, "model": model, "max_tokens": 64}))
    assert all(word in text for word in words), text


@pytest.mark.parametrize("paths", ["v1beta", "v1"])
async def test_either_path_of_generate_content_will_do(tmp_path: Path, paths: Any) -> None:
    world = World(tmp_path)
    world.sandbox.gemini_paths = paths
    fields = await asked(world, SPEAKERS["generateContent"])
    assert "You asked" in fields["outputs"][0]["text"]


@pytest.mark.parametrize("model", SPEAKERS.values(), ids=SPEAKERS)
async def test_an_answer_that_ends_at_its_limit_says_so(tmp_path: Path, model: str) -> None:
    fields = await asked(World(tmp_path), model, prompt="long-test", max_tokens=16)
    assert "ends at its limit of 16 tokens" in fields["notes"][0]
    assert fields["usage"]["output_tokens"] <= 16
