"""Ties: records to the services that they speak of, by configured names, else by equal ones.

Kept as readings come: what a change does not touch stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from prodtui.model.declared import DeclaredService
from prodtui.model.evidence import (
    AlertRule,
    Certificate,
    CodeScan,
    Configuration,
    DatabaseRole,
    GuardedPath,
    Measurement,
    Migrations,
    Silence,
    Traffic,
)
from prodtui.model.freshness import SourceState
from prodtui.model.records import (
    Alert,
    AnyRecord,
    Breaker,
    Call,
    Cluster,
    DatabaseServer,
    HealthCheck,
    Histogram,
    Instance,
    Past,
    Plane,
    Pool,
    Record,
    Service,
    Session,
    Sli,
    Target,
)
from prodtui.model.service_view import Said, ServiceView
from prodtui.model.snapshot import Change, Key, Snapshot
from prodtui.model.subject import called

R = TypeVar("R", bound=Record)
_Names = Callable[[str, Any], Iterable[str]]
"""The names that a record of a source goes by."""
# The place of each kind of record, and the names under which a service finds it there.
_PLACES: Mapping[type[Record], tuple[tuple[str, _Names], ...]] = {
    Service: (("registered", lambda _, r: (r.name,)),),
    Instance: (("instances", lambda _, r: (r.service,)),),
    HealthCheck: (
        ("health", lambda _, r: (r.service,) if r.service else ()),
        ("node", lambda source, r: () if r.service else (_node(source, r.node),)),
    ),
    Pool: (("pool", lambda _, r: (r.name,)),),
    DatabaseServer: (("server", lambda _, r: r.databases or ((_upstream(r.address),) if r.exhausted else ())),),
    Session: (("database", lambda _, r: (r.database,)),),
    Breaker: (("breaker out", lambda _, r: (r.caller,)), ("breaker in", lambda _, r: (r.callee,))),
    Cluster: (("cluster", lambda _, r: (r.name,)),),
    Sli: (("metrics label", lambda _, r: (r.label,)),),
    Target: (("target", lambda _, r: (r.label,)),),
    Alert: (("alert", lambda _, r: (r.label,)),),
    # One that selects nobody, as a watchdog, is everybody's to know of.
    AlertRule: (("rule", lambda _, r: r.services or ("",)),),
    Silence: (("silence", lambda _, r: (r.label,)),),
    Traffic: (("traffic", lambda _, r: (r.label,)),),
    DatabaseRole: (("role", lambda _, r: (r.database,)),),
    Certificate: (("certificate", lambda _, r: (r.service,)),),
    GuardedPath: (("guarded", lambda _, r: (r.service,)),),
    Measurement: (("measurement", lambda _, r: (r.service,)),),
    Configuration: (("configuration", lambda _, r: (r.service,)),),
    CodeScan: (("scan", lambda _, r: (r.service,)),),
    Migrations: (("migrations", lambda _, r: (r.service,)),),
    # Of the time before, and of services among themselves: no check of a service looks there.
    Past: (),
    Call: (),
    Histogram: (),
}
_FOUND = frozenset({"node", "database", "role", "server"})
"""Places where a service looks for names that its own records tell, not its declaration."""
_EVERYBODYS = ""
"""The name of what speaks of every service, or of none: a rule without a service, a watchdog."""


def service_views(snapshot: Snapshot) -> dict[str, ServiceView]:
    """Every service that is declared or registered, by name, sorted.

    Where no registry is configured the metrics' service labels name the services.
    """
    return Ties(snapshot).views


class Ties:
    """The names of one environment, tied: the views, and the names that no service claimed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._declared = {s.name: s for s in snapshot.declared.services}
        self._claimed_labels = {s.metrics_label or s.name for s in self._declared.values()}
        self._ignored = frozenset(snapshot.declared.ignore)
        self._places: dict[str, dict[str, dict[Key, AnyRecord]]] = defaultdict(dict)
        self._pool_sizes: Mapping[str, int | None] = _sizes(snapshot.of(Pool).values())
        self._others: dict[tuple[str, str], set[str]] = {}
        """Services that are found under a name that is not their own."""
        self._wanted: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for kind, table in snapshot.tables.items():
            for place, names in _PLACES[kind]:
                held = self._places[place]
                for key, record in table.items():
                    for name in names(key[0], record):
                        held.setdefault(name, {})[key] = record
        self._look(snapshot)
        self.views = {name: self._view(name) for name in sorted(self._names())}

    def after(self, snapshot: Snapshot, changes: Sequence[Change]) -> frozenset[str]:
        """Takes in what a reading changed. Returns the services that it touches, those that are new or gone too.

        Their views are made anew by `renew`.
        """
        self._look(snapshot)
        touched: set[str] = set()
        if any(_size(change.before) != _size(change.after) for change in changes):
            self._pool_sizes = _sizes(snapshot.of(Pool).values())
            touched.add(_EVERYBODYS)
        for change in changes:
            if change.before is not None:
                touched |= self._take(change.source, change.before, held=False)
            if change.after is not None:
                touched |= self._take(change.source, change.after, held=True)
        if _EVERYBODYS in touched:
            return frozenset(self.views) | self._names()
        return frozenset(name for name in touched if name in self.views or self._exists(name))

    def _take(self, source: str, record: AnyRecord, *, held: bool) -> set[str]:
        """Puts a record in its places, or out of them. Returns who looks there."""
        key = (source, record.key)
        touched: set[str] = set()
        for place, names in _PLACES[type(record)]:
            for name in names(source, record):
                if held:
                    self._places[place].setdefault(name, {})[key] = record
                else:
                    self._places[place].get(name, {}).pop(key, None)
                touched |= {name} if name == _EVERYBODYS else self._found_under(place, name)
        return touched

    def renew(self, names: Iterable[str]) -> None:
        """Makes these services' views anew, as things stand; those that nothing speaks of any more are dropped."""
        fresh = False
        for name in names:
            if self._exists(name):
                fresh |= name not in self.views
                self.views[name] = self._view(name)
            else:
                self.views.pop(name, None)
        if fresh:
            self.views = dict(sorted(self.views.items()))

    def labelled(self, label: str) -> frozenset[str]:
        """The services that go by a label of the metrics systems."""
        return frozenset(self._found_under("metrics label", label))

    def unmatched(self) -> dict[str, tuple[str, ...]]:
        """Names of pools, clusters and metrics labels that belong to no service, by what they are."""
        found = {}
        for what in ("pool", "cluster", "metrics label"):
            left = (
                n
                for n, held in self._places[what].items()
                if held and not self._found_under(what, n) & self.views.keys()
            )
            if names := tuple(sorted(left)):
                found[what] = names
        return found

    def _look(self, snapshot: Snapshot) -> None:
        self._sources = snapshot.sources
        planes: dict[Plane, list[SourceState]] = defaultdict(list)
        for state in snapshot.sources.values():
            planes[state.declared.plane].append(state)
        self._planes = {plane: tuple(states) for plane, states in planes.items()}
        self._by_label = Plane.REGISTRY not in planes and Plane.PROBES not in planes

    def _names(self) -> set[str]:
        """Every service there is."""
        places = ("registered", "instances", *(("metrics label",) if self._by_label else ()))
        names = self._declared.keys() | {name for place in places for name in self._places[place]}
        return {name for name in names if self._exists(name)}

    def _exists(self, name: str) -> bool:
        """Whether the service is declared or registered; without a registry, whether metrics have such a label."""
        if name in self._ignored:
            return False
        if name in self._declared or self._places["registered"].get(name) or self._places["instances"].get(name):
            return True
        labels = self._places["metrics label"] if self._by_label else {}
        return bool(name and labels.get(name)) and name not in self._claimed_labels

    def _found_under(self, place: str, name: str) -> set[str]:
        """The services that look for this name in this place."""
        own = self._declared.get(name)
        found = set(self._others.get((place, name), ()))
        if own is None or name in _wanted(own).get(place, (own.name,)):
            found.add(name)
        return found

    def _said(self, place: str, service: str, names: Iterable[str]) -> tuple[Said[Any], ...]:
        """What sources say under these names, each record once."""
        held, sources = self._places[place], self._sources
        found: Mapping[Key, Any] = {}
        for name in names:
            if place in _FOUND:
                self._finds(place, name, service)
            if here := held.get(name):
                found = {**found, **here} if found else here
        if not found:
            return ()
        return tuple([Said(sources[key[0]], record, called(record, *key)) for key, record in found.items()])

    def _looks(self, own: DeclaredService) -> Iterable[tuple[str, tuple[str, ...]]]:
        """The places where a service looks, with the names it looks for there."""
        found = self._wanted.get(own.name)
        if found is None:
            found = self._wanted[own.name] = _wanted(own)
            for place, names in found.items():
                for name in names:
                    self._finds(place, name, own.name)
        return found.items()

    def _finds(self, place: str, name: str, service: str) -> None:
        """Remembers who looks for a name that is not its own."""
        if name not in (service, _EVERYBODYS):
            self._others.setdefault((place, name), set()).add(service)

    def _view(self, name: str) -> ServiceView:
        own = self._declared.get(name) or DeclaredService(name=name)
        places = self._places
        said = defaultdict(
            tuple, {place: self._said(place, name, names) for place, names in self._looks(own) if places[place]}
        )
        instances = said["instances"]
        nodes = dict.fromkeys(_node(i.source.name, i.record.node) for i in instances)
        pools: tuple[Said[Pool], ...] = said["pool"]
        databases = tuple(dict.fromkeys(own.databases or [p.record.database for p in pools if p.record.database]))
        upstreams = dict.fromkeys(_upstream(p.record.upstream) for p in pools)
        return ServiceView(
            name=name,
            declared=own,
            is_declared=name in self._declared,
            registered=said["registered"],
            instances=instances,
            health=(*said["health"], *self._said("node", name, nodes)),
            pools=pools,
            pool_sizes=self._pool_sizes,
            databases=databases,
            servers=self._said("server", name, (*databases, *upstreams)),
            sessions=self._said("database", name, databases),
            breakers_out=said["breaker out"],
            breakers_in=said["breaker in"],
            clusters=said["cluster"],
            slis=said["metrics label"],
            targets=said["target"],
            alerts=said["alert"],
            rules=said["rule"],
            watchdogs=self._said("alert", name, (_EVERYBODYS,)),
            silences=said["silence"],
            traffic=said["traffic"],
            roles=self._said("role", name, databases),
            certificates=said["certificate"],
            guarded=said["guarded"],
            measurements=said["measurement"],
            configurations=said["configuration"],
            scans=said["scan"],
            migrations=said["migrations"],
            planes=self._planes,
        )


