"""One request to the API and its answer: the key, the JSON, what a status means, the pause before another try."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

import httpx
from anyio import CancelScope, to_thread

from atlascloud_mcp.atlas import failures, values, wire
from atlascloud_mcp.atlas.bodies import TooLarge, pieces
from atlascloud_mcp.atlas.connection import Connection
from atlascloud_mcp.atlas.failures import Call
from atlascloud_mcp.errors import AtlasCloudError, ServiceError

T = TypeVar("T")

SANDBOX_HEADER = "X-AtlasCloud-Sandbox"
MAX_ANSWER_BYTES = 64 * 2**20  # outputs may come inside the answer as base64
MAX_BYTES_OF = {Call.QUOTE: 2**20, Call.UPLOAD: 2**20}
"""Of answers that hold a number or an address."""
MAX_VALUES_OF = {Call.POLL: 2_000_000}
"""Of answers that may hold a transcript of a day, twice: each word has six values."""
READ_AT_ONCE = 256 * 1024  # bytes of JSON that are read in a few ms; more go to a thread


class Time(Protocol):
    """What is needed of a clock: retries wait, documents age, and `Retry-After` may be a date."""

    def now(self) -> datetime:
        """The date and time, with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...

    def move_on_after(self, seconds: float, *, shield: bool = False) -> AbstractContextManager[CancelScope]:
        """A cancel scope that ends after `seconds`."""
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's JSON, and the error that its status or its `code` means, if any. `date` is the server's own time."""

    body: object
    status: int
    envelope: wire.Envelope
    sandbox: bool
    failure: AtlasCloudError | None
    is_long: bool = False
    date: datetime | None = None

    async def parsed(self, parse: Callable[[object], T]) -> T:
        """What `parse` makes of the JSON; of a long one in a thread, for that takes longer than reading it."""
        return await to_thread.run_sync(parse, self.body) if self.is_long else parse(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Requests to one base URL with one key."""

    base_url: str
    key: Callable[[], Awaitable[str]]
    time: Time
    connection: Connection

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL."""
        return str(httpx.URL(self.base_url).copy_with(raw_path=b"/")).rstrip("/")

    async def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """A request with the key, which goes to the base URL only.

        Raises:
            SetupError: there is no key.
        """
        request = self.public_request(method, path, content=content, headers=headers)
        request.headers["Authorization"] = f"Bearer {await self.key()}"
        return request

    def public_request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """A request to the base URL without the key."""
        kind = {"Content-Type": "application/json"} if content is not None else {}
        return httpx.Request(method, self.base_url + path, content=content, headers={**kind, **(headers or {})})

    async def answer(self, request: httpx.Request, call: Call, timeout: httpx.Timeout) -> Answer:
        """The JSON of an answer, and what its status means.

        Raises:
            AtlasCloudError: there is no answer, or no JSON in it.
        """
        return await self.judged(await self.raw(request, call, timeout), call)

    async def raw(self, request: httpx.Request, call: Call, timeout: httpx.Timeout) -> Raw:
        """An answer, read whole, whatever it says.

        Raises:
            AtlasCloudError: there is none.
        """
        try:
            async with self.connection.send(
                request, timeout=timeout, proxy=self.connection.api_proxy(str(request.url))
            ) as response:
                content = without_key(await _whole(response, call), request)
        except httpx.HTTPError as error:
            raise failures.from_transport(error, call, self.origin) from error
        return Raw(response.status_code, response.headers, content)

    async def judged(self, raw: Raw, call: Call) -> Answer:
        """What an answer means.

        Raises:
            AtlasCloudError: there is no JSON in it.
        """
        status = raw.status
        retry_after_s = failures.retry_after(raw.headers.get("Retry-After"), self.time.now())
        try:
            is_long, most = len(raw.content) > READ_AT_ONCE, MAX_VALUES_OF.get(call, values.MAX_VALUES)
            read = partial(values.read, raw.content, most)
            body = await to_thread.run_sync(read) if is_long else read()
        except ValueError as error:
            # An HTML page with an error status says no more than the status does; with 200 it says nothing.
            if 400 <= status < 500:
                raise failures.from_status(status, "", call, retry_after_s=retry_after_s) from error
            lost = failures.unreadable(call, status, raw.headers.get("Content-Type", ""))
            lost.retry_after_s = retry_after_s
            raise lost from error
        envelope = wire.envelope(body)
        if status < 400 and envelope.code is not None and envelope.is_refusal:
            status = envelope.code
        failure = (
            failures.from_status(status, envelope.message, call, retry_after_s=retry_after_s)
            if status != raw.status or status >= 400
            else None
        )
        date = failures.http_date(raw.headers.get("Date", ""))
        return Answer(body, raw.status, envelope, SANDBOX_HEADER in raw.headers, failure, is_long, date)

    async def tried(
        self, attempt: Callable[[], Awaitable[T]], tries: int, *, again: Callable[[ServiceError], bool]
    ) -> T:
        """What `attempt` returns, of so many tries at most, with a pause before each but the first.

        Raises:
            ServiceError: of the last try, or one after which there is to be none: `again` decides.
        """
        for number in range(1, tries):
            try:
                return await attempt()
            except ServiceError as error:
                if not again(error):
                    raise
                await self.pause(number, error.retry_after_s)
        return await attempt()

    async def pause(self, attempt: int, wished_s: float | None = None) -> None:
        """Back off before another try: 0.5, 1, 2 s with jitter, or as long as the server wishes, up to 10 s."""
        backoff = 0.5 * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        await self.time.sleep(min(10.0, max(backoff, wished_s or 0)))


def without_key(content: bytes, request: httpx.Request) -> bytes:
    """What came, should it repeat the key: an error may say what was sent."""
    key = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return content.replace(key, b"[key]") if key and key in content else content


async def _whole(response: httpx.Response, call: Call) -> bytes:
    """The body of an answer, which a lying server must not make endless."""
    try:
        return b"".join([piece async for piece in pieces(response, MAX_BYTES_OF.get(call, MAX_ANSWER_BYTES))])
    except TooLarge:
        raise failures.unreadable(call, response.status_code, "an endless answer") from None
