"""What assistants see: MCP in, MCP out. No HTTP, no files."""
