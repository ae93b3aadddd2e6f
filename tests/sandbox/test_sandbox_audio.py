import base64
import time
from itertools import pairwise
from typing import Any

import pytest
from audio_samples import Sound, decoded
from PIL import ImageStat
from sandbox_town import CALCULATE, SUBMIT, SUBMIT_AUDIO, Town

from atlascloud_mcp.sandbox.catalogue import models
from atlascloud_mcp.sandbox.faults import Fault
from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.music import song
from atlascloud_mcp.sandbox.rhythm import in_time, spoken_seconds
from atlascloud_mcp.sandbox.sound_wording import SoundWording
from atlascloud_mcp.sandbox.speech import speech

SPEECH = "xai/tts-v1"
SCENES = "bytedance/seed-audio-1.0"
SONGS = "suno/chirp-v5"
LYRICS = "minimax/lyrics-generation"
TRANSCRIBER = "bytedance/seed-asr-2.0"
TEXT = "The boats leave at seven, when the wind is low. Would you like to come along?"
AUDIO = [model for model in models() if model.usable and model.kind == "audio"]

BARE = next(model.id for model in AUDIO if model.input is None and model.sound_task == "speech")


async def _sound(town: Town, url: str) -> Sound:
    response = await town.client.get(url)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "audio/wav"
    return decoded(response.content)


def _sample(schema: Json) -> Any:
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("type") == "object":
        return {name: _sample(schema["properties"][name]) for name in schema["required"]}
    return "https://example.com/talk.mp3" if "x-accept" in schema else "Good evening, everybody."


def _body(model: Model) -> Json:
    """What the model requires, and nothing else; where no schema says it, what such models usually take."""
    if model.input is None:
        return {"model": model.id, "text": "Good evening.", "audio_url": "https://example.com/talk.mp3"}
    return {name: _sample(model.input["properties"][name]) for name in model.input["required"]} | {"model": model.id}


async def test_every_audio_model_makes_what_its_kind_makes_on_its_own_route_alone(town: Town) -> None:
    assert len(AUDIO) > 30
    for model in AUDIO:
        body = _body(model)
        wrong = await town.client.post(SUBMIT, json=body)
        assert (wrong.status_code, "is served by generateAudio" in wrong.json()["msg"]) == (400, True)
        quote = await town.client.post(CALCULATE, json=body)
        assert quote.status_code == 200, (model.id, quote.text)
        accepted = await town.client.post(SUBMIT_AUDIO, json=body)
        assert accepted.status_code == 200, (model.id, accepted.text)
        town.pass_time(3)
        data = await town.poll(accepted.json()["data"]["id"])
        assert data["status"] == "completed"
        texts = [output for output in data["outputs"] if not output.endswith(".wav")]
        found = (len(data["outputs"]) - len(texts), len(texts), *(name in data for name in ("duration", "thumbnail")))
        assert (
            found
            == {
                "speech": (1, 0, True, False),
                "music": (2, 0, True, True),
                "sound": (1, 0, True, False),
                "lyrics": (0, 1, False, False),
                "transcript": (0, 1, False, False),
            }[model.sound_task]
        ), model.id
        assert ("stt_result" in data, "lyrics_result" in data) == (
            model.sound_task == "transcript",
            model.sound_task == "lyrics",
        )
        assert len(data["has_nsfw_contents"]) == len(data["outputs"])
    assert {model.sound_task for model in AUDIO} == {"speech", "music", "sound", "lyrics", "transcript"}


@pytest.mark.parametrize(
    ("filed", "task"),
    [
        ({"categories": ["TEXT-TO-SPEECH"], "tags": ["MUSIC", "TEXT_TO_MUSIC"]}, "music"),
        ({"categories": ["SPEECH_TO_TEXT"], "tags": ["TEXT_TO_MUSIC"]}, "music"),
        ({"model": "a/music-2", "categories": ["TEXT-TO-SPEECH"]}, "music"),
        ({"model": "a/lyrics-generation", "categories": ["TEXT-TO-AUDIO"], "tags": ["MUSIC"]}, "lyrics"),
        ({"categories": ["SPEECH_TO_TEXT"]}, "transcript"),
        ({"model": "a/asr-2"}, "transcript"),
        ({"categories": None, "tags": ["TEXT-TO-SPEECH"]}, "speech"),
        ({"categories": ["TEXT-TO-AUDIO"]}, "sound"),
        ({"model": "a/songbarrow"}, "speech"),
    ],
)
def test_music_and_lyrics_are_told_from_the_speech_that_they_are_filed_under(filed: Json, task: str) -> None:
    assert Model({"model": "a/b", "type": "Audio", **filed}).sound_task == task


async def test_a_text_is_spoken_in_the_time_that_it_takes(town: Town) -> None:
    data = await town.finished(model=SPEECH, prompt="absent", text=TEXT)
    assert data["duration"] == pytest.approx(16 / 2.5)
    sound = await _sound(town, data["outputs"][0])
    assert sound.rate == 24_000
    assert sound.seconds == pytest.approx(data["duration"], abs=0.02)
    assert 0.3 < sound.peak < 0.95
    assert sound.loudness(0.0, sound.seconds) > 0.1


async def test_it_is_silent_between_the_sentences_and_sings_in_them(town: Town) -> None:
    sound = await _sound(town, (await town.finished(model=SPEECH, prompt="absent", text=TEXT))["outputs"][0])
    words = in_time(TEXT, sound.seconds)
    last, following = next(pair for pair in pairwise(words) if pair[0].ends_sentence)
    assert sound.loudness(last.end, following.start) == 0
    assert all(sound.loudness(word.start, word.end) > 0.1 for word in words)
    pitches = {round(sound.crossings(word.start, word.end), -1) for word in words}
    assert len(pitches) > 4


async def test_the_same_text_and_voice_sound_the_same_and_others_do_not(town: Town) -> None:
    async def said(**fields: object) -> bytes:
        wish = {"model": SPEECH, "prompt": "absent", "text": TEXT, "voice_id": "ara", **fields}
        return (await town.client.get((await town.finished(**wish))["outputs"][0])).content

    first = await said()
    assert await said() == first
    assert await said(voice_id="rex") != first
    assert len(await said(speed=2.0)) < 0.6 * len(first)
    other = await said(text=TEXT.replace("seven", "noon"))
    assert other[4000:40_000] != first[4000:40_000]


async def test_the_sample_rate_and_the_rate_of_speech_are_the_models_own(town: Town) -> None:
    wish = {"model": SCENES, "prompt": "absent", "text": TEXT, "format": "mp3"}
    data = await town.finished(**wish, sample_rate=16_000, speech_rate=100)
    sound = await _sound(town, data["outputs"][0])
    assert (sound.rate, data["duration"]) == (16_000, 3.2)
    assert sound.seconds == pytest.approx(3.2, abs=0.02)
    assert data["outputs"][0].endswith("-0.wav")


async def test_a_song_has_two_tracks_that_differ_and_a_cover(town: Town) -> None:
    data = await town.finished(model=SONGS, prompt="a bright song about harbours", make_instrumental=True)
    assert data["duration"] == 8.0
    tracks = [await _sound(town, url) for url in data["outputs"]]
    assert len(tracks) == 2
    assert tracks[0].samples != tracks[1].samples
    for track in tracks:
        assert track.seconds == pytest.approx(8.0, abs=0.02)
        assert 0.5 < track.peak < 0.95
        assert min(track.loudness(second, second + 1) for second in range(7)) > 0.05
        assert track.loudness(7.95, 8.0) < 0.03
    cover = await town.picture(data["thumbnail"])
    assert cover.size == (640, 640)
    assert min(ImageStat.Stat(cover.convert("L")).stddev) > 12


async def test_a_song_is_as_long_as_it_was_asked_to_be(town: Town) -> None:
    model = next(each for each in AUDIO if each.input and "duration_seconds" in each.input["properties"])
    data = await town.finished(**{"prompt": "absent", **_body(model), "duration_seconds": 1.5})
    assert data["duration"] == 1.5
    assert (await _sound(town, data["outputs"][0])).seconds == pytest.approx(1.5, abs=0.02)


async def test_lyrics_are_text_and_a_title_and_tags(town: Town) -> None:
    data = await town.finished(model=LYRICS, prompt="a song about a lighthouse and a tram")
    (text,) = data["outputs"]
    result = data["lyrics_result"]
    assert result["lyrics"] == text
    assert result["song_title"].split()[0] == "Lighthouse"
    assert len(result["style_tags"]) == 3
    assert text.count("[Verse]") == text.count("[Chorus]") == 2
    assert "lighthouse" in text
    assert await town.poll(data["id"]) == data


async def test_a_track_can_come_as_data_and_at_once(town: Town) -> None:
    model = next(each for each in AUDIO if each.input and "enable_sync_mode" in each.input["properties"])
    body = _body(model) | {"enable_base64_output": True, "enable_sync_mode": True}
    data = (await town.client.post(SUBMIT_AUDIO, json=body)).json()["data"]
    assert data["status"] == "completed"
    kind, _, content = data["outputs"][0].partition(";base64,")
    assert kind == "data:audio/wav"
    assert decoded(base64.b64decode(content)).seconds == pytest.approx(data["duration"], abs=0.02)


async def test_outputs_come_as_objects_too(town: Town) -> None:
    town.sandbox.prediction_shape = "output_objects"
    (track, _) = (await town.finished(model=SONGS, prompt="tea"))["outputs"]
    assert track["audio_url"].endswith("-0.wav")
    (text,) = (await town.finished(model=LYRICS, prompt="tea"))["outputs"]
    assert text.startswith("[Verse]")


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"text": "  "}, 400, "text: must not be empty"),
        ({"text": "absent"}, 400, "text: is required"),
        ({"text": "hi", "speed": "fast"}, 400, "speed: 'fast' is not of type 'number'"),
        ({"text": "hi", "pitch": 1}, 400, "pitch: is not a field of this model"),
        ({"model": SCENES, "text": "hi", "sample_rate": 100}, 400, "sample_rate 100; must be 8000 to 48000"),
        ({"model": BARE}, 400, "prompt: must not be empty"),
        ({"model": BARE, "prompt": "hi", "duration": 601}, 400, "duration 601; must be 0.1 to 600 seconds"),
        ({"model": BARE, "prompt": "hi", "sample_rate": 1e300}, 400, "must be 8000 to 48000"),
        ({"model": "xai/tts", "text": "hi"}, 404, "model not found"),
        ({"model": TRANSCRIBER, "audio_url": "absent"}, 400, "audio_url: is required"),
    ],
)
async def test_what_cannot_be_heard_is_refused_and_costs_nothing(
    town: Town, fields: dict[str, object], status: int, said: str
) -> None:
    body = {key: value for key, value in ({"model": SPEECH} | fields).items() if value != "absent"}
    response = await town.client.post(SUBMIT_AUDIO, json=body)
    assert (response.status_code, said in response.json()["msg"]) == (status, True), response.text
    assert town.sandbox.submits == []


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"model": SPEECH, "text": "x" * 500}, 0.0075),
        ({"model": SCENES, "text": "word " * 75}, 0.0715),
        ({"model": SONGS, "prompt": "tea"}, 0.13),
        ({"model": LYRICS, "prompt": "tea"}, 0.003),
        ({"model": TRANSCRIBER, "audio_url": "<upload: talk.mp3>"}, 0.002),
    ],
)
async def test_prices_are_for_characters_minutes_or_runs_as_quoted(town: Town, body: Json, price: float) -> None:
    town.sandbox.price_per_image = None
    quote = (await town.client.post(CALCULATE, json=body)).json()["data"]
    assert (quote["price"], quote["estimated"]) == (price, body["model"] == TRANSCRIBER)
    if body["model"] != TRANSCRIBER:
        job = (await town.client.post(SUBMIT_AUDIO, json=body)).json()["data"]["id"]
        assert float(town.sandbox.jobs[job].price) == price


async def test_prompts_decide_the_fate_of_a_sound_too(town: Town) -> None:
    failed = await town.finished(model=SPEECH, prompt="absent", text="fail-test")
    assert (failed["status"], failed["outputs"]) == ("failed", None)
    blocked = await town.finished(model=SONGS, prompt="nsfw-test")
    assert (blocked["outputs"], blocked["has_nsfw_contents"], "thumbnail" in blocked) == (None, [True], False)
    assert (await town.client.get(f"/outputs/{blocked['id']}-0.wav")).status_code == 404


async def test_a_sound_is_submitted_where_faults_of_submits_are(town: Town) -> None:
    town.sandbox.faults.add("submit", Fault(status=503))
    answers = [await town.client.post(SUBMIT_AUDIO, json={"model": SPEECH, "text": "hi"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [503, 200]
    keyless = await town.client.post(SUBMIT_AUDIO, json={}, headers={"Authorization": ""})
    assert keyless.status_code == 401
    assert town.sandbox.counts == {"submit": 3}


def _wording(body: Json, **fields: Json) -> Any:
    model = Model({"model": "a/b", "type": "Audio", "categories": ["TEXT-TO-SPEECH"]}, input={"properties": fields})
    return SoundWording(model, {"text": "one two three four five", **body}).submission().sound


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({}, 2.0),
        ({"speed": 2}, 1.0),
        ({"speed": True}, 2.0),
        ({"speed": 1e9}, 0.6),
        ({"voice_setting": {"voice_id": "v", "speed": 0.5}}, 4.0),
        ({"speech_rate": -50}, 4.0),
        ({"rate": "+100%"}, 1.0),
        ({"speaking_rate": 1}, 2.0),
        ({"speaking_rate": 30}, 1.0),
        ({"duration": 7}, 7.0),
        ({"duration": "7s"}, 7.0),
        ({"duration": -1}, 2.0),
        ({"duration": "auto"}, 2.0),
        ({"duration": "nan"}, 2.0),
        ({"music_length_ms": 2500}, 2.5),
        ({"max_audio_length_ms": 2500}, 2.5),
        ({"seconds_total": 3}, 3.0),
        ({"duration_seconds": 0.5}, 0.5),
    ],
)
def test_lengths_and_speeds_are_understood_in_each_models_words(body: Json, seconds: float) -> None:
    assert _wording(body).seconds == pytest.approx(seconds)
    in_schema = {name: {"default": value} for name, value in body.items()}
    if "voice_setting" not in body:
        assert _wording({}, **in_schema).seconds == pytest.approx(seconds)


def test_voices_and_languages_are_understood_in_each_models_words() -> None:
    nested: Json = {"voice_setting": {"voice_id": "alder"}, "audio_setting": {"sample_rate": "16000"}}
    sound = _wording({**nested, "language_boost": "German"})
    assert (sound.voice, sound.sample_rate, sound.language) == ("alder", 16_000, "German")
    assert _wording({"speaker": "birch"}).voice == "birch"
    assert _wording({"lang": "Auto"}).language == ""
    assert _wording({"loudness_rate": 9, "use_speaker_boost": True}).voice == ""


def test_the_fields_of_audio_models_are_spelled_in_many_ways() -> None:
    names = {name for model in AUDIO if model.input for name in model.input["properties"]}
    assert names >= {
        *("text", "prompt", "input", "voice", "voice_id", "voice_setting", "speaker", "speed", "speech_rate"),
        *("language", "language_code", "lang", "language_boost", "format", "audio_format", "output_format", "lyrics"),
        *("title", "style", "instrumental", "is_instrumental", "audio_url", "audio_file", "url", "diarize"),
        *("enable_diarization", "speaker_labels", "timestamps", "word_timestamps", "timestamp_granularities"),
    }
    filed = {(str(model.wire["categories"]), model.sound_task) for model in AUDIO}
    assert {("['SPEECH-TO-TEXT']", "music"), ("['TEXT-TO-SPEECH']", "music"), ("['TEXT-TO-SPEECH']", "lyrics")} <= filed


@pytest.mark.parametrize("text", ["", "…", "漢字とかな。", "Привет, мир!", "1234567890", "a" * 5000, "\ud800 hm"])
def test_whatever_is_said_is_heard(text: str) -> None:
    seconds = spoken_seconds(text)
    assert 0.6 <= seconds <= 600
    samples = speech(text, seconds=0.8, rate=8000, voice="", seed=0)
    assert len(samples) == 6400
    assert max(samples) > 3000


def test_ten_seconds_of_sound_take_a_fraction_of_one() -> None:
    started = time.process_time()
    speech(TEXT * 2, seconds=10.0, rate=24_000, voice="alder", seed=0)
    spoken = time.process_time()
    song("rain on the roof", seconds=10.0, rate=24_000, seed=4)
    assert spoken - started < 0.3
    assert time.process_time() - spoken < 0.6  # a loaded machine takes twice as long
