"""Who depends on whom: declared, and seen in breakers, proxies and a service graph's metrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from prodtui.model.declared import Declared
from prodtui.model.records import Breaker, Call
from prodtui.model.snapshot import Snapshot
from prodtui.timeline.components import reached

EXTERNAL = "external:"
"""What a declared dependency begins with that is not ours."""


class Tie(StrEnum):
    """How it is known that one calls the other."""

    DECLARED = "declared"
    BREAKER = "breaker"
    CALLS = "calls"
    """A service graph's metrics."""


Ties = Mapping[str, Mapping[str, tuple[Tie, ...]]]


class Graph(msgspec.Struct, frozen=True):
    """Services, and external dependencies by their bare names, with how each dependency is known."""

    callees: Ties = {}
    """By caller."""
    callers: Ties = {}
    """By callee."""
    external: frozenset[str] = frozenset()
    """Callees that are declared to be somebody else's."""

    def calls(self, service: str) -> tuple[str, ...]:
        """Whom a service calls, by name."""
        return tuple(sorted(self.callees.get(service, ())))

    def called_by(self, service: str) -> tuple[str, ...]:
        """Who calls a service, by name."""
        return tuple(sorted(self.callers.get(service, ())))

    def below(self, services: Iterable[str]) -> frozenset[str]:
        """These services and all of ours that they call, however far."""
        return frozenset().union(*(reached(name, self.callees) for name in services)) - self.external

    def above(self, services: Iterable[str]) -> frozenset[str]:
        """These services and all that call them, however far."""
        return frozenset().union(*(reached(name, self.callers) for name in services))


class Names(msgspec.Struct, frozen=True):
    """The names that records use for services, by the services' own."""

    labels: Mapping[str, str]
    """Where a metrics label is not the service's name."""
    pools: Mapping[str, tuple[str, ...]]
    databases: Mapping[str, tuple[str, ...]]
    clusters: Mapping[str, tuple[str, ...]]

    def service(self, label: str) -> str:
        """The service that a label of a metrics system means."""
        return self.labels.get(label, label)

    def callee(self, name: str) -> str:
        """The service against which a breaker of this name guards: one of that label, or behind that cluster."""
        behind = self.clusters.get(name, ())
        return behind[0] if len(behind) == 1 else self.service(name)

    def of_cluster(self, name: str) -> tuple[str, ...]:
        """The services that a proxy's cluster leads to."""
        return self.clusters.get(name, (name,))

    def of_pool(self, name: str, database: str) -> tuple[str, ...]:
        """The services whose queries go through a pool."""
        return self.pools.get(name) or self.databases.get(database) or (name,)


def names(declared: Declared) -> Names:
    """The names of one configuration."""
    pools: dict[str, list[str]] = defaultdict(list)
    databases: dict[str, list[str]] = defaultdict(list)
    clusters: dict[str, list[str]] = defaultdict(list)
    for service in declared.services:
        led_by = (*service.clusters, *service.canary_clusters)
        for found, named in ((pools, service.pools), (databases, service.databases), (clusters, led_by)):
            for name in named:
                found[name].append(service.name)
    return Names(
        labels={s.metrics_label: s.name for s in declared.services if s.metrics_label},
        pools={name: tuple(of) for name, of in pools.items()},
        databases={name: tuple(of) for name, of in databases.items()},
        clusters={name: tuple(of) for name, of in clusters.items()},
    )


def dependencies(snapshot: Snapshot) -> Graph:
    """Who depends on whom, as everything known now tells."""
    return graph(snapshot, names(snapshot.declared))


def graph(snapshot: Snapshot, named: Names) -> Graph:
    """As `dependencies`, with the names at hand."""
    declared = snapshot.declared
    callees: dict[str, dict[str, tuple[Tie, ...]]] = defaultdict(dict)
    callers: dict[str, dict[str, tuple[Tie, ...]]] = defaultdict(dict)
    external: set[str] = set()

    def add(pairs: Iterable[tuple[str, str]], tie: Tie) -> None:
        for caller, callee in pairs:
            known = callees[caller].get(callee, ())
            if caller and callee and caller != callee and tie not in known:
                callees[caller][callee] = callers[callee][caller] = (*known, tie)

    for service in declared.services:
        bare = [name.removeprefix(EXTERNAL) for name in service.depends_on]
        external |= {name.removeprefix(EXTERNAL) for name in service.depends_on if name.startswith(EXTERNAL)}
        add(((service.name, name) for name in bare), Tie.DECLARED)
    breakers, calls = snapshot.of(Breaker).values(), snapshot.of(Call).values()
    add(((named.service(one.caller), named.callee(one.callee)) for one in breakers), Tie.BREAKER)
    add(((named.service(one.caller), named.service(one.callee)) for one in calls), Tie.CALLS)
    return Graph(
        {name: dict(found) for name, found in callees.items() if found},
        {name: dict(found) for name, found in callers.items() if found},
        frozenset(external),
    )
