"""One name for one thing: a service with all that is said of it, tied by configuration, else by equal names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from prodtui.model.declared import DeclaredService, Tier
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

R = TypeVar("R", bound=Record)
UNDECLARED_TIER = Tier.B
_WORST_LAST = (HealthStatus.PASSING, HealthStatus.UNKNOWN, HealthStatus.WARNING, HealthStatus.CRITICAL)


class Said(msgspec.Struct, Generic[R], frozen=True, gc=False):
    """A record and the source that reported it (its freshness is the record's)."""

    source: SourceState
    record: R
    subject: str
    """The record's name among all entities."""


class ServiceView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that is known of one service."""

    name: str
    declared: DeclaredService
    is_declared: bool
    registered: tuple[Said[Service], ...] = ()
    instances: tuple[Said[Instance], ...] = ()
    health: tuple[Said[HealthCheck], ...] = ()
    """Its own checks and those of the nodes it runs on (these with an empty `service`)."""
    pools: tuple[Said[Pool], ...] = ()
    pool_sizes: Mapping[str, int | None] = {}
    """Of every server behind a pooler, by host:port: the sizes of all its pools, everybody's, added up."""
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
    rules: tuple[Said[AlertRule], ...] = ()
    """Alerting rules that select it, those that select every service among them."""
    watchdogs: tuple[Said[Alert], ...] = ()
    """Alerts of no service: a dead man's switch is one of them."""
    silences: tuple[Said[Silence], ...] = ()
    """Silences bound to it."""
    traffic: tuple[Said[Traffic], ...] = ()
    """One for each longer window."""
    roles: tuple[Said[DatabaseRole], ...] = ()
    """Roles with sessions in its databases."""
    certificates: tuple[Said[Certificate], ...] = ()
    guarded: tuple[Said[GuardedPath], ...] = ()
    measurements: tuple[Said[Measurement], ...] = ()
    configurations: tuple[Said[Configuration], ...] = ()
    scans: tuple[Said[CodeScan], ...] = ()
    migrations: tuple[Said[Migrations], ...] = ()
    planes: Mapping[Plane, tuple[SourceState, ...]] = {}
    """The environment's sources by plane: what could have spoken of this service."""

    @property
    def tier(self) -> Tier:
        return self.declared.tier or UNDECLARED_TIER

    @property
    def tags(self) -> frozenset[str]:
        """Its tags in the registries."""
        return frozenset(tag for said in self.registered for tag in said.record.tags)

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that its instances say they run, sorted."""
        return tuple(sorted({said.record.version for said in self.instances if said.record.version}))

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
