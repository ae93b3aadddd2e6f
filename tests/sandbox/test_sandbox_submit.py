import base64
from decimal import Decimal

import pytest
from PIL import Image
from sandbox_town import EDIT, FLUX, SUBMIT, Town, png

SEVERAL = "google/nano-banana-2/edit"


async def test_a_submit_is_acknowledged_with_an_id_and_recorded(town: Town) -> None:
    response = await town.submit(steps=4, guidance_scale=7.5, anything="else")
    answer = response.json()
    assert (response.status_code, answer["code"], answer["sandbox"]) == (200, 200, True)
    assert set(answer["data"]) == {"id", "status"}
    (submit,) = town.sandbox.submits
    assert submit.id == answer["data"]["id"]
    assert submit.body["anything"] == "else"
    assert submit.at.isoformat() == "2026-11-22T12:00:00+00:00"


async def test_fields_nested_under_input_count_as_flat_ones(town: Town) -> None:
    await town.client.post(SUBMIT, json={"model": FLUX, "input": {"prompt": "a heron"}})
    assert town.sandbox.submits[0].body == {"model": FLUX, "prompt": "a heron"}


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"model": "absent"}, 400, "model is required"),
        ({"model": 7}, 400, "model is required"),
        ({"model": "black-forest-labs/flux"}, 404, "model not found: black-forest-labs/flux"),
        ({"model": "black-forest-labs/flux-dev-lora"}, 404, "model not found"),
        ({"prompt": "absent"}, 400, "prompt is required"),
        ({"prompt": "  "}, 400, "prompt is required"),
        ({"prompt": ["a"]}, 400, "prompt is required"),
        ({"width": 100}, 400, "Invalid request parameters: width 100; must be a multiple of 16"),
        ({"height": 48}, 400, "height 48; must be 64 to 4096"),
        ({"width": 0}, 400, "width 0"),
        ({"width": 4112}, 400, "width 4112"),
        ({"width": "512"}, 400, "Invalid request parameters: width"),
        ({"width": True}, 400, "Invalid request parameters: width"),
        ({"size": "big"}, 400, "size 'big'; use width*height"),
        ({"size": "1000*1000"}, 400, "width 1000"),
        ({"num_images": 0}, 400, "num_images"),
        ({"n": 5}, 400, "Invalid request parameters: n"),
        ({"seed": -2}, 400, "seed"),
        ({"output_format": "gif"}, 400, "output_format 'gif'; use png, jpeg or webp"),
        ({"model": EDIT}, 400, "Invalid request parameters: image: is required"),
        ({"image": "cat.png"}, 400, "neither a URL nor a data URI"),
        ({"image": "http://sandbox.test/uploads/none/cat.png"}, 400, "image not found"),
        ({"image": "http://sandbox.test/outputs/none-0.png"}, 400, "image not found"),
        ({"image": "data:image/png;base64,x"}, 400, "not valid base64"),
        ({"image": "data:image/png,words"}, 400, "cannot be read as a picture"),
        ({"width": "absent", "height": "absent", "aspect_ratio": "wide"}, 400, "aspect_ratio 'wide'"),
        ({"width": "absent", "height": "absent", "resolution": "8k"}, 400, "resolution '8k'"),
    ],
)
async def test_a_bad_submit_is_refused_and_costs_nothing(
    town: Town, fields: dict[str, object], status: int, said: str
) -> None:
    response = await town.submit(**fields)
    answer = response.json()
    assert (response.status_code, answer["code"]) == (status, status)
    assert said in answer["msg"]
    assert answer["request_id"] == response.headers["X-Request-ID"]
    assert town.sandbox.submits == []
    assert town.sandbox.billed_usd == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b'{"model": "m", "input": 7}'])
async def test_a_body_that_is_no_object_is_refused(town: Town, body: bytes) -> None:
    response = await town.client.post(SUBMIT, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["msg"]) == (400, "invalid JSON body")


async def test_another_content_type_is_refused(town: Town) -> None:
    response = await town.client.post(SUBMIT, data={"model": FLUX})
    assert (response.status_code, response.json()["msg"]) == (400, "content type must be application/json")


@pytest.mark.parametrize(
    ("fields", "size"),
    [
        ({"width": 80, "height": 64}, (80, 64)),
        ({"size": "96*64"}, (96, 64)),
        ({"size": "64x112"}, (64, 112)),
        ({"width": 80, "height": "absent"}, (80, 1024)),
        ({"width": "absent", "height": 80}, (1024, 80)),
        ({"width": "absent", "height": "absent"}, (1024, 1024)),
        ({"width": "absent", "height": "absent", "aspect_ratio": "16:9"}, (1360, 768)),
        ({"width": "absent", "height": "absent", "aspect_ratio": "1:1", "resolution": "2K"}, (2048, 2048)),
        ({"width": "absent", "height": "absent", "aspect_ratio": "21:9", "resolution": "4k"}, (4096, 1760)),
    ],
)
async def test_the_size_that_was_asked_for_is_the_size_of_the_job(
    town: Town, fields: dict[str, object], size: tuple[int, int]
) -> None:
    job_id = await town.job(**fields)
    assert town.sandbox.jobs[job_id].size == size


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
async def test_outputs_are_pictures_of_the_asked_size_and_format(town: Town, kind: str) -> None:
    data = await town.finished(width=112, height=80, output_format=kind, num_images=2)
    assert len(data["outputs"]) == 2
    for url in data["outputs"]:
        picture = await town.picture(url)
        assert (picture.size, picture.format) == ((112, 80), kind.upper())


