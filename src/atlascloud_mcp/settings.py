"""Every setting, once: a field here is an `ATLASCLOUD_…` variable and a row of the README.

`load` never fails: the server has to start for its user to be told what is wrong. What it could not
use stands in `Settings.problems`, and a call that needs a bad setting is refused with that sentence.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

PREFIX = "ATLASCLOUD_"
DEFAULT_BASE_URL = "https://api.atlascloud.ai"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_UNEXPANDED = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A variable that was not used as it stands. `fatal` ones refuse every call that reaches out."""

    variable: str
    message: str
    fatal: bool


def _base_url(value: object) -> object:
    """The origin before `/api/v1`, without a trailing slash; https unless the host is this machine."""
    parts = urlsplit(str(value).strip())
    _ = parts.port  # raises where it is no number
    host_is_plain = re.fullmatch(r"[A-Za-z0-9.:_-]+", parts.hostname or "")
    if parts.scheme not in {"http", "https"} or not host_is_plain or not parts.path.isprintable():
        raise ValueError("must be an address such as https://api.atlascloud.ai")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("must be https (plain http is for this machine only), or the API key could be read")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must not hold a user name, a password, a query or a fragment")
    path = re.sub(r"/(api/v1|public/v1|v1)?/*$", "", parts.path)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _folder(value: object) -> object:
    text = str(value).strip()
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # no such user, or a user without a home; pydantic lets it through
        raise ValueError(f"starts with a ~ that leads to no home folder here: {text!r}") from None
    if not path.is_absolute():
        raise ValueError(f"must be an absolute path, not {str(value)!r}")
    return path


def _folders(value: object) -> object:
    """Separated as PATH is; an entry that the host did not expand is left out (`load` reports it)."""
    entries = [entry.strip() for entry in str(value).split(os.pathsep)]
    return tuple(_folder(entry) for entry in entries if entry and not _UNEXPANDED.search(entry))


def _host_names(value: object) -> object:
    names = [name.strip().lower() for name in re.split(r"[,\s]+", str(value)) if name.strip()]
    for name in names:
        if not re.fullmatch(r"[a-z0-9.-]+", name):
            raise ValueError(f"takes exact host names separated by commas, not {name!r}")
    return tuple(names)


def _key(value: object) -> object:
    key = str(value).strip()
    if not re.fullmatch(r"[!-~]+", key):
        raise ValueError("holds spaces or characters that no API key has; paste the key alone")
    return key


Folder = Annotated[Path, BeforeValidator(_folder)]


