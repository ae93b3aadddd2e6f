"""What `search_models` and `get_model` answer: the same facts as text and as structured content."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, NotRequired

from mcp_types import CallToolResult
from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from atlascloud_mcp.atlas.kinds import may_take
from atlascloud_mcp.atlas.models import Medium, Model
from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.jobs.models.describing import inputs, nouns, price, short_price, tool_for
from atlascloud_mcp.tools.results import Fields, answer, present

if TYPE_CHECKING:
    # Only types: the core brings httpx, which no start should wait for.
    from atlascloud_mcp.jobs.models.offer import ModelDescription, ModelPage
    from atlascloud_mcp.jobs.parameters.vocabulary import Parameter

MEDIA = (("image", "first_frame"), ("image", "images"), ("video", "video"), ("audio", "audio"))
MEDIUM_OF: Mapping[str, Medium] = {
    "prompt": "text",
    **dict.fromkeys(("images", "first_frame", "last_frame", "mask"), "image"),
    "video": "video",
    "audio": "audio",
}
MOST_SHOWN = 300  # characters of a default


class ModelsFields(TypedDict):
    """One page of models: each with `id`, `kind`, `price` and `takes`, all texts.

    The rows' own fields are not declared: clients prove every answer against this schema, and that took as long as
    all the rest of a search.
    """

    models: Annotated[list[dict[str, object]], WithJsonSchema({"type": "array"})]
    total: int
    page: int
    pages: int
    notes: NotRequired[list[str]]
    next: NotRequired[str]


class ParameterFields(TypedDict):
    """One parameter: `argument` of the tool, or else a field for `params`."""

    argument: NotRequired[str]
    field: str
    allowed: NotRequired[str]
    default: NotRequired[object]
    required: NotRequired[bool]
    about: NotRequired[str]


class ModelFields(TypedDict):
    """One model."""

    id: str
    name: str
    maker: NotRequired[str]
    kind: NotRequired[str]
    price: str
    takes: str
    summary: NotRequired[str]
    typical_seconds: NotRequired[float]
    parameters: NotRequired[list[ParameterFields]]
    example: NotRequired[dict[str, object]]
    json_schema: NotRequired[dict[str, object]]
    notes: NotRequired[list[str]]
    next: NotRequired[str]


def models_answer(found: "ModelPage") -> CallToolResult:
    """One page of models, a line each."""
    rows = [_row(model) for model in found.models]
    more = f"page {found.page + 1} of {found.pages} has more" if found.page < found.pages else found.hint or None
    notes = [found.note] if found.note else []
    fields: Fields = {
        "models": rows,
        **present(total=found.total, page=found.page, pages=found.pages, notes=notes, next=more),
    }
    lines = [f"{found.total} models, page {found.page} of {found.pages}:" if found.total else "no model fits"]
    lines += [f"{row['id']} | {row.get('kind', '')} | {row['price']} | {row['takes']}" for row in rows]
    lines += [f"note: {note}" for note in notes]
    lines += [f"next: {found.hint}"] if found.hint else []
    return answer("\n".join(lines), fields)


def _row(model: Model) -> Fields:
    kind, price, takes = _in_short(model)
    return {"id": model.id, **({"kind": kind} if kind else {}), "price": price, "takes": takes}


@lru_cache(maxsize=1000)
def _in_short(model: Model) -> tuple[str, str, str]:
    """Its kinds, price and inputs, which the same models are shown with again and again."""
    return ", ".join(model.kinds[:2]), short_price(model), _takes(model)


def _takes(model: Model) -> str:
    """What it is made from, and in brackets what some of its kinds are made from as well."""
    some = nouns(may_take(model.kinds) - {*model.takes})
    return (", ".join(inputs(model)) or "unlisted") + (f" (some: {', '.join(some)})" if some else "")


def model_answer(found: "ModelDescription", *, with_schema: bool) -> CallToolResult:
    """One model and what it takes."""
    model = found.model
    context = [f"context of {model.context_tokens:,} tokens"] if model.context_tokens else []
    parameters = [_parameter(each) for each in found.parameters]
    fields = present(
        id=model.id,
        name=quoted(model.name, 120),
        maker=quoted(model.organization, 80) if model.organization else None,
        kind=", ".join(model.kinds),
        price=price(model),
        takes="; ".join([", ".join(_inputs(found)) or "unlisted", *context]),
        summary=quoted(model.summary) if model.summary else None,
        typical_seconds=model.typical_seconds,
        parameters=parameters,
        example=_example(found),
        json_schema=dict(found.schema) if with_schema and found.schema else None,
        notes=[found.note] if found.note else [],
        next=_next(found),
    )
    return answer(_text(fields, parameters), fields)


def _inputs(found: "ModelDescription") -> list[str]:
    """What it is made from: as its schema has it, where it publishes one."""
    told = {MEDIUM_OF.get(each.argument or "", "") for each in found.parameters} - {""}
    return nouns(told) if found.schema and told else inputs(found.model)


def _text(fields: Fields, parameters: list[Fields]) -> str:
    head = ("id", "name", "maker", "kind", "price", "takes", "summary", "typical_seconds")
    lines = [f"{name}: {fields[name]}" for name in head if name in fields]
    if parameters:
        lines.append("parameters (argument of the tool, or its own field for `params`):")
    for each in parameters:
        argument, field = each.get("argument"), each["field"]
        name = f"{argument} (its {field})" if argument and argument != field else str(argument or f"params.{field}")
        marks = [
            "required" if each.get("required") else "",
            str(each.get("allowed") or ""),
            f"default {json.dumps(each['default'], ensure_ascii=False)}" if "default" in each else "",
            str(each.get("about") or ""),
        ]
        told = "; ".join(mark for mark in marks if mark)
        lines.append(f"- {name}: {told}" if told else f"- {name}")
    if "example" in fields:
        lines.append("example: " + json.dumps(fields["example"], ensure_ascii=False))
    if "json_schema" in fields:
        lines.append("json_schema: " + json.dumps(fields["json_schema"], ensure_ascii=False))
    notes = fields.get("notes")
    lines += [f"note: {note}" for note in notes] if isinstance(notes, list) else []  # pyright: ignore[reportUnknownVariableType] - ours, of texts
    if "next" in fields:
        lines.append(f"next: {fields['next']}")
    return "\n".join(lines)


def _parameter(each: "Parameter") -> Fields:
    fits = each.default is not None and len(json.dumps(each.default)) <= MOST_SHOWN
    return present(
        argument=each.argument,
        field=each.field,
        allowed=each.allowed,
        default=each.default if fits else None,
        required=True if each.is_required else None,
        about=quoted(each.about, 120) if each.about else None,
    )


def _example(found: "ModelDescription") -> Fields | None:
    """Arguments of a call that this model accepts."""
    tool = tool_for(found.model)
    if tool is None:
        return None
    samples: dict[str, object] = {
        "prompt": "A red fox in the snow",
        "images": ["photo.png"],
        "first_frame": "first.png",
        "last_frame": "last.png",
        "mask": "mask.png",
        "video": "clip.mp4",
        "audio": "speech.mp3",
        "lyrics": "[Verse] Snow is falling",
    }
    if tool == "chat":
        return {"tool": tool, "arguments": {"model": found.model.id, "prompt": "Why is snow white?"}}
    arguments: dict[str, object] = {"model": found.model.id}
    for each in found.parameters:
        if each.argument in samples and (each.is_required or each.argument == "prompt"):
            arguments[each.argument] = samples[each.argument]
        elif each.is_required and each.sample is not None and each.argument in {"voice", "language"}:
            arguments[each.argument] = each.sample
        if each.argument == "images" and each.is_required and found.model.type == "video":
            arguments["images"] = ["reference.png"]
    given = set(arguments) & {argument for _, argument in MEDIA}
    if not given:  # its kind says what the schema does not
        known = {each.argument for each in found.parameters}
        for medium in found.model.takes:
            argument = next((each for of, each in MEDIA if of == medium and each in known), None)
            if argument:
                arguments[argument] = samples[argument]
    return {"tool": tool, "arguments": arguments}


def _next(found: "ModelDescription") -> str | None:
    return None if tool_for(found.model) else "Nobody says what it makes: pass it to the tool that you think is right."
