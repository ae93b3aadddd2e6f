"""Answers as files, and answers that have to be JSON."""

import json
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import httpx
import pytest

import chat_script
from chat_script import DONE, GLM, Models, Slowly, completion, piece
from world import World

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "legs": {"type": "integer", "minimum": 0}},
    "required": ["name"],
}
LONG = "A line of twenty ch.\n" * 2000


asked = partial(chat_script.asked, model=GLM, prompt="Tell of red foxes!")
failing = partial(chat_script.failing, model=GLM)


def answering(tmp_path: Path, text: str, finish: str = "stop") -> World:
    return World(tmp_path, script=Models([completion(text, finish, given=10, made=5)]))


@pytest.mark.parametrize(
    ("name", "mime_type"),
    [
        ("notes.md", "text/markdown"),
        ("notes.txt", "text/plain"),
        ("data.json", "application/json"),
        ("page.html", "text/html"),
        ("fox.py", "text/x-python"),
        ("Fox.TSX", "text/plain"),
        ("logo.svg", "image/svg+xml"),
        ("talk.srt", "application/x-subrip"),
        ("a.b.csv", "text/csv"),
    ],
)
async def test_an_answer_is_saved_under_the_name_that_was_given(tmp_path: Path, name: str, mime_type: str) -> None:
    world = answering(tmp_path, "Füchse\n")
    fields = await asked(world, save_to=f"new/{name}")
    path = world.project / "new" / name
    assert fields["outputs"] == [{"text": "Füchse\n", "path": str(path), "mime_type": mime_type, "bytes": 8}]
    assert path.read_text(encoding="utf-8") == "Füchse\n"
    assert [each.name for each in path.parent.iterdir()] == [name]


async def test_a_taken_name_gets_the_next_number_and_nothing_is_written_over(tmp_path: Path) -> None:
    world = answering(tmp_path, "new")
    (world.project / "fox.py").write_text("old")
    assert (await asked(world, save_to="fox.py"))["outputs"][0]["path"] == str(world.project / "fox-2.py")
    assert (world.project / "fox.py").read_text() == "old"


async def test_in_a_folder_a_file_is_named_after_the_day_and_the_question(tmp_path: Path) -> None:
    world = answering(tmp_path, "text")
    path = (await asked(world, save_to="notes/"))["outputs"][0]["path"]
    assert path == str(world.project / "notes" / "2026-11-22-tell-of-red-foxes.md")


@pytest.mark.parametrize(
    ("save_to", "words"),
    [
        ("run.sh", ["can be run", "such as notes.md"]),
        ("run.bat", ["can be run"]),
        ("fox.png", ["chat writes texts, no png", "generate_image"]),
        ("../fox.md", ["outside the allowed folders"]),
        (".github/fox.md", ["hidden"]),
    ],
)
async def test_a_place_that_cannot_be_used_is_refused_before_anything_is_asked(
    tmp_path: Path, save_to: str, words: list[str]
) -> None:
    world = answering(tmp_path, "text")
    text = await failing(world, save_to=save_to)
    assert all(word in text for word in words), text
    assert world.sent == []


async def test_a_long_answer_is_cut_in_the_answer_and_whole_in_a_file(tmp_path: Path) -> None:
    world = answering(tmp_path, LONG)
    fields = await asked(world)
    output = fields["outputs"][0]
    path = world.output / "2026-11-22-tell-of-red-foxes.md"
    assert output["path"] == str(path)
    assert output["text"] == LONG[:20_000]
    assert path.read_text() == LONG
    assert fields["notes"] == [
        f"The text has 42000 characters, of which this answer shows 20000; all of it is in {path}."
    ]
    facts = json.loads(Path(f"{path}.json").read_text())
    assert facts["model"] == GLM
    assert facts["prompt"] == "Tell of red foxes!"
    assert facts["usage"] == {"input": 10, "output": 5, "reasoning": None}


@pytest.mark.parametrize(
    ("pieces", "pause_s"),
    [
        ([httpx.ReadError("reset")], 0),
        ([b": keep-alive\n\n"] * 100, 1),
        ([piece("", "content_filter"), DONE], 0),
        ([piece("", "length"), DONE], 0),
    ],
)
async def test_a_long_answer_that_was_stopped_is_whole_in_a_file_as_far_as_it_came(
    tmp_path: Path, pieces: list[bytes | Exception], pause_s: float
) -> None:
    world = World(tmp_path)
    world.script = Models([httpx.Response(200, stream=Slowly(world.clock, [piece(LONG), *pieces], pause_s))])
    fields = await asked(world)
    output = fields["outputs"][0]
    assert output["text"] == LONG[:20_000]
    assert Path(output["path"]).read_text() == LONG
    assert fields["notes"][-1].endswith(f"all of it is in {output['path']}.")


async def test_side_cars_can_be_switched_off(tmp_path: Path) -> None:
    world = answering(tmp_path, LONG)
    world.environ["ATLASCLOUD_SIDECAR"] = "false"
    await asked(world)
    assert [path.suffix for path in world.output.iterdir()] == [".md"]


async def test_a_folder_that_becomes_unwritable_gives_way_to_the_output_folder(tmp_path: Path) -> None:
    def answer(request: object) -> Any:
        (world.project / "notes").write_text("in the way")
        return completion("text")

    world = World(tmp_path, script=Models([answer]))
    fields = await asked(world, save_to="notes/fox.md")
    assert fields["outputs"][0]["path"] == str(world.output / "2026-11-22-tell-of-red-foxes.md")
    assert "Nothing can be saved in" in fields["notes"][0]
    assert fields["notes"][0].endswith("It is in the output folder instead.")


