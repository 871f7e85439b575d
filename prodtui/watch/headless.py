"""A watch that nobody looks at: what it says of itself, over HTTP, to the service manager and in its log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from prodtui.model.declared import Declared
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Moment
from prodtui.reports.watching import KeptJournal, Watching, health_json, watch_prometheus
from prodtui.sources.task_groups import first_failure
from prodtui.watch.http import Reply, Request
from prodtui.watch.lag import LoopLag
from prodtui.watch.polls import DEFAULT_INTERVAL_S
from prodtui.watch.systemd import Systemd
from prodtui.watch.web_check import JSON, WebCheck, is_check

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

_log = logging.getLogger(__name__)
METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Headless:
    """Follows the moments of one environment and answers for them. `journal` tells how the journal is now."""

    def __init__(
        self,
        declared: Declared,
        *,
        version: str,
        systemd: Systemd,
        check: WebCheck,
        journal: Callable[[], KeptJournal | None] = lambda: None,
    ) -> None:
        self._environment = declared.environment
        self._interval_s = min((source.interval_s for source in declared.sources), default=DEFAULT_INTERVAL_S)
        self._version = version
        self._systemd = systemd
        self._check = check
        self._journal = journal
        self._lag = LoopLag()
        self._moment: Moment | None = None
        self._told: Moment | None = None
        """The last that was told to the log and the service manager."""
        self._made_at: float | None = None
        self._moments = 0
        self._notice = ""

    def watching(self) -> Watching:
        """How it is now."""
        return Watching(
            now=time.time(),
            environment=self._environment,
            version=self._version,
            interval_s=self._interval_s,
            moment=self._moment,
            age_s=None if self._made_at is None else time.monotonic() - self._made_at,
            moments=self._moments,
            loop_lag_s=self._lag.worst_s,
            journal=self._journal(),
        )

    def answer(self, request: Request) -> Reply | None:
        """`/healthz`, `/metrics` and `/check`."""
        watching = self.watching()
        if request.path == "/healthz":
            return Reply(200 if watching.well else 503, health_json(watching), JSON)
        if request.path == "/metrics":
            return Reply(200, watch_prometheus(watching), METRICS)
        return self._check.answer(request, watching) if is_check(request.path) else None

    async def run(
        self, moments: AsyncIterator[Moment], keep: Callable[[Moment], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Follows the moments until `stop` is set. Raises what ends them."""
        with first_failure():
            await self._run(moments, keep, stop)

    async def _run(
        self, moments: AsyncIterator[Moment], keep: Callable[[Moment], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._follow(moments, keep)),
                tasks.create_task(self._lag.run()),
                tasks.create_task(self._stay_alive()),
            ]
            await stop.wait()
            self._systemd.tell("STOPPING=1")
            for task in running:
                task.cancel()

    async def _follow(self, moments: AsyncIterator[Moment], keep: Callable[[Moment], Awaitable[None]]) -> None:
        async with aclosing(cast("AsyncGenerator[Moment]", moments)) as following:
            async for moment in following:
                self._take(moment)
                await keep(moment)

    def _take(self, moment: Moment) -> None:
        # Before every source was asked once, a verdict only says that we have just begun.
        if all(source.tried_at is not None for source in moment.snapshot.sources.values()):
            for event, told in turned(self._told, moment):
                _log.info(event, extra={"environment": self._environment, **told})
            if self._told is None or self._told.assessment.verdict is not moment.assessment.verdict:
                self._systemd.tell("READY=1", f"STATUS={self._environment}: {moment.assessment.verdict}")
            self._told = moment
        self._moment, self._made_at = moment, time.monotonic()
        self._moments += 1
        journal = self._journal()
        if journal is not None and journal.notice != self._notice:
            self._notice = journal.notice
            _log.warning(journal.notice or "the journal is kept again", extra={"journal": journal.where})

    async def _stay_alive(self) -> None:
        """Tells the service manager that we are alive, for as long as moments are made."""
        every_s = self._systemd.alive_every_s
        while every_s is not None:
            await asyncio.sleep(every_s)
            if self.watching().well:
                self._systemd.tell("WATCHDOG=1")


def turned(before: Moment | None, after: Moment) -> Iterator[tuple[str, dict[str, object]]]:
    """What a log should have of a moment: verdicts, first causes and sources that turned. (event, fields)."""
    was, judged = (before.assessment if before else None), after.assessment
    if was is None or was.verdict is not judged.verdict:
        yield "verdict", {"before": was.verdict if was else None, "after": judged.verdict}
    for service in judged.services:
        known = was.service(service.name) if was else None
        if known is not service and (known.verdict if known else None) is not service.verdict:
            verdicts = {"before": known.verdict if known else None, "after": service.verdict}
            yield "verdict", {"service": service.name, **verdicts, "why": service.why}
    known_first = {first.cause.key for first in before.first} if before else set()
    for first in after.first:
        if first.cause.key not in known_first:
            yield "first cause", {"cause": first.cause.key, "what": first.cause.what, "confidence": first.confidence}
    for name, source in after.snapshot.sources.items():
        fresh = source.freshness(after.now)
        then = before.snapshot.sources.get(name) if before else None
        if source.tried_at is not None and fresh is not (then.freshness(before.now) if then and before else None):
            why = source.cause.message if source.cause and fresh is not Freshness.LIVE else ""
            yield "source", {"source": name, "after": fresh, **({"cause": why} if why else {})}
