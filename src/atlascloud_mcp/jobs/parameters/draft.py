"""A request body in the making: its fields, where each came from, and what has to be said about it."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, number_in
from atlascloud_mcp.jobs.parameters.layout import Layout


@dataclass(frozen=True, slots=True)
class Body:
    """The request's fields, what has to be said about how they came about, and what was asked of the result.

    `width` and `height` are the pixels that were sent, `asked_sides` those that the caller gave; `count` is how many
    results and `seconds` how long a clip the fields, or the model's defaults, ask for, or how long the recording is
    that goes in; `characters` are those of the prompt. `uploads` are the placeholders of files that are still to be
    uploaded.
    """

    fields: dict[str, object]
    notes: tuple[str, ...] = ()
    width: int | None = None
    height: int | None = None
    count: float = 1
    seconds: float | None = None
    uploads: frozenset[str] = frozenset()
    asked_sides: tuple[int | None, int | None] = (None, None)
    characters: int = 0


class Draft:
    """The body of one request to one model."""

    def __init__(self, model: str, layout: Layout) -> None:
        self.model = model
        self.layout = layout
        self.fields: dict[str, object] = {}
        self.arguments: dict[str, str] = {}
        self.notes: list[str] = []
        self.sides: tuple[int | None, int | None] = (None, None)
        self.asked_sides: tuple[int | None, int | None] = (None, None)

    def put(self, field: Field, value: object, argument: str) -> None:
        """This field holds that value, spelled as the field wants it.

        Raises:
            InvalidRequest: `params` already says something else.
        """
        spelled = fitted(field, value)
        name = field.name
        if name in self.fields and not same(self.fields[name], spelled):
            raise InvalidRequest(
                f"{self.arguments[name]} is {shown(self.fields[name])}, but {argument} asks for {shown(spelled)}.",
                next_step=f"Give {named(name)} once.",
            )
        self.fields[name] = spelled
        self.arguments[name] = argument

    def note(self, text: str) -> None:
        """Say this in the answer, once."""
        if text not in self.notes:
            self.notes.append(text)

    def lacks(self, argument: str, value: object, why_not: str) -> InvalidRequest:
        """The refusal of an argument that changes what is bought and that the model has no field for."""
        fields = listed(self.layout.fields) or "none"
        return InvalidRequest(
            f"{self.model} cannot take {argument} ({shown(value)}): {why_not}.",
            next_step=f"Leave {argument} out, or choose another model. Its fields: {fields}.",
        )


def fitted(field: Field, value: object) -> object:
    """`value` as this field spells it: one of its options, a whole number, a text; unchanged where nothing fits.

    A field without options shows by its default how it spells: `5s`, `jpeg`, `720P`.
    """
    option = next((option for option in field.options if is_option(option, value)), None)
    if option is not None:
        return option
    if is_option(field.default, value):
        return field.default
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _fitted_text(field, value)
    if "integer" in field.types and "number" not in field.types and float(value).is_integer():
        return int(value)
    if field.types == frozenset({"string"}):
        unit = re.fullmatch(r"\d+(?:\.\d+)?(\s?[a-z]+)", field.default) if isinstance(field.default, str) else None
        written = f"{value:g}" if abs(value) < 1e6 else str(value)
        return written + (unit[1] if unit else "")
    return value


def _fitted_text(field: Field, value: object) -> object:
    if not isinstance(value, str):
        return value
    if "string" not in field.types and field.items is not None:
        return [value]
    is_loud = isinstance(field.default, str) and field.default.isupper() and re.fullmatch(r"[0-9]+[pk]", value.lower())
    return value.upper() if is_loud else value


def is_option(option: object, value: object) -> bool:
    """Whether an option says the same as `value`: `"5s"` and 5, `PNG` and `png`, `on` and true."""
    if option == value and isinstance(option, bool) == isinstance(value, bool):
        return True
    if isinstance(value, bool):
        words = {"on", "true", "yes", "enabled", "enable"} if value else {"off", "false", "no", "none", "disabled"}
        return isinstance(option, str) and option.strip().lower() in words
    if isinstance(value, int | float):
        number = number_in(option)
        return number is not None and number == number_in(value)
    if isinstance(value, str) and isinstance(option, str):
        one, other = value.strip().lower().lstrip("."), option.strip().lower()
        return one == other or {one, other} == {"jpg", "jpeg"}
    return False


def same(one: object, other: object) -> bool:
    """Equality as JSON has it: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def shown(value: object) -> str:
    """A value in an error, short and harmless."""
    return plain(repr(value), 80)


def stand_ins(value: object, uploads: AbstractSet[str]) -> object:
    """`value` with a URL for each placeholder of a file that is still to be uploaded: what a schema may check."""
    if isinstance(value, str):
        return "https://example.com/upload.png" if value in uploads else value
    if isinstance(value, list):
        return [stand_ins(item, uploads) for item in cast("list[object]", value)]
    if isinstance(value, Mapping):
        return {name: stand_ins(item, uploads) for name, item in cast("Mapping[str, object]", value).items()}
    return value
