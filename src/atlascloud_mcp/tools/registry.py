"""Registration: what makes a function a tool of ours.

A tool's function raises our errors and is given arguments that are right; everything else happens here, once:
unknown names and wrong types are refused in words, and errors become text for whoever can act.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import AtlasCloudError, InvalidRequest
from atlascloud_mcp.tools.bounds import shortened


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One row of the registration table."""

    function: Callable[..., Any]
    title: str
    annotations: ToolAnnotations


class Arguments(FuncMetadata):
    """Arguments of which text stays text: the SDK would turn the prompt `{"scene": "a fox"}` into an object.

    `bounds` has their schemas with all that is checked, of which callers are shown the part that helps.
    """

    texts: frozenset[str]
    bounds: dict[str, Any]

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """JSON in a string, which some hosts send for lists and objects, is read where no text is wanted."""
        parsed = super().pre_parse_json(data)
        return {name: data[name] if name in self.texts else value for name, value in parsed.items()}


class AtlasTool(Tool):
    """A tool that takes exactly its own arguments, and whose failures say what to do."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - the SDK's own signature
        """Check the arguments and run the function.

        Raises:
            UnexpectedToolError: a defect of ours; its text names no detail, the log has it all.
        """
        try:
            self._refuse_unknown(arguments)
            return await super().run(arguments, context, convert_result)
        except AtlasCloudError as error:
            return _failure(str(error))
        except ToolError as error:
            match error.__cause__:
                case AtlasCloudError() as cause:
                    return _failure(str(cause))
                case ValidationError() as cause if not isinstance(error, UnexpectedToolError):
                    return _failure(str(self._invalid(cause)))
                case cause:
                    raise UnexpectedToolError(
                        f"{self.name} stopped on a defect of this server ({type(cause).__name__}; its log has the "
                        "details). A job may have been submitted and billed: call get_prediction without an id, and if "
                        "that knows of none look at the history in the Atlas Cloud console, before repeating the call."
                    ) from error

    def _refuse_unknown(self, arguments: Mapping[str, object]) -> None:
        known = list(self.parameters["properties"])
        for name in arguments:
            if name in known:
                continue
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {nearest[0]}? " if nearest else ""
            raise InvalidRequest(
                f"{self.name} has no argument {quoted(name, 60)}.", next_step=f"{hint}It takes: {', '.join(known)}."
            )

    def _invalid(self, error: ValidationError) -> InvalidRequest:
        reasons = [self._reason(detail) for detail in error.errors(include_url=False)]
        return InvalidRequest(" ".join(dict.fromkeys(reasons)), next_step="Correct it and call again.")

    def _reason(self, detail: ErrorDetails) -> str:
        """One wrong argument: its name, what is allowed, what was given."""
        name = str(detail["loc"][0]) if detail["loc"] else ""
        # Of the rest only positions in a list mean something to the caller; pydantic also names branches of a union.
        where = ".".join([name, *(str(part) for part in detail["loc"][1:] if isinstance(part, int))])
        if detail["type"] == "missing":
            return f"{where} is required."
        rule = re.sub(r"^(Input|String|List|Dictionary|Value) ", "", detail["msg"].removeprefix("Value error, "))
        bounds = _bounds(cast("Arguments", self.fn_metadata).bounds.get(name, {}))
        value: object = detail["input"]
        given = quoted(value if isinstance(value, str) else json.dumps(value), 80)
        return f"{where} {rule}{bounds}, not {given}."


def _bounds(schema: Mapping[str, Any]) -> str:
    """The whole range, where a message names only the end that was crossed."""
    low, high = schema.get("minimum"), schema.get("maximum")
    return "" if low is None or high is None else f" ({low} to {high})"


def _failure(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=shortened(text))], is_error=True)


def build_tool(spec: ToolSpec) -> Tool:
    """The tool of a function: its docstring is the description, its parameter list the schema."""
    tool = AtlasTool.from_function(
        spec.function,
        title=spec.title,
        description=" ".join((spec.function.__doc__ or "").split()),
        annotations=spec.annotations,
    )
    bounds: dict[str, Any] = _lean(tool.parameters, untold=_NAMES)["properties"]
    tool.parameters = _lean(tool.parameters)
    tool.parameters["additionalProperties"] = False
    texts = [name for name, schema in tool.parameters["properties"].items() if schema.get("type") == "string"]
    tool.fn_metadata = Arguments.model_construct(**dict(tool.fn_metadata), texts=frozenset(texts), bounds=bounds)
    tool.fn_metadata.output_schema = _lean(tool.fn_metadata.output_schema or {})
    return tool


_ANYTHING = ("additionalProperties", True)  # which is so where nothing is said
_NAMES = frozenset({"title", "default"})
_UNTOLD = _NAMES | {
    *("minLength", "maxLength", "maxProperties", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum"),
}


def _lean(
    schema: Mapping[str, Any],
    parts: Mapping[str, dict[str, Any]] | None = None,
    untold: frozenset[str] = _UNTOLD,
) -> dict[str, Any]:
    """A schema without what only costs tokens or time.

    That is titles, bounds beyond any use (a refusal names them), the null that stands for "not given", and
    references, which are put in place: clients prove every answer against the schema, and looking up a reference takes
    them longest.
    """
    known = cast("dict[str, dict[str, Any]]", schema.get("$defs", {})) if parts is None else parts
    if isinstance(reference := schema.get("$ref"), str):
        return _lean(known[reference.rpartition("/")[2]], known, untold)
    lean: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "$defs" or (name in untold and not isinstance(value, dict)) or (name, value) == _ANYTHING:
            continue
        if name == "anyOf":
            options = [
                _lean(each, known, untold) for each in cast("list[dict[str, Any]]", value) if each != {"type": "null"}
            ]
            lean |= options[0] if len(options) == 1 else {"anyOf": options}
        else:
            lean[name] = _lean(cast("dict[str, Any]", value), known, untold) if isinstance(value, dict) else value
    return lean
