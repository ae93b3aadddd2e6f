"""`generate_image` and `generate_video`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.jobs.request import Request
from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App, core, patience
from atlascloud_mcp.tools.progress import reporter
from atlascloud_mcp.tools.registry import ToolSpec
from atlascloud_mcp.tools.results import JobFields, job_answer


async def generate_image(  # noqa: PLR0913, PLR0917 - a tool's parameter list is its schema
    ctx: Context[App],
    prompt: a.Prompt | None = None,
    model: a.Model | None = None,
    images: a.Images | None = None,
    mask: a.Mask | None = None,
    width: a.Side | None = None,
    height: a.Side | None = None,
    aspect_ratio: a.AspectRatio | None = None,
    resolution: a.Resolution | None = None,
    count: a.Count | None = None,
    steps: a.Steps | None = None,
    guidance_scale: a.GuidanceScale | None = None,
    seed: a.Seed | None = None,
    negative_prompt: a.NegativePrompt | None = None,
    output_format: a.OutputFormat | None = None,
    params: a.Params | None = None,
    save_to: a.SaveTo | None = None,
    wait_seconds: a.WaitSeconds | None = None,
    new: a.New = False,  # noqa: FBT002 - arguments come by name
    dry_run: a.DryRun = False,  # noqa: FBT002 - as above
) -> Annotated[CallToolResult, JobFields]:
    """Make pictures from a prompt, change the pictures in `images`, or make a 3D mesh (`output_format: glb`).

    One call submits the job, waits, saves the files and answers with path, URL and cost.
    Each job is paid. On `status: running` call get_prediction. An equal call joins an undelivered job; for several
    pictures use `count`.
    """
    request = Request(
        prompt=prompt,
        model=model,
        images=tuple(images or ()),
        mask=mask,
        width=width,
        height=height,
        aspect_ratio=aspect_ratio,
        resolution=resolution,
        count=count,
        steps=steps,
        guidance_scale=guidance_scale,
        seed=seed,
        negative_prompt=negative_prompt,
        output_format=output_format,
        params=params or {},
        save_to=save_to,
        new=new,
    )
    return await made(ctx, request, wait_seconds, dry_run=dry_run)


async def generate_video(  # noqa: PLR0913, PLR0917 - as above
    ctx: Context[App],
    prompt: a.Prompt | None = None,
    model: a.ModelName | None = None,
    first_frame: a.Frame | None = None,
    last_frame: a.Frame | None = None,
    images: a.References | None = None,
    video: a.Video | None = None,
    audio: a.Audio | None = None,
    duration_seconds: a.Seconds | None = None,
    aspect_ratio: a.Shape | None = None,
    resolution: a.VideoResolution | None = None,
    sound: a.Sound | None = None,
    seed: a.Seed | None = None,
    negative_prompt: a.NegativePrompt | None = None,
    params: a.Params | None = None,
    save_to: a.SavedTo | None = None,
    wait_seconds: a.WaitSeconds | None = None,
    new: a.New = False,  # noqa: FBT002 - arguments come by name
    dry_run: a.DryRun = False,  # noqa: FBT002 - as above
) -> Annotated[CallToolResult, JobFields]:
    """Make a video from a prompt, from pictures, from another video, or of a picture that speaks a recording.

    Works as generate_image does, takes minutes and costs more: `dry_run` tells the price.
    """
    request = Request(
        type="video",
        prompt=prompt,
        model=model,
        first_frame=first_frame,
        last_frame=last_frame,
        images=tuple(images or ()),
        video=video,
        audio=audio,
        duration_seconds=duration_seconds,
        aspect_ratio=aspect_ratio,
        resolution=resolution,
        sound=sound,
        seed=seed,
        negative_prompt=negative_prompt,
        params=params or {},
        save_to=save_to,
        new=new,
    )
    return await made(ctx, request, wait_seconds, dry_run=dry_run)


async def made(ctx: Context[App], request: Request, wait_seconds: float | None, *, dry_run: bool) -> CallToolResult:
    """The answer of a job that was made now, or of one that could be."""
    waiting = patience(ctx, wait_seconds)
    generations = (await core(ctx, [*request.sources, *request.possible_paths, request.save_to])).generations
    async with generations.prepare(request) as prepared:
        if dry_run:
            return job_answer(await generations.quote(prepared))
        return job_answer(await generations.execute(prepared, waiting, reporter(ctx)))


PAID = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)

IMAGE = ToolSpec(generate_image, "Generate image", PAID)
VIDEO = ToolSpec(generate_video, "Generate video", PAID)
