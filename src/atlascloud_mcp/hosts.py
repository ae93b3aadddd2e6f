"""What is known of each MCP host, as data: how long it waits for a call, and where its settings are.

A host that gives up leaves a paid job behind, so the wait is bounded by what the host is known to allow.
Sources: clients observed in November 2026 (`claude-code` 2.1.197, `codex-mcp-client` 0.169, `opencode` 1.18),
the others from public reports; an unknown host is taken to give up after 60 s.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """One MCP host: the start of its `clientInfo.name`, its patience, where the user sets variables.

    `limit_s` is when it is known, or assumed, to give a call up; `wait_s` how long we let it wait.
    """

    prefix: str
    limit_s: float
    wait_s: float
    settings_place: str


UNKNOWN = Host("", 60, 45, "the `env` block of this server in your MCP client's configuration")

HOSTS = (
    Host("claude-code", 4 * 3600, 240, "`claude mcp add … -e NAME=value`, or `env` in .mcp.json"),
    Host("claude-ai", 60, 45, "the `env` block in claude_desktop_config.json"),
    Host("codex-mcp-client", 300, 225, "`[mcp_servers.<name>.env]` in ~/.codex/config.toml"),
    Host("gemini-cli-mcp-client", 600, 240, "the `env` block in ~/.gemini/settings.json"),
    Host("opencode", 60, 45, "the `environment` block in opencode.json"),
    Host("cursor-vscode", 60, 45, "the `env` block in .cursor/mcp.json"),
    Host("visual-studio-code", 60, 45, "the `env` block in .vscode/mcp.json"),
    Host("windsurf-client", 60, 45, "the `env` block in mcp_config.json"),
    Host("zed", 60, 45, "the `env` block of this server in Zed's settings.json"),
    Host("cline", 60, 45, "the `env` block in cline_mcp_settings.json"),
    Host("goose", 60, 45, "the `envs` of this extension in Goose's config.yaml"),
)


def host_of(client_name: str | None) -> Host:
    """The host that calls itself `client_name` (compared without case, by prefix), else the cautious one."""
    name = (client_name or "").lower()
    return next((host for host in HOSTS if name.startswith(host.prefix)), UNKNOWN)
