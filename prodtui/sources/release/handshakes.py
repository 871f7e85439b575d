"""TLS handshakes with instances, and unauthenticated GETs of their guarded paths: read because a policy asks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import Field

from prodtui.model.asks import Asks, ServiceAsks
from prodtui.model.reading import Answer, Removed
from prodtui.model.records import Instance, Plane
from prodtui.settings.duration import Duration
from prodtui.settings.source import SourceSettings
from prodtui.sources.release.jobs import Job, Key, Means, Shown, Target, jobs

EVERY_S = 60.0
AT_ONCE = 16
SHARE = 0.9
"""Of the deadline, what one round may take."""
_LATE = "not asked: other instances took all the time"


class HandshakesSettings(SourceSettings):
    """Handshakes and unauthenticated GETs; the policy says with whom."""

    interval: Duration | None = Field(
        default=EVERY_S, description="Time between two rounds; a change of the instances begins one at once."
    )
    timeout: Duration = Field(default=10.0, description="Deadline of one round.")
    stale_after: Duration = Field(default=240.0, description="Age past which what was seen counts as lost (UNKNOWN).")
    handshake_timeout: Duration = Field(default=2.0, description="Time limit of one handshake or GET.")


class Handshakes:
    """Asks every instance once a round. What an instance does is a finding about it, never this source's failure.

    It waits as a blocking query does, so that a reading's time is when the instances were really asked.
    """

    kind: ClassVar[str] = "handshakes"
    plane: ClassVar[Plane] = Plane.RELEASE
    Settings: ClassVar[type[SourceSettings]] = HandshakesSettings
    waits: ClassVar[bool] = True
    counts: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("httpx",)

    def __init__(self, name: str, settings: HandshakesSettings) -> None:
        self.name = name
        self._every_s = settings.interval or EVERY_S
        self._timeout_s = settings.timeout
        self._limit_s = min(settings.handshake_timeout, settings.timeout * SHARE / 2)
        self._services: Mapping[str, ServiceAsks] = {}
        self._instances: Sequence[Instance] = ()
        self._targets: tuple[Target, ...] = ()
        self._changed = asyncio.Event()
        self._told: dict[Key, Shown] | None = None
        """What was told last; None: the next answer is a keyframe."""
        self._began = 0.0

    def follow(self, instances: Sequence[Instance]) -> None:
        """Takes the instances that are registered now; where they have changed, the next round begins at once."""
        self._instances = instances
        self._aim()

    def ask(self, asks: Asks) -> None:
        """Takes what is asked of whom."""
        if asks.services != self._services:
            self._services = asks.services
            self._changed.set()
            self._aim()

    async def read(self) -> Answer:
        """One round: the first and that after a change at once, any other an interval after the one before."""
        told, self._told = self._told, None
        if told is not None:
            await self._due()
        self._changed.clear()
        self._began = time.monotonic()
        made = await self._round(told or {})
        self._told = made
        gone = tuple(Removed(*key) for key in told or () if key not in made)
        return Answer(records=tuple(made.values()), removed=gone, keyframe=told is None, requests=len(made))

    async def close(self) -> None:
        """Holds nothing between two rounds."""

    def _aim(self) -> None:
        targets = tuple(
            Target(one.service, one.id, one.address, one.port, one.meta.get("scheme", "").lower() == "https")
            for one in self._instances
            if one.service in self._services
        )
        if frozenset(targets) != frozenset(self._targets):
            self._targets = targets
            self._changed.set()

    async def _due(self) -> None:
        left_s = max(0.0, self._began + self._every_s - time.monotonic())
        try:
            async with asyncio.timeout(left_s):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _round(self, before: Mapping[Key, Shown]) -> dict[Key, Shown]:
        """Every record anew. Those that gave trouble before come last: the dead take nobody's time."""
        end = self._began + self._timeout_s * SHARE - 2 * self._limit_s
        made: dict[Key, Shown] = {}

        async def work() -> None:
            while left:
                job, late = left.pop(), len(made) >= AT_ONCE and time.monotonic() > end
                made[job.key] = job.unmade(_LATE) if late else await job.make()

        means = Means(self._limit_s, AT_ONCE)
        try:
            asked = await self._jobs(means)
            left = sorted(asked, key=lambda job: job.key in before and bool(before[job.key].trouble), reverse=True)
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(left))):
                    group.create_task(work())
        finally:
            await means.close()
        return {job.key: made[job.key] for job in asked}

    async def _jobs(self, means: Means) -> list[Job]:
        services, targets = self._services, self._targets
        await means.trust({asked.tls.ca_file for asked in services.values() if asked.tls is not None})
        return [job for target in targets for job in jobs(target, services[target.service], means)]
