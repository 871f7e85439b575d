"""Circuit breakers count at the caller, a proxy's clusters at the service that they lead to."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from prodtui.model.assessment import CheckResult, State
from prodtui.model.declared import DeclaredService
from prodtui.model.records import BreakerState, Host
from tests.builders import CHECKOUT, ENVOY, NOW, PAYMENTS, PROMETHEUS, World, breaker, cluster

P, W, F, U = State.PASS, State.WARN, State.FAIL, State.UNKNOWN


def found(world: World, check: str, service: str = "payments", **options: Any) -> CheckResult:
    result = world.result(service, f"resilience.{check}", **options)
    assert result is not None
    return result


def proxied(**fields: Any) -> World:
    return World(PAYMENTS, sources=(ENVOY,)).tell("envoy", cluster(**fields))


def guarded(state: BreakerState, **fields: Any) -> World:
    world = World(PAYMENTS, CHECKOUT, sources=(PROMETHEUS,))
    return world.tell("prometheus", breaker("checkout", "payments", state, **fields))


@pytest.mark.parametrize(
    ("breaker_state", "state"),
    [
        (BreakerState.CLOSED, P),
        (BreakerState.OPEN, F),
        (BreakerState.FORCED_OPEN, F),
        (BreakerState.HALF_OPEN, W),
        (BreakerState.DISABLED, W),
        (BreakerState.METRICS_ONLY, W),
        (BreakerState.UNKNOWN, U),
    ],
)
def test_a_breaker_counts_at_the_caller(breaker_state: BreakerState, state: State) -> None:
    world = guarded(breaker_state)
    assert found(world, "breaker_open", "checkout").state is state
    callee = found(world, "breaker_open", "payments")
    assert (callee.state, callee.reason) == (State.INFO, "checkout→payments: counts at checkout")


def test_one_open_breaker_of_many_speaks() -> None:
    world = guarded(BreakerState.CLOSED, instance="checkout-1")
    world.tell("prometheus", breaker("checkout", "payments", BreakerState.OPEN, instance="checkout-2"), keyframe=False)
    opened = found(world, "breaker_open", "checkout")
    assert opened.reason == "checkout→payments open at checkout-2"
    assert world.judged("checkout").why.startswith("breaker to payments open")


def test_a_proxys_breaker_counts_as_overflow_of_the_callee() -> None:
    world = proxied(overflow_per_s=12.0)
    world.tell("envoy", breaker("envoy", "payments", BreakerState.OPEN), keyframe=False)
    assert found(world, "breaker_open").state is State.INFO
    overflow = found(world, "overflow")
    assert (overflow.state, overflow.reason) == (F, "12 requests shed/s at envoy/payments")


@pytest.mark.parametrize(
    ("fields", "check", "state"),
    [
        ({}, "overflow", P),
        ({"overflow_per_s": 0.1}, "overflow", F),
        ({"overflow_per_s": None}, "overflow", U),
        ({"headroom": 0.21}, "headroom", P),
        ({"headroom": 0.2}, "headroom", W),
        ({"headroom": 0.0}, "headroom", F),
        ({}, "ejected", P),
        ({"ejected": 1}, "ejected", W),
        ({"ejected": 2}, "ejected", F),
        ({"ejected": None}, "ejected", U),
        ({}, "members", P),
        ({"members": 3}, "members", P),
        ({"healthy": 1}, "members", W),
        ({"members": 3, "healthy": 1}, "members", F),
        ({"healthy": 0}, "members", F),
        ({"members": 0, "healthy": 0}, "members", F),
        ({"healthy": 1, "panic_ratio": None}, "members", P),
        ({"healthy": 0, "panic_ratio": None}, "members", F),
        ({"members": None}, "members", U),
        ({"healthy": 2, "panic_ratio": 1.0}, "members", P),
    ],
)
def test_clusters(fields: dict[str, Any], check: str, state: State) -> None:
    assert found(proxied(**fields), check).state is state


def test_limits_that_nobody_tracks_are_no_check() -> None:
    assert proxied(headroom=None).result("payments", "resilience.headroom") is None


def test_one_reading_alone_cannot_show_shed_requests() -> None:
    assert found(proxied(overflow_per_s=None), "overflow", single_reading=True).state is State.INFO


def test_sick_hosts_are_in_the_evidence() -> None:
    sick = Host(address="127.0.0.1:9", healthy=False, flags=("failed_active_health_check",))
    members = found(proxied(healthy=0, members=1, hosts=(sick,)), "members")
    assert members.evidence["127.0.0.1:9"] == "failed_active_health_check"


def test_a_declared_cluster_that_nobody_reports_is_unknown() -> None:
    world = World(PAYMENTS, sources=(ENVOY,))
    assert found(world, "members").reason == "envoy lost (never read)"
    world.tell("envoy", cluster("other"))
    assert found(world, "members").reason == "cluster payments: not reported by envoy"


def test_a_canarys_cluster_is_judged_where_there_is_one_and_missed_nowhere() -> None:
    declared = msgspec.structs.replace(PAYMENTS, canary_clusters=("payments-canary",))
    world = World(declared, sources=(ENVOY,)).tell("envoy", cluster())
    assert found(world, "members").state is P
    world.tell("envoy", cluster(), cluster("payments-canary", members=1, healthy=0))
    assert found(world, "members").reason.startswith("0 of 1 member healthy at envoy/payments-canary")


def test_a_lost_proxy_leaves_its_clusters_unknown() -> None:
    for check in ("overflow", "headroom", "ejected", "members"):
        assert found(proxied(), check, now=NOW + 60).state is U


def test_a_service_that_no_proxy_leads_to_has_no_resilience_pillar() -> None:
    world = World(DeclaredService(name="payments"), sources=(ENVOY,)).tell("envoy", cluster("other"))
    assert not [c for c in world.judged("payments").checks if c.pillar == "resilience"]
