"""The trail in a store, SQLite and PostgreSQL alike: appended to by many at once, and what was done to it named."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
import pytest

from prodtui.audit.chain import FIRST, Checked, Wrong
from prodtui.audit.heads import Head, Heads
from prodtui.audit.trail import Trail
from prodtui.journal.database import StoreError
from prodtui.model.audited import Act
from tests.audit.trails import AT, chain_of, deed, trail_at

COPIED = "at, environment, act, body, before, hash from prodtui_audit"


async def _append(trail: Trail, count: int) -> None:
    """So many entries, one after the other, in two appends."""
    deeds = [deed(number) for number in range(1, count + 1)]
    await trail.append(*deeds[: count // 2])
    await trail.append(*deeds[count // 2 :])


async def _verified(trail: Trail, heads: Heads) -> Checked:
    return await trail.verified(heads.all())


async def _said(where: str, *statements: str) -> None:
    """What somebody does to the store past prodtui."""
    if where.startswith("postgresql"):
        server = await asyncpg.connect(where)
        for statement in statements:
            await server.execute(statement)
        await server.close()
    else:
        file = sqlite3.connect(where)
        for statement in statements:
            file.execute(statement)
        file.commit()
        file.close()


async def test_what_was_appended_is_there_for_the_next_who_opens_it(trail: Trail, where: str, heads: Heads) -> None:
    assert await trail.head() == Head(0, FIRST)
    first = await trail.append(deed(1), deed(2))
    assert [entry.number for entry in first.entries] == [1, 2]
    assert first.remark is None
    await trail.close()
    another = trail_at(where, heads)
    (third,) = (await another.append(deed(3))).entries
    assert (third.number, third.before) == (3, first.entries[1].hash)
    assert [link async for link in another.links()] == list(chain_of(3))
    assert await _verified(another, heads) == Checked(entries=3, hash=third.hash, proven=3)
    await another.close()


async def test_entries_are_found_by_time_environment_and_act_newest_first(trail: Trail) -> None:
    await trail.append(deed(1), deed(2, environment="other"), deed(3, act=Act.LOAD), deed(4), deed(5))

    async def numbers(
        since: float = 0.0, until: float = AT + 99, environment: str = "", act: Act | None = None
    ) -> list[int]:
        return [e.number async for e in trail.entries(since=since, until=until, environment=environment, act=act)]

    assert await numbers() == [5, 4, 3, 2, 1]
    assert await numbers(environment="test") == [5, 4, 3, 1]
    assert await numbers(environment="test", act=Act.LOAD) == [3]
    assert await numbers(since=AT + 2, until=AT + 4) == [4, 3, 2]


async def test_more_than_a_page_is_read_and_verified(where: str, heads: Heads) -> None:
    trail = trail_at(where, heads, page=3)
    await _append(trail, 10)
    assert [entry.number async for entry in trail.entries(since=0, until=AT + 99)] == list(range(10, 0, -1))
    assert (await _verified(trail, heads)).proven == 10
    await trail.close()


async def test_many_who_write_at_once_make_one_chain(where: str, heads: Heads) -> None:
    many = [trail_at(where, heads) for _ in range(8)]

    async def write(trail: Trail, number: int) -> None:
        for turn in range(5):
            written = await trail.append(
                deed(number, about=f"{number}/{turn}/a"), deed(number, about=f"{number}/{turn}/b")
            )
            assert written.remark is None

    await asyncio.gather(*(write(trail, number) for number, trail in enumerate(many)))
    found = await _verified(many[0], heads)
    assert (found.entries, found.proven, found.broken) == (80, 80, None)
    about = [entry.deed.about async for entry in many[0].entries(since=0, until=AT + 99)][::-1]
    assert sorted(about) == sorted(f"{n}/{turn}/{which}" for n in range(8) for turn in range(5) for which in "ab")
    assert all(one[:-1] == other[:-1] for one, other in zip(about[::2], about[1::2], strict=True)), "all or none"
    await asyncio.gather(*(trail.close() for trail in many))


@pytest.mark.parametrize(
    ("statements", "wrong", "number", "to"),
    [
        (["update prodtui_audit set body = replace(body, 'READY', 'NOT_READY') where number = 4"], Wrong.EDITED, 4, 4),
        (["update prodtui_audit set environment = 'elsewhere' where number = 4"], Wrong.EDITED, 4, 4),
        (["update prodtui_audit set act = 'load' where number = 4"], Wrong.EDITED, 4, 4),
        (["update prodtui_audit set at = at + 1 where number = 4"], Wrong.EDITED, 4, 4),
        (["update prodtui_audit set hash = before where number = 4"], Wrong.EDITED, 4, 4),
        (["delete from prodtui_audit where number = 4"], Wrong.REMOVED, 4, 4),
        (["delete from prodtui_audit where number <= 4"], Wrong.REMOVED, 1, 4),
        (["delete from prodtui_audit where number > 4"], Wrong.TRUNCATED, 5, 7),
        (["delete from prodtui_audit"], Wrong.TRUNCATED, 1, 7),
        (
            [
                "update prodtui_audit set number = 99 where number = 4",
                "update prodtui_audit set number = 4 where number = 6",
                "update prodtui_audit set number = 6 where number = 99",
            ],
            Wrong.REORDERED,
            4,
            4,
        ),
        (["update prodtui_audit set number = 99 where number = 4"], Wrong.REORDERED, 4, 4),
        ([f"insert into prodtui_audit select 0, {COPIED} where number = 4"], Wrong.REORDERED, 1, 1),
    ],
)
async def test_whatever_is_done_past_prodtui_is_named(
    trail: Trail, where: str, heads: Heads, statements: list[str], wrong: Wrong, number: int, to: int
) -> None:
    await _append(trail, 7)
    await _said(where, *statements)
    broken = (await _verified(trail, heads)).broken
    assert broken is not None
    assert (broken.wrong, broken.number, broken.to) == (wrong, number, to)


async def test_whoever_appends_to_a_trail_that_was_cut_or_written_anew_is_told(
    trail: Trail, where: str, heads: Heads
) -> None:
    await _append(trail, 4)
    await _said(where, "delete from prodtui_audit where number = 4")
    written = await trail.append(deed(9))
    assert [entry.number for entry in written.entries] == [4], "it is written down all the same"
    assert written.remark is not None
    assert "`prodtui audit verify`" in written.remark
    assert str(heads.path) in written.remark
    broken = (await _verified(trail, heads)).broken
    assert broken is not None
    assert (broken.wrong, broken.number) == (Wrong.EDITED, 4)


async def test_another_host_that_wrote_meanwhile_is_no_alarm(
    trail: Trail, where: str, heads: Heads, tmp_path: Path
) -> None:
    theirs = Heads(tmp_path / "theirs")
    other = trail_at(where, theirs)
    await trail.append(deed(1))
    await other.append(deed(2), deed(3))
    assert (await trail.append(deed(4))).remark is None
    assert set(heads.all()) == {1, 4}
    await other.append(deed(5))
    assert await _verified(trail, heads) == Checked(entries=5, hash=(await trail.head()).hash, proven=4)
    assert (await _verified(other, theirs)).broken is None
    await other.close()


async def test_who_was_killed_before_the_head_was_kept_leaves_no_alarm(trail: Trail, heads: Heads) -> None:
    await trail.append(deed(1))
    kept = heads.path.read_bytes()
    await trail.append(deed(2))
    heads.path.write_bytes(kept)
    assert await _verified(trail, heads) == Checked(entries=2, hash=(await trail.head()).hash, proven=1)
    assert (await trail.append(deed(3))).remark is None


async def test_heads_that_can_not_be_kept_are_a_remark_and_the_entry_stands(where: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    trail = trail_at(where, Heads(tmp_path / "file" / "store.heads"))
    written = await trail.append(deed(1))
    assert written.remark is not None
    assert "[audit] heads" in written.remark
    assert (await trail.head()).number == 1
    await trail.close()


async def test_an_entry_that_says_nothing_is_named(trail: Trail, where: str) -> None:
    await trail.append(deed(1))
    await _said(where, "update prodtui_audit set body = 'nothing'")
    with pytest.raises(StoreError, match="entry 1 of the audit trail can't be read"):
        await anext(trail.entries(since=0, until=AT + 99))
