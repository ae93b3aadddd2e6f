"""What every request meets before its endpoint: the record, the body limit, the key check, the faults."""

import json
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from atlascloud_mcp.sandbox.answers import PUBLIC_BASE, refuse
from atlascloud_mcp.sandbox.injection import inject
from atlascloud_mcp.sandbox.ledger import key_id
from atlascloud_mcp.sandbox.state import RecordedRequest, Sandbox

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.faults import Endpoint

SANDBOX_HEADER = "X-AtlasCloud-Sandbox"
LARGEST_RECORD_BYTES = 256 * 1024
LARGEST_JSON_BYTES = 50 * 1000 * 1000

_CONTROL = "/sandbox/"
_OPEN_PATHS = ("/outputs/", "/uploads/", _CONTROL)
_OPEN_ENDPOINTS = ("models", "schema", "calculate")
_POSTS: "dict[str, Endpoint]" = {
    "/api/v1/model/generateImage": "submit",
    "/api/v1/model/generateVideo": "submit",
    "/api/v1/model/generateAudio": "submit",
    "/api/v1/model/uploadMedia": "upload",
    "/api/v1/model/calculate": "calculate",
}
_CHAT_PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/models", "/v1beta/models")


class Gateway:
    """ASGI middleware around the router. Like Atlas Cloud's it asks for the key before it looks at the path."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers the request itself, or has it answered, with the sandbox's headers on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers[SANDBOX_HEADER] = "true"
            await send(message)

        await self._admit(scope, receive, send_marked)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path.startswith(_CONTROL):
            await self._app(scope, receive, send)
            return
        headers, endpoint = Headers(scope=scope), endpoint_of(scope["method"], path)
        body: bytes | None = b""
        if headers.get("content-type", "").startswith("application/json"):
            body = await _read(receive)
            receive = _replay(body or b"", receive)
        self._record(scope, headers, endpoint or "other", body)
        if endpoint not in _OPEN_ENDPOINTS and not path.startswith(_OPEN_PATHS) and not self._knows(headers):
            await refuse(scope, 401, "unauthorized")(scope, receive, send)
            return
        scope["state"]["api_key_id"] = key_id(headers.get("authorization", "").partition(" ")[2].strip())
        if body is None:
            await refuse(scope, 413, "request body too large")(scope, receive, send)
            return
        fault = self._sandbox.faults.take(endpoint) if endpoint else None
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await inject(fault, self._app, scope, receive, send, sleep=self._sandbox.sleep)

    def _knows(self, headers: Headers) -> bool:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        keys = self._sandbox.api_keys
        return scheme.lower() == "bearer" and bool(key.strip()) and (keys is None or key.strip() in keys)

    def _record(self, scope: Scope, headers: Headers, kind: str, body: bytes | None) -> None:
        self._sandbox.counts[kind] += 1
        parsed: object = None
        if body and len(body) <= LARGEST_RECORD_BYTES:
            try:
                parsed = json.loads(body)
            except (ValueError, RecursionError):
                parsed = body.decode(errors="replace")
        record = RecordedRequest(scope["method"], scope["path"], dict(headers), parsed)
        self._sandbox.requests.append(record)


def endpoint_of(method: str, path: str) -> "Endpoint | None":
    """The endpoint that faults and counts know by name; None for every other path."""
    if path == "/api/v1/models":
        return "models"
    if path in _POSTS:
        return _POSTS[path] if method == "POST" else None
    if path.startswith("/model/schema/"):
        return "schema"
    if path.startswith(_CHAT_PATHS):
        return "chat"
    if path.startswith(PUBLIC_BASE):
        return "account"
    if path == "/api/v1/model/history":
        return "history"
    if path.startswith(("/api/v1/model/prediction/", "/api/v1/model/result/")):
        return "prediction"
    return "output" if path.startswith(("/outputs/", "/uploads/")) else None


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when it is larger than the gateway takes (it is read to its end all the same)."""
    body, size, more = bytearray(), 0, True
    while more:
        message = await receive()
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size <= LARGEST_JSON_BYTES:
            body += piece
        more = message.get("more_body", False)
    return bytes(body) if size <= LARGEST_JSON_BYTES else None


def _replay(body: bytes, live: Receive) -> Receive:
    """The body that has been read; after it, what comes from the client itself: a stream goes on until it hangs up."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await live()

    return receive
