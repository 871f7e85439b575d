"""Resilience: circuit breakers at the caller, and the proxy's clusters that lead to the service."""

from __future__ import annotations

from collections.abc import Callable

from prodtui.model.assessment import State
from prodtui.model.records import Breaker, BreakerState, Cluster, Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding, Row, of_record, worst

CHECKS = Checks(Plane.BREAKERS, Plane.METRICS)
_STATES = {
    BreakerState.CLOSED: State.PASS,
    BreakerState.HALF_OPEN: State.WARN,
    BreakerState.DISABLED: State.WARN,
    BreakerState.METRICS_ONLY: State.WARN,
    BreakerState.OPEN: State.FAIL,
    BreakerState.FORCED_OPEN: State.FAIL,
    BreakerState.UNKNOWN: State.UNKNOWN,
}


@CHECKS.check(
    "resilience.breaker_open",
    "No circuit breaker is open",
    rule="at the caller: open or forced open FAIL; half open, disabled and metrics only WARN; INFO at the callee",
    remedy="Look at the callee: the breaker says that calls to it fail.",
    why="An open breaker refuses the calls before they are made: part of the service is off.",
    runbook="The callee's own checks; the breaker closes by itself when it is well.",
    blocking=True,
)
def breaker_open(view: ServiceView, ask: Question) -> Finding | None:
    """The breakers that the service holds; one held against it counts at the service that holds it."""
    if view.breakers_out:
        findings = [_breaker(said) for said in ask.heard(view.breakers_out)]
        return worst(findings + ask.unheard(view.breakers_out), good=f"{len(findings)} breakers closed")
    return worst([_against(said) for said in view.breakers_in])


def _breaker(said: Said[Breaker]) -> Finding:
    breaker = said.record
    state, name = _STATES[breaker.state], f"{breaker.caller}→{breaker.callee}"
    word = breaker.state.replace("_", " ")
    shed = f", {words.number(breaker.shed_per_s)} requests shed/s" if breaker.shed_per_s else ""
    where = f" at {breaker.instance}" if breaker.instance else ""
    return of_record(
        said,
        state,
        f"{name} {word}{where}{shed}",
        brief="" if state is State.PASS else f"breaker to {breaker.callee} {word}",
        evidence={"breaker": breaker.name, "state": word, "instance": breaker.instance},
        severity=breaker.state is BreakerState.FORCED_OPEN,
    )


def _against(said: Said[Breaker]) -> Finding:
    breaker = said.record
    # A proxy is no service of its own: what it sheds counts here, as resilience.overflow.
    proxy = breaker.caller == said.source.name
    counts = "counts as overflow" if proxy else f"counts at {breaker.caller}"
    return of_record(
        said,
        State.INFO,
        f"{breaker.caller}→{breaker.callee}: {counts}",
        evidence={"breaker": breaker.name, "state": breaker.state.replace("_", " ")},
        severity=2 * (breaker.state is not BreakerState.CLOSED) + (not proxy),
    )


@CHECKS.check(
    "resilience.overflow",
    "No requests are shed",
    rule="requests shed/s 0 PASS, else FAIL; needs two readings",
    remedy="The callee is slower or the load higher than the limits allow: find which before raising them.",
    why="Requests beyond the limits fail at once, without having been tried.",
    limits=Limits.of("<= 0"),
    unit="requests/s",
)
def overflow(view: ServiceView, ask: Question) -> Finding | None:
    """Requests that a proxy refused because the service's cluster was at its limits."""

    def judge(said: Said[Cluster]) -> Finding:
        rate = said.record.overflow_per_s
        state = ask.judge_rate(rate)
        if rate is None:
            return of_record(said, state, f"{_name(said)}: shed requests need two readings", brief="shed unknown")
        return of_record(
            said,
            state,
            f"{words.number(rate)} requests shed/s at {_name(said)}" if rate else "no request shed",
            brief=f"{words.number(rate)} shed/s" if rate else "",
            value=rate,
            unit="requests/s",
            evidence=Row(_row, said.record),
            severity=rate,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "resilience.headroom",
    "The proxy's limits have room",
    rule="smallest share left of a tracked limit > 20 % PASS, > 0 WARN, else FAIL",
    remedy="See whether the callee is slow before raising the limit.",
    why="At the limit the next slow answer sheds requests.",
    limits=Limits.of("> 20%", "> 0%"),
    unit="ratio",
)
def headroom(view: ServiceView, ask: Question) -> Finding | None:
    """What is left of the limits that the proxy tracks; absent where it tracks none."""

    def judge(said: Said[Cluster]) -> Finding | None:
        left = said.record.headroom
        if left is None:
            return None
        return of_record(
            said,
            ask.limits.judge(left),
            f"{words.percent(left)} left at {_name(said)}, passes {ask.wants}",
            brief=f"{words.percent(left)} headroom",
            value=left,
            unit="ratio",
            evidence=Row(_row, said.record),
            severity=-left,
        )

    tracked = any(said.record.headroom is not None for said in view.clusters)
    return _each(view, ask, judge) if tracked else None


