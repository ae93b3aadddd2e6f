import os
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from atlascloud_mcp.storage.places import PACKAGE, below, default_output_dir, home_folder, is_project, is_system_folder

posix = pytest.mark.skipif(sys.platform == "win32", reason="uids and HOME of POSIX")


@pytest.mark.parametrize(
    "folder",
    [
        *("/etc", "/usr/lib/node", "/var/lib/x", "/bin", "/proc/self", "/dev/disk", "/System/Library"),
        "/Applications/A.app",
        *("/Library", "/private/etc", "/home", "/Users", "/tmp", "/opt", "/mnt", "/run/user/1000", "/nix/store"),  # noqa: S108  names only
    ],
)
def test_folders_of_the_system_are_nobodys_project(folder: str) -> None:
    assert is_system_folder(PurePosixPath(folder))


@pytest.mark.parametrize(
    "folder",
    [
        *("/home/ana/site", "/Users/ana/site", "/usr/src/app", "/var/www/html", "/opt/app", "/srv/site", "/app"),
        *("/var/folders/zz/T/x", "/private/var/folders/zz/x", "/mnt/c/Users/ana", "/usr-local", "/tmp/x"),  # noqa: S108  names only
    ],
)
def test_folders_where_people_work_are_not_the_systems(folder: str) -> None:
    assert not is_system_folder(PurePosixPath(folder))


@pytest.mark.parametrize(
    "folder", [r"C:\Windows\System32", r"C:\Program Files\Claude", r"D:\ProgramData\x", r"C:\Users"]
)
def test_folders_of_windows_are_nobodys_project(folder: str) -> None:
    assert is_system_folder(PureWindowsPath(folder))
    assert not is_system_folder(PureWindowsPath(r"C:\Users\ana\site"))


def test_home_its_parents_and_what_programs_keep_there_are_no_projects(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder in (Path("/"), tmp_path, home, home / "AppData" / "Local" / "Claude", home / "Library" / "x", PACKAGE):
        assert not is_project(folder, home)
    for folder in (home / "site", home / "AppData" / "Local" / "Temp" / "x", tmp_path / "other"):
        assert is_project(folder, home)
    assert is_project(tmp_path, None)


def test_what_is_below_a_folder_is_told_by_name_and_by_identity(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    assert below(tmp_path / "a" / "b", tmp_path) == ("a", "b")
    assert below(tmp_path, tmp_path) == ()
    assert below(tmp_path / "alias" / "b", tmp_path / "real") == ("b",)
    assert below(tmp_path / "real2", tmp_path / "real") is None
    assert below(tmp_path / "real", tmp_path / "not-there") is None


def home_and_output(script_env: dict[str, str], setup: str = "") -> list[str]:
    """What a process of its own, with another environment or user, takes for home and output folder."""
    code = f"""
import os, sys
{setup}
from atlascloud_mcp.storage.places import default_output_dir, home_folder
print(home_folder())
print(default_output_dir(home_folder()))
"""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TMP"))} | script_env
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return done.stdout.split()


@posix
def test_results_go_to_the_users_pictures(tmp_path: Path) -> None:
    home, output = home_and_output({"HOME": str(tmp_path)})
    assert home == str(tmp_path)
    assert output == str(tmp_path / "Pictures" / "AtlasCloud")


@posix
@pytest.mark.parametrize("home", ["/", "/nonexistent", "relative"])
def test_without_a_usable_home_results_go_to_the_temporary_folder(tmp_path: Path, home: str) -> None:
    found, output = home_and_output({"HOME": home, "TMPDIR": str(tmp_path)})
    assert found == "None"
    assert output == str(tmp_path / f"AtlasCloud-{os.getuid()}")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root may take another uid")
def test_a_container_with_any_uid_and_no_home_has_a_place_for_results() -> None:
    setup = "os.environ.pop('HOME'); import atlascloud_mcp.storage.places, pydantic; os.setuid(54321)"
    found, output = home_and_output({"TMPDIR": "/tmp"}, setup)  # noqa: S108  what such a container has
    assert (found, output) == ("None", "/tmp/AtlasCloud-54321")  # noqa: S108  what such a container has


@posix
def test_a_strangers_temporary_folder_is_not_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = tmp_path / f"AtlasCloud-{os.getuid()}"
    assert default_output_dir(None) == own
    own.mkdir()
    assert default_output_dir(None) == own
    own.rmdir()
    own.symlink_to(tmp_path)
    assert default_output_dir(None) == tmp_path / f"AtlasCloud-{os.getuid()}-{os.getpid()}"


def test_there_is_a_home_where_tests_run() -> None:
    home = home_folder()
    assert home is None or home.is_dir()
