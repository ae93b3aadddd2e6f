"""`atlascloud-mcp demo`: each kind of thing that Atlas Cloud makes, by the real server over a real stdio connection."""

import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeAlias, cast

import anyio
from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, Implementation, TextContent

from atlascloud_mcp import __version__
from atlascloud_mcp.cli.screen import Screen
from atlascloud_mcp.jobs.companion import beside
from atlascloud_mcp.jobs.models.describing import usd

PROMPT = "A lighthouse above a sea of clouds at dawn"
JOB_SECONDS = 0.6
REDRAW_S = 0.1
SPEECH = "Good evening. The lighthouse is lit, and the fog is coming in. Keep to the left of the rocks."
ROWS = 4  # of what a search or a list finds
MOST_SHOWN = 160  # characters of a text
ABOUT = {"application/zip": ", the same mesh again, as OBJ too"}

Step: TypeAlias = tuple[str, dict[str, Any]]


def steps(prompt: str, *, live: bool) -> tuple[Step, ...]:
    """The calls, each with the tool's name; a file that an earlier one made is named as that one asked for it.

    What is dear is left out where it is billed.
    """
    shape = {"aspect_ratio": "16:9"}
    cheap: tuple[Step, ...] = (
        ("generate_image", {"prompt": prompt, **shape, "save_to": "demo.png"}),
        (
            "generate_image",
            {"prompt": "The same scene at night", "images": ["demo.png"], **shape, "save_to": "demo-edited.png"},
        ),
    )
    heard: tuple[Step, ...] = (
        ("generate_audio", {"prompt": SPEECH, "kind": "speech", "save_to": "demo-speech.wav"}),
        ("transcribe_audio", {"audio": "demo-speech.wav", "speakers": True, "save_to": "demo-transcript.srt"}),
        ("chat", {"prompt": "What is in this picture?", "images": ["demo.png"], "save_to": "demo-chat.md"}),
    )
    film = {"prompt": "Slowly, day becomes night", "first_frame": "demo.png", "last_frame": "demo-edited.png"}
    dear: tuple[Step, ...] = (
        ("generate_video", {**film, "duration_seconds": 4, "resolution": "480p", "save_to": "demo-video.webm"}),
        ("generate_image", {"prompt": "A lighthouse on a rock", "output_format": "glb", "save_to": "demo-mesh.glb"}),
        ("generate_audio", {"prompt": "A calm sea at dawn", "kind": "music", "save_to": "demo-music.wav"}),
    )
    search: Step = ("search_models", {"query": "seedance", "type": "video"})
    # Not every key may read the balance.
    return (*cheap, *heard, search) if live else (*cheap, *dear, *heard, search, ("get_account", {}))


@dataclass(frozen=True, slots=True)
class Backend:
    """What the server talks to: its variables, how long a job usually takes, and whether it bills."""

    environ: Mapping[str, str]
    expected_s: float
    live: bool


def run(prompt: str | None, *, output: Path | None, live: bool) -> int:
    """Run the demo; 0 when everything is on the disk."""
    environ = dict(os.environ)  # noqa: TID251 - handed on to the server's process
    screen = Screen(sys.stdout, plain="NO_COLOR" in environ or environ.get("TERM") == "dumb")
    try:
        folder = (output or Path(tempfile.mkdtemp(prefix="atlascloud-demo-"))).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        backend = _live(environ, folder) if live else _sandbox(environ, folder)
        worked = anyio.run(_demo, screen, prompt or PROMPT, folder, backend)
    except OSError as error:
        screen.line(f"The folder cannot be used: {error}. Name another with --output.")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if worked else 1


async def _demo(screen: Screen, prompt: str, folder: Path, backend_made: AbstractAsyncContextManager[Backend]) -> bool:
    """Whether every call worked."""
    began = monotonic()
    async with backend_made as backend:
        where = "the real API: this is billed to your key" if backend.live else "its sandbox: no key, no bill"
        screen.title(f"Atlas Cloud MCP server {__version__}, with {where}")
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "atlascloud_mcp"], env=dict(backend.environ), cwd=folder
        )
        async with Client(server, client_info=Implementation(name="atlascloud-demo", version=__version__)) as client:
            tools = (await client.list_tools()).tools
            screen.detail(f"started over stdio in {monotonic() - began:.1f} s, MCP {client.protocol_version}")
            screen.wrapped("tools: " + ", ".join(tool.name for tool in tools))
            made: dict[str, str] = {}
            for tool, arguments in steps(prompt, live=backend.live):
                outputs = await _step(screen, client, backend, tool, _with_names(arguments, made))
                if outputs is None:
                    return False
                if outputs:
                    made[arguments["save_to"]] = Path(outputs[0]["path"]).name
    screen.line()
    screen.title(f"Files in {folder}")
    if backend.live:
        screen.detail("A video, a mesh and music are left out where they are billed; ask your assistant for them.")
    else:
        screen.detail("The sandbox made them; with a key, Atlas Cloud's models do. README says how to set it up.")
    return True