@CHECKS.check(
    "resilience.ejected",
    "No host is ejected",
    rule="no host ejected PASS, some WARN, all FAIL",
    remedy="Look at the ejected host's own health check and errors.",
    why="The hosts that are left carry the load of the one that is out.",
)
def ejected(view: ServiceView, ask: Question) -> Finding | None:
    """Hosts that the proxy took out of rotation for their errors."""

    def judge(said: Said[Cluster]) -> Finding:
        cluster = said.record
        if cluster.ejected is None or cluster.members is None:
            return _unknown(said, "ejections not known")
        if not cluster.ejected:
            return of_record(said, State.PASS, "no host ejected", value=0.0)
        state = State.FAIL if cluster.ejected >= cluster.members else State.WARN
        many = f"{cluster.ejected} of {words.plural(cluster.members, 'host')} ejected"
        return of_record(
            said,
            state,
            f"{many} at {_name(said)}",
            brief=many,
            value=float(cluster.ejected),
            evidence=Row(_row, cluster),
            severity=cluster.ejected,
        )

    return _each(view, ask, judge)


@CHECKS.check(
    "resilience.members",
    "Enough members are healthy",
    rule="healthy members above the proxy's panic threshold PASS, at it WARN, below it or none FAIL",
    remedy="Look at the members' health: below its threshold the proxy sends to the sick ones too.",
    why="Below the panic threshold the proxy sends to sick members too, and fails those requests.",
    blocking=True,
    unit="ratio",
)
def members(view: ServiceView, ask: Question) -> Finding | None:
    """Healthy members of the service's cluster against the proxy's panic threshold."""

    def judge(said: Said[Cluster]) -> Finding:
        cluster = said.record
        if cluster.healthy is None or cluster.members is None:
            return _unknown(said, "members not known")
        panic = cluster.panic_ratio or 0.0
        share = cluster.healthy / cluster.members if cluster.members else 0.0
        if not cluster.healthy or share < panic:
            state = State.FAIL
        else:
            state = State.PASS if share > panic or share == 1 else State.WARN
        many = f"{cluster.healthy} of {words.plural(cluster.members, 'member')} healthy"
        return of_record(
            said,
            state,
            f"{many} at {_name(said)}" + ("" if state is State.PASS else f", panic below {words.percent(panic)}"),
            brief=f"{cluster.healthy}/{cluster.members} members",
            value=share,
            unit="ratio",
            threshold=f"PASS > {words.percent(panic)}, WARN = {words.percent(panic)}, else FAIL",
            limit=panic,
            evidence=Row(_row, cluster),
            severity=-share,
        )

    return _each(view, ask, judge)


def _each(view: ServiceView, ask: Question, judge: Callable[[Said[Cluster]], Finding | None]) -> Finding | None:
    """The worst finding over the clusters that lead to the service; a declared one that nobody reports is UNKNOWN."""
    findings = [found for said in ask.heard(view.clusters) if (found := judge(said)) is not None]
    findings += ask.unheard(view.clusters)
    proxies = view.planes.get(Plane.BREAKERS, ())
    if proxies:
        seen = {said.record.name for said in view.clusters}
        findings += [ask.silence(proxies, f"cluster {name}") for name in view.declared.clusters if name not in seen]
    return worst(findings)


def _unknown(said: Said[Cluster], why: str) -> Finding:
    return of_record(said, State.UNKNOWN, f"{_name(said)}: {why}", brief=why, evidence=Row(_row, said.record))


def _name(said: Said[Cluster]) -> str:
    return f"{said.record.proxy}/{said.record.name}"


def _row(cluster: Cluster) -> dict[str, str]:
    """The cluster's numbers and its hosts that are not healthy, as reported."""
    fields = {
        "cluster": cluster.key,
        "members": cluster.members,
        "healthy": cluster.healthy,
        "ejected": cluster.ejected,
        "shed_per_s": cluster.overflow_per_s,
        "failed_per_s": cluster.failed_per_s,
        "headroom": cluster.headroom,
        "at_limit": ", ".join(cluster.at_limit) or None,
    }
    row = {name: str(value) for name, value in fields.items() if value is not None}
    row |= {host.address: " ".join(host.flags) or "not healthy" for host in cluster.hosts[:20] if not host.healthy}
    return row
