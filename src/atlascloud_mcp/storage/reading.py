"""A local media file on its way out: checked, opened once, and read from that same open file."""

import errno
import hashlib
import os
import stat
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Self

from anyio import to_thread

from atlascloud_mcp.errors import DiskError, InvalidRequest
from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.media import BY_EXTENSION, HEAD_BYTES, MediaType, may_be_sent, sniff
from atlascloud_mcp.storage.names import extension_for, shown

MAX_BYTES = 512 * 1024 * 1024
"""Largest file that is sent unless the caller says otherwise; Atlas Cloud publishes no limit of its own."""
CHUNK_BYTES = 1024 * 1024

_KINDS = (
    (stat.S_ISDIR, "it is a folder", "Name one file in it."),
    (stat.S_ISLNK, "it is a link that leads nowhere, or that was just put there", "Name the file itself."),
    (stat.S_ISFIFO, "it is a pipe, not a regular file", "Save what comes through it in a file, and name that."),
    (stat.S_ISSOCK, "it is a socket, not a regular file", "Use another file."),
    (stat.S_ISCHR, "it is a device, not a regular file", "Use another file."),
    (stat.S_ISBLK, "it is a device, not a regular file", "Use another file."),
)


@dataclass(frozen=True, slots=True)
class FileVersion:
    """Which file it is, and as of when: bytes, and nanoseconds since 1970.

    `ctime_ns` moves with every change and, unlike `mtime_ns`, cannot be set back; on Windows it is when the file was
    made.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class MediaFile:
    """An open, regular, non-empty media file of at most the allowed size; a context manager, or `close` it.

    `version` is what it was when it was opened; `digest` the SHA-256 of its bytes, in hex, as far as that is known;
    `streamed` that of the bytes which `chunks` has handed out, once it has come to the end.
    """

    def __init__(self, path: Path, descriptor: int, opened: os.stat_result, media: MediaType) -> None:
        self.path = path
        self.size = opened.st_size
        self.version = _version(opened)
        self.media = media
        self.digest: str | None = None
        self.streamed: str | None = None
        self._descriptor = descriptor

    @property
    def name(self) -> str:
        """The file's name with the extension that its bytes have: a PNG called `photo.txt` is `photo.png`."""
        name = PurePath(self.path.name.encode(errors="replace").decode())
        return name.stem + extension_for(self.media, name.suffix)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing can be read any more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1  # the number may be another file's soon

    def is_unchanged(self) -> bool:
        """Whether the system says that nothing has been written since it was opened. Blocking."""
        try:
            return _version(os.fstat(self._descriptor)) == self.version
        except OSError:
            return False

    def sha256(self) -> str:
        """`digest`. Blocking: reads the file where it is not known.

        Raises:
            DiskError: It cannot be read, or has become shorter meanwhile.
        """
        if self.digest is None:
            digest, at = hashlib.sha256(), 0
            while at < self.size:
                chunk = self._read(at, CHUNK_BYTES)
                digest.update(chunk)
                at += len(chunk)
            self.digest = digest.hexdigest()
        return self.digest

    async def chunks(self, size: int = CHUNK_BYTES) -> AsyncGenerator[bytes]:
        """The file's `self.size` bytes from its beginning, `size` at a time; may be asked for again.

        Raises:
            DiskError: It cannot be read, or has become shorter meanwhile.
        """
        digest, at, self.streamed = hashlib.sha256(), 0, None
        while at < self.size:
            chunk = await to_thread.run_sync(self._read, at, size)
            digest.update(chunk)
            at += len(chunk)
            yield chunk
        self.digest = self.streamed = digest.hexdigest()

    def _read(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at`, never beyond the size that was checked."""
        try:
            os.lseek(self._descriptor, at, os.SEEK_SET)
            chunk = os.read(self._descriptor, min(size, self.size - at))
        except OSError as error:
            raise DiskError(
                f"{shown(str(self.path))} cannot be read: {error.strerror}.",
                next_step="Try again, or use another file.",
            ) from error
        if not chunk:
            raise DiskError(f"{shown(str(self.path))} became shorter while it was being read.", next_step="Try again.")
        return chunk


def open_media_file(folder: FolderHandle, name: str, max_bytes: int) -> MediaFile:
    """The file `name` of an open folder, checked and open. Blocking.

    Raises:
        InvalidRequest: Not a regular file, empty, too large, or not media by its bytes.
        OSError: The system refuses.
    """
    path = folder.path / name
    before = folder.lstat(name)
    refuse_special(path, before)
    descriptor = folder.open_to_read(name)
    try:
        opened = os.fstat(descriptor)
        refuse_special(path, opened)
        if not os.path.samestat(before, opened) or not _still_there(folder, name, opened):
            raise OSError(errno.ELOOP, "was replaced while it was being opened", str(path))  # noqa: TRY301
        refuse_size(path, opened.st_size, max_bytes)
        head = os.read(descriptor, HEAD_BYTES)
        media = sniff(head)
        if media is None or not may_be_sent(media):
            raise InvalidRequest(  # noqa: TRY301
                f"{shown(str(path))} is not sent: {_why_not(path, media, head)}.",
                next_step="Use a picture, video, sound or GLB file.",
            )
    except BaseException:
        os.close(descriptor)
        raise
    return MediaFile(path, descriptor, opened, media)


def _version(found: os.stat_result) -> FileVersion:
    return FileVersion(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _still_there(folder: FolderHandle, name: str, opened: os.stat_result) -> bool:
    """Without folder descriptors (Windows): the path must still lead, without links, to the opened file.

    What is left there: a program on this machine that swaps a folder for a link and back between each of
    these calls. It could read the file itself.
    """
    if folder.descriptor is not None:
        return True
    path = folder.path / name
    return os.path.realpath(path) == str(path) and os.path.samestat(folder.lstat(name), opened)


def refuse_special(path: Path, found: os.stat_result) -> None:
    """Raise InvalidRequest unless this is a regular file."""
    if not stat.S_ISREG(found.st_mode):
        kinds = ((rule, step) for test, rule, step in _KINDS if test(found.st_mode))
        rule, next_step = next(kinds, ("it is not a regular file", "Use another file."))
        raise InvalidRequest(f"{shown(str(path))} is not sent: {rule}.", next_step=next_step)


def refuse_size(path: Path, size: int, max_bytes: int) -> None:
    """Raise InvalidRequest when the file is empty or larger than `max_bytes`."""
    if not size:
        raise InvalidRequest(f"{shown(str(path))} is not sent: it is empty.", next_step="Use another file.")
    if size > max_bytes:
        raise InvalidRequest(
            f"{shown(str(path))} is not sent: it has {size / 1e6:,.1f} MB, and the limit is {max_bytes / 1e6:,.1f}.",
            next_step="Use a smaller version of it.",
        )


def _why_not(path: Path, media: MediaType | None, head: bytes) -> str:
    if media is not None:
        kinds = {"archive": "an archive", "document": "a document", "model": "a mesh of another kind"}
        what = kinds.get(media.kind, "SVG, which is text")
        return f"it is {what} ({media.mime_type}), and only pictures, video, sound and GLB models are"
    named = BY_EXTENSION.get(path.suffix.lower())
    what = "text" if _is_text(head) else "of no known media format"
    claim = ", whatever its name says" if named and may_be_sent(named) else ""
    return f"by its bytes it is {what}, not a picture, video or sound{claim}"


def _is_text(head: bytes) -> bool:
    return b"\0" not in head and "\ufffd" not in head[:-4].decode(errors="replace")
