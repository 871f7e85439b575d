"""One Prometheus, asked from threads of its own: its client blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from prodtui.sources.metrics.results import Row

if TYPE_CHECKING:
    from prodtui.sources.metrics.connection import Connection

T = TypeVar("T")

THREADS = 4


class Asking:
    """Requests, counted, and what a person must know of their answers. Every request raises SourceError."""

    def __init__(self, name: str, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        """Blocks."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"prodtui-{name}")
        self._connection: Connection | None = None
        self._one_connects = asyncio.Lock()
        self.requests = 0
        self.notes: list[str] = []

    def begin(self) -> None:
        """Counts and notes anew, for one read."""
        self.requests, self.notes = 0, []

    async def ask(self, request: Callable[[Connection], T]) -> T:
        """One request, carried out in a thread."""
        async with self._one_connects:
            if self._connection is None:
                self._connection = await self._in_thread(self._connect)
        connection = self._connection
        self.requests += 1
        return await self._in_thread(lambda: request(connection))

    async def query(self, promql: str) -> list[Row]:
        """The rows of an instant query's vector."""
        return await self.ask(lambda connection: connection.query(promql))

    def abort(self) -> None:
        """Ends every request that is under way; the next one connects anew."""
        if self._connection is not None:
            self._connection.abort()

    def close(self) -> None:
        """Breaks off what is under way, and lets go of the threads without waiting for them."""
        if self._connection is not None:
            self._connection.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
