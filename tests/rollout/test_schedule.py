"""Samples are due at every interval of their stage; what nobody looked at is told as such."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prodtui.rollout.progress import set_back
from prodtui.rollout.schedule import MOST_MISSED, ahead_s, due, next_due
from tests.rollout.rollouts import NOW, OK, rollout, sample


def test_the_first_sample_is_due_an_interval_after_the_stage_began() -> None:
    assert next_due(rollout()) == NOW + 10
    assert due(rollout(), NOW + 9.9) == ((), False)
    assert due(rollout(), NOW + 10.1) == ((), True)


def test_a_sample_that_was_taken_a_little_late_moves_no_other() -> None:
    late = rollout(samples=(sample(1, at=NOW + 13),))
    assert next_due(late) == NOW + 20


def test_what_was_slept_through_is_missed_sample_by_sample() -> None:
    assert due(rollout(OK), NOW + 41) == ((NOW + 20, NOW + 30), True)


def test_a_sample_that_is_half_an_interval_late_is_none() -> None:
    assert due(rollout(OK), NOW + 26) == ((NOW + 20,), False)


def test_a_clock_that_was_set_back_takes_along_what_time_is_counted_from() -> None:
    held = rollout(OK, OK, held_at=NOW + 15)
    now = NOW + 25 - 3_600
    assert ahead_s(held, NOW + 25) == 0
    after = set_back(held, ahead_s(held, now), now)
    assert [one.at for one in after.samples] == [now - 10, now]
    assert (after.stage_began_at, after.held_at, next_due(after)) == (now - 20, now - 5, now + 10)
    assert ahead_s(after, now) == 0
    assert after.steps[-1].result == "was set back, by 59.9 min at least"


def test_a_gap_of_days_is_told_by_a_bounded_number_of_samples() -> None:
    missed, now = due(rollout(OK), NOW + 10 * 86_400)
    assert (len(missed), now) == (MOST_MISSED, True)


def test_a_stage_that_was_begun_anew_counts_from_there() -> None:
    anew = rollout(OK, OK, OK, stage_began_at=NOW + 35)
    assert next_due(anew) == NOW + 45


@given(st.lists(st.floats(0.01, 60), max_size=30))
def test_every_interval_is_either_sampled_or_missed_and_none_twice(pauses: list[float]) -> None:
    found, now = rollout(), NOW
    for pause in pauses:
        now += pause
        asked = due(found, now)
        taken = [*asked.missed, *([now] if asked.now else [])]
        told = (*found.samples, *(sample(1, at=at) for at in taken))
        found = rollout(samples=told)
    assert [round((one.at - NOW) / 10) for one in found.samples] == list(range(1, len(found.samples) + 1))
    assert next_due(found) > now - 10
