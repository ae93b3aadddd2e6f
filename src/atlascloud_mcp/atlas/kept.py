"""One public document of Atlas Cloud, kept: in memory, on this machine's disk, refreshed when it is old.

However many calls want it at a time, it is read once; a call that is cancelled does not stop the reading, which
belongs to the server. What could not be refreshed stays in use, and a good copy is never given up for a bad one.
"""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import anyio
from anyio import to_thread

from atlascloud_mcp.atlas.client import Document
from atlascloud_mcp.atlas.exchange import Time
from atlascloud_mcp.atlas.values import mapping
from atlascloud_mcp.errors import AtlasCloudError, Billing, ServiceError

logger = logging.getLogger(__name__)

T = TypeVar("T")

FORMAT = 1
"""Of the files in the cache; another one's are not read."""
READING_S = 60.0
"""How long a document may take to arrive, though nobody waits for it that long."""
PAUSE_S = 30.0
"""After a failure nothing is read for so long."""
_ROUNDS = 3  # a look at the disk, a reading, and one more should the clock have been set back between them
_AHEAD = timedelta(minutes=5)


class Cache(Protocol):
    """Files by name on this machine. Neither method raises for trouble with the disk: then there is no cache."""

    async def read(self, name: str) -> bytes | None:
        """What was written last under this name, if it is still there."""
        ...

    async def write(self, name: str, content: bytes) -> None:
        """`content` is there under this name, whole, or what was there before."""
        ...


StartSoon = Callable[[Callable[[], Coroutine[object, object, None]]], object]
"""Starts a task that belongs to the server, not to the call that is being served: `TaskGroup.start_soon`."""


class UnusableError(Exception):
    """What was read is no such document; `str()` says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Ages and waits in seconds.

    Younger than `fresh_s` it is used as it is; younger than `usable_s` it is used and refreshed behind the caller's
    back; beyond that the caller waits for a refresh, `wait_s` at most.
    """

    fresh_s: float
    usable_s: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """A document: its file in the cache, where it is read, how it is understood.

    `key` is what the file must be of: two base URLs never mix. `what` names it at the start of a sentence. `parse`
    runs in a worker thread and raises `UnusableError`. `problem` says what is wrong with a new version, given the one
    that is held, however old that is; nothing when it is fine.
    """

    name: str
    key: str
    what: str
    fetch: Callable[[str | None], Awaitable[Document | None]]
    parse: Callable[[bytes], T]
    problem: Callable[[T, T], str] = lambda _new, _held: ""


@dataclass(frozen=True, slots=True)
class Copy(Generic[T]):
    """A document as it is held. `trouble` is why the last try to refresh it failed, where it is not fresh."""

    value: T
    fetched_at: datetime
    etag: str | None = None
    trouble: str = ""


