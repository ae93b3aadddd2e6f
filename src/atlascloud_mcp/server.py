"""The composition root: settings become parts, parts become an MCP server.

What a start does not need (httpx, Pillow, the whole core) is imported when a call first asks for it.
"""

import base64
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp_types import Icon

from atlascloud_mcp import __version__
from atlascloud_mcp.hosts import Host
from atlascloud_mcp.jobs.clock import Clock, SystemClock
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.settings import Settings
from atlascloud_mcp.tools import generate, media, predictions
from atlascloud_mcp.tools.registry import build_tool

if TYPE_CHECKING:
    from atlascloud_mcp.atlas.connection import Network
    from atlascloud_mcp.jobs.generation import Generations
    from atlascloud_mcp.jobs.waiting import Patience

logger = logging.getLogger(__name__)

INSTRUCTIONS = """\
Makes pictures with Atlas Cloud models; each generation is paid by the user.
generate_image does everything in one call: it submits, waits, saves the files and answers with path, URL and cost.
Pass local files by their paths in `images`; upload_media is only for using one file in several calls.
Put results into the project with `save_to`, e.g. "public/hero.webp"; without it they go to the user's pictures folder.
When an answer says `status: running`, the job goes on: call get_prediction with its id. Do not repeat
generate_image, which would be another paid job. Tell the user the saved path and the cost.
"""

# In this order in every listing: what a user asks for first comes first.
TOOLS = (*generate.TOOLS, *predictions.TOOLS, *media.TOOLS)


@dataclass(slots=True)
class Parts:
    """What the tools work with; the core is made by the first call that needs it."""

    settings: Settings
    clock: Clock
    grace: Grace
    network: "Network | None"
    working_dir: Path
    roots: tuple[Path, ...] | None = None
    asking_roots: anyio.Lock = field(default_factory=anyio.Lock)
    _generations: "Generations | None" = field(default=None)

    def patience(self, wait_s: float, longest_s: float) -> "Patience":
        """A wait of `wait_s` seconds that begins now, in a host that allows `longest_s`."""
        from atlascloud_mcp.jobs.waiting import Patience  # noqa: PLC0415 - see the module's docstring

        return Patience(self.clock.monotonic(), wait_s, longest_s)

    def generations(self, host: Host) -> "Generations":
        """The core."""
        if self._generations is None:
            from atlascloud_mcp.jobs.composition import compose  # noqa: PLC0415 - see the module's docstring

            self._generations = compose(
                self.settings,
                clock=self.clock,
                grace=self.grace,
                network=self.network,
                working_dir=self.working_dir,
                settings_place=host.settings_place,
            )
        return self._generations

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._generations is not None:
            await self._generations.aclose()


def build_server(
    settings: Settings,
    *,
    network: "Network | None" = None,
    clock: Clock | None = None,
    grace: Grace | None = None,
    working_dir: Path | None = None,
    on_closed: Callable[[], None] = lambda: None,
) -> MCPServer[Parts]:
    """The MCP server. `network` and `clock` are the seams for tests; `on_closed` is called when all is closed."""
    clock = clock or SystemClock()
    grace = grace or Grace(clock)

    @asynccontextmanager
    async def lifespan(_: MCPServer[Parts]) -> AsyncGenerator[Parts]:
        parts = Parts(settings, clock, grace, network, working_dir or _working_dir())
        try:
            yield parts
        finally:
            await parts.aclose()
            on_closed()

    return MCPServer(
        "atlascloud-mcp",
        title="Atlas Cloud",
        description="Pictures from Atlas Cloud models, saved as files. Independent of Atlas Cloud.",
        instructions=INSTRUCTIONS,
        version=__version__,
        icons=[_icon()],
        tools=_tools(),
        lifespan=lifespan,
        log_level=settings.log_level,
    )


def _working_dir() -> Path:
    """Where the host started us; the root folder, which is nobody's project, when that place is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return Path("/").resolve()


@cache
def _tools() -> list[Tool]:
    """The tools, which are the same for every server of a process."""
    return [build_tool(spec) for spec in TOOLS]


def _icon() -> Icon:
    """The icon as a data URI: nothing is fetched to show it."""
    svg = resources.files("atlascloud_mcp").joinpath("icon.svg").read_bytes()
    return Icon(
        src="data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii"),
        mime_type="image/svg+xml",
        sizes=["any"],
    )
