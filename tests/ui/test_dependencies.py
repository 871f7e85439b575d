"""Who calls whom, as a tree, and trees as such: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from prodtui.model.declared import Declared
from prodtui.model.moment import Moment
from prodtui.model.past import Call
from prodtui.model.records import BreakerState
from prodtui.ui.grid_rows import Row
from prodtui.ui.rows import dependencies
from prodtui.ui.rows.tree import walked
from tests.builders import breaker
from tests.ui.moments import Shop, declared, ill, metrics, well


def told(rows: tuple[Row, ...]) -> list[str]:
    return [" ".join(" ".join(cell.whole for cell in row.cells[1:3]).split()) for row in rows]


def calling_declared(**calls: tuple[str, ...]) -> Declared:
    """The shop's services with these calls."""
    base = declared()
    services = tuple(replace(s, depends_on=calls.get(s.name, ())) for s in base.services)
    return Declared(environment="lab", sources=base.sources, services=services)


def calling(**calls: tuple[str, ...]) -> Moment:
    """The shop where these calls are declared, and nothing else says anything of calls."""
    shop = Shop(calling_declared(**calls))
    shop.well(without=("envoy",))
    shop.tell("prometheus", *(r for r in metrics() if r.__struct_config__.tag != "breaker"))
    return shop.moment()


def test_the_graph_goes_from_what_nobody_calls_down_to_the_databases() -> None:
    assert told(dependencies.rows(well())) == [
        "storefront READY",
        "├ catalog READY",
        "│ ├ pool catalog-db 2/20",
        "│ └ database postgres 22/97",
        "└ checkout READY",
        "├ inventory READY",
        "│ ├ pool inventory-db 2/20",
        "│ └ database postgres 22/97",
        "└ payments READY",
        "├ pool payments-db 2/20",
        "└ database postgres 22/97",
    ]


def test_a_call_through_an_open_breaker_says_so_at_its_callee() -> None:
    row = next(row for row in dependencies.rows(ill()) if row.key.endswith("service::payments"))
    assert row.cells[3].whole.startswith("breaker open")
    assert row.badness == 3


def test_a_service_knows_its_callers_and_its_callees() -> None:
    rows = dependencies.of_service("checkout", ill())
    sections = [row.cells[0].whole for row in rows if row.heading]
    assert sections == ["called by 1", "calls 2", "stands on nothing that is known"]
    assert [row.key for row in rows if not row.heading] == [
        "in service::storefront",
        "out service::inventory",
        "out service::payments",
    ]


def test_what_several_call_is_opened_once() -> None:
    moment = calling(storefront=("catalog", "checkout"), checkout=("payments",), catalog=("payments",))
    rows = dependencies.rows(moment)
    payments = [row for row in rows if row.key.endswith("service::payments")]
    assert [row.cells[3].whole for row in payments] == ["", "told above"]
    assert sum("payments-db" in row.cells[1].whole for row in rows) == 1


def test_a_circle_ends_and_an_external_service_is_called_one() -> None:
    moment = calling(checkout=("payments",), payments=("checkout", "external:stripe"))
    rows = dependencies.rows(moment)
    said = told(rows)
    assert {row.key.rpartition("::")[2] for row in rows if "::" in row.key} >= set(moment.views)
    assert "external stripe not read" in [line.lstrip("│├└ ") for line in said]


def test_every_service_is_somewhere_and_the_first_that_fails_is_landed_on() -> None:
    moment = ill()
    rows = dependencies.rows(moment)
    names = {dependencies.service_of(dependencies.subject_of(row.key)) for row in rows}
    assert set(moment.views) <= names
    landed = dependencies.landing(moment, rows)
    assert next(row for row in rows if row.key == landed).badness == 3


def test_declared_and_seen_calls_are_one() -> None:
    shop = Shop(calling_declared(checkout=("payments", "external:stripe")))
    shop.well(without=("envoy",))
    shop.tell(
        "prometheus",
        *metrics(),
        breaker("checkout", "stripe", BreakerState.OPEN),
        Call(caller="catalog", callee="inventory"),
        Call(caller="users", callee="storefront"),
    )
    moment = shop.moment()
    rows = {row.key: row for row in dependencies.of_service("checkout", moment)}
    assert [key for key in rows if key.startswith("out ")] == [
        "out service::inventory",
        "out service::payments",
        "out service::stripe",
    ]
    assert rows["out service::stripe"].cells[3].whole.startswith("breaker open")
    called = [row.key for row in dependencies.of_service("inventory", moment)]
    assert called[1:3] == ["in service::catalog", "in service::checkout"]
    assert told(dependencies.rows(moment))[0] == "storefront READY"


GRAPH = st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=5), max_size=9)


@given(GRAPH, st.lists(st.integers(0, 8), max_size=4))
def test_any_graph_is_walked_to_its_end_each_node_opened_once(graph: dict[int, list[int]], roots: list[int]) -> None:
    found = list(walked(roots, lambda n: graph.get(n, ()), lambda n: n))
    opened = [node for node, twig in found if not twig.again]
    assert len(opened) == len(set(opened))
    reached, pending = set(), list(roots)
    while pending:
        node = pending.pop()
        if node not in reached:
            reached.add(node)
            pending += graph.get(node, [])
    assert set(opened) == reached
    assert len(found) == len(roots) + sum(len(graph.get(node, ())) for node in reached)