class Kept(Generic[T]):
    """One document, kept."""

    def __init__(self, source: Source[T], terms: Terms, *, cache: Cache, time: Time, start_soon: StartSoon) -> None:
        self._source = source
        self._terms = terms
        self._cache = cache
        self._time = time
        self._start_soon = start_soon
        self._held: Copy[T] | None = None
        self._is_looked_up = False
        self._landing: anyio.Event | None = None
        self._writing = anyio.Lock()
        self._failure: tuple[float, AtlasCloudError] | None = None

    async def get(self, newer_than_s: float | None = None) -> Copy[T]:
        """The document, at most `newer_than_s` old if it can be had.

        Raises:
            ServiceError: it cannot be had at all.
        """
        usable_s = self._terms.usable_s if newer_than_s is None else min(newer_than_s, self._terms.usable_s)
        oldest = self._time.now() - timedelta(seconds=usable_s)
        if found := self._at_hand(oldest):
            return found
        with self._time.move_on_after(self._terms.wait_s) as waiting:
            for _ in range(_ROUNDS):
                if self._is_looked_up and self._recent_failure():
                    break
                await self._reading().wait()
                if found := self._at_hand(oldest):
                    return found
        if waiting.cancelled_caught:  # the reading goes on, but the next caller need not wait as long again
            self._fail(ServiceError(f"no answer within {self._terms.wait_s:.0f} s"))
        return self._second_best()

    def _at_hand(self, oldest: datetime) -> Copy[T] | None:
        """What is held, if it is young enough; a refresh begins where it is not fresh, or says why the last failed."""
        held = self._held
        if held is None or held.fetched_at < oldest:
            return None
        if (self._time.now() - held.fetched_at).total_seconds() <= self._terms.fresh_s:
            return held
        if not self._recent_failure():
            self._reading()
        return replace(held, trouble=_reason(self._failure[1])) if self._failure else held

    def _second_best(self) -> Copy[T]:
        failure = self._recent_failure()
        reason = _reason(failure) if failure else "no answer"
        if self._held:
            return replace(self._held, trouble=reason)
        raise ServiceError(
            f"{self._source.what} could not be read: {reason}.",
            billing=Billing.NOT_CONCERNED,
            next_step=(failure.next_step if failure else "") or "Call again in half a minute.",
        )

    def _recent_failure(self) -> AtlasCloudError | None:
        if self._failure is None or self._time.monotonic() - self._failure[0] >= PAUSE_S:
            return None
        return self._failure[1]

    def _reading(self) -> anyio.Event:
        """The end of the reading that is under way; one begins where none is."""
        if self._landing is None:
            self._landing = anyio.Event()
            landing = self._landing
            try:
                self._start_soon(self._read)
            except BaseException:
                self._landing = None
                raise
            return landing
        return self._landing

    async def _read(self) -> None:
        """Look on the disk, or ask Atlas Cloud. Never raises: it would end the server."""
        landing, to_write = self._landing, None
        try:
            with self._time.move_on_after(READING_S) as scope:
                if self._is_looked_up:
                    to_write = await self._refresh()
                    self._failure = None
                else:
                    await self._look_up()
            if scope.cancelled_caught:
                self._fail(ServiceError(f"the answer did not end within {READING_S:.0f} s"))
        except AtlasCloudError as error:
            self._fail(error)
        except Exception as error:
            logger.exception("reading %s failed", self._source.name)
            self._fail(ServiceError(f"a defect of this server ({type(error).__name__})"))
        finally:
            self._is_looked_up = True
            self._landing = None
            if landing:
                landing.set()
        if to_write:
            async with self._writing:  # an older version must not overtake a newer one
                await self._cache.write(self._source.name, to_write)

    def _fail(self, error: AtlasCloudError) -> None:
        logger.info("%s could not be read: %s", self._source.what, error.message)
        self._failure = (self._time.monotonic(), error)

    async def _look_up(self) -> None:
        """What an earlier server left on the disk is held, if it can be used."""
        content = await self._cache.read(self._source.name)
        if content is None:
            return
        found = await to_thread.run_sync(self._opened, content)
        if found and found.fetched_at <= self._time.now() + _AHEAD:
            self._held = found

    async def _refresh(self) -> bytes | None:
        """The newest version is held; what to write to the cache.

        Raises:
            AtlasCloudError: there is none that could be used.
        """
        held = self._held
        document = await self._source.fetch(held.etag if held else None)
        now = self._time.now()
        if document is None:
            if held is None:
                raise ServiceError("the answer was that nothing has changed, which nobody had asked")
            self._held = replace(held, fetched_at=now)
            return await self._renewed(self._held)
        try:
            value, to_write = await to_thread.run_sync(self._understood, document, now)
        except UnusableError as error:
            raise ServiceError(str(error)) from error
        if held and (problem := self._source.problem(value, held.value)):
            raise ServiceError(problem)
        self._held = Copy(value, now, document.etag)
        return to_write

    def _understood(self, document: Document, now: datetime) -> tuple[T, bytes]:
        """In a worker thread: the value of a document, and its file."""
        return self._source.parse(document.content), self._sealed(document.content, now, document.etag)

    async def _renewed(self, held: Copy[T]) -> bytes | None:
        """The file in the cache with a new date; None when it has gone."""
        content = await self._cache.read(self._source.name)
        return await to_thread.run_sync(self._redated, content, held) if content else None

    def _redated(self, content: bytes, held: Copy[T]) -> bytes | None:
        """In a worker thread: a file with the date of `held`; None when it is not one of ours."""
        _, body = _body(content, self._source.key)
        return self._sealed(body, held.fetched_at, held.etag) if body else None

    def _sealed(self, body: bytes, fetched_at: datetime, etag: str | None) -> bytes:
        """A file: one line about the document, then the document as it came."""
        about = {
            "format": FORMAT,
            "key": self._source.key,
            "fetched_at": fetched_at.isoformat(),
            "etag": etag,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        return json.dumps(about).encode() + b"\n" + body

    def _opened(self, content: bytes) -> Copy[T] | None:
        """In a worker thread: the copy in a file; None when it is another's, damaged, or of no use any more."""
        about, body = _body(content, self._source.key)
        etag = about.get("etag")
        try:
            fetched_at = datetime.fromisoformat(str(about.get("fetched_at")))
            if not body or fetched_at.tzinfo is None:
                return None
            return Copy(self._source.parse(body), fetched_at, etag if isinstance(etag, str) else None)
        except (ValueError, UnusableError):
            return None


def _reason(error: AtlasCloudError) -> str:
    return error.message.rstrip(".")


def _body(content: bytes, key: str) -> tuple[dict[str, object], bytes]:
    """What a file says of its document, and the document; both empty when it is not a whole one of ours."""
    line, _, body = content.partition(b"\n")
    try:
        about = dict(mapping(json.loads(line[:10_000])))
    except (ValueError, RecursionError):
        return {}, b""
    is_ours = about.get("format") == FORMAT and about.get("key") == key
    is_whole = about.get("sha256") == hashlib.sha256(body).hexdigest()
    return (about, body) if is_ours and is_whole else ({}, b"")
