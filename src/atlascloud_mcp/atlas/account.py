"""What an account has, has used and has paid: the answers of the billing routes, read tolerantly.

Source: documentation, public API (routes, query, money, errors); the vendor's MCP server 1.7.0 (fields of the balance
and of a day); two third-party clients with recorded answers, 2026-08 and 2026-09 (a group is an object with a name,
usage is `{requests, tokens: {input, output, ...}, images, video}`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Literal

from atlascloud_mcp.atlas import values
from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.atlas.values import Json, items, mapping, text

GroupBy = Literal["model", "model_type", "api_key"]

MOST_DAYS = 180
ROWS = 1000  # on a page: the most that may be asked for
MAX_ROWS = 5 * ROWS
"""Of one answer: what is beyond comes from no service that keeps to what it was asked for."""
MAX_CURSOR = 4000
MOST_FIGURES = 30  # of one row
MOST_KEYS = 200  # of one row, that are looked at
ABSURD = Decimal(10) ** 12
_EXACT = Decimal(1).scaleb(-9)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")
_NOT_FIGURES = re.compile(
    r"(.*_)?(id|name|type|status|object|date|at|until|partial|currency|scope|email)|api_key.*|model", re.IGNORECASE
)
_BALANCES = ("available", "cash", "bonus", "subscription_bonus", "frozen")
_CREDITS = ("granted", "used", "remaining_overdraft", "overdrawn")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount; the currency is its three letters, in lower case."""

    amount: Decimal
    currency: str = "usd"


@dataclass(frozen=True, slots=True)
class Balance:
    """The account's amounts by name, `available` first; `credit_...` are those of a credit that was granted."""

    amounts: Mapping[str, Money]
    sandbox: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """Days in UTC, both included, and what their rows are told apart by."""

    first: date
    last: date
    group_by: GroupBy = "model"

    @property
    def query(self) -> list[tuple[str, str]]:
        """As the service wants it: its last day is the first that is left out, and a list is a repeated name."""
        return [
            ("start_date", self.first.isoformat()),
            ("end_date", (self.last + timedelta(days=1)).isoformat()),
            ("group_by[]", self.group_by),
            ("limit", str(ROWS)),
        ]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one group has come to on one day: what it cost, or else figures under the service's own names."""

    group: str
    cost: Money | None = None
    figures: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Some days' entries. `partial` are the days that are not complete, and until when they are, where that is said.

    `unread` counts rows of costs that hold no amount that can be read, and rows that are too many.
    """

    entries: tuple[Entry, ...]
    partial: Mapping[str, datetime | None]
    unread: int = 0
    scope: str = ""
    cursor: str | None = None
    has_more: bool = False
    sandbox: bool = False


def parse_balance(body: object, *, sandbox: bool) -> Balance | None:
    """The balance from an answer; None when there is no amount in it."""
    outer = mapping(body)
    inner = mapping(outer.get("data")) or outer
    credit = mapping(inner.get("credit_grant"))
    named = {name: inner.get(name) for name in _BALANCES} | {f"credit_{name}": credit.get(name) for name in _CREDITS}
    amounts = {name: money for name, value in named.items() if (money := read_money(value))}
    return Balance(amounts, sandbox) if amounts else None


def parse_ledger(body: object, group_by: GroupBy, *, is_costs: bool, sandbox: bool) -> LedgerPage | None:
    """A page of costs or of usage from an answer; None when there is no list in it."""
    outer = mapping(body)
    inner = outer if isinstance(outer.get("data"), list) else mapping(outer.get("data"))
    if not isinstance(inner.get("data", 0), list | None):
        return None
    unread = 0
    entries: list[Entry] = []
    partial: dict[str, datetime | None] = {}
    for bucket in map(mapping, items(inner.get("data"))):
        day = text(bucket.get("date"))[:10]
        if bucket.get("partial") is True and re.fullmatch(r"\d{4}-\d\d-\d\d", day):
            partial[day] = values.moment(bucket.get("covered_until"))
        rows = [mapping(row) for row in items(bucket.get("results"))]
        found = [_entry(row, group_by, is_costs=is_costs) for row in rows[: MAX_ROWS - len(entries)]]
        unread += len(rows) - len(found) + sum(is_costs and entry.cost is None for entry in found)
        entries += found
    if unread and not any(entry.cost or entry.figures for entry in entries):
        return None
    cursor, more = text(inner.get("next_page")), inner.get("has_more")
    return LedgerPage(
        tuple(entries),
        partial,
        unread,
        scope=plain(text(inner.get("scope")), 20),
        cursor=cursor if 0 < len(cursor) <= MAX_CURSOR else None,
        has_more=bool(cursor) if more is None else more not in (False, 0, "false", "0"),
        sandbox=sandbox,
    )


def read_money(value: object) -> Money | None:
    """`{value, currency}`, or a bare amount, which is in USD."""
    found = mapping(value)
    amount = _decimal(found.get("value", found.get("amount")) if found else value)
    currency = text(found.get("currency")).lower()
    return Money(amount, currency if re.fullmatch(r"[a-z]{3}", currency) else "usd") if amount is not None else None


def _entry(row: Json, group_by: GroupBy, *, is_costs: bool) -> Entry:
    label = _label(row, group_by)
    if is_costs:
        amounts = (read_money(row.get(name)) for name in ("amount", "cost", "total_cost"))
        return Entry(label, next((each for each in amounts if each), None))
    return Entry(label, figures=dict(islice(_figures(row, ""), MOST_FIGURES)))


def _label(row: Json, group_by: GroupBy) -> str:
    """The group's name; of keys also the public id, for names of keys may be the same."""
    group = mapping(row.get(group_by))
    name = text(row.get(group_by)) or text(group.get("name")) or text(row.get(f"{group_by}_name"))
    public_id = text(group.get("id")) or text(row.get(f"{group_by}_id"))
    if name and public_id and group_by == "api_key":
        return plain(f"{name} ({public_id})", 120)
    return plain(name or public_id, 120) or "unnamed"


def _figures(row: Json, prefix: str, depth: int = 4) -> Iterator[tuple[str, Decimal]]:
    """Every number in a row that counts something, by its path; `usage` around all of them says nothing."""
    for name, value in islice(row.items(), MOST_KEYS):
        if not _NAME.fullmatch(name) or _NOT_FIGURES.fullmatch(name) or name.endswith(("Id", "ID", "At")):
            continue
        path = f"{prefix}_{name}" if prefix else name
        inner = mapping(value)
        if "currency" in inner and (money := read_money(inner)):
            yield f"{path}_{money.currency}", money.amount
        elif inner and depth:
            yield from _figures(inner, "" if path == "usage" else path, depth - 1)
        elif amount := _decimal(value):  # zeros are most of them
            yield path, amount


def _decimal(value: object) -> Decimal | None:
    """A number to nine places, written as one or as a string, of a size that an amount can have."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)[:60]) > 50:
        return None
    try:
        found = Decimal(str(value).strip())
        return found.quantize(_EXACT) if abs(found) <= ABSURD else None
    except ArithmeticError:  # no number, or not a finite one, or beyond all bounds
        return None
