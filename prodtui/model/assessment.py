"""What the rules found, as values. Points are exact fractions; what a person reads is apportioned in `Points`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction

import msgspec

from prodtui.model.declared import Tier


class State(StrEnum):
    PASS = "PASS"  # noqa: S105
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    NOT_APPLICABLE = "N/A"
    INFO = "INFO"

    @property
    def scored(self) -> bool:
        """Whether it is in the denominator of the score."""
        return self not in (State.NOT_APPLICABLE, State.INFO)


class Verdict(StrEnum):
    NOT_READY = "NOT_READY"
    INCONCLUSIVE = "INCONCLUSIVE"
    WARN = "WARN"
    READY = "READY"

    @property
    def badness(self) -> int:
        """0 for READY up to 3 for NOT_READY, to sort by and to take the worst."""
        return _BADNESS[self]


_BADNESS = {Verdict.READY: 0, Verdict.WARN: 1, Verdict.INCONCLUSIVE: 2, Verdict.NOT_READY: 3}


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of one service, with its evidence."""

    id: str
    """`pillar.check`, public interface."""
    pillar: str
    title: str
    state: State
    blocking: bool
    waived: bool = False
    weight: Fraction = Fraction(1)
    points: Fraction = Fraction(0)
    """Points got, in tenths-exact shares of the service's 100 (largest remainder); they add up with the others'."""
    of: Fraction = Fraction(0)
    reason: str = ""
    """One line that a person can act on."""
    value: float | None = None
    unit: str = ""
    threshold: str = ""
    observed_at: float | None = None
    age_s: float | None = None
    source: str = ""
    evidence: Mapping[str, str] = {}
    """Raw facts by name, already neutralised: the request, the row, the output."""
    subjects: tuple[str, ...] = ()
    """Keys of the records it stands on, as `record-tag:source:key`, for drilling down."""


class PillarResult(msgspec.Struct, frozen=True, kw_only=True):
    """A pillar's share of a service's score. A required pillar with no check has none and counts as UNKNOWN."""

    name: str
    required: bool
    weight: Fraction
    points: Fraction
    of: Fraction
    checks: tuple[CheckResult, ...] = ()


class ServiceAssessment(msgspec.Struct, frozen=True, kw_only=True):
    """One service judged. Scores are exact, 0..100; show them floored to 0.1."""

    name: str
    tier: Tier
    verdict: Verdict
    score: Fraction
    score_max: Fraction
    coverage: Fraction
    """Known weight of the total, 0..1."""
    pillars: tuple[PillarResult, ...] = ()
    why: str = ""
    """The costliest reason in a few words; empty when nothing is lost."""

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        return tuple(check for pillar in self.pillars for check in pillar.checks)


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """An environment judged at one time."""

    at: float
    verdict: Verdict
    score: Fraction
    score_max: Fraction
    coverage: Fraction
    services: tuple[ServiceAssessment, ...] = ()
    """Worst first, then by name."""

    def service(self, name: str) -> ServiceAssessment | None:
        return next((s for s in self.services if s.name == name), None)
