"""The catalogue, when the service or the disk is not what it should be: a good copy outlives them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from catalogue_site import DAY, Site, answer, entry, files, listing

from atlascloud_mcp.errors import ServiceError


def down(_: httpx.Request) -> httpx.Response:
    return answer({"code": 503, "msg": "maintenance"}, 503)


BAD: dict[str, Any] = {
    "truncated": json.dumps(listing())[:-20],
    "empty": "",
    "html": "<html>maintenance</html>",
    "no models": {"code": 200, "data": []},
    "null": {"code": 200, "data": None},
    "a refusal": {"code": 401, "msg": "unauthorized", "data": None},
    "hidden ones": {"data": [entry(display_console=False)]},
    "too few": {"data": [entry()]},
    "nested": "[" * 100_000,
    "not text": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_a_bad_answer_never_replaces_a_good_copy(tmp_path: Path, bad: Any) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        good = await library.catalogue()
        await site.settle()
        site.serve = lambda _: answer(bad, etag='"bad"')
        kept = await library.catalogue(newer_than_s=0)
        assert kept.models == good.models
        assert "could not be refreshed" in kept.note
        await site.settle()
    async with site.library() as library:  # nor on the disk
        assert (await library.catalogue()).models == good.models


async def test_what_an_answer_without_models_says_is_quoted(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: answer(BAD["a refusal"]))
    async with site.library() as library:
        with pytest.raises(ServiceError, match='holds no models and says "unauthorized"'):
            await library.catalogue()


async def test_half_of_the_models_may_go_and_never_more_at_a_time(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: answer(listing(8)))
    async with site.library() as library:
        await library.catalogue()
        site.pass_time(60)
        site.serve = lambda _: answer(listing(4))
        assert len((await library.catalogue(newer_than_s=1)).models) == 4
        for seconds in (60, 8 * DAY, 30 * DAY):
            site.pass_time(seconds)
            site.serve = lambda _: answer(listing(1))
            few = await library.catalogue(newer_than_s=1)
            assert (len(few.models), "1 models where there were 4" in few.note) == (4, True)
        await site.settle()
    async with site.library() as library:  # nor for the next server, whose copy is as old
        assert len((await library.catalogue()).models) == 4


def about(**fields: Any) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        head, _, body = content.partition(b"\n")
        return json.dumps({**json.loads(head), **fields}).encode() + b"\n" + body

    return change


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda content: content[:-5],
    "empty": lambda _: b"",
    "other bytes": lambda content: content.replace(b"acme", b"evil"),
    "no head": lambda content: content.partition(b"\n")[2],
    "noise": lambda _: bytes(range(256)) * 20,
    "an older format": about(format=0),
    "another base URL": about(key="https://other.test"),
    "no date": about(fetched_at="yesterday"),
    "a date without a zone": about(fetched_at="2026-11-22T11:00:00"),
    "a date to come": about(fetched_at="2027-11-22T11:00:00+00:00"),
    "nested": lambda _: b"[" * 100_000,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_a_file_that_is_damaged_or_another_s_is_not_used(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        await library.catalogue()
        await site.settle()
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    site.serve = lambda _: answer(listing(5))
    async with site.library() as library:
        assert len((await library.catalogue()).models) == 5
        await site.settle()
    site.serve = down
    async with site.library() as library:  # it was written anew
        assert len((await library.catalogue()).models) == 5


async def test_a_disk_that_cannot_be_used_means_no_cache(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    site = Site(tmp_path / "taken")
    async with site.library() as library:
        assert len((await library.catalogue()).models) == 3
        await site.settle()
        assert len((await library.catalogue()).models) == 3
    assert len(site.seen) == 1
