"""Builds the wheel, looks into it, installs it where nothing else is, and uses it as an MCP client would.

Run by `make check`. With `--drive COMMAND` it is that client: the same file, run by the new environment's Python.
"""

import argparse
import asyncio
import os
import struct
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).parents[1]
INSIDE = (
    *("py.typed", "icon.svg", "sandbox/catalogue.json", "sandbox/schemas.json"),
    *("atlas/quirks.json", "jobs/parameters/quirks.json"),
    "cli/demo.py",
)
TOOLS = [
    *("generate_image", "get_prediction", "upload_media", "generate_video", "generate_audio", "transcribe_audio"),
    *("chat", "search_models", "get_model", "list_predictions", "get_account"),
]
PICTURES = {"demo.png": (1360, 768), "demo-edited.png": (1360, 768)}
OTHERS = (
    *("demo-video.webm", "demo-mesh.glb", "demo-mesh.zip", "demo-speech.wav", "demo-music-1.wav", "demo-music-2.wav"),
    *("demo-transcript.txt", "demo-transcript.srt", "demo-transcript.vtt", "demo-transcript.json", "demo-chat.md"),
)
STEP_S = 300.0  # building and installing fetch packages
DEMO_S = 60.0


class Failed(Exception):
    """A check did not hold; the text says why."""