def _wanted(own: DeclaredService) -> dict[str, tuple[str, ...]]:
    """The names that a service looks for, by place; those of its nodes, databases and servers are not declared."""
    named, label = (own.name,), own.metrics_label or own.name
    labelled = (label,)
    return {
        "registered": named,
        "instances": named,
        "health": named,
        "pool": own.pools or named,
        "breaker out": (own.name, label),
        "breaker in": (own.name, label, *own.clusters, *own.canary_clusters),
        "cluster": (*(own.clusters or named), *own.canary_clusters),
        "metrics label": labelled,
        "target": labelled,
        "alert": labelled,
        "rule": (label, _EVERYBODYS),
        "silence": labelled,
        "traffic": labelled,
        "certificate": named,
        "guarded": named,
        "measurement": named,
        "configuration": named,
        "scan": named,
        "migrations": named,
    }


def _size(record: AnyRecord | None) -> int | None:
    return record.size if isinstance(record, Pool) else None


def _sizes(pools: Iterable[Pool]) -> dict[str, int | None]:
    """By upstream; None where some pool's size is not known."""
    sizes: dict[str, int | None] = {}
    for pool in pools:
        before = sizes.get(pool.upstream, 0)
        sizes[pool.upstream] = None if before is None or pool.size is None else before + pool.size
    return sizes


def _node(source: str, node: str) -> str:
    return f"{source} {node}"


def _upstream(address: str) -> str:
    """The name of a server that is too full to list its databases: its address, as the pools know it."""
    return f"@{address}"
