"""`get_prediction` and `list_predictions`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.atlas.history import ServiceStatus
from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App, core, patience
from atlascloud_mcp.tools.prediction_results import PredictionsFields, predictions_answer
from atlascloud_mcp.tools.progress import reporter
from atlascloud_mcp.tools.registry import ToolSpec
from atlascloud_mcp.tools.results import PredictionFields, job_answer, jobs_answer


async def get_prediction(
    ctx: Context[App],
    prediction_id: a.PredictionIds | None = None,
    save_to: a.SavedTo | None = None,
    wait_seconds: a.WaitSeconds | None = None,
) -> Annotated[CallToolResult, PredictionFields]:
    """Wait for a submitted job, then save and return its result.

    Free and safe to repeat. Without an id: the latest unfinished job.
    """
    waiting = patience(ctx, wait_seconds)
    following = (await core(ctx, [save_to])).following
    if isinstance(prediction_id, list):
        return jobs_answer(await following.resume_all(prediction_id, waiting, reporter(ctx), save_to=save_to))
    return job_answer(await following.resume(prediction_id, waiting, reporter(ctx), save_to=save_to))


async def list_predictions(
    ctx: Context[App],
    status: ServiceStatus | None = None,
    model: a.ModelName | None = None,
    page: a.Page = 1,
) -> Annotated[CallToolResult, PredictionsFields]:
    """Earlier jobs of this account, newest first: id, status, cost, file. Free.

    get_prediction fetches a result again.
    """
    waiting = patience(ctx, None)
    return predictions_answer(await (await core(ctx)).history.page(status, model, page, waiting))


LIST = ToolSpec(
    list_predictions,
    "List predictions",
    ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True),
)
TOOLS = (
    ToolSpec(
        get_prediction,
        "Get prediction",
        # It writes the result's file, once; nothing is changed at Atlas Cloud.
        ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True),
    ),
)
