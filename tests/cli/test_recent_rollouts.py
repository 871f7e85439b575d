"""Whoever looks on sees the rollouts that are open or have just ended: read from a real store, which may fail."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from prodtui.cli.recent_rollouts import EVERY_S, LATELY_S, RecentRollouts
from prodtui.journal.rollout_store import RolloutStore
from prodtui.journal.store import Store, store_at
from prodtui.model.rollout import Phase, Rollout
from tests import rollouts


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = store_at(str(tmp_path / "prodtui.db"))
    yield opened
    await opened.close()


DRIVER = "ada@ops-1 pid 7"


async def test_those_of_the_environment_are_seen_the_newest_first(store: Store) -> None:
    driven, (first, now) = RolloutStore(store.database), rollouts.steady()
    second = replace(first, id="2", started_at=now, plan=replace(first.plan, service="catalog"))
    elsewhere = replace(first, id="3", environment="staging")
    for each in (first, second, elsewhere):
        assert await driven.begin(each, DRIVER, now)
    seen = RecentRollouts(store, "prod-eu", lambda: now)
    await seen.read()
    assert list(seen.known) == [second, first]


async def test_how_one_ended_is_seen_for_an_hour_or_until_the_next_one_begins(store: Store) -> None:
    driven, (rollout, now) = RolloutStore(store.database), rollouts.steady()
    assert await driven.begin(rollout, DRIVER, now)
    over = replace(rollout, phase=Phase.ROLLED_BACK, ended_at=now)
    assert await driven.save(over, DRIVER, now)
    assert await _seen(store, now) == (over,)
    assert await _seen(store, now + LATELY_S - 1) == (over,)
    assert await _seen(store, now + LATELY_S) == ()
    again = replace(rollout, id="2", started_at=now + 60)
    assert await driven.begin(again, DRIVER, now + 60)
    assert await _seen(store, now + 60) == (again,)


async def _seen(store: Store, now: float) -> tuple[Rollout, ...]:
    seen = RecentRollouts(store, "prod-eu", lambda: now)
    await seen.read()
    return seen.known


async def test_a_store_that_fails_is_logged_once_and_what_was_read_stays(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rollout, now = rollouts.steady()
    assert await RolloutStore(store.database).begin(rollout, DRIVER, now)
    seen = RecentRollouts(store, "prod-eu", lambda: now)
    await seen.read()
    await store.close()
    file = tmp_path / "prodtui.db"
    good = file.read_bytes()
    for beside in tmp_path.glob("prodtui.db-*"):
        beside.unlink()
    file.write_bytes(b"no database at all" * 100)
    with caplog.at_level(logging.WARNING):
        await seen.read()
        await seen.read()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert seen.known == (rollout,)
    await store.close()
    file.write_bytes(good)
    await seen.read()
    assert seen.known == (rollout,)


async def test_without_a_store_there_are_none() -> None:
    seen = RecentRollouts(None, "prod-eu")
    await seen.read()
    assert seen.known == ()


async def test_an_open_one_is_read_as_often_as_it_takes_a_sample(store: Store) -> None:
    driven, (rollout, now) = RolloutStore(store.database), rollouts.steady()
    seen = RecentRollouts(store, "prod-eu", lambda: now)
    assert seen.every_s == EVERY_S
    stages = tuple(replace(stage, every_s=3.0) for stage in rollout.plan.stages)
    quick = replace(rollout, plan=replace(rollout.plan, stages=stages))
    assert await driven.begin(quick, DRIVER, now)
    await seen.read()
    assert seen.every_s == 3.0
    assert await driven.save(replace(quick, phase=Phase.PROMOTED, ended_at=now), DRIVER, now)
    await seen.read()
    assert seen.every_s == EVERY_S
