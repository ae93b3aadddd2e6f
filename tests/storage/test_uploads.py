"""What the store of uploads remembers, and for how long."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlascloud_mcp.errors import DiskError
from atlascloud_mcp.storage.database import Database
from atlascloud_mcp.storage.reading import FileVersion
from atlascloud_mcp.storage.uploads import LIFETIME_S, MARGIN_S, MOST_FILES, Address, Content, Uploads

NOW = 1_795_348_800.0
CONTENT = Content("somebody", "ab" * 32, "image/png", ".png")
ADDRESS = Address("https://cdn.test/1.png", is_sandbox=False)
FILE = FileVersion(2**64 - 1, 2**127, 7_000, int((NOW - 60) * 1e9), int((NOW - 50) * 1e9))


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    opened = Database(tmp_path / "jobs.db")
    yield opened
    opened.close()


@pytest.fixture
def uploads(database: Database) -> Uploads:
    return Uploads(database)


def rows(database: Database, table: str) -> int:
    return database.used(lambda db: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


@pytest.mark.parametrize(
    ("ends_at", "lasts_s"),
    [(None, LIFETIME_S), (NOW + 10 * LIFETIME_S, LIFETIME_S), (NOW + 300, 300 - MARGIN_S), (NOW + 30, 0.0)],
)
def test_an_address_is_known_until_it_ends(uploads: Uploads, ends_at: float | None, lasts_s: float) -> None:
    uploads.remember(CONTENT, ADDRESS, NOW, ends_at)
    assert uploads.address(CONTENT, NOW + lasts_s) is None
    assert uploads.address(CONTENT, NOW + lasts_s - 1) == (ADDRESS if lasts_s else None)


def test_an_address_is_known_to_a_later_process_with_all_that_was_told(
    tmp_path: Path, database: Database, uploads: Uploads
) -> None:
    practice = Address("https://sandbox.test/1.png", is_sandbox=True)
    uploads.remember(CONTENT, practice, NOW, None)
    database.close()
    assert Uploads(Database(tmp_path / "jobs.db")).address(CONTENT, NOW) == practice


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTENT, account="else"),
        replace(CONTENT, sha256="cd" * 32),
        replace(CONTENT, mime_type="image/webp"),
        replace(CONTENT, extension=".jpeg"),
    ],
)
def test_an_address_is_for_these_bytes_of_this_account_as_this_kind_only(uploads: Uploads, other: Content) -> None:
    uploads.remember(CONTENT, ADDRESS, NOW, None)
    assert uploads.address(other, NOW) is None
    uploads.remember(other, replace(ADDRESS, url="https://cdn.test/2.png"), NOW, None)
    assert uploads.address(CONTENT, NOW) == ADDRESS


def test_when_the_clock_was_put_back_no_address_lives_longer_for_it(uploads: Uploads) -> None:
    uploads.remember(CONTENT, ADDRESS, NOW, None)
    assert uploads.address(CONTENT, NOW - 86_400) is None
    assert uploads.address(CONTENT, NOW) == ADDRESS


def test_what_has_ended_goes_when_the_next_is_written(database: Database, uploads: Uploads) -> None:
    for number in range(5):
        uploads.remember(replace(CONTENT, sha256=str(number)), ADDRESS, NOW + number, None)
    assert rows(database, "uploads") == 5
    uploads.remember(CONTENT, ADDRESS, NOW + 3 + LIFETIME_S, None)
    assert rows(database, "uploads") == 2


def test_an_address_that_is_forgotten_is_gone_for_its_account_alone(uploads: Uploads) -> None:
    neighbour = replace(CONTENT, account="else")
    for content in (CONTENT, neighbour):
        uploads.remember(content, ADDRESS, NOW, None)
    assert uploads.forget("somebody", ["https://cdn.test/other.png", ADDRESS.url]) == 1
    assert uploads.forget("somebody", [ADDRESS.url]) == 0
    assert uploads.forget("somebody", []) <= 0
    assert (uploads.address(CONTENT, NOW), uploads.address(neighbour, NOW)) == (None, ADDRESS)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"device": 1},
        {"inode": 1},
        {"size": 7_001},
        {"mtime_ns": FILE.mtime_ns + 1},
        {"ctime_ns": FILE.ctime_ns + 1},
    ],
)
def test_the_hash_of_a_file_is_known_while_nothing_about_it_has_changed(
    uploads: Uploads, change: dict[str, int]
) -> None:
    uploads.remember_sha256(FILE, "ab", NOW)
    assert uploads.sha256(replace(FILE, **change)) == (None if change else "ab")


@pytest.mark.parametrize(("age_s", "is_kept"), [(2.0, True), (1.9, False), (0.0, False), (-3600.0, False)])
def test_the_hash_of_a_file_counts_only_when_it_had_not_just_been_changed(
    uploads: Uploads, age_s: float, is_kept: bool
) -> None:
    version = replace(FILE, mtime_ns=int(NOW * 1000 - age_s * 1000) * 10**6)
    uploads.remember_sha256(version, "ab", NOW)
    assert (uploads.sha256(version) == "ab") is is_kept


def test_where_files_have_no_numbers_no_hash_is_kept(uploads: Uploads) -> None:
    uploads.remember_sha256(replace(FILE, inode=0), "ab", NOW)
    assert uploads.sha256(replace(FILE, inode=0)) is None


def test_of_the_files_only_the_newest_are_kept(database: Database, uploads: Uploads) -> None:
    uploads.remember_sha256(FILE, "ab", NOW)
    others = [(str(number),) for number in range(MOST_FILES - 1)]
    database.changed(lambda db: db.executemany("INSERT INTO files VALUES (?, '1', '1', '1', '1', 'x')", others))
    uploads.remember_sha256(FILE, "cd", NOW)  # seen again: not among the oldest any more
    uploads.remember_sha256(replace(FILE, inode=5), "ef", NOW)
    assert rows(database, "files") == MOST_FILES
    uploads.remember_sha256(replace(FILE, inode=6), "01", NOW)
    assert rows(database, "files") == MOST_FILES
    assert [uploads.sha256(replace(FILE, inode=inode)) for inode in (FILE.inode, 5, 6)] == ["cd", "ef", "01"]


def _folder(path: Path) -> None:
    path.mkdir()


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database " * 100)


@pytest.mark.parametrize("spoil", [_folder, _garbage])
def test_a_database_that_cannot_be_used_is_an_error_of_the_disk(
    tmp_path: Path, uploads: Uploads, spoil: Callable[[Path], None]
) -> None:
    spoil(tmp_path / "jobs.db")
    for call in (
        lambda: uploads.address(CONTENT, NOW),
        lambda: uploads.remember(CONTENT, ADDRESS, NOW, None),
        lambda: uploads.forget("somebody", ["a"]),
        lambda: uploads.sha256(FILE),
        lambda: uploads.remember_sha256(FILE, "ab", NOW),
    ):
        with pytest.raises(DiskError):
            call()


def test_neither_names_nor_paths_are_columns(database: Database) -> None:
    tables = [
        database.used(lambda db, name=name: db.execute(f"PRAGMA table_info({name})").fetchall())
        for name in ("uploads", "files")
    ]
    assert {column[1] for table in tables for column in table} == {
        *("account", "sha256", "mime_type", "extension", "url", "is_sandbox", "expires_at"),
        *("device", "inode", "size", "mtime_ns", "ctime_ns"),
    }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["upload", "forget"]),
        st.sampled_from(["a", "b"]),
        st.none() | st.integers(0, 4_000),
        st.integers(0, 1_500),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_the_address_that_is_known_is_always_the_last_one_that_still_lives(
    steps: list[tuple[str, str, int | None, int]],
) -> None:
    alive: dict[str, tuple[Address, float]] = {}
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "jobs.db")
        uploads, now = Uploads(database), NOW
        for number, (what, sha256, ends_in, pause) in enumerate(steps):
            if what == "upload":
                address, end = Address(f"https://cdn.test/{number}", is_sandbox=False), ends_in or LIFETIME_S * 9
                uploads.remember(replace(CONTENT, sha256=sha256), address, now, None if not ends_in else now + ends_in)
                alive[sha256] = (address, min(now + LIFETIME_S, now + end - MARGIN_S))
            elif sha256 in alive:
                uploads.forget(CONTENT.account, [alive.pop(sha256)[0].url])
            now += pause
            for each in ("a", "b"):
                expected = alive[each][0] if each in alive and now < alive[each][1] else None
                assert uploads.address(replace(CONTENT, sha256=each), now) == expected
        database.close()
