"""How the sandbox's JSON looks: marked as its own, errors as Atlas Cloud writes them."""

from starlette.responses import JSONResponse
from starlette.types import Scope


def say(payload: dict[str, object], *, status: int = 200) -> JSONResponse:
    """The payload, marked as the sandbox's."""
    return JSONResponse({**payload, "sandbox": True}, status_code=status)


def refuse(scope: Scope, status: int, message: str) -> JSONResponse:
    """An error body of the media routes, with the id of this request."""
    body: dict[str, object] = {"code": status, "msg": message, "request_id": scope["state"]["request_id"], "data": None}
    return say(body, status=status)
