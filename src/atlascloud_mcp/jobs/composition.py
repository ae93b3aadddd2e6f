"""Settings become the core's parts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.atlas.kept import StartSoon
from atlascloud_mcp.atlas.library import Library
from atlascloud_mcp.errors import SetupError
from atlascloud_mcp.jobs.access import Access
from atlascloud_mcp.jobs.accounts import Accounts
from atlascloud_mcp.jobs.chatting.flow import Chats
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.delivering.delivery import Delivery
from atlascloud_mcp.jobs.following import Following
from atlascloud_mcp.jobs.generation import Generations
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.jobs.history import History
from atlascloud_mcp.jobs.models.chat_models import ChatModels
from atlascloud_mcp.jobs.models.choosing import Choosing
from atlascloud_mcp.jobs.models.offer import Offer
from atlascloud_mcp.jobs.records import Records
from atlascloud_mcp.jobs.result import UploadedFile
from atlascloud_mcp.jobs.uploading import Uploading, upload
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.settings import Settings
from atlascloud_mcp.storage.cache import CacheFolder
from atlascloud_mcp.storage.database import Database
from atlascloud_mcp.storage.folders import Folders
from atlascloud_mcp.storage.journal import Journal
from atlascloud_mcp.storage.key_file import read_key
from atlascloud_mcp.storage.places import default_data_dir
from atlascloud_mcp.storage.presence import Presence
from atlascloud_mcp.storage.uploads import Uploads

JOURNAL = "jobs.db"


@dataclass(frozen=True, slots=True)
class Core:
    """What the tools work with: jobs made, followed and listed, models looked up and asked, the account read."""

    generations: Generations
    following: Following
    offer: Offer
    chats: Chats
    history: History
    accounts: Accounts
    upload: Callable[[str, Patience], Awaitable[UploadedFile]]
    aclose: Callable[[], Awaitable[None]]

    def use_roots(self, roots: Sequence[Path], settings_place: str) -> None:
        """What the client says about itself: its folders, and where its user sets variables."""
        self.following.use_roots(roots, settings_place)


def compose(  # noqa: PLR0913 - what a composition root is given, all by name
    settings: Settings,
    *,
    clock: Clock,
    grace: Grace,
    network: Network | None,
    working_dir: Path,
    settings_place: str,
    start_soon: StartSoon,
) -> Core:
    """The core for these settings. `start_soon` starts work that no call waits for.

    Raises:
        SetupError: a setting cannot be used.
    """
    _refuse_fatal(settings, settings_place)
    atlas = _atlas(settings, settings_place, clock, network)
    folders = _folders(settings, working_dir, settings_place)
    data = _data(settings)
    choosing = Choosing(Library(atlas, CacheFolder(data / "cache"), clock, start_soon), settings)
    delivery = Delivery(atlas, clock=clock, preview=settings.preview == "auto", sidecar=settings.sidecar)
    database = Database(data / JOURNAL)
    access = Access(clock)
    records = _records(settings, database, access, clock, atlas.account)
    uploading = Uploading(atlas, Uploads(database), access, clock)
    following = Following(atlas, folders, delivery, records, uploading, clock=clock)
    return Core(
        Generations(atlas, choosing, following, clock=clock, grace=grace),
        following,
        Offer(choosing),
        Chats(atlas, ChatModels(choosing, settings), following, clock=clock, sidecar=settings.sidecar),
        History(atlas, choosing, following, clock),
        Accounts(atlas, clock),
        lambda path, patience: upload(path, patience, uploading=uploading, folders=following.folders, clock=clock),
        partial(_close, atlas, database, records),
    )


def _atlas(settings: Settings, settings_place: str, clock: Clock, network: Network | None) -> AtlasClient:
    return AtlasClient(
        settings.base_url,
        key=partial(_key, settings, settings_place),
        time=clock,
        network=network,
        download_hosts=settings.download_hosts,
    )


def records_of(settings: Settings, clock: Clock) -> Records:
    """The journal for whoever only reads and forgets: no API key is needed."""

    async def nobody() -> str:
        raise SetupError("Without a key no job is written down.")

    return _records(settings, Database(_data(settings) / JOURNAL), Access(clock), clock, nobody)


def _records(
    settings: Settings, database: Database, access: Access, clock: Clock, account: Callable[[], Awaitable[str]]
) -> Records:
    presence = Presence(_data(settings) / "running")
    return Records(Journal(database), presence, access, account, clock, retention_days=settings.retention_days)


def _data(settings: Settings) -> Path:
    return settings.data_dir or default_data_dir()


async def _close(atlas: AtlasClient, database: Database, records: Records) -> None:
    await anyio.to_thread.run_sync(database.close)
    await anyio.to_thread.run_sync(records.close)
    await atlas.aclose()


def _refuse_fatal(settings: Settings, settings_place: str) -> None:
    fatal = [problem.message for problem in settings.problems if problem.fatal]
    if fatal:
        raise SetupError(
            " ".join(fatal), next_step=f"The user should correct it in {settings_place}, then restart this MCP server."
        )


def _folders(settings: Settings, working_dir: Path, settings_place: str) -> Folders:
    return Folders(
        working_dir,
        output_dir=settings.output_dir,
        allowed_dirs=settings.allowed_dirs,
        setting_hint=settings_place,
    )


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
