import hashlib
import os
import socket
import sys
import threading
from pathlib import Path

import pytest
from media_samples import ftyp, png, riff

from atlascloud_mcp.errors import DiskError, InvalidRequest
from atlascloud_mcp.storage.folders import Folders
from atlascloud_mcp.storage.handles import DESCRIPTORS, FolderHandle
from atlascloud_mcp.storage.reading import open_media_file

PNG = png()
posix = pytest.mark.skipif(sys.platform == "win32", reason="FIFOs, sockets and devices of POSIX")
FLUSH = Path("/proc/sys/net/ipv4/route/flush")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def refused(folders: Folders, path: str | Path) -> str:
    with pytest.raises(InvalidRequest) as caught:
        folders.open_media(str(path))
    text = str(caught.value)
    assert "Nothing was billed." in text
    assert ("ATLASCLOUD_ALLOWED_DIRS" in text) == ("outside the allowed folders" in text), text
    assert caught.value.next_step
    return text


async def test_a_picture_is_read_whole_in_chunks_with_its_digest(folders: Folders, project: Path) -> None:
    (project / "hero.png").write_bytes(PNG + b"\0" * 5000)
    with folders.open_media("hero.png") as file:
        chunks = [chunk async for chunk in file.chunks(1000)]
        again = [chunk async for chunk in file.chunks()]
        assert file.path == project / "hero.png"
        assert (file.size, file.media.mime_type, file.name) == (len(PNG) + 5000, "image/png", "hero.png")
    assert max(map(len, chunks)) == 1000
    assert b"".join(chunks) == b"".join(again) == PNG + b"\0" * 5000
    assert file.sha256() == hashlib.sha256(PNG + b"\0" * 5000).hexdigest()


def test_the_digest_can_be_had_without_reading_first(folders: Folders, project: Path) -> None:
    (project / "hero.png").write_bytes(PNG)
    with folders.open_media("hero.png") as file:
        assert file.sha256() == file.sha256() == hashlib.sha256(PNG).hexdigest()


@pytest.mark.parametrize(
    ("name", "data", "sent_as"),
    [
        ("photo.txt", PNG, "photo.png"),
        ("photo", PNG, "photo.png"),
        ("photo.JPEG", b"\xff\xd8\xff\xe0\0\x10JFIF", "photo.JPEG"),
        ("clip.m4v", ftyp(b"isom"), "clip.m4v"),
        ("Füchse 1.png", riff(b"WEBPVP8L"), "Füchse 1.webp"),
        ("12:30.png", PNG, "12:30.png"),
    ],
)
def test_the_name_sent_has_the_extension_of_the_bytes(
    folders: Folders, project: Path, name: str, data: bytes, sent_as: str
) -> None:
    (project / name).write_bytes(data)
    with folders.open_media(name) as file:
        assert file.name == sent_as


@linux
def test_a_name_that_is_not_unicode_is_sent_readably(folders: Folders, project: Path) -> None:
    (project / os.fsdecode(b"caf\xe9.png")).write_bytes(PNG)
    (project / "link.png").symlink_to(os.fsdecode(b"caf\xe9.png"))
    with folders.open_media("link.png") as file:
        assert file.name == "caf?.png"


def test_absolute_paths_home_paths_and_file_urls_lead_to_the_same_file(folders: Folders, project: Path) -> None:
    (project / "a b.png").write_bytes(PNG)
    (project / "art").mkdir()
    for path in (str(project / "a b.png"), (project / "a b.png").as_uri(), "art/../a b.png", "./a b.png"):
        with folders.open_media(path) as file:
            assert file.path == project / "a b.png"


def test_a_result_in_the_output_folder_can_be_used_again(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "fox.png").write_bytes(PNG)
    with folders.open_media(str(tmp_path / "out" / "fox.png")) as file:
        assert file.size == len(PNG)


def test_a_link_inside_the_project_is_followed(folders: Folders, project: Path) -> None:
    (project / "real.png").write_bytes(PNG)
    (project / "link.png").symlink_to("real.png")
    with folders.open_media("link.png") as file:
        assert file.path == project / "real.png"


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "/etc/shadow", "../outside.png", "art/../../outside.png", "/proc/self/environ", "/dev/zero"),
        *("~/.ssh/id_rsa", "~/outside.png", "link.png", "linked/outside.png", "/", "..", "file:///etc/hosts"),
        *("file:///%2e%2e/etc/hosts", "/dev/stdin", "/proc/self/fd/0", "/dev/fd/1", "/proc/self/root/etc/passwd"),
        *("../project-2/outside.png", "art/./.././../outside.png", "/sys/kernel/notes", "file://localhost/etc/hosts"),
    ],
)
def test_what_lies_outside_is_refused_with_the_rule_and_the_setting(
    folders: Folders, project: Path, tmp_path: Path, path: str
) -> None:
    for place in (tmp_path, tmp_path / "home", tmp_path / "project-2"):
        place.mkdir(exist_ok=True)
        (place / "outside.png").write_bytes(PNG)
    (project / "art").mkdir()
    (project / "link.png").symlink_to(tmp_path / "outside.png")
    (project / "linked").symlink_to(tmp_path)
    text = refused(folders, path)
    assert "outside the allowed folders" in text
    assert str(project) in text
    assert str(tmp_path / "out") in text
    assert "ATLASCLOUD_ALLOWED_DIRS" in text


