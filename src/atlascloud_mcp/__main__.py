"""`python -m atlascloud_mcp` is the `atlascloud-mcp` command."""

from atlascloud_mcp.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
