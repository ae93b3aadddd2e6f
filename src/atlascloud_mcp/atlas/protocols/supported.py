"""Which of a model's protocols is supported here, and with what in it."""

from collections.abc import Collection

from atlascloud_mcp.atlas.kinds import Medium
from atlascloud_mcp.atlas.protocols.completions import COMPLETIONS
from atlascloud_mcp.atlas.protocols.generate_content import GENERATE_CONTENT
from atlascloud_mcp.atlas.protocols.messages import MESSAGES
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.responses import RESPONSES
from atlascloud_mcp.atlas.quirks import protocol_of

USUAL = COMPLETIONS
"""For a model that says nothing (the vendor's MCP server 1.7.0)."""
_BY_NAME = {protocol.name: protocol for protocol in (COMPLETIONS, RESPONSES, MESSAGES, GENERATE_CONTENT)}


def supported(words: Collection[str]) -> tuple[ChatProtocol, ...]:
    """Those of a model's protocols, by the catalogue's words for them and in its order, that are supported here."""
    if not words:
        return (USUAL,)
    return tuple(_BY_NAME[name] for word in words if (name := protocol_of(word)) in _BY_NAME)


def carrying(protocols: Collection[ChatProtocol], media: Collection[Medium]) -> ChatProtocol | None:
    """The first of them that has a place for all these media."""
    return next((protocol for protocol in protocols if protocol.carries.issuperset(media)), None)
