"""Driving rollouts in tests: a real store, real hooks, and moments that a test may change as it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from prodtui.journal.rollout_store import RolloutStore, Wish
from prodtui.journal.store import database_at
from prodtui.model.audited import Act
from prodtui.model.moment import Moment
from prodtui.model.notice import Notice
from prodtui.model.rollout import Hook, Plan, Rollout
from prodtui.rollout.course import Course
from prodtui.rollout.keeping import Keeping
from prodtui.rollout.progress import begun
from tests.builders import World, well
from tests.rollout.rollouts import plan, stage
from tests.rollout.worlds import metrics, moment, registry

EVERY_S = 0.3
LASTS_S = 1.5
RENEW_S = 0.2
SHIFT = 'echo "$@" >> "$0.log"\n'
"""A hook's script: it writes down what it was told."""


class Feed:
    """The moments of a payments whose canary is as the test says."""

    def __init__(self) -> None:
        self.clock: Callable[[], float] = time.time
        self.canary: dict[str, Any] = {"requests": 1_000.0}
        self.stable: dict[str, Any] = {"requests": 1_000.0}
        self.lost = False
        self.breaks_after: int | None = None
        """So many moments; then it fails as a defect of prodtui's own would."""
        self._seen: World = well()

    def read_often(self) -> None:
        """Every source is read each tenth of a second."""
        declared = self._seen.snapshot.declared
        sources = tuple(msgspec.structs.replace(one, interval_s=0.1) for one in declared.sources)
        declared = msgspec.structs.replace(declared, sources=sources)
        self._seen.snapshot = msgspec.structs.replace(self._seen.snapshot, declared=declared)

    async def moments(self) -> AsyncIterator[Moment]:
        for number in count():
            if number == self.breaks_after:
                raise RuntimeError("a defect")
            now = self.clock()
            if self.lost:
                self._seen.fail("prometheus", at=now, why="connection refused")
            else:
                self._seen.tell("prometheus", *metrics(self.canary, self.stable, at=now), at=now)
            self._seen.tell("consul", *registry(True), at=now)
            yield moment(self._seen, now)
            await asyncio.sleep(0.05)


class Driven:
    """One rollout with its store, its hooks and everything that it told."""

    def __init__(self, directory: Path, **fields: Any) -> None:
        self.directory = directory
        self.store = RolloutStore(database_at(str(directory / "prodtui.db")))
        self.feed = Feed()
        self.notices: list[Notice] = []
        self.acts: list[str] = []
        self.shown: list[Rollout] = []
        self.plan = self._plan(**fields)
        self.rollout = begun(self.plan, id="r1", environment="test", by="ana@host", at=time.time())

    def _plan(self, **fields: Any) -> Plan:
        path = self.directory / "rollout.toml"
        hooks = {name: self.script(name) for name in ("advance", "rollback")}
        stages = (stage(10, LASTS_S, EVERY_S), stage(100, LASTS_S, EVERY_S))
        return plan(**{"path": str(path), "hooks": hooks, "stages": stages, "watched_after_s": 1.0, **fields})

    def script(self, name: str, text: str = SHIFT, timeout_s: float = 10.0) -> Hook:
        """A shell script as a hook that is told the share of traffic."""
        path = self.directory / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)
        return Hook(command=(f"./{name}", "{percent}"), timeout_s=timeout_s)

    def told(self, name: str) -> list[str]:
        """What a hook was told, each time that it ran."""
        log = self.directory / f"{name}.log"
        return log.read_text().split() if log.exists() else []

    async def start(self) -> Rollout:
        assert await self.store.begin(self.rollout, "ana@host pid 1", time.time())
        return await self.drive()

    async def drive(
        self, driver: str = "ana@host pid 1", clock: Callable[[], float] = time.time, wish: Wish | None = None
    ) -> Rollout:
        """`wish`: what a person wants of it first."""
        keeping = Keeping(self.store, driver, self._audited, clock, renew_s=RENEW_S)
        if wish is not None:
            keeping.wishes.put_nowait(wish)
        course = Course(
            self.rollout,
            keeping,
            baselines={},
            tell=self._tell,
            show=self._show,
            clock=clock,
        )
        return await course.run(self.feed.moments())

    async def kept(self) -> Rollout:
        found = await self.store.find("test", "r1")
        assert found is not None
        return found.rollout

    async def seen(self, condition: Callable[[Rollout], bool]) -> Rollout:
        """Waits until the rollout was shown like this."""
        async with asyncio.timeout(20):
            while not (found := [one for one in self.shown if condition(one)]):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found[0]

    async def saved(self, condition: Callable[[Rollout], bool]) -> Rollout:
        """Waits until the store has it like this."""
        async with asyncio.timeout(20):
            while not ((found := await self.store.find("test", "r1")) and condition(found.rollout)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return found.rollout

    def _show(self, rollout: Rollout) -> None:
        self.shown.append(rollout)

    async def _tell(self, notice: Notice) -> None:
        self.notices.append(notice)

    async def _audited(self, act: Act, about: str, result: str, details: Mapping[str, str]) -> str | None:
        assert (act, about, details["rollout"]) == (Act.ROLLOUT, "payments", "r1")
        self.acts.append(result)
        return None


def steps(rollout: Rollout, what: str) -> list[str]:
    """The results of the steps that are called so."""
    return [step.result for step in rollout.steps if step.what == what]


def with_hook(found: Plan, name: str, hook: Hook) -> Plan:
    return msgspec.structs.replace(found, hooks={**found.hooks, name: hook})
