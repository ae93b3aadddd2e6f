import re
from collections.abc import AsyncGenerator

import pytest
from sandbox_town import FLUX, MODELS, SUBMIT, UPLOAD, Town, png
from starlette.types import Message

from atlascloud_mcp.sandbox.app import create_app
from atlascloud_mcp.sandbox.gateway import LARGEST_JSON_BYTES


async def test_the_catalogue_needs_no_key_and_has_the_wire_shape(town: Town) -> None:
    response = await town.client.get(MODELS, headers={"Authorization": ""})
    entries = {entry["model"]: entry for entry in response.json()["data"]}
    assert len(entries) == 400
    assert entries[FLUX]["price"] == {"actual": {"base_price": "0.003"}}
    assert entries["black-forest-labs/flux-dev"]["price"] is None
    assert entries["bytedance/seedream-v5.0-pro/text-to-image"]["price"]["origin"] == {"base_price": "0.065"}


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic sandbox-key", "sandbox-key"])
@pytest.mark.parametrize("path", ["/api/v1/model/prediction/x", "/api/v1/model/predicton/x", "/"])
async def test_without_a_known_key_every_path_answers_401(town: Town, key: str, path: str) -> None:
    response = await town.client.get(path, headers={"Authorization": key})
    answer = response.json()
    assert response.status_code == 401
    assert answer == {
        "code": 401,
        "msg": "unauthorized",
        "request_id": response.headers["X-Request-ID"],
        "data": None,
        "sandbox": True,
    }


async def test_with_a_key_a_mistyped_path_is_404_and_a_wrong_method_405(town: Town) -> None:
    assert (await town.client.get("/api/v1/model/predicton/x")).json()["code"] == 404
    assert (await town.client.get(SUBMIT)).json()["code"] == 405


async def test_any_key_will_do_when_none_is_listed_but_there_must_be_one(town: Town) -> None:
    town.sandbox.api_keys = None
    path = "/api/v1/model/prediction/x"
    assert (await town.client.get(path, headers={"Authorization": "Bearer apikey-whatever"})).status_code == 404
    assert (await town.client.get(path, headers={"Authorization": "Bearer "})).status_code == 401


async def test_every_answer_is_marked_and_has_its_own_request_id(town: Town) -> None:
    data = await town.finished()
    answers = [await town.client.get(path) for path in (MODELS, data["outputs"][0], "/nothing", "/sandbox/state")]
    assert [answer.headers["X-AtlasCloud-Sandbox"] for answer in answers] == ["true"] * 4
    ids = {answer.headers["X-Request-ID"] for answer in answers}
    assert len(ids) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)


async def test_requests_are_recorded_as_they_arrived_refused_or_not(town: Town) -> None:
    await town.client.post(SUBMIT, json={"model": 1}, headers={"Authorization": "", "User-Agent": "test/1"})
    await town.client.post(SUBMIT, content=b"{oops", headers={"Content-Type": "application/json"})
    await town.client.get("/outputs/none-0.png")
    first, second, third = town.sandbox.requests
    assert (first.method, first.path, first.body) == ("POST", SUBMIT, {"model": 1})
    assert first.headers["user-agent"] == "test/1"
    assert second.body == "{oops"
    assert third.body is None
    assert town.sandbox.counts == {"submit": 2, "output": 1}


async def test_a_body_over_50_mb_is_refused(town: Town) -> None:
    async def body() -> AsyncGenerator[bytes]:
        for _ in range(LARGEST_JSON_BYTES // 2**20 + 1):
            yield b" " * 2**20

    response = await town.client.post(SUBMIT, content=body(), headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (413, 413)


async def test_other_paths_than_those_of_the_api_are_counted_as_other(town: Town) -> None:
    await town.client.get(SUBMIT)
    await town.client.get(UPLOAD)
    await town.client.get(MODELS)
    await town.upload(png())
    assert town.sandbox.counts == {"other": 2, "models": 1, "upload": 1}


async def test_the_app_starts_and_ends_with_its_server() -> None:
    told = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    said: list[str] = []

    async def receive() -> Message:
        return told.pop(0)

    async def send(message: Message) -> None:
        said.append(message["type"])

    await create_app()({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
