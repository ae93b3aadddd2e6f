"""`atlascloud-mcp jobs`: what people see of the journal."""

from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from cli.test_commands import run
from process import environment, sandbox_process, server_process

ASKED = {"prompt": "a red fox\n\x07in\u200b the snow\x9b", "width": 64, "height": 64, "wait_seconds": 0}


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Generator[tuple[Path, dict[str, str]]]:
    """A folder in which two jobs were started and not waited for, and the variables of the server."""
    with sandbox_process(job_seconds=0.2) as base_url:
        variables = {"ATLASCLOUD_API_KEY": "sandbox-key", "ATLASCLOUD_BASE_URL": base_url}
        with server_process(environment(tmp_path, **variables), tmp_path) as server:
            server.shake_hands()
            for number in (1, 2):
                server.call(number + 1, "generate_image", {**ASKED, "seed": number})
                server.answer(number + 1)
        yield tmp_path, variables


@pytest.mark.slow
def test_jobs_are_listed_shown_resumed_and_forgotten(place: tuple[Path, dict[str, str]]) -> None:
    folder, variables = place
    listed = run("jobs", folder=folder).stdout.splitlines()
    assert [line.split("  ")[2] for line in listed[:2]] == ["unfinished", "unfinished"]
    assert '"a red fox in the snow"' in listed[0]
    assert "jobs resume" in listed[2]
    newest, older = (line.split("  ")[0] for line in listed[:2])
    shown = run("jobs", "show", newest, folder=folder).stdout
    assert '"seed": 2' in shown
    assert not set("\x07\x9b\u200b") & set(shown)
    assert "answer: not known to have reached a host" in shown

    resumed = run("jobs", "resume", folder=folder, **variables)
    assert resumed.returncode == 0, resumed.stderr
    [first] = (folder / "output").rglob("*.png")
    assert str(first) in resumed.stdout
    assert run("jobs", "resume", older, folder=folder, **variables).returncode == 0
    saved = list((folder / "output").rglob("*.png"))
    assert len(saved) == 2
    for picture in saved:
        Image.open(picture).load()

    assert "unfinished" not in run("jobs", "list", folder=folder).stdout
    assert run("jobs", "forget", newest, folder=folder).stdout.startswith("Forgot ")
    assert run("jobs", "forget", "--older-than", "0", folder=folder).stdout.startswith("Forgot 1 jobs")
    assert run("jobs", folder=folder).stdout == "The journal has no jobs.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "abc"), "The journal has no job whose id begins with 'abc'."),
        (("resume",), "There is no API key."),
        *(
            pytest.param(*row, marks=pytest.mark.slow)
            for row in (
                (("forget", "abc"), "`atlascloud-mcp jobs` lists them."),
                (("resume", "abc"), "The journal has no job whose id begins with 'abc'."),
                (("forget",), "Name jobs by their ids, or pass --older-than DAYS."),
                (("list", "--limit", "0"), "a number of jobs is 1 or more"),
                (("forget", "--older-than", "-1"), "a number of days from 0 to 36500 is meant"),
            )
        ),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run("jobs", *arguments, folder=tmp_path)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_journal_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "jobs.db").write_bytes(b"no database " * 100)
    done = run("jobs", folder=tmp_path)
    assert done.returncode == 1
    assert "it is damaged; once it is moved away, a new one is begun" in done.stderr
