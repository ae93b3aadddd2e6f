"""What a tool answers: the same facts as text and as structured content, and previews beside them.

Hosts differ in what reaches the model: Claude Code shows it the structured content in place of the text, Codex
the structured content alone, opencode the text alone. So each carries everything, and neither carries base64.
"""

import base64
import json
from collections.abc import Sequence
from typing import NotRequired, TypeAlias

from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent
from typing_extensions import TypedDict

from atlascloud_mcp.jobs.models.describing import usd
from atlascloud_mcp.jobs.result import MAX_PREVIEWS, AnswerStatus, JobResult, JobStatus, Output, UploadedFile
from atlascloud_mcp.tools.bounds import fits, reduced, shortened

UPLOAD_NEXT = "Pass this URL in {place}. It is temporary and only for generating; do not publish it."
PLACES = {"image": "`images`", "video": "`video`", "audio": "`audio`"}
OTHER_PLACE = "`params` under the model's own field"

Fields: TypeAlias = dict[str, object]


class OutputFields(TypedDict):
    """One output. Sizes are in pixels and bytes."""

    url: NotRequired[str]
    path: NotRequired[str]
    mime_type: NotRequired[str]
    bytes: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    duration_seconds: NotRequired[float]
    text: NotRequired[str]
    not_saved: NotRequired[str]


class JobFields(TypedDict):
    """One job's answer."""

    status: JobStatus
    prediction_id: NotRequired[str]
    model: NotRequired[str]
    outputs: NotRequired[list[OutputFields]]
    cost_usd: NotRequired[float]
    cost_is_estimate: NotRequired[bool]
    elapsed_seconds: NotRequired[float]
    seed: NotRequired[int]
    request: NotRequired[dict[str, object]]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]


class UsageFields(TypedDict):
    """Tokens; the output's include the reasoning's."""

    input_tokens: NotRequired[int]
    output_tokens: NotRequired[int]
    reasoning_tokens: NotRequired[int]


class ChatFields(TypedDict):
    """A language model's answer: `outputs[0].text`, of which the rest is lost where it is `incomplete`."""

    status: AnswerStatus
    model: str
    outputs: list[OutputFields]
    cost_usd: NotRequired[float]
    cost_is_estimate: NotRequired[bool]
    elapsed_seconds: NotRequired[float]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]
    usage: NotRequired[UsageFields]


class PredictionFields(JobFields):
    """One job's answer, or those of several."""

    predictions: NotRequired[list[JobFields]]


class UploadFields(TypedDict):
    """An uploaded file."""

    url: str
    file_name: str
    mime_type: str
    bytes: int
    temporary: bool
    next: str
    sandbox: NotRequired[bool]


def job_answer(result: JobResult) -> CallToolResult:
    """One job's answer, with previews of its first pictures."""
    return answer(job_text(result), job_fields(result), [result])


def jobs_answer(results: Sequence[JobResult]) -> CallToolResult:
    """The answer about several jobs: each whole, and the status that all of them have, else the worst."""
    by_urgency = ("running", "unknown", "failed", "cancelled", "quoted", "completed")
    status = min((result.status for result in results), key=by_urgency.index)
    fields: Fields = {"status": status, "predictions": [job_fields(result) for result in results]}
    return answer("\n\n".join(job_text(result) for result in results), fields, results)


def upload_answer(uploaded: UploadedFile) -> CallToolResult:
    """The answer about an uploaded file."""
    fields = present(
        url=uploaded.url,
        file_name=uploaded.file_name,
        mime_type=uploaded.mime_type,
        bytes=uploaded.bytes,
        temporary=True,
        next=UPLOAD_NEXT.format(place=PLACES.get(uploaded.mime_type.partition("/")[0], OTHER_PLACE)),
        sandbox=uploaded.sandbox or None,
    )
    lines = [f"{name}: {_word(value)}" for name, value in fields.items()]
    return answer("\n".join(lines), fields)


