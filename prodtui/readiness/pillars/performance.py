"""Performance: latency and errors as the metrics system has them, never the age of an answer for that of a sample."""

from __future__ import annotations

from collections.abc import Callable

from prodtui.model.assessment import State
from prodtui.model.records import Plane, Sli
from prodtui.model.service_view import Said, ServiceView
from prodtui.readiness import words
from prodtui.readiness.check import Checks, Question
from prodtui.readiness.finding import Finding, of_record, worst
from prodtui.readiness.policy import Bound, Limits

CHECKS = Checks(Plane.METRICS)
SCRAPES_A_WINDOW = 4
"""A window holds at least this many scrapes (readiness.md); where the interval is not told it is taken from that."""
FRESH_SCRAPES = 3


@CHECKS.check(
    "performance.latency_p99",
    "99 of 100 requests are answered in time",
    rule="p99 < 250 ms PASS, < 500 ms WARN, else FAIL; UNKNOWN below 100 requests in the window",
    remedy="See what the slow requests wait for: the pool, the database, a callee.",
    blocking=True,
    limits=Limits(passes=Bound("<", 0.25), warns=Bound("<", 0.5)),
    unit="s",
)
def latency_p99(view: ServiceView, ask: Question) -> Finding | None:
    """The 99th percentile over the window."""
    return _each(view, ask, lambda said: _quantile(said, ask, "p99", 100, said.record.p99_s))


@CHECKS.check(
    "performance.latency_p95",
    "95 of 100 requests are answered in time",
    rule="p95 < 150 ms PASS, < 300 ms WARN, else FAIL; UNKNOWN below 20 requests in the window",
    remedy="See what the slow requests wait for: the pool, the database, a callee.",
    limits=Limits(passes=Bound("<", 0.15), warns=Bound("<", 0.3)),
    unit="s",
)
def latency_p95(view: ServiceView, ask: Question) -> Finding | None:
    """The 95th percentile over the window."""
    return _each(view, ask, lambda said: _quantile(said, ask, "p95", 20, said.record.p95_s))


@CHECKS.check(
    "performance.error_ratio",
    "Few requests fail",
    rule="errors of all requests < 1 % PASS, < 2 % WARN, else FAIL; UNKNOWN where too few requests could show 1 %",
    remedy="Read the service's own errors, then those of what it calls.",
    blocking=True,
    limits=Limits(passes=Bound("<", 0.01), warns=Bound("<", 0.02)),
    unit="ratio",
)
def error_ratio(view: ServiceView, ask: Question) -> Finding | None:
    """The share of requests that failed over the window."""

    def judge(said: Said[Sli]) -> Finding:
        sli, limit = said.record, ask.limits.passes.value
        if sli.error_ratio is None:
            return _unknown(said, "errors", "no value")
        made = _requests(sli)
        if made is None or made * limit < 1:
            return _too_few(said, "errors", made, f"to show {words.percent(limit)}")
        ratio = words.percent(sli.error_ratio)
        state = ask.limits.judge(sli.error_ratio)
        return of_record(
            said,
            state,
            f"{ratio}, passes {ask.limits.passes.text('ratio')}",
            brief="" if state is State.PASS else f"errors {ratio}",
            value=sli.error_ratio,
            unit="ratio",
            observed_at=sli.observed_at,
            evidence=_row(sli),
            severity=sli.error_ratio,
        )

    return _each(view, ask, judge)


def stale_after_s(said: Said[Sli]) -> float:
    """Age past which a sample counts no more, in seconds: three scrapes, and at least the source's own limit."""
    return max(said.source.declared.stale_after_s, FRESH_SCRAPES * scrape_interval_s(said.record))


def scrape_interval_s(sli: Sli) -> float:
    """The scrape interval in seconds; where it is not told, the longest that the window allows."""
    return sli.scrape_interval_s or sli.window_s / SCRAPES_A_WINDOW


