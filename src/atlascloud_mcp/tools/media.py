"""`upload_media`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App, core, patience
from atlascloud_mcp.tools.registry import ToolSpec
from atlascloud_mcp.tools.results import UploadFields, upload_answer


async def upload_media(ctx: Context[App], path: a.LocalMedia) -> Annotated[CallToolResult, UploadFields]:
    """Upload a local picture, video or sound and get a temporary URL for it.

    Seldom needed: the generating tools take local paths themselves, and upload a file once.
    """
    waiting = patience(ctx, None)
    return upload_answer(await (await core(ctx, [path])).upload(path, waiting))


TOOLS = (
    ToolSpec(
        upload_media,
        "Upload media",
        ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True),
    ),
)
