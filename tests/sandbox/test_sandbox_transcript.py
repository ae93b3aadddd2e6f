import base64
from array import array
from pathlib import Path
from typing import Any

import pytest
from sandbox_town import CALCULATE, SUBMIT_AUDIO, Town, png

from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.hearing import Recording, hear
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.rhythm import in_time
from atlascloud_mcp.sandbox.sound_wording import SoundWording
from atlascloud_mcp.sandbox.tones import wav
from atlascloud_mcp.sandbox.transcript import heard, talk, transcript
from atlascloud_mcp.sandbox.wish import Refused
from film_samples import sound, video

TRANSCRIBER = "bytedance/seed-asr-2.0"
SPEECH = "xai/tts-v1"
TEXT = "Good morning. Is the kettle on? It is, and the tea is nearly ready."
FOREIGN = "https://example.com/talk.mp3"


async def _heard(town: Town, recording: str = FOREIGN, **fields: object) -> Any:
    return await town.finished(model=TRANSCRIBER, prompt="absent", audio_url=recording, **fields)


async def _spoken(town: Town, text: str = TEXT) -> str:
    return (await town.finished(model=SPEECH, prompt="absent", text=text))["outputs"][0]


async def test_what_the_sandbox_said_is_written_down_as_it_was_said(town: Town) -> None:
    url = await _spoken(town)
    content = (await town.client.get(url)).content
    uploaded = (await town.upload(content, "memo.mp3", "audio/mpeg"))["download_url"]
    as_data = "data:audio/wav;base64," + base64.b64encode(content).decode()
    for recording in (url, uploaded, as_data):
        data = await _heard(town, recording)
        assert data["outputs"] == [TEXT]
        result = data["stt_result"]
        assert (result["text"], result["language"], result["language_code"]) == (TEXT, "English", "en")
        assert result["duration"] == pytest.approx(14 / 2.5, abs=0.001)
    assert "duration" not in data


async def test_a_song_is_written_down_as_its_words(town: Town) -> None:
    track = (await town.finished(model="suno/chirp-v5", prompt="[Verse] Rain on the roof"))["outputs"][1]
    assert (await _heard(town, track))["outputs"] == ["[Verse] Rain on the roof"]


