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
from atlascloud_mcp.atlas.protocols.question import Attachment, Question
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply
from atlascloud_mcp.atlas.untrusted import readable
from atlascloud_mcp.errors import InvalidRequest, ModelNotFound, ServiceError
from atlascloud_mcp.jobs.chatting.attaching import Source, attached, opened
from atlascloud_mcp.jobs.chatting.json_answers import checked, refuse_unusable
from atlascloud_mcp.jobs.chatting.keeping import Keeping, Written
from atlascloud_mcp.jobs.chatting.request import ChatRequest
from atlascloud_mcp.jobs.chatting.verdict import Asked, cost, known_usage, nothing_in_time, refuse_empty, shortfalls
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.companion import beside
from atlascloud_mcp.jobs.following import Following
from atlascloud_mcp.jobs.models.chat_models import ChatModel, ChatModels
from atlascloud_mcp.jobs.progress import Progress, Report
from atlascloud_mcp.jobs.result import JobResult, Output
from atlascloud_mcp.jobs.waiting import Patience

logger = logging.getLogger(__name__)

# Some say no more than that the request is bad.
_ABOUT_SAMPLING = re.compile(r"temperature|top_?[pk]|sampling|\"bad request\"|answered 400 while", re.IGNORECASE)
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
        _refuse_own(request, chosen)
        asked, reply = Asked(request, chosen.model, chosen.protocol), Reply()
        progress = Progress(self._clock, patience.started)
        with ExitStack() as files:
            sources = await opened(request.sources, files, open_media=folders.open_media, origin=self._atlas.origin)
            work = partial(self._answered, asked, sources, reply, patience, progress)
            try:
                cut_after_s = await beside(partial(progress.tell, report), work)
            except anyio.get_cancelled_exc_class():
                logger.warning("the call was cancelled: what %s had answered by then may be billed", chosen.model.id)
                raise
        written, notes = await self._told(asked, reply, cut_after_s)
        output, about_file = await self._keeping.kept(written, place, folders)
        result = _result(asked, reply, cut_after_s, output, (*chosen.notes, *notes, *about_file))
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
        with self._clock.move_on_after(patience.polling_ends - self._clock.monotonic()):
            attachments = await attached(sources, asked.protocol, self._atlas)
            question = _question(asked, attachments)
            progress.state, is_sent = "asking", True

            def on_piece() -> None:
                progress.state = f"answering, {reply.length:,} characters so far" if reply.length else "reasoning"

            await self._asked(asked, question, reply, on_piece)
            return None
        waited = self._clock.monotonic() - patience.started
        if not is_sent:
            raise ServiceError(
                f"Reading the files took longer than this call may take ({waited:.0f} s); nothing was asked.",
                next_step="Pass smaller files.",
            )
        if not reply.text.strip():
            raise nothing_in_time(asked, reply, waited)
        return waited

    async def _asked(self, asked: Asked, question: Question, reply: Reply, on_piece: Callable[[], None]) -> None:
        try:
            await self._atlas.chat.ask(asked.protocol, question, reply, on_piece=on_piece)
        except ModelNotFound as error:
            raise await self._models.nearest(error, asked.model.id, asked.request.media) from error
        except InvalidRequest as error:
            has_sampling = asked.request.temperature is not None or _SAMPLING.intersection(asked.request.params)
            if has_sampling and _ABOUT_SAMPLING.search(error.message):
                error.next_step = f"Leave temperature out: some models take none. {error.next_step}"
            raise

    async def _told(self, asked: Asked, reply: Reply, cut_after_s: float | None) -> tuple[Written, list[str]]:
        """The answer as it is to be kept, and what is to be noted about it.

        Raises:
            JobFailed: there is none.
        """
        if cut_after_s is None:
            refuse_empty(asked, reply)
        request, is_json, notes = asked.request, False, list[str]()
        text = await anyio.to_thread.run_sync(readable, reply.text)
        if request.wants_json:
            is_whole = cut_after_s is None and not reply.broken and reply.ending is not Ending.LIMIT
            found = await checked(text, request.schema, is_whole=is_whole)
            text, is_json = found.text, found.is_json
            notes += [found.trouble] if found.trouble else []
        usage = known_usage(reply)
        facts = {
            "model": asked.model.id,
            "prompt": request.prompt,
            "system": request.system,
            "usage": asdict(usage),
            "cost_usd": cost(asked.model, usage),
            "sandbox": reply.sandbox,
        }
        return Written(text, request.prompt, is_json, facts), notes


def _result(asked: Asked, reply: Reply, cut_after_s: float | None, output: Output, notes: tuple[str, ...]) -> JobResult:
    missing, what_now = shortfalls(asked, reply, cut_after_s=cut_after_s)
    usage = known_usage(reply)
    spent = cost(asked.model, usage)
    return JobResult(
        "incomplete" if cut_after_s is not None or reply.broken else "completed",
        model=asked.model.id,
        outputs=(output,),
        cost_usd=spent,
        cost_is_estimate=spent is not None,
        notes=(*missing, *notes),
        next=what_now,
        sandbox=reply.sandbox,
        usage=usage,
    )


def _refuse_own(request: ChatRequest, chosen: ChatModel) -> None:
    """Raise InvalidRequest when `params` would replace what the tool itself says."""
    own = sorted(chosen.protocol.own.intersection(request.params))
    if own:
        raise InvalidRequest(
            f"params may not set {', '.join(own)}.",
            next_step="Say it with prompt, model, images, video and audio; how an answer is read stays ours.",
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
