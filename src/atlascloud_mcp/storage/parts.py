"""Files in the making, under hidden names of our own: whole in the end or not at all, and swept when long forgotten."""

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable

from atlascloud_mcp.storage.handles import FolderHandle

STALE_S = 24 * 3600
"""A file in the making that nobody has written to for so long is that of a server that was killed."""

_PART = re.compile(r"\.atlascloud-[0-9a-f]{16}\.part")


def part_name() -> str:
    """A new name for a file in the making."""
    return f".atlascloud-{secrets.token_hex(8)}.part"


def replace_whole(folder: FolderHandle, name: str, content: bytes) -> None:
    """The content stands under this name, whatever stood there, for its owner alone. Blocking; raises OSError.

    Not forced onto the disk: after a power cut the file may be damaged.
    """
    part = part_name()
    descriptor = folder.create(part, private=True)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        folder.replace(part, name)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.remove(part)
        raise


def sweep(folder: FolderHandle, longest: Callable[[str], float | None] = lambda _: None) -> None:
    """Forgotten files in the making are gone, and regular files older than `longest` says of their name, in seconds.

    Blocking; never raises.
    """
    now = time.time()
    with contextlib.suppress(OSError), os.scandir(folder.path) as entries:  # the handle may enter but not list
        for name in [entry.name for entry in entries]:
            age = STALE_S if _PART.fullmatch(name) else longest(name)
            if age is None:
                continue
            with contextlib.suppress(OSError):
                found = folder.lstat(name)
                if stat.S_ISREG(found.st_mode) and now - found.st_mtime > age:
                    folder.remove(name)
