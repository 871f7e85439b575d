"""The heart: polls an environment's sources, folds what they say, assesses it, and yields moments.

The dashboard, the gate and the one-shot status all stand on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Protocol, Self, cast, runtime_checkable

from prodtui.journal.journal import Journal
from prodtui.journal.memory import MemoryJournal
from prodtui.model.assessment import Assessment
from prodtui.model.declared import Declared
from prodtui.model.freshness import Freshness
from prodtui.model.moment import Event, Moment, Since
from prodtui.model.reading import Reading
from prodtui.model.records import Instance, Sli
from prodtui.model.service_view import ServiceView, service_views
from prodtui.model.snapshot import Snapshot, empty, fold, thinned
from prodtui.polling.poll import Poll
from prodtui.readiness.assess import assess
from prodtui.readiness.policy import Policy
from prodtui.settings.loaded import Environment
from prodtui.sources.source import Source
from prodtui.timeline.transitions import check_events, record_events, since_after, sources_after

DEFAULT_INTERVAL_S = 2.0
EVENTS_KEPT = 500
TREND_STEP_S = 10
HOUR_S = 3600
TREND_POINTS = 90
GATHERING_S = 0.05
"""Readings that arrive this close together make one moment: the sources are asked in the same breath."""


@runtime_checkable
class Follower(Protocol):
    """A source that needs to know the registry's instances, as direct probes do."""

    def follow(self, instances: Sequence[Instance]) -> None: ...


