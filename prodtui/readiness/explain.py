"""Why a service has its score: what every check costs, and the score that it would have if the check passed."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from prodtui.model.assessment import CheckResult, ServiceAssessment, State
from prodtui.readiness.score import Weighed, WeighedPillar, score


class Gain(msgspec.Struct, frozen=True, kw_only=True):
    """What one check, or a required pillar that nothing measures, costs."""

    pillar: str
    check: CheckResult | None
    """None: the pillar as a whole is not measured."""
    lost: Fraction
    """Points as shown."""
    score: Fraction
    """The exact score if this alone passed."""
    remedy: str


def gains(service: ServiceAssessment) -> tuple[Gain, ...]:
    """Everything that does not pass, costliest first; blocking checks before others that cost the same."""
    weighed = [_weighed(service, index) for index in range(len(service.pillars))]
    found: list[Gain] = []
    for index, pillar in enumerate(service.pillars):
        if weighed[index].missing:
            mended = weighed[index]._replace(checks=(*weighed[index].checks, Weighed(State.PASS, Fraction(1))))
            remedy = f"Configure a source that measures {pillar.name}, or do not require it in the policy."
            found.append(_gain(weighed, index, mended, pillar.name, None, pillar.of, remedy))
        for position, check in enumerate(pillar.checks):
            if check.state not in (State.WARN, State.FAIL, State.UNKNOWN):
                continue
            checks = list(weighed[index].checks)
            checks[position] = Weighed(State.PASS, check.weight)
            mended = weighed[index]._replace(checks=tuple(checks))
            found.append(_gain(weighed, index, mended, pillar.name, check, check.of - check.points, check.remedy))
    found.sort(key=lambda gain: (-gain.lost, gain.check is not None and not gain.check.blocking))
    return tuple(found)


def _gain(
    weighed: list[WeighedPillar],
    index: int,
    mended: WeighedPillar,
    pillar: str,
    check: CheckResult | None,
    lost: Fraction,
    remedy: str,
) -> Gain:
    raised = score((*weighed[:index], mended, *weighed[index + 1 :])).score
    return Gain(pillar=pillar, check=check, lost=lost, score=raised, remedy=remedy)


def _weighed(service: ServiceAssessment, index: int) -> WeighedPillar:
    pillar = service.pillars[index]
    return WeighedPillar(
        pillar.weight, pillar.required, tuple(Weighed(c.state, c.weight, c.waived) for c in pillar.checks)
    )
