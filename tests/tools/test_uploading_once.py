"""The same bytes are uploaded once within the lifetime of their address, and never trusted for longer."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from atlascloud_mcp.sandbox.faults import Endpoint, Fault
from atlascloud_mcp.storage.database import Database
from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.reading import FileVersion, open_media_file
from atlascloud_mcp.storage.uploads import Uploads
from chat_script import Models, asked, content, failing
from clock import START
from world import BASE_URL, World, failure_of, fields_of, png, text_of

LIFETIME_S = 30 * 60
OLD = START.timestamp() - 3600
BLACK, WHITE = png() + bytes(100), png() + b"\1" * 100


def put(world: World, name: str, data: bytes = BLACK, changed_at: float = OLD) -> Path:
    """A file of the project, last changed at that moment."""
    path = world.project / name
    path.write_bytes(data)
    os.utime(path, (changed_at, changed_at))
    return path


async def uploaded(client: Client, name: str) -> str:
    return fields_of(await client.call_tool("upload_media", {"path": name}))["url"]


async def edited(client: Client, *names: str, **arguments: Any) -> dict[str, Any]:
    return fields_of(await client.call_tool("generate_image", {"prompt": "a", "images": list(names), **arguments}))


def sent(world: World) -> list[str]:
    """The hashes of what has arrived."""
    return [upload.sha256 for upload in world.sandbox.uploads]


def hashed(*contents: bytes) -> list[str]:
    return [hashlib.sha256(each).hexdigest() for each in contents]


async def test_a_file_is_uploaded_once_whichever_tool_takes_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    async with world.client() as client:
        urls = {await uploaded(client, "a.png"), await uploaded(client, "a.png")}
        await edited(client, "a.png")
        await edited(client, "a.png")
    assert sent(world) == hashed(BLACK)
    assert urls == {f"{BASE_URL}{world.sandbox.uploads[0].url_path}"}
    assert [submit.body["images"] for submit in world.sandbox.submits] == [[*urls], [*urls]]


async def test_the_answer_for_an_earlier_upload_is_the_same_answer(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    async with world.client() as client:
        first, second = [await client.call_tool("upload_media", {"path": "a.png"}) for _ in range(2)]
    assert fields_of(first) == fields_of(second)
    assert fields_of(second)["sandbox"] is True
    assert text_of(first) == text_of(second)


async def test_the_same_bytes_elsewhere_are_the_same_upload_and_others_are_not(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name, data in (("a.png", BLACK), ("b.png", BLACK), ("c.png", WHITE)):
        put(world, name, data)
    async with world.client() as client:
        await edited(client, "a.png", "b.png", "c.png")
    assert sent(world) == hashed(BLACK, WHITE)


async def test_a_file_that_the_service_would_class_otherwise_is_another_upload(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in ("a.jpg", "a.jpeg"):
        put(world, name, png(kind="JPEG"))
    async with world.client() as client:
        for name in ("a.jpg", "a.jpeg"):
            await uploaded(client, name)
    assert [upload.file_name for upload in world.sandbox.uploads] == ["a.jpg", "a.jpeg"]


@pytest.mark.skipif(os.name == "nt", reason="there the time of the last change can be set back unseen")
@pytest.mark.parametrize("changed_at", [OLD, START.timestamp() - 1])
async def test_changed_bytes_are_seen_though_size_and_time_are_as_before(tmp_path: Path, changed_at: float) -> None:
    world = World(tmp_path)
    put(world, "a.png", BLACK, changed_at)
    assert len(BLACK) == len(WHITE)
    async with world.client() as client:
        await uploaded(client, "a.png")
        with (world.project / "a.png").open("r+b") as file:
            file.write(WHITE)
        os.utime(world.project / "a.png", (changed_at, changed_at))
        await uploaded(client, "a.png")
    assert sent(world) == hashed(BLACK, WHITE)


@pytest.mark.parametrize(("pause_s", "uploads"), [(LIFETIME_S - 60, 1), (LIFETIME_S + 1, 2)])
async def test_an_address_is_used_again_for_half_an_hour(tmp_path: Path, pause_s: float, uploads: int) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    async with world.client() as client:
        await uploaded(client, "a.png")
        await world.clock.sleep(pause_s)
        await uploaded(client, "a.png")
    assert world.sandbox.counts["upload"] == uploads


@pytest.mark.parametrize(("pause_s", "uploads"), [(200, 1), (260, 2)])
async def test_an_address_that_says_when_it_ends_is_left_a_minute_before(
    tmp_path: Path, pause_s: float, uploads: int
) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    url = f"https://cdn.test/a.png?X-Amz-Date={START:%Y%m%dT%H%M%SZ}&X-Amz-Expires=300&X-Amz-Signature=ab"
    world.sandbox.faults.add(
        "upload", Fault(body={"code": 200, "data": {"download_url": url}}, accept=True), times=None
    )
    async with world.client() as client:
        assert await uploaded(client, "a.png") == url
        await world.clock.sleep(pause_s)
        await uploaded(client, "a.png")
    assert world.sandbox.counts["upload"] == uploads


@pytest.mark.parametrize(
    ("environ", "uploads"),
    [({}, 1), ({"ATLASCLOUD_API_KEY": "another-key"}, 2), ({"ATLASCLOUD_BASE_URL": "https://other.test"}, 2)],
    ids=["same", "key", "base-url"],
)
async def test_a_later_server_knows_the_uploads_of_the_same_account(
    tmp_path: Path, environ: dict[str, str], uploads: int
) -> None:
    world = World(tmp_path)
    world.sandbox.api_keys = None  # any will do
    put(world, "a.png")
    async with world.client() as client:
        await uploaded(client, "a.png")
    world.environ = environ
    async with world.client() as client:
        await uploaded(client, "a.png")
    assert world.sandbox.counts["upload"] == uploads


async def test_two_calls_that_need_the_same_bytes_upload_them_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    for name in ("a.png", "b.png"):
        put(world, name)
    world.sandbox.faults.add("upload", Fault(delay_s=5), times=None)
    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(edited, client, "a.png")
        group.start_soon(edited, client, "b.png")
    assert world.sandbox.counts["upload"] == 1
    assert len(world.sandbox.submits) == 2


async def test_when_the_call_that_uploads_is_cancelled_the_one_that_waits_for_it_uploads(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    world.sandbox.faults.add("upload", Fault(delay_s=20))
    urls: list[str] = []

    async def second(client: Client) -> None:
        await world.clock.sleep(1)
        urls.append(await uploaded(client, "a.png"))

    async with world.client() as client, anyio.create_task_group() as group:
        group.start_soon(second, client)
        with world.clock.move_on_after(5) as scope:
            await uploaded(client, "a.png")
        assert scope.cancelled_caught
    assert world.sandbox.counts["upload"] == 2
    assert urls == [f"{BASE_URL}{world.sandbox.uploads[-1].url_path}"]


async def test_an_upload_that_failed_is_not_remembered(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    world.sandbox.faults.add("upload", Fault(status=502, body="<html>"))
    async with world.client() as client:
        failure_of(await client.call_tool("upload_media", {"path": "a.png"}))
        await uploaded(client, "a.png")
    assert world.sandbox.counts["upload"] == 2


def _folder(path: Path) -> None:
    path.mkdir(parents=True)


def _garbage(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database " * 100)


@pytest.mark.parametrize("spoil", [_folder, _garbage])
async def test_a_database_that_cannot_be_used_stops_no_upload(
    tmp_path: Path, spoil: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    spoil(tmp_path / "data" / "jobs.db")
    world.sandbox.faults.add("upload", Fault(delay_s=5), times=None)
    async with world.client() as client:
        began = world.clock.elapsed
        async with anyio.create_task_group() as group:
            group.start_soon(uploaded, client, "a.png")
            group.start_soon(uploaded, client, "a.png")
        assert world.clock.elapsed - began < 10  # side by side: neither could learn anything from the other
        assert (await edited(client, "a.png"))["status"] == "completed"
    assert world.sandbox.counts["upload"] == 3
    assert "cannot be used" in caplog.text


async def test_a_database_that_can_be_used_again_is_used(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    _folder(tmp_path / "data" / "jobs.db")
    async with world.client() as client:
        await uploaded(client, "a.png")
        (tmp_path / "data" / "jobs.db").rmdir()
        await world.clock.sleep(11)
        for _ in range(2):
            await uploaded(client, "a.png")
    assert world.sandbox.counts["upload"] == 2


def remembered(world: World, path: Path) -> tuple[Uploads, FileVersion]:
    handle = FolderHandle.open(path.parent)
    with handle, open_media_file(handle, path.name, 10**6) as file:
        return Uploads(Database(world.folder / "data" / "jobs.db")), file.version


async def test_a_file_that_changes_on_its_way_is_remembered_as_what_was_sent(tmp_path: Path) -> None:
    world = World(tmp_path)
    uploads, version = remembered(world, put(world, "a.png", BLACK))
    put(world, "black.png", BLACK)
    put(world, "white.png", WHITE)

    def change(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/uploadMedia") and not world.sandbox.uploads:
            put(world, "a.png", WHITE)
        return None

    world.script = change
    async with world.client() as client:
        urls = [await uploaded(client, name) for name in ("a.png", "white.png", "black.png")]
    assert sent(world) == hashed(WHITE, BLACK)
    assert urls[0] == urls[1] != urls[2]
    assert uploads.sha256(version) == hashed(BLACK)[0]


async def test_a_file_that_has_been_read_is_not_read_again_and_what_is_sent_corrects_what_was_known(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    uploads, version = remembered(world, put(world, "a.png"))
    uploads.remember_sha256(version, "f" * 64, START.timestamp())
    async with world.client() as client:
        quote = await edited(client, "a.png", dry_run=True)
        assert quote["request"]["images"] == [f"<upload: a.png, {'f' * 64}>"]
        await edited(client, "a.png")
        quote = await edited(client, "a.png", dry_run=True)
        await edited(client, "a.png")
    assert quote["request"]["images"] == [f"<upload: a.png, {hashed(BLACK)[0]}>"]
    assert sent(world) == hashed(BLACK)


async def test_a_file_that_has_just_been_changed_is_read_each_time(tmp_path: Path) -> None:
    world = World(tmp_path)
    path = put(world, "a.png", BLACK, START.timestamp() - 1)
    async with world.client() as client:
        await edited(client, "a.png", dry_run=True)
        uploads, version = remembered(world, path)
        assert uploads.sha256(version) is None
        await world.clock.sleep(10)
        await edited(client, "a.png", dry_run=True)
        assert uploads.sha256(version) == hashed(BLACK)[0]


REFUSALS: list[tuple[Endpoint, str, int]] = [
    ("submit", "failed to download image: 404", 2),
    ("submit", "The image_url has expired", 2),
    ("submit", "Could not access the provided file", 2),
    ("submit", "input media is not reachable", 2),
    ("submit", "media file is still being prepared, could not be opened", 1),
    ("submit", "The prompt is blocked due to prohibited contents", 1),
    ("submit", "image is larger than 10 MB", 1),
    ("prediction", "Failed to fetch image from url", 2),
    ("prediction", "task processing failed", 1),
]


@pytest.mark.parametrize(("endpoint", "said", "uploads"), REFUSALS, ids=[each[1] for each in REFUSALS])
async def test_an_address_that_the_service_cannot_read_is_not_used_again(
    tmp_path: Path, endpoint: Endpoint, said: str, uploads: int
) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    failed = {"code": 200, "data": {"id": "x1", "status": "failed", "error": said}}
    fault = Fault(status=400, body={"code": 400, "msg": said}) if endpoint == "submit" else Fault(body=failed)
    world.sandbox.faults.add(endpoint, fault)
    async with world.client() as client:
        result = await client.call_tool("generate_image", {"prompt": "a", "images": ["a.png"]})
        await edited(client, "a.png")
    assert ("The same request would upload the local files anew." in failure_of(result)) is (uploads == 2)
    assert world.sandbox.counts["upload"] == uploads


async def test_a_key_that_has_expired_says_nothing_of_the_addresses(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    world.sandbox.faults.add("submit", Fault(status=401))
    async with world.client() as client:
        failure_of(await client.call_tool("generate_image", {"prompt": "a", "images": ["a.png"]}))
        await edited(client, "a.png")
    assert world.sandbox.counts["upload"] == 1


async def test_an_address_of_the_caller_that_has_gone_is_not_handed_out_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    put(world, "a.png")
    async with world.client() as client:
        url = await uploaded(client, "a.png")
        world.sandbox.uploads.clear()
        failure_of(await client.call_tool("generate_image", {"prompt": "a", "images": [url]}))
        assert (await edited(client, await uploaded(client, "a.png")))["status"] == "completed"


async def test_a_file_that_is_too_large_for_a_question_is_uploaded_once_too(tmp_path: Path) -> None:
    gone = httpx.Response(400, json={"error": {"message": "Failed to fetch the video"}})
    world = World(tmp_path, script=Models([content(), content(), gone, content()]))
    put(world, "a.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(21_000_000))
    for _ in range(2):
        await asked(world, video="a.mp4")
    assert world.sandbox.counts["upload"] == 1
    assert "would upload the local files anew" in await failing(world, video="a.mp4")
    await asked(world, video="a.mp4")
    assert world.sandbox.counts["upload"] == 2


async def test_without_a_key_the_missing_key_is_what_is_told(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": ""})
    put(world, "a.png")
    async with world.client() as client:
        assert "ATLASCLOUD_API_KEY" in failure_of(await client.call_tool("upload_media", {"path": "a.png"}))
    assert world.sent == []


async def test_neither_names_nor_folders_of_files_are_kept(tmp_path: Path) -> None:
    world = World(tmp_path)
    (world.project / "tax-plans").mkdir()
    put(world, "tax-plans/a.png")
    async with world.client() as client:
        await uploaded(client, "tax-plans/a.png")
    kept = [path.read_bytes() for path in (tmp_path / "data").rglob("jobs.db*")]
    assert any(b"sandbox.test" in each for each in kept)
    assert not any(b"tax-plans" in each for each in kept)
