"""From an assessment to what is remembered of it. Evidence is not kept: it may quote what nobody should store."""

from __future__ import annotations

import math
from collections.abc import Mapping

from prodtui.model.assessment import Assessment, CheckResult, ServiceAssessment
from prodtui.model.evaluation import Evaluation, JudgedCheck, JudgedService, Override, PolicySummary
from prodtui.model.service_view import ServiceView
from prodtui.readiness.score import shown

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 10
NOISE_BITS = 8


def evaluation_id(at: float, noise: int) -> str:
    """Ten characters that sort by time (Crockford's base 32): 42 bits of milliseconds, and 8 bits of `noise`."""
    number = (int(at * 1000) << NOISE_BITS) | (noise & ((1 << NOISE_BITS) - 1))
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def evaluation(
    assessment: Assessment,
    policy: PolicySummary,
    *,
    id: str,  # noqa: A002 — the field's name
    environment: str,
    by: str,
    decision: str,
    exit_code: int,
    views: Mapping[str, ServiceView],
    asked: tuple[str, ...] = (),
    candidate: str | None = None,
    override: Override | None = None,
) -> Evaluation:
    """One decision of the gate, to be saved."""
    return Evaluation(
        id=id,
        at=assessment.at,
        environment=environment,
        verdict=assessment.verdict,
        decision=decision,
        exit_code=exit_code,
        score=float(shown(assessment.score)),
        by=by,
        asked=asked,
        candidate=candidate,
        override=override,
        policy=policy,
        services={service.name: _service(service, views.get(service.name)) for service in assessment.services},
    )


def _service(judged: ServiceAssessment, view: ServiceView | None) -> JudgedService:
    return JudgedService(
        verdict=judged.verdict,
        score=float(shown(judged.score)),
        score_max=float(shown(judged.score_max)),
        coverage=float(judged.coverage),
        tier=view.declared.tier if view else None,
        versions=view.versions if view else (),
        checks={check.id: _check(check) for check in judged.checks},
    )


def _check(check: CheckResult) -> JudgedCheck:
    return JudgedCheck(
        state=check.state,
        blocking=check.blocking,
        waived=check.waived,
        value=check.value if check.value is not None and math.isfinite(check.value) else None,
        unit=check.unit,
        points=float(check.points),
        of=float(check.of),
        reason=check.reason,
    )
