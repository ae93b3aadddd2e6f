"""What has been paid for, piece by piece."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from atlascloud_mcp.sandbox.jobs import SUCCESSES

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.state import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One chat call or one job that succeeded: what it cost in USD, and what it used. `seconds` are those of video."""

    at: datetime
    model: str
    usd: Decimal
    api_key_id: str
    input_tokens: int = 0
    output_tokens: int = 0
    images: int = 0
    seconds: float = 0.0


def key_id(key: str) -> str:
    """The public id of a key; it may be shown, and opens nothing."""
    return f"ak_{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def charges(sandbox: "Sandbox") -> Iterator[Charge]:
    """All that is paid for good: jobs that failed have gone free, and those that run only hold their price."""
    yield from sandbox.calls
    at = sandbox.clock()
    for job in sandbox.jobs.values():
        if job.status(at).lower() in SUCCESSES and not job.released(at):
            wish = job.submission
            yield Charge(
                at=job.created_at,
                model=wish.model,
                usd=job.price,
                api_key_id=job.api_key_id,
                images=len(wish.suffixes) if wish.kind == "image" else 0,
                seconds=wish.seconds if wish.kind == "video" else 0.0,
            )


def held_usd(sandbox: "Sandbox") -> Decimal:
    """The prices of the jobs that have not ended."""
    at = sandbox.clock()
    running = (job for job in sandbox.jobs.values() if job.status(at).lower() not in SUCCESSES and not job.released(at))
    return sum((job.price for job in running), Decimal(0))
