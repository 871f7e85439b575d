"""A load stops for what it harms, and goes on with what it is there to try."""

from __future__ import annotations

from prodtui.load.halt import blocking, harmed, tried
from tests.builders import CRITICAL, NOW, World, health, pool, registered, sli, well
from tests.load.loads import moment

BEFORE = moment(well())


def test_what_the_service_and_its_callees_suffer_is_what_the_load_tries() -> None:
    assert tried(BEFORE, "checkout") == {"checkout", "payments"}
    world = well().tell("pgbouncer", pool(used=20, waiting=34, max_wait_s=9.0))
    world.tell("prometheus", sli("payments", p99_s=3.0), sli("checkout", p99_s=3.0), keyframe=False)
    now = moment(world, NOW)
    assert now.assessment.verdict == "NOT_READY"
    assert harmed(BEFORE, now, "checkout") == ""


def test_a_service_that_the_load_does_not_try_stops_it() -> None:
    world = well().tell("prometheus", sli("checkout", p99_s=3.0), keyframe=False)
    assert harmed(BEFORE, moment(world, NOW), "payments").startswith("checkout is NOT_READY: 3 s, passes < 250 ms")


def ill(output: str) -> World:
    """Payments' instances fail their health checks, and say so."""
    checks = [health("payments", number, CRITICAL, output=output) for number in (1, 2)]
    return well().tell("consul", *registered("checkout", 2), *registered("payments", 2)[:3], *checks)


def test_a_service_too_busy_to_answer_its_health_checks_is_what_the_load_tries() -> None:
    now = moment(ill("Get http://payments-1/health: context deadline exceeded"), NOW)
    assert "payments" in [name for name, _ in blocking(now)]
    assert harmed(BEFORE, now, "checkout") == ""


def test_instances_that_died_stop_it_though_they_are_the_services_own() -> None:
    deaf = moment(ill("dial tcp 10.0.0.1:80: connect: connection refused"), NOW)
    assert harmed(BEFORE, deaf, "payments").startswith("payments is NOT_READY: ")
    one = well().tell("consul", *registered("payments", 1, CRITICAL), *registered("checkout", 2))
    assert harmed(BEFORE, moment(one, NOW), "payments").startswith("payments is NOT_READY: ")


def test_what_was_so_before_the_load_is_no_reason() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), *registered("checkout", 2))
    before = moment(world, NOW)
    assert harmed(before, moment(world, NOW + 1), "checkout") == ""


def test_of_a_service_that_nobody_knows_everything_is_another_reason() -> None:
    world = well().tell("prometheus", sli("payments", p99_s=3.0), keyframe=False)
    assert harmed(BEFORE, moment(world, NOW), "") != ""
