"""The assessment: every check asked of every service, scored, judged, worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import msgspec

from prodtui.model.assessment import Assessment, CheckResult, PillarResult, ServiceAssessment, State
from prodtui.model.declared import DeclaredService, Tier
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.records import Plane
from prodtui.model.service_view import ServiceView, service_views
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.check import Check, Question
from prodtui.readiness.finding import Finding
from prodtui.readiness.pillars import CHECKS, PILLARS
from prodtui.readiness.policy import PILLAR_WEIGHTS, CheckRule, Limits, Policy
from prodtui.readiness.score import WHOLE, Weighed, WeighedPillar, score
from prodtui.readiness.verdict import environment_verdict, service_verdict
from prodtui.readiness.why import why

Asked = tuple[Check, Question, Limits | None]
_AS_DECLARED = CheckRule()
_RANKS = {name: rank for rank, name in enumerate(dict.fromkeys((*PILLARS, *PILLAR_WEIGHTS)))}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What earlier evaluations are remembered for."""

    accepted: Mapping[str, Tier | None] = {}
    """The services of the last accepted evaluation with their declared tiers; retired ones are left out."""


def assess_snapshot(
    snapshot: Snapshot, policy: Policy, history: History | None, now: float, *, single_reading: bool = False
) -> Assessment:
    """The environment as the snapshot has it. A service that was there and is gone is judged too: it is UNKNOWN."""
    views = service_views(snapshot)
    for name, tier in history.accepted.items() if history else ():
        if name not in views:
            views[name] = _vanished(name, tier, snapshot)
    return assess(views, policy, now, single_reading=single_reading)


def assess(
    views: Mapping[str, ServiceView],
    policy: Policy,
    now: float,
    *,
    single_reading: bool = False,
    turns: Mapping[str, int] | None = None,
) -> Assessment:
    """Every service judged at `now`.

    `single_reading`: sources were read once, rates that need two are INFO. `turns`: how often each health check, by
    subject, turned for the worse within the hour; None where nobody watched, and flapping is not judged.
    """
    questions = _questions(policy, now, single_reading=single_reading, turns=turns)
    services = [_service(view, policy, now, questions) for view in views.values()]
    return environment(services, policy, now, blind=blind(views, now))


def assess_service(view: ServiceView, policy: Policy, now: float, *, single_reading: bool = False) -> ServiceAssessment:
    """One service judged at `now`."""
    return _service(view, policy, now, _questions(policy, now, single_reading=single_reading))


def environment(
    services: Iterable[ServiceAssessment],
    policy: Policy,
    now: float,
    *,
    asked: Iterable[str] = (),
    blind: bool = False,
) -> Assessment:
    """Services already judged as one environment.

    `asked` names those that tier C does not excuse; `blind`: a source is lost.
    """
    ordered = tuple(sorted(services, key=lambda s: (-s.verdict.badness, s.score, s.name)))
    weights = [policy.tier_weights[service.tier] for service in ordered]
    total = sum(weights, Fraction(0))

    def mean(numbers: Sequence[Fraction], nothing: Fraction) -> Fraction:
        weighed = sum((weight * number for weight, number in zip(weights, numbers, strict=True)), Fraction(0))
        return weighed / total if total else nothing

    return Assessment(
        at=now,
        verdict=environment_verdict(ordered, asked=asked, blind=blind),
        score=mean([s.score for s in ordered], Fraction(0)),
        score_max=mean([s.score_max for s in ordered], WHOLE),
        coverage=mean([s.coverage for s in ordered], Fraction(0)),
        services=ordered,
    )


