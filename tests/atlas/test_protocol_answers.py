"""What each protocol answers, whole and streamed, in the shapes of the makers' public references."""

from typing import Any

import pytest

from atlascloud_mcp.atlas.protocols.completions import COMPLETIONS
from atlascloud_mcp.atlas.protocols.generate_content import GENERATE_CONTENT
from atlascloud_mcp.atlas.protocols.messages import MESSAGES
from atlascloud_mcp.atlas.protocols.protocol import ChatProtocol
from atlascloud_mcp.atlas.protocols.reply import Ending, Reply, Usage
from atlascloud_mcp.atlas.protocols.responses import RESPONSES

PROTOCOLS = (COMPLETIONS, RESPONSES, MESSAGES, GENERATE_CONTENT)

ANSWERS: list[tuple[str, ChatProtocol, dict[str, Any], str, Ending, Usage]] = [
    (
        "completion",
        COMPLETIONS,
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello", "reasoning_content": "They greet."},
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 9,
                "completion_tokens": 12,
                "total_tokens": 21,
                "completion_tokens_details": {"reasoning_tokens": 8},
            },
        },
        "Hello",
        Ending.COMPLETE,
        Usage(9, 12, 8),
    ),
    (
        "completion in parts, at its limit",
        COMPLETIONS,
        {
            "choices": [
                {"message": {"content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]}},
                {"index": 0, "finish_reason": "length"},
                {"index": 1, "message": {"content": "another one"}},
            ]
        },
        "Hello",
        Ending.LIMIT,
        Usage(),
    ),
    (
        "reasoning between tags, and more of it counted than was answered",
        COMPLETIONS,
        {
            "choices": [{"message": {"content": "<think>hm\n</think>\n\nHello"}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": "3",
                "completion_tokens": 2,
                "completion_tokens_details": {"reasoning_tokens": 5},
            },
        },
        "Hello",
        Ending.COMPLETE,
        Usage(3, 5, 5),
    ),
    (
        "completion with its reasoning in a part of its own",
        COMPLETIONS,
        {
            "choices": [
                {
                    "message": {"content": [{"type": "reasoning", "text": "hm"}, {"text": "Hello"}]},
                    "finish_reason": "stop",
                }
            ]
        },
        "Hello",
        Ending.COMPLETE,
        Usage(),
    ),
    (
        "refused completion",
        COMPLETIONS,
        {"choices": [{"message": {"content": None, "refusal": "I cannot"}, "finish_reason": "stop"}]},
        "",
        Ending.REFUSED,
        Usage(),
    ),
    (
        "response",
        RESPONSES,
        {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "reasoning", "summary": []},
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
                },
            ],
            "usage": {"input_tokens": 5, "output_tokens": 7, "output_tokens_details": {"reasoning_tokens": 4}},
        },
        "Hello",
        Ending.COMPLETE,
        Usage(5, 7, 4),
    ),
    (
        "incomplete response",
        RESPONSES,
        {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": []},
        "",
        Ending.LIMIT,
        Usage(),
    ),
    (
        "refused response",
        RESPONSES,
        {"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No"}]}]},
        "",
        Ending.REFUSED,
        Usage(),
    ),
    (
        "message",
        MESSAGES,
        {
            "type": "message",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hello"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 3},
        },
        "Hello",
        Ending.COMPLETE,
        Usage(10, 3),
    ),
    (
        "message with a prompt that was put into the cache",
        MESSAGES,
        {
            "content": [{"type": "text", "text": "Hello"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 4, "cache_creation_input_tokens": 5, "output_tokens": 3},
        },
        "Hello",
        Ending.COMPLETE,
        Usage(9, 3),
    ),
    ("refused message", MESSAGES, {"content": [], "stop_reason": "refusal"}, "", Ending.REFUSED, Usage()),
    (
        "content",
        GENERATE_CONTENT,
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [{"text": "Hm", "thought": True}, {"text": "Hel"}, {"text": "lo"}],
                    },
                    "finishReason": "STOP",
                }
            ],
            "usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 2, "thoughtsTokenCount": 30},
        },
        "Hello",
        Ending.COMPLETE,
        Usage(8, 32, 30),
    ),
    (
        "content that is thought only",
        GENERATE_CONTENT,
        {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]},
        "",
        Ending.LIMIT,
        Usage(),
    ),
    (
        "unsafe content",
        GENERATE_CONTENT,
        {"candidates": [{"finishReason": "SAFETY", "finishMessage": "blocked"}]},
        "",
        Ending.REFUSED,
        Usage(),
    ),
    ("blocked prompt", GENERATE_CONTENT, {"promptFeedback": {"blockReason": "SAFETY"}}, "", Ending.REFUSED, Usage()),
    ("nothing known", COMPLETIONS, {"choices": "none", "usage": [1]}, "", Ending.NONE, Usage()),
]


