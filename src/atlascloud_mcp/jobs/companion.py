"""Work with a task beside it, without an exception group around what the work raises."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import anyio

from atlascloud_mcp.errors import AtlasCloudError

T = TypeVar("T")


async def beside(companion: Callable[[], Coroutine[Any, Any, None]], work: Callable[[], Awaitable[T]]) -> T:
    """What `work` returns or raises; `companion` runs meanwhile and is cancelled when the work is over.

    Raises:
        AtlasCloudError: as `work` does.
    """
    results: list[T] = []
    failure: AtlasCloudError | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(companion)
        try:
            results.append(await work())
        except AtlasCloudError as error:
            failure = error
        group.cancel_scope.cancel()
    if failure:
        raise failure
    return results[0]