def judge(
    name: str, tier: Tier, results: Iterable[CheckResult], policy: Policy, briefs: Mapping[str, str]
) -> ServiceAssessment:
    """A service's results scored and judged; `briefs` has the reasons in a few words, by check id."""
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        found.setdefault(result.pillar, []).append(result)
    required = policy.required.get(tier, ())
    names = sorted({*found, *required}, key=lambda pillar: (_RANKS.get(pillar, len(_RANKS)), pillar))
    weighed = tuple(
        WeighedPillar(
            policy.pillar_weights.get(pillar, Fraction(0)),
            pillar in required,
            tuple(Weighed(result.state, result.weight, result.waived) for result in found.get(pillar, ())),
        )
        for pillar in names
    )
    total = score(weighed)
    pillars = tuple(
        PillarResult(
            name=title,
            required=pillar.required,
            weight=pillar.weight,
            points=points.points.got,
            of=points.points.of,
            checks=tuple(
                msgspec.structs.replace(result, points=got, of=of)
                for result, (got, of) in zip(found.get(title, ()), points.checks, strict=True)
            ),
        )
        for title, pillar, points in zip(names, weighed, total.pillars, strict=True)
    )
    missing = [title for title, pillar in zip(names, weighed, strict=True) if pillar.missing]
    return ServiceAssessment(
        name=name,
        tier=tier,
        verdict=service_verdict(total, pillars, policy, missing=bool(missing)),
        score=total.score,
        score_max=total.score_max,
        coverage=total.coverage,
        pillars=pillars,
        why=why(pillars, briefs, missing),
    )


def blind(views: Mapping[str, ServiceView], now: float) -> bool:
    """Whether a source is lost that could have spoken of the services."""
    sources = {source.name: source for view in views.values() for plane in view.planes.values() for source in plane}
    return any(source.freshness(now) is Freshness.LOST for source in sources.values())


def _questions(
    policy: Policy, now: float, *, single_reading: bool, turns: Mapping[str, int] | None = None
) -> list[Asked]:
    lost: dict[str, bool] = {}
    asked: list[Asked] = []
    for check in CHECKS.values():
        limits = policy.checks.get(check.id, _AS_DECLARED).limits or check.limits
        question = Question(policy, now, limits=limits, single_reading=single_reading, lost=lost, turns=turns)
        asked.append((check, question, limits))
    return asked


def _service(view: ServiceView, policy: Policy, now: float, questions: Iterable[Asked]) -> ServiceAssessment:
    results: list[CheckResult] = []
    briefs: dict[str, str] = {}
    for check, ask, limits in questions:
        finding = check.judge(view, ask)
        if finding is not None:
            results.append(_result(check, finding, policy, now, limits))
            briefs[check.id] = finding.brief
    return judge(view.name, view.tier, results, policy, briefs)


def _result(check: Check, finding: Finding, policy: Policy, now: float, limits: Limits | None) -> CheckResult:
    """The finding as the policy sees it: weighed, and N/A where the policy says why."""
    rule = policy.checks.get(check.id, _AS_DECLARED)
    blocking = check.blocking if rule.blocking is None else rule.blocking
    seen = finding.observed_at
    return CheckResult(
        id=check.id,
        pillar=check.pillar,
        title=check.title,
        state=State.NOT_APPLICABLE if rule.not_applicable else finding.state,
        blocking=blocking,
        weight=policy.weight(check.id, blocking=blocking),
        reason=rule.not_applicable or finding.reason,
        value=finding.value,
        unit=finding.unit,
        threshold=finding.threshold or (limits.text(check.unit) if limits else check.rule),
        observed_at=seen,
        age_s=None if seen is None else max(0.0, now - seen),
        source=finding.source,
        evidence=finding.evidence,
        subjects=finding.subjects,
    )


def _vanished(name: str, tier: Tier | None, snapshot: Snapshot) -> ServiceView:
    """A service that nothing speaks of any more, as if it were declared."""
    planes: dict[Plane, list[SourceState]] = {}
    for state in snapshot.sources.values():
        planes.setdefault(state.declared.plane, []).append(state)
    return ServiceView(
        name=name,
        declared=DeclaredService(name=name, tier=tier),
        is_declared=True,
        planes={plane: tuple(states) for plane, states in planes.items()},
    )
