"""The journal: every job of this machine, on the disk before it is paid for.

A job is one row, written whole each time, so that a row which could not be written at first is complete as soon as
one write succeeds. What stands in a row's `record` is the business of those who write it; here are only the columns by
which it is found. As to blocking and failing see `database`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from atlascloud_mcp.storage.database import Database

_COLUMNS = "uid, account, key, process, created_at, prediction_id, is_open, is_delivered, record"


@dataclass(frozen=True, slots=True)
class Row:
    """One job. `account` is a fingerprint of service and API key, `key` one of what was asked.

    `process` is the server of whose calls one waits for it; empty when none does. `created_at` in seconds since 1970.
    `is_open` until it has failed or all of it has been saved, `is_delivered` once a host has taken its answer.
    """

    uid: str
    account: str
    key: str
    process: str
    created_at: float
    prediction_id: str | None
    is_open: bool
    is_delivered: bool
    record: str


class Journal:
    """The jobs in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, rows: Sequence[Row], process: str) -> None:
        """The rows stand there, whatever stood under their uids; but what has ended, or was delivered, stays so.

        `process` writes them: that it does not wait for a job is no news about another one that does.
        """
        values = [
            (
                *(row.uid, row.account, row.key, row.process, row.created_at, row.prediction_id),
                *(row.is_open, row.is_delivered, row.record, process),
            )
            for row in rows
        ]
        self._database.changed(lambda db: db.executemany(_WRITE, values))

    def claim(self, row: Row, process: str) -> bool:
        """Whether `process` now waits for this job; not when another one has been faster."""
        query = "UPDATE jobs SET process = ? WHERE uid = ? AND process = ? AND NOT is_delivered"
        return self._database.changed(lambda db: db.execute(query, (process, row.uid, row.process)).rowcount == 1)

    def by_prediction(self, account: str, prediction_id: str) -> Row | None:
        """The job with this id, the newest should there be several."""
        found = self._select("account = ? AND prediction_id = ?", (account, prediction_id), 1)
        return found[0] if found else None

    def with_key(self, key: str, since: float) -> list[Row]:
        """The jobs of equal requests since then, the newest first."""
        return self._select("key = ? AND created_at >= ?", (key, since), 100)

    def open_jobs(self, account: str, limit: int) -> list[Row]:
        """The jobs that are still open, the newest first."""
        return self._select("account = ? AND is_open", (account,), limit)

    def latest(self, account: str, limit: int) -> list[Row]:
        """All jobs, the newest first."""
        return self._select("account = ?", (account,), limit)

    def taken(self, account: str, prediction_ids: Sequence[str]) -> set[str]:
        """Those of these ids that some job has."""
        marks = ", ".join("?" * len(prediction_ids))
        query = f"SELECT prediction_id FROM jobs WHERE account = ? AND prediction_id IN ({marks})"  # noqa: S608 - marks
        found = self._database.used(lambda db: db.execute(query, (account, *prediction_ids)).fetchall())
        return {row[0] for row in found}

    def intents(self, account: str, limit: int) -> list[Row]:
        """The jobs that are still open and whose ids are not known, the newest first."""
        return self._select("account = ? AND is_open AND prediction_id IS NULL", (account,), limit)

    def everything(self, limit: int) -> list[Row]:
        """The jobs of all accounts, the newest first; of what is open as many again."""
        found = {row.uid: row for row in (*self._select("is_open", (), limit), *self._select("1", (), limit))}
        return sorted(found.values(), key=lambda row: row.created_at, reverse=True)

    def by_start(self, start: str, limit: int) -> list[Row]:
        """The jobs whose uid or prediction id begins so."""
        start = start.encode(errors="replace").decode()
        like = start.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        return self._select(r"uid LIKE ? ESCAPE '\' OR prediction_id LIKE ? ESCAPE '\'", (like, like), limit)

    def drop(self, uid: str) -> None:
        """This row is gone, unless its job has an id: somebody else may have found that meanwhile."""
        query = "DELETE FROM jobs WHERE uid = ? AND prediction_id IS NULL"
        self._database.changed(lambda db: db.execute(query, (uid,)))

    def forget(self, uids: Sequence[str]) -> None:
        """These rows are gone."""
        self._database.changed(lambda db: db.executemany("DELETE FROM jobs WHERE uid = ?", [(uid,) for uid in uids]))

    def forget_before(self, moment: float) -> int:
        """The rows from before that moment are gone, but for what is open. How many there were."""
        query = "DELETE FROM jobs WHERE created_at < ? AND NOT is_open"
        return self._database.changed(lambda db: db.execute(query, (moment,)).rowcount)

    def _select(self, where: str, values: Sequence[object], limit: int) -> list[Row]:
        query = f"SELECT {_COLUMNS} FROM jobs WHERE {where} ORDER BY created_at DESC LIMIT ?"  # noqa: S608 - our own words
        found = self._database.used(lambda db: db.execute(query, (*values, limit)).fetchall())
        return [Row(*row[:6], is_open=bool(row[6]), is_delivered=bool(row[7]), record=row[8]) for row in found]


_WRITE = f"""
    INSERT INTO jobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (uid) DO UPDATE SET
        key = excluded.key,
        process = iif(excluded.process <> '' OR process = ?, excluded.process, process),
        created_at = excluded.created_at,
        prediction_id = coalesce(excluded.prediction_id, prediction_id),
        is_open = min(is_open, excluded.is_open),
        is_delivered = max(is_delivered, excluded.is_delivered),
        record = excluded.record
"""  # noqa: S608 - our own columns
