"""The PromQL that is asked: each SLI of all services at once, never one query per service.

Related SLIs travel in one request, told apart by the label `prodtui_sli`; a request costs more than its answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prodtui.sources.metrics.presets import Preset

SLI = "prodtui_sli"
QUANTILES = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}
_NOT_PERMITTED = "resilience4j_circuitbreaker_not_permitted_calls_total"
_RESILIENCE4J = "resilience4j_circuitbreaker_state"


DOWN = "up unless on (job, instance) (up @ end() == 1)"
"""Targets that are down at the end of the range, over the whole of it."""
ALERTS = "ALERTS_FOR_STATE"
"""Its value is the time at which the alert's expression became true."""
CALLS = (
    "group by (client, server) (traces_service_graph_request_total) or group by (client, server) (label_replace("
    'label_replace(istio_requests_total, "client", "$1", "source_canonical_service", "(.*)"), '
    '"server", "$1", "destination_canonical_service", "(.*)"))'
)
"""Who calls whom, by service graphs' metrics."""


class Arm(NamedTuple):
    """Series that share the label which names their service."""

    label: str
    matcher: str = ""


class Selection(NamedTuple):
    """A histogram that is there: which label names the service, and which ones tell a failed request."""

    preset: Preset
    arms: tuple[Arm, ...]
    status_labels: tuple[str, ...] = ()

    def label(self, labels: dict[str, str]) -> str:
        """The service that these labels are about."""
        return next((value for arm in self.arms if (value := labels.get(arm.label))), "")


def arms_of(preset: Preset, service_label: str, present: Iterable[str]) -> tuple[Arm, ...]:
    """The ways its series name their service, given the labels that they have."""
    names = preset.service_labels or (service_label, "job")
    found = [name for name in dict.fromkeys(names) if name in set(present)]
    arms, before = [], ""
    for name in found:
        arms.append(Arm(name, ",".join(filter(None, (before, f'{name}!=""')))))
        before = ",".join(filter(None, (before, f'{name}=""')))
    return tuple(arms)


def histograms(presets: Iterable[Preset]) -> str:
    """Which of these histograms exist."""
    names = "|".join(f"{preset.metric}_bucket" for preset in presets)
    return f'group by (__name__) ({{__name__=~"{names}",le="+Inf"}})'


def buckets(selection: Selection) -> str:
    """The bounds of every service's histogram, with the jobs that its series come from."""
    preset = selection.preset
    return " or ".join(
        f"group by ({_names('le', arm.label, 'job')}) ({_selector(f'{preset.metric}_bucket', preset, arm)})"
        for arm in selection.arms
    )


def quantiles(selection: Selection, window_s: float) -> str:
    """p50, p95 and p99 of every service, in the histogram's unit."""
    preset, window = selection.preset, duration(window_s)
    return " or ".join(
        _told(
            sli,
            f"histogram_quantile({quantile}, sum by (le, {arm.label}) "
            f"(rate({_selector(f'{preset.metric}_bucket', preset, arm)}[{window}])))",
        )
        for arm in selection.arms
        for sli, quantile in QUANTILES.items()
    )


def p99(selection: Selection, window_s: float) -> str:
    """p99 of every service, in the histogram's unit."""
    preset, window = selection.preset, duration(window_s)
    return " or ".join(
        f"histogram_quantile({QUANTILES['p99']}, sum by (le, {arm.label}) "
        f"(rate({_selector(f'{preset.metric}_bucket', preset, arm)}[{window}])))"
        for arm in selection.arms
    )


def errors(selection: Selection, window_s: float) -> str:
    """Error ratio of every service; empty where no label tells a failed request."""
    if not selection.status_labels:
        return ""
    window = duration(window_s)
    told: list[str] = []
    for arm in selection.arms:
        every = _selector(selection.preset.counter, selection.preset, arm)
        failed = _rates(selection, arm, f'=~"{selection.preset.failed}"', window)
        judged = _rates(selection, arm, '!=""', window)
        told.append(f"({failed} or 0 * {judged}) / sum by ({arm.label}) (rate({every}[{window}]))")
    return " or ".join(told)


