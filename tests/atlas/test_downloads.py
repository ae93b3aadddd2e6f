"""Downloads of results: from where, how much, and that the address stays in the answer whatever happens."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.atlas.addresses import Resolve
from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.atlas.connection import Network
from atlascloud_mcp.errors import InvalidRequest, ServiceError
from atlascloud_mcp.sandbox.faults import Fault
from clock import FakeClock
from world import PUBLIC, SMALL, World, fields_of, png, text_of

CDN = "https://cdn.example.com/generated/1.png"


def resolving(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


async def nobody(host: str, port: int) -> list[str]:
    raise socket.gaierror(-2, "Name or service not known")


class Service:
    """A service whose job has one output, and the hosts that hold it: answers by host and path."""

    def __init__(self, output: str = CDN, answers: dict[str, httpx.Response] | None = None) -> None:
        self._output = output
        self._answers = answers or {}

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if request.method == "POST":
            return httpx.Response(200, json={"data": {"id": "job-1", "status": "created"}})
        if "/prediction/" in request.url.path:
            return httpx.Response(200, json={"data": {"status": "completed", "outputs": [self._output]}})
        key = request.headers["host"] + request.url.path
        return self._answers.get(key, httpx.Response(200, content=png()))


async def output_of(world: World) -> dict[str, Any]:
    async with world.client() as client:
        result = await client.call_tool("generate_image", SMALL)
    (output,) = fields_of(result)["outputs"]
    assert fields_of(result)["status"] == "completed"
    assert output["url"] in text_of(result)
    return output


def downloads(world: World) -> list[httpx.Request]:
    return [request for request in world.edge.seen if "/api/v1/" not in request.url.path]


async def test_the_connection_goes_to_the_address_that_was_checked_and_carries_no_key(tmp_path: Path) -> None:
    world = World(tmp_path, script=Service())
    assert "path" in await output_of(world)
    (request,) = downloads(world)
    assert request.url.host == PUBLIC
    assert request.headers["host"] == "cdn.example.com"
    assert request.extensions["sni_hostname"] == "cdn.example.com"
    assert "authorization" not in request.headers
    assert "sandbox-key" not in str(request.headers)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://cdn.example.com/1.png", "only plain https on port 443"),
        ("https://cdn.example.com:8443/1.png", "only plain https on port 443"),
        ("https://user:secret@cdn.example.com/1.png", "only plain https on port 443"),
        ("https://@cdn.example.com/1.png", "only plain https on port 443"),
        ("https:///1.png", "only plain https on port 443"),
        ("https://cdn.example.com:99999/1.png", "not a valid URL"),
        ("https://[::1/1.png", "not a valid URL"),
        ("https://127.0.0.1/1.png", "not a public one"),
        ("https://2130706433/1.png", "not a public one"),
        ("https://0x7f.1/1.png", "not a public one"),
        ("https://169.254.169.254/latest/meta-data", "not a public one"),
        ("https://192.168.1.1/1.png", "not a public one"),
        ("https://[::1]/1.png", "not a public one"),
        ("https://[fd00:ec2::254]/1.png", "not a public one"),
        ("https://[64:ff9b::7f00:1]/1.png", "not a public one"),
    ],
)
async def test_an_address_that_may_not_be_read_is_named_and_left_to_the_user(
    tmp_path: Path, url: str, reason: str
) -> None:
    world = World(tmp_path, script=Service(url))
    output = await output_of(world)
    assert output["url"] == url
    assert reason in output["not_saved"]
    assert "ATLASCLOUD_DOWNLOAD_HOSTS" in output["not_saved"]
    assert "secret" not in output["not_saved"]
    assert downloads(world) == []


@pytest.mark.parametrize(
    "addresses",
    [("10.0.0.5",), ("93.184.216.34", "127.0.0.1"), ("169.254.169.254",), ("198.18.0.7",), ("::ffff:10.0.0.1",), ()],
)
async def test_a_name_that_leads_into_a_private_network_is_refused(tmp_path: Path, addresses: tuple[str, ...]) -> None:
    world = World(tmp_path, script=Service(), resolve=resolving(*addresses))
    output = await output_of(world)
    assert "cdn.example.com resolves to" in output["not_saved"]
    assert downloads(world) == []


async def test_a_host_that_the_user_trusts_may_resolve_to_a_private_address(tmp_path: Path) -> None:
    environ = {"ATLASCLOUD_DOWNLOAD_HOSTS": "other.example.com, CDN.example.com"}
    world = World(tmp_path, environ, script=Service(), resolve=resolving("198.18.0.7"))
    assert "path" in await output_of(world)
    assert downloads(world)[0].url.host == "cdn.example.com"


async def test_a_name_without_an_address_is_tried_again_and_then_said(tmp_path: Path) -> None:
    world = World(tmp_path, script=Service(), resolve=nobody)
    output = await output_of(world)
    assert "cdn.example.com of the file has no address" in output["not_saved"]
    assert world.clock.elapsed == pytest.approx(0.5 + 2.0)


async def test_the_api_s_own_origin_needs_no_check(tmp_path: Path) -> None:
    world = World(tmp_path, resolve=resolving("127.0.0.1"))
    assert "path" in await output_of(world)


def redirect(location: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": location})


async def test_redirects_are_followed_to_public_places(tmp_path: Path) -> None:
    answers = {
        "cdn.example.com/generated/1.png": redirect("/moved.png"),
        "cdn.example.com/moved.png": redirect("https://other.example.com/1.png"),
    }
    world = World(tmp_path, script=Service(answers=answers))
    assert "path" in await output_of(world)
    assert [request.headers["host"] for request in downloads(world)] == [
        "cdn.example.com",
        "cdn.example.com",
        "other.example.com",
    ]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://other.example.com/1.png", "only plain https"),
        ("https://169.254.169.254/", "not a public one"),
        ("file:///etc/passwd", "only plain https"),
    ],
)
async def test_a_redirect_to_where_one_may_not_go_is_refused(tmp_path: Path, location: str, reason: str) -> None:
    answers = {"cdn.example.com/generated/1.png": redirect(location)}
    world = World(tmp_path, script=Service(answers=answers))
    assert reason in (await output_of(world))["not_saved"]
    assert len(downloads(world)) == 1


async def test_a_redirect_to_nowhere_is_said(tmp_path: Path) -> None:
    answers = {"cdn.example.com/generated/1.png": redirect("https://[::1")}
    output = await output_of(World(tmp_path, script=Service(answers=answers)))
    assert "Invalid URL in location header" in output["not_saved"]


async def test_endless_redirects_end(tmp_path: Path) -> None:
    answers = {"cdn.example.com/generated/1.png": redirect(CDN)}
    output = await output_of(World(tmp_path, script=Service(answers=answers)))
    assert "redirects more than 5 times" in output["not_saved"]


@pytest.mark.parametrize(("status", "why"), [(404, "expired"), (403, "expired"), (410, "expired"), (500, "500")])
async def test_an_output_that_is_gone_is_said_with_its_address(tmp_path: Path, status: int, why: str) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("output", Fault(status=status), times=None)
    output = await output_of(world)
    assert f"answered {status}" in output["not_saved"]
    assert why in output["not_saved"]
    assert list(world.output.iterdir()) == []


@pytest.mark.parametrize("fault", [Fault(drop="mid-body"), Fault(drop="before"), Fault(status=503)])
async def test_a_download_that_is_cut_twice_succeeds_at_the_third_time(tmp_path: Path, fault: Fault) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("output", fault, times=2)
    output = await output_of(world)
    assert Path(output["path"]).stat().st_size == output["bytes"]
    assert len(list(world.output.glob("*.png"))) == 1
    assert world.sandbox.counts["output"] == 3


async def test_another_address_of_the_host_is_tried_when_the_first_does_not_answer(tmp_path: Path) -> None:
    service = Service()

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.host == "93.184.216.1":
            raise httpx.ConnectError("refused", request=request)
        return service(request)

    world = World(tmp_path, script=script, resolve=resolving("93.184.216.1", "93.184.216.2"))
    assert "path" in await output_of(world)
    assert [request.url.host for request in downloads(world)] == ["93.184.216.1", "93.184.216.2"]


async def test_a_name_that_no_server_could_have_is_refused(tmp_path: Path) -> None:
    output = await output_of(World(tmp_path, script=Service("https://\u2603\u0301.example.com/1.png")))
    assert "not a valid URL" in output["not_saved"]


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
async def test_a_download_that_never_works_does_not_ask_for_another_paid_call(
    tmp_path: Path, error: type[httpx.TransportError]
) -> None:
    service = Service()

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.headers["host"] == "cdn.example.com":
            raise error("down", request=request)
        return service(request)

    output = await output_of(World(tmp_path, script=script))
    assert "while downloading the file" in output["not_saved"]
    assert "call" not in output["not_saved"]


class Cut(httpx.AsyncByteStream):
    """A body that ends in an error after its first piece."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield png()[:50]
        raise httpx.ReadError("connection reset")


