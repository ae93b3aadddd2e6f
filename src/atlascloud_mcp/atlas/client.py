"""The Atlas Cloud client: one method per endpoint. It retries nothing that could be paid for twice."""

import hashlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from urllib.parse import quote, urlencode

import httpx

from atlascloud_mcp.atlas import failures, wire
from atlascloud_mcp.atlas.account import Balance, LedgerPage, Period, parse_balance, parse_ledger
from atlascloud_mcp.atlas.chat import Chat
from atlascloud_mcp.atlas.connection import (
    QUOTE_TIMEOUT,
    READ_TIMEOUT,
    SUBMIT_TIMEOUT,
    UPLOAD_TIMEOUT,
    Connection,
    Network,
)
from atlascloud_mcp.atlas.downloads import Downloads, Gone
from atlascloud_mcp.atlas.exchange import Answer, Exchange, Time
from atlascloud_mcp.atlas.failures import Call, NoSuchRoute, NotSent
from atlascloud_mcp.atlas.history import HistoryPage, parse_history
from atlascloud_mcp.atlas.quotes import Quote, parse_quote
from atlascloud_mcp.errors import InvalidRequest, ServiceError, SetupError

MAX_SCHEMA_BYTES = 2 * 2**20
_SUBMIT_TRIES = 3
_READ_TRIES = 3
# Around these no body is a verdict about a job: key, balance, permission, request time-out, rate, region.
ABOUT_THE_CALLER = frozenset({401, 402, 403, 408, 429, 451})


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
class Document:
    """A document as it came, and the tag by which the server knows this version of it."""

    content: bytes
    etag: str | None = None


