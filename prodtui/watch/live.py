"""A watch: the sources polled again and again, and moments as they become known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import takewhile
from types import TracebackType
from typing import Self

import msgspec

from prodtui.journal.journal import Journal
from prodtui.journal.memory import MemoryJournal
from prodtui.model.mark import Looked, Mark
from prodtui.model.moment import Moment
from prodtui.model.reading import Reading
from prodtui.readiness.standard import PLAIN, Standard
from prodtui.settings.loaded import Environment
from prodtui.watch.course import Course
from prodtui.watch.polls import DEFAULT_INTERVAL_S, polls_of, tell_asked, tell_followers, with_release

GATHERING_S = 0.05
"""Readings that arrive this close together make one moment: the sources are asked in the same breath."""

FLEET = 1_000
"""So many services make an environment a fleet: to judge them all anew would hold the loop for 150 ms."""


class Watch:
    """Polls one environment while it is entered; `moments` yields what is known, as it becomes known."""

    def __init__(
        self,
        environment: Environment,
        standard: Standard = PLAIN,
        journal: Journal | None = None,
        *,
        mark: Mark | None = None,
    ) -> None:
        """`mark`: from where it goes on; by default nothing is known."""
        environment = with_release(environment, standard.policy)
        self._course = Course(environment.declared, standard, mark=mark)
        self._kept = self._course.events[:1]
        """The newest event that the journal has."""
        self._journal = journal or MemoryJournal()
        self._polls = polls_of(environment)
        tell_asked(self._polls, self._course)
        self._interval_s = min((poll.pace.interval_s for poll in self._polls), default=DEFAULT_INTERVAL_S)
        self._waiting: list[Reading] | None = None
        """What is read while a thread makes a moment; None: none does."""
        self._tasks: asyncio.TaskGroup | None = None
        self._running: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self._urgent = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._running = [self._tasks.create_task(poll.run(self._tell, self._wake)) for poll in self._polls]
        self._running.append(self._tasks.create_task(self._journal.run(), name="journal"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        if self._tasks is not None:
            await self._tasks.__aexit__(None, None, None)
        await asyncio.gather(*(poll.close() for poll in self._polls))

    def refresh(self) -> None:
        """Asks every source that is pausing now."""
        self._wake.set()
        self._wake.clear()

    async def moments(self) -> AsyncIterator[Moment]:
        """A moment at once when something turned, else one each interval, so that ages and freshness go on."""
        yield await self._moment(time.time())
        spoken = 0.0
        while True:
            tell_asked(self._polls, self._course)
            await self._something(spoken)
            await asyncio.sleep(GATHERING_S)
            self._told.clear()
            self._urgent.clear()
            spoken = time.monotonic()
            yield await self._moment(time.time())

    async def _moment(self, now: float) -> Moment:
        if self._journal.due(now):
            self._journal.append(self._course.mark(now))
        moment = await self._made(now)
        self._journal.append(Looked(now))
        self._catch_up()
        self._keep_events()
        return msgspec.structs.replace(
            moment, acknowledged=self._journal.acknowledged, kept=f"kept in {self._journal.where}"
        )

    async def _made(self, now: float) -> Moment:
        """Of a fleet in a thread: when a source is lost all is judged anew, and that takes seconds."""
        if self._course.services < FLEET:
            return self._course.moment(now)
        self._waiting = []
        return await asyncio.to_thread(self._course.moment, now)

    def _catch_up(self) -> None:
        """Takes in what was read while the moment was made."""
        waiting, self._waiting = self._waiting or (), None
        for reading in waiting:
            self._tell(reading)

    def _keep_events(self) -> None:
        """Tells the journal which are new, so that one can go from event to event."""
        events = self._course.events
        new = list(takewhile(lambda event: event not in self._kept, events))
        for event in reversed(new):
            self._journal.append(event)
        self._kept = events[:1]

    async def _something(self, spoken: float) -> None:
        """Returns when there is something to show: urgent news, or any news an interval after the last moment."""
        quiet_s = max(0.0, spoken + self._interval_s * 0.9 - time.monotonic())
        try:
            async with asyncio.timeout(quiet_s):
                await self._urgent.wait()
                return
        except TimeoutError:
            pass
        try:
            async with asyncio.timeout(self._interval_s * 0.1 + GATHERING_S):
                await self._told.wait()
        except TimeoutError:
            pass

    def _tell(self, reading: Reading) -> None:
        if self._waiting is not None:
            self._waiting.append(reading)
            return
        if self._journal.due(reading.at):
            self._journal.append(self._course.mark(reading.at))
        delta, urgent = self._course.tell(reading)
        self._journal.append(delta)
        self._keep_events()
        tell_followers(self._polls, self._course.snapshot)
        self._told.set()
        if urgent:
            self._urgent.set()
