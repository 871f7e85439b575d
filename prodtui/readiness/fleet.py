"""The instances of a service as they count: what several registries say of one is merged."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from prodtui.model.records import HealthCheck, HealthStatus, Instance, Phase
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness.check import Question

_BADNESS = {
    HealthStatus.PASSING: 0,
    HealthStatus.UNKNOWN: 1,
    HealthStatus.WARNING: 2,
    HealthStatus.CRITICAL: 3,
}


class Member(NamedTuple):
    """One instance: who reports it, its worst status, and the health checks behind it, worst first."""

    said: Said[Instance]
    phase: Phase
    status: HealthStatus
    checks: tuple[Said[HealthCheck], ...]
    lost: bool
    """No registry that is still heard reports it."""


class Fleet(NamedTuple):
    """The instances that count, and those that left the count."""

    counted: tuple[Member, ...]
    """Worst first."""
    out: tuple[Member, ...]

    def of(self, status: HealthStatus) -> int:
        """How many that count have the status."""
        return sum(member.status is status for member in self.counted)


def fleet(view: ServiceView, ask: Question) -> Fleet:
    """The service's instances, those starting, draining or in maintenance set apart."""
    same: dict[tuple[str, str], list[Said[Instance]]] = defaultdict(list)
    for said in view.instances:
        same[said.record.node, said.record.id].append(said)
    own: dict[str, list[Said[HealthCheck]]] = defaultdict(list)
    nodes: dict[str, list[Said[HealthCheck]]] = defaultdict(list)
    for check in view.health:
        if check.record.service:
            own[check.record.instance].append(check)
        else:
            nodes[check.record.node].append(check)
    members = [
        _member(reports, own.get(instance, []), nodes.get(node, []), ask) for (node, instance), reports in same.items()
    ]
    members.sort(key=lambda m: (-_BADNESS[m.status], m.said.record.key))
    return Fleet(
        counted=tuple(m for m in members if m.phase is Phase.SERVING),
        out=tuple(m for m in members if m.phase is not Phase.SERVING),
    )


def _member(
    reports: list[Said[Instance]], own: list[Said[HealthCheck]], node: list[Said[HealthCheck]], ask: Question
) -> Member:
    heard = ask.heard(reports)
    said = (heard or reports)[0]
    checks = sorted((*own, *node), key=lambda c: (-_BADNESS[_status(c, ask)], c.record.key))
    # A service nobody checks is not healthy because its node is (Consul calls it passing).
    status = _status(checks[0], ask) if own and heard else HealthStatus.UNKNOWN
    return Member(said, _phase(heard, status, ask), status, tuple(checks), lost=not heard)


def _status(check: Said[HealthCheck], ask: Question) -> HealthStatus:
    return HealthStatus.UNKNOWN if ask.lost(check.source) else check.record.status


def _phase(heard: list[Said[Instance]], status: HealthStatus, ask: Question) -> Phase:
    """The phase that some registry gives; starting also while young and not passing yet."""
    for said in heard:
        if said.record.phase is not Phase.SERVING:
            return said.record.phase
    for said in heard:
        born = said.record.registered_at
        if born is not None and ask.now - born < ask.policy.starting_s and status is not HealthStatus.PASSING:
            return Phase.STARTING
    return Phase.SERVING
