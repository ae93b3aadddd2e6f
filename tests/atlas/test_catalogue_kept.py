"""Keeping a document: what goes wrong in between is an error for its callers, and never the end of the server."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from atlascloud_mcp.atlas.client import Document
from atlascloud_mcp.atlas.kept import PAUSE_S, Kept, Source, StartSoon, Terms
from atlascloud_mcp.errors import ServiceError
from atlascloud_mcp.storage.cache import CacheFolder
from clock import FakeClock


async def found(_: str | None) -> Document | None:
    return Document(b"text")


async def unchanged(_: str | None) -> Document | None:
    return None


def broken(_: bytes) -> str:
    raise KeyError("a mistake of ours")


def kept(
    folder: Path,
    clock: FakeClock,
    start_soon: StartSoon,
    *,
    fetch: Callable[[str | None], Awaitable[Document | None]] = found,
    parse: Callable[[bytes], str] = bytes.decode,
) -> Kept[str]:
    source = Source("name", "key", "The text", fetch, parse)
    return Kept(source, Terms(10, 20, 5), cache=CacheFolder(folder), time=clock, start_soon=start_soon)


async def test_a_mistake_of_ours_is_an_error_that_callers_see_once_and_for_all(tmp_path: Path) -> None:
    clock = FakeClock()
    async with clock.running(), anyio.create_task_group() as group:
        text = kept(tmp_path, clock, group.start_soon, parse=broken)
        for _ in range(2):
            with pytest.raises(ServiceError, match=r"The text could not be read: a defect of this server \(KeyError\)"):
                await text.get()
        clock.elapsed += PAUSE_S + 1
        with pytest.raises(ServiceError, match="KeyError"):
            await text.get()


async def test_a_service_that_says_unchanged_of_nothing_is_not_believed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with clock.running(), anyio.create_task_group() as group:
        with pytest.raises(ServiceError, match="nothing has changed"):
            await kept(tmp_path, clock, group.start_soon, fetch=unchanged).get()


async def test_a_server_that_closes_starts_nothing_and_nobody_waits_for_it(tmp_path: Path) -> None:
    clock = FakeClock()
    async with anyio.create_task_group() as group:
        pass
    async with clock.running():
        text = kept(tmp_path, clock, group.start_soon)
        for _ in range(2):
            with pytest.raises(RuntimeError, match="not active"):
                await text.get()
    assert clock.elapsed == 0


async def test_a_reading_that_ends_with_the_server_lets_its_callers_go(tmp_path: Path) -> None:
    clock = FakeClock()

    async def never(_: str | None) -> Document | None:
        await anyio.sleep_forever()

    async with clock.running(), anyio.create_task_group() as callers, anyio.create_task_group() as server:
        text = kept(tmp_path, clock, server.start_soon, fetch=never)

        async def call() -> None:
            with pytest.raises((ServiceError, RuntimeError)):
                await text.get()

        callers.start_soon(call)
        await clock.sleep(1)
        server.cancel_scope.cancel()
    assert clock.elapsed <= 5
