"""Performance beside the baseline: traffic cut off, and latency that creeps from release to release."""

from __future__ import annotations

import math

import msgspec

from prodtui.model.assessment import State
from prodtui.model.declared import Tier
from prodtui.model.records import Plane, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.baseline import LEAST
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Baseline, Bound, Limits, criteria
from prodtui.readiness.finding import Finding, Row, of_record
from prodtui.readiness.pillars.performance import NEEDED_P99, quantile
from prodtui.readiness.pillars.sli import over_slis, row, unknown

CHECKS = Checks(Plane.METRICS)
_CUT_OFF = Bound(">=", -0.8, "share")
"""Below this change of its traffic a tier A service counts as cut off."""


@CHECKS.check(
    "performance.throughput",
    "Traffic is as usual",
    rule="requests/s within −50 % and +100 % of the baseline PASS, above or down to −80 % WARN, else FAIL, which "
    "blocks in tier A; INFO while there is no baseline, UNKNOWN then where the policy sets the criteria",
    remedy="Look before the service: a gateway, a route, a caller's breaker. Accept an evaluation if the load changed.",
    why="A service that nobody reaches answers quickly and without errors: traffic cut off is not health.",
    limits=Limits(passes=criteria([[">= -50%", "<= +100%"]]), warns=criteria([[">= -80%"]]), floor=1.0),
    unit="requests/s",
)
def throughput(view: ServiceView, ask: Question) -> Finding | None:
    """The request rate against that of accepted evaluations."""

    def judge(said: Said[Sli]) -> Finding:
        sli, limits = said.record, ask.limits
        rate = sli.rate_per_s
        if rate is None or not math.isfinite(rate):
            return unknown(said, "request rate", "no value")
        state, shown = limits.judge(rate), f"{words.number(rate)} requests/s"
        found = of_record(
            said,
            state,
            f"{shown}, passes {ask.wants}",
            brief="" if state is State.PASS else shown,
            value=rate,
            unit="requests/s",
            threshold=ask.threshold,
            observed_at=sli.observed_at,
            evidence=Row(row, sli),
            severity=_distance(rate, ask.baseline),
            judged_by=limits,
            blocks=state is State.FAIL and view.declared.tier is Tier.A and _cut_off(rate, ask),
        )
        return beside_baseline(ask, found, shown, wanted=ask.chosen)

    return over_slis(view, ask, judge)


@CHECKS.check(
    "performance.latency_regression",
    "Requests are answered as fast as before",
    rule="p99 <= baseline +10 % PASS, <= +25 % WARN, else FAIL, a change below 10 ms apart; INFO while there is no "
    "baseline, UNKNOWN then where the policy sets the criteria",
    remedy="Compare the releases: a query, a callee, a payload that grew. Accept an evaluation if it is meant.",
    why="An absolute limit lets every release add a little until the last one is over it.",
    limits=Limits.of("<= +10%", "<= +25%", floor=0.010),
    unit="s",
)
def latency_regression(view: ServiceView, ask: Question) -> Finding | None:
    """The 99th percentile against that of accepted evaluations."""

    def judge(said: Said[Sli]) -> Finding:
        found = quantile(said, ask, "p99", NEEDED_P99, said.record.p99_s)
        if found.value is None:
            return found
        shown = words.seconds(found.value)
        found = msgspec.structs.replace(
            found,
            brief="" if found.state is State.PASS else f"p99 {shown}, was {_was(ask.baseline)}",
            threshold=ask.threshold,
            judged_by=ask.limits,
        )
        return beside_baseline(ask, found, shown, wanted=ask.chosen)

    return over_slis(view, ask, judge)


def beside_baseline(ask: Question, found: Finding, shown: str, *, wanted: bool) -> Finding:
    """The finding with its baseline; where there is none yet, INFO, or UNKNOWN where it is `wanted`.

    The value stays: it is what the accepted evaluations of the future are made of.
    """
    baseline, value = ask.baseline, found.value
    if baseline is not None and baseline.value is not None:
        kept = {"baseline": str(baseline.value), "accepted evaluations": str(baseline.count)}
        if baseline.pinned is not None:
            kept["pinned"] = str(baseline.pinned)
        return msgspec.structs.replace(found, evidence={**found.seen, **kept})
    if found.state is not State.UNKNOWN or value is None or not math.isfinite(value) or not ask.relative:
        return found
    count = baseline.count if baseline else 0
    return msgspec.structs.replace(
        found,
        state=State.UNKNOWN if wanted else State.INFO,
        reason=f"{shown}; no baseline yet: {count} of {LEAST} accepted evaluations",
        brief="no baseline" if wanted else "",
    )


def _cut_off(rate: float, ask: Question) -> bool:
    baseline = ask.baseline
    if baseline is None or baseline.value is None:
        return False
    return _CUT_OFF.resolve(Baseline(value=baseline.value), ask.limits.floor).holds(rate) is False


def _distance(rate: float, baseline: Baseline | None) -> float:
    return abs(rate - baseline.value) if baseline and baseline.value is not None else 0.0


def _was(baseline: Baseline | None) -> str:
    return words.seconds(baseline.value) if baseline and baseline.value is not None else "?"
