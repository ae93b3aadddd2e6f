import contextlib
import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_samples import png, riff, stl_binary, zipped

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.folders import Destination, Folders
from atlascloud_mcp.storage.saving import Finished, SavedFile, Writer, open_writer, publish, write_sidecar

PNG = png()
WEBP = riff(b"WEBPVP8L")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, or limits of Linux")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def published(writer: Writer, name: str, index: int | None = None) -> SavedFile:
    await writer.complete()
    [file] = await publish([Finished(writer, name, index)])
    return file


async def save(destination: Destination, name: str, data: bytes = PNG, index: int | None = None) -> SavedFile:
    async with open_writer(destination) as writer:
        await writer.write(data)
        return await published(writer, name, index)


async def test_a_streamed_file_stands_whole_under_its_name(folders: Folders, tmp_path: Path) -> None:
    async with open_writer(folders.destination(None)) as writer:
        for at in range(0, len(PNG), 10):
            await writer.write(PNG[at : at + 10])
        assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".part"]
        assert writer.path.read_bytes() == PNG
        saved = await published(writer, "2026-11-03-fox-1234")
    assert saved == SavedFile(
        tmp_path / "out" / "2026-11-03-fox-1234.png", "image/png", len(PNG), hashlib.sha256(PNG).hexdigest()
    )
    assert saved.path.read_bytes() == PNG
    assert [path.name for path in (tmp_path / "out").iterdir()] == [saved.path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
async def test_a_saved_file_has_the_mode_that_the_users_umask_gives(folders: Folders) -> None:
    plain = folders.working_dir / "plain"
    plain.touch()
    saved = await save(folders.destination("hero.png"), "hero.png")
    assert saved.path.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("name", "data", "final", "mime_type"),
    [
        ("hero.png", PNG, "hero.png", "image/png"),
        ("hero.PNG", PNG, "hero.PNG", "image/png"),
        ("hero.jpeg", b"\xff\xd8\xff\xe0", "hero.jpeg", "image/jpeg"),
        ("hero.mp4", PNG, "hero.png", "image/png"),
        ("v1.2", PNG, "v1.2.png", "image/png"),
        ("hero.png", b"<html>not a picture</html>", "hero.bin", "application/octet-stream"),
        ("chair.glb", b"glTF\x02\0\0\0", "chair.glb", "model/gltf-binary"),
        ("chair.glb", zipped("a.txt"), "chair.zip", "application/zip"),
        ("chair.usdz", zipped("a.txt"), "chair.usdz", "model/vnd.usdz+zip"),  # meant as one
        ("chair.zip", zipped("a.usdc"), "chair.usdz", "model/vnd.usdz+zip"),
        ("chair.stl", stl_binary(200), "chair.stl", "model/stl"),
    ],
)
async def test_the_extension_follows_the_bytes(
    folders: Folders, project: Path, name: str, data: bytes, final: str, mime_type: str
) -> None:
    saved = await save(folders.destination("./"), name, data)
    assert (saved.path, saved.mime_type) == (project / final, mime_type)


async def test_the_same_picture_in_another_format_can_take_its_place(folders: Folders, project: Path) -> None:
    async with open_writer(folders.destination("hero.webp")) as writer:
        await writer.write(PNG * 3)
        assert writer.media
        assert writer.media.extension == ".png"
        await writer.complete(WEBP)
        [saved] = await publish([Finished(writer, "hero.webp")])
    assert saved == SavedFile(project / "hero.webp", "image/webp", len(WEBP), hashlib.sha256(WEBP).hexdigest())
    assert saved.path.read_bytes() == WEBP


async def test_a_taken_name_gets_the_next_number_and_nothing_is_overwritten(folders: Folders, project: Path) -> None:
    (project / "hero.png").write_text("mine")
    (project / "hero-2.png").symlink_to("nowhere")
    (project / "hero-3.png").mkdir()
    saved = await save(folders.destination("hero.png"), "hero.png")
    assert saved.path == project / "hero-4.png"
    assert (project / "hero.png").read_text() == "mine"
    assert not (project / "nowhere").exists()


async def test_several_outputs_of_one_name_are_numbered(folders: Folders, project: Path) -> None:
    destination = folders.destination("hero.png")
    for index in (1, 2, 3):
        await save(destination, "hero.png", index=index)
    assert names_in(project) == ["hero-1.png", "hero-2.png", "hero-3.png"]


