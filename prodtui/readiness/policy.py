"""What the checks are held against: criteria, weights, limits of the verdict. Values only, readiness.md's defaults.

`policy_file` reads one from `readiness.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from prodtui.model.asks import Language, ServiceAsks
from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.readiness.criteria import Criteria, Limits
from prodtui.readiness.load_rule import LoadRule
from prodtui.readiness.slo import DEFAULT_BURN, Burn, Slo
from prodtui.readiness.waiver import Waiver


class CheckRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy says differently of one check; None: as the check declares it."""

    weight: Fraction | None = None
    blocking: bool | None = None
    limits: Limits | None = None
    freshness_s: float | None = None
    """Evidence older than this is UNKNOWN."""
    on_unknown: State = State.UNKNOWN
    """UNKNOWN, or FAIL where not knowing is as bad."""
    not_applicable: str = ""
    """Why the check does not apply (N/A); empty: it does."""

    def over(self, other: CheckRule) -> CheckRule:
        """This rule, and where it says nothing the other."""
        return CheckRule(
            weight=other.weight if self.weight is None else self.weight,
            blocking=other.blocking if self.blocking is None else self.blocking,
            limits=self.limits or other.limits,
            freshness_s=other.freshness_s if self.freshness_s is None else self.freshness_s,
            on_unknown=other.on_unknown if self.on_unknown is State.UNKNOWN else self.on_unknown,
            not_applicable=self.not_applicable or other.not_applicable,
        )


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """Some services: those of any of the names, and of any of the tiers, and with any of the tags; empty: all."""

    services: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    tags: tuple[str, ...] = ()

    def selects(self, name: str, tier: Tier, tags: frozenset[str]) -> bool:
        """Whether the service is one of them."""
        return (
            (not self.services or name in self.services)
            and (not self.tiers or tier in self.tiers)
            and (not self.tags or not tags.isdisjoint(self.tags))
        )


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What differs for some services."""

    selector: Selector
    checks: Mapping[str, CheckRule] = MappingProxyType({})
    slo: Slo | None = None


class Custom(msgspec.Struct, frozen=True, kw_only=True):
    """A check of the policy's own: one number from PromQL or SQL. `$service` stands for the service's name there."""

    id: str
    title: str
    language: Language
    query: str
    limits: Limits
    source: str = ""
    database: str = ""
    unit: str = ""
    weight: Fraction | None = None
    blocking: bool = False
    remedy: str = ""
    selector: Selector = Selector()


class ServicePart(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy declares of one service: what is read because of it, and what must hold."""

    asks: ServiceAsks = ServiceAsks()
    required: tuple[str, ...] = ()
    """Keys that must be present and no placeholders."""
    limits: Mapping[str, Criteria] = MappingProxyType({})
    """Keys with a number that must be within criteria."""
    database_role: bool = True
    database_tls: bool = False
    migrations: tuple[str, str] | None = None
    """(database, SQL that lists the applied migrations)."""


class Place(NamedTuple):
    """Where a policy says something."""

    path: str
    line: int


class Applied(NamedTuple):
    """What a policy says of one service."""

    checks: Mapping[str, CheckRule]
    slo: Slo | None
    customs: tuple[Custom, ...]