async def _key() -> str:
    return "canary"


class Written:
    """Where a download is written to."""

    def __init__(self) -> None:
        self.data = b""

    async def __call__(self, chunk: bytes) -> None:
        self.data += chunk


def client(answer: httpx.Response, resolve: Resolve | None = None) -> AtlasClient:
    transport = httpx.MockTransport(lambda _: answer)
    network = Network(transport, resolve or resolving(PUBLIC))
    return AtlasClient("https://api.example.com", key=_key, time=FakeClock(), network=network)


async def test_a_body_that_breaks_off_is_no_result() -> None:
    with pytest.raises(ServiceError, match=r"cdn\.example\.com broke off the connection"):
        await client(httpx.Response(200, stream=Cut())).download(CDN, Written(), max_bytes=1000)


async def test_no_more_than_the_allowed_bytes_are_read() -> None:
    written = Written()
    answer = httpx.Response(200, content=b"x" * 3_000_000)
    with pytest.raises(InvalidRequest, match="larger than 1 MB"):
        await client(answer).download(CDN, written, max_bytes=2**20)
    assert len(written.data) <= 2**20


async def test_an_answer_without_end_is_given_up() -> None:
    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"x" * 2**20

    with pytest.raises(ServiceError, match="an endless answer"):
        await client(httpx.Response(200, stream=Endless())).prediction("job-1")
