"""The path policy: which folders are open to us, and what may be read from them or written to them.

Whoever wrote a web page that the assistant reads can put words in its mouth; a path in an argument is bounded
here (docs/decisions/0009): folders from the settings, else the client's roots, else the working
directory when it is a project's, and always the output folder.
"""

import difflib
import errno
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Self

from atlascloud_mcp.errors import DiskError, InvalidRequest
from atlascloud_mcp.storage import names
from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.media import MEDIA_EXTENSIONS
from atlascloud_mcp.storage.places import below, default_output_dir, home_folder, is_kind, is_project
from atlascloud_mcp.storage.reading import MAX_BYTES, MediaFile, open_media_file
from atlascloud_mcp.storage.spelling import UnusablePath, local_path
from atlascloud_mcp.storage.texts import TEXTS

SETTING = "ATLASCLOUD_ALLOWED_DIRS"
_MOST_NEIGHBOURS = 5_000
# The end of a name that is meant as a file's: a folder `minutes.docx` would be a nasty surprise, one `v1.2` is none.
_SUFFIX = re.compile(r"\.[a-z]{1,4}[0-9]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where results go: a folder under an allowed root, and the name when the caller gave one.

    `named`: the caller chose the place with `save_to`, so nothing but the media is put there (no side-car).
    """

    root: Path
    below: tuple[str, ...] = ()
    file_name: str | None = None
    named: bool = False

    @property
    def folder(self) -> Path:
        """The folder; it may not exist yet."""
        return self.root.joinpath(*self.below)

    @property
    def text(self) -> str:
        """The same as `save_to`, wherever a process stands."""
        return str(self.folder / self.file_name) if self.file_name else str(self.folder) + os.sep


@dataclass(frozen=True, slots=True)
class Folders:
    """The allowed folders of one client. Every method blocks for some file system calls.

    `allowed_dirs` and `output_dir` are the user's settings, `client_roots` come from the host, `setting_hint`
    says where this host keeps its environment variables.
    """

    working_dir: Path
    output_dir: Path | None = None
    allowed_dirs: tuple[Path, ...] = ()
    client_roots: tuple[Path, ...] = ()
    home: Path | None = field(default_factory=home_folder)
    setting_hint: str = ""

    def for_client(self, roots: Sequence[Path], setting_hint: str = "") -> Self:
        """The same policy with what one client says: its roots, and where its user sets variables."""
        return replace(self, client_roots=tuple(roots), setting_hint=setting_hint)

    def output_folder(self) -> Path:
        """The resolved folder of everything saved without `save_to`; it may not exist yet."""
        return _resolved(self.output_dir or default_output_dir(self.home))

    def roots(self) -> tuple[Path, ...]:
        """The allowed folders, resolved; relative paths go to the first, the output folder is the last.

        The user's own choice stands as it is. What a host says, and the working directory, must be a project:
        some hosts run in `/`, or send the home folder as a root.
        """
        chosen = tuple(_resolved(folder) for folder in self.allowed_dirs)
        chosen = chosen or self._projects(self.client_roots) or self._projects((self.working_dir,))
        return tuple(dict.fromkeys((*chosen, self.output_folder())))

    def _projects(self, folders: Sequence[Path]) -> tuple[Path, ...]:
        home = _resolved(self.home) if self.home else None
        resolved = (_resolved(folder) for folder in folders)
        return tuple(folder for folder in resolved if is_project(folder, home))

    def open_media(self, path: str, *, max_bytes: int = MAX_BYTES) -> MediaFile:
        """The media file at `path`, open; it was checked through that same open file. Close it.

        Raises:
            InvalidRequest: Outside the allowed folders, hidden, a key, missing, not a regular file, empty, too
                large, or not media by its bytes.
            DiskError: The system does not let this process read it.
        """
        located = self._located(path)
        resolved = _resolved(located)
        root, parts = self._admitted(path, resolved)
        if any(names.is_secret(part) for part in parts):
            raise self._refusal(path, "files that may hold keys or credentials are never sent", "Use another file.")
        if not parts:
            raise self._refusal(path, "it is a folder", "Name one file in it.")
        try:
            with FolderHandle.open(root, parts[:-1]) as folder:
                return open_media_file(folder, parts[-1], max_bytes)
        except FileNotFoundError as error:
            raise self._missing(path, located, resolved) from error
        except OSError as error:
            raise self._unreadable(path, error) from error

    def destination(self, save_to: str | None, *, for_text: bool = False) -> Destination:
        """Where results asked for with `save_to` go; nothing is made or tried here.

        `for_text`: what is saved is a text, so that the suffixes of texts name a file too (see `texts`).

        Raises:
            InvalidRequest: Outside the allowed folders, hidden, through a file, or a name that is not given.
        """
        if save_to is None:
            return Destination(self.output_folder())
        located = self._located(save_to)
        as_folder = save_to.rstrip().endswith(("/", os.sep)) or is_kind(located, stat.S_ISDIR)
        file_name = None
        extension = names.extension_of(located.name)
        if not as_folder and (extension in MEDIA_EXTENSIONS or (for_text and extension in TEXTS)):
            file_name, located = located.name, located.parent
            self._check_name(save_to, file_name)
        elif not as_folder and (_SUFFIX.fullmatch(extension) or names.is_executable(located.name)):
            rule = f"{extension} files can be run" if names.is_executable(located.name) else f"no {extension} is made"
            example = "notes.md" if for_text else "hero.png or notes.txt"
            raise self._refusal(save_to, rule, f"Choose a name such as {example}; a folder's name ends with /.")
        root, parts = self._admitted(save_to, _resolved(located))
        self._check_new_folders(save_to, root, parts)
        return Destination(root, parts, file_name, named=True)

    def _check_new_folders(self, save_to: str, root: Path, parts: tuple[str, ...]) -> None:
        """Folders that have to be made need names that every system takes; one that is there may be odd."""
        folder = root
        for part in parts:
            folder /= part
            if not os.path.lexists(folder):
                self._check_name(save_to, part)
            elif not is_kind(folder, stat.S_ISDIR):
                rule = f"{names.shown(str(folder))} is a file, not a folder"
                raise self._refusal(save_to, rule, "Choose another folder.")

    def _check_name(self, save_to: str, name: str) -> None:
        if problem := names.problem_with_name(name):
            raise self._refusal(save_to, problem, "Choose another name.")

    def _located(self, text: str) -> Path:
        """`text` as an absolute path, not resolved yet."""
        try:
            return self.roots()[0] / local_path(text, self.home)
        except UnusablePath as error:
            raise self._refusal(text, str(error), "Pass a path on this machine, such as art/hero.png.") from error

    def _admitted(self, text: str, resolved: Path) -> tuple[Path, tuple[str, ...]]:
        """The allowed root that `resolved` is in, and the components below it."""
        inside = [(root, parts) for root in self.roots() if (parts := below(resolved, root)) is not None]
        if not inside:
            raise self._outside(text)
        for root, parts in inside:
            if not any(part.startswith(".") for part in parts):
                return root, parts
        rule = "hidden files and folders (with a leading dot) are not used"
        raise self._refusal(text, rule, "Choose a path without them.")

    def _refusal(self, path: str, rule: str, next_step: str) -> InvalidRequest:
        return InvalidRequest(f"The path {names.shown(path)} cannot be used: {rule}.", next_step=next_step)

    def _outside(self, path: str) -> InvalidRequest:
        """The one refusal that another setting, and not only another path, would lift."""
        allowed = ", ".join(str(root) for root in self.roots())
        where = f" (set it in {self.setting_hint})" if self.setting_hint else ""
        next_step = f"Use a path in one of these, or have the user add its folder to {SETTING}{where}."
        return self._refusal(path, f"it is outside the allowed folders. Allowed folders: {allowed}", next_step)

    def _missing(self, text: str, located: Path, resolved: Path) -> InvalidRequest:
        """There is no such file: the nearest name in its folder, or the same path under another root."""
        near = self._elsewhere(text, located) or self._nearest(resolved)
        start = f"Check the name; a relative path begins in {self.roots()[0]}."
        hint = f"Did you mean {names.shown(near)}?" if near else start
        return self._refusal(text, f"there is no file {names.shown(str(resolved))}", hint)

    def _elsewhere(self, text: str, located: Path) -> str | None:
        first, *others = self.roots()
        tail = below(located, first)
        if tail is None or Path(text).is_absolute():
            return None
        same = (root.joinpath(*tail) for root in others)
        return next((str(path) for path in same if is_kind(path, stat.S_ISREG)), None)

    def _nearest(self, resolved: Path) -> str | None:
        try:
            with os.scandir(resolved.parent) as entries:
                there = [entry.name for entry in islice(entries, _MOST_NEIGHBOURS) if not entry.name.startswith(".")]
        except OSError:
            return None
        near = difflib.get_close_matches(resolved.name, there, n=1)
        return str(resolved.parent / near[0]) if near else None

    def _unreadable(self, text: str, error: OSError) -> InvalidRequest | DiskError:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            rule = "a file or a link stands where a folder or a file should be"
            return self._refusal(text, rule, "Check the path, or use another file.")
        return DiskError(
            f"{names.shown(text)} cannot be read: {error.strerror or error}.",
            next_step="Make it readable for this user, or use another file.",
        )


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))
