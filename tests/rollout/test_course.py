"""A rollout driven to its end: with a real store, and hooks that are real processes, good ones and bad ones."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from prodtui.journal.rollout_store import LEASE_S, Asked, Wish
from prodtui.model.notice import Severity
from prodtui.model.rollout import Judged, Phase, Rollout, Word
from prodtui.rollout.keeping import DrivenElsewhereError
from prodtui.rollout.progress import FIRST_BAD, replace
from tests.rollout.driving import EVERY_S, Driven, steps, with_hook
from tests.rollout.rollouts import stage


def delay_s(rollout: Rollout) -> float:
    """From the first bad sample to the rollback hook running."""
    first = next(step.at for step in rollout.steps if step.what == FIRST_BAD)
    return next(step.at for step in rollout.steps if step.what == "hook rollback") - first


def wish(asked: Asked, reason: str = "") -> Wish:
    return Wish(asked=asked, by="bo@desk", at=time.time(), reason=reason)


async def test_a_good_canary_goes_through_every_stage_and_is_watched_after(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    done = await driven.start()
    assert done.phase is Phase.PROMOTED
    assert (driven.told("advance"), driven.told("rollback")) == (["10", "100"], [])
    assert (steps(done, "stage"), steps(done, "watching")) == (["10 %", "100 %"], ["for 1 s"])
    assert await driven.kept() == done
    assert done.percent == 100
    assert [notice.recovered for notice in driven.notices] == [True]
    assert driven.acts[0] == "start: payments 2.0"
    assert driven.acts[-1].startswith("end: promoted")
    assert len(driven.acts) == len(done.steps)


async def test_a_hard_signal_goes_back_after_one_sample(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.feed.canary = {"requests": 1_000.0, "failed": 100.0}
    done = await driven.start()
    assert (done.phase, done.percent, done.ended_at is not None) == (Phase.ROLLED_BACK, 0, True)
    assert driven.told("rollback") == ["0"]
    assert [sample.judged for sample in done.samples] == [Judged.BAD]
    assert delay_s(done) <= EVERY_S + 2
    told = [act.partition(":")[0] for act in driven.acts]
    assert told[told.index(FIRST_BAD) :][:3] == [FIRST_BAD, "decision", "hook rollback"]
    assert [step.at for step in done.steps] == sorted(step.at for step in done.steps)
    assert [notice.severity for notice in driven.notices] == [Severity.ERROR]


async def test_a_soft_signal_goes_back_after_two_samples(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.feed.canary = {"requests": 1_000.0, "latency_p99": 0.5}
    done = await driven.start()
    assert (done.phase, driven.told("rollback")) == (Phase.ROLLED_BACK, ["0"])
    assert sum(sample.judged is Judged.BAD for sample in done.samples) == 2
    assert delay_s(done) <= 2 * EVERY_S + 2


@pytest.mark.parametrize(
    ("script", "timeout_s", "reason"),
    [
        ("echo no route to the proxy >&2; exit 1\n", 10.0, "exit 1: no route to the proxy"),
        ("sleep 600\n", 0.5, "no end within 500 ms, killed"),
        ("yes | head -c 20000000; exit 3\n", 10.0, "exit 3: y"),
    ],
)
async def test_a_hook_that_fails_hangs_or_floods_is_gone_back_from(
    tmp_path: Path, script: str, timeout_s: float, reason: str
) -> None:
    driven = Driven(tmp_path)
    driven.rollout = replace(
        driven.rollout, plan=with_hook(driven.plan, "advance", driven.script("advance", script, timeout_s))
    )
    done = await driven.start()
    assert (done.phase, driven.told("rollback")) == (Phase.ROLLED_BACK, ["0"])
    assert steps(done, "end")[0] == f"rolled back: advance to 10 % failed: {reason}"


async def test_a_migration_that_fails_moves_no_traffic(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.rollout = replace(driven.rollout, plan=with_hook(driven.plan, "migrate", driven.script("migrate", "exit 9")))
    done = await driven.start()
    assert (done.phase, driven.told("advance"), driven.told("rollback")) == (Phase.ROLLED_BACK, [], ["0"])
    assert (steps(done, "hook migrate")[0], steps(done, "hook rollback")[0]) == ("begins", "begins, 0 %")


async def test_going_back_that_fails_is_loud_and_critical(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.rollout = replace(
        driven.rollout, plan=with_hook(driven.plan, "rollback", driven.script("rollback", "echo stuck; exit 1"))
    )
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    done = await driven.start()
    assert (done.phase, done.percent) == (Phase.FAILED, 10)
    assert "traffic may still be on the candidate" in steps(done, "end")[0]
    assert [notice.severity for notice in driven.notices] == [Severity.CRITICAL]


async def test_observing_only_changes_nothing_and_ends_with_the_decision(tmp_path: Path) -> None:
    driven = Driven(tmp_path, hooks={})
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    done = await driven.start()
    assert done.phase is Phase.ROLLED_BACK
    assert steps(done, "end")[0].endswith("it only observes: nothing was changed")
    assert not [step for step in done.steps if step.what.startswith("hook")]


async def test_lost_data_holds_it_and_data_that_is_back_lets_it_go_on(tmp_path: Path) -> None:
    driven = Driven(tmp_path, stages=(stage(100, 3.0, EVERY_S),))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(driven.start())
        await driven.seen(lambda one: len(one.samples) == 2)
        driven.feed.lost = True
        held = await driven.seen(lambda one: one.phase is Phase.HELD)
        driven.feed.lost = False
    assert held.decision.word is Word.HOLD
    assert "prometheus: connection refused" in held.decision.reason
    assert running.result().phase is Phase.PROMOTED
    assert [notice.recovered for notice in driven.notices] == [False, True, True]
    assert driven.notices[0].incident == driven.notices[1].incident


async def test_data_that_stays_lost_goes_back_once_the_hold_is_longer_than_the_stage(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.feed.lost = True
    done = await driven.start()
    assert (done.phase, driven.told("rollback")) == (Phase.ROLLED_BACK, ["0"])
    assert "longer than the stage lasts" in steps(done, "end")[0]


async def test_a_watch_that_fails_is_no_data_and_goes_back(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.feed.read_often()
    driven.feed.breaks_after = 10
    done = await driven.start()
    assert (done.phase, driven.told("rollback")) == (Phase.ROLLED_BACK, ["0"])


async def test_a_person_pauses_resumes_and_aborts_from_another_terminal(tmp_path: Path) -> None:
    driven = Driven(tmp_path, stages=(stage(10, 60.0, EVERY_S), stage(100, 60.0, EVERY_S)))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(driven.start())
        await driven.seen(lambda one: len(one.samples) == 1)
        assert await driven.store.want("r1", wish(Asked.PAUSE, "lunch"))
        paused = await driven.seen(lambda one: one.phase is Phase.PAUSED)
        await granted(driven)
        assert await driven.store.want("r1", wish(Asked.RESUME))
        await driven.seen(lambda one: bool(steps(one, "resume")))
        await granted(driven)
        assert await driven.store.want("r1", wish(Asked.ABORT, "wrong build"))
    done = running.result()
    assert paused.steps[-1].by == "bo@desk"
    assert (done.phase, driven.told("rollback")) == (Phase.ABORTED, ["0"])
    assert steps(done, "end") == ["aborted: aborted by bo@desk: wrong build"]


async def held(driven: Driven, asked: Asked, reason: str = "the data is complete") -> Rollout:
    """What becomes of one that is held and that nobody drives, when somebody wants this of it; it is bad in the end."""
    decision = replace(driven.rollout.decision, word=Word.HOLD, reason="no data")
    now = time.time()
    driven.rollout = replace(driven.rollout, phase=Phase.HELD, held_at=now, percent=10.0, decision=decision)
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    assert await driven.store.begin(driven.rollout, "ana@host pid 1", now)
    return await driven.drive(wish=wish(asked, reason))


async def test_a_hold_that_is_resumed_in_another_process_is_told_as_over(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    done = await held(driven, Asked.RESUME)
    assert steps(done, "resume") == ["the data is complete"]
    assert [(notice.recovered, "goes on" in notice.title) for notice in driven.notices] == [
        (True, True),
        (False, False),
    ]


@pytest.mark.parametrize(("asked", "reason"), [(Asked.PAUSE, "lunch"), (Asked.RESUME, " ")])
async def test_a_hold_is_ended_neither_by_a_pause_nor_without_a_reason(
    tmp_path: Path, asked: Asked, reason: str
) -> None:
    driven = Driven(tmp_path)
    done = await held(driven, asked, reason)
    assert (steps(done, asked), done.phase) == ([], Phase.ROLLED_BACK)
    assert {one.phase for one in driven.shown} == {Phase.HELD, Phase.ROLLED_BACK}


async def granted(driven: Driven) -> None:
    """Waits until no wish waits."""
    async with asyncio.timeout(20):
        while (found := await driven.store.find("test", "r1")) is not None and found.wish is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_one_that_was_killed_goes_on_in_its_stage_with_the_gap_as_unknown(tmp_path: Path) -> None:
    driven = Driven(tmp_path, stages=(stage(100, 4.0, EVERY_S),))
    killed = asyncio.create_task(driven.start())
    await driven.seen(lambda one: len(one.samples) == 3)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    await asyncio.sleep(2 * EVERY_S)
    driven.rollout = await driven.kept()
    assert not await driven.store.take("r1", "bo@desk pid 2", time.time())
    assert await driven.store.take("r1", "bo@desk pid 2", time.time() + LEASE_S + 1)
    done = await driven.drive("bo@desk pid 2")
    assert done.phase is Phase.PROMOTED
    gaps = [sample for sample in done.samples if sample.gap]
    assert 1 <= len(gaps) <= 4
    assert all(sample.judged is Judged.NODATA for sample in gaps)
    assert driven.told("advance") == ["100"]


async def test_a_rollback_that_was_decided_is_carried_out_by_whoever_goes_on(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    decided = replace(driven.rollout.decision, word=Word.ROLLBACK, reason="two bad samples")
    driven.rollout = replace(driven.rollout, decision=decided, percent=10.0)
    assert await driven.store.begin(driven.rollout, "ana@host pid 1", time.time())
    done = await driven.drive()
    assert (done.phase, driven.told("advance"), driven.told("rollback")) == (Phase.ROLLED_BACK, [], ["0"])


async def test_a_promotion_that_was_decided_is_carried_out_by_whoever_goes_on(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    decided = replace(driven.rollout.decision, word=Word.PROMOTE, reason="all is well")
    driven.rollout = replace(driven.rollout, decision=decided, percent=10.0)
    assert await driven.store.begin(driven.rollout, "ana@host pid 1", time.time())
    done = await driven.drive()
    assert driven.told("advance") == ["100"]
    assert {sample.stage for sample in done.samples} == {1}


async def test_a_promotion_that_was_decided_long_ago_is_looked_at_again_first(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    decided = replace(driven.rollout.decision, word=Word.PROMOTE, reason="all is well")
    long_ago = time.time() - 100 * EVERY_S
    driven.rollout = replace(driven.rollout, decision=decided, percent=10.0, stage_began_at=long_ago, steps=())
    assert await driven.store.begin(driven.rollout, "ana@host pid 1", time.time())
    done = await driven.drive()
    assert (driven.told("advance"), done.phase) == (["10"], Phase.ROLLED_BACK)
    assert steps(done, "looks again")[0].startswith("nobody looked for 30")
    assert len([sample for sample in done.samples if sample.gap]) >= 99


async def test_a_migration_that_ended_well_is_not_run_again_by_whoever_goes_on(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    hangs = with_hook(driven.plan, "advance", driven.script("advance", "sleep 600\n"))
    driven.rollout = replace(driven.rollout, plan=with_hook(hangs, "migrate", driven.script("migrate")))
    killed = asyncio.create_task(driven.start())
    await driven.saved(lambda one: bool(steps(one, "hook advance")))
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    driven.rollout = await driven.kept()
    assert steps(driven.rollout, "hook migrate")[1].startswith("exit 0")
    driven.script("advance", "exit 1\n")
    done = await driven.drive()
    assert (driven.told("migrate"), steps(done, "hook advance")[0]) == (["0"], "begins, 10 %")
    assert (await driven.kept()).phase is Phase.ROLLED_BACK


async def test_a_clock_that_is_set_back_stops_no_sampling(tmp_path: Path) -> None:
    driven, back_s = Driven(tmp_path), 0.0
    assert await driven.store.begin(driven.rollout, "ana@host pid 1", time.time())
    driven.feed.read_often()
    driven.feed.clock = lambda: time.time() - back_s
    running = asyncio.create_task(driven.drive(clock=driven.feed.clock))
    await driven.seen(lambda one: len(one.samples) == 1)
    back_s = 3_600.0
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    done = await running
    assert [sample.judged for sample in done.samples] == [Judged.OK, Judged.NODATA, Judged.BAD]
    assert (done.samples[1].gap, done.phase) == (True, Phase.ROLLED_BACK)


async def test_whoever_lost_the_lease_touches_nothing_more(tmp_path: Path) -> None:
    driven = Driven(tmp_path, stages=(stage(100, 60.0, EVERY_S),))
    running = asyncio.create_task(driven.start())
    await driven.seen(lambda one: len(one.samples) == 1)
    assert await driven.store.take("r1", "bo@desk pid 2", time.time() + LEASE_S + 1)
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    with pytest.raises(DrivenElsewhereError, match="another process"):
        await running
    assert driven.told("rollback") == []


async def test_a_store_that_is_locked_keeps_nobody_from_going_back(tmp_path: Path) -> None:
    driven = Driven(tmp_path)
    running = asyncio.create_task(driven.start())
    await driven.saved(lambda one: len(one.samples) == 1)
    locking = sqlite3.connect(tmp_path / "prodtui.db", isolation_level=None)
    locking.execute("begin immediate")
    driven.feed.canary = {"requests": 1_000.0, "failed": 500.0}
    try:
        await driven.seen(lambda one: bool(steps(one, "hook rollback")))
    finally:
        locking.execute("rollback")
        locking.close()
    done = await running
    assert (done.phase, driven.told("rollback")) == (Phase.ROLLED_BACK, ["0"])
