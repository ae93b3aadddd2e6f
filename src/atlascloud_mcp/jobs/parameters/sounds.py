"""Speech, music and transcripts: voice, language, speed, lyrics, and who speaks when."""

import re
from typing import cast

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.checking import allowed_of
from atlascloud_mcp.jobs.parameters.draft import Draft, fitted
from atlascloud_mcp.jobs.parameters.fields import Field, named, number_in
from atlascloud_mcp.jobs.parameters.languages import spelled
from atlascloud_mcp.jobs.parameters.scalars import format_option
from atlascloud_mcp.jobs.parameters.sound_fields import Place, SoundFields, switched
from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.storage.media import BY_EXTENSION

_PERCENT_SPAN = 50  # of a speed that is 0 in the middle


class Sounds:
    """Writes what is about sound of one request into its draft. `recording` is the format of a local one, `mp3`."""

    def __init__(self, draft: Draft, request: Request, recording: str | None) -> None:
        self._draft = draft
        self._request = request
        self._recording = recording
        self._fields = SoundFields(draft.layout, hears=request.kind == "transcript")

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
        self._switch("instrumental", request.instrumental, "it has no switch for singing")
        if self._fields.milliseconds and request.duration_seconds:
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

    def _switch(self, argument: str, on: bool | None, why_not: str) -> None:  # noqa: FBT001 - a value, not a flag
        place = self._fields.of(argument)
        if on is None and place and place.field.is_required and place.field.default is None:
            on = False  # what leaving it out means
        if on is None or (place is None and not on):
            return
        if place is None:
            raise self._draft.lacks(argument, on, why_not)
        self._put_in(place, switched(place.inner, on=on is not place.is_negated, about=argument), argument)

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
        self._draft.arguments[place.name] = argument  # of several in one object each is to blame for its own
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
        custom, prompt = self._fields.custom, self._fields.prompt
        if lyrics is None:
            if custom and custom.is_required and custom.default is None and custom.name not in draft.fields:
                draft.fields[custom.name] = False  # what leaving it out means
            return
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
        if voice and place and not (place.inner.items or place.inner).options:
            self._draft.note(f"This model lists no voices: {named(str(voice))} was sent as it is.")

    def _language(self) -> None:
        language = self._request.language
        if language is None:
            return
        # What is made from a recording may be in another language than that.
        from_sound = self._fields.target if self._request.audio or self._request.video else None
        if place := from_sound or self._fields.of("language"):
            sent = spelled(place.inner.items or place.inner, language)
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
        sent = _paced(place.inner, speed) if place else speed
        if place and sent is None:
            raise self._draft.lacks(
                "speed", speed, f"its {named(place.name)} counts in a way that is not known here: pass that in `params`"
            )
        self._put("speed", sent, "it has no setting for the speed")
        if place and sent != speed:
            self._draft.note(f"speed {speed:g} was sent as {named(place.name)} {named(sent)}.")

    def _transcript(self) -> None:
        draft, fields = self._draft, self._fields
        self._switch("speakers", self._request.speakers, "it does not tell speakers apart")
        # Part of what a transcript is here: nobody pays more for it, and subtitles are made of it.
        timings = fields.timings
        if not any(name in draft.fields for name in timings):
            draft.fields.update(timings)
        container = fields.container
        if container and container.is_required and container.name not in draft.fields and self._recording:
            draft.put(container, self._recording, "audio")


def _paced(field: Field, speed: float) -> object:
    """A speed as this field counts it: its default and its bounds tell how; None where they do not."""
    usual, low, high = field.default, field.limit("minimum"), field.limit("maximum")
    if isinstance(usual, str) and (sign := re.fullmatch(r"([+-]?)\d+%", usual)):
        return f"{round((speed - 1) * 100):+d}%" if sign[1] or usual == "0%" else f"{round(speed * 100)}%"
    if field.types <= {"string"}:
        return f"{speed:g}x" if isinstance(usual, str) and usual.endswith("x") else speed
    middle = number_in(usual)
    if middle == 100 or (middle is None and (low or 0) >= 10):
        return round(speed * 100)
    is_narrow = (low is None or low >= 0) and (high is None or high <= 10)
    if middle is None and field.types == frozenset({"integer"}) and low is None and high is None:
        return round((speed - 1) * 100)  # a whole number cannot say 1.2
    if middle == 1 or (middle is None and is_narrow) or (middle is not None and 0.5 <= middle <= 2 and is_narrow):
        return speed
    is_wide = low is None or high is None or high - low >= _PERCENT_SPAN
    return round((speed - 1) * 100) if not middle and (low is None or low < 0) and is_wide else None
