"""generateContent: `POST /v1beta/models/{id}:generateContent`.

Sources: Google's public API reference (body, answer, finish reasons; `responseJsonSchema` takes JSON Schema as it is,
`responseSchema` is the older one with a dialect of its own); Atlas Cloud's documentation for the path, and the vendor's
MCP server 1.7.0 for the other one, and for names of media parts.
"""

from urllib.parse import quote

from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import Attachment, Question, given, merged
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply, tokens
from atlascloud_mcp.atlas.values import Json, items, mapping


def _paths(model: str) -> tuple[str, ...]:
    """The id keeps its slashes: it is part of the path, not one name in it."""
    end = f"/models/{quote(model, safe='/:@+')}:generateContent"
    return (f"/v1beta{end}", f"/v1{end}")


def _body(question: Question) -> dict[str, object]:
    parts = [*(_part(each) for each in question.attachments), {"text": question.prompt}]
    system = question.system
    config = given(
        maxOutputTokens=question.max_tokens,
        temperature=question.temperature,
        responseMimeType="application/json" if question.wants_json else None,
        responseJsonSchema=question.schema,
    )
    body = given(
        systemInstruction={"parts": [{"text": system}]} if system else None,
        contents=[{"role": "user", "parts": parts}],
        generationConfig=config or None,
    )
    return merged(body, question.params)


def _part(each: Attachment) -> dict[str, object]:
    if each.url:
        return {"file_data": {"mime_type": each.mime_type, "file_uri": each.url}}
    return {"inline_data": {"mime_type": each.mime_type, "data": each.data}}


def _read(body: Json, reply: Reply) -> None:
    for candidate in items(body.get("candidates"))[:1]:
        found = mapping(candidate)
        for part in map(mapping, items(mapping(found.get("content")).get("parts"))):
            (reply.reason if part.get("thought") is True else reply.add)(part.get("text"))
        reply.finish(found.get("finishReason"))
        if reply.ending is Ending.REFUSED:
            reply.refuse(found.get("finishMessage"))
    blocked = mapping(body.get("promptFeedback"))
    if word := blocked.get("blockReason"):
        reply.finish(word)
        reply.ending = Ending.REFUSED
        reply.refuse(blocked.get("blockReasonMessage"))
    usage = mapping(body.get("usageMetadata"))
    said, thought = tokens(usage, "candidatesTokenCount"), tokens(usage, "thoughtsTokenCount")
    reply.count(input=tokens(usage, "promptTokenCount"), output=(said, thought), reasoning=thought)


GENERATE_CONTENT = ChatProtocol(
    "generateContent",
    paths=_paths,
    body=_body,
    read=_read,
    feed=_read,
    carries=frozenset({"image", "video", "audio"}),
    by_url=frozenset({"image", "video", "audio"}),
    own=frozenset({"model", "contents", "stream", "generationConfig.candidateCount"}),
    limit_of=lambda body: tokens(mapping(body.get("generationConfig")), "maxOutputTokens"),
)
