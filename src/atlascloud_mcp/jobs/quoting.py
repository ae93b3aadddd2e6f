"""What a prepared request would cost, asked without making it."""

from collections.abc import Iterator, Mapping

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.models import Model
from atlascloud_mcp.atlas.quotes import Quote
from atlascloud_mcp.errors import AtlasCloudError, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.models.choosing import Choice
from atlascloud_mcp.jobs.models.describing import price
from atlascloud_mcp.jobs.parameters.body import off_grid
from atlascloud_mcp.jobs.parameters.draft import Body, is_option, stand_ins
from atlascloud_mcp.jobs.parameters.fields import named, number_in
from atlascloud_mcp.jobs.parameters.layout import Layout
from atlascloud_mcp.jobs.parameters.sizes import Sizes, extent_of
from atlascloud_mcp.jobs.request import MESH_FORMATS, Request, is_url
from atlascloud_mcp.jobs.result import JobResult

QUOTE_S = 6.0
MOST_SHOWN = 500
DRY_RUN = "Dry run: nothing was uploaded, submitted or billed."


async def quoted_result(atlas: AtlasClient, choice: Choice, request: Request, made: Body, *, clock: Clock) -> JobResult:
    """The body, and its price: Atlas Cloud's own quote, else the catalogue's as an estimate, else why there is none."""
    model, body = choice.model, made.fields
    notes = list(_by_default(choice.layout, body))
    step = "Call again without dry_run to make it."
    quote, trouble = await _asked(atlas, made, clock)
    by_length = estimate(model, made) if _goes_by_recording(model, request) else None
    if by_length is not None:  # the service could only have quoted what stands in for the file
        cost, is_estimate = by_length, True
        notes.append("By the recording's length and the catalogue's price: nothing was uploaded for a quote.")
    elif quote:
        cost, is_estimate = quote.price_usd, quote.is_estimate
        notes += _about(quote, request)
    else:
        cost, is_estimate = estimate(model, made), True
        notes.append(f"Atlas Cloud gave no quote ({trouble.message.rstrip('.')}){_listed(model)}.")
        if isinstance(trouble, InvalidRequest):
            step = f"Change the request first: Atlas Cloud would probably refuse it as it is. {off_grid(made)}".strip()
    wanted = request.output_format
    if wanted and wanted not in MESH_FORMATS and not is_said(body, wanted):
        notes.append(f"{wanted} is not a setting of this model: its file will be converted here.")
    return JobResult(
        status="quoted",
        model=model.id,
        request={name: _brief(value) for name, value in body.items()},
        cost_usd=cost,
        cost_is_estimate=is_estimate and cost is not None,
        notes=(*notes, DRY_RUN),
        next=step,
        sandbox=quote is not None and quote.sandbox,
    )


def _goes_by_recording(model: Model, request: Request) -> bool:
    """Whether the price depends on how long a local recording is that is to be written down."""
    is_local = request.audio is not None and not is_url(request.audio)
    unit = model.price.unit if model.price else None
    return request.kind == "transcript" and is_local and unit in {"second", "minute"}


def _brief(value: object) -> object:
    """A field of the request as it is shown: nobody needs a whole book back to learn what reading it costs."""
    if isinstance(value, str) and len(value) > MOST_SHOWN:
        return f"{value[: MOST_SHOWN // 2]}… ({len(value):,} characters)"
    return value


def _by_default(layout: Layout, body: Mapping[str, object]) -> Iterator[str]:
    """What decides the price, was not asked for, and is in the model's schema."""
    sizes = Sizes(layout)
    amounts = {"duration_seconds": 0, "count": 1}  # one picture goes without saying
    extents = {
        "size": sizes.pixels and sizes.pixels.field,
        "width": sizes.width,
        "height": sizes.height,
        "resolution": sizes.fineness and sizes.fineness.field,
    }
    unsaid = {
        argument: field.default
        for argument, trivial in amounts.items()
        if (field := layout.named(argument)) and field.name not in body and (number_in(field.default) or 0) > trivial
    }
    if not any(field and field.name in body for field in extents.values()):
        unsaid |= {name: field.default for name, field in extents.items() if field and extent_of(field.default).kind}
    if unsaid and not layout.schema.assumption:
        defaults = ", ".join(f"{argument} {named(default)}" for argument, default in unsaid.items())
        yield f"Quoted for what the model does by default: {defaults}."


def _listed(model: Model) -> str:
    """What the catalogue says of the price, as the end of a sentence; nothing where it could not be read."""
    if model.price:
        return f"; the catalogue lists {price(model)}"
    return "; the catalogue lists none either" if model.kinds else ""


def _about(quote: Quote, request: Request) -> Iterator[str]:
    if quote.list_price_usd and quote.list_price_usd > quote.price_usd:
        yield f"List price ${quote.list_price_usd:g}."
    if quote.is_estimate and quote.estimated_tokens:
        yield f"Billed by tokens, about {quote.estimated_tokens}; known after the job."
    if any(source and not is_url(source) for source in (request.video, request.audio)):
        yield "Quoted without the local files: a price that depends on their length is not known yet."


async def _asked(atlas: AtlasClient, body: Body, clock: Clock) -> tuple[Quote | None, AtlasCloudError]:
    """A quote, or why there is none."""
    with clock.move_on_after(QUOTE_S):
        try:
            fields = {name: stand_ins(value, body.uploads) for name, value in body.fields.items()}
            return await atlas.quote(fields), AtlasCloudError("")
        except AtlasCloudError as trouble:
            return None, trouble
    return None, ServiceError(f"no answer within {QUOTE_S:.0f} s")


def is_said(body: Mapping[str, object], wanted: str) -> bool:
    """Whether the body asks for this format."""
    return any(is_option(value, wanted) for value in body.values())


def estimate(model: Model, body: Body) -> float | None:
    """The catalogue's base price times what the body asks for; None where its unit, or how much of it, is not known."""
    listed = model.price
    if listed is None or listed.base is None:
        return None
    amounts = {
        "image": body.count,
        "generation": 1,
        "second": body.seconds,
        "minute": body.seconds / 60 if body.seconds else None,
        "1k_chars": body.characters / 1000 if body.characters else None,
    }
    amount = amounts.get(listed.unit or "")
    return round(listed.base * amount, 6) if amount else None
