"""Data: the connection pools that a service's queries go through."""

from __future__ import annotations

from collections.abc import Callable

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import Plane, Pool
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding, Row, of_record, worst
from prodtui.readiness.pillars.databases import SERVER_KINDS

CHECKS = Checks(Plane.POOLS)


@CHECKS.check(
    "data.pool_waiting",
    "No client waits for a connection",
    rule="clients waiting: 0 PASS, else WARN",
    remedy="See who holds the connections; a longer query or a leak fills a pool more often than traffic does.",
    why="A client that waits is a request that waits.",
    limits=Limits.of("<= 0", "> 0"),
    unit="clients",
)
def pool_waiting(view: ServiceView, ask: Question) -> Finding | None:
    """Clients that wait for a server connection now."""

    def judge(said: Said[Pool]) -> Finding:
        pool = said.record
        if pool.waiting is None:
            return _unknown(said, "clients waiting not known")
        many = f"{words.plural(pool.waiting, 'client')} waiting"
        return of_record(
            said,
            ask.limits.judge(pool.waiting),
            f"{pool.name} {many}" if pool.waiting else f"{pool.name} nobody waiting",
            brief=f"{pool.name} {pool.waiting} waiting" if pool.waiting else "",
            value=float(pool.waiting),
            evidence=Row(_row, pool),
            severity=pool.waiting,
        )

    return _each(view, ask, judge, good="nobody waiting in any pool")


@CHECKS.check(
    "data.pool_max_wait",
    "Clients get a connection in time",
    rule="oldest waiting client < 1 s PASS, < 5 s WARN, else FAIL; UNKNOWN without a server connection",
    remedy="End or speed up what holds the connections; raise the pool's size only if the database has room.",
    why="A request can't be faster than the wait for its connection.",
    runbook="The pooler's SHOW POOLS and SHOW CLIENTS; then what the server's sessions wait for.",
    blocking=True,
    limits=Limits.of("< 1s", "< 5s"),
    unit="s",
)
def pool_max_wait(view: ServiceView, ask: Question) -> Finding | None:
    """How long the oldest client has waited that still waits."""

    def judge(said: Said[Pool]) -> Finding:
        pool = said.record
        if _cut_off(pool):
            return _unknown(said, "no server connection, so nobody is served, whatever the wait reads")
        if pool.max_wait_s is None:
            return _unknown(said, "longest wait not known")
        waited = words.seconds(pool.max_wait_s)
        return of_record(
            said,
            ask.limits.judge(pool.max_wait_s),
            f"{pool.name} {waited}, passes {ask.wants}",
            brief=f"{pool.name} wait {waited}",
            value=pool.max_wait_s,
            unit="s",
            evidence=Row(_row, pool),
            severity=pool.max_wait_s,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "data.pool_upstream",
    "The pooler reaches its database",
    rule="clients waiting while no server connection exists FAIL, else PASS",
    remedy="Look at the database behind the pool: the pooler cannot open a connection to it.",
    why="The pooler still accepts clients while nothing behind it answers: they only hang.",
    runbook="The pooler's log, and its SHOW SERVERS.",
    blocking=True,
)
def pool_upstream(view: ServiceView, ask: Question) -> Finding | None:
    """Clients that wait for a server that is not there."""

    def judge(said: Said[Pool]) -> Finding:
        pool = said.record
        if pool.waiting is None or pool.used is None or pool.idle is None:
            return _unknown(said, "connections not known")
        if _cut_off(pool):
            where = f" to {pool.upstream}" if pool.upstream else ""
            reason = f"{pool.name} {words.plural(pool.waiting, 'client')} waiting, no connection{where}"
            return of_record(said, State.FAIL, reason, brief=f"{pool.name} no server", evidence=Row(_row, pool))
        if pool.waiting and not pool.used + pool.idle:
            return _unknown(said, "paused: says nothing of its database")
        return of_record(
            said, State.PASS, f"{pool.name} {pool.used + pool.idle} server connections", evidence=Row(_row, pool)
        )

    return _each(view, ask, judge, good="every pool reaches its database")


