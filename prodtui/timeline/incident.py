"""The incident of one environment, kept as readings come: what fails, what broke first, what changed, who is blind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from prodtui.model.assessment import Assessment, ServiceAssessment, State
from prodtui.model.freshness import SourceState
from prodtui.model.incident import BlindSpot, ChangeSeen, EntityKind, FirstCause
from prodtui.model.kept import Kept, Node, Trouble
from prodtui.model.past import Past
from prodtui.model.records import Breaker, Call, Session, Sli
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Change, Snapshot
from prodtui.model.subject import called
from prodtui.timeline.blind import blind_spots, lost
from prodtui.timeline.changes import changes_after, suspects
from prodtui.timeline.dependencies import Graph, Names, graph, names
from prodtui.timeline.earlier import Limit, dated, earlier
from prodtui.timeline.failing import Scene, merged, nodes
from prodtui.timeline.first import first_causes
from prodtui.timeline.groups import grouped
from prodtui.timeline.judged import SLI_CHECKS, judged_after
from prodtui.timeline.links import links
from prodtui.timeline.onset import SETTLED_S, remembered, troubles_after
from prodtui.timeline.over import explaining, named_after, over
from prodtui.timeline.path import confirmed, databases, lost_ones
from prodtui.timeline.pressure import Rise, rate_after, rise
from prodtui.timeline.settled import settled


class Told(NamedTuple):
    """One reading as far as an incident is concerned."""

    at: float
    last_read: float | None
    """When its source was read before."""
    away: bool
    """It is the source's first reading, or the first after a failure."""


