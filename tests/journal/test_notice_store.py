"""The outbox: each notice once for everybody, kept until it is sent; in SQLite, PostgreSQL and memory alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from prodtui.journal.database import Database
from prodtui.journal.memory_database import MemoryDatabase
from prodtui.journal.notice_store import CLAIMED_S, KEPT_S, NoticeStore
from prodtui.journal.store import database_at
from prodtui.model.notice import About, Notice, Severity
from prodtui.model.notice_ids import WINDOW_S
from tests.oncall.notices import AT, notice

ON_CALL = "on-call"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def databases(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Database, Database]:
    """One outbox as two prodtui open it; in memory only one can."""
    if request.param == "memory":
        memory = MemoryDatabase()
        return memory, memory
    where = str(tmp_path / "prodtui.db")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").url("root", "postgres")
        schema = f"s{abs(hash(tmp_path))}"
        root = await asyncpg.connect(url)
        await root.execute(f"create schema {schema}")
        await root.close()
        where = f"{url}?search_path={schema}"
    return database_at(where), database_at(where)


@pytest.fixture
async def both(databases: tuple[Database, Database]) -> AsyncIterator[tuple[NoticeStore, NoticeStore]]:
    stores = NoticeStore(databases[0]), NoticeStore(databases[1])
    yield stores
    for store in stores if databases[0] is not databases[1] else stores[:1]:
        await store.close()


@pytest.fixture
def store(both: tuple[NoticeStore, NoticeStore]) -> NoticeStore:
    return both[0]


async def _told(store: NoticeStore, *notices: Notice, result: str = "sent: ok") -> None:
    for one in notices:
        assert await store.add(one, ON_CALL, due_at=one.at)
        assert await store.claim(one, ON_CALL, "me", one.at)
        await store.done([one], ON_CALL, one.at, result)


async def _due(store: NoticeStore, now: float = AT) -> list[str]:
    return [one.notice.id for one in await store.due("prod-eu", ON_CALL, now)]


async def test_a_notice_comes_back_as_it_was_kept_on_each_channel_that_it_is_for(store: NoticeStore) -> None:
    told = notice(lines=("a", "ü ␛"))
    assert await store.add(told, ON_CALL, due_at=AT)
    assert await store.add(told, "mail", due_at=AT)
    (waiting,) = await store.due("prod-eu", ON_CALL, AT)
    assert waiting.notice == told
    assert waiting.tries == 0
    assert await store.due("staging", ON_CALL, AT) == ()


async def test_who_comes_second_with_the_same_event_adds_nothing(both: tuple[NoticeStore, NoticeStore]) -> None:
    first, second = both
    assert await first.add(notice(), ON_CALL, due_at=AT)
    assert not await second.add(notice(title="as another one says it"), ON_CALL, due_at=AT)


@pytest.mark.parametrize("apart_s", [WINDOW_S, -WINDOW_S])
async def test_two_that_poll_apart_and_see_it_begin_in_neighbouring_windows_tell_it_once(
    both: tuple[NoticeStore, NoticeStore], apart_s: float
) -> None:
    first, second = both
    assert await first.add(notice(), ON_CALL, due_at=AT)
    assert not await second.add(notice(began_at=AT + apart_s), ON_CALL, due_at=AT)
    assert await second.add(notice(began_at=AT + 2 * apart_s), ON_CALL, due_at=AT)


async def test_of_many_that_add_and_claim_at_once_one_does(both: tuple[NoticeStore, NoticeStore]) -> None:
    stores = both * 5
    began = [AT, AT + WINDOW_S] * 5
    adding = [one.add(notice(began_at=at), ON_CALL, due_at=AT) for one, at in zip(stores, began, strict=True)]
    assert sum(await asyncio.gather(*adding)) == 1
    (waiting,) = await both[0].due("prod-eu", ON_CALL, AT)
    claims = [one.claim(waiting.notice, ON_CALL, f"w{number}", AT) for number, one in enumerate(stores)]
    assert sum(await asyncio.gather(*claims)) == 1


async def test_what_begins_again_after_its_end_is_told_again(store: NoticeStore) -> None:
    await _told(store, notice())
    await _told(store, notice(recovered=True, at=AT + 30))
    assert await store.add(notice(began_at=AT + WINDOW_S, at=AT + WINDOW_S), ON_CALL, due_at=AT)


async def test_what_becomes_worse_is_told_again_and_what_becomes_better_is_not(store: NoticeStore) -> None:
    await _told(store, notice(severity=Severity.WARNING))
    await _told(store, notice(severity=Severity.CRITICAL))
    assert not await store.add(notice(severity=Severity.ERROR), ON_CALL, due_at=AT)


async def test_a_claim_ends_by_itself_and_another_one_sends(both: tuple[NoticeStore, NoticeStore]) -> None:
    killed, other = both
    await killed.add(notice(), ON_CALL, due_at=AT)
    assert await killed.claim(notice(), ON_CALL, "killed", AT)
    assert await _due(other) == []
    assert await other.next_due("prod-eu", ON_CALL) == AT + CLAIMED_S
    (waiting,) = await other.due("prod-eu", ON_CALL, AT + CLAIMED_S + 1)
    assert waiting.tries == 1
    assert await other.claim(waiting.notice, ON_CALL, "other", AT + CLAIMED_S + 1)


async def test_what_could_not_be_sent_waits_for_its_next_try(store: NoticeStore) -> None:
    await store.add(notice(), ON_CALL, due_at=AT)
    await store.claim(notice(), ON_CALL, "me", AT)
    await store.later([notice()], ON_CALL, AT + 40, "refused: connection refused")
    assert await _due(store, AT + 39) == []
    assert await _due(store, AT + 40) == [notice().id]
    assert await store.next_due("prod-eu", ON_CALL) == AT + 40
    (last,) = await store.last("prod-eu", ON_CALL, 5)
    assert (last.tries, last.done_at, last.result) == (1, None, "refused: connection refused")


async def test_a_recovery_goes_where_its_incident_went(store: NoticeStore) -> None:
    over = notice(recovered=True)
    assert not await store.add(over, ON_CALL, due_at=AT)
    await _told(store, notice())
    assert await store.add(over, ON_CALL, due_at=AT)
    assert await _due(store) == [over.id]
    assert not await store.add(over, ON_CALL, due_at=AT)


async def test_where_no_recoveries_are_wanted_the_end_is_noted_and_not_sent(store: NoticeStore) -> None:
    await _told(store, notice())
    await store.add(notice(recovered=True), ON_CALL, due_at=AT, recoveries=False)
    assert await _due(store) == []
    assert await store.open("prod-eu") == ()


async def test_what_is_over_before_it_could_be_sent_is_one_message(store: NoticeStore) -> None:
    await store.add(notice(), ON_CALL, due_at=AT + 3600)
    await store.add(notice(recovered=True, at=AT + 60), ON_CALL, due_at=AT + 3600)
    assert await _due(store, AT + 3600) == [notice(recovered=True).id]


@pytest.mark.parametrize("then", [notice(recovered=True, at=AT + 60), notice(severity=Severity.CRITICAL, at=AT + 60)])
async def test_what_fails_while_it_is_overtaken_is_not_tried_again(store: NoticeStore, then: Notice) -> None:
    first = notice(severity=Severity.ERROR)
    await store.add(first, ON_CALL, due_at=AT)
    assert await store.claim(first, ON_CALL, "me", AT)
    assert await store.add(then, ON_CALL, due_at=AT + 60)
    await store.later([first], ON_CALL, AT + 61, "timeout: no answer")
    assert await _due(store, AT + 3600) == [then.id]


async def test_what_arrives_while_it_is_overtaken_counts_as_sent(store: NoticeStore) -> None:
    await store.add(notice(), ON_CALL, due_at=AT)
    assert await store.claim(notice(), ON_CALL, "me", AT)
    over = notice(recovered=True, at=AT + 60)
    await store.add(over, ON_CALL, due_at=AT + 60)
    await store.done([notice()], ON_CALL, AT + 61, "sent: ok")
    assert await store.told(over, ON_CALL) == (notice(),)


async def test_what_is_open_is_what_was_told_and_is_not_over(store: NoticeStore) -> None:
    lost = notice("source:consul", Severity.ERROR, about=About.SOURCE)
    await _told(store, notice(), lost)
    await store.add(lost, "mail", due_at=AT)
    assert await store.open("prod-eu") == (notice(), lost)
    assert await store.open("prod-eu", "mail") == (lost,)
    await store.add(notice(recovered=True), ON_CALL, due_at=AT)
    assert await store.open("prod-eu") == (lost,)


async def test_what_ended_since_a_time_is_known_once_however_many_were_told(store: NoticeStore) -> None:
    decided = notice(about=About.ROLLOUT, id="rollout-1.0", incident="rollout-1", roots=(), recovered=True)
    over = notice(recovered=True, at=AT + 60)
    await _told(store, notice(), over, decided)
    await store.add(notice(), "mail", due_at=AT)
    await store.add(over, "mail", due_at=AT)
    assert await store.ended("prod-eu", AT) == (over,)
    assert await store.ended("prod-eu", AT + 60) == ()
    assert await store.ended("staging", AT) == ()


async def test_a_decision_of_a_rollout_is_told_once_by_its_id(store: NoticeStore) -> None:
    decided = notice(about=About.ROLLOUT, id="rollout-1.3", incident="rollout-1", roots=(), entities=())
    assert await store.add(decided, ON_CALL, due_at=AT)
    assert not await store.add(decided, ON_CALL, due_at=AT)


async def test_messages_of_one_summary_count_as_one(store: NoticeStore) -> None:
    three = [notice(f"pool:{number}") for number in range(3)]
    for one in three:
        await store.add(one, ON_CALL, due_at=AT)
    await store.done(three, ON_CALL, AT + 1, "sent in one message with 2 more: 250 OK")
    await _told(store, notice("pool:other", at=AT + 2))
    await _told(store, notice("pool:failed", at=AT + 3), result="given up after 25 tries")
    assert sorted(await store.sent_at("prod-eu", ON_CALL, AT)) == [AT + 1, AT + 2]


async def test_what_is_older_than_a_month_is_dropped(store: NoticeStore) -> None:
    await _told(store, notice())
    await store.add(notice("pool:later", at=AT + KEPT_S + 1), ON_CALL, due_at=AT)
    assert len(await store.last("prod-eu", ON_CALL, 9)) == 1
