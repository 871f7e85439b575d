"""Dependencies as an indented tree: who calls it, whom it calls, what it stands on, each with its state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, Plane
from prodtui.model.service_view import Said, ServiceView
from prodtui.timeline.dependencies import Names, dependencies, names
from prodtui.ui.grid_layout import Column
from prodtui.ui.grid_rows import Cell, Row
from prodtui.ui.line import Line
from prodtui.ui.rows import pools
from prodtui.ui.rows.first import top
from prodtui.ui.rows.sign import NONE, OF_BREAKER, OF_VERDICT, Sign
from prodtui.ui.rows.tree import walked

COLUMNS = (
    Column("", 1, 1, sortable=False),
    Column("", 16, 60, gap=1, sortable=False),
    Column("", 9, 12, sortable=False),
    Column("", 12, 200, flex=True, sortable=False),
)
SERVICE = "service"


class Node(NamedTuple):
    """A service, or what it stands on, where it stands in the tree."""

    kind: str
    name: str
    """A service's name, or a record's subject."""
    guards: tuple[Said[Breaker], ...] = ()
    """Breakers on the call that leads there, or comes from there."""


class Calls(NamedTuple):
    """Whom each service calls, and who of them calls it."""

    out: Mapping[str, tuple[Node, ...]]
    into: Mapping[str, tuple[Node, ...]]


def rows(moment: Moment) -> tuple[Row, ...]:
    """The whole graph, from what nobody calls down; a service that several call is opened once."""
    known = _calls(moment)
    stands = {row.key: row for row in pools.rows(moment)}
    roots = _roots(moment, known)

    def below(node: Node) -> list[Node]:
        if node.kind != SERVICE:
            return []
        view = moment.views.get(node.name)
        return [*known.out.get(node.name, ()), *(_stands_on(view, stands) if view else [])]

    found: list[Row] = []
    for n, (node, twig) in enumerate(walked([Node(SERVICE, name) for name in roots], below, _key)):
        found.append(_row(f"{n} {_subject(node)}", node, twig.branches, moment, stands, again=twig.again))
    return tuple(found)


def of_service(service: str, moment: Moment) -> tuple[Row, ...]:
    """Who calls a service, whom it calls, what it stands on: one step each way."""
    known = _calls(moment)
    view = moment.views.get(service)
    stands = {row.key: row for row in pools.rows_of(view, moment)} if view else {}
    found: list[Row] = []
    callers = known.into.get(service, ())
    passing = [said for said in view.breakers_in if said.source.declared.plane is Plane.BREAKERS] if view else []
    found.append(_section("called by", len(callers)))
    found += [_row(f"in {_named(node.name)}", node, "", moment, stands) for node in callers]
    for said in passing:
        sign = OF_BREAKER[said.record.state]
        cells = (
            sign.cell,
            Cell("proxy ", "dim", tail=((said.record.caller, "strong" if sign.badness else ""),)),
            Cell(said.record.state.replace("_", " "), sign.value_style or "dim"),
            Cell("whose calls pass it is not known", "dim"),
        )
        found.append(Row(f"in {said.subject}", cells, sign.badness))
    calls = known.out.get(service, ())
    found.append(_section("calls", len(calls)))
    found += [_row(f"out {_named(node.name)}", node, "", moment, stands) for node in calls]
    below = _stands_on(view, stands) if view else []
    found.append(_section("stands on", len(below)))
    found += [_row(f"on {node.name}", node, "", moment, stands) for node in below]
    return tuple(found)


def heading(moment: Moment) -> Line:
    known = _calls(moment)
    calls = sum(len(out) for out in known.out.values())
    return (("Dependencies", "strong"), (f" {len(moment.views)} services · {calls} calls", "dim"))


def landing(moment: Moment, rows: Sequence[Row]) -> str | None:
    """Key of the row to look at first: of the service that broke first, else of the first that fails."""
    first = top(moment)
    named = (row.key for row in rows if first and subject_of(row.key) == _named(first))
    worst = max(rows, key=lambda row: row.badness, default=None)
    return next(named, worst.key if worst is not None else None)


def subject_of(key: str) -> str:
    """What a row is about: a record's subject, or `service::name`."""
    return key.partition(" ")[2]


