"""One question to a language model, and its answer as it comes. What may have been billed is never asked again.

Answers are streamed: there is no id by which one could be fetched later, so what has come is all there is.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from functools import partial

import httpx
from anyio import to_thread

from atlascloud_mcp.atlas import failures, sse, values, wire
from atlascloud_mcp.atlas.bodies import TooLarge, arriving
from atlascloud_mcp.atlas.connection import CHAT_TIMEOUT
from atlascloud_mcp.atlas.exchange import READ_AT_ONCE, SANDBOX_HEADER, Exchange, Raw, without_key
from atlascloud_mcp.atlas.failures import Call, NotSent
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import ABOUT_JSON, Question
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import AtlasCloudError, InvalidRequest, ServiceError

MAX_CHAT_BYTES = 16 * 2**20
LAST_EVENT_S = 2.0
"""How long what follows a text, its usage above all, is waited for: not every server ends its stream."""
_TRIES = 3
_AMENDMENTS = 4
_BAD_REQUEST = frozenset({400, 422})
# The gateway looks at the key before the path: a path that is none may answer 401 (documentation, errors).
_WRONG_PATH = frozenset({401, 404, 405})


@dataclass(frozen=True, slots=True)
class _Refused:
    """An answer that says no: its status, its words, and the error that it means."""

    status: int
    reason: str
    error: AtlasCloudError


class Chat:
    """Asks language models. Safe for concurrent calls."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._right_path: dict[str, int] = {}

    async def ask(
        self, protocol: ChatProtocol, question: Question, reply: Reply, *, on_piece: Callable[[], None] = lambda: None
    ) -> None:
        """`reply` holds the answer, as far as it came; `on_piece` is called after each piece of it.

        An answer that broke off is no error as long as there is something of it: `reply.broken` says why. It is asked
        again only when nothing was billed: no connection was made, the path was none, or it was refused with a hint of
        what to leave out or to say in words.

        Raises:
            AtlasCloudError: refused, or nothing came, in the words of `failures`.
        """
        paths = protocol.paths(question.model)
        if {".", ".."}.intersection(question.model.split("/")):
            raise failures.from_status(404, "", Call.CHAT)  # path segments that HTTP would resolve away
        if "think>" in f"{question.system} {question.prompt}":
            reply.keep_tags()
        right = self._right_path.get(protocol.name, 0)
        order = [right, *(number for number in range(len(paths)) if number != right)]
        refusals: list[_Refused] = []
        for number in order:
            refused = await self._asked(protocol, paths[number], question, reply, on_piece)
            if refused is None:
                self._right_path[protocol.name] = number
                return
            if refused.status not in _WRONG_PATH:
                raise refused.error
            refusals.append(refused)
        raise refusals[0].error

    async def _asked(
        self,
        protocol: ChatProtocol,
        path: str,
        question: Question,
        reply: Reply,
        on_piece: Callable[[], None],
    ) -> _Refused | None:
        """The refusal, where that is the answer. A refused request costs nothing, so it is put right, if it can be."""
        body, reasons = protocol.body(question), list[str]()
        while True:
            reply.limit = protocol.limit_of(body)
            content = await to_thread.run_sync(partial(_encoded, body))
            attempt = partial(self._attempt, protocol, path, content, reply, on_piece)
            refused = await self._exchange.tried(attempt, _TRIES, again=lambda error: isinstance(error, NotSent))
            if refused is None or refused.status not in _BAD_REQUEST or len(reasons) == _AMENDMENTS:
                return refused
            reasons.append(refused.reason)
            amended = protocol.amended(body, refused.reason)
            if amended is None and ABOUT_JSON.search(refused.reason):
                question = question.with_less_of_a_json_mode()
                amended = _amended_again(protocol, question, reasons)
            if amended is None or amended == body:
                return refused
            body = amended

    async def _attempt(
        self, protocol: ChatProtocol, path: str, content: bytes, reply: Reply, on_piece: Callable[[], None]
    ) -> _Refused | None:
        request = await self._exchange.request("POST", path, content=content, headers=protocol.headers)
        connection, refused, status = self._exchange.connection, None, 200
        try:
            async with connection.send(
                request, timeout=CHAT_TIMEOUT, proxy=connection.api_proxy(str(request.url))
            ) as response:
                status = response.status_code
                reply.sandbox = SANDBOX_HEADER in response.headers
                async with aclosing(arriving(response, MAX_CHAT_BYTES)) as pieces:
                    refused = await self._read(protocol, response, pieces, reply, on_piece)
        except httpx.HTTPError as error:
            if not (reply.has_text or reply.has_ended):
                raise failures.from_transport(error, Call.CHAT, self._exchange.origin) from error
            reply.break_off(f"the connection broke off ({type(error).__name__})")
        except (TooLarge, sse.EventTooLarge):
            if not (reply.has_text or reply.has_ended):
                raise failures.unreadable(Call.CHAT, status, "an endless answer") from None
            reply.break_off("it became too large")
        if refused is None:
            _check(reply)
        return refused

    async def _read(
        self,
        protocol: ChatProtocol,
        response: httpx.Response,
        pieces: AsyncIterable[bytes],
        reply: Reply,
        on_piece: Callable[[], None],
    ) -> _Refused | None:
        """A stream or a whole answer, told apart by how it begins: some servers do not keep to what was asked."""
        head, is_stream = bytearray(), None
        async for piece in pieces:
            head += piece
            is_stream = sse.looks_like_events(bytes(head))
            if is_stream is not None:
                break
        if response.is_success and is_stream:
            async with aclosing(_with_head(bytes(head), pieces)) as stream:
                await self._streamed(protocol, stream, response.request, reply, on_piece)
            return None
        async for piece in pieces:
            head += piece
        content = without_key(bytes(head), response.request)
        refused = await self._whole(protocol, Raw(response.status_code, response.headers, content), reply)
        if refused is None:
            on_piece()
        return refused

    async def _whole(self, protocol: ChatProtocol, raw: Raw, reply: Reply) -> _Refused | None:
        """An answer that is no stream."""
        try:
            answer = await self._exchange.judged(raw, Call.CHAT)
        except AtlasCloudError as error:
            if 400 <= raw.status < 500:  # a page instead of JSON
                return _Refused(raw.status, "", error)
            raise
        if answer.failure:
            status = answer.status if answer.status >= 400 else answer.envelope.code or answer.status
            if isinstance(answer.failure, InvalidRequest) and status in _BAD_REQUEST:
                answer.failure.reason = answer.envelope.message
            return _Refused(status, answer.envelope.message, answer.failure)
        body = answer.envelope.data if answer.envelope.is_wrapped else values.mapping(answer.body)
        protocol.read(body, reply)
        if body.get("error"):
            reply.fail(wire.envelope(body).message)
        reply.is_over = True
        return None

    async def _streamed(
        self,
        protocol: ChatProtocol,
        pieces: AsyncIterable[bytes],
        request: httpx.Request,
        reply: Reply,
        on_piece: Callable[[], None],
    ) -> None:
        async with aclosing(sse.events(pieces)) as events:
            while not (reply.is_over or reply.error):
                event = None
                with nullcontext() if reply.may_be_followed else self._exchange.time.move_on_after(LAST_EVENT_S):
                    event = await anext(events, None)
                if event is None:
                    reply.is_over = bool(reply.finish_reason)
                    return
                if event.data.strip() == b"[DONE]":
                    reply.is_over = True
                else:
                    await _fed(protocol, event.name, without_key(event.data, request), reply)
                on_piece()


