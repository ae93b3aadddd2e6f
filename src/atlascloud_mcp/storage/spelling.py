"""What a path means as it is written: `file://` URLs, `~`, and the spellings that lead elsewhere on Windows.

Strings only, nothing is looked up, and both systems' rules can be asked for on either.
"""

import os
import re
from pathlib import PurePath
from urllib.parse import unquote

from atlascloud_mcp.storage.names import is_reserved, problem_with_text

_URL = re.compile(r"(?!file:)[a-z][a-z0-9+.-]+:(//|.*;base64,)", re.IGNORECASE)
_FILE_URL = re.compile(r"file:(?://(?:localhost)?)?(?=/(?!/))", re.IGNORECASE)


class UnusablePath(ValueError):
    """The text is no path on this machine; its message is a clause that says why."""


def local_path(text: str, home: PurePath | None, *, windows: bool = os.name == "nt") -> str:
    """`text` as a path of this machine, absolute or relative, `~` and `file://` undone.

    Raises:
        UnusablePath: A URL, a network or device path, a Windows spelling elsewhere, control characters.
    """
    _check(problem_with_text(text))
    path = text.strip()
    if _URL.match(path):
        raise UnusablePath("it is a URL, not a path on this machine")
    if path.lower().startswith("file:"):
        path = _from_url(path, windows=windows)
        _check(problem_with_text(path))
    _check(_problem_of_windows(path) if windows else _problem_of_posix(path))
    return _expanded(path, home)


def _check(problem: str | None) -> None:
    if problem:
        raise UnusablePath(problem)


def _from_url(url: str, *, windows: bool) -> str:
    local = _FILE_URL.match(url)
    if not local:
        raise UnusablePath("a file URL must lead to this machine, as file:///folder/picture.png does")
    try:
        path = unquote(url[local.end() :], errors="strict")
    except UnicodeDecodeError:
        raise UnusablePath("it is not valid Unicode") from None
    return path[1:] if windows and re.match(r"/[A-Za-z]:", path) else path


def _problem_of_posix(path: str) -> str | None:
    if path.startswith("//"):
        return "it is a network path"
    if "\\" in path or re.match(r"[A-Za-z]:", path):
        return "it is a Windows path, and this server runs on a system where / separates folders"
    return None


def _problem_of_windows(path: str) -> str | None:
    path = path.replace("/", "\\")
    if path.startswith("\\\\"):
        return "it is a network or device path"
    if re.match(r"[A-Za-z]:(?!\\)", path):
        return "it is relative to a drive; a drive letter is followed by \\"
    names = path[2:].split("\\") if re.match(r"[A-Za-z]:", path) else path.split("\\")
    if any(":" in name for name in names):
        return "it names a hidden stream of a file, with a colon"
    if any(is_reserved(name) for name in names):
        return "Windows keeps one of its names for a device"
    return None


def _expanded(path: str, home: PurePath | None) -> str:
    if not path.startswith("~"):
        return path
    if path != "~" and path[1] not in "/\\":
        raise UnusablePath("only one's own home folder (~/…) can be written with ~")
    if home is None:
        raise UnusablePath("this process has no home folder, so ~ means nothing")
    return str(home / path[1:].lstrip("/\\"))
