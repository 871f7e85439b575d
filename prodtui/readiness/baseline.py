"""What relative criteria compare with: the median of the last accepted evaluations, and a pinned reference."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import median

from msgspec.structs import replace

from prodtui.model.assessment import State
from prodtui.model.evaluation import Evaluation
from prodtui.readiness.criteria import Baseline

LAST = 5
"""Accepted evaluations that the median is taken of (readiness.md, Criteria)."""
LEAST = 3
OLDEST_S = 30 * 86_400.0
_NONE = Baseline(value=None)
_NOT_OBSERVED = (State.UNKNOWN, State.NOT_APPLICABLE)


def baselines(accepted: Iterable[Evaluation], now: float) -> dict[str, Baseline]:
    """The baseline of every check with a known number, by `service/check`.

    `accepted`: accepted evaluations of one environment in any order; the pinned one counts whatever its age.
    """
    newest_first = sorted(accepted, key=lambda evaluation: (evaluation.at, evaluation.id), reverse=True)
    known: dict[str, list[float]] = defaultdict(list)
    for evaluation in newest_first:
        if now - evaluation.at <= OLDEST_S:
            for key, value in _values(evaluation):
                known[key].append(value)
    found = {key: _baseline(values[:LAST]) for key, values in known.items()}
    pinned = next((evaluation for evaluation in newest_first if evaluation.pinned), None)
    if pinned is not None:
        for key, value in _values(pinned):
            found[key] = replace(found.get(key, _NONE), pinned=value, max_drift=pinned.max_drift)
    return found


def _baseline(values: list[float]) -> Baseline:
    return Baseline(value=median(values) if len(values) >= LEAST else None, count=len(values))


def _values(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    """The numbers that were known, by `service/check`."""
    for name, service in evaluation.services.items():
        for check, judged in service.checks.items():
            if judged.state not in _NOT_OBSERVED and judged.value is not None and math.isfinite(judged.value):
                yield f"{name}/{check}", judged.value
