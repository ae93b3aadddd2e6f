"""The journal as a file: what is written is found again, by every process, and trouble is said in words."""

import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Barrier

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.database import BUSY_S, VERSION, Database
from atlascloud_mcp.storage.journal import Journal, Row

NOW = 1_795_348_800.0
ME = "somebody"
ROW = Row(
    uid="a1",
    account=ME,
    key="k1",
    process="p1",
    created_at=NOW,
    prediction_id=None,
    is_open=True,
    is_delivered=False,
    record='{"prompt": "a fox"}',
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems share memory in other sizes")
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other access rights")
not_root = pytest.mark.skipif(sys.platform != "win32" and os.getuid() == 0, reason="root may write anywhere")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "jobs.db"


@pytest.fixture
def database(path: Path) -> Generator[Database]:
    opened = Database(path)
    yield opened
    opened.close()


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database)


@pytest.fixture
def other(path: Path, journal: Journal) -> Generator[Journal]:
    """The same journal in another process, as it were."""
    opened = Database(path)
    yield Journal(opened)
    opened.close()


def numbered(count: int, **fields: object) -> list[Row]:
    """So many jobs, a second apart, the oldest first."""
    return [
        replace(ROW, uid=f"a{number}", prediction_id=f"p{number}", created_at=NOW + number, **fields)  # pyright: ignore[reportArgumentType] - fields of a row
        for number in range(count)
    ]


def uids(rows: list[Row]) -> list[str]:
    return [row.uid for row in rows]


def test_a_job_that_one_process_writes_is_found_by_another(journal: Journal, other: Journal) -> None:
    row = replace(ROW, prediction_id="p1", record='{"prompt": "狐 \\ud83e"}')
    journal.write([row], "me")
    assert other.by_prediction(ME, "p1") == row
    assert other.with_key("k1", NOW) == [row]
    assert other.open_jobs(ME, 9) == other.latest(ME, 9) == other.everything(9) == [row]
    assert other.by_start("a", 9) == other.by_start("p1", 9) == [row]


def test_what_is_written_outlives_its_process(path: Path, database: Database, journal: Journal) -> None:
    journal.write([ROW], "me")
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT uid, record FROM jobs").fetchall() == [(ROW.uid, ROW.record)]


def test_jobs_come_the_newest_first_and_no_more_than_were_asked_for(journal: Journal) -> None:
    journal.write(numbered(5), "me")
    for found in (journal.latest(ME, 3), journal.open_jobs(ME, 3), journal.everything(3), journal.by_start("a", 3)):
        assert uids(found) == ["a4", "a3", "a2"]
    assert uids(journal.with_key("k1", NOW + 2)) == ["a4", "a3", "a2"]


def test_nothing_is_found_of_another_account_or_of_another_request(journal: Journal) -> None:
    journal.write([replace(ROW, prediction_id="p1")], "me")
    assert journal.by_prediction("else", "p1") is None
    assert journal.open_jobs("else", 9) == journal.latest("else", 9) == []
    assert journal.with_key("k2", 0.0) == []
    assert journal.with_key("k1", NOW + 1) == []


def test_an_id_of_several_rows_is_that_of_the_newest(journal: Journal) -> None:
    journal.write([replace(row, prediction_id="same") for row in numbered(3)], "me")
    found = journal.by_prediction(ME, "same")
    assert found is not None
    assert found.uid == "a2"


@pytest.mark.parametrize("start", ["%", "_", "a_", "\\", "a1\\", "'", "a1' OR '1"])
def test_the_start_of_an_id_is_taken_as_it_is_written(journal: Journal, start: str) -> None:
    journal.write([replace(ROW, prediction_id="p1")], "me")
    assert journal.by_start(start, 9) == []
    odd = replace(ROW, uid=f"{start}tail")
    journal.write([odd], "me")
    assert journal.by_start(start, 9) == [odd]


def test_a_job_that_is_written_again_is_one_job_as_it_stands_now(journal: Journal) -> None:
    journal.write([ROW], "me")
    later = replace(ROW, prediction_id="p1", process="", is_open=False, is_delivered=True, record="{}")
    journal.write([later], ROW.process)
    assert journal.latest(ME, 9) == [later]
    assert journal.open_jobs(ME, 9) == []


STATES = st.tuples(st.booleans(), st.booleans(), st.sampled_from([None, "p1"]))