@pytest.mark.parametrize(("text", "told"), [("short", 5), (LONG, 40_000), ('"' * 45_000, 20_000)])
async def test_an_answer_that_cannot_be_saved_is_told_as_far_as_one_can_be(
    tmp_path: Path, text: str, told: int
) -> None:
    def answer(request: object) -> Any:
        (world.project / "notes").write_text("in the way")
        return completion(text)

    world = World(tmp_path, script=Models([answer]))
    world.output.write_text("in the way, too")
    fields = await asked(world, save_to="notes/fox.md")
    assert fields["outputs"][0]["text"] == text[:told]
    assert "path" not in fields["outputs"][0]
    assert "Nothing can be saved in" in fields["outputs"][0]["not_saved"]
    assert ("notes" in fields) == (told < len(text))


@pytest.mark.parametrize(
    ("answer", "wanted", "text", "trouble"),
    [
        ('{"name": "fox"}', True, '{"name": "fox"}', ""),
        ('```json\n{"name": "fox"}\n```\n', SCHEMA, '{"name": "fox"}', ""),
        (" ```\n[1]\n``` ", True, "[1]", ""),
        ("It is a fox.", True, "It is a fox.", "The answer is not JSON (line 1, column 1)."),
        ("```json\n{\n```", True, "```json\n{\n```", "The answer is not JSON"),
        ('{"legs": 4}', SCHEMA, '{"legs": 4}', "does not fit the schema: \"'name' is a required property\"."),
        ('{"name": "fox", "legs": -1}', SCHEMA, '{"name": "fox", "legs": -1}', '"legs": "-1 is less than'),
        ('{"name": 1}', {"$ref": "#/$defs/none"}, '{"name": 1}', "could not be checked"),
        ('{"name": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}', {"pattern": "^(a+)+$"}, None, ""),
        (
            '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"',
            {"pattern": "^(a+)+$", "patternProperties": {"^(a+)+$": {}, "^a": {}}, "allOf": [{"pattern": "(a|a)*c"}]},
            None,
            "",
        ),
        (json.dumps(["x" * 100] * 1000), {"type": "object"}, None, "must fit type \"'object'\""),
    ],
)
async def test_a_json_answer_is_freed_of_fences_and_proved(
    tmp_path: Path, answer: str, wanted: Any, text: str | None, trouble: str
) -> None:
    fields = await asked(answering(tmp_path, answer), json_output=wanted)
    given = fields["outputs"][0]["text"]
    assert given == (answer[:20_000] if text is None else text)
    notes = " ".join(fields.get("notes", []))
    assert trouble in notes
    assert bool(trouble) == bool(notes)


async def test_half_an_answer_is_no_json_and_a_long_one_is_saved_as_such(tmp_path: Path) -> None:
    fields = await asked(answering(tmp_path, '{"name": "fo', "length"), json_output=True)
    assert "The answer is cut, so it is no complete JSON." in fields["notes"]
    (tmp_path / "again").mkdir()
    fields = await asked(answering(tmp_path / "again", json.dumps(["fox"] * 9000)), json_output=True)
    assert fields["outputs"][0]["path"].endswith(".json")


@pytest.mark.parametrize("wanted", [None, False, {}])
async def test_what_asks_for_no_schema_sends_none(tmp_path: Path, wanted: Any) -> None:
    models = Models([completion("{}")])
    await asked(World(tmp_path, script=models), json_output=wanted)
    assert models.bodies[0].get("response_format") == ({"type": "json_object"} if wanted == {} else None)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "thing"}, ["json_output is no valid JSON schema", "pass true for any JSON"]),
        ({"properties": {"a": {"$ref": "https://example.com/a.json"}}}, ["refers to", "nothing is fetched", "$defs"]),
        ({"anyOf": [{"$dynamicRef": "file:///etc/passwd"}]}, ["refers to"]),
    ],
)
async def test_a_schema_that_cannot_be_used_is_refused_before_anything_is_asked(
    tmp_path: Path, schema: dict[str, Any], words: list[str]
) -> None:
    world = answering(tmp_path, "{}")
    text = await failing(world, json_output=schema)
    assert all(word in text for word in words), text
    assert world.edge.seen == []


ODD_JSON: dict[str, tuple[str, Any]] = {
    "not a number": ('{"p": NaN}', True),
    "beyond all numbers": ('{"p": 1e309}', {"type": "object", "properties": {"p": {"multipleOf": 0.01}}}),
    "many digits": ('{"p": 1' + "0" * 400 + "}", {"type": "object", "properties": {"p": {"multipleOf": 0.01}}}),
    "twice": ('[{"a": 1}, {"a": 1}]', {"type": "array", "uniqueItems": True}),
}


@pytest.mark.parametrize(("text", "wanted"), ODD_JSON.values(), ids=ODD_JSON)
async def test_a_check_that_fails_never_loses_the_answer(tmp_path: Path, text: str, wanted: Any) -> None:
    fields = await asked(answering(tmp_path, text), json_output=wanted)
    assert fields["outputs"][0]["text"] == text
    assert fields["notes"]


@pytest.mark.parametrize(
    "text",
    ["```json\n" + json.dumps([{"a": number} for number in range(20_000)]) + "\n```", "```json\n{" + " " * 200_000],
    ids=["many rows", "a fence without an end"],
)
async def test_a_long_answer_is_proved_in_linear_time(tmp_path: Path, text: str) -> None:
    world = answering(tmp_path, text)
    began = process_time()
    await asked(world, json_output={"type": "array", "uniqueItems": True})
    assert process_time() - began < 3
