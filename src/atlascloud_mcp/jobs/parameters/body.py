"""One request and one model's schema become the body that is sent."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from atlascloud_mcp.atlas.schema import InputSchema
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.checking import check
from atlascloud_mcp.jobs.parameters.draft import Body, Draft, is_option
from atlascloud_mcp.jobs.parameters.fields import Field, named, number_in, words_of
from atlascloud_mcp.jobs.parameters.layout import Layout, speaks_of
from atlascloud_mcp.jobs.parameters.own import write_params
from atlascloud_mcp.jobs.parameters.placing import LocalFile, Placing
from atlascloud_mcp.jobs.parameters.scalars import Scalars
from atlascloud_mcp.jobs.parameters.sizes import SIDE_STEP, side
from atlascloud_mcp.jobs.parameters.sizing import Sizing
from atlascloud_mcp.jobs.parameters.sounds import Sounds
from atlascloud_mcp.jobs.parameters.vocabulary import Parameter, parameters_of
from atlascloud_mcp.jobs.request import Request, texts_in
from atlascloud_mcp.storage.media import BY_EXTENSION, KNOWN


def build_body(
    model: str,
    layout: Layout,
    request: Request,
    *,
    addresses: Mapping[str, str],
    files: Mapping[str, LocalFile],
    pattern: tuple[int, int] | None = None,
) -> Body:
    """The body for this model. `addresses` has the URL or placeholder for each source of the request.

    `pattern` are the sides of the picture or clip that the result is to be shaped like, where they are known.

    Only what was asked is sent, and what the schema requires. Everything that was asked stands in the body or in a
    note, and a body that was built from a published schema is one that the schema accepts.

    Raises:
        InvalidRequest: the model cannot do it, or would refuse it; which field, what is allowed, what comes nearest.
    """
    schema, draft = layout.schema, Draft(model, layout)
    is_checked = not schema.assumption
    write_params(draft, request, addresses, is_checked=is_checked)
    Placing(draft, request, addresses=addresses, files=files).write()
    if request.type == "audio":
        Sounds(draft, request, _container(request, files)).write()
    Scalars(draft, request).write()
    Sizing(draft, request, pattern).write()
    _choose_modes(draft)
    _fill_required(draft, schema, request)
    body: dict[str, object] = {"model": model, **_ordered(draft)}
    _keep_all_inputs(draft, addresses)
    uploads = frozenset(addresses[source] for source in files)
    if is_checked:
        check(draft, body, uploads)
    else:
        draft.note(f"{schema.assumption}, so the request could not be checked.")
    count, seconds = _count(draft), _seconds(draft) or request.duration_seconds
    notes, spoken = tuple(draft.notes), len(request.prompt or "")
    return Body(body, notes, *draft.sides, count, seconds, uploads, draft.asked_sides, spoken)


def _container(request: Request, files: Mapping[str, LocalFile]) -> str | None:
    """The format of the recording that goes in, as `mp3`: by the bytes of a file, by the name of a URL."""
    source = request.audio or ""
    if file := files.get(source):
        found = next((media for media in KNOWN if media.mime_type == file.mime_type), None)
    else:
        found = BY_EXTENSION.get(PurePosixPath(source.partition("?")[0]).suffix.lower())
    return found.extension[1:] if found else None


def _keep_all_inputs(draft: Draft, addresses: Mapping[str, str]) -> None:
    """An input that were paid for and not used would be the worst kind of answer."""
    sent = set(texts_in(draft.fields))
    lost = [source for source, address in addresses.items() if address not in sent]
    if lost:
        raise InvalidRequest(
            f"{draft.model} has no place that is known here for {plain(', '.join(lost), 200)}.",
            next_step="Look at its fields with get_model, and pass it in `params` under its own name.",
        )


def _fill_required(draft: Draft, schema: InputSchema, request: Request) -> None:
    """What has to be there and was not asked for: the schema's own default, or its only option.

    Raises:
        InvalidRequest: there is neither, so the caller has to say it.
    """
    for name, value in schema.fixed.items():
        draft.fields.setdefault(name, value)
        if getattr(request, speaks_of(name) or "", None) is not None:
            raise draft.lacks(name, value, "its own value for it is fixed")
        _tell(draft, name)
    prompt = draft.layout.prompt
    # A default of these is a sample from a playground: it is for the caller to say what goes in.
    asked_for = {media.field.name for media in draft.layout.media} | ({prompt.name} if prompt else set[str]())
    missing: list[str] = []
    for name in schema.required - set(draft.fields) - {"model"}:
        field = draft.layout.fields.get(name)
        if field is None:
            continue
        if field is draft.layout.named("count") and _takes_one(field):
            draft.put(field, 1, "count")
        elif field.default is not None and name not in asked_for:
            draft.fields[name] = field.default
            _tell(draft, name)
        elif len(field.options) == 1:
            draft.fields[name] = field.options[0]
        else:
            missing.append(name)
    if missing:
        spoken = parameters_of(draft.layout, request.tool)
        ordered = [name for name in draft.layout.fields if name in missing]
        raise InvalidRequest(
            f"{draft.model} needs {' and '.join(_needed(spoken, name, draft) for name in ordered)}.",
            next_step="Add it and call again.",
        )


def _choose_modes(draft: Draft) -> None:
    """A mode says which of several fields counts: it is that of the field that was written, where another is usual."""
    written, left = _words(draft.fields), _words(set(draft.layout.fields) - set(draft.fields))
    for name, field in draft.layout.fields.items():
        usual = str(field.default)
        option = next((each for each in field.options if each in written and each not in left), None)
        is_other = option is not None and usual in left and usual not in written
        if name not in draft.fields and words_of(name)[-1:] == ("mode",) and is_other:
            draft.fields[name] = option
            draft.note(f"{named(name)} {named(option)} was sent too: without it that setting would not count.")


def _words(names: Iterable[str]) -> set[object]:
    return {word for name in names for word in words_of(name)}


def _takes_one(field: Field) -> bool:
    """Whether a count may be 1."""
    low = field.limit("minimum")
    return any(is_option(option, 1) for option in field.options) if field.options else low is None or low <= 1


def _tell(draft: Draft, name: str) -> None:
    """What nobody asked for and multiplies the price is said."""
    value = draft.fields[name]
    if speaks_of(name) == "duration_seconds" or (speaks_of(name) == "count" and value != 1):
        draft.note(f"{named(name)} {named(value)} is this model's own default; the price depends on it.")


def _count(draft: Draft) -> float:
    """How many results the body asks for, or come when nothing is said; more than one unasked is told."""
    field = draft.layout.named("count")
    names = [field.name] if field else [name for name in draft.fields if speaks_of(name) == "count"]
    sent = number_in(draft.fields.get(names[0])) if names else None
    # A `max_images` is no number of them.
    usual = number_in(field.default) if field and "max" not in words_of(field.name) else None
    if field and sent is None and usual and usual > 1:
        draft.note(f"This model makes {usual:g} in a call when count is left out.")
    return sent or usual or 1


def _seconds(draft: Draft) -> float | None:
    """How long a clip the body asks for, or comes when nothing is said."""
    field = draft.layout.seconds
    names = [field.name] if field else [name for name in draft.fields if speaks_of(name) == "duration_seconds"]
    usual = field.default if field else None
    found = number_in(draft.fields.get(names[0], usual)) if names else None
    return found if found and found > 0 else None


def _needed(parameters: Sequence[Parameter], name: str, draft: Draft) -> str:
    """A missing field in words: its name, the argument that fills it, what it may be."""
    found = next(each for each in parameters if each.field == named(name, 80))
    # An argument for one thing that stands in another field already cannot fill this one too.
    is_used = found.argument != "images" and found.argument in draft.arguments.values()
    argument = None if is_used else found.argument
    where = f"pass it in `{argument}`" if argument else "in `params`"
    allowed = f"; allowed: {found.allowed}" if found.allowed else ""
    return f"{found.field} ({where}{allowed})" if argument != name or allowed else found.field


def _ordered(draft: Draft) -> dict[str, object]:
    """The fields in the order of the schema; others, which only an assumed schema lets pass, after them."""
    known = {name: draft.fields[name] for name in draft.layout.fields if name in draft.fields}
    return known | {name: value for name, value in draft.fields.items() if name not in known}


def off_grid(body: Body) -> str:
    """A hint for a size that many models refuse: the nearest sides that are multiples of 16."""
    sides = [each for each in (body.width, body.height) if each]
    if all(each % SIDE_STEP == 0 for each in sides):
        return ""
    nearest = "x".join(str(side(each)) for each in sides)
    return f"Many models take sides in multiples of {SIDE_STEP} only; the nearest is {nearest}. "
