"""The course of one rollout: samples taken, decisions carried out, each step kept before the next one is taken."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, cast

from prodtui.journal.rollout_store import Asked, Wish
from prodtui.model.freshness import LIVE_INTERVALS
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice
from prodtui.model.rollout import Phase, Rollout, Word
from prodtui.model.rollout_progress import is_last, silent_s, stage_of, watches
from prodtui.readiness import words
from prodtui.readiness.criteria import Baseline
from prodtui.rollout import progress
from prodtui.rollout.deciding import decide
from prodtui.rollout.hooks import Ran, by_hand, run
from prodtui.rollout.judging import gap, sample
from prodtui.rollout.keeping import Keeping
from prodtui.rollout.notices import notice
from prodtui.rollout.observed import observed
from prodtui.rollout.schedule import ahead_s, due, next_due
from prodtui.sources.task_groups import first_failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_log = logging.getLogger(__name__)
BEFORE_BACK_S: Final = 1.0
"""Going back waits no longer for the store."""
BACK: Final = "rollback"
"""The hook that moves all traffic back."""
NOBODY_LOOKED: Final = "nobody looked: prodtui was not running, or late"
SET_BACK: Final = "the clock was set back: how long ago the sample before was is not known"
NOTHING_READ: Final = "nothing was read since the sample before"

Tell = Callable[[Notice], Awaitable[None]]
"""Tells whoever is on call; never raises, and takes no longer than it must."""


class Course:
    """Drives one rollout until it is over."""

    def __init__(
        self,
        rollout: Rollout,
        keeping: Keeping,
        *,
        baselines: Mapping[str, Baseline],
        tell: Tell,
        show: Callable[[Rollout], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`baselines`: of accepted evaluations, by `service/check`. `show` is handed the rollout when it changed."""
        self._rollout = self._told = rollout
        self._keeping = keeping
        self._baselines = baselines
        self._tell = tell
        self._show = show
        self._clock = clock
        self._moment: Moment | None = None

    @property
    def rollout(self) -> Rollout:
        """As it is now."""
        return self._rollout

    async def run(self, moments: AsyncIterator[Moment]) -> Rollout:
        """Drives it to its end, from wherever it is. Raises DrivenElsewhereError."""
        return await self._kept(self._drive(), self._look(moments))

    async def grant(self, wish: Wish) -> Rollout:
        """Does what a person wants though nobody drives it, and no more. Raises DrivenElsewhereError."""
        return await self._kept(self._grant(wish))

    async def _kept(self, doing: Coroutine[Any, Any, None], *beside: Coroutine[Any, Any, None]) -> Rollout:
        """What it is once all is done, ours meanwhile."""
        with first_failure():
            async with asyncio.TaskGroup() as tasks:
                others = [tasks.create_task(each) for each in (*beside, self._keeping.stay(self._rollout.id))]
                await doing
                for task in others:
                    task.cancel()
        return self._rollout

    async def _look(self, moments: AsyncIterator[Moment]) -> None:
        try:
            async with aclosing(cast("AsyncGenerator[Moment]", moments)) as following:
                async for moment in following:
                    self._moment = moment
        except Exception:  # noqa: BLE001 — a defect of the watch's must not leave traffic on a canary that nobody drives
            # Without moments there is no data; by the rules that is held, and goes back.
            _log.exception("the watch ended", extra={"rollout": self._rollout.id})

    async def _drive(self) -> None:
        await self._begin()
        while not self._rollout.phase.ended:
            wish = await self._wish_until_due()
            if wish is not None:
                await self._grant(wish)
            else:
                self._sample()
            if not self._rollout.phase.ended:
                await self._carry_out()

    async def _begin(self) -> None:
        """Brings the traffic to where the stage wants it. A hook that is not known to have ended runs once more."""
        rollout, silent = self._rollout, silent_s(self._rollout, self._clock())
        if rollout.decision.word is Word.ROLLBACK:
            await self._go_back(rollout.decision.reason)
        elif rollout.decision.word is Word.PROMOTE and not is_last(rollout):
            await (self._enter(rollout.stage + 1) if silent is None else self._look_again(silent))
        elif progress.is_shifted(rollout):
            await self._become(rollout)
        elif rollout.samples or progress.is_migrated(rollout) or (ran := await self._hook(progress.MIGRATE)).ok:
            await self._enter(rollout.stage)
        else:
            await self._go_back(f"migrate failed: {ran.reason}")

    async def _wish_until_due(self) -> Wish | None:
        """What a person wants, as soon as it is known; None once a sample is due."""
        left_s, every_s = next_due(self._rollout) - self._clock(), stage_of(self._rollout).every_s
        try:
            # No longer than an interval: the clock may be set back meanwhile.
            async with asyncio.timeout(min(max(0.0, left_s), every_s)):
                return await self._keeping.wishes.get()
        except TimeoutError:
            return None

    def _sample(self) -> None:
        """Takes the sample that is due, and those before it that nobody took."""
        rollout, now = self._rollout, self._clock()
        if ahead := ahead_s(rollout, now):
            rollout = progress.set_back(rollout, ahead, now)
            self._rollout = progress.sampled(rollout, [gap(rollout, now, SET_BACK)])
            return
        asked = due(rollout, now)
        found = [gap(rollout, at, NOBODY_LOOKED) for at in asked.missed]
        if asked.now:
            moment = self._moment
            # Of a time to come it is from before the clock was set back.
            if moment is None or abs(now - moment.now) > _counts_s(moment, stage_of(rollout).every_s):
                found.append(gap(rollout, now, NOTHING_READ))
            else:
                seen = observed(rollout.plan, stage_of(rollout), moment, self._baselines)
                found.append(progress.replace(sample(rollout, seen), at=now))
        self._rollout = progress.sampled(rollout, found)

    async def _carry_out(self) -> None:
        """Decides, and does it."""
        now = self._clock()
        decision = decide(self._rollout, now)
        if decision.word is Word.ROLLBACK:
            await self._go_back(decision.reason)
            return
        rollout = self._rollout = progress.decided(self._rollout, decision, now)
        match decision.word:
            case Word.PROMOTE:
                await self._promote(decision.reason)
            case Word.EXTEND:
                await self._become(progress.extended(rollout))
            case Word.HOLD if rollout.phase is not Phase.HELD:
                await self._become(progress.held(rollout, now))
            case Word.WAIT if rollout.phase is Phase.HELD:
                await self._become(progress.goes_on(rollout, now))
            case _:
                await self._become(rollout)

    async def _promote(self, reason: str) -> None:
        """To the next stage; past the last one to watching; past that it is done."""
        rollout, now = self._rollout, self._clock()
        if watches(rollout):
            await self._become(progress.ended(rollout, Phase.PROMOTED, now, reason))
        elif is_last(rollout):
            await self._become(progress.watching(rollout, now))
        elif await self._keeping.save(rollout):
            await self._enter(rollout.stage + 1)
        else:
            # More traffic is moved only where that is remembered: asked again at the next sample.
            await self._become(rollout)

    async def _enter(self, stage: int) -> None:
        """Moves the traffic to a stage's share, and begins it."""
        if await self._moved(self._rollout.plan.stages[stage].percent):
            await self._become(progress.entered(self._rollout, stage, self._clock()))

    async def _look_again(self, silent: float) -> None:
        """Was to be promoted, and nobody looked since: the traffic may be here or there, so its stage has it again."""
        if await self._moved(stage_of(self._rollout).percent):
            await self._become(progress.looks_again(self._rollout, silent, self._clock()))

    async def _moved(self, percent: float) -> bool:
        """Moves the traffic, or back where that fails."""
        ran = await self._hook("advance", percent)
        if not ran.ok:
            await self._go_back(f"advance to {percent:g} % failed: {ran.reason}")
        return ran.ok

    async def _go_back(self, reason: str, phase: Phase = Phase.ROLLED_BACK, by: str = "") -> None:
        """Moves all traffic back, whatever the store says. Where that fails too, somebody has to look."""
        rollout = self._rollout = progress.goes_back(self._rollout, reason, self._clock())
        await self._keeping.save(rollout, BEFORE_BACK_S)
        ran = await self._hook(BACK)
        if ran.ok:
            done = f"{reason}; it only observes: nothing was changed" if rollout.plan.observes else reason
            await self._become(progress.ended(self._rollout, phase, self._clock(), done, by))
            return
        why = f"{reason}; and going back failed: {ran.reason}; traffic may still be on the candidate"
        why += f". By hand: {by_hand(rollout.plan.hooks[BACK], rollout)}"
        _log.critical("rollback failed", extra={"rollout": rollout.id, "service": rollout.service, "why": why})
        await self._become(progress.ended(self._rollout, Phase.FAILED, self._clock(), why, by))

    async def _hook(self, name: str, percent: float = 0.0) -> Ran:
        """Runs a hook, with a step when it begins, kept before it does, and one when it ends.

        Well at once where the plan has none. Going back was kept when it was decided, and waits no longer.
        """
        hook = self._rollout.plan.hooks.get(name)
        if hook is None:
            return Ran(ok=True, reason="no such hook", took_s=0.0)
        what = f"{progress.HOOK} {name}"
        begins = "begins" if name == progress.MIGRATE else f"begins, {percent:g} %"
        self._rollout = progress.noted(self._rollout, self._clock(), what, begins)
        self._show(self._rollout)
        if name != BACK:
            await self._keeping.save(self._rollout)
        # Killed half-way, going back is the one thing that had better go on.
        ran = await run(hook, self._rollout, percent=percent, outlives=name == BACK)
        result = f"{ran.reason}, in {words.seconds(ran.took_s)}"
        self._rollout = progress.noted(self._rollout, self._clock(), what, result)
        if not ran.ok:
            _log.error("hook failed", extra={"hook": name, "why": ran.reason, "output": ran.output[-2_000:]})
        return ran

    async def _grant(self, wish: Wish) -> None:
        """Does what a person wants, as far as it can be done now."""
        rollout, now = self._rollout, self._clock()
        why, goes_back = wish.reason or "no reason given", rollout.decision.word is Word.ROLLBACK
        match wish.asked:
            case Asked.ABORT:
                await self._go_back(f"aborted by {wish.by}: {why}", Phase.ABORTED, wish.by)
            # A hold is ended by a reason, or goes back in time: a pause must not get around that.
            case Asked.PAUSE if rollout.phase in (Phase.RUNNING, Phase.WATCHING) and not goes_back:
                await self._become(progress.paused(rollout, now, wish.by, why))
            case Asked.RESUME if not goes_back and (
                rollout.phase is Phase.PAUSED or (rollout.phase is Phase.HELD and wish.reason.strip())
            ):
                await self._become(progress.resumed(rollout, now, wish.by, why))
        await self._keeping.taken(rollout.id, wish)

    async def _become(self, after: Rollout) -> None:
        """Takes the next state: kept, written down, shown, and told where somebody should hear of it."""
        before, self._rollout, self._told = self._told, after, after
        self._show(after)
        await self._keeping.save(after)
        self._rollout = written = await self._keeping.write_down(after)
        if written.audited != after.audited:
            await self._keeping.save(written)
        if (message := notice(before, after, self._clock())) is not None:
            await self._tell(message)


def _counts_s(moment: Moment, every_s: float) -> float:
    """How old a moment may be to make a sample: as the one before, or as its sources' intervals allow."""
    shortest = min((source.interval_s for source in moment.snapshot.declared.sources), default=0.0)
    return max(every_s, LIVE_INTERVALS * shortest)
