"""How old a source's word is against its limits."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from prodtui.model.cause import Cause
from prodtui.model.declared import DeclaredSource
from prodtui.model.reading import About

LIVE_INTERVALS = 3
"""A successful read younger than this many intervals is live (readiness.md, Freshness)."""


class Freshness(StrEnum):
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"


class SourceState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a source itself."""

    declared: DeclaredSource
    read_at: float | None = None
    """Last success; None when it was never read."""
    tried_at: float | None = None
    failing_since: float | None = None
    """First failure after the last success; None while reads succeed."""
    cause: Cause | None = None
    """Why the last try failed; None when it succeeded."""
    latency_s: float | None = None
    next_at: float | None = None
    requests: int = 0
    failures: int = 0
    about: About = About()

    @property
    def name(self) -> str:
        return self.declared.name

    def age_s(self, now: float) -> float | None:
        """Seconds since the last success; None when it was never read."""
        return None if self.read_at is None else max(0.0, now - self.read_at)

    def freshness(self, now: float) -> Freshness:
        """live, stale or lost at `now`, as readiness.md defines them."""
        age = self.age_s(now)
        if age is None or age > self.declared.stale_after_s:
            return Freshness.LOST
        if self.cause is not None or age > LIVE_INTERVALS * self.declared.interval_s:
            return Freshness.STALE
        return Freshness.LIVE
