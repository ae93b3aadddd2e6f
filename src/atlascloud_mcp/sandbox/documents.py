"""Schema documents: OpenAPI 3, as Atlas Cloud publishes one for each media model."""

from typing import Any

from atlascloud_mcp.sandbox.model import Json, Model

_OTHER = {"generateImage": "generateVideo", "generateVideo": "generateImage"}


def document_of(model: Model, base_url: str) -> Json:
    """The document of a model that has a schema."""
    route = model.endpoint or ""
    if model.names_wrong_route:
        route = _OTHER.get(route, route)
    return {
        "openapi": "3.0.0",
        "info": {"title": f"{model.wire['displayName']} API", "version": "1.0.0"},
        "servers": [{"url": base_url}],
        "paths": {
            f"/api/v1/model/{route}": {"post": _submit()},
            "/api/v1/model/result/{request_id}": {"get": _result()},
        },
        "components": {"schemas": {"Input": model.input, "PredictionResponse": _PREDICTION, **model.parts}},
    }


def _submit() -> Json:
    return {
        "x-api-name": "model_run",
        "requestBody": {"required": True, "content": _json({"$ref": "#/components/schemas/Input"})},
        "responses": _answered(),
    }


def _result() -> Json:
    name: Json = {"name": "request_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {"x-api-name": "model_result", "parameters": [name], "responses": _answered()}


def _answered() -> Json:
    prediction = _json({"$ref": "#/components/schemas/PredictionResponse"})
    return {"200": {"description": "The prediction as it is now.", "content": prediction}}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


_PREDICTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "data": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "model": {"type": "string"},
                "status": {"type": "string", "enum": ["created", "processing", "completed", "failed"]},
                "outputs": {"type": "array", "items": {"type": "string"}},
                "error": {"type": "string"},
                "urls": {"type": "object", "properties": {"get": {"type": "string"}}},
                "created_at": {"type": "string", "format": "date-time"},
            },
        },
    },
}
