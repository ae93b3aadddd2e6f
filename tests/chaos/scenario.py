"""One bad day, made from a number: faults of the service, hosts that give up and ask again, servers that are killed.

All of it in this process, on the fake clock, so that a number gives the same day again. A kill is a copy of the disk as
it is at that moment, with which the next server starts; the old one is cut off from the network and from its hosts.
"""

import json
import random
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import Client
from mcp_types import CallToolResult, Implementation
from PIL import Image

from atlascloud_mcp.sandbox.faults import Endpoint, Fault
from atlascloud_mcp.sandbox.shapes import SUBMIT_SHAPES
from atlascloud_mcp.storage.database import Database
from world import World, png, text_of

HOST_LIMIT_S = 60.5  # of a host that calls itself `mcp`: 60 s, and the way of an answer that came just then
MAX_WAIT_S = 150.0
SLACK_S = 12.0  # of a call beyond its wait: what shields a submit and a download
MOST_CALLS = 8  # of one wish in bad weather
HTML = "<html><body>502 Bad Gateway</body></html>"
FREE = ("/api/v1/models", "/api/v1/model/calculate")

LOST: tuple[Fault, ...] = (
    Fault(drop="before"),
    Fault(drop="after"),
    Fault(drop="mid-body", accept=True),
    Fault(body='{"code": 200, "data": {"id"', accept=True),
    Fault(status=502, body=HTML, accept=True),
    Fault(status=502, body=HTML),
    Fault(status=500),
    Fault(body={"code": 200, "data": {}}, accept=True),
    Fault(body=HTML, accept=True),
    Fault(delay_s=200.0),
    Fault(delay_s=8.0),
    Fault(drip_s=90.0),
    Fault(headers={"Content-Type": "text/plain"}),
    Fault(status=429),
    Fault(status=429, accept=True),
    Fault(status=429, headers={"Retry-After": "7"}),
)
READ: tuple[Fault, ...] = (
    Fault(drop="before"),
    Fault(drop="mid-body"),
    Fault(status=502, body=HTML),
    Fault(status=503),
    Fault(status=429),
    Fault(status=429, headers={"Retry-After": "4"}),
    Fault(body='{"code": 200'),
    Fault(body=[1]),
    Fault(delay_s=30.0),
    Fault(drip_s=12.0),
    Fault(headers={"Content-Type": "text/plain"}),
)
FAULTS: dict[Endpoint, tuple[Fault, ...]] = {
    "submit": LOST,
    "prediction": READ,
    "history": READ,
    "output": READ,
    "upload": READ,
}


@dataclass
class Wish:
    """Something that a user wants once. `files` is what he has got; a job that is meant to fail gets him none."""

    asked: dict[str, Any]
    begins_s: float
    fails: bool = False
    calls: int = 0
    files: list[str] = field(default_factory=list[str])
    is_over: bool = False


class Wire(httpx.AsyncBaseTransport):
    """What one server process has of the network, until it is killed at one of its requests."""

    def __init__(self, day: "Day", kill_at: int | None, moment: str) -> None:
        self._day = day
        self._kill_at = kill_at
        self._moment = moment
        self._count = 0
        self.killed = anyio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.killed.is_set():
            raise httpx.ConnectError("this process is dead", request=request)
        is_free = request.url.path in FREE or request.url.path.startswith("/model/schema/")
        self._count += not is_free
        is_last = self._count == self._kill_at and not is_free
        if is_last and self._moment == "before":
            self._kill(request)
        if not is_free and self._day.is_bad and self._day.random.random() < self._day.unreachable:
            raise httpx.ConnectError("no route", request=request)
        answer = await self._day.world.edge.handle_async_request(request)
        if is_last:
            self._kill(request)
        return await _as_error(answer) if self._day.is_bad and "/prediction/" in request.url.path else answer

    def _kill(self, request: httpx.Request) -> None:
        self._day.save_disk()
        self.killed.set()
        raise httpx.ConnectError("killed", request=request)


async def _as_error(answer: httpx.Response) -> httpx.Response:
    """A failed job, as Atlas Cloud tells of it once: with HTTP 500 around it."""
    content = await answer.aread()
    if b'"status":"failed"' not in content.replace(b" ", b""):
        return httpx.Response(answer.status_code, headers=_plain(answer), content=content)
    return httpx.Response(500, headers=_plain(answer), content=content)


def _plain(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}


