"""What one moment shows of canary and stable: requests, failures, latencies, instances, breakers."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from prodtui.model.assessment import State
from prodtui.model.evidence import Measurement
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.moment import Moment
from prodtui.model.records import Breaker, BreakerState, Cluster, HealthStatus, Instance, Phase, Plane
from prodtui.model.rollout import Plan, Stage
from prodtui.model.service_view import Said
from prodtui.readiness import words
from prodtui.readiness.criteria import Baseline
from prodtui.rollout import criteria
from prodtui.rollout.criteria import BURN, ERRORS, QUANTILES
from prodtui.rollout.groups import Side, members, told_twice
from prodtui.rollout.questions import (
    FAILED,
    PROXIED_FAILED,
    PROXIED_REQUESTS,
    REQUESTS,
    called,
    latency_window_s,
)

BURN_CHECK = "performance.burn_page"
BASELINES = {
    ERRORS: "performance.error_ratio",
    "latency_p99": "performance.latency_p99",
    "latency_p95": "performance.latency_p95",
}
"""The gate's checks whose accepted evaluations a criterion is compared with, where stable tells nothing."""
OLD_S = 15.0
"""A sample of the metrics that is older says nothing of now; a rate over its window ends by itself."""
_OPEN = (BreakerState.OPEN, BreakerState.FORCED_OPEN)
_GOES = (Phase.DRAINING, Phase.MAINTENANCE)
"""An instance that is taken out is none that the release broke."""
_NONE = "no series: does anything reach it, and does its label tell it apart?"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What one group shows. A criterion that is neither in `values` nor `missing` is not configured here."""

    requests: float | None = None
    """Since the sample before, as its rate has it."""
    failed: float | None = None
    values: Mapping[str, float] = {}
    """By criterion."""
    missing: Mapping[str, str] = {}
    """Why there is no value, by criterion."""
    certain: Mapping[str, float] = {}
    """What a latency is at least, chance aside: a few requests' p99 is the slowest of them."""


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """Both groups at one time."""

    at: float
    canary: Shown
    stable: Shown
    baselines: Mapping[str, float] = {}
    """Of accepted evaluations, by criterion."""


def observed(plan: Plan, stage: Stage, moment: Moment, baselines: Mapping[str, Baseline]) -> Observed:
    """What the moment shows. `baselines`: of accepted evaluations, by `service/check`."""
    known = {
        criterion: value
        for criterion, check in BASELINES.items()
        if (found := baselines.get(f"{plan.service}/{check}")) is not None and (value := found.value) is not None
    }
    return Observed(
        at=moment.now,
        canary=_shown(plan, stage, moment, Side.CANARY),
        stable=_shown(plan, stage, moment, Side.STABLE),
        baselines=known,
    )


def _shown(plan: Plan, stage: Stage, moment: Moment, side: Side) -> Shown:
    answers = _Answers(plan, stage, moment, side)
    rate, failing = _counted(plan, answers)
    made = None if isinstance(rate, str) else rate * stage.every_s
    failed = None if made is None or isinstance(failing, str) else min(failing * stage.every_s, made)

    def criterion(name: str) -> float | str | None:
        """Its value, why there is none, or None where nothing that is configured could tell."""
        match name:
            case criteria.ERRORS:
                return _ratio(rate, failing)
            case criteria.PASSING:
                return _passing(plan, moment, side)
            case criteria.BREAKER:
                return _open_breakers(plan, moment, side)
            case _:
                return answers(name)

    found = {rule.id: criterion(rule.id) for rule in plan.criteria}
    certain: dict[str, float | str] = {}
    if side is Side.CANARY:
        certain = {name: answers.sure(name) for name in QUANTILES if name in found}
        # A latency of which nothing is certain is not known.
        found |= {name: why for name, why in certain.items() if isinstance(why, str)} | {BURN: _burn(plan, moment)}
    return Shown(
        requests=made,
        failed=failed,
        values=_numbers(found),
        missing={name: why for name, why in found.items() if isinstance(why, str)},
        certain=_numbers(certain),
    )


def _counted(plan: Plan, answers: _Answers) -> tuple[float | str, float | str]:
    """Requests and failures a second. Where the proxy counts them too, the worse word of both: what a crash takes with
    it nobody but the proxy has seen."""
    own = answers(REQUESTS), answers(FAILED)
    if not told_twice(plan):
        return own
    return max(own, (answers(PROXIED_REQUESTS), answers(PROXIED_FAILED)), key=_badness)


def _badness(counted: tuple[float | str, float | str]) -> float:
    ratio = _ratio(*counted)
    return -1.0 if isinstance(ratio, str) else ratio


def _numbers(found: Mapping[str, float | str | None]) -> dict[str, float]:
    return {name: value for name, value in found.items() if value is not None and not isinstance(value, str)}


def _ratio(rate: float | str, failing: float | str) -> float | str:
    if isinstance(rate, str):
        return rate
    if isinstance(failing, str):
        return failing
    return min(failing / rate, 1.0) if rate > 0 else "no requests"


