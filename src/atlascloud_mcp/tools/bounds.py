"""What an answer may be, whatever was put into it: not endless, and of characters that can be sent.

Texts from outside are cut where they come in; this is the net below, for what is short and comes a thousand times.
"""

import json
from collections.abc import Mapping
from typing import cast

MOST_CHARACTERS = 50_000
"""Of one answer's text; a host shows a model about as many."""
_END = 5_000  # the notes and the next step stand there
_STEPS = ((8000, 60), (2000, 30), (500, 15), (120, 5), (40, 2))  # characters of a text, entries of a list
_DEEPEST = 20


def fits(text: str) -> bool:
    """Whether an answer of this text, which says all that its fields do, can be sent as it is."""
    if len(text) > MOST_CHARACTERS or text.isascii():
        return len(text) <= MOST_CHARACTERS
    return _sendable(text) == text


def shortened(text: str) -> str:
    """The text without its middle, where it is too long, and without halves of characters."""
    text = _sendable(text)
    if fits(text):
        return text
    cut = f"\n… {len(text) - MOST_CHARACTERS} characters of this answer are left out here …\n"
    return text[: MOST_CHARACTERS - _END] + cut + text[-_END:]


def reduced(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields with what is too long in them cut, and a note that says so."""
    small = {name: _reduced(value, MOST_CHARACTERS, MOST_CHARACTERS) for name, value in fields.items()}
    for texts, entries in _STEPS:
        if len(json.dumps(small, ensure_ascii=False)) <= MOST_CHARACTERS:
            break
        small = {name: _reduced(value, texts, entries) for name, value in fields.items()}
        cut = f"Too long for one answer: lists are cut to {entries} entries here, texts to {texts} characters."
        small["notes"] = [*cast("list[object]", small.get("notes") or []), cut]
    return small


def _reduced(value: object, texts: int, entries: int, depth: int = _DEEPEST) -> object:
    if isinstance(value, str):
        text = _sendable(value)
        return text if len(text) <= texts else text[: texts - 1] + "…"
    if isinstance(value, list | dict) and depth == 0:
        return "…"
    if isinstance(value, list):
        return [_reduced(each, texts, entries, depth - 1) for each in cast("list[object]", value)[:entries]]
    if isinstance(value, dict):
        named = list(cast("dict[str, object]", value).items())[:entries]
        return {_sendable(name): _reduced(each, texts, entries, depth - 1) for name, each in named}
    return value


def _sendable(text: str) -> str:
    """The text with a question mark for each half of a character, which no encoding takes."""
    return text.encode(errors="replace").decode()
