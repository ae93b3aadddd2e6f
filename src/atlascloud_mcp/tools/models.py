"""`search_models` and `get_model`."""

from typing import Annotated

from mcp.server.mcpserver import Context
from mcp_types import CallToolResult, ToolAnnotations

from atlascloud_mcp.tools import arguments as a
from atlascloud_mcp.tools.app import App, core
from atlascloud_mcp.tools.model_results import ModelFields, ModelsFields, model_answer, models_answer
from atlascloud_mcp.tools.registry import ToolSpec


async def search_models(  # noqa: PLR0913, PLR0917 - a tool's parameter list is its schema
    ctx: Context[App],
    query: a.Query = "",
    type: a.MadeBy | None = None,  # noqa: A002 - the field's own word for it
    kind: a.Kind | None = None,
    takes: a.Takes | None = None,
    sort: a.Sort | None = None,
    page: a.Page = 1,
) -> Annotated[CallToolResult, ModelsFields]:
    """Find models: id, base price (options may raise it), what they take. Free."""
    offer = (await core(ctx)).offer
    return models_answer(
        await offer.search(query, made=type, kind=kind, takes=takes, page=page, is_by_price=sort == "price")
    )


async def get_model(
    ctx: Context[App],
    model: a.ModelName,
    schema: a.WithSchema = False,  # noqa: FBT002 - arguments come by name
) -> Annotated[CallToolResult, ModelFields]:
    """One model's price, parameters (the tools' arguments, and its own for `params`) and an example. Free."""
    offer = (await core(ctx)).offer
    return model_answer(await offer.describe(model), with_schema=schema)


_FREE = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)

TOOLS = (ToolSpec(search_models, "Search models", _FREE), ToolSpec(get_model, "Get model", _FREE))