class Day:
    """The scenario of one seed."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a scenario, not a secret
        self.world = World(folder, {"ATLASCLOUD_MAX_WAIT": str(MAX_WAIT_S)}, models=12)
        self.is_bad = True
        self.unreachable = self.random.choice([0.0, 0.0, 0.1])
        self.disks = 0
        self.longest_s = 0.0
        self.trouble: list[str] = []
        self._plan()

    def _plan(self) -> None:
        chance, sandbox = self.random, self.world.sandbox
        sandbox.job_seconds = chance.choice([1.0, 20.0, 55.0, 100.0])
        sandbox.submit_shape = chance.choice(SUBMIT_SHAPES)
        sandbox.prediction_shape = chance.choice(
            ("envelope", "bare", "string_code", "no_code", "minimal", "output_list")
        )
        (self.world.project / "cat.png").write_bytes(png())
        for endpoint, faults in FAULTS.items():
            for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
                sandbox.faults.add(endpoint, chance.choice(faults), after=chance.choice([0, 0, 0, 1, 3]))
        self.wishes: list[Wish] = []
        for number in range(chance.choice([1, 1, 2, 3])):
            asked: dict[str, Any] = {"prompt": f"a red fox {number}", "width": 64, "height": 64}
            if chance.random() < 0.25:
                asked = {"prompt": f"make it blue {number}", "images": ["cat.png"]}
            fails = chance.random() < 0.1
            asked = {**asked, "prompt": "fail-test"} if fails else asked
            begins_s = chance.choice([0.0, 1.0, 10.0])
            equal = 1 if fails else chance.choice([1, 1, 1, 2, 3])
            self.wishes += [Wish(asked, begins_s + 0.5 * each, fails) for each in range(equal)]
        self.kills = [chance.randrange(1, 9) for _ in range(chance.choice([0, 0, 1, 1, 2]))]

    def save_disk(self) -> None:
        """The disk as a killed process leaves it."""
        self.disks += 1
        old = Path(self.world.environ.get("ATLASCLOUD_DATA_DIR", self.world.folder / "data"))
        new = self.world.folder / f"data-{self.disks}"
        if old.exists():
            shutil.copytree(old, new, ignore_dangling_symlinks=True)
        self.world.environ["ATLASCLOUD_DATA_DIR"] = str(new)

    async def run(self) -> None:
        """Live through it, and through the calm after it."""
        async with self.world.clock.running():
            for kill_at in [*self.kills, None]:
                await self._live(kill_at)
            self.is_bad = False
            self.world.sandbox.faults.clear()
            async with self._server(None) as (client, _), anyio.create_task_group() as group:
                for wish in self.wishes:
                    group.start_soon(self._in_calm, client, wish)
            async with self._server(None) as (client, _):
                await self._fetch_all(client)

    async def _live(self, kill_at: int | None) -> None:
        async with self._server(kill_at) as (client, wire), anyio.create_task_group() as group:

            async def until_killed() -> None:
                await wire.killed.wait()
                group.cancel_scope.cancel()

            async def everyone() -> None:
                async with anyio.create_task_group() as hosts:
                    for wish in self.wishes:
                        hosts.start_soon(self._want, client, wish)
                group.cancel_scope.cancel()

            group.start_soon(until_killed)
            group.start_soon(everyone)

    @asynccontextmanager
    async def _server(self, kill_at: int | None) -> AsyncGenerator[tuple[Client, Wire]]:
        wire = Wire(self, kill_at, self.random.choice(["before", "after", "after"]))
        server = self.world.server(wire)
        async with Client(server, client_info=Implementation(name="mcp", version="1")) as client:
            yield client, wire

    async def _want(self, client: Client, wish: Wish) -> None:
        """One host: it calls, gives up, calls again, until it has what its user wants or is tired of it."""
        await self.world.clock.sleep(wish.begins_s)
        async with anyio.create_task_group() as left_behind:
            while not wish.is_over and wish.calls < MOST_CALLS:
                wish.calls += 1
                result = await self._once(client, wish, left_behind)
                if result is not None:
                    self._take(wish, result)
                if not wish.is_over:
                    await self._after(client, wish, result)
            left_behind.cancel_scope.cancel()

    async def _once(self, client: Client, wish: Wish, left_behind: anyio.abc.TaskGroup) -> CallToolResult | None:
        """One call; None where the host does not wait for its answer."""
        manner = self.random.choice(["waits", "waits", "cancels", "leaves"])
        if manner == "cancels":
            with self.world.clock.move_on_after(self.random.choice([0.2, 3.0, 12.0, 40.0])):
                return await self._call(client, "generate_image", wish.asked)
            return None
        answers: list[CallToolResult] = []
        answered = anyio.Event()

        async def wait() -> None:
            answers.append(await self._call(client, "generate_image", wish.asked))
            answered.set()

        left_behind.start_soon(wait)
        with self.world.clock.move_on_after(HOST_LIMIT_S if manner == "leaves" else MAX_WAIT_S + SLACK_S):
            await answered.wait()
        return answers[0] if answers else None

    async def _call(self, client: Client, tool: str, arguments: dict[str, Any]) -> CallToolResult:
        began = self.world.clock.elapsed
        result = await client.call_tool(tool, arguments)
        took = self.world.clock.elapsed - began
        self.longest_s = max(self.longest_s, took)
        if took > MAX_WAIT_S + SLACK_S:
            self.trouble.append(f"{tool} took {took:.0f} s")
        if "defect of this server" in text_of(result):
            self.trouble.append(text_of(result))
        return result

    def _take(self, wish: Wish, result: CallToolResult) -> None:
        text, fields = text_of(result), _fields(result)
        if result.is_error:
            wish.is_over = wish.fails and "The job failed" in text
        elif fields["status"] == "completed":
            wish.files = [output["path"] for output in fields["outputs"] if "path" in output]
            wish.is_over = bool(wish.files)

    async def _after(self, client: Client, wish: Wish, result: CallToolResult | None) -> None:
        """What an assistant does next: call again, or as it was told."""
        fields = _fields(result)
        if fields.get("status") in {"running", "completed"} and self.random.random() < 0.5:
            fetched = await self._call(client, "get_prediction", {"prediction_id": fields["prediction_id"]})
            self._take(wish, fetched)
            return
        await self.world.clock.sleep(self.random.choice([0.1, 6.0, 20.0]))

    async def _in_calm(self, client: Client, wish: Wish) -> None:
        for _ in range(4):
            if wish.is_over:
                return
            result = await self._call(client, "generate_image", wish.asked)
            self._take(wish, result)
            ids = re.findall(r'"([0-9a-f]{32})"', text_of(result)) if result.is_error else []
            if ids and not wish.is_over:  # several could be it: the user takes one that nobody has
                await self._take_candidate(client, wish, ids)
            await self.world.clock.sleep(20)

    async def _take_candidate(self, client: Client, wish: Wish, ids: list[str]) -> None:
        for name in ids:
            if name in self._taken():
                continue
            self._take(wish, await self._call(client, "get_prediction", {"prediction_id": name}))
            return

    def _taken(self) -> set[str]:
        return {name for wish in self.wishes for file in wish.files for name in [_id_of(file)] if name}

    async def _fetch_all(self, client: Client) -> None:
        """Whatever was paid for and reached nobody is listed, and comes when it is asked for."""
        listed = await self._call(client, "list_predictions", {})
        ids = [job["prediction_id"] for job in _fields(listed)["predictions"] if "prediction_id" in job]
        if ids:
            await self._call(client, "get_prediction", {"prediction_id": ids})

    def verdict(self) -> list[str]:
        """What was wrong with this day; nothing, if all held."""
        at = self.world.clock.monotonic()
        billed = [job for job in self.world.sandbox.jobs.values() if not job.released(at)]
        wanted = sum(not wish.fails for wish in self.wishes)
        wrong = list(self.trouble)
        if len(billed) > wanted:
            wrong.append(f"{len(billed)} jobs were billed for {wanted} wishes")
        saved = {_id_of(str(path)) for path in self.world.folder.rglob("*.json")}
        wrong += [f"job {job.id} was paid for and is nowhere" for job in billed if job.id not in saved]
        wrong += [f"{wish.asked['prompt']} was never delivered" for wish in self.wishes if not wish.is_over]
        for path in self.world.output.rglob("*.png"):
            try:
                Image.open(path).load()
            except OSError as error:
                wrong.append(f"{path.name}: {error}")
        data = Path(self.world.environ.get("ATLASCLOUD_DATA_DIR", self.world.folder / "data"))
        database = Database(data / "jobs.db")
        if not database.is_whole():
            wrong.append("the journal is damaged")
        database.close()
        return wrong


def _fields(result: CallToolResult | None) -> dict[str, Any]:
    return (result.structured_content if result else None) or {}


def _id_of(file: str) -> str | None:
    """The job that a saved file is from, by the JSON file beside it."""
    path = Path(file).with_suffix(".json")
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["prediction_id"])
    except (OSError, KeyError, ValueError):
        return None
