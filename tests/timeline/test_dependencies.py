"""Who depends on whom, by whatever tells it."""

from __future__ import annotations

from prodtui.model.declared import DeclaredService
from prodtui.model.past import Call
from prodtui.timeline.dependencies import Tie, dependencies
from tests.builders import World, breaker


def test_declarations_breakers_and_service_graphs_are_one_graph() -> None:
    world = World(
        DeclaredService(name="checkout", depends_on=("payments", "external:stripe")),
        DeclaredService(name="payments", metrics_label="payments-api", clusters=("pay",)),
    )
    world.tell(
        "prometheus",
        breaker("checkout", "payments-api"),
        breaker("web", "pay"),
        Call(caller="web", callee="checkout"),
    )
    graph = dependencies(world.snapshot)
    assert graph.calls("checkout") == ("payments", "stripe")
    assert graph.called_by("payments") == ("checkout", "web")
    assert graph.callees["checkout"]["payments"] == (Tie.DECLARED, Tie.BREAKER)
    assert graph.callees["web"]["checkout"] == (Tie.CALLS,)
    assert graph.external == {"stripe"}


def test_a_canarys_cluster_leads_to_its_service() -> None:
    world = World(DeclaredService(name="payments", canary_clusters=("payments-canary",)))
    graph = dependencies(world.tell("envoy", breaker("web", "payments-canary")).snapshot)
    assert graph.calls("web") == ("payments",)


def test_nobody_depends_on_itself_or_on_nothing() -> None:
    graph = dependencies(World().tell("prometheus", breaker("a", "a"), breaker("", "b")).snapshot)
    assert (graph.calls("a"), graph.called_by("b")) == ((), ())
