"""Security: who gets in. Paths that need authentication, and the roles that a service's database sessions have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prodtui.model.assessment import State
from prodtui.model.evidence import DatabaseRole, Guard, GuardedPath
from prodtui.model.records import DatabaseServer, Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.pillars.asked import HANDSHAKES, serving, sources_of, unanswered
from prodtui.readiness.pillars.databases import over_servers, unseen

CHECKS = Checks(Plane.RELEASE, Plane.POOLS, Plane.REGISTRY, Plane.PROBES)
_UNAUTHENTICATED = (401, 403)
_SAYS_NOTHING = (408, 425, 429)
"""Client errors that say when to ask again, not whether one may (RFC 9110, 8470, 6585)."""


@CHECKS.check(
    "security.auth_required",
    "Protected paths want authentication",
    rule="every instance answers an unauthenticated GET of a protected path with 401 or 403 PASS, with 2xx FAIL; any "
    "other answer, a redirect too, is UNKNOWN",
    remedy="Look at the route's authentication on the instance that is named; a balancer's does not count.",
    why="One instance with an old configuration lets in whoever is sent to it.",
    blocking=True,
)
def auth_required(view: ServiceView, ask: Question) -> Finding | None:
    """Whether who does not say who they are is refused."""

    def judge(status: int) -> State:
        if status in _UNAUTHENTICATED:
            return State.PASS
        return State.FAIL if status // 100 == 2 else State.UNKNOWN

    return _guarded(view, ask, Guard.PROTECTED, ask.part.asks.protected, judge)


@CHECKS.check(
    "security.admin_exposed",
    "Administration is not exposed",
    rule="every instance answers an unauthenticated GET of an administrative path with a client error PASS, with 2xx "
    "FAIL; any other answer, a redirect too, is UNKNOWN",
    remedy="Bind it to loopback or to an address of its own, or put authentication before it.",
    why="Profiles, heap dumps and switches in the open hand over the service with its secrets.",
)
def admin_exposed(view: ServiceView, ask: Question) -> Finding | None:
    """Whether administrative paths answer whoever asks."""

    def judge(status: int) -> State:
        if status // 100 == 4 and status not in _SAYS_NOTHING:
            return State.PASS
        return State.FAIL if status // 100 == 2 else State.UNKNOWN

    return _guarded(view, ask, Guard.ADMIN, ask.part.asks.admin, judge)


def _guarded(
    view: ServiceView, ask: Question, guard: Guard, paths: Sequence[str], judge: Callable[[int], State]
) -> Finding | None:
    """The worst finding over declared paths and instances; absent where no path is declared."""
    if not paths:
        return None
    counted, sources = serving(view, ask), sources_of(view, HANDSHAKES)
    own = [s for s in view.guarded if s.record.guard is guard and s.record.path in paths]
    heard = [s for s in ask.heard(own) if s.record.instance in counted or s.record.status is not None]
    findings = [_path(said, judge) for said in heard] + ask.unheard(own)
    seen = {(said.record.instance, said.record.path) for said in own}
    silent = [(name, path) for name in sorted(counted) for path in paths if (name, path) not in seen]
    findings += [unanswered(ask, sources, f"{path} of {name}") for name, path in silent]
    return worst(findings, good=f"all {len(findings)} answers refuse") or unanswered(ask, sources, words.listed(paths))


def _path(said: Said[GuardedPath], judge: Callable[[int], State]) -> Finding:
    asked = said.record
    evidence = {"request": f"GET {asked.url}", "credentials": "none"}
    if asked.status is None:
        reason = f"{asked.instance} {asked.path}: {asked.trouble or 'no answer'}"
        return of_record(said, State.UNKNOWN, reason, brief=f"{asked.path} unknown", evidence=evidence)
    state = judge(asked.status)
    meaning = {
        State.PASS: "",
        State.FAIL: ", without authentication",
        State.UNKNOWN: ", a redirect that is not followed: declare where it leads"
        if asked.status // 100 == 3
        else ", which neither serves nor refuses",
    }[state]
    return of_record(
        said,
        state,
        f"{asked.instance} {asked.path}: {asked.status}{meaning}",
        brief="" if state is State.PASS else f"{asked.path} {'open' if state is State.FAIL else 'unknown'}",
        value=float(asked.status),
        evidence={**evidence, "status": str(asked.status)},
    )


@CHECKS.check(
    "security.db_tls",
    "Database sessions are encrypted",
    rule="every session of the service's role that comes over the network is encrypted, else FAIL; UNKNOWN without a "
    "session; judged where the policy says database_tls",
    remedy="Set sslmode=verify-full where the session is opened (the pooler, where there is one), and hostssl in "
    "pg_hba.conf.",
    why="Queries and their results are the data: in the clear they are everybody's on the way.",
)
def db_tls(view: ServiceView, ask: Question) -> Finding | None:
    """Whether the service's sessions are over TLS (pg_stat_ssl)."""
    if not ask.part.database_tls:
        return None
    found = over_servers(view, ask, lambda said: _over_tls(said, view))
    return found or unanswered(ask, (), f"database sessions of {view.name}")


