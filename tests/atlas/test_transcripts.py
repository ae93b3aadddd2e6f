"""Transcripts and lyrics as jobs bring them, in every shape that was seen or can be expected."""

from typing import Any

import pytest

from atlascloud_mcp.atlas import wire
from atlascloud_mcp.atlas.transcripts import Word, joined, read_lyrics, read_transcript

WORDS = [
    {"text": "Good", "start": 0.1, "end": 0.4, "type": "word", "speaker_id": "0"},
    {"text": "evening.", "start": 0.5, "end": 1.0, "type": "word", "speaker_id": "0"},
]
READ = (Word("Good", 0.1, 0.4, "0"), Word("evening.", 0.5, 1.0, "0"))

SHAPES: dict[str, dict[str, Any]] = {
    "words": {"text": "Good evening.", "language_code": "en", "duration": 1.2, "words": WORDS},
    "strings for numbers": {"duration": "1.2", "words": [{**each, "start": str(each["start"])} for each in WORDS]},
    "other names": {
        "words": [
            {"word": each["text"], "start_time": each["start"], "end_time": each["end"], "speaker": "0"}
            for each in WORDS
        ]
    },
    "milliseconds": {
        "duration": 1.2,
        "words": [{**each, "start": each["start"] * 1000, "end": each["end"] * 1000} for each in WORDS],
    },
    "milliseconds without a length": {
        "words": [{**each, "start": each["start"] * 1000, "end": each["end"] * 1000} for each in WORDS],
    },
    "all in milliseconds": {
        "duration": 1200,
        "words": [{**each, "start": each["start"] * 1000, "end": each["end"] * 1000} for each in WORDS],
    },
    "not in order": {"words": WORDS[::-1]},
    "utterances": {"words": [], "utterances": WORDS},
    "junk between": {
        "words": [None, {"text": "x"}, {"start": 1, "end": 2}, *WORDS, {"text": "y", "start": 3, "end": 2}]
    },
}


@pytest.mark.parametrize("found", SHAPES.values(), ids=SHAPES)
def test_words_are_read_with_their_times_and_speakers(found: dict[str, Any]) -> None:
    transcript = read_transcript(found)
    assert transcript
    assert [(word.text, round(word.start, 3), round(word.end, 3), word.speaker) for word in transcript.words] == [
        (word.text, word.start, word.end, word.speaker) for word in READ
    ]
    assert transcript.text == "Good evening."
    assert transcript.speakers == ("0",)
    assert transcript.duration_seconds in {None, 1.2}


def test_channels_are_speakers_where_no_words_stand_beside_them() -> None:
    channels = [
        {"index": 0, "words": [{"text": "Hello", "start": 0, "end": 1}]},
        {"index": 1, "words": [{"text": "Hi", "start": 0.5, "end": 1}]},
    ]
    transcript = read_transcript({"channels": channels})
    assert transcript
    assert [(word.text, word.speaker) for word in transcript.words] == [("Hello", "channel 1"), ("Hi", "channel 2")]


@pytest.mark.parametrize(
    "found",
    [{}, {"text": ""}, {"text": 3, "words": "many"}, {"words": [{"text": "x", "start": float("nan"), "end": 1}]}],
)
def test_what_holds_no_words_is_no_transcript(found: dict[str, Any]) -> None:
    assert read_transcript(found) is None


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["Well", ",", "yes", "!"], "Well, yes!"),
        (["今日", "は", "いい", "天気"], "今日はいい天気"),
        (["GPT", "です", "。"], "GPT です。"),
        (["(", "no", ")"], "( no)"),
    ],
)
def test_words_become_a_text_as_their_script_has_it(pieces: list[str], text: str) -> None:
    assert joined([Word(piece, 0, 1) for piece in pieces]) == text


def test_a_transcript_without_a_text_is_its_words() -> None:
    words = [{"text": piece, "start": at, "end": at + 1} for at, piece in enumerate(["你", "好", "。"])]
    transcript = read_transcript({"words": words})
    assert transcript
    assert transcript.text == "你好。"


def test_words_with_their_own_spaces_keep_them() -> None:
    assert joined([Word("a", 0, 1), Word("  ", 1, 1, is_spacing=True), Word("b", 1, 2)]) == "a  b"


@pytest.mark.parametrize("tags", [["folk", "warm"], "folk, warm"])
def test_lyrics_have_a_title_and_a_style(tags: object) -> None:
    lyrics = read_lyrics({"song_title": "Snow", "style_tags": tags, "lyrics": "[Verse]\nSnow\n"})
    assert lyrics
    assert (lyrics.text, lyrics.title, lyrics.style) == ("[Verse]\nSnow", "Snow", ("folk", "warm"))
    assert read_lyrics({"song_title": "Snow", "lyrics": None}) is None


def test_a_text_that_stands_only_in_its_object_is_the_output() -> None:
    body = {"data": {"id": "x", "status": "completed", "outputs": None, "stt_result": {"text": "Good evening."}}}
    found = wire.prediction(body, sandbox=False)
    assert [output.text for output in found.outputs] == ["Good evening."]
    assert found.transcript
