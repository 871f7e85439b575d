"""One name for one thing: a service with all that is said of it, tied by configuration, else by equal names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, NamedTuple, TypeVar

import msgspec

from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.freshness import SourceState
from prodtui.model.records import (
    Alert,
    Breaker,
    Cluster,
    DatabaseServer,
    HealthCheck,
    HealthStatus,
    Instance,
    Plane,
    Pool,
    Record,
    Service,
    Session,
    Sli,
    Target,
)
from prodtui.model.snapshot import Snapshot

R = TypeVar("R", bound=Record)
UNDECLARED_TIER = Tier.B
_WORST_LAST = (HealthStatus.PASSING, HealthStatus.UNKNOWN, HealthStatus.WARNING, HealthStatus.CRITICAL)


class Said(NamedTuple, Generic[R]):
    """A record and the source that reported it (its freshness is the record's)."""

    source: SourceState
    record: R


class ServiceView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of one service."""

    name: str
    declared: DeclaredService
    is_declared: bool
    registered: tuple[Said[Service], ...] = ()
    instances: tuple[Said[Instance], ...] = ()
    health: tuple[Said[HealthCheck], ...] = ()
    """Its own checks and those of the nodes it runs on (these with an empty `service`)."""
    pools: tuple[Said[Pool], ...] = ()
    databases: tuple[str, ...] = ()
    """Names of its databases on their servers."""
    servers: tuple[Said[DatabaseServer], ...] = ()
    sessions: tuple[Said[Session], ...] = ()
    breakers_out: tuple[Said[Breaker], ...] = ()
    """Breakers that it holds, as the caller."""
    breakers_in: tuple[Said[Breaker], ...] = ()
    """Breakers that others hold against it."""
    clusters: tuple[Said[Cluster], ...] = ()
    slis: tuple[Said[Sli], ...] = ()
    targets: tuple[Said[Target], ...] = ()
    alerts: tuple[Said[Alert], ...] = ()
    planes: Mapping[Plane, tuple[SourceState, ...]] = {}
    """The environment's sources by plane: what could have spoken of this service."""

    @property
    def tier(self) -> Tier:
        return self.declared.tier or UNDECLARED_TIER

    def checks_of(self, instance: Instance) -> tuple[Said[HealthCheck], ...]:
        """The health checks of one instance and of the node it runs on."""
        return tuple(
            said
            for said in self.health
            if (said.record.instance == instance.id if said.record.service else said.record.node == instance.node)
        )

    def instance_status(self, instance: Instance) -> HealthStatus:
        """The worst status of an instance's checks and its node's; unknown where no check is of the service itself."""
        found = [said.record.status for said in self.checks_of(instance) if said.record.service]
        if not found:
            return HealthStatus.UNKNOWN
        found += [said.record.status for said in self.checks_of(instance) if not said.record.service]
        return max(found, key=_WORST_LAST.index)


def service_views(snapshot: Snapshot) -> dict[str, ServiceView]:
    """Every service that is declared or registered, by name, sorted.

    Where no registry is configured the metrics' service labels name the services.
    """
    return Ties(snapshot).views


class Ties:
    """The names of one snapshot, tied: the views, and the names that no service claimed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        declared = {s.name: s for s in snapshot.declared.services}
        names = set(declared) | {s.name for s in snapshot.of(Service).values()}
        names |= {i.service for i in snapshot.of(Instance).values()}
        planes: dict[Plane, list[SourceState]] = defaultdict(list)
        for state in snapshot.sources.values():
            planes[state.declared.plane].append(state)
        if not planes[Plane.REGISTRY] and not planes[Plane.PROBES]:
            claimed = {s.metrics_label or s.name for s in declared.values()}
            names |= {s.label for s in snapshot.of(Sli).values() if s.label and s.label not in claimed}
        names -= set(snapshot.declared.ignore)
        self._planes = {plane: tuple(states) for plane, states in planes.items()}
        self._claimed: set[tuple[str, str]] = set()
        self._by_service()
        self.views = {n: self._view(n, declared.get(n)) for n in sorted(names)}

    def unmatched(self) -> dict[str, tuple[str, ...]]:
        """Names of pools, clusters, metrics labels and breakers that belong to no service, by what they are."""
        return {
            what: left
            for what, seen in (
                ("pool", {p.name for p in self._snapshot.of(Pool).values()}),
                ("cluster", {c.name for c in self._snapshot.of(Cluster).values()}),
                ("metrics label", {s.label for s in self._snapshot.of(Sli).values()}),
            )
            if (left := tuple(sorted(n for n in seen if (what, n) not in self._claimed)))
        }

    def _said(self, kind: type[R]) -> Iterable[Said[R]]:
        sources = self._snapshot.sources
        return (Said(sources[source], record) for (source, _), record in self._snapshot.of(kind).items())

    def _index(self, kind: type[R], name: Callable[[R], str]) -> dict[str, list[Said[R]]]:
        index: dict[str, list[Said[R]]] = defaultdict(list)
        for said in self._said(kind):
            index[name(said.record)].append(said)
        return index

    def _by_service(self) -> None:
        self._registered = self._index(Service, lambda r: r.name)
        self._instances = self._index(Instance, lambda r: r.service)
        self._health = self._index(HealthCheck, lambda r: r.service)
        self._node_health: dict[tuple[str, str], list[Said[HealthCheck]]] = defaultdict(list)
        for said in self._health.get("", ()):
            self._node_health[said.source.name, said.record.node].append(said)
        self._pools = self._index(Pool, lambda r: r.name)
        self._sessions = self._index(Session, lambda r: r.database)
        self._out = self._index(Breaker, lambda r: r.caller)
        self._in = self._index(Breaker, lambda r: r.callee)
        self._clusters = self._index(Cluster, lambda r: r.name)
        self._slis = self._index(Sli, lambda r: r.label)
        self._targets = self._index(Target, lambda r: r.label)
        self._alerts = self._index(Alert, lambda r: r.label)
        self._servers = tuple(self._said(DatabaseServer))

    def _pick(self, what: str, index: Mapping[str, list[Said[R]]], names: Iterable[str]) -> tuple[Said[R], ...]:
        found: dict[tuple[str, str], Said[R]] = {}
        for name in names:
            for said in index.get(name, ()):
                found[said.source.name, said.record.key] = said
                self._claimed.add((what, name))
        return tuple(found.values())

    def _view(self, name: str, declared: DeclaredService | None) -> ServiceView:
        own = declared or DeclaredService(name=name)
        label = own.metrics_label or name
        instances = tuple(self._instances.get(name, ()))
        nodes = dict.fromkeys((i.source.name, i.record.node) for i in instances)
        pools = self._pick("pool", self._pools, own.pools or (name,))
        databases = tuple(dict.fromkeys(own.databases or [p.record.database for p in pools if p.record.database]))
        aliases = dict.fromkeys((name, label, *own.clusters))
        return ServiceView(
            name=name,
            declared=own,
            is_declared=declared is not None,
            registered=tuple(self._registered.get(name, ())),
            instances=instances,
            health=(
                *self._health.get(name, ()),
                *(said for node in nodes for said in self._node_health.get(node, ())),
            ),
            pools=pools,
            databases=databases,
            servers=tuple(s for s in self._servers if _holds(s.record, databases, pools)),
            sessions=self._pick("database", self._sessions, databases),
            breakers_out=self._pick("breaker", self._out, (name, label)),
            breakers_in=self._pick("breaker", self._in, aliases),
            clusters=self._pick("cluster", self._clusters, own.clusters or (name,)),
            slis=self._pick("metrics label", self._slis, (label,)),
            targets=self._pick("target", self._targets, (label,)),
            alerts=self._pick("alert", self._alerts, (label,)),
            planes=self._planes,
        )


def _holds(server: DatabaseServer, databases: Iterable[str], pools: Iterable[Said[Pool]]) -> bool:
    """Whether a service's databases are on a server; one too full to list them is known by its pools' upstream."""
    if server.databases or not server.exhausted:
        return not set(databases).isdisjoint(server.databases)
    return server.address in {said.record.upstream for said in pools}
