"""The figures that README and docs quote, measured here and now: `make bench`."""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import anyio.to_thread
import bpe_openai  # pyright: ignore[reportMissingTypeStubs] - it has types and no py.typed
import httpx
from mcp import Client, StdioServerParameters
from mcp_types import EmptyResult, PingRequest
from PIL import Image

from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.jobs.result import JobResult, Output
from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.catalogue import listing
from atlascloud_mcp.sandbox.serve import serve
from atlascloud_mcp.sandbox.state import Sandbox
from atlascloud_mcp.server import INSTRUCTIONS, build_server
from atlascloud_mcp.settings import load
from atlascloud_mcp.tools.results import job_fields, job_text

RUNS = 10
GENERATIONS = 200  # with a journal and without, in turns
READS = 300  # of each kind, in turns
QUERY = {"query": "nano banana"}
CATALOGUE_BYTES = 800_000
HERE = Path(__file__).parent
Image.new("RGB", (64, 64), "teal").save(_picture := BytesIO(), "PNG")
PICTURE = _picture.getvalue()
MESSAGES: Sequence[dict[str, Any]] = (
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
)
tokens: Callable[[str], int] = lambda text: len(bpe_openai.get_encoding("o200k_base").encode(text))  # noqa: E731


def without_network() -> list[str]:
    """A prefix that takes the network away, where this system and user can."""
    prefix = ["unshare", "--net"]
    try:
        possible = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    return prefix if possible else []


def start(command: Sequence[str]) -> float:
    """Seconds from the start of a process to its answered `tools/list`."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("".join(json.dumps(message) + "\n" for message in MESSAGES).encode())
        process.stdin.flush()
        process.stdout.readline()
        assert b'"tools"' in process.stdout.readline()
        took = time.perf_counter() - began
        process.kill()
    return took


def startup() -> None:
    """Ours and a bare MCPServer with the same signatures, in turns."""
    prefix = without_network()
    commands = ([sys.executable, str(HERE / "bare_server.py")], [sys.executable, "-m", "atlascloud_mcp"])
    runs = [[start([*prefix, *command]) for command in commands] for _ in range(RUNS + 1)][1:]
    bare, ours = (statistics.median(column) for column in zip(*runs, strict=True))
    network = "no network" if prefix else "network up (unshare is not to be had)"
    print(f"start to tools/list, median of {RUNS}, {network}: {ours:.3f} s, bare MCPServer {bare:.3f} s, ", end="")
    print(f"ratio {ours / bare:.3f}")


async def footprint() -> None:
    """What the tools and an answer cost the model."""
    total = 0
    for tool in await build_server(load({})).list_tools():
        count = tokens("\n".join((tool.name, tool.description or "", json.dumps(tool.input_schema))))
        total += count
        print(f"tokens (o200k) of {tool.name}: {count}")
    print(f"tokens of all tools: {total}; words of instructions: {len(INSTRUCTIONS.split())}")
    url = "https://storage.atlascloud.ai/outputs/".ljust(96, "a") + ".png"
    path = Path("/home/somebody/projects/website/public/".ljust(76, "a") + ".png")
    output = Output(url=url, path=path, mime_type="image/png", bytes=1_234_567, width=1344, height=768)
    result = JobResult(
        "completed",
        "6fca9369e2fa4998a0fcad1e61bdd30a",
        "black-forest-labs/flux-schnell",
        (output,),
        0.003,
        elapsed_seconds=8.3,
        seed=42,
    )
    structured = tokens(json.dumps(job_fields(result)))
    print(f"tokens of an answer: text {tokens(job_text(result))}, structured content {structured}")


async def concurrency() -> None:
    """64 generations at once against one, over a real socket; drawing is left out by one small picture for all."""
    async with serve(create_app(sandbox := Sandbox(job_seconds=3.0))) as base_url:
        sandbox.balance_usd = 1000
        with tempfile.TemporaryDirectory() as folder:
            environ = {
                "ATLASCLOUD_BASE_URL": base_url,
                "ATLASCLOUD_API_KEY": "sandbox-key",
                "ATLASCLOUD_OUTPUT_DIR": folder,
                "ATLASCLOUD_DATA_DIR": folder,
            }
            async with Client(build_server(load(environ))) as client:
                arguments = {"prompt": "a fox", "width": 64, "height": 64, "seed": 1}
                await client.call_tool("generate_image", arguments)
                times: list[float] = []
                for count in (1, 64):
                    began = time.perf_counter()
                    async with anyio.create_task_group() as group:
                        for _ in range(count):
                            group.start_soon(client.call_tool, "generate_image", arguments)
                    times.append(time.perf_counter() - began)
    print(f"64 generations at once: {times[1]:.2f} s, one: {times[0]:.2f} s, ratio {times[1] / times[0]:.2f}")


async def read_only() -> None:
    """A search with the catalogue at hand, and the SDK's own ping, over one pair of real pipes, in turns."""
    async with serve(create_app(Sandbox())) as base_url:
        with tempfile.TemporaryDirectory() as folder:
            environ = {"ATLASCLOUD_BASE_URL": base_url, "ATLASCLOUD_DATA_DIR": folder, "ATLASCLOUD_OUTPUT_DIR": folder}
            server = StdioServerParameters(
                command=sys.executable, args=["-m", "atlascloud_mcp"], env={**os.environ, **environ}
            )
            async with Client(server, mode="legacy") as client:  # ping is of that era
                await client.call_tool("search_models", QUERY)
                searches: list[float] = []
                pings: list[float] = []
                for _ in range(READS):
                    began = time.perf_counter()
                    await client.call_tool("search_models", QUERY)
                    searched = time.perf_counter()
                    await client.session.send_request(PingRequest(), EmptyResult)
                    searches.append(searched - began)
                    pings.append(time.perf_counter() - searched)
    search, ping = (1000 * statistics.median(times) for times in (searches, pings))
    print(f"search_models, warm: {search:.2f} ms, SDK ping: {ping:.2f} ms, ratio {search / ping:.2f}")


