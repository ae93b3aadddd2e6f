from pathlib import Path

import pytest

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.storage.folders import Folders


def refused(folders: Folders, save_to: str) -> str:
    with pytest.raises(InvalidRequest) as caught:
        folders.destination(save_to)
    text = str(caught.value)
    assert ("ATLASCLOUD_ALLOWED_DIRS" in text) == ("outside the allowed folders" in text), text
    assert caught.value.next_step
    return text


def test_without_save_to_the_output_folder_is_the_destination(folders: Folders, tmp_path: Path) -> None:
    destination = folders.destination(None)
    assert (destination.folder, destination.file_name, destination.named) == (tmp_path / "out", None, False)
    assert not destination.folder.exists()


@pytest.mark.parametrize(
    ("save_to", "folder", "file_name"),
    [
        ("hero.png", "", "hero.png"),
        ("hero.JPEG", "", "hero.JPEG"),
        ("art/hero.webp", "art", "hero.webp"),
        ("new/deep/hero.png", "new/deep", "hero.png"),
        ("art", "art", None),
        ("art/", "art", None),
        ("new", "new", None),
        ("new.png/", "new.png", None),
        ("sprites.png", "sprites.png", None),  # an existing folder
        ("v1.2", "v1.2", None),
        ("three.js/", "three.js", None),
        (".", "", None),
        ("art/..", "", None),
        ("art/../hero.png", "", "hero.png"),
        ("linked/hero.png", "art", "hero.png"),
        ("odd: name/new", "odd: name/new", None),
    ],
)
def test_save_to_names_a_folder_or_a_file(
    folders: Folders, project: Path, save_to: str, folder: str, file_name: str | None
) -> None:
    for there in ("art", "sprites.png", "odd: name"):
        (project / there).mkdir()
    (project / "linked").symlink_to("art")
    for given in (save_to, f"{project}/{save_to}"):
        destination = folders.destination(given)
        assert (destination.folder, destination.file_name) == (project / folder, file_name)
        assert destination.named


def test_asking_for_a_destination_makes_nothing(folders: Folders, project: Path) -> None:
    folders.destination("new/deep/hero.png")
    assert not list(project.iterdir())


def test_a_home_path_is_expanded(tmp_path: Path, folders: Folders) -> None:
    home = tmp_path / "home"
    allowed = Folders(tmp_path, tmp_path / "out", (home,), home=home)
    assert allowed.destination("~/art/a.png").folder == home / "art"
    assert "outside" in refused(folders, "~/art/a.png")


@pytest.mark.parametrize(
    "save_to",
    [
        *("/etc/cron.d/hero.png", "../hero.png", "art/../../hero.png", "/hero.png", "escape/hero.png", "escape"),
        *("dangling/hero.png", "new/../../../hero.png", "../project-2/", "/", "..", "file:///etc/hero.png"),
        *("/proc/self/cwd/../x.png", "/dev/disk/", "dangling"),
    ],
)
def test_nothing_is_saved_outside(folders: Folders, project: Path, tmp_path: Path, save_to: str) -> None:
    (project / "art").mkdir()
    (project / "escape").symlink_to(tmp_path)
    (project / "dangling").symlink_to(tmp_path / "not-there")
    assert "outside the allowed folders" in refused(folders, save_to)


@pytest.mark.parametrize(
    "save_to",
    [
        *(
            ".hero.png",
            ".git/hero.png",
            ".git/hooks/",
            "art/.cache",
            ".ssh",
            "CON.png",
            "aux/hero.png",
            "nul",
            "COM1.webp",
        ),
        *(
            "hero.png:stream.png",
            "a:b/hero.png",
            "art/he<ro.png",
            "what?.png",
            "hero.",
            "dots.../hero.png",
            "x" * 121 + ".png",
        ),
        *("run.sh", "evil.exe", "art/page.html", "setup.py", "hero.png.bat", "a.desktop", "gnp.\u202etxe/a.png"),
        *("a\\b.png", "C:\\a.png", "\\\\server\\a.png", "a\0.png", "", "https://example.com/a.png", "${PWD}/a.png"),
    ],
)
def test_hidden_runnable_and_unportable_names_are_refused(folders: Folders, project: Path, save_to: str) -> None:
    (project / "art").mkdir()
    assert "cannot be used" in refused(folders, save_to)
    assert [path.name for path in project.iterdir()] == ["art"]


@pytest.mark.parametrize(
    ("save_to", "next_step"),
    [
        ("run.sh", "Choose a name such as hero.png or notes.txt; a folder's name ends with /."),
        ("CON.png", "Choose another name."),
        (".git/hero.png", "Choose a path without them."),
        ("README.md/hero.png", "Choose another folder."),
        ("https://example.com/a.png", "Pass a path on this machine, such as art/hero.png."),
    ],
)
def test_each_rule_about_names_says_what_to_do_instead(
    folders: Folders, project: Path, save_to: str, next_step: str
) -> None:
    (project / "README.md").write_text("text")
    assert refused(folders, save_to).endswith(f". Nothing was billed. {next_step}")


def test_a_file_where_a_folder_is_needed_is_refused_before_anything_is_paid(folders: Folders, project: Path) -> None:
    (project / "LICENSE").write_text("text")
    assert "is a file, not a folder" in refused(folders, "LICENSE")
    assert "is a file, not a folder" in refused(folders, "LICENSE/art/hero.png")


def test_suffixes_of_texts_name_a_file_and_those_of_source_code_only_where_a_text_is_saved(folders: Folders) -> None:
    assert folders.destination("notes.md").file_name == "notes.md"
    assert folders.destination("talk.srt").file_name == "talk.srt"
    assert "can be run" in refused(folders, "fox.py")
    assert folders.destination("fox.py", for_text=True).file_name == "fox.py"
    assert "no .csv is made" in refused(folders, "data.csv")
    assert folders.destination("data.csv", for_text=True).file_name == "data.csv"


def test_a_path_too_long_for_the_system_is_no_crash(folders: Folders) -> None:
    assert folders.destination("/".join(["n" * 100] * 40)).file_name is None


def test_relative_paths_go_to_the_first_allowed_folder(folders: Folders, project: Path, tmp_path: Path) -> None:
    other, root = tmp_path / "other", tmp_path / "root"
    chosen = Folders(project, tmp_path / "out", (other, project), (root,), home=None)
    assert chosen.roots() == (other, project, tmp_path / "out")
    assert chosen.destination("hero.png").folder == other
    rooted = folders.for_client([root, other])
    assert rooted.roots() == (root, other, tmp_path / "out")
    assert folders.roots() == (project, tmp_path / "out")


def test_where_there_is_no_project_everything_goes_to_the_output_folder(tmp_path: Path) -> None:
    lost = Folders(Path("/"), tmp_path / "out", home=tmp_path)
    assert lost.roots() == (tmp_path / "out",)
    assert lost.destination("art/hero.png").folder == tmp_path / "out" / "art"


def test_a_root_that_is_nobodys_project_is_left_out_unless_the_user_chose_it(tmp_path: Path, project: Path) -> None:
    folders = Folders(project, tmp_path / "out", home=tmp_path / "home")
    (tmp_path / "home").mkdir()
    assert folders.for_client([Path("/"), tmp_path / "home", Path("/usr/lib")]).roots() == folders.roots()
    chosen = Folders(project, tmp_path / "out", (tmp_path / "home",), home=tmp_path / "home")
    assert chosen.roots() == (tmp_path / "home", tmp_path / "out")
