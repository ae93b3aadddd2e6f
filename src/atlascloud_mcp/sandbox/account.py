"""Balance, usage and costs: the public billing API. Source: documentation, public API."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from atlascloud_mcp.sandbox.answers import PublicRefusal, refuse, request_id, say
from atlascloud_mcp.sandbox.ledger import charges, held_usd
from atlascloud_mcp.sandbox.reports import Report, money, read_inquiry, report

if TYPE_CHECKING:
    from decimal import Decimal

    from atlascloud_mcp.sandbox.model import Json
    from atlascloud_mcp.sandbox.state import Sandbox


class Account:
    """The billing routes over one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    def routes(self) -> list[Route]:
        """Every route, with its method."""
        return [
            Route("/public/v1/balance", self.balance, methods=["GET"]),
            Route("/public/v1/model-usage", self.usage, methods=["GET"]),
            Route("/public/v1/model-costs", self.costs, methods=["GET"]),
        ]

    async def balance(self, request: Request) -> Response:
        """What is left, all of it paid in cash; what running jobs hold is frozen, and not available."""
        sandbox = self._sandbox
        if not sandbox.balance_permission:
            return refuse(request.scope, 403, "the key may not read the account balance")
        available, held = sandbox.balance_usd, held_usd(sandbox)
        none = money(available * 0)
        grant: Json = {"status": "none", "granted": none, "used": none, "remaining_overdraft": none, "overdrawn": none}
        amounts: dict[str, Decimal] = {"available": available, "cash": available + held, "frozen": held}
        return say(
            {
                "object": "balance",
                "scope": "account",
                "account": {"id": "acc_sandbox", "name": "Sandbox", "type": "personal"},
                **{name: money(amount) for name, amount in amounts.items()},
                "bonus": none,
                "subscription_bonus": none,
                "credit_grant": grant,
                "request_id": request_id(request.scope),
            }
        )

    async def usage(self, request: Request) -> Response:
        """What was used, day by day."""
        return self._report("usage", request)

    async def costs(self, request: Request) -> Response:
        """What it cost, day by day."""
        return self._report("model_cost", request)

    def _report(self, kind: Report, request: Request) -> Response:
        try:
            inquiry = read_inquiry(request.query_params.multi_items())
        except PublicRefusal as exc:
            return refuse(request.scope, exc.status, str(exc), code=exc.code, param=exc.param)
        page = report(kind, inquiry, charges(self._sandbox), self._sandbox.now())
        return say({**page, "request_id": request_id(request.scope)})