@CHECKS.check(
    "security.db_role",
    "The database role has only the powers it needs",
    rule="the service's role is no superuser, else FAIL; one that may more than its data (CREATEROLE, BYPASSRLS …), or "
    "another superuser in its database, ours too, WARN; UNKNOWN without a session of the service's",
    remedy="Give the service a role of its own with rights on its tables only; ours needs pg_monitor, no more.",
    why="With a superuser's session an injected statement owns the server: its files, its other databases.",
)
def db_role(view: ServiceView, ask: Question) -> Finding | None:
    """The powers of the roles that have sessions in the service's databases."""
    if not ask.part.database_role:
        return None
    return over_servers(view, ask, lambda said: _powers(said, view))


def _over_tls(server: Said[DatabaseServer], view: ServiceView) -> Finding:
    roles, _ = _roles(server, view)
    return worst([_encrypted(said) for said in roles]) or _nobody(server)


def _encrypted(said: Said[DatabaseRole]) -> Finding:
    role = said.record
    if role.sessions is None or role.encrypted is None or role.local is None:
        reason = f"{role.role}: may not be seen; grant pg_monitor to the role that reads it"
        return of_record(said, State.UNKNOWN, reason, brief="database TLS unknown", evidence=_row(role))
    plain = role.sessions - role.local - role.encrypted
    if plain > 0:
        reason = f"{role.role}: {plain} of {words.plural(role.sessions, 'session')} not encrypted"
        return of_record(
            said, State.FAIL, reason, brief=f"{plain} plain sessions", value=float(plain), evidence=_row(role)
        )
    reason = f"{role.role}: {words.plural(role.sessions, 'session')}, none in the clear"
    return of_record(said, State.PASS, reason, value=0.0, evidence=_row(role))


def _powers(server: Said[DatabaseServer], view: ServiceView) -> Finding:
    roles, others = _roles(server, view)
    findings = [_power(said) for said in roles] + [_other(said) for said in others if said.record.superuser]
    return (worst(findings) if roles else None) or _nobody(server)


def _power(said: Said[DatabaseRole]) -> Finding:
    role, evidence = said.record, _row(said.record)
    if role.superuser is None:
        return of_record(said, State.UNKNOWN, f"{role.role}: powers not known", brief="role unknown", evidence=evidence)
    if role.superuser:
        return of_record(
            said, State.FAIL, f"{role.role} is a superuser", brief="superuser role", severity=1, evidence=evidence
        )
    if role.powers:
        powers = words.listed(role.powers)
        return of_record(said, State.WARN, f"{role.role} has {powers}", brief=f"role has {powers}", evidence=evidence)
    return of_record(said, State.PASS, f"{role.role} has no power beyond its data", evidence=evidence)


def _other(said: Said[DatabaseRole]) -> Finding:
    role = said.record
    reason = (
        f"{role.role}, which we read with, is a superuser: pg_monitor is enough"
        if role.ours
        else f"{role.role}, a superuser, has {words.plural(role.sessions or 1, 'session')} in {role.database} too"
    )
    return of_record(said, State.WARN, reason, brief=f"superuser {role.role}", evidence=_row(role))


def _roles(
    server: Said[DatabaseServer], view: ServiceView
) -> tuple[list[Said[DatabaseRole]], list[Said[DatabaseRole]]]:
    """The service's roles on a server, and the others: its pools' users, else all but the one that we read with."""
    told = [
        said
        for said in view.roles
        if said.source.name == server.source.name and said.record.server == server.record.name
    ]
    users = {said.record.user for said in view.pools}
    own = [said for said in told if said.record.role in users] or [said for said in told if not said.record.ours]
    return own, [said for said in told if said not in own]


def _nobody(server: Said[DatabaseServer]) -> Finding:
    if server.record.exhausted:
        return unseen(server)
    reason = f"{server.record.name}: no session of the service's to judge by"
    return of_record(server, State.UNKNOWN, reason, brief="no session seen")


def _row(role: DatabaseRole) -> dict[str, str]:
    fields = {
        "role": f"{role.role} in {role.database} on {role.server}",
        "superuser": role.superuser,
        "powers": ", ".join(role.powers) or None,
        "sessions": role.sessions,
        "encrypted": role.encrypted,
        "local": role.local,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}
