"""A load: what was sent, what came back, and what saturated first."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LoadVerdict(StrEnum):
    MET = "MET"
    """Every threshold holds."""
    NOT_MET = "NOT_MET"
    STOPPED = "STOPPED"
    """By a person, or because the environment turned NOT_READY for another reason."""
    NOT_MEASURED = "NOT_MEASURED"
    """The engine failed, or nothing came back."""

    @property
    def whole(self) -> bool:
        """Whether it was measured to its end: only then it says something of the service."""
        return self in (LoadVerdict.MET, LoadVerdict.NOT_MET)


class Threshold(msgspec.Struct, frozen=True):
    """A threshold as it is written, and whether it holds; None: nothing was measured for it."""

    expr: str
    ok: bool | None


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """How a load goes, about once a second: rate and errors of the second; None where nothing came back.

    Quantiles are of the second too, told from a random part of its requests within a fifth of their value. Of a script
    of the user's they are k6's own, of all so far, and the 99th is known at the end.
    """

    at: float
    elapsed_s: float
    users: int | None
    """k6 counts them once a second: None until it did, and where it saw none at work."""
    requests: int
    """Since it began."""
    rate_per_s: float | None
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None
    error_ratio: float | None


class Saturated(msgspec.Struct, frozen=True, kw_only=True):
    """What ran out under the load, as the sources saw it."""

    at: float
    kind: str
    """pool, breaker, database, sli."""
    name: str
    what: str
    """In a few words: `10 of 10 used, 34 waiting`."""
    users: int | None = None
    rate_per_s: float | None = None
    """Of the load at that time."""
    already: bool = False
    """It was so before the load began."""

    @property
    def told(self) -> str:
        """`pool payments-db: 10 of 10 used, 34 waiting`."""
        return f"{self.kind} {self.name}: {self.what}" + (", already before it began" if self.already else "")


class LoadRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a load, as it is kept."""

    id: str
    environment: str
    name: str
    service: str
    """Which it judges; empty: the target's."""
    version: str = ""
    """What the service's instances ran then; empty: unknown, or several."""
    at: float
    """When it began."""
    by: str
    engine: str
    """`k6 v1.1.0`."""
    target: str
    requests: int
    duration_s: float
    avg_s: float | None
    p95_s: float | None
    p99_s: float | None
    error_ratio: float | None
    rate_per_s: float | None
    thresholds: tuple[Threshold, ...] = ()
    verdict: LoadVerdict
    reason: str = ""
    """Why it is not MET, one line."""
    saturated: tuple[Saturated, ...] = ()
    """First one first."""
    ticks: tuple[Tick, ...] = ()


class LoadProgress(msgspec.Struct, frozen=True, kw_only=True):
    """A load as it stands: what a screen shows, and the lines on a pipe."""

    name: str
    environment: str
    target: str
    service: str
    """Which it tries; empty: nobody knows."""
    plan: str
    """How much is sent, in words: `1,000 users × 100 requests`."""
    length_s: float | None = None
    """How long it takes at most."""
    began: float | None = None
    """When the first request could be made; None: it is not sent yet."""
    ticks: tuple[Tick, ...] = ()
    """Oldest first."""
    thresholds: tuple[Threshold, ...] = ()
    """As they hold so far."""
    saturated: tuple[Saturated, ...] = ()
    """The first one first."""
    remark: str = ""
    """What is to be known of it: that the environment was NOT_READY before, that it is being stopped."""
    run: LoadRun | None = None
    """Once it is over."""
