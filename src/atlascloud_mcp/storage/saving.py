"""Results onto the disk: streamed, whole or not at all, and never over a file that is there."""

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from atlascloud_mcp.errors import Billing, DiskError
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.media import HEAD_BYTES, UNKNOWN, MediaType, named_as, sniff
from atlascloud_mcp.storage.names import candidates, extension_for, extension_of, shown, split_media_name

SETTING = "ATLASCLOUD_OUTPUT_DIR"
STALE_S = 24 * 3600
"""A `.part` file that nobody has written to for so long is nobody's any more."""

_PART = re.compile(r"\.atlascloud-[0-9a-f]{16}\.part")

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file is larger than the system allows",
    errno.EACCES: "this process may not write there",
    errno.EPERM: "this process may not write there",
    errno.EROFS: "it is on a read-only file system",
    errno.ENOTDIR: "a file or a link stands where a folder should be",
    errno.EEXIST: "a file stands where a folder should be",
    errno.ELOOP: "a link stands where a folder should be",
    errno.ENAMETOOLONG: "the path is too long for this file system",
}


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that is on the disk now, under this absolute path."""

    path: Path
    mime_type: str
    bytes: int
    sha256: str


class Writer:
    """A file in the making, from `open_writer`: `write` chunks, `commit` once. One task at a time."""

    def __init__(self, destination: Destination) -> None:
        """Make the folders and the temporary file. Blocking.

        Raises:
            DiskError: The folder cannot be made or written.
        """
        self.destination = destination
        self.size = 0
        self._head = b""
        self._digest = hashlib.sha256()
        self._part = f".atlascloud-{secrets.token_hex(8)}.part"
        with _disk_errors(destination):
            self._folder = FolderHandle.open(destination.root, destination.below, create=True)
            _sweep(self._folder)
            try:
                self._descriptor = self._folder.create(self._part)
            except OSError:
                self._folder.close()
                raise

    @property
    def path(self) -> Path:
        """Where the bytes are until `commit`; all that was written can be read there."""
        return self.destination.folder / self._part

    @property
    def media(self) -> MediaType | None:
        """What the bytes so far are; None when they are no known format."""
        return sniff(self._head, self.size)

    async def write(self, chunk: bytes) -> None:
        """Append a chunk, in a worker thread.

        Raises:
            DiskError: No space, for instance.
        """
        await to_thread.run_sync(self._write, chunk)

    async def commit(self, name: str, *, index: int | None = None, replacement: bytes | None = None) -> SavedFile:
        """The file is complete, on the disk and visible under `name`, or a numbered name when that is taken.

        The extension follows the bytes; one in `name` is kept when it says the same (`.jpeg`). `index`, from 1,
        is the place among several outputs of one name (`hero-1.png`). `replacement` is written in place of what
        was streamed: the same picture in another format.

        Raises:
            DiskError: It cannot be written.
        """
        return await to_thread.run_sync(self._commit, name, index, replacement)

    def discard(self) -> None:
        """Nothing is left but a file that was committed. Blocking; never raises."""
        self._close()
        with contextlib.suppress(OSError):
            self._folder.remove(self._part)
        self._folder.close()

    def _write(self, chunk: bytes) -> None:
        with _disk_errors(self.destination):
            _write_all(self._descriptor, chunk)
        self.size += len(chunk)
        self._digest.update(chunk)
        if len(self._head) < HEAD_BYTES:
            self._head = (self._head + chunk)[:HEAD_BYTES]

    def _commit(self, name: str, index: int | None, replacement: bytes | None) -> SavedFile:
        with _disk_errors(self.destination):
            if replacement is not None:
                self._start_again()
                self._write(replacement)
            os.fsync(self._descriptor)
            self._close()
            final = self._publish(name, index)
        media = named_as(self.media or UNKNOWN, extension_of(final))
        return SavedFile(self.destination.folder / final, media.mime_type, self.size, self._digest.hexdigest())

    def _start_again(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.size, self._head, self._digest = 0, b"", hashlib.sha256()

    def _publish(self, name: str, index: int | None) -> str:
        stem, extension = split_media_name(name)
        for final in candidates(stem, extension_for(self.media or UNKNOWN, extension), index):
            with contextlib.suppress(FileExistsError):
                self._folder.publish(self._part, final)
                return final
        raise OSError(errno.EEXIST, f"every number of the name {shown(name)} is taken")

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1  # the number may be another file's soon


@contextlib.asynccontextmanager
async def open_writer(destination: Destination) -> AsyncGenerator[Writer]:
    """A `Writer` into the destination, whose folders are made.

    Until `commit` the bytes are in a hidden `.part` file there; when the block ends without one, by an error
    or a cancellation too, nothing is left of it.

    Raises:
        DiskError: The folder cannot be made or written.
    """
    writer = await to_thread.run_sync(Writer, destination)
    try:
        yield writer
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(writer.discard)


def ensure_writable(destination: Destination) -> None:
    """Files can be made in the destination's folder, and the folder too where it is missing; nothing is left there.

    It is tried in the nearest folder that exists: one that were made and removed might be in another call's way.
    Blocking.

    Raises:
        DiskError: The folder cannot be made or written, which nothing has been paid for yet.
    """
    folder, part = destination.folder, f".atlascloud-{secrets.token_hex(8)}.part"
    there = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)
    inner = () if there == folder else (part,)  # a system may let one make files in a folder but no folders
    with _disk_errors(destination, Billing.NOTHING):
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "not a folder", str(there))
        try:
            with FolderHandle.open(there, inner, create=True) as handle:
                os.close(handle.create(part))
                handle.remove(part)
        finally:
            if inner:
                with contextlib.suppress(OSError):
                    (there / part).rmdir()


def write_sidecar(picture: Path, data: Mapping[str, object]) -> Path:
    """`<picture>.json` stands beside the picture, readable for its owner alone. Blocking.

    One from an earlier picture of that name is replaced: `commit` gave the name out, so that picture is gone.

    Raises:
        DiskError: It cannot be written.
    """
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    part = f".atlascloud-{secrets.token_hex(8)}.part"
    with _disk_errors(Destination(picture.parent)), FolderHandle.open(picture.parent) as folder:
        descriptor = folder.create(part, private=True)
        try:
            try:
                _write_all(descriptor, text.encode(errors="replace"))
            finally:
                os.close(descriptor)
            folder.replace(part, f"{picture.name}.json")
        except BaseException:
            folder.remove(part)
            raise
    return picture.with_name(f"{picture.name}.json")


def _sweep(folder: FolderHandle) -> None:
    """What servers that were killed left here is gone: regular files with our own names, a day old. Never raises."""
    with contextlib.suppress(OSError), os.scandir(folder.path) as entries:  # the handle may enter but not list
        for name in (entry.name for entry in entries if _PART.fullmatch(entry.name)):
            found = folder.lstat(name)
            if stat.S_ISREG(found.st_mode) and time.time() - found.st_mtime > STALE_S:
                folder.remove(name)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@contextlib.contextmanager
def _disk_errors(destination: Destination, billing: Billing = Billing.NOT_CONCERNED) -> Generator[None]:
    """What the system refuses, as a sentence with the folder, the reason and the way out."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
        way_out = "another save_to" if destination.named else f"another folder with save_to or in {SETTING}"
        raise DiskError(
            f"Nothing can be saved in {shown(str(destination.folder))}: {reason}.",
            next_step=f"Make room or give access there, or choose {way_out}.",
            billing=billing,
        ) from error
