"""The rollouts of one environment: begun, driven by this process or told to the one that drives, and kept."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import typer

from prodtui.cli.store import by, new_id
from prodtui.journal.rollout_store import LEASE_S, Asked, Kept, RolloutStore, Wish
from prodtui.model.errors import UsageError
from prodtui.model.freshness import Freshness
from prodtui.model.rollout import Phase, Plan, Rollout, Word
from prodtui.rollout.preflight import Cleared, Point

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment

NOT_DONE, UNDECIDED = 1, 3
GRANTED_S: Final = 10.0
"""A driver takes a wish within its renewal, unless a hook runs."""
LOOK_S: Final = 30.0
"""A look takes so long at most; one that left something open is made again within this time."""
LOOK_AGAIN_S: Final = 3.0
ASK_AGAIN_S: Final = 0.5
_EXITS = {Phase.PROMOTED: 0, Phase.ROLLED_BACK: NOT_DONE, Phase.ABORTED: NOT_DONE, Phase.FAILED: NOT_DONE}


class Rollouts:
    """Each method raises UsageError for what can't be asked, StoreError where the store can't be used."""

    def __init__(self, environment: Environment, policy: Policy) -> None:
        self._environment = environment
        self._policy = policy
        self._driver = f"{by()} pid {os.getpid()}"

    async def start(self, plan: Plan, *, confirmed: bool) -> int:
        """Begins a rollout and drives it; returns the exit code."""
        from prodtui.cli.rollout_drive import audited_first, driven
        from prodtui.rollout.progress import begun

        if plan.environment not in ("", self._environment.name):
            raise UsageError(f'{plan.path}: it is for environment "{plan.environment}"; give --env {plan.environment}')
        async with self._store() as store:
            if (other := await self._open_of(store, plan.service)) is not None:
                raise UsageError(f"{_named(other)} is open, {_driven(other)}; resume or abort it first")
            plan, moment, points = await self._looked(plan)
            for point in points:
                typer.echo(_line(point), err=True)
            if (code := _refused(points)) is not None:
                typer.echo("prodtui: not begun, nothing was changed", err=True)
                return code
            if not (confirmed or plan.observes):
                self._confirm(plan)
            rollout = begun(plan, id=new_id(moment.now), environment=self._environment.name, by=by(), at=time.time())
            await audited_first(self._environment, rollout)
            if not await store.begin(rollout, self._driver, time.time()):
                raise UsageError(f"another rollout of {plan.service} was begun at the same time")
            written = len(rollout.steps)
            return _exit(await driven(self._environment, self._policy, store, rollout, self._driver, written=written))

    async def resume(self, service: str | None, reason: str) -> int:
        """Lets whoever drives it go on, else drives it here; returns the exit code."""
        from prodtui.cli.rollout_drive import driven

        async with self._store() as store:
            kept = await self._one(store, service)
            rollout = kept.rollout
            waits = rollout.phase in (Phase.HELD, Phase.PAUSED) and not _goes_back(kept)
            if waits and rollout.phase is Phase.HELD and not reason.strip():
                raise UsageError(f"{_named(kept)} is held: {rollout.decision.reason}; give a reason to resume it")
            if waits and self._driven_now(kept):
                await self._wish(store, kept, Asked.RESUME, reason)
                return 0
            await self._claim(store, kept)
            fresh = await store.find(self._environment.name, rollout.id)
            rollout = fresh.rollout if fresh else rollout
            written = len(rollout.steps)
            wish = Wish(asked=Asked.RESUME, by=by(), at=time.time(), reason=reason) if waits else None
            return _exit(
                await driven(self._environment, self._policy, store, rollout, self._driver, written=written, wish=wish)
            )

    async def pause(self, service: str | None, reason: str) -> None:
        """Pauses the open rollout."""
        from prodtui.rollout.progress import paused

        async with self._store() as store:
            kept = await self._one(store, service)
            if _goes_back(kept):
                why = kept.rollout.decision.reason
                raise UsageError(
                    f"{_named(kept)} goes back: {why}; `prodtui rollout resume` carries that out, abort too"
                )
            if kept.rollout.phase is Phase.HELD:
                why = kept.rollout.decision.reason
                raise UsageError(f"{_named(kept)} is held: {why}; a pause would not end that: resume it, with a reason")
            if kept.rollout.phase is Phase.PAUSED:
                raise UsageError(f"{_named(kept)} is paused already")
            if self._driven_now(kept):
                await self._wish(store, kept, Asked.PAUSE, reason)
                return
            await self._claim(store, kept)
            after = paused(kept.rollout, time.time(), by(), reason or "no reason given")
            await store.save(after, self._driver, time.time())
            await store.release(after.id, self._driver)
            typer.echo(f"{_named(kept)} is paused; nobody drives it", err=True)

    async def abort(self, service: str | None, reason: str) -> int:
        """Ends the open rollout and moves its traffic back; returns the exit code."""
        from prodtui.cli.rollout_drive import abandoned

        async with self._store() as store:
            kept = await self._one(store, service)
            if self._driven_now(kept):
                await self._wish(store, kept, Asked.ABORT, reason)
                ended = await self._ended(store, kept)
            else:
                await self._claim(store, kept)
                ended = await abandoned(
                    self._environment, store, kept.rollout, self._driver, by(), reason or "no reason given"
                )
            typer.echo(f"{_named(kept)}: {ended.steps[-1].result}", err=True)
            return 0 if ended.phase is Phase.ABORTED else NOT_DONE

    async def newest(self, service: str | None) -> Kept:
        """The open rollout, else the last one."""
        async with self._store() as store:
            kept = await store.open(self._environment.name) or await store.newest(self._environment.name)
            found = [each for each in kept if service in (None, each.rollout.service)]
            if not found:
                what = f" of {service}" if service else ""
                raise UsageError(f"no rollout{what} is kept in {self._environment.name}; `rollout start` begins one")
            return max(found, key=lambda each: each.rollout.started_at)

    async def history(self, limit: int) -> tuple[Kept, ...]:
        """The newest rollouts, newest first."""
        async with self._store() as store:
            return await store.newest(self._environment.name, limit)

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[RolloutStore]:
        from prodtui.cli.gate import in_time
        from prodtui.cli.store import place_of
        from prodtui.journal.store import database_at

        store = RolloutStore(database_at(place_of(self._environment.store)))
        try:
            yield store
        finally:
            await in_time(store.close(), "")

    async def _open_of(self, store: RolloutStore, service: str) -> Kept | None:
        found = await store.open(self._environment.name)
        return next((each for each in found if each.rollout.service == service), None)

    async def _one(self, store: RolloutStore, service: str | None) -> Kept:
        """The open rollout that is meant."""
        found = await store.open(self._environment.name)
        meant = [each for each in found if service in (None, each.rollout.service)]
        if len(meant) == 1:
            return meant[0]
        listed = ", ".join(each.rollout.service for each in found)
        if not meant:
            raise UsageError(f"no rollout is open{f' but of {listed}' if listed else ' in ' + self._environment.name}")
        raise UsageError(f"rollouts of {listed} are open: name one by --service")

    async def _looked(self, plan: Plan) -> tuple[Plan, Moment, tuple[Point, ...]]:
        """The plan with what production adds to it, and what was looked at; again while something can't be told yet."""
        from prodtui.cli.rollout_drive import looked

        ends = time.monotonic() + LOOK_S
        while True:
            found = await looked(self._environment, self._policy, plan, LOOK_S)
            _, moment, points = found
            unknown = [point.text for point in points if point.cleared is Cleared.UNKNOWN]
            lost = any(one.freshness(moment.now) is Freshness.LOST for one in moment.snapshot.sources.values())
            if not unknown or lost or time.monotonic() > ends:
                return found
            await _patiently(f"looking again, as it can't be told yet: {unknown[0]}", LOOK_AGAIN_S)

    def _confirm(self, plan: Plan) -> None:
        from prodtui.cli.rollout import confirmed

        first = plan.stages[0].percent
        confirmed(f"Move {first:g} % of {plan.service}'s traffic in {self._environment.name} to {plan.candidate} now?")

    def _driven_now(self, kept: Kept) -> bool:
        from prodtui.cli.rollout_lock import is_gone

        return kept.driven(time.time()) and not is_gone(kept.rollout.id, kept.driver)

    async def _claim(self, store: RolloutStore, kept: Kept) -> None:
        """Takes over from whoever drove it last, who may be killed and still have the lease for some seconds."""
        from prodtui.cli.rollout_lock import is_gone
        from prodtui.rollout.left_over import end_left_over

        gone = kept.driver if is_gone(kept.rollout.id, kept.driver) else ""
        ends = time.monotonic() + 1.5 * LEASE_S
        while not await store.take(kept.rollout.id, self._driver, time.time(), gone=gone):
            now = await store.find(self._environment.name, kept.rollout.id)
            if now is None or now.rollout.phase.ended:
                raise UsageError(f"{_named(kept)} is over")
            if now.driven_until > kept.driven_until or time.monotonic() > ends:
                raise UsageError(f"{_named(now)} is {_driven(now)}; only one process drives a rollout")
            await _patiently(f"waiting whether {kept.driver} still drives it", ASK_AGAIN_S)
        if await asyncio.to_thread(end_left_over, kept.rollout):
            typer.echo(f"{kept.driver} had left a hook running: it is ended", err=True)

    async def _wish(self, store: RolloutStore, kept: Kept, asked: Asked, reason: str) -> None:
        """Leaves a wish for the driver, and waits until it took it."""
        wish = Wish(asked=asked, by=by(), at=time.time(), reason=reason)
        if not await store.want(kept.rollout.id, wish):
            raise UsageError(f"{_named(kept)}: another wish waits for {kept.driver}; try again in a moment")

        async def taken() -> bool:
            found = await store.find(self._environment.name, kept.rollout.id)
            return found is None or found.wish is None or found.rollout.phase.ended

        if not await _until(taken, GRANTED_S):
            typer.echo(f"{kept.driver} has not taken it yet: a hook may be running", err=True)
        else:
            typer.echo(f"{_named(kept)}: {asked}, done by {kept.driver}", err=True)

    async def _ended(self, store: RolloutStore, kept: Kept) -> Rollout:
        """The rollout once it has ended."""
        longest_s = max((hook.timeout_s for hook in kept.rollout.plan.hooks.values()), default=0.0)
        found = kept

        async def over() -> bool:
            nonlocal found
            found = await store.find(self._environment.name, kept.rollout.id) or found
            return found.rollout.phase.ended

        if not await _until(over, 2 * longest_s + GRANTED_S):
            raise UsageError(f"{_named(kept)} has not ended yet; `prodtui rollout status` tells")
        return found.rollout


