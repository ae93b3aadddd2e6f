"""What goes into a question beside words, and which model gets it."""

import base64
import logging
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from chat_script import (
    COMPLETIONS,
    FLASH,
    GENERATE_CONTENT,
    GLM,
    LUNA,
    RESPONSES,
    Models,
    Slowly,
    asked,
    completion,
    content,
    failing,
)
from world import World, png

URL = "https://example.com/fox.webp?size=2"
MP3 = (b"\xff\xfb\x90\x00" + bytes(413)) * 4
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(100)
GPT = "openai/gpt-4o-audio"


def listed(*entries: dict[str, Any], models: Models, usual: str = "black-forest-labs/flux-schnell") -> Any:
    """A script with a catalogue of these language models and one picture model."""

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v1/models":
            rows = [{"type": "Text", "categories": ["LLM"], **entry} for entry in entries]
            return httpx.Response(200, json={"data": [*rows, {"model": usual, "type": "Image"}]})
        return models(request)

    return script


HEARING = {
    "model": GPT,
    "supported_protocols": ["openai.chat.completions"],
    "input_modalities": ["text", "image", "audio", "video"],
}


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_local_files_go_inside_the_request_and_are_not_uploaded(tmp_path: Path) -> None:
    models = Models([content()])
    world = World(tmp_path, script=models)
    picture = png()
    for name, data in (("fox.png", picture), ("fox.mp4", MP4), ("fox.mp3", MP3)):
        (world.project / name).write_bytes(data)
    fields = await asked(world, images=["fox.png", URL], video="fox.mp4", audio="fox.mp3")
    assert fields["model"] == FLASH
    assert models.bodies[0]["contents"][0]["parts"] == [
        {"inline_data": {"mime_type": "image/png", "data": coded(picture)}},
        {"file_data": {"mime_type": "image/webp", "file_uri": URL}},
        {"inline_data": {"mime_type": "video/mp4", "data": coded(MP4)}},
        {"inline_data": {"mime_type": "audio/mpeg", "data": coded(MP3)}},
        {"text": "Hi"},
    ]
    assert {request.url.path for request in world.sent} == {GENERATE_CONTENT}


async def test_an_address_without_a_telling_name_gets_the_usual_type(tmp_path: Path) -> None:
    models = Models([content()])
    await asked(World(tmp_path, script=models), images="https://example.com/x", audio="https://example.com/y.png")
    parts = models.bodies[0]["contents"][0]["parts"]
    assert [part["file_data"]["mime_type"] for part in parts[:2]] == ["image/jpeg", "audio/mpeg"]


async def test_a_protocol_without_room_for_the_media_gives_way_to_the_next(tmp_path: Path) -> None:
    models = Models([completion(), httpx.Response(200, json={"output_text": "A fox", "status": "completed"})])
    both = {**HEARING, "supported_protocols": ["openai.responses", "openai.chat.completions"]}
    world = World(tmp_path, script=listed(both, models=models))
    await asked(world, model=GPT, video="https://example.com/fox.mp4")
    await asked(world, model=GPT, images=[URL])
    assert models.paths == [COMPLETIONS, RESPONSES]
    assert models.bodies[0]["messages"][0]["content"][0] == {
        "type": "video_url",
        "video_url": {"url": "https://example.com/fox.mp4"},
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"images": ["fox.mp3"]}, ["audio/mpeg", "`images` does not take", "Pass it in `audio`."]),
        ({"audio": "fox.png"}, ["image/png", "Pass it in `images`."]),
        ({"images": ["notes.md"]}, ["by its bytes it is text"]),
        ({"images": ["none.png"]}, ["there is no file"]),
        ({"images": ["/etc/hostname"]}, ["outside the allowed folders"]),
        ({"images": ["http://localhost/x.png"]}, ["cannot reach"]),
    ],
)
async def test_what_may_not_or_cannot_go_in_is_refused_before_anything_is_sent(
    tmp_path: Path, arguments: dict[str, Any], words: list[str]
) -> None:
    world = World(tmp_path, script=Models([content()]))
    for name, data in (("fox.png", png()), ("fox.mp3", MP3), ("notes.md", b"# Notes\n")):
        (world.project / name).write_bytes(data)
    text = await failing(world, **arguments)
    assert all(word in text for word in words), text
    assert world.sent == []


async def test_what_is_too_large_for_a_request_is_uploaded_the_largest_first(tmp_path: Path) -> None:
    models = Models([content()])
    world = World(tmp_path, script=models)
    (world.project / "small.png").write_bytes(png())
    (world.project / "large.mp4").write_bytes(MP4 + bytes(21_000_000))
    await asked(world, images=["small.png"], video="large.mp4")
    parts = models.bodies[0]["contents"][0]["parts"]
    assert "inline_data" in parts[0]
    assert parts[1]["file_data"]["file_uri"].startswith("https://sandbox.test/")
    assert world.sandbox.counts["upload"] == 1


