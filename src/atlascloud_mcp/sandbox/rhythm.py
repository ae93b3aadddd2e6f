"""When each word of a text is said: for those who say it and for those who write it down."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SHORTEST_S = 0.6
LONGEST_S = 600.0

_WORDS_A_SECOND = 2.5
_SIGN = "\u3040-\u30ff\u3400-\u9fff"  # kana and Han: written without spaces, one sign is about half a word
_TOKEN = re.compile(rf"[{_SIGN}][^\w\s]*|[^\s{_SIGN}]+")
_VOWELS = re.compile("[aeiouyäöüáéíóúàèìòùâêîôûãõå]+")
_PLAIN = dict(zip("yäöüáéíóúàèìòùâêîôûãõå", "iaouaeiouaeiouaeiouaoo", strict=True))
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)\]]*$")  # noqa: RUF001  full-width marks are meant
_PAUSE_AFTER = re.compile(r"[,;:、，；：—-]$")  # noqa: RUF001  as above

_GAP, _PAUSE, _STOP = 0.2, 0.7, 1.6  # in syllables


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is written, with its marks. Times in seconds; `vowels` has a letter for each syllable."""

    text: str
    start: float
    end: float
    vowels: str
    sentence: int

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends with it."""
        return _SENTENCE_END.search(self.text) is not None


def spoken_seconds(text: str, speed: float = 1.0) -> float:
    """How long it takes to say the text at that speed, 1 being normal."""
    words = sum(0.5 if re.match(f"[{_SIGN}]", token) else 1.0 for token in _TOKEN.findall(text))
    return min(LONGEST_S, max(SHORTEST_S, words / _WORDS_A_SECOND / speed))


def in_time(text: str, seconds: float) -> list[Word]:
    """The words of the text, spread over that time."""
    tokens = [(token, _vowels(token), _rest(token)) for token in _TOKEN.findall(text)]
    if not tokens:
        return []
    beats = sum(len(vowels) + rest for _, vowels, rest in tokens) - tokens[-1][2]
    return list(_placed(tokens, seconds / beats))


def _placed(tokens: list[tuple[str, str, float]], beat: float) -> Iterator[Word]:
    at, sentence = 0.0, 0
    for token, vowels, rest in tokens:
        word = Word(token, at * beat, (at + len(vowels)) * beat, vowels, sentence)
        yield word
        at += len(vowels) + rest
        sentence += word.ends_sentence


def _rest(token: str) -> float:
    """The silence after it."""
    if _SENTENCE_END.search(token):
        return _STOP
    return _PAUSE if _PAUSE_AFTER.search(token) else _GAP


def _vowels(token: str) -> str:
    found: list[str] = _VOWELS.findall(token.lower())
    if not found:  # a number, or letters that are no Latin ones: about two make a syllable
        return "".join("aeiou"[ord(each) % 5] for each in token[:20:2])
    return "".join(_PLAIN.get(each[0], each[0]) for each in found)
