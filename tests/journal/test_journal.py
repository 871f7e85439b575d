"""A journal gives back what was told, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodtui.journal.database import StoreError
from prodtui.journal.kept import KeptJournal
from prodtui.journal.places import journal_at, journal_in
from prodtui.journal.postgresql_ground import PostgresqlGround
from prodtui.model.errors import UsageError
from prodtui.model.incident import Acknowledgement
from prodtui.model.mark import Looked, Told
from prodtui.readiness.standard import PLAIN
from prodtui.watch.course import Course
from prodtui.watch.past import moment_at
from tests.builders import NOW
from tests.journal.keeping import CRITICAL, PASSING, event, kept, mark, output, reading, sqlite_journal, times
from tests.watch.courses import DECLARED, courses


@pytest.fixture
async def journal(where: str) -> AsyncIterator[KeptJournal]:
    opened = journal_at(where, "test")
    yield opened
    await opened.close()


async def test_a_moment_is_told_by_the_last_mark_before_it_and_what_followed(journal: KeptJournal) -> None:
    for minute in range(3):
        at = NOW + 60 * minute
        await kept(journal, mark(at), Looked(at + 1), reading(at + 20, output="a"), reading(at + 40, output="b"))
    assert times(await journal.before(NOW + 85)) == [NOW + 60, NOW + 61, NOW + 80]
    assert output(await journal.before(NOW + 85)) == "a"
    assert times(await journal.before(NOW + 60)) == [NOW + 60]
    assert times(await journal.before(NOW - 5)) == [NOW]
    assert times(await journal.before(NOW + 1e6)) == [NOW + 120, NOW + 121, NOW + 140, NOW + 160]
    assert await journal.span() == (NOW, NOW + 160)


async def test_what_was_kept_is_there_for_the_next_who_opens_it(journal: KeptJournal, where: str) -> None:
    journal.append(mark())
    journal.append(reading(NOW + 1, output="the last second"))
    assert await journal.try_lease()
    await journal.close()
    another = journal_at(where, "test")
    assert output(await another.newest()) == "the last second"
    await another.close()


async def test_environments_of_one_place_do_not_mix(journal: KeptJournal, where: str) -> None:
    await kept(journal, mark(), reading(NOW + 1))
    other = journal_at(where, "other")
    assert await other.newest() is None
    assert await other.try_lease()
    await kept(other, mark(NOW + 5))
    assert await journal.span() == (NOW, NOW + 1)
    assert await other.span() == (NOW + 5, NOW + 5)
    await other.close()


async def test_a_tail_tells_what_was_kept_since_and_starts_over_from_a_mark(journal: KeptJournal, where: str) -> None:
    reader = journal_at(where, "test")
    await kept(journal, mark(), reading(NOW + 1))
    newest = await reader.newest()
    assert newest is not None
    assert (await reader.tail(newest.number)).told == ()
    await kept(journal, reading(NOW + 2), Looked(NOW + 3))
    tail = await reader.tail(newest.number)
    assert (tail.mark, [told.at for told in tail.told]) == (None, [NOW + 2, NOW + 3])
    await kept(journal, reading(NOW + 4), mark(NOW + 60), reading(NOW + 61))
    tail = await reader.tail(tail.number)
    assert tail.mark is not None
    assert (tail.mark.at, [told.at for told in tail.told]) == (NOW + 60, [NOW + 61])
    late = journal_at(where, "test")
    await kept(journal, reading(NOW + 62))
    assert [told.at for told in (await late.tail(tail.number)).told][-1] == NOW + 62
    for each in (reader, late):
        await each.close()


async def test_one_goes_from_event_to_event(journal: KeptJournal) -> None:
    await kept(journal, mark(), event(NOW + 1), reading(NOW + 2), event(NOW + 5, "ledger"), event(NOW + 9))
    assert await journal.turn(NOW + 1, forward=True) == NOW + 5
    assert await journal.turn(NOW + 5, forward=False) == NOW + 1
    assert await journal.turn(NOW + 9, forward=True) is None
    assert await journal.turn(NOW, forward=False) is None
    assert [(each.at, each.name) for each in await journal.events(NOW + 1, NOW + 5)] == [
        (NOW + 5, "ledger"),
        (NOW + 1, "payments"),
    ]


async def test_who_has_seen_what_is_known_to_all_who_share_it(journal: KeptJournal, where: str) -> None:
    seen = Acknowledgement(at=NOW, by="ana", about="payments", note="restarting it 🚒")
    other = journal_at(where, "test")
    await other.acknowledge(seen)
    await other.close()
    assert await journal.acknowledged_at(NOW) == (seen,)
    assert await journal.acknowledged_at(NOW - 1) == ()
    await journal.tail(0)
    assert journal.acknowledged == (seen,)


async def test_one_at_a_time_writes_and_the_next_takes_over_when_it_lets_go(journal: KeptJournal, where: str) -> None:
    other = journal_at(where, "test")
    assert await journal.try_lease()
    assert await journal.try_lease()
    assert not await other.try_lease()
    await kept(journal, mark(), reading(NOW + 1))
    other.append(mark(NOW + 50))
    assert not await other._writer.write()
    assert await journal.span() == (NOW, NOW + 1)
    await journal.close()
    assert await other.try_lease()
    assert other.due(NOW + 60)
    await kept(other, mark(NOW + 60), reading(NOW + 61))
    assert await other.span() == (NOW, NOW + 61)
    await other.close()


async def test_a_clock_that_was_set_back_by_hours_loses_nothing(journal: KeptJournal) -> None:
    hours = 3 * 3600.0
    await kept(
        journal, mark(NOW), reading(NOW + 10, output="before"), mark(NOW + 60), reading(NOW + 70, output="later")
    )
    assert journal.due(NOW + 71 - hours)
    await kept(journal, mark(NOW + 71 - hours), reading(NOW + 72 - hours, output="set back"))
    assert output(await journal.newest()) == "set back"
    assert output(await journal.before(NOW + 80 - hours)) == "set back"
    assert output(await journal.before(NOW + 15)) == "before"
    assert output(await journal.before(NOW + 75)) == "later"


async def test_a_clock_that_was_set_ahead_by_hours_and_back_drops_nothing(journal: KeptJournal) -> None:
    days = 30 * 86_400.0
    await kept(journal, mark(NOW), reading(NOW + 10, output="before"))
    await kept(journal, reading(NOW + days, output="ahead"), mark(NOW + days + 1))
    assert journal.due(NOW + 20)
    await kept(journal, mark(NOW + 20), reading(NOW + 21, output="after"))
    assert output(await journal.before(NOW + 15)) == "before"
    assert output(await journal.before(NOW + 30)) == "after"
    assert await journal.span() is not None


async def test_a_mark_is_due_when_enough_followed_on_the_last_one(journal: KeptJournal) -> None:
    assert journal.due(NOW)
    await kept(journal, mark(NOW), reading(NOW + 1))
    assert not journal.due(NOW + 59)
    for second in range(60):
        await kept(journal, reading(NOW + second, output=f"{second}" * 20, status=(PASSING, CRITICAL)[second % 2]))
    assert journal.due(NOW + 61)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(told=courses(), later_s=st.floats(-60.0, 60.0), every=st.integers(1, 5))
def test_every_moment_of_the_past_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, told: Sequence[Told], later_s: float, every: int
) -> None:
    asyncio.run(_past_is_as_it_was(tmp_path_factory.mktemp("past"), told, later_s, every))


async def _past_is_as_it_was(directory: Path, told: Sequence[Told], later_s: float, every: int) -> None:
    """A journal with a mark every so many entries, looked back into at some time of it."""
    journal = sqlite_journal(directory)
    assert await journal.try_lease()
    course = Course(DECLARED, PLAIN)
    begun = told[0].at if told else NOW
    ends = told[-1].at if told else NOW
    at = max(begun, min(ends, ends + later_s))
    journal.append(course.mark(begun))
    then = Course(DECLARED, PLAIN)
    for place, each in enumerate(told):
        for one in (course, then) if each.at <= at else (course,):
            delta = one.moment(each.at) if isinstance(each, Looked) else one.tell(each)[0]
            if one is course:
                journal.append(each if isinstance(each, Looked) else delta)  # type: ignore[arg-type]
        if place % every == 0:
            await kept(journal, course.mark(each.at))
    found = await moment_at(journal, None, PLAIN, at)
    wanted = then.moment(at)
    assert found.events == wanted.events
    assert found.since == wanted.since
    assert (found.first, found.blind, found.changes) == (wanted.first, wanted.blind, wanted.changes)
    assert found.snapshot.sources == wanted.snapshot.sources
    assert [(s.name, s.verdict, s.score) for s in found.assessment.services] == [
        (s.name, s.verdict, s.score) for s in wanted.assessment.services
    ]
    assert found.newest == ends
    await journal.close()


async def test_where_nothing_is_kept_there_is_no_past(journal: KeptJournal) -> None:
    with pytest.raises(UsageError, match="nothing is kept yet"):
        await moment_at(journal, None, PLAIN, NOW)


async def test_a_file_is_read_anywhere_and_not_touched(tmp_path: Path) -> None:
    journal = sqlite_journal(tmp_path)
    await kept(journal, mark(), reading(NOW + 1, output="then"))
    await journal.close()
    file = (tmp_path / "test.journal").rename(tmp_path / "incident.journal")
    before = file.read_bytes()
    copy = await journal_in(file)
    moment = await moment_at(copy, None, PLAIN, NOW + 1)
    assert moment.snapshot.declared.environment == "test"
    assert moment.newest == NOW + 1
    await copy.close()
    assert file.read_bytes() == before
    with pytest.raises(StoreError, match="which environment\\? In it: test"):
        await journal_in(file, "other")


async def test_a_lease_that_was_not_renewed_is_anothers_and_who_lost_it_starts_anew(where: str) -> None:
    if not where.startswith("postgresql"):
        return
    slow = KeptJournal("test", PostgresqlGround(where, lease_s=0.2))
    await kept(slow, mark(), reading(NOW + 1))
    await asyncio.sleep(0.3)
    other = KeptJournal("test", PostgresqlGround(where, lease_s=0.2))
    assert await other.try_lease()
    await kept(other, mark(NOW + 2), reading(NOW + 3))
    slow.append(reading(NOW + 4))
    assert not await slow._writer.write()
    assert slow.due(NOW + 5)
    assert times(await other.newest()) == [NOW + 2, NOW + 3]
    await asyncio.sleep(0.3)
    await kept(slow, mark(NOW + 6), reading(NOW + 7))
    assert times(await other.newest()) == [NOW + 6, NOW + 7]
    for each in (slow, other):
        await each.close()
