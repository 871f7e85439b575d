"""Instances and their health checks."""

from __future__ import annotations

from prodtui.model.assessment import State, Verdict
from prodtui.model.declared import DeclaredService, DeclaredSource, Tier
from prodtui.model.records import AnyRecord, HealthCheck, Phase, Plane, Service
from prodtui.readiness.assess import Asking, assess, assess_snapshot
from prodtui.readiness.history import History
from prodtui.readiness.policy import Policy
from tests.builders import (
    CONSUL,
    CRITICAL,
    NOW,
    PAYMENTS,
    PROMETHEUS,
    WARNING,
    World,
    health,
    instance,
    registered,
    well,
)

ETCD = DeclaredSource(name="etcd", kind="etcd", plane=Plane.REGISTRY)
PROBES = DeclaredSource(name="probes", kind="http", plane=Plane.PROBES)


def fleet(passing: int, critical: int, *more: AnyRecord, tier: Tier | None = Tier.B) -> World:
    """Consul with so many instances of payments that pass, then so many that do not."""
    numbers = range(1, passing + critical + 1)
    service = DeclaredService(name="payments", tier=tier)
    return World(service, sources=(CONSUL,)).tell(
        "consul",
        Service(name="payments"),
        *(instance("payments", number) for number in numbers),
        *(
            health("payments", n, output="timeout", status=CRITICAL) if n > passing else health("payments", n)
            for n in numbers
        ),
        *more,
    )


def state(world: World, check: str, now: float = NOW) -> State | None:
    found = world.result("payments", f"availability.{check}", now=now)
    return found.state if found else None


def test_one_of_two_passing_fails_and_names_the_failing_check_first() -> None:
    found = fleet(1, 1).result("payments", "availability.passing")
    assert found is not None
    assert (found.state, found.reason, found.value) == (State.FAIL, "1 of 2 passing, fails below 80 %", 0.5)
    assert found.subjects[0] == "health:consul:lab/ready:payments-2"
    assert found.evidence["payments-2"] == "critical: ready: timeout"
    assert fleet(1, 1).judged("payments").why.startswith("1/2 passing")


def test_passing_from_eighty_percent_and_the_minimum_warns() -> None:
    assert state(fleet(4, 1), "passing") is State.WARN
    assert state(fleet(3, 1), "passing") is State.FAIL
    assert state(fleet(5, 0), "passing") is State.PASS


def test_a_share_above_eighty_percent_does_not_make_up_for_the_minimum() -> None:
    policy = Policy(tier_minimum={Tier.A: 3, Tier.B: 5, Tier.C: 1})
    found = fleet(4, 1).result("payments", "availability.passing", policy)
    assert found is not None
    assert found.state is State.FAIL


def test_a_warning_is_not_passing() -> None:
    assert state(fleet(0, 0, *registered("payments", 2, WARNING)), "passing") is State.FAIL


def test_the_minimum_is_the_declared_tiers_else_one() -> None:
    assert state(fleet(2, 0, tier=Tier.A), "min_instances") is State.FAIL
    assert state(fleet(2, 0, tier=Tier.B), "min_instances") is State.PASS
    assert state(fleet(1, 0, tier=Tier.C), "min_instances") is State.PASS
    assert state(fleet(1, 0, tier=None), "min_instances") is State.PASS
    found = fleet(1, 1).result("payments", "availability.min_instances")
    assert found is not None
    assert found.reason == "1 passing, tier B wants 2"


def test_a_critical_node_takes_its_instances_with_it() -> None:
    node = HealthCheck(id="serfHealth", name="Serf", node="lab", status=CRITICAL)
    assert state(fleet(2, 0, node), "passing") is State.FAIL


def test_instances_starting_draining_or_in_maintenance_leave_the_count() -> None:
    for phase in (Phase.STARTING, Phase.DRAINING, Phase.MAINTENANCE):
        world = fleet(2, 0, instance("payments", 3, phase=phase), health("payments", 3, CRITICAL))
        assert state(world, "passing") is State.PASS
    found = world.result("payments", "availability.passing")
    assert found is not None
    assert found.reason == "2 of 2 passing (1 maintenance)"
    assert state(world, "maintenance") is State.WARN
    assert state(fleet(2, 0), "maintenance") is State.PASS


def test_a_young_instance_that_does_not_pass_yet_leaves_the_count_for_a_minute() -> None:
    world = fleet(2, 0, instance("payments", 3, registered_at=NOW - 50), health("payments", 3, CRITICAL))
    assert state(world, "passing") is State.PASS
    assert state(world, "passing", now=NOW + 10) is State.FAIL
    young = fleet(1, 0, instance("payments", 2, registered_at=NOW - 5), health("payments", 2))
    assert state(young, "min_instances") is State.PASS


def test_nobody_in_service_is_not_known_to_pass_and_is_too_few() -> None:
    world = fleet(0, 0, instance("payments", 1, phase=Phase.DRAINING))
    assert state(world, "passing") is State.UNKNOWN
    assert state(world, "min_instances") is State.FAIL


def test_an_instance_that_nothing_checks_is_unknown() -> None:
    world = fleet(2, 0, instance("payments", 3))
    found = world.result("payments", "availability.passing")
    assert found is not None
    assert (found.state, found.reason) == (State.UNKNOWN, "2 of 3 passing, 1 unknown")


