from dataclasses import dataclass
from io import BytesIO
from typing import Any

import httpx
from PIL import Image

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.state import Sandbox

MODELS = "/api/v1/models"
SUBMIT = "/api/v1/model/generateImage"
SUBMIT_VIDEO = "/api/v1/model/generateVideo"
SUBMIT_AUDIO = "/api/v1/model/generateAudio"
CALCULATE = "/api/v1/model/calculate"
UPLOAD = "/api/v1/model/uploadMedia"
FLUX = "black-forest-labs/flux-schnell"
EDIT = "atlascloud/qwen-image/edit"


@dataclass
class Town:
    """The sandbox and somebody who speaks to it. Wishes are small pictures unless they say otherwise."""

    sandbox: Sandbox
    client: httpx.AsyncClient
    hands: list[float]

    def pass_time(self, seconds: float) -> None:
        self.hands[0] += seconds

    async def submit(self, **fields: object) -> httpx.Response:
        """A submit to the route of the model; FLUX, which publishes no schema, gets a small size."""
        model = str(fields.get("model", FLUX))
        small = {"width": 64, "height": 64} if model == FLUX else {}
        body = {"model": FLUX, "prompt": "a heron", **small, **fields}
        known = usable_model(model)
        route = {"video": SUBMIT_VIDEO, "audio": SUBMIT_AUDIO}.get(known.kind if known else "image", SUBMIT)
        return await self.client.post(route, json={key: value for key, value in body.items() if value != "absent"})

    async def job(self, **fields: object) -> str:
        response = await self.submit(**fields)
        assert response.status_code == 200, response.text
        return response.json()["data"]["id"]

    async def poll(self, job_id: str) -> Any:
        response = await self.client.get(f"/api/v1/model/prediction/{job_id}")
        assert response.status_code == 200, response.text
        return response.json()["data"]

    async def finished(self, **fields: object) -> Any:
        job_id = await self.job(**fields)
        self.pass_time(self.sandbox.job_seconds)
        return await self.poll(job_id)

    async def picture(self, url: str) -> Image.Image:
        response = await self.client.get(url)
        assert response.status_code == 200, response.text
        picture = Image.open(BytesIO(response.content))
        picture.load()
        return picture

    async def upload(self, content: bytes, name: str = "cat.png", kind: str = "image/png") -> Any:
        response = await self.client.post(UPLOAD, files={"file": (name, content, kind)})
        assert response.status_code == 200, response.text
        return response.json()["data"]


def png(colour: str = "red", size: tuple[int, int] = (64, 64)) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "png")
    return buffer.getvalue()
