"""What Prometheus remembers of the last hour, asked once: since when what is bad is bad, and trends to begin with."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial

from prodtui.model.errors import SourceError
from prodtui.model.past import Past, Quantity
from prodtui.model.records import BreakerState
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics import breakers, queries
from prodtui.sources.metrics.aside import Aside
from prodtui.sources.metrics.prometheus_settings import PrometheusSettings
from prodtui.sources.metrics.slis import Histogram

SPAN_S = 3_600
STEP_S = 10
"""The finest step: that of the trends."""
MOST_POINTS = 200_000
"""Of one quantity of all services together: with more services the steps are longer."""
MOST_FAILURES = 5
"""A server that can't answer this in time is not asked again and again."""


class History:
    """The series of the last hour, until they have been told."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings
        self._failures = 0
        self._left: set[str] | None = None
        """What is still to be asked; None: everything."""
        self._found: list[Past] = []

    @property
    def due(self) -> bool:
        """Whether there is anything to ask."""
        return self._left != set() and self._failures < MOST_FAILURES

    def jobs(
        self, aside: Aside, histograms: Iterable[Histogram], window_s: Callable[[Histogram], float]
    ) -> Iterator[Callable[[], Awaitable[None]]]:
        """One range query for each quantity of each histogram, then for breakers, targets and alerts."""
        end = time.time() // STEP_S * STEP_S
        wanted: dict[str, Callable[[], Awaitable[None]]] = {}
        for one in histograms:
            metric = one.selection.preset.metric
            for quantity in (Quantity.P99, Quantity.ERRORS):
                wanted[f"{quantity} {metric}"] = partial(self._slis, aside, one, quantity, window_s(one), end)
        wanted["breakers"] = partial(self._breakers, aside, end)
        wanted["targets"] = partial(self._targets, aside, end)
        wanted["alerts"] = partial(self._alerts, aside)
        if self._left is None:
            self._left = set(wanted)
        for name, ask in wanted.items():
            if name in self._left:
                yield partial(self._ask, name, ask)

    def told(self) -> tuple[Past, ...]:
        """What was answered since it was told last: it is told once."""
        found, self._found = self._found, []
        return tuple({past.key: past for past in found}.values())

    async def _ask(self, name: str, ask: Callable[[], Awaitable[None]]) -> None:
        try:
            await ask()
        except SourceError:
            self._failures += 1
            return  # asked again at the next read
        if self._left is not None:
            self._left.discard(name)

    async def _slis(self, aside: Aside, found: Histogram, quantity: Quantity, window: float, end: float) -> None:
        of = {Quantity.P99: queries.p99, Quantity.ERRORS: queries.errors}[quantity]
        promql = of(found.selection, window)
        if not promql:
            return
        unit_s = found.selection.preset.unit_s if quantity is Quantity.P99 else 1.0
        step = step_s(len(found.bounds_s))
        for one in await aside.range(promql, end - SPAN_S, end, step):
            label = found.selection.label(one.labels)
            if label:
                scaled = {at: value * unit_s for at, value in one.values.items()}
                self._found.append(_past(neutralise_name(label), quantity, scaled, end, step, window_s=window))

    async def _breakers(self, aside: Aside, end: float) -> None:
        settings = self._settings
        states = {float(value): state for value, state in settings.breaker_states.items() if _is_number(value)}
        for one in await aside.range(queries.breaker_states(settings.breaker_metric), end - SPAN_S, end, STEP_S):
            one_hot = one.labels.get(queries.SLI) == "one_hot"
            name_label = "name" if one_hot else settings.breaker_name_label
            record = breakers.breaker(one.labels, settings.service_label, name_label, BreakerState.UNKNOWN)
            values = {at: 1.0 if one_hot else float(_open(states.get(value))) for at, value in one.values.items()}
            self._found.append(_past(record.caller, Quantity.BREAKER, values, end, STEP_S, of=record.key))

    async def _targets(self, aside: Aside, end: float) -> None:
        for one in await aside.range(queries.DOWN, end - SPAN_S, end, STEP_S):
            job, instance = (neutralise_name(one.labels.get(name, "")) for name in ("job", "instance"))
            label = neutralise_name(one.labels.get(self._settings.service_label) or job)
            self._found.append(_past(label, Quantity.UP, one.values, end, STEP_S, of=f"{job}/{instance}"))

    async def _alerts(self, aside: Aside) -> None:
        for row in await aside.query(queries.ALERTS):
            label = row.labels.get(self._settings.service_label, "")
            if label and math.isfinite(row.value) and row.labels.get("severity") in ("page", "critical"):
                name = neutralise_name(row.labels.get("alertname", ""))
                past = Past(
                    label=neutralise_name(label),
                    quantity=Quantity.ALERT,
                    of=name,
                    start=row.value,
                    step_s=STEP_S,
                    values=(1.0,),
                )
                self._found.append(past)


def step_s(series: int) -> int:
    """The step at which so many series of the span stay within the bound, a multiple of the finest."""
    return STEP_S * max(1, math.ceil(series * SPAN_S / STEP_S / MOST_POINTS))


def _past(
    label: str,
    quantity: Quantity,
    values: Mapping[float, float],
    end: float,
    step: int,
    *,
    of: str = "",
    window_s: float = 0.0,
) -> Past:
    start = end - SPAN_S
    points = [values.get(start + place * step, math.nan) for place in range(SPAN_S // step + 1)]
    known = tuple(value if math.isfinite(value) else None for value in points)
    return Past(label=label, quantity=quantity, of=of, start=start, step_s=float(step), window_s=window_s, values=known)


def _open(state: BreakerState | None) -> bool:
    return state in (BreakerState.OPEN, BreakerState.FORCED_OPEN, BreakerState.HALF_OPEN)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
