from atlascloud_mcp.jobs.delivering.naming import Naming, namings
from atlascloud_mcp.storage.media import GLB, PNG, WEBM


def test_a_format_that_only_a_model_knows_is_held_against_pictures_alone() -> None:
    assert namings("a", ".tga", [PNG]) == [Naming("a.png", is_not_wanted=True)]
    assert namings("a", ".vdb", [GLB]) == [Naming("a.glb")]


def test_files_of_which_nothing_is_known_are_counted_as_the_first_that_is() -> None:
    assert namings("a.png", ".png", [None, PNG, None]) == [Naming("a.png", number) for number in (1, 2, 3)]
    assert [naming.number for naming in namings("a.mp4", ".mp4", [None])] == [None]
    assert namings("a.mp4", ".mp4", []) == []


def test_a_stem_with_dots_stays_whole() -> None:
    assert namings("v1.2.mp4", ".mp4", [WEBM, PNG]) == [Naming("v1.2.webm", is_not_wanted=True), Naming("v1.2.png")]
