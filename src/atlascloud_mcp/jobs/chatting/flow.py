"""From a question to an answer: model, media, the asking itself, what became of it, and the file."""

import logging
import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import partial

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.question import ABOUT_JSON, Attachment, Question
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply
from atlascloud_mcp.atlas.untrusted import readable
from atlascloud_mcp.errors import InvalidRequest, ModelNotFound, ServiceError
from atlascloud_mcp.jobs.chatting.attaching import Source, attached, opened
from atlascloud_mcp.jobs.chatting.json_answers import Checked, checked, refuse_unusable
from atlascloud_mcp.jobs.chatting.keeping import Keeping, Written
from atlascloud_mcp.jobs.chatting.request import ChatRequest
from atlascloud_mcp.jobs.chatting.verdict import (
    Asked,
    cost,
    is_incomplete,
    known_usage,
    left_out,
    nothing_in_time,
    refuse_empty,
    shortfalls,
    unpriced,
)
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.companion import beside
from atlascloud_mcp.jobs.following import Following
from atlascloud_mcp.jobs.models.chat_models import ChatModels
from atlascloud_mcp.jobs.progress import Progress, Report
from atlascloud_mcp.jobs.result import JobResult
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Destination

logger = logging.getLogger(__name__)

# Some say nothing, or no more than that the request is bad.
_ABOUT_SAMPLING = re.compile(r"temperature|top_?[pk]|sampling|^(bad request)?$", re.IGNORECASE)
_SAMPLING = frozenset({"temperature", "top_p", "top_k", "topP", "topK"})


