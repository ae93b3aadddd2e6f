"""What holds for finding a model in any catalogue, by any words."""

import re
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlascloud_mcp.atlas.models import Catalogue, Medium, Model, Price, Type
from atlascloud_mcp.errors import ModelNotFound
from atlascloud_mcp.jobs.models.finding import MAX_LISTED, find
from atlascloud_mcp.jobs.models.fitting import Need

PARTS = st.sampled_from(["nova", "Nova", "2", "v2", "2.0", "2.5", "pro", "edit", "i2v", "text-to-image", "paint", "3d"])
KINDS = st.sampled_from(["text-to-image", "image-to-image", "image-to-3d", "text-to-video", "image-to-video", "odd"])
MODELS = st.builds(
    Model,
    id=st.lists(PARTS, min_size=1, max_size=4).map("/".join) | st.text("aA2.-/", min_size=1, max_size=6),
    name=st.lists(PARTS, min_size=0, max_size=4).map(" ".join),
    type=st.sampled_from([*get_args(Type), None]),
    kinds=st.lists(KINDS, max_size=2).map(tuple),
    price=st.none() | st.builds(Price, base=st.floats(0, 9)),
    organization=st.sampled_from(["", "Nova", "Paint Co"]),
)
CATALOGUES = st.lists(MODELS, max_size=12, unique_by=lambda model: model.id).map(
    lambda models: Catalogue(tuple(models), datetime(2026, 11, 22, tzinfo=UTC))
)
NEEDS = st.builds(
    Need,
    type=st.sampled_from(get_args(Type)),
    inputs=st.frozensets(st.sampled_from(get_args(Medium))),
    mesh=st.booleans(),
    roles=st.frozensets(st.sampled_from(["first_frame", "last_frame", "reference", "mask"])),
)
QUERIES = st.lists(PARTS, max_size=5).map(" ".join) | st.text(max_size=40)


@settings(max_examples=60, deadline=None)
@given(models=CATALOGUES, wish=NEEDS)
def test_an_exact_id_is_always_itself_or_refused_for_its_type(models: Catalogue, wish: Need) -> None:
    for model in models.models:
        if model.type in {wish.type, None}:
            assert find(models, model.id, wish) is model
            other_case = find_or_none(models, model.id.swapcase(), wish)
            assert other_case is None or other_case.id.casefold() == model.id.casefold()
        else:
            assert find_or_none(models, model.id, wish) is None


@settings(max_examples=120, deadline=None)
@given(models=CATALOGUES, query=QUERIES, wish=NEEDS)
def test_no_query_finds_a_model_of_another_type_or_two_answers_or_a_long_list(
    models: Catalogue, query: str, wish: Need
) -> None:
    found = find_or_none(models, query, wish)
    assert found is None or found.type in {wish.type, None}
    assert find_or_none(Catalogue(models.models[::-1], models.fetched_at), query, wish) == found
    if found is None:
        with pytest.raises(ModelNotFound) as caught:
            find(models, query, wish)
        assert len(re.findall(r"; (?:takes|inputs)", caught.value.message)) <= MAX_LISTED
        assert caught.value.next_step


def find_or_none(models: Catalogue, query: str, wish: Need) -> Model | None:
    try:
        return find(models, query, wish)
    except ModelNotFound:
        return None
