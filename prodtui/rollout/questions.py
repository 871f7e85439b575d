"""What is asked about canary and stable while a stage lasts: PromQL, one number each, the same for both."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator

from prodtui.model.asks import Ask, Language
from prodtui.model.evidence import Measurement
from prodtui.model.histogram import Histogram
from prodtui.model.records import Sli, Target
from prodtui.model.rollout import Plan, Stage
from prodtui.model.snapshot import Snapshot
from prodtui.readiness.asks import in_promql
from prodtui.readiness.chance import least_proven
from prodtui.rollout.criteria import QUANTILES
from prodtui.rollout.groups import ENVOY_CLUSTER, Side, label_of, matcher, of_cluster, told_twice
from prodtui.sources.metrics.presets import preset_of
from prodtui.sources.metrics.queries import duration
from prodtui.sources.metrics.slis import SCRAPES_IN_WINDOW

REQUESTS = "requests"
FAILED = "failed"
PROXIED_REQUESTS = "proxied.requests"
PROXIED_FAILED = "proxied.failed"
"""The same as the proxy counts them, where the service's own metrics tell the groups apart too."""
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
ENVOY_FLUSHES_S = 5.0
"""Its `stats_flush_interval` by default."""


def called(side: Side, what: str) -> str:
    """The name of a question, which its answer bears."""
    return f"rollout.{side}.{what}"


def sure(criterion: str, made: float) -> str:
    """The question what a latency is at least, chance aside, by so many requests."""
    return f"{criterion}.sure.{made:g}"


class Interview:
    """What is asked while a rollout is driven. How many requests there are is taken as it was while that is about so:

    a question that changes with every request would never have been answered yet.
    """

    def __init__(self, plan: Plan, stage: Callable[[], Stage]) -> None:
        """`stage`: the one that the rollout is in now."""
        self._plan = plan
        self._stage = stage
        self._made = 1.0

    def __call__(self, snapshot: Snapshot) -> tuple[Ask, ...]:
        stage = self._stage()
        made = requests_made(self._plan, stage, snapshot)
        if not self._made / 1.5 <= made < 2 * self._made:
            self._made = _rounded(made)
        return questions(self._plan, stage, snapshot, self._made)


def questions(plan: Plan, stage: Stage, snapshot: Snapshot, made: float) -> tuple[Ask, ...]:
    """Everything that a sample of this stage wants to know, as far as it can be asked by what is known so far.

    `made`: requests on the canary in latency's window.
    """
    return tuple(
        _ask(plan, called(side, what), query)
        for side in Side
        if (selected := matcher(plan, snapshot, side)) is not None
        for what, query in _of_group(plan, stage, snapshot, side, selected, made)
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
        *questions(plan, plan.stages[0], snapshot, _rounded(requests_made(plan, plan.stages[0], snapshot))),
        *(_ask(plan, check, query) for check, query in asked.items()),
    )


def _ask(plan: Plan, check: str, query: str) -> Ask:
    return Ask(check=check, service=plan.service, language=Language.PROMQL, query=query)


def window_s(plan: Plan, stage: Stage, snapshot: Snapshot) -> float:
    """Over how long a sample looks back: to the one before, or as much longer as the scrapes need, also Envoy's own."""
    label, by_proxy = label_of(plan, snapshot), plan.groups.cluster is not None
    intervals = [
        one.scrape_interval_s or 0.0
        for one in snapshot.of(Target).values()
        if one.label == label or (by_proxy and "envoy" in one.job)
    ]
    return max([stage.every_s, *(SCRAPES_IN_WINDOW * interval for interval in intervals)])


def latency_window_s(plan: Plan, stage: Stage, snapshot: Snapshot) -> float:
    """The same for latency: between two flushes Envoy's histograms stand still while its counters go on."""
    window = window_s(plan, stage, snapshot)
    return max(window, SCRAPES_IN_WINDOW * ENVOY_FLUSHES_S) if _by_proxy(plan) else window


def _by_proxy(plan: Plan) -> bool:
    """Whether the groups are told apart by Envoy's clusters alone."""
    return plan.groups.label is None and plan.groups.cluster is not None


def sure_quantile(quantile: float, made: float) -> float:
    """The lower quantile that so many requests must show beyond a limit, so that the higher one is, chance aside.

    Of 100 requests one in a hundred lies beyond the p99; that five do, so that their p95 is beyond it, is no chance.
    """
    return max(0.0, 1 - least_proven(made, 1 - quantile) / max(1.0, made))


def rate_per_s(plan: Plan, snapshot: Snapshot) -> float | None:
    """Requests a second of the whole service: as promised, else as measured now."""
    if plan.rate_per_s is not None:
        return plan.rate_per_s
    label = label_of(plan, snapshot)
    return next((one.rate_per_s for one in snapshot.of(Sli).values() if one.label == label), None)


def requests_made(plan: Plan, stage: Stage, snapshot: Snapshot) -> float:
    """Requests on the canary in latency's window: as last told, else as many as its share should bring."""
    told = called(Side.CANARY, REQUESTS)
    known = (one.value for one in snapshot.of(Measurement).values() if (one.check, one.service) == (told, plan.service))
    rate = next((value for value in known if value is not None), None)
    if rate is None:
        rate = (rate_per_s(plan, snapshot) or 0.0) * stage.percent / 100
    return rate * latency_window_s(plan, stage, snapshot)


def _rounded(made: float) -> float:
    """The next lower power of two."""
    return 2.0 ** math.floor(math.log2(made)) if made >= 1 else 1.0


def _of_group(
    plan: Plan, stage: Stage, snapshot: Snapshot, side: Side, selected: str, made: float
) -> Iterator[tuple[str, str]]:
    """(what, query) of one group."""
    window = duration(window_s(plan, stage, snapshot))
    latency_window = duration(latency_window_s(plan, stage, snapshot))
    arms = list(_arms(plan, snapshot, selected))
    yield REQUESTS, " or ".join(f"sum(rate({one.counter}{{{inside}}}[{window}]))" for one, inside in arms)
    yield FAILED, " or ".join(_failed(one, inside, window) for one, inside in arms if one.status_labels)
    if plan.groups.cluster is not None and told_twice(plan):
        proxied = of_cluster(side.of(plan.groups.cluster))
        yield PROXIED_REQUESTS, f"sum(rate({ENVOYS.counter}{{{proxied}}}[{window}]))"
        yield PROXIED_FAILED, _failed(ENVOYS, proxied, window)
    for rule in plan.criteria:
        if rule.query:
            yield rule.id, _GROUP.sub(lambda _: selected, rule.query)
        elif (quantile := QUANTILES.get(rule.id)) is not None:
            yield rule.id, _quantile(quantile, arms, latency_window)
            if side is Side.CANARY:
                # The next fewer too: when there are twice as many or half, one of both was answered before.
                for fewer in (made, made / 2):
                    yield sure(rule.id, fewer), _quantile(sure_quantile(quantile, fewer), arms, latency_window)


def _quantile(quantile: float, arms: Iterable[tuple[Histogram, str]], window: str) -> str:
    """In seconds."""
    return " or ".join(
        f"histogram_quantile({quantile:.6g}, sum by (le) (rate({one.metric}_bucket{{{inside}}}[{window}])))"
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
