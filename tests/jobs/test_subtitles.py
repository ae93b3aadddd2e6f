"""Subtitles made of a transcript's words: in order, short enough to read, and valid in both formats."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlascloud_mcp.atlas.transcripts import Transcript, Word
from atlascloud_mcp.atlas.untrusted import readable
from atlascloud_mcp.jobs.delivering.subtitles import CUE, LINE, LONGEST_S, as_json, by_speaker, cues, srt, vtt

TALK = (
    Word("Good", 0.1, 0.4, "0"),
    Word("evening.", 0.5, 1.0, "0"),
    Word("Thank", 1.2, 1.4, "1"),
    Word("you.", 1.5, 61.25, "1"),
    Word("Shall", 3665.5, 3666, "1"),
    Word("we?", 3666, 3666.9, "1"),
)


def test_subrip_has_numbers_times_and_who_speaks() -> None:
    assert srt(cues(TALK)) == (
        "1\n00:00:00,100 --> 00:00:01,000\nSpeaker 0: Good evening.\n\n"
        "2\n00:00:01,200 --> 00:00:01,500\nSpeaker 1: Thank\n\n"
        "3\n00:00:01,500 --> 00:01:01,250\nSpeaker 1: you.\n\n"
        "4\n01:01:05,500 --> 01:01:06,900\nSpeaker 1: Shall we?\n"
    )


def test_a_mark_that_nobody_is_said_to_speak_stays_with_the_words_before_it() -> None:
    words = [Word("Good", 0, 1, "0"), Word(",", 1, 1, ""), Word("yes", 1, 2, "0"), Word("No", 2, 3, "1")]
    assert [cue.speaker for cue in cues(words)] == ["0", "1"]


def test_one_speaker_alone_is_not_named_in_subrip() -> None:
    assert "Speaker" not in srt(cues(TALK[:2]))


def test_webvtt_has_voices_and_nothing_that_could_be_markup() -> None:
    text = vtt(cues([Word("<b>&", 0, 1, "Ann<"), Word("-->", 1, 2, "Ann<")]))
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n<v Ann&lt;>&lt;b&gt;&amp; --&gt;\n"


def test_a_line_of_subrip_cannot_pass_for_a_time() -> None:
    text = srt(cues([Word("00:00:01,000 --> 00:00:02,000\n\n9", 0, 1)]))
    assert text.count("-->") == 1
    assert text.count("\n\n") == 0


def test_all_that_is_known_stands_in_the_json() -> None:
    transcript = Transcript("Good evening.", "en", 1.2, TALK[:2])
    assert json.loads(as_json(transcript)) == {
        "text": "Good evening.",
        "language": "en",
        "duration_seconds": 1.2,
        "speakers": ["0"],
        "words": [
            {"text": "Good", "start": 0.1, "end": 0.4, "speaker": "0"},
            {"text": "evening.", "start": 0.5, "end": 1.0, "speaker": "0"},
        ],
    }


@pytest.mark.parametrize(
    ("text", "words", "shown"),
    [
        (
            "Good evening. Thank you. Shall we?",
            TALK,
            "Speaker 0: Good evening.\n\nSpeaker 1: Thank you. Shall we?",
        ),
        ("Good evening.", TALK[:2], "Good evening."),
        ("Good evening. Thanks to you.", TALK, "Good evening. Thanks to you."),
        ("Hi.\nHo.", (Word("Hi.", 0, 1), Word("Ho.", 1, 2)), "Hi.\nHo."),
        ("Hi. Ho.", (Word("Hi.", 0, 1, "0"), Word("Ho.", 1, 2)), "Hi. Ho."),
        ("Hi. Hm. Ho.", (Word("Hi.", 0, 1, "A"), Word("Hm.", 1, 2), Word("Ho.", 2, 3, "B")), "A: Hi.\n\nHm.\n\nB: Ho."),
        (
            "你好。再见。",
            (Word("你好。", 0, 1, "1"), Word("再见。", 1, 2, "2")),
            "Speaker 1: 你好。\n\nSpeaker 2: 再见。",
        ),
        (
            "Yes, so. No.",
            (
                Word("Yes,", 0, 1, "0"),
                Word(" ", 1, 1, "0", is_spacing=True),
                Word("so.", 1, 2, "0"),
                Word(" ", 2, 2, "1", is_spacing=True),
                Word("No.", 2, 3, "1"),
            ),
            "Speaker 0: Yes, so.\n\nSpeaker 1: No.",
        ),
    ],
)
def test_a_text_tells_who_speaks_where_several_do_and_nothing_of_it_would_be_lost(
    text: str, words: tuple[Word, ...], shown: str
) -> None:
    assert by_speaker(text, words) == shown


WORD = st.builds(
    Word,
    st.text(st.characters(codec="utf-8", exclude_characters="\u200c\u200d"), min_size=1, max_size=12),
    st.floats(0, 5000),
    st.floats(0, 9),
    st.sampled_from(["", "0", "1"]),
)
SPACE = st.builds(Word, st.just(" "), st.floats(0, 5000), st.just(0.0), st.just(""), is_spacing=st.just(True))  # noqa: FBT003 - a value


@given(st.lists(WORD | SPACE, max_size=60))
def test_subtitles_are_in_order_do_not_overlap_and_lose_no_word(words: list[Word]) -> None:
    # The second number of a drawn word is how long it takes.
    timed = sorted(
        (Word(each.text, each.start, each.start + each.end, each.speaker, each.is_spacing) for each in words),
        key=lambda word: word.start,
    )
    found = cues(timed)
    assert all(one.end <= other.start or one.end == one.start for one, other in pairwise(found))
    assert all(cue.start <= cue.end for cue in found)
    said = "".join(readable(word.text) for word in timed if not word.is_spacing)
    assert "".join("".join(cue.text for cue in found).split()) == "".join(said.split())
    assert srt(found).count(" --> ") == vtt(found).count(" --> ") == len(found)


def test_no_subtitle_is_longer_than_two_lines_or_seven_seconds() -> None:
    words = [Word(f"word{number}", number * 0.4, number * 0.4 + 0.3) for number in range(200)]
    found = cues(words)
    assert " ".join(cue.text for cue in found) == " ".join(word.text for word in words)
    assert all(len(cue.text) <= CUE and cue.end - cue.start <= LONGEST_S for cue in found)
    assert all(len(line) <= LINE for line in vtt(found).splitlines())
