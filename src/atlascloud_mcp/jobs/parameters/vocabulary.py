"""What a model takes, said in the vocabulary of the tools: the same reading of its schema, the other way round."""

from collections.abc import Iterable
from dataclasses import dataclass

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.jobs.parameters.checking import allowed_of
from atlascloud_mcp.jobs.parameters.draft import number_in
from atlascloud_mcp.jobs.parameters.fields import Field, named
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.placing import NOUNS, argument_for
from atlascloud_mcp.jobs.parameters.sizes import Sizes
from atlascloud_mcp.jobs.request import ARGUMENTS

WORDS = (*("negative_prompt", "duration_seconds", "sound", "count", "steps", "guidance_scale", "seed"),)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a model takes.

    `argument` is the tool's word for it, None where it goes into `params` under its own name `field`.
    """

    field: str
    argument: str | None = None
    allowed: str = ""
    default: object = None
    is_required: bool = False
    about: str = ""


def parameters_of(layout: Layout, *, for_video: bool) -> list[Parameter]:
    """Everything that a model takes: what has a word in the vocabulary first, then its own fields."""
    arguments = ARGUMENTS["video" if for_video else "image"]
    spoken = [row for row in _spoken(layout, for_video=for_video) if row[0] and row[0].split(",")[0] in arguments]
    named = {field.name for _, field, _ in spoken}
    own = [field for name, field in layout.fields.items() if name not in named]
    return [
        *(_parameter(field, argument, allowed) for argument, field, allowed in spoken),
        *(_parameter(field, None, "") for field in own),
    ]


def _spoken(layout: Layout, *, for_video: bool) -> Iterable[tuple[str | None, Field, str]]:
    """Argument, field, and what may be said, where that is not told by the field alone."""
    if prompt := layout.prompt:
        yield "prompt", prompt, ""
    for media in layout.media:
        is_list = media.is_list and media.medium == "image"
        most = f"up to {media.most} " if is_list and media.most else ""
        noun = NOUNS[media.medium] + ("s" if is_list and media.most != 1 else "")
        yield argument_for(media, for_video=for_video), media.field, f"{most}{noun}"
    for argument, field in _sizes(layout):
        yield argument, field, ""
    for argument in WORDS:
        if field := layout.named(argument):
            lengths = [str(option) for option in field.options if (number_in(option) or 0) > 0]
            yield argument, field, ", ".join(lengths) if argument == "duration_seconds" else ""
    for field in layout.formats[:1]:
        yield "output_format", field, ""


def _sizes(layout: Layout) -> Iterable[tuple[str, Field]]:
    sizes = Sizes(layout)
    found = {"width": sizes.width, "height": sizes.height} if sizes.has_sides else {}
    found |= {
        "width, height": sizes.pixels.field if sizes.pixels else None,
        "aspect_ratio": sizes.shape.field if sizes.shape else None,
        "resolution": sizes.fineness.field if sizes.fineness else None,
    }
    for argument, field in found.items():
        if field:
            yield argument, field


def _parameter(field: Field, argument: str | None, allowed: str) -> Parameter:
    kinds = "" if argument or field.options else " or ".join(sorted(field.types))
    return Parameter(
        named(field.name, 80),
        argument,
        allowed or allowed_of(field) or kinds,
        field.default,
        field.is_required,
        "" if argument else plain(field.description, 120),
    )
