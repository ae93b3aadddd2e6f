"""What the host writes to us. One line is one message.

The SDK (mcp 2.3) drops a line that it cannot read without a word, and the host waits for its answer for ever:
half an emoji is enough, which JSON.stringify writes as a lone surrogate and pydantic refuses. Here such a line
is logged, and a request in its place gets the error that JSON-RPC has for it.
"""

import io
import json
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp_types import PARSE_ERROR, jsonrpc_message_adapter
from typing_extensions import Buffer

logger = logging.getLogger(__name__)

# When stdin ends the SDK cancels what it is answering; a script that pipes its requests in wants those answers.
LAST_ANSWERS_S = 0.15
UNREADABLE = "atlascloud-mcp/unreadable"


class Stdin(io.RawIOBase):
    """File descriptor 0, which says when it has ended. It has no `fileno`, so the SDK reads it as it is."""

    def __init__(self, ended: Callable[[], None]) -> None:
        super().__init__()
        self._ended = ended

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """What the host has written by now; waits when that is nothing yet."""
        view = memoryview(buffer).cast("B")
        data = os.read(0, len(view))
        view[: len(data)] = data
        if not data:
            self._ended()
            time.sleep(LAST_ANSWERS_S)
        return len(data)


class Lines(io.BufferedReader):
    """A stream line by line; instead of one that the SDK cannot read comes one that it can."""

    def read1(self, _size: int = -1, /) -> bytes:
        """One whole line, however long; nothing at the end. The SDK's text layer asks in this way."""
        line = self.readline()
        if not line.strip() or _is_readable(line):
            return line
        stand_in = _stand_in(line)
        outcome = "ignored" if stand_in is None else "refused"
        logger.warning("A line of %d bytes from the client is no JSON-RPC message and was %s.", len(line), outcome)
        return stand_in or b"\n"


async def refuse_unreadable(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """MCP middleware that answers what stands in for a line that could not be read."""
    if ctx.method == UNREADABLE:
        raise MCPError(
            PARSE_ERROR,
            "The message could not be read: it is no valid JSON-RPC, for instance because of half an emoji "
            "(a lone surrogate) or very deep nesting. Nothing was done; send it again without that.",
        )
    return await call_next(ctx)


def _is_readable(line: bytes) -> bool:
    """As the SDK reads it; a second time costs some microseconds."""
    try:
        jsonrpc_message_adapter.validate_json(line.decode(errors="replace"), by_name=False)
    except ValueError:
        return False
    return True


def _stand_in(line: bytes) -> bytes | None:
    """A request that `refuse_unreadable` answers under the same id; None where there is no id to be had."""
    try:
        message: Any = json.loads(line.decode(errors="replace"))
        request_id, _ = message["id"], message["method"]
        params: dict[str, Any] = message.get("params") or {}
        meta = {"_meta": params["_meta"]} if "_meta" in params else {}  # newer clients say their version in each
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None
    request = {"jsonrpc": "2.0", "id": request_id, "method": UNREADABLE, "params": meta}
    stand_in = json.dumps(request).encode() + b"\n"
    return stand_in if _is_readable(stand_in) else None
