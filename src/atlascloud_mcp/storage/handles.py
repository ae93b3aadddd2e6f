"""An open folder: what was checked is what is used, even when someone swaps it for a link meanwhile.

Where the system has directory descriptors (Linux, macOS), a folder is opened component by component from
an allowed root without following links, and files are opened, linked and removed relative to it. Windows has
none: there the path is used each time, and the identity of the opened file is compared afterwards.
"""

import contextlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

DESCRIPTORS = {os.open, os.mkdir, os.stat, os.unlink, os.link, os.rename} <= os.supports_dir_fd
"""Whether this system can work relative to an open folder."""

# Windows has none of O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK; others have no O_BINARY, and only Linux has O_PATH,
# with which a folder that may be entered but not listed opens too.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_READ = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_REPARSE_POINT = stat.FILE_ATTRIBUTE_REPARSE_POINT  # a junction passes for a folder
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK


@dataclass(frozen=True, slots=True)
class FolderHandle:
    """A folder to work in; close it. Every method blocks and raises OSError."""

    path: Path
    descriptor: int | None
    hard_links: bool = True
    """Off where the file system is known to have none."""

    @classmethod
    def open(
        cls, root: Path, below: Iterable[str] = (), *, create: bool = False, by_path: bool = not DESCRIPTORS
    ) -> Self:
        """The folder `root/below…`, made when `create`. `root` is resolved: no link may stand in its place."""
        if create:
            root.mkdir(parents=True, exist_ok=True)
        handle = cls(root, None if by_path else os.open(root, _FOLDER | _NO_LINK))
        for name in below:
            try:
                inner = handle._inner(name, create=create)
            finally:
                handle.close()
            handle = inner
        return handle

    def _inner(self, name: str, *, create: bool) -> Self:
        if create:
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._at(name), dir_fd=self.descriptor)
        if self.descriptor is not None:
            fd = os.open(name, _FOLDER | _NO_LINK, dir_fd=self.descriptor)
            return type(self)(self.path / name, fd, self.hard_links)
        found = self.lstat(name)
        if not stat.S_ISDIR(found.st_mode) or getattr(found, "st_file_attributes", 0) & _REPARSE_POINT:
            raise NotADirectoryError(20, "not a folder, or a link to one", str(self.path / name))
        return type(self)(self.path / name, None, self.hard_links)

    def close(self) -> None:
        """Free the descriptor."""
        if self.descriptor is not None:
            os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _at(self, name: str) -> str:
        return name if self.descriptor is not None else str(self.path / name)

    def lstat(self, name: str) -> os.stat_result:
        """What `name` itself is; a link is not followed."""
        return os.stat(self._at(name), dir_fd=self.descriptor, follow_symlinks=False)

    def open_to_read(self, name: str) -> int:
        """A descriptor to read from; a link is refused, a FIFO does not wait for its writer."""
        return os.open(self._at(name), _READ, dir_fd=self.descriptor)

    def create(self, name: str, *, private: bool = False) -> int:
        """A descriptor of a new, empty file; FileExistsError when anything has the name.

        The system takes the umask or the folder's default access list off the mode, which a later chmod
        could not do right. `private`: for the owner alone.
        """
        return os.open(self._at(name), _CREATE, 0o600 if private else 0o666, dir_fd=self.descriptor)

    def remove(self, name: str) -> None:
        """The file `name` is gone, whether it was there or not."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self.descriptor)

    def replace(self, name: str, new: str) -> None:
        """`name` is now called `new`, whatever had that name."""
        os.replace(self._at(name), self._at(new), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def publish(self, name: str, new: str) -> None:
        """`name` is now called `new`; FileExistsError when anything had that name. Never half done."""
        if self.hard_links:
            try:
                os.link(self._at(name), self._at(new), src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            except FileExistsError:
                raise
            except OSError:  # FAT, some network shares and container mounts have no hard links
                pass
            else:
                self.remove(name)
                return
        os.close(self.create(new))
        try:
            self.replace(name, new)
        except OSError:
            self.remove(new)
            raise
