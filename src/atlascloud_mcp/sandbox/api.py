"""The endpoints of Atlas Cloud that the sandbox has."""

from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from atlascloud_mcp.sandbox.answers import refuse, say
from atlascloud_mcp.sandbox.catalogue import Page, listing, schema_page
from atlascloud_mcp.sandbox.gallery import MEDIA_TYPES, Gallery, size_like
from atlascloud_mcp.sandbox.history import History
from atlascloud_mcp.sandbox.jobs import FAILURES, SUCCESSES, Job
from atlascloud_mcp.sandbox.pricing import quote_of
from atlascloud_mcp.sandbox.shapes import Answer, Payload, prediction_answer, submit_answer, upload_answer
from atlascloud_mcp.sandbox.submission import parse_body, read_submission
from atlascloud_mcp.sandbox.wish import Refused

if TYPE_CHECKING:
    from datetime import datetime

    from atlascloud_mcp.sandbox.state import Sandbox

FAILURE_REASON = "task processing failed (code: generation_failed)"

_SYNC_STEP_S = 0.05


class Api:
    """The media routes over one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._gallery = Gallery(sandbox)

    def routes(self) -> list[Route]:
        """Every route, with its method."""
        media = "/api/v1/model"
        return [
            Route("/api/v1/models", self.list_models, methods=["GET"]),
            Route("/model/schema/{name}.json", self.schema, methods=["GET"]),
            Route(f"{media}/generateImage", self.submit, methods=["POST"]),
            Route(f"{media}/generateVideo", self.submit, methods=["POST"]),
            Route(f"{media}/generateAudio", self.submit, methods=["POST"]),
            Route(f"{media}/calculate", self.quote, methods=["POST"]),
            Route(f"{media}/prediction/{{job_id}}", self.poll, methods=["GET"]),
            Route(f"{media}/result/{{job_id}}", self.poll, methods=["GET"]),
            Route(f"{media}/uploadMedia", self.upload, methods=["POST"]),
            *History(self._sandbox, self._prediction).routes(),
            Route("/outputs/{name}", self.output, methods=["GET"]),
            Route("/uploads/{upload_id}/{name}", self.uploaded, methods=["GET"]),
        ]

    async def list_models(self, request: Request) -> Response:
        """The catalogue, the internal models included, in the shape that is set."""
        sandbox = self._sandbox
        return _paged(request, listing(sandbox.base_url, sandbox.catalogue_shape, sandbox.catalogue_size))

    async def schema(self, request: Request) -> Response:
        """A model's schema document."""
        page = schema_page(self._sandbox.base_url, request.path_params["name"])
        return refuse(request.scope, 404, "schema not found") if page is None else _paged(request, page)

    async def quote(self, request: Request) -> Response:
        """What the same body would cost as a submit; nothing else happens."""
        try:
            body = parse_body(await request.body(), request.headers.get("content-type", ""))
            submission = await self._gallery.listened(read_submission(body, strict=self._sandbox.strict))
        except Refused as exc:
            return refuse(request.scope, exc.status, str(exc))
        return say({"code": 200, "data": quote_of(submission, self._sandbox.price_per_image)})

    async def submit(self, request: Request) -> Response:
        """A job exists and its price is reserved, or the body was refused and nothing happened."""
        try:
            body = parse_body(await request.body(), request.headers.get("content-type", ""))
            endpoint = request.url.path.rpartition("/")[2]
            submission = read_submission(body, strict=self._sandbox.strict, endpoint=endpoint)
            submission, sources = await self._gallery.inputs(submission)
            size = submission.size or await size_like(sources[0], submission)
            job = self._sandbox.accept(submission, body, size=size, sources=sources)
            job.api_key_id = request.state.api_key_id
        except Refused as exc:
            return refuse(request.scope, exc.status, str(exc))
        status = "created"
        if submission.wait_for_result:
            status = await self._wait_for(job)
            if status not in SUCCESSES | FAILURES:
                return refuse(request.scope, 504, "sync wait exceeded; poll the prediction")
        return _answered(submit_answer(self._sandbox.submit_shape, await self._prediction(job, status)))

    async def poll(self, request: Request) -> Response:
        """The prediction as it is now, in the shape that is set."""
        job = self._sandbox.jobs.get(request.path_params["job_id"])
        if job is None:
            return refuse(request.scope, 404, "prediction not found")
        status = job.poll(self._sandbox.clock())
        return _answered(prediction_answer(self._sandbox.prediction_shape, await self._prediction(job, status)))

    async def upload(self, request: Request) -> Response:
        """The part `file` lies on the shelf; it was never whole in memory."""
        async with request.form(max_files=1) as form:
            part = form.get("file")
            if not isinstance(part, UploadFile):
                return refuse(request.scope, 400, "multipart part 'file' is required")
            name, kind = part.filename or "file", part.content_type or "application/octet-stream"
            upload = await to_thread.run_sync(
                lambda: self._sandbox.shelf.keep(part.file, file_name=name, content_type=kind)
            )
        self._sandbox.uploads.append(upload)
        url = f"{self._sandbox.base_url}{upload.url_path}"
        return _answered(upload_answer(self._sandbox.upload_shape, upload, url))

    async def output(self, request: Request) -> Response:
        """The output's file, made now if nobody has asked for it before."""
        found = self._gallery.find(request.path_params["name"])
        if found is None:
            return refuse(request.scope, 404, "output not found")
        job, number = found
        path = await self._gallery.file(job, number)
        return FileResponse(path, media_type=MEDIA_TYPES[job.submission.files[number]])

    async def uploaded(self, request: Request) -> Response:
        """An uploaded file, as it came."""
        upload = self._sandbox.upload(request.path_params["upload_id"])
        if upload is None or upload.file_name != request.path_params["name"]:
            return refuse(request.scope, 404, "upload not found")
        return FileResponse(upload.path, media_type=upload.content_type)

    async def _wait_for(self, job: Job) -> str:
        """The job's status when it has ended, or after the time a sync call may take."""
        clock, sandbox = self._sandbox.clock, self._sandbox
        deadline = clock() + sandbox.sync_limit_s
        while (status := job.poll(clock())) not in SUCCESSES | FAILURES and clock() < deadline:
            await sandbox.sleep(_SYNC_STEP_S)
        return status

    async def _prediction(self, job: Job, status: str) -> Payload:
        ended = status.lower() in SUCCESSES | FAILURES
        succeeded = status.lower() in SUCCESSES
        blocked = succeeded and job.fate == "blocked"
        as_data = job.submission.as_base64 or self._sandbox.prediction_shape == "data_uri"
        told: Payload = {"outputs": None}
        if succeeded and not blocked:
            told = await self._gallery.told(job, as_data=as_data)
        seconds = job.seconds if ended else 0.0
        data: Payload = {
            "id": job.id,
            "model": job.submission.model,
            "status": status,
            **told,
            "error": FAILURE_REASON if status.lower() in FAILURES else None,
            "urls": {"get": f"{self._sandbox.base_url}/api/v1/model/prediction/{job.id}"},
            "created_at": _rfc3339(job.created_at),
            "executionTime": round(seconds * 1000),
            "timings": {"inference": round(seconds * 1000)},
            "seed": job.seed,
            "has_nsfw_contents": None,
        }
        if ended:
            data["completed_at"] = _rfc3339(job.completed_at)
            data["metrics"] = {"predict_time": seconds}
        if succeeded:
            data["price"] = f"{job.price:f}"
            data["has_nsfw_contents"] = [blocked] * (1 if blocked else len(job.submission.suffixes) or 1)
        return data


def _paged(request: Request, page: Page) -> Response:
    """The page, or 304 for somebody who has it."""
    headers = {"ETag": page.etag, "Cache-Control": "public, max-age=0, must-revalidate"}
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if page.etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type="application/json")


def _answered(answer: Answer) -> Response:
    return say(answer.payload, status=answer.status)


def _rfc3339(moment: "datetime") -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
