import hashlib
import tracemalloc
from collections.abc import AsyncGenerator

import pytest
from sandbox_town import UPLOAD, Town, png

from atlascloud_mcp.sandbox.shapes import UPLOAD_SHAPES, UploadShape


async def test_an_upload_is_kept_hashed_and_served_as_it_came(town: Town) -> None:
    content = png()
    data = await town.upload(content, "my cat.png")
    assert (data["file_name"], data["content_type"], data["size"]) == ("my cat.png", "image/png", len(content))
    (upload,) = town.sandbox.uploads
    assert upload.sha256 == hashlib.sha256(content).hexdigest()
    served = await town.client.get(data["download_url"], headers={"Authorization": ""})
    assert (served.content, served.headers["content-type"]) == (content, "image/png")


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\passwd", "/etc/passwd"])
async def test_only_the_last_part_of_a_file_name_counts(town: Town, name: str) -> None:
    assert (await town.upload(b"x", name))["file_name"] == "passwd"


async def test_an_unknown_upload_or_a_wrong_name_is_not_found(town: Town) -> None:
    url = (await town.upload(png()))["download_url"]
    assert (await town.client.get("/uploads/none/cat.png")).status_code == 404
    assert (await town.client.get(url.replace("cat.png", "dog.png"))).status_code == 404


async def test_an_upload_without_the_part_file_is_refused(town: Town) -> None:
    wrong = await town.client.post(UPLOAD, files={"image": ("cat.png", png(), "image/png")})
    assert (wrong.status_code, wrong.json()["msg"]) == (400, "multipart part 'file' is required")
    broken = await town.client.post(UPLOAD, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert (broken.status_code, broken.json()["code"]) == (400, 400)
    assert town.sandbox.uploads == []


@pytest.mark.parametrize("shape", UPLOAD_SHAPES)
async def test_each_upload_shape_carries_the_url_where_it_says(town: Town, shape: UploadShape) -> None:
    town.sandbox.upload_shape = shape
    response = await town.client.post(UPLOAD, files={"file": ("cat.png", png(), "image/png")})
    answer = response.json()
    places = {
        "download_url": lambda: answer["data"]["download_url"],
        "filename_type": lambda: answer["data"]["download_url"],
        "bare": lambda: answer["download_url"],
        "data_url": lambda: answer["data"]["url"],
        "data_string": lambda: answer["data"],
        "top_level_url": lambda: answer["url"],
        "url_size_mime": lambda: answer["url"],
    }
    assert (await town.client.get(places[shape]())).content == png()
    assert answer["sandbox"] is True


async def test_64_mb_pass_through_without_ever_being_in_memory(town: Town) -> None:
    boundary, piece, pieces = "cut-here", b"\xab" * 2**18, 256
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'

    async def body() -> AsyncGenerator[bytes]:
        yield head.encode()
        for _ in range(pieces):
            yield piece
        yield f"\r\n--{boundary}--\r\n".encode()

    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    tracemalloc.start()
    response = await town.client.post(UPLOAD, content=body(), headers=kind)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert response.json()["data"]["size"] == len(piece) * pieces
    assert town.sandbox.uploads[0].sha256 == hashlib.sha256(piece * pieces).hexdigest()
    assert town.sandbox.uploads[0].content_type == "application/octet-stream"
    assert peak < 8 * 2**20


async def test_the_disk_is_given_back(town: Town) -> None:
    await town.upload(png())
    folder = town.sandbox.uploads[0].path.parent
    assert folder.is_dir()
    town.sandbox.shelf.clear()
    town.sandbox.shelf.clear()
    assert not folder.exists()
    await town.upload(png())
    assert town.sandbox.uploads[1].path.parent != folder
