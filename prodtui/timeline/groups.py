"""Nodes and zones that fail as one: most of what runs there fails, and nearly nothing elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prodtui.model.incident import EntityKind, Failing
from prodtui.model.kept import Node
from prodtui.model.records import Instance
from prodtui.timeline.failing import Scene, earliest
from prodtui.timeline.onset import Troubles, fails

MEMBERS = 2
SHARE = 0.6
"""A group fails as one when at least so many, and so large a share, of its members fail."""
ELSEWHERE = 0.1
"""Of all that run elsewhere no more may fail: else the cause is not the group's."""

Group = tuple[str, str]
"""`node` or `zone`, and its name."""


class Grouped:
    """The groups that fail as one, and which entities stand in them."""

    def __init__(self, nodes: Iterable[Node], members: Mapping[Group, frozenset[str]]) -> None:
        self.nodes = tuple(nodes)
        self._members = members

    def of(self, instances: Iterable[str]) -> list[str]:
        """Keys of the failing groups in which all of these instances run."""
        wanted = frozenset(instances)
        return [
            node.key for node in self.nodes if wanted and wanted <= self._members.get(_group(node.failing.name), set())
        ]


def grouped(troubles: Troubles, checked: Iterable[Node], scene: Scene) -> Grouped:
    """The groups that fail as one. `checked`: nodes whose own check fails."""
    failing = {
        (trouble.service, trouble.name): trouble
        for trouble in troubles.values()
        if trouble.kind is EntityKind.INSTANCE and trouble.source not in scene.lost and fails(trouble, scene.now)
    }
    own = {node.failing.name: node for node in checked}
    if len(failing) < MEMBERS and not own:
        return Grouped((), {})
    places: dict[Group, set[str]] = defaultdict(set)
    services: dict[Group, set[str]] = defaultdict(set)
    bad: dict[Group, list[str]] = defaultdict(list)
    total: dict[str, int] = defaultdict(int)
    for one in scene.snapshot.of(Instance).values():
        for group in _groups(one):
            places[group].add(one.id)
            total[group[0]] += 1
            if (one.service, one.id) in failing:
                bad[group].append(one.id)
                services[group].add(one.service)
    found: list[Node] = []
    for group, members in bad.items():
        kind, name = group
        size, elsewhere = len(places[group]), total[kind] - len(places[group])
        others = sum(len(of) for (sort, _), of in bad.items() if sort == kind) - len(members)
        as_one = len(members) >= MEMBERS and len(members) >= SHARE * size and len(services[group]) > 1
        if name not in own and as_one and elsewhere and others <= ELSEWHERE * elsewhere:
            onset = earliest(trouble.onset for (_, one), trouble in failing.items() if one in members)
            what = f"{len(members)} of {size} instances fail"
            found.append(Node(Failing(kind=EntityKind.GROUP, name=f"{kind} {name}", what=what, onset=onset), ()))
    members_of = {group: frozenset(ids) for group, ids in places.items()}
    return Grouped((*found, *own.values()), members_of)


def _groups(instance: Instance) -> Iterable[Group]:
    yield "node", instance.node
    if instance.zone:
        yield "zone", instance.zone


def _group(name: str) -> Group:
    """The group that a failing one's name means; one whose own check fails is a node."""
    kind, _, bare = name.partition(" ")
    return (kind, bare) if kind in ("node", "zone") and bare else ("node", name)