async def test_a_recording_that_is_too_large_where_only_bytes_go_is_refused_with_its_size(tmp_path: Path) -> None:
    world = World(tmp_path, script=listed(HEARING, models=Models([completion()])))
    (world.project / "long.mp3").write_bytes(MP3 + bytes(20_500_000))
    text = await failing(world, model=GPT, audio="long.mp3")
    assert "'long.mp3' 20.5 MB; 20 MB fit" in text
    assert "Nothing was billed." in text
    assert world.sent == []


async def test_files_that_cannot_be_uploaded_in_time_cost_nothing(tmp_path: Path) -> None:
    models = Models([content()])
    world = World(tmp_path, script=models)
    (world.project / "large.mp4").write_bytes(MP4 + bytes(21_000_000))
    world.sandbox.faults.add("upload", Fault(delay_s=100))
    text = await failing(world, video="large.mp4")
    assert "nothing was asked. Nothing was billed." in text
    assert models.asked == []


async def test_a_recordings_address_is_read_here_where_only_bytes_go(tmp_path: Path) -> None:
    models = Models([completion()])
    inner = listed(HEARING, models=models)

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/fox.mp3":
            assert "Authorization" not in request.headers
            return httpx.Response(200, content=MP3)
        return httpx.Response(200, content=png()) if request.url.path == "/fox.png" else inner(request)

    world = World(tmp_path, script=script)
    await asked(world, model=GPT, audio="https://example.com/fox.mp3")
    part = models.bodies[0]["messages"][0]["content"][0]
    assert part == {"type": "input_audio", "input_audio": {"data": coded(MP3), "format": "mp3"}}
    assert "is image/png, not audio" in await failing(world, model=GPT, audio="https://example.com/fox.png")
    assert len(models.asked) == 1


async def test_a_recordings_address_shares_the_room_of_a_request_with_local_files(tmp_path: Path) -> None:
    models = Models([completion()])
    inner, recording = listed(HEARING, models=models), MP3 + bytes(6_000_000)

    def script(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=recording) if request.url.path == "/a.mp3" else inner(request)

    world = World(tmp_path, script=script)
    for name in ("a.png", "b.png"):
        (world.project / name).write_bytes(png() + bytes(7_000_000))
    address = "https://example.com/a.mp3"
    text = await failing(world, model=GPT, images=["a.png", "b.png"], audio=address)
    assert "has room for 6.0 MB more, and could not be read here" in text
    assert "Nothing was billed. Pass a local file, or another address." in text
    assert models.asked == []
    await asked(world, model=GPT, images=["a.png"], audio=address)
    (world.project / "large.mp4").write_bytes(MP4 + bytes(21_000_000))
    await asked(world, model=GPT, video="large.mp4", audio=address)
    assert len(models.asked) == 2


async def test_a_call_that_is_cancelled_while_files_are_read_is_not_said_to_be_billed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    models = Models([completion()])
    world = World(tmp_path)
    stream = Slowly(world.clock, [MP3] * 100, pause_s=1)
    inner = listed(HEARING, models=models)
    world.script = lambda request: (
        httpx.Response(200, stream=stream) if request.url.path == "/a.mp3" else inner(request)
    )
    with caplog.at_level(logging.WARNING):
        async with world.client() as client:
            with anyio.CancelScope() as scope:

                async def told_of(progress: float, total: float | None, message: str | None) -> None:
                    if progress > 2:
                        scope.cancel()

                arguments = {"prompt": "Hi", "model": GPT, "audio": "https://example.com/a.mp3"}
                await client.call_tool("chat", arguments, progress_callback=told_of)
    assert stream.is_closed
    assert models.asked == []
    assert "billed" not in caplog.text


REAL_MODELS = 52  # of the sandbox's catalogue: the invented ones after them take everything and cost less


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404), "answered 404"),
        (httpx.Response(200, headers={"Content-Length": "30000000"}), "larger than"),
    ],
)
async def test_a_recordings_address_that_cannot_be_read_is_told(
    tmp_path: Path, answer: httpx.Response, words: str
) -> None:
    inner = listed(HEARING, models=Models([completion()]))
    world = World(tmp_path, script=lambda request: answer if request.url.path == "/a.mp3" else inner(request))
    text = await failing(world, model=GPT, audio="https://example.com/a.mp3")
    assert words in text
    assert "Nothing was billed. Pass a local file, or another address." in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": "bytedance/seedream-v4.5"}, ["names no text model", "generate_image runs them"]),
        ({"model": "bytedance/seedance-2.0/text-to-video"}, ["generate_video runs them"]),
        ({"model": "suno/chirp-v5"}, ["of type audio"]),
        ({"model": "zai-org/glm-55"}, ["No text model is called", GLM]),
        (
            {"model": GLM, "images": [URL]},
            [f"{GLM} takes no pictures, only text.", f"Made for such a call: {LUNA}", FLASH],
        ),
        (
            {"model": LUNA, "images": [URL], "audio": "https://example.com/a.mp3"},
            [f"{LUNA} takes no audio", f"Made for such a call: {FLASH}"],
        ),
    ],
)
async def test_a_model_that_cannot_do_it_is_refused_with_what_can(
    tmp_path: Path, arguments: dict[str, Any], words: list[str]
) -> None:
    world = World(tmp_path, script=Models([content()]), models=REAL_MODELS)
    text = await failing(world, **arguments)
    assert all(word in text for word in words), text
    assert world.sent == []


