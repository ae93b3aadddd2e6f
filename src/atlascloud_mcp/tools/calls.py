"""What each message of a host tells about the calls before it. A middleware: it sees a call before anything waits."""

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

from atlascloud_mcp.jobs.callers import Caller
from atlascloud_mcp.tools.app import App, host_in


async def observe_calls(ctx: ServerRequestContext[App], call_next: CallNext) -> HandlerResult:
    """Note when a tool is called, answered and given up, and whose answers have arrived."""
    app = ctx.lifespan_context
    if ctx.method == "notifications/cancelled":
        app.callers.gave_up(str((ctx.params or {}).get("requestId")))
    for caller in app.callers.heard():
        for work in caller.when_taken:
            app.start_soon(work)
    if ctx.method != "tools/call":
        return await call_next(ctx)
    request_id = str(ctx.request_id)
    caller = Caller(app.clock.monotonic(), host_in(ctx.session).limit_s)
    app.callers.came(request_id, caller)
    try:
        result = await call_next(ctx)
    except BaseException:
        app.callers.gave_up(request_id)
        raise
    caller.answered = app.clock.monotonic()
    return result