def traffic(selection: Selection, window_s: float) -> str:
    """Rate, error ratio, time of the newest sample, and whether there was one a window ago, of every service.

    A service without failures has no series that failed: its 0 comes from those that have a status at all, so that
    a histogram without one reads as unknown and never as error-free.
    """
    window = duration(window_s)
    told: list[str] = []
    for arm in selection.arms:
        every = _selector(selection.preset.counter, selection.preset, arm)
        rate = f"sum by ({arm.label}) (rate({every}[{window}]))"
        told.append(_told("rate", rate))
        if selection.status_labels:
            failed = _rates(selection, arm, f'=~"{selection.preset.failed}"', window)
            judged = _rates(selection, arm, '!=""', window)
            told.append(_told("errors", f"({failed} or 0 * {judged}) / {rate}"))
        told.append(_told("newest", f"max by ({arm.label}) (timestamp({every}))"))
        told.append(_told("history", f"group by ({arm.label}) ({every} offset {window})"))
    return " or ".join(told)


def longer_window(selection: Selection, window_s: float) -> str:
    """Requests and error ratio over a window, its newest sample's time, and since when there are samples.

    Whether there are some from before the window is one look at its beginning. Only where there are none does the
    `oldest` count: it is looked for at every sixtieth of the window, which reads a fraction of the samples that
    counting them all would.
    """
    window, steps = duration(window_s), f"[{duration(window_s)}:{duration(max(1.0, window_s / 60))}]"
    told: list[str] = []
    for arm in selection.arms:
        every = _selector(selection.preset.counter, selection.preset, arm)
        seen = f"max by ({arm.label}) (timestamp({every}))"
        told.append(_told("requests", f"sum by ({arm.label}) (increase({every}[{window}]))"))
        if selection.status_labels:
            failed = _rates(selection, arm, f'=~"{selection.preset.failed}"', window)
            judged = _rates(selection, arm, '!=""', window)
            told.append(_told("errors", f"({failed} or 0 * {judged}) / sum by ({arm.label}) (rate({every}[{window}]))"))
        told.append(_told("newest", f"({seen} or max_over_time({seen}{steps}))"))
        oldest = f"min by ({arm.label}) (timestamp({every}))"
        told.append(_told("oldest", f"(min_over_time({oldest}{steps}) or {oldest})"))
        told.append(_told("history", f"group by ({arm.label}) ({every} offset {window})"))
    return " or ".join(told)


def last_seen(selection: Selection, window_s: float, step_s: float) -> str:
    """Time of the newest sample in the window, also of services whose every target is gone."""
    steps = f"[{duration(window_s)}:{duration(step_s)}]"
    return " or ".join(
        f"max by ({arm.label}) (max_over_time("
        f"timestamp({_selector(selection.preset.counter, selection.preset, arm)}){steps}))"
        for arm in selection.arms
    )


def newest(selectors: Iterable[str]) -> str:
    """Time of the newest sample of each selector, told apart by its place among them."""
    return " or ".join(_told(str(place), f"max(timestamp({one}))") for place, one in enumerate(selectors))


def breakers(metric: str, window_s: float) -> str:
    """Every breaker's state, and what resilience4j's refuse per second."""
    refused = f"rate({_NOT_PERMITTED}[{duration(window_s)}])"
    return " or ".join(
        (_told("state", metric), _told("one_hot", f"{_RESILIENCE4J} == 1"), _told("refused_per_s", refused))
    )


def breaker_states(metric: str) -> str:
    """Every breaker's state; of resilience4j's one-hot series those that say it is open."""
    open_ = f'{_RESILIENCE4J}{{state=~"open|forced_open|half_open"}} == 1'
    return " or ".join((_told("state", metric), _told("one_hot", open_)))


def duration(seconds: float) -> str:
    """A duration in PromQL, to the millisecond."""
    return f"{round(seconds)}s" if float(seconds).is_integer() else f"{max(1, round(seconds * 1000))}ms"


def _rates(selection: Selection, arm: Arm, condition: str, window: str) -> str:
    """Summed rate of the series of which any status label meets the condition."""
    rates = " or ".join(
        f"rate({_selector(selection.preset.counter, selection.preset, arm, f'{label}{condition}')}[{window}])"
        for label in selection.status_labels
    )
    return f"sum by ({arm.label}) ({rates})"


def _selector(metric: str, preset: Preset, arm: Arm, *more: str) -> str:
    return f"{metric}{{{','.join(filter(None, (preset.matcher, arm.matcher, *more)))}}}"


def _names(*labels: str) -> str:
    return ", ".join(dict.fromkeys(labels))


def _told(sli: str, expression: str) -> str:
    return f'label_replace({expression}, "{SLI}", "{sli}", "", "")'
