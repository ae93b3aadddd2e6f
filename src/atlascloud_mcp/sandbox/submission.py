"""A submit's body, read the way a strict server reads it: against the schema of its model, where one is published."""

from pydantic import TypeAdapter, ValidationError

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.model import Model
from atlascloud_mcp.sandbox.plain_fields import read_plainly
from atlascloud_mcp.sandbox.sound_wording import SoundWording
from atlascloud_mcp.sandbox.validation import check
from atlascloud_mcp.sandbox.wish import Refused, Submission, invalid
from atlascloud_mcp.sandbox.wording import PROMPTS, Wording

_OBJECT = TypeAdapter(dict[str, object])


def parse_body(raw: bytes, content_type: str) -> dict[str, object]:
    """The body as one flat object: fields nested under `input` are lifted to the top, unless it is a text itself.

    Raises `Refused` (400) for anything that is not a JSON object, or is not called one.
    """
    if not content_type.startswith("application/json"):
        raise Refused(400, "content type must be application/json")
    try:
        body = _OBJECT.validate_json(raw)
        inner = body.get("input")
        nested = {"input": inner} if isinstance(inner, str) else _OBJECT.validate_python(inner or {})
    except ValidationError as exc:
        raise Refused(400, "invalid JSON body") from exc
    return {key: value for key, value in body.items() if key != "input"} | nested


def read_submission(body: dict[str, object], *, strict: bool, endpoint: str | None = None) -> Submission:
    """The wish in the body, for that endpoint (None: whichever it is of).

    Raises `Refused`: 404 for an unknown model, 400 for everything else.
    """
    name = body.get("model")
    if not isinstance(name, str) or not name:
        raise Refused(400, "model is required")
    model = usable_model(name)
    if model is None:
        raise Refused(404, f"model not found: {name}")
    if model.endpoint is None:
        raise invalid(f"model {name} makes no picture, video, mesh or sound")
    if endpoint not in (None, model.endpoint):
        raise invalid(f"model {name} is served by {model.endpoint}, not by {endpoint}")
    if model.input is not None:
        return _read_by_schema(model, body, strict=strict)
    return SoundWording(model, body).submission() if model.kind == "audio" else read_plainly(model, body)


def _read_by_schema(model: Model, body: dict[str, object], *, strict: bool) -> Submission:
    check(model, body, strict=strict)
    wording = (SoundWording if model.kind == "audio" else Wording)(model, body)
    required: list[str] = (model.input or {}).get("required", [])
    blank = next((each for each in PROMPTS if each in required and not wording.prompt().strip()), None)
    if blank:
        raise invalid(f"{blank}: must not be empty")
    return wording.submission()
