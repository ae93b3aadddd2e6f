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
from atlascloud_mcp.jobs.callers import Caller, Callers
from atlascloud_mcp.jobs.clock import Clock, SystemClock
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.settings import Settings
from atlascloud_mcp.tools import account, audio, chat, generate, media, models, predictions
from atlascloud_mcp.tools.calls import observe_calls
from atlascloud_mcp.tools.registry import build_tool

if TYPE_CHECKING:
    from atlascloud_mcp.atlas.connection import Network
    from atlascloud_mcp.atlas.kept import StartSoon
    from atlascloud_mcp.jobs.composition import Core
    from atlascloud_mcp.jobs.waiting import Patience

logger = logging.getLogger(__name__)

INSTRUCTIONS = """\
Makes pictures, 3D meshes, videos, speech, music and transcripts with Atlas Cloud's models; the user pays for each.
generate_image, generate_video, generate_audio and transcribe_audio do it in one call: submit, wait, save, answer with
path, URL and cost.
chat asks a language model; its answer cannot be fetched again.
Name no model unless the user wants a certain one; search_models finds others with prices, get_model explains one.
Pass local files by their paths. Put results into the project with `save_to`, e.g. "public/hero.webp".
On `status: running` the job goes on: call get_prediction. The same call again joins a job that was not delivered.
Tell the user the saved path and the cost.
"""

# In this order in every listing: what a user asks for first comes first.
TOOLS = (
    *(generate.IMAGE, *predictions.TOOLS, *media.TOOLS, generate.VIDEO, audio.AUDIO, audio.TRANSCRIPT),
    *(*chat.TOOLS, *models.TOOLS, predictions.LIST, *account.TOOLS),
)


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
    callers: Callers = field(default_factory=Callers)
    start_soon: "StartSoon" = field(kw_only=True)
    _core: "Core | None" = field(default=None)

    def patience(self, wait_s: float, longest_s: float, caller: Caller | None) -> "Patience":
        """A wait of `wait_s` seconds that begins now, in a host that allows `longest_s`, by that call of it."""
        from atlascloud_mcp.jobs.waiting import Patience  # noqa: PLC0415 - see the module's docstring

        now = self.clock.monotonic()
        return Patience(now, wait_s, longest_s, caller or Caller(now, longest_s))

    def core(self, host: Host) -> "Core":
        """The core."""
        if self._core is None:
            from atlascloud_mcp.jobs.composition import compose  # noqa: PLC0415 - see the module's docstring

            self._core = compose(
                self.settings,
                clock=self.clock,
                grace=self.grace,
                network=self.network,
                working_dir=self.working_dir,
                settings_place=host.settings_place,
                start_soon=self.start_soon,
            )
        return self._core

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._core is not None:
            await self._core.aclose()


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
        async with anyio.create_task_group() as background:
            folder = working_dir or _working_dir()
            parts = Parts(settings, clock, grace, network, folder, start_soon=background.start_soon)
            try:
                yield parts
            finally:
                background.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await parts.aclose()
                on_closed()

    server = MCPServer(
        "atlascloud-mcp",
        title="Atlas Cloud",
        description="Pictures, meshes, videos, sound and text from Atlas Cloud models. Independent of Atlas Cloud.",
        instructions=INSTRUCTIONS,
        version=__version__,
        icons=[_icon()],
        tools=_tools(),
        lifespan=lifespan,
        log_level=settings.log_level,
    )
    server.middleware.append(observe_calls)
    return server


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