async def test_words_are_spread_over_the_recording_one_after_the_other(town: Town) -> None:
    result = (await _heard(town, await _spoken(town)))["stt_result"]
    words = result["words"]
    assert " ".join(word["text"] for word in words) == TEXT
    assert {word["type"] for word in words} == {"word"}
    assert (words[0]["start"], words[-1]["end"]) == (0, result["duration"])
    times = [time for word in words for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert all(word["start"] < word["end"] for word in words)
    assert {tuple(word) for word in words} == {("text", "start", "end", "type")}


async def test_speakers_alternate_by_sentence_where_they_are_asked_for(town: Town) -> None:
    words = (await _heard(town, await _spoken(town), enable_speaker_info=True))["stt_result"]["words"]
    told = [int(word["speaker_id"].removeprefix("speaker_")) for word in words]
    assert told == [0] * 2 + [1] * 4 + [0] * 8


async def test_words_are_left_out_where_no_timings_are_wanted(town: Town) -> None:
    assert "words" in (await _heard(town, show_utterances=True))["stt_result"]
    assert "words" not in (await _heard(town, show_utterances=False))["stt_result"]


async def test_somebody_elses_recording_is_a_talk_that_fits_its_length(town: Town, tmp_path: Path) -> None:
    content = sound("mp3", "mp3", seconds=20)
    url = (await town.upload(content, "talk.mp3", "audio/mpeg"))["download_url"]
    result = (await _heard(town, url))["stt_result"]
    assert result["duration"] == pytest.approx(20, abs=0.2)
    assert 35 <= len(result["text"].split()) <= 65
    assert result["text"].endswith((".", "?"))


async def test_a_recording_elsewhere_is_not_fetched_but_stood_in_for(town: Town) -> None:
    results = [(await _heard(town, url))["stt_result"] for url in (FOREIGN, FOREIGN, "https://example.com/interview")]
    assert results[0] == results[1] != results[2]
    assert 5 < results[0]["duration"] < 45


@pytest.mark.parametrize(
    ("asked", "language", "code"),
    [
        ({}, "English", "en"),
        ({"language": "auto"}, "English", "en"),
        ({"language": "de-DE"}, "German", "de-DE"),
        ({"language": "German"}, "German", "de"),
        ({"language": "tlh"}, "tlh", "tlh"),
    ],
)
async def test_the_language_is_as_asked_else_as_heard(town: Town, asked: Json, language: str, code: str) -> None:
    result = (await _heard(town, **asked))["stt_result"]
    assert (result["language"], result["language_code"]) == (language, code)


async def test_what_is_no_recording_is_refused_whatever_its_name(town: Town) -> None:
    picture = (await town.upload(png(), "talk.mp3", "audio/mpeg"))["download_url"]
    drawn = (await town.finished())["outputs"][0]
    for recording, said in (
        (picture, "audio cannot be read as a recording"),
        (drawn, "audio cannot be read as a recording"),
        ("data:audio/wav;base64,AAAA", "audio cannot be read as a recording"),
        ("data:audio/wav;base64,A", "audio is not valid base64"),
        ("http://sandbox.test/uploads/none/talk.mp3", "media not found"),
        ("talk.mp3", "media is neither a URL nor a data URI"),
    ):
        response = await town.client.post(SUBMIT_AUDIO, json={"model": TRANSCRIBER, "audio_url": recording})
        assert (response.status_code, said in response.json()["msg"]) == (400, True), response.text


def test_a_transcriber_without_schema_needs_a_recording_too() -> None:
    with pytest.raises(Refused, match="audio_url: is required"):
        SoundWording(Model({"model": "a/asr", "type": "Audio"}), {"prompt": "hi"}).submission()


async def test_a_transcript_costs_what_the_recording_is_long(town: Town) -> None:
    town.sandbox.price_per_image = None
    url = await _spoken(town, "word " * 75)
    quote = (await town.client.post(CALCULATE, json={"model": TRANSCRIBER, "audio_url": url})).json()["data"]
    assert (quote["price"], quote["estimated"]) == (0.001, False)
    assert (await _heard(town, url))["price"] == "0.001"


async def test_a_file_name_decides_the_fate_of_a_transcript(town: Town) -> None:
    assert (await _heard(town, "https://example.com/fail-test.mp3"))["status"] == "failed"


async def test_shapes_about_outputs_leave_the_text_a_text(town: Town) -> None:
    town.sandbox.prediction_shape = "data_uri"
    assert (await _heard(town, await _plain(town)))["outputs"] == [TEXT]
    town.sandbox.prediction_shape = "output_single"
    assert (await _heard(town, await _plain(town)))["output"] == TEXT


async def _plain(town: Town) -> str:
    return (await town.upload(wav_of(TEXT), "a.wav", "audio/wav"))["download_url"]


def wav_of(text: str, seconds: float = 1.0) -> bytes:
    return wav(array("h", bytes(2 * round(seconds * 8000))), 8000, text)


@pytest.mark.parametrize(
    ("fields", "speakers", "has_timings"),
    [
        ({}, 0, True),
        ({"diarize": True}, 2, True),
        ({"diarize": True, "num_speakers": 3}, 3, True),
        ({"diarize": False, "num_speakers": 3}, 0, True),
        ({"num_speakers": 4}, 4, True),
        ({"num_speakers": 400}, 8, True),
        ({"speaker_labels": True}, 2, True),
        ({"enable_diarization": True, "word_timestamps": False}, 2, False),
        ({"diarization_mode": "speaker"}, 2, True),
        ({"timestamps_granularity": "none"}, 0, False),
        ({"timestamps_granularity": "word"}, 0, True),
        ({"timestamp_granularities": []}, 0, False),
        ({"timestamps": False}, 0, False),
    ],
)
def test_speakers_and_timings_are_understood_in_each_models_words(
    fields: Json, speakers: int, has_timings: bool
) -> None:
    for defaults, body in ((fields, {}), ({}, fields)):
        schema = {name: {"default": value} for name, value in defaults.items()}
        model = Model({"model": "a/asr", "type": "Audio"}, input={"properties": schema})
        wish = SoundWording(model, {"audio": FOREIGN, **body}).submission().sound
        assert wish is not None
        assert (wish.speakers, wish.has_timings) == (speakers, has_timings)


@pytest.mark.parametrize("name", ["audio", "audio_url", "file_url", "url", "input_audio", "audio_file", "media_url"])
def test_recordings_are_found_under_each_models_name(name: str) -> None:
    model = Model({"model": "a/asr", "type": "Audio"})
    assert SoundWording(model, {name: FOREIGN, "audio_format": "mp3"}).submission().recordings == (FOREIGN,)


async def test_some_models_tell_the_spaces_too_and_some_each_channel(town: Town) -> None:
    fields = {"timestamps_granularity": "timestamps_granularity", "multi_channel": "multi_channel"}
    found = {
        name: next(m for m in models() if m.usable and m.input and field in m.input["properties"])
        for name, field in fields.items()
    }
    url = await _plain(town)

    async def result(name: str, **asked: object) -> Json:
        model = found[name]
        recording = (model.input or {})["required"][1]
        return (await town.finished(model=model.id, prompt="absent", **{recording: url}, **asked))["stt_result"]

    spaced = (await result("timestamps_granularity", diarize=True))["words"]
    assert "".join(word["text"] for word in spaced) == TEXT
    assert [word["type"] for word in spaced[:3]] == ["word", "spacing", "word"]
    split = await result("multi_channel", multi_channel=True, word_timestamps=True)
    assert split["channels"] == [{"index": 0, "language": "en", "text": TEXT, "words": split["words"]}]


@pytest.mark.parametrize(
    ("content", "seconds", "within"),
    [
        (lambda: sound("mp3", "mp3", seconds=3), 3.0, 0.2),
        (lambda: sound("flac", "flac", seconds=3), 3.0, 0.1),
        (lambda: sound("ogg", "libopus", seconds=3), 3.0, 0.1),
        (lambda: sound("ipod", "aac", seconds=3), 3.0, 0.1),
        (lambda: wav_of("hm", 2.5), 2.5, 0.001),
        (lambda: video("mp4", frames=30), 3.0, 0.1),
        (lambda: sound("adts", "aac", seconds=3), None, 0),
        (lambda: video("webm", "libvpx"), None, 0),
        (lambda: b"RIFF\0\0\0\0WAVE", None, 0),
        (lambda: b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff\0\0", None, 0),
        (lambda: b"fLaC\0\0\0\x22" + bytes(8), None, 0),
        (lambda: b"OggS\0", None, 0),
        (lambda: b"\0\0\0\x18ftypM4A \0\0\0\0mvhd", None, 0),
        (lambda: b"ID3\4\0\0\0\0\x0f\x7f", None, 0),
    ],
)
def test_the_length_of_a_recording_is_in_its_bytes(
    content: Any, seconds: float | None, within: float, tmp_path: Path
) -> None:
    file = tmp_path / "picture.png"
    file.write_bytes(content())
    recording = hear(file)
    assert recording.seconds > 0
    if seconds is not None:
        assert recording.seconds == pytest.approx(seconds, abs=within)


@pytest.mark.parametrize(
    "content", [b"", b"words", png(), b"%PDF-1.7", b"\xff\xfb\x90\x00" + bytes(500), b"PK\x03\x04"]
)
def test_what_is_no_recording_is_known_by_its_bytes(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(content)
    with pytest.raises(Refused):
        hear(file)


def test_a_comment_of_somebody_else_is_not_what_is_said(tmp_path: Path) -> None:
    own = wav_of("the sandbox's words")
    file = tmp_path / "a.wav"
    file.write_bytes(own)
    assert hear(file) == Recording(1.0, "the sandbox's words")
    file.write_bytes(own.replace(b"Atlas Cloud sandbox", b"Atlas Cloud sandbix"))
    assert hear(file) == Recording(1.0)


def test_a_talk_grows_with_the_recording() -> None:
    lengths = [len(talk(seconds).split()) for seconds in (0.1, 10, 60, 3600)]
    assert lengths == sorted(lengths)
    assert lengths[-1] > 8000
    assert in_time(talk(60.0), 60.0)[-1].end == pytest.approx(60.0)


@pytest.mark.parametrize(("text", "code"), [("漢字です", "ja"), ("你好。再见。", "zh"), ("Hello", "en")])
def test_the_language_is_told_by_its_letters(text: str, code: str) -> None:
    wish = SoundWording(Model({"model": "a/asr", "type": "Audio"}), {"audio": FOREIGN}).submission().sound
    assert wish is not None
    result = transcript(heard(wish, Recording(3.0, text)))
    assert result["language_code"] == code
    assert "".join(word["text"] for word in result["words"]) == text
    assert transcript(wish)["duration"] == 60.0
