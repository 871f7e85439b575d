"""Entries as a watch appends them, and journals of the tests' own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prodtui.journal.ground import Limits
from prodtui.journal.journal import Journal, Stretch
from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at
from prodtui.model.declared import Declared
from prodtui.model.mark import Looked, Mark
from prodtui.model.moment import Event
from prodtui.model.reading import Answer, Reading
from prodtui.readiness.standard import PLAIN
from prodtui.watch.course import Course
from prodtui.watch.past import tell_again
from tests.builders import CONSUL, NOW, health, instance
from tests.builders import CRITICAL as CRITICAL
from tests.builders import PASSING as PASSING

DECLARED = Declared(environment="test", sources=(CONSUL,))


def mark(at: float = NOW, course: Course | None = None) -> Mark:
    """A mark of nothing, or of what a course knows."""
    return (course or Course(DECLARED, PLAIN)).mark(at)


def reading(at: float, *, output: str = "", **fields: Any) -> Reading:
    """The registry says something of payments."""
    records = (instance("payments"), health("payments", output=output, **fields))
    return Reading(source="consul", at=at, latency_s=0.01, answer=Answer(records=records, keyframe=False))


def event(at: float, name: str = "payments", **fields: Any) -> Event:
    return Event(at=at, kind="service", name=name, before="passing", after="critical", **fields)


def sqlite_journal(directory: object, limits: Limits | None = None) -> KeptJournal:
    return journal_at(str(directory), "test", limits)


async def kept(journal: Journal, *entries: Mark | Reading | Looked | Event) -> None:
    """Appends and sees to it that all is written, as the next second would."""
    for entry in entries:
        journal.append(entry)
    if isinstance(journal, KeptJournal):
        assert await journal._writer.write()


def times(stretch: Stretch | None) -> list[float]:
    """Of a stretch's mark and of what was told after it."""
    assert stretch is not None
    return [stretch.mark.at, *(told.at for told in stretch.told)]


def output(stretch: Stretch | None) -> str:
    """What the only health check said at its end."""
    assert stretch is not None
    course = Course(DECLARED, PLAIN, mark=stretch.mark)
    tell_again(course, stretch.told)
    (check,) = [each for _, each in course.mark(0.0).records if each.key == health("payments").key]
    return str(getattr(check, "output", ""))


@asynccontextmanager
async def running(journal: Journal) -> AsyncIterator[None]:
    """The journal is written for as long as this is entered."""
    task = asyncio.create_task(journal.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def until(condition: Callable[[], object], within_s: float = 15.0) -> None:
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        await asyncio.sleep(0.02)


async def notice_of(journal: KeptJournal, *, begun: float = NOW) -> str:
    """What a person is told of a journal that can't be written."""
    journal.append(mark(begun))
    async with running(journal):
        await until(lambda: journal.notice)
    return journal.notice


async def newest_in(directory: Path) -> Stretch | None:
    journal = sqlite_journal(directory)
    try:
        return await journal.newest()
    finally:
        await journal.close()