async def test_a_default_that_does_not_take_the_media_is_told_with_its_setting(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_CHAT_MODEL": GLM}, script=Models([content()]), models=REAL_MODELS)
    text = await failing(world, images=[URL])
    assert "It was chosen for the default, ATLASCLOUD_CHAT_MODEL; name a model for this call." in text
    assert FLASH in text


async def test_a_default_that_is_not_listed_is_replaced_and_told(tmp_path: Path) -> None:
    models = Models([completion()])
    world = World(tmp_path, {"ATLASCLOUD_CHAT_MODEL": "nobody/nothing-9"}, script=models)
    fields = await asked(world)
    assert fields["model"] == "minimaxai/minimax-m2.1"
    assert fields["notes"] == [
        (
            'ATLASCLOUD_CHAT_MODEL names "nobody/nothing-9", which is not in the catalogue; used '
            "minimaxai/minimax-m2.1 instead ($0.29 in and $0.95 out per million tokens). Change "
            "ATLASCLOUD_CHAT_MODEL to choose another."
        )
    ]


async def test_a_loose_name_means_the_model_that_takes_what_is_brought(tmp_path: Path) -> None:
    models = Models([content()])
    fields = await asked(World(tmp_path, script=models), model="gemini flash", images=[URL])
    assert fields["model"] == FLASH


async def test_a_way_of_asking_that_is_not_known_here_is_refused_by_its_name(tmp_path: Path) -> None:
    entry = {"model": "maker/odd", "supported_protocols": ["maker.own", "openai.images"]}
    world = World(tmp_path, script=listed(entry, HEARING, models=Models([completion()])))
    text = await failing(world, model="maker/odd")
    assert 'it is asked in a way that is not known ("maker.own", "openai.images")' in text
    assert f"Made for such a call: {GPT}" in text


async def test_a_model_asked_in_ways_without_room_for_the_media_is_refused(tmp_path: Path) -> None:
    entry = {**HEARING, "supported_protocols": ["claude.messages"]}
    world = World(tmp_path, script=listed(entry, models=Models([completion()])))
    text = await failing(world, model=GPT, audio="https://example.com/a.mp3")
    assert "is asked in messages, which has no place for audio" in text


async def test_a_model_that_lists_nothing_is_asked_with_whatever_is_brought(tmp_path: Path) -> None:
    models = Models([completion()])
    world = World(tmp_path, script=listed({"model": "maker/quiet"}, models=models))
    await asked(world, model="maker/quiet", images=[URL])
    assert models.paths == [COMPLETIONS]


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(200, json={"data": [{"model": "a/b"}]})])
async def test_without_a_usable_catalogue_a_full_id_is_asked_in_chat_completions(
    tmp_path: Path, answer: httpx.Response
) -> None:
    models = Models([completion()])
    world = World(tmp_path, script=lambda request: answer if request.url.path == "/api/v1/models" else models(request))
    fields = await asked(world, model="maker/anything")
    assert models.paths == [COMPLETIONS]
    assert "maker/anything was taken as it stands and asked in chat completions" in fields["notes"][0]


async def test_without_a_catalogue_a_loose_name_cannot_be_used(tmp_path: Path) -> None:
    world = World(tmp_path, script=lambda request: httpx.Response(503) if "models" in request.url.path else None)
    assert "Name the model by its full id" in await failing(world, model="anything")
    assert {request.url.path for request in world.edge.seen} == {"/api/v1/models"}


async def test_an_id_that_leads_elsewhere_is_no_model(tmp_path: Path) -> None:
    models = Models([content()])
    entry = {"model": "a/../../x", "supported_protocols": ["gemini.generate"]}
    world = World(tmp_path, script=listed(entry, models=models))
    assert "no such model" in await failing(world, model="a/../../x")
    assert models.asked == []


async def test_a_model_that_atlas_cloud_does_not_know_is_told_with_the_nearest(tmp_path: Path) -> None:
    models = Models([httpx.Response(404, json={"error": {"message": "model not found"}})])
    # A catalogue without the defaults is damaged, so a full id that it lacks is asked all the same.
    world = World(tmp_path, script=listed(HEARING, models=models, usual="a/b"))
    text = await failing(world, model="openai/gpt-4o-audi")
    assert '"model not found"' in text
    assert f'No text model is called "openai/gpt-4o-audi". The nearest: {GPT} (' in text
