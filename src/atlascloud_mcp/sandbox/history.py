"""The history of an account: every job, newest first. Chat calls are not in it."""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from atlascloud_mcp.sandbox.answers import refuse, say
from atlascloud_mcp.sandbox.jobs import FAILURES, SUCCESSES, Job

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.state import Sandbox

Predict = Callable[[Job, str], Awaitable[dict[str, object]]]

_Status = Literal["created", "processing", "completed", "failed", "timeout"]

_LARGEST_PAGE = 50
_WAITING = frozenset({"created", "queued", "pending"})


class _Query(BaseModel):
    """What may be asked. Source: the vendor's MCP server 1.7.0."""

    no: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1)] = 10
    sessionID: str = ""  # noqa: N815  the wire's name
    model: str = ""
    status: _Status | Literal[""] = ""


class History:
    """The history route over one sandbox. `predict` makes the prediction of a job with that status."""

    def __init__(self, sandbox: "Sandbox", predict: Predict) -> None:
        self._sandbox = sandbox
        self._predict = predict

    def routes(self) -> list[Route]:
        """Every route, with its method."""
        return [Route("/api/v1/model/history", self.list_jobs, methods=["GET"])]

    async def list_jobs(self, request: Request) -> Response:
        """One page of the jobs that the filters let pass."""
        try:
            query = _Query.model_validate(dict(request.query_params))
        except ValidationError as exc:
            return refuse(request.scope, 400, f"Invalid request parameters: {exc.errors()[0]['loc'][0]}")
        at, size = self._sandbox.clock(), min(query.size, _LARGEST_PAGE)
        found = [
            job
            for job in self._sandbox.jobs.values()
            if query.sessionID in ("", job.id)
            and query.model in ("", job.submission.model)
            and query.status in ("", _filed(job.status(at)))
            and at - job.started >= self._sandbox.history_delay_s
        ]
        # Turned round as a whole: of two jobs of the same moment the later one is the newer.
        newest = sorted(found, key=lambda job: job.created_at)[::-1]
        start = (query.no - 1) * size
        items = [await self._item(job, job.status(at)) for job in newest[start : start + size]]
        page: dict[str, object] = {"items": items, "pageNo": query.no, "pageSize": size, "total": len(found)}
        return say({"code": 200, "data": page})

    async def _item(self, job: Job, status: str) -> dict[str, object]:
        item: dict[str, object] = {
            "ID": job.id,
            "createdAt": int(job.created_at.timestamp()),
            "model": job.submission.model,
            "requestBody": json.dumps(job.body, ensure_ascii=False),
            "status": status,
        }
        if status.lower() in SUCCESSES | FAILURES:
            item["result"] = await self._predict(job, status)
        return item


def _filed(status: str) -> str:
    """The filter's word for a status."""
    word = status.lower()
    if word in get_args(_Status):
        return word
    if word in SUCCESSES:
        return "completed"
    if word in FAILURES:
        return "failed"
    return "created" if word in _WAITING else "processing"