class _Answers:
    """The answers about one group, by question; why there is none where it can't be used."""

    def __init__(self, plan: Plan, stage: Stage, moment: Moment, side: Side) -> None:
        view = moment.views.get(plan.service)
        self._told = {said.record.check: said for said in (view.measurements if view else ())}
        self._longest_s = max(OLD_S, latency_window_s(plan, stage, moment.snapshot))
        self._moment, self._now, self._side = moment, moment.now, side

    def __call__(self, what: str) -> float | str:
        said = self._told.get(called(self._side, what))
        return self._lost() or _NONE if said is None else self._value(said)

    def sure(self, latency: str) -> float | str:
        """What a latency is at least, chance aside, by the most requests for which it was asked and answered."""
        asked = called(self._side, f"{latency}.sure.")
        told = [self._value(said) for name, said in self._told.items() if name.startswith(asked)]
        known = [value for value in told if not isinstance(value, str)]
        return max(known) if known else self._lost() or next((why for why in told if isinstance(why, str)), _NONE)

    def _value(self, said: Said[Measurement]) -> float | str:
        return _silent(said.source, self._now) or _value(said.record, self._now, self._longest_s)

    def _lost(self) -> str:
        return _unread(self._moment, Plane.METRICS)


def _value(told: Measurement, now: float, longest_s: float) -> float | str:
    if told.value is None:
        return _NONE if told.trouble == "no series" else told.trouble
    age_s = 0.0 if told.observed_at is None else now - told.observed_at
    return told.value if age_s <= longest_s else f"its newest sample is {words.seconds(age_s)} old"


def _silent(source: SourceState, now: float) -> str:
    """Why its word does not count now: it did not answer last time, or long ago; empty where it counts."""
    if source.freshness(now) is Freshness.LIVE:
        return ""
    age_s = source.age_s(now)
    why = (
        source.cause.message if source.cause else "never read" if age_s is None else f"read {words.seconds(age_s)} ago"
    )
    return f"{source.name}: {why}"


def _unread(moment: Moment, *planes: Plane) -> str:
    """Why one that could tell does not; empty where all who could have told what there is."""
    sources = (source for source in moment.snapshot.sources.values() if source.declared.plane in planes)
    return next((why for source in sources if (why := _silent(source, moment.now))), "")


def _passing(plan: Plan, moment: Moment, side: Side) -> float | str | None:
    """The share of the group's instances that pass; the proxy's word where no registry is read."""
    view = moment.views.get(plan.service)
    if not any(source.declared.plane is Plane.REGISTRY for source in moment.snapshot.sources.values()):
        return _healthy(plan, moment, side)
    if lost := _unread(moment, Plane.REGISTRY):
        return lost
    group = [one for one in members(plan, moment.snapshot, side) if one.phase not in _GOES]
    if view is None or not group:
        return "none of its instances is registered"

    def passes(one: Instance) -> bool:
        return view.instance_status(one) is HealthStatus.PASSING

    return sum(map(passes, group)) / len(group)


def _healthy(plan: Plan, moment: Moment, side: Side) -> float | str | None:
    if plan.groups.cluster is None:
        return None
    name, snapshot = side.of(plan.groups.cluster), moment.snapshot
    found = next(((source, one) for (source, _), one in snapshot.of(Cluster).items() if one.name == name), None)
    if found is None:
        return _unread(moment, Plane.BREAKERS) or None
    source, known = found
    if lost := _silent(snapshot.sources[source], moment.now):
        return lost
    return known.healthy / known.members if known.members and known.healthy is not None else None


def _open_breakers(plan: Plan, moment: Moment, side: Side) -> float | str | None:
    """How many breakers are open to the group; to the service where the proxy does not tell them apart."""
    view, snapshot = moment.views.get(plan.service), moment.snapshot
    told = [(said.source, said.record) for said in (view.breakers_in if view else ())]
    if plan.groups.cluster is not None:
        ours, theirs = plan.groups.cluster if side is Side.CANARY else plan.groups.cluster[::-1]
        # The proxy tells the clusters apart; an application's own breaker opens for either.
        told = [
            (source, one) for source, one in told if one.callee != theirs or source.declared.plane is not Plane.BREAKERS
        ]
        told += [
            (snapshot.sources[source], one)
            for (source, _), one in snapshot.of(Breaker).items()
            if one.callee == ours and all(one is not known for _, known in told)
        ]
    elif side is Side.STABLE:
        return None
    if not told:
        return _unread(moment, Plane.BREAKERS, Plane.METRICS) or None
    if lost := next((why for source, _ in told if (why := _silent(source, moment.now))), ""):
        return lost
    return float(sum(one.state in _OPEN for _, one in told))


def _burn(plan: Plan, moment: Moment) -> float | str | None:
    """1 where the error budget burns so fast that it pages, as the policy has it; None without an objective."""
    judged = moment.assessment.service(plan.service)
    found = next((check for check in (judged.checks if judged else ()) if check.id == BURN_CHECK), None)
    if found is None or found.state is State.NOT_APPLICABLE:
        return None
    return found.reason if found.state is State.UNKNOWN else float(found.state is State.FAIL)
