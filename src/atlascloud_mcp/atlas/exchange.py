"""One request to the API and its answer: the key, the JSON, what a status means, the pause before another try."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

from atlascloud_mcp.atlas import failures, wire
from atlascloud_mcp.atlas.connection import Connection
from atlascloud_mcp.atlas.failures import Call
from atlascloud_mcp.errors import AtlasCloudError

SANDBOX_HEADER = "X-AtlasCloud-Sandbox"
MAX_ANSWER_BYTES = 64 * 1024 * 1024  # outputs may come inside the answer as base64


class Time(Protocol):
    """What the client needs of a clock: retries wait, and `Retry-After` may be a date."""

    def now(self) -> datetime:
        """The date and time, with its zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: httpx.Headers
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's JSON, and the error that its status or its `code` means, if any."""

    body: object
    status: int
    envelope: wire.Envelope
    sandbox: bool
    failure: AtlasCloudError | None


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
        authorization = {"Authorization": f"Bearer {await self.key()}", "Content-Type": "application/json"}
        return httpx.Request(
            method, self.base_url + path, content=content, headers={**authorization, **(headers or {})}
        )

    async def answer(self, request: httpx.Request, call: Call, timeout: httpx.Timeout) -> Answer:
        """The JSON of an answer, and what its status means.

        Raises:
            AtlasCloudError: there is no answer, or no JSON in it.
        """
        return self.judged(await self.raw(request, call, timeout), call)

    async def raw(self, request: httpx.Request, call: Call, timeout: httpx.Timeout) -> Raw:
        """An answer, read whole, whatever it says.

        Raises:
            AtlasCloudError: there is none.
        """
        try:
            async with self.connection.send(
                request, timeout=timeout, proxy=self.connection.api_proxy(str(request.url))
            ) as response:
                content = await _whole(response, call)
        except httpx.HTTPError as error:
            raise failures.from_transport(error, call, self.origin) from error
        return Raw(response.status_code, response.headers, content)

    def judged(self, raw: Raw, call: Call) -> Answer:
        """What an answer means.

        Raises:
            AtlasCloudError: there is no JSON in it.
        """
        status = raw.status
        retry_after_s = failures.retry_after(raw.headers.get("Retry-After"), self.time.now())
        try:
            body: object = json.loads(raw.content)
        except (ValueError, RecursionError) as error:
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
        return Answer(body, raw.status, envelope, SANDBOX_HEADER in raw.headers, failure)

    async def pause(self, attempt: int, wished_s: float | None = None) -> None:
        """Back off before another try: 0.5, 1, 2 s with jitter, or as long as the server wishes, up to 10 s."""
        backoff = 0.5 * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        await self.time.sleep(min(10.0, max(backoff, wished_s or 0)))


async def _whole(response: httpx.Response, call: Call) -> bytes:
    """The body of an answer, which a lying server must not make endless."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise failures.unreadable(call, response.status_code, "an endless answer")
    return bytes(content)
