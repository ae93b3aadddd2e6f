"""`chat`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.jobs.chatting.request import ChatRequest
from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App, core, patience
from atlascloud_mcp.tools.progress import reporter
from atlascloud_mcp.tools.registry import ToolSpec
from atlascloud_mcp.tools.results import ChatFields, job_answer


async def chat(  # noqa: PLR0913, PLR0917 - a tool's parameter list is its schema
    ctx: Context[App],
    prompt: a.Question,
    model: a.ModelName | None = None,
    system: a.System | None = None,
    images: a.Attached | None = None,
    video: a.PathOrUrl | None = None,
    audio: a.PathOrUrl | None = None,
    json_output: a.JsonOutput | None = None,
    max_tokens: a.MaxTokens | None = None,
    temperature: a.Temperature | None = None,
    params: a.Params | None = None,
    save_to: a.SavedTo | None = None,
) -> Annotated[CallToolResult, ChatFields]:
    """Ask a language model, about text, pictures, video or sound too.

    One question, one answer; nothing is remembered. Paid by tokens.
    """
    waiting = patience(ctx, None)
    request = ChatRequest(
        prompt=prompt,
        model=model,
        system=system,
        images=tuple(images or ()),
        video=video,
        audio=audio,
        wants_json=json_output is not None and json_output is not False,
        schema=json_output if isinstance(json_output, dict) and json_output else None,
        max_tokens=max_tokens,
        temperature=temperature,
        params=params or {},
        save_to=save_to,
    )
    chats = (await core(ctx, [*(source for _, source in request.sources), save_to])).chats
    return job_answer(await chats.ask(request, waiting, reporter(ctx)))


TOOLS = (
    ToolSpec(
        chat,
        "Chat",
        ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True),
    ),
)
