"""How a planned fault reaches the client: another answer, a late one, half of one, or none."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from anyio import lowlevel
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atlascloud_mcp.sandbox.answers import refuse
from atlascloud_mcp.sandbox.faults import Drop, DroppedConnection, Fault

PIECES = 8  # of a body that drips
HANG_UP = "atlascloud_sandbox.hang_up"
"""Scope key of the function that closes this request's socket; a server that can close sockets sets it."""


async def inject(
    fault: Fault,
    app: ASGIApp,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """The request has met the fault. Raises `DroppedConnection` where a drop cannot close a socket."""
    own: Response | None = None
    if fault.lets_endpoint_work:
        own = await _answer_of(app, scope, receive)
    if fault.delay_s:
        await sleep(fault.delay_s)
    if fault.drop is None:
        answer = await _faulty(fault, own, scope, receive)
        if fault.drip_s:
            await _drip(answer, send, fault.drip_s / (PIECES - 1), sleep)
        else:
            await answer(scope, receive, send)
        return
    if fault.drop == "mid-body":
        await _send_half(await _faulty(fault, own, scope, receive), send)
    await _hang_up(scope, fault.drop)


async def _faulty(fault: Fault, own: Response | None, scope: Scope, receive: Receive) -> Response:
    """The endpoint's own answer where the fault leaves it, with the fault's headers in any case."""
    if own is None:
        await _drain(receive)
    answer = _replacement(fault, scope) if own is None or fault.replaces_answer else own
    for name, value in fault.headers.items():
        answer.headers[name] = value
    return answer


async def _answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """What the endpoint answers, caught whole on its way out."""
    response = Response()
    body = bytearray()

    async def catch(message: Message) -> None:
        if message["type"] == "http.response.start":
            response.status_code = message["status"]
            response.raw_headers = list(message["headers"])
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, catch)
    response.body = bytes(body)
    return response


def _replacement(fault: Fault, scope: Scope) -> Response:
    status = fault.status or HTTPStatus.OK
    if fault.body is None:
        return refuse(scope, status, HTTPStatus(status).phrase.lower())
    if not isinstance(fault.body, bytes | str):
        return Response(json.dumps(fault.body), status, media_type="application/json")
    html = fault.body.lstrip()[:1] in ("<", b"<")
    return Response(fault.body, status, media_type="text/html" if html else "application/json")


async def _drain(receive: Receive) -> None:
    while (await receive()).get("more_body", False):
        pass


async def _send_half(answer: Response, send: Send) -> None:
    await _send_headers(answer, send)
    half = bytes(answer.body)[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


async def _drip(answer: Response, send: Send, pause_s: float, sleep: Callable[[float], Awaitable[None]]) -> None:
    await _send_headers(answer, send)
    body = bytes(answer.body)
    for number in range(PIECES):
        if number:
            await sleep(pause_s)
        piece = body[len(body) * number // PIECES : len(body) * (number + 1) // PIECES]
        await send({"type": "http.response.body", "body": piece, "more_body": number + 1 < PIECES})


async def _send_headers(answer: Response, send: Send) -> None:
    """All headers of the answer, the length of its whole body among them."""
    start = {"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers}
    MutableHeaders(scope=start)["content-length"] = str(len(answer.body))
    await send(start)


async def _hang_up(scope: Scope, drop: Drop) -> None:
    hang_up: Callable[[], None] | None = scope.get(HANG_UP)
    if hang_up is None:
        raise DroppedConnection(drop)
    hang_up()
    await lowlevel.checkpoint()