def padded_catalogue() -> bytes:
    """The sandbox's catalogue with descriptions as long as make it as large as the real one."""
    payload: dict[str, Any] = json.loads(listing("https://api.atlascloud.ai", "flat").body)
    entries: list[dict[str, Any]] = payload["data"]
    spare = CATALOGUE_BYTES - len(json.dumps(payload, ensure_ascii=False))
    text = "Makes pictures of what it is told - with text in them, too.\n" * 40
    for entry in entries:
        entry["profile"] = (text * (1 + spare // len(entries) // len(text)))[: spare // len(entries)]
    return json.dumps(payload, ensure_ascii=False).encode()


async def first_search(body: bytes) -> tuple[float, float]:
    """Seconds of a server's first search, and the longest in which its loop could do nothing else."""

    async def tick() -> None:
        nonlocal gap
        last = time.perf_counter()
        while True:
            await anyio.sleep(0.0005)
            now = time.perf_counter()
            gap, last = max(gap, now - last), now

    gap = took = 0.0
    network = Network(httpx.MockTransport(lambda _: httpx.Response(200, content=body)), public)
    with tempfile.TemporaryDirectory() as folder:
        settings = load({"ATLASCLOUD_DATA_DIR": folder, "ATLASCLOUD_OUTPUT_DIR": folder})
        async with Client(build_server(settings, network=network)) as client, anyio.create_task_group() as group:
            await client.list_tools()
            group.start_soon(tick)
            await anyio.sleep(0.01)
            began = time.perf_counter()
            answer = await client.call_tool("search_models", QUERY)
            took = time.perf_counter() - began
            await anyio.sleep(0.01)
            group.cancel_scope.cancel()
            assert not answer.is_error
    return took, gap


async def cold_catalogue() -> None:
    """A catalogue of the real one's size, read and searched for the first time; imports are done before."""
    body = padded_catalogue()
    runs = [await first_search(body) for _ in range(RUNS + 1)][1:]
    took, gap = (1000 * statistics.median(column) for column in zip(*runs, strict=True))
    size = len(body) / 1000
    print(f"catalogue, cold: {size:.0f} kB parsed and searched in {took:.0f} ms, longest gap of the loop {gap:.0f} ms")


def finished_at_once(request: httpx.Request) -> httpx.Response:
    """A service whose jobs have ended when they are submitted: what is left of a generation's time is ours."""
    if request.method == "POST" and request.url.path.endswith("/generateImage"):
        data = {"id": uuid4().hex, "status": "completed", "outputs": ["https://outputs.test/a.png"]}
        return httpx.Response(200, json={"code": 200, "data": data})
    if request.url.host == "outputs.test":
        return httpx.Response(200, content=PICTURE, headers={"Content-Type": "image/png"})
    return httpx.Response(200, json={"code": 200, "data": []})


async def public(_host: str, _port: int) -> list[str]:
    """Every name is at a public address."""
    return ["93.184.216.34"]


@asynccontextmanager
async def generating(folder: Path, retention_days: int) -> AsyncGenerator[Callable[[], Awaitable[float]]]:
    """What makes one picture, and tells how many milliseconds that took."""
    settings = load(
        {
            "ATLASCLOUD_API_KEY": "key",
            "ATLASCLOUD_OUTPUT_DIR": str(folder / "output"),
            "ATLASCLOUD_DATA_DIR": str(folder / "data"),
            "ATLASCLOUD_RETENTION_DAYS": str(retention_days),
        }
    )
    network = Network(httpx.MockTransport(finished_at_once), public)
    async with Client(build_server(settings, network=network)) as client:

        async def one() -> float:
            began = time.perf_counter()
            answer = await client.call_tool("generate_image", {"prompt": uuid4().hex})
            assert not answer.is_error, answer
            return 1000 * (time.perf_counter() - began)

        await one()
        yield one


async def journal() -> None:
    """What it costs a generation that its job is in the journal, in turns with one that is in none."""
    for rows in (0, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            async with generating(Path(folder, "on"), 90) as on, generating(Path(folder, "off"), 0) as off:
                if rows:
                    await anyio.to_thread.run_sync(fill, Path(folder, "on", "data", "jobs.db"), rows)
                times = [(await on(), await off()) for _ in range(GENERATIONS)]
        with_it, without = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"a generation beside {rows} rows: {with_it:.1f} ms, without journal {without:.1f} ms, ", end="")
        print(f"the journal costs {with_it - without:.1f} ms at the median of {GENERATIONS}")


def fill(path: Path, count: int) -> None:
    """So many earlier jobs, as the one in the journal."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO jobs (uid, account, key, process, created_at, prediction_id, is_open, is_delivered, record) "
            "SELECT 'old' || i, account, key || i, '', created_at - i, 'id' || i, i % 100 = 0, 1, record FROM jobs, n",
            (count,),
        )


if __name__ == "__main__":
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores")
    startup()
    anyio.run(footprint)
    anyio.run(read_only)
    anyio.run(cold_catalogue)
    anyio.run(journal)
    anyio.run(concurrency)
