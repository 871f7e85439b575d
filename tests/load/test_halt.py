"""A load stops for what it harms, and goes on with what it is there to try."""

from __future__ import annotations

from prodtui.load.halt import harmed, tried
from tests.builders import CRITICAL, NOW, pool, registered, sli, well
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


def test_instances_that_fail_stop_it_though_they_are_the_services_own() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), *registered("checkout", 2))
    assert harmed(BEFORE, moment(world, NOW), "payments").startswith("payments is NOT_READY: ")


def test_what_was_so_before_the_load_is_no_reason() -> None:
    world = well().tell("consul", *registered("payments", 2, CRITICAL), *registered("checkout", 2))
    before = moment(world, NOW)
    assert harmed(before, moment(world, NOW + 1), "checkout") == ""


def test_of_a_service_that_nobody_knows_everything_is_another_reason() -> None:
    world = well().tell("prometheus", sli("payments", p99_s=3.0), keyframe=False)
    assert harmed(BEFORE, moment(world, NOW), "") != ""
