"""`get_account`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.atlas.account import GroupBy
from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.account_results import AccountFields, account_answer
from atlascloud_mcp.tools.app import App, core, patience
from atlascloud_mcp.tools.registry import ToolSpec


async def get_account(
    ctx: Context[App],
    start_date: a.FirstDay | None = None,
    end_date: a.LastDay | None = None,
    group_by: GroupBy | None = None,
) -> Annotated[CallToolResult, AccountFields]:
    """The balance in USD; with start_date also usage and costs (180 days at most). Free."""
    waiting = patience(ctx, None)
    return account_answer(await (await core(ctx)).accounts.look(start_date, end_date, group_by, waiting))


TOOLS = (
    ToolSpec(
        get_account,
        "Get account",
        ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True),
    ),
)
