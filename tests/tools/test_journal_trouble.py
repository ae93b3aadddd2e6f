"""A journal that cannot be used stops no generation: it is delivered, and its answer says what was not recorded."""

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from world import SMALL, World, fields_of

LOST_WITH_IT = " If this server ends now, no later one will know of this job."


async def delivered(world: World, **arguments: Any) -> dict[str, Any]:
    """A generation's answer, whose file is on the disk."""
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {**SMALL, **arguments}))
    assert fields["status"] == "completed"
    assert Path(fields["outputs"][0]["path"]).exists()
    return fields


def unrecorded(fields: dict[str, Any]) -> list[str]:
    return [note for note in fields["notes"] if note.endswith(LOST_WITH_IT)]


def a_damaged_file(data: Path) -> None:
    data.mkdir()
    (data / "jobs.db").write_bytes(b"this is no database\n" * 200)


def a_folder_in_its_place(data: Path) -> None:
    (data / "jobs.db").mkdir(parents=True)


def a_file_in_place_of_the_data_folder(data: Path) -> None:
    data.write_text("", encoding="utf-8")


def the_file_of_a_newer_version(data: Path) -> None:
    data.mkdir()
    with closing(sqlite3.connect(data / "jobs.db")) as database:
        database.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (a_damaged_file, "it is damaged; once it is moved away, a new one is begun"),
        (a_folder_in_its_place, "Is a directory" if sys.platform != "win32" else ""),
        (a_file_in_place_of_the_data_folder, "cannot be used"),
        (the_file_of_a_newer_version, "a newer version of this program has written it"),
    ],
)
async def test_what_is_wrong_with_the_journal_is_said_beside_the_result(
    tmp_path: Path, spoil: Callable[[Path], None], why: str
) -> None:
    world = World(tmp_path)
    spoil(tmp_path / "data")
    [note] = unrecorded(await delivered(world))
    assert why in note
    assert world.sandbox.counts["submit"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
async def test_a_read_only_data_folder_is_no_obstacle(tmp_path: Path) -> None:
    world = World(tmp_path)
    (tmp_path / "data").mkdir(mode=0o500)
    fields = await delivered(world)
    can_write_all_the_same = (tmp_path / "data" / "jobs.db").exists()  # as root may
    assert len(unrecorded(fields)) == (not can_write_all_the_same)


async def test_another_process_that_locks_the_journal_costs_one_short_wait(tmp_path: Path) -> None:
    world = World(tmp_path)
    await delivered(world, seed=1)
    with closing(sqlite3.connect(tmp_path / "data" / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = monotonic()
        [note] = unrecorded(await delivered(world, seed=2))
        assert monotonic() - began < 4
        other.execute("ROLLBACK")
    assert "it was locked by another process for 2 s" in note


async def test_what_could_not_be_written_is_written_with_the_next_job(tmp_path: Path) -> None:
    world = World(tmp_path)
    a_folder_in_its_place(tmp_path / "data")
    async with world.client() as client:
        first = fields_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0}))
        assert unrecorded(first)
        (tmp_path / "data" / "jobs.db").rmdir()
        await world.clock.sleep(10)
        second = fields_of(await client.call_tool("generate_image", {**SMALL, "seed": 2, "wait_seconds": 0}))
        assert not unrecorded(second)
    async with world.client() as client:  # a process that knows of both from the disk alone
        for job in (second, first):
            fields = fields_of(await client.call_tool("get_prediction", {}))
            assert fields["prediction_id"] == job["prediction_id"]


async def test_without_a_journal_a_repeat_is_known_as_long_as_the_process_lives(tmp_path: Path) -> None:
    world = World(tmp_path)
    a_damaged_file(tmp_path / "data")
    async with world.client() as client:
        first = fields_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0}))
        second = fields_of(await client.call_tool("generate_image", SMALL))
    assert second["prediction_id"] == first["prediction_id"]
    assert world.sandbox.counts["submit"] == 1


@pytest.mark.parametrize("by", [timedelta(days=-400), timedelta(hours=-1), timedelta(hours=1), timedelta(days=400)])
@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_clock_that_is_set_loses_no_job_and_pays_none_twice(
    tmp_path: Path, by: timedelta, *, is_restarted: bool
) -> None:
    world = World(tmp_path)
    async with world.client() as client:
        first = fields_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 0}))
        world.clock.set_by = by
        if not is_restarted:
            assert fields_of(await client.call_tool("get_prediction", {}))["prediction_id"] == first["prediction_id"]
    if is_restarted:
        async with world.client() as client:
            fields = fields_of(await client.call_tool("get_prediction", {}))
        assert fields["prediction_id"] == first["prediction_id"]
        assert fields["status"] == "completed"


async def test_kept_for_no_days_there_is_no_journal_and_nobody_is_told_that_it_lacks(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_RETENTION_DAYS": "0"})
    fields = await delivered(world)
    assert not unrecorded(fields)
    assert b"a red fox" not in b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
async def test_what_was_asked_for_is_for_its_owner_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    await delivered(world)
    files = list((tmp_path / "data").glob("jobs.db*"))
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
