"""The sandbox as a web application."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from atlascloud_mcp.sandbox.account import Account
from atlascloud_mcp.sandbox.answers import refuse
from atlascloud_mcp.sandbox.api import Api
from atlascloud_mcp.sandbox.chat.routes import Chat
from atlascloud_mcp.sandbox.controls import Controls
from atlascloud_mcp.sandbox.gateway import Gateway
from atlascloud_mcp.sandbox.state import Sandbox


def create_app(sandbox: Sandbox | None = None) -> Starlette:
    """A local Atlas Cloud over that state, or over a fresh one; `app.state.sandbox` is the state."""
    state = sandbox or Sandbox()
    app = Starlette(
        routes=[*Api(state).routes(), *Chat(state).routes(), *Account(state).routes(), *Controls(state).routes()],
        middleware=[Middleware(Gateway, sandbox=state)],
        exception_handlers={HTTPException: _refused},
    )
    app.state.sandbox = state
    return app


async def _refused(request: Request, exc: Exception) -> Response:
    """Unknown paths, wrong methods and broken multipart bodies, said as Atlas Cloud says things."""
    status, detail = (exc.status_code, exc.detail) if isinstance(exc, HTTPException) else (500, "error")
    return refuse(request.scope, status, detail.lower())
