"""The commands for people, as people run them."""

import json
import os
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest
import trimesh
from PIL import Image

from atlascloud_mcp import __version__
from atlascloud_mcp.cli import main
from process import COMMAND, environment, measured, sandbox_process


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=measured(environment(folder, PYTHONIOENCODING="utf-8", **variables)),
        cwd=folder,
        timeout=50,
        check=False,
    )


def pictures(folder: Path) -> Sequence[tuple[str, tuple[int, int]]]:
    found: list[tuple[str, tuple[int, int]]] = []
    for path in sorted(folder.glob("*.png")):
        with Image.open(path) as picture:
            picture.load()
            found.append((path.name, picture.size))
    return found


def seconds_of(path: Path) -> float:
    """How long a recording is, decoded."""
    with av.open(path) as file:
        frames = list(file.decode(audio=0))
    return sum(frame.samples for frame in frames) / frames[0].sample_rate


@pytest.mark.slow
def test_the_demo_leaves_one_of_everything_and_all_of_it_opens(tmp_path: Path) -> None:
    output = tmp_path / "pictures"
    # A user's own settings and proxy must not reach a demo that promises to bill nothing.
    variables = {"ATLASCLOUD_API_KEY": "apikey-of-the-user", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = run("demo", "a red fox", "--output", str(output), folder=tmp_path, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert pictures(output) == [
        ("demo-edited.png", (1360, 768)),
        ("demo-mesh.png", (768, 768)),
        ("demo.png", (1360, 768)),
    ]
    sounds = {"demo-speech.wav": 7.6, "demo-music-1.wav": 8.0, "demo-music-2.wav": 8.0}
    texts = {"demo-chat.md", *(f"demo-transcript.{suffix}" for suffix in ("txt", "srt", "vtt", "json"))}
    others = {"demo-mesh.glb", "demo-mesh.zip", "demo-video.webm", "demo-music.jpg", *sounds, *texts}
    assert {path.name for path in output.iterdir() if path.suffix != ".png"} == others
    for name, told in sounds.items():
        assert abs(seconds_of(output / name) - told) < 0.1
        assert f"{told} s audio/wav" in done.stdout
    with Image.open(output / "demo-music.jpg") as cover:
        cover.load()
    assert (output / "demo-transcript.txt").read_text(encoding="utf-8").startswith("Speaker 0: ")
    spoken = json.loads((output / "demo-transcript.json").read_text(encoding="utf-8"))
    assert f'"prompt": "{spoken["text"]}"' in done.stdout
    assert abs(spoken["words"][-1]["end"] - sounds["demo-speech.wav"]) < 0.1
    with av.open(output / "demo-transcript.srt") as subtitles:
        assert len(list(subtitles.demux())) > 3
    assert "a PNG picture of 1360 x 768" in (output / "demo-chat.md").read_text(encoding="utf-8")
    with av.open(output / "demo-video.webm") as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 48
    assert frames[0].height == 480
    mesh: Any = trimesh.load(output / "demo-mesh.glb", force="mesh")  # pyright: ignore[reportUnknownMemberType] - its own types are partly unknown
    assert len(mesh.faces) > 100
    with zipfile.ZipFile(output / "demo-mesh.zip") as archive:
        assert archive.testzip() is None
    for part in ("generate_image, get_prediction, upload_media", '"prompt": "a red fox"', "$0.003", "$0.021"):
        assert part in done.stdout
    [found], [more] = re.findall(r"(\d+) models found", done.stdout), re.findall(r"and (\d+) more", done.stdout)
    assert len(re.findall(r"seedance\S*, \$", done.stdout)) == int(found) - int(more)
    assert f"Files in {output}" in done.stdout
    assert str(output / "demo-video.webm") in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_the_live_demo_uses_the_users_own_settings(tmp_path: Path) -> None:
    with sandbox_process(0.2) as url:
        variables = {"ATLASCLOUD_BASE_URL": url, "ATLASCLOUD_API_KEY": "sandbox-key"}
        done = run("demo", "--live", "--output", "here", folder=tmp_path, **variables)
    assert done.returncode == 0, done.stdout
    assert "billed to your key" in done.stdout
    assert len(pictures(tmp_path / "here")) == 2


@pytest.mark.slow
def test_a_second_demo_in_the_same_folder_goes_on_with_its_own_pictures(tmp_path: Path) -> None:
    with sandbox_process(0.2) as url:
        variables = {"ATLASCLOUD_BASE_URL": url, "ATLASCLOUD_API_KEY": "sandbox-key"}
        for prompt, edited in (("a lighthouse", "demo.png"), ("a red fox", "demo-2.png")):
            done = run("demo", prompt, "--live", "--output", "here", folder=tmp_path, **variables)
            assert f'"images": ["{edited}"]' in done.stdout
    assert len(pictures(tmp_path / "here")) == 4


@pytest.mark.slow
def test_the_live_demo_without_a_key_says_which_variable_to_set(tmp_path: Path) -> None:
    done = run("demo", "--live", folder=tmp_path)
    assert done.returncode == 1
    assert "ATLASCLOUD_API_KEY" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_folder_that_cannot_be_made_ends_the_demo_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("demo", "--output", "file/pictures", folder=tmp_path)
    assert done.returncode == 1
    assert "--output" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals to run it on")
def test_on_a_terminal_the_demo_draws_a_moving_bar(tmp_path: Path) -> None:
    import pty  # noqa: PLC0415 - POSIX only

    mine, theirs = pty.openpty()
    environ = environment(tmp_path, TERM="xterm", PYTHONIOENCODING="utf-8")
    environ.pop("NO_COLOR", None)
    with subprocess.Popen([*COMMAND, "demo"], stdout=theirs, stderr=theirs, env=environ, cwd=tmp_path) as process:
        os.close(theirs)
        seen = b""
        try:
            while data := os.read(mine, 65536):
                seen += data
        except OSError:
            pass  # Linux: the other end is closed
        os.close(mine)
        assert process.wait(30) == 0
    filled = [line.count("█") for line in re.findall(r"\r\x1b\[2K  ([█░]+) ", seen.decode())]
    assert len(filled) > 10
    assert max(filled) > min(filled)
    assert seen.endswith(b"\r\n")
    assert b"\x1b[?25h" in seen


def test_the_version_and_the_commands_can_be_asked_for(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout == f"atlascloud-mcp {__version__}\n"
    usage = run("--help", folder=tmp_path).stdout
    assert all(command in usage for command in ("serve", "demo", "sandbox"))
    assert run("dmo", folder=tmp_path).returncode == 2


def test_serve_is_what_no_command_does(tmp_path: Path) -> None:
    done = run("serve", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_sandbox_on_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("sandbox", "--port", str(taken.getsockname()[1]), folder=tmp_path)
    assert done.returncode == 1
    assert "--port 0 finds a free one" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        *(("--port", value, "a port is a number from 0 to 65535") for value in ("99999", "-1", "http", "9" * 5000)),
        *(("--job-seconds", value, "a number of seconds, 0 or more") for value in ("nan", "-1", "inf", "soon")),
    ],
)
def test_a_number_that_a_sandbox_cannot_use_is_refused_with_the_rule(
    option: str, value: str, rule: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sandbox", f"{option}={value}"])
    assert ended.value.code == 2
    assert f"argument {option}: " in (said := capsys.readouterr().err)
    assert rule in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_sandbox_that_was_started_in_the_background_can_be_ended(tmp_path: Path) -> None:
    """A shell that starts it with `&` has SIGINT ignored."""
    command = [*COMMAND, "sandbox", "--port", "0"]
    ignoring = f"import os, signal; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv({command[0]!r}, {command!r})"
    with subprocess.Popen(
        [sys.executable, "-c", ignoring], stdout=subprocess.PIPE, env=environment(tmp_path)
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        assert process.wait(5) == 0
