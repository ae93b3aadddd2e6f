"""A service whose one model for sound is described by a test."""

from typing import Any

import httpx

from world import BASE_URL, Script


def listing(category: str, **properties: dict[str, Any]) -> Script:
    """What that service answers: its model `acme/x` is of this category, and needs the first of these fields."""
    entry = {"model": "acme/x", "type": "Audio", "categories": [category], "schema": f"{BASE_URL}/model/schema/x.json"}
    document = {"type": "object", "properties": properties, "required": [next(iter(properties))]}

    def script(request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v1/models":
            return httpx.Response(200, json={"data": [entry, {"model": "suno/chirp-v5", "type": "Audio"}]})
        is_schema = request.url.path == "/model/schema/x.json"
        return httpx.Response(200, json={"components": {"schemas": {"Input": document}}}) if is_schema else None

    return script
