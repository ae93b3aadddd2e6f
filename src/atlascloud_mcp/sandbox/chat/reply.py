"""What the sandbox's language models say: what they were asked, and what they saw."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from atlascloud_mcp.sandbox.chat.json_answers import instance
from atlascloud_mcp.sandbox.chat.question import JsonAnswer, Question
from atlascloud_mcp.sandbox.wish import Refused

End = Literal["stop", "length", "refusal"]

REFUSAL = "I can't help with that."

_LETTERS_A_TOKEN = 4
_TOKENS_A_MEDIUM = 258
_LONG_TEXT = 60_000
_HIDDEN_TOKENS = 1_024
_MOST_PIECES = 24
_LONGEST_ECHO = 400
_WORDS_OF_SYSTEM = 12


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. `thoughts` are what a model with hidden reasoning shows of it, beside the text."""

    text: str
    end: End
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int = 0
    thoughts: str = ""

    @property
    def pieces(self) -> list[str]:
        """The text as a stream brings it: 24 pieces at most, each ending where a word does."""
        least = max(8, math.ceil(len(self.text) / _MOST_PIECES))
        pieces: list[str] = []
        start = 0
        while start < len(self.text):
            gap = self.text.find(" ", start + least - 1)
            stop = len(self.text) if gap < 0 else gap + 1
            pieces.append(self.text[start:stop])
            start = stop
        return pieces


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call that is answered. `id` is 32 hex digits, `at` unix seconds."""

    id: str
    at: int
    model: str
    question: Question
    reply: Reply


def reply_to(question: Question, seen: Sequence[str]) -> Reply:
    """The same reply to the same question; words in the prompt ask for special ones. Raises `Refused` (500)."""
    asked = tokens_of(question.text) + _TOKENS_A_MEDIUM * len(question.media)
    if "fail-test" in question.prompt:
        raise Refused(500, "internal server error")
    if "refuse-test" in question.prompt:
        return Reply("", "refusal", asked, tokens_of(REFUSAL))
    if "reason-test" in question.prompt:
        spent = question.limit or _HIDDEN_TOKENS
        return Reply("", "length", asked, spent, spent, "Let me think about herons for as long as I may.")
    text = _text(question, seen)
    if question.limit is not None and tokens_of(text) > question.limit:
        return Reply(text[: question.limit * _LETTERS_A_TOKEN], "length", asked, question.limit)
    return Reply(text, "stop", asked, tokens_of(text))


def tokens_of(text: str) -> int:
    """How many tokens a text is; four letters make one."""
    return math.ceil(len(text) / _LETTERS_A_TOKEN)


def _text(question: Question, seen: Sequence[str]) -> str:
    sentence = _sentence(question, seen)
    if question.json is not None:
        return _json(question.json, sentence, seen)
    if "long-test" in question.prompt:
        lines = (f"{number}. {sentence}\n" for number in range(1, _LONG_TEXT // len(sentence) + 2))
        return "".join(lines)[:_LONG_TEXT]
    return sentence


def _sentence(question: Question, seen: Sequence[str]) -> str:
    prompt = question.prompt.strip()
    echo = f"{prompt[:_LONGEST_ECHO]}…" if len(prompt) > _LONGEST_ECHO else prompt
    parts = [f"Hello from the sandbox! You asked: “{echo}”."]
    if seen:
        parts.append(f"With it came {', '.join(seen[:-1])}{' and ' if seen[1:] else ''}{seen[-1]}.")
    words = question.system.split()
    if words:
        more = " …" if len(words) > _WORDS_OF_SYSTEM else ""
        parts.append(f"My instructions begin: “{' '.join(words[:_WORDS_OF_SYSTEM])}{more}”.")
    return " ".join(parts)


def _json(wanted: JsonAnswer, sentence: str, seen: Sequence[str]) -> str:
    if wanted.schema is None:
        return json.dumps({"answer": sentence, "seen": list(seen)}, ensure_ascii=False)
    return json.dumps(instance(wanted.schema, sentence), ensure_ascii=False)