def job_fields(result: JobResult) -> Fields:
    """The structured form: what is not known is absent, never null."""
    return present(
        status=result.status,
        prediction_id=result.prediction_id,
        model=result.model,
        outputs=[_output_fields(output) for output in result.outputs],
        cost_usd=result.cost_usd,
        cost_is_estimate=result.cost_is_estimate or None,
        elapsed_seconds=_rounded(result.elapsed_seconds),
        seed=result.seed,
        request=result.request,
        usage=_usage(result) or None,
        notes=[*filter(None, [result.joined]), *result.notes],
        next=result.next,
        sandbox=result.sandbox or None,
    )


def job_text(result: JobResult) -> str:
    """The same facts as lines."""
    facts = [
        result.model,
        f"{_rounded(result.elapsed_seconds)} s" if result.elapsed_seconds is not None else None,
        _price(result),
        f"seed {result.seed}" if result.seed is not None else None,
        f"prediction_id {result.prediction_id}" if result.prediction_id else None,
    ]
    lines = [*filter(None, [result.joined]), f"{result.status}: " + ", ".join(fact for fact in facts if fact)]
    for output in result.outputs:
        lines += _output_lines(output)
    if usage := _usage(result):
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in usage.items())
        lines.append("; ".join(filter(None, (f"usage: {counts}", result.unpriced))))
    if result.request is not None:
        lines.append("request: " + json.dumps(result.request, ensure_ascii=False))
    lines += [f"note: {note}" for note in result.notes]
    if result.sandbox:
        lines.append("sandbox: true (a local simulator made this; no model was run and nothing was billed)")
    if result.next:
        lines.append(f"next: {result.next}")
    return "\n".join(lines)


def _output_fields(output: Output) -> Fields:
    return present(
        url=output.url,
        path=str(output.path) if output.path else None,
        mime_type=output.mime_type,
        bytes=output.bytes,
        width=output.width,
        height=output.height,
        duration_seconds=_rounded(output.duration_seconds),
        text=output.text,
        not_saved=output.not_saved,
    )


def _output_lines(output: Output) -> list[str]:
    kind = [
        output.mime_type,
        f"{output.width}x{output.height}" if output.width else None,
        f"{_rounded(output.duration_seconds)} s" if output.duration_seconds is not None else None,
        f"{output.bytes} bytes" if output.bytes is not None else None,
    ]
    described = ", ".join(word for word in kind if word)
    lines: list[str] = []
    if output.path:
        lines.append(f"saved: {output.path} ({described})")
    if output.not_saved:
        lines.append(f"not saved: {output.not_saved}")
    if output.url:
        lines.append(f"url: {output.url}")
    if output.text:
        lines.append(f"text: {json.dumps(output.text, ensure_ascii=False)}")
    return lines


def answer(text: str, fields: Fields, results: Sequence[JobResult] = ()) -> CallToolResult:
    """The two forms of one answer, cut where they are too long, and previews from these results."""
    if not fits(text):
        text, fields = shortened(text), reduced(fields)
    previews = [preview for result in results for preview in result.previews][:MAX_PREVIEWS]
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    content += [
        ImageContent(type="image", data=base64.b64encode(preview.data).decode("ascii"), mime_type=preview.mime_type)
        for preview in previews
    ]
    return CallToolResult(content=content, structured_content=fields)


def present(**fields: object) -> Fields:
    """The fields that hold something; zero and false count as something."""
    return {name: value for name, value in fields.items() if value not in (None, [], "")}


def _usage(result: JobResult) -> Fields:
    used = result.usage
    if used is None:
        return {}
    return present(input_tokens=used.input, output_tokens=used.output, reasoning_tokens=used.reasoning)


def _price(result: JobResult) -> str | None:
    if result.cost_usd is None:
        return None
    return f"{usd(result.cost_usd)}{' (an estimate)' if result.cost_is_estimate else ''}"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _word(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
