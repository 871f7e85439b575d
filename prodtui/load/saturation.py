"""What ran out first under a load, as the sources saw it. Pure.

A pool is saturated when every connection is used and somebody waits, a database when it has no connection left, a
breaker when it is open or its proxy sheds requests, an SLI when its service's check of it stopped passing.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from prodtui.model.assessment import State, Verdict
from prodtui.model.load import Saturated, Tick
from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, BreakerState, Cluster, DatabaseServer, Pool

_SLIS = ("performance.latency_p99", "performance.latency_p95", "performance.error_ratio")
_ORDER = ("pool", "database", "breaker", "sli")
"""Of what one look shows first what the rest may come from: between two looks nobody knows which came first."""
BAD = (State.FAIL, State.WARN)
_OPEN = (BreakerState.OPEN, BreakerState.FORCED_OPEN)


def before(moment: Moment) -> tuple[Saturated, ...]:
    """What was saturated already when nothing was sent yet."""
    return _ordered([msgspec.structs.replace(one, already=True) for one in _once(moment)])


def after(known: tuple[Saturated, ...], moment: Moment, tick: Tick | None) -> tuple[Saturated, ...]:
    """What is known and what this moment adds, with the load at that time. The first one first."""
    there = {(one.kind, one.name) for one in known}
    users, rate = (None, None) if tick is None else (tick.users, tick.rate_per_s)
    new = [
        msgspec.structs.replace(one, users=users, rate_per_s=rate)
        for one in _once(moment)
        if (one.kind, one.name) not in there
    ]
    return (*known, *_ordered(new)) if new else known


def _once(moment: Moment) -> list[Saturated]:
    """What is saturated, each once: breakers of one caller's instances are one."""
    return list({(one.kind, one.name): one for one in reversed(list(_seen(moment)))}.values())


def _ordered(found: list[Saturated]) -> tuple[Saturated, ...]:
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.kind), one.name)))


def _seen(moment: Moment) -> Iterator[Saturated]:
    """All that is saturated, at the time of the look: what each source read then is seconds old at most."""
    snapshot, at = moment.snapshot, moment.now
    for pool in snapshot.of(Pool).values():
        if pool.waiting and pool.size and pool.used is not None and pool.used >= pool.size:
            what = f"{pool.used} of {pool.size} used, {pool.waiting} waiting"
            yield Saturated(at=at, kind="pool", name=pool.name, what=what)
    for server in snapshot.of(DatabaseServer).values():
        full = server.used is not None and server.usable and server.used >= server.usable
        if server.exhausted or full:
            what = "no connection left" if server.exhausted else f"{server.used} of {server.usable} connections"
            yield Saturated(at=at, kind="database", name=server.name, what=what)
    for breaker in snapshot.of(Breaker).values():
        if breaker.state in _OPEN:
            name = f"{breaker.caller}→{breaker.callee}"
            yield Saturated(at=at, kind="breaker", name=name, what=breaker.state.value)
    for cluster in snapshot.of(Cluster).values():
        if cluster.overflow_per_s:
            what = f"{cluster.overflow_per_s:.3g} requests shed/s"
            yield Saturated(at=at, kind="breaker", name=f"{cluster.proxy}→{cluster.name}", what=what)
    for service in moment.assessment.services:
        if service.verdict is Verdict.READY:
            continue  # its checks are written out when they are first looked at: of a fleet, only those that matter
        # What recovers was observed to pass: that it waits for a second look is no saturation.
        failing = [check for check in service.checks if check.id in _SLIS and (check.held or check.state) in BAD]
        if failing:
            worst = min(failing, key=lambda check: (check.state is not State.FAIL, _SLIS.index(check.id)))
            what = f"{worst.id.rpartition('_')[2].replace('ratio', 'errors')} {worst.reason.partition(',')[0]}"
            yield Saturated(at=at, kind="sli", name=service.name, what=what)
