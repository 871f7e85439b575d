"""From states and a score to a verdict: the first rule that matches (readiness.md, Verdict)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prodtui.model.assessment import CheckResult, PillarResult, ServiceAssessment, State, Verdict
from prodtui.model.declared import Tier
from prodtui.readiness.policy import Policy
from prodtui.readiness.score import Score


def service_verdict(score: Score, pillars: Sequence[PillarResult], policy: Policy, *, missing: bool) -> Verdict:
    """The verdict on one service; `missing`: a required pillar has nothing that counts."""
    checks = [check for pillar in pillars for check in pillar.checks]
    blocking = {check.state for check in checks if check.blocking and not _excused(check)}
    if State.FAIL in blocking or score.score_max < policy.fails_below:
        return Verdict.NOT_READY
    unknown = any(check.state is State.UNKNOWN for check in checks) or missing
    nothing = not score.coverage
    if State.UNKNOWN in blocking or missing or nothing:
        return Verdict.INCONCLUSIVE
    if score.coverage < policy.coverage_from or score.score < policy.fails_below:
        return Verdict.INCONCLUSIVE
    waived = any(check.waived for check in checks)
    if score.score < policy.warns_below or State.WARN in blocking or waived or unknown:
        return Verdict.WARN
    return Verdict.READY


def _excused(check: CheckResult) -> bool:
    # A waiver excuses a failure, never ignorance.
    return check.waived and check.state is State.FAIL


def environment_verdict(
    services: Iterable[ServiceAssessment], *, asked: Iterable[str] = (), blind: bool = False
) -> Verdict:
    """The worst verdict of the services, where one of tier C counts as WARN at most unless it was asked for by name.

    Nothing known is INCONCLUSIVE; `blind`, a source that is lost, is WARN at best.
    """
    named = set(asked)
    judged = list(services)
    verdicts = [_bounded(service) if service.name not in named else service.verdict for service in judged]
    if blind:
        verdicts.append(Verdict.WARN)
    if not any(service.coverage for service in judged):
        verdicts.append(Verdict.INCONCLUSIVE)
    return max(verdicts, key=lambda verdict: verdict.badness)


def _bounded(service: ServiceAssessment) -> Verdict:
    if service.tier is Tier.C and service.verdict.badness > Verdict.WARN.badness:
        return Verdict.WARN
    return service.verdict
