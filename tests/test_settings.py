"""Settings: what can be used is used, and everything else is said with its variable's name."""

import logging
import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from atlascloud_mcp.server import TOOLS
from atlascloud_mcp.settings import FIELDS, Settings, load, variable_of
from world import SMALL, World, failure_of, fields_of, text_of

KEY = "apikey-canary-3f9a"


def problem_of(environ: dict[str, str]) -> str:
    (problem,) = load(environ).problems
    return problem.message


def test_nothing_need_be_set() -> None:
    settings = load({"PATH": "/bin", "ATLAS_OTHER": "x"})
    assert settings == Settings.model_validate({})
    assert settings.base_url == "https://api.atlascloud.ai"
    assert settings.image_model == "black-forest-labs/flux-schnell"
    assert settings.problems == ()


def test_every_setting_is_described_and_named_after_its_variable() -> None:
    assert all(Settings.model_fields[name].description for name in FIELDS)
    assert "problems" not in FIELDS
    assert variable_of("base_url") == "ATLASCLOUD_BASE_URL"


def test_every_variable_is_read(tmp_path: Path) -> None:
    settings = load(
        {
            "ATLASCLOUD_API_KEY": f" {KEY}\n",
            "ATLASCLOUD_API_KEY_FILE": str(tmp_path / "key"),
            "ATLASCLOUD_BASE_URL": "http://127.0.0.1:8123",
            "ATLASCLOUD_OUTPUT_DIR": str(tmp_path / "out"),
            "ATLASCLOUD_ALLOWED_DIRS": os.pathsep.join([str(tmp_path), "", "~"]),
            "ATLASCLOUD_IMAGE_MODEL": "a/b",
            "ATLASCLOUD_IMAGE_EDIT_MODEL": "a/c",
            "ATLASCLOUD_MAX_WAIT": "90",
            "ATLASCLOUD_PREVIEW": "never",
            "ATLASCLOUD_SIDECAR": "no",
            "ATLASCLOUD_DOWNLOAD_HOSTS": "CDN.example.com, b.example.com",
            "ATLASCLOUD_LOG_LEVEL": "info",
        }
    )
    assert settings.problems == ()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == KEY
    assert settings.allowed_dirs == (tmp_path, Path.home())
    assert settings.download_hosts == ("cdn.example.com", "b.example.com")
    assert settings.max_wait == 90
    assert settings.sidecar is False
    assert settings.log_level == "INFO"
    assert KEY not in repr(settings)
    assert KEY not in str(settings)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://api.atlascloud.ai/", "https://api.atlascloud.ai"),
        ("https://api.atlascloud.ai/api/v1", "https://api.atlascloud.ai"),
        ("https://api.atlascloud.ai/v1/", "https://api.atlascloud.ai"),
        ("https://api.atlascloud.ai/public/v1", "https://api.atlascloud.ai"),
        ("https://proxy.example.com/atlas/api/v1", "https://proxy.example.com/atlas"),
        (" https://proxy.example.com:8443/atlas ", "https://proxy.example.com:8443/atlas"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
    ],
)
def test_the_base_url_is_the_part_before_the_api_s_paths(value: str, expected: str) -> None:
    settings = load({"ATLASCLOUD_BASE_URL": value})
    assert settings.base_url == expected
    assert settings.problems == ()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("BASE_URL", "http://api.atlascloud.ai", ["must be https"]),
        ("BASE_URL", "api.atlascloud.ai", ["must be an address such as https://"]),
        ("BASE_URL", "ftp://api.atlascloud.ai", ["must be an address such as https://"]),
        ("BASE_URL", "https://", ["must be an address such as https://"]),
        ("BASE_URL", "https://api atlascloud ai", ["must be an address such as https://"]),
        ("BASE_URL", "https://api.atlascloud.ai:abc", ["ort"]),
        ("BASE_URL", "https://api.atlascloud.ai:99999", ["ort"]),
        ("BASE_URL", "https://[::1", ["Invalid IPv6 URL"]),
        ("BASE_URL", "https://me:pw@api.atlascloud.ai", ["must not hold a user name"]),
        ("BASE_URL", "https://api.atlascloud.ai/?a=1", ["must not hold"]),
        ("BASE_URL", "https://api.atlascloud.ai/a\x1bb", ["must be an address such as https://"]),
        ("OUTPUT_DIR", "pictures", ["must be an absolute path", "'pictures'"]),
        ("OUTPUT_DIR", "~nosuchuser/x", ["a ~ that leads to no home folder", "'~nosuchuser/x'"]),
        ("OUTPUT_DIR", "/a\0b", ["NUL"]),
        ("ALLOWED_DIRS", "relative", ["must be an absolute path"]),
        ("API_KEY_FILE", "key.txt", ["must be an absolute path"]),
        ("API_KEY", "my key", ["holds spaces"]),
        ("API_KEY", "schlüssel", ["no API key has"]),
        ("MAX_WAIT", "0", ["greater than or equal to 1"]),
        ("MAX_WAIT", "4000", ["less than or equal to 3600"]),
        ("MAX_WAIT", "soon", ["valid number"]),
        ("PREVIEW", "sometimes", ["'auto' or 'never'"]),
        ("SIDECAR", "perhaps", ["valid boolean"]),
        ("DOWNLOAD_HOSTS", "https://cdn.example.com/", ["exact host names"]),
        ("LOG_LEVEL", "loud", ["'DEBUG', 'INFO', 'WARNING' or 'ERROR'"]),
    ],
)
async def test_a_bad_value_refuses_calls_with_its_variable_and_the_rule(
    tmp_path: Path, variable: str, value: str, words: list[str]
) -> None:
    name = f"ATLASCLOUD_{variable}"
    settings = load({name: value})
    (problem,) = settings.problems
    assert problem.fatal
    assert problem.message.startswith(f"{name}: ")
    world = World(tmp_path, {name: value})
    async with world.client("claude-code") as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
        assert len((await client.list_tools()).tools) == len(TOOLS)
    assert all(word in text for word in [name, *words, "Nothing was billed.", "claude mcp add", "restart"]), text
    assert world.sent == []
    assert "my key" not in text
    assert "schlüssel" not in text
    assert ".." not in text.replace("…", "")


