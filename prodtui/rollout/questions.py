"""What is asked about canary and stable while a stage lasts: PromQL, one number each, the same for both."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from prodtui.model.asks import Ask, Language
from prodtui.model.histogram import Histogram
from prodtui.model.records import Sli, Target
from prodtui.model.rollout import CriterionRule, Plan, Stage
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.asks import in_promql
from prodtui.rollout.criteria import QUANTILES
from prodtui.rollout.groups import ENVOY_CLUSTER, Side, label_of, matcher
from prodtui.sources.metrics.presets import preset_of
from prodtui.sources.metrics.queries import duration
from prodtui.sources.metrics.slis import SCRAPES_IN_WINDOW

REQUESTS = "requests"
FAILED = "failed"
SERIES = "series"
"""How many series there are of a group, asked before it starts."""
SPENT = "rollout.spent"
"""The service's error ratio over its objective's period."""
_GROUP = re.compile(r"\$group\b")
_ENVOY = preset_of("envoy_cluster_upstream_rq_time")
ENVOYS = Histogram(
    metric=_ENVOY.metric,
    unit_s=_ENVOY.unit_s,
    counter=_ENVOY.counter,
    services=(),
    status_labels=_ENVOY.status_labels,
    failed=_ENVOY.failed,
    matcher=_ENVOY.matcher,
)
"""Envoy tells of each cluster by itself: no service is named there."""


def called(side: Side, what: str) -> str:
    """The name of a question, which its answer bears."""
    return f"rollout.{side}.{what}"


def questions(plan: Plan, stage: Stage, snapshot: Snapshot) -> tuple[Ask, ...]:
    """Everything that a sample of this stage wants to know, as far as it can be asked by what is known so far."""
    return tuple(
        _ask(plan, called(side, what), query)
        for side in Side
        if (selected := matcher(plan, snapshot, side)) is not None
        for what, query in _of_group(plan, stage, snapshot, selected)
        if query
    )


def questions_before(plan: Plan, snapshot: Snapshot, period_s: float) -> tuple[Ask, ...]:
    """What is asked before it starts: what the first sample wants, which series there are, what is left of the budget.

    `period_s`: of the service's objective.
    """
    series = {
        called(side, SERIES): " or ".join(f"count({one.counter}{{{inside}}})" for one, inside in arms)
        for side in Side
        if (selected := matcher(plan, snapshot, side)) is not None
        if (arms := list(_arms(plan, snapshot, selected)))
    }
    spent = " or ".join(
        f"{_failed(one, inside, duration(period_s))} / sum(rate({one.counter}{{{inside}}}[{duration(period_s)}]))"
        for one, inside in _of_service(plan, snapshot, "")
        if one.status_labels
    )
    asked = {**series, SPENT: spent} if spent else series
    return (
        *questions(plan, plan.stages[0], snapshot),
        *(_ask(plan, check, query) for check, query in asked.items()),
    )


def _ask(plan: Plan, check: str, query: str) -> Ask:
    return Ask(check=check, service=plan.service, language=Language.PROMQL, query=query)


def window_s(plan: Plan, stage: Stage, snapshot: Snapshot) -> float:
    """Over how long a sample looks back: to the one before, or as much longer as the service's scrapes need."""
    label = label_of(plan, snapshot)
    intervals = [one.scrape_interval_s or 0.0 for one in snapshot.of(Target).values() if one.label == label]
    return max([stage.every_s, *(SCRAPES_IN_WINDOW * interval for interval in intervals)])


def quantile_window_s(plan: Plan, stage: Stage, snapshot: Snapshot, quantile: float) -> float:
    """The same for a quantile: as long as it takes until one request of the canary's lies beyond it, in samples."""
    shortest = window_s(plan, stage, snapshot)
    rate = rate_per_s(plan, snapshot)
    if not rate:
        return shortest
    wanted_s = 1 / (1 - quantile) / (rate * stage.percent / 100)
    return max(shortest, min(math.ceil(wanted_s / stage.every_s) * stage.every_s, stage.duration_s))


def rate_per_s(plan: Plan, snapshot: Snapshot) -> float | None:
    """Requests a second of the whole service: as promised, else as measured now."""
    if plan.rate_per_s is not None:
        return plan.rate_per_s
    label = label_of(plan, snapshot)
    return next((one.rate_per_s for one in snapshot.of(Sli).values() if one.label == label), None)


def _of_group(plan: Plan, stage: Stage, snapshot: Snapshot, selected: str) -> Iterator[tuple[str, str]]:
    """(what, query) of one group."""
    window = duration(window_s(plan, stage, snapshot))
    arms = list(_arms(plan, snapshot, selected))
    yield REQUESTS, " or ".join(f"sum(rate({one.counter}{{{inside}}}[{window}]))" for one, inside in arms)
    yield FAILED, " or ".join(_failed(one, inside, window) for one, inside in arms if one.status_labels)
    for rule in plan.criteria:
        yield rule.id, _of_rule(rule, plan, stage, snapshot, selected, arms)


def _of_rule(
    rule: CriterionRule,
    plan: Plan,
    stage: Stage,
    snapshot: Snapshot,
    selected: str,
    arms: Iterable[tuple[Histogram, str]],
) -> str:
    """The criterion's own question; empty where it has none."""
    if rule.query:
        return _GROUP.sub(lambda _: selected, rule.query)
    quantile = QUANTILES.get(rule.id)
    if quantile is None:
        return ""
    window = duration(quantile_window_s(plan, stage, snapshot, quantile))
    return " or ".join(
        f"histogram_quantile({quantile:g}, sum by (le) (rate({one.metric}_bucket{{{inside}}}[{window}])))"
        f"{'' if one.unit_s == 1 else f' * {one.unit_s:g}'}"
        for one, inside in arms
    )


def _arms(plan: Plan, snapshot: Snapshot, selected: str) -> Iterator[tuple[Histogram, str]]:
    """Each way in which the group's requests are counted, best first, with what stands between the braces."""
    if selected.startswith(ENVOY_CLUSTER):
        yield ENVOYS, selected
        return
    yield from _of_service(plan, snapshot, selected)


def _of_service(plan: Plan, snapshot: Snapshot, selected: str) -> Iterator[tuple[Histogram, str]]:
    """The same by the histograms that are known, of all the service's requests that are selected."""
    service = in_promql(label_of(plan, snapshot))
    for histogram in snapshot.of(Histogram).values():
        for label, others in histogram.services:
            yield histogram, ",".join(filter(None, (histogram.matcher, others, f'{label}="{service}"', selected)))


def _failed(one: Histogram, inside: str, window: str) -> str:
    """Failed requests a second; 0 only where there is a status that could say otherwise."""

    def rates(condition: str) -> str:
        told = (f"rate({one.counter}{{{inside},{label}{condition}}}[{window}])" for label in one.status_labels)
        return f"sum({' or '.join(told)})"

    failed, judged = f'=~"{one.failed}"', '!=""'
    return f"({rates(failed)} or 0 * {rates(judged)})"