class Course:
    """The course of one environment: readings in, moments out. It reads no clock and does no I/O."""

    def __init__(self, declared: Declared, policy: Policy, *, readings: int | None = None) -> None:
        self.snapshot: Snapshot = empty(declared)
        self._policy = policy
        self._readings = readings
        """How often each source is read; None: again and again."""
        self._turns: dict[str, list[float]] = {}
        self._events: tuple[Event, ...] = ()
        self._since: dict[str, Since] = {}
        self._freshness: dict[str, Freshness] = {}
        self._assessment: Assessment | None = None
        self._trends: dict[str, dict[int, float | None]] = {}
        self._views: dict[str, ServiceView] = {}

    def tell(self, reading: Reading) -> tuple[Reading, bool]:
        """Takes one reading in. Returns it as a delta for the journal, and whether a person should see it at once."""
        first = self.snapshot.sources[reading.source].read_at is None
        failing = self.snapshot.sources[reading.source].cause is not None
        self.snapshot, changes = fold(self.snapshot, reading)
        found = record_events(changes, reading.at, first=first)
        self._tell_events(found)
        since = since_after(self._since, changes, reading.at, first=first)
        self._since = self._since if since is None else since
        for change in changes:
            if isinstance(change.after, Sli):
                self._trend(change.after, reading.at)
        return thinned(reading, changes), bool(first or found or failing != (reading.cause is not None))

    def moment(self, now: float) -> Moment:
        """Everything known at `now`, assessed."""
        found, self._freshness = sources_after(self.snapshot.sources, self._freshness, now)
        self._tell_events(found)
        self._views = service_views(self.snapshot)
        assessment = assess(
            self._views,
            self._policy,
            now,
            single_reading=self._readings == 1,
            turns=self._turns_within_the_hour(now),
        )
        self._tell_events(check_events(self._assessment, assessment))
        self._tell_verdicts(assessment, now)
        self._assessment = assessment
        return Moment(
            now=now,
            snapshot=self.snapshot,
            views=self._views,
            assessment=assessment,
            events=self._events,
            since=self._since,
            trends={label: _points(buckets, now) for label, buckets in self._trends.items()},
        )

    def _turns_within_the_hour(self, now: float) -> dict[str, int] | None:
        if self._readings is not None:
            return None
        for key, times in list(self._turns.items()):
            self._turns[key] = kept = [at for at in times if at > now - HOUR_S]
            if not kept:
                del self._turns[key]
        return {key: len(times) for key, times in self._turns.items()}

    def _tell_events(self, found: list[Event]) -> None:
        for event in found:
            if event.kind == "health" and event.bad:
                self._turns.setdefault(event.key, []).append(event.at)
        if found:
            self._events = (*reversed(found), *self._events)[:EVENTS_KEPT]

    def _tell_verdicts(self, assessment: Assessment, now: float) -> None:
        before = self._assessment
        verdicts = {"verdict": (before.verdict if before else None, assessment.verdict)}
        for service in assessment.services:
            was = before.service(service.name) if before else None
            verdicts[f"verdict:{service.name}"] = (was.verdict if was else None, service.verdict)
        changed = {
            key: Since(now, censored=was is None)
            for key, (was, verdict) in verdicts.items()
            if was is not verdict or key not in self._since
        }
        if changed:
            self._since = {**self._since, **changed}

    def _trend(self, sli: Sli, at: float) -> None:
        buckets = self._trends.setdefault(sli.label, {})
        buckets[int(at // TREND_STEP_S)] = sli.p99_s
        while len(buckets) > TREND_POINTS:
            del buckets[next(iter(buckets))]


def _points(buckets: dict[int, float | None], now: float) -> tuple[float | None, ...]:
    """The trend's points up to now; None where nothing was read."""
    newest, oldest = int(now // TREND_STEP_S), min(buckets)
    return tuple(buckets.get(bucket) for bucket in range(max(oldest, newest - TREND_POINTS + 1), newest + 1))


class Watch:
    """Polls one environment while it is entered; `moments` yields what is known, as it becomes known."""

    def __init__(self, environment: Environment, policy: Policy | None = None, journal: Journal | None = None) -> None:
        self._course = Course(environment.declared, policy or Policy())
        self._journal = journal or MemoryJournal(environment.declared)
        self._polls = polls_of(environment)
        self._interval_s = min((poll.pace.interval_s for poll in self._polls), default=DEFAULT_INTERVAL_S)
        self._tasks: asyncio.TaskGroup | None = None
        self._running: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._told = asyncio.Event()
        self._urgent = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._running = [self._tasks.create_task(poll.run(self._tell, self._wake)) for poll in self._polls]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        if self._tasks is not None:
            await self._tasks.__aexit__(None, None, None)
        await asyncio.gather(*(poll.close() for poll in self._polls))

    def refresh(self) -> None:
        """Asks every source that is pausing now."""
        self._wake.set()
        self._wake.clear()

    async def moments(self) -> AsyncIterator[Moment]:
        """A moment at once when something turned, else one each interval, so that ages and freshness go on."""
        yield self._course.moment(time.time())
        spoken = 0.0
        while True:
            await self._something(spoken)
            await asyncio.sleep(GATHERING_S)
            self._told.clear()
            self._urgent.clear()
            spoken = time.monotonic()
            yield self._course.moment(time.time())

    async def _something(self, spoken: float) -> None:
        """Returns when there is something to show: urgent news, or any news an interval after the last moment."""
        quiet_s = max(0.0, spoken + self._interval_s * 0.9 - time.monotonic())
        try:
            async with asyncio.timeout(quiet_s):
                await self._urgent.wait()
                return
        except TimeoutError:
            pass
        try:
            async with asyncio.timeout(self._interval_s * 0.1 + GATHERING_S):
                await self._told.wait()
        except TimeoutError:
            pass

    def _tell(self, reading: Reading) -> None:
        delta, urgent = self._course.tell(reading)
        self._journal.append(delta)
        _tell_followers(self._polls, self._course.snapshot)
        self._told.set()
        if urgent:
            self._urgent.set()


async def read_once(
    environment: Environment,
    policy: Policy | None = None,
    *,
    deadline_s: float = 5.0,
    readings: int = 1,
    apart_s: float = 1.0,
) -> Moment:
    """Reads every source and returns what is known; with two readings also what is told by two values of a counter.

    Sources are read at the same time, each under its own deadline, all within `deadline_s`: what has not answered by
    then is a timeout.
    """
    ends = time.monotonic() + deadline_s
    course = Course(environment.declared, policy or Policy(), readings=readings)
    polls = polls_of(environment)
    followers = [poll for poll in polls if isinstance(poll.source, Follower)]
    leaders = [poll for poll in polls if poll not in followers]

    async def read(asked: Sequence[Poll]) -> None:
        left_s = max(0.01, ends - time.monotonic())
        for reading in await asyncio.gather(*(poll.read(left_s) for poll in asked)):
            course.tell(reading)

    try:
        await read(leaders)
        for again in range(readings):
            if again:
                await asyncio.sleep(max(0.0, min(apart_s, ends - time.monotonic())))
                await read([poll for poll in leaders if not poll.source.waits])
            _tell_followers(polls, course.snapshot)
            await read(followers)
        return course.moment(time.time())
    finally:
        await asyncio.gather(*(poll.close() for poll in polls))


def polls_of(environment: Environment) -> list[Poll]:
    """One poll for each source of the environment, none asked yet."""
    return [
        Poll(
            source.name,
            cast("type[Source]", source.source_class)(source.name, source.settings),
            interval_s=source.settings.interval or DEFAULT_INTERVAL_S,
            timeout_s=source.settings.timeout,
        )
        for source in environment.sources
    ]


def _tell_followers(polls: Sequence[Poll], snapshot: Snapshot) -> None:
    followers = [poll.source for poll in polls if isinstance(poll.source, Follower)]
    if followers:
        instances = tuple(snapshot.of(Instance).values())
        for follower in followers:
            follower.follow(instances)
