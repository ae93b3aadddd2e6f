"""The routes of the language models, and how long they take."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from atlascloud_mcp.sandbox.answers import refuse, say
from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.chat.completions import Completions
from atlascloud_mcp.sandbox.chat.fitness import check_fit, language_model, price_of
from atlascloud_mcp.sandbox.chat.generate_content import GenerateContent
from atlascloud_mcp.sandbox.chat.messages import Messages
from atlascloud_mcp.sandbox.chat.protocol import ChatProtocol
from atlascloud_mcp.sandbox.chat.reply import Exchange, reply_to
from atlascloud_mcp.sandbox.chat.responses import Responses
from atlascloud_mcp.sandbox.chat.sight import seen
from atlascloud_mcp.sandbox.gallery import Gallery
from atlascloud_mcp.sandbox.ledger import Charge
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.wish import Refused

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.state import Sandbox

GeminiPaths = Literal["both", "v1beta", "v1"]

_LISTED_AT = 1_767_225_600  # unix seconds: the start of 2026, as no entry of the catalogue has a date
_PROTOCOLS: tuple[tuple[str, ChatProtocol], ...] = (
    ("/v1/chat/completions", Completions()),
    ("/v1/responses", Responses()),
    ("/v1/messages", Messages()),
)
_GENERATE_CONTENT = GenerateContent()


class Chat:
    """The routes of the language models over one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._gallery = Gallery(sandbox)

    def routes(self) -> list[Route]:
        """Every route, with its method."""
        bases = ("/v1beta/models/{model:path}", "/v1/models/{model:path}")
        return [
            Route("/v1/models", self.list_models, methods=["GET"]),
            *(Route(path, self._endpoint(protocol), methods=["POST"]) for path, protocol in _PROTOCOLS),
            *(Route(f"{base}:generateContent", self.generate, methods=["POST"]) for base in bases),
            *(Route(f"{base}:streamGenerateContent", self.generate, methods=["POST"]) for base in bases),
        ]

    async def list_models(self, _: Request) -> Response:
        """The language models alone, as OpenAI lists its own; that one is listed does not mean that it is routed."""
        listed = [each for each in models()[: self._sandbox.catalogue_size] if each.kind == "text" and each.usable]
        return say({"object": "list", "data": [_listed(each.wire) for each in listed]})

    async def generate(self, request: Request) -> Response:
        """The Gemini routes; the id in the path may have its slashes encoded or not."""
        base = request.url.path.split("/", 2)[1]
        if self._sandbox.gemini_paths not in ("both", base):
            return refuse(request.scope, 401, "unauthorized")  # as the real gateway says of paths that it lacks
        try:
            exchange = await self._exchange(
                _GENERATE_CONTENT, await _body(request), request.path_params["model"], request
            )
        except Refused as exc:
            return refuse(request.scope, exc.status, str(exc))
        if not request.url.path.endswith(":streamGenerateContent"):
            return await self._whole(_GENERATE_CONTENT, exchange)
        if request.query_params.get("alt") == "sse":
            return self._streamed(_GENERATE_CONTENT.frames(exchange), "text/event-stream")
        chunks = [json.dumps(chunk, ensure_ascii=False) for chunk in _GENERATE_CONTENT.chunks(exchange)]
        pieces = [f"{',' if number else '['}{chunk}\r\n" for number, chunk in enumerate(chunks)]
        return self._streamed([*pieces, "]"], "application/json")

    def _endpoint(self, protocol: ChatProtocol):  # noqa: ANN202  the type of an endpoint is Starlette's affair
        async def endpoint(request: Request) -> Response:
            try:
                body = await _body(request)
                exchange = await self._exchange(protocol, body, body.get("model"), request)
            except Refused as exc:
                return refuse(request.scope, exc.status, str(exc))
            if exchange.question.streams:
                return self._streamed(protocol.frames(exchange), "text/event-stream")
            return await self._whole(protocol, exchange)

        return endpoint

    async def _exchange(self, protocol: ChatProtocol, body: Json, name: object, request: Request) -> Exchange:
        """The call is answered and paid for. Raises `Refused`, and then it costs nothing."""
        sandbox = self._sandbox
        model = language_model(name, protocol.name)
        question = protocol.read(body, strict=sandbox.strict)
        check_fit(model, question)
        looked = [await seen(media, sandbox, self._gallery) for media in question.media]
        reply = reply_to(question, looked)
        price = price_of(model, reply)
        if price > sandbox.balance_usd:
            raise Refused(402, "insufficient balance")
        now = sandbox.now()
        sandbox.calls.append(
            Charge(
                at=now,
                model=model.id,
                usd=price,
                api_key_id=request.state.api_key_id,
                input_tokens=reply.input_tokens,
                output_tokens=reply.output_tokens,
            )
        )
        return Exchange(uuid4().hex, int(now.timestamp()), model.id, question, reply)

    async def _whole(self, protocol: ChatProtocol, exchange: Exchange) -> Response:
        await self._sandbox.sleep(self._sandbox.chat_seconds)
        return say(protocol.answer(exchange))

    def _streamed(self, pieces: Sequence[str], media_type: str) -> Response:
        return StreamingResponse(self._paced(pieces), media_type=media_type, headers={"Cache-Control": "no-cache"})

    async def _paced(self, pieces: Sequence[str]) -> AsyncGenerator[str]:
        """The pieces one after the other, over the time that a reply takes."""
        for piece in pieces:
            await self._sandbox.sleep(self._sandbox.chat_seconds / len(pieces))
            yield piece


async def _body(request: Request) -> Json:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(400, "content type must be application/json")
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as exc:
        raise Refused(400, "invalid JSON body") from exc
    if not isinstance(body, dict):
        raise Refused(400, "invalid JSON body")
    return body  # pyright: ignore[reportUnknownVariableType]  JSON


def _listed(wire: Json) -> Json:
    return {
        "id": wire["model"],
        "object": "model",
        "created": _LISTED_AT,
        "owned_by": str(wire["model"]).partition("/")[0],
        "name": wire["displayName"],
        "supported_features": ["tools"],
        "max_output_length": wire.get("maxCompletionTokens"),
        "output_modalities": wire.get("output_modalities") or ["text"],
    }
