"""What the fields of audio models mean: which of them is the text, the voice, the length, the recording.

Everything here reads a body that its schema, where there is one, has already accepted.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import cast

from atlascloud_mcp.sandbox.model import Json
from atlascloud_mcp.sandbox.music import DEFAULT_SECONDS
from atlascloud_mcp.sandbox.rhythm import LONGEST_S, spoken_seconds
from atlascloud_mcp.sandbox.sound import Sound
from atlascloud_mcp.sandbox.tones import SAMPLE_RATE
from atlascloud_mcp.sandbox.wish import Submission, invalid
from atlascloud_mcp.sandbox.wording import PROMPTS, Wording, strings

_COVER_SIDE = 640
_SHORTEST_S = 0.1
_RATES = (8000, 48_000)  # samples a second
_SPEEDS = (0.25, 4.0)
_PHONEMES_A_SECOND = 15  # one family's rate is a number of these
_MOST_SPEAKERS = 8

_SUNG = ("lyrics", "prompt", "text", "input", "tags", "style")
_FATEFUL = (*PROMPTS, "lyrics", "tags", "style", "title", "context")
_RECORDING = re.compile(
    r"(^|_)(audios?|videos?|files?|recordings?|media|references?)(_(urls?|uris?|files?|links?))?$|^(urls?|links?)$"
)
_IN_OBJECTS = ("audio_url", "audio", "url")
_LENGTH = re.compile(r"(^|_)(duration|length|seconds)(_(seconds|secs?|s|ms|milliseconds|total))?(_|$)|^seconds_total$")
_MILLISECONDS = re.compile(r"_(ms|milliseconds)$")
_SPEED = re.compile(r"^(speed|speaking_speed|pace|speech_rate|speaking_rate|rate)$")
_SAMPLES = re.compile(r"^sampl(e|ing)_rate(_hertz|_hz)?$")
_VOICE = re.compile(r"^(voice|voice_?id|voice_name|voice_setting_voice_id|speaker|speaker_id|preset)$")
_LANGUAGE = re.compile(r"(^|_)lang(uage)?(_|s?$)")
_SPEAKERS = re.compile(r"speaker|diari[sz]")
_TIMINGS = re.compile(r"utterance|time_?stamp|timing|granularit|word_level|align")
_CHANNELS = re.compile(r"(multi|separate)_?channels?|channel_(separation|split)")
_NO = (None, False, 0, "", "none", "off", "false", "no")
_OF_ITSELF = ("auto", "automatic", "none", "detect", "multi")


class SoundWording(Wording):
    """One body in the words of its audio model."""

    def submission(self) -> Submission:
        """The wish. Raises `Refused` (400) for what cannot be heard."""
        model, task = self._model, self._model.sound_task
        recordings = tuple(self._recordings())
        text = self._said() if task != "transcript" else ""
        if task == "transcript" and not recordings:
            raise invalid("audio_url: is required")
        if task != "transcript" and not text.strip():
            raise invalid("prompt: must not be empty")
        names = [each for each in recordings if task == "transcript" and not each.startswith("data:")]
        return Submission(
            model=model.id,
            kind=model.kind,
            prompt=" / ".join([*self._strings_of(_FATEFUL), *names]),
            size=(_COVER_SIDE, _COVER_SIDE),
            count=1,
            seed=self._number(("seed", "model_seed"), -1),
            picture_format="jpeg",
            images=(),
            as_base64=self._body.get("enable_base64_output") is True,
            wait_for_result=self._body.get("enable_sync_mode") is True,
            recordings=recordings,
            sound=self._sound(text),
        )

    def prompt(self) -> str:
        """All that is said in words; empty where the model takes none."""
        return " / ".join(self._strings_of(PROMPTS)) or " / ".join(self._strings_of(_SUNG))

    def _sound(self, text: str) -> Sound:
        task = self._model.sound_task
        rate = self._figure(_SAMPLES) or SAMPLE_RATE
        if not _RATES[0] <= rate <= _RATES[1]:
            raise invalid(f"sample_rate {rate:g}; must be {_RATES[0]} to {_RATES[1]}")
        return Sound(
            task=task,
            text=text,
            title=next(self._strings_of(("title", "prompt")), text),
            seconds=0.0 if task in ("transcript", "lyrics") else self._length(text),
            sample_rate=round(rate),
            voice=str(self._first(_VOICE) or ""),
            language=self._language(),
            tracks=2 if task == "music" and self._model.is_tagged_music else 1,
            speakers=self._speakers(),
            has_timings=not any(value in _NO or value == [] for value in self._given(_TIMINGS)),
            has_spacing=any("granularit" in name for name in self._fields),
            has_channels=any(value not in _NO for value in self._given(_CHANNELS)),
        )

    def _said(self) -> str:
        """What is to be said or sung; of a song its lyrics, else what it is about."""
        return next(self._strings_of(_SUNG if self._model.sound_task != "speech" else PROMPTS), "")

    def _strings_of(self, names: tuple[str, ...]) -> Iterator[str]:
        return (text for name in names for text in strings(self._body.get(name), ("text", "prompt")) if text.strip())

    def _recordings(self) -> Iterator[str]:
        names = [name for name in (*self._fields, *self._body) if name in self._body and _RECORDING.search(name)]
        for name in dict.fromkeys(names):
            yield from (text for text in strings(self._body[name], _IN_OBJECTS) if text)

    def _length(self, text: str) -> float:
        """The length asked for; a model's own choice is 0 or less, or a word."""
        name, value = self._named(_LENGTH)
        seconds = (_figure(value) or 0.0) / (1000 if _MILLISECONDS.search(name) else 1)
        if seconds <= 0:
            return spoken_seconds(text, self._speed()) if self._model.sound_task == "speech" else DEFAULT_SECONDS
        if not _SHORTEST_S <= seconds <= LONGEST_S:
            raise invalid(f"{name} {value}; must be {_SHORTEST_S:g} to {LONGEST_S:g} seconds")
        return seconds

    def _speed(self) -> float:
        """1 is normal. A speech rate is a change in percent."""
        name, value = self._named(_SPEED)
        speed = _figure(value)
        if speed is None:
            return 1.0
        if name == "speech_rate" or (isinstance(value, str) and value.endswith("%")):
            speed = 1 + speed / 100
        elif name == "speaking_rate" and speed > _SPEEDS[1]:
            speed /= _PHONEMES_A_SECOND
        return min(_SPEEDS[1], max(_SPEEDS[0], speed))

    def _language(self) -> str:
        value = self._first(_LANGUAGE)
        return value if isinstance(value, str) and value.lower() not in _OF_ITSELF else ""

    def _speakers(self) -> int:
        """How many are told apart: two, or as many as are expected; none where one of the fields says no."""
        values = list(self._given(_SPEAKERS)) if self._model.sound_task == "transcript" else []
        if not values or any(value in _NO for value in values):
            return 0
        expected = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
        return min(_MOST_SPEAKERS, max(expected, default=2))

    def _figure(self, names: re.Pattern[str]) -> float | None:
        return _figure(self._first(names))

    def _first(self, names: re.Pattern[str]) -> object:
        return self._named(names)[1]

    def _given(self, names: re.Pattern[str]) -> Iterator[object]:
        return (value for name, value in self._values().items() if names.search(name))

    def _named(self, names: re.Pattern[str]) -> tuple[str, object]:
        """The first value that is there under such a name, and the name."""
        return next(((name, value) for name, value in self._values().items() if names.search(name)), ("", None))

    def _values(self) -> dict[str, object]:
        """What the body says, else the schema's defaults; objects of settings lie open. What is null is not there."""
        defaults = {name: field.get("default") for name, field in _opened(self._fields, "properties").items()}
        return {k: v for k, v in {**defaults, **_opened(self._body)}.items() if v is not None}


def _opened(values: "Mapping[str, object]", inside: str | None = None) -> Json:
    """The values with those of the objects among them (or of what is `inside` these) beside them."""
    found: Json = {}
    for name, value in values.items():
        if isinstance(value, dict):
            within = cast("Json", value)
            nested = within.get(inside) if inside else within
            if isinstance(nested, dict):
                found.update(cast("Json", nested))
                continue
        found[name] = value
    return found


def _figure(value: object) -> float | None:
    """The number in a value such as 5, "5s" or "+10%"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(str(value).strip().rstrip("s%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
