"""The course of one environment: readings in, moments out."""

from __future__ import annotations

from functools import partial

import msgspec

from prodtui.model.asks import Asks
from prodtui.model.assessment import Assessment, Verdict
from prodtui.model.declared import Declared
from prodtui.model.freshness import Freshness
from prodtui.model.later import Later
from prodtui.model.mark import Mark
from prodtui.model.moment import Event, Moment, Since
from prodtui.model.reading import Reading
from prodtui.model.records import Past, Pool, Quantity, Sli
from prodtui.model.snapshot import Snapshot, empty, fold, thinned
from prodtui.model.subject import subject
from prodtui.readiness.asks import asks
from prodtui.readiness.judgement import Judgement
from prodtui.readiness.standard import Standard
from prodtui.timeline.acknowledged import unready
from prodtui.timeline.incident import Incident, Told
from prodtui.timeline.transitions import check_events, record_events, since_after, sources_after
from prodtui.watch import marks

EVENTS_KEPT = 500
TREND_STEP_S = 10
HOUR_S = 3600
POOL = "pool:"
"""How a pool's subject begins: its trend is what was wanted of it."""
TREND_POINTS = 90
SWEPT_AT_ONCE = 200
"""Services judged again at a moment though nothing touched them; 30 ms of work."""


class Course:
    """The course of one environment: readings in, moments out. It reads no clock and does no I/O."""

    def __init__(
        self, declared: Declared, standard: Standard, *, readings: int | None = None, mark: Mark | None = None
    ) -> None:
        """`mark`: from where it goes on; what is no longer declared is dropped."""
        self.snapshot: Snapshot = empty(declared)
        self._standard = standard
        self._judgement = Judgement(self.snapshot, standard)
        self._incident = Incident(self.snapshot)
        self._readings = readings
        """How often each source is read; None: again and again."""
        self._turns: dict[str, list[float]] = {}
        self._events: tuple[Event, ...] = ()
        self._since: dict[str, Since] = {}
        self._freshness: dict[str, Freshness] = {}
        self._assessment: Assessment | None = None
        self._trends: dict[str, dict[int, float | None]] = {}
        if mark is not None:
            self._go_on(marks.fitted(mark, declared))

    @property
    def events(self) -> tuple[Event, ...]:
        """Newest first."""
        return self._events

    @property
    def services(self) -> int:
        """How many there are."""
        return self._judgement.services

    def mark(self, at: float) -> Mark:
        """Its whole state, from which another course can go on."""
        return Mark(
            at=at,
            declared=self.snapshot.declared,
            told_at=self.snapshot.at,
            sources=self.snapshot.sources,
            # Of a fleet these are long: they are made where the mark is written, not on the loop.
            records=Later(partial(marks.records_of, self.snapshot)),
            events=self._events,
            since=self._since,
            trends={label: dict(buckets) for label, buckets in self._trends.items()},
            freshness=self._freshness,
            turns={key: tuple(times) for key, times in self._turns.items()},
            streaks=self._judgement.streaks,
            verdict=self._assessment.verdict if self._assessment else None,
            judged=Later(partial(marks.judged_of, self._assessment)),
            incident=self._incident.kept,
        )

    def _go_on(self, mark: Mark) -> None:
        self.snapshot = marks.snapshot_of(mark)
        self._judgement = Judgement(self.snapshot, marks.with_streaks(self._standard, mark.streaks))
        self._incident = Incident(self.snapshot, mark.incident)
        self._turns = {key: list(times) for key, times in mark.turns.items()}
        self._events = mark.events
        self._since = dict(mark.since)
        self._freshness = dict(mark.freshness)
        self._assessment = marks.assessment_of(mark)
        self._trends = {label: dict(buckets) for label, buckets in mark.trends.items()}

    def tell(self, reading: Reading) -> tuple[Reading, bool]:
        """Takes one reading in. Returns it as a delta for the journal, and whether a person should see it at once."""
        before = self.snapshot.sources[reading.source]
        first = before.read_at is None
        failing = before.cause is not None
        self.snapshot, changes = fold(self.snapshot, reading)
        found = record_events(changes, reading.at, first=first)
        self._tell_events(found)
        since = since_after(self._since, changes, reading.at, first=first, last_read=before.read_at)
        self._since = self._since if since is None else since
        self._judgement.tell(self.snapshot, changes)
        told = Told(reading.at, before.read_at, away=first or failing)
        self._incident.tell(self.snapshot, changes, told, self._judgement.fails_from)
        for change in changes:
            if isinstance(change.after, Sli):
                self._trend(change.after.label, change.after.p99_s, reading.at)
            elif isinstance(change.after, Pool):
                self._trend(subject(reading.source, change.after), _demand(change.after), reading.at)
            elif isinstance(change.after, Past):
                self._trend_before(change.after)
        return thinned(reading, changes), bool(first or found or failing != (reading.cause is not None))

    def moment(self, now: float) -> Moment:
        """Everything known at `now`, assessed."""
        found, self._freshness = sources_after(self.snapshot.sources, self._freshness, now)
        self._tell_events(found)
        assessment = self._assess(now)
        self._tell_events(check_events(self._assessment, assessment))
        self._tell_verdicts(assessment, now)
        views = self._judgement.views
        self._incident.judged(self._assessment, assessment, views)
        self._assessment = assessment
        first, blind, seen = self._incident.at(now, self.snapshot, views, assessment)
        return Moment(
            now=now,
            snapshot=self.snapshot,
            views=views,
            assessment=assessment,
            events=self._events,
            since=self._since,
            trends={name: _points(buckets, now, name) for name, buckets in self._trends.items()},
            accepted=self._standard.accepted,
            first=first,
            blind=blind,
            changes=seen,
        )

    def observe(self, now: float) -> None:
        """Counts what was read as one observation of what recovers, where nothing is shown yet."""
        if self._judgement.recovering:
            self._assess(now)

    def asks(self) -> Asks:
        """What the policy wants read of the services that are known now."""
        wanted = asks(self._standard.policy, self._judgement.views)
        also = self._standard.also(self.snapshot)
        return msgspec.structs.replace(wanted, questions=(*wanted.questions, *also)) if also else wanted

    def _assess(self, now: float) -> Assessment:
        # While sources rest all is judged as of when it was left: that nobody looked since makes nothing old.
        then = min((s.rest.left_at for s in self.snapshot.sources.values() if s.rest and s.rests(now)), default=now)
        turns = self._turns_within_the_hour(now)
        assessment = self._judgement.assessment(self.snapshot, then, single_reading=self._readings == 1, turns=turns)
        return assessment if then == now else msgspec.structs.replace(assessment, at=now)

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
        judged = {service.name: service.verdict for service in before.services} if before else {}
        verdicts = {"verdict": (before.verdict if before else None, assessment.verdict)}
        for service in assessment.services:
            verdicts[f"verdict:{service.name}"] = (judged.get(service.name), service.verdict)
        changed = {
            key: Since(now, censored=was is None)
            for key, (was, verdict) in verdicts.items()
            if was is not verdict or key not in self._since
        }
        if changed:
            known = {**self._since, **changed}
            for key, since in changed.items():
                name, (was, verdict) = unready(key.partition(":")[2]), verdicts[key]
                if verdict is Verdict.READY:
                    known.pop(name, None)
                else:
                    # An older prodtui's mark does not say since when.
                    known.setdefault(name, since if was in (None, Verdict.READY) else self._since.get(key, since))
            self._since = known

    def _trend(self, name: str, value: float | None, at: float) -> None:
        buckets = self._trends.setdefault(name, {})
        buckets[int(at // TREND_STEP_S)] = value
        while len(buckets) > TREND_POINTS:
            del buckets[next(iter(buckets))]

    def _trend_before(self, past: Past) -> None:
        """The trend's points from before the first reading."""
        if past.quantity is not Quantity.P99:
            return
        points = {int((past.start + i * past.step_s) // TREND_STEP_S): value for i, value in enumerate(past.values)}
        held = {**points, **self._trends.get(past.label, {})}
        self._trends[past.label] = dict(sorted(held.items())[-TREND_POINTS:])


def _demand(pool: Pool) -> float | None:
    """Connections that are wanted of it: those in use and those waited for."""
    return None if pool.used is None else float(pool.used + (pool.waiting or 0))


def _points(buckets: dict[int, float | None], now: float, name: str) -> tuple[float | None, ...]:
    """The trend's points up to now; None where nothing was read. What is wanted of a pool holds until it changes."""
    newest, oldest = int(now // TREND_STEP_S), min(buckets)
    wanted = range(max(oldest, newest - TREND_POINTS + 1), newest + 1)
    if not name.startswith(POOL):
        return tuple(buckets.get(bucket) for bucket in wanted)
    held = next((buckets[bucket] for bucket in reversed(buckets) if bucket <= wanted.start), None)
    points = []
    for bucket in wanted:
        held = buckets.get(bucket, held)
        points.append(held)
    return tuple(points)
