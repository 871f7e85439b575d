"""How soon to ask again: steady while reads succeed, backing off with full jitter while they fail."""

from __future__ import annotations

import random

import msgspec

from prodtui.model.classification import CLASSES, CauseClass, Does

LONGEST_PAUSE_S = 10.0
"""A system that comes back is seen within this time, whatever happened before."""
OPENS_AFTER = 5
"""Failures in a row after which a source's breaker opens: from then on one trial each longest pause."""
SHORTEST_PAUSE_S = 0.2
SHORTEST_CYCLE_S = 1.0
"""Least time between two reads of a source that itself waits for changes: a storm of changes is read once a second."""


class Pace(msgspec.Struct, frozen=True):
    """The state of one source's breaker and backoff."""

    interval_s: float
    waits: bool = False
    """The source's reads wait for a change by themselves."""
    failures: int = 0
    """In a row."""

    @property
    def breaker_open(self) -> bool:
        return self.failures >= OPENS_AFTER

    def succeeded(self) -> Pace:
        return Pace(self.interval_s, self.waits)

    def failed(self, cause_class: CauseClass = CauseClass.TIMEOUT) -> Pace:
        """After one more failure; one that asking again can't mend opens the breaker at once."""
        at_once = Does.BREAKER in CLASSES[cause_class].reading
        return Pace(self.interval_s, self.waits, max(self.failures + 1, OPENS_AFTER if at_once else 0))

    def pause_s(self, took_s: float, chance: float | None = None) -> float:
        """Seconds to wait after a read that took `took_s`; `chance` 0..1 stands for the jitter.

        Full jitter (M. Brooker, "Exponential Backoff and Jitter", AWS 2015): uniform in 0..min(cap, base · 2^n). A
        failing source is asked no more often than twice an interval.
        """
        if not self.failures:
            cycle_s = min(SHORTEST_CYCLE_S, self.interval_s) if self.waits else self.interval_s
            return max(0.0 if self.waits else SHORTEST_PAUSE_S, cycle_s - took_s)
        chance = random.random() if chance is None else chance  # noqa: S311 — spreads load, guards nothing
        longest = max(LONGEST_PAUSE_S, self.interval_s)
        if self.breaker_open:
            return longest * (0.5 + chance / 2)
        return max(self.interval_s / 2, chance * min(longest, self.interval_s * 2.0**self.failures))
