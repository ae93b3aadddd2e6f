"""What the caller would not expect of a finished job: too few files, flagged ones, another size or length."""

from collections.abc import Sequence

from atlascloud_mcp.atlas.wire import Prediction
from atlascloud_mcp.jobs.delivering.parts import MAX_OUTPUTS
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.result import Output

SAME_SECONDS = 0.5  # a clip ends with a whole frame, and sound with a whole packet


def surprises(job: Job, found: Prediction, outputs: Sequence[Output]) -> list[str]:
    """A sentence for each thing that is not as asked."""
    shown, others = _what_was_asked_for(outputs)
    asked, came = job.asked_count, sum(output.text is None for output in outputs) - others
    notes: list[str] = []
    if not came and job.submitted is not None and not job.is_text:
        notes.append("Only text came, no file that was asked for.")
    elif asked and came < asked:
        notes.append(f"{asked} were asked for, {came} came; a safety filter may have kept the others.")
    if len(found.outputs) > MAX_OUTPUTS:
        notes.append(f"The answer lists {len(found.outputs)} outputs; only the first {MAX_OUTPUTS} were taken.")
    flagged = [str(number) for number, flag in enumerate(found.nsfw[: len(outputs)], start=1) if flag]
    if flagged:
        notes.append(f"Flagged as not safe for work: output {', '.join(flagged)}.")
    width, height = job.asked_width, job.asked_height
    sizes = dict.fromkeys((output.width, output.height) for output in shown if output.width)
    notes += [
        f"Asked for {width or 'any'}x{height or 'any'} pixels, the model made {made[0]}x{made[1]}."
        for made in sizes
        if not _is_trimmed(job, made) and ((width or made[0]) != made[0] or (height or made[1]) != made[1])
    ]
    return notes + _other_lengths(job.asked_seconds, outputs)


def _is_trimmed(job: Job, made: tuple[int | None, int | None]) -> bool:
    trim_to = job.trim_to
    return trim_to is not None and (trim_to[0] or made[0], trim_to[1] or made[1]) == made


def _other_lengths(asked: float | None, outputs: Sequence[Output]) -> list[str]:
    lengths = dict.fromkeys(output.duration_seconds for output in outputs if output.duration_seconds)
    return [
        f"Asked for {asked:g} s, the model made {made:.1f} s."
        for made in lengths
        if asked and made and abs(made - asked) > SAME_SECONDS
    ]


def _what_was_asked_for(outputs: Sequence[Output]) -> tuple[list[Output], int]:
    """The outputs whose size was asked for, and how many others came beside what was asked for.

    The last frame of a video and the preview of a mesh or of music are pictures that nobody gave a size.
    """
    kinds = [_kind(output) for output in outputs]
    main = next((kind for kind in ("video", "model", "audio") if kind in kinds), "image")
    if main == "image":
        return [output for output, kind in zip(outputs, kinds, strict=True) if kind == "image"], 0
    others = sum(kind not in {main, ""} for kind in kinds)
    return [output for output, kind in zip(outputs, kinds, strict=True) if kind == main], others


def _kind(output: Output) -> str:
    """The first half of its MIME type; empty when nothing was saved."""
    return (output.mime_type or "").partition("/")[0] if output.path else ""
