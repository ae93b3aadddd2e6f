"""Which job an equal call is meant for: one whose result has reached nobody, or a new one.

The rule, its reasons and what it gets wrong: docs/decisions/0019-repeats.md.
"""

import hashlib
import json
from collections.abc import Mapping

from atlascloud_mcp.atlas.client import AtlasClient
from atlascloud_mcp.jobs.callers import Caller
from atlascloud_mcp.jobs.known import Job, KnownJobs
from atlascloud_mcp.jobs.records import Records

REPEAT_S = 30 * 60.0
"""An equal call that comes later than this after the first is a new wish."""


class Repeats:
    """Finds the job that a call repeats, among those of this process and of those that are gone."""

    def __init__(self, atlas: AtlasClient, known: KnownJobs, records: Records) -> None:
        self._atlas = atlas
        self._known = known
        self._records = records

    async def key(self, tool: str, model: str, body: Mapping[str, object]) -> str:
        """What equal requests have in common; in `body`, local files are named by their bytes.

        Raises:
            SetupError: there is no API key, without which no request has an equal.
        """
        asked = [await self._atlas.account(), tool, model, body]
        # What JSON cannot hold was refused long before; how a number is written makes no difference.
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    async def joined(self, key: str, caller: Caller) -> Job | None:
        """The job that this call has to be meant for, the oldest of several.

        Who is given one waits for it from that moment (`Job.awaited`, without a pause in between), so that of two
        calls that come together only one gets it.
        """
        for job in self._known.with_key(key):
            is_recent = job.asked is not None and caller.arrived - job.asked <= REPEAT_S
            if is_recent and job.may_be_joined(caller):
                return job
        job = await self._records.left_behind(key, REPEAT_S, is_ours=self._known.has_asked)
        return self._known.adopt(job) if job else None
