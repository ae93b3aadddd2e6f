"""What each protocol of the language models does, and how a stream of it is written."""

import json
from typing import Protocol

from atlascloud_mcp.sandbox.chat.question import Question
from atlascloud_mcp.sandbox.chat.reply import Exchange
from atlascloud_mcp.sandbox.model import Json


class ChatProtocol(Protocol):
    """One way to ask and to answer."""

    @property
    def name(self) -> str:
        """As `supported_protocols` in the catalogue has it."""
        ...

    def read(self, body: Json, *, strict: bool) -> Question:
        """The question in the body. Raises `Refused` (400)."""
        ...

    def answer(self, exchange: Exchange) -> Json:
        """The whole answer."""
        ...

    def frames(self, exchange: Exchange) -> list[str]:
        """The answer as server-sent events, in their order."""
        ...


def frame(data: Json | str, *, event: str = "", end: str = "\n") -> str:
    """One server-sent event; `end` ends its lines."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{f'event: {event}{end}' if event else ''}data: {text}{end}{end}"
