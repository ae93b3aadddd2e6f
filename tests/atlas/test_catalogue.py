"""The catalogue: read once, kept, refreshed, and never given up for a bad answer."""

from pathlib import Path

import anyio
import httpx
import pytest
from catalogue_site import BASE_URL, DAY, HOUR, Site, answer, files, listing

from atlascloud_mcp.atlas.kept import PAUSE_S, READING_S
from atlascloud_mcp.atlas.models import Catalogue
from atlascloud_mcp.errors import Billing, ServiceError


def ids(catalogue: Catalogue) -> list[str]:
    return [model.id for model in catalogue.models]


def down(_: httpx.Request) -> httpx.Response:
    return answer({"code": 503, "msg": "maintenance"}, 503)


async def test_the_catalogue_is_read_once_without_a_key_and_then_at_hand(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        first = await library.catalogue()
        assert await library.catalogue() is first
    assert ids(first) == ["acme/image-0", "acme/image-1", "acme/image-2"]
    assert first.note == ""
    assert first.get("acme/image-1") is first.models[1]
    assert first.get("acme/image") is None
    (request,) = site.seen
    assert str(request.url) == f"{BASE_URL}/api/v1/models"
    assert "authorization" not in request.headers
    assert "gzip" in request.headers["accept-encoding"]


async def test_nothing_is_read_before_it_is_wanted(tmp_path: Path) -> None:
    site = Site(tmp_path / "cache")
    async with site.library():
        await site.settle()
    assert site.seen == []
    assert files(site.folder) == []


async def test_fifty_callers_share_one_reading(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(2, listing())
    found: list[Catalogue] = []
    async with site.library() as library:

        async def call() -> None:
            found.append(await library.catalogue())

        async with anyio.create_task_group() as callers:
            for _ in range(50):
                callers.start_soon(call)
    assert len(site.seen) == 1
    assert [len(catalogue.models) for catalogue in found] == [3] * 50
    assert site.clock.elapsed == pytest.approx(2, abs=0.1)


async def test_a_caller_that_is_cancelled_does_not_take_the_catalogue_from_the_others(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(3, listing())
    first = anyio.CancelScope()
    async with site.library() as library, anyio.create_task_group() as callers:

        async def impatient() -> None:
            with first:
                await library.catalogue()

        callers.start_soon(impatient)
        await site.clock.sleep(1)
        first.cancel()
        assert len((await library.catalogue()).models) == 3
    assert first.cancelled_caught
    assert len(site.seen) == 1


async def test_the_next_server_starts_with_what_this_one_has_read(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        first = await library.catalogue()
        await site.settle()
    site.pass_time(HOUR - 1)
    async with site.library() as library:
        second = await library.catalogue()
    assert (second.models, second.fetched_at) == (first.models, first.fetched_at)
    assert len(site.seen) == 1


async def test_another_base_url_has_a_catalogue_of_its_own(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        await library.catalogue()
        await site.settle()
    site.serve = lambda _: answer(listing(1, "sandbox"))
    async with site.library("http://127.0.0.1:8000") as library:
        assert ids(await library.catalogue()) == ["acme/sandbox-0"]
        await site.settle()
    async with site.library() as library:
        assert ids(await library.catalogue()) == ["acme/image-0", "acme/image-1", "acme/image-2"]
    assert len(site.seen) == 2


async def test_after_an_hour_the_old_one_is_answered_at_once_and_a_new_one_read_behind(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        old = await library.catalogue()
        site.pass_time(HOUR + 1)
        site.serve = site.slow(5, listing(4))
        before = site.clock.elapsed
        assert await library.catalogue() is old
        assert await library.catalogue() is old
        assert site.clock.elapsed == before
        await site.clock.sleep(6)
        new = await library.catalogue()
    assert len(new.models) == 4
    assert new.note == ""
    assert len(site.seen) == 2


async def test_a_refresh_behind_that_fails_is_waited_for_by_nobody_and_said_until_one_works(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        old = await library.catalogue()
        site.pass_time(2 * DAY)
        site.serve = down
        before = site.clock.elapsed
        assert await library.catalogue() is old
        assert site.clock.elapsed == before
        await site.clock.sleep(5)
        told = await library.catalogue()
        assert told.models is old.models
        assert told.note.startswith("The model catalogue is 2 days old: it could not be refreshed (Atlas Cloud")
        assert await library.catalogue() is told
        site.pass_time(PAUSE_S)
        site.serve = lambda _: answer(listing())
        assert (await library.catalogue()).note == told.note
        await site.settle()
        assert (await library.catalogue()).note == ""


async def test_after_seven_days_the_new_one_is_waited_for(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        await library.catalogue()
        site.pass_time(7 * DAY + 1)
        site.serve = site.slow(5, listing(4))
        assert len((await library.catalogue()).models) == 4
    assert len(site.seen) == 2


async def test_a_caller_may_want_a_newer_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        await library.catalogue()
        site.pass_time(61)
        site.serve = lambda _: answer(listing(4))
        assert len((await library.catalogue(newer_than_s=62)).models) == 3
        assert len((await library.catalogue(newer_than_s=60)).models) == 4
        assert len((await library.catalogue(newer_than_s=0)).models) == 4
    assert 2 <= len(site.seen) <= 3


async def test_what_has_not_changed_is_not_sent_again_and_counts_as_new(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: answer(listing(), etag='"v1"'))
    async with site.library() as library:
        first = await library.catalogue()
        await site.settle()
    site.pass_time(2 * HOUR)
    site.serve = lambda _: httpx.Response(304)
    async with site.library() as library:
        await library.catalogue()
        await site.settle()
        second = await library.catalogue()
        await site.settle()
    assert site.seen[1].headers["if-none-match"] == '"v1"'
    assert second.models == first.models
    assert (second.fetched_at - first.fetched_at).total_seconds() >= 2 * HOUR
    site.pass_time(HOUR / 2)
    async with site.library() as library:  # the file has the new date, too
        assert (await library.catalogue()).fetched_at == second.fetched_at
        await site.settle()
    assert len(site.seen) == 2


async def test_nothing_changed_is_no_answer_to_a_first_question(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: httpx.Response(304))
    async with site.library() as library:
        with pytest.raises(ServiceError, match="could not be read"):
            await library.catalogue()


async def test_an_old_one_says_how_old_it_is_and_why(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        first = await library.catalogue()
        site.pass_time(3 * DAY)
        site.serve = down
        old = await library.catalogue(newer_than_s=DAY)
        assert old.models == first.models
        assert old.note.startswith("The model catalogue is 3 days old: it could not be refreshed (Atlas Cloud answered")
        assert old.note.endswith(").")
        assert '503: "maintenance"' in old.note
        site.pass_time(20 * DAY)
        assert (await library.catalogue()).note.startswith("The model catalogue is 23 days old")


@pytest.mark.parametrize(
    ("age", "words"),
    [(30.0, "less than a minute"), (119, "1 minute old"), (2 * HOUR, "2 hours old"), (DAY + HOUR, "1 day old")],
)
async def test_the_age_is_in_words(tmp_path: Path, age: float, words: str) -> None:
    site = Site(tmp_path)
    async with site.library() as library:
        await library.catalogue()
        site.pass_time(age)
        site.serve = lambda _: answer("<html>", 404)
        assert words in (await library.catalogue(newer_than_s=1)).note


async def test_without_any_catalogue_the_error_says_what_to_do_and_is_about_no_money(tmp_path: Path) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    site = Site(tmp_path, unreachable)
    async with site.library() as library:
        with pytest.raises(ServiceError, match=r"^The model catalogue could not be read: No connection to") as caught:
            await library.catalogue()
    assert caught.value.billing is Billing.NOT_CONCERNED
    assert "HTTPS_PROXY" in caught.value.next_step


async def test_after_a_failure_nothing_is_asked_for_half_a_minute(tmp_path: Path) -> None:
    site = Site(tmp_path, down)
    async with site.library() as library:
        with pytest.raises(ServiceError):
            await library.catalogue()
        tries, before = len(site.seen), site.clock.elapsed
        for _ in range(5):
            with pytest.raises(ServiceError, match="maintenance"):
                await library.catalogue()
        assert (len(site.seen), site.clock.elapsed) == (tries, before)
        site.serve = lambda _: answer(listing())
        site.pass_time(PAUSE_S + 0.1)
        assert len((await library.catalogue()).models) == 3


async def test_no_one_waits_longer_than_eight_seconds(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(20, listing())
    async with site.library() as library:
        with pytest.raises(ServiceError, match="no answer within 8 s"):
            await library.catalogue()
        assert site.clock.elapsed == pytest.approx(8, abs=0.1)
        await site.clock.sleep(13)
        assert len((await library.catalogue()).models) == 3
        site.pass_time(8 * DAY)
        site.serve = site.slow(20, listing(4))
        old = await library.catalogue()
        assert "8 days old" in old.note
        assert "no answer within 8 s" in old.note
    assert len(site.seen) == 2


async def test_an_answer_that_never_ends_is_given_up(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(10_000, listing())
    async with site.library() as library:
        with pytest.raises(ServiceError, match="no answer within 8 s"):
            await library.catalogue()
        await site.clock.sleep(READING_S)
        with pytest.raises(ServiceError, match="did not end within 60 s"):
            await library.catalogue()
    assert len(site.seen) == 1
