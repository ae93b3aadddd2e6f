"""A server that is killed at the worst of moments, and what the next one makes of what it left."""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from atlascloud_mcp.atlas.bodies import PIECE_BYTES
from gate import Gate, gate_before
from process import DEADLINE_S, ServerProcess, environment, sandbox_process, server_process
from world import SMALL, png

pytestmark = pytest.mark.slow

JOB_S = 1.0
DRIP_S = 60.0  # longer than any test
TWO = {"prompt": "a red fox", "width": 512, "height": 512, "count": 2}  # of some 360 kB each
NAMED = {**SMALL, "save_to": "output/fox.png"}
WITH_PICTURE = {"prompt": "make it blue", "images": ["cat.png"]}


@dataclass(frozen=True)
class Scene:
    """A sandbox, the gate before it, and the folders of the servers that are started here one after another."""

    sandbox: httpx.Client
    gate: Gate
    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def journal(self) -> Path:
        return self.folder / "data" / "jobs.db"

    @contextmanager
    def server(self) -> Generator[ServerProcess]:
        variables = {"ATLASCLOUD_BASE_URL": self.gate.url, "ATLASCLOUD_API_KEY": "sandbox-key"}
        with server_process(environment(self.folder, **variables), self.folder) as server:
            server.shake_hands()
            yield server

    def control(self, name: str, body: dict[str, Any]) -> None:
        self.sandbox.post(f"/sandbox/{name}", json=body).raise_for_status()

    @property
    def state(self) -> dict[str, Any]:
        return dict(self.sandbox.get("/sandbox/state").json())

    @property
    def billed(self) -> list[str]:
        return [submit["id"] for submit in self.state["submits"]]

    @contextmanager
    def journal_locked(self) -> Generator[None]:
        """No other process can write the journal; whoever reads it finds the jobs that were on the disk before."""
        with closing(sqlite3.connect(self.journal, timeout=DEADLINE_S, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def rows(self) -> list[tuple[str | None, bool]]:
        """Of each job in the journal the id, and whether it is open."""
        with closing(sqlite3.connect(self.journal)) as connection:
            return connection.execute("SELECT prediction_id, is_open FROM jobs").fetchall()


@pytest.fixture(scope="module")
def sandbox_url() -> Generator[str]:
    with sandbox_process(JOB_S) as url:
        yield url


@pytest.fixture
def scene(sandbox_url: str, tmp_path: Path) -> Generator[Scene]:
    (tmp_path / "cat.png").write_bytes(png())
    # One client for all: to make one takes longer than to look.
    with gate_before(sandbox_url) as gate, httpx.Client(base_url=sandbox_url, trust_env=False) as sandbox:
        scene = Scene(sandbox, gate, tmp_path)
        scene.control("reset", {})
        scene.control("settings", {"base_url": gate.url})
        yield scene


def until(is_so: Callable[[], bool]) -> None:
    """Return once it is so."""
    ends = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.005)


def asked(server: ServerProcess, arguments: dict[str, Any]) -> None:
    server.call(2, "generate_image", arguments, token="t")


def id_is_told(server: ServerProcess) -> None:
    """The server has read the id of its job, since it speaks of it."""
    while "prediction_id " not in server.receive()["params"]["message"]:
        pass


def kill(server: ServerProcess) -> None:
    assert server.process.poll() is None
    server.process.kill()
    server.process.wait(DEADLINE_S)


def parts(scene: Scene) -> list[Path]:
    return sorted(scene.output.glob(".atlascloud-*.part"))


HALF_DONE = [(True, False), (True, True)]


def is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except OSError:
        return False
    return True


# What the server is killed in. Each is reached for certain, and after it the server is dead.


def while_uploading(scene: Scene, server: ServerProcess) -> None:
    hold = scene.gate.hold("/uploadMedia", "request")
    asked(server, WITH_PICTURE)
    hold.wait()
    kill(server)


def before_the_post(scene: Scene, server: ServerProcess) -> None:
    hold = scene.gate.hold("/generateImage", "request")
    asked(server, SMALL)
    hold.wait()
    assert scene.rows() == [(None, True)]
    kill(server)


def before_the_reply(scene: Scene, server: ServerProcess) -> None:
    hold = scene.gate.hold("/generateImage", "reply")
    asked(server, SMALL)
    hold.wait()
    kill(server)


def before_the_id_is_stored(scene: Scene, server: ServerProcess) -> None:
    hold = scene.gate.hold("/generateImage", "reply")
    asked(server, SMALL)
    hold.wait()
    with scene.journal_locked():
        hold.let_go()
        id_is_told(server)
        kill(server)
    assert scene.rows() == [(None, True)]


def while_polling(scene: Scene, server: ServerProcess) -> None:
    hold = scene.gate.hold("/prediction/", "request")
    asked(server, NAMED)
    hold.wait()
    kill(server)


def while_downloading(scene: Scene, server: ServerProcess) -> None:
    scene.control("faults", {"endpoint": "output", "drip_s": DRIP_S})
    asked(server, SMALL)
    until(lambda: scene.state["counts"].get("output") == 1)
    kill(server)


def while_writing(scene: Scene, server: ServerProcess) -> None:
    """Of two files one is whole and waits for its name, the other has its first bytes."""
    scene.gate.hold("/outputs/", "reply", after=PIECE_BYTES + 10_000)
    asked(server, TWO)
    until(lambda: sorted((part.stat().st_size > 0, is_whole(part)) for part in parts(scene)) == HALF_DONE)
    kill(server)


def before_the_file_is_stored(scene: Scene, server: ServerProcess) -> None:
    """The file has its name, which the journal does not know."""
    hold = scene.gate.hold("/outputs/", "reply")
    asked(server, SMALL)
    hold.wait()
    with scene.journal_locked():
        hold.let_go()
        until(lambda: bool(list(scene.output.glob("*.png"))))
        kill(server)


@dataclass(frozen=True)
class Moment:
    """When the server is killed, what it was asked for then, how many files it makes, what is said where none."""

    reach: Callable[[Scene, ServerProcess], None]
    asked: dict[str, Any]
    files: int = 1
    says: str = ""


UNPAID = [
    Moment(while_uploading, WITH_PICTURE, says="No job that was started on this machine is unfinished."),
    Moment(before_the_post, SMALL, says="history"),
]
PAID = [
    Moment(before_the_reply, SMALL),
    Moment(before_the_id_is_stored, SMALL),
    Moment(while_polling, NAMED),
    Moment(while_downloading, SMALL),
    Moment(while_writing, TWO, files=2),
    Moment(before_the_file_is_stored, SMALL),
]


def called(server: ServerProcess, request_id: int, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The result of a call."""
    server.call(request_id, tool, arguments)
    result: dict[str, Any] = server.answer(request_id)["result"]
    return result


def by_get_prediction(server: ServerProcess, _: Moment) -> dict[str, Any]:
    return called(server, 2, "get_prediction", {})


def by_list_predictions(server: ServerProcess, _: Moment) -> dict[str, Any]:
    listed = called(server, 2, "list_predictions", {})
    step = str(listed["structuredContent"]["next"])
    named = re.search(r'get_prediction with prediction_id ("[^"]+")', step)
    assert named, step
    return called(server, 3, "get_prediction", {"prediction_id": json.loads(named[1])})


def by_an_equal_call(server: ServerProcess, moment: Moment) -> dict[str, Any]:
    return called(server, 2, "generate_image", moment.asked)


def text_of(result: dict[str, Any]) -> str:
    return str(result["content"][0]["text"])


def assert_delivered(scene: Scene, moment: Moment, result: dict[str, Any]) -> None:
    """One job was billed, and this is the result of it, on the disk."""
    assert not result.get("isError"), text_of(result)
    fields = result["structuredContent"]
    assert fields["status"] == "completed", fields
    assert scene.billed == [fields["prediction_id"]]
    paths = {Path(output["path"]) for output in fields["outputs"]}
    assert len(paths) == moment.files
    assert all(map(is_whole, paths))
    assert "save_to" not in moment.asked or paths == {scene.folder / moment.asked["save_to"]}
    assert scene.rows() == [(fields["prediction_id"], False)]


def assert_in_order(scene: Scene) -> None:
    """The journal is sound, and no file has its name that is not whole."""
    with closing(sqlite3.connect(scene.journal)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for path in scene.output.rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_bytes())
        elif path.suffix != ".part":
            assert is_whole(path), path


@pytest.fixture
def killed(scene: Scene, moment: Moment) -> Scene:
    """What a server that was killed at that moment has left."""
    with scene.server() as server:
        moment.reach(scene, server)
    assert_in_order(scene)
    return scene


def moments(cases: list[Moment]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("moment", cases, ids=[moment.reach.__name__ for moment in cases])


@pytest.mark.parametrize("way", [by_get_prediction, by_list_predictions, by_an_equal_call])
@moments(PAID)
def test_a_job_that_is_paid_for_is_delivered_by_the_next_server_and_billed_once(
    killed: Scene, moment: Moment, way: Callable[[ServerProcess, Moment], dict[str, Any]]
) -> None:
    assert len(killed.billed) == 1
    with killed.server() as server:
        result = way(server, moment)
    assert_delivered(killed, moment, result)
    assert_in_order(killed)


@moments(UNPAID)
def test_what_was_never_sent_is_made_by_an_equal_call(killed: Scene, moment: Moment) -> None:
    assert killed.billed == []
    with killed.server() as server:
        result = by_an_equal_call(server, moment)
    assert_delivered(killed, moment, result)
    assert_in_order(killed)


@moments(UNPAID)
def test_of_what_was_never_sent_the_next_server_says_that_there_is_nothing(killed: Scene, moment: Moment) -> None:
    with killed.server() as server:
        result = by_get_prediction(server, moment)
        listed = called(server, 3, "list_predictions", {})
    assert result["isError"]
    assert moment.says in text_of(result)
    assert not listed.get("isError"), text_of(listed)
    assert not any("prediction_id" in row for row in listed["structuredContent"]["predictions"])
    assert killed.billed == []
    assert_in_order(killed)
