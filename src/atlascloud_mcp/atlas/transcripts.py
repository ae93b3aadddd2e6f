"""The two texts that a job may have as an object: a transcript with its words, and lyrics.

Source: the client types of the vendor's MCP server 1.7.0 (`stt_result`, `lyrics_result`), read tolerantly.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from atlascloud_mcp.atlas.values import Json, items, mapping, number, text

MOST_WORDS = 150_000
"""Most of a day of speech."""
MAX_WORD = 500
LONGEST_S = 24 * 3600.0
_SLOWEST_WORD_S = 100.0  # on the average of a recording: nobody speaks so slowly
MAX_TEXT = 5_000_000
_CLOSING = frozenset(".,;:!?%\u2026")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
"""Scripts without spaces: Thai, Lao, Burmese, kana, Han."""
_TEXTS = ("text", "word", "punctuated_word")
_STARTS = ("start", "start_time", "begin", "from")
_ENDS = ("end", "end_time", "stop", "to")
_SPEAKERS = ("speaker_id", "speaker", "speaker_label")
_LISTS = ("words", "utterances", "segments")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or another piece of what was said, from `start` to `end` in seconds."""

    text: str
    start: float
    end: float
    speaker: str = ""
    is_spacing: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said. `words` are in order of time; empty when nobody knows when it was said."""

    text: str
    language: str = ""
    duration_seconds: float | None = None
    words: tuple[Word, ...] = ()

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in order of appearance."""
        return tuple(dict.fromkeys(word.speaker for word in self.words if word.speaker))


@dataclass(frozen=True, slots=True)
class Lyrics:
    """The words of a song, its title and what it is like."""

    text: str
    title: str = ""
    style: tuple[str, ...] = ()


def read_transcript(found: Json) -> Transcript | None:
    """The transcript of an `stt_result`; None when there is none in it."""
    words, seconds = _timed(_words(found), number(found.get("duration")))
    spoken = text(found.get("text")) or joined(words) or "\n".join(_texts(found.get("channels")))
    said = spoken[:MAX_TEXT]
    language = _first(found, ("language_code", "language"))
    return Transcript(said, language, seconds, words) if said else None


def read_lyrics(found: Json) -> Lyrics | None:
    """The lyrics of a `lyrics_result`; None when there are none in it."""
    said, tags = text(found.get("lyrics"))[:MAX_TEXT], found.get("style_tags")
    listed = items(tags) or text(tags).split(",")
    style = tuple(word for each in listed[:20] if (word := text(each)[:MAX_WORD]))
    return Lyrics(said, _first(found, ("song_title", "title")), style) if said else None


def joined(words: Iterable[Word]) -> str:
    """The words as one text: with their own spacing where they bring some, and without where they write without."""
    pieces = list(words)
    if any(word.is_spacing for word in pieces):
        return "".join(word.text for word in pieces).strip()
    line = ""
    for word in pieces:
        piece = word.text.strip()
        is_close = not line or _closes(piece[:1]) or (_SPACELESS.match(line[-1]) and _SPACELESS.match(piece[:1]))
        line += piece if is_close else f" {piece}"
    return line


def _closes(character: str) -> bool:
    """Whether it stands at the end of the word before it."""
    return character in _CLOSING or (bool(character) and unicodedata.category(character) in {"Pe", "Pf"})


def _texts(channels: object) -> list[str]:
    return [said for channel in _objects(channels)[:20] if (said := text(channel.get("text")))]


def _words(found: Json) -> list[Word]:
    """The words of the whole, else of its channels, each of which is somebody."""
    if words := _listed(found, ""):
        return words
    return [
        word
        for place, channel in enumerate(_objects(found.get("channels"))[:20], start=1)
        for word in _listed(channel, f"channel {place}")
    ]


def _listed(found: Json, speaker: str) -> list[Word]:
    """The words, else the longer pieces; an empty list when none has a time."""
    for key in _LISTS:
        if words := [word for each in _objects(found.get(key)) for word in _word(each, speaker)]:
            return words
    return []


def _word(found: Json, speaker: str) -> Iterator[Word]:
    said = next((value for key in _TEXTS if isinstance(value := found.get(key), str) and value), "")[:MAX_WORD]
    start, end = _moment(found, _STARTS), _moment(found, _ENDS)
    if said and start is not None and end is not None and 0 <= start <= end <= LONGEST_S * 1000:
        who = next((str(found[key]) for key in _SPEAKERS if isinstance(found.get(key), str | int)), "")
        yield Word(said, start, end, who[:60].strip() or speaker, is_spacing=found.get("type") == "spacing")


def _moment(found: Json, keys: Sequence[str]) -> float | None:
    return next((each for key in keys if (each := number(found.get(key))) is not None), None)


def _timed(words: list[Word], seconds: float | None) -> tuple[tuple[Word, ...], float | None]:
    """The words in order, and the length of the whole, all in seconds: nobody says in which unit they are counted.

    It was milliseconds where the words end long after the whole does, or come one in minutes.
    """
    last = max((word.end for word in words), default=0.0)
    is_slow = len(words) > 1 and last / len(words) > _SLOWEST_WORD_S
    seconds = seconds if seconds is not None and seconds > 0 else None
    if seconds and (seconds > LONGEST_S or (is_slow and seconds > last / 2)):
        seconds /= 1000
    factor = 0.001 if is_slow or (seconds and last > 20 * seconds) else 1.0
    scaled = (Word(each.text, each.start * factor, each.end * factor, each.speaker, each.is_spacing) for each in words)
    return tuple(sorted(scaled, key=lambda word: word.start)), seconds


def _objects(value: object) -> list[Json]:
    return [each for each in map(mapping, items(value)[:MOST_WORDS]) if each]


def _first(found: Json, keys: Sequence[str]) -> str:
    return next((said for key in keys if (said := text(found.get(key))[:MAX_WORD])), "")