def _each(view: ServiceView, ask: Question, judge: Callable[[Said[Sli]], Finding]) -> Finding | None:
    """The worst finding over what the metrics systems say of the service; UNKNOWN where none knows it."""
    sources = view.planes.get(Plane.METRICS, ())
    if not sources:
        return None
    findings = [_trusted(said, ask, judge) for said in ask.heard(view.slis)] + ask.unheard(view.slis)
    return worst(findings) or ask.silence(sources, f"requests of {view.declared.metrics_label or view.name}")


def _trusted(said: Said[Sli], ask: Question, judge: Callable[[Said[Sli]], Finding]) -> Finding:
    sli = said.record
    if sli.trouble:
        return _unknown(said, "requests", sli.trouble)
    if sli.observed_at is None:
        return _unknown(said, "requests", "the age of the sample is not known")
    if ask.now - sli.observed_at > stale_after_s(said):
        return _unknown(said, "requests", f"the newest sample is older than {words.seconds(stale_after_s(said))}")
    return judge(said)


def _quantile(said: Said[Sli], ask: Question, name: str, needs: int, value: float | None) -> Finding:
    """A quantile judged, where `needs` requests are the fewest of which one lies beyond it."""
    sli, limits = said.record, ask.limits
    if value is None:
        return _unknown(said, name, "no value")
    made = _requests(sli)
    if made is None or made < needs:
        return _too_few(said, name, made, f"for a {name}, wants {needs}")
    shown, state = words.seconds(value), limits.judge(value)
    if sli.beyond_s is not None and value >= sli.beyond_s:
        # The rank fell into the infinite bucket: all that is known is that the quantile is at least its lower bound.
        shown = f"at least {shown}"
        if (limits.warns or limits.passes).value >= sli.beyond_s:
            return _unknown(said, name, f"{shown}, where the histogram's buckets end")
        state = State.FAIL
    return of_record(
        said,
        state,
        f"{shown}, passes {limits.passes.text('s')}",
        brief="" if state is State.PASS else f"{name} {_times(value, limits.passes.value) or shown}",
        value=value,
        unit="s",
        observed_at=sli.observed_at,
        evidence=_row(sli),
        severity=value,
    )


def _times(value: float, limit: float) -> str:
    """How many times its limit, where that says more than the value."""
    return f"{value / limit:.0f}× limit" if limit > 0 and value / limit >= 1.95 else ""


def _requests(sli: Sli) -> float | None:
    """Requests in the window; by the rate where they were not counted."""
    if sli.requests is not None:
        return sli.requests
    return None if sli.rate_per_s is None else sli.rate_per_s * sli.window_s


def _too_few(said: Said[Sli], name: str, made: float | None, why: str) -> Finding:
    if made is None:
        return _unknown(said, name, "the number of requests is not known")
    many = words.plural(int(made), "request") if made >= 1 else "no requests"
    return _unknown(said, name, f"{many} in {words.seconds(said.record.window_s)}, too few {why}")


def _unknown(said: Said[Sli], name: str, why: str) -> Finding:
    sli = said.record
    return of_record(
        said,
        State.UNKNOWN,
        f"{name} of {sli.label}: {why}",
        brief=f"{name} unknown",
        observed_at=sli.observed_at,
        evidence=_row(sli),
    )


def _row(sli: Sli) -> dict[str, str]:
    """The service's numbers over the window, as reported."""
    fields = {
        "label": sli.label,
        "window": words.seconds(sli.window_s),
        "p50_s": sli.p50_s,
        "p95_s": sli.p95_s,
        "p99_s": sli.p99_s,
        "buckets_end_s": sli.beyond_s,
        "error_ratio": sli.error_ratio,
        "rate_per_s": sli.rate_per_s,
        "requests": sli.requests,
        "trouble": sli.trouble or None,
    }
    return {name: str(value) for name, value in fields.items() if value is not None}
