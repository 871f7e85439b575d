"""What fails now: troubles put together to entities, each with its onset and the services that it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from prodtui.model.incident import EntityKind, Failing, Onset
from prodtui.model.kept import Node, Trouble
from prodtui.model.records import HealthStatus, Pool, Session
from prodtui.model.service_view import ServiceView
from prodtui.model.snapshot import Snapshot
from prodtui.model.subject import called, parts
from prodtui.timeline.dependencies import Graph, Names
from prodtui.timeline.onset import Troubles, fails, session_name

FULL = 0.5
"""Sessions that hold this share of a pool and do nothing are why it is full."""


class Scene(NamedTuple):
    """Everything known at one time, for those who look for causes in it."""

    now: float
    snapshot: Snapshot
    views: Mapping[str, ServiceView]
    named: Names
    graph: Graph
    lost: AbstractSet[str]
    """Sources whose word counts no more."""
    well: Callable[[str], bool]
    """Whether a service's latency and errors are known and within their limits."""


Nodes = Mapping[str, Node]
Links = Mapping[str, frozenset[str]]
"""By key: the keys of what it depends on."""


def nodes(troubles: Troubles, scene: Scene) -> dict[str, Node]:
    """The failing entities that some record or check shows, by key."""
    failing = {key: trouble for key, trouble in troubles.items() if fails(trouble, scene.now)}
    found = entities({key: trouble for key, trouble in failing.items() if trouble.source not in scene.lost}, scene)
    for node in _holders(found.values(), scene):
        found[node.key] = node
    return _whole_services(found, scene)


def entities(troubles: Troubles, scene: Scene) -> dict[str, Node]:
    """The entities that these troubles show, by key."""
    found: dict[str, Node] = {}
    # What a registry says of an instance comes before what its scrapes say: ordered, so that it names it.
    for key, trouble in sorted(troubles.items()):
        node = _node(key, trouble, scene)
        if node is not None:
            node = msgspec.structs.replace(node, source=trouble.source, unproven=trouble.unproven)
            found[node.key] = merged(found[node.key], node) if node.key in found else node
    return found


def merged(one: Node, other: Node) -> Node:
    """One entity that two records show: named by the first, since the earlier of both."""
    first, second = one.failing, other.failing
    failing = Failing(
        kind=first.kind,
        name=first.name,
        what=first.what,
        onset=earliest((first.onset, second.onset)),
        service=first.service,
        subject=first.subject,
    )
    deaf, unproven = one.deaf or other.deaf, one.unproven and other.unproven
    return msgspec.structs.replace(one, failing=failing, deaf=deaf, unproven=unproven)


def earliest(onsets: Iterable[Onset]) -> Onset:
    """The onset of what fails as soon as one of its parts does."""
    return min(onsets, key=lambda onset: (onset.not_after, onset.at is not None, onset.at or 0.0))


def _node(key: str, trouble: Trouble, scene: Scene) -> Node | None:
    named = scene.named
    match trouble.kind:
        case EntityKind.INSTANCE:
            service = named.service(trouble.service)
            name = _instance(trouble, scene.views.get(service), scene, scraped=key.startswith("target:"))
            return None if name is None else Node(_failing(key, trouble, service, name), (service,), deaf=trouble.deaf)
        case EntityKind.BREAKER:
            caller, _, callee = trouble.name.partition("→")
            caller, callee = named.service(caller), named.callee(callee)
            return Node(_failing(key, trouble, caller, f"{caller}→{callee}"), (caller,), callee=callee)
        case EntityKind.POOL:
            pool = scene.snapshot.of(Pool).get(parts(key)[1:])
            database = pool.database if pool else ""
            services = _known(named.of_pool(trouble.name, database), scene)
            return Node(
                _failing(key, trouble, services[0] if services else ""),
                services,
                deaf=trouble.deaf,
                upstream=pool.upstream if pool else "",
                databases=(database,),
            )
        case EntityKind.PROXY:
            services = _known(named.of_cluster(trouble.name.partition("/")[2]), scene)
            return Node(_failing(key, trouble, services[0] if services else ""), services)
        case EntityKind.SESSION:
            services = _known(named.databases.get(trouble.service, ()), scene)
            service = services[0] if services else ""
            return Node(_failing(key, trouble, service), services, databases=(trouble.service,))
        case _:
            return Node(_failing(key, trouble, trouble.service), (trouble.service,) if trouble.service else ())


