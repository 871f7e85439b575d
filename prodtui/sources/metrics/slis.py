"""Which histograms there are, and the SLI records made of what Prometheus answers about them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from prodtui.model.records import Histogram as Told
from prodtui.model.records import Sli, Target
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics.queries import QUANTILES, Selection, duration
from prodtui.sources.metrics.results import Numbers, Row

SCRAPES_IN_WINDOW = 4
"""Fewer than this many samples make a rate that one lost scrape distorts."""


class Histogram(NamedTuple):
    """One histogram as found: its series' labels, its services, where their buckets end."""

    selection: Selection
    bounds_s: Mapping[str, float | None]
    """Highest finite bound by service label; None where there is only +Inf."""
    jobs: Mapping[str, frozenset[str]]
    """Scrape jobs by service label."""


def histogram(selection: Selection, answered: Iterable[Row]) -> Histogram:
    """The histogram by its buckets; ways to name a service that no series goes by are dropped."""
    bounds: dict[str, float | None] = {}
    jobs: dict[str, set[str]] = defaultdict(set)
    used = set()
    for row in answered:
        service = selection.label(row.labels)
        if not service:
            continue
        used |= {arm for arm in selection.arms if row.labels.get(arm.label) == service}
        jobs[service].add(row.labels.get("job", ""))
        bound = _bound(row.labels.get("le", "")) * selection.preset.unit_s
        held = bounds.setdefault(service, None)
        if math.isfinite(bound) and (held is None or bound > held):
            bounds[service] = bound
    arms = tuple(arm for arm in selection.arms if arm in used)
    return Histogram(selection._replace(arms=arms), bounds, {name: frozenset(of) for name, of in jobs.items()})


def told(selection: Selection) -> Told:
    """The histogram as a record, by which one can ask about a part of its series."""
    preset = selection.preset
    return Told(
        metric=preset.metric,
        unit_s=preset.unit_s,
        counter=preset.counter,
        services=tuple((arm.label, arm.matcher) for arm in selection.arms),
        status_labels=selection.status_labels,
        failed=preset.failed,
        matcher=preset.matcher,
    )


def scrape_interval_s(service: str, jobs: frozenset[str], targets: Iterable[Target]) -> float | None:
    """The longest interval at which a target of the service, else of its jobs, is scraped."""
    own, shared = [], []
    for target in targets:
        if target.scrape_interval_s is not None:
            if target.label == service:
                own.append(target.scrape_interval_s)
            elif target.job in jobs:
                shared.append(target.scrape_interval_s)
    return max(own or shared, default=None)


def window_s(asked_s: float, intervals: Iterable[float | None]) -> float:
    """The window that is asked for, or as much longer as the slowest scrape needs."""
    return max([asked_s, *(SCRAPES_IN_WINDOW * one for one in intervals if one is not None)])


def sli(
    service: str, told: Numbers, found: Histogram, *, window: float, observed_at: float | None, interval_s: float | None
) -> Sli:
    """The record of one service; what is missing is None, and why is in its trouble."""
    unit_s = found.selection.preset.unit_s
    rate = told.finite("rate")
    quantiles = {name: told.finite(name) for name in QUANTILES}
    return Sli(
        label=neutralise_name(service),
        window_s=window,
        p50_s=_scaled(quantiles["p50"], unit_s),
        p95_s=_scaled(quantiles["p95"], unit_s),
        p99_s=_scaled(quantiles["p99"], unit_s),
        beyond_s=found.bounds_s.get(service),
        error_ratio=told.finite("errors"),
        rate_per_s=rate,
        requests=None if rate is None else rate * window,
        observed_at=observed_at,
        scrape_interval_s=interval_s,
        trouble=neutralise_name("; ".join(_trouble(told, found.selection, window))),
    )


def _trouble(told: Numbers, selection: Selection, window: float) -> Iterable[str]:
    over = duration(window)
    if told.doubled:
        yield f"several series of {', '.join(sorted(told.doubled))} where one was asked for"
    rate = told.finite("rate")
    if "rate" not in told.values:
        yield f"no rate: fewer than two samples in the last {over}"
    elif rate == 0:
        yield f"no requests in the last {over}"
    else:
        yield from (f"{name} is {_word(told, name)}" for name in ("rate", *QUANTILES) if told.finite(name) is None)
        if "errors" not in told.values:
            yield f"no label of {selection.preset.counter} tells which requests failed"
        elif told.finite("errors") is None:
            yield f"the error ratio is {_word(told, 'errors')}"
    if "history" not in told.values:
        yield f"history shorter than the window of {over}"
    if "newest" not in told.values:
        yield "no target exposes it now"


def _word(told: Numbers, name: str) -> str:
    value = told.values.get(name)
    if value is None:
        return "missing"
    return f"{value:+}".replace("+nan", "NaN").replace("inf", "Inf") if not math.isfinite(value) else "not certain"


def _scaled(value: float | None, unit_s: float) -> float | None:
    return None if value is None else value * unit_s


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.inf
