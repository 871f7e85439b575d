"""The instances of a service as they count: what several registries say of one is merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from prodtui.model.records import HealthCheck, HealthStatus, Instance, Phase
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness.check import Question

_BADNESS = {
    HealthStatus.PASSING: 0,
    HealthStatus.UNKNOWN: 1,
    HealthStatus.WARNING: 2,
    HealthStatus.CRITICAL: 3,
}


class Member(msgspec.Struct, frozen=True, gc=False):
    """One instance: who reports it, its worst status, and the health checks behind it, worst first."""

    said: Said[Instance]
    phase: Phase
    status: HealthStatus
    checks: tuple[Said[HealthCheck], ...]
    lost: bool
    """No registry that is still heard reports it."""


class Fleet(msgspec.Struct, frozen=True, gc=False):
    """The instances that count, and those that left the count."""

    counted: tuple[Member, ...]
    """Worst first."""
    out: tuple[Member, ...]

    def of(self, status: HealthStatus) -> int:
        """How many that count have the status."""
        return [member.status for member in self.counted].count(status)


def fleet(view: ServiceView, ask: Question) -> Fleet:
    """The service's instances, those starting, draining or in maintenance set apart."""
    return ask.once(_fleet, view)


def _fleet(view: ServiceView, ask: Question) -> Fleet:
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
    members.sort(key=_worst_first)
    serving = [member for member in members if member.phase is Phase.SERVING]
    if len(serving) == len(members):
        return Fleet(tuple(members), ())
    return Fleet(tuple(serving), tuple([member for member in members if member.phase is not Phase.SERVING]))


def _worst_first(member: Member) -> tuple[int, str, str]:
    instance = member.said.record
    return -_BADNESS[member.status], instance.node, instance.id


def _member(
    reports: list[Said[Instance]], own: list[Said[HealthCheck]], node: list[Said[HealthCheck]], ask: Question
) -> Member:
    heard = ask.heard(reports)
    said = (heard or reports)[0]
    checks = [*own, *node]
    if len(checks) > 1:
        checks.sort(key=lambda check: (-_BADNESS[_status(check, ask)], check.record.key))
    # A service nobody checks is not healthy because its node is (Consul calls it passing).
    status = _status(checks[0], ask) if own and heard else HealthStatus.UNKNOWN
    return Member(said, _phase(heard, status, ask), status, tuple(checks), lost=not heard)


def _status(check: Said[HealthCheck], ask: Question) -> HealthStatus:
    return HealthStatus.UNKNOWN if ask.lost(check.source) else check.record.status


def _phase(heard: Sequence[Said[Instance]], status: HealthStatus, ask: Question) -> Phase:
    """The phase that some registry gives; starting also while young and not passing yet."""
    for said in heard:
        if said.record.phase is not Phase.SERVING:
            return said.record.phase
    if status is HealthStatus.PASSING:
        return Phase.SERVING
    for said in heard:
        born = said.record.registered_at
        if born is not None and ask.now - born < ask.policy.starting_s:
            return Phase.STARTING
    return Phase.SERVING
