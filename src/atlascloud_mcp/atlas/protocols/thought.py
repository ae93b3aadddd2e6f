"""Reasoning that some servers leave before an answer, between `think` tags."""

from enum import Enum, auto

_OPENING, _CLOSING = "<think>", "</think>"
_MOST_HELD = 1000
"""Characters, nearly all of them blank, after which an answer has begun, whatever it begins with."""


class _Stage(Enum):
    BEGINNING = auto()
    THOUGHT = auto()
    GAP = auto()
    ANSWER = auto()


class Thought:
    """Takes an answer piece by piece, and gives back what is left of it without the reasoning before it.

    `is_there` tells whether there is any.
    """

    def __init__(self) -> None:
        self.is_there = False
        self._stage = _Stage.BEGINNING
        self._held = ""

    @property
    def undecided(self) -> str:
        """The beginning of an answer as long as it may become a tag."""
        return self._held if self._stage is _Stage.BEGINNING else ""

    def removed(self, piece: str) -> str:
        """The answer in this piece, and in what was undecided before it."""
        text, self._held = self._held + piece, ""
        if self._stage is _Stage.BEGINNING:
            start = text.lstrip()
            self.is_there = start.startswith(_OPENING)
            if not self.is_there and _OPENING.startswith(start) and len(text) < _MOST_HELD:
                self._held = text
                return ""
            self._stage = _Stage.THOUGHT if self.is_there else _Stage.ANSWER
        if self._stage is _Stage.THOUGHT:
            _, closing, rest = text.partition(_CLOSING)
            if not closing:
                self._held = text[1 - len(_CLOSING) :]  # it may begin the closing tag
                return ""
            text, self._stage = rest, _Stage.GAP
        if self._stage is _Stage.GAP and (text := text.lstrip()):
            self._stage = _Stage.ANSWER
        return text