def service_of(subject: str) -> str | None:
    """The service that a row is about; None for a record."""
    return subject.removeprefix("service::") if subject.startswith("service::") else None


def _named(service: str) -> str:
    return f"service::{service}"


def _subject(node: Node) -> str:
    return _named(node.name) if node.kind == SERVICE else node.name


def _key(node: Node) -> tuple[str, str]:
    return node.kind, node.name


def _calls(moment: Moment) -> Calls:
    """What the graph holds of the services: a proxy that holds a breaker is no caller."""
    graph, named = dependencies(moment.snapshot), names(moment.snapshot.declared)
    out: dict[str, tuple[Node, ...]] = {}
    into: dict[str, list[Node]] = defaultdict(list)
    for caller, view in moment.views.items():
        guards = _guards(view, named)
        calls = tuple(Node(SERVICE, callee, tuple(guards.get(callee, ()))) for callee in graph.calls(caller))
        if calls:
            out[caller] = calls
        for call in calls:
            into[call.name].append(Node(SERVICE, caller, call.guards))
    return Calls(out, {callee: tuple(callers) for callee, callers in into.items()})


def _guards(view: ServiceView, named: Names) -> Mapping[str, list[Said[Breaker]]]:
    """By callee: the breakers that a service holds."""
    found: dict[str, list[Said[Breaker]]] = defaultdict(list)
    for said in view.breakers_out:
        found[named.callee(said.record.callee)].append(said)
    return found


def _roots(moment: Moment, known: Calls) -> list[str]:
    """What nobody calls; then, for each circle that nothing leads to, the first of its services."""
    roots = [name for name in moment.views if name not in known.into]
    reached: set[str] = set()
    for name in roots + list(moment.views):
        if name in reached:
            continue
        if name in known.into:
            roots.append(name)
        pending = [name]
        while pending:
            here = pending.pop()
            if here not in reached:
                reached.add(here)
                pending += [call.name for call in known.out.get(here, ())]
    return roots


def _stands_on(view: ServiceView, stands: dict[str, Row]) -> list[Node]:
    own = [Node("pool", said.subject) for said in view.pools if said.subject in stands]
    return own + [Node("database", said.subject) for said in view.servers if said.subject in stands]


def _section(name: str, count: int) -> Row:
    said = f" {count}" if count else " nothing that is known"
    return Row(f"section {name}", (Cell(name, "strong", tail=((said, "dim"),)), Cell()), heading=True)


def _row(key: str, node: Node, branches: str, moment: Moment, stands: dict[str, Row], *, again: bool = False) -> Row:
    sign, state, said = _state(node, moment, stands)
    if again and node.kind == SERVICE:
        said = (("told above", "dim"),)
    name = stands[node.name].cells[1].text if node.kind != SERVICE else node.name
    kind = "" if node.kind == SERVICE and node.name in moment.views else f"{_kind(node)} "
    cells = (
        sign.cell,
        Cell(branches, "dim", tail=((kind, "dim"), (name, "strong" if sign.badness else ""))),
        Cell(state, sign.value_style or "dim"),
        Cell("", tail=(*_guarded(node.guards), *said)),
    )
    return Row(key, cells, sign.badness)


def _kind(node: Node) -> str:
    return "external" if node.kind == SERVICE else node.kind


def _state(node: Node, moment: Moment, stands: dict[str, Row]) -> tuple[Sign, str, Line]:
    if node.kind != SERVICE:
        row = stands[node.name]
        sign = Sign(row.cells[0].text, row.cells[0].style, row.badness)
        return sign, row.cells[3].text, ((row.cells[4].text, row.cells[4].style),)
    service = moment.assessment.service(node.name)
    if service is None:
        return NONE, "not read", ()
    sign = OF_VERDICT[service.verdict]
    return sign, service.verdict.replace("_", " "), ((service.why, "" if sign.badness else "dim"),)


def _guarded(guards: Sequence[Said[Breaker]]) -> Line:
    """What guards the call, where that is open."""
    worst = max(guards, key=lambda said: OF_BREAKER[said.record.state].badness, default=None)
    if worst is None or not OF_BREAKER[worst.record.state].badness:
        return ()
    return ((f"breaker {worst.record.state.replace('_', ' ')}", OF_BREAKER[worst.record.state].style), ("  ", ""))
