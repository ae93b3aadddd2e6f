"""One question to a language model, in no protocol's words."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from atlascloud_mcp.atlas.kinds import Medium

JSON_ONLY = "Answer with JSON only, without any other words."
ABOUT_JSON = re.compile(r"response_?(format|mime_?type)|text\.format|json[ _]?(schema|object|mode)", re.IGNORECASE)
"""What a refusal of a JSON mode names."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, a clip or a recording: its address, or else its bytes as base64."""

    medium: Medium
    mime_type: str
    url: str | None = None
    data: str | None = None

    @property
    def address(self) -> str:
        """Its URL, or a `data:` URI of its bytes."""
        return self.url or f"data:{self.mime_type};base64,{self.data}"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and what the answer may be. None means that nothing is said about it.

    `max_tokens` bounds the answer; `longest_answer` is the model's own bound, in tokens, where it is known. `params`
    are fields in the protocol's words. `schema` is the JSON schema that a JSON answer is to fit.
    """

    model: str
    prompt: str
    system: str | None = None
    attachments: tuple[Attachment, ...] = ()
    wants_json: bool = False
    schema: Mapping[str, object] | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    params: Mapping[str, object] = field(default_factory=dict[str, object])
    longest_answer: int | None = None

    def has_to_say_json(self, *where: str) -> bool:
        """Whether a JSON mode would be refused: those without a schema want the word said in one of these places."""
        return self.wants_json and not self.schema and "json" not in " ".join(where).lower()

    @property
    def system_for_json_mode(self) -> str | None:
        """The system prompt, with the word that a JSON mode wants."""
        return self._instructed(JSON_ONLY) if self.has_to_say_json(self.prompt, self.system or "") else self.system

    @property
    def system_for_no_json_mode(self) -> str | None:
        """The system prompt, with all that is asked of the answer in words."""
        if not self.wants_json:
            return self.system
        fit = f" It must fit this JSON schema: {json.dumps(self.schema, ensure_ascii=False)}" if self.schema else ""
        return self._instructed(JSON_ONLY + fit)

    def with_less_of_a_json_mode(self) -> "Question":
        """The same without a schema, else without a JSON mode: what is asked is said in the system prompt instead."""
        return replace(self, schema=None, wants_json=bool(self.schema), system=self.system_for_no_json_mode)

    def _instructed(self, words: str) -> str:
        if words in (self.system or ""):
            return self.system or ""
        return f"{self.system}\n\n{words}" if self.system else words


def merged(body: Mapping[str, object], params: Mapping[str, object]) -> dict[str, object]:
    """The body with the caller's own fields in it; objects are merged, everything else is replaced."""
    result = dict(body)
    for name, value in params.items():
        inner = result.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            result[name] = merged(inner, value)  # pyright: ignore[reportUnknownArgumentType] - JSON: its keys are texts
        else:
            result[name] = value
    return result


def given(**fields: object) -> dict[str, object]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value is not None}