class Chats:
    """Asks language models: one question, one answer, nothing remembered."""

    def __init__(
        self, atlas: AtlasClient, models: ChatModels, following: Following, *, clock: Clock, sidecar: bool
    ) -> None:
        self._atlas = atlas
        self._models = models
        self._following = following
        self._clock = clock
        self._keeping = Keeping(clock, sidecar=sidecar)

    async def ask(self, request: ChatRequest, patience: Patience, report: Report) -> JobResult:
        """The answer, or what has come of it when the wait is over. Local files go inside the request.

        Raises:
            AtlasCloudError: not asked, refused, or nothing came, in words that say what it cost.
        """
        if not request.prompt.strip():
            raise InvalidRequest("prompt is empty.", next_step="Say what to ask.")
        if request.schema:
            await anyio.to_thread.run_sync(refuse_unusable, request.schema)
        folders = self._following.folders
        place = await self._keeping.place(folders, request.save_to)
        chosen = await self._models.choose(request.model, request.media)
        _refuse_own(request, chosen.protocol)
        asked, reply = Asked(request, chosen.model, chosen.protocol, chosen.notes), Reply()
        progress = Progress(self._clock, patience.started)
        with ExitStack() as files:
            sources = await opened(request.sources, files, open_media=folders.open_media, origin=self._atlas.origin)
            work = partial(self._answered, asked, sources, reply, patience, progress)
            cut_after_s = await beside(partial(progress.tell, report), work)
        result = await self._result(asked, reply, cut_after_s, place)
        return replace(result, elapsed_seconds=self._clock.monotonic() - patience.started)

    async def _answered(
        self, asked: Asked, sources: Sequence[Source], reply: Reply, patience: Patience, progress: Progress
    ) -> float | None:
        """`reply` holds the answer; the seconds after which it was cut, where the wait ended first.

        Raises:
            AtlasCloudError: not asked, refused, or nothing came.
        """
        is_sent = False
        progress.state = "reading files" if sources else "asking"

        def on_piece() -> None:
            progress.state = f"answering, {reply.length:,} characters so far" if reply.length else "reasoning"

        try:
            with self._clock.move_on_after(patience.answering_ends - self._clock.monotonic()):
                attachments = await attached(sources, asked.protocol, self._atlas, self._following.uploading)
                progress.state, is_sent = "asking", True
                await self._asked(asked, _question(asked, attachments), reply, on_piece)
                return None
        except anyio.get_cancelled_exc_class():
            if is_sent:
                logger.warning("the call was cancelled: what %s had answered by then may be billed", asked.model.id)
            raise
        waited = self._clock.monotonic() - patience.started
        if not is_sent:
            raise ServiceError(
                f"Reading the files took longer than this call may take ({waited:.0f} s); nothing was asked.",
                next_step="Pass smaller files.",
            )
        if reply.has_ended:
            return None
        if not reply.has_text:
            raise nothing_in_time(asked, reply, waited)
        return waited

    async def _asked(self, asked: Asked, question: Question, reply: Reply, on_piece: Callable[[], None]) -> None:
        try:
            await self._atlas.chat.ask(asked.protocol, question, reply, on_piece=on_piece)
        except ModelNotFound as error:
            raise await self._models.nearest(error, asked.model.id, asked.request.media) from error
        except InvalidRequest as error:
            urls = [each.url for each in question.attachments if each.url]
            await self._following.uploading.forget_unreachable(error, {"attachments": urls})
            has_sampling = asked.request.temperature is not None or _SAMPLING.intersection(asked.request.params)
            if has_sampling and error.reason is not None and _ABOUT_SAMPLING.search(error.reason.strip(" .")):
                error.next_step = f"Leave temperature out: some models take none. {error.next_step}"
            if asked.request.wants_json and error.reason and ABOUT_JSON.search(error.reason):
                error.next_step = f"Leave json_output out, and say in the prompt what is wanted. {error.next_step}"
            raise

    async def _result(
        self, asked: Asked, reply: Reply, cut_after_s: float | None, place: Destination | None
    ) -> JobResult:
        """The answer as it is told, and kept where it is to be.

        Raises:
            JobFailed: there is none.
        """
        if cut_after_s is None:
            refuse_empty(asked, reply)
        missing, what_now = shortfalls(asked, reply, cut_after_s=cut_after_s)
        usage = known_usage(reply)
        spent = cost(asked.model, usage)
        is_stopped = is_incomplete(reply, cut_after_s)
        found = await _checked(asked.request, reply, is_whole=not is_stopped and reply.ending is not Ending.LIMIT)
        facts = {
            "model": asked.model.id,
            "prompt": asked.request.prompt,
            "system": asked.request.system,
            "usage": asdict(usage),
            "cost_usd": spent,
            "sandbox": reply.sandbox,
        }
        written = Written(found.text, asked.request.prompt, found.is_json, facts)
        output, about_file = await self._keeping.kept(written, place, self._following.folders)
        return JobResult(
            "incomplete" if is_stopped else "completed",
            model=asked.model.id,
            outputs=(output,),
            cost_usd=spent,
            cost_is_estimate=spent is not None,
            notes=tuple(filter(None, (*missing, left_out(reply), *asked.notes, found.trouble, *about_file))),
            next=what_now,
            sandbox=reply.sandbox,
            usage=usage,
            unpriced=unpriced(asked.model, spent),
        )


async def _checked(request: ChatRequest, reply: Reply, *, is_whole: bool) -> Checked:
    text = await anyio.to_thread.run_sync(readable, reply.text)
    if not request.wants_json:
        return Checked(text, is_json=False)
    return await checked(text, request.schema, is_whole=is_whole)


def _refuse_own(request: ChatRequest, protocol: ChatProtocol) -> None:
    """Raise InvalidRequest when `params` would replace what the tool itself says."""
    if own := protocol.own_in(request.params):
        raise InvalidRequest(
            f"params may not set {', '.join(own)}.",
            next_step="Say it with prompt, model, images, video and audio; a call has one answer, read in our own way.",
        )


def _question(asked: Asked, attachments: tuple[Attachment, ...]) -> Question:
    request = asked.request
    return Question(
        model=asked.model.id,
        prompt=request.prompt,
        system=request.system,
        attachments=attachments,
        wants_json=request.wants_json,
        schema=request.schema,
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        params=request.params,
        longest_answer=asked.model.max_output_tokens,
    )
