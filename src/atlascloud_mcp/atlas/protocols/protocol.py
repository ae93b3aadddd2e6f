"""What a protocol is: where and how to ask, and how to read what comes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from atlascloud_mcp.atlas.kinds import Medium
from atlascloud_mcp.atlas.protocols.question import Question
from atlascloud_mcp.atlas.protocols.reply import Reply
from atlascloud_mcp.atlas.values import Json, mapping

_ABOUT_STREAMING = re.compile(r"\bstream", re.IGNORECASE)
# What is said of a name, not of its value.
_NOT_TAKEN = re.compile(
    r"(unsupported|unexpected)(?! value)|unknown|unrecogni[sz]ed|(?<!\d is )not supported|inputs are not permitted",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ChatProtocol:
    """One protocol.

    `carries` are the media that it has a place for, `by_url` those that may be addresses there. `own` are the fields
    that callers may not set, with a dot before those of an object. `limit_of` is the limit of tokens that a body sets.
    `read` takes a whole answer, `feed` one streamed event. `renamed` are fields that some servers want under another
    name, or do not take under this one, as their refusal says. A model is found at the first of its `paths` that is
    one.
    """

    name: str
    paths: Callable[[str], tuple[str, ...]]
    body: Callable[[Question], dict[str, object]]
    read: Callable[[Json, Reply], None]
    feed: Callable[[Json, Reply], None]
    carries: frozenset[Medium]
    by_url: frozenset[Medium]
    own: frozenset[str]
    limit_of: Callable[[Json], int | None]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    renamed: Mapping[str, str] = field(default_factory=dict[str, str])

    def own_in(self, params: Json) -> list[str]:
        """Those of these fields that callers may not set."""
        inner = (f"{outer}.{name}" for outer, value in params.items() for name in mapping(value))
        return sorted(self.own.intersection(params) | self.own.intersection(inner))

    def amended(self, body: Mapping[str, object], reason: str) -> dict[str, object] | None:
        """The body without what was refused with these words, where that can be told and left; else None."""
        if "stream_options" in body and "stream_options" in reason:
            return {name: value for name, value in body.items() if name != "stream_options"}
        if body.get("stream") and _ABOUT_STREAMING.search(reason):
            return {name: value for name, value in body.items() if name not in {"stream", "stream_options"}}
        for old, new in self.renamed.items():
            if old in body and (new in reason or (old in reason and _NOT_TAKEN.search(reason))):
                return {new if name == old else name: value for name, value in body.items()}
        return None
