"""One natural question for each language model of the catalogue, and the whole body that it becomes."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from atlascloud_mcp.sandbox.catalogue import models
from chat_script import COMPLETIONS, FLASH, GENERATE_CONTENT, LUNA, RESPONSES, Models, completion, content
from world import World, fields_of

REAL_MODELS = 52
PICTURE = "https://example.com/fox.png"
CLIP = "https://example.com/fox.mp4"
USER = {"role": "user", "content": "Hi"}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
CHATTING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "deepseek-ai/deepseek-v3.2": (
        {"system": "Be brief", "temperature": 0.2},
        {"messages": [{"role": "system", "content": "Be brief"}, USER], "temperature": 0.2},
    ),
    "deepseek-ai/deepseek-v3.2-speciale": (
        {"json_output": True, "system": "Reply in JSON"},
        {
            "messages": [{"role": "system", "content": "Reply in JSON"}, USER],
            "response_format": {"type": "json_object"},
        },
    ),
    "qwen/qwen3.5-397b-a17b": ({"max_tokens": 100}, {"messages": [USER], "max_tokens": 100}),
    "qwen/qwen3-coder-next": (
        {"params": {"stop": ["\n"], "seed": 1}},
        {"messages": [USER], "stop": ["\n"], "seed": 1},
    ),
    "zai-org/glm-5": ({}, {"messages": [USER]}),
    "minimaxai/minimax-m2.1": (
        {"json_output": {"type": "object"}},
        {
            "messages": [USER],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": False},
            },
        },
    ),
}
OTHERS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    FLASH: (
        GENERATE_CONTENT,
        {"images": [PICTURE], "video": CLIP, "system": "Be brief", "max_tokens": 9, "json_output": True},
        {
            "systemInstruction": {"parts": [{"text": "Be brief"}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"file_data": {"mime_type": "image/png", "file_uri": PICTURE}},
                        {"file_data": {"mime_type": "video/mp4", "file_uri": CLIP}},
                        {"text": "Hi"},
                    ],
                }
            ],
            "generationConfig": {"maxOutputTokens": 9, "responseMimeType": "application/json"},
        },
    ),
    LUNA: (
        RESPONSES,
        {"images": [PICTURE], "params": {"reasoning": {"effort": "low"}}},
        {
            "model": LUNA,
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_image", "image_url": PICTURE},
                        {"type": "input_text", "text": "Hi"},
                    ],
                }
            ],
            "reasoning": {"effort": "low"},
            "stream": True,
        },
    ),
}
CASES = {
    **{model: (COMPLETIONS, asked, {"model": model, **body, **STREAMED}) for model, (asked, body) in CHATTING.items()},
    **OTHERS,
}


def test_every_language_model_of_the_catalogue_is_in_the_table() -> None:
    real = models()[:REAL_MODELS]
    assert {model.id for model in real if model.wire["type"] == "Text"} == set(CASES)


@pytest.mark.parametrize("model", CASES)
async def test_a_question_becomes_the_body_of_the_models_own_protocol(tmp_path: Path, model: str) -> None:
    path, arguments, body = CASES[model]
    answered = {
        COMPLETIONS: completion('{"a": 1}'),
        GENERATE_CONTENT: content('{"a": 1}'),
        RESPONSES: _response('{"a": 1}'),
    }[path]
    script = Models([answered])
    async with World(tmp_path, script=script, models=REAL_MODELS).client() as client:
        fields = fields_of(await client.call_tool("chat", {"prompt": "Hi", "model": model, **arguments}))
    assert fields["outputs"][0]["text"] == '{"a": 1}'
    assert script.paths == [path]
    assert script.bodies == [body]


def _response(text: str) -> httpx.Response:
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    return httpx.Response(200, json={"status": "completed", "output": [message]})
