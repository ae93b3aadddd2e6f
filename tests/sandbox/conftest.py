from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import httpx
import pytest
from sandbox_town import Town

from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.state import Sandbox


@pytest.fixture
async def town() -> AsyncGenerator[Town]:
    """A sandbox in process, with a clock that only the test moves."""
    hands = [100.0]
    sandbox = Sandbox(clock=lambda: hands[0], now=lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))

    async def sleep(seconds: float) -> None:
        hands[0] += seconds

    sandbox.sleep = sleep
    transport = httpx.ASGITransport(create_app(sandbox))
    key = {"Authorization": "Bearer sandbox-key"}
    async with httpx.AsyncClient(transport=transport, base_url=sandbox.base_url, headers=key) as client:
        yield Town(sandbox, client, hands)
    sandbox.shelf.clear()
