"""When a signed address ends, as far as it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlascloud_mcp.atlas.signatures import ends_at

NOON = 1795348800.0  # 2026-11-22 12:00 UTC


@pytest.mark.parametrize(
    ("query", "end"),
    [
        ("", None),
        ("X-Amz-Date=20261122T120000Z&X-Amz-Expires=300", NOON + 300),
        ("x-amz-expires=300&a=b&x-amz-date=20261122T120000Z", NOON + 300),
        ("X-Goog-Date=20261122T120000Z&X-Goog-Expires=60", NOON + 60),
        ("x-oss-date=20261122T120000Z&x-oss-expires=3600", NOON + 3600),
        ("OSSAccessKeyId=a&Expires=1795349000&Signature=b%3D", 1795349000.0),
        ("Expires=1795349000&X-Amz-Date=20261122T120000Z&X-Amz-Expires=100", NOON + 100),
        ("X-Amz-Date=20261122T120000Z", None),
        ("X-Amz-Expires=300", None),
        ("X-Amz-Date=20261122T120000Z&X-Goog-Expires=300", None),
        ("X-Amz-Date=20261340T120000Z&X-Amz-Expires=300", None),
        ("X-Amz-Date=20261122T120000Z&X-Amz-Expires=-5", None),
        ("Expires=never", None),
        ("Expires=" + "9" * 5000, None),
        ("Expires=٣٣٣", None),
    ],
)
def test_the_end_of_a_signed_address_is_read(query: str, end: float | None) -> None:
    assert ends_at(f"https://cdn.test/a.png?{query}") == end


@given(st.text() | st.from_regex(r"https://a\.b/\?(x-amz-(date|expires)=\w*&|expires=\d*&)*", fullmatch=True))
def test_no_address_is_too_odd_to_be_read(url: str) -> None:
    assert ends_at(url) is None or "expires" in url.lower()


def test_an_address_that_is_none_has_no_end() -> None:
    assert ends_at("https://[::1") is None
