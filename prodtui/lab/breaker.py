"""A circuit breaker for calls within one event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum


class BreakerState(IntEnum):
    """As exported in `circuit_breaker_state{name}`."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitBreaker:
    """Opens after failures in a row or a failing majority; after a pause lets one call through to try.

    The caller asks `admits()` before each call and reports every admitted call's end with `record()`.
    """

    def __init__(
        self, clock: Callable[[], float], *, in_a_row: int = 5, ratio: float = 0.5, last: int = 20, pause_s: float = 5.0
    ) -> None:
        self._clock = clock
        self._in_a_row = in_a_row
        self._ratio = ratio
        self._pause_s = pause_s
        self._outcomes: deque[bool] = deque(maxlen=last)
        self._failures_in_a_row = 0
        self._opened_at: float | None = None
        self._trying = False

    @property
    def state(self) -> BreakerState:
        """The state now. As in most libraries, open does not turn half-open by itself but with the next call."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._trying else BreakerState.OPEN

    def admits(self) -> bool:
        """Whether a call may be made now; half-open admits one at a time."""
        if self._opened_at is None:
            return True
        if self._trying or self._clock() - self._opened_at < self._pause_s:
            return False
        self._trying = True
        return True

    def record(self, *, succeeded: bool) -> None:
        """The end of an admitted call."""
        if self._trying:
            self._trying = False
            self._open() if not succeeded else self._close()
            return
        if self._opened_at is not None:
            return  # a call from before it opened
        self._outcomes.append(succeeded)
        self._failures_in_a_row = 0 if succeeded else self._failures_in_a_row + 1
        full = len(self._outcomes) == self._outcomes.maxlen
        majority = full and self._outcomes.count(False) > self._ratio * len(self._outcomes)
        if self._failures_in_a_row >= self._in_a_row or majority:
            self._open()

    def _open(self) -> None:
        self._opened_at = self._clock()

    def _close(self) -> None:
        self._opened_at = None
        self._failures_in_a_row = 0
        self._outcomes.clear()