class AtlasClient:
    """Talks to one base URL with one key (to language models by `chat`). Safe to share; `aclose` when done."""

    def __init__(
        self,
        base_url: str,
        *,
        key: Callable[[], Awaitable[str]],
        time: Time,
        network: Network | None = None,
        download_hosts: tuple[str, ...] = (),
    ) -> None:
        self.base_url = base_url
        self._connection = Connection(network or Network())
        self._exchange = Exchange(base_url, key, time, self._connection)
        self._downloads = Downloads(self.origin, download_hosts, self._connection)
        self.chat = Chat(self._exchange)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL."""
        return self._exchange.origin

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

        async def attempt() -> Answer:
            request = await self._exchange.request("POST", f"/api/v1/model/{endpoint}", content=content)
            return await self._exchange.answer(request, Call.SUBMIT, SUBMIT_TIMEOUT)

        return await _accepted(
            await self._exchange.tried(attempt, _SUBMIT_TRIES, again=lambda error: isinstance(error, NotSent))
        )

    async def account(self) -> str:
        """A fingerprint of service and key: what a job is called by is known to these two together.

        Raises:
            SetupError: there is no key.
        """
        return hashlib.sha256(f"{self._exchange.base_url}\0{await self._exchange.key()}".encode()).hexdigest()[:32]

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

        request = await self._exchange.request(
            "POST",
            "/api/v1/model/uploadMedia",
            content=parts(),
            headers={
                "Content-Type": f"multipart/form-data; boundary={boundary}",
                "Content-Length": str(len(head) + source.size + len(tail)),
            },
        )
        answer = await self._exchange.answer(request, Call.UPLOAD, UPLOAD_TIMEOUT)
        if answer.failure:
            raise answer.failure
        uploaded = wire.upload(answer.body, sandbox=answer.sandbox)
        if uploaded is None:
            raise failures.incomplete(Call.UPLOAD, "usable download URL", answer.envelope.message)
        return uploaded

    async def quote(self, body: Mapping[str, object]) -> Quote:
        """What the job of this body would cost (`POST /model/calculate`); nothing is submitted.

        One short try: it is asked for on the way to something else. It goes without a key where there is none.

        Raises:
            ModelNotFound: no such model.
            InvalidRequest: the service refuses the body.
            ServiceError: no price could be had.
        """
        path, content = "/api/v1/model/calculate", json.dumps(body).encode()
        try:
            request = await self._exchange.request("POST", path, content=content)
        except SetupError:
            request = self._exchange.public_request("POST", path, content=content)
        try:
            answer = await self._exchange.answer(request, Call.QUOTE, QUOTE_TIMEOUT)
            if answer.failure:
                raise answer.failure
        except SetupError as error:  # of the price alone; the job itself will tell, if it comes to that
            raise ServiceError(error.message, next_step=error.next_step, billing=error.billing) from error
        found = parse_quote(answer.body, sandbox=answer.sandbox)
        if found is None:
            raise failures.incomplete(Call.QUOTE, "usable price", answer.envelope.message)
        return found

    async def history(self, page: int, size: int, *, model: str | None, status: str | None) -> HistoryPage:
        """A page of this account's jobs, newest first (`GET /model/history`, which is not documented).

        Source: the vendor's MCP server 1.7.0, for the route and its query.

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        query = {"no": str(page), "size": str(size), "model": model, "status": status}
        answer = await self._read(
            "/api/v1/model/history", [(name, value) for name, value in query.items() if value], Call.HISTORY
        )
        found = await answer.parsed(partial(parse_history, sandbox=answer.sandbox, date=answer.date))
        if found is None:
            raise failures.incomplete(Call.HISTORY, "list of jobs", answer.envelope.message)
        return found

    async def balance(self) -> Balance:
        """What the account has (`GET /public/v1/balance`).

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        answer = await self._read("/public/v1/balance", [], Call.BALANCE)
        found = parse_balance(answer.body, sandbox=answer.sandbox)
        if found is None:
            raise failures.incomplete(Call.BALANCE, "amount", answer.envelope.message)
        return found

    async def usage(self, period: Period, cursor: str | None) -> LedgerPage:
        """A page of what was used each day (`GET /public/v1/model-usage`).

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        return await self._ledger("/public/v1/model-usage", Call.USAGE, period, cursor)

    async def costs(self, period: Period, cursor: str | None) -> LedgerPage:
        """A page of what was paid each day (`GET /public/v1/model-costs`).

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        return await self._ledger("/public/v1/model-costs", Call.COSTS, period, cursor)

    async def models(self, etag: str | None = None) -> Document | None:
        """The catalogue (`GET /models`, which needs no key), unread; None when it is still the one of `etag`.

        Raises:
            AtlasCloudError: in the words of `failures`, after a few tries.
        """
        headers = {"Accept-Encoding": "gzip", **({"If-None-Match": etag} if etag else {})}

        async def attempt() -> Document | None:
            request = self._exchange.public_request("GET", "/api/v1/models", headers=headers)
            raw = await self._exchange.raw(request, Call.READ, READ_TIMEOUT)
            if raw.status == 304 and etag:
                return None
            if raw.status != 200:
                answer = await self._exchange.judged(raw, Call.READ)
                content_type = raw.headers.get("Content-Type", "")
                raise answer.failure or failures.unreadable(Call.READ, raw.status, content_type)
            return Document(raw.content, _etag(raw.headers))

        return await self._exchange.tried(attempt, _READ_TRIES, again=lambda _: True)

    async def schema_document(self, url: str) -> Document:
        """A model's published schema, unread. Public, so the key stays here; checked as a result's URL is.

        Raises:
            InvalidRequest: this URL may not be read, or the document is too large.
            ServiceError: it could not be read, after a few tries.
        """

        async def attempt() -> Document:
            content = bytearray()

            async def write(chunk: bytes) -> None:
                content.extend(chunk)

            await self._downloads.fetch(url, write, max_bytes=MAX_SCHEMA_BYTES, call=Call.SCHEMA)
            return Document(bytes(content))

        return await self._exchange.tried(attempt, _READ_TRIES, again=lambda error: not isinstance(error, Gone))

    async def download(self, url: str, write: Callable[[bytes], Awaitable[None]], *, max_bytes: int) -> None:
        """Hand the bytes behind `url` to `write`. The key never goes along; each redirect is checked anew.

        Raises:
            InvalidRequest: this URL may not be downloaded (see `addresses`), or the file is too large.
            ServiceError: it could not be read.
        """
        await self._downloads.fetch(url, write, max_bytes=max_bytes)

    async def _read(self, path: str, query: Sequence[tuple[str, str]], call: Call) -> Answer:
        """What a free GET says, of a few tries.

        Raises:
            AtlasCloudError: in the words of `failures`.
        """

        async def attempt() -> Answer:
            request = await self._exchange.request("GET", f"{path}?{urlencode(query)}" if query else path)
            answer = await self._exchange.answer(request, call, READ_TIMEOUT)
            if answer.failure:
                raise answer.failure
            return answer

        return await self._exchange.tried(attempt, _READ_TRIES, again=lambda error: not isinstance(error, NoSuchRoute))

    async def _ledger(self, path: str, call: Call, period: Period, cursor: str | None) -> LedgerPage:
        answer = await self._read(path, [*period.query, *([("page", cursor)] if cursor else [])], call)
        is_costs = call is Call.COSTS
        parse = partial(parse_ledger, group_by=period.group_by, is_costs=is_costs, sandbox=answer.sandbox)
        found = await answer.parsed(parse)
        if found is None:
            raise failures.incomplete(call, "list of days", answer.envelope.message)
        return found

    async def _look(self, path: str, prediction_id: str) -> wire.Prediction:
        """A job's state by one of the two paths. A final verdict in the body beats an error status around it."""
        request = await self._exchange.request("GET", f"/api/v1/model/{path}/{quote(prediction_id, safe='')}")
        answer = await self._exchange.answer(request, Call.POLL, READ_TIMEOUT)
        found = await answer.parsed(partial(wire.prediction, sandbox=answer.sandbox))
        # Gateways have a `status` of their own, and some errors are about the caller, not about the job.
        is_verdict = (found.is_job or found.id == prediction_id) and answer.status not in ABOUT_THE_CALLER
        if answer.failure and not (is_verdict and found.status.is_final):
            raise answer.failure
        if not is_verdict or not (found.status_word or found.outputs):
            raise failures.incomplete(Call.POLL, "status of this job", answer.envelope.message)
        return found


async def _accepted(answer: Answer) -> wire.Prediction:
    """The job that a submit has made.

    Raises:
        OutcomeUnknown: there may be one, but it has no id.
        AtlasCloudError: refused.
    """
    found = await answer.parsed(partial(wire.prediction, sandbox=answer.sandbox))
    # Its own object with an id is a job, though a `code` or a 5xx around it says otherwise: polling will tell.
    has_id = found.id is not None and answer.envelope.data.get("request_id") != found.id
    if has_id and answer.envelope.is_wrapped and (answer.status < 400 or isinstance(answer.failure, ServiceError)):
        return found
    if answer.failure:
        raise answer.failure
    if found.id is None and not (found.is_job and found.status.is_final):
        raise failures.incomplete(Call.SUBMIT, "prediction id", answer.envelope.message)
    return found


def _etag(headers: httpx.Headers) -> str | None:
    """The tag of an answer, if it is one that can be sent back."""
    tag = headers.get("ETag", "")
    return tag if 0 < len(tag) <= 200 and tag.isascii() and tag.isprintable() else None
