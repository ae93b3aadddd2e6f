"""Invented language models that must not depend on chance: one for each way in which the real ones differ."""

from collections.abc import Iterator
from uuid import UUID

from atlascloud_mcp.sandbox.dice import Dice
from atlascloud_mcp.sandbox.model import Json, Model

_CHAT, _RESPONSES = "openai.chat.completions", "openai.responses"
_MESSAGES, _GENERATE = "claude.messages", "gemini.generate"
_PICTURES = ["text", "image"]
_ALL_MEDIA = ["text", "image", "video", "audio"]
_USUAL = ["temperature", "top_p", "max_tokens", "stop"]


# What is missing in one of them is missing in some of the real ones too.
_DIFFERENCES: dict[tuple[str, str], Json] = {
    ("emberloft/parlance-5", "Parlance 5"): {
        "supported_protocols": [_MESSAGES],
        "input_modalities": _PICTURES,
        "supported_sampling_parameters": ["max_tokens", "stop"],
    },
    ("emberloft/parlance-mini", "Parlance Mini"): {
        "supported_protocols": [_MESSAGES],
        "input_modalities": _PICTURES,
        "supported_sampling_parameters": _USUAL,
    },
    ("northpier/logrunner-codex", "Logrunner Codex"): {
        "supported_protocols": [_RESPONSES, _CHAT],
        "input_modalities": _PICTURES,
        "supported_sampling_parameters": ["temperature", "top_p", "max_completion_tokens"],
    },
    ("northpier/logrunner-deep", "Logrunner Deep"): {
        "supported_protocols": [_RESPONSES],
        "input_modalities": _PICTURES,
    },
    ("driftglass/prismatica-flash", "Prismatica Flash"): {
        "supported_protocols": [_GENERATE],
        "input_modalities": _ALL_MEDIA,
        "supported_sampling_parameters": _USUAL,
    },
    ("driftglass/prismatica-pro", "Prismatica Pro"): {
        "supported_apis": [_GENERATE, _CHAT],
        "input_modalities": _ALL_MEDIA,
    },
    ("Tesselwright/Polyglossa-Omni", "Polyglossa Omni"): {
        "supported_protocols": [_CHAT],
        "input_modalities": _ALL_MEDIA,
        "supported_sampling_parameters": _USUAL,
    },
    ("saltmarsh-ai/plainspeak", "Plainspeak"): {},
    ("kitewright/quillback", "Quillback"): {"supported_protocols": ["openai.completions"]},
    ("mossglow/farmouth", "Farmouth"): {"supported_protocols": [_CHAT], "input_modalities": ["text"]},
}
_UNROUTABLE = "mossglow/farmouth"


def talkers() -> Iterator[Model]:
    """The models."""
    for (model_id, name), differences in _DIFFERENCES.items():
        wire: Json = {
            "uuid": str(UUID(bytes=Dice(model_id).noise(16), version=4)),
            "model": model_id,
            "type": "Text",
            "displayName": name,
            "organization": model_id.partition("/")[0].capitalize(),
            "categories": ["LLM"],
            "tags": ["LLM"],
            "contextLength": 131_072,
            "maxCompletionTokens": 32_768,
            "output_modalities": ["text"],
            "price": {"actual": {"input_price": "0.25", "output_price": "2"}},
            "readme": None,
            "display_console": True,
        }
        yield Model(wire | differences, is_unroutable=model_id == _UNROUTABLE)
