"""A load from its first look at the environment to its result: the engine and the watch side by side."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import msgspec

from prodtui.load import halt, measured, saturation
from prodtui.load.engine import Ended, Engine, EngineError, Order, Plan, run
from prodtui.load.measured import Numbers
from prodtui.load.scenario import BOUNDS_MS
from prodtui.load.target import Pinned
from prodtui.load.told import follow
from prodtui.model.load import LoadProgress, LoadRun, LoadVerdict, Threshold, Tick
from prodtui.model.moment import Moment
from prodtui.model.records import Instance
from prodtui.model.text import neutralise_name
from prodtui.readiness.load_rule import LoadRule

FIRST_LOOK_S = 5.0
"""The environment is looked at before anything is sent; a source that takes longer is not waited for."""
LAST_LOOK_S = 3.0
"""And once more after the end, as what ran out last is seen then."""
SLACK_S = 90.0
"""Beyond the length that k6 gives itself: its start, and the requests that are still under way at the end."""
UNKNOWN_LENGTH_S = 24 * 3_600.0
TICKS_KEPT = 300


class Asked(NamedTuple):
    """A load that may be run: everything was looked at, nothing was sent."""

    id: str
    rule: LoadRule
    environment: str
    by: str
    engine: Engine
    plan: Plan
    order: Order
    pinned: Pinned
    port: int | None
    """Of the target; None where a script says it."""


Tell = Callable[[LoadProgress, Moment | None], None]


class LoadCourse:
    """One load while it runs. `tell` gets what is to be shown, at each tick and each moment."""

    def __init__(self, asked: Asked, tell: Tell) -> None:
        self._asked = asked
        self._tell = tell
        self._stop = asyncio.Event()
        self._why = ""
        self._moment: Moment | None = None
        self._before: Moment | None = None
        self._looked = asyncio.Event()
        rule = asked.rule
        self._progress = LoadProgress(
            name=rule.name,
            environment=asked.environment,
            target=rule.target or ", ".join(rule.hosts),
            service=rule.service,
            plan=plan_in_words(rule, asked.plan),
            length_s=asked.plan.length_s if rule.length_s is None else rule.length_s,
            thresholds=tuple(Threshold(threshold.expr, None) for threshold in rule.thresholds),
        )

    def stop(self, why: str) -> None:
        """Ends the load: what was sent is answered or given up, nothing more is sent."""
        self._why = self._why or why
        self._stop.set()
        self._say(remark=f"stopping: {why}")

    async def run(self, moments: AsyncIterator[Moment]) -> LoadRun:
        """Runs it, watching. Returns its result whatever became of it."""
        self._tell(self._progress, None)
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(self._watch(moments))
            await self._look(FIRST_LOOK_S, self._all_were_asked)
            result = await self._sent()
            await self._look(LAST_LOOK_S, self._all_read_since(time.time()))
            watching.cancel()
        result = msgspec.structs.replace(result, saturated=self._progress.saturated)
        result = msgspec.structs.replace(result, reason=reason_of(result))
        self._say(run=result)
        return result

    # The environment

    async def _watch(self, moments: AsyncIterator[Moment]) -> None:
        async for moment in moments:
            self._moment = moment
            if self._before is not None:
                self._saw(moment, self._before)
            self._looked.set()
            self._tell(self._progress, moment)

    def _saw(self, moment: Moment, before: Moment) -> None:
        last = self._progress.ticks[-1] if self._progress.ticks else None
        found = saturation.after(self._progress.saturated, moment, last)
        if found is not self._progress.saturated:
            self._progress = msgspec.structs.replace(self._progress, saturated=found)
        if not self._stop.is_set() and (why := halt.harmed(before, moment, self._progress.service)):
            self.stop(why)

    async def _look(self, patience_s: float, done: Callable[[Moment], bool]) -> None:
        """Waits for a moment that is `done`, not longer than it is worth."""
        try:
            async with asyncio.timeout(patience_s):
                while self._moment is None or not done(self._moment):
                    self._looked.clear()
                    await self._looked.wait()
        except TimeoutError:
            pass

    @staticmethod
    def _all_were_asked(moment: Moment) -> bool:
        return all(source.tried_at is not None for source in moment.snapshot.sources.values())

    @staticmethod
    def _all_read_since(at: float) -> Callable[[Moment], bool]:
        def done(moment: Moment) -> bool:
            sources = moment.snapshot.sources.values()
            return all(source.tried_at is not None and source.tried_at >= at for source in sources)

        return done

    # The engine

    async def _sent(self) -> LoadRun:
        """The load, from the first request to the last answer."""
        self._begin()
        if self._stop.is_set():
            return self._result(LoadVerdict.STOPPED, f"{self._why}, before anything was sent")
        length_s = self._asked.plan.length_s
        limit_s = (UNKNOWN_LENGTH_S if length_s is None else length_s) + SLACK_S

        async def told(port: int) -> None:
            await follow(port, self._ticked, () if self._asked.rule.script else BOUNDS_MS)

        try:
            ended = await run(self._asked.engine, self._asked.order, told, self._stop, limit_s)
        except EngineError as error:
            return self._result(LoadVerdict.NOT_MEASURED, str(error))
        return self._judged(ended)

    def _begin(self) -> None:
        """From here on what happens is the load's doing."""
        self._before, progress = self._moment, self._progress
        if self._before is not None:
            service = progress.service or service_at(self._before, self._asked.pinned, self._asked.port)
            progress = msgspec.structs.replace(progress, service=service, saturated=saturation.before(self._before))
            blocked = next(halt.blocking(self._before), None)
            if blocked is not None:
                was = f"{blocked[0]} was NOT_READY before it began: {blocked[1].reason}"
                progress = msgspec.structs.replace(progress, remark=was)
        self._progress = msgspec.structs.replace(progress, began=time.time())
        self._tell(self._progress, self._moment)

    def _ticked(self, tick: Tick, so_far: Numbers) -> None:
        held = measured.judged(self._asked.rule.thresholds, so_far)
        self._say(ticks=(*self._progress.ticks, tick), thresholds=held)

    def _say(self, **changes: object) -> None:
        self._progress = msgspec.structs.replace(self._progress, **changes)
        self._tell(self._progress, self._moment)

    # The result

    def _judged(self, ended: Ended) -> LoadRun:
        """What became of it. Of what was stopped the numbers are told, but nothing is judged by them."""
        rule = self._asked.rule
        numbers = Numbers(requests=0, duration_s=0.0)
        trouble = ended.trouble
        if ended.summary is not None:
            try:
                numbers = measured.measured(ended.summary, own_thresholds=bool(rule.script))
            except ValueError as error:
                trouble = trouble or f"k6: {error}"
        if self._why:
            return self._result(LoadVerdict.STOPPED, self._why, numbers)
        if trouble:
            return self._result(LoadVerdict.NOT_MEASURED, trouble, numbers)
        verdict, reason = measured.verdict(rule, numbers)
        return self._result(verdict, reason, numbers)

    def _result(self, verdict: LoadVerdict, reason: str, numbers: Numbers | None = None) -> LoadRun:
        asked, progress = self._asked, self._progress
        found = numbers or Numbers(requests=0, duration_s=0.0)
        view = self._before.views.get(progress.service) if self._before else None
        versions = view.versions if view else ()
        return LoadRun(
            id=asked.id,
            environment=asked.environment,
            name=asked.rule.name,
            service=progress.service,
            version=versions[0] if len(versions) == 1 else "",
            at=progress.began or time.time(),
            by=asked.by,
            engine=asked.engine.name,
            target=progress.target,
            requests=found.requests,
            duration_s=found.duration_s,
            avg_s=found.avg_s,
            p95_s=found.p95_s,
            p99_s=found.p99_s,
            error_ratio=found.error_ratio,
            rate_per_s=found.rate_per_s,
            thresholds=measured.judged(asked.rule.thresholds, found),
            verdict=verdict,
            reason=neutralise_name(reason),
            ticks=thinned(progress.ticks),
        )


