"""The finished body against the model's schema; what does not fit is said in words that a language model can act on."""

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, cast

from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft, shown, stand_ins
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named, number_in

if TYPE_CHECKING:
    from jsonschema import ValidationError

MOST_ERRORS = 4
# What the tools take at least: where a model's own -1 stands for "any", that is said by leaving the argument out.
LEAST: Mapping[str, float] = {
    "seed": 0,
    "count": 1,
    "steps": 1,
    "guidance_scale": 0,
    "duration_seconds": 0.1,
}


def check(draft: Draft, body: Mapping[str, object], uploads: AbstractSet[str]) -> None:
    """Nothing happens when the body is one that the model accepts; `uploads` are placeholders of files in it.

    Raises:
        InvalidRequest: which fields it would refuse, what they may be, and the nearest that is allowed.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 60 ms, needed with the first job only

    validator: Any = Draft202012Validator(dict(draft.layout.schema.document))  # its own types are only partly known
    errors = list(_leaves(validator.iter_errors(stand_ins(dict(body), uploads))))
    if not errors:
        return
    errors.sort(key=lambda error: [str(part) for part in error.absolute_path])
    by_field: dict[str, str] = {}
    for error in errors:  # one reason is enough for each field: the options, where they are one
        path = ".".join(str(part) for part in error.absolute_path) or error.message
        if path not in by_field or error.validator == "enum":
            by_field[path] = _reason(draft, error)
    reasons = list(by_field.values())
    more = f" ({len(reasons) - MOST_ERRORS} more)" if len(reasons) > MOST_ERRORS else ""
    raise InvalidRequest(
        f"{draft.model} would refuse this. {' '.join(reasons[:MOST_ERRORS])}{more}",
        next_step="Correct it and call again.",
    )


def _leaves(errors: "Iterable[ValidationError]") -> "Iterable[ValidationError]":
    """The errors themselves; of alternatives the one that the value came nearest to."""
    for error in errors:
        if error.validator in {"anyOf", "oneOf"} and error.context:
            options = [branch for branch in error.context if branch.validator in {"enum", "const"}]
            deepest = max(error.context, key=lambda branch: (branch.validator != "type", len(branch.absolute_path)))
            yield from _leaves([options[0] if len(options) == 1 else deepest])
        else:
            yield error


def _reason(draft: Draft, error: "ValidationError") -> str:
    path = [str(part) for part in error.absolute_path]
    if not path or error.validator in {"required", "additionalProperties", "dependentRequired"}:
        where = f" in {named('.'.join(path), 80)}" if path else ""
        return f"{quoted(error.message, 200)}{where}."
    name = named(".".join(path), 80)
    argument = draft.arguments.get(".".join(path[:2])) or draft.arguments.get(path[0])
    who = (
        f"{argument} (its field {name})" if argument and argument not in {name, f"params.{name}"} else argument or name
    )
    allowed = _allowed(str(error.validator), cast("object", error.validator_value), error.instance, argument)
    return f"{who}: {allowed}, not {shown(cast('object', error.instance))}."


_RULES: Mapping[str, str] = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minItems": "must have at least {} entries",
    "maxItems": "must have at most {} entries",
    "pattern": "must match {}",
}


def _allowed(keyword: str, rule: object, given: object, argument: str | None) -> str:
    rules: Sequence[object] = cast("list[object]", rule) if isinstance(rule, list) else [rule]
    if keyword in {"enum", "const"}:
        rules = sayable(rules, argument)
        return f"allowed are {listed(rules)}{_nearest(rules, given)}"
    if keyword == "type":
        return f"must be of type {' or '.join(map(str, rules))}"
    # A pattern is free text of the schema; the other rules are numbers.
    return _RULES.get(keyword, "does not fit {}").format(named(cast("object", rule), 120))


def _nearest(options: Sequence[object], given: object) -> str:
    if (number := number_in(given)) is not None:
        numbers = [(value, each) for each in options if (value := number_in(each)) is not None and value >= 0]
        found: object = min(numbers, key=lambda pair: abs(pair[0] - number))[1] if numbers else None
    else:
        close = difflib.get_close_matches(str(given).lower(), [str(option).lower() for option in options], n=1)
        found = next((option for option in options if close and str(option).lower() == close[0]), None)
    return f" (nearest: {named(found)})" if found is not None else ""


def _number(value: float | None) -> str:
    return str(int(value)) if value is not None and float(value).is_integer() else f"{value:g}"


def sayable(options: Sequence[object], argument: str | None) -> Sequence[object]:
    """Those of a field's options that its argument can say."""
    least = LEAST.get(argument or "", -math.inf)
    return [each for each in options if (number := number_in(each)) is None or number >= least]


def allowed_of(field: Field, argument: str | None = None) -> str:
    """What a field may be, in a few words: its options, or its range, as far as its argument can say them."""
    if field.options:
        return listed(sayable(field.options, argument))
    low, high = field.limit("minimum"), field.limit("maximum")
    if low is not None:
        least = LEAST.get(argument or "", low)
        low = max(low, least if "number" in field.types else math.ceil(least))
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}" if low != high else _number(low)
    if low is not None or high is not None:
        return f"at least {_number(low)}" if low is not None else f"at most {_number(high)}"
    return _entries(field, field.items) if field.items else ""


def _entries(field: Field, items: Field) -> str:
    """How many elements a list may have, and what is in each that is an object."""
    few, most = field.fewest_items, field.most_items
    amount = f"{few} to {most} entries" if most and few != most else f"{few} entries" if most else "a list"
    amount = "1 entry" if few == most == 1 else amount
    if not items.members:
        return amount
    needed = [name for name, member in items.members.items() if member.is_required]
    return f"{amount} of {{{listed(items.members, 8)}}}" + (f", {listed(needed, 8)} needed" if needed else "")
