"""Circuit breakers that applications export: `circuit_breaker_state{name}`, and resilience4j's one series a state."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from prodtui.model.records import Breaker, BreakerState
from prodtui.model.text import neutralise_name
from prodtui.sources.metrics.queries import SLI
from prodtui.sources.metrics.results import Row

DEFAULT_STATES = {"0": BreakerState.CLOSED, "1": BreakerState.HALF_OPEN, "2": BreakerState.OPEN}
"""Values of the gauge, as documented for `circuit_breaker_state`."""


def breakers(
    answered: Iterable[Row], *, service_label: str, name_label: str, states: Mapping[str, BreakerState]
) -> tuple[Breaker, ...]:
    """The answer of queries.breakers. A value that is no known state is unknown, never closed."""
    found: dict[str, Breaker] = {}
    refused: dict[str, float] = {}
    for row in answered:
        kind = row.labels.get(SLI)
        state = BreakerState.UNKNOWN
        if kind == "state":
            state = states.get(f"{row.value:g}", BreakerState.UNKNOWN)
        elif kind == "one_hot":
            state = _state(row.labels.get("state", ""))
        one = breaker(row.labels, service_label, name_label if kind == "state" else "name", state)
        if kind == "refused_per_s":
            if math.isfinite(row.value):
                refused[one.key] = row.value
        elif one.key in found and found[one.key].state is not state:
            found[one.key] = msgspec.structs.replace(one, state=BreakerState.UNKNOWN)  # two states at once
        else:
            found[one.key] = one
    return tuple(
        msgspec.structs.replace(found[key], shed_per_s=refused[key]) if key in refused else found[key]
        for key in sorted(found)
    )


def breaker(labels: Mapping[str, str], service_label: str, name_label: str, state: BreakerState) -> Breaker:
    """The breaker that a series' labels name."""
    name = neutralise_name(labels.get(name_label) or labels.get("name") or "unnamed")
    return Breaker(
        name=name,
        caller=neutralise_name(labels.get(service_label) or labels.get("job", "")),
        callee=name,
        instance=neutralise_name(labels.get("instance", "")),
        state=state,
    )


def _state(text: str) -> BreakerState:
    try:
        return BreakerState(text.lower())
    except ValueError:
        return BreakerState.UNKNOWN
