"""A bare MCPServer with the same tool signatures: what a start costs when nothing but the SDK is in it."""

from typing import Annotated, Any, Literal, NotRequired

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import CallToolResult
from pydantic import Field
from typing_extensions import TypedDict

Text = Annotated[str, Field(min_length=1, max_length=8192, description="Text")]
Whole = Annotated[int, Field(ge=1, le=8192, description="Number")]
Real = Annotated[float, Field(ge=0, le=3600, description="Number")]
Format = Literal["png", "jpg", "webp", "glb", "obj", "stl", "fbx", "usdz"]


class Output(TypedDict):
    """One output."""

    url: NotRequired[str]
    path: NotRequired[str]
    mime_type: NotRequired[str]
    bytes: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    duration_seconds: NotRequired[float]
    text: NotRequired[str]
    not_saved: NotRequired[str]


class Job(TypedDict):
    """One job's answer."""

    status: Literal["completed", "running", "failed", "cancelled", "unknown", "quoted"]
    prediction_id: NotRequired[str]
    model: NotRequired[str]
    outputs: NotRequired[list[Output]]
    cost_usd: NotRequired[float]
    cost_is_estimate: NotRequired[bool]
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


class Row(TypedDict):
    """One model of many."""

    id: str
    kind: NotRequired[str]
    price: str
    takes: str


class Rows(TypedDict):
    """One page of models."""

    models: list[Row]
    total: int
    page: int
    pages: int
    notes: NotRequired[list[str]]
    next: NotRequired[str]


class Parameter(TypedDict):
    """One parameter."""

    argument: NotRequired[str]
    field: str
    allowed: NotRequired[str]
    default: NotRequired[object]
    required: NotRequired[bool]
    about: NotRequired[str]


class Model(TypedDict):
    """One model."""

    id: str
    name: str
    maker: NotRequired[str]
    kind: NotRequired[str]
    price: str
    takes: str
    summary: NotRequired[str]
    typical_seconds: NotRequired[float]
    parameters: NotRequired[list[Parameter]]
    example: NotRequired[dict[str, object]]
    json_schema: NotRequired[dict[str, object]]
    notes: NotRequired[list[str]]
    next: NotRequired[str]


class Answer(TypedDict):
    """A language model's answer."""

    status: Literal["completed", "incomplete"]
    model: str
    outputs: list[Output]
    cost_usd: NotRequired[float]
    cost_is_estimate: NotRequired[bool]
    elapsed_seconds: NotRequired[float]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]
    usage: NotRequired[dict[str, int]]


class Earlier(TypedDict):
    """One page of earlier jobs."""

    predictions: list[dict[str, object]]
    total: NotRequired[int]
    page: NotRequired[int]
    pages: NotRequired[int]
    notes: NotRequired[list[str]]
    next: NotRequired[str]
    sandbox: NotRequired[bool]


class Account(TypedDict):
    """Balance, usage, costs."""

    balance: NotRequired[dict[str, float]]
    days: NotRequired[str]
    total_usd: NotRequired[float]
    groups: NotRequired[list[dict[str, object]]]
    notes: NotRequired[list[str]]
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
    output_format: Format | None = None,
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


@server.tool()
async def generate_video(
    ctx: Context[Any],
    prompt: Text | None = None,
    model: Text | None = None,
    first_frame: Text | None = None,
    last_frame: Text | None = None,
    images: list[Text] | None = None,
    video: Text | None = None,
    audio: Text | None = None,
    duration_seconds: Real | None = None,
    aspect_ratio: Text | None = None,
    resolution: Text | None = None,
    sound: bool | None = None,
    seed: Whole | None = None,
    negative_prompt: Text | None = None,
    params: dict[str, object] | None = None,
    save_to: Text | None = None,
    wait_seconds: Real | None = None,
    dry_run: bool = False,
) -> Annotated[CallToolResult, Job]:
    """Make a video."""
    raise NotImplementedError


@server.tool()
async def generate_audio(
    ctx: Context[Any],
    prompt: Text | None = None,
    kind: Literal["speech", "music", "lyrics"] | None = None,
    model: Text | None = None,
    voice: Text | None = None,
    language: Text | None = None,
    speed: Real | None = None,
    lyrics: Text | None = None,
    instrumental: bool | None = None,
    audio: Text | None = None,
    video: Text | None = None,
    duration_seconds: Real | None = None,
    params: dict[str, object] | None = None,
    save_to: Text | None = None,
    wait_seconds: Real | None = None,
    dry_run: bool = False,
) -> Annotated[CallToolResult, Job]:
    """Make speech, music or lyrics."""
    raise NotImplementedError


@server.tool()
async def transcribe_audio(
    ctx: Context[Any],
    audio: Text,
    model: Text | None = None,
    language: Text | None = None,
    speakers: bool | None = None,
    params: dict[str, object] | None = None,
    save_to: Text | None = None,
    wait_seconds: Real | None = None,
    dry_run: bool = False,
) -> Annotated[CallToolResult, Job]:
    """Write down a recording."""
    raise NotImplementedError


@server.tool()
async def chat(
    ctx: Context[Any],
    prompt: Text,
    model: Text | None = None,
    system: Text | None = None,
    images: list[Text] | None = None,
    video: Text | None = None,
    audio: Text | None = None,
    json_output: bool | dict[str, object] | None = None,
    max_tokens: Whole | None = None,
    temperature: Real | None = None,
    params: dict[str, object] | None = None,
    save_to: Text | None = None,
) -> Annotated[CallToolResult, Answer]:
    """Ask a language model."""
    raise NotImplementedError


@server.tool()
async def search_models(
    ctx: Context[Any],
    query: Text = "",
    type: Literal["image", "video", "audio", "text"] | None = None,  # noqa: A002 - as in the tool
    kind: Text | None = None,
    takes: Literal["image", "video", "audio"] | None = None,
    sort: Literal["price"] | None = None,
    page: Whole = 1,
) -> Annotated[CallToolResult, Rows]:
    """Find models."""
    raise NotImplementedError


@server.tool()
async def get_model(ctx: Context[Any], model: Text, schema: bool = False) -> Annotated[CallToolResult, Model]:
    """One model."""
    raise NotImplementedError


@server.tool()
async def list_predictions(
    ctx: Context[Any],
    status: Literal["created", "processing", "completed", "failed", "timeout"] | None = None,
    model: Text | None = None,
    page: Whole = 1,
) -> Annotated[CallToolResult, Earlier]:
    """Earlier jobs."""
    raise NotImplementedError


@server.tool()
async def get_account(
    ctx: Context[Any],
    start_date: Text | None = None,
    end_date: Text | None = None,
    group_by: Literal["model", "model_type", "api_key"] | None = None,
) -> Annotated[CallToolResult, Account]:
    """The account."""
    raise NotImplementedError


if __name__ == "__main__":
    server.run()
