"""The breaker of the lab's checkout."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from prodtui.lab.breaker import BreakerState, CircuitBreaker


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def state_of(breaker: CircuitBreaker) -> BreakerState:
    return breaker.state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(clock)


def call(breaker: CircuitBreaker, *, succeeds: bool) -> bool:
    """Make a call if the breaker admits it; whether it did."""
    admitted = breaker.admits()
    if admitted:
        breaker.record(succeeded=succeeds)
    return admitted


def opened(breaker: CircuitBreaker) -> CircuitBreaker:
    for _ in range(5):
        call(breaker, succeeds=False)
    return breaker


def test_five_failures_in_a_row_open_it(breaker: CircuitBreaker) -> None:
    for _ in range(4):
        call(breaker, succeeds=False)
    assert state_of(breaker) is BreakerState.CLOSED
    call(breaker, succeeds=False)
    assert state_of(breaker) is BreakerState.OPEN
    assert not breaker.admits()


def test_a_success_in_between_starts_the_count_anew(breaker: CircuitBreaker) -> None:
    for _ in range(2):
        for _ in range(4):
            call(breaker, succeeds=False)
        call(breaker, succeeds=True)
    assert state_of(breaker) is BreakerState.CLOSED


def test_a_failing_majority_of_the_last_twenty_opens_it(breaker: CircuitBreaker) -> None:
    half = [succeeds for _ in range(10) for succeeds in (True, False)]
    for succeeds in half:
        call(breaker, succeeds=succeeds)
    assert state_of(breaker) is BreakerState.CLOSED
    call(breaker, succeeds=False)
    assert state_of(breaker) is BreakerState.OPEN


def test_after_the_pause_one_call_may_try_and_its_success_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 4.9
    assert not breaker.admits()
    clock.now += 0.1
    assert breaker.admits()
    assert state_of(breaker) is BreakerState.HALF_OPEN
    assert not breaker.admits()
    breaker.record(succeeded=True)
    assert state_of(breaker) is BreakerState.CLOSED
    assert breaker.admits()


def test_a_failed_try_opens_it_for_another_pause(breaker: CircuitBreaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += 5
    assert call(breaker, succeeds=False)
    assert state_of(breaker) is BreakerState.OPEN
    clock.now += 4.9
    assert not breaker.admits()


def test_a_call_from_before_it_opened_changes_nothing(breaker: CircuitBreaker) -> None:
    assert breaker.admits()
    opened(breaker)
    breaker.record(succeeded=True)
    assert state_of(breaker) is BreakerState.OPEN
