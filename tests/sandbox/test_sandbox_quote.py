import pytest
from sandbox_town import CALCULATE, EDIT, FLUX, Town

from atlascloud_mcp.sandbox.faults import Fault

SEEDANCE = "bytedance/seedance-2.0/text-to-video"


async def _quote(town: Town, **body: object) -> dict[str, object]:
    response = await town.client.post(CALCULATE, json=body, headers={"Authorization": ""})
    assert response.status_code == 200, response.text
    return response.json()["data"]


async def test_a_quote_needs_no_key_costs_nothing_and_makes_no_job(town: Town) -> None:
    quote = await _quote(town, model=FLUX, prompt="a heron", num_images=3)
    assert quote == {
        "price": 0.009,
        "origin_price": 0.009,
        "discount": 100,
        "estimated": False,
        "estimated_tokens": None,
    }
    assert (town.sandbox.jobs, town.sandbox.billed_usd, town.sandbox.counts) == ({}, 0, {"calculate": 1})


@pytest.mark.parametrize(
    ("body", "price"),
    [
        ({"model": "z-image/turbo"}, 0.01),
        ({"model": "alibaba/qwen-image/edit-plus-20251215", "images": ["x"], "num_images": 2}, 0.042),
        ({"model": SEEDANCE, "duration": 8}, 1.016),
        ({"model": SEEDANCE, "duration": -1}, 0.635),
        ({"model": "vidu/q3/text-to-video"}, 0.3),
        ({"model": "tencent/hunyuan3d-rapid/text-to-3d"}, 0.02),
        ({"model": "black-forest-labs/flux-dev"}, 0.003),
    ],
)
async def test_catalogue_prices_are_for_a_picture_a_second_or_a_run(
    town: Town, body: dict[str, object], price: float
) -> None:
    town.sandbox.price_per_image = None
    assert (await _quote(town, prompt="a heron", **body))["price"] == price


async def test_a_discount_is_told_beside_the_list_price(town: Town) -> None:
    town.sandbox.price_per_image = None
    quote = await _quote(town, model="bytedance/seedream-v5.0-pro/text-to-image", prompt="a heron")
    assert (quote["price"], quote["origin_price"], quote["discount"]) == (0.052, 0.065, 80)


async def test_what_is_billed_by_token_is_quoted_as_an_estimate(town: Town) -> None:
    quote = await _quote(town, model=SEEDANCE, prompt="a heron")
    assert (quote["estimated"], quote["estimated_tokens"]) == (True, 108_000)


async def test_inputs_may_be_placeholders(town: Town) -> None:
    assert (await _quote(town, model=EDIT, prompt="warmer", image="<upload: cat.png>"))["price"] == 0.003


async def test_a_quote_is_validated_like_a_submit(town: Town) -> None:
    response = await town.client.post(CALCULATE, json={"model": SEEDANCE, "prompt": "a heron", "duration": 3})
    assert response.status_code == 400
    assert response.json()["msg"].startswith("Invalid request parameters: duration: 3 is not one of")


async def test_a_submit_is_charged_as_quoted(town: Town) -> None:
    town.sandbox.price_per_image = None
    quote = await _quote(town, model=SEEDANCE, prompt="a heron", duration=4)
    job_id = await town.job(model=SEEDANCE, duration=4)
    assert float(town.sandbox.jobs[job_id].price) == quote["price"] == 0.508


async def test_quotes_and_schemas_have_their_bad_days_too(town: Town) -> None:
    town.sandbox.faults.add("calculate", Fault(status=503))
    town.sandbox.faults.add("schema", Fault(body="<html>"))
    assert (await town.client.post(CALCULATE, json={})).status_code == 503
    assert (await town.client.get("/model/schema/z-image-turbo.json")).text == "<html>"
    assert town.sandbox.counts == {"calculate": 1, "schema": 1}
