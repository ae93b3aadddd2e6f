"""The cache: whole files or none, for their owner alone, and no trouble with the disk is anybody's trouble."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from atlascloud_mcp.storage.cache import MAX_BYTES, SUFFIX, UNUSED_S, CacheFolder
from atlascloud_mcp.storage.parts import STALE_S

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_what_was_written_is_read_by_the_next_process(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "cache"
    cache = CacheFolder(folder)
    assert await cache.read("models") is None
    assert not folder.exists()
    await cache.write("models", b"first")
    await cache.write("models", b"second")
    await cache.write("other.v1", b"")
    assert await CacheFolder(folder).read("models") == b"second"
    assert await CacheFolder(folder).read("other.v1") == b""
    assert names_in(folder) == ["models" + SUFFIX, "other.v1" + SUFFIX]


@posix
async def test_folder_and_files_are_the_owner_s_alone(tmp_path: Path) -> None:
    await CacheFolder(tmp_path / "cache").write("models", b"x")
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "cache" / f"models{SUFFIX}").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "name", ["", "a", "../x", "a/b", "a\\b", "/etc/passwd", "..", ".hidden", "a\0b", "a:b", "nul.txt", "x" * 101, "ab."]
)
async def test_only_plain_file_names_are_taken(tmp_path: Path, name: str) -> None:
    cache = CacheFolder(tmp_path)
    with pytest.raises(ValueError, match="no plain file name"):
        await cache.read(name)
    with pytest.raises(ValueError, match="no plain file name"):
        await cache.write(name, b"x")
    assert names_in(tmp_path) == []


async def test_many_writers_leave_one_whole_file(tmp_path: Path) -> None:
    contents = [bytes([number]) * 300_000 for number in range(20)]
    async with anyio.create_task_group() as group:
        for content in contents:
            group.start_soon(CacheFolder(tmp_path).write, "models", content)
    assert await CacheFolder(tmp_path).read("models") in contents
    assert names_in(tmp_path) == ["models" + SUFFIX]


async def test_a_folder_that_cannot_be_made_means_no_cache(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("a file")
    cache = CacheFolder(tmp_path / "taken" / "cache")
    with caplog.at_level(logging.INFO):
        await cache.write("models", b"x")
        assert await cache.read("models") is None
    assert "not written to the cache: models" in caplog.text


@posix
async def test_a_folder_of_links_in_a_circle_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    cache = CacheFolder(tmp_path / "a")
    await cache.write("models", b"x")
    assert await cache.read("models") is None


@posix
async def test_a_folder_that_is_a_link_is_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    await CacheFolder(tmp_path / "link").write("models", b"x")
    assert await CacheFolder(tmp_path / "real").read("models") == b"x"


@posix
async def test_a_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    cache = CacheFolder(tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"models{SUFFIX}").symlink_to(secret)
    assert await cache.read("models") is None
    await cache.write("models", b"x")
    assert await cache.read("models") == b"x"
    assert secret.read_bytes() == b"secret"


async def test_a_folder_of_the_name_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    (tmp_path / f"models{SUFFIX}" / "inner").mkdir(parents=True)
    cache = CacheFolder(tmp_path)
    assert await cache.read("models") is None
    await cache.write("models", b"x")
    assert await cache.read("models") is None
    assert names_in(tmp_path) == ["models" + SUFFIX]


async def test_a_file_that_is_too_large_is_neither_written_nor_read(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)
    await cache.write("models", bytes(MAX_BYTES + 1))
    assert names_in(tmp_path) == []
    with (tmp_path / f"models{SUFFIX}").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert await cache.read("models") is None


async def test_old_files_of_ours_go_and_nobody_else_s(tmp_path: Path) -> None:
    part = ".atlascloud-0123456789abcdef.part"
    ages = {
        f"unused{SUFFIX}": UNUSED_S + 9,
        f"used{SUFFIX}": UNUSED_S - 999,
        part: STALE_S + 9,
        part.replace("0", "f"): STALE_S - 999,
        "journal.sqlite": 2 * UNUSED_S,
    }
    await CacheFolder(tmp_path).write("models", b"x")
    now = (tmp_path / f"models{SUFFIX}").stat().st_mtime
    for name, age in ages.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - age, now - age))
    await CacheFolder(tmp_path).write("models", b"x")
    left = {f"models{SUFFIX}", f"used{SUFFIX}", part.replace("0", "f"), "journal.sqlite"}
    assert set(names_in(tmp_path)) == left


FULL = """
import resource, signal, sys
from pathlib import Path
import anyio
from atlascloud_mcp.storage.cache import CacheFolder

async def main():
    cache = CacheFolder(Path(sys.argv[1]))
    await cache.write("models", b"good")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    await cache.write("models", b"x" * 200_000)
    assert await cache.read("models") == b"good"

anyio.run(main)
"""


@linux
def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The system's own limit on the size of a file stands for the full disk: the write fails half way."""
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=True)
    assert names_in(tmp_path) == ["models" + SUFFIX]


@posix
@pytest.mark.skipif(sys.platform != "win32" and os.getuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_is_read_only_is_read(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)
    await cache.write("models", b"x")
    tmp_path.chmod(0o500)
    try:
        await cache.write("models", b"y")
        assert await cache.read("models") == b"x"
    finally:
        tmp_path.chmod(0o700)
