"""The account: what it has, and what was used and paid on some days."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar

import anyio

from atlascloud_mcp.atlas.account import MOST_DAYS, MOST_FIGURES, Balance, GroupBy, LedgerPage, Money, Period
from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.failures import Call, unanswered
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.waiting import Patience

MOST_GROUPS = 30
MOST_PAGES = 60  # of one list: 180 days of 300 models
T = TypeVar("T")


@dataclass(slots=True)
class Group:
    """What one model, kind or key has come to: money by currency, and figures under the service's own names."""

    name: str
    money: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    figures: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, other: "Group") -> None:
        """Its sums grow by those of the other."""
        for currency, amount in other.money.items():
            self.money[currency] += amount
        for name, amount in other.figures.items():
            self.figures[name] += amount


@dataclass(frozen=True, slots=True)
class Account:
    """What could be read. `groups` come dearest first; `totals` are all costs by currency, None where unread."""

    balance: Mapping[str, Money] | None
    period: Period | None = None
    groups: tuple[Group, ...] = ()
    totals: Mapping[str, Decimal] | None = None
    scope: str = ""
    notes: tuple[str, ...] = ()
    sandbox: bool = False


@dataclass(slots=True)
class _Ledger:
    """The entries of all pages, summed."""

    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    totals: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    partial: dict[str, datetime | None] = field(default_factory=dict[str, datetime | None])
    scope: str = ""
    unread: int = 0
    is_cut: bool = False
    sandbox: bool = False

    def add(self, page: LedgerPage) -> None:
        for entry in page.entries:
            group = self.groups.setdefault(entry.group, Group(entry.group))
            if cost := entry.cost:
                group.money[cost.currency] += cost.amount
                self.totals[cost.currency] += cost.amount
            for name, amount in entry.figures.items():
                if name in group.figures or len(group.figures) < MOST_FIGURES:
                    group.figures[name] += amount
        self.partial |= page.partial
        self.unread += page.unread
        self.scope = self.scope or page.scope
        self.sandbox = self.sandbox or page.sandbox


class Accounts:
    """Reads the account. Free; nothing is changed."""

    def __init__(self, atlas: AtlasClient, clock: Clock) -> None:
        self._atlas = atlas
        self._clock = clock

    async def look(
        self, start_date: str | None, end_date: str | None, group_by: GroupBy | None, patience: Patience
    ) -> Account:
        """The balance, and with a first day what was used and paid since. One that cannot be read hides no other.

        Raises:
            InvalidRequest: there are no such days; nothing was sent.
            AtlasCloudError: nothing could be read.
        """
        today = self._clock.now().astimezone(UTC).date()
        period = _period(start_date, end_date, group_by, today)
        balances: list[Balance] = []
        ledgers: dict[Call, _Ledger] = {}
        errors: dict[Call, AtlasCloudError] = {}

        async def one(call: Call, read: Callable[[], Awaitable[T]], keep: Callable[[T], None]) -> None:
            try:
                keep(await self._in_time(call, read, patience))
            except AtlasCloudError as error:
                errors[call] = error

        async with anyio.create_task_group() as group:
            group.start_soon(one, Call.BALANCE, self._atlas.balance, balances.append)
            if period:
                for call, read in ((Call.COSTS, self._atlas.costs), (Call.USAGE, self._atlas.usage)):
                    group.start_soon(one, call, partial(_all, read, period), partial(ledgers.__setitem__, call))
        if not balances and not ledgers:
            raise errors[Call.BALANCE]
        unread = [f"Not read: {errors[call]}" for call in (Call.BALANCE, Call.COSTS, Call.USAGE) if call in errors]
        running = today if period and period.last == today else None
        return _account(next(iter(balances), None), period, ledgers, [*unread, *_warnings(ledgers, running)])

    async def _in_time(self, call: Call, read: Callable[[], Awaitable[T]], patience: Patience) -> T:
        """What `read` returns, while the caller waits.

        Raises:
            AtlasCloudError: as `read` does, or it took too long.
        """
        began = self._clock.monotonic()
        with self._clock.move_on_after(patience.polling_ends - began):
            return await read()
        raise unanswered(call, self._clock.monotonic() - began)


async def _all(read: Callable[[Period, str | None], Awaitable[LedgerPage]], period: Period) -> _Ledger:
    """The sums of all pages; cut where they come to no end.

    Raises:
        AtlasCloudError: one of them cannot be read.
    """
    ledger, cursor, passed = _Ledger(), None, set[str]()
    for _ in range(MOST_PAGES):
        page = await read(period, cursor)
        ledger.add(page)
        if not page.has_more:
            return ledger
        cursor = page.cursor
        if cursor is None or cursor in passed:
            break
        passed.add(cursor)
    ledger.is_cut = True
    return ledger


