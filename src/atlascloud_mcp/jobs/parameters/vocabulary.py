"""What a model takes, said in the vocabulary of the tools: the same reading of its schema, the other way round."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from atlascloud_mcp.atlas.models import Medium
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.jobs.parameters.checking import allowed_of
from atlascloud_mcp.jobs.parameters.fields import Field, named
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.media import MediaField
from atlascloud_mcp.jobs.parameters.placing import amount_of, argument_for
from atlascloud_mcp.jobs.parameters.scalars import usual_rate
from atlascloud_mcp.jobs.parameters.sizes import Sizes
from atlascloud_mcp.jobs.parameters.sound_fields import SoundFields
from atlascloud_mcp.jobs.request import ARGUMENTS, Tool

WORDS = ("negative_prompt", "count", "steps", "guidance_scale", "seed")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a model takes.

    `argument` is the tool's word for it, None where it goes into `params` under its own name `field`. `sample` is a
    value that it takes, where its schema names one.
    """

    field: str
    argument: str | None = None
    allowed: str = ""
    default: object = None
    is_required: bool = False
    about: str = ""
    sample: object = None


def parameters_of(layout: Layout, tool: Tool, *, media: Collection[Medium] | None = None) -> list[Parameter]:
    """Everything that a model takes: what has a word in the vocabulary first, then its own fields.

    Of a model whose fields are assumed, `media` is what it takes: no other is told of, and no argument twice.
    """
    arguments = ARGUMENTS[tool]
    found: list[Parameter] = []
    fields = [field for field in layout.media if media is None or field.medium in media]
    spoken = {named(field.field.name, 80) for field in layout.media if field not in fields}
    # Where a list and a single field may both be there, the list says more.
    fields.sort(key=lambda field: media is not None and not field.is_list)
    for words, field, allowed in _spoken(layout, fields, tool):
        if argument := ", ".join(word for word in words.split(", ") if word in arguments):
            spoken.add(named(field.name, 80))
            if media is None or all(each.argument != argument for each in found):
                found.append(_parameter(field, argument, allowed))
    own = [field for name, field in layout.fields.items() if named(name, 80) not in spoken]
    return [*found, *(_parameter(field, None, "") for field in own)]


def _spoken(layout: Layout, media: Iterable[MediaField], tool: Tool) -> Iterable[tuple[str, Field, str]]:
    """Argument, or several, field, and what may be said, where that is not told by the field alone."""
    hears = tool == "transcribe_audio"
    sounds = SoundFields(layout, hears=hears) if hears or tool == "generate_audio" else None
    if prompt := sounds.prompt if sounds else layout.prompt:
        yield "prompt", prompt, ""
    for each in media:
        yield argument_for(each, tool) or "", each.field, amount_of(each)
    if sounds:
        yield from _of_sound(sounds)
    yield from _sizes(layout, for_video=tool == "generate_video")
    if seconds := layout.seconds:
        yield "duration_seconds", seconds, ""
    elif frames := _length_in_frames(layout):
        yield frames
    for field in layout.switches("sound")[:1]:
        yield "sound", field, ""
    for argument in WORDS:
        if field := layout.named(argument):
            yield argument, field, ""
    for field in layout.formats[:1]:
        yield "output_format", field, ""


def _of_sound(sounds: SoundFields) -> Iterable[tuple[str, Field, str]]:
    """What is said of speech, music and transcripts alone."""
    for argument in ("voice", "language", "speed", "lyrics", "instrumental", "speakers"):
        if place := sounds.of(argument):
            told = allowed_of(place.inner, argument)
            yield argument, Field(place.name, place.inner.schema, place.inner.is_required), told
        elif argument == "lyrics" and (custom := sounds.custom):
            yield argument, Field(custom.name, {"type": "boolean"}), "sent as the prompt, which then says the style"
    if milliseconds := sounds.milliseconds:
        yield "duration_seconds", milliseconds, _in_seconds(milliseconds)


def _in_seconds(field: Field) -> str:
    low, high = field.limit("minimum"), field.limit("maximum")
    return f"{(low or 0) / 1000:g} to {high / 1000:g} s" if high else "seconds"


def _length_in_frames(layout: Layout) -> tuple[str, Field, str] | None:
    """A length that is counted in frames, in seconds, where their rate is known."""
    rate = layout.named("fps", "integer", "number", "string")
    a_second = usual_rate(rate) if rate else None
    if not (layout.frames and a_second):
        return None
    low, high = (layout.frames.limit(each) for each in ("minimum", "maximum"))
    told = f"{low / a_second:.3g} to {high / a_second:.3g} s" if low and high else "seconds"
    return "duration_seconds", layout.frames, told


def _sizes(layout: Layout, *, for_video: bool) -> Iterable[tuple[str, Field, str]]:
    sizes = Sizes(layout)
    # What has no field of its own is turned into pixels.
    words = [word for word, own in (("aspect_ratio", sizes.shape), ("resolution", sizes.fineness)) if not own]
    if sizes.has_sides and sizes.width and sizes.height:
        by = [f"or by {' and '.join(words)}"] if words and not for_video else []
        told = ", ".join(filter(None, [allowed_of(sizes.width), *by]))
        yield ", ".join(["width", *(words if for_video else ())]), sizes.width, told
        yield ", ".join(["height", *(words if for_video else ())]), sizes.height, ""
    elif sizes.pixels:
        yield ", ".join(["width", "height", *words]), sizes.pixels.field, ""
    if sizes.shape:
        yield "aspect_ratio", sizes.shape.field, ""
    if sizes.fineness:
        yield "resolution", sizes.fineness.field, ""


def _parameter(field: Field, argument: str | None, allowed: str) -> Parameter:
    kinds = "" if argument or field.options else " or ".join(sorted(field.types))
    return Parameter(
        named(field.name, 80),
        argument,
        allowed or allowed_of(field, argument) or kinds,
        field.default,
        field.is_required,
        "" if argument else plain(field.description, 120),
        field.default if field.default is not None else next(iter(field.choices), None),
    )
