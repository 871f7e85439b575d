"""The past: any moment that a journal keeps, told again by the same course that told it when it was now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from prodtui.journal.journal import Journal, Stretch
from prodtui.model.declared import Declared
from prodtui.model.errors import UsageError
from prodtui.model.mark import Looked, Told
from prodtui.model.moment import Moment
from prodtui.model.when import clock
from prodtui.readiness.standard import Standard
from prodtui.watch.course import Course

CLOCK_S = 1.0
"""A time is written to the second."""
NOT_YET_KEPT_S = 5.0
"""What was told so shortly ago may not be in the journal yet."""


async def moment_at(journal: Journal, declared: Declared | None, standard: Standard, at: float) -> Moment:
    """The moment at a Unix time: of the oldest or newest that is kept, where it is earlier or later.

    `declared`: the environment as it is to be seen; None: as it was declared then. Raises UsageError where nothing is
    kept, StoreError where it can't be read.
    """
    stretch = await journal.before(at)
    span = await journal.span()
    if span is None or stretch is None:
        raise UsageError(f"journal {journal.where}: nothing is kept yet; `prodtui watch` keeps it while no one looks")
    at = max(stretch.mark.at, min(at, span[1]))
    moment = await asyncio.to_thread(_moment, stretch, declared, standard, at)
    return msgspec.structs.replace(
        moment, newest=span[1], acknowledged=await journal.acknowledged_at(at), kept=f"as kept in {journal.where}"
    )


def _moment(stretch: Stretch, declared: Declared | None, standard: Standard, at: float) -> Moment:
    course = Course(declared or stretch.mark.declared, standard, mark=stretch.mark)
    tell_again(course, stretch.told)
    return course.moment(at)


async def kept_moment(journal: Journal, declared: Declared | None, standard: Standard, at: float) -> Moment:
    """As `moment_at`, of a time that is kept. Raises UsageError also for one before the oldest or after the newest."""
    span = await journal.span()
    if span is not None and not span[0] - CLOCK_S <= at <= span[1] + NOT_YET_KEPT_S:
        first, last = (clock(end, span[1]) for end in span)
        raise UsageError(f"nothing is kept of {clock(at, span[1])}: the journal goes from {first} to {last}")
    return await moment_at(journal, declared, standard, at)


def tell_again(course: Course, told: Iterable[Told]) -> Moment | None:
    """Tells a course what was told before; the last moment among it."""
    moment = None
    for each in told:
        if isinstance(each, Looked):
            moment = course.moment(each.at)
        # What is no longer declared has no place any more.
        elif each.source in course.snapshot.sources:
            course.tell(each)
    return moment
