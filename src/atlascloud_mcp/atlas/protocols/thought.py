"""Reasoning that some servers leave before an answer, between `think` tags.

Source: the model cards of open reasoning models. Some chat templates open the thought themselves, so that an answer
begins inside it and only the closing tag comes, with the end of its line. Elsewhere the answer speaks of the tag.
"""

import re
from enum import Enum, auto

_OPENING, _CLOSING = "<think>", "</think>"
_MOST_HELD = 1000
"""Characters, nearly all of them blank, after which an answer has begun, whatever it begins with."""
_TELLING = re.compile(r"`|<think>|[\"']?</think>[ \t]{0,80}\r?\n")
_UNSURE = re.compile(r"[\"']?(<[/think]{0,6}|</think>[ \t]{0,80}\r?)?\Z")
"""What of `_TELLING` may have begun."""
_MOST_UNSURE = 100


class _Stage(Enum):
    BEGINNING = auto()
    UNTOLD = auto()  # an answer, unless a closing tag says that it was a thought
    THOUGHT = auto()
    GAP = auto()
    ANSWER = auto()


class Thought:
    """Takes an answer piece by piece, and keeps it without the reasoning before it.

    `is_there` tells whether there is any; `length` counts the answer's characters, `left_out` those that came as the
    answer before a closing tag without an opening one. Where `has_to_open`, such a tag is part of the answer.
    """

    def __init__(self) -> None:
        self.is_there = False
        self.has_to_open = False
        self.length = self.left_out = 0
        self._parts: list[str] = []
        self._stage = _Stage.BEGINNING
        self._held: str = ""
        self._tail: str = ""  # of what is kept: it may begin a tag
        self._is_quoted = False  # between backticks

    @property
    def answer(self) -> str:
        """The answer so far, with its beginning as long as that may become a tag."""
        said = "".join(self._parts) + (self._held if self._stage is _Stage.BEGINNING else "")
        is_thought = self._stage is _Stage.UNTOLD and not self._is_quoted and said.rstrip().endswith("\n" + _CLOSING)
        return "" if is_thought else said

    def add(self, piece: str) -> None:
        """Take a piece."""
        text, self._held = self._held + piece, ""
        if self._stage is _Stage.BEGINNING:
            start = text.lstrip()
            tags = (_OPENING,) if self.has_to_open else (_OPENING, _CLOSING)
            self.is_there = start.startswith(tags)
            if not self.is_there and any(tag.startswith(start) for tag in tags) and len(text) < _MOST_HELD:
                self._held = text
                return
            otherwise = _Stage.ANSWER if self.has_to_open else _Stage.UNTOLD
            self._stage = _Stage.THOUGHT if self.is_there else otherwise
        if self._stage is _Stage.UNTOLD:
            text = self._told(text)
        if self._stage is _Stage.THOUGHT:
            _, closing, rest = text.partition(_CLOSING)
            if not closing:
                self._held = text[1 - len(_CLOSING) :]  # it may begin the closing tag
                return
            text, self._stage = rest, _Stage.GAP
        if self._stage is _Stage.GAP and (text := text.lstrip()):
            self._stage = _Stage.ANSWER
        self._parts.append(text)
        self.length += len(text)

    def _told(self, text: str) -> str:
        """What of this piece belongs to the answer; all before a closing tag that counts was the thought."""
        recent = self._tail + text
        for found in _TELLING.finditer(recent):
            if found[0] == "`":
                self._is_quoted = not self._is_quoted
            elif found[0] == _OPENING:
                self._stage = _Stage.ANSWER
                return text
            elif found[0].startswith(_CLOSING) and not self._is_quoted:
                self.left_out = self.length + found.start() - len(self._tail)
                self._parts, self.length = [], 0
                self.is_there, self._stage = True, _Stage.GAP
                return recent[found.end() :]
        unsure = _UNSURE.search(recent, max(0, len(recent) - _MOST_UNSURE))
        self._tail = unsure[0] if unsure else ""
        return text
