import os
import sys
from pathlib import Path

import pytest

from atlascloud_mcp.storage.handles import DESCRIPTORS, FolderHandle

WAYS = [True] if not DESCRIPTORS else [False, True]
by_either_way = pytest.mark.parametrize("by_path", WAYS, ids=lambda by_path: "paths" if by_path else "descriptors")


def put(folder: FolderHandle, name: str, data: bytes) -> None:
    descriptor = folder.create(name)
    os.write(descriptor, data)
    os.close(descriptor)


@by_either_way
def test_folders_are_made_on_the_way_when_asked(tmp_path: Path, *, by_path: bool) -> None:
    with FolderHandle.open(tmp_path / "a" / "b", ("c", "d"), create=True, by_path=by_path) as folder:
        put(folder, "file", b"1")
    with FolderHandle.open(tmp_path / "a" / "b", ("c", "d"), create=True, by_path=by_path) as folder:
        assert folder.path == tmp_path / "a" / "b" / "c" / "d"
        assert folder.lstat("file").st_size == 1


@by_either_way
def test_a_link_or_a_file_on_the_way_is_refused(tmp_path: Path, *, by_path: bool) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(NotADirectoryError):
            FolderHandle.open(tmp_path, (name,), by_path=by_path)
        with pytest.raises(NotADirectoryError):
            FolderHandle.open(tmp_path, (name, "inner"), create=True, by_path=by_path)
    with pytest.raises(FileNotFoundError):
        FolderHandle.open(tmp_path, ("missing",), by_path=by_path)


@by_either_way
@pytest.mark.parametrize("hard_links", [True, False])
def test_a_published_file_takes_no_others_name(tmp_path: Path, *, by_path: bool, hard_links: bool) -> None:
    opened = FolderHandle.open(tmp_path, by_path=by_path)
    with FolderHandle(opened.path, opened.descriptor, hard_links) as folder:
        put(folder, "part", b"new")
        put(folder, "taken", b"old")
        with pytest.raises(FileExistsError):
            folder.publish("part", "taken")
        folder.publish("part", "free")
    assert (tmp_path / "taken").read_bytes() == b"old"
    assert (tmp_path / "free").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["free", "taken"]


@by_either_way
def test_a_failed_publication_leaves_no_empty_file(tmp_path: Path, *, by_path: bool) -> None:
    with FolderHandle.open(tmp_path, by_path=by_path) as folder, pytest.raises(FileNotFoundError):
        folder.publish("missing", "new")
    assert not list(tmp_path.iterdir())


@by_either_way
def test_a_link_is_neither_read_nor_written_through(tmp_path: Path, *, by_path: bool) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "link").symlink_to("secret")
    with FolderHandle.open(tmp_path, by_path=by_path) as folder:
        with pytest.raises(FileExistsError):
            folder.create("link")
        if sys.platform != "win32":
            with pytest.raises(OSError, match="symbolic links"):
                folder.open_to_read("link")
        folder.remove("link")
        folder.remove("link")
    assert (tmp_path / "secret").read_text() == "secret"
