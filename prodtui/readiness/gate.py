"""From a verdict to a decision and its exit code: public interface, scripts depend on them. And from samples to one."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, PillarResult, ServiceAssessment, State, Verdict
from prodtui.model.evaluation import Override
from prodtui.readiness.policy import Policy
from prodtui.readiness.ranking import environment
from prodtui.readiness.score import Weighed, WeighedPillar, score
from prodtui.readiness.verdict import service_verdict

USAGE = 2
"""A usage or configuration error."""
INTERNAL = 5
"""prodtui itself failed; never 0."""
INTERRUPTED = 130
"""Ended from the keyboard: 128 + SIGINT."""
OVERRIDDEN = "OVERRIDDEN"


class FailOn(StrEnum):
    """From which verdict on the gate fails."""

    NOT_READY = "not-ready"
    WARN = "warn"


class ExitCodes(StrEnum):
    """Whose convention the exit code follows."""

    DEFAULT = "default"
    NAGIOS = "nagios"


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate decided on a verdict."""

    verdict: Verdict
    word: str
    """The verdict, or OVERRIDDEN where somebody broke the glass."""
    exit_code: int
    override: Override | None = None
    allowed: bool = False
    """Whether the policy lets an override exit 0."""

    @property
    def refused(self) -> bool:
        """Whether somebody broke the glass and the policy does not let it count."""
        return self.override is not None and not self.allowed


_NAGIOS = {Verdict.READY: 0, Verdict.WARN: 1, Verdict.NOT_READY: 2, Verdict.INCONCLUSIVE: 3}
_BADNESS = {State.PASS: 0, State.WARN: 1, State.UNKNOWN: 2, State.FAIL: 3}
_WAIVED_FAIL = 1.5
"""A waived failure costs what a WARN costs, and is told before one; not knowing is worse: no waiver excuses it."""


def exit_code(verdict: Verdict, fail_on: FailOn = FailOn.NOT_READY, codes: ExitCodes = ExitCodes.DEFAULT) -> int:
    """0 READY (and WARN, unless it fails too: 4), 1 NOT_READY, 3 INCONCLUSIVE; by Nagios 0, 1 WARN, 2, 3."""
    if codes is ExitCodes.NAGIOS:
        return _NAGIOS[verdict]
    match verdict:
        case Verdict.READY:
            return 0
        case Verdict.WARN:
            return 4 if fail_on is FailOn.WARN else 0
        case Verdict.NOT_READY:
            return 1
        case Verdict.INCONCLUSIVE:
            return 3


def decide(
    verdict: Verdict,
    *,
    fail_on: FailOn = FailOn.NOT_READY,
    codes: ExitCodes = ExitCodes.DEFAULT,
    override: Override | None = None,
    allowed: bool = False,
) -> Decision:
    """The decision on a verdict. An override leaves the verdict as it is, and exits 0 only where that is allowed."""
    passed = override is not None and allowed
    return Decision(
        verdict=verdict,
        word=verdict.value if override is None else OVERRIDDEN,
        exit_code=0 if passed else exit_code(verdict, fail_on, codes),
        override=override,
        allowed=allowed,
    )


def worst_of(earlier: Assessment, later: Assessment, policy: Policy, asked: Iterable[str] = ()) -> Assessment:
    """Two samples as one: of every blocking check the worse result, all else as the later one has it.

    A service or a blocking check that only the earlier one has stays. No verdict is better than the worst that
    either led to, so that more samples never improve one. `asked`: services that tier C does not excuse.
    """
    before = {service.name: service for service in earlier.services}
    services = [
        _worse_service(before[service.name], service, policy, later.at) if service.name in before else service
        for service in later.services
    ]
    still = {service.name for service in later.services}
    services += [service for service in earlier.services if service.name not in still]
    both = environment(
        services, policy, later.at, asked=asked, blind=later.blind, notes=later.notes, streaks=later.streaks
    )
    return msgspec.structs.replace(both, verdict=_worst(both.verdict, earlier.verdict, later.verdict))


def _worse_service(
    earlier: ServiceAssessment, later: ServiceAssessment, policy: Policy, now: float
) -> ServiceAssessment:
    results = _worse_results(earlier, later, now)
    if results == {pillar.name: pillar.checks for pillar in later.pillars}:
        verdict = _worst(earlier.verdict, later.verdict)
        return later if verdict is later.verdict else msgspec.structs.replace(later, verdict=verdict, why=earlier.why)
    shells = {pillar.name: pillar for pillar in (*earlier.pillars, *later.pillars)}
    names = [name for name in shells if name in results or shells[name].required]
    weighed = tuple(
        WeighedPillar(
            shells[name].weight,
            shells[name].required,
            tuple(Weighed(check.state, check.weight, check.waived) for check in results.get(name, ())),
        )
        for name in names
    )
    total = score(weighed)
    pillars = tuple(
        PillarResult(
            name=name,
            required=shells[name].required,
            weight=shells[name].weight,
            points=points.points.got,
            of=points.points.of,
            checks=tuple(
                msgspec.structs.replace(check, points=got, of=of)
                for check, (got, of) in zip(results.get(name, ()), points.checks, strict=True)
            ),
        )
        for name, points in zip(names, total.pillars, strict=True)
    )
    missing = any(pillar.missing for pillar in weighed)
    own = service_verdict(
        total,
        (check for pillar in pillars for check in pillar.checks),
        policy,
        missing=missing,
        noted=bool(later.notes),
    )
    return msgspec.structs.replace(
        later,
        verdict=_worst(own, earlier.verdict, later.verdict),
        score=total.score,
        score_max=total.score_max,
        coverage=total.coverage,
        pillars=pillars,
        why=earlier.why if earlier.verdict.badness > later.verdict.badness else later.why or earlier.why,
    )


def _worse_results(
    earlier: ServiceAssessment, later: ServiceAssessment, now: float
) -> dict[str, tuple[CheckResult, ...]]:
    """By pillar: the later results, blocking ones in their worse state, and blocking ones that only were."""
    before = {check.id: check for check in earlier.checks if check.blocking}
    found = {
        pillar.name: [_worse_result(before.pop(check.id, None), check, now) for check in pillar.checks]
        for pillar in later.pillars
    }
    for gone in before.values():
        found.setdefault(gone.pillar, []).append(_aged(gone, now))
    return {name: tuple(checks) for name, checks in found.items()}


def _worse_result(earlier: CheckResult | None, later: CheckResult, now: float) -> CheckResult:
    if earlier is None or _badness(earlier) <= _badness(later):
        return later
    return _aged(earlier, now)


def _badness(check: CheckResult) -> float:
    """INFO and N/A count as nothing bad: they are not scored."""
    if check.waived and check.state is State.FAIL:
        return _WAIVED_FAIL
    return _BADNESS.get(check.state, -1)


def _aged(check: CheckResult, now: float) -> CheckResult:
    seen = check.observed_at
    return check if seen is None else msgspec.structs.replace(check, age_s=max(0.0, now - seen))


def _worst(*verdicts: Verdict) -> Verdict:
    return max(verdicts, key=lambda verdict: verdict.badness)


def undecided(assessment: Assessment) -> bool:
    """Whether asking again may tell more: it can't be told now, or all that fails is recovering."""
    if assessment.verdict is Verdict.INCONCLUSIVE:
        return True
    failing = [check for service in assessment.services for check in service.checks if check.state is State.FAIL]
    return assessment.verdict is Verdict.NOT_READY and bool(failing) and all(check.held for check in failing)
