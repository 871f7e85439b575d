"""The journal in memory gives back what was known within its time."""

from __future__ import annotations

from prodtui.journal.memory import MemoryJournal
from prodtui.model.incident import Acknowledgement
from tests.builders import NOW
from tests.journal.keeping import event, kept, mark, reading, times


async def test_what_is_too_old_is_dropped_up_to_the_next_mark() -> None:
    journal = MemoryJournal(keep_s=100.0)
    for minute in range(5):
        at = NOW + 60 * minute
        assert journal.due(at)
        await kept(journal, mark(at), event(at), reading(at + 30))
        assert not journal.due(at + 30)
    assert await journal.span() == (NOW + 120, NOW + 270)
    assert times(await journal.before(NOW)) == [NOW + 120]
    assert times(await journal.before(NOW + 215)) == [NOW + 180, NOW + 210]
    assert times(await journal.newest()) == [NOW + 240, NOW + 270]
    assert [each.at for each in await journal.events(0.0, NOW + 200)] == [NOW + 180, NOW + 120]
    assert await journal.turn(NOW + 130, forward=True) == NOW + 180
    assert await journal.turn(NOW + 130, forward=False) == NOW + 120
    assert await journal.turn(NOW + 240, forward=True) is None


async def test_what_is_acknowledged_is_known_from_then_on() -> None:
    journal = MemoryJournal()
    seen = Acknowledgement(at=NOW, by="ana", about="payments", note="restarting it")
    await journal.acknowledge(seen)
    assert journal.acknowledged == (seen,)
    assert await journal.acknowledged_at(NOW - 1) == ()


async def test_where_nothing_was_kept_there_is_no_past() -> None:
    journal = MemoryJournal()
    assert await journal.before(NOW) is None
    assert await journal.newest() is None
    assert await journal.span() is None