@dataclass(frozen=True)
class Bench:
    """A scratch folder: `dist` for the wheel, `env` for its environment, `elsewhere` to work in."""

    scratch: Path

    @property
    def elsewhere(self) -> Path:
        """A folder that has nothing to do with this checkout."""
        folder = self.scratch / "elsewhere"
        folder.mkdir(exist_ok=True)
        return folder

    @property
    def bin(self) -> Path:
        """Where the environment's commands are."""
        return self.scratch / "env" / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.bin / ("python.exe" if os.name == "nt" else "python")

    @property
    def command(self) -> Path:
        """The installed command."""
        return self.bin / ("atlascloud-mcp.exe" if os.name == "nt" else "atlascloud-mcp")

    @property
    def wheel(self) -> Path:
        """The wheel, which the first check builds."""
        (wheel,) = (self.scratch / "dist").glob("*.whl")
        return wheel

    @property
    def environ(self) -> Mapping[str, str]:
        """Our variables without any that would lead back here or to a real account."""
        led_back = ("ATLASCLOUD_", "PYTHON", "COVERAGE", "VIRTUAL_ENV")
        return {name: value for name, value in os.environ.items() if not name.startswith(led_back)} | {
            "PYTHONUTF8": "1"
        }

    def run(self, *arguments: object, cwd: Path | None = None, limit_s: float = STEP_S) -> str:
        """What a command prints; it must end well.

        Raises:
            Failed: it does not.
        """
        words = [str(argument) for argument in arguments]
        try:
            done = subprocess.run(
                words,
                cwd=cwd or self.elsewhere,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                timeout=limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{' '.join(words)} took more than {limit_s:.0f} s") from error
        if done.returncode:
            raise Failed(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def it_builds(bench: Bench) -> str:
    bench.run(sys.executable, "-m", "build", "--wheel", "--outdir", bench.scratch / "dist", ROOT, cwd=ROOT)
    return f"{bench.wheel.name}, {bench.wheel.stat().st_size // 1024} kB"


def it_holds_what_runs_and_nothing_else(bench: Bench) -> str:
    with zipfile.ZipFile(bench.wheel) as wheel:
        names = wheel.namelist()
    missing = [name for name in INSIDE if f"atlascloud_mcp/{name}" not in names]
    missing += [] if any(name.endswith("/licenses/LICENSE") for name in names) else ["LICENSE"]
    source = ROOT / "src" / "atlascloud_mcp"
    modules = [f"atlascloud_mcp/{file.relative_to(source).as_posix()}" for file in source.rglob("*.py")]
    missing += [name for name in modules if name not in names]
    foreign = [name for name in names if not name.startswith(("atlascloud_mcp/", "atlascloud_mcp-"))]
    foreign += [name for name in names if _is_a_test(PurePosixPath(name)) or name.endswith(".pyc")]
    if missing or foreign:
        raise Failed(f"missing: {missing}; should not be there: {foreign}")
    return f"{len(names)} files, with {', '.join(INSIDE)} and LICENSE; no tests"


def _is_a_test(path: PurePosixPath) -> bool:
    return "tests" in path.parts or path.name.startswith("test_")


def its_metadata_is_whole(bench: Bench) -> str:
    with zipfile.ZipFile(bench.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(wheel.read(name).decode())
        scripts = wheel.read(name.replace("METADATA", "entry_points.txt")).decode()
    wanted = {"Name": "atlascloud-mcp", "License-Expression": "MIT", "Requires-Python": ">=3.11"}
    wrong = {field: about[field] for field, value in wanted.items() if about[field] != value}
    if (
        wrong
        or "atlascloud-mcp = atlascloud_mcp.cli:main" not in scripts
        or "make demo" not in str(about.get_payload())
    ):
        raise Failed(f"wrong: {wrong}; scripts: {scripts!r}; README inside: {'make demo' in str(about.get_payload())}")
    return f"{about['Name']} {about['Version']}, {about['License-Expression']}, Python {about['Requires-Python']}"


def it_installs_into_a_clean_environment(bench: Bench) -> str:
    venv.create(bench.scratch / "env", with_pip=True)
    bench.run(bench.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", bench.wheel)
    bench.run(bench.python, "-m", "pip", "check")
    said = bench.run(bench.command, "--version").strip()
    version = bench.wheel.name.split("-")[1]
    if said != f"atlascloud-mcp {version}":
        raise Failed(f"--version says {said!r}, the wheel is {version}")
    return said


def an_mcp_client_can_use_it(bench: Bench) -> str:
    return bench.run(bench.python, "-I", __file__, "--drive", bench.command, limit_s=DEMO_S).strip()


def its_demo_makes_pictures_a_video_and_a_mesh(bench: Bench) -> str:
    folder = bench.elsewhere / "pictures"
    bench.run(bench.command, "demo", "--output", folder, limit_s=DEMO_S)
    sizes = {name: _png_size(folder / name) for name in PICTURES}
    missing = [name for name in OTHERS if not (folder / name).is_file()]
    if sizes != PICTURES or missing:
        raise Failed(f"pictures of {sizes}, not {PICTURES}; missing: {missing}")
    return f"{', '.join((*PICTURES, *OTHERS))}"


def _png_size(file: Path) -> tuple[int, int] | None:
    head = file.read_bytes()[:24]
    return struct.unpack(">II", head[16:]) if head.startswith(b"\x89PNG\r\n\x1a\n") else None


CHECKS: tuple[Callable[[Bench], str], ...] = (
    it_builds,
    it_holds_what_runs_and_nothing_else,
    its_metadata_is_whole,
    it_installs_into_a_clean_environment,
    an_mcp_client_can_use_it,
    its_demo_makes_pictures_a_video_and_a_mesh,
)


async def drive(command: str) -> str:
    """Start the command over stdio and use it.

    Raises:
        Failed: it does not answer as it should.
    """
    from mcp import Client, StdioServerParameters  # noqa: PLC0415 - only the new environment's Python comes here

    async with Client(StdioServerParameters(command=command, cwd=Path.cwd())) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        if names != TOOLS:
            raise Failed(f"tools: {names}")
        result = await client.call_tool("generate_image", {"prompt": "a heron", "width": 64, "dry_run": True})
        fields: dict[str, Any] = result.structured_content or {}
        if result.is_error or fields.get("status") != "quoted" or fields.get("request", {}).get("width") != 64:
            raise Failed(f"dry_run: {result}")
        return f"MCP {client.protocol_version}, {len(names)} tools, a dry run without key or network"


def check() -> int:
    """Run every check; 0 when all hold. After a failure the later ones, which build on it, are not run."""
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory(prefix="atlascloud-wheel-", ignore_cleanup_errors=True) as scratch:
        bench = Bench(Path(scratch).resolve())
        for step in CHECKS:
            name = step.__name__.replace("_", " ")
            try:
                _say(f"ok      {name}: {step(bench)}")
            except Failed as failure:
                _say(f"FAILED  {name}: {failure}")
                failed += 1
                break
            passed += 1
    left = len(CHECKS) - passed - failed
    _say(f"wheel_check: {passed} passed, {failed} failed" + (f", {left} not run" if left else ""))
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Check, or be the client of a check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drive", metavar="COMMAND")
    options = parser.parse_args()
    if options.drive is None:
        return check()
    try:
        _say(asyncio.run(drive(options.drive)))
    except Failed as failure:
        _say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
