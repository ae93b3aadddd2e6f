"""Which servers live: each is told by a lock that ends with its process, however that ends."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.presence import Presence

HOLD = """
import sys
from pathlib import Path
from atlascloud_mcp.storage.presence import Presence

presence = Presence(Path(sys.argv[1]))
presence.hold()
print(presence.name, flush=True)
sys.stdin.read()
if "leave" in sys.argv:
    presence.leave()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "running"


@contextmanager
def process(folder: Path, *words: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Another server, and its name."""
    command = [sys.executable, "-c", HOLD, str(folder), *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        try:
            yield other, other.stdout.readline().strip()
        finally:
            other.kill()


def locks(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.lock")}


def test_a_process_is_alive_until_it_is_killed_and_its_lock_is_cleared_away(folder: Path) -> None:
    presence = Presence(folder)
    with process(folder) as (other, name):
        assert presence.is_alive(name)
        assert presence.is_alive(name)
        other.kill()
        other.wait()
        assert name in locks(folder)  # or there would be nothing to clear away
        assert not presence.is_alive(name)
    assert locks(folder) == set()


def test_a_process_that_leaves_takes_its_lock_with_it(folder: Path) -> None:
    with process(folder, "leave") as (other, name):
        assert other.stdin
        other.stdin.close()
        assert other.wait() == 0
        assert locks(folder) == set()
        assert not Presence(folder).is_alive(name)


def test_whoever_starts_clears_away_the_locks_of_the_dead_alone(folder: Path) -> None:
    presence = Presence(folder)
    with process(folder) as (dead, _), process(folder) as (_, living):
        dead.kill()
        dead.wait()
        presence.hold()
        assert locks(folder) == {living, presence.name}
        assert presence.is_alive(living)
    presence.leave()


def test_one_s_own_name_is_alive_for_oneself_and_for_others_until_one_leaves(folder: Path) -> None:
    presence, other = Presence(folder), Presence(folder)
    assert not presence.is_alive(presence.name)
    presence.hold()
    presence.hold()
    assert presence.is_alive(presence.name)
    assert other.is_alive(presence.name)
    presence.leave()
    assert not other.is_alive(presence.name)
    assert locks(folder) == set()
    presence.leave()


def test_a_name_that_nobody_has_is_not_alive(folder: Path) -> None:
    assert not Presence(folder).is_alive("nobody")


def test_names_are_each_process_s_own(folder: Path) -> None:
    assert Presence(folder).name != Presence(folder).name


def test_a_file_in_place_of_the_folder_is_named_and_the_next_call_tries_anew(folder: Path) -> None:
    folder.parent.mkdir()
    folder.touch()
    presence = Presence(folder)
    with pytest.raises(DiskError, match="running cannot be used"):
        presence.hold()
    folder.unlink()
    presence.hold()
    assert presence.is_alive(presence.name)
    presence.leave()
