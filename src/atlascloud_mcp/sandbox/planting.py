"""Past jobs and calls that never ran here, so that an account has a past."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4

from atlascloud_mcp.sandbox.catalogue import usable_model
from atlascloud_mcp.sandbox.jobs import Job
from atlascloud_mcp.sandbox.ledger import Charge, key_id
from atlascloud_mcp.sandbox.model import Model
from atlascloud_mcp.sandbox.submission import read_submission
from atlascloud_mcp.sandbox.wish import Refused, Submission
from atlascloud_mcp.sandbox.wording import PROMPTS

if TYPE_CHECKING:
    from atlascloud_mcp.sandbox.state import Sandbox

_SIZE = (512, 512)
_SECONDS = 5.0
_TOKENS_A_CALL = (1_000, 200)


def plant(sandbox: "Sandbox", name: str, at: datetime, price: Decimal, *, prompt: str, status: str) -> str:
    """The job is there and has told its status; a language model's call is billed and in no history. Answers its id.

    Raises `ValueError` for a model that is not offered.
    """
    model = usable_model(name)
    if model is None:
        raise ValueError(f"no model {name!r}")
    planted_id, key = uuid4().hex, key_id(min(sandbox.api_keys or {"any-key"}))
    if model.kind == "text":
        asked, said = _TOKENS_A_CALL
        sandbox.calls.append(
            Charge(at=at, model=name, usd=price, api_key_id=key, input_tokens=asked, output_tokens=said)
        )
        return planted_id
    body = _body(model, prompt)
    wish = _wish(model, body, prompt)
    job = Job(
        id=planted_id,
        submission=wish,
        sources=(),
        size=wish.size or _SIZE,
        seed=max(wish.seed, 0),
        price=price,
        created_at=at,
        started=sandbox.clock(),
        seconds=sandbox.job_seconds,
        script=(status,),
        body=body,
        api_key_id=key,
    )
    job.poll(sandbox.clock())  # a status counts from when somebody has been told it
    sandbox.jobs[job.id] = job
    return job.id


def _body(model: Model, prompt: str) -> dict[str, object]:
    fields = (model.input or {}).get("properties", {})
    word = next((each for each in PROMPTS if each in fields), "prompt")
    return {"model": model.id, word: prompt or f"planted for {model.wire['displayName']}"}


def _wish(model: Model, body: dict[str, object], prompt: str) -> Submission:
    """What the model would make of the words; what it needs besides was long ago and is left out."""
    try:
        wish = read_submission(dict(body), strict=False)
    except Refused:
        wish = Submission(
            model=model.id,
            kind=model.kind,
            prompt=prompt,
            size=_SIZE,
            count=1,
            seed=0,
            picture_format="png",
            images=(),
            as_base64=False,
            wait_for_result=False,
            seconds=_SECONDS if model.kind == "video" else 0.0,
        )
    return replace(wish, images=(), masks=(), recordings=(), starts_on=None, ends_on=None)