def _amended_again(protocol: ChatProtocol, question: Question, reasons: Sequence[str]) -> dict[str, object]:
    """The question's body, without what was refused with these words before it was put in other ones."""
    body = protocol.body(question)
    for reason in reasons:
        body = protocol.amended(body, reason) or body
    return body


def _encoded(body: Mapping[str, object]) -> bytes:
    return json.dumps(body).encode()


async def _with_head(head: bytes, pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    yield head
    async for piece in pieces:
        yield piece


async def _fed(protocol: ChatProtocol, name: str, content: bytes, reply: Reply) -> None:
    """Take one event; what is no JSON object says nothing, unless it is an error by its name."""
    try:
        is_short = len(content) <= READ_AT_ONCE
        found = values.read(content) if is_short else await to_thread.run_sync(values.read, content)
    except ValueError:
        found = content.decode(errors="replace")
    data = values.mapping(found)
    envelope = wire.envelope(data)
    is_error = data.get("error") or "error" in {name, values.text(data.get("type"))}
    if is_error or ("data" in data and envelope.is_refusal):
        reply.fail(envelope.message or found)
        return
    reply.begin_event()
    protocol.feed({"type": name, **data} if name else data, reply)


def _check(reply: Reply) -> None:
    """There is an answer, or a reason why there is none.

    Raises:
        ServiceError: there is neither.
    """
    if not reply.has_text and (reply.error or reply.ending is Ending.NONE):
        raise _nothing(reply)
    gave_up = f"the service gave up: {quoted(reply.error, 200)}" if reply.error else ""
    reply.break_off(gave_up or "the connection ended before the answer did")


def _nothing(reply: Reply) -> ServiceError:
    if reply.error:
        return failures.reported(f"Atlas Cloud gave up with {quoted(reply.error)}")
    return failures.incomplete(Call.CHAT, "text", reply.finish_reason)