@pytest.mark.parametrize(
    ("protocol", "body", "text", "ending", "usage"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_a_whole_answer_is_read(
    protocol: ChatProtocol, body: dict[str, Any], text: str, ending: Ending, usage: Usage
) -> None:
    reply = Reply()
    protocol.read(body, reply)
    assert (reply.text, reply.ending, reply.usage) == (text, ending, usage)


STREAMS: dict[str, tuple[ChatProtocol, list[dict[str, Any]], Usage]] = {
    "chat completions": (
        COMPLETIONS,
        [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {"reasoning_content": "They greet"}}]},
            {"choices": [{"index": 0, "delta": {"content": "Hel"}}], "usage": None},
            {"choices": [{"index": 0, "delta": {"content": "lo"}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}},
        ],
        Usage(9, 2),
    ),
    "responses": (
        RESPONSES,
        [
            {"type": "response.created", "response": {"status": "in_progress", "output": []}},
            {"type": "response.reasoning_summary_text.delta", "delta": "Hm"},
            {"type": "response.output_text.delta", "delta": "Hel"},
            {"type": "response.output_text.delta", "delta": "lo"},
            {"type": "response.output_text.done", "text": "Hello"},
            {
                "type": "response.completed",
                "response": {
                    "status": "completed",
                    "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}],
                    "usage": {"input_tokens": 9, "output_tokens": 2},
                },
            },
        ],
        Usage(9, 2),
    ),
    "messages": (
        MESSAGES,
        [
            {
                "type": "message_start",
                "message": {"content": [], "stop_reason": None, "usage": {"input_tokens": 9, "output_tokens": 1}},
            },
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hel"}},
            {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "lo"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"},
        ],
        Usage(9, 2),
    ),
}


def _message(text: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text}]}


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "response.output_text.done", "text": "Hello"}],
        [{"type": "response.output_item.done", "item": _message("Hello")}],
        [
            {"type": "response.output_text.done", "text": "Hello"},
            {"type": "response.output_item.done", "item": _message("Hello")},
        ],
        [
            {"type": "response.output_item.done", "item": _message("Hel")},
            {"type": "response.output_item.done", "item": _message("lo")},
        ],
        [
            {"type": "response.output_text.delta", "delta": "<think>hm</think>\n\nHel"},
            {"type": "response.output_text.delta", "delta": "lo"},
            {"type": "response.output_text.done", "text": "<think>hm</think>\n\nHello"},
            {"type": "response.output_item.done", "item": _message("<think>hm</think>\n\nHello")},
        ],
    ],
)
@pytest.mark.parametrize("output", [[], [_message("Hello")]])
def test_the_text_of_a_response_is_read_once_from_whatever_event_brings_it(
    events: list[dict[str, Any]], output: list[dict[str, Any]]
) -> None:
    reply = Reply()
    for event in (*events, {"type": "response.completed", "response": {"status": "completed", "output": output}}):
        RESPONSES.feed(event, reply)
    assert (reply.text, reply.ending) == ("Hello", Ending.COMPLETE)


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("end_turn", Ending.COMPLETE),
        ("max_output_tokens", Ending.LIMIT),
        ("model_length", Ending.LIMIT),
        ("SAFETY", Ending.REFUSED),
        ("IMAGE_PROHIBITED_CONTENT", Ending.REFUSED),
        ("refusal", Ending.REFUSED),
        ("error", Ending.FAILED),
        ("network_error", Ending.FAILED),
        ("tool_calls", Ending.OTHER),
    ],
)
def test_every_protocol_knows_the_words_of_the_others_for_how_an_answer_ends(word: str, ending: Ending) -> None:
    for protocol, body in (
        (COMPLETIONS, {"choices": [{"finish_reason": word}]}),
        (RESPONSES, {"incomplete_details": {"reason": word}}),
        (MESSAGES, {"stop_reason": word}),
        (GENERATE_CONTENT, {"candidates": [{"finishReason": word}]}),
    ):
        reply = Reply()
        protocol.read(body, reply)
        assert (reply.ending, reply.error) == (ending, word if ending is Ending.FAILED else "")


