"""The SQLite file of this machine's jobs and uploads: opened on first use, shared by all server processes.

Every method blocks, for some milliseconds or, while another process writes, for `BUSY_S` at most: call them in a
thread. Source: sqlite.org, "Write-Ahead Logging" (no network file systems; durable with synchronous=FULL).
"""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from atlascloud_mcp.errors import Billing, DiskError

BUSY_S = 2.0
"""How long a write waits for other processes: a generation is not held up for longer by what is to protect it."""
VERSION = 1

T = TypeVar("T")

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE jobs (
            uid TEXT PRIMARY KEY,
            account TEXT NOT NULL,
            key TEXT NOT NULL,
            process TEXT NOT NULL,
            created_at REAL NOT NULL,
            prediction_id TEXT,
            is_open INTEGER NOT NULL,
            is_delivered INTEGER NOT NULL,
            record TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX jobs_by_time ON jobs (account, created_at)",
        "CREATE INDEX jobs_by_id ON jobs (account, prediction_id, created_at)",
        "CREATE INDEX jobs_by_key ON jobs (key, created_at)",
        "CREATE INDEX jobs_open ON jobs (account, created_at) WHERE is_open",
        """
        CREATE TABLE uploads (
            account TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            mime_type TEXT NOT NULL,
            extension TEXT NOT NULL,
            url TEXT NOT NULL,
            is_sandbox INTEGER NOT NULL,
            expires_at REAL NOT NULL,
            PRIMARY KEY (account, sha256, mime_type, extension)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX uploads_by_end ON uploads (expires_at)",
        # Numbers of files as text: some systems have larger ones than SQLite. The row's own number tells which is new.
        """
        CREATE TABLE files (
            device TEXT NOT NULL,
            inode TEXT NOT NULL,
            size TEXT NOT NULL,
            mtime_ns TEXT NOT NULL,
            ctime_ns TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            PRIMARY KEY (device, inode)
        )
        """,
    ),
)
"""What takes a file from each version to the next."""


class Database:
    """One file, which the first call makes, for its owner alone where the system can.

    Every method raises DiskError, in words for the user, when the file cannot be used just now; the next call tries
    anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._using = threading.Lock()  # of one connection only one thread may make use

    def changed(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns; what it writes is there as a whole or not at all, and outlives a power cut."""
        return self.used(lambda db: _whole(db, lambda: work(db)))

    def is_whole(self) -> bool:
        """Whether SQLite finds nothing wrong in the file."""
        return self.used(lambda db: db.execute("PRAGMA integrity_check").fetchone() == ("ok",))

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._using:
            self._drop()

    def used(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns."""
        if not self._using.acquire(timeout=BUSY_S):  # or many calls would wait for one lock, one after another
            raise _unusable(self._path, _LOCKED)
        try:
            if self._connection is None:
                self._connection = _opened(self._path)
            return work(self._connection)
        except (sqlite3.Error, OSError) as error:
            self._drop()  # what is wrong may be put right before the next call
            raise _unusable(self._path, _reason(error)) from error
        finally:
            self._using.release()

    def _drop(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to the file at `path`, made or brought up to date where need be."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite gives its companions the same mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
    try:
        return _connected(path)
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            raise
        return _connected(path, with_wal=False)


def _connected(path: Path, *, with_wal: bool = True) -> sqlite3.Connection:
    """A connection with write-ahead log, or without it: the shared memory for it is what network file systems lack.

    Source: sqlite.org, "Write-Ahead Logging", use without shared memory: only who locks the file for itself can then
    open one that has such a log, and end it.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        if not with_wal:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA locking_mode = NORMAL")
        elif _version(connection) == 0:  # once in a file's life: trying again would be in the way of other processes
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        _migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection) -> None:
    """The file has our version, whichever process brings it there.

    Raises:
        sqlite3.DatabaseError: a newer version of this program has written it.
    """
    if _version(connection) == VERSION:
        return

    def migrate() -> None:
        for migration in _MIGRATIONS[_version(connection) :]:  # another process may have been faster
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    _whole(connection, migrate)


def _whole(connection: sqlite3.Connection, work: Callable[[], T]) -> T:
    """What `work` returns, done in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = work()
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # some failures have ended it already
            connection.execute("ROLLBACK")
        raise
    return done


def _version(connection: sqlite3.Connection) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise sqlite3.DatabaseError("a newer version of this program has written it")
    return found


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


_LOCKED = f"it was locked by another process for {BUSY_S:.0f} s"
_DAMAGED = "it is damaged; once it is moved away, a new one is begun"
_REASONS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


def _reason(error: sqlite3.Error | OSError) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # extended codes say more than is needed
    said = error.strerror if isinstance(error, OSError) else None
    return _REASONS.get(code) or said or str(error)


def _unusable(path: Path, reason: str) -> DiskError:
    return DiskError(f"The journal {path} cannot be used: {reason}.", billing=Billing.NOT_CONCERNED)
