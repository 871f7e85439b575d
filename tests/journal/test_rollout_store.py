"""Rollouts are kept in the store, in SQLite and in PostgreSQL alike; one process drives each, and others can ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from prodtui.journal.rollout_store import LEASE_S, Asked, RolloutStore, Wish
from prodtui.journal.store import database_at
from prodtui.model.rollout import Phase, Rollout
from prodtui.rollout.progress import ended
from tests.rollout.rollouts import BAD, NOW, OK, rollout

OURS, THEIRS = "ana@one pid 1", "bo@two pid 2"
WISH = Wish(asked=Asked.RESUME, by="bo@two", at=NOW, reason="the canary's node was down")


@pytest.fixture
async def store(where: str) -> AsyncIterator[RolloutStore]:
    opened = RolloutStore(database_at(where))
    yield opened
    await opened.close()


async def test_a_rollout_comes_back_as_it_was_saved(store: RolloutStore) -> None:
    assert await store.begin(rollout(), OURS, NOW)
    saved = rollout(OK, BAD, OK, steps=())
    assert await store.save(saved, OURS, NOW + 5)
    kept = await store.find("test", "r1")
    assert kept is not None
    assert (kept.rollout, kept.driver, kept.driven_until) == (saved, OURS, NOW + 5 + LEASE_S)
    assert await store.open("test") == (kept,)
    assert await store.find("elsewhere", "r1") is None


async def test_of_one_service_only_one_is_open(store: RolloutStore) -> None:
    assert await store.begin(rollout(), OURS, NOW)
    assert not await store.begin(rollout(id="r2"), THEIRS, NOW)
    over = ended(rollout(), Phase.ABORTED, NOW + 9, "by a person")
    assert await store.save(over, OURS, NOW)
    assert await store.open("test") == ()
    assert await store.begin(rollout(id="r2", started_at=NOW + 10), THEIRS, NOW)
    assert [kept.rollout.id for kept in await store.newest("test")] == ["r2", "r1"]
    assert [kept.rollout.id for kept in await store.newest("test", service="payments")] == ["r2", "r1"]
    assert await store.newest("test", service="ledger") == ()


async def test_of_two_that_start_at_once_one_does(store: RolloutStore) -> None:
    begun = await asyncio.gather(*(store.begin(rollout(id=f"r{n}"), f"driver {n}", NOW) for n in range(8)))
    assert sum(begun) == 1


async def test_who_drives_it_is_driving_until_the_lease_ends(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    assert not await store.take("r1", THEIRS, NOW + LEASE_S - 1)
    assert (await store.renew("r1", OURS, NOW + 10))[0]
    assert not await store.take("r1", THEIRS, NOW + LEASE_S + 1)
    assert await store.take("r1", THEIRS, NOW + 10 + LEASE_S + 1)
    assert not (await store.renew("r1", OURS, NOW + 30))[0]
    assert not await store.save(rollout(OK), OURS, NOW + 30)


async def test_who_lets_go_can_be_followed_at_once(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    await store.release("r1", OURS)
    assert await store.take("r1", THEIRS, NOW + 1)


async def test_a_driver_that_is_known_to_be_gone_is_followed_at_once(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    assert not await store.take("r1", THEIRS, NOW + 1, gone="somebody else")
    assert await store.take("r1", THEIRS, NOW + 1, gone=OURS)


async def test_a_wish_waits_until_the_driver_has_taken_it(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    assert await store.renew("r1", OURS, NOW) == (True, None)
    assert await store.want("r1", WISH)
    assert not await store.want("r1", replace_wish(WISH, Asked.ABORT))
    assert await store.renew("r1", OURS, NOW) == (True, WISH)
    await store.taken("r1", WISH)
    assert await store.renew("r1", OURS, NOW) == (True, None)


async def test_what_was_wanted_of_a_driver_that_is_gone_is_wanted_of_nobody_else(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    assert await store.want("r1", WISH)
    assert await store.take("r1", THEIRS, NOW + 100)
    assert await store.renew("r1", THEIRS, NOW + 100) == (True, None)


async def test_of_one_that_is_over_nothing_can_be_wanted(store: RolloutStore) -> None:
    await store.begin(rollout(), OURS, NOW)
    await store.save(ended(rollout(), Phase.PROMOTED, NOW, "done"), OURS, NOW)
    assert not await store.want("r1", WISH)
    assert not await store.take("r1", THEIRS, NOW + 100)


async def test_a_long_rollout_is_kept_whole(store: RolloutStore) -> None:
    long = long_rollout()
    await store.begin(long, OURS, NOW)
    kept = await store.find("test", "r1")
    assert kept is not None
    assert kept.rollout == long


def long_rollout() -> Rollout:
    return rollout(*[OK] * 500, *[BAD] * 5)


def replace_wish(wish: Wish, asked: Asked) -> Wish:
    return Wish(asked=asked, by=wish.by, at=wish.at, reason=wish.reason)
