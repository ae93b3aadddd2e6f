"""`generate_audio` and `transcribe_audio`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult

from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App
from atlascloud_mcp.tools.generate import PAID, made
from atlascloud_mcp.tools.registry import ToolSpec
from atlascloud_mcp.tools.results import JobFields


async def generate_audio(  # noqa: PLR0913, PLR0917 - a tool's parameter list is its schema
    ctx: Context[App],
    prompt: a.Said | None = None,
    kind: a.AudioKind | None = None,
    model: a.ModelName | None = None,
    voice: a.Voice | None = None,
    language: a.Language | None = None,
    speed: a.Speed | None = None,
    lyrics: a.Lyrics | None = None,
    instrumental: a.Instrumental | None = None,
    audio: a.Sample | None = None,
    video: a.Silent | None = None,
    duration_seconds: a.Length | None = None,
    params: a.Params | None = None,
    save_to: a.SavedTo | None = None,
    wait_seconds: a.WaitSeconds | None = None,
    new: a.New = False,  # noqa: FBT002 - arguments come by name
    dry_run: a.DryRun = False,  # noqa: FBT002 - as above
) -> Annotated[CallToolResult, JobFields]:
    """Make speech, music (often two tracks) or song lyrics. Works and is paid as generate_image."""
    request = Request(
        type="audio",
        kind=kind,
        prompt=prompt,
        model=model,
        voice=voice,
        language=language,
        speed=speed,
        lyrics=lyrics,
        instrumental=instrumental,
        audio=audio,
        video=video,
        duration_seconds=duration_seconds,
        params=params or {},
        save_to=save_to,
        new=new,
    )
    return await made(ctx, request, wait_seconds, dry_run=dry_run)


async def transcribe_audio(  # noqa: PLR0913, PLR0917 - as above
    ctx: Context[App],
    audio: a.Recording,
    model: a.ModelName | None = None,
    language: a.Language | None = None,
    speakers: a.Speakers | None = None,
    params: a.Params | None = None,
    save_to: a.SavedTo | None = None,
    wait_seconds: a.WaitSeconds | None = None,
    new: a.New = False,  # noqa: FBT002 - arguments come by name
    dry_run: a.DryRun = False,  # noqa: FBT002 - as above
) -> Annotated[CallToolResult, JobFields]:
    """Write down a recording: .txt, also .srt, .vtt and .json where the model gives timings. Paid."""
    request = Request(
        type="audio",
        kind="transcript",
        audio=audio,
        model=model,
        language=language,
        speakers=speakers,
        params=params or {},
        save_to=save_to,
        new=new,
    )
    return await made(ctx, request, wait_seconds, dry_run=dry_run)


AUDIO = ToolSpec(generate_audio, "Generate audio", PAID)
TRANSCRIPT = ToolSpec(transcribe_audio, "Transcribe audio", PAID)