async def test_jobs_that_save_at_once_under_one_name_never_mix_their_files(folders: Folders, project: Path) -> None:
    (project / "hero-3.webp").write_text("mine")

    async def pair(number: int) -> None:
        place = folders.destination("hero.png")
        async with open_writer(place) as one, open_writer(place) as other:
            for writer, data in ((one, PNG), (other, WEBP)):
                await writer.write(data + bytes([number]))
                await writer.complete()
            await publish([Finished(one, "hero.png"), Finished(other, "hero.webp")])

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(pair, number)
    files = [name for name in names_in(project) if name != "hero-3.webp"]
    assert len(files) == 40
    assert "hero-3.png" not in files
    for name in files:
        assert (project / name).read_bytes()[-1] == (project / name).with_suffix(".png").read_bytes()[-1]


async def test_many_files_saved_at_once_under_one_name_all_survive(folders: Folders, project: Path) -> None:
    async with anyio.create_task_group() as tasks:
        for number in range(40):
            tasks.start_soon(save, folders.destination("hero.png"), "hero.png", PNG + bytes([number]))
    files = names_in(project)
    assert len({(project / name).read_bytes() for name in files}) == len(files) == 40


@pytest.mark.slow
async def test_a_name_whose_every_number_is_taken_is_an_error(folders: Folders, project: Path) -> None:
    for number in range(10_010):
        (project / f"a-{number}.png").symlink_to("x")
    with pytest.raises(DiskError):
        await save(folders.destination("a.png"), "a.png", index=1)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(
        st.sampled_from(["hero.png", "Hero.png", "hero.webp", "hero-2.png", "con", "a/b", "../x"]), max_size=6
    )
)
def test_whatever_names_are_used_earlier_files_stay(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    root = tmp_path_factory.mktemp("names")
    folder = root / "folder"
    (folder / "a").mkdir(parents=True)

    async def run() -> None:
        saved: dict[Path, bytes] = {}
        for number, name in enumerate(names):
            data = PNG + bytes([number])
            file = await save(Destination(root, ("folder",)), Path(name).name, data)
            assert file.path.parent == folder
            assert file.path not in saved
            saved[file.path] = data
        assert all(path.read_bytes() == data for path, data in saved.items())

    anyio.run(run)
    assert [path.name for path in root.iterdir()] == ["folder"]


async def test_an_error_leaves_nothing_behind(folders: Folders, project: Path) -> None:
    async def broken() -> None:
        async with open_writer(folders.destination("hero.png")) as writer:
            await writer.write(PNG)
            raise RuntimeError("the download broke off")

    with pytest.raises(RuntimeError):
        await broken()
    assert not names_in(project)


async def test_a_cancellation_leaves_nothing_behind(folders: Folders, project: Path) -> None:
    with anyio.CancelScope() as scope:
        async with open_writer(folders.destination("hero.png")) as writer:
            await writer.write(PNG)
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert not names_in(project)


async def test_leaving_without_a_commit_leaves_nothing_behind(folders: Folders, project: Path) -> None:
    async with open_writer(folders.destination("art/hero.png")) as writer:
        await writer.write(PNG)
    assert not list((project / "art").iterdir())


async def test_what_a_killed_server_left_goes_after_a_day_and_nothing_else_does(project: Path) -> None:
    part = f".atlascloud-{'0123456789abcdef'}.part"
    others = (f"{part}.png", part.upper(), ".atlascloud-12.part", f"x{part}", part.removeprefix("."))
    for name in (part, *others):
        (project / name).write_bytes(PNG)
        os.utime(project / name, (0, 0))
    fresh, folder, link = (f".atlascloud-{digit * 16}.part" for digit in "abc")
    (project / fresh).write_bytes(PNG)
    (project / folder).mkdir()
    os.utime(project / folder, (0, 0))
    (project / link).symlink_to(others[0])
    os.utime(project / link, (0, 0), follow_symlinks=os.utime not in os.supports_follow_symlinks)
    await save(Destination(project), "hero.png")
    assert names_in(project) == sorted([*others, fresh, folder, link, "hero.png"])


async def test_a_writer_is_of_no_use_after_its_file_is_complete(folders: Folders) -> None:
    async with open_writer(folders.destination("hero.png")) as writer:
        await writer.write(PNG)
        await published(writer, "hero.png")
        with pytest.raises(DiskError):
            await writer.write(PNG)


async def test_a_folder_of_ours_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    folders = Folders(tmp_path, tmp_path / "file" / "out", home=None)
    with pytest.raises(DiskError) as caught:
        await save(folders.destination(None), "fox")
    assert str(tmp_path / "file" / "out") in str(caught.value)
    assert "ATLASCLOUD_OUTPUT_DIR" in str(caught.value)
    assert "billed" not in str(caught.value)  # the job was paid for, whatever the disk says


async def test_a_file_in_the_way_of_a_folder_of_the_callers_names_save_to(project: Path) -> None:
    (project / "art").write_text("text")
    with pytest.raises(DiskError, match="a file or a link stands where a folder should be") as caught:
        await save(Destination(project, ("art",), named=True), "fox")
    assert "another save_to" in str(caught.value)


@linux
async def test_a_folder_that_takes_no_files_is_a_disk_error() -> None:
    with pytest.raises(DiskError, match="Nothing can be saved in '/proc/self'"):
        await save(Destination(Path("/proc/self")), "fox")


async def test_a_name_too_long_for_the_file_system_is_a_disk_error(project: Path) -> None:
    with pytest.raises(DiskError, match="too long"):
        await save(Destination(project), "x" * 300)
    assert not names_in(project)


@linux
def test_a_full_disk_is_a_disk_error_and_leaves_nothing(tmp_path: Path) -> None:
    """The system's own limit on the size of a file stands for the full disk: the write fails half way."""
    code = """
import anyio, resource, sys
from pathlib import Path
from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.saving import open_writer, write_sidecar

async def main():
    async with open_writer(Destination(Path(sys.argv[1]))) as writer:
        await writer.write(b"x" * 60_000)
        await writer.write(b"x" * 60_000)

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for work in (lambda: anyio.run(main), lambda: write_sidecar(Path(sys.argv[1], "a.png"), {"prompt": "x" * 200_000})):
    try:
        work()
    except DiskError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
"""
    arguments = [sys.executable, "-c", code, str(tmp_path)]
    environ = {name: value for name, value in os.environ.items() if "COV" not in name}
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, env=environ)
    assert done.stdout.count("larger than the system allows") == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="folder descriptors of POSIX")
