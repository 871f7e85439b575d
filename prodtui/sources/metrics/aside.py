"""Queries beside those that every read makes: what a policy asks may be heavy, and must delay nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from prodtui.model.cause import CauseClass
from prodtui.model.errors import SourceError
from prodtui.sources.metrics.asking import THREADS, Asking
from prodtui.sources.metrics.results import Row, Series

if TYPE_CHECKING:
    from prodtui.sources.metrics.connection import Connection

T = TypeVar("T")

ONE = 0.6
"""Of the read's deadline, what one query may take."""
BEGIN = 0.25
"""Of the read's deadline, until when one is begun."""


class Aside:
    """Some queries of one read: few at a time, each under a deadline of its own, none begun late."""

    def __init__(self, asking: Asking, timeout_s: float) -> None:
        self._asking = asking
        self._limit_s = ONE * timeout_s
        self._begun_until = time.monotonic() + BEGIN * timeout_s
        self._late = False

    async def run(self, jobs: Iterable[Callable[[], Awaitable[None]]]) -> None:
        """Carries the jobs out in their order, as many as there is time for."""
        left = list(jobs)[::-1]

        async def work() -> None:
            while left and time.monotonic() < self._begun_until:
                await left.pop()()

        async with asyncio.TaskGroup() as group:
            for _ in range(min(THREADS, len(left))):
                group.create_task(work())
        if self._late:
            self._asking.abort()  # a thread that still reads a dripping answer is one that the next read lacks

    async def query(self, promql: str) -> list[Row]:
        """The rows of a vector, or a scalar as one row without labels. Raises SourceError."""
        return await self._in_time(lambda connection: connection.number(promql, self._limit_s))

    async def range(self, promql: str, start: float, end: float, step_s: int) -> list[Series]:
        """The series of a range, at equal steps. Raises SourceError."""
        return await self._in_time(lambda connection: connection.range(promql, start, end, step_s, self._limit_s))

    async def _in_time(self, request: Callable[[Connection], T]) -> T:
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._asking.ask(request)
        except TimeoutError as error:
            self._late = True
            raise SourceError(CauseClass.TIMEOUT, f"no answer within {self._limit_s:.2g} s") from error