def _completion(**usage: int) -> dict[str, Any]:
    reasoning = {"completion_tokens_details": {"reasoning_tokens": usage.pop("reasoning", 0)}}
    return {"choices": [], "usage": {**usage, **reasoning}}


def _start(**usage: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"usage": usage}}


def _delta(**usage: int) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {}, "usage": usage}


@pytest.mark.parametrize(
    ("protocol", "events", "usage"),
    [
        (
            COMPLETIONS,
            [
                _completion(prompt_tokens=1000, completion_tokens=200),
                _completion(prompt_tokens=0, completion_tokens=0),
            ],
            Usage(1000, 200, 0),
        ),
        (
            COMPLETIONS,
            [_completion(prompt_tokens=32, completion_tokens=300, total_tokens=2332, reasoning=2000)],
            Usage(32, 2300, 2000),
        ),
        (COMPLETIONS, [{"usage": {"prompt_tokens": 5, "total_tokens": 9}}], Usage(5)),
        (COMPLETIONS, [{"usage": {"completion_tokens": 5, "total_tokens": 9}}], Usage(None, 5)),
        (MESSAGES, [_start(input_tokens=1000), _delta(input_tokens=0, output_tokens=5)], Usage(1000, 5)),
        (
            MESSAGES,
            [
                _start(input_tokens=10, cache_read_input_tokens=9000, output_tokens=1),
                _delta(input_tokens=10, output_tokens=15),
            ],
            Usage(9010, 15),
        ),
        (
            GENERATE_CONTENT,
            [
                {"usageMetadata": {"candidatesTokenCount": 1, "thoughtsTokenCount": 500}},
                {"usageMetadata": {"candidatesTokenCount": 30}},
            ],
            Usage(None, 530, 500),
        ),
    ],
)
def test_counts_only_grow_and_each_keeps_its_own_largest(
    protocol: ChatProtocol, events: list[dict[str, Any]], usage: Usage
) -> None:
    reply = Reply()
    for event in events:
        protocol.feed(event, reply)
    assert reply.usage == usage


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_read_piece_by_piece_and_its_reasoning_is_no_answer(name: str) -> None:
    protocol, events, usage = STREAMS[name]
    reply = Reply()
    for event in events:
        protocol.feed(event, reply)
    assert (reply.text, reply.ending, reply.usage) == ("Hello", Ending.COMPLETE, usage)
    assert reply.has_reasoned


