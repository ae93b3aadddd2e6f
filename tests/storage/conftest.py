from pathlib import Path

import pytest

from atlascloud_mcp.storage.folders import Folders


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def folders(tmp_path: Path, project: Path) -> Folders:
    """A user with a home, a project in it that the host started us in, and an output folder not made yet."""
    home = tmp_path / "home"
    home.mkdir()
    return Folders(working_dir=project, output_dir=tmp_path / "out", home=home)
