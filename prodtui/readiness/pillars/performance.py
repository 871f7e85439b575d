"""Performance: latency and errors as the metrics system has them, never the age of an answer for that of a sample."""

from __future__ import annotations

from prodtui.model.assessment import State
from prodtui.model.records import Plane, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.chance import proven
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.criteria import Limits
from prodtui.readiness.finding import Finding, Row, of_record
from prodtui.readiness.pillars.sli import over_slis, requests, row, too_few, unknown

CHECKS = Checks(Plane.METRICS)
NEEDED_P99 = 100
NEEDED_P95 = 20
NEEDED_P50 = 4
"""Requests of which one lies beyond the quantile: below that it says nothing."""
ERRORS = "performance.error_ratio"
ERROR_LIMITS = Limits.of("< 1%", "< 2%")
LEAST_ERROR_RATIO = 0.01
"""The ratio that a window must be able to show where a policy gives no absolute limit."""
_SEE = "See what the slow requests wait for: the pool, the database, a callee."


@CHECKS.check(
    "performance.latency_p99",
    "99 of 100 requests are answered in time",
    rule="p99 < 250 ms PASS, < 500 ms WARN, else FAIL; UNKNOWN below 100 requests in the window, "
    "unless a lower quantile fails",
    remedy=_SEE,
    why="The slowest requests are the first to show a queue, and those who make many requests meet them every time.",
    runbook="Compare with the pool's longest wait and the callee's p99: who is slow first is the place to look.",
    blocking=True,
    limits=Limits.of("< 250ms", "< 500ms"),
    unit="s",
)
def latency_p99(view: ServiceView, ask: Question) -> Finding | None:
    """The 99th percentile over the window."""
    return over_slis(view, ask, lambda said: quantile(said, ask, "p99", NEEDED_P99, said.record.p99_s))


@CHECKS.check(
    "performance.latency_p95",
    "95 of 100 requests are answered in time",
    rule="p95 < 150 ms PASS, < 300 ms WARN, else FAIL; UNKNOWN below 20 requests in the window, "
    "unless the median fails",
    remedy=_SEE,
    why="It moves before the p99 does when a whole service slows down rather than a few of its requests.",
    limits=Limits.of("< 150ms", "< 300ms"),
    unit="s",
)
def latency_p95(view: ServiceView, ask: Question) -> Finding | None:
    """The 95th percentile over the window."""
    return over_slis(view, ask, lambda said: quantile(said, ask, "p95", NEEDED_P95, said.record.p95_s))


@CHECKS.check(
    ERRORS,
    "Few requests fail",
    rule="errors of all requests < 1 % PASS, < 2 % WARN, else FAIL; UNKNOWN where too few requests "
    "could show 1 %, unless more of them failed than chance explains",
    remedy="Read the service's own errors, then those of what it calls.",
    why="A failed request is what a user notices first.",
    blocking=True,
    limits=ERROR_LIMITS,
    unit="ratio",
)
def error_ratio(view: ServiceView, ask: Question) -> Finding | None:
    """The share of requests that failed over the window."""

    def judge(said: Said[Sli]) -> Finding:
        sli, limit = said.record, ask.edge or LEAST_ERROR_RATIO
        if sli.error_ratio is None:
            return unknown(said, "errors", "no value")
        made = requests(sli)
        if made is None or (made * limit < 1 and not _proven(sli.error_ratio, made, ask.limits)):
            return too_few(said, "errors", made, f"to show {words.percent(limit)}")
        ratio = words.percent(sli.error_ratio)
        state = ask.limits.judge(sli.error_ratio)
        return of_record(
            said,
            state,
            f"{ratio}, passes {ask.wants}",
            brief="" if state is State.PASS else f"errors {ratio}",
            value=sli.error_ratio,
            unit="ratio",
            observed_at=sli.observed_at,
            evidence=Row(row, sli),
            severity=sli.error_ratio,
        )

    return over_slis(view, ask, judge)


def _proven(ratio: float, made: float, limits: Limits) -> bool:
    """Whether so few requests show a failure all the same: by chance so many would fail in 1 of 100 cases at most.

    Against the ratio from which it fails.
    """
    edge = (limits.warns or limits.passes).edge
    return limits.judge(ratio) is State.FAIL and edge is not None and proven(ratio * int(made), made, edge)


def _failing_below(sli: Sli, made: float, limits: Limits) -> float | None:
    """A lower quantile that fails the higher one's limits and has requests enough: then the higher one fails too."""
    lower = ((sli.p95_s, NEEDED_P95), (sli.p50_s, NEEDED_P50))
    return next((q for q, needs in lower if q is not None and made >= needs and limits.judge(q) is State.FAIL), None)


def quantile(said: Said[Sli], ask: Question, name: str, needs: int, value: float | None) -> Finding:
    """A quantile judged, where `needs` requests are the fewest of which one lies beyond it."""
    sli, limits = said.record, ask.limits
    if value is None:
        return unknown(said, name, "no value")
    made = requests(sli)
    if made is None or made < needs:
        lower = _failing_below(sli, made or 0.0, limits)
        if lower is None:
            return too_few(said, name, made, f"for a {name}, wants {needs}")
        value = max(value, lower)
    shown, state = words.seconds(value), limits.judge(value)
    if sli.beyond_s is not None and value >= sli.beyond_s:
        # The rank fell into the infinite bucket: all that is known is that the quantile is at least its lower bound.
        shown = f"at least {shown}"
        edge = (limits.warns or limits.passes).edge
        if edge is None or edge >= sli.beyond_s:
            return unknown(said, name, f"{shown}, where the histogram's buckets end")
        state = State.FAIL
    return of_record(
        said,
        state,
        f"{shown}, passes {ask.wants}",
        brief="" if state is State.PASS else f"{name} {_times(value, ask.edge) or shown}",
        value=value,
        unit="s",
        observed_at=sli.observed_at,
        evidence=Row(row, sli),
        severity=value,
    )


def _times(value: float, limit: float | None) -> str:
    """How many times its limit, where that says more than the value."""
    return f"{value / limit:.0f}× limit" if limit and limit > 0 and value / limit >= 1.95 else ""
