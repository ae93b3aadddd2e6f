"""A transcript as files: its text by who speaks, subtitles in SRT and WebVTT, and all that is known of it as JSON.

Sources: the SubRip format as Matroska's notes have it; W3C, WebVTT; 42 characters a line, two lines and 7 s at most
are the Netflix timed text style guide's.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from atlascloud_mcp.atlas.transcripts import Transcript, Word, joined
from atlascloud_mcp.atlas.untrusted import plain, readable

LINE = 42
CUE = 2 * LINE
LONGEST_S = 7.0
SHORTEST_S = 0.3
PAUSE_S = 1.0
_SENTENCE_END = re.compile("[.!?\u3002\uff01\uff1f\u2026][\"'\u201d\u2019)\\]]*$")


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle, in seconds; `speaker` is empty where nobody tells who speaks."""

    start: float
    end: float
    text: str
    speaker: str = ""


def cues(words: Sequence[Word]) -> list[Cue]:
    """The words as subtitles, none of which begins before the one before it ends."""
    spoken = [_cue(group) for turn in _turns(words) for group in _groups(turn)]
    found: list[Cue] = []
    for number, cue in enumerate(spoken):
        after = spoken[number + 1].start if number + 1 < len(spoken) else float("inf")
        end = min(max(cue.end, cue.start + SHORTEST_S), max(after, cue.start))
        if cue.text:
            found.append(Cue(cue.start, end, cue.text, cue.speaker))
    return found


def by_speaker(text: str, words: Sequence[Word]) -> str:
    """The text with a paragraph for each turn, as `Speaker 0: Good evening.` is one.

    It stays as it is where fewer than two are told apart, or where something in it is in none of the words.
    """
    if len({word.speaker for word in words if word.speaker}) < 2:
        return text
    turns = [cue for turn in _turns(words) if (cue := _cue(turn)).text]
    left = Counter("".join(text.split()))
    for turn in turns:
        left.subtract(turn.text)
    return text if max(left.values(), default=0) > 0 else "\n\n".join(map(_spoken, turns))


def srt(found: Iterable[Cue]) -> str:
    """As SubRip; who speaks stands before the words where several do."""
    shown = list(found)
    several = len({cue.speaker for cue in shown}) > 1
    blocks = [
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n"
        + _lines(_spoken(cue) if several else cue.text).replace("-->", "->")
        for number, cue in enumerate(shown, start=1)
    ]
    return "\n\n".join(blocks) + "\n"


def vtt(found: Iterable[Cue]) -> str:
    """As WebVTT, with a voice span where it is known who speaks."""
    blocks = ["WEBVTT"]
    for cue in found:
        text = _escaped(_lines(cue.text))
        spoken = f"<v {_escaped(_called(cue.speaker))}>{text}" if cue.speaker else text
        blocks.append(f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{spoken}")
    return "\n\n".join(blocks) + "\n"


def as_json(transcript: Transcript) -> str:
    """Everything that is known of it; times in seconds."""
    words = [
        {"text": readable(word.text), "start": round(word.start, 3), "end": round(word.end, 3)}
        | ({"speaker": plain(word.speaker, 60)} if word.speaker else {})
        for word in transcript.words
        if not word.is_spacing
    ]
    facts = {
        "text": readable(transcript.text),
        "language": readable(transcript.language),
        "duration_seconds": transcript.duration_seconds,
        "speakers": [plain(speaker, 60) for speaker in transcript.speakers],
        "words": words,
    }
    known = {name: value for name, value in facts.items() if value not in (None, "", [])}
    return json.dumps(known, ensure_ascii=False, indent=1) + "\n"


def _turns(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words of each turn: a new one at another speaker. Each begins with a word, no spacing."""
    turn: list[Word] = []
    for word in words:
        is_mark = not word.speaker and not any(map(str.isalnum, word.text))  # a comma is nobody's own
        if turn and not word.is_spacing and word.speaker != turn[0].speaker and not is_mark:
            yield turn
            turn = []
        if turn or not word.is_spacing:
            turn.append(word)
    if turn:
        yield turn


def _groups(turn: Sequence[Word]) -> Iterator[list[Word]]:
    """The words of each subtitle of a turn: a new one at a pause, the end of a sentence, or when it is full."""
    group: list[Word] = []
    length = 0
    for word in turn:
        if group and not word.is_spacing:
            last = next((each for each in reversed(group) if not each.is_spacing), group[-1])
            is_pause = word.start - last.end > PAUSE_S
            is_full = length + len(word.text) > CUE or word.end - group[0].start > LONGEST_S
            is_sentence = length > LINE and bool(_SENTENCE_END.search(last.text.strip()))
            if is_pause or is_full or is_sentence:
                yield group
                group, length = [], 0
        if group or not word.is_spacing:
            group.append(word)
            length += len(word.text) + (not word.is_spacing)
    if group:
        yield group


def _cue(group: Sequence[Word]) -> Cue:
    end = max(word.end for word in group)
    return Cue(group[0].start, end, " ".join(readable(joined(group)).split()), plain(group[0].speaker, 60))


def _spoken(cue: Cue) -> str:
    return f"{_called(cue.speaker)}: {cue.text}" if cue.speaker else cue.text


def _called(speaker: str) -> str:
    """`Speaker 1` for a number, whatever stands before it; else the label as it is."""
    number = re.fullmatch(r"(?:spk|speaker|s)?[_ -]?(\d{1,4})", speaker, re.IGNORECASE)
    return f"Speaker {number[1]}" if number else speaker


def _lines(text: str) -> str:
    return "\n".join(wrap(text, LINE, break_on_hyphens=False)) if len(text) > LINE else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(seconds: float, point: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"
