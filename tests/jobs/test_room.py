"""The files of one job share the disk space that a job may take."""

from contextlib import AsyncExitStack
from pathlib import Path

import httpx

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.jobs.delivering.arrival import Arrived, Missing, Room, fetch
from atlascloud_mcp.jobs.delivering.parts import Part
from atlascloud_mcp.storage.folders import Destination
from clock import FakeClock
from world import png, public

URL = Part(url="https://cdn.example.com/1.png")


async def _key() -> str:
    return "canary"


async def come(folder: Path, answers: list[httpx.Response], left: int) -> tuple[list[Arrived | Missing], int]:
    """What comes of three outputs, one after the other, into a room of so many bytes, and what is left of it."""
    clock, rest = FakeClock(), iter(answers)
    network = Network(httpx.MockTransport(lambda _: next(rest)), public)
    atlas = AtlasClient("https://api.example.com", key=_key, time=clock, network=network)
    async with clock.running(), AsyncExitStack() as held:
        room = Room(held, left)
        found = [await fetch(atlas, clock, URL, Destination(folder), ends=2000, room=room) for _ in range(3)]
        return found, room.left


async def test_what_no_longer_fits_is_left_to_the_user_and_takes_nothing(tmp_path: Path) -> None:
    size = len(png())
    whole, cut = httpx.Response(200, content=png()), httpx.Response(200, content=png() * 3)
    found, rest = await come(tmp_path, [whole, cut, whole], 2 * size + 5)
    assert [isinstance(each, Arrived) for each in found] == [True, False, True]
    assert isinstance(found[1], Missing)
    assert "too large together" in found[1].reason
    assert found[1].is_refused
    assert rest == 5


async def test_a_try_that_failed_gives_back_what_it_took(tmp_path: Path) -> None:
    answers = [httpx.Response(503), httpx.Response(200, content=b""), *[httpx.Response(200, content=png())] * 3]
    found, rest = await come(tmp_path, answers, 3 * len(png()))
    assert all(isinstance(each, Arrived) for each in found)
    assert rest == 0
