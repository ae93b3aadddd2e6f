"""Settings become the core's parts."""

from functools import partial
from pathlib import Path

import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.errors import SetupError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.generation import Generations
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.settings import Settings
from atlascloud_mcp.storage.folders import Folders
from atlascloud_mcp.storage.key_file import read_key


def compose(
    settings: Settings,
    *,
    clock: Clock,
    grace: Grace,
    network: Network | None,
    working_dir: Path,
    settings_place: str,
) -> Generations:
    """The core for these settings.

    Raises:
        SetupError: a setting cannot be used.
    """
    fatal = [problem.message for problem in settings.problems if problem.fatal]
    if fatal:
        raise SetupError(
            " ".join(fatal), next_step=f"The user should correct it in {settings_place}, then restart this MCP server."
        )
    atlas = AtlasClient(
        settings.base_url,
        key=partial(_key, settings, settings_place),
        time=clock,
        network=network,
        download_hosts=settings.download_hosts,
    )
    folders = Folders(
        working_dir,
        output_dir=settings.output_dir,
        allowed_dirs=settings.allowed_dirs,
        setting_hint=settings_place,
    )
    return Generations(settings, atlas, folders, clock=clock, grace=grace)


async def _key(settings: Settings, settings_place: str) -> str:
    """The API key; a key file is read again each time, so that it can be put right without a restart.

    Raises:
        SetupError: there is none.
    """
    if settings.api_key:
        return settings.api_key.get_secret_value()
    if settings.api_key_file:
        return await anyio.to_thread.run_sync(read_key, settings.api_key_file)
    problem = " ".join(filter(None, (settings.problem_of("api_key"), settings.problem_of("api_key_file"))))
    raise SetupError(
        f"There is no API key. {problem}".strip(),
        next_step=f"The user should set ATLASCLOUD_API_KEY (from the Atlas Cloud console) in {settings_place}, then "
        "restart this MCP server in the host.",
    )
