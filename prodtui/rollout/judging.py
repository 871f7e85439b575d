"""One sample judged: canary beside stable at the same time, else beside the baseline, and against its own limits."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

import msgspec

from prodtui.model.rollout import Compared, CriterionRule, Judged, Rollout, Sample
from prodtui.model.rollout_progress import stage_samples, watches
from prodtui.readiness import words
from prodtui.readiness.chance import proven
from prodtui.rollout.criteria import BREAKER, BURN, ERRORS
from prodtui.rollout.observed import Observed, Shown

_BURN = CriterionRule(id=BURN, unit="burning", most=0.0, hard=0.0)


class _Limit(msgspec.Struct, frozen=True):
    """How far a value may go, and what that is in words."""

    value: float
    text: str
    upper: bool = True

    def broken_by(self, value: float) -> bool:
        return value > self.value if self.upper else value < self.value


class _Counts(msgspec.Struct, frozen=True):
    """Requests of the canary: of this sample, and of the stage with it."""

    made: float
    failed: float
    made_in_all: float
    failed_in_all: float

    def show(self, ratio: float) -> bool:
        """Whether more than this ratio fail, by this sample or all of them: one failure of ten may be chance."""
        if ratio <= 0:
            return self.failed >= 1
        return proven(self.failed, self.made, ratio) or proven(self.failed_in_all, self.made_in_all, ratio)


def sample(rollout: Rollout, observed: Observed) -> Sample:
    """The sample that an observation makes in the stage that the rollout is in."""
    counts = _counts(rollout, observed.canary)
    compared = tuple(_compared(rollout, observed, counts))
    blocking = [one for one in compared if one.blocking]
    bad = [one for one in blocking if one.judged is Judged.BAD]
    unknown = [one for one in blocking if one.judged is Judged.NODATA]
    judged = Judged.BAD if bad else Judged.NODATA if unknown or not blocking else Judged.OK
    reasons = sorted(bad, key=lambda one: not one.hard) or unknown
    return Sample(
        at=observed.at,
        stage=rollout.stage,
        judged=judged,
        hard=any(one.hard for one in bad),
        requests=observed.canary.requests,
        bad_responses=observed.canary.failed,
        compared=compared,
        reason=reasons[0].reason if reasons else "" if blocking else "nothing is judged here",
    )


def gap(rollout: Rollout, at: float, reason: str) -> Sample:
    """The sample of a time at which nobody looked."""
    return Sample(at=at, stage=rollout.stage, judged=Judged.NODATA, reason=reason, gap=True)


def _counts(rollout: Rollout, canary: Shown) -> _Counts:
    before = [one for one in stage_samples(rollout) if one.requests is not None and one.bad_responses is not None]
    made, failed = canary.requests or 0.0, canary.failed or 0.0
    return _Counts(
        made,
        failed,
        made + sum(one.requests or 0.0 for one in before),
        failed + sum(one.bad_responses or 0.0 for one in before),
    )


def _compared(rollout: Rollout, observed: Observed, counts: _Counts) -> Iterator[Compared]:
    canary, stable = observed.canary, observed.stable
    for rule in _rules(rollout, observed):
        value = canary.values.get(rule.id)
        if value is None and rule.id not in canary.missing:
            continue  # nothing configured here could tell
        baseline = observed.baselines.get(rule.id, _stable_before(rollout, rule.id))
        beside = stable.values.get(rule.id)
        limits = list(_limits(rule, beside, baseline))
        certain = canary.certain.get(rule.id, value)
        judged, hard, reason = _judge(rule, value, certain, limits, counts, canary.missing.get(rule.id, ""))
        yield Compared(
            id=rule.id,
            unit=rule.unit,
            canary=value,
            stable=beside,
            baseline=baseline,
            threshold=" and ".join(limit.text for limit in limits),
            judged=judged,
            blocking=rule.blocking,
            hard=hard,
            reason=reason,
        )


def _rules(rollout: Rollout, observed: Observed) -> list[CriterionRule]:
    """What holds now: once all traffic is on the candidate, the burn rate and the breakers."""
    rules = list(rollout.plan.criteria)
    if not watches(rollout):
        return rules
    burns = BURN in observed.canary.values or BURN in observed.canary.missing
    left = [rule for rule in rules if rule.id == BREAKER or (rule.id == ERRORS and not burns)]
    return [_BURN, *left] if burns else left


def _judge(
    rule: CriterionRule,
    value: float | None,
    certain: float | None,
    limits: list[_Limit],
    counts: _Counts,
    why: str,
) -> tuple[Judged, bool, str]:
    """(how it is judged, whether one sample of it is enough, why it is not OK). `certain`: what it is, chance aside."""
    if value is None or certain is None:
        return Judged.NODATA, False, f"{rule.id}: {why}"
    if not limits:
        return Judged.NODATA, False, f"{rule.id}: nothing to compare with, neither stable nor a baseline"
    broken = [limit for limit in limits if limit.broken_by(certain)]
    hard = rule.hard is not None and certain > rule.hard
    if rule.id == ERRORS:
        broken = [limit for limit in broken if counts.show(limit.value)]
        hard = hard and rule.hard is not None and proven(counts.failed, counts.made, rule.hard)
    if not broken and not hard:
        return Judged.OK, False, ""
    wants = f"<= {words.measure(rule.hard or 0.0, rule.unit)}" if hard else broken[0].text
    return Judged.BAD, hard, f"{rule.id} {words.measure(value, rule.unit)}, wants {wants}"


def _limits(rule: CriterionRule, stable: float | None, baseline: float | None) -> Iterator[_Limit]:
    """The rule's own limits, and the one beside stable, else beside the baseline."""
    if rule.most is not None:
        yield _Limit(rule.most, f"<= {words.measure(rule.most, rule.unit)}")
    if rule.least is not None:
        yield _Limit(rule.least, f">= {words.measure(rule.least, rule.unit)}", upper=False)
    beside, name = (stable, "stable") if stable is not None else (baseline, "baseline")
    if rule.over_stable is None or beside is None:
        return
    upper = rule.least is None
    room = max(abs(beside) * rule.over_stable, rule.floor)
    by_share = room > rule.floor or not rule.floor
    shown = words.percent(rule.over_stable) if by_share else words.measure(rule.floor, rule.unit)
    yield _Limit(
        beside + room if upper else beside - room,
        f"{'<=' if upper else '>='} {name} {'+' if upper else '-'}{shown}",
        upper,
    )


def _stable_before(rollout: Rollout, criterion: str) -> float | None:
    """What stable showed in this rollout while it still had traffic: what the last stage has to compare with."""
    told = [
        one.stable
        for each in rollout.samples
        for one in each.compared
        if one.id == criterion and one.stable is not None
    ]
    return median(told) if told else None
