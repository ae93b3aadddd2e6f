"""`generate_image`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.jobs.request import ImageRequest
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
    dry_run: a.DryRun = False,  # noqa: FBT002 - arguments come by name
) -> Annotated[CallToolResult, JobFields]:
    """Make pictures from a prompt, or change pictures given in `images`.

    One call does it all: it submits the job, waits, saves the files and answers with path, URL and cost.
    Each call is paid. On `status: running` call get_prediction, not this again. `dry_run` shows the request
    and submits nothing.
    """
    waiting = patience(ctx, wait_seconds)
    request = ImageRequest(
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
    )
    generations = await core(ctx, [*request.sources, save_to])
    async with generations.prepare(request) as prepared:
        if dry_run:
            return job_answer(prepared.quote())
        return job_answer(await generations.execute(prepared, waiting, reporter(ctx)))


TOOLS = (
    ToolSpec(
        generate_image,
        "Generate image",
        ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True),
    ),
)
