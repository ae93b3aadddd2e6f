"""What may be lost: copies of public documents in a folder of the user's own. Without a disk there is no cache."""

import errno
import logging
import os
import re
import stat
from pathlib import Path

from anyio import to_thread

from atlascloud_mcp.storage.handles import FolderHandle
from atlascloud_mcp.storage.names import is_reserved
from atlascloud_mcp.storage.parts import replace_whole, sweep

logger = logging.getLogger(__name__)

MAX_BYTES = 64 * 2**20
UNUSED_S = 90 * 24 * 3600
"""A file that nobody has written for so long is of a model or a server that is no more."""

SUFFIX = ".cached"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,98}[A-Za-z0-9]")


class CacheFolder:
    """Files by name in one folder, which the first `write` makes, for its owner alone where the system can.

    No method raises for trouble with the disk: what cannot be read is not there, what cannot be written is not kept,
    and the log says so. A file is replaced whole or not at all.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_swept = False

    async def read(self, name: str) -> bytes | None:
        """The content under this name; None when there is none that can be read.

        Raises:
            ValueError: this is no plain file name.
        """
        return await to_thread.run_sync(self._read, _checked(name))

    async def write(self, name: str, content: bytes) -> None:
        """The content stands under this name, whatever stood there.

        Raises:
            ValueError: this is no plain file name.
        """
        await to_thread.run_sync(self._write, _checked(name), content)

    def _read(self, name: str) -> bytes | None:
        try:
            with FolderHandle.open(self._folder.resolve()) as folder:
                return _content(folder.open_to_read(name))
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            logger.info("not read from the cache: %s (%s)", name, error)
            return None

    def _write(self, name: str, content: bytes) -> None:
        if len(content) > MAX_BYTES:
            logger.info("not written to the cache: %s has %d bytes", name, len(content))
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FolderHandle.open(self._folder.resolve()) as folder:
                if not self._is_swept:  # once in a process
                    self._is_swept = True
                    sweep(folder, lambda found: UNUSED_S if found.endswith(SUFFIX) else None)
                replace_whole(folder, name, content)
        except (OSError, RuntimeError) as error:
            logger.info("not written to the cache: %s (%s)", name, error)


def _checked(name: str) -> str:
    """The file of a name. Its suffix tells our files from any others that are in the folder."""
    if not _NAME.fullmatch(name) or is_reserved(name):
        raise ValueError(f"no plain file name: {name!r}")
    return name + SUFFIX


def _content(descriptor: int) -> bytes:
    """All that is in an open file, which is closed then."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_BYTES:
            raise OSError(errno.EFBIG, "no file, or too large a one")
        content = bytearray()
        while chunk := os.read(descriptor, 2**20):
            content += chunk
            if len(content) > MAX_BYTES:
                raise OSError(errno.EFBIG, "too large")
        return bytes(content)
    finally:
        os.close(descriptor)