def _failing(key: str, trouble: Trouble, service: str, name: str = "") -> Failing:
    return Failing(
        kind=trouble.kind,
        name=name or trouble.name,
        what=trouble.what,
        onset=trouble.onset,
        service=service,
        subject=key,
    )


def _known(services: Iterable[str], scene: Scene) -> tuple[str, ...]:
    return tuple(name for name in services if name in scene.views)


def _instance(trouble: Trouble, view: ServiceView | None, scene: Scene, *, scraped: bool) -> str | None:
    """The instance's own name; None for one that only its scrapes miss while a registry finds it well."""
    if not scraped or view is None:
        return trouble.name
    for said in view.instances:
        one = said.record
        if trouble.name in (one.id, f"{one.address}:{one.port}"):
            heard = said.source.name not in scene.lost
            return None if heard and view.instance_status(one) is HealthStatus.PASSING else one.id
    return trouble.name


def _holders(found: Iterable[Node], scene: Scene) -> list[Node]:
    """Sessions that hold a full pool's connections in transactions and do nothing, by what they call themselves.

    A pool is full since the last of them began, and not before the first did.
    """
    holders: list[Node] = []
    pools = [node for node in found if node.failing.kind is EntityKind.POOL]
    for node in pools:
        pool = scene.snapshot.of(Pool).get(parts(node.failing.subject)[1:])
        if pool is None or not pool.size:
            continue
        idle: dict[str, list[tuple[str, Session]]] = {}
        for (source, _), session in scene.snapshot.of(Session).items():
            held = session.state.startswith("idle in transaction") and session.transaction_at is not None
            if held and session.database == pool.database and source not in scene.lost:
                idle.setdefault(session.application or session.user, []).append((source, session))
        for who, sessions in idle.items():
            if len(sessions) >= FULL * pool.size:
                holders.append(_holder(who, sessions, node))
    return holders


def _holder(who: str, sessions: list[tuple[str, Session]], pool: Node) -> Node:
    began = sorted(one.transaction_at or 0.0 for _, one in sessions)
    source, first = min(sessions, key=lambda said: said[1].transaction_at or 0.0)
    failing = Failing(
        kind=EntityKind.SESSION,
        name=f"{len(sessions)} sessions of {who}" if len(sessions) > 1 else session_name(first),
        what=f"hold {pool.failing.name} idle in transaction",
        onset=Onset(began[0], began[-1]),
        service=pool.failing.service,
        subject=called(first, source, first.key),
    )
    return Node(failing, pool.services, databases=pool.databases, source=source)


def _whole_services(found: dict[str, Node], scene: Scene) -> dict[str, Node]:
    """Instances of a service that all fail are the service failing; a service that only a check calls failing is
    named where nothing more of it fails."""
    instances: dict[str, list[Node]] = {}
    specific: set[str] = set()
    for node in found.values():
        if node.failing.kind is EntityKind.INSTANCE:
            instances.setdefault(node.services[0], []).append(node)
        if node.failing.kind is not EntityKind.SERVICE:
            specific.update(node.services)
    kept = {
        key: node
        for key, node in found.items()
        if node.failing.kind is not EntityKind.SERVICE or specific.isdisjoint(node.services)
    }
    for service, failing in instances.items():
        total = len(scene.views[service].instances) if service in scene.views else 0
        # Some that do not answer beside others that answer badly are not one failure.
        if len(failing) == total and total > 1 and len({node.deaf for node in failing}) == 1:
            for node in failing:
                kept.pop(node.key)
            whole = _whole(service, failing)
            kept[whole.key] = whole
    return kept


def _whole(service: str, instances: list[Node]) -> Node:
    first = min(instances, key=lambda node: node.failing.onset.not_after)
    same = {node.failing.what for node in instances}
    what = f"all {len(instances)} instances: {first.failing.what}" if len(same) == 1 else f"all {len(instances)} fail"
    failing = Failing(
        kind=EntityKind.SERVICE,
        name=service,
        what=what,
        onset=earliest(node.failing.onset for node in instances),
        service=service,
        subject=first.failing.subject,
    )
    return Node(
        failing,
        (service,),
        source=first.source,
        deaf=all(node.deaf for node in instances),
        unproven=all(node.unproven for node in instances),
    )
