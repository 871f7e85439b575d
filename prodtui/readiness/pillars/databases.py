"""Data, second half: the database servers behind a service, and the sessions in its own databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import DatabaseServer, Plane, Session
from prodtui.model.service_view import Said, ServiceView
from prodtui.model.subject import subject
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.policy import Bound, Limits

CHECKS = Checks(Plane.POOLS)
SERVER_KINDS = frozenset({"postgresql"})
"""Kinds of source in the pools' plane that read a database server; the others read a pooler."""
_RESTRICTED = "restricted: grant pg_monitor to the role that reads it"


@CHECKS.check(
    "data.connections",
    "The server has connections left",
    rule="connections in use of those usable: < 70 % PASS, < 90 % WARN, else FAIL; none left for us (53300) FAIL",
    remedy="Find who holds the connections; put a pooler in front rather than raise max_connections.",
    blocking=True,
    limits=Limits(passes=Bound("<", 0.7), warns=Bound("<", 0.9)),
    unit="ratio",
)
def connections(view: ServiceView, ask: Question) -> Finding | None:
    """Connections of the whole server against max_connections without the reserved ones."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.exhausted:
            reason = f"{server.name} has no connection left (53300)"
            return of_record(said, State.FAIL, reason, brief=f"{server.name} full", severity=2, evidence=_row(server))
        if server.used is None or not server.usable:
            return _unknown(said, "connections not known")
        share = server.used / server.usable
        return of_record(
            said,
            ask.limits.judge(share),
            f"{server.name} {server.used} of {server.usable} connections ({words.percent(share)})",
            brief=f"{server.name} {server.used}/{server.usable} connections",
            value=share,
            unit="ratio",
            evidence=_row(server),
            severity=share,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "data.blocked",
    "No session waits long for a lock",
    rule="no session of the service's databases blocked > 30 s",
    remedy="Look at the blocking session: end its transaction, or the session itself.",
    blocking=True,
    limits=Limits(passes=Bound("<=", 30.0)),
    unit="s",
)
def blocked(view: ServiceView, ask: Question) -> Finding | None:
    """The longest wait for a lock in the service's databases, and who blocks it."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        if said.record.restricted or said.record.exhausted:
            return _unseen(said)
        waiting = [(s.record.blocked_s, s) for s in _sessions(view, said) if s.record.blocked_s is not None]
        if not waiting:
            return of_record(said, State.PASS, f"no session blocked on {said.record.name}", value=0.0, unit="s")
        longest, session = max(waiting, key=lambda pair: (pair[0], pair[1].record.key))
        by = words.listed(str(pid) for pid in session.record.blocked_by) or "an unknown session"
        waits = f"pid {session.record.pid} blocked {words.seconds(longest)} by {'pid ' if by[0].isdigit() else ''}{by}"
        finding = of_record(
            said,
            ask.limits.judge(longest),
            f"{waits}, passes {ask.limits.passes.text('s')}",
            brief=waits,
            value=longest,
            unit="s",
            evidence=_session(session.record),
            severity=longest,
        )
        blockers = [s for s in _sessions(view, said) if s.record.pid in session.record.blocked_by]
        return _pointing(finding, [session, *blockers])

    return _each(view, ask, judge, good="no session blocked on any server")


@CHECKS.check(
    "data.idle_in_transaction",
    "No transaction is left open",
    rule="longest idle in transaction in the service's databases < 60 s PASS, < 5 min WARN, else FAIL",
    remedy="Find the client that opens a transaction and then waits; set idle_in_transaction_session_timeout.",
    limits=Limits(passes=Bound("<", 60.0), warns=Bound("<", 300.0)),
    unit="s",
)
def idle_in_transaction(view: ServiceView, ask: Question) -> Finding | None:
    """Sessions that hold a transaction open and do nothing."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.idle_in_transaction_s is None:
            return _unseen(said)
        longest = server.idle_in_transaction_s
        state = ask.limits.judge(longest)
        own = [s for s in _sessions(view, said) if s.record.state.startswith("idle in transaction")]
        if state is not State.PASS and not own:
            return of_record(
                said,
                State.PASS,
                f"none in {words.listed(sorted(view.databases))}; {words.seconds(longest)} elsewhere on {server.name}",
            )
        finding = of_record(
            said,
            state,
            f"{server.name} longest {words.seconds(longest)}, passes {ask.limits.passes.text('s')}",
            brief=f"idle in transaction {words.seconds(longest)}",
            value=longest,
            unit="s",
            evidence=_session(own[0].record) if own and state is not State.PASS else {},
            severity=longest,
        )
        return _pointing(finding, own)

    return _each(view, ask, judge)


@CHECKS.check(
    "data.replication_lag",
    "Replicas follow",
    rule="lag < 10 s PASS, < 60 s WARN, else FAIL; UNKNOWN while a standby's receiver does not stream",
    remedy="Look at the standby's receiver and at the load of both servers.",
    blocking=True,
    limits=Limits(passes=Bound("<", 10.0), warns=Bound("<", 60.0)),
    unit="s",
)
def replication_lag(view: ServiceView, ask: Question) -> Finding | None:
    """A standby's own lag, or the largest of a primary's replicas; absent where nothing is replicated."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.lag_s is None and server.restricted:
            return _unseen(said)
        if server.in_recovery and not server.receiver_streaming:
            # With its receiver gone a standby has replayed all that it received: that reads as no lag.
            return _unknown(said, "its receiver does not stream, so its lag is not known")
        if server.lag_s is None:
            return _unknown(said, "lag not reported")
        return of_record(
            said,
            ask.limits.judge(server.lag_s),
            f"{server.name} lag {words.seconds(server.lag_s)}, passes {ask.limits.passes.text('s')}",
            brief=f"{server.name} lag {words.seconds(server.lag_s)}",
            value=server.lag_s,
            unit="s",
            evidence=_row(server),
            severity=server.lag_s,
        )

    return _each(view, ask, judge, only=_replicated)


