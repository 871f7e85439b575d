"""What the checks are held against: thresholds, weights, limits of the verdict. Data only, readiness.md's defaults.

Criteria relative to a baseline, waivers and baselines will be fields here beside `checks`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

import msgspec

from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.readiness import words


class Bound(msgspec.Struct, frozen=True):
    """One side of a threshold: `< 0.25`."""

    op: Literal["<", "<=", "=", ">=", ">"]
    value: float

    def holds(self, measured: float) -> bool:
        """Whether a measured value is within the bound."""
        match self.op:
            case "<":
                return measured < self.value
            case "<=":
                return measured <= self.value
            case "=":
                return measured == self.value
            case ">=":
                return measured >= self.value
            case ">":
                return measured > self.value

    def text(self, unit: str = "") -> str:
        """The bound as a person reads it: `< 250 ms`."""
        return f"{self.op} {words.measure(self.value, unit)}"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The thresholds of one check: within `passes` PASS, else within `warns` WARN, else FAIL."""

    passes: Bound
    warns: Bound | None = None
    """None: there is no WARN, what does not pass fails."""

    def judge(self, measured: float | None) -> State:
        """The state of a measured value; UNKNOWN where there is none, or NaN or ±Inf."""
        if measured is None or not math.isfinite(measured):
            return State.UNKNOWN
        if self.passes.holds(measured):
            return State.PASS
        return State.WARN if self.warns is not None and self.warns.holds(measured) else State.FAIL

    def text(self, unit: str = "") -> str:
        """Both thresholds: `PASS < 250 ms, WARN < 500 ms, else FAIL`."""
        warns = f", WARN {self.warns.text(unit)}" if self.warns else ""
        return f"PASS {self.passes.text(unit)}{warns}, else FAIL"


class CheckRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy says differently of one check; None: as the check declares it."""

    weight: Fraction | None = None
    blocking: bool | None = None
    limits: Limits | None = None
    not_applicable: str = ""
    """Why the check does not apply (N/A); empty: it does."""


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


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One readiness policy.

    Raises ValueError where a weight is negative.
    """

    name: str = "default"
    pillar_weights: Mapping[str, Fraction] = PILLAR_WEIGHTS
    required: Mapping[Tier, tuple[str, ...]] = MappingProxyType(dict.fromkeys(Tier, REQUIRED))
    """Pillars that must be measured, by tier: one without any applicable check is UNKNOWN."""
    fails_below: Fraction = Fraction(75)
    warns_below: Fraction = Fraction(90)
    coverage_from: Fraction = Fraction(9, 10)
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
    checks: Mapping[str, CheckRule] = MappingProxyType({})

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

    def weight(self, check_id: str, *, blocking: bool) -> Fraction:
        """The check's weight in its pillar."""
        own = self.checks[check_id].weight if check_id in self.checks else None
        if own is not None:
            return own
        return self.blocking_weight if blocking else self.other_weight

    def minimum(self, tier: Tier | None) -> int:
        """Instances wanted of a service of the declared tier."""
        return self.undeclared_minimum if tier is None else self.tier_minimum[tier]
