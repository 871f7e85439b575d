"""Data: the database servers behind a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import DatabaseServer, Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits, below
from prodtui.readiness.finding import Finding, Row, of_record, worst

CHECKS = Checks(Plane.POOLS)
SERVER_KINDS = frozenset({"postgresql"})
"""Kinds of source in the pools' plane that read a database server; the others read a pooler."""
_RESTRICTED = "restricted: grant pg_monitor to the role that reads it"


@CHECKS.check(
    "data.connections",
    "The server has connections left",
    rule="connections in use of those usable: < 70 % PASS, < 90 % WARN, else FAIL; none left for us (53300) FAIL",
    remedy="Find who holds the connections; put a pooler in front rather than raise max_connections.",
    why="A full server refuses whoever comes next, this service and every other on it.",
    runbook="pg_stat_activity, grouped by application_name and state, says who holds them.",
    blocking=True,
    limits=Limits.of("< 70%", "< 90%"),
    unit="ratio",
)
def connections(view: ServiceView, ask: Question) -> Finding | None:
    """Connections of the whole server against max_connections without the reserved ones."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.exhausted:
            reason = f"{server.name} has no connection left (53300)"
            return of_record(
                said, State.FAIL, reason, brief=f"{server.name} full", severity=2, evidence=Row(_row, server)
            )
        if server.used is None or not server.usable:
            return unknown(said, "connections not known")
        share = server.used / server.usable
        return of_record(
            said,
            ask.limits.judge(share),
            f"{server.name} {server.used} of {server.usable} connections ({words.percent(share)})",
            brief=f"{server.name} {server.used}/{server.usable} connections",
            value=share,
            unit="ratio",
            evidence=Row(_row, server),
            severity=share,
        )

    return over_servers(view, ask, judge)


@CHECKS.check(
    "data.replication_lag",
    "Replicas follow",
    rule="lag < 10 s PASS, < 60 s WARN, else FAIL; UNKNOWN while a standby's receiver does not stream",
    remedy="Look at the standby's receiver and at the load of both servers.",
    why="What a standby has not received is lost when the primary is, and its readers see the past.",
    runbook="pg_stat_replication on the primary, pg_stat_wal_receiver on the standby.",
    blocking=True,
    limits=Limits.of("< 10s", "< 60s"),
    unit="s",
)
def replication_lag(view: ServiceView, ask: Question) -> Finding | None:
    """A standby's own lag, or the largest of a primary's replicas; absent where nothing is replicated."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.lag_s is None and server.restricted:
            return unseen(said)
        if server.in_recovery and not server.receiver_streaming:
            # With its receiver gone a standby has replayed all that it received: that reads as no lag.
            return unknown(said, "its receiver does not stream, so its lag is not known")
        if server.lag_s is None:
            return unknown(said, "lag not reported")
        return of_record(
            said,
            ask.limits.judge(server.lag_s),
            f"{server.name} lag {words.seconds(server.lag_s)}, passes {ask.wants}",
            brief=f"{server.name} lag {words.seconds(server.lag_s)}",
            value=server.lag_s,
            unit="s",
            evidence=Row(_row, server),
            severity=server.lag_s,
        )

    return over_servers(view, ask, judge, only=_replicated)


