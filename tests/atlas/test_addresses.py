"""Which addresses anybody on the internet could reach, and the proxies in between."""

import pytest

from atlascloud_mcp.atlas.addresses import checked, is_public, looks_literal, proxy_for, system_resolver
from atlascloud_mcp.errors import InvalidRequest

PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("0.0.0.0", False),  # noqa: S104 - an address to judge, nothing is bound
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2001::1", False),
        ("2001:db8::1", False),
        ("2002:7f00:1::", False),
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_only_what_anybody_can_reach_is_public(address: str, *, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "::1", "127.0.0.1."])
def test_addresses_are_known_in_every_spelling(host: str) -> None:
    assert looks_literal(host)


@pytest.mark.parametrize("host", ["example.com", "1.example.com", "0xcafe.io", "localhost"])
def test_names_are_no_addresses(host: str) -> None:
    assert not looks_literal(host)


async def unasked(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host}:{port} was looked up")


@pytest.mark.parametrize(
    ("variable", "value", "proxy"),
    [
        ("https_proxy", "http://proxy.test:3128", "http://proxy.test:3128"),
        ("https_proxy", "proxy.test:3128", "http://proxy.test:3128"),
        ("all_proxy", "socks5://proxy.test:1080", "socks5://proxy.test:1080"),
        ("http_proxy", "http://proxy.test:3128", None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, proxy: str | None
) -> None:
    monkeypatch.setenv(variable, value)
    assert proxy_for("https://cdn.example.com/1.png") == proxy


def test_hosts_can_be_exempt_from_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    monkeypatch.setenv("no_proxy", "example.com")
    assert proxy_for("https://user@cdn.example.com/1.png") is None
    assert proxy_for("https://cdn.example.org/1.png") == "http://proxy.test:3128"


async def test_through_a_proxy_names_are_resolved_by_it_and_addresses_are_still_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.test:3128")
    target = await checked("https://cdn.example.com/1.png", origin="", trusted_hosts=(), resolve=unasked)
    assert target.proxy == "http://proxy.test:3128"
    assert target.addresses == ()
    with pytest.raises(InvalidRequest, match="not a public one"):
        await checked("https://10.0.0.1/1.png", origin="", trusted_hosts=(), resolve=unasked)


async def test_the_system_resolves_names() -> None:
    assert set(await system_resolver("localhost", 443)) <= {"127.0.0.1", "::1"}


async def test_a_refusal_names_the_host_and_no_signature() -> None:
    url = "http://cdn.example.com/a/secret-path?X-Amz-Signature=abc"
    with pytest.raises(InvalidRequest) as refusal:
        await checked(url, origin="", trusted_hosts=(), resolve=unasked)
    assert '"cdn.example.com"' in str(refusal.value)
    assert "secret-path" not in str(refusal.value)
    assert "abc" not in str(refusal.value)
