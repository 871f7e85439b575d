"""A watch that polls nothing: it follows what another prodtui keeps, and polls itself once that one is gone."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import msgspec

from prodtui.journal.database import StoreError
from prodtui.journal.journal import Journal
from prodtui.model.mark import Mark, Told
from prodtui.model.moment import Moment
from prodtui.model.reading import Reading
from prodtui.readiness.standard import Standard
from prodtui.settings.loaded import Environment
from prodtui.watch.course import Course
from prodtui.watch.live import Watch
from prodtui.watch.marks import resumed
from prodtui.watch.past import tell_again
from prodtui.watch.polls import DEFAULT_INTERVAL_S, with_release

_log = logging.getLogger(__name__)
LEASE_S = 1.0
"""How often it is asked whether the other one is gone."""
SILENT_S = 15.0
INTERVALS = 3
"""A journal in which so long, or for so many intervals, nothing new was read is no news of production: then it polls
itself, though another one may still hold the lease. Both are better than none."""


class Following:
    """The same moments as a Watch's."""

    def __init__(
        self, environment: Environment, standard: Standard, journal: Journal, *, silent_s: float = SILENT_S
    ) -> None:
        self._environment = environment
        self._standard = standard
        self._journal = journal
        self._declared = with_release(environment, standard.policy).declared
        self._silent_s = silent_s
        self._interval_s = min((s.interval_s for s in self._declared.sources), default=DEFAULT_INTERVAL_S)
        self._course = Course(self._declared, standard)
        self._number = 0
        self._open = AsyncExitStack()
        self._watch: Watch | None = None

    @property
    def polls(self) -> bool:
        """Whether it polls by now."""
        return self._watch is not None

    async def __aenter__(self) -> Self:
        await self._open.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    def refresh(self) -> None:
        """Asks every source that is pausing now, where it polls by now; what is followed is as fresh as it gets."""
        if self._watch is not None:
            self._watch.refresh()

    async def moments(self) -> AsyncIterator[Moment]:
        """A moment at once when something turned, else one each interval, so that ages and freshness go on."""
        news = asked = spoken = time.monotonic()
        yield self._moment()
        while self._watch is None:
            urgent, heard = await self._followed()
            now = time.monotonic()
            news = now if heard else news
            if urgent or now - spoken >= self._interval_s:
                spoken = now
                yield self._moment()
            silent = now - news > max(self._silent_s, INTERVALS * self._interval_s)
            if silent or now - asked >= LEASE_S:
                asked = now
                if await self._gone() or silent:
                    await self._take_over()
            await asyncio.sleep(self._journal.tail_s)
        async for moment in self._watch.moments():
            yield moment

    async def _followed(self) -> tuple[bool, bool]:
        """Takes in what was kept since; whether a person should see it at once, and whether anything was read."""
        try:
            tail = await self._journal.tail(self._number)
        except StoreError as error:
            _log.warning("%s", error)
            return False, False
        if tail.mark is not None:
            # The course as the one that polls tells it, whatever was missed before.
            self._course = await asyncio.to_thread(self._from, tail.mark, tail.told)
        self._number = tail.number
        # It looks at what was read itself; when the other one did is told by the next mark.
        readings = [told for told in tail.told if isinstance(told, Reading)]
        urgent = tail.mark is None and tell_again(self._course, readings)
        return urgent or tail.mark is not None, tail.mark is not None or bool(readings)

    def _from(self, mark: Mark, told: Iterable[Told]) -> Course:
        course = Course(self._declared, self._standard, mark=mark)
        tell_again(course, told)
        return course

    def _moment(self) -> Moment:
        return msgspec.structs.replace(self._course.moment(time.time()), acknowledged=self._journal.acknowledged)

    async def _gone(self) -> bool:
        """Whether it is ours to poll from now on."""
        try:
            return await self._journal.try_lease()
        except StoreError as error:
            _log.warning("%s", error)
            return False

    async def _take_over(self) -> None:
        await self._followed()
        mark = resumed(self._course.mark(time.time()))
        self._watch = await self._open.enter_async_context(
            Watch(self._environment, self._standard, self._journal, mark=mark)
        )
