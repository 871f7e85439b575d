"""When a load must stop: what it harms that it was not meant to try. Pure.

What a load may do to the service that it tries, and to all that this calls: slow them down, fill their pools and
databases, open their breakers, keep them from answering health checks and scrapes in time. An instance of theirs that
died, anything else that fails there, and whatever fails anywhere else is another reason, unless it failed before.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodtui.model.assessment import CheckResult, State, Verdict
from prodtui.model.moment import Moment
from prodtui.model.records import HealthCheck, Instance
from prodtui.timeline.dependencies import dependencies

TRIED = frozenset({"performance", "data", "resilience"})
"""Pillars that a load is there to try."""
ANSWERS = frozenset({"availability", "observability"})
"""What a service that is too busy fails too: it answers neither its health checks nor its scrapes in time."""
REFUSED = "refused"
"""What a health check says of a port on which nobody listens; a server that is only busy lets it wait."""


def harmed(before: Moment, now: Moment, service: str) -> str:
    """Why the load must stop; empty: it may go on. `before`: the moment before it began.

    Only a NOT_READY environment stops a load; what blocked it before the load is no reason of the load's.
    """
    if now.assessment.verdict is not Verdict.NOT_READY:
        return ""
    known = {(name, check.id) for name, check in blocking(before)}
    own = tried(before, service)
    for name, check in blocking(now):
        if (name, check.id) in known:
            continue
        busy = check.pillar in ANSWERS and not died(before, now, name)
        if name not in own or not (check.pillar in TRIED or busy):
            return f"{name} is NOT_READY: {check.reason}"
    return ""


def died(before: Moment, now: Moment, service: str) -> bool:
    """Whether an instance is gone that was there before, or nobody listens any more where it did."""
    there, here = (_instances(moment, service) for moment in (before, now))
    deaf, was_deaf = (_refusing(moment, service) for moment in (now, before))
    return bool(there - here or deaf - was_deaf)


def tried(moment: Moment, service: str) -> frozenset[str]:
    """The service and all that it calls, however far."""
    return dependencies(moment.snapshot).below([service] if service else [])


def blocking(moment: Moment) -> Iterator[tuple[str, CheckResult]]:
    """The checks that make services NOT_READY, by the service's name."""
    for service in moment.assessment.services:
        for check in service.checks:
            if check.state is State.FAIL and check.blocking and not check.waived:
                yield service.name, check


def _instances(moment: Moment, service: str) -> frozenset[str]:
    return frozenset(one.id for one in moment.snapshot.of(Instance).values() if one.service == service)


def _refusing(moment: Moment, service: str) -> frozenset[str]:
    """The health checks that found nobody listening."""
    checks = moment.snapshot.of(HealthCheck).values()
    return frozenset(one.key for one in checks if one.service == service and REFUSED in one.output.casefold())
