"""The `atlascloud-mcp` command: without arguments it serves MCP over stdio; the rest is for people."""

import gc
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        # First and by itself: hosts start this in every window, and a parser of options would only delay it.
        gc.disable()  # imports leave no garbage, and looking for it is a twelfth of a start; `Edge` enables it again
        from atlascloud_mcp.cli.serve import run  # noqa: PLC0415 - only the command that runs is imported

        return run()
    from atlascloud_mcp.cli.commands import run_command  # noqa: PLC0415 - as above

    return run_command(arguments)
