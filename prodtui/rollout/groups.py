"""Which series, instances and clusters are the canary's, and which are stable's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from prodtui.model.records import Cluster, Instance
from prodtui.model.rollout import Plan
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.asks import in_promql

ENVOY_CLUSTER = "envoy_cluster_name"
"""The label of Envoy's own metrics that names the cluster."""


class Side(StrEnum):
    CANARY = "canary"
    STABLE = "stable"

    def of(self, pair: tuple[str, str]) -> str:
        """This side's of (canary, stable)."""
        return pair[0] if self is Side.CANARY else pair[1]


def matcher(plan: Plan, snapshot: Snapshot, side: Side) -> str | None:
    """What selects the group's series among the service's, as PromQL has it; None while nothing can."""
    groups = plan.groups
    if groups.label is not None:
        name, canary, stable = groups.label
        value = side.of((canary, stable))
        return f'{name}="{in_promql(value)}"' if value else f'{name}!="{in_promql(canary)}"'
    if groups.cluster is not None:
        return of_cluster(side.of(groups.cluster))
    targets = sorted({name for one in members(plan, snapshot, side) for name in _scraped_as(one)})
    # RE2's escapes stand in a string: their backslashes are escaped once more.
    return f'instance=~"{"|".join(re.escape(name) for name in targets)}"'.replace("\\", "\\\\") if targets else None


def of_cluster(name: str) -> str:
    """What selects a cluster's series among Envoy's own, as PromQL has it."""
    return f'{ENVOY_CLUSTER}="{in_promql(name)}"'


def told_twice(plan: Plan) -> bool:
    """Whether both the service's own metrics and the proxy's tell the groups apart."""
    return plan.groups.label is not None and plan.groups.cluster is not None


def members(plan: Plan, snapshot: Snapshot, side: Side) -> tuple[Instance, ...]:
    """The group's instances in the registry: by tag, by the cluster's hosts, else by the version that they run."""
    registered = [one for one in snapshot.of(Instance).values() if one.service == plan.service]
    groups = plan.groups
    if groups.tag is not None:
        return tuple(one for one in registered if side.of(groups.tag) in one.tags)
    if groups.cluster is not None and (known := cluster(snapshot, side.of(groups.cluster))) is not None:
        hosts = {host.address for host in known.hosts}
        return tuple(one for one in registered if f"{one.address}:{one.port}" in hosts)
    return tuple(one for one in registered if (one.version == plan.candidate) is (side is Side.CANARY))


def cluster(snapshot: Snapshot, name: str) -> Cluster | None:
    """The proxy's cluster of this name."""
    return next((one for one in snapshot.of(Cluster).values() if one.name == name), None)


def label_of(plan: Plan, snapshot: Snapshot) -> str:
    """What the service is called in the metrics."""
    declared = next((one for one in snapshot.declared.services if one.name == plan.service), None)
    return (declared.metrics_label if declared else None) or plan.service


def _scraped_as(one: Instance) -> Iterable[str]:
    """What an `instance` label may call it."""
    return (one.id, f"{one.address}:{one.port}") if one.address and one.port else (one.id,)
