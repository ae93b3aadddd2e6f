"""What a prepared request would cost, asked without making it."""

from collections.abc import Iterator, Mapping

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.models import Model
from atlascloud_mcp.atlas.quotes import Quote
from atlascloud_mcp.errors import AtlasCloudError, InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.models.describing import price
from atlascloud_mcp.jobs.parameters.draft import Body, is_option, stand_ins
from atlascloud_mcp.jobs.request import Request, is_url
from atlascloud_mcp.jobs.result import JobResult

PICTURE_FORMATS = frozenset({"png", "jpg", "webp"})
QUOTE_S = 6.0
DRY_RUN = "Dry run: nothing was uploaded, submitted or billed."


async def quoted_result(atlas: AtlasClient, model: Model, request: Request, body: Body, *, clock: Clock) -> JobResult:
    """The body, and its price: Atlas Cloud's own quote, else the catalogue's as an estimate, else why there is none."""
    notes: list[str] = []
    step = "Call again without dry_run to make it."
    quote, trouble = await _asked(atlas, body, clock)
    if quote:
        cost, is_estimate = quote.price_usd, quote.is_estimate
        notes += _about(quote, request)
    else:
        cost, is_estimate = estimate(model, body), True
        basis = f"the catalogue lists {price(model)}" if model.price else "the catalogue lists none either"
        notes.append(f"Atlas Cloud gave no quote ({trouble.message.rstrip('.')}); {basis}.")
        if isinstance(trouble, InvalidRequest):
            step = "Change the request first: Atlas Cloud would probably refuse it as it is."
    if request.output_format in PICTURE_FORMATS and not is_said(body.fields, request.output_format):
        notes.append(f"{request.output_format} is not a setting of this model: its file will be converted here.")
    return JobResult(
        status="quoted",
        model=model.id,
        request=dict(body.fields),
        cost_usd=cost,
        cost_is_estimate=is_estimate and cost is not None,
        notes=(*notes, DRY_RUN),
        next=step,
    )


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
    amounts = {"image": body.count, "generation": 1, "second": body.seconds}
    amount = amounts.get(listed.unit or "")
    return round(listed.base * amount, 6) if amount else None
