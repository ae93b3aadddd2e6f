"""Streams of events, however they are cut and spelled."""

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlascloud_mcp.atlas.sse import MAX_EVENT_BYTES, Event, EventTooLarge, events, looks_like_events

STREAM = (
    b": a comment\n\nevent: one\ndata: first\ndata:second\n\ndata\n\n"
    b"id: 7\nretry: 10\ndata:  two spaces\n\nevent: nothing\n\ndata: [DONE]"
)
FOUND = [Event("one", b"first\nsecond"), Event("", b""), Event("", b" two spaces"), Event("", b"[DONE]")]


async def read(pieces: list[bytes]) -> list[Event]:
    async def arriving() -> AsyncGenerator[bytes]:
        for piece in pieces:
            yield piece

    return [event async for event in events(arriving())]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
async def test_lines_end_in_three_ways_and_comments_and_empty_events_are_none(end: bytes, start: bytes) -> None:
    whole = start + STREAM.replace(b"\n", end)
    assert await read([whole]) == FOUND
    assert await read([whole[at : at + 1] for at in range(len(whole))]) == FOUND


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=20), st.sampled_from([b"\n", b"\r\n", b"\r"]))
async def test_it_does_not_matter_where_a_stream_is_cut(cuts: list[int], end: bytes) -> None:
    rest, pieces = STREAM.replace(b"\n", end), list[bytes]()
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert await read([*pieces, rest]) == FOUND


@pytest.mark.parametrize("line", [b"data: " + b"x" * 2**20, b"data: " + b"x" * 2**20 + b"\n"])
async def test_an_event_without_end_is_given_up(line: bytes) -> None:
    with pytest.raises(EventTooLarge):
        await read([line] * (MAX_EVENT_BYTES // 2**20 + 1))


@pytest.mark.parametrize(
    ("head", "is_stream"),
    [
        (b"data: {}", True),
        (b"\xef\xbb\xbfdata:{}", True),
        (b"\n: ping\n", True),
        (b"event: x", True),
        (b'{"data": 1}', False),
        (b"<html>", False),
        (b"dataset", False),
        (b"", None),
        (b"da", None),
        (b"\xef\xbb", None),
        (b"\xef\xbb\xbf\n", None),
    ],
)
def test_a_stream_is_known_by_its_beginning_once_there_is_enough_of_it(head: bytes, is_stream: bool | None) -> None:
    assert looks_like_events(head) is is_stream
