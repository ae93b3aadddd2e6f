"""How the sandbox's JSON looks: marked as its own, errors as Atlas Cloud writes them."""

from starlette.responses import JSONResponse
from starlette.types import Scope

PUBLIC_BASE = "/public/v1/"

# Type and code of an error of the public API. Source: documentation, errors; the codes of 403 and above are guesses.
_KINDS = {
    401: ("authentication_error", "invalid_api_key"),
    403: ("permission_error", "insufficient_permissions"),
    404: ("invalid_request_error", "not_found"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
}


class PublicRefusal(Exception):
    """A request to the public API cannot be answered: `code` and `param` say what for programs, `str()` for people."""

    def __init__(self, status: int, message: str, *, code: str, param: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def say(payload: dict[str, object], *, status: int = 200) -> JSONResponse:
    """The payload, marked as the sandbox's."""
    return JSONResponse({**payload, "sandbox": True}, status_code=status)


def refuse(scope: Scope, status: int, message: str, *, code: str = "", param: str | None = None) -> JSONResponse:
    """An error body, with the id of this request, in the shape that the request's path has."""
    if scope["path"].startswith(PUBLIC_BASE):
        kind, usual = _KINDS.get(status, ("invalid_request_error", "invalid_request"))
        if status >= 500:
            kind, usual = "api_error", "internal_error"
        error: dict[str, object] = {"type": kind, "code": code or usual, "message": message, "param": param}
        return say({"error": error, "request_id": request_id(scope)}, status=status)
    body: dict[str, object] = {"code": status, "msg": message, "request_id": scope["state"]["request_id"], "data": None}
    return say(body, status=status)


def request_id(scope: Scope) -> str:
    """The id of this request as the public API writes it."""
    return f"req_{scope['state']['request_id']}"