class Incident:
    """It reads no clock and does no I/O. What fails is put together again only when something of it changed."""

    def __init__(self, snapshot: Snapshot, kept: Kept | None = None) -> None:
        kept = kept or Kept()
        self._troubles = kept.troubles
        self._earlier = dict(kept.earlier)
        self._rates = dict(kept.rates)
        self._changes = kept.changes
        self._causes = kept.causes
        self._named: Names = names(snapshot.declared)
        self._graph: Graph | None = None
        self._lost: frozenset[str] = frozenset()
        self._blind: tuple[BlindSpot, ...] = ()
        self._unseen: Mapping[str, SourceState] = {}
        """The lost sources, as the blind spots were told of them."""
        self._first: tuple[FirstCause, ...] = ()
        self._due: float | None = 0.0
        """From when on the causes must be looked for again; None: only when something changes."""

    @property
    def kept(self) -> Kept:
        """What is remembered, by value."""
        return Kept(dict(self._troubles), dict(self._earlier), dict(self._rates), self._changes, dict(self._causes))

    def tell(self, snapshot: Snapshot, changes: Sequence[Change], told: Told, limit: Limit) -> None:
        """Takes one reading in."""
        if not changes:
            return
        troubles = troubles_after(self._troubles, snapshot, changes, told.at, told.last_read)
        self._changes = changes_after(self._changes, snapshot, changes, told.at, first=told.away)
        pasts = []
        for change in changes:
            record = change.after if change.after is not None else change.before
            if isinstance(record, Sli):
                self._tell_rate(record, told.at)
            elif isinstance(record, Past) and change.after is not None:
                pasts.append((change.source, record))
            elif isinstance(record, Breaker | Call) and (change.before is None or change.after is None):
                self._graph = None
            elif isinstance(record, Session):
                self._due = 0.0
        if pasts:
            self._earlier = earlier(pasts, limit, self._named.service)
            troubles = dated(troubles, self._earlier)
        self._hold(troubles)

    def judged(self, before: Assessment | None, assessment: Assessment, views: Mapping[str, ServiceView]) -> None:
        """Takes a judgement in."""
        self._hold(judged_after(self._troubles, before, assessment, views))

    def at(
        self, now: float, snapshot: Snapshot, views: Mapping[str, ServiceView], assessment: Assessment
    ) -> tuple[tuple[FirstCause, ...], tuple[BlindSpot, ...], tuple[ChangeSeen, ...]]:
        """First causes, blind spots and changes at `now`."""
        gone = lost(snapshot, now)
        # One that was read meanwhile and is lost again is lost since later.
        unseen = {name: snapshot.sources[name] for name in gone}
        if any(state is not self._unseen.get(name) for name, state in unseen.items()) or gone != self._lost:
            blind, self._unseen = blind_spots(snapshot, gone), unseen
            if blind != self._blind or gone != self._lost:
                self._lost, self._blind, self._due = gone, blind, 0.0
        self._hold(remembered(self._troubles, now))
        if self._due is not None and self._due <= now:
            self._first, self._due = self._look(now, snapshot, views, assessment)
        return self._first, self._blind, self._changes

    def _hold(self, troubles: Mapping[str, Trouble]) -> None:
        if troubles is not self._troubles:
            self._troubles, self._due = dated(troubles, self._earlier), 0.0
            self._earlier = {key: onset for key, onset in self._earlier.items() if key not in self._troubles}

    def _tell_rate(self, sli: Sli, at: float) -> None:
        before = self._rates.get(sli.label)
        rate = rate_after(before, sli, at)
        if rate is not None:
            self._rates[sli.label] = rate
            if (before.rose if before else None) != rate.rose:
                self._due = 0.0

    def _look(
        self, now: float, snapshot: Snapshot, views: Mapping[str, ServiceView], assessment: Assessment
    ) -> tuple[tuple[FirstCause, ...], float | None]:
        """The first causes, and from when on they may be others though nothing is read."""
        if not self._troubles:
            self._causes = {}
            return (), None
        if self._graph is None:
            self._graph = graph(snapshot, self._named)
        scene = Scene(now, snapshot, views, self._named, self._graph, self._lost, _well(assessment))
        found = nodes(self._troubles, scene)
        groups = grouped(self._troubles, [n for n in found.values() if n.failing.kind is EntityKind.GROUP], scene)
        for node in (*databases(found, scene), *lost_ones(found, scene), *groups.nodes):
            found[node.key] = merged(node, found[node.key]) if node.key in found else node
        rises = self._rises(snapshot)
        ended = over(self._causes, found, scene, rises)
        if not found:
            self._causes = ended
            return (), self._again(now, found, scene)
        every, linked = confirmed(*links({**ended, **found}, groups, scene, rises))
        every, linked = explaining(every, linked)
        causes = first_causes(
            {key: node.failing for key, node in every.items()},
            linked,
            lambda failing: settled(every[failing.key], scene),
        )
        self._causes = named_after(self._causes, causes, every, ended)
        told = tuple(_with_suspects(cause, self._changes) for cause in causes)
        return told, self._again(now, every, scene)

    def _rises(self, snapshot: Snapshot) -> dict[str, Rise]:
        risen = {label: rate for label, rate in self._rates.items() if rate.rose is not None}
        if not risen:
            return {}
        subjects = {key[1]: called(record, *key) for key, record in snapshot.of(Sli).items() if key[1] in risen}
        found = {label: rise(rate, subjects.get(label, "")) for label, rate in risen.items()}
        return {self._named.service(label): one for label, one in found.items() if one is not None}

    def _again(self, now: float, every: Mapping[str, Node], scene: Scene) -> float | None:
        ends = [t.well_at + SETTLED_S for t in self._troubles.values() if t.well_at is not None]
        times = [end for end in ends if end > now]
        if any(not settled(node, scene) for node in every.values()):
            times.append(now)
        return min(times, default=None)


def _with_suspects(cause: FirstCause, changes: Sequence[ChangeSeen]) -> FirstCause:
    found = suspects(cause, changes) if changes else ()
    return msgspec.structs.replace(cause, suspects=found) if found else cause


def _well(assessment: Assessment) -> Callable[[str], bool]:
    judged: dict[str, ServiceAssessment] = {}

    @cache
    def well(service: str) -> bool:
        """Whether latency and errors of a service are known and within their limits."""
        if not judged:
            judged.update({one.name: one for one in assessment.services})
        found = judged.get(service)
        states = [check.state for check in found.checks if check.id in SLI_CHECKS] if found is not None else []
        return bool(states) and all(state is State.PASS for state in states)

    return well
