"""The knobs over HTTP, for tests that run in another process: everything below /sandbox/."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from atlascloud_mcp.sandbox.answers import refuse, say
from atlascloud_mcp.sandbox.catalogue import CatalogueShape
from atlascloud_mcp.sandbox.chat.routes import GeminiPaths
from atlascloud_mcp.sandbox.faults import Drop, Endpoint, Fault
from atlascloud_mcp.sandbox.shapes import PredictionShape, SubmitShape, UploadShape

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.state import Sandbox


class _PlannedFault(BaseModel):
    """One fault to plan: the fields of `Fault` and of `FaultPlan.add` side by side."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Endpoint
    times: Annotated[int | None, Field(ge=1)] = 1
    after: Annotated[int, Field(ge=0)] = 0
    status: Annotated[int | None, Field(ge=100, le=599)] = None
    headers: dict[str, str] = {}
    body: JsonValue = None
    delay_s: Annotated[float, Field(ge=0)] = 0.0
    drip_s: Annotated[float, Field(ge=0)] = 0.0
    drop: Drop | None = None
    accept: bool = False

    def fault(self) -> Fault:
        """The fault alone."""
        return Fault(
            status=self.status,
            headers=self.headers,
            body=self.body,
            delay_s=self.delay_s,
            drip_s=self.drip_s,
            drop=self.drop,
            accept=self.accept,
        )


class _Settings(BaseModel):
    """The knobs that can be turned; those that are not named stay."""

    model_config = ConfigDict(extra="forbid")

    job_seconds: Annotated[float, Field(ge=0)] | None = None
    sync_limit_s: Annotated[float, Field(ge=0)] | None = None
    price_per_image: Annotated[Decimal, Field(ge=0)] | None = None
    balance_usd: float | None = None
    submit_shape: SubmitShape | None = None
    prediction_shape: PredictionShape | None = None
    upload_shape: UploadShape | None = None
    catalogue_shape: CatalogueShape | None = None
    strict: bool | None = None
    statuses: Annotated[list[str], Field(min_length=1)] | None = None
    chat_seconds: Annotated[float, Field(ge=0)] | None = None
    gemini_paths: GeminiPaths | None = None
    balance_permission: bool | None = None
    history_delay_s: Annotated[float, Field(ge=0)] | None = None
    base_url: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None


class _Planted(BaseModel):
    """One job of the past: the arguments of `Sandbox.plant`."""

    model_config = ConfigDict(extra="forbid")

    model: str
    at: AwareDatetime
    price: Annotated[Decimal, Field(ge=0)]
    prompt: str = ""
    status: Annotated[str, Field(min_length=1)] = "completed"


_PLANTED = TypeAdapter(list[_Planted])


class Controls:
    """The control routes over one sandbox. They need no key and meet no faults."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """Every route, with its method."""
        return [
            Route("/sandbox/state", self.state, methods=["GET"]),
            Route("/sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/sandbox/settings", self.change, methods=["POST"]),
            Route("/sandbox/history", self.plant, methods=["POST"]),
            Route("/sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def state(self, _: Request) -> Response:
        """What has happened so far, in numbers and ids; money in USD as text."""
        sandbox = self._sandbox
        return say(
            {
                "submits": [
                    {"id": submit.id, "body": submit.body, "at": submit.at.isoformat()} for submit in sandbox.submits
                ],
                "uploads": [
                    {
                        "id": upload.id,
                        "file_name": upload.file_name,
                        "content_type": upload.content_type,
                        "size": upload.size,
                        "sha256": upload.sha256,
                    }
                    for upload in sandbox.uploads
                ],
                "calls": [
                    {
                        "model": call.model,
                        "usd": f"{call.usd:f}",
                        "input_tokens": call.input_tokens,
                        "output_tokens": call.output_tokens,
                        "at": call.at.isoformat(),
                    }
                    for call in sandbox.calls
                ],
                "billed_usd": f"{sandbox.billed_usd:f}",
                "balance_usd": f"{sandbox.balance_usd:f}",
                "counts": dict(sandbox.counts),
            }
        )

    async def add_fault(self, request: Request) -> Response:
        """The fault in the body is planned."""
        try:
            planned = _PlannedFault.model_validate_json(await request.body())
        except ValidationError as exc:
            return refuse(request.scope, 400, str(exc))
        self._sandbox.faults.add(planned.endpoint, planned.fault(), times=planned.times, after=planned.after)
        return say({"code": 200})

    async def change(self, request: Request) -> Response:
        """The knobs named in the body are turned; a bad one turns none."""
        try:
            wanted = _Settings.model_validate_json(await request.body())
        except ValidationError as exc:
            return refuse(request.scope, 400, str(exc))
        if wanted.statuses is not None:
            self._sandbox.script_statuses(wanted.statuses)
        for name, value in wanted.model_dump(mode="json", exclude_none=True, exclude={"statuses"}).items():
            setattr(self._sandbox, name, value)
        return say({"code": 200})

    async def plant(self, request: Request) -> Response:
        """The jobs in the body, a list, are in the past; a bad one stops those after it. Answers their ids."""
        try:
            wanted = _PLANTED.validate_json(await request.body())
            ids = [
                self._sandbox.plant(each.model, each.at, each.price, prompt=each.prompt, status=each.status)
                for each in wanted
            ]
        except ValueError as exc:
            return refuse(request.scope, 400, str(exc))
        return say({"code": 200, "ids": ids})

    async def reset(self, _: Request) -> Response:
        """The sandbox is as new."""
        self._sandbox.reset()
        return say({"code": 200})