@settings(max_examples=25, deadline=None)
@given(st.lists(STATES, min_size=1, max_size=6))
def test_in_whatever_order_writes_come_what_was_known_once_stays_known(
    states: list[tuple[bool, bool, str | None]],
) -> None:
    """Two processes write of one job, and the later one may know less."""
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "jobs.db")
        journal = Journal(database)
        for is_open, is_delivered, prediction_id in states:
            journal.write([replace(ROW, is_open=is_open, is_delivered=is_delivered, prediction_id=prediction_id)], "me")
        (found,) = journal.latest(ME, 9)
        database.close()
    assert found.is_open == all(is_open for is_open, _, _ in states)
    assert found.is_delivered == any(is_delivered for _, is_delivered, _ in states)
    assert found.prediction_id == ("p1" if any(prediction_id for _, _, prediction_id in states) else None)


def test_of_two_processes_that_claim_a_job_one_gets_it(journal: Journal, other: Journal) -> None:
    journal.write([ROW], "me")
    (seen,) = other.with_key("k1", 0.0)
    assert other.claim(seen, "p2")
    assert not journal.claim(ROW, "p3")
    assert [row.process for row in journal.latest(ME, 9)] == ["p2"]


def test_of_many_that_claim_a_job_at_the_same_time_one_gets_it(path: Path, journal: Journal) -> None:
    journal.write([ROW], "me")
    start = Barrier(6)

    def claim(number: int) -> bool:
        database = Database(path)
        (seen,) = Journal(database).latest(ME, 1)
        start.wait(10)
        won = Journal(database).claim(seen, f"q{number}")
        database.close()
        return won

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(claim, range(6)))
    assert sum(won) == 1
    assert [row.process for row in journal.latest(ME, 9)] == [f"q{won.index(True)}"]


@pytest.mark.parametrize("gone", [replace(ROW, is_delivered=True), replace(ROW, uid="never written")])
def test_a_job_that_was_delivered_or_is_gone_cannot_be_claimed(journal: Journal, gone: Row) -> None:
    journal.write([replace(ROW, is_delivered=gone.is_delivered)], "me")
    assert not journal.claim(gone, "p2")


def test_what_is_old_is_forgotten_but_for_what_is_open(journal: Journal) -> None:
    journal.write([replace(row, is_open=row.uid in {"a0", "a3"}) for row in numbered(5)], "me")
    journal.forget_before(NOW + 2)
    assert uids(journal.latest(ME, 9)) == ["a4", "a3", "a2", "a0"]


def test_jobs_are_forgotten_by_their_uids(journal: Journal) -> None:
    journal.write(numbered(3), "me")
    journal.forget(["a0", "a2", "unknown"])
    assert uids(journal.latest(ME, 9)) == ["a1"]


def test_of_a_batch_all_rows_are_written_or_none(journal: Journal, database: Database) -> None:
    bad = replace(ROW, uid="a9", key=None)  # pyright: ignore[reportArgumentType] - what the file refuses
    with pytest.raises(DiskError):
        journal.write([ROW, bad], "me")
    assert journal.latest(ME, 9) == []
    journal.write([ROW], "me")
    assert database.is_whole()


@pytest.mark.parametrize("has_file", [True, False], ids=["empty file", "no file"])
def test_a_file_of_no_version_is_brought_to_ours(path: Path, journal: Journal, has_file: bool) -> None:
    if has_file:
        path.parent.mkdir()
        path.touch()
    journal.write([ROW], "me")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


WITHOUT_SHARED_MEMORY = """
import resource, signal, sys
from pathlib import Path
from atlascloud_mcp.storage.database import Database
from atlascloud_mcp.storage.journal import Journal, Row

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
one, other = (Database(Path(sys.argv[1])) for _ in range(2))
for number, database in enumerate((one, other, one)):
    Journal(database).write([Row(f"b{number}", "somebody", "k1", "", 1.0, None, True, False, "{}")], "me")
assert one.used(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("delete",)
assert one.used(lambda db: db.execute("PRAGMA synchronous").fetchone()) == (2,)
"""