def test_a_refusal_says_where_this_host_keeps_the_setting(folders: Folders) -> None:
    told = folders.for_client([], "the `env` block in .cursor/mcp.json")
    assert "set it in the `env` block in .cursor/mcp.json" in refused(told, "/etc/passwd")


@pytest.mark.parametrize("path", ["", "a\0.png", "https://example.com/a.png", "//server/a.png", "x" * 300, "~bob/a"])
def test_what_is_no_path_is_refused(folders: Folders, path: str) -> None:
    assert "cannot be used" in refused(folders, path)


@pytest.mark.parametrize("path", [".hidden.png", ".git/a.png", "art/.cache/a.png", "visible.png"])
def test_hidden_files_and_folders_are_refused(folders: Folders, project: Path, path: str) -> None:
    (project / "visible.png").symlink_to(".hidden.png")
    target = project / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(PNG)
    assert "hidden files" in refused(folders, path)


def test_a_hidden_folder_that_the_user_allows_is_open(folders: Folders, project: Path) -> None:
    inner = project / ".claude" / "worktrees" / "one"
    inner.mkdir(parents=True)
    (inner / "a.png").write_bytes(PNG)
    wider = Folders(project, folders.output_dir, (project, inner), home=folders.home)
    with wider.open_media(str(inner / "a.png")) as file:
        assert file.size == len(PNG)


@pytest.mark.parametrize("name", ["id_rsa", "server.pem", "credentials.png", "prod.env", "secrets"])
def test_key_and_credential_files_are_refused_whatever_they_hold(folders: Folders, project: Path, name: str) -> None:
    (project / name).write_bytes(PNG)
    (project / "nice.png").symlink_to(name)
    assert "keys or credentials" in refused(folders, name)
    assert "keys or credentials" in refused(folders, "nice.png")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\n", "it is text"),
        ("Grüße".encode() * 1000, "it is text"),
        (b"SQLite format 3\0" + bytes(range(256)), "no known media format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"%PDF-1.7\n", "a document"),
        (b"PK\x03\x04\x14\0", "an archive"),
        (b"", "it is empty"),
    ],
)
def test_what_is_not_media_by_its_bytes_is_refused(folders: Folders, project: Path, data: bytes, reason: str) -> None:
    (project / "fake.png").write_bytes(data)
    assert reason in refused(folders, "fake.png")


def test_a_file_without_a_media_name_is_refused_without_talk_of_its_name(folders: Folders, project: Path) -> None:
    (project / "notes.md").write_bytes(b"notes")
    assert "whatever its name says" not in refused(folders, "notes.md")


def test_a_file_over_the_limit_is_refused(folders: Folders, project: Path) -> None:
    (project / "big.png").write_bytes(PNG + b"\0" * 10_000)
    with pytest.raises(InvalidRequest, match="limit"):
        folders.open_media("big.png", max_bytes=10_000)


