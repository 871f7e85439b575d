"""The rollouts of one environment: begun, driven by this process or told to the one that drives, and kept."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import typer

from prodtui.cli.rollout_claim import claimed, driven_by, granted, named
from prodtui.cli.store import by, new_id
from prodtui.journal.rollout_store import Asked, Kept, RolloutStore, Wish
from prodtui.model.errors import UsageError
from prodtui.model.freshness import Freshness
from prodtui.model.rollout import Phase, Plan, Rollout, Word
from prodtui.rollout.preflight import Cleared, Point

if TYPE_CHECKING:
    from prodtui.model.moment import Moment
    from prodtui.readiness.policy import Policy
    from prodtui.settings.loaded import Environment

NOT_DONE, UNDECIDED = 1, 3
LOOK_S: Final = 30.0
"""A look takes so long at most; one that left something open is made again within this time."""
LOOK_AGAIN_S: Final = 3.0
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
            if others := await self._open(store, plan.service):
                raise UsageError(f"{named(others[0])} is open, {driven_by(others[0])}; resume or abort it first")
            plan, moment, points = await self._looked(plan)
            for point in points:
                typer.echo(_line(point), err=True)
            if (code := _refused(points)) is not None:
                typer.echo("prodtui: not begun, nothing was changed", err=True)
                return code
            if not (confirmed or plan.observes):
                self._confirm(plan)
            rollout = begun(plan, id=new_id(moment.now), environment=self._environment.name, by=by(), at=time.time())
            rollout = await audited_first(self._environment, rollout)
            if not await store.begin(rollout, self._driver, time.time()):
                raise UsageError(f"another rollout of {plan.service} was begun at the same time")
            return _exit(await driven(self._environment, self._policy, store, rollout, self._driver))

    async def resume(self, service: str | None, reason: str) -> int:
        """Lets whoever drives it go on, else drives it here; returns the exit code."""
        from prodtui.cli.rollout_drive import driven

        async with self._store() as store:
            kept, wish = await self._one(store, service), _wish(Asked.RESUME, reason)
            if _waits(kept.rollout):
                if kept.rollout.phase is Phase.HELD and not reason.strip():
                    why = kept.rollout.decision.reason
                    raise UsageError(f"{named(kept)} is held: {why}; give a reason to resume it")
                if (asked := await granted(store, kept, wish)) is not None:
                    typer.echo(f"{named(kept)}: {wish.asked}, done by {asked.driver}", err=True)
                    return _EXITS.get(asked.rollout.phase, 0)
            rollout = (await claimed(store, kept, self._driver)).rollout
            first = wish if _waits(rollout) else None
            return _exit(await driven(self._environment, self._policy, store, rollout, self._driver, first))

    async def pause(self, service: str | None, reason: str) -> None:
        """Pauses the open rollout."""
        from prodtui.cli.rollout_drive import alone

        async with self._store() as store:
            kept, wish = await self._one(store, service), _wish(Asked.PAUSE, reason)
            _may_pause(kept)
            asked = await granted(store, kept, wish)
            if asked is not None:
                after = asked.rollout
            else:
                fresh = await claimed(store, kept, self._driver)
                after = await alone(self._environment, store, fresh.rollout, self._driver, wish)
                await store.release(kept.rollout.id, self._driver)
            if after.phase is not Phase.PAUSED:
                raise UsageError(f"{named(kept)} is not paused: it is {after.phase}")
            typer.echo(f"{named(kept)} is paused; {'nobody' if asked is None else asked.driver} drives it", err=True)

    async def abort(self, service: str | None, reason: str) -> int:
        """Ends the open rollout and moves its traffic back; returns the exit code."""
        from prodtui.cli.rollout_drive import alone

        async with self._store() as store:
            kept, wish = await self._one(store, service), _wish(Asked.ABORT, reason)
            asked = await granted(store, kept, wish)
            if asked is not None and asked.rollout.phase.ended:
                ended = asked.rollout
            else:
                fresh = await claimed(store, kept, self._driver)
                ended = await alone(self._environment, store, fresh.rollout, self._driver, wish)
            typer.echo(f"{named(kept)}: {ended.steps[-1].result}", err=True)
            return 0 if ended.phase is Phase.ABORTED else NOT_DONE

    async def newest(self, service: str | None) -> Kept:
        """The open rollout, else the last one."""
        async with self._store() as store:
            found = await self._open(store, service) or await store.newest(self._environment.name, 1, service or "")
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

    async def _open(self, store: RolloutStore, service: str | None) -> tuple[Kept, ...]:
        """Those that are open, of this service where one is named."""
        found = await store.open(self._environment.name)
        return tuple(each for each in found if service in (None, each.rollout.service))

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


async def _patiently(what: str, pause_s: float) -> None:
    from prodtui.cli.output import progress

    async with progress(lambda _: what):
        await asyncio.sleep(pause_s)


def _wish(asked: Asked, reason: str) -> Wish:
    return Wish(asked=asked, by=by(), at=time.time(), reason=reason)


def _waits(rollout: Rollout) -> bool:
    """Whether a person may resume it. One that goes back is only to be carried out."""
    return rollout.phase in (Phase.HELD, Phase.PAUSED) and not _goes_back(rollout)


def _goes_back(rollout: Rollout) -> bool:
    return rollout.decision.word is Word.ROLLBACK


def _may_pause(kept: Kept) -> None:
    """Raises UsageError where it may not."""
    what, why = named(kept), kept.rollout.decision.reason
    if _goes_back(kept.rollout):
        raise UsageError(f"{what} goes back: {why}; `prodtui rollout resume` carries that out, abort too")
    if kept.rollout.phase is Phase.HELD:
        raise UsageError(f"{what} is held: {why}; a pause would not end that: resume it, with a reason")
    if kept.rollout.phase is Phase.PAUSED:
        raise UsageError(f"{what} is paused already")


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
