"""Trouble: what of a record makes the entity that it shows a failing one, stricter than a mere turn of its status."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from prodtui.model.incident import EntityKind
from prodtui.model.records import (
    AnyRecord,
    Breaker,
    BreakerState,
    Cluster,
    DatabaseServer,
    HealthCheck,
    HealthStatus,
    Pool,
    Record,
    Target,
)

WAITED_S = 1.0
"""A shorter wait for a connection is a pool's daily work."""
LONGEST = 60
_REFUSED = re.compile(r"connection refused|connection reset|no route to host|\bconnect: |\brefused\b", re.IGNORECASE)
_LATE = re.compile(r"deadline exceeded|timed? ?out|timeout|no answer within|TTL expired", re.IGNORECASE)
_ANSWERED = re.compile(r"\b([1-5]\d\d) [A-Z]|\bHTTP(?:/\d\S*)? ([1-5]\d\d)\b")
_SUCCEEDED = re.compile(r"2\d\d")
_SAID = re.compile(r'"output"\s*:\s*"((?:[^"\\]|\\.)+)"')
"""What a health document says of itself, https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check."""


class Seen(msgspec.Struct, frozen=True):
    """What one record shows now."""

    kind: EntityKind
    name: str
    what: str
    service: str = ""
    deaf: bool = False
    unproven: bool = False
    """It gives no reason: it may only be new."""
    fleeting: bool = False
    """It ends by itself and says nothing with that: an ejection runs out and is a try, shedding waits for the load."""
    for_s: float = 0.0
    """How long it is so already, by the record itself."""


class Unsure(msgspec.Struct, frozen=True):
    """The record says neither that its entity fails nor that it is well: it stays as it was."""


class Well(msgspec.Struct, frozen=True):
    """Nothing bad shows."""

    plainly: bool = True
    """Its entity is said to be well; else it may only be quiet: a queue between two clients, a window, what is gone."""


UNSURE = Unsure()
WELL = Well()
QUIET = Well(plainly=False)
Look = Seen | Unsure | Well


def look(record: AnyRecord) -> Look:
    """Whether the record shows its entity failing."""
    rule = _RULES.get(type(record))
    return rule(record) if rule else UNSURE


def _health(check: HealthCheck) -> Look:
    if check.status is HealthStatus.UNKNOWN:
        return UNSURE
    if check.status is not HealthStatus.CRITICAL:
        return WELL if check.status is HealthStatus.PASSING else QUIET
    what, deaf = said(check.output)
    # Consul calls a check critical from its registration on, before it was made: with no output, or an old one.
    unproven = what == "critical" or _SUCCEEDED.fullmatch(what) is not None
    if not check.service:
        return Seen(EntityKind.GROUP, check.node, f"{check.name} {what}", deaf=True, unproven=unproven)
    name = check.instance or f"{check.service} on {check.node}"
    return Seen(EntityKind.INSTANCE, name, "critical" if unproven else what, check.service, deaf, unproven=unproven)


def said(output: str) -> tuple[str, bool]:
    """What a failing health check says in a few words, and whether nobody answered it."""
    answered = _ANSWERED.search(output)
    if answered:
        found = _SAID.search(output)
        status = next(group for group in answered.groups() if group)
        return (_short(found[1]) if found else status), False
    if _REFUSED.search(output):
        return "refused", True
    if _LATE.search(output):
        return "timeout", True
    return _short(output) or "critical", False


def _pool(pool: Pool) -> Look:
    waiting = f"{pool.waiting} waiting" if pool.waiting else ""
    if pool.paused or pool.disabled:
        word = "paused" if pool.paused else "disabled"
        return Seen(EntityKind.POOL, pool.name, ", ".join(filter(None, (word, waiting))), for_s=pool.max_wait_s or 0.0)
    if pool.waiting is None:
        return UNSURE
    if not pool.used and not pool.idle:
        # Without waiters it may be idle, and may have been given up: only a connection shows that the server is there.
        return Seen(EntityKind.POOL, pool.name, f"no server connection, {waiting}", deaf=True) if waiting else UNSURE
    if pool.waiting and (pool.max_wait_s or 0.0) >= WAITED_S:
        return Seen(EntityKind.POOL, pool.name, waiting, for_s=pool.max_wait_s or 0.0)
    if pool.waiting:
        return UNSURE
    # One that is used up and has no queue at this moment will have the next.
    return WELL if pool.idle or (pool.size is not None and (pool.used or 0) < pool.size) else QUIET


def _server(server: DatabaseServer) -> Look:
    return Seen(EntityKind.DATABASE, server.name, "no connection left (53300)") if server.exhausted else WELL


def _breaker(breaker: Breaker) -> Look:
    match breaker.state:
        case BreakerState.OPEN | BreakerState.FORCED_OPEN:
            word = "open" if breaker.state is BreakerState.OPEN else "forced open"
            return Seen(EntityKind.BREAKER, f"{breaker.caller}→{breaker.callee}", word, breaker.caller)
        # Half open is a try after open: the next call tells.
        case BreakerState.HALF_OPEN | BreakerState.UNKNOWN:
            return UNSURE
        case _:
            return WELL


def _cluster(cluster: Cluster) -> Look:
    name = f"{cluster.proxy}/{cluster.name}"
    if cluster.overflow_per_s:
        return Seen(EntityKind.PROXY, name, f"{cluster.overflow_per_s:.3g} requests shed/s", fleeting=True)
    if cluster.members is None or cluster.healthy is None:
        return UNSURE
    if cluster.healthy < cluster.members:
        few = f"{cluster.healthy}/{cluster.members} healthy"
        return Seen(EntityKind.PROXY, name, few, fleeting=bool(cluster.ejected))
    return WELL


def _target(target: Target) -> Look:
    if target.up is None:
        return UNSURE
    if target.up:
        return WELL
    what, deaf = said(target.error)
    return Seen(EntityKind.INSTANCE, target.instance, what, target.label, deaf)


_RULES: dict[type[Record], Callable[[Any], Look]] = {
    HealthCheck: _health,
    Pool: _pool,
    DatabaseServer: _server,
    Breaker: _breaker,
    Cluster: _cluster,
    Target: _target,
}
SHOWING = frozenset(_RULES)
"""Types of records that show entities failing."""


def _short(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
