"""Availability: the service's instances in the registry, and their health checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from prodtui.model.assessment import State
from prodtui.model.freshness import SourceState
from prodtui.model.records import HealthStatus, Phase, Plane
from prodtui.model.service_view import ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import MOST_SUBJECTS, Finding, Row, of_record, worst
from prodtui.readiness.fleet import Fleet, Member, fleet

CHECKS = Checks(Plane.REGISTRY, Plane.PROBES)
# Consul's own pseudo checks: they say that somebody took the instance out, not how it is.
_MAINTENANCE = ("_service_maintenance", "_node_maintenance")


@CHECKS.check(
    "availability.passing",
    "Instances pass their health checks",
    rule="all passing PASS; at least 80 % and the tier's minimum WARN; else FAIL",
    remedy="Open the instance's failing health check: its output names what is wrong.",
    why="What does not pass gets no traffic: the rest carries its share.",
    runbook="The failing check's output, then the instance's own log.",
    blocking=True,
    limits=Limits.of(">= 100%", ">= 80%"),
    unit="ratio",
)
def passing(view: ServiceView, ask: Question) -> Finding | None:
    """The share of the counted instances that pass. What is not known decides only where it could change the state."""
    if not _sources(view, ask):
        return None
    found = fleet(view, ask)
    if not found.counted:
        return _nobody(view, ask, found)
    total, good, unknown = len(found.counted), found.of(HealthStatus.PASSING), found.of(HealthStatus.UNKNOWN)
    at_worst = _passing_state(good, total, view, ask)
    at_best = _passing_state(good + unknown, total, view, ask) if unknown else at_worst
    state = at_best if at_best in (at_worst, State.FAIL) else State.UNKNOWN
    value = None if state is State.UNKNOWN else good / total
    if state is State.UNKNOWN:
        lost = worst([*ask.unheard(view.instances), *ask.unheard(view.health)])
        brief = lost.brief if lost else f"{unknown}/{total} not checked"
        reason = lost.reason if lost else f"{good} of {total} passing, {unknown} unknown"
    else:
        brief = "" if state is State.PASS else f"{good}/{total} passing"
        reason = f"{good} of {total} passing{_fails_below(state, ask)}"
    return _of_fleet(found, ask, state, reason + _out(found), brief=brief, value=value, unit="ratio")


def _passing_state(good: int, total: int, view: ServiceView, ask: Question) -> State:
    state = ask.limits.judge(good / total)
    too_few = state is State.WARN and good < ask.policy.minimum(view.declared.tier)
    return State.FAIL if too_few else state


def _fails_below(state: State, ask: Question) -> str:
    if state is State.PASS:
        return ""
    edge = (ask.limits.warns or ask.limits.passes).edge
    return "" if edge is None else f", fails below {words.measure(edge, 'ratio')}"


@CHECKS.check(
    "availability.min_instances",
    "Enough instances pass",
    rule="at least the declared tier's minimum (A 3, B 2, C 1) pass",
    remedy="Start more instances, or declare the tier that the service really has.",
    why="One instance less than the tier wants, and the next failure is an outage.",
    blocking=True,
)
def min_instances(view: ServiceView, ask: Question) -> Finding | None:
    """Passing instances against the minimum of the tier."""
    if not _sources(view, ask):
        return None
    found = fleet(view, ask)
    if not found.counted and not found.out:
        return _nobody(view, ask, found)
    wanted = ask.policy.minimum(view.declared.tier)
    good, unknown = found.of(HealthStatus.PASSING), found.of(HealthStatus.UNKNOWN)
    # A lost registry may know of more instances; a lost probe only of how they are.
    lost = [source for source in view.planes.get(Plane.REGISTRY, ()) if ask.lost(source)]
    who = f"tier {view.declared.tier} wants {wanted}" if view.declared.tier else f"{wanted} wanted"
    short = State.UNKNOWN if lost or good + unknown >= wanted else State.FAIL
    state = State.PASS if good >= wanted else short
    reason, brief = f"{good} passing, {who}{_out(found)}", f"{good} of {wanted} instances"
    if state is State.UNKNOWN:
        silence = ask.silence(lost, view.name) if lost else None
        reason = silence.reason if silence else f"{good} passing and {unknown} unknown, {who}"
        brief = silence.brief if silence else f"{unknown} instances unknown"
    return _of_fleet(
        found,
        ask,
        state,
        reason,
        brief="" if state is State.PASS else brief,
        value=None if state is State.UNKNOWN else float(good),
        threshold=f"PASS >= {wanted}",
        limit=float(wanted),
    )


@CHECKS.check(
    "availability.present",
    "The service is registered",
    rule="a service that is declared, or was in the last accepted evaluation, is registered; else UNKNOWN",
    remedy="Start it, or remove it from the configuration when it is retired.",
    why="A service that vanished shows no failing check: absence must not read as health.",
    blocking=True,
)
def present(view: ServiceView, ask: Question) -> Finding | None:
    """Absence may be a crash or a retirement: it is UNKNOWN until somebody says which."""
    sources = _sources(view, ask)
    if not sources or not view.is_declared:
        return None
    instances, services = ask.heard(view.instances), ask.heard(view.registered)
    by = sorted({said.source.name for said in instances} | {said.source.name for said in services})
    if not by:
        return ask.silence(sources, view.name)
    reason = f"registered in {', '.join(by)}"
    if instances:
        return of_record(instances[0], State.PASS, reason)
    return of_record(services[0], State.PASS, reason)


@CHECKS.check(
    "availability.has_check",
    "Something checks the service's health",
    rule="at least one service-level health check; a node's check or mere presence says nothing of the service",
    remedy="Register a health check with the service, or probe it directly (a source of kind http).",
    why="A registry calls healthy what nothing checks, whatever happens to it.",
    blocking=True,
)
def has_check(view: ServiceView, ask: Question) -> Finding | None:
    """A service without checks is vacuously healthy in a registry."""
    sources = _sources(view, ask)
    if not sources:
        return None
    own = [c for c in view.health if c.record.service and not c.record.id.startswith(_MAINTENANCE)]
    heard = ask.heard(own)
    if heard:
        return Finding(
            state=State.PASS,
            reason=words.plural(len(heard), "service-level check"),
            value=float(len(heard)),
            observed_at=heard[0].source.read_at,
            source=heard[0].source.name,
            subjects=tuple(sorted([check.subject for check in heard]))[:MOST_SUBJECTS],
        )
    if own or any(ask.lost(source) for source in sources) or not view.instances:
        return worst(ask.unheard(own)) or ask.silence(sources, view.name)
    return of_record(
        view.instances[0], State.FAIL, "no health check: a registry calls it healthy whatever happens", brief="no check"
    )


@CHECKS.check(
    "availability.maintenance",
    "No instance is in maintenance",
    rule="no instance in maintenance PASS, else WARN",
    remedy="End the maintenance mode when the work is done.",
    why="Maintenance that was forgotten is capacity that is missing.",
)
def maintenance(view: ServiceView, ask: Question) -> Finding | None:
    """Instances that somebody took out of service."""
    if not _sources(view, ask) or not view.instances:
        return None
    found = fleet(view, ask)
    out = [member for member in found.out if member.phase is Phase.MAINTENANCE]
    if out:
        names = words.listed(member.said.record.id for member in out)
        return worst(
            [of_record(m.said, State.WARN, f"{names} in maintenance", brief=f"{len(out)} in maintenance") for m in out]
        )
    lost = ask.unheard(view.instances)
    return worst(lost) or of_record(view.instances[0], State.PASS, "no instance in maintenance")


@CHECKS.check(
    "availability.flapping",
    "Health checks do not flap",
    rule="no health check turned for the worse 3 times within the hour PASS, else WARN; absent where nobody watched",
    remedy="Open the health check: often its timeout is near the usual answer time, or the instance restarts.",
    why="What comes and goes moves traffic about and hides how often it fails.",
    limits=Limits.of("< 3", "< inf"),
)
def flapping(view: ServiceView, ask: Question) -> Finding | None:
    """How often the service's own health checks turned for the worse while somebody watched."""
    checks = [said for said in ask.heard(view.health) if said.record.service]
    if ask.turns is None or not checks:
        return None
    found = []
    for said in checks:
        turns = ask.turns.get(said.subject, 0)
        name = f"{said.record.instance} {said.record.name}".strip()
        state = ask.limits.judge(float(turns))
        often = "once" if turns == 1 else f"{turns} times"
        reason = f"{name} turned {often} within the hour" if turns else "no health check flaps"
        found.append(of_record(said, state, reason, brief=f"{name} flaps", value=float(turns), severity=float(turns)))
    return worst(found)


