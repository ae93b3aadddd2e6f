"""One local file becomes a temporary URL."""

import anyio.to_thread

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.errors import InvalidRequest, ServiceError
from atlascloud_mcp.jobs.clock import Clock
from atlascloud_mcp.jobs.request import is_url
from atlascloud_mcp.jobs.result import UploadedFile
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.storage.folders import Folders


async def upload(path: str, patience: Patience, *, atlas: AtlasClient, folders: Folders, clock: Clock) -> UploadedFile:
    """Upload one local file.

    Raises:
        AtlasCloudError: not allowed, not media, or not uploaded.
    """
    if is_url(path):
        raise InvalidRequest("This is a URL already.", next_step="Pass it directly to the tool that makes something.")
    with (
        await anyio.to_thread.run_sync(folders.open_media, path) as file,
        clock.move_on_after(patience.wait_s),
    ):
        uploaded = await atlas.upload(file, file.media.mime_type)
        return UploadedFile(uploaded.url, file.name, file.media.mime_type, file.size, uploaded.sandbox)
    raise ServiceError(
        f"The upload took longer than this call may take ({patience.wait_s:.0f} s) and was given up.",
        next_step="Pass a smaller file, or have the user raise ATLASCLOUD_MAX_WAIT where the host allows it.",
    )