def plan_in_words(rule: LoadRule, plan: Plan | None = None) -> str:
    """How much is sent: `1,000 users × 100 requests`, `200/s for 60 s`."""
    users = f"{rule.users or 1:,} user{'s' if (rule.users or 1) > 1 else ''}"
    if rule.script:
        return "a script" if plan is None else f"a script, at most {plan.max_users:,} users"
    if rule.iterations is not None:
        return f"{users} × {rule.iterations:,} requests"
    if rule.ramp:
        rates = [stage.rate_per_s for stage in rule.ramp if stage.rate_per_s is not None]
        peak = f"{max(rates):g}/s" if rates else f"{max(stage.users or 0 for stage in rule.ramp):,} users"
        return f"a ramp to {peak} in {sum(stage.duration_s for stage in rule.ramp):g} s"
    if rule.rate_per_s is not None:
        return f"{rule.rate_per_s:g}/s for {rule.duration_s:g} s"
    return f"{users} for {rule.duration_s:g} s"


def service_at(moment: Moment, pinned: Pinned, port: int | None) -> str:
    """The service of which an instance listens at the target; empty where no registry knows one."""
    addresses = {str(address) for address in pinned.addresses}
    found = {
        instance.service
        for instance in moment.snapshot.of(Instance).values()
        if instance.port == port and instance.address in addresses
    }
    return found.pop() if len(found) == 1 else ""


def reason_of(run: LoadRun) -> str:
    """Why it is not MET, with what saturated first."""
    if run.verdict is not LoadVerdict.NOT_MET or not run.saturated:
        return run.reason
    return f"{run.reason}; saturated first: {run.saturated[0].told}"


def thinned(ticks: tuple[Tick, ...], most: int = TICKS_KEPT) -> tuple[Tick, ...]:
    """At most so many ticks, evenly, the last one among them."""
    step = -(-len(ticks) // most) or 1
    return ticks[::-1][::step][::-1]