# What a text can hold that one validator or another may stumble over.
STUMBLING = (
    *("~", "~nosuchuser", "/", "\0", "\ud800", "\x1b", "${X}", ":", "[", "]", "%", "@", "?", "#", " ", "\n", "²", "℀"),
    *("https://", "http://", "localhost", "[::1]", "[::zz]", "9" * 5000, "1e999", "nan", "-0", ".", ",", "true"),
)


@effort(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([variable_of(name) for name in FIELDS]) | st.text().map("ATLASCLOUD_".__add__),
        st.text() | st.lists(st.sampled_from(STUMBLING)).map("".join),
    )
)
@example({"ATLASCLOUD_OUTPUT_DIR": "~nosuchuser/x", "ATLASCLOUD_ALLOWED_DIRS": "~nosuchuser"})
def test_whatever_the_variables_hold_loading_them_raises_nothing_and_each_is_used_or_told(
    environ: dict[str, str],
) -> None:
    settings = load(environ)
    told = {problem.variable.upper() for problem in settings.problems}
    used = {variable_of(name) for name in settings.model_fields_set}
    assert {name.upper() for name in environ} <= told | used


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_value_counts_as_not_set_and_is_told_apart(value: str) -> None:
    settings = load({"ATLASCLOUD_MAX_WAIT": value})
    assert settings.max_wait is None
    (problem,) = settings.problems
    assert not problem.fatal
    assert problem.message == "ATLASCLOUD_MAX_WAIT is set but empty, which counts as not set."


@pytest.mark.parametrize("value", ["${input:key}", "${ATLASCLOUD_API_KEY}", "${env:KEY}"])
async def test_a_placeholder_that_the_host_left_is_told_apart_from_a_missing_key(tmp_path: Path, value: str) -> None:
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": value})
    async with world.client() as client:
        text = failure_of(await client.call_tool("generate_image", SMALL))
    assert "There is no API key. ATLASCLOUD_API_KEY holds the literal text" in text
    assert value in text
    assert "did not expand" in text
    assert world.sent == []


def test_of_several_folders_only_the_unfilled_one_is_left_out(tmp_path: Path) -> None:
    settings = load({"ATLASCLOUD_ALLOWED_DIRS": os.pathsep.join(["${workspaceFolder}/a", str(tmp_path)])})
    assert settings.allowed_dirs == (tmp_path,)
    (problem,) = settings.problems
    assert not problem.fatal
    assert "${workspaceFolder}" in problem.message


def test_an_unknown_name_is_pointed_to_the_nearest_one() -> None:
    assert problem_of({"ATLASCLOUD_APIKEY": "x"}) == (
        "ATLASCLOUD_APIKEY is not a setting of this version. Did you mean ATLASCLOUD_API_KEY?"
    )
    assert problem_of({"ATLASCLOUD_ZZZ": "x"}) == "ATLASCLOUD_ZZZ is not a setting of this version."


async def test_an_unknown_name_or_a_default_refuses_nothing(tmp_path: Path) -> None:
    async with World(tmp_path, {"ATLASCLOUD_FUTURE": "x"}).client() as client:
        assert fields_of(await client.call_tool("generate_image", SMALL))["status"] == "completed"


async def test_a_key_file_is_read_anew_so_that_it_can_be_put_right_without_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "key"
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": "", "ATLASCLOUD_API_KEY_FILE": str(file)})
    async with world.client() as client:
        missing = failure_of(await client.call_tool("generate_image", SMALL))
        file.write_text("two words")
        unusable = failure_of(await client.call_tool("generate_image", SMALL))
        file.write_text("sandbox-key\n")
        result = await client.call_tool("generate_image", SMALL)
    assert "ATLASCLOUD_API_KEY_FILE cannot be read" in missing
    assert "holds no usable key" in unusable
    assert "two words" not in unusable
    assert fields_of(result)["status"] == "completed"


async def test_the_key_shows_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = World(tmp_path, {"ATLASCLOUD_API_KEY": KEY, "ATLASCLOUD_LOG_LEVEL": "DEBUG"})
    texts: list[str] = []
    async with world.client() as client:
        texts.append(text_of(await client.call_tool("generate_image", SMALL)))
        world.sandbox.api_keys = frozenset({KEY})
        for arguments in (
            SMALL,
            {**SMALL, "dry_run": True},
            {**SMALL, "model": "atlascloud/qwen-image/text-to-image", "width": 1000},
            {**SMALL, "prompt": "fail-test"},
        ):
            result = await client.call_tool("generate_image", dict(arguments))
            texts.append(text_of(result) + str(result.structured_content))
    texts += [path.read_text() for path in world.output.glob("*.json")]
    assert len(texts) == 6
    assert all(KEY not in text and KEY[-8:] not in text for text in texts)
    assert KEY not in caplog.text
    assert any(request.headers.get("authorization") == f"Bearer {KEY}" for request in world.edge.seen)
