"""The fields of a model for sound, by what they are for.

The names are those of published schemas and of the public APIs behind them; a setting may stand inside an object
(`voice_setting.voice_id`). Where no name is known, the only field left whose words say it is meant.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from atlascloud_mcp.jobs.parameters.fields import Field, words_of
from atlascloud_mcp.jobs.parameters.layout import FORMATS, Layout

_NAMES: Mapping[str, tuple[str, ...]] = {
    "voice": (
        *("voice_id", "voice", "voice_name", "speaker", "speaker_id", "speaker_name", "preset_voice", "voice_preset"),
        *("voice_type", "target_voice", "voice_code"),
    ),
    "language": (
        *("language", "language_code", "lang", "language_id", "lang_code", "locale", "language_boost"),
        *("language_type", "spoken_language", "source_language", "source_lang", "audio_language", "vocal_language"),
    ),
    "target": ("target_language", "target_lang", "output_language", "target_language_code"),
    "speed": (
        *("speed", "speech_rate", "speaking_rate", "speech_speed", "voice_speed", "speed_rate", "rate", "pace"),
        *("speed_ratio", "speed_factor"),
    ),
    "lyrics": ("lyrics", "lyric", "song_lyrics", "lyrics_text", "lyrics_prompt"),
    "style": ("style", "tags", "style_prompt", "genre", "genres", "music_style", "music_description", "style_tags"),
    "spoken": (
        *("text", "input_text", "tts_text", "gen_text", "script", "input", "text_prompt", "sentence"),
        *("transcript", "content", "dialogue", "theme"),
    ),
    "container": ("format", "audio_format", "file_format", "input_format"),
}
# Where none of the names is there: words that say it, and words beside which they say something else.
_SAYING: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "voice": (
        frozenset({"voice", "speaker"}),
        frozenset({"gender", "age", "style", "url", "clone", "count", "num", "number", "max", "min", "description"})
        | {"boost", "emotion", "speed", "rate", "volume", "pitch", "diarization", "label", "setting", "similarity"},
    ),
    "language": (
        frozenset({"language", "lang", "locale"}),
        frozenset({"detect", "detection", "enable", "auto", "target", "output", "translate", "translation", "model"}),
    ),
}
# A list under the name of a voice holds several speakers, not the one that is asked for.
_TYPES = {"speed": ("number", "integer", "string"), "language": ("string", "array")}
_IDS = ("id", "voice_id", "name", "voice")  # what a voice that is an object is known by
_NOT = frozenset({"skip", "disable", "no", "without", "remove", "exclude", "omit", "hide"})
_BESIDE = frozenset(
    (
        *("enable", "enabled", "show", "with", "return", "include", "add", "use", "output", "is", "make", "force"),
        *("only", "label", "info", "identify", "identification", "separation", "recognition", "detect", "tag", "id"),
        *("word", "segment", "sentence", "level", "time", "offset", "music", "mode", "speech", "audio"),
    )
)
# What a switch is about; beside it a name may have only words of the two sets above.
_SWITCHES: Mapping[str, frozenset[str]] = {
    "instrumental": frozenset({"instrumental"}),
    "speakers": frozenset({"speaker", "diarize", "diarization", "diarise", "diarisation"}),
    "timings": frozenset({"timestamp", "utterance", "timing", "timecode"}),
}
_MILLISECONDS = re.compile(r"\bmilliseconds?\b|\bin ms\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting goes: a field, or a member of one that is an object. `is_negated`: true means that it is off."""

    field: Field
    member: Field | None = None
    is_negated: bool = False

    @property
    def inner(self) -> Field:
        """What is filled."""
        return self.member or self.field

    @property
    def name(self) -> str:
        """Its name: `voice_setting.voice_id`."""
        return f"{self.field.name}.{self.member.name}" if self.member else self.field.name