class Settings(BaseModel):
    """What the user may choose. Frozen; the environment is read once, at start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: Annotated[SecretStr, BeforeValidator(_key)] | None = Field(
        None, description="The API key from the Atlas Cloud console"
    )
    api_key_file: Folder | None = Field(
        None, description="A file that holds the key instead; read again at each paid call"
    )
    base_url: Annotated[str, BeforeValidator(_base_url)] = Field(
        DEFAULT_BASE_URL, description="Where the API is; https, or http on this machine"
    )
    output_dir: Folder | None = Field(
        None, description="Where results are saved (default: `AtlasCloud` in your pictures folder)"
    )
    allowed_dirs: Annotated[tuple[Path, ...], BeforeValidator(_folders)] = Field(
        (), description="Folders that may be read and saved to, separated as `PATH` is (default: the project)"
    )
    image_model: str = Field("black-forest-labs/flux-schnell", description="Model when none is named")
    image_edit_model: str = Field(
        "alibaba/qwen-image/edit-plus-20251215", description="Model when none is named and pictures are passed in"
    )
    video_model: str = Field(
        "bytedance/seedance-2.0/text-to-video",
        description="Model for videos when none is named; pictures pick a sibling",
    )
    mesh_model: str = Field(
        "tencent/hunyuan3d-rapid/text-to-3d",
        description="Model for 3D meshes when none is named; a picture picks a sibling",
    )
    speech_model: str = Field("xai/tts-v1", description="Model for speech when none is named")
    music_model: str = Field("suno/chirp-v5", description="Model for music when none is named")
    lyrics_model: str = Field("minimax/lyrics-generation", description="Model for song lyrics when none is named")
    transcription_model: str = Field("bytedance/seed-asr-2.0", description="Model for transcripts when none is named")
    chat_model: str = Field(
        "google/gemini-2.5-flash",
        description="Language model when none is named; one that takes pictures, video and sound",
    )
    max_wait: float | None = Field(
        None, ge=1, le=3600, description="Longest wait of a call in seconds (default: by host, 45 to 240)"
    )
    preview: Literal["auto", "never"] = Field("auto", description="Small previews beside the answer, or `never`")
    sidecar: bool = Field(
        default=True,
        description="A JSON file with model, prompt, cost and sha256 beside each result; none where `save_to` is given",
    )
    download_hosts: Annotated[tuple[str, ...], BeforeValidator(_host_names)] = Field(
        (), description="Exact host names to download from even when they resolve to private addresses"
    )
    data_dir: Folder | None = Field(
        None, description="Where the journal of jobs and the model catalogue are kept (default: the user's data folder)"
    )
    retention_days: float = Field(
        90, ge=0, le=3650, description="Days that the journal keeps jobs with their prompts; 0: there is none"
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"],
        BeforeValidator(lambda value: str(value).strip().upper()),
    ] = Field("WARNING", description="What is logged to stderr: DEBUG, INFO, WARNING or ERROR")
    problems: tuple[Problem, ...] = Field((), exclude=True, description="What `load` could not use")

    def problem_of(self, field: str) -> str:
        """The sentence about one field's variable, or an empty string."""
        variable = variable_of(field)
        return " ".join(problem.message for problem in self.problems if problem.variable == variable)


FIELDS = tuple(name for name in Settings.model_fields if name != "problems")


def variable_of(field: str) -> str:
    """The environment variable of a field: `base_url` is `ATLASCLOUD_BASE_URL`."""
    return PREFIX + field.upper()


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`; what cannot be used is reported in `problems`, never raised."""
    problems: list[Problem] = []
    given: dict[str, object] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        field = variable.removeprefix(PREFIX).lower()
        if field not in FIELDS:
            problems.append(_unknown(variable))
        elif problem := _unusable(variable, field, value):
            problems.append(problem)
        else:
            given[field] = value
            if _UNEXPANDED.search(value):
                problems.append(_unexpanded(variable, value))
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        for detail in error.errors():
            field = str(detail["loc"][0])
            given.pop(field, None)
            reason = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
            problems.append(Problem(variable_of(field), f"{variable_of(field)}: {reason}.", fatal=True))
        settings = Settings.model_validate(given)
    return settings.model_copy(update={"problems": tuple(problems)})


def _unknown(variable: str) -> Problem:
    nearest = difflib.get_close_matches(variable.removeprefix(PREFIX).lower(), FIELDS, n=1)
    hint = f" Did you mean {variable_of(nearest[0])}?" if nearest else ""
    return Problem(variable, f"{variable} is not a setting of this version.{hint}", fatal=False)


def _unexpanded(variable: str, value: str) -> Problem:
    text = ", ".join(_UNEXPANDED.findall(value))
    return Problem(
        variable,
        f"{variable} holds the literal text {text}: the host did not expand it, so it is ignored.",
        fatal=False,
    )


def _unusable(variable: str, field: str, value: str) -> Problem | None:
    """An empty value, or one that is nothing but an unexpanded placeholder: both count as not set."""
    if not value.strip():
        return Problem(variable, f"{variable} is set but empty, which counts as not set.", fatal=False)
    if _UNEXPANDED.search(value) and field != "allowed_dirs":
        return _unexpanded(variable, value)
    return None
