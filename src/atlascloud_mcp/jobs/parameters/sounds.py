"""Speech, music and transcripts: voice, language, speed, lyrics, and who speaks when.

The names are those of published schemas and of the public APIs behind them; a setting may stand inside an object
(`voice_setting.voice_id`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.checking import allowed_of
from atlascloud_mcp.jobs.parameters.draft import Draft, fitted
from atlascloud_mcp.jobs.parameters.fields import Field, named, number_in, words_of
from atlascloud_mcp.jobs.parameters.languages import spelled
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.scalars import format_option
from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.storage.media import BY_EXTENSION

_NAMES: Mapping[str, tuple[str, ...]] = {
    "voice": (
        "voice_id",
        "voice",
        "voice_name",
        "speaker",
        "speaker_id",
        "speaker_name",
        "preset_voice",
        "voice_preset",
    ),
    "language": (
        *("language", "language_code", "lang", "language_id", "lang_code", "locale", "language_boost"),
        *("spoken_language", "source_language", "audio_language", "target_language", "output_language"),
    ),
    "speed": ("speed", "speech_rate", "speaking_rate", "speech_speed", "voice_speed", "speed_rate", "rate"),
    "lyrics": ("lyrics", "lyric", "song_lyrics", "lyrics_text", "lyrics_prompt"),
    "style": ("style", "tags", "style_prompt", "genre", "genres", "music_style", "music_description", "style_tags"),
    "spoken": ("text", "input_text", "tts_text", "gen_text", "script", "input", "text_prompt", "sentence"),
    "file": ("format", "audio_format", "output_format", "file_format"),
    "container": ("format", "audio_format", "file_format", "input_format"),
}
_IDS = ("id", "voice_id", "name", "voice")  # what a voice that is an object is known by
_TIMED = frozenset({"timestamp", "utterance", "timing", "timecode"})
_TOLD_APART = frozenset({"speaker", "diarize", "diarization", "diarise", "diarisation"})
_COUNTED = frozenset({"count", "num", "number", "max", "min", "expected"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a setting goes: a field, or a member of one that is an object."""

    field: Field
    member: Field | None = None

    @property
    def inner(self) -> Field:
        """What is filled."""
        return self.member or self.field

    @property
    def name(self) -> str:
        """Its name: `voice_setting.voice_id`."""
        return f"{self.field.name}.{self.member.name}" if self.member else self.field.name