@linux
@pytest.mark.parametrize("before", [0, 3], ids=["new file", "file with a log"])
def test_where_there_is_no_shared_memory_the_journal_does_without_its_log(
    path: Path, database: Database, journal: Journal, before: int
) -> None:
    """The memory is a file of 32 kB: the system's own limit on the size of a file stands for what cannot share it."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 512")  # so that the journal itself stays below the limit
        connection.execute("VACUUM")
    if before:
        journal.write(numbered(before), "me")
        database.close()
    subprocess.run([sys.executable, "-c", WITHOUT_SHARED_MEMORY, str(path)], check=True)
    assert sorted(uids(journal.latest(ME, 99))) == [*(f"a{number}" for number in range(before)), "b0", "b1", "b2"]
    assert database.is_whole()


def test_every_write_is_forced_onto_the_disk(database: Database) -> None:
    assert database.used(lambda db: db.execute("PRAGMA synchronous").fetchone()) == (2,)  # FULL


def test_a_file_of_a_newer_version_is_left_alone_and_named(path: Path, database: Database, journal: Journal) -> None:
    journal.write([ROW], "me")
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(DiskError, match="a newer version of this program has written it") as caught:
        journal.latest(ME, 9)
    assert str(path) in caught.value.message
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT uid FROM jobs").fetchall() == [(ROW.uid,)]


@posix
def test_file_and_companions_are_for_their_owner_alone(path: Path, journal: Journal) -> None:
    before = os.umask(0)
    try:
        journal.write([ROW], "me")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        folder = stat.S_IMODE(path.parent.stat().st_mode)
    finally:
        os.umask(before)
    assert modes == {"jobs.db": 0o600, "jobs.db-wal": 0o600, "jobs.db-shm": 0o600}
    assert folder == 0o700


@pytest.mark.slow
def test_a_file_that_another_process_locks_for_too_long_is_said_to_be_locked(path: Path, journal: Journal) -> None:
    journal.write([ROW], "me")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(DiskError, match=f"it was locked by another process for {BUSY_S:.0f} s"):
            journal.write([replace(ROW, record="{}")], "me")
        assert BUSY_S - 0.1 <= time.monotonic() - began < 3 * BUSY_S
        assert journal.latest(ME, 9) == [ROW]
        connection.execute("ROLLBACK")
    journal.write([replace(ROW, record="{}")], "me")
    assert [row.record for row in journal.latest(ME, 9)] == ["{}"]


def overwritten(path: Path) -> None:
    path.write_bytes(b"this is no database " * 500)


def cut(path: Path) -> None:
    """Of the last page that has rows in it nothing is left."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def scratched(path: Path) -> None:
    """All but the first page is noise."""
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


@pytest.mark.parametrize("damage", [overwritten, cut, scratched])
def test_a_damaged_file_is_named_and_stays_and_another_is_begun_once_it_is_moved_away(
    path: Path, database: Database, journal: Journal, damage: Callable[[Path], None]
) -> None:
    journal.write([replace(row, record="x" * 3000) for row in numbered(20)], "me")
    database.close()
    damage(path)
    damaged = path.read_bytes()
    with pytest.raises(DiskError, match="it is damaged; once it is moved away, a new one is begun"):
        journal.latest(ME, 99)
    database.close()
    assert path.read_bytes() == damaged
    path.rename(path.with_suffix(".old"))
    journal.write([ROW], "me")
    assert journal.latest(ME, 9) == [ROW]
    assert database.is_whole()


def test_a_folder_in_its_place_is_named(path: Path, journal: Journal) -> None:
    path.mkdir(parents=True)
    with pytest.raises(DiskError, match=r"The journal .*jobs\.db cannot be used: "):
        journal.write([ROW], "me")
    path.rmdir()
    journal.write([ROW], "me")
    assert journal.latest(ME, 9) == [ROW]


def test_a_file_in_place_of_its_folder_is_named(path: Path, journal: Journal) -> None:
    path.parent.touch()
    with pytest.raises(DiskError, match=r"The journal .*jobs\.db cannot be used: "):
        journal.write([ROW], "me")


@posix
@not_root
def test_a_folder_that_may_not_be_written_is_named(path: Path, journal: Journal) -> None:
    path.parent.mkdir(mode=0o500)
    try:
        with pytest.raises(DiskError, match="cannot be used: Permission denied"):
            journal.write([ROW], "me")
    finally:
        path.parent.chmod(0o700)


def seconds_of(work: Callable[[], object]) -> float:
    """The median of some runs."""
    taken: list[float] = []
    for _ in range(15):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


@pytest.mark.slow
def test_a_hundred_thousand_jobs_slow_nothing(journal: Journal) -> None:
    works: dict[str, Callable[[], object]] = {
        "write": lambda: journal.write([replace(ROW, uid="mine")], "me"),
        "by_prediction": lambda: journal.by_prediction(ME, "p77"),
        "with_key": lambda: journal.with_key("key-77", 0.0),
        "open_jobs": lambda: journal.open_jobs(ME, 100),
        "latest": lambda: journal.latest(ME, 200),
        "claim": lambda: journal.claim(ROW, "p2"),
    }

    def filled(start: int, end: int) -> dict[str, float]:
        jobs = [
            replace(
                ROW,
                uid=f"u{number}",
                key=f"key-{number}",
                prediction_id=f"p{number}",
                created_at=NOW + number,
                is_open=number % 1000 == 0,
                record="x" * 600,
            )
            for number in range(start, end)
        ]
        journal.write(jobs, "me")
        return {name: seconds_of(work) for name, work in works.items()}

    few = filled(0, 1_000)
    many = filled(1_000, 100_000)
    # What a look-up costs besides its depth is the disk's business: three times, or a few milliseconds, is noise.
    slower = {name: (few[name], took) for name, took in many.items() if took > max(3 * few[name], few[name] + 0.004)}
    assert slower == {}