PILLAR_WEIGHTS: Mapping[str, Fraction] = MappingProxyType(
    {
        "availability": Fraction(20),
        "data": Fraction(20),
        "resilience": Fraction(20),
        "performance": Fraction(25),
        "observability": Fraction(15),
        "security": Fraction(10),
        "configuration": Fraction(10),
        "code": Fraction(10),
    }
)
REQUIRED = ("availability", "performance", "observability")


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One readiness policy.

    Raises ValueError where a weight is negative.
    """

    name: str = "default"
    path: str | None = None
    """The file it was read from."""
    digest: str = ""
    """SHA-256 over the files that it was read from; empty: the defaults."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Where each check, `waiver:ID` and `rule:INDEX:CHECK` is declared."""
    pillar_weights: Mapping[str, Fraction] = PILLAR_WEIGHTS
    required: Mapping[Tier, tuple[str, ...]] = MappingProxyType(dict.fromkeys(Tier, REQUIRED))
    """Pillars that must be measured, by tier: one without any applicable check is UNKNOWN."""
    fails_below: Fraction = Fraction(75)
    warns_below: Fraction = Fraction(90)
    coverage_from: Fraction = Fraction(9, 10)
    override: bool = False
    """Whether `--break-glass` may exit 0."""
    tier_minimum: Mapping[Tier, int] = MappingProxyType({Tier.A: 3, Tier.B: 2, Tier.C: 1})
    undeclared_minimum: int = 1
    """Instances wanted of a service whose tier nobody declared."""
    tier_weights: Mapping[Tier, Fraction] = MappingProxyType(
        {Tier.A: Fraction(4), Tier.B: Fraction(2), Tier.C: Fraction(1)}
    )
    blocking_weight: Fraction = Fraction(2)
    other_weight: Fraction = Fraction(1)
    """Weights of checks that have none of their own."""
    starting_s: float = 60.0
    """An instance that does not pass yet leaves the count this long after its registration."""
    freeze_ages: float = 2.0
    """`data.xid_age` warns above this many autovacuum_freeze_max_age."""
    page_severities: tuple[str, ...] = ("page", "critical")
    watchdog: str = "Watchdog"
    """The alert that always fires, so that its absence shows when alerting is dead."""
    recovery_margin: float = 0.05
    """An observation counts as a recovery when it passes with this share of the limit to spare."""
    burn: Burn = DEFAULT_BURN
    retired: frozenset[str] = frozenset()
    """Services that may be gone."""
    checks: Mapping[str, CheckRule] = MappingProxyType({})
    rules: tuple[Rule, ...] = ()
    customs: tuple[Custom, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    services: Mapping[str, ServicePart] = MappingProxyType({})
    version: str | None = None
    """Which release the working tree, and so its scan, configuration and migrations, is of."""
    loads: Mapping[str, LoadRule] = MappingProxyType({})
    """Loads that may be run, by name."""

    def __post_init__(self) -> None:
        weights = {
            **{f"pillar {name}": weight for name, weight in self.pillar_weights.items()},
            **{f"tier {tier}": weight for tier, weight in self.tier_weights.items()},
            **{name: rule.weight for name, rule in self.checks.items() if rule.weight is not None},
            "blocking_weight": self.blocking_weight,
            "other_weight": self.other_weight,
        }
        for name, weight in weights.items():
            if weight < 0:
                raise ValueError(f"weight of {name}: {weight} is below 0")

    def applied(self, name: str, tier: Tier, tags: frozenset[str]) -> Applied:
        """What holds for one service: the rules that select it over the rest, later ones over earlier ones."""
        rules = [rule for rule in self.rules if rule.selector.selects(name, tier, tags)]
        checks = dict(self.checks)
        slo = None
        for rule in rules:
            slo = rule.slo or slo
            for check, own in rule.checks.items():
                checks[check] = own.over(checks[check]) if check in checks else own
        customs = tuple(custom for custom in self.customs if custom.selector.selects(name, tier, tags))
        return Applied(checks, slo, customs)

    def place(self, check: str, name: str, tier: Tier, tags: frozenset[str]) -> Place | None:
        """Where it is said what holds for a check of one service; None where the policy says nothing of it."""
        for index, rule in reversed(list(enumerate(self.rules))):
            if check in rule.checks and rule.selector.selects(name, tier, tags):
                return self.places.get(f"rule:{index}:{check}")
        return self.places.get(check)

    def weight(self, rule: CheckRule, *, blocking: bool) -> Fraction:
        """A check's weight in its pillar."""
        if rule.weight is not None:
            return rule.weight
        return self.blocking_weight if blocking else self.other_weight

    def minimum(self, tier: Tier | None) -> int:
        """Instances wanted of a service of the declared tier."""
        return self.undeclared_minimum if tier is None else self.tier_minimum[tier]