def _sources(view: ServiceView, ask: Question) -> tuple[SourceState, ...]:
    return ask.once(_registries, view)


def _registries(view: ServiceView, _: Question) -> tuple[SourceState, ...]:
    return (*view.planes.get(Plane.REGISTRY, ()), *view.planes.get(Plane.PROBES, ()))


def _nobody(view: ServiceView, ask: Question, found: Fleet) -> Finding:
    if found.out:
        return _of_fleet(found, ask, State.UNKNOWN, f"no instance in service{_out(found)}", brief="none in service")
    registered = worst(ask.unheard(view.registered))
    return registered or ask.silence(_sources(view, ask), f"{view.name}'s instances")


def _out(found: Fleet) -> str:
    if not found.out:
        return ""
    phases = Counter(member.phase for member in found.out)
    return f" ({', '.join(f'{count} {phase}' for phase, count in sorted(phases.items()))})"


def _of_fleet(
    found: Fleet,
    ask: Question,
    state: State,
    reason: str,
    *,
    brief: str = "",
    value: float | None = None,
    unit: str = "",
    threshold: str = "",
    limit: float | None = None,
) -> Finding:
    return msgspec.structs.replace(
        ask.once(_seen, found),
        state=state,
        reason=reason,
        brief=brief,
        value=value,
        unit=unit,
        threshold=threshold,
        limit=limit,
    )


def _seen(found: Fleet, _: Question) -> Finding:
    """The instances as evidence, before they are judged."""
    members = found.counted or found.out
    times = [member.said.source.read_at for member in members]
    return Finding(
        State.UNKNOWN,
        "",
        observed_at=min([at for at in times if at is not None], default=None),
        source=members[0].said.source.name,
        evidence=Row(_row, members),
        subjects=tuple(dict.fromkeys([key for member in members for key in _subjects(member)]))[:MOST_SUBJECTS],
    )


def _row(members: Sequence[Member]) -> dict[str, str]:
    return {member.said.record.id: _evidence(member) for member in members[:20]}


def _evidence(member: Member) -> str:
    if member.lost:
        return f"unknown: {member.said.source.name} is lost"
    if not member.checks:
        return "unknown: no health check"
    check = member.checks[0].record
    said = words.first_line(check.output)
    return f"{member.status}: {check.name}{': ' if said else ''}{said}"


def _subjects(member: Member) -> tuple[str, ...]:
    if member.checks:
        return tuple([check.subject for check in member.checks])
    return (member.said.subject,)
