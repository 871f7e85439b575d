"""Which failing entity depends on which: what would explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prodtui.model.incident import EntityKind, Failing
from prodtui.model.kept import Node
from prodtui.timeline.failing import Links, Nodes, Scene
from prodtui.timeline.groups import Grouped
from prodtui.timeline.judged import window_s
from prodtui.timeline.pressure import Rise


def links(nodes: Nodes, grouped: Grouped, scene: Scene, rises: Mapping[str, Rise]) -> tuple[dict[str, Node], Links]:
    """The failing entities, with those that only their links show, and what each depends on."""
    linking = _Linking(nodes, grouped, scene, rises)
    found = {key: frozenset(linking.of(node)) - {key} for key, node in nodes.items()}
    for key, node in list(linking.shown.items()):
        found[key] = frozenset(linking.of(node)) - {key}
    return {**nodes, **linking.shown}, found


class _Linking:
    def __init__(self, nodes: Nodes, grouped: Grouped, scene: Scene, rises: Mapping[str, Rise]) -> None:
        self._nodes = nodes
        self._grouped = grouped
        self._scene = scene
        self._rises = rises
        self.shown: dict[str, Node] = {}
        """External dependencies and callers that press: nothing of their own shows them."""
        self._by_service: dict[str, list[Node]] = defaultdict(list)
        self._belows: dict[str, tuple[str, ...]] = {}
        self._servers: list[Node] = []
        self._sessions: dict[str, list[str]] = defaultdict(list)
        for node in nodes.values():
            for service in node.services:
                self._by_service[service].append(node)
            if node.failing.kind is EntityKind.DATABASE:
                self._servers.append(node)
            elif node.failing.kind is EntityKind.SESSION:
                for database in node.databases:
                    self._sessions[database].append(node.key)

    def of(self, node: Node) -> Iterable[str]:
        """Keys of what a failing entity depends on; where nothing that fails explains it, of who presses it."""
        found = list(self._explains(node))
        return found or self._pressed(node)

    def _explains(self, node: Node) -> Iterable[str]:
        match node.failing.kind:
            case EntityKind.SLI | EntityKind.SERVICE | EntityKind.INSTANCE:
                yield from self._of_service(node)
            case EntityKind.BREAKER:
                yield from self._reach(node.callee)
                yield from self._external(node)
                yield from (one.key for one in self._by_service[node.services[0]] if _whole_proxy(one.failing))
            case EntityKind.PROXY if "/" in node.failing.name:
                # What a proxy throws out has failed it, however well it looks over a longer window.
                for service in node.services:
                    found = [key for key in self._reach(service) if key != node.key]
                    yield from found or self._all_below(service)
            case EntityKind.POOL:
                yield from self._behind_pool(node)

    def _of_service(self, node: Node) -> Iterable[str]:
        """What explains a service's latency, errors, instances and checks."""
        kind = node.failing.kind
        for service in node.services:
            if kind is not EntityKind.SLI:
                yield from self._grouped.of(self._members(node, service))
            if kind is EntityKind.SLI:
                own = (EntityKind.INSTANCE, EntityKind.SERVICE)
                yield from (one.key for one in self._by_service[service] if one.failing.kind in own)
            # Somebody who refuses to listen does so for no pool's sake and no callee's.
            if not (node.deaf and node.failing.what.endswith("refused")):
                yield from self._resources(service)
                if not node.deaf:
                    yield from self._all_below(service)

    def _members(self, node: Node, service: str) -> Iterable[str]:
        if node.failing.kind is EntityKind.INSTANCE:
            return (node.failing.name,)
        view = self._scene.views.get(service)
        return [said.record.id for said in view.instances] if view else ()

    def _resources(self, service: str) -> Iterable[str]:
        """Failing pools, databases, sessions and poolers that a service's queries meet."""
        kinds = (EntityKind.POOL, EntityKind.DATABASE, EntityKind.SESSION)
        yield from (node.key for node in self._by_service[service] if node.failing.kind in kinds)
        yield from (node.key for node in self._by_service[service] if _whole_proxy(node.failing))
        view = self._scene.views.get(service)
        if view is not None and self._servers:
            names = {said.record.name for said in view.servers}
            yield from (node.key for node in self._servers if node.failing.name in names)

    def _all_below(self, service: str) -> tuple[str, ...]:
        """As `_below`; every instance of a service asks the same."""
        if service not in self._belows:
            self._belows[service] = tuple(dict.fromkeys(self._below(service, set())))
        return self._belows[service]

    def _below(self, service: str, passed: set[str]) -> Iterable[str]:
        """What fails of those that a service calls, also through one that is not well itself."""
        passed.add(service)
        for callee in self._scene.graph.calls(service):
            for node in self._by_service[service]:
                if node.failing.kind is EntityKind.BREAKER and node.callee == callee:
                    yield node.key
            yield from self._reach(callee, passed)

    def _reach(self, service: str, passed: set[str] | None = None) -> list[str]:
        """What fails of a callee, else of those that it calls in turn."""
        passed = set() if passed is None else passed
        if service in passed:
            return []
        kinds = (EntityKind.SLI, EntityKind.SERVICE, EntityKind.INSTANCE, EntityKind.POOL, EntityKind.BREAKER)
        found = [node.key for node in self._by_service[service] if node.failing.kind in kinds]
        found += [node.key for node in self._by_service[service] if _cluster(node.failing)]
        found += self._resources(service)
        external = f"{EntityKind.EXTERNAL}:{service}"
        if external in self.shown:
            found.append(external)
        if not found and not self._scene.well(service):
            found += self._below(service, passed)
        return list(dict.fromkeys(found))

    def _behind_pool(self, node: Node) -> Iterable[str]:
        """The database server of a pool, and the sessions that hold what it needs."""
        for server in self._servers:
            if node.upstream in server.addresses or not self._databases_of(server).isdisjoint(node.databases):
                yield server.key
        for database in node.databases:
            yield from self._sessions[database]

    def _databases_of(self, server: Node) -> set[str]:
        views = (self._scene.views[name] for name in server.services if name in self._scene.views)
        return {database for view in views for database in view.databases} if not server.addresses else set()

    def _external(self, breaker: Node) -> Iterable[str]:
        """Whom a breaker guards against is somebody else's where no service of ours has the name."""
        name = breaker.callee
        if name in self._scene.views and name not in self._scene.graph.external:
            return
        what = f"breaker of {breaker.services[0]} {breaker.failing.what}"
        failing = Failing(
            kind=EntityKind.EXTERNAL,
            name=name,
            what=what,
            onset=breaker.failing.onset,
            subject=breaker.failing.subject,
        )
        node = self.shown.setdefault(failing.key, Node(failing, ()))
        yield node.key

    def _pressed(self, node: Node) -> Iterable[str]:
        """Callers whose traffic had risen before this was saturated."""
        if node.failing.kind not in (EntityKind.POOL, EntityKind.SLI, EntityKind.PROXY):
            return
        for service in node.services:
            for caller in self._pressing(service, node, set()) or self._own(service, node):
                rise = self._rises[caller]
                failing = Failing(
                    kind=EntityKind.SERVICE,
                    name=caller,
                    what=rise.words,
                    onset=rise.onset,
                    service=caller,
                    subject=rise.subject,
                )
                if failing.key not in self._nodes:
                    self._show_pressing(failing, node.failing.onset.not_after)
                    yield failing.key

    def _show_pressing(self, failing: Failing, seen: float) -> None:
        known = self.shown.get(failing.key)
        if known is not None and known.pressed_at is not None:
            seen = min(seen, known.pressed_at)
        self.shown[failing.key] = Node(failing, (), pressed_at=seen)

    def _own(self, service: str, saturated: Node) -> set[str]:
        """The service itself where nobody of ours calls it: it is its users who ask more."""
        return {service} if self._rose(service, saturated) and not self._scene.graph.called_by(service) else set()

    def _pressing(self, service: str, saturated: Node, passed: set[str]) -> set[str]:
        """The outermost callers that rose: one whose own caller rose only passes it on."""
        found: set[str] = set()
        passed.add(service)
        for caller in self._scene.graph.called_by(service):
            if caller not in passed and self._rose(caller, saturated):
                found |= self._pressing(caller, saturated, passed) or {caller}
        return found

    def _rose(self, caller: str, saturated: Node) -> bool:
        """Whether the caller asks more in a way that may be why this is saturated."""
        rise, failing = self._rises.get(caller), saturated.failing
        if rise is None:
            return False
        seen_over_s = window_s(self._scene.views.get(failing.service)) if failing.kind is EntityKind.SLI else 0.0
        return rise.explains(failing.onset, seen_over_s)


def _cluster(failing: Failing) -> bool:
    return failing.kind is EntityKind.PROXY and "/" in failing.name


def _whole_proxy(failing: Failing) -> bool:
    """A proxy or pooler that is not there, rather than one of its clusters."""
    return failing.kind is EntityKind.PROXY and "/" not in failing.name
