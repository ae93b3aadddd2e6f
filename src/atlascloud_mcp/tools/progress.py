"""Progress notifications: sent only when the caller gave a token, which the SDK sees to."""

from collections.abc import Awaitable, Callable

from mcp.server.mcpserver import Context

from atlascloud_mcp.jobs.progress import Moment
from atlascloud_mcp.tools.app import App


def reporter(ctx: Context[App]) -> Callable[[Moment], Awaitable[None]]:
    """What the core calls at each tick."""

    async def report(moment: Moment) -> None:
        await ctx.report_progress(round(moment.elapsed_s, 2), message=moment.text)

    return report
