"""The finished body against the model's schema; what does not fit is said in words that a language model can act on."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from atlascloud_mcp.atlas.untrusted import plain, quoted
from atlascloud_mcp.errors import InvalidRequest
from atlascloud_mcp.jobs.parameters.draft import Draft, number_in, shown, stand_ins
from atlascloud_mcp.jobs.parameters.fields import Field, listed, named

if TYPE_CHECKING:
    from jsonschema import ValidationError

MOST_ERRORS = 4


def check(draft: Draft, body: Mapping[str, object]) -> None:
    """Nothing happens when the body is one that the model accepts.

    Raises:
        InvalidRequest: which fields it would refuse, what they may be, and the nearest that is allowed.
    """
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 60 ms, needed with the first job only

    validator: Any = Draft202012Validator(dict(draft.layout.schema.document))  # its own types are only partly known
    errors = list(_leaves(validator.iter_errors(stand_ins(dict(body)))))
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
    argument = draft.arguments.get(path[0])
    who = (
        f"{argument} (its field {name})" if argument and argument not in {name, f"params.{name}"} else argument or name
    )
    allowed = _allowed(str(error.validator), cast("object", error.validator_value), error.instance)
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


def _allowed(keyword: str, rule: object, given: object) -> str:
    rules: Sequence[object] = cast("list[object]", rule) if isinstance(rule, list) else [rule]
    if keyword in {"enum", "const"}:
        return f"allowed are {listed(rules)}{_nearest(rules, given)}"
    if keyword == "type":
        return f"must be of type {' or '.join(map(str, rules))}"
    return _RULES.get(keyword, "does not fit {}").format(plain(str(cast("object", rule)), 120))


def _nearest(options: Sequence[object], given: object) -> str:
    if (number := number_in(given)) is not None:
        numbers = [(value, each) for each in options if (value := number_in(each)) is not None and value >= 0]
        found: object = min(numbers, key=lambda pair: abs(pair[0] - number))[1] if numbers else None
    else:
        close = difflib.get_close_matches(
            str(given).lower(), [str(option).lower() for option in options], n=1, cutoff=0.5
        )
        found = next((option for option in options if close and str(option).lower() == close[0]), None)
    return f" (nearest: {named(found)})" if found is not None else ""


def _number(value: float | None) -> str:
    return str(int(value)) if value is not None and float(value).is_integer() else f"{value:g}"


def allowed_of(field: Field) -> str:
    """What a field may be, in a few words: its options, or its range."""
    if field.options:
        return listed(field.options)
    low, high = field.limit("minimum"), field.limit("maximum")
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    if low is not None or high is not None:
        return f"at least {_number(low)}" if low is not None else f"at most {_number(high)}"
    if field.items:
        most, fewest = field.most_items, field.fewest_items
        return f"{fewest} to {most} entries" if most else "a list"
    return ""
