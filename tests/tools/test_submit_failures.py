"""What goes wrong with a paid submit: the cause, the money, the next step, and never a second submit."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from atlascloud_mcp.sandbox.faults import Fault
from world import SMALL, World, failure_of, fields_of, png

HTML = "<html><body>502 Bad Gateway</body></html>"
POSSIBLE = "This may have been billed."
NOTHING = "Nothing was billed."


async def failing(world: World, **arguments: object) -> str:
    async with world.client() as client:
        return failure_of(await client.call_tool("generate_image", {**SMALL, **arguments}))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=402, body={"code": 402, "msg": "insufficient balance"}), ["balance", "top up", NOTHING]),
        (Fault(status=403), ["403", "permissions", "another model", NOTHING]),
        (Fault(status=403, body="<html>blocked</html>"), ["403", "firewall", NOTHING]),
        (Fault(status=413), ["413", "50 MB", "smaller file", NOTHING]),
        (Fault(status=422, body={"message": "steps too high"}), ['"steps too high"', "Change the arguments", NOTHING]),
        (Fault(status=451), ["451", "region", NOTHING]),
        (Fault(status=500), ["500", "may or may not", POSSIBLE]),
        (Fault(status=503), ["503", "not in the account's history after 18 s", "As far as can be seen", POSSIBLE]),
        (Fault(status=502, body=HTML), ["502", "not JSON", "text/html", POSSIBLE]),
        (Fault(status=504), ["504", POSSIBLE]),
        (Fault(body=HTML), ["200", "not JSON", POSSIBLE]),
        (Fault(body='{"code": 200, "da'), ["not JSON", POSSIBLE]),
        (Fault(body={"code": 400, "message": "invalid_parameter"}), ["400", '"invalid_parameter"', NOTHING]),
        (Fault(body={"code": 200, "data": {}}), ["holds no prediction id", POSSIBLE]),
        (Fault(body=[1, 2]), ["holds no prediction id", POSSIBLE]),
        (Fault(drop="before"), ["broke off", POSSIBLE]),
    ],
)
async def test_a_refused_or_lost_submit_says_cause_money_and_next_step_and_is_sent_once(
    tmp_path: Path, fault: Fault, words: list[str]
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", fault)
    text = await failing(world)
    assert all(word in text for word in words), text
    assert world.sandbox.counts["submit"] == 1
    assert world.sandbox.counts["prediction"] == 0
    if NOTHING in words:
        assert world.sandbox.billed_usd == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_error_around_a_job_that_has_an_id_is_an_accepted_job(tmp_path: Path, status: int) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        body = {"code": status, "msg": "busy", "data": {"id": "known", "status": "created"}}
        return httpx.Response(status, json=body)

    world = World(tmp_path, script=script)
    async with world.client() as client:
        fields = fields_of(await client.call_tool("generate_image", {**SMALL, "wait_seconds": 2}))
    assert fields["status"] == "running"
    assert fields["prediction_id"] == "known"


def _no_key(world: World) -> None:
    world.environ["ATLASCLOUD_API_KEY"] = ""


def _wrong_key(world: World) -> None:
    world.environ["ATLASCLOUD_API_KEY"] = "apikey-wrong"


def _wrong_base(world: World) -> None:
    world.environ["ATLASCLOUD_API_KEY"] = "sandbox-key"
    world.sandbox.api_keys = frozenset({"another"})


def _no_balance(world: World) -> None:
    world.sandbox.balance_usd = 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_no_key, ["There is no API key", "ATLASCLOUD_API_KEY", "Atlas Cloud console", ".cursor/mcp.json", "restart"]),
        (_wrong_key, ["401", "key is missing, wrong or expired", "base URL", "ATLASCLOUD_BASE_URL", "restart"]),
        (_wrong_base, ["401", "ATLASCLOUD_BASE_URL"]),
        (_no_balance, ["402", "insufficient balance", "top up"]),
    ],
)
async def test_what_only_the_user_can_mend_names_the_variable_and_its_place(
    tmp_path: Path, change: Callable[[World], None], words: list[str]
) -> None:
    world = World(tmp_path)
    change(world)
    async with world.client("cursor-vscode") as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
    assert all(word in text for word in [*words, NOTHING]), text
    assert world.sandbox.billed_usd == 0
    assert world.sandbox.submits == []


@pytest.mark.parametrize(
    ("fault", "model"),
    [
        (Fault(status=400, body={"msg": "failed to evaluate price: expression compile failed"}), "flux-schnell"),
        (Fault(status=400, body={"msg": "unknown model flux-schnell"}), "flux-schnell"),
        (Fault(status=404, body="<html>not here</html>"), "black-forest-labs/flux-schnell"),
    ],
)
async def test_a_model_that_is_listed_and_refused_may_not_be_open_to_the_account(
    tmp_path: Path, fault: Fault, model: str
) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("submit", fault)
    text = await failing(world, model=model)
    assert "no such model, or it is not open to this account" in text
    assert "search_models" in text
    assert NOTHING in text


@pytest.mark.parametrize("model", ["black-forest-labs/flux-schnel", "flux-schnel", "flux lora"])
async def test_an_unknown_model_is_answered_with_the_nearest_ones(tmp_path: Path, model: str) -> None:
    world = World(tmp_path)
    text = await failing(world, model=model)
    assert "black-forest-labs/flux-" in text
    assert "flux-dev-lora" not in text  # internal, so of no use to anybody
    assert NOTHING in text
    assert world.sandbox.submits == world.sent == []
    assert "authorization" not in world.sandbox.requests[0].headers


@pytest.mark.parametrize("body", [HTML, {"code": 500}, {"code": 200, "data": []}])
async def test_an_unknown_model_is_said_even_when_the_catalogue_is_down(tmp_path: Path, body: object) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("models", Fault(body=body), times=None)
    text = await failing(world, model="nobody/nothing")
    assert "no such model" in text
    assert "search_models" in text
    assert world.sandbox.counts["models"] in {1, 3}


async def test_the_catalogue_is_read_grouped_too_and_again_after_a_hiccup(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sandbox.faults.add("models", Fault(status=503, headers={"Retry-After": "2"}))
    rows = [{"model": "nobody/nothings", "type": "Image"}, {"model": "nobody/nothing", "display_console": False}]
    groups = [{"models": rows}, {}]
    world.sandbox.faults.add("models", Fault(body={"code": "200", "data": {"groups": groups}}))
    text = await failing(world, model="nobody/nothing")
    assert "nobody/nothings (price not listed; " in text


async def test_a_size_off_the_grid_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    world = World(tmp_path)
    text = await failing(world, model="atlascloud/qwen-image/text-to-image", width=1000, height=750)
    assert '"Invalid request parameters: width 1000; must be a multiple of 16"' in text
    assert "multiples of 16 only; the nearest is 992x752. Change the arguments and call again." in text
    assert world.sandbox.billed_usd == 0


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError])
async def test_only_a_connection_that_never_stood_is_tried_again(
    tmp_path: Path, error: type[httpx.TransportError]
) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        raise error("refused", request=request)

    world = World(tmp_path, script=script)
    text = await failing(world)
    assert len(world.sent) == 3
    assert "No connection to https://sandbox.test" in text
    assert "HTTPS_PROXY" in text
    assert NOTHING in text


async def test_a_submit_goes_through_when_the_second_connection_stands(tmp_path: Path) -> None:
    world = World(tmp_path)

    def script(request: httpx.Request) -> httpx.Response | None:
        if len(world.sent) == 1:
            raise httpx.ConnectError("refused", request=request)
        return None

    world.script = script
    async with world.client() as client:
        assert fields_of(await client.call_tool("generate_image", SMALL))["status"] == "completed"
    assert world.sandbox.counts["submit"] == 1


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_any_other_trouble_on_the_way_may_have_been_billed(
    tmp_path: Path, error: type[httpx.TransportError]
) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        raise error("", request=request)

    world = World(tmp_path, script=script)
    text = await failing(world)
    assert len(world.posted) == 1
    assert error.__name__ in text
    assert ("took too long" in text) == issubclass(error, httpx.TimeoutException)
    assert POSSIBLE in text


async def test_a_replaced_certificate_points_to_the_variable_for_it(tmp_path: Path) -> None:
    def script(request: httpx.Request) -> httpx.Response | None:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", request=request)

    assert "SSL_CERT_FILE" in await failing(World(tmp_path, script=script))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=500), ["500", "uploading the file", NOTHING, "may work in a moment"]),
        (Fault(status=413), ["413", NOTHING]),
        (Fault(body={"code": 200, "data": {}}), ["holds no usable download URL", NOTHING]),
        (Fault(body={"code": 400, "msg": "bad file"}), ['"bad file"', NOTHING]),
        (Fault(drop="before"), ["broke off", NOTHING]),
    ],
)
async def test_an_input_that_cannot_be_uploaded_costs_nothing(tmp_path: Path, fault: Fault, words: list[str]) -> None:
    world = World(tmp_path)
    _picture(world)
    world.sandbox.faults.add("upload", fault)
    text = await failing(world, images=["cat.png"], width=1024, height=1024)
    assert all(word in text for word in words), text
    assert world.sandbox.counts["submit"] == 0


async def test_an_upload_that_outlasts_the_host_is_given_up_before_anything_is_paid(tmp_path: Path) -> None:
    world = World(tmp_path)
    _picture(world)
    world.sandbox.faults.add("upload", Fault(delay_s=100))
    text = await failing(world, images=["cat.png"], width=1024, height=1024)
    assert "no job was submitted" in text
    assert "upload_media" in text
    assert world.clock.elapsed == pytest.approx(40)
    assert world.sandbox.counts["submit"] == 0


async def test_not_waiting_at_all_still_uploads_and_submits(tmp_path: Path) -> None:
    world = World(tmp_path)
    _picture(world)
    world.sandbox.faults.add("upload", Fault(delay_s=20))
    async with world.client() as client:
        fields = fields_of(
            await client.call_tool("generate_image", {"prompt": "a", "images": ["cat.png"], "wait_seconds": 0})
        )
    assert fields["status"] == "running"
    assert fields["prediction_id"] == world.sandbox.submits[0].id


def _picture(world: World) -> None:
    (world.project / "cat.png").write_bytes(png())
