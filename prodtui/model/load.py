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
    """How a load goes, about once a second. Numbers of the time since the tick before, None where nothing came back."""

    at: float
    elapsed_s: float
    users: int
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
