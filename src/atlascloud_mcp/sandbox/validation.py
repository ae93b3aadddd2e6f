"""A body against the schema of its model, judged the way a strict server judges it."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from atlascloud_mcp.sandbox.model import Json, Model
from atlascloud_mcp.sandbox.wish import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALWAYS = frozenset({"model", "webhook_url"})
_LONGEST_REASON = 200


def check(model: Model, body: dict[str, object], *, strict: bool) -> None:
    """Raises `Refused` (400) for the first field that is wrong; `strict` refuses fields that the schema lacks."""
    schema = model.input or {}
    known: Json = schema.get("properties", {})
    if strict:
        unknown = next((name for name in body if name not in known and name not in _ALWAYS), None)
        if unknown is not None:
            raise invalid(f"{unknown}: is not a field of this model")
    # the stubs want JSON's own recursive type, which a body of `object` cannot be shown to have
    found: Iterator[ValidationError] = _validator(model).iter_errors(cast("Any", body))  # pyright: ignore[reportUnknownMemberType]  stubs without Unknown's type
    first = min(found, key=_place, default=None)
    if first is not None:
        raise invalid(_told(first))


@lru_cache(maxsize=512)
def _validator(model: Model) -> Draft202012Validator:
    parts: Json = {"Input": model.input, **model.parts}
    return Draft202012Validator({"$ref": "#/components/schemas/Input", "components": {"schemas": parts}})


def _place(error: ValidationError) -> str:
    return "/".join(str(part) for part in error.absolute_path)


def _told(error: ValidationError) -> str:
    if error.validator == "required":
        return f"{error.message.split(chr(39))[1]}: is required"
    place = ".".join(str(part) for part in error.absolute_path) or "body"
    return f"{place}: {error.message[:_LONGEST_REASON]}"