class SoundFields:
    """The fields of a model for sound; `hears` when it writes down what is said."""

    def __init__(self, layout: Layout, *, hears: bool = False) -> None:
        self._layout = layout
        self._hears = hears
        media = {each.field.name for each in layout.media}
        self._fields = {name: field for name, field in layout.fields.items() if name not in media}

    @cached_property
    def prompt(self) -> Field | None:
        """Where the words go: what is spoken; a `prompt` beside that says how, unless it alone has to be there."""
        if self._hears:
            return self._layout.prompt
        spoken, prompt = self._first("spoken", "string", "array"), self._layout.prompt
        if spoken and prompt and spoken is not prompt and prompt.is_required and not spoken.is_required:
            return prompt
        return spoken or prompt or self.style

    @cached_property
    def style(self) -> Field | None:
        """Where the words go that say what a song is like, beside its lyrics."""
        return self._first("style", "string", "array")

    def of(self, argument: str) -> Place | None:
        """Where an argument goes: `voice`, `language`, `speed`, `lyrics`, `instrumental`, `speakers`."""
        if argument in _SWITCHES:
            return next(self._switches(argument), None)
        types = _TYPES.get(argument, ("string", "integer", "object"))
        place = self._named(argument, *types) or self._said(argument)
        if place is None and argument == "language" and not self._hears:
            return self.target
        return place

    @property
    def target(self) -> Place | None:
        """The language that it is to be in, where what goes in may be in another."""
        return None if self._hears else self._named("target", "string", "array")

    @cached_property
    def custom(self) -> Field | None:
        """The switch that makes the words of the song of the prompt, where these have no field of their own."""
        found = (field for name, field in self._fields.items() if _is_custom(name, field))
        return None if self._first("lyrics", "string") else next(found, None)

    @cached_property
    def milliseconds(self) -> Field | None:
        """How long it is to be, where that is said in milliseconds."""
        for name, field in self._fields.items():
            words = set(words_of(name))
            is_counted_so = words & {"ms", "millisecond"} or _MILLISECONDS.search(field.description)
            if words & {"length", "duration"} and is_counted_so and field.types & {"integer", "number"}:
                return field
        return None

    @cached_property
    def format(self) -> Place | None:
        """The format of the file that comes, where that stands inside an object."""
        if self._layout.formats:
            return None
        places = (Place(field, member) for field in self._fields.values() for member in field.members.values())
        return next((place for place in places if _is_format(place.inner)), None)

    @cached_property
    def container(self) -> Field | None:
        """The format of the recording that goes in."""
        return self._first("container", "string")

    @cached_property
    def timings(self) -> Mapping[str, object]:
        """What has to be sent for the words of a transcript to have times, where it is not sent by itself."""
        found: dict[str, object] = {
            place.field.name: switched(place.field, on=True, about="timings")
            for place in self._switches("timings")
            if not place.is_negated and not place.member
        }
        for name, field in self._fields.items():
            if "boolean" in field.types and set(words_of(name)) in ({"enable", "word"}, {"return", "word"}):
                found[name] = True
            options = (field.items or field).options
            word = next((option for option in options if str(option).lower() in {"word", "words"}), None)
            if word is not None and _SWITCHES["timings"] & set(words_of(name)):
                found[name] = [word] if field.items else word
        # Times come only in an answer that has room for them.
        whole = next((field for field in self._fields.values() if "verbose_json" in field.options), None)
        return {**found, **({whole.name: "verbose_json"} if found and whole else {})}

    def _named(self, what: str, *types: str) -> Place | None:
        found = self._first(what, *types)
        if found is None:
            return next(self._inside(what), None)
        if "string" in found.types or found.items or not found.members:
            return Place(found)
        member = next((found.members[name] for name in _IDS if name in found.members), None)
        return Place(found, member) if member else None

    def _said(self, what: str) -> Place | None:
        """The only field whose words say it."""
        about, other = _SAYING.get(what, (frozenset[str](), frozenset[str]()))
        found = [
            field
            for name, field in self._fields.items()
            if (words := set(words_of(name))) & about
            and not words & other
            and "boolean" not in field.types
            and field.types & set(_TYPES.get(what, ("string",)))
        ]
        return Place(found[0]) if len(found) == 1 else None

    def _first(self, what: str, *types: str) -> Field | None:
        by_words = {"_".join(words_of(name)): field for name, field in reversed(self._fields.items())}
        found = (by_words.get("_".join(words_of(name))) for name in _NAMES[what])
        return next((field for field in found if field and field.types & set(types)), None)

    def _inside(self, what: str) -> Iterator[Place]:
        """The members of objects that have such a name, but for what is about a translation."""
        for field in self._fields.values():
            members = {"_".join(words_of(name)): member for name, member in field.members.items()}
            for name in _NAMES[what]:
                member = members.get("_".join(words_of(name)))
                if member and not {"translation", "translate"} & set(words_of(field.name)):
                    yield Place(field, member)

    def _switches(self, argument: str) -> Iterator[Place]:
        """The fields that turn it on or off, by a boolean, a number, a word, or inside an object."""
        for name, field in self._fields.items():
            words = set(words_of(name))
            if not words & _SWITCHES[argument] or not words <= _SWITCHES[argument] | _NOT | _BESIDE:
                continue
            member = next((field.members[each] for each in ("enabled", "enable") if each in field.members), None)
            if _is_switch(field, argument) or member:
                yield Place(field, member if not _is_switch(field, argument) else None, bool(words & _NOT))


def switched(field: Field, *, on: bool, about: str) -> object:
    """What turns this field on or off: true, 1, `on`, or the option that names what it is about."""
    options = {str(option).lower(): option for option in field.options}
    if not options:
        return on
    words_on = (about.removesuffix("s"), "on", "true", "enabled", "1")
    wanted = words_on if on else ("none", "off", "false", "disabled", "0")
    return next((options[word] for word in wanted if word in options), on)


def _is_switch(field: Field, about: str) -> bool:
    if field.options:
        return not isinstance(switched(field, on=True, about=about), bool) or "boolean" in field.types
    return "boolean" in field.types


def _is_format(field: Field) -> bool:
    """Whether it is called a format and lists some, or takes any."""
    last = words_of(field.name)[-1:]
    listed = any(str(option).lower().partition("_")[0] in FORMATS for option in field.options)
    is_called_so = last in {("format",), ("type",), ("codec",), ("encoding",), ("container",)}
    return (is_called_so and listed) or (last == ("format",) and not field.options and "string" in field.types)


def _is_custom(name: str, field: Field) -> bool:
    """Whether a switch says that the prompt is the words of the song."""
    words = set(words_of(name))
    return "boolean" in field.types and "custom" in words and words <= {"custom", "mode", "is", "use", "enable"}
