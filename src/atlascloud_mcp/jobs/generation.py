"""The one flow: from a request to a finished, delivered result.

`prepare` is free of consequences: model, body, checked inputs, a place for the result. `execute` does the rest.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.failures import Call, unanswered
from atlascloud_mcp.atlas.models import ENDPOINTS, Endpoint, Model
from atlascloud_mcp.atlas.wire import Prediction
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest, ModelNotFound, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.naming import WRITTEN
from atlascloud_mcp.jobs.following import Following, told
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.jobs.inputs import Inputs, open_inputs, with_urls
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.media.films import film_of
from atlascloud_mcp.jobs.media.pictures import size_of
from atlascloud_mcp.jobs.models.choosing import Choice, Choosing, need_of
from atlascloud_mcp.jobs.parameters.body import build_body, off_grid
from atlascloud_mcp.jobs.parameters.draft import Body, is_option
from atlascloud_mcp.jobs.parameters.own import media_in
from atlascloud_mcp.jobs.progress import Progress, Report
from atlascloud_mcp.jobs.quoting import quoted_result
from atlascloud_mcp.jobs.repeats import Repeats
from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.jobs.result import JobResult
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Destination
from atlascloud_mcp.storage.media import BY_EXTENSION
from atlascloud_mcp.storage.saving import ensure_writable

_MAKERS = {
    "video": "generate_video does.",
    "image": "generate_image makes pictures and meshes.",
    "model": "generate_image makes pictures and meshes.",
    "audio": "generate_audio makes speech and music.",
    "text": "transcribe_audio writes transcripts, generate_audio (kind lyrics) song lyrics, chat all other text.",
}
_MAKES: Mapping[str, frozenset[str]] = {
    "image": frozenset({"image", "model"}),
    "mesh": frozenset({"image", "model", "archive"}),
    "video": frozenset({"video"}),
    "audio": frozenset({"audio"}),
    "text": frozenset({"text"}),
}
"""The kinds of files that come of a job."""
_WRITTEN = frozenset({"text-to-lyrics", "speech-to-text"})
NEARLY_AS_ASKED = 0.05  # of a side: so much is cut or stretched without harm
JOINED = "joined the job started {age:.0f} s ago, nothing new was billed; for another one pass new=true"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that could be submitted as it stands. Nothing has been uploaded or spent for it."""

    request: Request
    choice: Choice
    body: Body
    inputs: Inputs
    place: Destination

    @property
    def model(self) -> str:
        """The model's id."""
        return self.choice.model.id

    @property
    def endpoint(self) -> Endpoint:
        """Where it is submitted; a model whose type is not known goes where the tool's models go."""
        return self.choice.model.endpoint or ENDPOINTS[self.request.type]

    @property
    def canonical(self) -> dict[str, object]:
        """The body in which local files are named by their bytes alone: what equal requests have in common."""
        return with_urls(self.body.fields, self.inputs.by_bytes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said about the model and the body."""
        return (*self.choice.notes, *self.body.notes)


class Generations:
    """Makes jobs."""

    def __init__(
        self, atlas: AtlasClient, choosing: Choosing, following: Following, *, clock: Clock, grace: Grace
    ) -> None:
        self._atlas = atlas
        self._choosing = choosing
        self._following = following
        self._repeats = Repeats(atlas, following.known, following.records)
        self._lost = following.lost
        self._clock = clock
        self._grace = grace

    @asynccontextmanager
    async def prepare(self, request: Request) -> AsyncGenerator[Prepared]:
        """Model, body and checked inputs; local files stay open until the end of the body.

        Raises:
            InvalidRequest: the request cannot be used; nothing was sent.
            DiskError: the folder for the result cannot be made or written.
            ServiceError: the model's name needs the catalogue, and that cannot be had.
        """
        _refuse_senseless(request)
        folders = self._following.folders
        place = await anyio.to_thread.run_sync(folders.destination, request.save_to)
        await anyio.to_thread.run_sync(ensure_writable, place)
        choice = await self._choosing.choose(request)
        _refuse_other_make(choice.model, request)
        _refuse_unmakable(choice, request)
        sources = (*request.sources, *media_in(choice.layout, request.params))
        async with open_inputs(
            sources,
            open_media=folders.open_media,
            sha256=self._following.uploading.sha256,
            origin=self._atlas.origin,
        ) as inputs:
            try:
                body = build_body(
                    choice.model.id,
                    choice.layout,
                    request,
                    addresses=inputs.addresses,
                    files=inputs.known_files,
                    pattern=await _pattern(request, inputs),
                )
            except InvalidRequest as error:
                raise choice.advised(error) from error.__cause__
            yield Prepared(request, choice, await _timed(body, request, inputs), inputs, place)

    async def quote(self, prepared: Prepared) -> JobResult:
        """What would be sent, and what it would cost. Nothing is uploaded or submitted."""
        result = await quoted_result(self._atlas, prepared.choice, prepared.request, prepared.body, clock=self._clock)
        return replace(result, notes=(*prepared.notes, *result.notes))

    async def execute(self, prepared: Prepared, patience: Patience, report: Report) -> JobResult:
        """Upload, submit, wait, save. A job that outlasts the wait is not an error: `running`.

        Raises:
            AtlasCloudError: refused, failed, or lost, in words that say what it cost.
        """
        usual = self._following.known.typical_seconds(prepared.model) or prepared.choice.model.typical_seconds
        progress = Progress(self._clock, patience.started, expected_s=usual)
        return await told(progress, report, partial(self._make, prepared, patience, progress))

    async def _make(self, prepared: Prepared, patience: Patience, progress: Progress) -> JobResult:
        progress.state = "uploading" if prepared.inputs.files else "submitting"
        key = await self._repeats.key(prepared.request.tool, prepared.model, prepared.canonical)
        while not prepared.request.new and (job := await self._repeats.joined(key, patience.caller)):
            if result := await self._join(job, prepared, patience, progress):
                return result
        job = self._begun(prepared, key, patience)
        try:
            with job.awaited(patience.caller):
                first = await self._started(job, prepared, patience, progress)
            # What `finish` writes last has to be true afterwards: that this call waits no more.
            return await self._following.finish(job, patience, progress, None, first=first)
        finally:
            if job.is_sent and not job.prediction_id:
                with anyio.CancelScope(shield=True):
                    await self._following.records.keep(job)

    async def _join(self, job: Job, prepared: Prepared, patience: Patience, progress: Progress) -> JobResult | None:
        """The result of a job that an equal call has started; None where that job turns out not to exist."""
        with job.awaited(patience.caller):
            with self._clock.move_on_after(patience.ends - self._clock.monotonic()):
                await job.submission.wait()
            if not job.submission.is_set():
                raise ServiceError(
                    "An equal call is still submitting this job; nothing was submitted for this one.",
                    next_step="Call again, or get_prediction without an id in a moment.",
                )
            if not await self._lost.exists(job, patience.polling_ends):
                return None
        _deliver_as(job, prepared)
        try:
            result = await self._following.finish(job, patience, progress, None)
        except AtlasCloudError as error:
            error.next_step = f"{error.next_step} An equal call had started this job; new=true starts another."
            raise
        age = patience.caller.arrived - (job.asked or patience.caller.arrived)
        return replace(result, joined=JOINED.format(age=age))

    async def _started(self, job: Job, prepared: Prepared, patience: Patience, progress: Progress) -> Prediction:
        """What the service says of the job that it was given."""
        try:
            job.body = await self._uploaded(prepared, patience)
            progress.state = "submitting"
            submit = partial(self._submit, job, prepared.endpoint, patience, progress)
            return await self._grace.carry(submit, cancelled=progress.give_up)
        except ModelNotFound as error:
            progress.submitting = None
            raise await self._choosing.nearest(error, prepared.model, need_of(prepared.request)) from error
        except InvalidRequest as error:
            error.next_step = off_grid(prepared.body) + error.next_step
            raise
        finally:
            job.submission.set()
            if not job.is_sent:
                self._following.known.forget(job)

    async def _uploaded(self, prepared: Prepared, patience: Patience) -> dict[str, object]:
        """The body with URLs where the local files were. No job is paid for that its caller no longer waits for."""
        with self._clock.move_on_after(patience.submitting_ends - self._clock.monotonic()):
            return with_urls(prepared.body.fields, await prepared.inputs.upload(self._following.uploading))
        raise ServiceError(
            f"Uploading took longer than this call may take ({patience.longest_s:.0f} s); no job was submitted.",
            next_step="Upload them one by one with upload_media, then pass the URLs.",
        )

    def _begun(self, prepared: Prepared, key: str, patience: Patience) -> Job:
        """A job that an equal call finds from now on, though it will be some time before it is submitted."""
        request, body = prepared.request, prepared.body
        job = Job(
            None,
            key=key,
            asked=patience.caller.arrived,
            model=prepared.model,
            prompt=request.prompt or "",
            of=request.of,
            asked_width=body.width,
            asked_height=body.height,
            asked_count=request.count,
            asked_seconds=request.duration_seconds,
            is_text=_is_text(prepared.choice.model, request),
            notes=prepared.notes,
        )
        _deliver_as(job, prepared)
        self._following.known.asked(job)
        return job

    async def _submit(self, job: Job, endpoint: Endpoint, patience: Patience, progress: Progress) -> Prediction:
        records = self._following.records
        job.submitted, job.submitted_at = self._clock.monotonic(), self._clock.now()
        progress.submitting = job.model
        job.is_sent = job.is_known_to_exist = True
        await records.keep(job)
        try:
            send = partial(self._accepted, endpoint, job.body)
            first = await self._lost.submitted(job, send, patience, progress)
        except AtlasCloudError as error:
            await self._following.uploading.forget_unreachable(error, job.body)
            if error.billing is not Billing.POSSIBLE:
                job.is_sent = False
                await records.drop(job)
            raise
        progress.prediction_id = job.prediction_id
        await records.keep(job)
        return first

    async def _accepted(self, endpoint: Endpoint, fields: Mapping[str, object], time_s: float) -> Prediction:
        """What the service says of a job that it was given.

        Raises:
            AtlasCloudError: refused, or not known to be accepted.
        """
        with self._clock.move_on_after(time_s):
            return await self._atlas.submit(endpoint, fields)
        raise unanswered(Call.SUBMIT, time_s)


def _deliver_as(job: Job, prepared: Prepared) -> None:
    """What is made of the job's outputs, and where, is as this call wants it."""
    request = prepared.request
    if request.save_to:  # whole: another process may stand elsewhere
        job.save_to = prepared.place.text
    if request.output_format != job.output_format:
        job.delivered = {}
    job.output_format = request.output_format
    job.trim_to = _trim_to(prepared.body)


def _trim_to(body: Body) -> tuple[int | None, int | None] | None:
    """The sides that the caller gave, where those that were sent are nearly the same; None where they are the same."""
    pairs = [(asked, sent) for asked, sent in zip(body.asked_sides, (body.width, body.height), strict=True) if asked]
    if all(asked == sent for asked, sent in pairs):
        return None
    is_near = all(sent and abs(asked / sent - 1) <= NEARLY_AS_ASKED for asked, sent in pairs)
    return body.asked_sides if is_near else None


async def _pattern(request: Request, inputs: Inputs) -> tuple[int, int] | None:
    """The sides of the local picture or clip to work from, where the size that was asked for leaves the shape open."""
    is_open = (request.width is None) != (request.height is None) or (request.resolution and not request.width)
    file = inputs.files.get(request.pattern or "") if is_open and not request.aspect_ratio else None
    if file is None:
        return None
    if file.media.kind == "image":
        return await size_of(file.path)
    film = await film_of(file.path, file.media)
    return (film.width, film.height) if film.width and film.height else None


async def _timed(body: Body, request: Request, inputs: Inputs) -> Body:
    """The body that knows how long the local recording is that is to be written down: it is paid by the minute."""
    file = inputs.files.get(request.audio or "") if request.kind == "transcript" else None
    return replace(body, seconds=(await film_of(file.path, file.media)).duration_seconds) if file else body


def _refuse_other_make(model: Model, request: Request) -> None:
    """A mesh is no picture, and a picture no mesh.

    Raises:
        InvalidRequest: the model makes the other one.
    """
    wanted = request.named_format
    named = BY_EXTENSION.get(f".{wanted}")
    if request.wants_mesh and model.kinds and not model.is_mesh:
        raise InvalidRequest(
            f"{model.id} makes pictures, no {wanted}.",
            next_step="Leave model out for the default 3D model, or find one with search_models (kind text-to-3d).",
        )
    if model.is_mesh and named and named.kind == "image":
        raise InvalidRequest(
            f"{model.id} makes 3D meshes, no {wanted}.", next_step="Ask for glb, or name a model that makes pictures."
        )


def _refuse_unmakable(choice: Choice, request: Request) -> None:
    """A file of another kind than the tool makes, or a picture in a format that none is turned into here.

    What the model lists among its formats, or `params` ask for, is taken to be possible.

    Raises:
        InvalidRequest: it would be paid for and not come.
    """
    wanted = request.named_format or ""
    media = BY_EXTENSION.get(f".{wanted}")
    options = [option for field in choice.layout.formats for option in (field.items or field).options]
    if media is None or any(is_option(said, wanted) for said in (*options, *request.params.values())):
        return
    makes = "mesh" if choice.model.is_mesh else "text" if _is_text(choice.model, request) else request.type
    if media.kind not in _MAKES[makes]:
        who = choice.model.id if request.type == "audio" else request.tool
        advice = _MAKERS.get(media.kind, "Leave the suffix out.")
        if makes == "text" and media.kind == "audio" and request.tool == "generate_audio":
            advice = "Lyrics are text: save them as .txt, or make the song with kind music."
        raise InvalidRequest(f"{who} makes no {wanted}.", next_step=advice)
    if request.type == "image" and media.kind == "image" and media not in WRITTEN:
        formats = ", ".join(each.extension[1:] for each in WRITTEN)
        raise InvalidRequest(
            f"{choice.model.id} is not known to make {wanted}, and no picture is turned into that here.",
            next_step=f"Choose one of {formats}; or a model that lists {wanted} among its formats (see get_model); "
            "or a folder as save_to, where the file gets the format that it comes in.",
        )


def _is_text(model: Model, request: Request) -> bool:
    """Whether what comes of it is words: lyrics, a transcript."""
    return request.kind in {"lyrics", "transcript"} or bool(_WRITTEN & {*model.kinds})


def _refuse_senseless(request: Request) -> None:
    """What no model can do, and what could mean several things that cost money.

    Raises:
        InvalidRequest: there is nothing to work from, a mask without its picture, or sound of no known kind.
    """
    if request.type == "audio" and not (request.model or request.wanted_kind or request.video):
        raise InvalidRequest(
            "It is not said what to make of the prompt.",
            next_step="Pass kind: speech (the prompt is spoken), music (it describes the music) or lyrics (it says "
            "what the song is about); or name a model.",
        )
    prompt = request.prompt.strip() if request.prompt is not None else None
    if not prompt and (request.prompt is not None or not (request.sources or request.params or request.lyrics)):
        what = "Say what to show. A model that takes no words needs its images, video or audio."
        what = "Say what to speak, or what it should sound like." if request.type == "audio" else what
        raise InvalidRequest("prompt is empty.", next_step=what)
    if request.mask and not (request.images or request.params):
        raise InvalidRequest("mask is given without images.", next_step="Pass the picture to edit in `images`.")