class SoundFields:
    """The fields of a model for sound, by what they are for."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        media = {each.field.name for each in layout.media}
        self._fields = {name: field for name, field in layout.fields.items() if name not in media}

    @cached_property
    def prompt(self) -> Field | None:
        """Where the words go: what is spoken; a `prompt` beside that says how, unless it alone has to be there."""
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
        if argument == "instrumental":
            return self._switch(lambda words: "instrumental" in words)
        if argument == "speakers":
            return self._switch(lambda words: bool(words & _TOLD_APART) and not words & _COUNTED)
        types = {"speed": ("number", "integer", "string")}.get(argument, ("string", "integer", "object"))
        found = self._first(argument, *types)
        if found is None:
            return next(self._inside(argument), None)
        if "string" in found.types or not found.members:
            return Place(found)
        member = next((found.members[name] for name in _IDS if name in found.members), None)
        return Place(found, member) if member else None

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
            if words & {"ms", "millisecond"} and words & {"length", "duration"} and field.types & {"integer", "number"}:
                return field
        return None

    @cached_property
    def format(self) -> Place | None:
        """The format of the file that comes, where that stands inside an object."""
        return None if self._layout.formats else next(self._inside("file"), None)

    @cached_property
    def container(self) -> Field | None:
        """The format of the recording that goes in."""
        return self._first("container", "string")

    @cached_property
    def timings(self) -> Mapping[str, object]:
        """What has to be sent for the words of a transcript to have times, where it is not sent by itself."""
        found: dict[str, object] = {}
        for name, field in self._fields.items():
            if not _TIMED & set(words_of(name)):
                continue
            options = (field.items or field).options
            word = next((option for option in options if str(option).lower() in {"word", "words"}), None)
            if "boolean" in field.types:
                found[name] = True
            elif word is not None:
                found[name] = [word] if field.items else word
        return found

    def _first(self, what: str, *types: str) -> Field | None:
        by_words = {"_".join(words_of(name)): field for name, field in reversed(self._fields.items())}
        found = (by_words.get("_".join(words_of(name))) for name in _NAMES[what])
        return next((field for field in found if field and field.types & set(types)), None)

    def _inside(self, what: str) -> Iterator[Place]:
        """The members of objects that have such a name."""
        for field in self._fields.values():
            members = {"_".join(words_of(name)): member for name, member in field.members.items()}
            for name in _NAMES[what]:
                if member := members.get("_".join(words_of(name))):
                    yield Place(field, member)

    def _switch(self, is_it: Callable[[set[str]], bool]) -> Place | None:
        found = (Place(field) for name, field in self._fields.items() if is_it(set(words_of(name))))
        return next((place for place in found if "boolean" in place.inner.types), None)


class Sounds:
    """Writes what is about sound of one request into its draft. `recording` is the format of a local one, `mp3`."""

    def __init__(self, draft: Draft, request: Request, recording: str | None) -> None:
        self._draft = draft
        self._request = request
        self._recording = recording
        self._fields = SoundFields(draft.layout)

    def write(self) -> None:
        """Each of them stands in its field.

        Raises:
            InvalidRequest: the model has none for it, and it changes what is bought.
        """
        request = self._request
        self._lyrics()
        self._prompt()
        self._voice()
        self._language()
        self._speed()
        if request.instrumental is not None:
            place = self._fields.of("instrumental")
            if place or request.instrumental:
                self._put("instrumental", request.instrumental, "it has no switch for singing")
        if self._fields.milliseconds and request.duration_seconds and not self._draft.layout.seconds:
            milliseconds = round(request.duration_seconds * 1000)
            self._draft.put(self._fields.milliseconds, milliseconds, "duration_seconds")
        if request.kind == "transcript":
            self._transcript()
        elif (place := self._fields.format) and f".{request.named_format}" in BY_EXTENSION:
            option = format_option(place.inner, request.named_format or "")
            self._put_in(place, request.named_format if option is None else option, "output_format")

    def _put(self, argument: str, value: object, why_not: str) -> None:
        if value is None:
            return
        place = self._fields.of(argument)
        if place is None:
            raise self._draft.lacks(argument, value, why_not)
        self._put_in(place, value, argument)

    def _put_in(self, place: Place, value: object, argument: str) -> None:
        if place.member is None:
            self._draft.put(place.field, value, argument)
            return
        held = self._draft.fields.pop(place.field.name, None)
        before = cast("dict[str, object]", held) if isinstance(held, dict) else {}
        usual = {
            name: member.default
            for name, member in place.field.members.items()
            if member.is_required and member.default is not None
        }
        said = {place.member.name: fitted(place.member, value)}
        self._draft.put(place.field, {**usual, **before, **said}, argument)
        voice = self._fields.of("voice")
        needs_voice = voice and voice.field is place.field and voice.member and voice.member.is_required
        if voice and needs_voice and voice.inner.name not in {**usual, **before, **said}:
            told = allowed_of(voice.inner)
            raise InvalidRequest(
                f"{self._draft.model} takes {argument} together with a voice (its {named(voice.name)}) only.",
                next_step=f"Pass one in `voice`{f': {told}' if told else ''}.",
            )

    def _lyrics(self) -> None:
        """The words of a song in their field; else in the prompt's, where a switch makes lyrics of that."""
        lyrics, draft = self._request.lyrics, self._draft
        if lyrics is None:
            return
        custom, prompt = self._fields.custom, self._fields.prompt
        if self._fields.of("lyrics"):
            self._put("lyrics", lyrics, "")
        elif custom and prompt:
            draft.put(custom, True, "lyrics")  # noqa: FBT003 - the value, not a switch
            draft.put(prompt, lyrics, "lyrics")
            if self._request.prompt and (style := self._fields.style):
                draft.put(style, self._request.prompt, "prompt")
        else:
            raise draft.lacks("lyrics", lyrics, "it writes its own words, or sings none")

    def _prompt(self) -> None:
        prompt, field = self._request.prompt, self._fields.prompt
        is_written = "prompt" in self._draft.arguments.values()
        if prompt is None or is_written or field is None:
            return  # what has no field for it is refused or noted with the other words
        if self._draft.arguments.get(field.name) == "lyrics":
            raise self._draft.lacks("prompt", prompt, "with lyrics it takes no other words")
        self._draft.put(field, prompt, "prompt")

    def _voice(self) -> None:
        voice: str | int | None = self._request.voice
        place = self._fields.of("voice")
        if voice and place and place.inner.types == frozenset({"integer"}) and voice.isascii() and voice.isdigit():
            voice = int(voice)
        self._put("voice", voice, "it has no choice of voices")

    def _language(self) -> None:
        language = self._request.language
        if language is None:
            return
        if place := self._fields.of("language"):
            sent = spelled(place.inner, language)
            self._put_in(place, sent, "language")
            if sent.casefold() != language.casefold():
                self._draft.note(f"language {named(language)} was sent as {named(sent)}.")
        else:
            self._draft.note("language was not sent: this model has no setting for it and goes by what it gets.")

    def _speed(self) -> None:
        speed = self._request.speed
        if speed is None:
            return
        place = self._fields.of("speed")
        if place is None or place.inner.types & {"number", "string"}:
            self._put("speed", speed, "it has no setting for the speed")
            return
        # A whole number cannot say 1.2: it counts in hundredths, from 100, or from 0 where that is the middle.
        field = place.inner
        from_hundred = (number_in(field.default) or field.limit("minimum") or 0) >= 10
        sent = round(speed * 100) if from_hundred else round((speed - 1) * 100)
        self._put_in(place, sent, "speed")
        self._draft.note(f"speed {speed:g} was sent as {named(place.name)} {sent}.")

    def _transcript(self) -> None:
        draft, fields = self._draft, self._fields
        if self._request.speakers is not None:
            place = fields.of("speakers")
            if place or self._request.speakers:
                self._put("speakers", self._request.speakers, "it does not tell speakers apart")
        for name, value in fields.timings.items():
            # Part of what a transcript is here: nobody pays more for it, and subtitles are made of it.
            draft.fields.setdefault(name, value)
        container = fields.container
        if container and container.is_required and container.name not in draft.fields and self._recording:
            draft.put(container, self._recording, "audio")


def _is_custom(name: str, field: Field) -> bool:
    """Whether a switch says that the prompt is the words of the song."""
    words = set(words_of(name))
    return "boolean" in field.types and "custom" in words and words <= {"custom", "mode", "is", "use", "enable"}