@pytest.mark.parametrize(
    ("said", "text", "has_reasoned"),
    [
        (" Hello", " Hello", False),
        ("<think>hm</think>\n\nHello", "Hello", True),
        ("\n<think>h<m</think> <think>", "<think>", True),
        ("<think>hm", "", True),
        ("<think>", "", True),
        ("<", "<", False),
        (" \n", " \n", False),
        ("The user greets.\n</think>\n\nHello", "Hello", True),
        ("The user greets. </think> \r\n<think>Hello", "<think>Hello", True),
        ("Cut at `</think>`.\n</think>\nHello", "Hello", True),
        ("The user greets.\n</think>", "", False),
        ("It ends at </think>", "It ends at </think>", False),
        ("<thin> a </think>b </think>", "<thin> a </think>b </think>", False),
        ("In Python:\n```\n</think>\n```\nHello", "In Python:\n```\n</think>\n```\nHello", False),
        ("A '</think>\n' ends it, as \"</think>\n\" does", "A '</think>\n' ends it, as \"</think>\n\" does", False),
        ("A `</think>\n</think>`", "A `</think>\n</think>`", False),
        ("So\n</think>" + " " * 99 + "\nHi", "So\n</think>" + " " * 99 + "\nHi", False),
        ("</think>Hello", "Hello", True),
        ("a <think> b </think>", "a <think> b </think>", False),
        (" " * 2000 + "Hello", " " * 2000 + "Hello", False),
    ],
)
def test_reasoning_between_tags_is_no_answer_wherever_its_pieces_end(
    said: str, text: str, *, has_reasoned: bool
) -> None:
    for size in (1, 2, 3, 7, 1001, len(said)):
        reply = Reply()
        for start in range(0, len(said), size):
            reply.add(said[start : start + size])
        assert (reply.text, reply.has_reasoned) == (text, has_reasoned)


def test_a_closing_tag_alone_belongs_to_the_answer_where_the_question_is_about_tags() -> None:
    reply = Reply()
    reply.keep_tags()
    reply.add("It ends at </think>, always")
    assert (reply.text, reply.has_reasoned) == ("It ends at </think>, always", False)


def test_a_short_answer_that_the_last_event_repeats_is_read_once() -> None:
    reply = Reply()
    RESPONSES.feed({"type": "response.output_text.delta", "delta": "<"}, reply)
    message = {"type": "message", "content": [{"type": "output_text", "text": "<"}]}
    RESPONSES.feed({"type": "response.completed", "response": {"status": "completed", "output": [message]}}, reply)
    assert reply.text == "<"


HOSTILE: list[Any] = [None, 1, True, "x", [], [None, 1, [[]]], {}, {"a": {}}, 1e308, -1, "9" * 400]
FIELDS = (
    *("choices", "message", "delta", "content", "refusal", "finish_reason", "usage", "output", "status", "error"),
    *(
        "type",
        "response",
        "candidates",
        "promptFeedback",
        "usageMetadata",
        "stop_reason",
        "incomplete_details",
        "index",
    ),
)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=[each.name for each in PROTOCOLS])
def test_no_answer_makes_a_reader_stumble(protocol: ChatProtocol) -> None:
    for value in HOSTILE:
        inner = dict.fromkeys(FIELDS, value)
        for body in (inner, dict.fromkeys(FIELDS, inner), {name: [inner, value] for name in FIELDS}):
            for kind in ("message_start", "message_delta", "content_block_delta", "response.completed", value):
                reply = Reply()
                protocol.read(body, reply)
                protocol.feed({**body, "type": kind}, reply)
                assert isinstance(reply.text, str)
                assert len(reply.finish_reason) <= 80


def test_a_field_under_another_name_and_an_unwanted_stream_are_left_out_when_the_refusal_says_so() -> None:
    body = {"model": "a/b", "max_tokens": 5, "stream": True, "stream_options": {"include_usage": True}}
    plain = {"model": "a/b", "max_tokens": 5}
    streamed = {**plain, "stream": True}
    assert COMPLETIONS.amended(body, "Unknown parameter: 'stream_options'") == streamed
    assert COMPLETIONS.amended(body, "Unknown parameter: 'stream'") == plain
    renamed = COMPLETIONS.amended(plain, "'max_tokens' is not supported. Use 'max_completion_tokens' instead.")
    assert renamed == {"model": "a/b", "max_completion_tokens": 5}
    assert COMPLETIONS.amended(plain, "param max_tokens: Unsupported parameter") == renamed
    for about_its_value in (
        "max_tokens is too large",
        "max_tokens 100000 is not allowed: the most is 8192",
        "max_tokens of 100000 is not supported",
        "Unsupported value: 'max_tokens'",
    ):
        assert COMPLETIONS.amended(plain, about_its_value) is None
    assert COMPLETIONS.amended(plain, "stream is not supported") is None
    assert MESSAGES.amended(body, "bad request") is None
    assert COMPLETIONS.amended(body, "upstream refused") is None
