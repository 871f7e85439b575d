"""The sign of a status: a glyph, the name of a style, a word. Colour is never the only carrier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from prodtui.model.assessment import Assessment, State, Verdict
from prodtui.model.freshness import Freshness, SourceState
from prodtui.model.records import BreakerState, HealthStatus
from prodtui.ui.grid_rows import Cell


class Sign(NamedTuple):
    glyph: str
    style: str
    badness: int
    """0 well, 1 worth a look, 2 unknown, 3 failing."""

    @property
    def cell(self) -> Cell:
        return Cell(self.glyph, self.style, order=-self.badness)

    @property
    def value_style(self) -> str:
        """The style of a value under this sign: plain where all is well."""
        return self.style if self.badness else ""


GOOD = Sign("●", "good", 0)
WARN = Sign("▲", "warn", 1)
UNKNOWN = Sign("?", "unknown", 2)
BAD = Sign("✖", "bad", 3)
NONE = Sign("·", "dim", 0)
CHANGE = Sign("◆", "accent", 0)

OF_STATE: Mapping[State, Sign] = {
    State.PASS: GOOD,
    State.WARN: WARN,
    State.FAIL: BAD,
    State.UNKNOWN: UNKNOWN,
    State.INFO: NONE,
    State.NOT_APPLICABLE: NONE,
}
OF_VERDICT: Mapping[Verdict, Sign] = {
    Verdict.READY: GOOD,
    Verdict.WARN: WARN,
    Verdict.INCONCLUSIVE: UNKNOWN,
    Verdict.NOT_READY: BAD,
}
OF_HEALTH: Mapping[HealthStatus, Sign] = {
    HealthStatus.PASSING: GOOD,
    HealthStatus.WARNING: WARN,
    HealthStatus.CRITICAL: BAD,
    HealthStatus.UNKNOWN: UNKNOWN,
}
OF_BREAKER: Mapping[BreakerState, Sign] = {
    BreakerState.CLOSED: GOOD,
    BreakerState.OPEN: BAD,
    BreakerState.FORCED_OPEN: BAD,
    BreakerState.HALF_OPEN: WARN,
    BreakerState.DISABLED: WARN,
    BreakerState.METRICS_ONLY: WARN,
    BreakerState.UNKNOWN: UNKNOWN,
}
OF_FRESHNESS: Mapping[Freshness, Sign] = {Freshness.LIVE: GOOD, Freshness.STALE: WARN, Freshness.LOST: BAD}


def worse(one: Sign, other: Sign) -> Sign:
    return other if other.badness > one.badness else one


def findings(assessment: Assessment, prefix: str) -> dict[str, Sign]:
    """The sign of each subject that a check of that prefix found worst: the first subject is the one it speaks of."""
    signs: dict[str, Sign] = {}
    for service in assessment.services:
        for check in service.checks:
            if check.subjects and check.state.scored and check.id.startswith(prefix):
                subject = check.subjects[0]
                found = OF_STATE[check.state]
                signs[subject] = worse(signs[subject], found) if subject in signs else found
    return signs


def aged(cells: tuple[Cell, ...], source: SourceState, now: float, *, names: int) -> tuple[Cell, ...]:
    """The cells as old as their source: dimmed when stale, `?` when lost. The first `names` cells are no values."""
    freshness = source.freshness(now)
    if freshness is Freshness.LIVE:
        return cells
    if freshness is Freshness.STALE:
        return (
            *cells[:names],
            *(replace(c, style="dim", tail=tuple((text, "dim") for text, _ in c.tail)) for c in cells[names:]),
        )
    return (UNKNOWN.cell, *cells[1:names], *(Cell("?", "unknown") if c.text or c.tail else c for c in cells[names:]))
