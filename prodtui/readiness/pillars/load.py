"""Performance under a declared load: what the last run of `prodtui load` measured, as long as it counts."""

from __future__ import annotations

from collections.abc import Callable

from prodtui.model.assessment import State
from prodtui.model.load import LoadRun
from prodtui.model.records import Plane
from prodtui.model.service_view import ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Criteria, Limits
from prodtui.readiness.finding import Finding, worst
from prodtui.readiness.load_rule import LoadMetric, LoadRule

CHECKS = Checks(Plane.REGISTRY)
SOURCE = "load"
"""Where the evidence comes from, as no source of the environment tells it."""
_ABSENT = "absent where the policy declares no load with such a threshold for the service"
_VOID = "UNKNOWN where the last whole run is older than the load's max_age, of another version, or there is none"
_UNDER = "See what saturated first in the run (`prodtui load`): that is what the service needs more of, or less."


@CHECKS.check(
    "performance.load_p99",
    "Under the declared load 99 of 100 requests are answered in time",
    rule=f"p99 of the last whole run within the load's own threshold (< 1 s by default), else FAIL; {_VOID}; {_ABSENT}",
    remedy=_UNDER,
    why="What a release does under production's load is known before it has it.",
    limits=Limits.of("< 1s"),
    unit="s",
    of_release=True,
)
def load_p99(view: ServiceView, ask: Question) -> Finding | None:
    """The 99th percentile of the last run."""
    return _judged(view, ask, LoadMetric.P99, lambda run: run.p99_s)


@CHECKS.check(
    "performance.load_error_ratio",
    "Under the declared load few requests fail",
    rule=f"errors of the last whole run within the load's own threshold (< 1 % by default), else FAIL; {_VOID}; "
    f"{_ABSENT}",
    remedy=_UNDER,
    why="A service that sheds load answers the rest quickly: only its errors show it.",
    limits=Limits.of("< 1%"),
    unit="ratio",
    of_release=True,
)
def load_error_ratio(view: ServiceView, ask: Question) -> Finding | None:
    """The share of requests that failed in the last run."""
    return _judged(view, ask, LoadMetric.ERRORS, lambda run: run.error_ratio)


@CHECKS.check(
    "performance.load_throughput",
    "It carries the declared load",
    rule=f"requests/s of the last whole run within the load's own threshold (`rate >= 100/s`), else FAIL; {_VOID}; "
    f"{_ABSENT}",
    remedy=_UNDER,
    why="Users who wait send less: without a least rate a load that was never carried looks like one that was.",
    limits=Limits.of("> 0"),
    unit="requests/s",
    of_release=True,
)
def load_throughput(view: ServiceView, ask: Question) -> Finding | None:
    """The requests/s of the last run."""
    return _judged(view, ask, LoadMetric.RATE, lambda run: run.rate_per_s)


def _judged(
    view: ServiceView, ask: Question, metric: LoadMetric, value: Callable[[LoadRun], float | None]
) -> Finding | None:
    """The worst of the loads that judge the service by this metric."""
    findings = []
    for rule in ask.policy.loads.values():
        threshold = rule.threshold(metric)
        if rule.service == view.name and threshold is not None:
            limits = ask.limits if ask.chosen else Limits(passes=Criteria(((threshold.bound,),)))
            findings.append(_found(view, ask, rule, limits, metric, value))
    return worst(findings)


def _found(
    view: ServiceView,
    ask: Question,
    rule: LoadRule,
    limits: Limits,
    metric: LoadMetric,
    value: Callable[[LoadRun], float | None],
) -> Finding:
    run = ask.loads.get(rule.name)
    if run is None:
        reason = f"load {rule.name}: no whole run is kept"
        return Finding(State.UNKNOWN, reason, brief=f"{rule.name} not run", source=SOURCE, subjects=(rule.name,))
    measured = value(run)
    unit = {LoadMetric.RATE: "requests/s", LoadMetric.ERRORS: "ratio"}.get(metric, "s")
    shown = "?" if measured is None else words.measure(measured, unit)
    what = {LoadMetric.ERRORS: f"errors {shown}", LoadMetric.RATE: shown}.get(metric, f"{metric} {shown}")
    void = _void(view, ask, rule, run)
    state = State.UNKNOWN if void else limits.judge(measured)
    passes = limits.passes.text(unit)
    said = f"{what} under {rule.name} ({words.seconds(max(0.0, ask.now - run.at))} ago), passes {passes}"
    return Finding(
        state,
        f"{void}: {said}" if void else said,
        brief="" if state is State.PASS else f"{rule.name} {void or what}",
        value=measured,
        unit=unit,
        threshold=limits.text(unit),
        observed_at=run.at,
        source=SOURCE,
        evidence=_evidence(run),
        subjects=(rule.name,),
        severity=abs(measured or 0.0),
        version=run.version or None,
        limit=limits.passes.edge,
        judged_by=limits,
    )


def _void(view: ServiceView, ask: Question, rule: LoadRule, run: LoadRun) -> str:
    """Why the run says nothing of what runs now; empty: it does. Of a candidate its version is asked for besides."""
    if ask.now - run.at > rule.max_age_s:
        return f"its last run is older than {words.seconds(rule.max_age_s)}"
    if ask.candidate is None and run.version and view.versions and run.version not in view.versions:
        return f"its last run is of {run.version}, {', '.join(view.versions)} runs"
    return ""


def _evidence(run: LoadRun) -> dict[str, str]:
    found = {
        "run": run.id,
        "verdict": run.verdict.value,
        "target": run.target,
        "requests": str(run.requests),
        "duration": words.seconds(run.duration_s),
        "version": run.version,
        "engine": run.engine,
        "by": run.by,
    }
    found |= {f"threshold {place}": f"{t.expr}: {_word(t.ok)}" for place, t in enumerate(run.thresholds, 1)}
    if run.saturated:
        found["saturated first"] = f"{run.saturated[0].kind} {run.saturated[0].name}: {run.saturated[0].what}"
    return {name: text for name, text in found.items() if text}


def _word(ok: bool | None) -> str:
    return "not measured" if ok is None else "ok" if ok else "not met"
