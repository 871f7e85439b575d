"""How soon a source is asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodtui.model.classification import CLASSES, CauseClass
from prodtui.polling.pace import LONGEST_PAUSE_S, OPENS_AFTER, SHORTEST_PAUSE_S, Pace

chances = st.floats(0, 1)
intervals = st.floats(0.5, 60)


def _failed(interval_s: float, times: int, *, waits: bool = False) -> Pace:
    pace = Pace(interval_s, waits)
    for _ in range(times):
        pace = pace.failed()
    return pace


def test_a_healthy_source_is_asked_once_an_interval_however_long_its_answer_took() -> None:
    assert Pace(2.0).pause_s(0.3) == 1.7
    assert Pace(2.0).pause_s(5.0) == SHORTEST_PAUSE_S


def test_a_source_that_waits_for_changes_is_asked_at_most_once_a_second() -> None:
    assert Pace(2.0, waits=True).pause_s(0.03) == 0.97
    assert Pace(2.0, waits=True).pause_s(2.05) == 0.0


def test_a_success_ends_the_backoff_at_once() -> None:
    pace = _failed(2.0, 9).succeeded()
    assert not pace.breaker_open
    assert pace.pause_s(0.0) == 2.0


def test_the_breaker_opens_after_five_failures_in_a_row() -> None:
    assert not _failed(2.0, OPENS_AFTER - 1).breaker_open
    assert _failed(2.0, OPENS_AFTER).breaker_open


@pytest.mark.parametrize("cause", CauseClass)
def test_what_asking_again_can_not_mend_opens_the_breaker_at_once(cause: CauseClass) -> None:
    assert Pace(2.0).failed(cause).breaker_open is not CLASSES[cause].recoverable


@given(interval_s=intervals, failures=st.integers(1, 1000), chance=chances, waits=st.booleans())
def test_a_failing_source_is_neither_hammered_nor_forgotten(
    interval_s: float, failures: int, chance: float, waits: bool
) -> None:
    pause_s = _failed(interval_s, failures, waits=waits).pause_s(0.0, chance)
    assert interval_s / 2 <= pause_s or pause_s >= LONGEST_PAUSE_S / 2
    assert pause_s <= max(LONGEST_PAUSE_S, interval_s)


@given(failures=st.integers(1, OPENS_AFTER - 1), low=chances, high=chances)
def test_jitter_spreads_the_retries(failures: int, low: float, high: float) -> None:
    pace = _failed(2.0, failures)
    low, high = sorted((low, high))
    assert pace.pause_s(0.0, low) <= pace.pause_s(0.0, high)
