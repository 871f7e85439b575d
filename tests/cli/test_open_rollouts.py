"""Whoever looks on sees the open rollouts of the environment: read from a real store, which may fail."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from prodtui.cli.open_rollouts import OpenRollouts
from prodtui.journal.rollout_store import RolloutStore
from prodtui.journal.store import Store, store_at
from prodtui.model.rollout import Phase
from tests import rollouts


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = store_at(str(tmp_path / "prodtui.db"))
    yield opened
    await opened.close()


async def test_open_rollouts_are_seen_the_newest_first_and_no_others(store: Store) -> None:
    driven, (first, now) = RolloutStore(store.database), rollouts.steady()
    second = replace(first, id="2", started_at=now, plan=replace(first.plan, service="catalog"))
    elsewhere = replace(first, id="3", environment="staging")
    for each in (first, second, elsewhere):
        assert await driven.begin(each, "ada@ops-1 pid 7", now)
    seen = OpenRollouts(store, "prod-eu")
    await seen.read()
    assert list(seen.known) == [second, first]
    over = replace(first, phase=Phase.ABORTED, ended_at=now)
    assert await driven.save(over, "ada@ops-1 pid 7", now)
    await seen.read()
    assert list(seen.known) == [second]


async def test_a_store_that_fails_is_logged_once_and_what_was_read_stays(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rollout, now = rollouts.steady()
    assert await RolloutStore(store.database).begin(rollout, "ada@ops-1 pid 7", now)
    seen = OpenRollouts(store, "prod-eu")
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
    seen = OpenRollouts(None, "prod-eu")
    await seen.read()
    assert seen.known == ()
