"""What the project promises about itself, beyond what it does."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.metadata import distribution
from pathlib import Path

import pytest

from atlascloud_mcp import __version__

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

# A chat protocol bears the name of the models that brought it.
PROTOCOL = "gemini.generate"

# What a checkout holds besides the project: environments, caches, what was built or drawn.
_NOT_OURS = {"__pycache__", "build", "demo-pictures", "dist", "htmlcov", "node_modules", "venv"}
_HIDDEN_AND_OURS = {".ci", ".dockerignore", ".github", ".gitattributes", ".gitignore"}

_OF_ONE_MACHINE = re.compile(r"(?<![\w.])/(root|work)/|[.][.]/shared|file:[/]{3}opt/")
_REGISTRIES = re.compile(r"pypi[.]org|files[.]pythonhosted|registry[.]npmjs")


def project_files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file of the project, whether or not git is there to say which they are."""
    for entry in sorted(folder.iterdir()):
        hidden = entry.name.startswith(".") and entry.name not in _HIDDEN_AND_OURS
        if hidden or entry.name in _NOT_OURS or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            yield from project_files(entry)
        elif entry.is_file():
            yield entry


def text_of(file: Path) -> str:
    """A file's text; a picture has none that matters."""
    return file.read_bytes().decode(errors="ignore")


def holding(words: re.Pattern[str]) -> list[str]:
    """Which files hold such words, and the first of them."""
    found = ((file, words.search(text_of(file))) for file in project_files())
    return [f"{file.relative_to(ROOT)}: {match[0]}" for file, match in found if match]


def test_the_version_stands_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", __version__)
    written = re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])")
    # The change log says what each version brought.
    elsewhere = [file for file in project_files() if file.name != "CHANGELOG.md" and written.search(text_of(file))]
    assert elsewhere == [ROOT / "src" / "atlascloud_mcp" / "__init__.py"]


def test_its_metadata_says_what_it_is() -> None:
    about = distribution("atlascloud-mcp").metadata
    assert about["Version"] == __version__
    assert about["License-Expression"] == "MIT"
    assert about["Requires-Python"] == ">=3.11"
    assert about["Summary"]
    assert "Typing :: Typed" in about.get_all("Classifier", [])


def test_there_is_one_command() -> None:
    scripts = [(entry.name, entry.value) for entry in distribution("atlascloud-mcp").entry_points]
    assert scripts == [("atlascloud-mcp", "atlascloud_mcp.cli:main")]


def test_it_tells_type_checkers_that_it_is_typed() -> None:
    assert resources.files("atlascloud_mcp").joinpath("py.typed").is_file()


def test_each_runtime_dependency_is_bounded_and_has_its_reason_beside_it() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads("\n".join(lines))["project"]
    for requirement in project["dependencies"]:
        assert re.search(r">=.+,<", requirement)
        (line,) = (line for line in lines if f'"{requirement}"' in line)
        assert re.search(r"# \w+", line)


def test_help_names_the_commands_for_people() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "atlascloud_mcp", "--help"], capture_output=True, text=True, check=True, timeout=30
    )
    assert {"serve", "demo", "sandbox"} <= set(re.findall(r"^    (\w+)", told.stdout, re.MULTILINE))
    assert told.stderr == ""


def test_no_file_names_a_place_on_one_machine() -> None:
    assert holding(_OF_ONE_MACHINE) == []


def test_no_file_names_a_package_registry() -> None:
    assert holding(_REGISTRIES) == []


def test_the_files_that_are_looked_at_are_the_projects() -> None:
    found = {file.relative_to(ROOT).as_posix() for file in project_files()}
    assert {"README.md", "Dockerfile", ".ci/run", "src/atlascloud_mcp/server.py", "tests/test_packaging.py"} <= found
    assert not any(name.startswith((".venv", ".git/")) or name.endswith(".pyc") for name in found)


def test_the_index_of_decisions_names_each_of_them() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = [page.name for page in sorted(folder.glob("[0-9]*.md"))]
    assert len(pages) > 8
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\((\S+\.md)\)", index) == pages


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT / "src").as_posix())
def test_a_file_and_its_functions_fit_in_one_look(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < MAX_FILE_LINES
    long = [
        f"{node.name}: {lines} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := length(node, is_tool="tools" in file.parts)) >= MAX_FUNCTION_LINES
    ]
    assert long == []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef, *, is_tool: bool) -> int:
    """Lines of a function; a tool's parameter list is its schema and does not count."""
    start = function.body[0].lineno if is_tool else function.lineno
    return (function.end_lineno or start) - start + 1


@pytest.mark.parametrize("target", ["demo", "test", "check", "bench"])
def test_make_has_the_target(target: str) -> None:
    assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE)
    assert re.search(rf"^\.PHONY:.*\b{target}\b", MAKEFILE, re.MULTILINE)


def test_what_make_runs_is_there() -> None:
    scripts = re.findall(r"\$\(BIN\)/python (\S+\.py)", MAKEFILE)
    assert "tests/wheel_check.py" in scripts
    assert [script for script in scripts if not (ROOT / script).is_file()] == []


def test_ci_runs_what_make_check_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#!")
    assert lines[-1] == "exec make check"


def test_the_image_is_built_from_what_docker_is_given() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
    assert {f"!{name}" for line in copied for name in line.split()} == {name for name in ignored if name[0] == "!"}


def test_the_image_runs_as_nobody_and_starts_the_server_by_its_path() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 65532:65532"]
    assert lines[-1] == 'ENTRYPOINT ["/opt/atlascloud-mcp/bin/atlascloud-mcp"]'


def test_no_model_is_known_by_name_in_code() -> None:
    """Settings name the defaults, the demo and a description an example, hosts have such names: the rest is data."""
    text = (ROOT / "src/atlascloud_mcp/sandbox/catalogue.json").read_text(encoding="utf-8")
    ids: list[str] = [entry["model"] for entry in json.loads(text)]
    families = {match[0] for each in ids if (match := re.match(r"[a-z]{4,}", each.split("/")[1].lower()))}
    families = families - {"speech", "lyrics", "nano", "seed", "turbo", "text", "image"} | {"banana", "kontext", "suno"}
    assert {"flux", "seedance", "kling", "qwen"} <= families
    allowed = {"settings.py", "hosts.py", "cli/demo.py", "tools/arguments.py"}
    package = ROOT / "src/atlascloud_mcp"
    for path in package.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # Docstrings may give examples.
        spoken = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        texts = [
            node.value.lower().replace(PROTOCOL, "")
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken
        ]
        named = {family for family in families for text in texts if re.search(rf"\b{family}", text)}
        assert not named or path.relative_to(package).as_posix() in allowed, (path, named)
