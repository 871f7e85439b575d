"""Data: the sessions in a service's own databases, who waits for a lock and who leaves a transaction open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from prodtui.model.assessment import State
from prodtui.model.records import DatabaseServer, Plane, Session
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding, Row, of_record
from prodtui.readiness.pillars.databases import over_servers, unseen

CHECKS = Checks(Plane.POOLS)
STALLS_FROM_S = 1.0
"""Somebody waits this long: a transaction that stands in the way by its age is more than ordinary contention."""


@CHECKS.check(
    "data.blocked",
    "No session waits long for a lock",
    rule="no session of the service's databases blocked > 30 s, and none that somebody waits 1 s for has had its "
    "transaction open > 30 s: clients that give up and retry each wait for less, while everything stalls",
    remedy="Look at the blocking session: end its transaction, or the session itself.",
    why="One lock held by a transaction that does not end stops everybody who needs the row.",
    runbook="pg_blocking_pids() of the waiting session; pg_terminate_backend() of the one at the root.",
    blocking=True,
    limits=Limits.of("<= 30s"),
    unit="s",
)
def blocked(view: ServiceView, ask: Question) -> Finding | None:
    """The longest wait for a lock in the service's databases, and who blocks it for how long."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        if said.record.restricted or said.record.exhausted:
            return unseen(said)
        sessions = _sessions(view, said)
        waiting = [s for s in sessions if s.record.blocked_s is not None]
        if not waiting:
            return of_record(said, State.PASS, f"no session blocked on {said.record.name}", value=0.0, unit="s")
        waits = _longest_wait(said, ask, sessions, waiting)
        holds = _longest_hold(said, ask, sessions, waiting) if waits.state is State.PASS else None
        return holds or waits

    return over_servers(view, ask, judge, good="no session blocked on any server")


def _longest_wait(
    said: Said[DatabaseServer], ask: Question, sessions: Sequence[Said[Session]], waiting: Sequence[Said[Session]]
) -> Finding:
    session = max(waiting, key=lambda s: (s.record.blocked_s or 0.0, s.record.key))
    longest = session.record.blocked_s or 0.0
    by = words.listed(str(pid) for pid in session.record.blocked_by) or "an unknown session"
    waits = f"pid {session.record.pid} blocked {words.seconds(longest)} by {'pid ' if by[0].isdigit() else ''}{by}"
    finding = of_record(
        said,
        ask.limits.judge(longest),
        f"{waits}, passes {ask.wants}",
        brief=waits,
        value=longest,
        unit="s",
        evidence=Row(_row, session.record),
        severity=longest,
    )
    return _pointing(finding, [session, *_blocking(sessions, [session])])


def _longest_hold(
    said: Said[DatabaseServer], ask: Question, sessions: Sequence[Said[Session]], waiting: Sequence[Said[Session]]
) -> Finding | None:
    """The oldest transaction that others wait for and that waits for nobody; None where none is over the limit."""
    stalled = [s for s in waiting if (s.record.blocked_s or 0.0) >= STALLS_FROM_S]
    roots = [
        (ask.now - s.record.transaction_at, s)
        for s in _blocking(sessions, stalled)
        if s.record.transaction_at is not None and s.record.blocked_s is None
    ]
    if not roots:
        return None
    held, root = max(roots, key=lambda pair: (pair[0], pair[1].record.key))
    state = ask.limits.judge(held)
    if state is State.PASS:
        return None
    behind = [s for s in stalled if root.record.pid in s.record.blocked_by]
    stands = f"pid {root.record.pid} blocks {words.plural(len(behind), 'session')}"
    finding = of_record(
        said,
        state,
        f"{stands}, in a transaction for {words.seconds(held)}, passes {ask.wants}",
        brief=f"{stands} for up to {words.seconds(held)}",
        value=held,
        unit="s",
        evidence=Row(_row, root.record),
        severity=held,
    )
    return _pointing(finding, [root, *behind])


@CHECKS.check(
    "data.idle_in_transaction",
    "No transaction is left open",
    rule="longest idle in transaction in the service's databases < 60 s PASS, < 5 min WARN, else FAIL",
    remedy="Find the client that opens a transaction and then waits; set idle_in_transaction_session_timeout.",
    why="It keeps its locks, holds a pool's connection and keeps VACUUM from cleaning up.",
    limits=Limits.of("< 60s", "< 5min"),
    unit="s",
)
def idle_in_transaction(view: ServiceView, ask: Question) -> Finding | None:
    """Sessions that hold a transaction open and do nothing."""

    def judge(said: Said[DatabaseServer]) -> Finding:
        server = said.record
        if server.idle_in_transaction_s is None:
            return unseen(said)
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
            f"{server.name} longest {words.seconds(longest)}, passes {ask.wants}",
            brief=f"idle in transaction {words.seconds(longest)}",
            value=longest,
            unit="s",
            evidence=Row(_row, own[0].record) if own and state is not State.PASS else {},
            severity=longest,
        )
        return _pointing(finding, own)

    return over_servers(view, ask, judge)


def _sessions(view: ServiceView, server: Said[DatabaseServer]) -> list[Said[Session]]:
    return [s for s in view.sessions if s.source.name == server.source.name and s.record.server == server.record.name]


def _blocking(sessions: Iterable[Said[Session]], waiting: Iterable[Said[Session]]) -> list[Said[Session]]:
    pids = {pid for said in waiting for pid in said.record.blocked_by}
    return [said for said in sessions if said.record.pid in pids]


def _pointing(finding: Finding, sessions: Iterable[Said[Session]]) -> Finding:
    """The finding with the sessions behind it as its first subjects."""
    keys = [said.subject for said in sessions]
    return msgspec.structs.replace(finding, subjects=tuple(dict.fromkeys((*keys, *finding.subjects))))


def _row(session: Session) -> dict[str, str]:
    """The session's row, its statement cut."""
    fields = {
        "session": f"pid {session.pid} {session.user}@{session.database} {session.application}".strip(),
        "state": session.state,
        "wait": session.wait,
        "blocked_by": ", ".join(map(str, session.blocked_by)),
        "query": session.query[:500],
    }
    return {name: value for name, value in fields.items() if value}
