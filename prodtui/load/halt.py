"""When a load must stop: what it harms that it was not meant to try. Pure.

What a load may do to the service that it tries, and to whom that calls: slow them down, fill their pools and databases,
open their breakers. Anything that fails besides, there or anywhere else, and did not before, is another reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.model.assessment import CheckResult, State, Verdict
from prodtui.model.moment import Moment
from prodtui.timeline.dependencies import Graph, dependencies

TRIED = frozenset({"performance", "data", "resilience"})
"""Pillars that a load is there to try."""


def harmed(before: Moment, now: Moment, service: str) -> str:
    """Why the load must stop; empty: it may go on. `before`: the moment before it began.

    Only a NOT_READY environment stops a load; what blocked it before the load is no reason of the load's.
    """
    if now.assessment.verdict is not Verdict.NOT_READY:
        return ""
    known = {(name, check.id) for name, check in blocking(before)}
    own = tried(before, service)
    for name, check in blocking(now):
        if (name, check.id) not in known and not (name in own and check.pillar in TRIED):
            return f"{name} is NOT_READY: {check.reason}"
    return ""


def tried(moment: Moment, service: str) -> frozenset[str]:
    """The service and all that it calls, however far."""
    graph, found = dependencies(moment.snapshot), {service} - {""}
    while more := {callee for name in found for callee in _calls(graph, name)} - found:
        found |= more
    return frozenset(found)


def blocking(moment: Moment) -> Iterator[tuple[str, CheckResult]]:
    """The checks that make services NOT_READY, by the service's name."""
    for service in moment.assessment.services:
        for check in service.checks:
            if check.state is State.FAIL and check.blocking and not check.waived:
                yield service.name, check


def _calls(graph: Graph, name: str) -> tuple[str, ...]:
    return tuple(callee for callee in graph.calls(name) if callee not in graph.external)
