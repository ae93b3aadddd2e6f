"""Voices, speeds and formats of `generate_audio`, and what is said of a recording that a model does not take."""

from pathlib import Path
from typing import Any

import pytest

from sound_script import listing
from world import World, failure_of, fields_of, notes_of, text_of

TEXT = {"type": "string"}
VOICES = {"type": "string", "enum": ["alder", "birch", "cedar"]}
SPEED = {"type": "number", "minimum": 0.5, "maximum": 2, "default": 1}
IN_ONE_OBJECT = {"type": "object", "properties": {"voice_id": VOICES, "speed": SPEED}}


async def answer(world: World, tool: str, **arguments: Any) -> Any:
    async with world.client() as client:
        return await client.call_tool(tool, arguments)


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        ({"voice": "female", "speed": 1.2}, "voice (its field voice_setting.voice_id): allowed are alder, birch"),
        ({"voice": "alder", "speed": 5}, "speed (its field voice_setting.speed): must be at most 2"),
    ],
)
async def test_of_settings_in_one_object_the_wrong_one_is_named(
    tmp_path: Path, arguments: dict[str, Any], begins: str
) -> None:
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, voice_setting=IN_ONE_OBJECT))
    result = await answer(world, "generate_audio", model="acme/x", prompt="Hi", dry_run=True, **arguments)
    text = failure_of(result)
    assert begins in text
    assert "nearest" not in text  # no name is near enough to be guessed at


async def test_bounds_that_are_fractions_are_told_as_they_are(tmp_path: Path) -> None:
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, voice_setting=IN_ONE_OBJECT))
    text = text_of(await answer(world, "get_model", model="acme/x"))
    assert "speed (its voice_setting.speed): 0.5 to 2" in text


async def test_a_voice_that_no_list_could_check_is_said_to_be_sent_as_it_is(tmp_path: Path) -> None:
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, voice=TEXT))
    result = await answer(world, "generate_audio", model="acme/x", prompt="Hi", voice="female", dry_run=True)
    assert "This model lists no voices: female was sent as it is." in notes_of(fields_of(result))


async def test_a_format_of_sound_that_a_model_does_not_list_is_refused_with_its_own(tmp_path: Path) -> None:
    formats = {"type": "string", "enum": ["mp3", "opus"]}
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, output_format=formats))
    result = await answer(world, "generate_audio", model="acme/x", prompt="Hi", save_to="hi.flac", dry_run=True)
    assert "acme/x does not make flac (save_to). Nothing was billed. Ask for one of these: mp3, opus." in (
        failure_of(result)
    )


async def test_a_recording_in_a_format_that_is_not_taken_is_refused_with_the_way_to_convert_it(tmp_path: Path) -> None:
    audio = {**TEXT, "x-accept": "audio/mpeg,audio/wav"}
    world = World(tmp_path, script=listing("SPEECH-TO-TEXT", audio_url=audio))
    (world.project / "a memo.flac").write_bytes(b"fLaC\0\0\0\x22" + b"\0" * 60)
    text = failure_of(await answer(world, "transcribe_audio", model="acme/x", audio="a memo.flac"))
    assert "does not take audio/flac (a memo.flac)" in text
    assert 'ffmpeg -i "a memo.flac" -vn "a memo.mp3"' in text


