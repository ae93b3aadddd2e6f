"""README.md and mcp-config.example.json say what is true: their examples load, their quotes are the code's."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client

from atlascloud_mcp.server import build_server
from atlascloud_mcp.settings import FIELDS, Settings, load, variable_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "mcp-config.example.json"
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]


def settings_table() -> str:
    """The rows of README's table of settings, from the fields themselves."""
    rows = ["| variable | default | what it is |", "|---|---|---|"]
    for name in FIELDS:
        field = Settings.model_fields[name]
        rows.append(f"| `{variable_of(name)}` | {_default(field.default)} | {field.description} |")
    return "\n".join(rows) + "\n"


def _default(value: object) -> str:
    if value is None or value == ():
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def section(title: str) -> str:
    """What stands under one heading."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {title!r}"
    return found[1]


def environments(config: object) -> Iterator[Mapping[str, str]]:
    """Every block of variables in a host's configuration, whatever the host calls it."""
    if not isinstance(config, dict):
        return
    for name, value in cast("dict[str, Any]", config).items():
        if name in {"env", "environment"}:
            yield value
        else:
            yield from environments(value)


def configurations() -> Iterator[object]:
    """The example file, and the host configurations in README."""
    yield json.loads(EXAMPLE.read_text(encoding="utf-8"))
    for language, text in BLOCKS:
        if language == "json":
            yield json.loads(text)
        elif language == "toml":
            yield tomllib.loads(text)


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 170


def test_the_table_of_settings_is_the_settings() -> None:
    table = settings_table()
    assert table in section("Settings"), f"Paste this into README.md, under Settings:\n\n{table}"


def test_every_variable_it_names_is_a_setting() -> None:
    named = set(re.findall(r"ATLASCLOUD_\w+", README))
    assert named <= {variable_of(name) for name in FIELDS}


def test_every_configuration_sets_the_key_under_the_name_that_is_read() -> None:
    found = [env for config in configurations() for env in environments(config)]
    assert len(found) == 5
    for env in found:
        assert "ATLASCLOUD_API_KEY" in env
        assert set(env) <= {variable_of(name) for name in FIELDS}


def test_the_commands_for_a_shell_pass_variables_that_are_settings() -> None:
    more = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    passed = re.findall(r"-e (\w+)", "".join(text for language, text in BLOCKS if language == "sh") + more)
    assert len(passed) > 2
    assert set(passed) <= {variable_of(name) for name in FIELDS}


def test_the_server_starts_with_the_variables_of_the_example_and_has_nothing_to_say(tmp_path: Path) -> None:
    (env,) = environments(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    # The file's folders are placeholders, and what is an absolute path differs between systems.
    given = {name: str(tmp_path) if name.endswith(("_DIR", "_DIRS")) else value for name, value in env.items()}
    assert load(given).problems == ()
    own = {name: value for name, value in os.environ.items() if not name.startswith("ATLASCLOUD_")}
    done = subprocess.run(
        [sys.executable, "-m", "atlascloud_mcp"],
        env=own | given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_placeholder_of_the_example_is_the_one_that_readme_explains() -> None:
    assert f"({EXAMPLE.name})" in README
    command = json.loads(EXAMPLE.read_text(encoding="utf-8"))["mcpServers"]["atlascloud"]["command"]
    assert command.endswith("/atlascloud-mcp/.venv/bin/atlascloud-mcp")


async def test_it_names_the_tools_that_there_are_in_their_order() -> None:
    async with Client(build_server(load({}))) as client:
        offered = [tool.name for tool in (await client.list_tools()).tools]
    assert re.findall(r"^\| `([a-z_]+)` \|", section("What you say, and what comes back"), re.MULTILINE) == offered


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) > 3
    assert [link for link in links if not (ROOT / link).exists()] == []


def quoted_errors() -> list[str]:
    """The texts in the first column of the troubleshooting table that are this server's own."""
    rows = re.findall(r"^\| `([^`]+)` \|", section("When something is wrong"), re.MULTILINE)
    assert len(rows) > 5
    return rows


@pytest.fixture(scope="module")
def sentences() -> str:
    """All string literals of the source, each variable part of an f-string as `…`."""
    found: list[str] = []
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(_literal(part) for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def _literal(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "…"


@pytest.mark.parametrize("quote", quoted_errors())
def test_the_error_texts_it_explains_are_the_ones_that_the_server_gives(quote: str, sentences: str) -> None:
    parts = [part.strip() for part in quote.split("…") if part.strip()]
    # A status is a number in the code, not in the sentence.
    missing = [part for part in parts if re.sub(r" \d{3}$", " …", part) not in sentences]
    assert missing == []
