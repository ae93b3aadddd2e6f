"""A model's schema: read when it is wanted, kept for a day, and an old one is better than none."""

from pathlib import Path

import anyio
import httpx
import pytest
from catalogue_site import BASE_URL, DAY, SCHEMA_URL, Site, answer, document

from atlascloud_mcp.atlas.client import MAX_SCHEMA_BYTES
from atlascloud_mcp.atlas.kept import PAUSE_S
from atlascloud_mcp.atlas.models import Model
from atlascloud_mcp.errors import Billing, ServiceError

MODEL = Model("acme/image", "Acme", "image", schema_url=SCHEMA_URL)
DOCUMENT = document(prompt={"type": "string"})


def serve(_: httpx.Request) -> httpx.Response:
    return answer(DOCUMENT)


def down(_: httpx.Request) -> httpx.Response:
    return answer("", 503)


async def test_a_model_that_publishes_none_has_none(tmp_path: Path) -> None:
    site = Site(tmp_path, serve)
    async with site.library() as library:
        assert await library.schema(Model("acme/image", "Acme", "image")) is None
    assert site.seen == []


async def test_a_schema_is_read_once_without_the_key_and_then_at_hand(tmp_path: Path) -> None:
    site = Site(tmp_path, serve)
    async with site.library() as library:
        found = await library.schema(MODEL)
        assert found is not None
        assert list(found.properties) == ["prompt"]
        assert await library.schema(MODEL) is found
    (request,) = site.seen
    assert request.headers["host"] == "static.atlas.test"
    assert request.url.path == "/model/schema/acme-image.json"
    assert "authorization" not in request.headers


async def test_callers_of_one_schema_share_a_reading_and_another_has_its_own(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(2, DOCUMENT)
    other = Model("acme/other", "Other", "image", schema_url=SCHEMA_URL + "?2")
    found: list[object] = []
    async with site.library() as library:

        async def call(model: Model) -> None:
            found.append(await library.schema(model))

        async with anyio.create_task_group() as callers:
            for number in range(50):
                callers.start_soon(call, other if number == 7 else MODEL)
    assert len(site.seen) == 2
    assert len({id(schema) for schema in found}) == 2


async def test_the_next_server_takes_it_from_the_disk(tmp_path: Path) -> None:
    site = Site(tmp_path, serve)
    async with site.library() as library:
        first = await library.schema(MODEL)
        await site.settle()
    site.serve = down
    site.pass_time(DAY - 1)
    async with site.library() as library:
        assert await library.schema(MODEL) == first
        await site.settle()
    assert len(site.seen) == 1


async def test_after_a_day_it_is_refreshed_and_an_old_one_does_where_that_fails(tmp_path: Path) -> None:
    site = Site(tmp_path, serve)
    async with site.library() as library:
        first = await library.schema(MODEL)
        site.pass_time(DAY + 1)
        site.serve = down
        for old in (await library.schema(MODEL), await library.schema(MODEL)):
            assert first is not None
            assert old is not None
            assert old.document is first.document
            assert old.note.startswith(f"The schema of {MODEL.id} is 1 day old: it could not be refreshed")
        tries = len(site.seen)
        site.pass_time(PAUSE_S + 1)
        site.serve = lambda _: answer(document(text={"type": "string"}))
        second = await library.schema(MODEL)
    assert second is not None
    assert list(second.properties) == ["text"]
    assert len(site.seen) == tries + 1


async def test_no_one_waits_longer_than_six_seconds(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.serve = site.slow(20, DOCUMENT)
    async with site.library() as library:
        with pytest.raises(ServiceError, match="The schema of this model could not be read: no answer within 6 s"):
            await library.schema(MODEL)
    assert site.clock.elapsed == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("body", ["<html>", "{", "[]", '{"openapi": "3.0.0"}', "5", "[" * 100_000])
async def test_a_document_that_cannot_be_read_is_an_error_and_never_replaces_a_good_one(
    tmp_path: Path, body: str
) -> None:
    site = Site(tmp_path, lambda _: answer(body))
    async with site.library() as library:
        with pytest.raises(ServiceError, match="could not be read") as caught:
            await library.schema(MODEL)
        assert caught.value.billing is Billing.NOT_CONCERNED
        site.pass_time(PAUSE_S + 1)
        site.serve = serve
        good = await library.schema(MODEL)
        site.pass_time(DAY + 1)
        site.serve = lambda _: answer(body)
        old = await library.schema(MODEL)
    assert good is not None
    assert old is not None
    assert old.document is good.document
    assert old.note.startswith(f"The schema of {MODEL.id} is 1 day old: it could not be refreshed")


async def test_a_failure_is_remembered_for_half_a_minute(tmp_path: Path) -> None:
    site = Site(tmp_path, down)
    async with site.library() as library:
        with pytest.raises(ServiceError, match="The schema's URL answered 503"):
            await library.schema(MODEL)
        tries, before = len(site.seen), site.clock.elapsed
        with pytest.raises(ServiceError, match="503"):
            await library.schema(MODEL)
        assert (tries, len(site.seen), site.clock.elapsed) == (3, 3, before)


async def test_what_is_not_there_is_asked_for_once(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: answer("", 404))
    async with site.library() as library:
        with pytest.raises(ServiceError, match="The schema's URL answered 404"):
            await library.schema(MODEL)
    assert len(site.seen) == 1


async def private(host: str, port: int) -> list[str]:
    return ["10.0.0.5"]


@pytest.mark.parametrize(
    "url", [SCHEMA_URL, "http://static.atlas.test/x.json", "https://169.254.169.254/x.json", "file:///etc/passwd"]
)
async def test_an_address_that_may_not_be_read_is_not(tmp_path: Path, url: str) -> None:
    site = Site(tmp_path, serve, resolve=private)
    async with site.library() as library:
        with pytest.raises(ServiceError, match="Not downloaded from"):
            await library.schema(Model("acme/image", "Acme", "image", schema_url=url))
    assert site.seen == []


async def test_the_api_s_own_origin_may_publish_schemas_wherever_it_is(tmp_path: Path) -> None:
    site = Site(tmp_path, serve, resolve=private)
    async with site.library() as library:
        model = Model("acme/image", "Acme", "image", schema_url=f"{BASE_URL}/schemas/x.json")
        assert await library.schema(model) is not None


async def test_an_endless_document_is_cut_off(tmp_path: Path) -> None:
    site = Site(tmp_path, lambda _: httpx.Response(200, content=b" " * (MAX_SCHEMA_BYTES + 1)))
    async with site.library() as library:
        with pytest.raises(ServiceError, match="The schema is larger than 2 MB"):
            await library.schema(MODEL)
    assert len(site.seen) == 1