@CHECKS.check(
    "data.xid_age",
    "Transaction ids are far from wraparound",
    rule="below 2 × autovacuum_freeze_max_age PASS, < 1.2 G WARN, else FAIL",
    remedy="Let VACUUM FREEZE run; look for a transaction, a replication slot or a prepared one that holds it back.",
    blocking=True,
    limits=Limits(passes=Bound("<", 400e6), warns=Bound("<", 1.2e9)),
    unit="transactions",
)
def xid_age(view: ServiceView, ask: Question) -> Finding | None:
    """The oldest unfrozen transaction id; the server's own autovacuum_freeze_max_age sets where it warns."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.xid_age is None:
            return _unseen(said)
        limits = ask.limits
        if server.freeze_max_age is not None:
            limits = Limits(passes=Bound("<", ask.policy.freeze_ages * server.freeze_max_age), warns=limits.warns)
        age = words.number(server.xid_age / 1e6)
        return of_record(
            said,
            limits.judge(server.xid_age),
            f"{server.name} {age} M transactions old",
            brief=f"{server.name} xid age {age} M",
            value=float(server.xid_age),
            unit="transactions",
            threshold=limits.text("transactions"),
            evidence=_row(server),
            severity=server.xid_age,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "data.deadlocks",
    "No deadlocks",
    rule="deadlocks/s 0 PASS, else WARN; needs two readings",
    remedy="Take locks in the same order everywhere; the server's log names both statements.",
    limits=Limits(passes=Bound("<=", 0.0), warns=Bound(">", 0.0)),
    unit="deadlocks/s",
)
def deadlocks(view: ServiceView, ask: Question) -> Finding | None:
    """Deadlocks that the server resolved between two readings."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        rate, name = said.record.deadlocks_per_s, said.record.name
        if said.record.exhausted:
            return _unseen(said)
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

    return _each(view, ask, judge)


def _each(
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
    servers = tuple(s for s in view.planes.get(Plane.POOLS, ()) if s.declared.kind in SERVER_KINDS)
    if not servers or not view.databases:
        return None
    judged = [said for said in view.servers if only is None or only(said.record)]
    findings = [judge(said) for said in ask.heard(judged)] + ask.unheard(judged)
    if only is None:
        findings += [ask.silence(servers, f"database {name}") for name in _missing(view, servers, ask)]
    return worst(findings, good=good)


def _replicated(server: DatabaseServer) -> bool:
    return bool(server.in_recovery or server.replicas)


def _missing(view: ServiceView, servers: Iterable[SourceState], ask: Question) -> list[str]:
    """Databases on no server that was read: declared ones, and a pool's while a server is lost that may hold it."""
    held = {name for said in view.servers for name in said.record.databases}
    expected = view.databases if any(ask.lost(source) for source in servers) else view.declared.databases
    return [name for name in expected if name not in held]


def _sessions(view: ServiceView, server: Said[DatabaseServer]) -> list[Said[Session]]:
    return [s for s in view.sessions if s.source.name == server.source.name and s.record.server == server.record.name]


def _unseen(said: Said[DatabaseServer]) -> Finding:
    if said.record.exhausted:
        return _unknown(said, "no connection left to look (53300)")
    return _unknown(said, _RESTRICTED if said.record.restricted else "not reported")


def _unknown(said: Said[DatabaseServer], why: str) -> Finding:
    name = said.record.name
    return of_record(said, State.UNKNOWN, f"{name}: {why}", brief=f"{name} unknown", evidence=_row(said.record))


def _pointing(finding: Finding, sessions: Iterable[Said[Session]]) -> Finding:
    """The finding with the sessions behind it as its first subjects."""
    keys = [subject(s.source.name, s.record) for s in sessions]
    return msgspec.structs.replace(finding, subjects=tuple(dict.fromkeys((*keys, *finding.subjects))))


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


def _session(session: Session) -> dict[str, str]:
    """The session's row, its statement cut."""
    fields = {
        "session": f"pid {session.pid} {session.user}@{session.database} {session.application}".strip(),
        "state": session.state,
        "wait": session.wait,
        "blocked_by": ", ".join(map(str, session.blocked_by)),
        "query": session.query[:500],
    }
    return {name: value for name, value in fields.items() if value}