@posix
def test_folders_pipes_sockets_devices_and_loops_are_refused_in_their_own_words(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(project, tmp_path / "out", (project, Path("/dev")), home=None)
    (project / "folder").mkdir()
    os.mkfifo(project / "pipe.png")
    (project / "loop.png").symlink_to("loop.png")
    monkeypatch.chdir(project)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock.png")
        reasons = {name: refused(folders, name) for name in ("folder", "pipe.png", "sock.png", "loop.png", ".")}
    assert reasons["folder"].endswith("it is a folder. Nothing was billed. Name one file in it.")
    assert reasons["."].endswith("it is a folder. Nothing was billed. Name one file in it.")
    assert "a pipe" in reasons["pipe.png"]
    assert "a socket" in reasons["sock.png"]
    assert "a link" in reasons["loop.png"]
    assert "a device" in refused(folders, "/dev/zero")


@linux
def test_the_files_of_proc_are_empty_even_where_everything_is_allowed(tmp_path: Path) -> None:
    everything = Folders(tmp_path, tmp_path, (Path("/"),), home=None)
    assert "empty" in refused(everything, "/proc/self/environ")


@pytest.mark.skipif(not FLUSH.exists(), reason="needs a file that not even root may read")
def test_a_file_that_the_system_does_not_let_us_read_is_a_disk_error(tmp_path: Path) -> None:
    proc = Folders(tmp_path, tmp_path, (Path("/proc"),), home=None)
    with pytest.raises(DiskError, match="cannot be read"):
        proc.open_media(str(FLUSH))


def test_a_missing_file_is_named_with_the_nearest_one_there(folders: Folders, project: Path, tmp_path: Path) -> None:
    (project / "hero-image.png").write_bytes(PNG)
    (project / ".hero-imag.png").write_bytes(PNG)
    assert f"Did you mean {str(project / 'hero-image.png')!r}" in refused(folders, "hero-imag.png")
    assert "Did you mean" not in refused(folders, "zebra.webp")
    assert "there is no file" in (text := refused(folders, "no-folder/zebra.webp"))
    assert f"Check the name; a relative path begins in {project}." in text
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "fox.png").write_bytes(PNG)
    assert f"Did you mean {str(tmp_path / 'out' / 'fox.png')!r}" in refused(folders, "fox.png")
    assert "Did you mean" not in refused(folders, str(project / "fox.png"))
    assert "Did you mean" not in refused(folders, str(tmp_path / "out" / "zebra.png"))
    assert "there is no file" in refused(folders, "/".join(["deep" * 50] * 20))


def test_whether_a_file_outside_exists_is_not_told(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "there.png").write_bytes(PNG)
    there, missing = refused(folders, tmp_path / "there.png"), refused(folders, tmp_path / "gone.png")
    assert there.replace("there.png", "gone.png") == missing


def test_a_path_through_a_file_is_refused(folders: Folders, project: Path) -> None:
    (project / "hero.png").write_bytes(PNG)
    assert "should be" in refused(folders, "hero.png/inner.png")


async def test_a_file_that_shrinks_meanwhile_is_an_error_and_not_a_short_upload(
    folders: Folders, project: Path
) -> None:
    (project / "a.png").write_bytes(PNG + b"\0" * 100)
    with folders.open_media("a.png") as file:
        os.truncate(project / "a.png", 10)
        with pytest.raises(DiskError, match="shorter"):
            [chunk async for chunk in file.chunks(64)]


async def test_a_file_that_grows_meanwhile_is_sent_as_long_as_it_was_checked(folders: Folders, project: Path) -> None:
    (project / "a.png").write_bytes(PNG)
    with folders.open_media("a.png") as file:
        (project / "a.png").write_bytes(PNG * 3)
        assert [chunk async for chunk in file.chunks()] == [PNG]


def test_a_closed_file_reads_nothing(folders: Folders, project: Path) -> None:
    (project / "a.png").write_bytes(PNG)
    file = folders.open_media("a.png")
    file.close()
    file.close()
    with pytest.raises(DiskError):
        file.sha256()


@pytest.mark.skipif(not DESCRIPTORS, reason="without folder descriptors a residue is left, see reading.py")
def test_a_folder_swapped_for_a_link_leaks_nothing(project: Path, tmp_path: Path) -> None:
    inside, outside, spare = project / "art", tmp_path / "outside", tmp_path / "spare"
    for folder, colour in ((inside, b"in"), (outside, b"secret")):
        folder.mkdir()
        (folder / "a.png").write_bytes(PNG + colour)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            inside.rename(spare)
            inside.symlink_to(outside)
            inside.unlink()
            spare.rename(inside)
            stop.wait(0.0002)  # or the reader would never find it in place on a busy machine

    thread = threading.Thread(target=swap)
    thread.start()
    outcomes = {"read": 0, "refused": 0}
    try:
        for attempt in range(20_000):
            if outcomes["read"] >= 20 and attempt >= 500:
                break
            try:
                with FolderHandle.open(project, ("art",)) as handle:
                    file = open_media_file(handle, "a.png", 10_000)
            except (OSError, InvalidRequest):
                outcomes["refused"] += 1
                continue
            with file:
                assert file.sha256() == hashlib.sha256(PNG + b"in").hexdigest()
                outcomes["read"] += 1
    finally:
        stop.set()
        thread.join()
    assert outcomes["read"]


def test_a_picture_swapped_for_a_link_is_refused_where_paths_are_used(project: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_bytes(PNG)
    (project / "art").symlink_to(tmp_path / "real")
    handle = FolderHandle(project / "art", None)
    with pytest.raises(OSError, match="replaced"):
        open_media_file(handle, "a.png", 10_000)
