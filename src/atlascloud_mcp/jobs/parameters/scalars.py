"""Words and numbers: prompt, count, duration, sound, and what only colours the result."""

from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.checking import allowed_of
from atlascloud_mcp.jobs.parameters.draft import Draft, fitted, is_option
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, number_in, words_of
from atlascloud_mcp.jobs.parameters.layout import KEEPING
from atlascloud_mcp.jobs.request import MESH_FORMATS, Request
from atlascloud_mcp.storage.media import BY_EXTENSION

# These colour the result: a model without a field for them is used all the same, and a note says so.
COSMETIC = {"negative_prompt": "negative", "steps": "step", "guidance_scale": "guidance"}
USUAL_MESH = "glb"
NEAR_S = 0.25
_INSIDE = {"ogg": ("opus", "vorbis")}  # what such a file may hold, by which speech models call it


class Scalars:
    """Writes the words and numbers of one request into its draft."""

    def __init__(self, draft: Draft, request: Request) -> None:
        self._draft = draft
        self._request = request
        self._shot_is_timed = False

    def write(self) -> None:
        """Each of them stands in its field, or a note says why not.

        Raises:
            InvalidRequest: the model cannot do it and it is what is bought: how many, how long, with sound.
        """
        self._prompt()
        self._count()
        self._duration()
        self._sound()
        self._seed()
        self._format()
        for argument, word in COSMETIC.items():
            value: object = getattr(self._request, argument)
            if value is None:
                continue
            if field := self._draft.layout.named(argument):
                self._draft.put(field, value, argument)
            else:
                self._draft.note(f"{argument} was not sent: {self._why_not(word)}.")

    def _is_written(self, argument: str) -> bool:
        return argument in self._draft.arguments.values()

    def _is_set(self, field: Field) -> bool:
        return field.name in self._draft.fields

    def _why_not(self, word: str) -> str:
        """What the model has in place of a setting, where it has several that are called like it."""
        like = [name for name in self._draft.layout.fields if word in words_of(name)]
        return f"pass what is meant of {listed(like, 6)} in `params`" if like else "this model takes none"

    def _prompt(self) -> None:
        prompt = self._request.prompt
        if prompt is None or self._is_written("prompt"):
            return
        layout = self._draft.layout
        field = layout.prompt
        if field is None and layout.spoken:
            raise InvalidRequest(
                f"{self._draft.model} takes words in several fields, and none is the prompt for certain.",
                next_step=f"Pass it in `params` as what is meant: {listed(each.name for each in layout.spoken)}.",
            )
        # A recording beside them does not say what is to be said.
        has_more = bool(self._request.sources or self._request.params)
        if field is None and (self._request.type == "audio" or not has_more):
            why = "it takes no words" if has_more else "it takes no words, and nothing else was given"
            raise self._draft.lacks("prompt", prompt, why)
        if field is None:
            self._draft.note("The prompt was not sent: this model takes none.")
        elif field.items and "object" in field.items.types:
            self._draft.put(field, [self._shot(field.items, prompt)], "prompt")
        else:
            self._draft.put(field, prompt, "prompt")

    def _shot(self, shot: Field, prompt: str) -> dict[str, object]:
        """One element of a list of shots: its words, and its length where it has to have one."""
        filled: dict[str, object] = {}
        for name, member in shot.members.items():
            words = set(words_of(name))
            if words & {"prompt", "text", "description"} and prompt not in filled.values():
                filled[name] = prompt
            elif words & {"duration", "second", "length"} and self._request.duration_seconds is not None:
                filled[name] = fitted(member, self._request.duration_seconds)
                self._shot_is_timed = True
            elif member.is_required and member.default is not None:
                filled[name] = member.default
            elif member.is_required and words & {"index", "order", "id", "shot"}:
                filled[name] = 1 if "integer" in member.types else "1"
        if prompt not in filled.values() and shot.members:
            raise self._draft.lacks("prompt", prompt, "its shots have no place for words that is known here")
        return filled or {"prompt": prompt}

    def _count(self) -> None:
        count = self._request.count
        if count is None:
            return
        layout = self._draft.layout
        if field := layout.named("count", "integer", "number", "string"):
            self._draft.put(field, count, "count")
            series = next((each for name, each in layout.fields.items() if "sequential" in words_of(name)), None)
            auto = next((option for option in series.options if is_option(option, "auto")), None) if series else None
            if series and auto is not None and count > 1:  # without it the number is ignored
                self._draft.put(series, auto, "count")
        elif count > 1:
            raise InvalidRequest(
                f"{self._draft.model} has no setting for how many it makes in a call (count {count}).",
                next_step="Leave count out: one call may already make several. Call again for more.",
            )

    def _duration(self) -> None:
        seconds = self._request.duration_seconds
        if seconds is None or self._is_written("duration_seconds"):
            return
        layout = self._draft.layout
        if layout.seconds:
            self._draft.put(layout.seconds, seconds, "duration_seconds")
        elif layout.frames and (rate := self._rate()):
            self._put_frames(layout.frames, seconds, rate)
        elif not self._shot_is_timed:
            why = "it has no setting for the length"
            if layout.frames:
                told = f"{named(layout.frames.name)}: {allowed_of(layout.frames)}".rstrip(": ")
                why = f"it counts the length in frames, at a rate that it does not tell; pass them in `params` ({told})"
            raise self._draft.lacks("duration_seconds", seconds, why)

    def _rate(self) -> float | None:
        """Frames a second: as `params` say, by default, or the only rate that there is."""
        field = self._draft.layout.named("fps", "integer", "number", "string")
        return number_in(self._draft.fields.get(field.name)) or usual_rate(field) if field else None

    def _put_frames(self, field: Field, seconds: float, rate: float) -> None:
        wanted = round(seconds * rate)
        options = [round(each) for option in field.options if (each := number_in(option))] or [wanted, wanted + 1]
        low, high = field.limit("minimum"), field.limit("maximum")
        allowed = [each for each in options if (low is None or each >= low) and (high is None or each <= high)]
        found = min(allowed, key=lambda each: abs(each - wanted), default=None)
        if found is None or abs(found - wanted) / rate > NEAR_S:
            ends = options if field.options else [each for each in (low, high) if each is not None]
            lengths = (", " if field.options else " to ").join(f"{each / rate:.3g}" for each in ends)
            raise InvalidRequest(
                f"{self._draft.model} makes no clip of duration_seconds {seconds:g}.",
                next_step=f"duration_seconds may be {lengths}.",
            )
        self._draft.put(field, found, "duration_seconds")
        self._draft.note(f"{seconds:g} s was sent as {named(field.name)} {found} at {rate:g} a second.")

    def _sound(self) -> None:
        sound = self._request.sound
        if sound is None:
            return
        layout = self._draft.layout
        switches, silent = layout.switches("sound"), layout.switches("silence")
        if not self._request.video:  # what keeps the sound of a clip makes none without one
            switches = [each for each in switches if not KEEPING & set(words_of(each.name))]
        music: list[Field] = []
        if not sound:  # without sound means without all of it
            music = layout.switches("music")
            for field in (*switches[1:], *music):
                self._draft.put(field, False, "sound")  # noqa: FBT003 - the value, not a switch
        if switches:
            self._draft.put(switches[0], sound, "sound")
        elif silent:
            self._draft.put(silent[0], not sound, "sound")
        elif sound and not self._request.audio:
            raise self._draft.lacks("sound", sound, "it has no setting for sound")
        elif music:
            self._draft.note(
                f"sound was sent as {listed(each.name for each in music)}: this model has no other setting."
            )
        else:
            self._draft.note("sound was not sent: this model has no setting for it.")

    def _seed(self) -> None:
        seed = self._request.seed
        if seed is None:
            return
        layout = self._draft.layout
        field = layout.named("seed", "integer", "number", "string")
        ends = [each for name, each in layout.fields.items() if words_of(name)[-1:] == ("seed",)]
        parts = [each for each in ends if each.types & {"integer", "number", "string"}]
        for each in [field] if field else parts:
            self._draft.put(each, seed, "seed")
        if not field and parts:
            self._draft.note(f"seed was sent as {listed(each.name for each in parts)}.")
        elif not field:
            self._draft.note("seed was not sent: this model takes none.")

    def _format(self) -> None:
        """The format, where the model has a choice. A picture can still be converted when it has come."""
        wanted = self._request.named_format
        if wanted is None or (wanted in MESH_FORMATS and not self._request.wants_mesh):
            return
        fields = self._draft.layout.formats if self._request.kind != "transcript" else []  # there it is the input's
        for field in fields:
            option = format_option(field, wanted)
            if option is not None:
                self._draft.put(field, [option] if field.items else option, "output_format")
                return
        options = [option for field in fields for option in (field.items or field).options if _is_suffix(option)]
        free = next((field for field in fields if not field.options and not field.items), None)
        # A picture's suffix can be made true here, a recording's cannot.
        media = BY_EXTENSION.get(f".{wanted}")
        is_sound = self._request.type == "audio" and media is not None and media.kind == "audio"
        if free and (self._request.output_format or is_sound):
            self._draft.put(free, wanted, "output_format")
        elif options and (is_sound or wanted in MESH_FORMATS) and not any(self._is_set(field) for field in fields):
            who = "save_to" if is_sound else "output_format"
            raise InvalidRequest(
                f"{self._draft.model} does not make {wanted} ({who}).",
                next_step=f"Ask for one of these: {listed(options)}.",
            )
        elif wanted in MESH_FORMATS and wanted != USUAL_MESH:
            raise self._draft.lacks("output_format", wanted, f"it has no setting for it, and most make {USUAL_MESH}")
        elif wanted == USUAL_MESH:
            self._draft.note(f"output_format {wanted} was not sent: this model has no setting for it.")


def format_option(field: Field, wanted: str) -> object:
    """The field's option for this format: `MP3` or `mp3_44100_128` for mp3, the usual one of several; or None."""
    names = (wanted, *_INSIDE.get(wanted, ()))
    found = [
        each
        for name in names
        for each in (field.items or field).options
        if is_option(each, name) or str(each).lower().startswith(f"{name}_")
    ]
    return field.default if field.default in found else next(iter(found), None)


def _is_suffix(option: object) -> bool:
    """Whether a file can be asked for by this option's name."""
    return "." + str(option).lower().partition("_")[0] in BY_EXTENSION


def usual_rate(field: Field) -> float | None:
    """Frames a second by default, or the only rate that there is."""
    only = field.options[0] if len(field.options) == 1 else None
    return number_in(field.default) or number_in(only)
