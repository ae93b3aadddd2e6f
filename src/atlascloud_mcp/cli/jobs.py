"""`atlascloud-mcp jobs`: what the journal of this machine knows, for people."""

import argparse
import json
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread

from atlascloud_mcp.atlas.untrusted import plain
from atlascloud_mcp.cli.screen import Screen
from atlascloud_mcp.errors import AtlasCloudError, Billing, InvalidRequest
from atlascloud_mcp.jobs.clock import SystemClock
from atlascloud_mcp.jobs.composition import Core, compose, records_of
from atlascloud_mcp.jobs.grace import Grace
from atlascloud_mcp.jobs.known import Job
from atlascloud_mcp.jobs.models.describing import usd
from atlascloud_mcp.jobs.progress import Moment
from atlascloud_mcp.jobs.records import Records
from atlascloud_mcp.jobs.result import JobResult
from atlascloud_mcp.jobs.waiting import Patience
from atlascloud_mcp.settings import Settings, load

MOST_SHOWN = 60  # characters of a prompt in the list
MOST_OF_FACT = 100_000  # of all that is shown of one job
SHORT = 8  # characters of an id that tell it from others
SETTINGS_PLACE = "the environment of this command"


def run(options: argparse.Namespace) -> int:
    """Do it; 0 when it worked."""
    environ = dict(os.environ)  # noqa: TID251 - a command's own environment
    screen = Screen(sys.stdout, plain="NO_COLOR" in environ or environ.get("TERM") == "dumb")
    settings = load(environ)
    try:
        if options.action == "resume":
            return anyio.run(_resume, settings, screen, options.ids, options.wait)
        records = records_of(settings, SystemClock())
        if options.action == "show":
            return _show(records, screen, options.ids)
        if options.action == "forget":
            return _forget(records, screen, options.ids, options.older_than)
        return _list(records, screen, options.limit)
    except AtlasCloudError as error:
        return _failed(error)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. A job that runs goes on; `atlascloud-mcp jobs resume` takes it up again.\n")
        return 130


def _failed(error: AtlasCloudError) -> int:
    sys.stderr.write(f"{error}\n")
    return 1


def _list(records: Records, screen: Screen, limit: int) -> int:
    jobs = sorted(records.everything(limit), key=lambda job: job.is_settled)
    for job in jobs:
        about = f'"{_short(job.prompt)}"' if job.prompt else _short(job.of)
        words = [_when(job), _state(job), plain(job.model or "", MOST_OF_FACT), about]
        screen.line(f"{_name(job)[:SHORT]}  " + "  ".join(filter(None, words)))
    if not jobs:
        screen.line("The journal has no jobs.")
    elif not jobs[0].is_settled:
        screen.wrapped("Unfinished ones come first: `atlascloud-mcp jobs resume` waits for the newest and saves it.")
    return 0


def _show(records: Records, screen: Screen, names: Sequence[str]) -> int:
    for name in names:
        job = _named(records, name)
        files = [str(output.path) for result in job.delivered.values() for output in result.outputs if output.path]
        facts = {
            "prediction_id": job.prediction_id or "not known: the answer to its submit was lost",
            "state": _state(job),
            "started": _when(job),
            "model": job.model,
            "cost": usd(job.seen.cost_usd) if job.seen and job.seen.cost_usd is not None else None,
            "prompt": job.prompt,
            "request": json.dumps(job.body, ensure_ascii=False),
            "wanted at": job.save_to,
            "saved": [f"{file}{'' if Path(file).exists() else ' (not there any more)'}" for file in files],
            "answer": "taken by a host" if job.is_taken else "not known to have reached a host",
        }
        for fact, value in facts.items():
            if value:
                said = ", ".join(value) if isinstance(value, list) else value
                screen.line(f"{fact}: {plain(said, MOST_OF_FACT)}")
        screen.line()
    return 0


def _forget(records: Records, screen: Screen, names: Sequence[str], days: float | None) -> int:
    if days is None and not names:
        raise InvalidRequest(
            "Nothing is said to be forgotten.",
            billing=Billing.NOT_CONCERNED,
            next_step="Name jobs by their ids, or pass --older-than DAYS.",
        )
    if days is not None:
        count = records.forget_older(days)
        screen.line(f"Forgot {count} jobs that had ended and are older than {days:g} days.")
    jobs = [_named(records, name) for name in names]
    records.forget(jobs)
    for job in jobs:
        goes_on = "" if job.is_settled else " It was not finished: if it exists, Atlas Cloud's own history has it."
        screen.line(f"Forgot {_name(job)}.{goes_on}")
    return 0


async def _resume(settings: Settings, screen: Screen, name: str | None, wait_s: float) -> int:
    clock = SystemClock()
    async with _core(settings, clock) as core:
        patience = Patience(clock.monotonic(), wait_s, wait_s)

        async def report(moment: Moment) -> None:
            screen.progress(moment.elapsed_s, 30.0, moment.text)
            await anyio.lowlevel.checkpoint()

        try:
            with screen.bar():
                if name is None:
                    result = await core.following.resume(None, patience, report)
                else:
                    job = await anyio.to_thread.run_sync(_named, core.following.records, name)
                    result = await core.following.resume_job(job, patience, report)
            return _told(screen, result)
        except AtlasCloudError as error:  # here, or it would come out as a group
            return _failed(error)


@asynccontextmanager
async def _core(settings: Settings, clock: SystemClock) -> AsyncGenerator[Core]:
    """What the server works with, closed at the end."""
    async with anyio.create_task_group() as background:
        core = compose(
            settings,
            clock=clock,
            grace=Grace(clock),
            network=None,
            working_dir=Path.cwd(),
            settings_place=SETTINGS_PLACE,
            start_soon=background.start_soon,
        )
        try:
            yield core
        finally:
            background.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                await core.aclose()


def _told(screen: Screen, result: JobResult) -> int:
    """What became of a job; 0 when its files are here."""
    if result.status != "completed":
        screen.line(f"{result.status}: {result.prediction_id}")
    for output in result.outputs:
        screen.line(str(output.path) if output.path else f"not saved: {output.not_saved or output.url}")
    for note in result.notes:
        screen.detail(note)
    return 0 if result.status == "completed" and all(output.path for output in result.outputs) else 1


def _named(records: Records, name: str) -> Job:
    """The one job whose id begins so.

    Raises:
        InvalidRequest: there is none, or there are several.
    """
    found = records.named(name)
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} jobs have an id that begins with" if found else "The journal has no job whose id begins with"
    raise InvalidRequest(
        f"{what} {name!r}.", billing=Billing.NOT_CONCERNED, next_step="`atlascloud-mcp jobs` lists them."
    )


def _name(job: Job) -> str:
    return job.prediction_id or job.uid


def _when(job: Job) -> str:
    return f"{job.submitted_at.astimezone():%Y-%m-%d %H:%M}" if job.submitted_at else ""


def _state(job: Job) -> str:
    if job.is_failed:
        return "failed"
    if job.is_settled:
        return "saved"
    return "unfinished" if job.prediction_id else "lost"


def _short(text: str) -> str:
    """On one line, and with nothing in it that a terminal would obey: an assistant wrote it."""
    line = plain(text, MOST_SHOWN + 1)
    return line if len(line) <= MOST_SHOWN else line[: MOST_SHOWN - 1] + "…"