async def test_the_same_seed_draws_the_same_bytes_and_the_next_picture_differs(town: Town) -> None:
    one = await town.finished(seed=5, max_images=2)
    other = await town.finished(seed=5)
    first, second = [(await town.client.get(url)).content for url in one["outputs"]]
    assert (await town.client.get(other["outputs"][0])).content == first
    assert second != first


async def test_without_a_seed_one_is_picked_and_told(town: Town) -> None:
    assert (await town.finished())["seed"] >= 0
    assert (await town.finished(seed=77))["seed"] == 77


async def test_an_edit_needs_a_picture_and_visibly_descends_from_it(town: Town) -> None:
    half = Image.new("RGB", (128, 64), "black")
    half.paste("white", (64, 0, 128, 64))
    path = town.sandbox.shelf.place("half.png")
    half.save(path)
    upload = await town.upload(path.read_bytes(), "half.png")
    data = await town.finished(model=EDIT, image=upload["download_url"], prompt="the same, warmer", seed=3)
    edited = (await town.picture(data["outputs"][0])).convert("L")
    assert edited.size == (128, 64)
    # the picture stands on the right of a wide page: its dark half before its light one
    dark, light = edited.getpixel((60, 50)), edited.getpixel((100, 50))
    assert isinstance(dark, int)
    assert isinstance(light, int)
    assert light > dark + 60


async def test_outputs_data_uris_and_foreign_urls_can_be_edited_too(town: Town) -> None:
    first = await town.finished()
    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    job_id = await town.job(model=SEVERAL, images=[first["outputs"][0], uri, "https://example.com/cat.png?token=1"])
    assert len(town.sandbox.jobs[job_id].sources) == 3


async def test_an_upload_that_is_no_picture_cannot_be_edited(town: Town) -> None:
    upload = await town.upload(b"not a picture")
    response = await town.submit(model=EDIT, image=upload["download_url"])
    assert (response.status_code, response.json()["code"]) == (400, 400)


async def test_base64_output_puts_the_picture_itself_into_the_answer(town: Town) -> None:
    data = await town.finished(enable_base64_output=True, output_format="jpeg")
    head, _, text = data["outputs"][0].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(text).startswith(b"\xff\xd8\xff")


async def test_a_sync_submit_answers_with_the_result(town: Town) -> None:
    answer = (await town.submit(enable_sync_mode=True)).json()["data"]
    assert answer["status"] == "completed"
    assert (await town.picture(answer["outputs"][0])).size == (64, 64)


async def test_a_sync_submit_over_the_limit_answers_504_and_the_job_goes_on(town: Town) -> None:
    town.sandbox.sync_limit_s = 1.0
    response = await town.submit(enable_sync_mode=True)
    assert (response.status_code, response.json()["code"]) == (504, 504)
    town.pass_time(3)
    assert (await town.poll(town.sandbox.submits[0].id))["status"] == "completed"


async def test_the_price_is_reserved_at_submit_and_told_at_the_end(town: Town) -> None:
    job_id = await town.job(num_images=3)
    assert town.sandbox.billed_usd == Decimal("0.009")
    assert town.sandbox.balance_usd == Decimal("9.991")
    assert "price" not in await town.poll(job_id)
    town.pass_time(3)
    assert (await town.poll(job_id))["price"] == "0.009"


async def test_a_submit_that_costs_more_than_is_left_is_refused(town: Town) -> None:
    town.sandbox.balance_usd = 0.004
    await town.job()
    response = await town.submit()
    assert (response.status_code, response.json()["msg"]) == (402, "insufficient balance")
    assert len(town.sandbox.submits) == 1


async def test_a_failed_job_gives_the_money_back_when_it_has_failed(town: Town) -> None:
    job_id = await town.job(prompt="fail-test")
    town.pass_time(2)
    assert town.sandbox.billed_usd == Decimal("0.003")
    town.pass_time(1)
    data = await town.poll(job_id)
    assert (data["status"], data["outputs"]) == ("failed", None)
    assert "generation_failed" in data["error"]
    assert "price" not in data
    assert town.sandbox.balance_usd == 10


async def test_catalogue_prices_can_be_charged(town: Town) -> None:
    town.sandbox.price_per_image = None
    assert (await town.finished(model=EDIT, image="data:image/png;base64," + base64.b64encode(png()).decode()))[
        "price"
    ] == "0.003"
    assert (await town.finished(model="black-forest-labs/flux-dev"))["price"] == "0.003"


async def test_a_blocked_picture_completes_without_outputs(town: Town) -> None:
    data = await town.finished(prompt="nsfw-test")
    assert (data["status"], data["outputs"], data["has_nsfw_contents"]) == ("completed", None, [True])
