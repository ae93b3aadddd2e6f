"""Reasoning that some servers leave before an answer, between `think` tags.

Source: the model cards of open reasoning models. Some chat templates open the thought themselves, so that an answer
begins inside it and only the closing tag comes.
"""

from enum import Enum, auto

_OPENING, _CLOSING = "<think>", "</think>"
_MOST_HELD = 1000
"""Characters, nearly all of them blank, after which an answer has begun, whatever it begins with."""


class _Stage(Enum):
    BEGINNING = auto()
    UNTOLD = auto()  # an answer, unless a closing tag says that it was a thought
    THOUGHT = auto()
    GAP = auto()
    ANSWER = auto()


class Thought:
    """Takes an answer piece by piece, and keeps it without the reasoning before it.

    `is_there` tells whether there is any; `length` counts the answer's characters. Where `has_to_open`, a closing tag
    alone is part of the answer.
    """

    def __init__(self) -> None:
        self.is_there = False
        self.has_to_open = False
        self.length = 0
        self._parts: list[str] = []
        self._stage = _Stage.BEGINNING
        self._held = ""
        self._tail = ""  # of what is kept: it may begin a tag

    @property
    def answer(self) -> str:
        """The answer so far, with its beginning as long as that may become a tag."""
        return "".join(self._parts) + (self._held if self._stage is _Stage.BEGINNING else "")

    def add(self, piece: str) -> None:
        """Take a piece."""
        text, self._held = self._held + piece, ""
        if self._stage is _Stage.BEGINNING:
            start = text.lstrip()
            self.is_there = start.startswith(_OPENING)
            if not self.is_there and _OPENING.startswith(start) and len(text) < _MOST_HELD:
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
        """What of this piece belongs to the answer; when a closing tag comes first, all before it was the thought."""
        recent = self._tail + text
        before, closing, rest = recent.partition(_CLOSING)
        if _OPENING in before:
            self._stage = _Stage.ANSWER
        elif closing:
            self._parts, self.length = [], 0
            self.is_there, self._stage = True, _Stage.GAP
            return rest
        self._tail = recent[1 - len(_CLOSING) :]
        return text
