"""Who calls whom, as far as declarations, breakers and proxies tell it: services, externals, pools, databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, Plane
from prodtui.model.service_view import Said
from prodtui.ui.rows.sign import GOOD, OF_BREAKER, Sign, worse

EXTERNAL = "external:"


class Edge(NamedTuple):
    """A call from a service to something; what guards it."""

    caller: str
    callee: str
    """A service's name, or a name that no service has."""
    declared: bool
    breakers: tuple[Said[Breaker], ...] = ()

    @property
    def sign(self) -> Sign:
        """The worst of its breakers."""
        found = GOOD
        for said in self.breakers:
            found = worse(found, OF_BREAKER[said.record.state])
        return found


class Edges(NamedTuple):
    """Every call that is known, by either end."""

    out: Mapping[str, tuple[Edge, ...]]
    into: Mapping[str, tuple[Edge, ...]]


def edges(moment: Moment) -> Edges:
    """All calls. A breaker between two services is an edge; a proxy's breaker has no caller that it could name."""
    declared: dict[tuple[str, str], bool] = {}
    guards: dict[tuple[str, str], list[Said[Breaker]]] = {}
    guarded: dict[str, str] = {}
    for name, view in moment.views.items():
        for said in view.breakers_in:
            guarded.setdefault(said.subject, name)
    for name, view in moment.views.items():
        for callee in view.declared.depends_on:
            declared[name, callee] = True
        for said in view.breakers_out:
            callee = guarded.get(said.subject, said.record.callee)
            declared.setdefault((name, callee), False)
            guards.setdefault((name, callee), []).append(said)
    out: dict[str, list[Edge]] = {}
    into: dict[str, list[Edge]] = {}
    for (caller, callee), is_declared in sorted(declared.items()):
        edge = Edge(caller, callee, is_declared, tuple(guards.get((caller, callee), ())))
        out.setdefault(caller, []).append(edge)
        into.setdefault(callee, []).append(edge)
    return Edges({k: tuple(v) for k, v in out.items()}, {k: tuple(v) for k, v in into.items()})


def proxies(service: str, moment: Moment) -> tuple[Said[Breaker], ...]:
    """Breakers against a service that a proxy holds: whose calls pass there is not known."""
    view = moment.views.get(service)
    if view is None:
        return ()
    return tuple(said for said in view.breakers_in if said.source.declared.plane is Plane.BREAKERS)
