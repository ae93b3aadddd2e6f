import asyncio
import os
import signal
import socket
import sys
import threading

import anyio
import httpx
import pytest
from sandbox_town import FLUX, MODELS, SUBMIT

from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.faults import Drop, Fault
from atlascloud_mcp.sandbox.serve import run, serve
from atlascloud_mcp.sandbox.state import Sandbox

KEY = {"Authorization": "Bearer sandbox-key"}
BODY = {"model": FLUX, "prompt": "a heron", "width": 64, "height": 64}

signals = pytest.mark.skipif(os.name == "nt", reason="os.kill ends the process at once there")


async def test_a_picture_is_made_over_a_real_port() -> None:
    sandbox = Sandbox(job_seconds=0)
    async with serve(create_app(sandbox)) as url, httpx.AsyncClient(base_url=url, headers=KEY) as client:
        assert sandbox.base_url == url
        job_id = (await client.post(SUBMIT, json=BODY)).json()["data"]["id"]
        data = (await client.get(f"/api/v1/model/prediction/{job_id}")).json()["data"]
        assert data["urls"]["get"] == f"{url}/api/v1/model/prediction/{job_id}"
        assert (await client.get(data["outputs"][0])).content.startswith(b"\x89PNG")
    assert sandbox.base_url == "http://sandbox.test"


@pytest.mark.parametrize(
    ("drop", "jobs", "said"),
    [
        ("before", 0, "without sending a response"),
        ("after", 1, "without sending a response"),
        ("mid-body", 1, "without sending complete message body"),
    ],
)
async def test_a_drop_closes_the_socket_and_the_next_request_works(drop: Drop, jobs: int, said: str) -> None:
    app = create_app()
    sandbox: Sandbox = app.state.sandbox
    sandbox.faults.add("submit", Fault(drop=drop))
    async with serve(app) as url, httpx.AsyncClient(base_url=url, headers=KEY) as client:
        with pytest.raises(httpx.RemoteProtocolError, match=said):
            await client.post(SUBMIT, json=BODY)
        assert len(sandbox.submits) == jobs
        assert (await client.get(MODELS)).status_code == 200


async def test_the_first_piece_of_a_body_that_drips_is_there_before_the_rest() -> None:
    app = create_app()
    sandbox: Sandbox = app.state.sandbox
    sandbox.faults.add("models", Fault(drip_s=60), after=1)
    go_on = anyio.Event()

    async def sleep(_: float) -> None:
        await go_on.wait()

    sandbox.sleep = sleep
    async with serve(app) as url, httpx.AsyncClient(base_url=url, headers={"Accept-Encoding": "identity"}) as client:
        whole = (await client.get(MODELS)).content
        async with client.stream("GET", MODELS) as dripping:
            pieces = dripping.aiter_raw()
            first = await anext(pieces)
            go_on.set()
            rest = [piece async for piece in pieces]
    assert 0 < len(first) < len(whole) / 2
    assert b"".join((first, *rest)) == whole


async def test_leaving_does_not_wait_for_idle_clients_or_for_requests_in_flight() -> None:
    app = create_app()
    sandbox: Sandbox = app.state.sandbox
    sandbox.faults.add("models", Fault(delay_s=60), after=1)
    arrived = anyio.Event()

    async def sleep(_: float) -> None:
        arrived.set()
        await anyio.sleep_forever()

    sandbox.sleep = sleep
    async with httpx.AsyncClient() as client:
        async with serve(app) as url:
            await client.get(f"{url}{MODELS}")  # leaves a connection open
            waiting = asyncio.create_task(client.get(f"{url}{MODELS}"))
            await arrived.wait()
        with pytest.raises(httpx.TransportError):
            await waiting


async def test_serving_leaves_the_signals_to_its_host() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    async with serve(create_app()):
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


async def test_a_taken_port_is_an_error() -> None:
    async with serve(create_app()) as url:
        with pytest.raises(OSError, match="in use"):
            async with serve(create_app(), port=int(url.rpartition(":")[2])):
                raise NotImplementedError


def _answers(base_url: str) -> bool:
    host, _, port = base_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5):
        return True


@signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_run_says_how_to_use_it_and_ends_quietly_on(number: signal.Signals) -> None:
    said: list[str] = []
    before = signal.getsignal(signal.SIGTERM)

    def write(text: str) -> None:
        said.append(text)
        assert _answers(text.split()[4])
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()

    run(0, write=write)
    (text,) = said
    assert "ATLASCLOUD_BASE_URL=http://127.0.0.1:" in text
    assert "ATLASCLOUD_API_KEY=sandbox-key" in text
    assert signal.getsignal(signal.SIGTERM) == before


@signals
async def test_the_process_prints_its_address_at_once_and_leaves_no_trace() -> None:
    command = [sys.executable, "-c", "from atlascloud_mcp.sandbox.serve import run; run()"]
    async with await anyio.open_process(command) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        text = (await process.stdout.receive()).decode()
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
        errors = [piece async for piece in process.stderr]
    assert text.startswith("Atlas Cloud sandbox at http://127.0.0.1:")
    assert errors == []


async def test_importing_the_server_does_not_import_uvicorn() -> None:
    code = "import sys, atlascloud_mcp.sandbox.serve; print('uvicorn' in sys.modules)"
    done = await anyio.run_process([sys.executable, "-c", code])
    assert done.stdout.split() == [b"False"]
