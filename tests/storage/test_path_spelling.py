from pathlib import PurePosixPath, PureWindowsPath

import pytest

from atlascloud_mcp.storage.spelling import UnusablePath, local_path

HOME = PurePosixPath("/home/ana")
WINDOWS_HOME = PureWindowsPath(r"C:\Users\ana")

EVERYWHERE = [
    *(
        "",
        "   ",
        "a\0b.png",
        "a\nb.png",
        "\x1b[2J.png",
        "\ud800.png",
        "x" * 5000,
        "y" * 300 + ".png",
        "é" * 128 + ".png",
    ),
    *("${workspaceFolder}/hero.png", "https://example.com/a.png", "HTTP://example.com/a.png", "ftp://h/a.png"),
    *("data:image/png;base64,iVBORw0KGgo=", "s3://bucket/a.png", "//server/share/a.png", "~root/.ssh/id_rsa", "~ana"),
    *("file:a.png", "file://server/share/a.png", "file:////server/a.png", "file://localhost", "file://"),
    *("file:///a%00b.png", "file:///%ff.png", "file:///%0a.png", "file://127.0.0.1/a.png", "file:///%2F/../%00"),
    *("C:hero.png", r"\\server\share\a.png", r"\\?\C:\a.png", r"\\.\pipe\x"),
]
POSIX_ONLY = [r"C:\Users\ana\a.png", "C:/a.png", r"..\..\a.png", "file:///a%5Cb.png"]
WINDOWS_ONLY = [
    *("hero.png:stream", r"C:\a\b.png::$DATA", "CON", "nul.png", r"a\COM1\b.png", "lpt1", r"a\aux .png", "NUL:x"),
    *(r"\/server/share", "c:..\\a.png", "CONIN$"),
]


@pytest.mark.parametrize("text", EVERYWHERE + POSIX_ONLY)
def test_a_spelling_that_is_no_local_path_is_refused_on_posix(text: str) -> None:
    with pytest.raises(UnusablePath) as refused:
        local_path(text, HOME, windows=False)
    assert str(refused.value)


@pytest.mark.parametrize("text", EVERYWHERE + WINDOWS_ONLY)
def test_a_spelling_that_is_no_local_path_is_refused_on_windows(text: str) -> None:
    with pytest.raises(UnusablePath) as refused:
        local_path(text, WINDOWS_HOME, windows=True)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("hero.png", "hero.png"),
        ("  hero.png ", "hero.png"),
        ("/a/b c.png", "/a/b c.png"),
        ("~", "/home/ana"),
        ("~/Pictures/a.png", "/home/ana/Pictures/a.png"),
        ("~//etc/a.png", "/home/ana/etc/a.png"),
        ("./~odd.png", "./~odd.png"),
        ("file:///a/b%20c.png", "/a/b c.png"),
        ("FILE://LocalHost/a.png", "/a.png"),
        ("file:/a.png", "/a.png"),
        ("file:///a/%2e%2e/b.png", "/a/../b.png"),
        ("file:///a#1?.png", "/a#1?.png"),
        ("shot 12:30.png", "shot 12:30.png"),
    ],
)
def test_what_a_path_means_on_posix(text: str, path: str) -> None:
    assert local_path(text, HOME, windows=False) == path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (r"C:\a\b.png", r"C:\a\b.png"),
        ("D:/a/b.png", "D:/a/b.png"),
        (r"art\hero.png", r"art\hero.png"),
        (r"~\Pictures", r"C:\Users\ana\Pictures"),
        ("file:///C:/a%20b.png", "C:/a b.png"),
        ("console.png", "console.png"),
    ],
)
def test_what_a_path_means_on_windows(text: str, path: str) -> None:
    assert local_path(text, WINDOWS_HOME, windows=True) == path


def test_without_a_home_a_tilde_is_refused() -> None:
    with pytest.raises(UnusablePath):
        local_path("~/a.png", None)