async def test_a_folder_swapped_for_a_link_gets_nothing_written_outside(project: Path, tmp_path: Path) -> None:
    inside, outside = project / "art", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    stop = threading.Event()

    def swap() -> None:
        for number in count():
            spare = project / f"spare-{number}"
            for step in (
                lambda spare=spare: inside.rename(spare),
                lambda: inside.symlink_to(outside),
                inside.unlink,
                lambda spare=spare: spare.rename(inside),
            ):
                with contextlib.suppress(OSError):  # the writer may have made the folder anew meanwhile
                    step()
            if stop.is_set():
                return

    thread = threading.Thread(target=swap)
    thread.start()
    saved = 0
    try:
        for number in range(2000):
            if saved >= 20 and number >= 150:
                break
            try:
                await save(Destination(project, ("art",), named=True), f"{number}.png")
                saved += 1
            except DiskError:
                continue
    finally:
        stop.set()
        thread.join()
    assert saved
    assert not list(outside.iterdir())


async def test_a_side_car_stands_beside_the_picture_for_its_owner_alone(folders: Folders) -> None:
    saved = await save(folders.destination(None), "fox")
    data = {"prompt": "Ein Bär 🐻 \ud800", "cost_usd": 0.003}
    first = write_sidecar(saved.path, {"old": True})
    path = write_sidecar(saved.path, data)
    assert first == path == saved.path.with_name("fox.png.json")
    assert json.loads(path.read_text(encoding="utf-8")) == data | {"prompt": "Ein Bär 🐻 ?"}
    assert sorted(entry.name for entry in saved.path.parent.iterdir()) == ["fox.png", "fox.png.json"]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_side_car_that_cannot_be_written_is_a_disk_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "fox.png.json").mkdir()
    with pytest.raises(DiskError):
        write_sidecar(tmp_path / "fox.png", {})
    assert [path.name for path in tmp_path.iterdir()] == ["fox.png.json"]
    with pytest.raises(DiskError) as caught:
        write_sidecar(tmp_path / "gone" / "fox.png", {})
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOENT
