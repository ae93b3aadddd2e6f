"""How the makers of audio models spell the same wishes: text or prompt, percent or factor, seconds or milliseconds.

The spellings are those of public schemas of speech, music and transcription models of 2026; the voices are invented.
"""

from collections.abc import Callable

from atlascloud_mcp.sandbox.draft import Draft, add_seed, choice, flag, media
from atlascloud_mcp.sandbox.model import Json

_VOICES = (
    ["Marlow", "Isolde", "Tamsin", "Bertram", "Odalys"],
    ["alder", "birch", "cedar", "hazel", "linden", "rowan"],
    ["English_CalmWoman", "English_YoungMan", "German_Storyteller", "French_Newsreader", "Japanese_Teacher"],
    ["narrator_f1", "narrator_m1", "child_f1", "elder_m1"],
)
_CODES = (["auto", "en", "de", "fr", "es", "ja", "zh"], ["en-US", "en-GB", "de-DE", "fr-FR", "pt-BR", "ja-JP", "zh-CN"])
_NAMES = (["English", "German", "French", "Spanish", "Japanese", "Chinese"], ["Auto", "English", "Chinese", "Korean"])


def _text(draft: Draft, names: list[str], description: str, *, required: bool = True) -> None:
    words: Json = {"type": "string", "description": description}
    if draft.dice.chance(0.6):
        words["maxLength"] = draft.dice.choice([2000, 4096, 5000, 10_000])
    draft.add(draft.dice.choice(names), words, required=required)


def _speech(draft: Draft) -> None:
    _text(draft, ["text", "text", "text", "prompt", "prompt", "input"], "The words that are spoken.")
    _voice(draft)
    _language(draft, 0.6)
    _format(draft)
    if draft.dice.chance(0.2):
        draft.add(
            draft.dice.choice(["instructions", "style_prompt"]), {"type": "string", "description": "How it is said."}
        )
    if draft.dice.chance(0.3):
        moods = ["neutral", "happy", "sad", "calm"]
        draft.add("emotion", choice(moods))
    if draft.dice.chance(0.15):
        draft.add(
            draft.dice.choice(["reference_audio", "audio_url"]),
            media("audio", "A voice to speak with."),
            required=False,
        )
    if draft.dice.chance(0.3):
        add_seed(draft)


def _voice(draft: Draft) -> None:
    """Who speaks and how fast, side by side or in an object of settings."""
    dice = draft.dice
    voices = dice.choice(_VOICES)
    one = (
        {**choice(voices), "description": "Who speaks."} if dice.chance(0.6) else _free(f"Voice id, e.g. {voices[0]}.")
    )
    match dice.whole(0, 5):
        case 0:
            settings: Json = {"voice_id": one, "speed": _factor(), "vol": {"type": "number", "default": 1.0}}
            draft.add("voice_setting", {"type": "object", "properties": settings, "required": ["voice_id"]})
        case 1:
            draft.add("speaker", one)
            draft.add("speech_rate", {**_percent(), "description": "Change of speed in percent; 0 is normal."})
            draft.add("loudness_rate", _percent())
        case 2:
            draft.add("voice_id", one, required=True)
            draft.add("speed", _factor())
            draft.add("pitch", {"type": "integer", "minimum": -12, "maximum": 12, "default": 0})
        case 3:
            draft.add("voice", one, required=dice.chance(0.5))
            draft.add("speaking_rate", {"type": "number", "minimum": 0.25, "maximum": 4.0, "default": 1.0})
        case 4:
            draft.add("voice_name", one)
            for name in ("stability", "similarity_boost"):
                draft.add(name, {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5})
        case _:
            draft.add("voice", one)
            draft.add("speed", _factor())


def _language(draft: Draft, share: float) -> None:
    dice = draft.dice
    if dice.chance(share):
        name = dice.choice(["language", "language", "language_code", "lang", "language_boost", "language_type"])
        options = dice.choice(_NAMES if name in ("language_boost", "language_type") else (*_CODES, _NAMES[0]))
        draft.add(name, choice(options) if dice.chance(0.7) else _free(f"Language, e.g. {options[1]}."))


def _format(draft: Draft) -> None:
    dice = draft.dice
    name = dice.choice(["", "format", "audio_format", "output_format", "response_format", "audio_setting"])
    formats = dice.choice(
        [["mp3", "wav"], ["mp3", "wav", "flac", "pcm"], ["wav", "mp3", "ogg"], ["mp3", "opus", "aac", "wav"]]
    )
    rates: Json = {"type": "integer", "enum": [16_000, 24_000, 32_000, 44_100], "default": 32_000}
    if name == "audio_setting":
        setting: Json = {
            "format": choice(formats),
            "sample_rate": rates,
            "channel": {"type": "integer", "enum": [1, 2]},
        }
        draft.add(name, {"type": "object", "properties": setting})
        return
    if name == "output_format" and dice.chance(0.4):
        formats = ["mp3_44100_128", "mp3_22050_32", "pcm_24000"]
    if name:
        draft.add(name, choice(formats))
    if name and dice.chance(0.3):
        draft.add("sample_rate", rates)
    if dice.chance(0.15):
        draft.add("enable_base64_output", flag("Answer with the data instead of an address.", on=False))
        draft.add("enable_sync_mode", flag("Answer when it is done.", on=False))


