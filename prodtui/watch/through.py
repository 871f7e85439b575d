"""Through the past: the moments at many times of a journal, what lies on one mark told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec

from prodtui.journal.journal import Journal
from prodtui.model.declared import Declared
from prodtui.model.mark import Looked, Mark, Told
from prodtui.model.moment import Event, Moment
from prodtui.readiness.standard import Standard
from prodtui.watch.course import Course
from prodtui.watch.past import tell_again

MOST_TIMES = 60
_FIRST_TIMES = 30
"""An incident's beginning is looked at closest."""


class Through:
    """Moments of one journal, of times that go up: each is told from where the last one ended, where it can be.

    `declared`: the environment as it is to be seen; None: as it was declared then.
    """

    def __init__(self, journal: Journal, declared: Declared | None, standard: Standard) -> None:
        self._journal = journal
        self._declared = declared
        self._standard = standard
        self._mark: Mark | None = None
        self._course: Course | None = None
        self._heard: set[tuple[str, float]] = set()

    async def moment(self, at: float) -> Moment | None:
        """The moment at a time; None where nothing is kept. Raises StoreError."""
        span = await self._journal.span()
        stretch = await self._journal.before(at)
        if span is None or stretch is None:
            return None
        at = max(stretch.mark.at, at)
        moment = await asyncio.to_thread(self._moment, stretch.mark, stretch.told, at)
        return msgspec.structs.replace(
            moment,
            newest=max(span[1], at),
            acknowledged=await self._journal.acknowledged_at(at),
            kept=f"as kept in {self._journal.where}",
        )

    def _moment(self, mark: Mark, told: Sequence[Told], at: float) -> Moment:
        if self._course is None or self._mark is None or (self._mark.at, self._mark.told_at) != (mark.at, mark.told_at):
            self._course = Course(self._declared or mark.declared, self._standard, mark=mark)
            self._mark, self._heard = mark, set()
        # By time alone it can't be told what is new: what waited for a change is kept later than it was read.
        tell_again(self._course, (each for each in told if _name(each) not in self._heard))
        self._heard.update(map(_name, told))
        return self._course.moment(at)

    async def moments(self, times: Iterable[float]) -> AsyncIterator[Moment]:
        """The moments at these times, which go up."""
        for at in times:
            moment = await self.moment(at)
            if moment is not None:
                yield moment


def _name(told: Told) -> tuple[str, float]:
    return ("", told.at) if isinstance(told, Looked) else (told.source, told.at)


def times_to_look_at(began: float, ended: float, events: Iterable[Event]) -> tuple[float, ...]:
    """Where a stretch is worth looking at, ascending: its ends, its events, and some times between."""
    turns = sorted({round(event.at, 3) for event in events if began < event.at < ended and event.bad is not None})
    if len(turns) > MOST_TIMES:
        rest = turns[_FIRST_TIMES:]
        step = -(-len(rest) // (MOST_TIMES - _FIRST_TIMES))
        turns = turns[:_FIRST_TIMES] + rest[::step]
    between = [began + (ended - began) * tenth / 10 for tenth in range(1, 10)]
    return tuple(sorted({began, *turns, *between, ended}))
