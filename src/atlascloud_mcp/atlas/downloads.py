"""Files from outside: results and schema documents. Where from is checked, how much is bounded; the key stays here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from atlascloud_mcp.atlas import failures
from atlascloud_mcp.atlas.addresses import Target, checked, refused
from atlascloud_mcp.atlas.bodies import TooLarge, pieces
from atlascloud_mcp.atlas.connection import READ_TIMEOUT, Connection
from atlascloud_mcp.atlas.failures import Call, NotSent
from atlascloud_mcp.errors import Billing, InvalidRequest, ServiceError

MAX_REDIRECTS = 5

Write = Callable[[bytes], Awaitable[None]]


class Gone(ServiceError):
    """The server has no such file, or not for us: asking again is of no use."""


@dataclass(frozen=True, slots=True)
class Downloads:
    """Downloads of one server process. `origin`, the API's own, and `trusted_hosts` need no public address."""

    origin: str
    trusted_hosts: tuple[str, ...]
    connection: Connection

    async def fetch(self, url: str, write: Write, *, max_bytes: int, call: Call = Call.DOWNLOAD) -> None:
        """Hand the bytes behind `url` to `write`. The key never goes along; each redirect is checked anew.

        Raises:
            InvalidRequest: this URL may not be downloaded (see `addresses`), or the file is too large.
            ServiceError: it could not be read; `Gone` when it is not there.
        """
        resolve = self.connection.network.resolve
        for _ in range(MAX_REDIRECTS + 1):
            target = await checked(
                url, origin=self.origin, trusted_hosts=self.trusted_hosts, resolve=resolve, what=_what(call)
            )
            try:
                location = await self._copied(target, write, max_bytes, call)
            except (httpx.InvalidURL, UnicodeError) as error:
                raise refused(url, "it is not a valid URL") from error
            if location is None:
                return
            url = location
        raise ServiceError(
            f"The {_what(call)}'s URL redirects more than {MAX_REDIRECTS} times.", billing=Billing.NOT_CONCERNED
        )

    async def _copied(self, target: Target, write: Write, max_bytes: int, call: Call) -> str | None:
        """Copy what is behind a target, trying its addresses in turn; or where it redirects to."""
        *others, last = self.connection.pinned(target)
        for request in others:
            try:
                return await self._copied_from(request, target, write, max_bytes, call)
            except NotSent:
                continue
        return await self._copied_from(last, target, write, max_bytes, call)

    async def _copied_from(
        self, request: httpx.Request, target: Target, write: Write, max_bytes: int, call: Call
    ) -> str | None:
        try:
            async with self.connection.send(request, timeout=READ_TIMEOUT, proxy=target.proxy) as response:
                if response.has_redirect_location:
                    return str(httpx.URL(target.url).join(response.headers["Location"]))
                await _copy(response, write, max_bytes, call)
                return None
        except httpx.HTTPError as error:
            raise failures.from_transport(error, call, target.host) from error


async def _copy(response: httpx.Response, write: Write, max_bytes: int, call: Call) -> None:
    what, status = _what(call), response.status_code
    if status in {403, 404, 410}:
        raise Gone(f"The {what}'s URL answered {status}. It has expired or was removed.", billing=Billing.NOT_CONCERNED)
    if status != 200:
        raise ServiceError(f"The {what}'s URL answered {status}.", billing=Billing.NOT_CONCERNED)
    try:
        async for piece in pieces(response, max_bytes):
            await write(piece)
    except TooLarge:
        is_result = call is Call.DOWNLOAD
        raise InvalidRequest(
            f"The {what} is larger than {max_bytes // 2**20} MB{', so it was not saved' if is_result else ''}.",
            billing=Billing.NOT_CONCERNED,
            next_step="Download it from its URL." if is_result else "",
        ) from None


def _what(call: Call) -> str:
    return "schema" if call is Call.SCHEMA else "file"
