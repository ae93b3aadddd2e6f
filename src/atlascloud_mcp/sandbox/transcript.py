"""What a transcriber answers: the text, and when and by whom each word is said."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, zip_longest

from atlascloud_mcp.sandbox.hearing import Recording
from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.rhythm import Word, in_time, spoken_seconds
from atlascloud_mcp.sandbox.sound import Sound

UNHEARD_SECONDS = 60.0

_TALK = (
    "Good morning, and thank you for making the time.",
    "Good morning, I am glad that we finally got to talk.",
    "Let us begin with the plan for the spring.",
    "We want to open the new reading room before the end of April.",
    "How far along are the shelves?",
    "The carpenter says that two more weeks will do.",
    "That leaves the lamps, the chairs and the long table.",
    "The lamps came on Tuesday, but one of them was broken.",
    "Could you ask whether they will send another one?",
    "I already have, and it should be here on Friday.",
    "Then there is only the opening itself to think about.",
    "I would keep it small, with a little music and a short speech.",
    "That sounds right to me.",
    "Shall we meet again in a week, at the same time?",
)
_LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pt": "Portuguese",
    "zh": "Chinese",
}
_CODES = {name.lower(): code for code, name in _LANGUAGES.items()}


def heard(wish: Sound, recording: Recording) -> Sound:
    """The wish for a transcript, with what is in the recording: its own words, else a talk as long as it is."""
    text = recording.words if recording.words is not None else talk(recording.seconds)
    return replace(wish, text=text, seconds=recording.seconds)


def transcript(wish: Sound) -> Json:
    """The `stt_result`; one that nobody has heard says the talk all the same."""
    if not wish.text:
        wish = heard(wish, Recording(UNHEARD_SECONDS))
    code, name = _language(wish)
    result: Json = {
        "text": wish.text,
        "language": name,
        "language_code": code,
        "duration": round(wish.seconds, 3),
    }
    words = list(_words(wish))
    if wish.has_timings:
        result["words"] = words
    if wish.has_channels:
        channel: Json = {"index": 0, "language": code, "text": wish.text}
        result["channels"] = [{**channel, "words": words} if wish.has_timings else channel]
    return result


def talk(seconds: float) -> str:
    """Whole sentences, about as many as can be said in that time."""
    said: list[str] = []
    left = seconds
    for sentence in cycle(_TALK):
        left -= spoken_seconds(sentence)
        if said and left < 0:
            break
        said.append(sentence)
    return " ".join(said)


def _language(wish: Sound) -> tuple[str, str]:
    """Code and name of what is spoken: as asked, else by its letters."""
    if wish.language:
        code = _CODES.get(wish.language.lower(), wish.language)
        return code, _LANGUAGES.get(code.lower()[:2], code)
    code = "ja" if any("\u3040" <= each <= "\u30ff" for each in wish.text) else "en"
    code = "zh" if code == "en" and any("\u4e00" <= each <= "\u9fff" for each in wish.text) else code
    return code, _LANGUAGES[code]


def _words(wish: Sound) -> Iterator[Json]:
    timed = in_time(wish.text, wish.seconds)
    for word, following in zip_longest(timed, timed[1:]):
        yield _entry(wish, word, "word", word.text, (word.start, word.end))
        if wish.has_spacing and following is not None:
            yield _entry(wish, word, "spacing", " ", (word.end, following.start))


def _entry(wish: Sound, word: Word, kind: str, text: str, time: tuple[float, float]) -> Json:
    start, end = time
    entry: Json = {"text": text, "start": round(start, 3), "end": round(end, 3), "type": kind}
    return {**entry, "speaker_id": f"speaker_{word.sentence % wish.speakers}"} if wish.speakers else entry
