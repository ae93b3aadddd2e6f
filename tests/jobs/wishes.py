"""What a call wants of a model, and what came of looking for one, each in a few words for tables."""

from typing import get_args

import pytest

from atlascloud_mcp.atlas.models import Catalogue, Medium, Type
from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.finding import find
from atlascloud_mcp.jobs.models.fitting import Need

SEVERAL = "several"
NONE = "none"


def need(words_of_need: str) -> Need:
    """`video of image audio as first_frame` and the like."""
    made, _, rest = words_of_need.partition(" of ")
    inputs, _, roles = rest.partition(" as ")
    media = frozenset(medium for medium in get_args(Medium) if medium in inputs.split())
    types = {known: known for known in get_args(Type)}
    return Need(types.get(made, "image"), media, mesh=made == "mesh", roles=frozenset(roles.split()))


IMAGE, EDIT, VIDEO, ANIMATE = "image", "image of image", "video", "video of image"
ENDS = "video of image as first_frame last_frame"
TALK, FILM, MESH, SCAN = "video of image audio", "video of video", "mesh", "mesh of image"


def rows(table: str) -> list[tuple[str, ...]]:
    """The cells of a table, a line each."""
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]


def outcome(models: Catalogue, wanted: str, wish: str) -> str:
    """The id that was found, or what was said instead."""
    try:
        return find(models, wanted, need(wish)).id
    except ModelNotFound as error:
        for sign, meaning in (
            ("can mean several", SEVERAL),
            (" names no ", "other type"),
            ("makes no 3D mesh", "no mesh"),
            (" is called ", NONE),
        ):
            if sign in error.message:
                return meaning
        raise


def error_of(models: Catalogue, wanted: str, wish: str) -> ModelNotFound:
    """The refusal of a name."""
    with pytest.raises(ModelNotFound) as caught:
        find(models, wanted, need(wish))
    return caught.value
