"""What has been uploaded, by the bytes: under which address and until when, and which bytes a file had when last read.

Neither names nor paths of files are kept. As to blocking and failing see `database`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from atlascloud_mcp.storage.database import Database
from atlascloud_mcp.storage.reading import FileVersion

LIFETIME_S = 30 * 60.0
"""How long an address is used again.

Atlas Cloud erases uploads "periodically" and names no time. In half an hour an equal call is taken for a repeat, and
nobody would know of an address that dies sooner.
"""
MARGIN_S = 60.0
"""Of an address that says when it ends: a job reads its inputs some time after it was submitted."""
SETTLED_S = 2.0
"""A file changed so shortly before it was read may change again without its times showing it: some count in steps of
2 s (FAT). Source: git's documentation, "racy-git"."""
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Content:
    """Some bytes as they are uploaded: for whom, and as what; the extension decides how the service reads them.

    `account` is a fingerprint of service and key.
    """

    account: str
    sha256: str
    mime_type: str
    extension: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bytes lie; `is_sandbox` where it is no real Atlas Cloud that has them."""

    url: str
    is_sandbox: bool


class Uploads:
    """The uploads in a database. Moments are seconds since 1970."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def address(self, content: Content, now: float) -> Address | None:
        """Where these bytes still lie, as far as can be known."""
        # What ends later than anything can that was uploaded by now is from before the clock was put back.
        query = f"SELECT url, is_sandbox FROM uploads WHERE {_THESE} AND expires_at > ? AND expires_at <= ?"  # noqa: S608 - our own words
        values = (*astuple(content), now, now + LIFETIME_S)
        row = self._database.used(lambda db: db.execute(query, values).fetchone())
        return Address(row[0], bool(row[1])) if row else None

    def remember(self, content: Content, address: Address, now: float, ends_at: float | None) -> None:
        """These bytes were uploaded just now; `ends_at` is what the address itself says. What has ended is gone."""
        expires_at = now + LIFETIME_S if ends_at is None else min(now + LIFETIME_S, ends_at - MARGIN_S)

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*astuple(content), address.url, address.is_sandbox, expires_at),
            )
            db.execute("DELETE FROM uploads WHERE expires_at <= ? OR expires_at > ?", (now, now + LIFETIME_S))

        self._database.changed(work)

    def forget(self, account: str, urls: Sequence[str]) -> int:
        """These addresses are not used again. How many of them were remembered."""
        query = "DELETE FROM uploads WHERE account = ? AND url = ?"
        values = [(account, url) for url in urls]
        return self._database.changed(lambda db: db.executemany(query, values).rowcount)

    def sha256(self, version: FileVersion) -> str | None:
        """What this file's bytes had when they were read, unless it may have changed since."""
        query = "SELECT sha256, size, mtime_ns, ctime_ns FROM files WHERE device = ? AND inode = ?"
        device, inode, *state = _texts(version)
        row = self._database.used(lambda db: db.execute(query, (device, inode)).fetchone())
        return str(row[0]) if row and list(row[1:]) == state else None

    def remember_sha256(self, version: FileVersion, sha256: str, read_at: float) -> None:
        """So this file's bytes were when reading them began, if its times would show a change since.

        Of the files only the newest are kept, `MOST_FILES` of them.
        """
        if not version.inode or read_at - version.mtime_ns / 1e9 < SETTLED_S:  # 0: the file system has no numbers
            return

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", (*_texts(version), sha256))
            db.execute("DELETE FROM files WHERE rowid <= (SELECT max(rowid) FROM files) - ?", (MOST_FILES,))

        self._database.changed(work)


_THESE = "account = ? AND sha256 = ? AND mime_type = ? AND extension = ?"


def _texts(version: FileVersion) -> tuple[str, ...]:
    return tuple(map(str, astuple(version)))