def _account(
    balance: Balance | None, period: Period | None, ledgers: Mapping[Call, _Ledger], notes: Sequence[str]
) -> Account:
    """What was read, side by side."""
    costs = ledgers.get(Call.COSTS)
    groups, left_out = _groups(ledgers)
    return Account(
        balance.amounts if balance else None,
        period,
        groups,
        (costs.totals or {"usd": Decimal()}) if costs else None,
        next((ledger.scope for ledger in ledgers.values() if ledger.scope), ""),
        tuple(filter(None, (*notes, left_out))),
        any(each.sandbox for each in (*filter(None, [balance]), *ledgers.values())),
    )


def _groups(ledgers: Mapping[Call, _Ledger]) -> tuple[tuple[Group, ...], str]:
    """Costs and usage side by side, the dearest first; what is too many as one group, and a note about that.

    Dollars count before other currencies.
    """
    merged: dict[str, Group] = {}
    for ledger in ledgers.values():
        for name, group in ledger.groups.items():
            merged.setdefault(name, Group(name)).add(group)
    told = [group for group in merged.values() if any(group.money.values()) or group.figures]
    # By dollars first: what has none comes after, by its own currency.
    currencies = sorted({name for group in told for name in group.money}, key=lambda name: (name != "usd", name))
    found = sorted(told, key=lambda group: (*(-group.money.get(name, Decimal()) for name in currencies), group.name))
    if len(found) <= MOST_GROUPS:
        return tuple(found), ""
    rest = Group(f"{len(found) - MOST_GROUPS} others")
    for group in found[MOST_GROUPS:]:
        rest.add(group)
    which = "dearest" if currencies else "first"
    note = f"The {MOST_GROUPS} {which} of {len(found)} are shown, the others as one row; fewer days have fewer."
    return (*found[:MOST_GROUPS], rest), note


def _warnings(ledgers: Mapping[Call, _Ledger], running: date | None) -> list[str]:
    """What makes the sums less than they will be, or than they are; `running` is the day that is not over."""
    cut = [call.name.lower() for call, ledger in ledgers.items() if ledger.is_cut]
    notes = (
        [f"The lists of {' and '.join(cut)} came to no end, so sums are too low: ask for fewer days."] if cut else []
    )
    notes += [
        f"{ledger.unread} rows of the {call.name.lower()} could not be read, so sums are too low."
        for call, ledger in ledgers.items()
        if ledger.unread
    ]
    partial = {day: until for ledger in ledgers.values() for day, until in ledger.partial.items()}
    if running and ledgers and not partial:
        partial = {running.isoformat(): None}
    if partial:
        day = max(partial)
        until = partial[day]
        so_far = f"covered until {until:%H:%M} UTC" if until else "its sums will grow"
        more = f" (and {len(partial) - 1} earlier)" if len(partial) > 1 else ""
        notes.append(f"{day}{more} is not complete: {so_far}.")
    return notes


def _period(start: str | None, end: str | None, group_by: GroupBy | None, today: date) -> Period | None:
    """The days that are asked for; an end in the future is today.

    Raises:
        InvalidRequest: they cannot be asked for, with the nearest that can.
    """
    if start is None:
        named = "end_date" if end else "group_by" if group_by else ""
        if not named:
            return None
        raise _refusal(f"{named} needs start_date, the first day of usage and costs.", today - timedelta(days=29))
    first, last = _day("start_date", start, today), min(today, _day("end_date", end, today) if end else today)
    if first > today:
        raise _refusal(f"start_date {first} is in the future: today is {today} (UTC).", today)
    if first > last:
        raise _refusal(f"start_date {first} is after end_date {last}.", last, first)
    days = (last - first).days + 1
    if days > MOST_DAYS:
        nearest = last - timedelta(days=MOST_DAYS - 1)
        raise _refusal(f"{first} to {last} are {days} days, and {MOST_DAYS} at most can be asked for.", nearest, last)
    return Period(first, last, group_by or "model")


def _day(name: str, value: str, today: date) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value.strip()):
            return date.fromisoformat(value.strip())
    except ValueError:  # a day that no calendar has
        pass
    raise InvalidRequest(
        f"{name} {quoted(value, 40)} is no day.",
        billing=Billing.NOT_CONCERNED,
        next_step=f"Write it as YYYY-MM-DD, e.g. {today}.",
    )


def _refusal(message: str, first: date, last: date | None = None) -> InvalidRequest:
    until = f', end_date "{last}"' if last else ""
    return InvalidRequest(message, billing=Billing.NOT_CONCERNED, next_step=f'E.g. start_date "{first}"{until}.')
