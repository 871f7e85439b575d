"""One name for one thing, across systems."""

from __future__ import annotations

from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.records import Alert, HealthCheck, HealthStatus, Session
from prodtui.model.ties import Ties, service_views
from tests.builders import (
    CRITICAL,
    PROMETHEUS,
    World,
    breaker,
    cluster,
    health,
    instance,
    pool,
    registered,
    server,
    sli,
    target,
)


def test_equal_names_are_tied_without_configuration() -> None:
    world = World().tell("consul", *registered("orders", 1)).tell("prometheus", sli("orders"), target("orders"))
    world.tell("pgbouncer", pool("orders")).tell("envoy", cluster("orders"))
    view = world.views()["orders"]
    assert not view.is_declared
    assert view.tier is Tier.B
    for said in (view.registered, view.instances, view.health, view.pools, view.clusters, view.slis, view.targets):
        assert len(said) == 1


def test_configured_names_replace_the_default() -> None:
    declared = DeclaredService(
        name="orders", metrics_label="orders-api", pools=("orders-db",), databases=("orders",), clusters=("o1", "o2")
    )
    world = World(declared).tell("consul", *registered("orders", 1))
    world.tell("pgbouncer", pool("orders-db", database="x"), pool("orders"))
    world.tell("prometheus", sli("orders-api"), sli("orders"), Alert(name="A", label="orders-api"))
    world.tell("envoy", cluster("o1"), cluster("o2"), cluster("orders"))
    world.tell("postgres", server(databases=("orders", "other")), Session(server="postgres", pid=1, database="orders"))
    view = world.views()["orders"]
    assert [said.record.name for said in view.pools] == ["orders-db"]
    assert [said.record.label for said in view.slis] == ["orders-api"]
    assert [said.record.name for said in view.clusters] == ["o1", "o2"]
    assert [said.record.name for said in view.servers] == ["postgres"]
    assert [said.record.pid for said in view.sessions] == [1]
    assert len(view.alerts) == 1


def test_a_canarys_cluster_is_the_services_beside_its_own() -> None:
    declared = DeclaredService(name="orders", canary_clusters=("orders-canary",))
    world = World(declared).tell("envoy", cluster("orders"), cluster("orders-canary"), breaker("web", "orders-canary"))
    view = world.views()["orders"]
    assert [said.record.name for said in view.clusters] == ["orders", "orders-canary"]
    assert [said.record.name for said in view.breakers_in] == ["orders-canary"]


def test_a_pools_database_ties_its_server() -> None:
    world = World(DeclaredService(name="orders", pools=("orders-db",)))
    world.tell("pgbouncer", pool("orders-db", database="orders")).tell("postgres", server(databases=("orders",)))
    view = world.views()["orders"]
    assert view.databases == ("orders",)
    assert len(view.servers) == 1


def test_a_breaker_is_the_callers_and_held_against_the_callee() -> None:
    world = World(DeclaredService(name="a", metrics_label="a-api"), DeclaredService(name="b"))
    world.tell("prometheus", breaker("a-api", "b"))
    views = world.views()
    assert [len(views[name].breakers_out) for name in "ab"] == [1, 0]
    assert [len(views[name].breakers_in) for name in "ab"] == [0, 1]


def test_what_is_ignored_is_no_service() -> None:
    assert list(World().tell("consul", *registered("consul", 1), *registered("b", 1)).views()) == ["b"]


def test_without_a_registry_the_metrics_name_the_services() -> None:
    world = World(DeclaredService(name="a", metrics_label="a-api"), sources=(PROMETHEUS,))
    world.tell("prometheus", sli("a-api"), sli("c"))
    assert list(world.views()) == ["a", "c"]


def test_a_declared_service_is_there_before_anything_was_read() -> None:
    assert list(World(DeclaredService(name="b"), DeclaredService(name="a")).views()) == ["a", "b"]


def test_an_instances_status_is_the_worst_of_its_own_and_its_nodes_checks() -> None:
    node = HealthCheck(id="serfHealth", name="Serf", node="n2", status=CRITICAL)
    world = World().tell(
        "consul",
        instance("a", 1, node="n1"),
        instance("a", 2, node="n2"),
        instance("a", 3, node="n1"),
        health("a", 1, node="n1"),
        health("a", 2, node="n2"),
        node,
        instance("b", 1, node="n3"),
    )
    view = world.views()["a"]
    statuses = [view.instance_status(said.record) for said in view.instances]
    assert statuses == [HealthStatus.PASSING, HealthStatus.CRITICAL, HealthStatus.UNKNOWN]
    assert len(view.health) == 3


def test_names_that_no_service_claims_are_told() -> None:
    world = World().tell("consul", *registered("a", 1)).tell("pgbouncer", pool("a"), pool("stray"))
    world.tell("prometheus", sli("a"), sli("lonely"))
    assert Ties(world.snapshot).unmatched() == {"pool": ("stray",), "metrics label": ("lonely",)}


def test_views_are_sorted_by_name() -> None:
    world = World().tell("consul", *registered("b", 1), *registered("a", 1))
    assert list(service_views(world.snapshot)) == ["a", "b"]
