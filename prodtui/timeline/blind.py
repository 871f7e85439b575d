"""Blind spots: lost sources, and what they would have shown."""

from __future__ import annotations

from collections.abc import Iterable

from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.incident import BlindSpot
from prodtui.model.records import (
    Alert,
    Breaker,
    Cluster,
    DatabaseServer,
    HealthCheck,
    Instance,
    Plane,
    Pool,
    Record,
    Session,
    Sli,
)
from prodtui.model.snapshot import Snapshot

_HIDES: dict[type[Record], str] = {
    Instance: "instances",
    HealthCheck: "health checks",
    Pool: "connection pools",
    DatabaseServer: "database servers",
    Session: "sessions and locks",
    Breaker: "circuit breakers",
    Cluster: "cluster members",
    Sli: "latency and errors",
    Alert: "alerts",
}
_HIDES_BY_PLANE = {
    Plane.REGISTRY: "instances and their health checks",
    Plane.POOLS: "connection pools and database sessions",
    Plane.BREAKERS: "circuit breakers and cluster members",
    Plane.METRICS: "latency, errors, targets and alerts",
    Plane.PROBES: "answers of instances asked directly",
    Plane.RELEASE: "certificates, guarded paths, configuration, code and migrations",
}


def lost(snapshot: Snapshot, now: float) -> frozenset[str]:
    """Sources whose word counts no more, those that were never read among them."""
    return frozenset(name for name, state in snapshot.sources.items() if state.freshness(now) is Freshness.LOST)


def blind_spots(snapshot: Snapshot, lost: Iterable[str]) -> tuple[BlindSpot, ...]:
    """What nobody sees; a source that was not asked yet hides nothing."""
    states = [snapshot.sources[name] for name in sorted(lost)]
    return tuple(
        BlindSpot(source=s.name, since=_since(s), hides=_hides(s.name, snapshot))
        for s in states
        if s.tried_at is not None
    )


def _since(source: SourceState) -> float | None:
    """From its first failure on; where it was only not asked any more, from the last that was read."""
    return source.read_at if source.read_at is None or source.failing_since is None else source.failing_since


def _hides(source: str, snapshot: Snapshot) -> str:
    """By what it showed before; by its plane where it was never read, or showed nothing of these."""
    held = [
        words for kind, words in _HIDES.items() if any(owner == source for owner, _ in snapshot.tables.get(kind, ()))
    ]
    if not held:
        return _HIDES_BY_PLANE[snapshot.sources[source].declared.plane]
    return ", ".join(held)
