"""Runs of loads as they are kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from prodtui.journal.load_store import KEPT, LoadStore
from prodtui.journal.store import StoreError, database_at
from prodtui.model.load import LoadVerdict, Saturated
from tests.builders import NOW
from tests.load.loads import run, tick


async def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    store = LoadStore(database_at(str(tmp_path / "store.db")))
    kept = run(ticks=(tick(), tick(elapsed_s=4.0)), saturated=(Saturated(at=NOW, kind="pool", name="x", what="full"),))
    await store.save(kept)
    assert await store.runs("test", "shop") == (kept,)
    assert await store.names("test") == ("shop",)
    assert await store.runs("prod", "shop") == ()
    await store.close()


async def test_the_newest_whole_run_counts_and_not_one_that_was_stopped(tmp_path: Path) -> None:
    store = LoadStore(database_at(str(tmp_path / "store.db")))
    met, failed = run(id="a", at=NOW), run(id="b", at=NOW + 1, verdict=LoadVerdict.NOT_MET)
    for one in (met, failed, run(id="c", at=NOW + 2, verdict=LoadVerdict.STOPPED)):
        await store.save(one)
    assert await store.whole("test", "shop") == failed
    assert [one.id for one in await store.runs("test", "shop")] == ["c", "b", "a"]
    assert await store.whole("test", "sale") is None
    await store.close()


async def test_of_each_load_the_newest_are_kept(tmp_path: Path) -> None:
    store = LoadStore(database_at(str(tmp_path / "store.db")))
    await store.save(run(id="sale", name="sale"))
    for number in range(KEPT + 3):
        await store.save(run(id=f"{number:03}", at=NOW + number))
    kept = await store.runs("test", "shop", limit=1_000)
    assert (len(kept), kept[0].id, kept[-1].id) == (KEPT, f"{KEPT + 2:03}", "003")
    assert len(await store.runs("test", "sale")) == 1
    await store.close()


async def test_a_run_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    store = LoadStore(database_at(str(tmp_path / "store.db")))
    await store.save(run())
    await store.close()
    with sqlite3.connect(tmp_path / "store.db") as database:
        database.execute("update prodtui_loads set body = '{}'")
    database.close()
    with pytest.raises(StoreError, match="load r1 can't be read"):
        await store.runs("test", "shop")
    await store.close()