async def _until(condition: Callable[[], Awaitable[bool]], longest_s: float) -> bool:
    """Whether it came to be so in time. Another process's doing: it has to be asked for."""
    ends = time.monotonic() + longest_s
    while time.monotonic() < ends:
        if await condition():
            return True
        await asyncio.sleep(ASK_AGAIN_S)
    return False


async def _patiently(what: str, pause_s: float) -> None:
    from prodtui.cli.output import progress

    async with progress(lambda _: what):
        await asyncio.sleep(pause_s)


def _named(kept: Kept) -> str:
    return f"rollout {kept.rollout.id} of {kept.rollout.service} {kept.rollout.plan.candidate}"


def _goes_back(kept: Kept) -> bool:
    """Whether that is decided already, and only to be carried out: nobody resumes or pauses it any more."""
    return kept.rollout.decision.word is Word.ROLLBACK


def _driven(kept: Kept) -> str:
    return f"driven by {kept.driver}" if kept.driven(time.time()) else f"driven by nobody, last by {kept.driver}"


_MARKS = {Cleared.YES: "ok", Cleared.NO: "NO", Cleared.UNKNOWN: "?"}


def _line(point: Point) -> str:
    return f"{_MARKS[point.cleared]:<3} {point.name:<10} {point.text}"


def _refused(points: tuple[Point, ...]) -> int | None:
    """The exit code with which it is not begun: the plan does not fit, production is not ready, or nobody can tell."""
    from prodtui.readiness.gate import USAGE

    wrong = [point for point in points if point.cleared is Cleared.NO]
    if any(point.of_plan for point in wrong):
        return USAGE
    if wrong:
        return NOT_DONE
    return UNDECIDED if any(point.cleared is Cleared.UNKNOWN for point in points) else None


def _exit(rollout: Rollout) -> int:
    return _EXITS.get(rollout.phase, UNDECIDED)
