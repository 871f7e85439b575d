"""The status of any record in a word, and whether the word is good: what transitions are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from prodtui.model.records import (
    Alert,
    AnyRecord,
    Breaker,
    BreakerState,
    Cluster,
    DatabaseServer,
    HealthCheck,
    HealthStatus,
    Instance,
    Phase,
    Pool,
    Record,
    Session,
    Target,
)

BLOCKED_S = 1.0
"""Locks held shorter than this are a database's daily work, not an event."""


class Status(msgspec.Struct, frozen=True):
    """A record's status: a word, whether it is good (None: neither), and what was observed with it."""

    word: str
    good: bool | None
    text: str = ""


def status(record: AnyRecord) -> Status | None:
    """The record's status; None for records that have none (services, SLIs: their checks are judged instead)."""
    rule = _RULES.get(type(record))
    return rule(record) if rule else None


def _health(check: HealthCheck) -> Status:
    good = {HealthStatus.PASSING: True, HealthStatus.UNKNOWN: None}.get(check.status, False)
    return Status(check.status, good, _first_line(check.output))


def _instance(instance: Instance) -> Status:
    return Status(instance.phase, {Phase.SERVING: True}.get(instance.phase))


def _pool(pool: Pool) -> Status:
    use = f"{_n(pool.used)} of {_n(pool.size)} in use"
    if pool.paused or pool.disabled:
        return Status("paused" if pool.paused else "disabled", False, f"{_n(pool.waiting)} waiting")
    if pool.waiting and not (pool.used or pool.idle):
        return Status("no server", False, f"{pool.waiting} waiting, no connection to {pool.upstream}")
    if pool.waiting:
        return Status("waiting", False, f"{pool.waiting} waiting, {use}")
    return Status("serving", True, use)


def _server(server: DatabaseServer) -> Status:
    if server.exhausted:
        return Status("exhausted", False, "no connection left for us (53300)")
    return Status("serving", True, f"{_n(server.used)} of {_n(server.usable)} connections")


def _session(session: Session) -> Status | None:
    if session.blocked_s is None or session.blocked_s < BLOCKED_S:
        return None
    by = ", ".join(str(pid) for pid in session.blocked_by)
    return Status("blocked", False, f"pid {session.pid} waits for pid {by}: {_first_line(session.query)[:80]}")


def _breaker(breaker: Breaker) -> Status:
    good = {BreakerState.CLOSED: True, BreakerState.OPEN: False, BreakerState.FORCED_OPEN: False}.get(breaker.state)
    return Status(breaker.state, good, f"{breaker.shed_per_s:.3g} requests shed/s" if breaker.shed_per_s else "")


def _cluster(cluster: Cluster) -> Status | None:
    if cluster.members is None or cluster.healthy is None:
        return None
    return Status(f"{cluster.healthy}/{cluster.members} healthy", cluster.healthy >= cluster.members, _flags(cluster))


def _flags(cluster: Cluster) -> str:
    return ", ".join(f"{h.address} {' '.join(h.flags)}".strip() for h in cluster.hosts if not h.healthy)


def _target(target: Target) -> Status | None:
    if target.up is None:
        return None
    return Status("up" if target.up else "down", target.up, "" if target.up else target.error)


def _alert(alert: Alert) -> Status | None:
    # A watchdog fires while all is well: only alerts that page somebody are a turn for the worse.
    if not alert.firing:
        return Status("pending", None, alert.summary)
    return Status("firing", False if alert.severity in PAGING else None, alert.summary)


PAGING = frozenset({"page", "critical"})

_RULES: dict[type[Record], Callable[[Any], Status | None]] = {
    HealthCheck: _health,
    Instance: _instance,
    Pool: _pool,
    DatabaseServer: _server,
    Session: _session,
    Breaker: _breaker,
    Cluster: _cluster,
    Target: _target,
    Alert: _alert,
}


def _n(number: int | None) -> str:
    return "?" if number is None else str(number)


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0][:200]