def _with_names(arguments: dict[str, Any], made: Mapping[str, str]) -> dict[str, Any]:
    """The arguments with the names that the files of this run have: a taken name was numbered."""

    def actual(value: object) -> object:
        if isinstance(value, list):
            return [actual(each) for each in cast("list[object]", value)]
        return made.get(value, value) if isinstance(value, str) else value

    return {name: actual(value) for name, value in arguments.items()}


async def _step(
    screen: Screen, client: Client, backend: Backend, tool: str, arguments: dict[str, Any]
) -> list[dict[str, Any]] | None:
    """One call, shown as it goes: its outputs, all saved; None when it did not do what it should."""
    screen.line()
    screen.wrapped(f"{tool} {json.dumps(arguments, ensure_ascii=False)}")
    result = await _call(screen, client, backend, tool, arguments)
    fields: dict[str, Any] = result.structured_content or {}
    if result.is_error:
        screen.line(f"That did not work. The server says:\n{_text(result)}")
        return None
    if "models" in fields:
        screen.done(f"{fields['total']} models found")
        for row in fields["models"][:ROWS]:
            screen.detail(f"    {row['id']}, {row['price']}, {row['takes']}")
        if (more := fields["total"] - ROWS) > 0:
            screen.detail(f"    and {more} more")
        return []
    if "balance" in fields:
        screen.done(f"${fields['balance']['available_usd']} left")
        return []
    outputs: list[dict[str, Any]] = fields.get("outputs", [])
    if not all("path" in output for output in outputs) or not outputs:
        screen.line(f"Nothing was saved. The server says:\n{_text(result)}")
        return None
    usage: dict[str, int] = fields.get("usage") or {}
    tokens = f", {usage.get('input_tokens', 0) + usage.get('output_tokens', 0)} tokens" if usage else ""
    cost = f", {usd(fields['cost_usd'])}" if "cost_usd" in fields else tokens
    pretend = " (pretended)" if fields.get("sandbox") and cost else ""
    screen.done(f"{fields['model']}, {fields['elapsed_seconds']} s{cost}{pretend}")
    for output in outputs:
        screen.line(f"    {output['path']}")
        size = f"{output['width']}x{output['height']} " if "width" in output else ""
        length = f"{output['duration_seconds']} s " if "duration_seconds" in output else ""
        about = ABOUT.get(output["mime_type"], "")
        screen.detail(f"    {size}{length}{output['mime_type']}, {_kilobytes(output['bytes'])}{about}")
        if text := " ".join(output.get("text", "").split()):
            screen.wrapped("    “" + (text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…") + "”")
    return outputs


def _kilobytes(count: int) -> str:
    return f"{count // 1024} kB" if count >= 1024 else f"{count} bytes"


async def _call(
    screen: Screen, client: Client, backend: Backend, tool: str, arguments: dict[str, Any]
) -> CallToolResult:
    """The call, with its progress notifications on the screen."""
    began = monotonic()
    said = "starting"

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - MCP's
        nonlocal said
        said = message or said

    async def draw() -> None:
        while True:
            screen.progress(monotonic() - began, backend.expected_s, said)
            await anyio.sleep(REDRAW_S)

    with screen.bar():
        return await beside(draw, partial(client.call_tool, tool, arguments, progress_callback=on_progress))


@asynccontextmanager
async def _sandbox(environ: Mapping[str, str], folder: Path) -> AsyncGenerator[Backend]:
    """A sandbox in this process, and an environment that holds none of the user's settings."""
    from atlascloud_mcp.sandbox.app import create_app  # noqa: PLC0415 - only this demo needs it
    from atlascloud_mcp.sandbox.serve import serve  # noqa: PLC0415 - as above
    from atlascloud_mcp.sandbox.state import Sandbox  # noqa: PLC0415 - as above

    own = {name: value for name, value in environ.items() if not name.startswith("ATLASCLOUD_")}
    sandbox = Sandbox(job_seconds=JOB_SECONDS, price_per_image=None)
    with tempfile.TemporaryDirectory(prefix="atlascloud-demo-data-", ignore_cleanup_errors=True) as data:
        async with serve(create_app(sandbox)) as base_url:
            settings = {
                "ATLASCLOUD_BASE_URL": base_url,
                "ATLASCLOUD_API_KEY": "sandbox-key",
                "ATLASCLOUD_DATA_DIR": data,
                **_folders(folder),
            }
            yield Backend({**own, **settings}, expected_s=JOB_SECONDS, live=False)


@asynccontextmanager
async def _live(environ: Mapping[str, str], folder: Path) -> AsyncGenerator[Backend]:
    """The real API, with the user's own settings but for the folder."""
    yield Backend({**environ, **_folders(folder)}, expected_s=10.0, live=True)


def _folders(folder: Path) -> dict[str, str]:
    return {"ATLASCLOUD_OUTPUT_DIR": str(folder), "ATLASCLOUD_ALLOWED_DIRS": str(folder)}


def _text(result: CallToolResult) -> str:
    return "\n".join(part.text for part in result.content if isinstance(part, TextContent))
