"""The Atlas Cloud client: one method per endpoint. It retries nothing that could be paid for twice."""

import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

import httpx

from atlascloud_mcp.atlas import failures, wire
from atlascloud_mcp.atlas.addresses import Target, checked, refused
from atlascloud_mcp.atlas.connection import (
    READ_TIMEOUT,
    SUBMIT_TIMEOUT,
    UPLOAD_TIMEOUT,
    Connection,
    Network,
)
from atlascloud_mcp.atlas.failures import Call, NotSent
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest, ServiceError

SANDBOX_HEADER = "X-AtlasCloud-Sandbox"
MAX_ANSWER_BYTES = 64 * 1024 * 1024  # outputs may come inside the answer as base64
MAX_REDIRECTS = 5
CHUNK_BYTES = 256 * 1024
_SUBMIT_TRIES = 3
_READ_TRIES = 3
# Around these no body is a verdict about a job: key, balance, permission, request time-out, rate, region.
ABOUT_THE_CALLER = frozenset({401, 402, 403, 408, 429, 451})


class Time(Protocol):
    """What the client needs of a clock: retries wait, and `Retry-After` may be a date."""

    def now(self) -> datetime:
        """The date and time, with its zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class UploadSource(Protocol):
    """A file to upload: read in chunks, never whole in memory."""

    @property
    def name(self) -> str:
        """The file name that Atlas sees; its extension decides how the file is classed."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, in order."""
        ...


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer's JSON, and the error that its status or its `code` means, if any."""

    body: object
    status: int
    envelope: wire.Envelope
    sandbox: bool
    failure: AtlasCloudError | None


