"""Regular expressions from outside: only those that cannot make this process search for ever.

Python's engine tries every way to split a text among the repetitions of a pattern. A pattern is taken when there is
but one way: each repetition ends where a character stands that it could not have taken, so that the time grows with
the length of the text and no faster.
"""

import re

MAX_LENGTH = 120
MAX_UNBOUNDED = 2
MAX_ALTERNATIVES = 2
"""Groups with a choice in them: each multiplies the ways through the ones before it."""

MAX_COUNT = 200

_LITERAL = r"\\[^A-Za-z0-9]|[^\\.\[\](){}|*+?^$]"
_CLASS = r"\\[dDwWsS]|\\[nrt]"
_ATOM = re.compile(rf"{_LITERAL}|{_CLASS}|\.|\[\^?(?:{_CLASS}|\\[^A-Za-z0-9]|[^\\\[\]^])+\]")
_ONE_CHARACTER = re.compile(_LITERAL, re.DOTALL)
_REPEAT = re.compile(r"[*+?]|\{([0-9]*)(,?)([0-9]*)\}")
# Python warns that it may read these as operations on sets of characters one day.
_AMBIGUOUS = re.compile(r"--|&&|~~|\|\|")


def is_harmless(pattern: str) -> bool:
    """Whether `re.search` takes this pattern, and is quick with it on any text."""
    if not 0 < len(pattern) <= MAX_LENGTH or _AMBIGUOUS.search(pattern):
        return False
    try:
        return _Reading(pattern).is_harmless() and bool(re.compile(pattern))
    except (re.error, OverflowError):  # of the whole, or of a class in it that is tried by itself
        return False


class _Reading:
    """One pass over a pattern. What it does not know is not harmless."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._choices: list[bool] = []  # of each open group, whether it has a choice in it
        self._alternatives = 0
        self._variable = 0
        self._unbounded = 0

    def is_harmless(self) -> bool:
        """Whether the whole of it can be read, and no text has two ways through a repetition."""
        while self._at < len(self._pattern):
            if not self._step():
                return False
        # A search begins anew at each character, so what repeats must be tied to the beginning.
        tied = self._pattern.startswith("^") or not self._variable
        return tied and self._unbounded <= MAX_UNBOUNDED and self._alternatives <= MAX_ALTERNATIVES

    def _step(self) -> bool:
        first = self._pattern[self._at]
        if first in "(|)":
            return self._group(first)
        if first in "^$":
            self._at += 1
            return not self._repeat_here()
        found = _ATOM.match(self._pattern, self._at)
        if not found:
            return False
        self._at = found.end()
        repeat = self._repeat_here()
        return self._repeated(found[0], repeat) if repeat else True

    def _repeat_here(self) -> re.Match[str] | None:
        return _REPEAT.match(self._pattern, self._at)

    def _group(self, first: str) -> bool:
        """Whether a group begins, forks or ends in a way that is known. None is repeated."""
        self._at += 1
        if first == "(":
            if self._pattern.startswith("?:", self._at):
                self._at += 2
            self._choices.append(False)
            return not self._repeat_here()
        if first == "|":
            if not self._choices:  # `^` would be of one side alone
                return not self._variable and not _REPEAT.search(self._pattern, self._at)
            self._choices[-1] = True
            return not self._repeat_here()
        if not self._choices:
            return False
        self._alternatives += self._choices.pop()
        return not self._repeat_here()

    def _repeated(self, atom: str, repeat: re.Match[str]) -> bool:
        """Whether a repetition ends in one way only: at a character that it could not have taken, or at the end."""
        self._at = repeat.end()
        if repeat[0].startswith("{") and not repeat[2]:
            return repeat[1].isdigit() and int(repeat[1]) <= MAX_COUNT  # an exact count
        self._variable += 1
        self._unbounded += repeat[0] in {"*", "+"} or (repeat[0][0] == "{" and not repeat[3])
        if self._choices:
            return False
        rest = self._pattern[self._at :]
        if rest in {"", "$"}:
            return True
        stop = _ONE_CHARACTER.match(rest)
        if not stop or _REPEAT.match(rest, stop.end()):
            return False
        return re.fullmatch(atom, stop[0][-1], re.DOTALL) is None
