"""The core: from what was asked to a finished, delivered result. Knows neither MCP nor HTTP."""
