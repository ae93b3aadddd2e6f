"""What is known of each host that may start this server."""

import pytest

from atlascloud_mcp.hosts import HOSTS, UNKNOWN, host_of


@pytest.mark.parametrize(
    ("name", "wait_s", "place"),
    [
        ("claude-code", 240, "claude mcp add"),
        ("Claude-Code", 240, "claude mcp add"),
        ("claude-ai", 45, "claude_desktop_config.json"),
        ("codex-mcp-client", 225, "config.toml"),
        ("gemini-cli-mcp-client-0.9", 240, ".gemini/settings.json"),
        ("opencode", 45, "opencode.json"),
        ("cursor-vscode", 45, ".cursor/mcp.json"),
        ("Visual-Studio-Code - Insiders", 45, ".vscode/mcp.json"),
        ("windsurf-client", 45, "mcp_config.json"),
        ("zed", 45, "Zed"),
        ("cline", 45, "cline"),
        ("goose", 45, "Goose"),
        ("mcp", 45, "your MCP client"),
        ("", 45, "your MCP client"),
        (None, 45, "your MCP client"),
        ("not-claude-code", 45, "your MCP client"),
    ],
)
def test_a_host_is_known_by_the_start_of_its_name(name: str | None, wait_s: float, place: str) -> None:
    host = host_of(name)
    assert host.wait_s == wait_s
    assert place in host.settings_place


def test_no_host_hides_another() -> None:
    assert [host_of(host.prefix) for host in HOSTS] == list(HOSTS)
    assert UNKNOWN not in HOSTS
