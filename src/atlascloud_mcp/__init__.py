"""An MCP server for the models of Atlas Cloud. Independent of Atlas Cloud."""

__version__ = "0.1.0"
