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
from prodtui.journal.journal import Journal, Stretch
from prodtui.model.mark import Mark, Told
from prodtui.model.moment import Moment
from prodtui.model.reading import Reading
from prodtui.model.when import clock
from prodtui.readiness.standard import Standard
from prodtui.settings.loaded import Environment
from prodtui.watch.course import Course
from prodtui.watch.live import FLEET, Watch
from prodtui.watch.marks import resumed
from prodtui.watch.past import tell_again
from prodtui.watch.polls import DEFAULT_INTERVAL_S, with_release

_log = logging.getLogger(__name__)
LEASE_S = 1.0
"""How often it is asked whether the other one is gone."""
QUIET_INTERVALS = 2
"""So long after the last moment that was kept it looks itself: ages and freshness go on."""
SILENT_S = 15.0
INTERVALS = 3
"""A journal in which so long, or for so many intervals, nothing new was read is no news of production: then it polls
itself, though another one may still hold the lease. Both are better than none."""


class Following:
    """The same moments as a Watch's."""

    def __init__(
        self,
        environment: Environment,
        standard: Standard,
        journal: Journal,
        *,
        newest: Stretch | None = None,
        silent_s: float = SILENT_S,
    ) -> None:
        """`newest`: what the journal's newest moment is told from; None: nothing is kept yet."""
        self._environment = environment
        self._standard = standard
        self._journal = journal
        self._declared = with_release(environment, standard.policy).declared
        self._silent_s = silent_s
        self._interval_s = min((s.interval_s for s in self._declared.sources), default=DEFAULT_INTERVAL_S)
        self._newest = newest
        """Until it is told."""
        self._course = Course(self._declared, standard)
        self._number = 0
        self._looked_at = 0.0
        """When the course was looked at last."""
        self._open = AsyncExitStack()
        self._watch: Watch | None = None
        self._taken_at = 0.0

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
        """The moments that the one who polls tells, as soon as they are kept; while it is silent one each interval."""
        news = asked = spoken = time.monotonic()
        if self._watch is None:
            yield await self._first()
        while self._watch is None:
            moment, heard = await self._followed()
            now = time.monotonic()
            news = now if heard else news
            if moment is None and now - spoken >= QUIET_INTERVALS * self._interval_s:
                moment = self._course.moment(time.time())
            if moment is not None:
                spoken = now
                yield self._told(moment)
            silent = now - news > max(self._silent_s, INTERVALS * self._interval_s)
            if silent or now - asked >= LEASE_S:
                asked = now
                if await self._gone() or silent:
                    await self._take_over()
            await asyncio.sleep(self._journal.tail_s)
        taken_over = f"took over from another prodtui at {clock(self._taken_at, time.time())}"
        async for moment in self._watch.moments():
            yield msgspec.structs.replace(moment, kept=f"{taken_over}; {moment.kept}")

    async def _first(self) -> Moment:
        """The journal's newest moment; where nothing is kept yet, that nothing is known."""
        newest, self._newest = self._newest, None
        if newest is None:
            return self._told(self._course.moment(self._looked_at or time.time()))
        self._course, moment = await asyncio.to_thread(self._from, newest.mark, newest.told)
        self._number = newest.number
        later, _ = await self._followed()
        return self._told(later or moment or self._course.moment(newest.mark.at))

    async def _followed(self) -> tuple[Moment | None, bool]:
        """Takes in what was kept since; the last moment among it, and whether anything was read."""
        try:
            tail = await self._journal.tail(self._number)
        except StoreError as error:
            _log.warning("%s", error)
            return None, False
        self._number = tail.number
        if tail.mark is not None:
            # The course as the one that polls tells it, whatever was missed before.
            self._course, moment = await asyncio.to_thread(self._from, tail.mark, tail.told)
            return moment, True
        # Only when the other one looked: what time alone turns has then turned for both at the same time.
        fleet = self._course.services >= FLEET
        moment = (
            await asyncio.to_thread(tell_again, self._course, tail.told)
            if fleet
            else tell_again(self._course, tail.told)
        )
        return moment, any(isinstance(told, Reading) for told in tail.told)

    def _from(self, mark: Mark, told: Iterable[Told]) -> tuple[Course, Moment | None]:
        course = Course(self._declared, self._standard, mark=mark)
        return course, tell_again(course, told)

    def _told(self, moment: Moment) -> Moment:
        self._looked_at = moment.now
        followed = f"following another prodtui, which keeps {self._journal.where}"
        return msgspec.structs.replace(moment, acknowledged=self._journal.acknowledged, kept=followed)

    async def _gone(self) -> bool:
        """Whether it is ours to poll from now on."""
        try:
            return await self._journal.try_lease()
        except StoreError as error:
            _log.warning("%s", error)
            return False

    async def _take_over(self) -> None:
        moment, _ = await self._followed()
        self._taken_at = now = time.time()
        left_at = moment.now if moment else self._looked_at
        mark = resumed(self._course.mark(left_at), now)
        self._watch = await self._open.enter_async_context(
            Watch(self._environment, self._standard, self._journal, mark=mark)
        )