class AtlasClient:
    """Talks to one base URL with one key. Safe for concurrent calls; `aclose` when done."""

    def __init__(
        self,
        base_url: str,
        *,
        key: Callable[[], Awaitable[str]],
        time: Time,
        network: Network | None = None,
        download_hosts: tuple[str, ...] = (),
    ) -> None:
        self._base_url = base_url
        self._origin = httpx.URL(base_url).copy_with(raw_path=b"/")
        self._key = key
        self._time = time
        self._download_hosts = download_hosts
        self._connection = Connection(network or Network())

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL."""
        return str(self._origin).rstrip("/")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connection.aclose()

    async def submit(self, endpoint: str, body: Mapping[str, object]) -> wire.Prediction:
        """Submit a paid job (`POST /model/{endpoint}`); the answer holds its id, and its outputs in sync mode.

        Sent again only when no connection was made at all, so that nothing can be billed twice.

        Raises:
            OutcomeUnknown: the answer was lost or unreadable; the job may exist.
            AtlasCloudError: refused, in the words of `failures`.
        """
        content = json.dumps(body).encode()
        for attempt in range(1, _SUBMIT_TRIES + 1):
            request = await self._request("POST", f"/api/v1/model/{endpoint}", content=content)
            try:
                answer = await self._answer(request, Call.SUBMIT, SUBMIT_TIMEOUT)
            except NotSent:
                if attempt == _SUBMIT_TRIES:
                    raise
                await self._pause(attempt)
                continue
            return _accepted(answer)
        raise AssertionError("unreachable")  # pragma: no cover - the last attempt returns or raises

    async def prediction(self, prediction_id: str) -> wire.Prediction:
        """One look at a job, by the `prediction` path and, where that is unknown, its twin `result`.

        Raises:
            InvalidRequest: no such job.
            AtlasCloudError: no verdict could be had, in the words of `failures`.
        """
        if prediction_id in {".", ".."}:
            raise failures.from_status(404, "", Call.POLL)  # a path segment that HTTP would resolve away
        try:
            return await self._look("prediction", prediction_id)
        except InvalidRequest as unknown:
            try:
                return await self._look("result", prediction_id)
            except InvalidRequest:
                raise unknown from None

    async def upload(self, source: UploadSource, mime_type: str) -> wire.Upload:
        """Upload a file (`POST /model/uploadMedia`), of a type read from its bytes; its address is temporary.

        Raises:
            AtlasCloudError: in the words of `failures`.
        """
        boundary = f"atlascloud-mcp-{random.getrandbits(64):016x}"
        # HTML standard, multipart/form-data: these three characters are percent-encoded in names.
        name = source.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {mime_type}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        async def parts() -> AsyncIterator[bytes]:
            yield head
            async for chunk in source.chunks():
                yield chunk
            yield tail

        request = await self._request(
            "POST",
            "/api/v1/model/uploadMedia",
            content=parts(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(head) + source.size + len(tail)),
            },
        )
        answer = await self._answer(request, Call.UPLOAD, UPLOAD_TIMEOUT)
        if answer.failure:
            raise answer.failure
        uploaded = wire.upload(answer.body, sandbox=answer.sandbox)
        if uploaded is None:
            raise failures.incomplete(Call.UPLOAD, "usable download URL", answer.envelope.message)
        return uploaded

    async def model_ids(self) -> tuple[str, ...]:
        """The ids of all models that are offered (`GET /models`, which needs no key).

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        for attempt in range(1, _READ_TRIES + 1):
            request = httpx.Request("GET", f"{self._base_url}/api/v1/models")
            try:
                answer = await self._answer(request, Call.READ, READ_TIMEOUT)
                if answer.failure:
                    raise answer.failure
                return wire.model_ids(answer.body)
            except ServiceError as error:
                if attempt == _READ_TRIES:
                    raise
                await self._pause(attempt, error.retry_after_s)
        raise AssertionError("unreachable")  # pragma: no cover - the last attempt returns or raises

    async def download(self, url: str, write: Callable[[bytes], Awaitable[None]], *, max_bytes: int) -> None:
        """Hand the bytes behind `url` to `write`. The key never goes along; each redirect is checked anew.

        Raises:
            InvalidRequest: this URL may not be downloaded (see `addresses`), or the file is too large.
            ServiceError: it could not be read.
        """
        for _ in range(MAX_REDIRECTS + 1):
            target = await checked(
                url, origin=self.origin, trusted_hosts=self._download_hosts, resolve=self._connection.network.resolve
            )
            try:
                location = await self._fetch(target, write, max_bytes)
            except (httpx.InvalidURL, UnicodeError) as error:
                raise refused(url, "it is not a valid URL") from error
            if location is None:
                return
            url = location
        raise ServiceError(
            f"The result's URL redirects more than {MAX_REDIRECTS} times.", billing=Billing.NOT_CONCERNED
        )

    async def _fetch(self, target: Target, write: Callable[[bytes], Awaitable[None]], max_bytes: int) -> str | None:
        """Copy what is behind a target, trying its addresses in turn; or where it redirects to."""
        *others, last = self._connection.pinned(target)
        for request in (*others, last):
            try:
                async with self._connection.send(request, timeout=READ_TIMEOUT, proxy=target.proxy) as response:
                    if response.has_redirect_location:
                        return str(httpx.URL(target.url).join(response.headers["Location"]))
                    await _copy(response, write, max_bytes)
                    return None
            except httpx.HTTPError as error:
                failure = failures.from_transport(error, Call.DOWNLOAD, target.host)
                if request is last or not isinstance(failure, NotSent):
                    raise failure from error
        return None  # pragma: no cover - the last address returns or raises

    async def _request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """A request with the key, which goes to the base URL only."""
        authorization = {"Authorization": f"Bearer {await self._key()}", "Content-Type": "application/json"}
        return httpx.Request(
            method, self._base_url + path, content=content, headers={**authorization, **(headers or {})}
        )

    async def _look(self, path: str, prediction_id: str) -> wire.Prediction:
        """A job's state by one of the two paths. A final verdict in the body beats an error status around it."""
        request = await self._request("GET", f"/api/v1/model/{path}/{quote(prediction_id, safe='')}")
        answer = await self._answer(request, Call.POLL, READ_TIMEOUT)
        found = wire.prediction(answer.body, sandbox=answer.sandbox)
        # Gateways have a `status` of their own, and some errors are about the caller, not about the job.
        is_verdict = (found.is_job or found.id == prediction_id) and answer.status not in ABOUT_THE_CALLER
        if answer.failure and not (is_verdict and found.status.is_final):
            raise answer.failure
        if not is_verdict or not (found.status_word or found.outputs):
            raise failures.incomplete(Call.POLL, "status of this job", answer.envelope.message)
        return found

    async def _answer(self, request: httpx.Request, call: Call, timeout: httpx.Timeout) -> _Answer:
        """The JSON of an answer, and what its status means.

        Raises:
            AtlasCloudError: there is no answer, or no JSON in it.
        """
        try:
            async with self._connection.send(
                request, timeout=timeout, proxy=self._connection.api_proxy(str(request.url))
            ) as response:
                content = await _whole(response, call)
        except httpx.HTTPError as error:
            raise failures.from_transport(error, call, self.origin) from error
        status = response.status_code
        retry_after_s = failures.retry_after(response.headers.get("Retry-After"), self._time.now())
        try:
            body: object = json.loads(content)
        except (ValueError, RecursionError) as error:
            # An HTML page with an error status says no more than the status does; with 200 it says nothing.
            if 400 <= status < 500:
                raise failures.from_status(status, "", call, retry_after_s=retry_after_s) from error
            lost = failures.unreadable(call, status, response.headers.get("Content-Type", ""))
            lost.retry_after_s = retry_after_s
            raise lost from error
        envelope = wire.envelope(body)
        if status < 400 and envelope.code is not None and envelope.is_refusal:
            status = envelope.code
        failure = (
            failures.from_status(status, envelope.message, call, retry_after_s=retry_after_s)
            if status != response.status_code or status >= 400
            else None
        )
        return _Answer(body, response.status_code, envelope, SANDBOX_HEADER in response.headers, failure)

    async def _pause(self, attempt: int, wished_s: float | None = None) -> None:
        """Back off before another try: 0.5, 1, 2 s with jitter, or as long as the server wishes, up to 10 s."""
        backoff = 0.5 * 2 ** (attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
        await self._time.sleep(min(10.0, max(backoff, wished_s or 0)))


def _accepted(answer: _Answer) -> wire.Prediction:
    """The job that a submit has made.

    Raises:
        OutcomeUnknown: there may be one, but it has no id.
        AtlasCloudError: refused.
    """
    found = wire.prediction(answer.body, sandbox=answer.sandbox)
    # Its own object with an id is a job, though a `code` or a 5xx around it says otherwise: polling will tell.
    has_id = found.id is not None and answer.envelope.data.get("request_id") != found.id
    if has_id and answer.envelope.is_wrapped and (answer.status < 400 or isinstance(answer.failure, ServiceError)):
        return found
    if answer.failure:
        raise answer.failure
    if found.id is None and not (found.is_job and found.status.is_final):
        raise failures.incomplete(Call.SUBMIT, "prediction id", answer.envelope.message)
    return found


async def _whole(response: httpx.Response, call: Call) -> bytes:
    """The body of an answer, which a lying server must not make endless."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_ANSWER_BYTES:
            raise failures.unreadable(call, response.status_code, "an endless answer")
    return bytes(content)


async def _copy(response: httpx.Response, write: Callable[[bytes], Awaitable[None]], max_bytes: int) -> None:
    if response.status_code != 200:
        gone = " It has expired or was removed." if response.status_code in {403, 404, 410} else ""
        raise ServiceError(
            f"The result's URL answered {response.status_code}.{gone}",
            billing=Billing.NOT_CONCERNED,
        )
    size = 0
    async for chunk in response.aiter_bytes(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise InvalidRequest(
                f"The result is larger than {max_bytes // 2**20} MB, so it was not saved.",
                billing=Billing.NOT_CONCERNED,
                next_step="Download it from its URL.",
            )
        await write(chunk)
