"""The commands for people, and their options."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from atlascloud_mcp import __version__

MOST_DAYS = 36500


def run_command(arguments: Sequence[str]) -> int:
    """Parse and run; argparse itself ends the process on `--help`, `--version` and wrong options."""
    options = _parser().parse_args(arguments)
    # Each command imports only its own needs, so that none waits for another's.
    if options.command == "demo":
        from atlascloud_mcp.cli import demo  # noqa: PLC0415 - see above

        return demo.run(options.prompt, output=options.output, live=options.live)
    if options.command == "sandbox":
        from atlascloud_mcp.sandbox import serve as sandbox  # noqa: PLC0415 - see above
        from atlascloud_mcp.sandbox.state import Sandbox  # noqa: PLC0415 - see above

        try:
            sandbox.run(options.port, sandbox=Sandbox(job_seconds=options.job_seconds, price_per_image=None))
        except OSError as error:
            sys.stderr.write(f"Port {options.port} cannot be used ({error.strerror}). --port 0 finds a free one.\n")
            return 1
        return 0
    if options.command == "jobs":
        from atlascloud_mcp.cli import jobs  # noqa: PLC0415 - see above

        return jobs.run(options)
    from atlascloud_mcp.cli import serve  # noqa: PLC0415 - see above

    return serve.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="atlascloud-mcp",
        description="MCP server for Atlas Cloud. Without a command it serves MCP over stdio, as MCP clients start it.",
    )
    parser.add_argument("--version", action="version", version=f"atlascloud-mcp {__version__}")
    commands = parser.add_subparsers(dest="command", title="commands")
    commands.add_parser("serve", help="serve MCP over stdio (what no command does)")
    demo = commands.add_parser(
        "demo", help="make pictures, a clip, a mesh, music, speech and texts through the real server, without a key"
    )
    demo.add_argument("prompt", nargs="?", help="what to draw")
    demo.add_argument("--output", type=Path, help="folder for the files (default: a new temporary one)")
    demo.add_argument(
        "--live",
        action="store_true",
        help="use the real API and your key; this is billed, so that clip, mesh and music are left out",
    )
    sandbox = commands.add_parser(
        "sandbox",
        help="run a local Atlas Cloud for trying things out",
        epilog="Words in a prompt try what seldom happens: fail-test (the job fails), long-test (a long answer), "
        "reason-test (all tokens go into reasoning), refuse-test (the model refuses).",
    )
    sandbox.add_argument(
        "--port", type=_port, default=8787, help="port on 127.0.0.1 (default 8787; 0 picks a free one)"
    )
    sandbox.add_argument("--job-seconds", type=_seconds, default=3.0, help="how long a job takes (default 3)")
    _add_jobs(commands.add_parser("jobs", help="the jobs of this machine: list, show, resume, forget"))
    return parser


def _add_jobs(jobs: argparse.ArgumentParser) -> None:
    jobs.set_defaults(action="list", limit=20)
    actions = jobs.add_subparsers(dest="action", title="actions", required=False)
    listing = actions.add_parser("list", help="the unfinished ones, then the newest (what no action does)")
    listing.add_argument("--limit", type=_count, default=20, help="how many (default 20)")
    show = actions.add_parser("show", help="all that the journal has of a job, its whole request too")
    show.add_argument("ids", nargs="+", metavar="ID", help="an id, or how it begins")
    resume = actions.add_parser("resume", help="wait for a job and save what it made; free")
    resume.add_argument("ids", nargs="?", metavar="ID", help="an id, or how it begins (default: the newest unfinished)")
    resume.add_argument("--wait", type=_seconds, default=600.0, metavar="SECONDS", help="at most so long (default 600)")
    forget = actions.add_parser("forget", help="erase jobs from the journal; nothing is changed at Atlas Cloud")
    forget.add_argument("ids", nargs="*", metavar="ID", help="an id, or how it begins")
    forget.add_argument("--older-than", type=_days, metavar="DAYS", help="those that ended and are older than this")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and int(text)):
        raise argparse.ArgumentTypeError(f"a number of jobs is 1 or more, not {text!r}")
    return int(text)


def _days(text: str) -> float:
    days = _number(text)
    if not 0 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number of days from 0 to {MOST_DAYS} is meant, not {text!r}")
    return days


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _seconds(text: str) -> float:
    seconds = _number(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"a number of seconds, 0 or more, is meant, not {text!r}")
    return seconds
