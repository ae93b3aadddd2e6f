"""One request and one model's schema become the body that is sent."""

from collections.abc import Mapping, Sequence

from atlascloud_mcp.atlas.schema import InputSchema
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.checking import check
from atlascloud_mcp.jobs.parameters.draft import Body, Draft
from atlascloud_mcp.jobs.parameters.fields import named
from atlascloud_mcp.jobs.parameters.layout import Layout, said_by
from atlascloud_mcp.jobs.parameters.own import write_params
from atlascloud_mcp.jobs.parameters.placing import LocalFile, Placing
from atlascloud_mcp.jobs.parameters.scalars import Scalars
from atlascloud_mcp.jobs.parameters.sizes import SIDE_STEP, side
from atlascloud_mcp.jobs.parameters.sizing import Sizing
from atlascloud_mcp.jobs.parameters.vocabulary import Parameter, parameters_of
from atlascloud_mcp.jobs.request import Request, texts_in


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
    schema = layout.schema
    draft = Draft(model, layout)
    is_checked = not schema.assumption
    write_params(draft, request, addresses, is_checked=is_checked)
    placing = Placing(draft, addresses, files)
    placing.check(request.params)
    placing.write(request)
    Scalars(draft, request).write()
    Sizing(draft, request, pattern).write()
    _fill_required(draft, schema, request)
    body: dict[str, object] = {"model": model, **_ordered(draft)}
    _keep_all_inputs(draft, addresses)
    if is_checked:
        check(draft, body)
    else:
        draft.note(f"{schema.assumption}, so the request could not be checked.")
    width, height = draft.sides
    return Body(body, tuple(draft.notes), width, height)


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
    draft.fields |= {name: value for name, value in schema.fixed.items() if name not in draft.fields}
    hidden = next((name for name in schema.fixed if said_by(name, request)), None)
    if hidden:
        raise draft.lacks(hidden, schema.fixed[hidden], "its own value for it is fixed")
    prompt = draft.layout.prompt
    # A default of these is a sample from a playground: it is for the caller to say what goes in.
    asked_for = {media.field.name for media in draft.layout.media} | ({prompt.name} if prompt else set[str]())
    missing: list[str] = []
    for name in schema.required - set(draft.fields) - {"model"}:
        field = draft.layout.fields.get(name)
        if field is None:
            continue
        if field.default is not None and name not in asked_for:
            draft.fields[name] = field.default
        elif len(field.options) == 1:
            draft.fields[name] = field.options[0]
        else:
            missing.append(name)
    if missing:
        spoken = parameters_of(draft.layout, for_video=request.type == "video")
        ordered = [name for name in draft.layout.fields if name in missing]
        raise InvalidRequest(
            f"{draft.model} needs {' and '.join(_needed(spoken, name) for name in ordered)}.",
            next_step="Add it and call again.",
        )


def _needed(parameters: Sequence[Parameter], name: str) -> str:
    """A missing field in words: its name, the argument that fills it, what it may be."""
    found = next(each for each in parameters if each.field == named(name, 80))
    where = f"pass it in `{found.argument}`" if found.argument else "in `params`"
    allowed = f"; allowed: {found.allowed}" if found.allowed else ""
    return f"{found.field} ({where}{allowed})" if found.argument != name or allowed else found.field


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