def _music(draft: Draft) -> None:
    dice = draft.dice
    match dice.whole(0, 3):
        case 0:
            draft.add("prompt", {**_free("What it sounds like."), "maxLength": 2000}, required=True)
            draft.add("lyrics", {**_free("What is sung, with [Verse] and [Chorus]."), "maxLength": 3500})
        case 1:
            draft.add("tags", _free("Styles and instruments, with commas between them."), required=True)
            draft.add("lyrics", _free("What is sung; [inst] where nobody sings."))
        case 2:
            draft.add("prompt", _free("An idea, or the words of the song."), required=True)
            draft.add("title", {"type": "string", "maxLength": 80})
            draft.add("style", {"type": "string", "maxLength": 200})
            draft.add(dice.choice(["custom", "custom_mode"]), flag("The prompt is what is sung.", on=False))
        case _:
            _text(draft, ["prompt", "text"], "What it sounds like.")
    silent = dice.choice(["", "make_instrumental", "instrumental", "is_instrumental", "force_instrumental"])
    if silent:
        draft.add(silent, flag("Nobody sings.", on=False))
    _length(draft)
    if dice.chance(0.5):
        _format(draft)
    if dice.chance(0.2):
        draft.add("negative_prompt", {"type": "string", "description": "What is not to be heard."})
    add_seed(draft)


def _length(draft: Draft) -> None:
    name, schema = draft.dice.choice(_LENGTHS)
    if name:
        draft.add(name, schema)


def _sound(draft: Draft) -> None:
    _text(draft, ["prompt", "text"], "What is heard.")
    _length(draft)
    if draft.dice.chance(0.4):
        draft.add("prompt_influence", {"type": "number", "minimum": 0, "maximum": 1, "default": 0.3})
    _format(draft)
    add_seed(draft)


def _lyrics(draft: Draft) -> None:
    _text(draft, ["prompt", "prompt", "text"], "What the song is about.")
    if draft.dice.chance(0.4):
        draft.add(draft.dice.choice(["style", "genre"]), {"type": "string"})
    _language(draft, 0.3)


def _transcript(draft: Draft) -> None:
    dice = draft.dice
    name = dice.choice(["audio_url", "audio_url", "audio", "file_url", "url", "input_audio", "audio_file"])
    recording = media("audio", "The recording.")
    draft.add(name, {**recording, "x-max-size-mb": dice.choice([25, 100, 512])}, required=True)
    _language(draft, 0.8)
    match dice.whole(0, 6):
        case 0 | 5:
            draft.add("diarize", flag("Tell the speakers apart.", on=False))
            draft.add("num_speakers", {"type": "integer", "minimum": 1, "maximum": 32})
            draft.add("timestamps_granularity", choice(["word", "character", "none"]))
            draft.add("tag_audio_events", flag("Write down laughter and the like.", on=False))
        case 1:
            draft.add("speaker_labels", flag("Say who speaks.", on=False))
            draft.add("timestamps", flag("Say when each word is spoken.", on=True))
        case 2:
            draft.add("enable_speaker_info", flag("Label speakers.", on=False))
            draft.add("show_utterances", flag("Return timed utterances.", on=False))
            draft.add("enable_punc", flag("Add punctuation.", on=True))
        case 3:
            grains: Json = {
                "type": "array",
                "items": {"type": "string", "enum": ["word", "segment"]},
                "default": ["word"],
            }
            draft.add("timestamp_granularities", grains)
            draft.add("prompt", _free("Names and words that may come up."))
        case 4:
            draft.add("enable_diarization", flag("Tell the speakers apart.", on=False))
            draft.add("max_speakers", {"type": "integer", "minimum": 2, "maximum": 10})
            draft.add("word_timestamps", flag("Say when each word is spoken.", on=False))
            draft.add("multi_channel", flag("Each channel by itself.", on=False))
        case _:
            draft.add("task", choice(["transcribe", "translate"]))


def _free(description: str) -> Json:
    return {"type": "string", "description": description}


def _factor() -> Json:
    return {"type": "number", "minimum": 0.5, "maximum": 2.0, "default": 1.0, "description": "1 is normal."}


def _percent() -> Json:
    return {"type": "integer", "minimum": -50, "maximum": 100, "default": 0}


_LENGTHS: list[tuple[str, Json]] = [
    ("", {}),
    ("duration", {"type": "integer", "minimum": 5, "maximum": 240, "default": 30, "description": "Seconds."}),
    ("duration_seconds", {"type": "number", "minimum": 0.5, "maximum": 22, "description": "Length in seconds."}),
    ("music_length_ms", {"type": "integer", "minimum": 3000, "maximum": 300_000, "description": "Milliseconds."}),
    ("seconds_total", {"type": "integer", "minimum": 1, "maximum": 190, "default": 30}),
    ("length", choice(["10s", "30s", "60s"])),
    ("max_audio_length_ms", {"type": "integer", "minimum": 10_000, "maximum": 240_000, "default": 10_000}),
    ("duration", {"type": "number", "minimum": -1, "maximum": 240, "default": -1, "description": "-1: as it comes."}),
]
SOUND_DIALECTS: dict[str, Callable[[Draft], None]] = {
    "text-to-speech": _speech,
    "text-to-music": _music,
    "text-to-audio": _sound,
    "text-to-lyrics": _lyrics,
    "speech-to-text": _transcript,
}
