"""Where things are on this machine: home, the default output folder, and what is nobody's project."""

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath

PACKAGE = Path(__file__).resolve().parents[1]

# Whole trees of the operating system, and what people do keep in them (Docker's /usr/src/app, USB sticks,
# macOS' temporary folders). Compared in lower case, without the drive on Windows.
_SYSTEM_TREES = (
    *("/bin", "/boot", "/cores", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/nix", "/proc", "/run", "/sbin"),
    *("/snap", "/sys", "/usr", "/var", "/system", "/library", "/applications", "/private/etc", "/private/var"),
    *("/windows", "/program files", "/program files (x86)", "/programdata", "/$recycle.bin"),
)
_NOT_SYSTEM = (
    *("/usr/src", "/usr/local/src", "/var/www", "/var/tmp", "/var/folders", "/run/media"),  # noqa: S108  names only
    *("/private/var/tmp", "/private/var/folders"),
)
# Folders that hold everybody's, or every, project: not one themselves.
_SHARED = ("/home", "/users", "/opt", "/srv", "/mnt", "/media", "/volumes", "/tmp", "/private/tmp", "/var/tmp")  # noqa: S108  named to be refused
# Where programs, not people, keep files inside a home folder; a program started by Claude Desktop is there.
_PROGRAM_DATA = ("library", "appdata")


def home_folder() -> Path | None:
    """The user's home, or None: a container may run under a uid that has none, or with `/` or a missing one."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    usable = home.is_absolute() and home != home.parent and os.access(home, os.R_OK | os.X_OK)
    return home if usable else None


def default_output_dir(home: Path | None) -> Path:
    """`AtlasCloud` in the user's pictures folder; without a home that can be written, in the temporary folder."""
    if home is not None and os.access(home, os.W_OK):
        from platformdirs import user_pictures_path  # noqa: PLC0415  18 ms, needed with the first path only

        return user_pictures_path() / "AtlasCloud"
    return _temporary_dir("AtlasCloud")


def default_data_dir() -> Path:
    """Where what the server remembers is kept: the user's data folder, or the temporary one without a home."""
    home = home_folder()
    if home is not None and os.access(home, os.W_OK):
        from platformdirs import user_data_path  # noqa: PLC0415  as above

        return user_data_path("atlascloud-mcp", appauthor=False)
    return _temporary_dir("atlascloud-mcp")


def _temporary_dir(name: str) -> Path:
    """A folder of this user's own: everybody may write where it stands, so a stranger's is not taken over."""
    try:
        parent = Path(tempfile.gettempdir())
    except FileNotFoundError:  # nothing can be written anywhere: the attempt to save will say so
        parent = Path(os.sep).absolute() / "tmp"
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = parent / f"{name}-{user}"
    try:
        found = folder.lstat()
    except OSError:
        return folder
    own = stat.S_ISDIR(found.st_mode) and (found.st_uid == user or not hasattr(os, "getuid"))
    return folder if own else parent / f"{name}-{user}-{os.getpid()}"


def below(path: Path, root: Path) -> tuple[str, ...] | None:
    """The components of `path` under `root`, none when it is `root` itself; None when it is elsewhere.

    By name, then by the identity of the folders, for file systems that take `Pictures` and `pictures` for one.
    Both must be resolved.
    """
    if path.is_relative_to(root):
        return path.relative_to(root).parts
    wanted = _identity(root)
    for parent in (path, *path.parents) if wanted else ():
        if _identity(parent) == wanted:
            return path.relative_to(parent).parts
    return None


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_ino else None


def is_kind(path: Path, kind: Callable[[int], bool]) -> bool:
    """Whether there is something of this kind (`stat.S_ISDIR`), links followed; what cannot be looked at is not."""
    try:
        return kind(path.stat().st_mode)
    except OSError:
        return False


def is_project(folder: Path, home: Path | None) -> bool:
    """Whether a working directory may be taken for a project's, so that its files may be read.

    A host may start us anywhere (Claude Desktop does in `/` or in its own program folder), and then "the
    working directory" is no choice that the user made. `folder` and `home` must be resolved.
    """
    if folder == folder.parent or is_system_folder(folder) or below(folder, PACKAGE) is not None:
        return False
    if home is None:
        return True
    if below(home, folder) is not None:
        return False
    inside = below(folder, home)
    where = tuple(name.lower() for name in inside or ())
    return where[:1] not in {(name,) for name in _PROGRAM_DATA} or where[:3] == ("appdata", "local", "temp")


def is_system_folder(folder: PurePath) -> bool:
    """Whether this is one of the operating system's own folders or one that all users share."""
    text = "/" + "/".join(folder.parts[1:]).lower()

    def under(trees: tuple[str, ...]) -> bool:
        return any(text == tree or text.startswith(tree + "/") for tree in trees)

    return text in _SHARED or (under(_SYSTEM_TREES) and not under(_NOT_SYSTEM))
