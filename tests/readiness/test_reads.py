"""A check declares the planes that it reads: what no reading of theirs touches is not judged again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest

from prodtui.model.declared import DeclaredService
from prodtui.model.record import Plane
from prodtui.model.service_view import ServiceView
from prodtui.readiness.assess import Asking, Assessor
from prodtui.readiness.check import Question
from prodtui.readiness.pillars import CHECKS
from prodtui.readiness.policy import Policy, ServicePart
from prodtui.readiness.rules import Rules
from tests.builders import (
    ALL,
    HANDSHAKES,
    NOW,
    PAYMENTS,
    World,
    alert_rule,
    breaker,
    certificate,
    cluster,
    guarded,
    pool,
    registered,
    role,
    server,
    sli,
    target,
    well,
)

_REGISTRY, _RELEASE = {Plane.REGISTRY}, {Plane.RELEASE}
TOLD_BY: Mapping[str, set[Plane]] = {
    "registered": _REGISTRY,
    "instances": _REGISTRY,
    "health": {Plane.REGISTRY, Plane.PROBES},
    "versions": _REGISTRY,
    "pools": {Plane.POOLS},
    "pool_sizes": {Plane.POOLS},
    "servers": {Plane.POOLS},
    "sessions": {Plane.POOLS},
    "roles": {Plane.POOLS},
    "breakers_out": {Plane.BREAKERS, Plane.METRICS},
    "breakers_in": {Plane.BREAKERS, Plane.METRICS},
    "clusters": {Plane.BREAKERS},
    "slis": {Plane.METRICS},
    "targets": {Plane.METRICS},
    "alerts": {Plane.METRICS},
    "rules": {Plane.METRICS},
    "watchdogs": {Plane.METRICS},
    "silences": {Plane.METRICS},
    "traffic": {Plane.METRICS},
    "certificates": _RELEASE,
    "guarded": _RELEASE,
    "configurations": _RELEASE,
    "scans": _RELEASE,
    "migrations": _RELEASE,
}
"""Which planes tell what a view holds; measurements are told by whoever the policy asked."""


class Watched:
    """A view that remembers what was looked at."""

    def __init__(self, view: ServiceView) -> None:
        self.view = view
        self.looked_at: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.looked_at.add(name)
        return getattr(self.view, name)


def _views() -> list[ServiceView]:
    """A service that much is known of, and one of which nothing is."""
    world = World(PAYMENTS, sources=(*ALL, HANDSHAKES))
    world.tell("consul", *registered("payments", 2)).tell("pgbouncer", pool()).tell("postgres", server(), role())
    world.tell("envoy", cluster()).tell("handshakes", certificate(), guarded("/admin", 401))
    world.tell("prometheus", alert_rule(), sli("payments"), target("payments"), breaker("payments", "ledger"))
    nothing = ServiceView(name="x", declared=DeclaredService(name="x"), is_declared=True)
    return [world.views()["payments"], nothing]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_looks_at_nothing_that_other_planes_tell(name: str) -> None:
    check = CHECKS[name]
    asked = ServicePart(required=("KEY",), migrations=("payments", "select 1"))
    limits = check.limits
    for view in _views():
        watched = Watched(view)
        question = Question(Policy(), NOW, limits=limits, unit=check.unit, part=asked, turns={})
        check.judge(cast("ServiceView", watched), question)
        read = set(check.reads)
        assert {look for look in watched.looked_at if look in TOLD_BY and not TOLD_BY[look] & read} == set()


def test_what_a_check_looks_at_is_judged_again_and_the_rest_stands() -> None:
    view, rules = well().views()["payments"], Rules(Policy(), CHECKS)
    assessor, later = (Assessor(rules, now, Asking()) for now in (NOW, NOW + 5))
    first = assessor.service(view)
    again = later.service(view, assessor.found["payments"], {Plane.POOLS})
    assert (again.verdict, again.score) == (first.verdict, first.score)
    stands = [
        old
        for old, new in zip(assessor.found["payments"].outcomes, later.found["payments"].outcomes, strict=True)
        if old is new
    ]
    assert {Plane.POOLS in outcome.ruled.reads for outcome in stands} == {False}
    assert len(stands) < len(first.checks)
