"""The bytes of an answer: how many there are, packed or not, is the sender's to choose and ours to bound."""

import zlib
from collections.abc import AsyncGenerator
from typing import cast

import httpx
from anyio.lowlevel import checkpoint

from atlascloud_mcp.atlas import values

PIECE_BYTES = 256 * 1024

_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_FOREIGN = frozenset({"br", "zstd", "compress", "x-compress"})
"""Other ways of packing, which no request offers."""


class TooLarge(Exception):
    """There are, or are said to be, more bytes than may come."""


async def pieces(response: httpx.Response, at_most: int) -> AsyncGenerator[bytes]:
    """The body, unpacked, in pieces of `PIECE_BYTES` but for the last.

    httpx would unpack each piece whole, and as many times as the answer says: 2 kB become gigabytes in one step.

    Raises:
        TooLarge: before more than `at_most` bytes were given out, and at once where the header tells.
        httpx.HTTPError: it broke off, or is packed as nobody asked for.
    """
    buffer = bytearray()
    async for part in arriving(response, at_most):
        buffer += part
        while len(buffer) >= PIECE_BYTES:
            yield bytes(buffer[:PIECE_BYTES])
            del buffer[:PIECE_BYTES]
            await checkpoint()
    if buffer:
        yield bytes(buffer)


async def arriving(response: httpx.Response, at_most: int) -> AsyncGenerator[bytes]:
    """The body, unpacked, as it comes: nothing is held back until there is more.

    Raises:
        TooLarge: before more than `at_most` bytes were given out, and at once where the header tells.
        httpx.HTTPError: as `pieces` does.
    """
    left = at_most
    if (values.whole(response.headers.get("Content-Length")) or 0) > at_most:
        raise TooLarge
    async for part in _parts(response):
        left -= len(part)
        if left < 0:
            raise TooLarge
        yield part
        await checkpoint()  # what was packed well comes in many pieces at once


async def _parts(response: httpx.Response) -> AsyncGenerator[bytes]:
    """The body as it comes, unpacked by no more than `PIECE_BYTES` at a time."""
    stream = cast("httpx.AsyncByteStream", response.stream)
    if not _is_packed(response.headers):
        async for raw in stream:
            yield raw
        return
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # with the head of gzip or of zlib
    is_empty = True
    async for raw in stream:
        rest = raw
        while rest and not unpacker.eof:
            is_empty = False
            try:
                yield unpacker.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise httpx.DecodingError("it cannot be unpacked") from error
            rest = unpacker.unconsumed_tail
    if not (is_empty or unpacker.eof):
        raise httpx.DecodingError("it ends in the middle")


def _is_packed(headers: httpx.Headers) -> bool:
    """Whether the body is to be unpacked; words that are no way of packing (`identity`, `aws-chunked`) say nothing."""
    words = [word.strip().lower() for word in headers.get("Content-Encoding", "").split(",")]
    times = sum(word in _PACKED for word in words)
    if _FOREIGN.intersection(words):
        raise httpx.DecodingError("it is packed in a way that was not offered")
    if times > 1:
        raise httpx.DecodingError("it is packed more than once")
    return times == 1
