"""What a load measured, and what its thresholds say of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from prodtui.load.scenario import KINDS
from prodtui.model.load import LoadVerdict, Threshold
from prodtui.readiness import words
from prodtui.readiness.load_rule import LoadMetric, LoadRule, LoadThreshold

UNSENT = 0.01
"""From this share of unsent requests on it was not the load that was declared."""
_WORDS = {
    "redirect": "redirects",
    "timeout": "timeouts",
    "dns": "not resolved or not allowed",
    "connection": "connections refused or lost",
    "tls": "TLS",
    "other": "others",
}


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of the whole run, or so far."""

    requests: int
    duration_s: float
    avg_s: float | None = None
    p50_s: float | None = None
    p95_s: float | None = None
    p99_s: float | None = None
    error_ratio: float | None = None
    rate_per_s: float | None = None
    failed: Mapping[str, int] = MappingProxyType({})
    """How many requests failed, by what became of them."""
    unsent: int = 0
    """Requests that were due and never made."""
    script_thresholds: tuple[Threshold, ...] = ()
    """A script's own."""

    def of(self, metric: LoadMetric) -> float | None:
        """The value that a threshold of the metric is about."""
        return {
            LoadMetric.P50: self.p50_s,
            LoadMetric.P95: self.p95_s,
            LoadMetric.P99: self.p99_s,
            LoadMetric.AVG: self.avg_s,
            LoadMetric.ERRORS: self.error_ratio,
            LoadMetric.RATE: self.rate_per_s,
        }[metric]


def measured(summary: bytes, *, own_thresholds: bool = False) -> Numbers:
    """The numbers of k6's summary. Raises ValueError where it is none. `own_thresholds`: of a script are to be told."""
    try:
        metrics: dict[str, dict[str, Any]] = msgspec.json.decode(summary)["metrics"]
        requests, length = metrics.get("http_reqs", {}), metrics.get("http_req_duration", {})
        count, rate = int(requests.get("count", 0)), float(requests.get("rate", 0))
        failed = {kind: int(metrics.get(f"failed_{kind}", {}).get("count", 0)) for kind in KINDS}
        return Numbers(
            requests=count,
            duration_s=count / rate if rate else 0.0,
            avg_s=_seconds(length, "avg", count),
            p50_s=_seconds(length, "med", count),
            p95_s=_seconds(length, "p(95)", count),
            p99_s=_seconds(length, "p(99)", count),
            error_ratio=float(metrics["http_req_failed"]["value"]) if count else None,
            rate_per_s=rate if count else None,
            failed={kind: many for kind, many in failed.items() if many},
            unsent=int(metrics.get("dropped_iterations", {}).get("count", 0)),
            script_thresholds=_thresholds(metrics) if own_thresholds else (),
        )
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"its summary can't be read: {error!r}") from error


def judged(thresholds: Sequence[LoadThreshold], numbers: Numbers) -> tuple[Threshold, ...]:
    """Each threshold with whether it holds."""
    found = []
    for threshold in thresholds:
        value = numbers.of(threshold.metric)
        found.append(Threshold(threshold.expr, None if value is None else threshold.bound.holds(value)))
    return (*found, *numbers.script_thresholds)


def verdict(rule: LoadRule, numbers: Numbers) -> tuple[LoadVerdict, str]:
    """The verdict on a run that went to its end, and why it is not MET."""
    if not numbers.requests:
        return LoadVerdict.NOT_MEASURED, "not one request was made"
    reasons = []
    for threshold, told in zip(rule.thresholds, judged(rule.thresholds, numbers), strict=False):
        if told.ok is not True:
            reasons.append(f"{_measured(threshold.metric, numbers)}, wants {threshold.expr}")
    reasons += [f"the script's own {told.expr} does not hold" for told in numbers.script_thresholds if not told.ok]
    due = numbers.requests + numbers.unsent
    if numbers.unsent > UNSENT * due:
        reasons.append(f"{numbers.unsent:,} of {due:,} requests were never sent: every user waited for an answer")
    return (LoadVerdict.NOT_MET, "; ".join(reasons)) if reasons else (LoadVerdict.MET, "")


def _measured(metric: LoadMetric, numbers: Numbers) -> str:
    value = numbers.of(metric)
    if value is None:
        return f"{metric} not measured"
    if metric is LoadMetric.RATE:
        return f"{words.number(value)} requests/s"
    if metric is LoadMetric.ERRORS:
        return f"errors {words.percent(value)}{_kinds(numbers.failed)}"
    return f"{metric} {words.seconds(value)}"


def _kinds(failed: Mapping[str, int]) -> str:
    """` (120 5xx, 30 timeouts)`, the most first."""
    parts = [f"{many:,} {_WORDS.get(kind, kind)}" for kind, many in sorted(failed.items(), key=lambda item: -item[1])]
    return f" ({', '.join(parts)})" if parts else ""


def _seconds(length: Mapping[str, Any], name: str, count: int) -> float | None:
    return float(length[name]) / 1000 if count else None


def _thresholds(metrics: Mapping[str, Mapping[str, Any]]) -> tuple[Threshold, ...]:
    # k6 writes true for a threshold that was crossed.
    return tuple(
        Threshold(f"{name} {expr}", not crossed)
        for name, metric in metrics.items()
        for expr, crossed in metric.get("thresholds", {}).items()
    )
