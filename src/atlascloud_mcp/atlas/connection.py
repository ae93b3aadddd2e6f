"""The one way out: HTTP clients made on first use, shared by every call, closed once.

A proxy gets a client of its own, because a client that picks proxies by itself could not be told which
address to connect to. All of them share one TLS context.
"""

import platform
import ssl
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx

from atlascloud_mcp import __version__
from atlascloud_mcp.atlas.addresses import Resolve, Target, proxy_for, system_resolver
from atlascloud_mcp.errors import SetupError

USER_AGENT = f"atlascloud-mcp/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"

# Seconds. A submit may be held while the job runs (`enable_sync_mode`); an upload is only read once it was
# taken whole; the others answer at once.
SUBMIT_TIMEOUT = httpx.Timeout(connect=10, write=60, read=120, pool=10)
UPLOAD_TIMEOUT = httpx.Timeout(connect=10, write=60, read=300, pool=10)
READ_TIMEOUT = httpx.Timeout(connect=10, write=30, read=30, pool=10)
CHAT_TIMEOUT = httpx.Timeout(connect=10, write=60, read=300, pool=10)  # a model may think before its first word
QUOTE_TIMEOUT = httpx.Timeout(5)  # a caller waits for it who wants something else

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30)


@dataclass(frozen=True, slots=True)
class Network:
    """The network's edge, where tests stand: how bytes travel, and how names become addresses."""

    transport: httpx.AsyncBaseTransport | None = None
    resolve: Resolve = system_resolver


@dataclass(slots=True)
class Connection:
    """The process's HTTP clients. `send` is the only place where a request leaves."""

    network: Network
    _clients: dict[str | None, httpx.AsyncClient] = field(default_factory=dict[str | None, httpx.AsyncClient])
    _tls: ssl.SSLContext | None = None
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def aclose(self) -> None:
        """Close every client."""
        self._clients.clear()
        await self._stack.aclose()

    @asynccontextmanager
    async def send(
        self, request: httpx.Request, *, timeout: httpx.Timeout, proxy: str | None = None
    ) -> AsyncGenerator[httpx.Response]:
        """The answer to `request`, its body still to be read. Redirects are not followed.

        Raises:
            httpx.HTTPError: as `httpx` does.
        """
        request.headers.setdefault("User-Agent", USER_AGENT)
        request.headers.setdefault("Accept-Encoding", "identity")  # or httpx would offer whatever it knows
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        response = await self._client(proxy).send(request, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            await response.aclose()

    def api_proxy(self, url: str) -> str | None:
        """The proxy for an API call; none where a test's transport stands in for the network."""
        return None if self.network.transport else proxy_for(url)

    def pinned(self, target: Target) -> list[httpx.Request]:
        """GETs to try in order: each connects to one checked address and still speaks to the host by name.

        Raises:
            httpx.InvalidURL: the URL is not one.
        """
        url = httpx.URL(target.url)
        if not target.addresses:
            return [httpx.Request("GET", url)]
        return [
            httpx.Request(
                "GET",
                url.copy_with(host=address),
                headers={"Host": url.netloc.decode("ascii")},
                extensions={"sni_hostname": target.host},
            )
            for address in target.addresses
        ]

    def _client(self, proxy: str | None) -> httpx.AsyncClient:
        client = self._clients.get(proxy)
        if client is None:
            if self.network.transport:
                client = httpx.AsyncClient(transport=self.network.transport, trust_env=False)
            else:
                self._tls = self._tls or _tls_context()
                client = _client(self._tls, proxy)
            self._clients[proxy] = client
            self._stack.push_async_callback(client.aclose)
        return client


def _tls_context() -> ssl.SSLContext:
    """The trust store: certifi's, or what SSL_CERT_FILE and SSL_CERT_DIR name.

    Raises:
        SetupError: these cannot be used.
    """
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError is one
        raise SetupError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be used ({error.strerror or error}).",
            next_step="The user should correct or unset the variable, then restart this MCP server.",
        ) from error


def _client(tls: ssl.SSLContext, proxy: str | None) -> httpx.AsyncClient:
    """A client for direct connections, or for those through one proxy.

    Raises:
        SetupError: the proxy's address cannot be used.
    """
    try:
        return httpx.AsyncClient(verify=tls, proxy=proxy, limits=_LIMITS, trust_env=False)
    except (ValueError, httpx.InvalidURL) as error:
        raise SetupError(
            "The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or the system names cannot be used: http://, https:// "
            "and socks5:// addresses can.",
            next_step="The user should correct or unset the variable, then restart this MCP server.",
        ) from error
