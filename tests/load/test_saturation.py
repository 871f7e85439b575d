"""What ran out first under a load."""

from __future__ import annotations

from prodtui.load import saturation
from prodtui.model.load import Saturated
from prodtui.model.records import BreakerState
from tests.builders import NOW, World, breaker, cluster, pool, server, sli, well
from tests.load.loads import moment, tick

FULL = pool(used=20, waiting=34)


def told(found: tuple[Saturated, ...]) -> list[str]:
    return [one.told for one in found]


def test_a_well_world_has_nothing_saturated() -> None:
    assert saturation.before(moment(well())) == ()
    assert saturation.after((), moment(well()), tick()) == ()


def test_the_first_to_run_out_is_named_with_the_load_at_that_time() -> None:
    world = well()
    found = saturation.after((), moment(world.tell("pgbouncer", FULL, at=NOW + 2), NOW + 2), tick(users=400))
    world.tell(
        "prometheus", sli("payments", p99_s=3.0, observed_at=NOW + 5), breaker("checkout", "payments"), at=NOW + 6
    )
    found = saturation.after(found, moment(world, NOW + 6), tick(users=900, rate_per_s=700.0))
    assert told(found)[0] == "pool payments-db: 20 of 20 used, 34 waiting"
    assert (found[0].at, found[0].users, found[0].rate_per_s) == (NOW + 2, 400, 100.0)
    assert [(one.kind, one.name, one.users) for one in found[1:]] == [("sli", "payments", 900)]


def test_a_busy_pool_is_not_full_and_one_that_nobody_waits_for_is_not_missed() -> None:
    for record in (pool(used=19, waiting=3), pool(used=20, waiting=0), pool(used=None, waiting=3)):
        assert saturation.before(moment(well().tell("pgbouncer", record))) == ()


def test_databases_and_breakers_run_out_too() -> None:
    world = (
        World()
        .tell("postgres", server(used=97, usable=97))
        .tell("prometheus", breaker("checkout", "payments", state=BreakerState.OPEN))
        .tell("envoy", cluster(overflow_per_s=3.5))
    )
    assert told(saturation.after((), moment(world), None)) == [
        "database postgres: 97 of 97 connections",
        "breaker checkout→payments: open",
        "breaker envoy→payments: 3.5 requests shed/s",
    ]
    assert told(saturation.before(moment(World().tell("postgres", server(exhausted=True))))) == [
        "database postgres: no connection left, already before it began"
    ]


def test_what_was_full_already_is_told_so_and_not_twice() -> None:
    world = well().tell("pgbouncer", FULL)
    known = saturation.before(moment(world))
    assert told(known) == ["pool payments-db: 20 of 20 used, 34 waiting, already before it began"]
    assert saturation.after(known, moment(world, NOW + 2), tick()) is known


def test_of_what_one_look_shows_first_what_the_rest_may_come_from() -> None:
    slow = sli("payments", p99_s=3.0, observed_at=NOW)
    world = well().tell("prometheus", slow, breaker("checkout", "payments", state=BreakerState.OPEN), at=NOW + 1)
    world.tell("pgbouncer", FULL, at=NOW + 2)
    assert [one.kind for one in saturation.before(moment(world, NOW + 2))] == ["pool", "breaker", "sli"]
    assert [one.kind for one in saturation.after((), moment(world, NOW + 2), tick())] == ["pool", "breaker", "sli"]
