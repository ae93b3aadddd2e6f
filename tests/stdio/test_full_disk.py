"""A disk on which the journal has no room: the picture is delivered, and its answer says what was not recorded."""

import sys
from pathlib import Path

import pytest

from process import environment, sandbox_process, server_process
from world import SMALL

# The system's own limit on the size of a file stands for the full disk. The picture fits, the journal does not.
SMALL_FILES = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from atlascloud_mcp.cli import main
sys.exit(main([]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_without_room_for_the_journal_the_picture_is_delivered_and_that_is_said(tmp_path: Path) -> None:
    with sandbox_process(job_seconds=0.2) as url:
        variables = {"ATLASCLOUD_BASE_URL": url, "ATLASCLOUD_API_KEY": "sandbox-key"}
        environ = environment(tmp_path, **variables)
        with server_process(environ, tmp_path, [sys.executable, "-c", SMALL_FILES]) as server:
            server.shake_hands()
            server.call(2, "generate_image", SMALL)
            result = server.answer(2)["result"]
    assert not result.get("isError"), result
    fields = result["structuredContent"]
    assert Path(fields["outputs"][0]["path"]).stat().st_size > 1000
    [note] = [note for note in fields["notes"] if "no later one will know of this job" in note]
    assert "cannot be used" in note
