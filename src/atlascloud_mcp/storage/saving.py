"""Results onto the disk: streamed, whole or not at all, and never over a file that is there."""

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anyio
from anyio import to_thread

from atlascloud_mcp.errors import Billing, DiskError
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.media import HEAD_BYTES, UNKNOWN, MediaType, named_as, sniff
from atlascloud_mcp.storage.names import candidates, extension_for, extension_of, shown, split_media_name
from atlascloud_mcp.storage.parts import part_name, replace_whole, sweep

SETTING = "ATLASCLOUD_OUTPUT_DIR"

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
    """A file in the making, from `open_writer`: `write` chunks, `complete` it, `publish` it. One task at a time."""

    def __init__(self, destination: Destination, media: MediaType | None = None) -> None:
        """Make the folders and the temporary file; `media` is what the bytes are, where nobody has to look. Blocking.

        Raises:
            DiskError: The folder cannot be made or written.
        """
        self.destination = destination
        self.size = 0
        self._media = media
        self._head = b""
        self._digest = hashlib.sha256()
        self._part = part_name()
        with _disk_errors(destination):
            self._folder = FolderHandle.open(destination.root, destination.below, create=True)
            sweep(self._folder)
            try:
                self._descriptor = self._folder.create(self._part)
            except OSError:
                self._folder.close()
                raise

    @property
    def path(self) -> Path:
        """Where the bytes are until `publish`; all that was written can be read there."""
        return self.destination.folder / self._part

    @property
    def media(self) -> MediaType | None:
        """What the bytes so far are; None when they are no known format."""
        return self._media or sniff(self._head, self.size)

    async def write(self, chunk: bytes) -> None:
        """Append a chunk, in a worker thread.

        Raises:
            DiskError: No space, for instance.
        """
        await to_thread.run_sync(self._write, chunk)

    async def complete(self, replacement: bytes | None = None) -> None:
        """All bytes are on the disk, and no more can be written.

        `replacement` is there in place of what was streamed: the same picture in another format.

        Raises:
            DiskError: It cannot be written.
        """
        await to_thread.run_sync(self._complete, replacement)

    def discard(self) -> None:
        """Nothing is left but a file that was published. Blocking; never raises."""
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

    def _complete(self, replacement: bytes | None) -> None:
        with _disk_errors(self.destination):
            if replacement is not None:
                self._start_again()
                self._write(replacement)
            os.fsync(self._descriptor)
            self._close()

    def _start_again(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.size, self._head, self._digest = 0, b"", hashlib.sha256()

    def is_free(self, name: str) -> bool:
        """Whether nothing has that name in the folder. Blocking."""
        try:
            self._folder.lstat(name)
        except FileNotFoundError:
            return True
        return False

    def show(self, name: str) -> None:
        """The complete file is visible under this name; FileExistsError when it is taken. Blocking."""
        self._folder.publish(self._part, name)

    def hide(self, name: str) -> None:
        """The file that was shown under this name is not any more. Blocking."""
        self._folder.replace(name, self._part)

    def saved_as(self, name: str) -> SavedFile:
        """What is to be told of it under this name."""
        media = named_as(self.media or UNKNOWN, extension_of(name))
        return SavedFile(self.destination.folder / name, media.mime_type, self.size, self._digest.hexdigest())

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1  # the number may be another file's soon


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete file and the name it is to have; `index`, from 1, is its place among several of one name."""

    writer: Writer
    name: str
    index: int | None = None

    def candidates(self) -> Iterator[str]:
        """The names to try. The extension follows the bytes; one that says the same is kept (`.jpeg`)."""
        stem, extension = split_media_name(self.name)
        return candidates(stem, extension_for(self.writer.media or UNKNOWN, extension), self.index)


async def publish(files: Sequence[Finished], *, tried: int = 0) -> list[SavedFile]:
    """All files of one folder are visible: under their names, or under the first number that is free for all.

    `tried` is how many numbers are passed over, for files that join others.

    Raises:
        DiskError: They cannot be; none is visible then, as far as the system lets them be taken back.
    """
    return await to_thread.run_sync(_publish, files, tried) if files else []


def _publish(files: Sequence[Finished], tried: int) -> list[SavedFile]:
    with _disk_errors(files[0].writer.destination):
        for names in islice(zip(*(file.candidates() for file in files), strict=True), tried, None):
            if _are_shown(files, names):
                return [file.writer.saved_as(name) for file, name in zip(files, names, strict=True)]
        raise OSError(errno.EEXIST, f"every number of the name {shown(files[0].name)} is taken")


def _are_shown(files: Sequence[Finished], names: Sequence[str]) -> bool:
    """Whether all files are visible under these names now; otherwise none is."""
    pairs = [(file.writer, name) for file, name in zip(files, names, strict=True)]
    if not all(writer.is_free(name) for writer, name in pairs):
        return False
    done: list[tuple[Writer, str]] = []
    try:
        for writer, name in pairs:
            writer.show(name)
            done.append((writer, name))
    except OSError as error:
        for writer, name in done:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                writer.hide(name)
        if isinstance(error, FileExistsError):  # somebody else was faster
            return False
        raise
    return True


@contextlib.asynccontextmanager
async def open_writer(destination: Destination, media: MediaType | None = None) -> AsyncGenerator[Writer]:
    """A `Writer` into the destination, whose folders are made; `media` is what is written, where that is known.

    Until `publish` the bytes are in a hidden `.part` file there; when the block ends without it, by an error
    or a cancellation too, nothing is left of them.

    Raises:
        DiskError: The folder cannot be made or written.
    """
    writer = await to_thread.run_sync(Writer, destination, media)
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
    folder, part = destination.folder, part_name()
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


def write_sidecar(file: Path, data: Mapping[str, object]) -> Path:
    """`<name>.json` stands beside the file of that name, readable for its owner alone. Blocking.

    One from an earlier file of that name is replaced: `publish` gave the name out, so that one is gone.

    Raises:
        DiskError: It cannot be written.
    """
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    name = f"{file.name}.json"
    with _disk_errors(Destination(file.parent)), FolderHandle.open(file.parent) as folder:
        replace_whole(folder, name, text.encode(errors="replace"))
    return file.with_name(name)


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
