"""Where a download may go: https, and addresses that anybody on the internet could reach.

The URL of an output comes from outside. It must not make this process read the cloud's metadata service,
a router or a database next door, so each host is resolved and checked here, and the connection then goes to
the very address that was checked (no second look-up in between).
"""

import re
import socket
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import anyio

from atlascloud_mcp.atlas.untrusted import quoted
from atlascloud_mcp.errors import Billing, InvalidRequest, ServiceError
from atlascloud_mcp.settings import LOOPBACK_HOSTS

Resolve = Callable[[str, int], Awaitable[list[str]]]

# RFC 4291, 2.4: what is reached from the internet. `ipaddress` also calls IPv4-compatible, site-local and NAT64
# addresses global, and 6to4, which leads into any IPv4 network.
_INTERNET, _6TO4 = IPv6Network("2000::/3"), IPv6Network("2002::/16")


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect for a URL. There are no `addresses` where a name needs no check, or a proxy resolves it."""

    url: str
    host: str
    addresses: tuple[str, ...] = ()
    proxy: str | None = None


async def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a host as this system knows them."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach this address; IPv4 inside IPv6 is judged as IPv4."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv6Address) and (parsed not in _INTERNET or parsed in _6TO4):
        return False
    return parsed.is_global and not parsed.is_multicast


def proxy_for(url: str) -> str | None:
    """The proxy that the environment (or the system's settings) names for this URL; none for this machine."""
    parts = urlsplit(url)
    if parts.hostname in LOOPBACK_HOSTS:
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


async def checked(
    url: str, *, origin: str, trusted_hosts: tuple[str, ...], resolve: Resolve, what: str = "file"
) -> Target:
    """Where a download of `url`, which is a `what`, may connect to.

    `origin` (the API's own) and `trusted_hosts` are exempt from the check of addresses. Through a proxy the
    name is resolved by the proxy, so that only scheme, port and literal addresses can be checked.

    Raises:
        InvalidRequest: the URL is not one that may be downloaded.
        ServiceError: the host has no address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise refused(url, "it is not a valid URL") from None
    host = (parts.hostname or "").lower()
    if f"{parts.scheme}://{parts.netloc}" == origin:
        return Target(url, host, proxy=proxy_for(url))
    if parts.scheme != "https" or not host or parts.username is not None or port not in {None, 443}:
        raise refused(url, "only plain https on port 443 is downloaded")
    if host in trusted_hosts:
        return Target(url, host, proxy=proxy_for(url))
    if looks_literal(host) and not is_public(host):
        raise refused(url, "its address is not a public one")
    if proxy := proxy_for(url):
        return Target(url, host, proxy=proxy)
    try:
        addresses = await resolve(host, 443)
    except (OSError, UnicodeError) as error:
        raise _without_address(host, what, error) from error
    private = [address for address in addresses if not is_public(address)]
    if private or not addresses:
        raise refused(url, f"{host} resolves to {', '.join(private) or 'nothing'}, which is not a public address")
    return Target(url, host, addresses=tuple(dict.fromkeys(addresses)))


def looks_literal(host: str) -> bool:
    """Whether a host is an address and no name.

    Also in the short, decimal, octal and hex spellings of IPv4 that C libraries accept (inet_aton).
    """
    return ":" in host or all(part[:2].lower() == "0x" or part.isdigit() for part in host.split(".") if part)


def _without_address(host: str, what: str, error: Exception) -> ServiceError:
    return ServiceError(
        f"The host {host} of the {what} has no address ({error}).",
        billing=Billing.NOT_CONCERNED,
        next_step="Check the network; the URL is in the answer.",
    )


def refused(url: str, reason: str) -> InvalidRequest:
    """The error about a URL that may not be downloaded. It names the host alone; the rest may hold a signature."""
    host = quoted(re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0].rpartition("@")[2], 120)
    return InvalidRequest(
        f"Not downloaded from {host}: {reason}.",
        billing=Billing.NOT_CONCERNED,
        next_step="If this host is yours (a proxy that answers with private addresses, say), "
        "name it in ATLASCLOUD_DOWNLOAD_HOSTS.",
    )
