"""Which folders are open: the setting's, else the client's own, else the working directory's."""

from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import INTERNAL_ERROR, ErrorData, ListRootsResult, Root
from pydantic import FileUrl

from world import World, failure_of, fields_of, png


class Roots:
    """A client's answer to `roots/list`, and how often it was asked."""

    def __init__(self, *folders: Path, world: World | None = None, delay_s: float = 0, fails: bool = False) -> None:
        self._folders = folders
        self._world = world
        self._delay_s = delay_s
        self._fails = fails
        self.asked = 0

    async def __call__(self, _context: Any) -> ListRootsResult | ErrorData:
        self.asked += 1
        if self._world:
            await self._world.clock.sleep(self._delay_s)
        if self._fails:
            return ErrorData(code=INTERNAL_ERROR, message="no roots today")
        roots = [Root(uri=FileUrl(folder.as_uri())) for folder in self._folders]
        return ListRootsResult(roots=[*roots, Root(uri=FileUrl("file://elsewhere/share"))])


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "work space"
    folder.mkdir()
    (folder / "cat.png").write_bytes(png())
    return folder


async def uploaded(client: Client, path: str) -> Any:
    return await client.call_tool("upload_media", {"path": path})


async def test_a_handshake_client_s_roots_are_open_and_asked_for_once(tmp_path: Path, workspace: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": ""})
    roots = Roots(workspace)
    async with world.client(mode="legacy", list_roots_callback=roots) as client:
        assert roots.asked == 0
        assert fields_of(await uploaded(client, "cat.png"))["file_name"] == "cat.png"
        assert fields_of(await uploaded(client, str(workspace / "cat.png")))["file_name"] == "cat.png"
    assert roots.asked == 1


async def test_calls_side_by_side_all_get_the_roots(tmp_path: Path, workspace: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": ""})
    roots = Roots(workspace, world=world, delay_s=0.5)
    results: list[Any] = []
    async with world.client(mode="legacy", list_roots_callback=roots) as client:

        async def one() -> None:
            results.append(await uploaded(client, "cat.png"))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(one)
    assert [result.is_error for result in results] == [False, False, False]
    assert roots.asked == 1


async def test_a_call_without_a_path_asks_for_nothing(tmp_path: Path, workspace: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": ""})
    roots = Roots(workspace)
    async with world.client(mode="legacy", list_roots_callback=roots) as client:
        await client.call_tool("generate_image", {"prompt": "a", "images": ["https://x.io/a.png"], "dry_run": True})
    assert roots.asked == 0


async def test_the_setting_beats_the_roots(tmp_path: Path, workspace: Path) -> None:
    roots = Roots(workspace)
    async with World(tmp_path).client(mode="legacy", list_roots_callback=roots) as client:
        text = failure_of(await uploaded(client, str(workspace / "cat.png")))
    assert "outside the allowed folders" in text
    assert roots.asked == 0


@pytest.mark.parametrize("trouble", ["slow", "error", "none"])
async def test_a_client_that_names_no_roots_leaves_the_working_directory(tmp_path: Path, trouble: str) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": ""})
    (world.project / "dog.png").write_bytes(png())
    roots = Roots(world=world, delay_s=100 if trouble == "slow" else 0, fails=trouble == "error")
    options: dict[str, Any] = {} if trouble == "none" else {"list_roots_callback": roots}
    async with world.client(mode="legacy", **options) as client:
        assert fields_of(await uploaded(client, "dog.png"))["file_name"] == "dog.png"
    assert world.clock.elapsed == (1 if trouble == "slow" else 0)


async def test_a_modern_client_is_not_asked(tmp_path: Path, workspace: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": ""})
    roots = Roots(workspace)
    async with world.client(list_roots_callback=roots) as client:
        assert "outside the allowed folders" in failure_of(await uploaded(client, str(workspace / "cat.png")))
    assert roots.asked == 0


async def test_a_placeholder_that_the_host_did_not_fill_in_opens_nothing_and_hinders_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, {"ATLASCLOUD_ALLOWED_DIRS": "${workspaceFolder}"})
    (world.project / "dog.png").write_bytes(png())
    async with world.client() as client:
        assert fields_of(await uploaded(client, "dog.png"))["file_name"] == "dog.png"
        text = failure_of(await uploaded(client, "${workspaceFolder}/dog.png"))
    assert "placeholder" in text


async def test_a_refusal_names_the_setting_and_its_place_in_this_host(tmp_path: Path) -> None:
    async with World(tmp_path).client("visual-studio-code") as client:
        text = failure_of(await uploaded(client, "/etc/hosts.png"))
    assert "ATLASCLOUD_ALLOWED_DIRS (set it in the `env` block in .vscode/mcp.json)" in text
