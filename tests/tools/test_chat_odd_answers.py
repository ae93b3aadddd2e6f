"""`chat` with servers whose answers are cut, counted, ended and refused in ways of their own."""

from functools import partial
from pathlib import Path

import httpx
import pytest

import chat_script
from chat_script import GLM, HELLO, Models, Slowly, piece, streamed
from world import World

asked, failing = partial(chat_script.asked, model=GLM), partial(chat_script.failing, model=GLM)


@pytest.mark.parametrize("prompt", ["Hi", "What does </think> end?"])
async def test_an_answer_that_begins_inside_a_thought_is_told_without_it_unless_tags_were_asked_about(
    tmp_path: Path, prompt: str
) -> None:
    answer = streamed(piece("They want JSON.\n</th"), piece('ink>\n\n{"a": "b"}', "stop"))
    fields = await asked(World(tmp_path, script=Models([answer])), prompt=prompt, json_output=True)
    is_json = fields["outputs"] == [{"text": '{"a": "b"}', "mime_type": "application/json"}]
    assert is_json is (prompt == "Hi")


HELD = b"".join(HELLO)
BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    "pieces",
    [
        [HELD[:2], HELD[2:]],
        [BOM, HELD],
        [BOM[:1], BOM[1:] + HELD],
        [bytes([byte]) for byte in HELD],
    ],
    ids=["two bytes first", "a byte order mark first", "half a byte order mark first", "byte by byte"],
)
async def test_a_stream_is_read_however_little_of_it_comes_first(tmp_path: Path, pieces: list[bytes]) -> None:
    world = World(tmp_path)
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [*pieces]))])
    fields = await asked(world)
    assert (fields["status"], fields["outputs"][0]["text"]) == ("completed", "Hello")
