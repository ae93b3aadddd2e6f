"""What `get_account` answers: the same facts as text and as structured content, units in their names."""

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, NotRequired

from mcp_types import CallToolResult
from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from atlascloud_mcp.jobs.models.describing import usd
from atlascloud_mcp.jobs.parameters.fields import named
from atlascloud_mcp.tools.results import Fields, answer, present

if TYPE_CHECKING:
    # Only types: the core brings httpx, which no start should wait for.
    from atlascloud_mcp.jobs.accounts import Account, Group

DECIMALS = 6  # as many as the service writes


class AccountFields(TypedDict):
    """The account. Amounts end in their currency; a group has its name under what was grouped by, `usd` and figures."""

    balance: NotRequired[dict[str, float]]
    days: NotRequired[str]
    scope: NotRequired[str]
    total_usd: NotRequired[float]
    groups: Annotated[NotRequired[list[dict[str, object]]], WithJsonSchema({"type": "array"})]
    notes: NotRequired[list[str]]
    sandbox: NotRequired[bool]


def account_answer(found: "Account") -> CallToolResult:
    """The balance, and the groups of a period, a line each."""
    # What is zero says nothing, but for what can be spent.
    amounts = {name: money for name, money in (found.balance or {}).items() if money.amount or name == "available"}
    period = found.period
    days = f"{period.first} to {period.last} (UTC)" if period else None
    fields = present(
        balance={f"{name}_{money.currency}": _number(money.amount) for name, money in amounts.items()} or None,
        days=days,
        scope=found.scope if period else None,
        **{f"total_{currency}": _number(amount) for currency, amount in (found.totals or {}).items()},
        groups=[_row(group, period.group_by) for group in found.groups] if period else None,
        notes=list(found.notes),
        sandbox=found.sandbox or None,
    )
    lines = [
        "balance: " + ", ".join(f"{name} {_money(money.currency, money.amount)}" for name, money in amounts.items())
    ] * bool(amounts)
    if period:
        totals = " + ".join(_money(currency, amount) for currency, amount in (found.totals or {}).items())
        scope = f", scope {found.scope}" if found.scope else ""
        lines.append(f"{days}{scope}: {totals or 'costs not read'}, by {period.group_by}:")
        lines += [_line(group) for group in found.groups] or ["nothing used"]
    lines += [f"note: {note}" for note in found.notes]
    lines += ["sandbox: true (a local simulator's account)"] if found.sandbox else []
    return answer("\n".join(lines), fields)


def _row(group: "Group", group_by: str) -> Fields:
    money = {currency: _number(amount) for currency, amount in group.money.items()}
    figures = {name: _number(amount) for name, amount in group.figures.items()}
    own: Fields = {group_by: group.name, **money}
    return {**own, **{name: value for name, value in figures.items() if name not in own}}


def _line(group: "Group") -> str:
    money = " + ".join(_money(currency, amount) for currency, amount in group.money.items())
    figures = ", ".join(f"{name} {_number(amount)}" for name, amount in group.figures.items())
    return "- " + " | ".join(filter(None, (named(group.name, 120), money, figures)))


def _money(currency: str, amount: Decimal) -> str:
    return usd(_number(amount)) if currency == "usd" else f"{_number(amount)} {currency}"


def _number(amount: Decimal) -> float | int:
    """A sum without the dust of binary fractions; a whole one as it is counted."""
    rounded = round(amount, DECIMALS)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)
