"""Sources in the path of requests: a database or a proxy that nobody can read, and that others' failures confirm.

A source that is lost is no evidence. It is a cause only where requests go through it and a second source saw them fail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from prodtui.model.cause import CauseClass
from prodtui.model.freshness import SourceState
from prodtui.model.incident import EntityKind, Failing, Onset
from prodtui.model.kept import Node
from prodtui.model.records import Cluster, DatabaseServer, Pool
from prodtui.timeline.failing import Links, Nodes, Scene, earliest

NOT_THERE = frozenset({CauseClass.REFUSED, CauseClass.TIMEOUT, CauseClass.DNS, CauseClass.OVERLOAD})
"""Causes that speak of the system; the others speak of our rights and of how we ask."""
MOST = 0.5
"""Of those that go through a proxy, how many must fail to confirm that it does."""


def databases(nodes: Nodes, scene: Scene) -> list[Node]:
    """Database servers that pools can't reach: any that its own source can't reach either, or that no pool reaches."""
    by_upstream: dict[str, list[Node]] = defaultdict(list)
    for node in nodes.values():
        if node.failing.kind is EntityKind.POOL and node.upstream and node.deaf:
            by_upstream[node.upstream].append(node)
    found: list[Node] = []
    for upstream, pools in by_upstream.items():
        states = [s for s in scene.snapshot.sources.values() if upstream in addresses(s, scene)]
        silent = next((state for state in states if _not_there(state)), None)
        if silent is not None or (len(pools) > 1 and not _reached(upstream, scene)):
            found.append(_database(upstream, pools, silent or next(iter(states), None)))
    return found


def _database(upstream: str, pools: list[Node], state: SourceState | None) -> Node:
    onsets = [node.failing.onset for node in pools]
    cause = state.cause if state is not None else None
    if state is not None and state.failing_since is not None and cause is not None:
        onsets.append(Onset(state.read_at, state.failing_since))
    what = cause.cause_class.value if cause is not None else f"{len(pools)} pools cannot connect"
    failing = Failing(
        kind=EntityKind.DATABASE,
        name=state.name if state is not None else upstream,
        what=what,
        onset=earliest(onsets),
        service=pools[0].failing.service if len(pools) == 1 else "",
        subject=pools[0].failing.subject,
    )
    services = tuple(dict.fromkeys(service for node in pools for service in node.services))
    return Node(failing, services, addresses=frozenset({upstream}), source=pools[0].source)


def lost_ones(nodes: Nodes, scene: Scene) -> list[Node]:
    """Databases, poolers and proxies that are lost while most of what uses them fails, as other sources say."""
    failing = {service for node in nodes.values() for service in node.services}
    found: list[Node] = []
    for name in sorted(scene.lost):
        state = scene.snapshot.sources[name]
        users = _users(name, scene)
        hit = users & failing
        if not _not_there(state) or not users or len(hit) < MOST * len(users) or state.failing_since is None:
            continue
        assert state.cause is not None  # noqa: S101 — _not_there has looked
        failure = Failing(
            kind=EntityKind.DATABASE if _keeps(name, scene) else EntityKind.PROXY,
            name=name,
            what=state.cause.cause_class.value,
            onset=Onset(state.read_at, state.failing_since),
        )
        found.append(Node(failure, tuple(sorted(users)), addresses=addresses(state, scene), unread=True))
    return found


def confirmed(nodes: Nodes, links: Links) -> tuple[dict[str, Node], Links]:
    """Without what is lost and would explain nothing but what something else that fails explains as well."""
    doubtful = {key for key, node in nodes.items() if node.unread}
    needed = {key for to in links.values() if to and to <= doubtful for key in to}
    left = {key: node for key, node in nodes.items() if key not in doubtful or key in needed}
    return left, {key: links[key] & left.keys() for key in left}


def _keeps(source: str, scene: Scene) -> bool:
    """Whether it is a database server's: it has told so, or pools lead where it is."""
    held = any(owner == source for owner, _ in scene.snapshot.of(DatabaseServer))
    return held or bool(_pools_to(source, scene))


def _pools_to(source: str, scene: Scene) -> list[Pool]:
    """The pools of others that lead to the server which a source reads."""
    there = addresses(scene.snapshot.sources[source], scene)
    return [pool for (owner, _), pool in scene.snapshot.of(Pool).items() if owner != source and pool.upstream in there]


def _users(source: str, scene: Scene) -> set[str]:
    """Services whose queries go to a server or through a pooler, and callers of those that a proxy leads to."""
    users: set[str] = set()
    for (owner, _), server in scene.snapshot.of(DatabaseServer).items():
        if owner == source:
            users.update(name for base in server.databases for name in scene.named.databases.get(base, ()))
    for pool in _pools_to(source, scene):
        users.update(name for name in scene.named.of_pool(pool.name, pool.database) if name in scene.views)
    for (owner, _), pool in scene.snapshot.of(Pool).items():
        if owner == source:
            users.update(name for name in scene.named.of_pool(pool.name, pool.database) if name in scene.views)
    for (owner, _), cluster in scene.snapshot.of(Cluster).items():
        if owner == source:
            for service in scene.named.of_cluster(cluster.name):
                users.update(name for name in scene.graph.called_by(service) if name in scene.views)
    return users


def addresses(state: SourceState, scene: Scene) -> frozenset[str]:
    """host:port of the database servers that a source reads, as it told, else as it is configured."""
    told = [server.address for (owner, _), server in scene.snapshot.of(DatabaseServer).items() if owner == state.name]
    return frozenset(filter(None, (*told, *_configured(state.declared.settings))))


def _configured(settings: Iterable[tuple[str, str]]) -> Iterable[str]:
    for name, value in settings:
        if name == "url":
            parsed = urlsplit(value)
            try:
                yield f"{parsed.hostname}:{parsed.port}"
            except ValueError:  # several hosts, or no port that is one
                return


def _reached(upstream: str, scene: Scene) -> bool:
    """Whether any pool has a connection to the server."""
    pools = ((owner, pool) for (owner, _), pool in scene.snapshot.of(Pool).items() if pool.upstream == upstream)
    return any(pool.used or pool.idle for owner, pool in pools if owner not in scene.lost)


def _not_there(state: SourceState) -> bool:
    return state.cause is not None and state.cause.cause_class in NOT_THERE
