"""The sandbox's disk: one temporary folder with what was uploaded and what was drawn."""

import hashlib
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote
from uuid import uuid4

_CHUNK_BYTES = 1 << 20
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """One received file, as it lies on the shelf. `size` is in bytes, `sha256` in hex."""

    id: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    path: Path

    @property
    def url_path(self) -> str:
        """Where the sandbox serves it, below its base URL."""
        return f"/uploads/{self.id}/{quote(self.file_name)}"


class Shelf:
    """A folder that exists from the first file on, and is removed with this object or by `clear`."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._remove: weakref.finalize[[str], Shelf] | None = None

    def place(self, name: str) -> Path:
        """The path for a file of that name; the name is the sandbox's own, never a client's."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="atlascloud-sandbox-"))
            self._remove = weakref.finalize(self, _remove_folder, str(self._folder))
        return self._folder / name

    def keep(self, source: BinaryIO, *, file_name: str, content_type: str) -> Upload:
        """The file is on the shelf, read in pieces of 1 MiB. Blocks: call it in a worker thread."""
        upload_id = uuid4().hex
        path = self.place(f"upload-{upload_id}")
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as target:
            while chunk := source.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        name = PurePosixPath(file_name.replace("\\", "/")).name[-_LONGEST_NAME:] or "file"
        return Upload(upload_id, name, content_type, size, digest.hexdigest(), path)

    def clear(self) -> None:
        """The folder and all in it are gone; the next file gets a new one."""
        if self._remove is not None:
            self._remove()
        self._folder = self._remove = None


def _remove_folder(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
