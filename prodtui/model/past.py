"""What a metrics system remembers from before we looked: series to date what was bad already, and who calls whom.

As all records: an unknown number is None; times are Unix seconds, durations seconds, ratios 0..1.
"""

from __future__ import annotations

from enum import StrEnum

from prodtui.model.record import Record


class Quantity(StrEnum):
    """What a series of the past is of."""

    P99 = "p99"
    """Seconds."""
    ERRORS = "errors"
    """A ratio 0..1."""
    BREAKER = "breaker"
    """1 while it is open or half open, else 0."""
    UP = "up"
    """1 while the target answers its scrapes, else 0."""
    ALERT = "alert"
    """One point: 1 at the time at which the alert's expression became true."""


class Past(Record, frozen=True, kw_only=True, tag="past"):
    """One quantity at equal steps before the time at which it was read. Told once, in one reading."""

    label: str
    """Value of the service label."""
    quantity: Quantity
    of: str = ""
    """Key of the breaker, target or alert; empty for what is the service's own."""
    start: float
    step_s: float
    window_s: float = 0.0
    """Over which each point was taken."""
    values: tuple[float | None, ...] = ()
    """Oldest first; None where there was no sample."""

    @property
    def key(self) -> str:
        return f"{self.quantity}/{self.label}/{self.of}"


class Call(Record, frozen=True, kw_only=True, tag="call"):
    """One service calls another, as a service graph's metrics tell. Both by the labels of the metrics system."""

    caller: str
    callee: str

    @property
    def key(self) -> str:
        return f"{self.caller}/{self.callee}"
