"""The same question in the words of each chat protocol, and the same facts out of each answer."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox_town import png

Json = dict[str, Any]

PICTURE = base64.b64encode(png(size=(64, 48))).decode()
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
GENERATE = "/v1beta/models/driftglass/prismatica-flash:generateContent"
OMNI = "Tesselwright/Polyglossa-Omni"


@dataclass(frozen=True)
class Asking:
    """One protocol: how it asks, and what its answer and its stream say."""

    path: str
    body: Callable[[str], Json]
    full: Callable[[str], Json]
    limited: Callable[[Json, int], Json]
    told: Callable[[Json], tuple[str, str | None]]
    usage: Callable[[Json], tuple[int, int, int]]

    def ask(self, prompt: str, *, limit: int | None = None) -> Json:
        body = self.body(prompt)
        return body if limit is None else self.limited(body, limit)


def _chat_told(answer: Json) -> tuple[str, str | None]:
    choice = answer["choices"][0]
    return choice["message"]["content"] or "", "refusal" if choice["message"]["refusal"] else choice["finish_reason"]


def _responses_told(answer: Json) -> tuple[str, str | None]:
    parts = [part for item in answer["output"] if item["type"] == "message" for part in item["content"]]
    if any(part["type"] == "refusal" for part in parts):
        return "", "refusal"
    details = answer["incomplete_details"]
    return "".join(part["text"] for part in parts), details["reason"] if details else answer["status"]


def _messages_told(answer: Json) -> tuple[str, str | None]:
    return "".join(part["text"] for part in answer["content"] if part["type"] == "text"), answer["stop_reason"]


def _generate_told(answer: Json) -> tuple[str, str | None]:
    candidate = answer["candidates"][0]
    parts = candidate.get("content", {}).get("parts", [])
    return "".join(part["text"] for part in parts if not part.get("thought")), candidate.get("finishReason")


def _chat_usage(answer: Json) -> tuple[int, int, int]:
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    return usage["prompt_tokens"], usage["completion_tokens"], reasoning


def _responses_usage(answer: Json) -> tuple[int, int, int]:
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    return usage["input_tokens"], usage["output_tokens"], usage["output_tokens_details"]["reasoning_tokens"]


def _messages_usage(answer: Json) -> tuple[int, int, int]:
    # Reasoning is part of the output, and is not counted by itself.
    return answer["usage"]["input_tokens"], answer["usage"]["output_tokens"], 0


def _generate_usage(answer: Json) -> tuple[int, int, int]:
    usage = answer["usageMetadata"]
    thoughts = usage.get("thoughtsTokenCount", 0)
    return usage["promptTokenCount"], usage["totalTokenCount"] - usage["promptTokenCount"], thoughts


def _image(source: Json) -> Json:
    return {"type": "image", "source": source}


ASKINGS = {
    "chat": Asking(
        CHAT,
        lambda prompt: {"model": OMNI, "messages": [{"role": "user", "content": prompt}]},
        lambda prompt: {
            "model": OMNI,
            "messages": [
                {"role": "system", "content": "Speak like a heron."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": prompt},
                        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
                    ],
                },
            ],
        },
        lambda body, limit: {**body, "max_tokens": limit},
        _chat_told,
        _chat_usage,
    ),
    "responses": Asking(
        RESPONSES,
        lambda prompt: {"model": "northpier/logrunner-deep", "input": prompt},
        lambda prompt: {
            "model": "northpier/logrunner-deep",
            "instructions": "Speak like a heron.",
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": prompt},
                        {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"},
                    ],
                }
            ],
        },
        lambda body, limit: {**body, "max_output_tokens": limit},
        _responses_told,
        _responses_usage,
    ),
    "messages": Asking(
        MESSAGES,
        lambda prompt: {
            "model": "emberloft/parlance-mini",
            "max_tokens": 32_000,
            "messages": [{"role": "user", "content": prompt}],
        },
        lambda prompt: {
            "model": "emberloft/parlance-mini",
            "max_tokens": 32_000,
            "system": "Speak like a heron.",
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": prompt},
                        _image({"type": "base64", "media_type": "image/png", "data": PICTURE}),
                    ],
                }
            ],
        },
        lambda body, limit: {**body, "max_tokens": limit},
        _messages_told,
        _messages_usage,
    ),
    "gemini": Asking(
        GENERATE,
        lambda prompt: {"contents": [{"parts": [{"text": prompt}]}]},
        lambda prompt: {
            "system_instruction": {"parts": [{"text": "Speak like a heron."}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": prompt}, {"inline_data": {"mime_type": "image/png", "data": PICTURE}}],
                }
            ],
        },
        lambda body, limit: {**body, "generationConfig": {"maxOutputTokens": limit}},
        _generate_told,
        _generate_usage,
    ),
}


def events_of(text: str) -> list[tuple[str, str]]:
    """The name and the data of each server-sent event."""
    events: list[tuple[str, str]] = []
    for block in text.replace("\r\n", "\n").strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        events.append((fields.get("event", ""), fields["data"]))
    return events


def data_of(text: str) -> list[Json]:
    """The JSON of each event; [DONE] is none."""
    return [json.loads(data) for _, data in events_of(text) if data != "[DONE]"]