@CHECKS.check(
    "data.xid_age",
    "Transaction ids are far from wraparound",
    rule="below 2 × autovacuum_freeze_max_age PASS, < 1.2 G WARN, else FAIL",
    remedy="Let VACUUM FREEZE run; look for a transaction, a replication slot or a prepared one that holds it back.",
    why="Near wraparound the server refuses every write until it was vacuumed, which takes hours.",
    runbook="PostgreSQL's documentation, Preventing Transaction ID Wraparound Failures.",
    blocking=True,
    limits=Limits.of("< 400000000", "< 1200000000"),
    unit="transactions",
)
def xid_age(view: ServiceView, ask: Question) -> Finding | None:
    """The oldest unfrozen transaction id; the server's own autovacuum_freeze_max_age sets where it warns."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.xid_age is None:
            return unseen(said)
        limits = ask.limits
        if server.freeze_max_age is not None:
            limits = Limits(passes=below(ask.policy.freeze_ages * server.freeze_max_age), warns=limits.warns)
        age = words.number(server.xid_age / 1e6)
        return of_record(
            said,
            limits.judge(server.xid_age),
            f"{server.name} {age} M transactions old",
            brief=f"{server.name} xid age {age} M",
            value=float(server.xid_age),
            unit="transactions",
            threshold=limits.text("transactions"),
            evidence=Row(_row, server),
            severity=server.xid_age,
            limit=limits.passes.edge,
            judged_by=limits,
        )

    return over_servers(view, ask, judge)


@CHECKS.check(
    "data.deadlocks",
    "No deadlocks",
    rule="deadlocks/s 0 PASS, else WARN; needs two readings",
    remedy="Take locks in the same order everywhere; the server's log names both statements.",
    why="Each one is a transaction that the server aborted, and a request that failed or was made again.",
    limits=Limits.of("<= 0", "> 0"),
    unit="deadlocks/s",
)
def deadlocks(view: ServiceView, ask: Question) -> Finding | None:
    """Deadlocks that the server resolved between two readings."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        rate, name = said.record.deadlocks_per_s, said.record.name
        if said.record.exhausted:
            return unseen(said)
        if rate is None:
            return of_record(
                said, ask.judge_rate(rate), f"{name}: deadlocks need two readings", brief="deadlocks unknown"
            )
        many = f"{words.number(rate)} deadlocks/s" if rate else "no deadlocks"
        return of_record(
            said,
            ask.judge_rate(rate),
            f"{name} {many}",
            brief=f"{name} {many}",
            value=rate,
            unit="deadlocks/s",
            severity=rate,
        )

    return over_servers(view, ask, judge)


def over_servers(
    view: ServiceView,
    ask: Question,
    judge: Callable[[Said[DatabaseServer]], Finding],
    *,
    good: str = "",
    only: Callable[[DatabaseServer], bool] | None = None,
) -> Finding | None:
    """The worst finding over the servers of the service's databases; a database that nobody reports is UNKNOWN.

    `only`: the check is of such servers alone, and says nothing of a server that was never seen.
    """
    servers = ask.once(_servers, view)
    if not servers or not view.databases:
        return None
    judged = [said for said in view.servers if only is None or only(said.record)]
    findings = [judge(said) for said in ask.heard(judged)] + ask.unheard(judged)
    if only is None:
        findings += [ask.silence(servers, f"database {name}") for name in _missing(view, servers, ask)]
    return worst(findings, good=good)


def _servers(view: ServiceView, _: Question) -> list[SourceState]:
    return [source for source in view.planes.get(Plane.POOLS, ()) if source.declared.kind in SERVER_KINDS]


def _replicated(server: DatabaseServer) -> bool:
    return bool(server.in_recovery or server.replicas)


def _missing(view: ServiceView, servers: Iterable[SourceState], ask: Question) -> list[str]:
    """Databases on no server that was read: declared ones, and a pool's while a server is lost that may hold it."""
    held = {name for said in view.servers for name in said.record.databases}
    expected = view.databases if any(ask.lost(source) for source in servers) else view.declared.databases
    return [name for name in expected if name not in held]


def unseen(said: Said[DatabaseServer]) -> Finding:
    """UNKNOWN: the server was read, but not this of it."""
    if said.record.exhausted:
        return unknown(said, "no connection left to look (53300)")
    return unknown(said, _RESTRICTED if said.record.restricted else "not reported")


def unknown(said: Said[DatabaseServer], why: str) -> Finding:
    """UNKNOWN of a server, with what there is."""
    name = said.record.name
    return of_record(said, State.UNKNOWN, f"{name}: {why}", brief=f"{name} unknown", evidence=Row(_row, said.record))


def _row(server: DatabaseServer) -> dict[str, str]:
    """The server's row, as reported."""
    fields = {
        "server": f"{server.name} {server.address}".strip(),
        "version": server.version,
        "used": server.used,
        "usable": server.usable,
        "in_recovery": server.in_recovery,
        "receiver_streaming": server.receiver_streaming,
        "replicas": server.replicas,
        "lag_s": server.lag_s,
        "xid_age": server.xid_age,
        "freeze_max_age": server.freeze_max_age,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}
