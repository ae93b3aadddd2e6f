"""Server-sent events, as the HTML standard has them (section 9.2), with bounds.

Tolerated beyond it: a last event that no blank line ends, which many servers leave open.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass

from anyio.lowlevel import checkpoint

MAX_EVENT_BYTES = 8 * 2**20
"""The last event of some protocols repeats the whole answer."""

LINES_AT_ONCE = 500  # before others may go on

_LINE_END = re.compile(rb"\r\n|\n|\r(?=.)", re.DOTALL)  # a CR at the end may be half of a CRLF
_BOM = b"\xef\xbb\xbf"
_BEGINNING = re.compile(rb"(data|event|id|retry)?:|(data|event|id|retry)[\r\n]")
_TELLING = len(b"event:")


class EventTooLarge(Exception):
    """One event has more bytes than any sensible one."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name, empty where it has none, and its data, lines joined."""

    name: str
    data: bytes


def looks_like_events(head: bytes) -> bool | None:
    """Whether a body that begins so is a stream of events; None where there is too little of it to tell."""
    start = head.removeprefix(_BOM).lstrip()
    if _BEGINNING.match(start):
        return True
    return False if len(start) >= _TELLING else None


async def events(pieces: AsyncIterable[bytes]) -> AsyncGenerator[Event]:
    """The events in these bytes, each as soon as it is whole. One without data is none.

    Raises:
        EventTooLarge: one has more than `MAX_EVENT_BYTES`.
    """
    collecting = _Collecting()
    open_line, is_first = bytearray(), True
    async for piece in pieces:
        may_end = open_line.endswith(b"\r") or b"\n" in piece or b"\r" in piece
        open_line += piece
        if may_end:  # or a long line would be searched again with each piece of it
            *lines, rest = _LINE_END.split(bytes(open_line))
            open_line = bytearray(rest)
            if lines and is_first:
                lines[0], is_first = lines[0].removeprefix(_BOM), False
            for number, line in enumerate(lines, start=1):
                if number % LINES_AT_ONCE == 0:
                    await checkpoint()
                if event := collecting.line(line):
                    yield event
        if len(open_line) + collecting.size > MAX_EVENT_BYTES:
            raise EventTooLarge
    for line in (bytes(open_line).removesuffix(b"\r"), b""):
        if event := collecting.line(line):
            yield event


class _Collecting:
    """The lines of one event so far."""

    def __init__(self) -> None:
        self._name = ""
        self._data: list[bytes] = []
        self.size = 0

    def line(self, line: bytes) -> Event | None:
        """Take a line; the event that it ends, if it is blank and there is one."""
        if not line:
            event = Event(self._name, b"\n".join(self._data)) if self._data else None
            self._name, self._data, self.size = "", [], 0
            return event
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self.size += len(value) + 1
        elif field == b"event":
            self._name = value[:100].decode(errors="replace")
        return None
