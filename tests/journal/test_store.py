"""The store keeps evaluations, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import asyncpg
import pytest

from prodtui.journal.store import ACCEPTED_KEPT_S, KEPT, KEPT_S, Step, Store, StoreError, store_at
from prodtui.model.assessment import State, Streak, Verdict
from prodtui.model.evaluation import Override
from tests.journal.evaluations import AT, DAY_S, accepted, evaluation, judged, service

COPIES = """
insert into prodtui_evaluations (id, environment, at, accepted_at, accepted_by, pinned, max_drift, body)
with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < $2)
select id || number, environment, at - 0.5, accepted_at, accepted_by, pinned, max_drift, body
from prodtui_evaluations, numbers where id = $1
"""
"""So many more of one evaluation, made half a second before it."""


@pytest.fixture
async def store(where: str) -> AsyncIterator[Store]:
    opened = store_at(where)
    yield opened
    await opened.close()


async def test_an_evaluation_comes_back_as_it_was_saved(store: Store) -> None:
    saved = evaluation(
        verdict=Verdict.NOT_READY,
        decision="OVERRIDDEN",
        override=Override(reason="traffic is leaving", ticket="OPS-1"),
        candidate="1.4.2",
        services={
            "payments": service(checks={"performance.latency_p99": judged(State.FAIL, 0.7, reason="zu langsam ✖")})
        },
    )
    await store.save(saved)
    assert await store.find("test", saved.id) == saved


async def test_evaluations_are_listed_newest_first_and_by_environment(store: Store) -> None:
    for number in (2, 3, 1):
        await store.save(evaluation(number))
    await store.save(evaluation(9, environment="other"))
    assert [each.at - AT for each in await store.list("test", 2)] == [3, 2]
    assert await store.ids("other") == (evaluation(9).id,)
    assert await store.find("other", evaluation(1).id) is None


async def test_what_was_saved_is_there_for_the_next_who_opens_it(store: Store, where: str) -> None:
    await store.save(evaluation())
    await store.close()
    another = store_at(where)
    assert await another.list("test") == (evaluation(),)
    await another.close()


async def test_the_last_accepted_is_the_newest_that_somebody_accepted(store: Store) -> None:
    for number in (1, 2, 3):
        await store.save(evaluation(number))
    assert await store.last_accepted("test") is None
    for number in (2, 1):
        await store.accept(evaluation(number).id, "ana@ci", AT + 60)
    last = await store.last_accepted("test")
    assert last is not None
    assert (last.id, last.accepted_by, last.accepted_at) == (evaluation(2).id, "ana@ci", AT + 60)
    assert [each.at - AT for each in await store.accepted("test", since=AT + 2)] == [2]


async def test_the_last_accepted_can_be_asked_to_have_judged_certain_services(store: Store) -> None:
    await store.save(accepted(1, services={"payments": service(), "checkout": service()}))
    await store.save(accepted(2))
    last = await store.last_accepted("test", ["payments", "checkout"])
    assert last is not None
    assert last.id == accepted(1).id
    assert await store.last_accepted("test", ["ledger"]) is None


async def test_one_evaluation_of_an_environment_is_pinned_at_a_time(store: Store) -> None:
    await store.save(accepted(1))
    await store.save(accepted(2))
    await store.save(accepted(3, environment="other"))
    for number in (3, 1, 2):
        await store.pin(accepted(number).id, 0.4)
    pinned = await store.pinned("test")
    assert pinned is not None
    assert (pinned.id, pinned.pinned, pinned.max_drift) == (accepted(2).id, True, 0.4)
    assert [each.pinned for each in await store.list("test")] == [True, False]
    assert await store.pinned("other") is not None


async def test_what_nobody_accepted_is_not_pinned_and_the_reference_stays(store: Store) -> None:
    await store.save(accepted(1))
    await store.save(evaluation(2))
    await store.pin(accepted(1).id, 0.25)
    with pytest.raises(StoreError, match=evaluation(2).id):
        await store.pin(evaluation(2).id, 0.25)
    pinned = await store.pinned("test")
    assert pinned is not None
    assert pinned.id == accepted(1).id


async def test_what_is_forgotten_is_gone(store: Store) -> None:
    await store.save(accepted())
    await store.forget(accepted().id)
    assert await store.list("test") == ()
    for act in (store.forget(accepted().id), store.accept(accepted().id, "ana", AT)):
        with pytest.raises(StoreError, match="no evaluation"):
            await act


async def test_an_evaluation_is_never_overwritten(store: Store) -> None:
    await store.save(evaluation())
    with pytest.raises(StoreError, match="has an evaluation with this id already"):
        await store.save(evaluation(score=1.0))
    assert await store.list("test") == (evaluation(),)


async def test_what_is_old_is_dropped_and_what_was_accepted_stays_longer(store: Store) -> None:
    now = AT + 1_000 * DAY_S
    old, older = now - KEPT_S - DAY_S, now - ACCEPTED_KEPT_S - DAY_S
    await store.save(accepted(1, at=older, pinned=True))
    await store.save(accepted(2, at=older))
    await store.save(accepted(3, at=old))
    await store.save(evaluation(4, at=old))
    await store.save(evaluation(5, at=now))
    assert set(await store.ids("test")) == {evaluation(number).id for number in (1, 3, 5)}


async def test_the_newest_of_those_not_accepted_stay(store: Store) -> None:
    await store.save(accepted(0))
    await store.save(evaluation(0, id="elsewhere", environment="other"))
    await store.save(evaluation(KEPT))
    await store._database.change(Step(COPIES, (evaluation(KEPT).id, KEPT)))
    assert len(await store.ids("test")) == KEPT + 2
    await store.save(evaluation(KEPT + 1))
    ids = await store.ids("test")
    assert len(ids) == KEPT + 1
    assert ids[:2] == (evaluation(KEPT + 1).id, evaluation(KEPT).id)
    assert ids[-1] == accepted(0).id
    assert await store.ids("other") == ("elsewhere",)


async def test_streaks_come_back_until_they_are_too_old(store: Store) -> None:
    streaks = {"payments/data.blocked": Streak(state=State.FAIL, good=1, observed_at=AT)}
    await store.keep_streaks("test", {}, AT - 1)
    await store.keep_streaks("test", streaks, AT)
    assert await store.streaks("test", AT - 600) == streaks
    assert await store.streaks("test", AT + 1) == {}
    assert await store.streaks("other", 0.0) == {}


async def test_many_who_open_a_new_store_at_once_make_its_tables_once(where: str) -> None:
    stores = [store_at(where) for _ in range(6)]
    await asyncio.gather(*(store.save(evaluation(number)) for number, store in enumerate(stores)))
    assert len(await stores[0].list("test")) == len(stores)
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_store_of_a_newer_prodtui_is_refused(store: Store, where: str) -> None:
    await store.save(evaluation())
    if where.startswith("postgresql"):
        server = await asyncpg.connect(where)
        await server.execute("insert into prodtui_versions values (99)")
        await server.close()
    else:
        file = sqlite3.connect(where)
        file.execute("pragma user_version = 99")
        file.close()
    another = store_at(where)
    with pytest.raises(StoreError, match=r"newer prodtui \(version 99.*upgrade prodtui"):
        await another.list("test")
    await another.close()


async def test_an_evaluation_that_cannot_be_read_is_named(store: Store) -> None:
    await store.save(evaluation())
    await store._database.change(Step("update prodtui_evaluations set body = $1", ('{"id": 3}',)))
    with pytest.raises(StoreError, match=f"evaluation {evaluation().id} can't be read"):
        await store.list("test")


async def test_a_place_of_another_kind_is_no_store() -> None:
    with pytest.raises(StoreError, match="postgresql://"):
        store_at("mysql://user:secret@db/prodtui")
