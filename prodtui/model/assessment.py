"""What the rules found, as values. Points are exact fractions; what a person reads is apportioned in `Points`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class CheckResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
    limit: float | None = None
    """The limit beyond which it does not pass, in the unit; None where it is not one number."""
    baseline: float | None = None
    """What a relative limit was computed from."""
    version: str = ""
    """Of which version the evidence is, where a candidate was asked about."""
    held: State | None = None
    """What was observed last, where the state waits for a second good observation."""
    waiver: str = ""
    """The id of the waiver that holds for it."""
    waiver_ends: float | None = None
    remedy: str = ""
    """What to do when it does not pass."""


class NoteKind(StrEnum):
    WAIVER = "waiver"
    """A waiver that holds, has expired, ends soon or matches nothing."""
    CANDIDATE = "candidate"
    """Nothing that was seen is of the version asked about."""
    POLICY = "policy"
    """The policy is weaker than the one of the last accepted evaluation."""


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finding about the rules themselves. Any keeps a verdict from READY."""

    kind: NoteKind
    text: str
    service: str = ""
    check: str = ""


class Streak(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A check on its way back: the state that is shown, and the good observations since."""

    state: State
    good: int = 0
    observed_at: float | None = None
    """When the last good one was made: two reads of one sample are one observation."""


class PillarResult(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pillar's share of a service's score. A required pillar with no check has none and counts as UNKNOWN."""

    name: str
    required: bool
    weight: Fraction
    points: Fraction
    of: Fraction
    checks: tuple[CheckResult, ...] = ()


class ServiceAssessment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One service judged. Scores are exact, 0..100; show them floored to 0.1."""

    name: str
    tier: Tier
    verdict: Verdict
    score: Fraction
    score_max: Fraction
    coverage: Fraction
    """Known weight of the total, 0..1."""
    pillars: Sequence[PillarResult] = ()
    """Made when first looked at."""
    why: str = ""
    """The costliest reason in a few words; empty when nothing is lost."""
    notes: tuple[Note, ...] = ()

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
    blind: bool = False
    """A source is lost that could have spoken of the services."""
    notes: tuple[Note, ...] = ()
    """Findings about the policy; those about one service are with it."""
    streaks: Mapping[str, Streak] = {}
    """Checks that are bad or recover, by `service/check`, for the next assessment."""

    def service(self, name: str) -> ServiceAssessment | None:
        return next((s for s in self.services if s.name == name), None)