@CHECKS.check(
    "data.pool_saturation",
    "The pool has room",
    rule="connections in use of the pool's size: < 70 % PASS, < 90 % WARN, else FAIL",
    remedy="See what holds the connections before raising the size.",
    why="A full pool turns the next slow query into a queue.",
    limits=Limits.of("< 70%", "< 90%"),
    unit="ratio",
)
def pool_saturation(view: ServiceView, ask: Question) -> Finding | None:
    """Server connections in use against the pool's size."""

    def judge(said: Said[Pool]) -> Finding:
        pool = said.record
        if pool.used is None or not pool.size:
            return _unknown(said, "use or size not known")
        share = pool.used / pool.size
        return of_record(
            said,
            ask.limits.judge(share),
            f"{pool.name} {pool.used} of {pool.size} in use ({words.percent(share)})",
            brief=f"{pool.name} {pool.used}/{pool.size} used",
            value=share,
            unit="ratio",
            evidence=Row(_row, pool),
            severity=share,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "data.pool_not_paused",
    "The pool serves",
    rule="neither paused nor disabled PASS, else FAIL",
    remedy="RESUME or ENABLE the database in the pooler when the work on it is done.",
    why="Whoever paused it for a moment may have forgotten: its clients wait without an error.",
    blocking=True,
)
def pool_not_paused(view: ServiceView, ask: Question) -> Finding | None:
    """A paused pool lets its clients wait; a disabled one refuses them."""

    def judge(said: Said[Pool]) -> Finding:
        pool = said.record
        state = "paused" if pool.paused else "disabled" if pool.disabled else ""
        reason = f"{pool.name} is {state}" if state else f"{pool.name} serves"
        return of_record(
            said,
            State.FAIL if state else State.PASS,
            reason,
            brief=f"{pool.name} {state}" if state else "",
            evidence=Row(_row, pool),
        )

    return _each(view, ask, judge, good="every pool serves")


def _each(
    view: ServiceView, ask: Question, judge: Callable[[Said[Pool]], Finding], *, good: str = ""
) -> Finding | None:
    """The worst finding over the service's pools; a declared pool that nobody reports is UNKNOWN."""
    poolers = ask.once(_poolers, view)
    if not poolers:
        return None
    findings = [judge(said) for said in ask.heard(view.pools)] + ask.unheard(view.pools)
    if view.declared.pools:
        seen = {said.record.name for said in view.pools}
        findings += [ask.silence(poolers, name) for name in view.declared.pools if name not in seen]
    return worst(findings, good=good)


def _poolers(view: ServiceView, _: Question) -> tuple[SourceState, ...]:
    return poolers_of(view)


def poolers_of(view: ServiceView) -> tuple[SourceState, ...]:
    """The sources that report pools."""
    return tuple([s for s in view.planes.get(Plane.POOLS, ()) if s.declared.kind not in SERVER_KINDS])


def _cut_off(pool: Pool) -> bool:
    """Whether clients wait while no server connection exists, and nobody paused the pool."""
    return bool(pool.waiting) and pool.used == 0 and pool.idle == 0 and not pool.paused


def _unknown(said: Said[Pool], why: str) -> Finding:
    name = said.record.name
    return of_record(said, State.UNKNOWN, f"{name}: {why}", brief=f"{name} unknown", evidence=Row(_row, said.record))


def _row(pool: Pool) -> dict[str, str]:
    """The pool's row, as reported."""
    fields = {
        "pool": pool.key,
        "upstream": f"{pool.upstream}/{pool.database}" if pool.upstream else pool.database,
        "size": pool.size,
        "used": pool.used,
        "idle": pool.idle,
        "waiting": pool.waiting,
        "max_wait_s": pool.max_wait_s,
        "paused": pool.paused or None,
        "disabled": pool.disabled or None,
    }
    return {name: str(value) for name, value in fields.items() if value is not None and value != ""}
