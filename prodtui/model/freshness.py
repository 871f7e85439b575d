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


class Rest(msgspec.Struct, frozen=True, gc=False):
    """A watch goes on from what another one left, and has not tried the source yet: its silence is no news."""

    left_at: float
    """When that was looked at last: the source is as it was then."""
    until: float
    """From then on silence counts, whatever the reason."""


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
    rest: Rest | None = None
    """Until its first try."""

    @property
    def name(self) -> str:
        return self.declared.name

    def age_s(self, now: float) -> float | None:
        """Seconds since the last success; None when it was never read."""
        return None if self.read_at is None else max(0.0, now - self.read_at)

    def rests(self, now: float) -> bool:
        """Whether nobody had the time yet to ask it."""
        return self.rest is not None and now < self.rest.until

    def freshness(self, now: float) -> Freshness:
        """live, stale or lost at `now`, as readiness.md defines them; while it rests as it was left, at best stale."""
        rests = self.rests(now)
        age = self.age_s(self.rest.left_at if rests and self.rest else now)
        if age is None or age > self.declared.stale_after_s:
            return Freshness.LOST
        if rests or self.cause is not None or age > LIVE_INTERVALS * self.declared.interval_s:
            return Freshness.STALE
        return Freshness.LIVE
