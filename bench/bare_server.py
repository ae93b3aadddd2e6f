"""A bare MCPServer with the same tool signatures: what a start costs when nothing but the SDK is in it."""

from typing import Annotated, Any, Literal, NotRequired

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult
from pydantic import Field
from typing_extensions import TypedDict

Text = Annotated[str, Field(min_length=1, max_length=8192, description="Text")]
Whole = Annotated[int, Field(ge=1, le=8192, description="Number")]
Real = Annotated[float, Field(ge=0, le=3600, description="Number")]


class Output(TypedDict):
    """One output."""

    url: NotRequired[str]
    path: NotRequired[str]
    mime_type: NotRequired[str]
    bytes: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    text: NotRequired[str]
    not_saved: NotRequired[str]


class Job(TypedDict):
    """One job's answer."""

    status: Literal["completed", "running", "failed", "cancelled", "unknown", "quoted"]
    prediction_id: NotRequired[str]
    model: NotRequired[str]
    outputs: NotRequired[list[Output]]
    cost_usd: NotRequired[float]
    elapsed_seconds: NotRequired[float]
    seed: NotRequired[int]
    request: NotRequired[dict[str, object]]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]


class Jobs(Job):
    """One job's answer, or those of several."""

    predictions: NotRequired[list[Job]]


class Upload(TypedDict):
    """An uploaded file."""

    url: str
    file_name: str
    mime_type: str
    bytes: int
    temporary: bool
    next: str
    sandbox: NotRequired[bool]


server: MCPServer[Any] = MCPServer("bare")


@server.tool()
async def generate_image(
    ctx: Context[Any],
    prompt: Text | None = None,
    model: Text | None = None,
    images: list[Text] | None = None,
    mask: Text | None = None,
    width: Whole | None = None,
    height: Whole | None = None,
    aspect_ratio: Text | None = None,
    resolution: Text | None = None,
    count: Whole | None = None,
    steps: Whole | None = None,
    guidance_scale: Real | None = None,
    seed: Whole | None = None,
    negative_prompt: Text | None = None,
    output_format: Literal["png", "jpg", "webp"] | None = None,
    params: dict[str, object] | None = None,
    save_to: Text | None = None,
    wait_seconds: Real | None = None,
    dry_run: bool = False,
) -> Annotated[CallToolResult, Job]:
    """Make pictures from a prompt, or change pictures given in `images`."""
    raise NotImplementedError


@server.tool()
async def get_prediction(
    ctx: Context[Any],
    prediction_id: Text | list[Text] | None = None,
    save_to: Text | None = None,
    wait_seconds: Real | None = None,
) -> Annotated[CallToolResult, Jobs]:
    """Wait for a job that was already submitted."""
    raise NotImplementedError


@server.tool()
async def upload_media(ctx: Context[Any], path: Text) -> Annotated[CallToolResult, Upload]:
    """Upload a local picture, video or sound."""
    raise NotImplementedError


if __name__ == "__main__":
    server.run()