def test_what_is_unknown_does_not_excuse_what_fails_anyhow() -> None:
    assert state(fleet(1, 1, instance("payments", 3)), "passing") is State.FAIL


def test_a_service_without_checks_fails_for_that() -> None:
    world = World(PAYMENTS, sources=(CONSUL,)).tell("consul", Service(name="payments"), instance("payments"))
    assert state(world, "has_check") is State.FAIL
    assert state(fleet(1, 0), "has_check") is State.PASS


def test_a_nodes_check_or_maintenance_mode_is_no_check_of_the_service() -> None:
    world = World(PAYMENTS, sources=(CONSUL,)).tell(
        "consul",
        instance("payments", phase=Phase.MAINTENANCE),
        HealthCheck(id="serfHealth", name="Serf", node="lab"),
        health("payments", id="_service_maintenance:payments-1", status=CRITICAL),
    )
    assert state(world, "has_check") is State.FAIL


def test_a_declared_service_that_is_absent_is_unknown() -> None:
    world = World(PAYMENTS, sources=(CONSUL,)).tell("consul", *registered("other", 1))
    for check in ("present", "passing", "min_instances", "has_check"):
        assert state(world, check) is State.UNKNOWN
    found = world.result("payments", "availability.present")
    assert found is not None
    assert found.reason == "payments: not reported by consul"
    assert world.result("other", "availability.present") is None


def test_a_service_of_the_last_accepted_evaluation_that_is_gone_is_unknown() -> None:
    world = World(sources=(CONSUL,)).tell("consul", *registered("other", 1))
    judged = assess_snapshot(world.snapshot, Policy(), History(accepted={"payments": Tier.B}), NOW).service("payments")
    assert judged is not None
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert [c.state for c in judged.checks if c.id == "availability.present"] == [State.UNKNOWN]


def test_a_lost_registry_leaves_all_that_it_said_unknown() -> None:
    world = fleet(2, 0).fail("consul", at=NOW + 20)
    for check in ("passing", "min_instances", "present", "has_check", "maintenance"):
        assert state(world, check, now=NOW + 20) is State.UNKNOWN
    found = world.result("payments", "availability.passing", now=NOW + 20)
    assert found is not None
    assert (found.reason, found.value) == ("consul lost (refused): consul refused", None)
    assert found.age_s == 20


def test_a_stale_registry_is_still_assessed_and_its_age_shown() -> None:
    world = fleet(2, 0).fail("consul", at=NOW + 10)
    found = world.result("payments", "availability.passing", now=NOW + 10)
    assert found is not None
    assert (found.state, found.age_s) == (State.PASS, 10)


def test_two_registries_are_merged() -> None:
    world = World(DeclaredService(name="payments", tier=Tier.B), sources=(CONSUL, ETCD))
    world.tell("consul", *registered("payments", 2)).tell("etcd", instance("payments", 1), instance("payments", 3))
    found = world.result("payments", "availability.passing")
    assert found is not None
    assert found.reason == "2 of 3 passing, 1 unknown"


def test_what_a_lost_second_registry_said_is_unknown() -> None:
    world = World(DeclaredService(name="payments", tier=Tier.B), sources=(CONSUL, ETCD))
    world.tell("etcd", instance("payments", 3), health("payments", 3)).tell(
        "consul", *registered("payments", 2), at=NOW + 20
    )
    assert state(world, "passing", now=NOW + 20) is State.UNKNOWN
    assert state(world, "min_instances", now=NOW + 20) is State.PASS
    assert state(world, "present", now=NOW + 20) is State.PASS


def test_direct_probes_are_health_checks_of_instances_without_any() -> None:
    world = World(DeclaredService(name="payments", tier=Tier.B), sources=(ETCD, PROBES))
    world.tell("etcd", instance("payments", 1), instance("payments", 2))
    assert state(world, "has_check") is State.UNKNOWN
    world.tell("probes", health("payments", 1, kind="probe"), health("payments", 2, CRITICAL, kind="probe"))
    assert state(world, "has_check") is State.PASS
    assert state(world, "passing") is State.FAIL


def test_without_a_registry_the_pillar_is_absent() -> None:
    world = World(PAYMENTS, sources=(PROMETHEUS,))
    assert not [c for c in world.judged("payments").checks if c.pillar == "availability"]


def test_a_service_that_vanishes_improves_nothing() -> None:
    whole = well()
    before = whole.assess()
    whole.tell("consul", *registered("checkout", 2))
    after = whole.assess()
    assert before.verdict is Verdict.READY
    assert after.verdict is Verdict.INCONCLUSIVE
    assert after.score < before.score


def test_a_check_that_comes_and_goes_warns_and_is_named_where_somebody_watched() -> None:
    views = fleet(2, 0).views()

    def flapping(turns: dict[str, int] | None) -> tuple[State, str] | None:
        service = assess(views, Policy(), NOW, Asking(turns=turns)).service("payments")
        assert service is not None
        return next(((c.state, c.reason) for c in service.checks if c.id == "availability.flapping"), None)

    assert flapping(None) is None
    assert flapping({}) == (State.PASS, "no health check flaps")
    found = flapping({"health:consul:lab/ready:payments-2": 3})
    assert found is not None
    assert found[0] is State.WARN
    assert found[1].startswith("payments-2 ready turned 3 times within the hour")