async def test_a_long_text_does_not_come_back_with_its_price(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = await answer(world, "generate_audio", kind="speech", prompt="Long ago. " * 4000, dry_run=True)
    fields = fields_of(result)
    assert fields["request"]["text"].endswith("… (40,000 characters)")
    assert len(text_of(result)) < 1500
    assert fields["cost_usd"] > 0


async def test_a_price_in_the_sandbox_is_marked_as_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    result = await answer(world, "generate_audio", kind="speech", prompt="Hi", dry_run=True)
    assert fields_of(result)["sandbox"] is True
    assert "sandbox: true" in text_of(result)


@pytest.mark.parametrize("save_to", ["minutes.docx", "caps.sbv", "out/x.psd"])
async def test_a_file_of_a_kind_that_is_not_made_is_refused_before_anything_is_paid(
    tmp_path: Path, save_to: str
) -> None:
    world = World(tmp_path)
    text = failure_of(await answer(world, "generate_audio", kind="lyrics", prompt="Snow", save_to=save_to))
    assert f"no .{save_to.rpartition('.')[2]} is made" in text
    assert world.sandbox.submits == []


@pytest.mark.parametrize("save_to", ["minutes.docx/", "v1.2", "take.2025"])
async def test_a_folder_may_have_a_dot_in_its_name(tmp_path: Path, save_to: str) -> None:
    world = World(tmp_path)
    fields = fields_of(await answer(world, "generate_audio", kind="lyrics", prompt="Snow", save_to=save_to))
    assert Path(fields["outputs"][0]["path"]).parent == world.project / save_to


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ({"type": "string", "enum": ["off", "on"]}, "on"),
        ({"type": "integer", "enum": [0, 1]}, 1),
        ({"type": "boolean"}, True),
    ],
)
async def test_times_are_switched_on_in_the_model_s_own_words(
    tmp_path: Path, field: dict[str, Any], sent: object
) -> None:
    world = World(tmp_path, script=listing("SPEECH-TO-TEXT", audio_url=TEXT, timestamps=field))
    result = await answer(world, "transcribe_audio", model="acme/x", audio="https://e.io/a.mp3", dry_run=True)
    assert fields_of(result)["request"]["timestamps"] == sent


@pytest.mark.parametrize(
    ("asked", "sent"), [("Latin American Spanish", "es"), ("Brazilian Portuguese", "pt"), ("latin", "la")]
)
async def test_a_language_is_known_by_the_name_that_people_give_it(tmp_path: Path, asked: str, sent: str) -> None:
    tongues = {"type": "string", "enum": ["de", "es", "la", "pt"]}
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, language=tongues))
    result = await answer(world, "generate_audio", model="acme/x", prompt="Hola", language=asked, dry_run=True)
    assert fields_of(result)["request"]["language"] == sent


async def test_words_beside_a_recording_for_a_model_that_takes_none_are_refused_as_what_they_are(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, script=listing("AUDIO-TO-AUDIO", audio_url=TEXT))
    asked = {"model": "acme/x", "prompt": "Hi", "audio": "https://e.io/a.mp3"}
    text = failure_of(await answer(world, "generate_audio", **asked, dry_run=True))
    assert "it takes no words" in text
    assert "nothing else was given" not in text


async def test_opus_is_what_an_ogg_file_is_asked_for_by(tmp_path: Path) -> None:
    formats = {"type": "string", "enum": ["mp3", "opus"]}
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, output_format=formats))
    result = await answer(world, "generate_audio", model="acme/x", prompt="Hi", save_to="hi.ogg", dry_run=True)
    assert fields_of(result)["request"]["output_format"] == "opus"


async def test_a_format_that_params_set_is_the_caller_s_own_business(tmp_path: Path) -> None:
    formats = {"type": "string", "enum": ["mp3", "raw"]}
    world = World(tmp_path, script=listing("TEXT-TO-SPEECH", text=TEXT, output_format=formats))
    asked = {"model": "acme/x", "prompt": "Hi", "params": {"output_format": "raw"}, "save_to": "hi.flac"}
    assert fields_of(await answer(world, "generate_audio", **asked, dry_run=True))["request"]["output_format"] == "raw"


@pytest.mark.parametrize(
    ("accepts", "name", "bytes_", "advised"),
    [
        ("audio/flac", "memo.mp3", b"ID3\x03\0\0\0\0\0\0" + b"\0" * 60, 'ffmpeg -i "memo.mp3" -vn "memo.flac"'),
        ("audio/x-odd", "memo.flac", b"fLaC\0\0\0\x22" + b"\0" * 60, None),
    ],
)
async def test_a_conversion_is_advised_only_into_what_the_model_takes(
    tmp_path: Path, accepts: str, name: str, bytes_: bytes, advised: str | None
) -> None:
    world = World(tmp_path, script=listing("SPEECH-TO-TEXT", audio_url={**TEXT, "x-accept": accepts}))
    (world.project / name).write_bytes(bytes_)
    text = failure_of(await answer(world, "transcribe_audio", model="acme/x", audio=name))
    assert f"It takes {accepts}." in text
    assert advised in text if advised else "ffmpeg" not in text
